//! What stays of a run: its checkpoints, and the weights that are handed back.

use serde_json::{Map, json};
use trailmark_encoder::Model;

use super::{RECENT_STEPS, Trainer, record};
use crate::checkpoint::{self, Content};
use crate::{Error, Outcome, fs};

/// A mean loss of this share of a blind guess's is no learning.
const BLIND_SHARE: f64 = 0.98;

impl Trainer<'_> {
    pub(super) fn save(&mut self) -> Result<(), Error> {
        fs::create_folder(&self.job.output_dir)?;
        self.optimiser.materialise(&mut self.job.model, &mut self.workspace);
        self.state.trailmark = self.extra;
        let content = Content {
            model: &self.job.model,
            optimiser: &self.optimiser,
            tokenizer: self.job.tokenizer,
            state: &self.state,
            arguments: self.job.arguments,
        };
        let folder = checkpoint::save(&self.job.output_dir, content)?;
        record::checkpoint(self.job.recorder, (self.state.global_step, self.state.epoch), &folder);
        self.last_saved = Some(folder);
        if let Some(limit) = self.job.arguments.save_total_limit {
            checkpoint::rotate(&self.job.output_dir, limit, self.best_folder.as_deref())?;
        }
        Ok(())
    }

    /// Saves where it stands before it stops, if anything was done since the last checkpoint.
    pub(super) fn keep(&mut self) -> Result<(), Error> {
        // Saving the same step twice would take the sound folder away for a moment.
        let folder = checkpoint::folder(&self.job.output_dir, self.state.global_step);
        if self.state.global_step > 0 && self.last_saved.as_ref() != Some(&folder) {
            self.save()?;
        }
        Ok(())
    }

    /// Judges, chooses the weights that are handed back, and tidies up.
    pub(super) fn finish(mut self, mut was_stopped: bool) -> Result<Outcome, Error> {
        self.optimiser.materialise(&mut self.job.model, &mut self.workspace);
        let arguments = self.job.arguments;
        self.state.trailmark = self.extra;
        let n_entries = self.state.log_history.len();
        let mut best = None;
        if !was_stopped && arguments.do_train {
            self.tell_end();
            let has_best = self.best_folder.as_ref().filter(|folder| folder.exists());
            if let Some(folder) = has_best.filter(|_| arguments.load_best_model_at_end) {
                self.job.model = Model::load(folder)?;
                best = Some(folder.clone());
            }
            self.diverged |= self.is_blind();
        }
        let (step, best_step) = (self.state.global_step, self.state.best_global_step);
        let has_other_weights =
            arguments.load_best_model_at_end && best_step.is_some_and(|best| best != step);
        let is_measured = self.evaluated_at == Some(step) && !has_other_weights;
        if arguments.do_eval && !was_stopped && !self.diverged && !is_measured {
            match self.evaluate() {
                Err(Error::Stopped) => was_stopped = true,
                result => _ = result?,
            }
            // Whoever goes on from here does the end again. Weights of an earlier step have their checkpoint.
            if was_stopped && arguments.do_train && best.is_none() {
                self.state.log_history.truncate(n_entries);
                self.keep()?;
            }
        }
        if let Some(limit) = arguments.save_total_limit.filter(|_| best.is_some() && !was_stopped) {
            keep_best(&self.job.output_dir, limit, best.as_deref())?;
        }
        let checkpoint = best.or(self.last_saved);
        Ok(Outcome {
            model: self.job.model,
            state: self.state,
            evaluation: self.evaluation,
            checkpoint,
            was_stopped,
            diverged: self.diverged,
            losses: self.losses,
        })
    }

    /// The entry at the end of a run.
    fn tell_end(&mut self) {
        let arguments = self.job.arguments;
        let secs = self.clock.started.elapsed().as_secs_f64().max(1e-9);
        let loss = self.extra.total_loss / self.state.global_step.max(1) as f64;
        let steps = self.state.max_steps as f64;
        let n_samples = if arguments.max_steps > 0 {
            steps * (arguments.per_device_train_batch_size * arguments.gradient_accumulation_steps) as f64
        } else {
            arguments.num_train_epochs * self.extra.n_windows as f64
        };
        let rate = |count: f64| (count / secs * 1e3).round() / 1e3;
        let mut entry = Map::new();
        for (name, number) in [
            ("train_runtime", (secs * 1e4).round() / 1e4),
            ("train_samples_per_second", rate(n_samples)),
            ("train_steps_per_second", rate(steps)),
            ("train_loss", loss),
            ("epoch", self.state.epoch),
        ] {
            entry.insert(name.to_owned(), json!(number));
        }
        entry.insert("step".to_owned(), json!(self.state.global_step));
        self.state.log_history.push(entry);
        let at = (self.state.global_step, self.state.epoch);
        let numbers = [("runtime", Some(secs)), ("mean_loss", Some(loss))];
        record::numbers(self.job.recorder, "train", at, &numbers);
    }

    /// Whether the last losses are no better than those of blind guesses. A run that did few steps since its warm-up
    /// has not had its chance yet.
    fn is_blind(&self) -> bool {
        let n_full = self.state.global_step.saturating_sub(self.schedule.warmup);
        n_full >= RECENT_STEPS as u64 && self.extra.recent >= BLIND_SHARE
    }
}

/// With a limit of one, the best alone stays at the end.
fn keep_best(
    output_dir: &std::path::Path,
    limit: usize,
    best: Option<&std::path::Path>,
) -> Result<(), Error> {
    let Some(best) = best.filter(|_| limit == 1) else { return Ok(()) };
    for (_, folder) in checkpoint::all(output_dir)? {
        if folder != best {
            fs::remove_folder(&folder)?;
        }
    }
    Ok(())
}

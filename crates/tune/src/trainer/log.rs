//! What is said of a run: losses on the way, evaluations, and which was the best.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Instant;

use serde_json::{Map, Value as Json, json};

use super::{Trainer, record};
use crate::{Error, Evaluation, Progress, checkpoint, evaluate};

impl Trainer<'_> {
    pub(super) fn log(&mut self, learning_rate: f64, norm: Option<f64>, last_loss: f64) {
        let mean = self.extra.loss_sum / self.extra.loss_steps.max(1) as f64;
        let mut entry = Map::new();
        entry.insert("loss".to_owned(), json!((mean * 1e4).round() / 1e4));
        if let Some(norm) = norm {
            entry.insert("grad_norm".to_owned(), json!(norm));
        }
        entry.insert("learning_rate".to_owned(), json!(learning_rate));
        self.state.log_history.push(entry);
        (self.extra.loss_sum, self.extra.loss_steps) = (0.0, 0);
        let secs = self.clock.since.elapsed().as_secs_f64().max(1e-9);
        let mean = if last_loss.is_finite() { mean } else { last_loss };
        let numbers = [
            ("loss", Some(mean)),
            ("grad_norm", norm),
            ("learning_rate", Some(learning_rate)),
            ("samples_per_second", Some(self.clock.windows as f64 / secs)),
            ("tokens_per_second", Some(self.clock.tokens as f64 / secs)),
        ];
        let epoch = self.state.global_step as f64 / self.steps_per_epoch as f64;
        record::numbers(self.job.recorder, "train", (self.state.global_step, epoch), &numbers);
        (self.clock.since, self.clock.windows, self.clock.tokens) = (Instant::now(), 0, 0);
    }

    /// The epoch is known only after the step: the entry that [`Self::log`] made gets it here.
    pub(super) fn stamp_log(&mut self) {
        let (epoch, step) = (self.state.epoch, self.state.global_step);
        if let Some(entry) = self.state.log_history.last_mut().filter(|entry| !entry.contains_key("step")) {
            entry.insert("epoch".to_owned(), json!(epoch));
            entry.insert("step".to_owned(), json!(step));
        }
    }

    /// Evaluates, records, and says whether it was the best so far; [`Error::Stopped`] when it was asked to stop.
    pub(super) fn evaluate(&mut self) -> Result<bool, Error> {
        let Some(features) = self.job.eval else { return Ok(false) };
        if features.windows.is_empty() {
            return Err(Error::NoData { part: "evaluation" });
        }
        self.optimiser.materialise(&mut self.job.model, &mut self.workspace);
        let (watch, stop) = (&mut *self.job.watch, self.job.stop);
        let mut told = |done, all| {
            watch(&Progress::Evaluating { done, all });
            // What is done is of use all the same when nothing is left to do.
            let breaks = done < all && stop.load(Ordering::Relaxed);
            if breaks { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let evaluation =
            evaluate(&self.job.model, features, self.job.arguments, &mut self.workspace, &mut told)?;
        let step = self.state.global_step;
        (self.job.watch)(&Progress::Evaluated { step, evaluation: &evaluation });
        self.state.log_history.push(self.eval_entry(&evaluation));
        let at = (step, self.state.epoch);
        record::evaluation(self.job.recorder, at, features, &evaluation, &self.paragraphs);
        let is_best = self.judge(&evaluation);
        self.evaluation = Some(evaluation);
        self.evaluated_at = Some(step);
        // Evaluation is not training: throughput is counted from here.
        self.clock.since = Instant::now();
        Ok(is_best)
    }

    fn eval_entry(&self, evaluation: &Evaluation) -> Map<String, Json> {
        let rate = |count: f64| (count / evaluation.secs.max(1e-9) * 1e3).round() / 1e3;
        let n_batches = evaluation.n_windows.div_ceil(self.job.arguments.per_device_eval_batch_size);
        let numbers = [
            ("eval_loss", Some(evaluation.loss)),
            ("eval_exact_match", evaluation.exact_match),
            ("eval_f1", evaluation.f1),
            ("eval_runtime", Some((evaluation.secs * 1e4).round() / 1e4)),
            ("eval_samples_per_second", Some(rate(evaluation.n_windows as f64))),
            ("eval_steps_per_second", Some(rate(n_batches as f64))),
            ("epoch", Some(self.state.epoch)),
        ];
        let mut entry: Map<String, Json> = numbers
            .into_iter()
            .filter_map(|(name, number)| Some((name.to_owned(), json!(number?))))
            .collect();
        entry.insert("step".to_owned(), json!(self.state.global_step));
        entry
    }

    fn judge(&mut self, evaluation: &Evaluation) -> bool {
        let arguments = self.job.arguments;
        if !arguments.load_best_model_at_end && arguments.metric_for_best_model.is_none() {
            return false;
        }
        let value = match arguments.best_metric_name().as_str() {
            "f1" => evaluation.f1,
            "exact_match" => evaluation.exact_match,
            _ => Some(evaluation.loss),
        };
        let Some(value) = value.filter(|value| value.is_finite()) else { return false };
        let is_best = self
            .state
            .best_metric
            .is_none_or(|best| if arguments.best_is_greater() { value > best } else { value < best });
        if is_best {
            self.state.best_metric = Some(value);
            self.state.best_global_step = Some(self.state.global_step);
            let folder = checkpoint::folder(&self.job.output_dir, self.state.global_step);
            self.state.best_model_checkpoint = Some(folder.to_string_lossy().into_owned());
            self.best_folder = Some(folder);
        }
        is_best
    }
}

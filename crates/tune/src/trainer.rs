//! The loop: batches in the Trainer's order, one optimiser step each, and what happens between steps.
//!
//! At a step the order of events is the original's: log, evaluate, is it the best, save. Everything that decides the
//! next bit (order, masks, rates, sums) follows from the arguments and the step, or is in the checkpoint; so a resumed
//! run is the run that never stopped.

mod end;
mod log;
mod record;
mod start;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use trailmark_encoder::{
    AdamW, Batch, Dropout, Gradients, Labelled, Pass, SpanTarget, Update, Workspace, clip_factor,
};
use trailmark_qa::random::torch_permutation;

use crate::checkpoint;
use crate::state::Extra;
use crate::{Error, Evaluation, Job, Outcome, Progress, Schedule, Strategy, TrainerState, TrainingArguments};

/// Steps whose mean loss decides whether a run diverged.
const RECENT_STEPS: f64 = 20.0;

struct Trainer<'a> {
    job: Job<'a>,
    workspace: Workspace,
    optimiser: AdamW,
    gradients: Gradients,
    schedule: Schedule,
    state: TrainerState,
    extra: Extra,
    steps_per_epoch: u64,
    evaluation: Option<Evaluation>,
    /// The step of `evaluation`.
    evaluated_at: Option<u64>,
    losses: Vec<f32>,
    last_saved: Option<PathBuf>,
    best_folder: Option<PathBuf>,
    paragraphs: record::Texts,
    batch: Batch,
    targets: Vec<SpanTarget>,
    clock: Clock,
    diverged: bool,
}

/// What has been computed since the last log, for throughput.
struct Clock {
    since: Instant,
    windows: u64,
    tokens: u64,
    started: Instant,
}

/// Trains.
///
/// # Errors
/// [`Error::Argument`], [`Error::NoData`], and whatever loading, computing or saving meets. What was recorded and saved
/// until then stays.
pub fn train(job: Job<'_>) -> Result<Outcome, Error> {
    job.arguments.check()?;
    if job.train.windows.is_empty() {
        return Err(Error::NoData { part: "training" });
    }
    if job.arguments.overwrite_output_dir && job.resume_from_checkpoint.is_none() {
        checkpoint::remove_all(&job.output_dir)?;
    }
    let mut trainer = Trainer::new(job)?;
    let was_stopped = trainer.job.arguments.do_train && trainer.run()?;
    trainer.finish(was_stopped)
}

impl Trainer<'_> {
    /// Runs to the end, or until it is asked to stop; says whether it was.
    fn run(&mut self) -> Result<bool, Error> {
        let arguments = self.job.arguments;
        let n_windows = self.job.train.windows.len();
        if std::mem::take(&mut self.extra.is_unmeasured) {
            if self.between_steps()? {
                return Ok(true);
            }
        } else if arguments.eval_on_start && self.state.global_step == 0 {
            match self.evaluate() {
                Err(Error::Stopped) => return Ok(true),
                result => _ = result?,
            }
        }
        let data_seed = arguments.data_seed.unwrap_or(arguments.seed);
        while self.state.global_step < self.state.max_steps && !self.diverged {
            let epoch = self.state.global_step / self.steps_per_epoch;
            let order = torch_permutation(data_seed.wrapping_add(epoch), n_windows);
            let mut batches: Vec<&[usize]> = order.chunks(arguments.per_device_train_batch_size).collect();
            if arguments.dataloader_drop_last && batches.len() > 1 {
                batches.retain(|batch| batch.len() == arguments.per_device_train_batch_size);
            }
            let n_batches = batches.len() as f64;
            let done = (self.state.global_step % self.steps_per_epoch) as usize;
            let updates = batches.chunks(arguments.gradient_accumulation_steps).enumerate().skip(done);
            for (update, micro_batches) in updates {
                let n_done = (update * arguments.gradient_accumulation_steps + micro_batches.len()) as f64;
                if !self.step(micro_batches)? {
                    self.keep()?;
                    return Ok(true);
                }
                self.state.epoch = epoch as f64 + n_done / n_batches;
                if self.between_steps()? {
                    return Ok(true);
                }
                if self.diverged || self.state.global_step >= self.state.max_steps {
                    break;
                }
                if self.is_asked_to_stop() {
                    self.keep()?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn is_asked_to_stop(&self) -> bool {
        self.job.stop.load(Ordering::Relaxed)
    }

    /// Does a step; false when it was asked to stop between two batches of it, and all is as it was before.
    fn step(&mut self, micro_batches: &[&[usize]]) -> Result<bool, Error> {
        let arguments = self.job.arguments;
        let model = &mut self.job.model;
        let pad_id = model.config().pad_token_id.unwrap_or(0);
        self.gradients.clear();
        let scale = 1.0 / micro_batches.len() as f32;
        let (mut loss, mut blind) = (0.0f64, 0.0f64);
        for (n_done, indices) in micro_batches.iter().enumerate() {
            if n_done > 0 && self.job.stop.load(Ordering::Relaxed) {
                self.extra.micro_step -= n_done as u64;
                self.losses.truncate(self.losses.len() - n_done);
                return Ok(false);
            }
            let pads = (arguments.pad_to, arguments.max_seq_length, pad_id);
            self.job.train.fill(indices, pads, (&mut self.batch, &mut self.targets));
            self.optimiser.prepare(model, self.batch.ids(), &mut self.workspace);
            let dropout = Some(Dropout { seed: arguments.seed, step: self.extra.micro_step });
            self.extra.micro_step += 1;
            let examples = Labelled { batch: &self.batch, targets: &self.targets };
            let pass = Pass { dropout, scale };
            let one =
                model.loss_and_gradients(examples, pass, &mut self.gradients, &mut self.workspace)? * scale;
            self.losses.push(one);
            loss += f64::from(one);
            let positions = (0..self.batch.n_sequences()).map(|s| (self.batch.rows(s).len() as f64).ln());
            blind += positions.sum::<f64>() / self.batch.n_sequences() as f64 * f64::from(scale);
            self.clock.windows += indices.len() as u64;
            self.clock.tokens += self.batch.n_rows() as u64;
        }
        let clips = arguments.max_grad_norm > 0.0;
        let norm = self.gradients.norm(&self.workspace);
        let gradient_factor = if clips { clip_factor(norm, arguments.max_grad_norm) } else { 1.0 };
        let learning_rate = arguments.learning_rate * self.schedule.factor(self.state.global_step);
        if loss.is_finite() && norm.is_finite() {
            let update = Update { learning_rate, gradient_factor };
            self.optimiser.step(model, &self.gradients, update, &mut self.workspace)?;
        } else {
            // A step with such gradients would turn every weight into NaN: the last sound weights are kept.
            self.diverged = true;
        }
        self.state.global_step += 1;
        let means = self.extra.loss_sum / self.extra.loss_steps.max(1) as f64;
        let counted = if arguments.logging_nan_inf_filter && !loss.is_finite() { means } else { loss };
        self.extra.loss_sum += counted;
        self.extra.loss_steps += 1;
        self.extra.total_loss += counted;
        // A mean over the last steps, or over all until there are so many, from the end of the warm-up on.
        let n_full = self.state.global_step.saturating_sub(self.schedule.warmup);
        let weight = 1.0 / RECENT_STEPS.min(n_full.max(1) as f64);
        self.extra.recent += weight * (loss / blind.max(f64::MIN_POSITIVE) - self.extra.recent);
        let (step, max_steps) = (self.state.global_step, self.state.max_steps);
        (self.job.watch)(&Progress::Step { step, max_steps, loss });
        if self.is_due(arguments.logging_strategy, arguments.logging_steps)
            || (arguments.logging_first_step && step == 1)
            || self.diverged
        {
            self.log(learning_rate, clips.then_some(norm), loss);
        }
        Ok(true)
    }

    /// Whether something that happens every so many steps, or each epoch, happens now.
    fn is_due(&self, strategy: Strategy, steps: f64) -> bool {
        let step = self.state.global_step;
        match strategy {
            Strategy::Steps => step.is_multiple_of(TrainingArguments::steps_of(steps, self.state.max_steps)),
            Strategy::Epoch => step.is_multiple_of(self.steps_per_epoch) || step == self.state.max_steps,
            Strategy::No | Strategy::Best => false,
        }
    }

    /// What follows a step; true when it was asked to stop meanwhile, and a checkpoint says that this is still to do.
    fn between_steps(&mut self) -> Result<bool, Error> {
        let arguments = self.job.arguments;
        self.stamp_log();
        let eval_steps = arguments.eval_steps.unwrap_or(arguments.logging_steps);
        let progress = match arguments.eval_strategy {
            Strategy::Epoch => self.state.epoch,
            _ => self.state.global_step as f64,
        };
        let mut is_best = false;
        if self.is_due(arguments.eval_strategy, eval_steps)
            && progress >= arguments.eval_delay
            && !self.diverged
        {
            match self.evaluate() {
                Err(Error::Stopped) => {
                    self.extra.is_unmeasured = true;
                    self.save()?;
                    return Ok(true);
                }
                result => is_best = result?,
            }
        }
        let is_last = self.state.global_step == self.state.max_steps;
        let saves = match arguments.save_strategy {
            Strategy::No => false,
            Strategy::Best => is_best,
            Strategy::Steps => self.is_due(Strategy::Steps, arguments.save_steps) || is_last,
            Strategy::Epoch => self.is_due(Strategy::Epoch, 0.0),
        };
        if saves && !self.diverged {
            self.save()?;
        }
        Ok(false)
    }
}

//! The loop: batches in the Trainer's order, one optimiser step each, and what happens between steps.
//!
//! At a step the order of events is the original's: log, evaluate, is it the best, save. Everything that decides the
//! next bit (order, masks, rates, sums) follows from the arguments and the step, or is in the checkpoint; so a resumed
//! run is the run that never stopped.

mod record;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::{Map, Value as Json, json};
use trailmark_core::Recorder;
use trailmark_encoder::{
    AdamW, AdamWOptions, Batch, Dropout, Gradients, Labelled, Model, Pass, SpanTarget, Threads, Update,
    Workspace, clip_factor,
};
use trailmark_qa::Tokenizer;
use trailmark_qa::random::torch_permutation;

use crate::checkpoint::{self, Content};
use crate::state::Extra;
use crate::{
    Checkpoint, Error, Evaluation, Features, Schedule, Strategy, TrainerState, TrainingArguments, evaluate,
    fs,
};

/// Steps whose mean loss decides whether a run diverged.
const RECENT_STEPS: f64 = 20.0;
/// A mean loss of this share of a blind guess's is no learning.
const BLIND_SHARE: f64 = 0.98;

/// What to train and who is told.
pub struct Job<'a> {
    /// How.
    pub arguments: &'a TrainingArguments,
    /// From which weights.
    pub model: Model,
    /// Saved with every checkpoint.
    pub tokenizer: Option<&'a Tokenizer>,
    /// On what.
    pub train: &'a Features,
    /// Measured by what.
    pub eval: Option<&'a Features>,
    /// Where checkpoints go.
    pub output_dir: PathBuf,
    /// Go on from this checkpoint.
    pub resume_from_checkpoint: Option<PathBuf>,
    /// Is told every number.
    pub recorder: &'a dyn Recorder,
    /// Is told how far it is.
    pub watch: &'a mut dyn FnMut(&Progress<'_>),
    /// When true the run stops after the step, with a checkpoint.
    pub stop: &'a AtomicBool,
    /// Who computes.
    pub threads: &'a Threads,
}

/// Something that a person who waits wants to know.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A step was done.
    Step {
        /// How many are done.
        step: u64,
        /// Of how many.
        max_steps: u64,
        /// Its loss.
        loss: f64,
    },
    /// A batch of an evaluation was done.
    Evaluating {
        /// Windows done.
        done: usize,
        /// Of how many.
        all: usize,
    },
    /// An evaluation was done.
    Evaluated {
        /// After this step.
        step: u64,
        /// What it found.
        evaluation: &'a Evaluation,
    },
    /// Something was done differently from what the arguments ask.
    Note(&'a str),
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The weights: the best ones with `load_best_model_at_end`.
    pub model: Model,
    /// Where it stands.
    pub state: TrainerState,
    /// The last evaluation.
    pub evaluation: Option<Evaluation>,
    /// The checkpoint that a user should take: the best, else the last; none when nothing was saved.
    pub checkpoint: Option<PathBuf>,
    /// Whether it was asked to stop before its end.
    pub was_stopped: bool,
    /// NaN, or no better than a blind guess at the end.
    pub diverged: bool,
    /// The loss of each micro-batch, divided by the number of micro-batches of its step.
    pub losses: Vec<f32>,
}

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
    let mut trainer = Trainer::new(job)?;
    let was_stopped = trainer.run()?;
    trainer.finish(was_stopped)
}

impl<'a> Trainer<'a> {
    fn new(mut job: Job<'a>) -> Result<Self, Error> {
        let arguments = job.arguments;
        let options = AdamWOptions {
            beta1: arguments.adam_beta1,
            beta2: arguments.adam_beta2,
            epsilon: arguments.adam_epsilon,
            weight_decay: arguments.weight_decay,
        };
        let n_windows = job.train.windows.len();
        let (mut state, steps_per_epoch) = first_state(arguments, n_windows);
        let mut optimiser = None;
        if let Some(folder) = job.resume_from_checkpoint.take() {
            let checkpoint = Checkpoint::load(&folder, options)?;
            let saved = checkpoint.state;
            let pairs = [
                ("steps", saved.max_steps.to_string(), state.max_steps.to_string()),
                ("training windows", saved.trailmark.n_windows.to_string(), n_windows.to_string()),
            ];
            for (what, got, want) in pairs {
                if got != want {
                    return Err(Error::Foreign { what, got, want, path: folder });
                }
            }
            optimiser = checkpoint.optimiser;
            job.model = checkpoint.model;
            state = saved;
        }
        let optimiser = optimiser.unwrap_or_else(|| AdamW::new(&job.model, options));
        let now = Instant::now();
        if arguments.fp16 || arguments.bf16 {
            (job.watch)(&Progress::Note("mixed precision needs a GPU; training in f32"));
        }
        let best_folder = state.best_model_checkpoint.as_ref().map(PathBuf::from);
        Ok(Self {
            workspace: Workspace::new(job.threads),
            gradients: Gradients::new(&job.model),
            schedule: Schedule::new(arguments, state.max_steps),
            extra: Extra { n_windows, ..state.trailmark },
            paragraphs: record::Texts::new(job.recorder, job.train, job.eval),
            job,
            optimiser,
            state,
            steps_per_epoch,
            evaluation: None,
            losses: Vec::new(),
            last_saved: None,
            best_folder,
            batch: Batch::new(),
            targets: Vec::new(),
            clock: Clock { since: now, windows: 0, tokens: 0, started: now },
            diverged: false,
        })
    }

    /// Runs to the end, or until it is asked to stop; says whether it was.
    fn run(&mut self) -> Result<bool, Error> {
        let arguments = self.job.arguments;
        let n_windows = self.job.train.windows.len();
        if arguments.eval_on_start && self.state.global_step == 0 {
            self.evaluate()?;
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
                self.step(micro_batches)?;
                self.state.epoch = epoch as f64 + n_done / n_batches;
                self.between_steps()?;
                if self.diverged || self.state.global_step >= self.state.max_steps {
                    break;
                }
                if self.job.stop.load(Ordering::Relaxed) {
                    self.save()?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn step(&mut self, micro_batches: &[&[usize]]) -> Result<(), Error> {
        let arguments = self.job.arguments;
        let model = &mut self.job.model;
        let pad_id = model.config().pad_token_id.unwrap_or(0);
        self.gradients.clear();
        let scale = 1.0 / micro_batches.len() as f32;
        let (mut loss, mut blind) = (0.0f64, 0.0f64);
        for indices in micro_batches {
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
        let weight = 1.0 / RECENT_STEPS.min(self.state.global_step as f64);
        self.extra.recent += weight * (loss / blind.max(f64::MIN_POSITIVE) - self.extra.recent);
        let (step, max_steps) = (self.state.global_step, self.state.max_steps);
        (self.job.watch)(&Progress::Step { step, max_steps, loss });
        if self.is_due(arguments.logging_strategy, arguments.logging_steps)
            || (arguments.logging_first_step && step == 1)
            || self.diverged
        {
            self.log(learning_rate, clips.then_some(norm), loss);
        }
        Ok(())
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

    fn between_steps(&mut self) -> Result<(), Error> {
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
            is_best = self.evaluate()?;
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
        Ok(())
    }

    fn log(&mut self, learning_rate: f64, norm: Option<f64>, last_loss: f64) {
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
    fn stamp_log(&mut self) {
        let (epoch, step) = (self.state.epoch, self.state.global_step);
        if let Some(entry) = self.state.log_history.last_mut().filter(|entry| !entry.contains_key("step")) {
            entry.insert("epoch".to_owned(), json!(epoch));
            entry.insert("step".to_owned(), json!(step));
        }
    }

    /// Evaluates, records, and says whether it was the best so far.
    fn evaluate(&mut self) -> Result<bool, Error> {
        let Some(features) = self.job.eval else { return Ok(false) };
        if features.windows.is_empty() {
            return Err(Error::NoData { part: "evaluation" });
        }
        self.optimiser.materialise(&mut self.job.model, &mut self.workspace);
        let watch = &mut *self.job.watch;
        let mut told = |done, all| watch(&Progress::Evaluating { done, all });
        let evaluation =
            evaluate(&self.job.model, features, self.job.arguments, &mut self.workspace, &mut told)?;
        let step = self.state.global_step;
        (self.job.watch)(&Progress::Evaluated { step, evaluation: &evaluation });
        self.state.log_history.push(self.eval_entry(&evaluation));
        let at = (step, self.state.epoch);
        record::evaluation(self.job.recorder, at, features, &evaluation, &self.paragraphs);
        let is_best = self.judge(&evaluation);
        self.evaluation = Some(evaluation);
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

    fn save(&mut self) -> Result<(), Error> {
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

    fn finish(mut self, was_stopped: bool) -> Result<Outcome, Error> {
        self.optimiser.materialise(&mut self.job.model, &mut self.workspace);
        let arguments = self.job.arguments;
        self.state.trailmark = self.extra;
        let secs = self.clock.started.elapsed().as_secs_f64();
        let mut checkpoint = self.last_saved.take();
        if !was_stopped {
            let loss = self.extra.total_loss / self.state.global_step.max(1) as f64;
            let mut entry = Map::new();
            entry.insert("train_runtime".to_owned(), json!((secs * 1e4).round() / 1e4));
            entry.insert("train_loss".to_owned(), json!(loss));
            entry.insert("epoch".to_owned(), json!(self.state.epoch));
            entry.insert("step".to_owned(), json!(self.state.global_step));
            self.state.log_history.push(entry);
            let at = (self.state.global_step, self.state.epoch);
            record::numbers(
                self.job.recorder,
                "train",
                at,
                &[("runtime", Some(secs)), ("mean_loss", Some(loss))],
            );
            let has_best = self.best_folder.as_ref().filter(|folder| folder.exists());
            if let Some(best) = has_best.filter(|_| arguments.load_best_model_at_end) {
                self.job.model = Model::load(best)?;
                checkpoint = Some(best.clone());
            }
            if let Some(limit) = arguments.save_total_limit.filter(|_| arguments.load_best_model_at_end) {
                keep_best(&self.job.output_dir, limit, self.best_folder.as_deref())?;
            }
        }
        let past_warmup = self.state.global_step > self.schedule.warmup + RECENT_STEPS as u64;
        self.diverged |= !was_stopped && past_warmup && self.extra.recent >= BLIND_SHARE;
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

/// The state before the first step, and the steps of an epoch.
fn first_state(arguments: &TrainingArguments, n_windows: usize) -> (TrainerState, u64) {
    let batch_size = arguments.per_device_train_batch_size;
    let whole = n_windows / batch_size;
    let drops = arguments.dataloader_drop_last && whole > 0;
    let n_batches = if drops { whole } else { n_windows.div_ceil(batch_size) };
    let per_epoch = n_batches.div_ceil(arguments.gradient_accumulation_steps).max(1) as u64;
    let (max_steps, epochs) = match u64::try_from(arguments.max_steps) {
        Ok(steps) if steps > 0 => (steps, steps.div_ceil(per_epoch)),
        _ => {
            let steps = (arguments.num_train_epochs * per_epoch as f64).ceil() as u64;
            (steps, arguments.num_train_epochs.ceil() as u64)
        }
    };
    let steps = |value: f64| TrainingArguments::steps_of(value, max_steps);
    let state = TrainerState {
        best_global_step: None,
        best_metric: None,
        best_model_checkpoint: None,
        epoch: 0.0,
        eval_steps: steps(arguments.eval_steps.unwrap_or(arguments.logging_steps)),
        global_step: 0,
        is_hyper_param_search: false,
        is_local_process_zero: true,
        is_world_process_zero: true,
        log_history: Vec::new(),
        logging_steps: steps(arguments.logging_steps),
        max_steps,
        num_input_tokens_seen: 0,
        num_train_epochs: epochs,
        save_steps: steps(arguments.save_steps),
        train_batch_size: batch_size,
        trailmark: Extra::default(),
    };
    (state, per_epoch)
}

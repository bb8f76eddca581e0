//! Before the first step: a new state, or a checkpoint's.

use std::path::{Path, PathBuf};
use std::time::Instant;

use trailmark_encoder::{AdamW, AdamWOptions, Batch, Gradients, Workspace};

use super::{Clock, Trainer, record};
use crate::state::Extra;
use crate::{Checkpoint, Error, Job, Progress, Schedule, TrainerState, TrainingArguments};

impl<'a> Trainer<'a> {
    pub(super) fn new(mut job: Job<'a>) -> Result<Self, Error> {
        let arguments = job.arguments;
        let options = AdamWOptions {
            beta1: arguments.adam_beta1,
            beta2: arguments.adam_beta2,
            epsilon: arguments.adam_epsilon,
            weight_decay: arguments.weight_decay,
        };
        let n_windows = job.train.windows.len();
        let (mut state, steps_per_epoch) = first_state(arguments, n_windows);
        let (mut optimiser, mut last_saved) = (None, None);
        if let Some(folder) = job.resume_from_checkpoint.take() {
            let checkpoint = Checkpoint::load(&folder, options)?;
            let saved = checkpoint.state;
            let pairs = [
                (
                    "per_device_train_batch_size",
                    saved.train_batch_size.to_string(),
                    state.train_batch_size.to_string(),
                ),
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
            // The folder may have been moved, or be named by another path, since.
            if let Some(best) = state.best_model_checkpoint.as_mut().filter(|best| !Path::new(best).exists())
                && let Some(name) = Path::new(best).file_name()
            {
                *best = job.output_dir.join(name).to_string_lossy().into_owned();
            }
            last_saved = Some(folder);
        }
        let optimiser = optimiser.unwrap_or_else(|| AdamW::new(&job.model, options));
        let now = Instant::now();
        if arguments.fp16 || arguments.bf16 {
            (job.watch)(&Progress::Note("fp16 and bf16 need a GPU: training in f32"));
        }
        let idle = arguments.idle();
        if !idle.is_empty() {
            let note = format!("these training arguments do nothing here: {}", idle.join(", "));
            (job.watch)(&Progress::Note(&note));
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
            evaluated_at: None,
            losses: Vec::new(),
            last_saved,
            best_folder,
            batch: Batch::new(),
            targets: Vec::new(),
            clock: Clock { since: now, windows: 0, tokens: 0, started: now },
            diverged: false,
        })
    }
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

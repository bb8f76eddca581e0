//! What training is given, what it tells on the way, and what comes out.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use trailmark_core::Recorder;
use trailmark_encoder::{Model, Threads};
use trailmark_qa::Tokenizer;

use crate::{Evaluation, Features, TrainerState, TrainingArguments};

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
    /// When true the run stops after the step, or in the midst of an evaluation, with a checkpoint.
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

//! Fine-tuning: the numbers of Hugging Face's Trainer under its names, with resuming that loses no bit.
//!
//! [`TrainingArguments`] say what to do; [`Features`] are windows with their labels; [`train`] does it, tells a
//! [`Recorder`](trailmark_core::Recorder) every number and a watcher how far it is, evaluates with EM and F1, and
//! keeps checkpoints that `from_pretrained` loads.

mod arguments;
mod checkpoint;
mod error;
mod evaluate;
mod features;
mod fs;
mod job;
mod schedule;
mod state;
mod trainer;

pub use arguments::{PadTo, SchedulerKwargs, SchedulerType, Strategy, TrainingArguments};
pub use checkpoint::{Checkpoint, forget_optimiser, latest_checkpoint};
pub use error::Error;
pub use evaluate::{Evaluation, Measured, evaluate};
pub use features::Features;
pub use job::{Job, Outcome, Progress};
pub use schedule::Schedule;
pub use state::TrainerState;
pub use trainer::train;

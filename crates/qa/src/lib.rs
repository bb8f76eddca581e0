//! Extractive question answering as data: data sets, splits, windows, answers, scores. No tensors.
//!
//! In the order in which data flows: a [`Dataset`] is read and checked, split, cut into [`Window`]s of token ids by a
//! [`Tokenizer`], and the logits that a model gives for the windows become answers: by the rules of Hugging Face's
//! evaluation script ([`postprocess`]), of its old pipeline ([`hf_answers`]), or by one softmax over everything
//! ([`global_answers`]). [`metric`] scores them.

mod dataset;
mod error;
mod extract;
mod fs;
pub mod metric;
mod parquet;
mod postprocess;
pub mod questions;
pub mod random;
pub mod split;
mod tokenizer;
mod window;

pub use dataset::{Dataset, Example, Gold, Problem, ProblemKind};
pub use error::Error;
pub use extract::{Answers, Found, GlobalOptions, HfOptions, Scored, global_answers, hf_answers};
pub use postprocess::{NBestEntry, PostprocessOptions, Prediction, postprocess};
pub use tokenizer::Tokenizer;
pub use window::{Window, WindowOptions, label, pipeline_windows, windows};

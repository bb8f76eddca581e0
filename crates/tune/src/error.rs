//! What can go wrong while training.

use std::path::PathBuf;

use thiserror::Error;

/// Why training did not begin or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The model, a batch or the optimiser.
    #[error(transparent)]
    Encoder(#[from] trailmark_encoder::Error),
    /// Data or the tokenizer.
    #[error(transparent)]
    Qa(#[from] trailmark_qa::Error),
    /// The operating system refused.
    #[error("{action}: {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// An argument that contradicts another or has no meaning.
    #[error("training argument {name}: got {got}, want {want}")]
    Argument {
        /// Its name.
        name: &'static str,
        /// Its value.
        got: String,
        /// What it may be.
        want: String,
    },
    /// A part of the data without an example.
    #[error("train: got no {part} example, want at least one")]
    NoData {
        /// `training` or `evaluation`.
        part: &'static str,
    },
    /// Whoever waits asked to stop before it was done.
    #[error("stopped before the end")]
    Stopped,
    /// A checkpoint that was made with other data or arguments.
    #[error("resume from a checkpoint: {what}: got {got}, want {want}: {}", path.display())]
    Foreign {
        /// What differs.
        what: &'static str,
        /// In the checkpoint.
        got: String,
        /// Now.
        want: String,
        /// The checkpoint.
        path: PathBuf,
    },
    /// A checkpoint's state that cannot be read.
    #[error("read a checkpoint: {reason}: {}", path.display())]
    State {
        /// What is wrong.
        reason: String,
        /// The file.
        path: PathBuf,
    },
}

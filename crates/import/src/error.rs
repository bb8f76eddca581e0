//! Why an import ends before its end. What cannot be read of a run is no error but a [`crate::Problem`].

use std::path::PathBuf;

use thiserror::Error;

/// Why an import ends.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The repository does not take what is read.
    #[error("write to the repository")]
    Store(#[from] trailmark_store::Error),
    /// Somebody asked to stop; what is written so far stays, and the next import goes on.
    #[error("stopped")]
    Stopped,
    /// The path holds nothing of the kind.
    #[error("read {what}: {reason}: {}", path.display())]
    NotASource {
        /// What was looked for.
        what: &'static str,
        /// What is wrong.
        reason: String,
        /// Where.
        path: PathBuf,
    },
    /// A file or folder without which nothing can be read.
    #[error("{action}: {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
}

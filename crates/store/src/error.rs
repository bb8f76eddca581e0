//! What can go wrong with a repository.

use std::path::PathBuf;

use thiserror::Error;

/// Why a repository was not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
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
    /// The disk is full: what was written before is sound.
    #[error("{action}: the disk is full: {}", path.display())]
    Full {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
    },
    /// The folder is no repository.
    #[error("open a repository: got a folder without trailmark.toml: {}", path.display())]
    NotARepository {
        /// The folder.
        path: PathBuf,
    },
    /// The repository was made by a newer program.
    #[error("open a repository: got format {got}, want at most {want}: {}", path.display())]
    Newer {
        /// Its format.
        got: i64,
        /// The newest that this program knows.
        want: i64,
        /// The repository.
        path: PathBuf,
    },
    /// `trailmark.toml` cannot be understood.
    #[error("open a repository: {reason}: {}", path.display())]
    Broken {
        /// What is wrong.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// Another process writes the journal.
    #[error("write a journal: another writer holds it: {}", path.display())]
    Locked {
        /// The journal.
        path: PathBuf,
    },
    /// Another process writes the catalog.
    #[error("make the catalog again: another process writes it: {}", path.display())]
    Busy {
        /// The catalog.
        path: PathBuf,
    },
    /// Bytes that were sent are not the frames of the journal.
    #[error("append to a journal: {reason} at byte {offset}: {}", path.display())]
    Frames {
        /// What is wrong.
        reason: &'static str,
        /// Where in the journal.
        offset: u64,
        /// The journal.
        path: PathBuf,
    },
    /// A cursor is not one that was given out.
    #[error("go on from a cursor: got {text:?}, want one that was given before")]
    Cursor {
        /// The cursor.
        text: String,
    },
    /// A run cannot be copied or moved to another repository.
    #[error("copy a run: {reason}: {}", path.display())]
    Transfer {
        /// Why.
        reason: &'static str,
        /// What of it.
        path: PathBuf,
    },
    /// There is no such run.
    #[error("find a run: got {text:?}, want the id, its first digits or the name of one run")]
    NoRun {
        /// What was asked for.
        text: String,
    },
    /// No run has a value that could be the best.
    #[error("find the best run: {reason}")]
    NoBest {
        /// Why.
        reason: String,
    },
}

impl Error {
    /// Whether a file was not there any more: its journal was folded together with others, perhaps.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

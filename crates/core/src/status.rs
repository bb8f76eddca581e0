//! How a run stands and how it ended.

use std::fmt;

/// What a writer says when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Everything was done.
    Finished,
    /// An error ended the run.
    Failed {
        /// The exit code of the process, if it ended with one.
        exit_code: Option<i32>,
        /// The error or exception, as people read it.
        message: String,
    },
    /// A signal asked the run to end (SIGINT, SIGTERM).
    Killed {
        /// The signal's number.
        signal: i32,
    },
}

/// How a run stands, derived from its writers' locks and end frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunStatus {
    /// A writer holds its journal.
    Running,
    /// The last writer to end said how.
    Ended(End),
    /// The lock is gone and there is no end frame: SIGKILL, out of memory, power.
    Crashed,
}

impl RunStatus {
    /// The word that people and programs read: running, finished, failed, killed or crashed.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended(End::Finished) => "finished",
            Self::Ended(End::Failed { .. }) => "failed",
            Self::Ended(End::Killed { .. }) => "killed",
            Self::Crashed => "crashed",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

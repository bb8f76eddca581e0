//! Why something is not at a server.

use std::path::PathBuf;

use thiserror::Error;

/// Why something is not at the server.
#[derive(Debug, Error)]
pub enum ShipError {
    /// An address that names no server.
    #[error("find the server: got {got:?}, want http://HOST:PORT or https://HOST:PORT")]
    Address {
        /// What was given.
        got: String,
    },
    /// The file of authorities that the environment names cannot be used.
    #[error("trust the authorities of {variable}: {reason}: {}", path.display())]
    Authority {
        /// The variable that names it.
        variable: &'static str,
        /// What is wrong.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// No answer, or one that says to come again.
    #[error("send to {url}: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The server will not take it.
    #[error("send to {url}: {reason}")]
    Refused {
        /// The server.
        url: String,
        /// What it says.
        reason: String,
    },
    /// The spool cannot be read.
    #[error(transparent)]
    Spool(#[from] trailmark_store::Error),
}

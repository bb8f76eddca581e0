//! Errors as Python sees them: one base, and every mapping to it.

use pyo3::PyErr;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use trailmark_client::AskError;
use trailmark_store as store;

create_exception!(trailmark, Error, PyException, "The base of everything that Trailmark raises.");
create_exception!(trailmark, QueryError, Error, "A query that is wrong, with a caret under what is.");
create_exception!(trailmark, StoreError, Error, "A repository that cannot be read or written.");
create_exception!(trailmark, MissingRunError, StoreError, "There is no such run.");
create_exception!(trailmark, Locked, StoreError, "Another process holds what is wanted.");
create_exception!(trailmark, Corrupt, StoreError, "What was written is damaged.");
create_exception!(trailmark, RemoteError, Error, "A server that cannot be asked.");

/// The exception for an error of the store, with everything that lies behind it.
pub(crate) fn of_store(error: store::Error) -> PyErr {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(behind) = source {
        text = format!("{text}: {behind}");
        source = behind.source();
    }
    match error {
        store::Error::NoRun { .. } => MissingRunError::new_err(text),
        store::Error::Locked { .. } | store::Error::Busy { .. } => Locked::new_err(text),
        store::Error::Broken { .. } | store::Error::Frames { .. } => Corrupt::new_err(text),
        _ => StoreError::new_err(text),
    }
}

/// The exception for what a server does not answer.
pub(crate) fn of_ask(error: AskError) -> PyErr {
    let text = error.to_string();
    match error {
        AskError::Query(_) => QueryError::new_err(text),
        AskError::NoRun { .. } => MissingRunError::new_err(text),
        _ => RemoteError::new_err(text),
    }
}

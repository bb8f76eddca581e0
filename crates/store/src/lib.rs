//! The repository on disk: journals that each have one writer, blobs by content, and what is derived from them.
//!
//! In the order in which data flows: a [`Record`] goes through a [`JournalWriter`] into a frame of a journal file;
//! [`Repository::read_run`] merges all journals of a run into a [`RunData`]; [`best`] says which run is best. The bytes
//! are specified in `docs/format.md`.

mod best;
mod codec;
mod error;
mod frame;
mod fs;
mod journal;
mod record;
mod repository;
mod run;

pub use best::{Best, Selector, best};
pub use error::Error;
pub use journal::{JournalWriter, Problem};
pub use record::Record;
pub use repository::Repository;
pub use run::{PointRow, RunData, Series};

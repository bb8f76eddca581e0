//! What other trackers recorded, brought into a repository as if it had been recorded here.
//!
//! A [`Source`] finds runs ([`Found`]) and reads them, one after the other, into an [`Intake`], which compares with what
//! the repository has and writes only what is new; [`import`] does so for all of them and says in a [`Report`] what came
//! of it. Sources are never written to, and no lock of theirs is taken. What each of them maps to what is in
//! `docs/import.md`.

mod aim;
mod error;
mod fs;
mod intake;
mod known;
mod report;
mod rocks;
mod source;
mod tensorboard;

pub use aim::AimSource;
pub use error::ImportError;
pub use intake::Intake;
pub use report::{Fate, Problem, Progress, Report, RunReport, Watch, import};
pub use source::{Found, Head, Listing, Source};
pub use tensorboard::{Board, TensorboardSource};

/// Doors for fuzz targets.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    pub use crate::tensorboard::fuzzing::{event_file, events};

    /// Reads bytes as each kind of file of a database of RocksDB; says how much made sense.
    pub fn rocks(bytes: &[u8]) -> usize {
        crate::rocks::fuzzing::rocks(bytes)
    }
}

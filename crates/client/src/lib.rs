//! A run as its user holds it: it takes points in a fraction of a microsecond and a thread of its own writes them.
//!
//! [`Run`] is the [`Recorder`](trailmark_core::Recorder) of a local repository; [`capture`] says what is remembered of
//! the machine; [`memorable_name`] gives a run a name that people can say.

pub mod capture;
mod names;
mod run;

pub use names::memorable_name;
pub use run::{Run, RunOptions};

//! A run as its user holds it: it takes points in a fraction of a microsecond and a thread of its own writes them.
//!
//! [`Run`] is the [`Recorder`](trailmark_core::Recorder) of a local repository, or of a [`Server`] through one; [`capture`] says what is remembered of
//! the machine; [`memorable_name`] gives a run a name that people can say; [`Served`]
//! reads the runs of a server back.

mod address;
mod authority;
mod caller;
pub mod capture;
mod error;
mod fs;
mod names;
mod remote;
mod run;
mod served;
mod window;

pub use address::Server;
pub use error::ShipError;
pub use names::memorable_name;
pub use remote::{Sent, Shipped, is_offline, ship_all, spool_folder};
pub use run::{Run, RunOptions};
pub use served::{AskError, QueryDefect, Served};

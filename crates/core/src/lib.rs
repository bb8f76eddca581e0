//! The words that every other part of Trailmark speaks.
//!
//! In reading order: how a run is named ([`RunId`]), what describes it ([`Params`], [`Context`]), what it records
//! ([`At`], [`Value`], [`Answer`]), how it ends ([`End`]), and the one trait through which training code records
//! ([`Recorder`]). Nothing here touches a file, a socket or a clock, and nothing is `Serialize`: bytes on disk are
//! `trailmark-store`'s, bytes on the wire the server's.

mod answer;
mod context;
mod id;
mod media;
mod params;
mod point;
mod recorder;
mod status;
mod value;

pub use answer::{Answer, Candidate};
pub use context::{Context, SeriesKey};
pub use id::{ContentId, IdError, RunId, WriterId};
pub use media::{Artifact, Audio, Distribution, Figure, Image, Kept, LogRecord};
pub use params::{ParamError, ParamValue, Params};
pub use point::{At, Step, WallTime};
pub use recorder::{Discard, Edit, Loss, Recorder};
pub use status::{End, RunStatus};
pub use value::{LogLine, Stream, Value};

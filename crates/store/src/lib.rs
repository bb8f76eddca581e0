//! The repository on disk: journals that each have one writer, blobs by content, and what is derived from them.
//!
//! In the order in which data flows: [`Record`]s and numbers, collected in a [`Batch`], go through a [`JournalWriter`]
//! into a frame of a journal file; a [`Repository`] lists runs as [`RunRow`]s, from the catalog and what is new in the
//! journals, and reads one whole as [`RunData`]; [`Store`] is what others ask of it; [`Merger`] and [`Points`] make one
//! series of what it hands out; [`ask`] says which runs and series a query takes, and [`best`] which run is best; an
//! [`Extract`] is what a program elsewhere is told of them. The bytes are specified in `docs/format.md`.

mod answer;
mod ask;
mod best;
mod blob;
mod catalog;
mod codec;
mod columns;
mod compact;
mod compare;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod damage;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod deeds;
mod erased;
mod error;
mod extract;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod faults;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod folded;
mod folder;
mod frame;
mod fs;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gather;
mod ingest;
mod item;
mod journal;
mod labels;
mod life;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod many;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod memory;
mod mend;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod mended;
mod outgoing;
mod paired;
mod points;
mod reclaim;
mod record;
mod repository;
mod row;
mod run;
mod scan;
mod segment;
mod store;
mod tokens;
mod transfer;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod transfer_faults;
mod upkeep;
mod views;
mod wanted;

pub use answer::{AnswerView, TrackedAnswer, read_answers};
pub use ask::{Found, Question, ask};
pub use best::{Best, BestRun, Selector, best, is_better_low};
pub use compact::{Compact, Compacted};
pub use compare::{AnswerChange, ComparedAnswers, ParamRow, compare_answers, compare_params, each_leaf};
pub use error::Error;
pub use extract::{Data, Extract, ExtractError, ExtractWriter, ObjectRow, objects_of, points_of};
pub use fs::ReadSeek;
pub use gather::checkpoint_key;
pub use item::{ArtifactItem, RunItem, is_system};
pub use journal::{JournalWriter, Problem};
pub use labels::{Label, LabelOf, Labels};
pub use outgoing::{JournalReader, Piece};
pub use paired::{ScoreDifference, ScorePair, score_difference};
pub use points::{Block, Columns, Merger, Points};
pub use record::{Batch, Column, Order, Record, SeriesTable, Stamp, micros, n_bytes};
pub use repository::Repository;
pub use row::{ArtifactRow, Kind, RunRow, SeriesRow, meant};
pub use run::{PointRow, RunData, Series};
pub use segment::pyramid::{Cut, Sampled};
pub use store::{Appended, Changes, Contents, Cursor, Object, Page, Prune, Stats, Store, Wanted};
pub use tokens::{Scope, Token};
pub use transfer::Copied;
pub use upkeep::{CopiedFile, Repaired};
pub use views::View;

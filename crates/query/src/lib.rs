//! The query language: text becomes a checked [`Expression`], which gives its verdict on one run or series.
//!
//! In reading order: what a query looks at ([`RunView`], [`SeriesView`]), the names that it may speak of ([`Schema`]),
//! and what is wrong with its text ([`QueryError`]). The language itself is described in `docs/query.md`. Nothing here
//! touches a file, a socket or a clock.

mod error;
mod schema;
mod view;

pub use error::QueryError;
pub use schema::{MOST_VALUES, Param, Schema, SeriesNames};
pub use view::{Field, Kind, RunView, Scalar, SeriesView};

//! The query language: text becomes a checked [`Expression`], which gives its verdict on one run or series.
//!
//! In reading order: what a query looks at ([`RunView`], [`SeriesView`]), the names that it may speak of ([`Schema`]),
//! the query itself ([`Expression`], asked through a [`Search`]), in which order what it finds comes ([`Order`]), what
//! is wrong with its text ([`QueryError`]), and what fits at a cursor ([`Completion`]). Inside, a text is bounded (`limit`), parsed (`syntax`), translated and checked
//! (`compile`, `resolve`, `call`) into a `tree`, and evaluated (`eval`, `access`, `operator`, `relation`, `builtin`,
//! `aggregate`, `method`, `format`).
//! The language itself is described in `docs/query.md`. Nothing here touches a file, a socket or a clock.

mod access;
mod aggregate;
mod builtin;
mod call;
mod compile;
mod complete;
mod error;
mod eval;
mod expression;
mod format;
mod function;
mod limit;
mod matcher;
mod method;
mod name;
mod operator;
mod order;
mod relation;
mod resolve;
mod schema;
mod suggestion;
mod syntax;
mod time;
mod token;
mod tree;
mod value;
mod view;

pub use error::QueryError;
pub use expression::{Clock, Expression, Problems, Prune, Search};
pub use order::{Order, SortKey, Sorter};
pub use schema::{MOST_VALUES, Param, Schema, SeriesNames};
pub use suggestion::{Completion, Suggestion, SuggestionKind};
pub use view::{Field, Kind, RunView, Scalar, SeriesView};

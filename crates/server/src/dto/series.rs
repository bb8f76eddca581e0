//! The header of an answer in columns, and what the stream of events says.

use serde::Serialize;
use utoipa::ToSchema;

use super::ParamTree;

/// The header of `GET /api/v1/series`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesHeader {
    /// How many series match.
    pub total: u64,
    /// How long the server took.
    pub took_millis: f64,
    /// The state of the repository that this shows.
    pub cursor: String,
    /// The series that are here, by run (newest first), name and context.
    pub series: Vec<SeriesHead>,
}

/// A series whose points are here.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesHead {
    /// Its run.
    pub run: String,
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// How many points it has.
    pub count: u64,
    /// How many points are here.
    pub rows: u64,
    /// Whether points of the range that was asked for are left out.
    pub is_sampled: bool,
    /// The columns that were asked for.
    pub columns: Columns,
}

/// Columns by what they hold.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Columns {
    /// Steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<Column>,
    /// Epochs, NaN where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<Column>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time: Option<Column>,
    /// Values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub value: Option<Column>,
}

/// How a column is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Column {
    /// No bytes: value of row i is `start + i × stride`.
    Range {
        /// Value of row 0.
        start: i64,
        /// Difference of two rows.
        stride: i64,
    },
    /// Value of row i is `start +` the i-th u32.
    U32 {
        /// First byte, counted from the end of the header.
        at: u64,
        /// What is added.
        start: i64,
    },
    /// Value of row i is the i-th f32.
    F32 {
        /// First byte, counted from the end of the header.
        at: u64,
    },
    /// Value of row i is the i-th f64.
    F64 {
        /// First byte, counted from the end of the header.
        at: u64,
    },
}

/// The first event of a stream.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hello {
    /// The state of the repository.
    pub cursor: String,
    /// The program's version.
    pub version: String,
}

/// Runs grew, changed, ended, came or went.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Changed {
    /// The state of the repository after it.
    pub cursor: String,
    /// Runs that grew, changed or ended; the new ones too.
    pub runs: Vec<String>,
    /// Runs that were not there before.
    #[serde(rename = "new")]
    pub new_runs: Vec<String>,
    /// Runs that are not there any more.
    pub gone: Vec<String>,
}

//! Texts and lines of the terminal.

use serde::Serialize;
use utoipa::ToSchema;

use super::ParamTree;

/// `GET /api/v1/texts`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Texts {
    /// How many texts match.
    pub total: u64,
    /// How long the server took.
    pub took_millis: f64,
    /// The texts asked for.
    pub texts: Vec<Text>,
}

/// A tracked text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Text {
    /// Its run.
    pub run: String,
    /// Its series' name.
    pub name: String,
    /// Its series' context.
    pub context: ParamTree,
    /// Its step.
    pub step: i64,
    /// Its epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<f64>,
    /// When it was tracked, in seconds since 1970.
    pub time: f64,
    /// The text, or its beginning.
    pub text: String,
    /// Bytes of the whole text.
    pub bytes: u64,
    /// Whether `text` is only the beginning.
    pub is_cut: bool,
}

/// `GET /api/v1/runs/{id}/logs`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Logs {
    /// How many lines the log has.
    pub total: u64,
    /// The lines asked for.
    pub lines: Vec<LogLine>,
}

/// A line of the terminal.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct LogLine {
    /// Its number, from 0.
    pub n: u64,
    /// When it was written, in seconds since 1970.
    pub time: f64,
    /// Where it was written.
    pub stream: Stream,
    /// The line, colours kept.
    pub text: String,
    /// The last step of the run's training numbers at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<i64>,
}

/// One of the two outputs of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// `GET /api/v1/runs/{id}/logs/search`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LogHits {
    /// How many lines hold it.
    pub total: u64,
    /// Their numbers.
    pub lines: Vec<u64>,
}

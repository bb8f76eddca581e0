//! What is looked at or listened to, messages with their severity, and files.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ParamTree, Real};

/// `GET /api/v1/runs/{id}/objects`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Objects {
    /// How many match.
    pub total: u64,
    /// How long the server took.
    pub took_millis: f64,
    /// How many messages of each level there are, whichever were asked for; empty for other kinds.
    pub levels: Vec<LevelCount>,
    /// Those asked for.
    pub objects: Vec<TrackedObject>,
}

/// Messages of a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct LevelCount {
    /// The level.
    pub level: i64,
    /// How many there are.
    pub count: u64,
}

/// One value of a series.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct TrackedObject {
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
    /// Its place among the values of its step, from 0.
    pub index: u32,
    /// How many values its step has.
    pub of: u32,
    /// What it is.
    pub value: ObjectValue,
}

/// What a value is, by its kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ObjectValue {
    /// A picture.
    Image(ImageValue),
    /// A sound.
    Audio(AudioValue),
    /// A figure: Plotly's JSON.
    Figure(FigureValue),
    /// A histogram.
    Distribution(DistributionValue),
    /// A message with its severity.
    LogRecord(LogRecordValue),
}

/// A picture.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ImageValue {
    /// The id of its file.
    pub blob: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// The file's format in lower case.
    pub format: String,
    /// In pixels; 0 where nobody said.
    pub width: u32,
    /// In pixels; 0 where nobody said.
    pub height: u32,
    /// What people read below it.
    pub caption: String,
}

/// A sound.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AudioValue {
    /// The id of its file.
    pub blob: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// The file's format in lower case.
    pub format: String,
    /// What people read below it.
    pub caption: String,
}

/// A figure.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FigureValue {
    /// The id of its file.
    pub blob: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// What people read below it.
    pub caption: String,
}

/// A histogram of bins of equal width.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DistributionValue {
    /// The lower edge of the first bin.
    pub low: Real,
    /// The upper edge of the last bin.
    pub high: Real,
    /// Counts or weights, one a bin.
    pub weights: Vec<Real>,
}

/// A message with its severity.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct LogRecordValue {
    /// 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    pub level: i64,
    /// What it says, or its beginning.
    pub message: String,
    /// Whether `message` is only the beginning.
    pub is_cut: bool,
    /// What was given with it.
    pub extra: ParamTree,
    /// The file that logged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub file: Option<String>,
    /// And the line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<u32>,
}

/// `GET /api/v1/runs/{id}/objects/steps`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ObjectSteps {
    /// The series of the kind, by name and context.
    pub series: Vec<SeriesSteps>,
}

/// Where a series has values.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesSteps {
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// How many values it has, those of lists counted.
    pub total: u64,
    /// The most values of a step.
    pub most: u32,
    /// Its steps, growing.
    pub steps: Vec<i64>,
}

/// `GET /api/v1/runs/{id}/artifacts`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Artifacts {
    /// How many files the run has.
    pub total: u64,
    /// Their bytes together, as far as the repository has them.
    pub bytes: u64,
    /// Those asked for, by name.
    pub artifacts: Vec<ArtifactEntry>,
}

/// A file of a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct ArtifactEntry {
    /// Its name; `/` divides folders.
    pub name: String,
    /// The id of its content, where the repository has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub blob: Option<String>,
    /// Bytes of its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bytes: Option<u64>,
    /// Whether the content is there.
    pub is_here: bool,
    /// Where a file lies that was left elsewhere; empty otherwise.
    pub uri: String,
}

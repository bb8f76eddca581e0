//! The repository at a glance, and errors.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ParamTree, Real, Run};

/// `GET /api/v1/info`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Info {
    /// The program's version.
    pub version: String,
    /// Which repository is served.
    pub repository: RepositoryInfo,
    /// What it holds.
    pub counts: Counts,
    /// Bytes of its files.
    pub disk_bytes: u64,
    /// When the server began, in seconds since 1970.
    pub started_at: f64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A repository.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[schema(example = json!({"id": "5f2d8c1b9e0a4c37", "name": "squad", "path": "/data/squad/.trailmark"}))]
pub struct RepositoryInfo {
    /// What tells it from others.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its folder.
    pub path: String,
}

/// How much a repository holds.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counts {
    /// Runs that are listed by default.
    pub runs: u64,
    /// Of them those that run now.
    pub running: u64,
    /// Runs put out of sight.
    pub archived: u64,
    /// Names of experiments.
    pub experiments: u64,
    /// Names of tags.
    pub tags: u64,
    /// Names of number series that are no system metrics.
    pub metrics: u64,
    /// Names of text series.
    pub texts: u64,
    /// Answer records.
    pub answers: u64,
    /// Runs with a terminal log.
    pub logs: u64,
}

/// Something that could not be read.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// The run's id.
    pub run: String,
    /// What is wrong.
    pub message: String,
}

/// `GET /api/v1/home`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Home {
    /// What runs now, newest first.
    pub running: Vec<Run>,
    /// The newest runs.
    pub latest: Vec<Run>,
    /// The best run of each experiment.
    pub best: Vec<BestRun>,
    /// Runs by the day of their creation.
    pub activity: Vec<Activity>,
    /// All experiments, the latest first.
    pub experiments: Vec<ExperimentCount>,
    /// All tags.
    pub tags: Vec<super::Named>,
    /// Bytes of the repository's files.
    pub disk_bytes: u64,
}

/// The best run of an experiment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BestRun {
    /// The experiment.
    pub experiment: String,
    /// By which metric.
    pub metric: String,
    /// Of which context.
    pub context: ParamTree,
    /// The run.
    pub run: Run,
    /// Its best value.
    pub value: Real,
    /// At which step.
    pub step: i64,
    /// Among how many runs that have the metric.
    pub runs: u64,
}

/// Runs of a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Activity {
    /// Year, month and day.
    pub day: String,
    /// How many runs began.
    pub runs: u64,
}

/// An experiment and its size.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExperimentCount {
    /// Its name.
    pub name: String,
    /// Its runs.
    pub runs: u64,
    /// When the newest of them began.
    pub last_created_at: f64,
}

/// What an answer with an error status holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[schema(example = json!({"status": 404, "code": "not_found", "message": "find a run: got \"ffff\"",
    "hint": "it may have been deleted; see the list of runs"}))]
pub struct ErrorBody {
    /// The HTTP status.
    pub status: u16,
    /// A word that programs may compare.
    pub code: &'static str,
    /// What people read.
    pub message: String,
    /// What one can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
    /// Where in the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub position: Option<QueryPosition>,
}

/// Where a query is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct QueryPosition {
    /// First character, from 0.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// Line, from 1.
    pub line: u32,
    /// Character of the line, from 1.
    pub column: u32,
    /// What would fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expected: Option<String>,
    /// The nearest name that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nearest: Option<String>,
}

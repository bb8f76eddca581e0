//! Runs, and what is found in them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ParamTree, Real};

/// `GET /api/v1/runs`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Runs {
    /// How many runs match.
    pub total: u64,
    /// How long the server took.
    pub took_millis: f64,
    /// The state of the repository that this shows.
    pub cursor: String,
    /// The runs asked for.
    pub runs: Vec<Run>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A writer lives.
    Running,
    /// It did everything.
    Finished,
    /// An error ended it.
    Failed,
    /// It ended without a word.
    Crashed,
    /// A signal ended it.
    Killed,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct StatusDetail {
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<String>,
    /// The process' exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exit_code: Option<i32>,
    /// The signal's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signal: Option<i32>,
}

/// A run as tables show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Run {
    /// Its id, 24 hexadecimal digits.
    #[schema(example = "01a21253879b8fd95f5e040a")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its experiment; empty for none.
    pub experiment: String,
    /// What it is about.
    pub description: String,
    /// How it stands.
    pub status: Status,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status_detail: Option<StatusDetail>,
    /// When it began, in seconds since 1970.
    pub created_at: f64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_at: Option<f64>,
    /// When it last recorded anything.
    pub updated_at: f64,
    /// Whether it was put out of sight.
    pub archived: bool,
    /// Its tags by name.
    pub tags: Vec<String>,
    /// Its params without keys that begin with `__`.
    pub params: ParamTree,
    /// Its number series that are no system metrics, by name and context.
    pub metrics: Vec<Metric>,
    /// Which other things it has.
    pub has: Has,
    /// Its checkpoints by step.
    pub checkpoints: Vec<Checkpoint>,
}

/// What a number series of a run comes to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[schema(example = json!({"name": "f1", "context": {"subset": "eval"}, "count": 5, "first_step": 100, "last_step": 500,
    "last": 81.4, "min": 62.0, "min_step": 100, "max": 81.9, "max_step": 400, "last_epoch": 5.0}))]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// How many points it has.
    pub count: u64,
    /// Its first step.
    pub first_step: i64,
    /// Its last step.
    pub last_step: i64,
    /// Its last value.
    pub last: Real,
    /// Its least finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min: Option<Real>,
    /// Where the least value stands first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min_step: Option<i64>,
    /// Its largest finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max: Option<Real>,
    /// Where the largest value stands first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_step: Option<i64>,
    /// The epoch of the last point that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_epoch: Option<f64>,
    /// The first step whose value is NaN or infinite.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub nan_step: Option<i64>,
}

/// What a run has beside numbers.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Has {
    /// Texts.
    pub texts: bool,
    /// Answer records.
    pub answers: bool,
    /// A terminal log.
    pub logs: bool,
    /// System metrics.
    pub system: bool,
}

/// A checkpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Checkpoint {
    /// At which step it was saved.
    pub step: i64,
    /// Its folder.
    pub path: String,
    /// Whether the folder is there.
    pub is_here: bool,
}

/// `GET /api/v1/runs/{id}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct RunDetail {
    /// The run as tables show it.
    #[serde(flatten)]
    pub run: Run,
    /// The program and machine that made it: `arguments`, `executable`, `cwd`, `env_variables`, `packages`,
    /// `git_info`, `hardware`, each where it is known.
    pub system: ParamTree,
    /// All its series by name and context.
    pub series: Vec<SeriesEntry>,
    /// How many files it has.
    pub artifacts: u64,
    /// What people noted about it.
    pub note: String,
    /// What could not be read.
    pub problems: Vec<String>,
    /// How it differs from the other runs of its experiment.
    pub siblings: Siblings,
    /// What its curves say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub diagnosis: Option<Diagnosis>,
}

/// A series of a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesEntry {
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// What its points are.
    pub kind: SeriesKind,
    /// How many points it has.
    pub count: u64,
    /// Its first step.
    pub first_step: i64,
    /// Its last step.
    pub last_step: i64,
}

/// What the points of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SeriesKind {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Lines of the terminal.
    Log,
    /// Questions answered.
    Answer,
    /// Pictures.
    Image,
    /// Sounds.
    Audio,
    /// Figures.
    Figure,
    /// Histograms.
    Distribution,
    /// Messages with their severity.
    LogRecord,
}

/// The other runs of the experiment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Siblings {
    /// How many runs the experiment has, this one counted.
    pub experiment_runs: u64,
    /// Paths of params that have at least two different values among them.
    pub differs: Vec<String>,
    /// Paths of params of one value that some of them do not have.
    pub partly: Vec<String>,
}

/// What the curves of a run say.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Diagnosis {
    /// The sentence that people read.
    pub sentence: String,
    /// Where it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<i64>,
    /// The same as an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<f64>,
    /// What kind of sentence it is.
    pub kind: DiagnosisKind,
}

/// Kinds of diagnoses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisKind {
    /// The best run of its experiment, without anything worse to say.
    Best,
    /// Evaluation gets worse while training gets better.
    Overfits,
    /// NaN, or no better than guessing.
    Diverged,
    /// An error, a crash.
    Failed,
    /// It goes on.
    Running,
    /// Somebody stopped it.
    Stopped,
    /// It still got better when it ended.
    Short,
}

/// `GET /api/v1/findings`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Findings {
    /// What stands above the table, the best run first.
    pub findings: Vec<Finding>,
}

/// Something worth knowing about the runs of a table.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Finding {
    /// What kind of finding it is.
    pub kind: FindingKind,
    /// The sentence that people read.
    pub sentence: String,
    /// The runs that it speaks of.
    pub runs: Vec<String>,
    /// The series that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metric: Option<SeriesName>,
    /// The value that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub value: Option<Real>,
    /// By how much it is better than the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub margin: Option<f64>,
    /// Where it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<i64>,
    /// The page with the evidence.
    pub url: String,
}

/// Names a series inside its run.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SeriesName {
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The best run.
    Best,
    /// NaN or infinite.
    Diverged,
    /// At the loss of a blind guess.
    Blind,
    /// Failed, crashed or killed.
    Failed,
}

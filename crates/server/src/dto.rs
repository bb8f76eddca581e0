//! What goes over the wire, as `docs/http.md` names it.
//!
//! The page's types (`ui/src/schema.ts`) are made from these; a test fails when they are stale.

mod answers;
mod ask;
mod edits;
mod fields;
mod info;
mod ingest;
mod labels;
mod objects;
mod plain;
mod run;
mod search;
mod series;
mod session;
mod texts;
mod views;
mod words;

pub use answers::{
    Answer, AnswerHistory, AnswerList, AnswerRow, AnswerStep, AnswerSteps, Candidate, Change, Comparison,
    ComparisonSummary, Difference, HistoryStep, Leak, Pair, RunAnswerSteps, Strip, StripStep, Strips,
    Summary, Verdict,
};
pub use ask::{AskAnswer, AskModel, AskRecord, AskReply, AskRequest, Model, Models};
pub use edits::{DeleteArtifact, DeletePoints, Edit, Edited, Edits};
pub use fields::{
    Completion, CompletionItem, CompletionKind, Fields, MetricField, Named, ParamField, TextField,
};
pub use info::{
    Activity, BestRun, Counts, ErrorBody, ExperimentCount, Home, Info, Problem, QueryPosition, RepositoryInfo,
};
pub use ingest::Journal;
pub use labels::{Label, Labelled, Labels, SetLabel};
pub use objects::{
    ArtifactEntry, Artifacts, AudioValue, DistributionValue, FigureValue, ImageValue, LevelCount,
    LogRecordValue, ObjectSteps, ObjectValue, Objects, SeriesSteps, TrackedObject,
};
pub use plain::{Json, ParamTree, Real};
pub use run::{
    Checkpoint, Diagnosis, DiagnosisKind, Finding, FindingKind, Findings, Has, Metric, Run, RunDetail, Runs,
    SeriesEntry, SeriesKind, SeriesName, Siblings, Status, StatusDetail,
};
pub use search::{Hit, Hits};
pub use series::{Changed, Column, Columns, Hello, SeriesHead, SeriesHeader};
pub use session::{BeginSession, SignedIn};
pub use texts::{LogHits, LogLine, Logs, Stream, Text, Texts};
pub use views::{KeepView, KeptViews, View};
use words::{ModelName, RunId, Word};

#[cfg(test)]
mod schema;

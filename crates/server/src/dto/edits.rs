//! Changes of what people say of runs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ParamTree;

/// `POST /api/v1/edits`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Edits {
    /// The runs: their ids, or beginnings that fit one run alone.
    #[schema(min_items = 1, max_items = 100_000, value_type = Vec<super::RunId>)]
    pub runs: Vec<String>,
    /// What becomes different.
    pub edit: Edit,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// A new name.
    Name(String),
    /// Another experiment.
    Experiment(String),
    /// Another description.
    Description(String),
    /// Another note.
    Note(String),
    /// One more tag.
    #[schema(value_type = super::Word)]
    AddTag(String),
    /// One tag less.
    #[schema(value_type = super::Word)]
    RemoveTag(String),
    /// Out of sight, or back.
    Archived(bool),
    /// Deleted, or back.
    Deleted(bool),
    /// What was tracked of a series until now is deleted, or back.
    Points(DeletePoints),
    /// A file of the run is deleted, or back.
    Artifact(DeleteArtifact),
}

/// Points to delete or restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct DeletePoints {
    /// The name of the series.
    #[schema(pattern = r"\S")]
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// Which step; every one without.
    #[serde(default, deserialize_with = "super::plain::whole", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<i64>,
    /// Deleted (true) or restored (false).
    pub is_deleted: bool,
}

/// A file to delete or restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DeleteArtifact {
    /// Its name.
    #[schema(pattern = r"\S")]
    pub name: String,
    /// Deleted (true) or restored (false).
    pub is_deleted: bool,
}

/// What an edit answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[schema(example = json!({"edited": 1, "undo": [{"runs": ["01a21253879b8fd95f5e040a"], "edit": {"remove_tag": "keep"}}]}))]
pub struct Edited {
    /// How many runs became different.
    pub edited: u64,
    /// Requests that, sent one after the other, make it as it was.
    pub undo: Vec<Edits>,
}

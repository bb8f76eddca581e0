//! What people say of tags and experiments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1/labels`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Labels {
    /// Of tags, by name.
    pub tags: Vec<Label>,
    /// Of experiments, by name.
    pub experiments: Vec<Label>,
    /// After a change, what was said before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[cfg_attr(test, ts(optional))]
    pub before: Option<Label>,
}

/// What people say of one tag or experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Its name.
    #[schema(pattern = r"\S", max_length = 200)]
    pub name: String,
    /// Its colour, `#rrggbb`; empty for the one that its name gives it.
    #[serde(default)]
    #[schema(pattern = "^(#[0-9A-Fa-f]{6})?$", example = "#d03030")]
    pub color: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
}

/// `POST /api/v1/labels`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SetLabel {
    /// What it is of.
    pub of: Labelled,
    /// What is said; with neither colour nor description, nothing any more.
    pub label: Label,
}

/// What can have a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Labelled {
    /// A tag.
    Tag,
    /// An experiment.
    Experiment,
}

impl Labelled {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Experiment => "experiment",
        }
    }
}

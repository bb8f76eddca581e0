//! What can be picked, and what fits at a cursor.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Json, ParamTree, Real};

/// `GET /api/v1/fields`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Fields {
    /// Params by path.
    pub params: Vec<ParamField>,
    /// Number series by name and context.
    pub metrics: Vec<MetricField>,
    /// Text series by name.
    pub texts: Vec<TextField>,
    /// Experiments by name.
    pub experiments: Vec<Named>,
    /// Tags by name.
    pub tags: Vec<Named>,
}

/// A param that some runs have.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct ParamField {
    /// Its keys, joined by dots.
    pub path: String,
    /// Kinds of its values: `none`, `bool`, `int`, `float`, `text`, `list`, `map`.
    pub kinds: Vec<&'static str>,
    /// How many runs have it.
    pub runs: u64,
    /// How many values differ.
    pub distinct: u64,
    /// The distinct values in their order; left out when they are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<Json>>,
}

/// A number series that some runs have.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct MetricField {
    /// Its name.
    pub name: String,
    /// Its context.
    pub context: ParamTree,
    /// How many runs have it.
    pub runs: u64,
    /// Points of all these runs.
    pub points: u64,
    /// Whether it is a measure of the machine.
    pub is_system: bool,
    /// Least finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min: Option<Real>,
    /// Largest finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max: Option<Real>,
}

/// A text series that some runs have.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TextField {
    /// Its name.
    pub name: String,
    /// Keys of its contexts.
    pub context_keys: Vec<String>,
    /// How many runs have it.
    pub runs: u64,
    /// Texts of all these runs.
    pub points: u64,
}

/// A name and how many runs have it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Named {
    /// The name.
    pub name: String,
    /// How many runs.
    pub runs: u64,
}

/// `GET /api/v1/complete`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Completion {
    /// First character that is replaced.
    pub from: u32,
    /// One past the last character that is replaced.
    pub to: u32,
    /// What fits, the likeliest first.
    pub items: Vec<CompletionItem>,
}

/// Something that fits.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CompletionItem {
    /// The text that takes the place.
    pub insert: String,
    /// What is shown.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What is known of it.
    pub detail: String,
}

/// What a completion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A param.
    Param,
    /// A metric's name.
    Metric,
    /// A property.
    Property,
    /// A function or method.
    Function,
    /// A word of the language.
    Keyword,
    /// A value.
    Value,
}

//! What a query finds inside runs.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ParamTree, Real};

/// `GET /api/v1/search`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hits {
    /// How many items match.
    pub total: u64,
    /// How long the server took.
    pub took_millis: f64,
    /// The items asked for.
    pub items: Vec<Hit>,
}

/// A series, a file or an answer that a query found: it has the fields of its kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Hit {
    /// Its run.
    pub run: String,
    /// The name of a series or file, the data set's id of a question.
    pub name: String,
    /// A series' context.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub context: Option<ParamTree>,
    /// How many points a series has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<u64>,
    /// A series' first step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_step: Option<i64>,
    /// A series' last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last_step: Option<i64>,
    /// A metric's last value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last: Option<Real>,
    /// A metric's least finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub min: Option<Real>,
    /// A metric's largest finite value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max: Option<Real>,
    /// How large a file is that the repository has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bytes: Option<u64>,
    /// The id of a file's content.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hash: Option<String>,
    /// Where a file lies that was left elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub uri: Option<String>,
    /// An answer's step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub step: Option<i64>,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub question: Option<String>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub answer: Option<String>,
    /// An answer's score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub score: Option<Real>,
    /// Whether an answer is one of the reference answers: 1 or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exact: Option<f64>,
    /// An answer's overlap with the best reference answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub f1: Option<f64>,
}

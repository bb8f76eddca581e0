//! Asking a checkpoint.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Candidate, Real};

/// `GET /api/v1/models`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Models {
    /// Checkpoints that are there, by run (newest first) and step.
    pub models: Vec<Model>,
    /// The id of the one with the best F1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub best: Option<String>,
}

/// A checkpoint that can be asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Model {
    /// `RUN@STEP`.
    pub id: String,
    /// Its run.
    pub run: String,
    /// The run's name.
    pub name: String,
    /// Its step.
    pub step: i64,
    /// Its folder.
    pub path: String,
    /// F1 of the evaluation at its step, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub f1: Option<Real>,
}

/// `POST /api/v1/ask`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// One model or two: `RUN@STEP`, or `best:METRIC`.
    #[schema(min_items = 1, max_items = 2, value_type = Vec<super::ModelName>)]
    pub models: Vec<String>,
    /// The text that holds the answers, 4 MiB at most.
    #[schema(pattern = r"\S")]
    pub context: String,
    /// The questions.
    #[schema(min_items = 1, max_items = 256, value_type = Vec<super::Word>)]
    pub questions: Vec<String>,
    /// Answers of each question at most; 1 without it.
    #[serde(default, deserialize_with = "super::plain::whole")]
    #[schema(minimum = 1, maximum = 100)]
    pub top_k: Option<u32>,
    /// Keep questions and answers as texts.
    #[serde(default)]
    pub record: Option<AskRecord>,
}

/// Where questions and answers are kept.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct AskRecord {
    /// The run; none for a new one of the experiment `ask`.
    #[schema(format = "run-id")]
    pub run: Option<String>,
}

/// What asking answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct AskReply {
    /// By model, in the order of the request.
    pub answers: Vec<AskModel>,
    /// The run that keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recorded: Option<String>,
}

/// What a model answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AskModel {
    /// `RUN@STEP`.
    pub model: String,
    /// How long answering took, loading left out.
    pub millis: f64,
    /// By question, in the order of the request.
    pub answers: Vec<AskAnswer>,
}

/// An answered question.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AskAnswer {
    /// The question.
    pub question: String,
    /// The answer; empty for none.
    pub answer: String,
    /// First character in the context.
    pub start: u32,
    /// One past its last character.
    pub end: u32,
    /// Its score.
    pub score: Real,
    /// Further answers, best first.
    pub others: Vec<Candidate>,
}

//! Questions answered: of one run, of two, of one question.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// `GET /api/v1/answers/steps`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerSteps {
    /// Runs that have answers, newest first.
    pub runs: Vec<RunAnswerSteps>,
}

/// At which steps a run has answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RunAnswerSteps {
    /// The run.
    pub run: String,
    /// Its name.
    pub name: String,
    /// The steps.
    pub steps: Vec<AnswerStep>,
}

/// Answers of one step in figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct AnswerStep {
    /// The step.
    pub step: i64,
    /// Its epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<f64>,
    /// The figures.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Answers in figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Summary {
    /// How many questions.
    pub total: u64,
    /// EM 1.
    pub right: u64,
    /// F1 above 0.
    pub partly: u64,
    /// F1 0.
    pub wrong: u64,
    /// Mean EM in percent.
    pub exact_match: f64,
    /// Mean F1 in percent.
    pub f1: f64,
}

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// EM 1.
    Right,
    /// F1 above 0.
    Partly,
    /// F1 0.
    Wrong,
}

/// `GET /api/v1/answers`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct AnswerList {
    /// How many answers match.
    pub total: u64,
    /// All answers of the step in figures.
    pub summary: Summary,
    /// Evaluation paragraphs that training saw; left out when there are none, or nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub leak: Option<Leak>,
    /// The verdicts on the answers asked for, through the last checkpoints.
    pub strip: Strip,
    /// The answers asked for.
    pub answers: Vec<AnswerRow>,
    /// Their contexts by id.
    pub contexts: BTreeMap<String, String>,
}

/// Verdicts through the last checkpoints of a run, five at most.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Strip {
    /// The checkpoints, the one asked for among them.
    pub steps: Vec<StripStep>,
    /// For each question by its key a letter a checkpoint: `r` right, `p` partly, `w` wrong, `-` not asked.
    pub verdicts: BTreeMap<String, String>,
}

/// A checkpoint of a strip.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct StripStep {
    /// The step.
    pub step: i64,
    /// Its epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<f64>,
}

/// The strips of two runs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Strips {
    /// Of A.
    pub a: Strip,
    /// Of B.
    pub b: Strip,
}

/// Paragraphs that are in training and in evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Leak {
    /// How many evaluation paragraphs are in the training part.
    pub shared_paragraphs: u64,
    /// How many evaluation paragraphs there are.
    pub eval_paragraphs: u64,
    /// How many of these answers are about shared paragraphs.
    pub questions: u64,
}

/// A question and what was answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerRow {
    /// The question's id in its data set.
    pub question_key: String,
    /// The question.
    pub question: String,
    /// The context's id.
    pub context_id: String,
    /// The reference answers.
    pub golds: Vec<String>,
    /// What was answered.
    #[serde(flatten)]
    pub answer: Answer,
}

/// An answer with its verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Answer {
    /// The answer; empty for none.
    pub answer: String,
    /// First character in the context.
    pub start: u32,
    /// One past its last character.
    pub end: u32,
    /// Its score.
    pub score: super::Real,
    /// The score of no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub null_score: Option<super::Real>,
    /// 1 or 0.
    pub exact_match: f64,
    /// 0 to 1.
    pub f1: f64,
    /// How good it is.
    pub verdict: Verdict,
    /// How long answering took.
    pub millis: f64,
    /// Other candidates, best first.
    pub others: Vec<Candidate>,
}

/// A possible answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Candidate {
    /// The text.
    pub text: String,
    /// First character in the context.
    pub start: u32,
    /// One past its last character.
    pub end: u32,
    /// Its score.
    pub score: super::Real,
}

/// `GET /api/v1/answers/compare`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Comparison {
    /// How many rows match.
    pub total: u64,
    /// All questions in figures.
    pub summary: ComparisonSummary,
    /// Evaluation paragraphs that the training of either saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub leak: Option<Leak>,
    /// The verdicts on the rows asked for, through the last checkpoints of each run.
    pub strips: Strips,
    /// The questions asked for.
    pub rows: Vec<Pair>,
    /// Their contexts by id.
    pub contexts: BTreeMap<String, String>,
}

/// Two sets of answers in figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ComparisonSummary {
    /// Questions that both answered.
    pub total: u64,
    /// Wrong in A, right in B.
    pub fixed: u64,
    /// Right in A, wrong in B.
    pub broken: u64,
    /// Wrong in both.
    pub both_wrong: u64,
    /// Right in both.
    pub both_right: u64,
    /// Questions that only A answered.
    pub only_a: u64,
    /// Questions that only B answered.
    pub only_b: u64,
    /// EM.
    pub exact_match: Difference,
    /// F1.
    pub f1: Difference,
}

/// A difference of means in points of percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Difference {
    /// Mean of A in percent.
    pub a: f64,
    /// Mean of B in percent.
    pub b: f64,
    /// B − A.
    pub difference: f64,
    /// Lower end of the 95 % interval of the difference.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// How likely a difference at least as large is when neither is better.
    pub p: f64,
}

/// How an answer changed from A to B; right means EM 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Wrong in A, right in B.
    Fixed,
    /// Right in A, wrong in B.
    Broken,
    /// Wrong in both.
    BothWrong,
    /// Right in both.
    BothRight,
}

/// A question that both answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Pair {
    /// The question's id in its data set.
    pub question_key: String,
    /// The question.
    pub question: String,
    /// The context's id.
    pub context_id: String,
    /// The reference answers.
    pub golds: Vec<String>,
    /// How the answer changed.
    pub change: Change,
    /// What A answered.
    pub a: Answer,
    /// What B answered.
    pub b: Answer,
}

/// `GET /api/v1/answers/history`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AnswerHistory {
    /// The question's id in its data set.
    pub question_key: String,
    /// The question.
    pub question: String,
    /// The context's id.
    pub context_id: String,
    /// The context.
    pub context: String,
    /// The reference answers.
    pub golds: Vec<String>,
    /// What was answered, by step.
    pub steps: Vec<HistoryStep>,
}

/// What was answered at a step.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct HistoryStep {
    /// The step.
    pub step: i64,
    /// Its epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub epoch: Option<f64>,
    /// What was answered.
    #[serde(flatten)]
    pub answer: Answer,
}

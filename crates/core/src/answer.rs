//! One question answered by one checkpoint: what no curve can show.

use crate::ContentId;

/// One question answered at one step. Positions count Unicode characters of the context.
///
/// Question and context are kept once, by content ([`crate::Recorder::contents`]).
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question's id in its data set, for instance SQuAD's.
    pub question_key: String,
    /// The question's text, by content.
    pub question: ContentId,
    /// The context's text, by content.
    pub context: ContentId,
    /// The reference answers; empty when the question has none.
    pub golds: Vec<String>,
    /// The chosen answer and its place; an empty text means "no answer".
    pub best: Candidate,
    /// The score of "no answer", where the model gives one.
    pub null_score: Option<f64>,
    /// 1.0 when the normalised answer is one of the golds, else 0.0.
    pub exact_match: f64,
    /// Overlap with the best gold, 0.0 to 1.0.
    pub f1: f64,
    /// Time that answering took, in milliseconds: the batch's time divided by its questions.
    pub millis: f64,
    /// At most four other candidates, best first.
    pub others: Vec<Candidate>,
}

/// A possible answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The text.
    pub text: String,
    /// First character in the context.
    pub start: u32,
    /// One past the last character in the context.
    pub end: u32,
    /// Higher is better; comparable within one scoring mode.
    pub score: f64,
}

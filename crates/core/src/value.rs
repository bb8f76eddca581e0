//! What a point carries.

use crate::Answer;

/// A tracked value. A series holds values of one kind.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A real number; NaN and infinities are kept.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A line of the terminal.
    Log(LogLine),
    /// One question answered.
    Answer(Box<Answer>),
}

/// One line that a program wrote to its terminal, without its line feed, colours kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Where it was written.
    pub stream: Stream,
    /// What was written.
    pub text: String,
}

/// One of the two output streams of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

//! What a point carries.

use crate::{Answer, Audio, Distribution, Figure, Image, Kept, LogRecord};

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
    /// A message with its severity.
    LogRecord(Box<LogRecord>),
    /// One question answered.
    Answer(Box<Answer>),
    /// A picture.
    Image(Box<Image>),
    /// A sound.
    Audio(Box<Audio>),
    /// A figure.
    Figure(Box<Figure>),
    /// A histogram.
    Distribution(Box<Distribution>),
    /// Several values of one kind at one step; none in another.
    List(Vec<Value>),
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

impl Value {
    /// The kept bytes that it refers to.
    pub fn kept(&self) -> Vec<&Kept> {
        match self {
            Self::Image(image) => vec![&image.file],
            Self::Audio(audio) => vec![&audio.file],
            Self::Figure(figure) => vec![&figure.file],
            Self::List(values) => values.iter().flat_map(Self::kept).collect(),
            _ => Vec::new(),
        }
    }
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

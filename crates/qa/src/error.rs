//! What can go wrong with data, tokenizers and windows.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why data could not be read or cut.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{action}: {}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is not the JSON it ought to be.
    #[error("read JSON: {reason}, line {line} column {column}: {}", path.display())]
    Json {
        /// What is wrong.
        reason: String,
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
        /// In which file.
        path: PathBuf,
    },
    /// A file is not the Parquet that it says it is.
    #[error("read Parquet: {reason}: {}", path.display())]
    Parquet {
        /// What is wrong.
        reason: String,
        /// In which file.
        path: PathBuf,
    },
    /// The JSON is sound but holds something else than questions.
    #[error("read a data set: {at}: got {got}, want {want}: {}", path.display())]
    Shape {
        /// The place, for instance `data[3].paragraphs[0].qas[1].question`.
        at: String,
        /// What is there.
        got: String,
        /// What ought to be there.
        want: &'static str,
        /// In which file.
        path: PathBuf,
    },
    /// A file without a question.
    #[error("read a data set: got no question: {}", path.display())]
    NoQuestions {
        /// Which file.
        path: PathBuf,
    },
    /// A table of the question set that is not as it ought to be.
    #[error("read the table {table:?} of the question set: {reason}")]
    Table {
        /// Its name.
        table: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A split that leaves one part empty or asks for more than there is.
    #[error("split {total} examples: got a test size of {test}, want at least 1 and fewer than all")]
    Split {
        /// How many examples there are.
        total: usize,
        /// What was asked for.
        test: String,
    },
    /// A tokenizer that cannot be used.
    #[error("load a tokenizer: {reason}: {}", path.display())]
    Tokenizer {
        /// What is wrong.
        reason: String,
        /// In which folder or file.
        path: PathBuf,
    },
    /// A question that leaves no room for its context.
    #[error(
        "cut {id:?} into windows: got a question of {question} tokens, want at most {room} in a window of {max_length}"
    )]
    QuestionTooLong {
        /// The example's id.
        id: String,
        /// Tokens of the question.
        question: usize,
        /// Tokens that a question may have.
        room: usize,
        /// The window.
        max_length: usize,
    },
    /// A window whose overlap is not smaller than what it can hold.
    #[error(
        "cut {id:?} into windows: got a doc_stride of {stride}, want below {room}, what the question leaves of a window of {max_length}"
    )]
    Stride {
        /// The example's id.
        id: String,
        /// The overlap.
        stride: usize,
        /// Room for the context.
        room: usize,
        /// The window.
        max_length: usize,
    },
    /// A context without a character.
    #[error("cut {id:?} into windows: got an empty {what}, want some text")]
    Empty {
        /// The example's id.
        id: String,
        /// `context` or `question`.
        what: &'static str,
    },
    /// The tokenizer refused a text.
    #[error("tokenise {id:?}: {reason}")]
    Encode {
        /// The example's id.
        id: String,
        /// What it said.
        reason: String,
    },
}

impl Error {
    /// A JSON error with its place; serde's own text repeats the place, which is cut off. `line` is added for files
    /// whose lines are read one by one.
    pub(crate) fn json(error: &serde_json::Error, line: usize, path: &Path) -> Self {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
        Self::Json { reason, line: line + error.line(), column: error.column(), path: path.to_owned() }
    }
}

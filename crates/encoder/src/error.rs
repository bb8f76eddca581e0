//! What can go wrong with a model folder or a batch.

use std::path::PathBuf;

use thiserror::Error;

/// Why a model was not loaded or saved, or a batch not computed.
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
    /// `model_type` names no family that this crate has.
    #[error("read a model configuration: got model_type {got:?}, want one of {known}: {}", path.display())]
    UnknownFamily {
        /// What the file says.
        got: String,
        /// The known families, separated by commas.
        known: String,
        /// Which file.
        path: PathBuf,
    },
    /// A field of the configuration is missing, has the wrong type, or a value that the encoder cannot do.
    #[error("read a model configuration: {field}: got {got}, want {want}: {}", path.display())]
    Field {
        /// The field's name.
        field: String,
        /// What is there.
        got: String,
        /// What can be done.
        want: String,
        /// Which file.
        path: PathBuf,
    },
    /// The folder has only weights that are a Python pickle, which can run code when it is read.
    #[error("load weights: got only a pickle, want model.safetensors (convert pytorch_model.bin to safetensors first): {}", path.display())]
    Pickle {
        /// The pickle.
        path: PathBuf,
    },
    /// The weights file is damaged.
    #[error("read tensors: {reason}: {}", path.display())]
    Tensors {
        /// What is wrong.
        reason: String,
        /// Which file.
        path: PathBuf,
    },
    /// The weights lack a tensor.
    #[error("load weights: got no tensor {name:?}: {}", path.display())]
    MissingTensor {
        /// The tensor's name as Hugging Face writes it.
        name: String,
        /// Which folder or file.
        path: PathBuf,
    },
    /// A tensor has another shape than the configuration says.
    #[error("load weights: {name:?}: got shape {got:?}, want {want:?}: {}", path.display())]
    Shape {
        /// The tensor's name.
        name: String,
        /// The shape in the file.
        got: Vec<usize>,
        /// The shape by the configuration.
        want: Vec<usize>,
        /// Which file.
        path: PathBuf,
    },
    /// The model has never been trained to answer questions: it has no `qa_outputs`.
    #[error("load weights: got no question-answering head (qa_outputs): {}", path.display())]
    MissingHead {
        /// Which folder.
        path: PathBuf,
    },
    /// A token id is outside the model's vocabulary: the tokenizer does not fit the model.
    #[error("read a batch: got token id {got}, want below {want}")]
    TokenId {
        /// The id.
        got: u32,
        /// Size of the model's vocabulary.
        want: usize,
    },
    /// A token type is outside the model's table.
    #[error("read a batch: got token type {got}, want below {want}")]
    TypeId {
        /// The type.
        got: u32,
        /// Size of the model's table.
        want: usize,
    },
    /// A sequence has more rows than the model has positions.
    #[error("read a batch: got a sequence of {got} tokens, want at most {want}")]
    TooLong {
        /// Its rows.
        got: usize,
        /// The model's positions.
        want: usize,
    },
    /// A sequence without a token, or a batch without a sequence.
    #[error("read a batch: got an empty {what}, want at least one token")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// There are more or fewer answers than sequences.
    #[error("read a batch: got {got} targets, want {want}")]
    Targets {
        /// The answers.
        got: usize,
        /// The sequences.
        want: usize,
    },
    /// Word embeddings have not caught up with the optimiser's steps (see `AdamW::materialise`).
    #[error("use a model between optimiser steps: its word embedding is not at step {step} yet")]
    Behind {
        /// The optimiser's step.
        step: u64,
    },
    /// Gradients or an optimiser's state belong to a model of another shape.
    #[error("use {what}: got {got} numbers, want {want}")]
    Foreign {
        /// What does not fit.
        what: &'static str,
        /// Its size.
        got: usize,
        /// The model's size.
        want: usize,
    },
    /// The threads could not be started.
    #[error("start threads: got {count}, {reason}")]
    Threads {
        /// How many were asked for.
        count: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// A JSON error with its place; serde's own text repeats the place, which is cut off.
    pub(crate) fn json(error: &serde_json::Error, path: &std::path::Path) -> Self {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        Self::Json {
            reason: reason.to_owned(),
            line: error.line(),
            column: error.column(),
            path: path.to_owned(),
        }
    }
}

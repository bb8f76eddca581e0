//! The shape of a model, read from Hugging Face's config.json.
//!
//! Families name the same thing differently (`hidden_size`, `dim`); each family's file maps its names to this one
//! struct. The file's own text is kept and written back unchanged, so that keys unknown here survive a round trip.

use std::path::Path;

use serde_json::{Map, Value};

use crate::Error;

/// The shape of a model and its dropout rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `model_type` as the file has it, for instance `bert`.
    pub family: &'static str,
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// Width of a hidden state.
    pub hidden_size: usize,
    /// How many layers.
    pub n_layers: usize,
    /// How many attention heads a layer has; divides `hidden_size`.
    pub n_heads: usize,
    /// Width inside the feed-forward part.
    pub intermediate_size: usize,
    /// Rows of the position embedding: the longest sequence.
    pub max_positions: usize,
    /// Rows of the token type embedding; 0 for a family without one.
    pub n_types: usize,
    /// Added to the variance in layer norms.
    pub norm_epsilon: f32,
    /// Probability that a hidden value is dropped in training.
    pub hidden_dropout: f32,
    /// Probability that an attention weight is dropped in training.
    pub attention_dropout: f32,
    /// Probability that an input of the question-answering head is dropped in training.
    pub head_dropout: f32,
    /// Standard deviation of new weights.
    pub initializer_range: f32,
    /// The id that fills pad rows; its word embedding gets no gradient.
    pub pad_token_id: Option<u32>,
    /// The file as it was read, keys in its order.
    pub(crate) raw: Map<String, Value>,
}

impl Config {
    /// Reads the text of a config.json; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::UnknownFamily`], [`Error::Field`].
    pub fn from_json(text: &str, path: &Path) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::json(&error, path))?;
        let Value::Object(raw) = value else {
            return Err(Error::Field {
                field: "the file".to_owned(),
                got: "something else".to_owned(),
                want: "an object".to_owned(),
                path: path.to_owned(),
            });
        };
        Err(Error::Field {
            field: "model_type".to_owned(),
            got: raw.len().to_string(),
            want: "a known family".to_owned(),
            path: path.to_owned(),
        })
    }
}

//! The shape of a model, read from Hugging Face's config.json.
//!
//! Families name the same thing differently (`hidden_size`, `dim`); each family's file maps its names to this one
//! struct. The file's own text is kept and written back unchanged, so that keys unknown here survive a round trip.

use std::path::Path;

use serde_json::{Map, Value};

use crate::{Error, family};

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
        let got = raw.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let family = family::named(got).ok_or_else(|| Error::UnknownFamily {
            got: got.to_owned(),
            known: family::known(),
            path: path.to_owned(),
        })?;
        let fields = Fields { raw: &raw, path };
        let mut config = (family.config)(&fields)?;
        if config.n_heads == 0 || !config.hidden_size.is_multiple_of(config.n_heads) {
            let want = format!("a divisor of the hidden size {}", config.hidden_size);
            return Err(fields.wrong("the number of attention heads", &config.n_heads.to_string(), &want));
        }
        config.raw = raw;
        Ok(config)
    }

    /// The file's text, with the architecture that a question-answering model has.
    pub(crate) fn to_json(&self, architecture: &str) -> String {
        let mut raw = self.raw.clone();
        raw.insert("architectures".to_owned(), Value::from(vec![architecture]));
        let mut text = serde_json::to_string_pretty(&Value::Object(raw)).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The fields of a file, read with errors that name them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    raw: &'a Map<String, Value>,
    path: &'a Path,
}

impl Fields<'_> {
    /// A size.
    pub(crate) fn size(&self, field: &str) -> Result<usize, Error> {
        let value = self.raw.get(field).unwrap_or(&Value::Null);
        let size = value.as_u64().filter(|size| (1..1 << 31).contains(size));
        size.map(|size| size as usize).ok_or_else(|| self.wrong(field, &value.to_string(), "a size above 0"))
    }

    /// A rate or another small number, with the original's default.
    pub(crate) fn number(&self, field: &str, default: f64) -> Result<f32, Error> {
        match self.raw.get(field) {
            None | Some(Value::Null) => Ok(default as f32),
            Some(value) => {
                let number = value.as_f64().filter(|number| number.is_finite());
                number
                    .map(|number| number as f32)
                    .ok_or_else(|| self.wrong(field, &value.to_string(), "a number"))
            }
        }
    }

    /// The probability of dropping, below 1.
    pub(crate) fn rate(&self, field: &str, default: f64) -> Result<f32, Error> {
        let rate = self.number(field, default)?;
        if (0.0..1.0).contains(&rate) {
            Ok(rate)
        } else {
            Err(self.wrong(field, &rate.to_string(), "0 or more and below 1"))
        }
    }

    /// The id of padding.
    pub(crate) fn id(&self, field: &str) -> Option<u32> {
        self.raw.get(field).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok())
    }

    /// A field that must hold one value, or be absent.
    pub(crate) fn only(&self, field: &str, want: &Value) -> Result<(), Error> {
        match self.raw.get(field) {
            None | Some(Value::Null) => Ok(()),
            Some(got) if got == want => Ok(()),
            Some(got) => Err(self.wrong(field, &got.to_string(), &want.to_string())),
        }
    }

    fn wrong(&self, field: &str, got: &str, want: &str) -> Error {
        Error::Field {
            field: field.to_owned(),
            got: got.to_owned(),
            want: want.to_owned(),
            path: self.path.to_owned(),
        }
    }
}

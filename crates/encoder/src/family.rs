//! The families: what a Hugging Face configuration calls things, what the tensors are called, and the forward code.
//!
//! One file a family and one line in [`FAMILIES`].

mod bert;
mod distilbert;
mod post_norm;

use crate::Error;
use crate::config::{Config, Fields};
use crate::layout::{Builder, Network};
use crate::tape::{Node, Tape};

/// One family of models.
#[derive(Debug)]
pub(crate) struct Family {
    /// `model_type` in config.json.
    pub(crate) name: &'static str,
    /// The class that Hugging Face loads a question-answering model with.
    pub(crate) architecture: &'static str,
    /// First part of the tensors' names, which base models may lack.
    pub(crate) prefix: &'static str,
    /// Reads the shape; `raw` is filled in by the caller.
    pub(crate) config: fn(&Fields<'_>) -> Result<Config, Error>,
    /// Names the tensors.
    pub(crate) layout: fn(&Config, &mut Builder) -> Network,
    /// From token ids to the logits.
    pub(crate) forward: fn(&Config, &Network, &mut Tape<'_>) -> Node,
}

/// All families, sorted by name.
const FAMILIES: [Family; 2] = [bert::FAMILY, distilbert::FAMILY];

/// The family of a `model_type`.
pub(crate) fn named(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// The names of all families.
pub(crate) fn known() -> String {
    FAMILIES.map(|family| family.name).join(", ")
}

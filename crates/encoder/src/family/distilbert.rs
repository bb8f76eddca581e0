//! DistilBERT (Sanh et al., 2019): BERT's layers without token types, and a dropout before the head.

use serde_json::Value;

use super::{Family, post_norm};
use crate::Error;
use crate::config::{Config, Fields};
use crate::layout::{Builder, LayerNames, Network};
use crate::tape::{Node, Tape};

pub(super) const FAMILY: Family = Family {
    name: "distilbert",
    architecture: "DistilBertForQuestionAnswering",
    prefix: "distilbert.",
    config,
    layout,
    forward,
};

const NAMES: LayerNames = LayerNames {
    layer: "distilbert.transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    norm: "output_layer_norm",
};

fn config(fields: &Fields<'_>) -> Result<Config, Error> {
    fields.only("activation", &Value::from("gelu"))?;
    Ok(Config {
        family: FAMILY.name,
        vocab_size: fields.size("vocab_size")?,
        hidden_size: fields.size("dim")?,
        n_layers: fields.size("n_layers")?,
        n_heads: fields.size("n_heads")?,
        intermediate_size: fields.size("hidden_dim")?,
        max_positions: fields.size("max_position_embeddings")?,
        n_types: 0,
        norm_epsilon: 1e-12,
        hidden_dropout: fields.rate("dropout", 0.1)?,
        attention_dropout: fields.rate("attention_dropout", 0.1)?,
        head_dropout: fields.rate("qa_dropout", 0.1)?,
        initializer_range: fields.number("initializer_range", 0.02)?,
        pad_token_id: fields.id("pad_token_id"),
        raw: serde_json::Map::new(),
    })
}

fn layout(config: &Config, builder: &mut Builder) -> Network {
    post_norm::layout(config, builder, ("distilbert.embeddings", None), &NAMES)
}

fn forward(config: &Config, network: &Network, tape: &mut Tape<'_>) -> Node {
    post_norm::forward(config, network, tape)
}

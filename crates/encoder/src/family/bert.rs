//! BERT (Devlin et al., 2019), and with it MiniLM and every other checkpoint of `model_type` "bert".

use serde_json::Value;

use super::{Family, post_norm};
use crate::Error;
use crate::config::{Config, Fields};
use crate::layout::{Builder, LayerNames, Network};
use crate::tape::{Node, Tape};

pub(super) const FAMILY: Family = Family {
    name: "bert",
    architecture: "BertForQuestionAnswering",
    prefix: "bert.",
    config,
    layout,
    forward,
};

const NAMES: LayerNames = LayerNames {
    layer: "bert.encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    norm: "output.LayerNorm",
};

fn config(fields: &Fields<'_>) -> Result<Config, Error> {
    fields.only("hidden_act", &Value::from("gelu"))?;
    fields.only("position_embedding_type", &Value::from("absolute"))?;
    fields.only("is_decoder", &Value::from(false))?;
    Ok(Config {
        family: FAMILY.name,
        vocab_size: fields.size("vocab_size")?,
        hidden_size: fields.size("hidden_size")?,
        n_layers: fields.size("num_hidden_layers")?,
        n_heads: fields.size("num_attention_heads")?,
        intermediate_size: fields.size("intermediate_size")?,
        max_positions: fields.size("max_position_embeddings")?,
        n_types: fields.size("type_vocab_size")?,
        norm_epsilon: fields.number("layer_norm_eps", 1e-12)?,
        hidden_dropout: fields.rate("hidden_dropout_prob", 0.1)?,
        attention_dropout: fields.rate("attention_probs_dropout_prob", 0.1)?,
        head_dropout: 0.0,
        initializer_range: fields.number("initializer_range", 0.02)?,
        pad_token_id: fields.id("pad_token_id"),
        raw: serde_json::Map::new(),
    })
}

fn layout(config: &Config, builder: &mut Builder) -> Network {
    let types = Some("bert.embeddings.token_type_embeddings.weight");
    post_norm::layout(config, builder, ("bert.embeddings", types), &NAMES)
}

fn forward(config: &Config, network: &Network, tape: &mut Tape<'_>) -> Node {
    post_norm::forward(config, network, tape)
}

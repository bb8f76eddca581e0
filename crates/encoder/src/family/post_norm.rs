//! The layer that BERT and DistilBERT share: attention and feed-forward, each followed by residual and norm.

use crate::config::Config;
use crate::kernel::attention::Shape;
use crate::layout::{Builder, Embedding, Layer, LayerNames, Network};
use crate::tape::{Node, Tape};

/// Names the tensors of the whole network.
pub(super) fn layout(
    config: &Config,
    builder: &mut Builder,
    (embeddings, types): (&str, Option<&str>),
    names: &LayerNames,
) -> Network {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let embedding = Embedding {
        words: builder.words(&format!("{embeddings}.word_embeddings.weight"), config.vocab_size, hidden),
        positions: builder.matrix(
            &format!("{embeddings}.position_embeddings.weight"),
            config.max_positions,
            hidden,
        ),
        types: types.map(|name| builder.matrix(name, config.n_types, hidden)),
        norm: builder.norm(&format!("{embeddings}.LayerNorm"), hidden),
    };
    let layers = (0..config.n_layers)
        .map(|index| {
            let name = |part: &str| format!("{}.{index}.{part}", names.layer);
            Layer {
                qkv: builder.stacked([name(names.query), name(names.key), name(names.value)], hidden),
                output: builder.linear(&name(names.output), hidden, hidden),
                attention_norm: builder.norm(&name(names.attention_norm), hidden),
                up: builder.linear(&name(names.up), wide, hidden),
                down: builder.linear(&name(names.down), hidden, wide),
                norm: builder.norm(&name(names.norm), hidden),
            }
        })
        .collect();
    Network { embedding, layers, head: builder.linear("qa_outputs", 2, hidden) }
}

/// From token ids to logits, `[rows, 2]`.
pub(super) fn forward(config: &Config, network: &Network, tape: &mut Tape<'_>) -> Node {
    let shape = Shape { n_heads: config.n_heads, depth: config.hidden_size / config.n_heads };
    let epsilon = config.norm_epsilon;
    let mut x = tape.embed(&network.embedding, epsilon, config.hidden_dropout);
    tape.mark_hidden(&x);
    for layer in &network.layers {
        let qkv = tape.linear(&x, &layer.qkv);
        let context = tape.attention(qkv, shape, config.attention_dropout);
        let branch = tape.linear(&context, &layer.output);
        tape.release(context);
        x = tape.residual_norm(x, branch, (&layer.attention_norm, epsilon), config.hidden_dropout);
        let wide = tape.linear_gelu(&x, &layer.up);
        let branch = tape.linear(&wide, &layer.down);
        tape.release(wide);
        x = tape.residual_norm(x, branch, (&layer.norm, epsilon), config.hidden_dropout);
        tape.mark_hidden(&x);
    }
    let x = tape.dropout(x, config.head_dropout);
    let logits = tape.linear(&x, &network.head);
    tape.release(x);
    logits
}

//! Examples per CPU-second of a full training step: forward with dropout, backward, clipping, AdamW, learning rate.
//!
//! One process, one setting, one line of JSON on standard output, as `benches/train/torch_step.py` prints. The work is
//! the same list of lengths in batches of 8, in the order of the list, packed: no row is a pad. One warm-up batch is
//! not counted.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use trailmark_encoder::{
    AdamW, AdamWOptions, Batch, Config, Dropout, Gradients, Labelled, Model, Pass, SpanTarget, Threads,
    Update, Workspace, clip_factor,
};

/// Sequences of a batch.
const BATCH: usize = 8;
/// Words below are special tokens.
const FIRST_WORD: u32 = 1000;

struct Arguments {
    shape: String,
    threads: usize,
    examples: usize,
    lengths: PathBuf,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn arguments() -> Outcome<Arguments> {
    let lengths = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/train/lengths.json");
    let mut told = Arguments { shape: "minilm".to_owned(), threads: 1, examples: 256, lengths };
    let mut words = std::env::args().skip(1);
    while let Some(name) = words.next() {
        let value = words.next().ok_or_else(|| format!("{name}: got no value"))?;
        match name.as_str() {
            "--shape" => told.shape = value,
            "--threads" => told.threads = value.parse()?,
            "--examples" => told.examples = value.parse()?,
            "--lengths" => told.lengths = value.into(),
            _ => {
                let want = "--shape, --threads, --examples or --lengths";
                return Err(format!("got {name:?}, want {want}").into());
            }
        }
    }
    Ok(told)
}

/// A model of one of the two shapes, with dropout 0.1 as both are trained.
fn model_of(shape: &str) -> Outcome<Model> {
    let config = match shape {
        "minilm" => json!({
            "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
            "num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512,
            "type_vocab_size": 2, "pad_token_id": 0
        }),
        "distilbert" => json!({
            "model_type": "distilbert", "vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12,
            "hidden_dim": 3072, "max_position_embeddings": 512, "pad_token_id": 0
        }),
        _ => return Err(format!("--shape: got {shape:?}, want minilm or distilbert").into()),
    };
    Ok(Model::new(Config::from_json(&config.to_string(), Path::new("config.json"))?, 0))
}

/// Random words in rows of the given lengths; the answer lies in the row's second half.
fn batches_of(lengths: &[u32], shape: &str) -> Vec<(Batch, Vec<SpanTarget>)> {
    let mut state = 1u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        FIRST_WORD + (state >> 8) % 29_000
    };
    let batch = |lengths: &[u32]| {
        let mut batch = Batch::new();
        let mut targets = Vec::new();
        for length in lengths {
            let ids: Vec<u32> = (0..*length).map(|_| word()).collect();
            let types: Vec<u32> = (0..*length).map(|position| u32::from(position >= 12)).collect();
            batch.push(&ids, if shape == "minilm" { &types } else { &[] });
            targets.push(SpanTarget { start: length / 2, end: length / 2 + 2 });
        }
        (batch, targets)
    };
    lengths.chunks(BATCH).map(batch).collect()
}

/// User and system time of the process so far.
fn cpu_seconds() -> Outcome<f64> {
    // The fields after the name in brackets; the clock ticks a hundred times a second on Linux.
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = text.rsplit_once(')').ok_or("read /proc/self/stat")?;
    let ticks = |index: usize| -> Outcome<f64> {
        Ok(fields.split_whitespace().nth(index).ok_or("read /proc/self/stat")?.parse()?)
    };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn main() -> Outcome<()> {
    let told = arguments()?;
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&told.lengths)?)?;
    let lengths = file["lengths"].as_array().ok_or("lengths: got no list")?;
    let lengths: Vec<u32> = lengths.iter().filter_map(|n| n.as_u64()).map(|n| n as u32).collect();
    let lengths = &lengths[..told.examples.min(lengths.len())];
    let batches = batches_of(lengths, &told.shape);

    let mut model = model_of(&told.shape)?;
    let mut workspace = Workspace::new(&Threads::new(told.threads)?);
    let options = AdamWOptions { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
    let mut optimiser = AdamW::new(&model, options);
    let mut gradients = Gradients::new(&model);
    let n_steps = batches.len() as f64 + 1.0;
    let (mut cpu, mut wall) = (0.0, Instant::now());
    let first = batches.first().ok_or("lengths: got an empty list")?;
    for (step, (batch, targets)) in std::iter::once(first).chain(&batches).enumerate() {
        if step == 1 {
            (cpu, wall) = (cpu_seconds()?, Instant::now());
        }
        gradients.clear();
        optimiser.prepare(&mut model, batch.ids(), &mut workspace);
        let pass = Pass { dropout: Some(Dropout { seed: 0, step: step as u64 }), scale: 1.0 };
        model.loss_and_gradients(Labelled { batch, targets }, pass, &mut gradients, &mut workspace)?;
        let gradient_factor = clip_factor(gradients.norm(&workspace), 1.0);
        let update = Update { learning_rate: 5e-5 * (1.0 - step as f64 / n_steps), gradient_factor };
        optimiser.step(&mut model, &gradients, update, &mut workspace)?;
    }
    // What the rows that were not read still owe is part of the work.
    optimiser.materialise(&mut model, &mut workspace);
    let (cpu, wall) = (cpu_seconds()? - cpu, wall.elapsed().as_secs_f64());
    println!(
        "{}",
        json!({
            "name": "trailmark packed", "shape": told.shape, "examples": lengths.len(),
            "cpu_seconds": (cpu * 1e3).round() / 1e3, "wall_seconds": (wall * 1e3).round() / 1e3,
            "threads": told.threads, "versions": {"trailmark": env!("CARGO_PKG_VERSION")},
        })
    );
    Ok(())
}

//! Each operation's backward beside finite differences of its forward, alone.
//!
//! The outcome of an operation is weighed with fixed factors into one number; the slope of that number at every input
//! and parameter is what backward says and what two forwards a step apart say.

use super::*;
use crate::layout::{Builder, Layout};

/// How far a number is moved for a slope.
const STEP: f32 = 1e-2;

/// What an operation is done on: inputs of the caller's widths for each row, parameters, a batch.
struct Bench {
    batch: Batch,
    numbers: Vec<f32>,
    inputs: Vec<Vec<f32>>,
    dropout: Option<Dropout>,
}

/// The same numbers in every run, in -1 ..= 1, no two neighbours alike.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    (0..count as u32)
        .map(|index| {
            let mixed =
                (index.wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
            (mixed >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

fn batch() -> Batch {
    let mut batch = Batch::new();
    batch.push(&[3, 1, 4, 1, 5], &[0, 0, 1, 1, 1]);
    batch.push_padded(&[2, 6, 5], &[0, 1, 1], 5, 0);
    batch.push(&[7], &[0]);
    batch
}

impl Bench {
    fn new(layout: &Layout, widths: &[usize], dropout: bool) -> Self {
        let batch = batch();
        let rows = batch.n_rows();
        Self {
            numbers: numbers(layout.n_numbers(), 1),
            inputs: widths.iter().zip(2..).map(|(width, seed)| numbers(rows * width, seed)).collect(),
            dropout: dropout.then_some(Dropout { seed: 5, step: 8 }),
            batch,
        }
    }

    /// The weighed outcome; with `slopes` the gradients of inputs and parameters.
    fn run(&self, operation: &Operation<'_>, slopes: Option<&mut Slopes>) -> f64 {
        let threads = Threads::new(2).unwrap();
        let mut memory = Memory::default();
        let setting = Setting {
            threads: &threads,
            numbers: &self.numbers,
            batch: &self.batch,
            dropout: self.dropout,
            records: true,
        };
        let mut tape = Tape::new(setting, &mut memory);
        let nodes: Vec<Node> = self.inputs.iter().map(|input| tape.push(input.clone())).collect();
        let places: Vec<usize> = nodes.iter().map(|node| node.0).collect();
        let output = operation(&mut tape, nodes);
        let values = tape.values(&output);
        let factors = numbers(values.len(), 99);
        let total = values.iter().zip(&factors).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        if let Some(slopes) = slopes {
            slopes.parameters = vec![0.0; self.numbers.len()];
            let mut sink = Sink { numbers: &mut slopes.parameters, pad_id: Some(0) };
            tape.backward(&output, factors, &mut sink);
            let of = |place: &usize| tape.memory.gradients[*place].clone();
            slopes.inputs = places.iter().map(of).collect();
        }
        total
    }
}

#[derive(Default)]
struct Slopes {
    inputs: Vec<Vec<f32>>,
    parameters: Vec<f32>,
}

type Operation<'a> = dyn Fn(&mut Tape<'_>, Vec<Node>) -> Node + 'a;

/// Compares every slope; `ignored` says which parameters have none by intent.
fn check(name: &str, mut bench: Bench, operation: &Operation<'_>, ignored: &dyn Fn(usize) -> bool) {
    let mut slopes = Slopes::default();
    bench.run(operation, Some(&mut slopes));
    let mut compared = 0;
    let mut near = |what: &str, index: usize, got: f32, want: f64| {
        let got = f64::from(got);
        assert!((got - want).abs() < 2e-3 + 5e-3 * want.abs(), "{name}, {what} {index}: {got} {want}");
        compared += usize::from(want.abs() > 1e-2);
    };
    for input in 0..bench.inputs.len() {
        for index in 0..bench.inputs[input].len() {
            let was = bench.inputs[input][index];
            let mut at = |by: f32| {
                bench.inputs[input][index] = was + by;
                bench.run(operation, None)
            };
            let want = (at(STEP) - at(-STEP)) / (2.0 * f64::from(STEP));
            bench.inputs[input][index] = was;
            near("input", index, slopes.inputs[input][index], want);
        }
    }
    for index in (0..bench.numbers.len()).filter(|index| !ignored(*index)) {
        let was = bench.numbers[index];
        let mut at = |by: f32| {
            bench.numbers[index] = was + by;
            bench.run(operation, None)
        };
        let want = (at(STEP) - at(-STEP)) / (2.0 * f64::from(STEP));
        bench.numbers[index] = was;
        near("parameter", index, slopes.parameters[index], want);
    }
    assert!(compared > 10, "{name}: {compared} slopes are not 0");
}

fn layout(build: impl FnOnce(&mut Builder)) -> Layout {
    let mut builder = Builder::default();
    build(&mut builder);
    builder.finish()
}

#[test]
fn linear() {
    let mut parameters = None;
    let layout = layout(|builder| parameters = Some(builder.linear("x", 3, 4)));
    let linear = parameters.unwrap();
    check("linear", Bench::new(&layout, &[4], false), &|tape, x| tape.linear(&x[0], &linear), &|_| false);
}

#[test]
fn linear_with_gelu() {
    let mut parameters = None;
    let layout = layout(|builder| parameters = Some(builder.linear("x", 3, 4)));
    let linear = parameters.unwrap();
    let bench = Bench::new(&layout, &[4], false);
    check("linear with GELU", bench, &|tape, x| tape.linear_gelu(&x[0], &linear), &|_| false);
}

#[test]
fn residual_and_norm_with_and_without_dropout() {
    let mut parameters = None;
    let layout = layout(|builder| parameters = Some(builder.norm("x", 6)));
    let norm = parameters.unwrap();
    for (dropout, rate) in [(false, 0.0), (true, 0.3)] {
        let bench = Bench::new(&layout, &[6, 6], dropout);
        let operation = |tape: &mut Tape<'_>, mut x: Vec<Node>| {
            let (branch, x) = (x.remove(1), x.remove(0));
            tape.residual_norm(x, branch, (&norm, 1e-3), rate)
        };
        check("residual and norm", bench, &operation, &|_| false);
    }
}

#[test]
fn attention_with_pads_with_and_without_dropout() {
    let shape = Shape { n_heads: 2, depth: 3 };
    for (dropout, rate) in [(false, 0.0), (true, 0.3)] {
        let bench = Bench::new(&layout(|_| ()), &[3 * 2 * 3], dropout);
        let operation = |tape: &mut Tape<'_>, mut x: Vec<Node>| tape.attention(x.remove(0), shape, rate);
        check("attention", bench, &operation, &|_| false);
    }
}

#[test]
fn embedding_with_and_without_types_and_dropout() {
    for (has_types, dropout, rate) in [(true, false, 0.0), (false, true, 0.3)] {
        let mut parameters = None;
        let layout = layout(|builder| {
            parameters = Some(Embedding {
                words: builder.words("words", 8, 6),
                positions: builder.matrix("positions", 5, 6),
                types: has_types.then(|| builder.matrix("types", 2, 6)),
                norm: builder.norm("norm", 6),
            });
        });
        let embedding = parameters.unwrap();
        let bench = Bench::new(&layout, &[], dropout);
        // The pad's word is never learnt.
        let pad = embedding.words.start..embedding.words.start + 6;
        let operation = |tape: &mut Tape<'_>, _: Vec<Node>| tape.embed(&embedding, 1e-3, rate);
        check("embedding", bench, &operation, &|index| pad.contains(&index));
    }
}

#[test]
fn dropout() {
    let bench = Bench::new(&layout(|_| ()), &[70], true);
    check("dropout", bench, &|tape, mut x| tape.dropout(x.remove(0), 0.3), &|_| false);
}

#[test]
fn two_uses_of_one_node_add_up() {
    let mut parameters = None;
    let layout = layout(|builder| {
        parameters = Some((builder.linear("a", 4, 4), builder.norm("b", 4)));
    });
    let (linear, norm) = parameters.unwrap();
    let bench = Bench::new(&layout, &[4], false);
    let operation = |tape: &mut Tape<'_>, mut x: Vec<Node>| {
        let branch = tape.linear(&x[0], &linear);
        tape.residual_norm(x.remove(0), branch, (&norm, 1e-3), 0.0)
    };
    check("a node used twice", bench, &operation, &|_| false);
}

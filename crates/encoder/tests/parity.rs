//! The encoder beside PyTorch: logits, hidden states, loss, every gradient and three optimiser steps.
//!
//! `testdata/hf/models` is always there; the larger set is read where `TRAILMARK_FIXTURES` says.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use serde_json::Value;
use trailmark_encoder::{
    AdamW, AdamWOptions, Batch, Gradients, Labelled, Model, Pass, SpanTarget, Threads, Update, Workspace,
    clip_factor,
};

const FAMILIES: [&str; 2] = ["bert", "distilbert"];

/// Says that something is not tested; the harness, which keeps what tests print to itself, does not get hold of it.
fn skipped(what: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

fn folders() -> Vec<PathBuf> {
    let mut roots = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")];
    match std::env::var_os("TRAILMARK_FIXTURES") {
        Some(root) => roots.push(PathBuf::from(root).join("fixtures")),
        None => skipped("TRAILMARK_FIXTURES is not set; only testdata/ is compared"),
    }
    roots.iter().flat_map(|root| FAMILIES.map(|family| root.join("hf/models").join(family))).collect()
}

struct Fixture {
    folder: PathBuf,
    value: Value,
}

impl Fixture {
    fn all() -> Vec<Self> {
        let read = |folder: PathBuf| Self {
            value: serde_json::from_str(&std::fs::read_to_string(folder.join("fixture.json")).unwrap())
                .unwrap(),
            folder,
        };
        folders().into_iter().map(read).collect()
    }

    fn ids(&self, name: &str, row: usize) -> Vec<u32> {
        let row = self.value["inputs"][name][row].as_array();
        row.map(|row| row.iter().map(|id| id.as_u64().unwrap() as u32).collect()).unwrap_or_default()
    }

    fn batch(&self, padded: bool) -> Batch {
        let mut batch = Batch::new();
        for row in 0..3 {
            let n_real = self.ids("attention_mask", row).iter().sum::<u32>() as usize;
            let (ids, kinds) = (self.ids("input_ids", row), self.ids("token_type_ids", row));
            let kinds = if kinds.is_empty() { &[][..] } else { &kinds[..n_real] };
            batch.push_padded(&ids[..n_real], kinds, if padded { ids.len() } else { 0 }, ids[ids.len() - 1]);
        }
        batch
    }

    fn targets(value: &Value) -> Vec<SpanTarget> {
        let at = |name: &str, row: usize| value[name][row].as_u64().unwrap() as u32;
        (0..3)
            .map(|row| SpanTarget { start: at("start_positions", row), end: at("end_positions", row) })
            .collect()
    }

    fn number(&self, path: &str) -> f64 {
        self.value.pointer(path).unwrap().as_f64().unwrap()
    }

    fn tensors(&self, file: &str) -> Vec<(String, Vec<f32>)> {
        let bytes = std::fs::read(self.folder.join(file)).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        tensors
            .iter()
            .map(|(name, view)| {
                let numbers = view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
                (name.to_owned(), numbers)
            })
            .collect()
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn workspace(n_threads: usize) -> Workspace {
    Workspace::new(&Threads::new(n_threads).unwrap())
}

/// Gradients that are 0 in exact arithmetic: noise in every implementation.
fn is_noise(name: &str, last_layer: &str) -> bool {
    name == "qa_outputs.bias"
        || name.ends_with("key.bias")
        || name.ends_with("k_lin.bias")
        || (name.contains(last_layer)
            && (name.ends_with(".output.LayerNorm.bias") && !name.contains("attention")
                || name.ends_with("output_layer_norm.bias")))
}

#[test]
fn logits_and_hidden_states_agree_with_pytorch() {
    for fixture in Fixture::all() {
        let model = Model::load(&fixture.folder).unwrap();
        let batch = fixture.batch(false);
        let mut workspace = workspace(2);
        let hidden = model.hidden_states(&batch, &mut workspace).unwrap();
        let logits = model.span_logits(&batch, &mut workspace).unwrap();
        let width = model.config().hidden_size;
        let mut compared = 0;
        for (name, want) in fixture.tensors("expected_forward.safetensors") {
            let (got, width) = match name.as_str() {
                "start_logits" => (logits.start, 1),
                "end_logits" => (logits.end, 1),
                _ => match name.strip_prefix("hidden_").and_then(|index| index.parse::<usize>().ok()) {
                    Some(index) => (&hidden[index][..], width),
                    None => continue,
                },
            };
            let padded = want.len() / 3;
            for sequence in 0..3 {
                let rows = batch.rows(sequence);
                let got = &got[rows.start * width..rows.end * width];
                let want = &want[sequence * padded..sequence * padded + got.len()];
                let difference = largest_difference(got, want);
                assert!(difference < 1e-5, "{name} of {}: {difference}", fixture.folder.display());
                compared += got.len();
            }
        }
        assert!(compared > 1000);
    }
}

#[test]
fn losses_agree_with_pytorch_with_and_without_targets_outside() {
    for fixture in Fixture::all() {
        let model = Model::load(&fixture.folder).unwrap();
        let batch = fixture.batch(true);
        let outside = &fixture.value["expected"]["loss_with_out_of_range_labels"];
        let cases = [
            (&fixture.value["inputs"], "/expected/loss"),
            (outside, "/expected/loss_with_out_of_range_labels/loss"),
        ];
        for (labels, want) in cases {
            let targets = Fixture::targets(labels);
            let examples = Labelled { batch: &batch, targets: &targets };
            let (loss, _) = model.loss_and_logits(examples, &mut workspace(1)).unwrap();
            assert!((f64::from(loss) - fixture.number(want)).abs() < 1e-5, "{want}: {loss}");
        }
    }
}

#[test]
fn every_gradient_agrees_with_pytorch() {
    for fixture in Fixture::all() {
        let model = Model::load(&fixture.folder).unwrap();
        let (batch, targets) = (fixture.batch(true), Fixture::targets(&fixture.value["inputs"]));
        let mut gradients = Gradients::new(&model);
        let mut workspace = workspace(2);
        let pass = Pass { dropout: None, scale: 1.0 };
        let examples = Labelled { batch: &batch, targets: &targets };
        model.loss_and_gradients(examples, pass, &mut gradients, &mut workspace).unwrap();
        let norm = gradients.norm(&workspace);
        assert!((norm / fixture.number("/backward/total_grad_norm") - 1.0).abs() < 1e-5, "{norm}");
        for (name, want) in fixture.tensors("expected_grads.safetensors") {
            let got = gradients.parameter(&model, &name).unwrap();
            let scale = want.iter().fold(0.0f32, |top, number| top.max(number.abs()));
            let difference = largest_difference(got, &want);
            assert!(difference <= 1e-4 * scale + 1e-6, "{name}: {difference} of {scale}");
        }
        for (name, want) in fixture.value["backward"]["grad_norm_per_parameter"].as_object().unwrap() {
            let got = gradients.parameter(&model, name).unwrap();
            let got = got.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt();
            let want = want.as_f64().unwrap();
            assert!((got - want).abs() <= 1e-4 * want + 1e-6, "{name}: {got} {want}");
        }
    }
}

#[test]
fn three_steps_agree_with_the_trainer() {
    for fixture in Fixture::all() {
        let mut model = Model::load(&fixture.folder).unwrap();
        let (batch, targets) = (fixture.batch(true), Fixture::targets(&fixture.value["inputs"]));
        let weight_decay = fixture.number("/trainer/weight_decay");
        let options = AdamWOptions { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay };
        let mut optimiser = AdamW::new(&model, options);
        let mut gradients = Gradients::new(&model);
        let mut workspace = workspace(2);
        for step in 0..3 {
            gradients.clear();
            optimiser.prepare(&mut model, batch.ids(), &mut workspace);
            let pass = Pass { dropout: None, scale: 1.0 };
            let examples = Labelled { batch: &batch, targets: &targets };
            let loss = model.loss_and_gradients(examples, pass, &mut gradients, &mut workspace).unwrap();
            let want = fixture.number(&format!("/trainer/log/{step}/loss"));
            assert!((f64::from(loss) - want).abs() < 1.01e-4, "step {step}: {loss} {want}");
            let learning_rate = 1e-3 * (1.0 - f64::from(step) / 3.0);
            let gradient_factor = clip_factor(gradients.norm(&workspace), 1.0);
            let update = Update { learning_rate, gradient_factor };
            optimiser.step(&mut model, &gradients, update, &mut workspace).unwrap();
        }
        optimiser.materialise(&mut model, &mut workspace);
        let last_layer = format!("layer.{}.", model.config().n_layers - 1);
        let mut compared = 0;
        for (name, want) in fixture.tensors("expected_after_3_steps.safetensors") {
            let parameters = model.parameters();
            let got = parameters.iter().find(|parameter| parameter.name == name).unwrap();
            let loose = if is_noise(&name, &last_layer) { 6e-3 } else { 1e-5 };
            let difference = largest_difference(got.data, &want);
            assert!(difference < loose, "{name}: {difference}");
            compared += 1;
        }
        assert_eq!(compared, model.parameters().len());
        for (name, decays) in [("decay_parameters", true), ("no_decay_parameters", false)] {
            let mut want: Vec<&str> = fixture.value["trainer"][name]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_str().unwrap())
                .collect();
            want.sort_unstable();
            let got: Vec<_> =
                model.parameters().iter().filter(|p| p.decays == decays).map(|p| p.name.to_owned()).collect();
            assert_eq!(got, want);
        }
    }
}

#[test]
fn a_saved_folder_is_the_one_that_was_loaded() {
    for fixture in Fixture::all() {
        let model = Model::load(&fixture.folder).unwrap();
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let read = |folder: &Path, name: &str| std::fs::read(folder.join(name)).unwrap();
        let (ours, theirs) =
            (read(folder.path(), "model.safetensors"), read(&fixture.folder, "model.safetensors"));
        assert!(ours == theirs, "model.safetensors differs byte by byte");
        let json = |folder: &Path| serde_json::from_slice::<Value>(&read(folder, "config.json")).unwrap();
        assert_eq!(json(folder.path()), json(&fixture.folder));
    }
}

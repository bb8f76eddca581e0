//! What holds of the encoder without a reference: slopes, packing, threads, randomness, the lazy optimiser, folders.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use serde_json::json;
use trailmark_encoder::{
    AdamW, AdamWOptions, Batch, Config, Dropout, Error, Gradients, Head, Labelled, Model, Pass, SpanTarget,
    Threads, Update, Workspace,
};

fn config(family: &str, dropout: f64) -> Config {
    let value = match family {
        "bert" => json!({
            "model_type": "bert", "vocab_size": 60, "hidden_size": 24, "num_hidden_layers": 2,
            "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 40,
            "type_vocab_size": 2, "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout,
            "initializer_range": 0.3, "pad_token_id": 0
        }),
        _ => json!({
            "model_type": "distilbert", "vocab_size": 60, "dim": 24, "n_layers": 2, "n_heads": 3,
            "hidden_dim": 40, "max_position_embeddings": 40, "dropout": dropout,
            "attention_dropout": dropout, "qa_dropout": dropout, "initializer_range": 0.3, "pad_token_id": 0
        }),
    };
    Config::from_json(&value.to_string(), Path::new("config.json")).unwrap()
}

fn sequences() -> Vec<Vec<u32>> {
    let sequence = |len: u32, seed: u32| (0..len).map(|index| 1 + (index * 17 + seed * 29) % 59).collect();
    vec![sequence(7, 1), sequence(19, 2), sequence(3, 3), sequence(30, 4)]
}

fn batch() -> Batch {
    let mut batch = Batch::new();
    for ids in sequences() {
        let kinds: Vec<u32> = (0..ids.len()).map(|index| u32::from(index > ids.len() / 2)).collect();
        batch.push(&ids, &kinds);
    }
    batch
}

fn targets() -> Vec<SpanTarget> {
    vec![
        SpanTarget { start: 1, end: 2 },
        SpanTarget { start: 9, end: 14 },
        SpanTarget { start: 0, end: 0 },
        SpanTarget { start: 28, end: 29 },
    ]
}

fn workspace(count: usize) -> Workspace {
    Workspace::new(&Threads::new(count).unwrap())
}

fn gradients_of(model: &Model, dropout: Option<Dropout>, n_threads: usize) -> (f32, Gradients) {
    let mut gradients = Gradients::new(model);
    let (batch, targets) = (batch(), targets());
    let examples = Labelled { batch: &batch, targets: &targets };
    let pass = Pass { dropout, scale: 1.0 };
    let loss = model.loss_and_gradients(examples, pass, &mut gradients, &mut workspace(n_threads)).unwrap();
    (loss, gradients)
}

/// Every operation's backward, dropout included, against the loss itself.
#[test]
fn gradients_are_those_of_finite_differences() {
    for (family, rate) in [("bert", 0.0), ("bert", 0.2), ("distilbert", 0.2)] {
        let dropout = Some(Dropout { seed: 7, step: 3 });
        let mut model = Model::new(config(family, rate), 1);
        let (_, gradients) = gradients_of(&model, dropout, 1);
        let names: Vec<(String, usize)> =
            model.parameters().iter().map(|p| (p.name.to_owned(), p.data.len())).collect();
        for (name, len) in names {
            let slopes = gradients.parameter(&model, &name).unwrap().to_vec();
            // The steepest number and one in the middle of each tensor.
            let steepest = (0..len).max_by(|a, b| slopes[*a].abs().total_cmp(&slopes[*b].abs())).unwrap();
            for index in [steepest, len / 2] {
                let mut loss_at = |by: f32| {
                    let was = model.parameter_mut(&name).unwrap()[index];
                    model.parameter_mut(&name).unwrap()[index] = was + by;
                    let loss = f64::from(gradients_of(&model, dropout, 1).0);
                    model.parameter_mut(&name).unwrap()[index] = was;
                    loss
                };
                let step = 1e-2f32;
                let numeric = (loss_at(step) - loss_at(-step)) / (2.0 * f64::from(step));
                let got = f64::from(slopes[index]);
                assert!(
                    (got - numeric).abs() < 2e-3 + 0.02 * numeric.abs(),
                    "{family} {name}[{index}]: {got} {numeric}"
                );
            }
        }
    }
}

#[test]
fn a_sequence_gets_the_same_logits_alone_and_in_a_batch() {
    let model = Model::new(config("bert", 0.1), 2);
    let whole = batch();
    let mut memory = workspace(2);
    let packed = model.span_logits(&whole, &mut memory).unwrap().start.to_vec();
    for sequence in 0..whole.n_sequences() {
        let rows = whole.rows(sequence);
        let mut single = Batch::new();
        single.push_padded(&whole.ids()[rows.clone()], &whole.type_ids()[rows.clone()], 35, 0);
        let mut memory = workspace(1);
        let alone = model.span_logits(&single, &mut memory).unwrap().start;
        for (a, b) in packed[rows].iter().zip(alone) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

#[test]
fn two_threads_compute_the_same_bits_as_one() {
    let model = Model::new(config("distilbert", 0.1), 3);
    let dropout = Some(Dropout { seed: 1, step: 1 });
    let (one, a) = gradients_of(&model, dropout, 1);
    let (two, b) = gradients_of(&model, dropout, 2);
    assert_eq!(one.to_bits(), two.to_bits());
    for parameter in model.parameters() {
        assert_eq!(
            a.parameter(&model, parameter.name),
            b.parameter(&model, parameter.name),
            "{}",
            parameter.name
        );
    }
}

#[test]
fn dropout_differs_by_step_and_repeats_by_seed() {
    let model = Model::new(config("bert", 0.1), 4);
    let loss = |seed, step| gradients_of(&model, Some(Dropout { seed, step }), 1).0;
    assert_eq!(loss(1, 1), loss(1, 1));
    assert_ne!(loss(1, 1), loss(1, 2));
    assert_ne!(loss(1, 1), loss(2, 1));
}

/// Trains for some steps on changing words; `dense` updates every row every time, `restart` saves and loads half-way.
fn train(dense: bool, restart: bool) -> Vec<f32> {
    let mut model = Model::new(config("bert", 0.1), 5);
    let options = AdamWOptions { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 };
    let mut optimiser = AdamW::new(&model, options);
    if dense {
        optimiser.make_dense();
    }
    let mut gradients = Gradients::new(&model);
    let mut memory = workspace(2);
    let folder = tempfile::tempdir().unwrap();
    for step in 0..12u64 {
        let mut batch = Batch::new();
        let ids: Vec<u32> = (0..6).map(|index| 1 + (step as u32 * 7 + index * 5) % 40).collect();
        batch.push(&ids, &[]);
        gradients.clear();
        optimiser.prepare(&mut model, batch.ids(), &mut memory);
        let pass = Pass { dropout: Some(Dropout { seed: 9, step }), scale: 1.0 };
        let targets = [SpanTarget { start: 1, end: 3 }];
        let examples = Labelled { batch: &batch, targets: &targets };
        model.loss_and_gradients(examples, pass, &mut gradients, &mut memory).unwrap();
        let update = Update { learning_rate: 1e-2 / (1.0 + step as f64), gradient_factor: 0.9 };
        optimiser.step(&mut model, &gradients, update, &mut memory).unwrap();
        if restart && step == 6 {
            optimiser.materialise(&mut model, &mut memory);
            model.save(folder.path()).unwrap();
            let file = folder.path().join("optimizer.safetensors");
            optimiser.save(&model, &file).unwrap();
            model = Model::load(folder.path()).unwrap();
            optimiser = AdamW::load(&model, options, &file).unwrap();
            gradients = Gradients::new(&model);
        }
    }
    optimiser.materialise(&mut model, &mut memory);
    model.parameters().iter().flat_map(|parameter| parameter.data.iter().copied()).collect()
}

#[test]
fn the_lazy_optimiser_equals_the_plain_one_bit_by_bit() {
    assert!(train(false, false) == train(true, false));
}

#[test]
fn a_saved_optimiser_goes_on_with_the_same_bits() {
    assert!(train(false, false) == train(false, true));
}

#[test]
fn a_model_between_steps_is_neither_saved_nor_asked() {
    let mut model = Model::new(config("bert", 0.0), 6);
    let options = AdamWOptions { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1 };
    let mut optimiser = AdamW::new(&model, options);
    let (_, gradients) = gradients_of(&model, None, 1);
    let mut memory = workspace(1);
    let update = Update { learning_rate: 1e-3, gradient_factor: 1.0 };
    optimiser.step(&mut model, &gradients, update, &mut memory).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(model.save(folder.path()), Err(Error::Behind { step: 1 })));
    assert!(matches!(model.span_logits(&batch(), &mut memory), Err(Error::Behind { .. })));
    optimiser.materialise(&mut model, &mut memory);
    model.save(folder.path()).unwrap();
}

#[test]
fn a_base_model_under_old_names_gets_a_new_head() {
    let model = Model::new(config("bert", 0.0), 7);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = model
        .parameters()
        .iter()
        .filter(|parameter| !parameter.name.starts_with("qa_outputs"))
        .map(|parameter| {
            let name = parameter.name.trim_start_matches("bert.");
            let name = name
                .replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta");
            let bytes = parameter.data.iter().flat_map(|number| number.to_le_bytes()).collect();
            (name, parameter.shape.to_vec(), bytes)
        })
        .chain([("pooler.dense.bias".to_owned(), vec![1], vec![0; 4])])
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.safetensors"), safetensors::serialize(views, None).unwrap())
        .unwrap();
    model.save(&folder.path().join("whole")).unwrap();
    std::fs::copy(folder.path().join("whole/config.json"), folder.path().join("config.json")).unwrap();

    assert!(matches!(Model::load(folder.path()), Err(Error::MissingHead { .. })));
    let loaded = Model::load_or_new_head(folder.path(), 42).unwrap();
    assert_eq!(loaded.head, Head::Fresh);
    assert_eq!(loaded.ignored, ["pooler.dense.bias"]);
    let again = Model::load_or_new_head(folder.path(), 42).unwrap();
    for ((a, b), c) in loaded.model.parameters().iter().zip(again.model.parameters()).zip(model.parameters())
    {
        assert_eq!(a.data, b.data);
        assert!(a.name.starts_with("qa_outputs") || a.data == c.data, "{}", a.name);
    }
}

#[test]
fn a_pickle_is_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    Model::new(config("bert", 0.0), 9).save(folder.path()).unwrap();
    std::fs::rename(folder.path().join("model.safetensors"), folder.path().join("pytorch_model.bin"))
        .unwrap();
    let error = Model::load(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Pickle { .. }));
    let said = error.to_string();
    assert!(said.contains("want model.safetensors (convert pytorch_model.bin"), "{said}");
}

#[test]
fn a_save_that_is_refused_leaves_the_old_files() {
    let folder = tempfile::tempdir().unwrap();
    Model::new(config("bert", 0.0), 10).save(folder.path()).unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let before = (read("config.json"), read("model.safetensors"));
    // The name beside is taken by a folder: the new file cannot be written.
    std::fs::create_dir(folder.path().join("model.safetensors.new")).unwrap();
    let said = Model::new(config("bert", 0.0), 11).save(folder.path()).unwrap_err().to_string();
    assert!(said.starts_with("write a file: "), "{said}");
    assert!(before == (read("config.json"), read("model.safetensors")));
}

#[test]
fn bad_folders_and_batches_get_errors_that_say_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let load = || Model::load(folder.path()).unwrap_err().to_string();
    assert!(load().starts_with("read a file: "), "{}", load());
    let config_file = folder.path().join("config.json");
    std::fs::write(&config_file, "{\n  \"model_type\": }").unwrap();
    assert!(load().contains("line 2 column 17"), "{}", load());
    std::fs::write(&config_file, r#"{"model_type": "t5"}"#).unwrap();
    assert!(load().contains(r#"got model_type "t5", want one of bert, distilbert"#), "{}", load());
    let model = Model::new(config("bert", 0.0), 8);
    model.save(folder.path()).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), b"nonsense").unwrap();
    assert!(load().starts_with("read tensors: "), "{}", load());

    let mut memory = workspace(1);
    let mut say = |ids: &[u32]| {
        let mut batch = Batch::new();
        batch.push(ids, &[]);
        model.span_logits(&batch, &mut memory).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(say(&[1, 60]), "read a batch: got token id 60, want below 60");
    assert_eq!(say(&[1; 41]), "read a batch: got a sequence of 41 tokens, want at most 40");
    assert_eq!(say(&[]), "read a batch: got an empty sequence, want at least one token");
}

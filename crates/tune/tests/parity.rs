//! Whole runs beside Hugging Face's Trainer, and schedules beside its schedulers.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

mod fixture;

use std::path::Path;

use fixture::{Fixture, More, arguments, json, names_in, roots};
use serde_json::Value;
use trailmark_encoder::{AdamWOptions, Threads, Workspace};
use trailmark_qa::random::torch_permutation;
use trailmark_tune::{
    Checkpoint, Outcome, Schedule, SchedulerType, TrainerState, TrainingArguments, evaluate,
};

/// Entries of the file that are not a run to repeat: half precision, which a CPU here does not do; the original's
/// wrong order after a resume inside an epoch (`tests/resume.rs` has the right one); what a checkpoint holds (its own
/// test below); an argument that does nothing for question answering.
const NOT_RUNS: [&str; 4] =
    ["bf16_autocast_cpu", "resume_from_17", "checkpoint_content", "label_smoothing_noop"];

#[test]
fn runs_are_those_of_the_trainer() {
    for fixture in Fixture::all() {
        let mut compared = Vec::new();
        for (name, run) in fixture.runs().as_object().unwrap() {
            if NOT_RUNS.contains(&name.as_str()) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let arguments = arguments(run, fixture.max_length);
            let outcome = fixture.run(&arguments, folder.path(), More::default());
            // A large learning rate lets rounding grow from step to step.
            let tolerance = if name.starts_with("best") { 3e-2 } else { 1e-4 };
            check_order(name, run, &arguments, fixture.train.windows.len());
            check_losses(name, run, &outcome, tolerance);
            check_log(name, run, &outcome, tolerance);
            check_end(name, run, &outcome, &fixture.model(), tolerance);
            check_files(name, run, folder.path(), &fixture);
            compared.push(name.clone());
        }
        let want = [
            "plain",
            "grad_accum_2",
            "drop_last",
            "cosine_warmup_0.1",
            "seed_7",
            "data_seed_9",
            "no_clip",
            "best_epoch_limit1",
            "steps_save_eval_10",
        ];
        assert_eq!(compared, want, "{}", fixture.root.display());
    }
}

/// The windows in the order in which the Trainer read them.
fn check_order(name: &str, run: &Value, arguments: &TrainingArguments, n_windows: usize) {
    let want: Vec<usize> =
        run["train_index_order"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let seed = arguments.data_seed.unwrap_or(arguments.seed);
    let batch_size = arguments.per_device_train_batch_size;
    let n_read = if arguments.dataloader_drop_last { n_windows / batch_size * batch_size } else { n_windows };
    let epochs = 0..arguments.num_train_epochs as u64;
    let got: Vec<usize> =
        epochs.flat_map(|epoch| torch_permutation(seed + epoch, n_windows)[..n_read].to_vec()).collect();
    assert_eq!(got, want, "{name}");
}

fn check_losses(name: &str, run: &Value, outcome: &Outcome, tolerance: f64) {
    let want = run["micro_batch_losses_as_returned"].as_array().unwrap();
    assert_eq!(outcome.losses.len(), want.len(), "{name}");
    for (index, (got, want)) in outcome.losses.iter().zip(want).enumerate() {
        let want = want.as_f64().unwrap();
        assert!((f64::from(*got) - want).abs() < tolerance, "{name}, loss {index}: {got} {want}");
    }
}

fn check_log(name: &str, run: &Value, outcome: &Outcome, tolerance: f64) {
    let n_told = outcome.state.log_history.len();
    let (want, keys) = (&run["log_history"].as_array().unwrap()[..n_told], &run["log_history_keys"]);
    for (index, (got, want)) in outcome.state.log_history.iter().zip(want).enumerate() {
        let mut names: Vec<&String> = got.keys().collect();
        names.sort();
        // Operations are not counted: the number would be the original's formula and no measurement.
        let told = keys[index].as_array().unwrap().iter().filter_map(Value::as_str);
        let told: Vec<&str> = told.filter(|key| *key != "total_flos").collect();
        assert_eq!(names, told, "{name}, entry {index}");
        for (key, want) in want.as_object().unwrap() {
            if key == "total_flos" || key.contains("runtime") || key.contains("per_second") {
                continue;
            }
            let (got, want) = (got[key].as_f64().unwrap(), want.as_f64().unwrap());
            let is_exact = matches!(key.as_str(), "learning_rate" | "epoch" | "step");
            let near = if is_exact { 1e-12 } else { tolerance * (1.0 + want.abs()) };
            assert!((got - want).abs() <= near, "{name}, entry {index}, {key}: {got} {want}");
        }
    }
    // What follows is an evaluation that the fixture's maker called by hand after the run.
    assert_eq!(n_told + 1, run["log_history"].as_array().unwrap().len(), "{name}");
}

fn check_end(name: &str, run: &Value, outcome: &Outcome, start: &trailmark_encoder::Model, tolerance: f64) {
    assert_eq!(run["global_step"], outcome.state.global_step, "{name}");
    assert_eq!(run["max_steps"], outcome.state.max_steps, "{name}");
    let near = |got: Option<f64>, want: &Value| match (got, want.as_f64()) {
        (None, None) => true,
        (Some(got), Some(want)) => (got - want).abs() <= tolerance,
        _ => false,
    };
    let got = outcome.state.best_metric;
    assert!(near(got, &run["best_metric"]), "{name}: {got:?} {}", run["best_metric"]);
    match run["best_model_checkpoint"].as_str() {
        Some(best) => {
            assert!(outcome.state.best_model_checkpoint.as_ref().unwrap().ends_with(best), "{name}");
        }
        None => assert_eq!(outcome.state.best_model_checkpoint, None, "{name}"),
    }
    let last_layer = format!("layer.{}.output.LayerNorm.bias", start.config().n_layers - 1);
    let mut compared = 0;
    for parameter in outcome.model.parameters() {
        let want = &run["final_param_sum_and_l2"][parameter.name];
        let numbers = || parameter.data.iter().map(|number| f64::from(*number));
        let sums = [numbers().sum::<f64>(), numbers().map(|number| number * number).sum::<f64>().sqrt()];
        // Slopes that are 0 but for rounding, which Adam makes steps of: no two programs agree on these.
        let is_noise = parameter.name == "qa_outputs.bias"
            || parameter.name.ends_with("key.bias")
            || parameter.name.ends_with(&last_layer) && !parameter.name.contains("attention");
        if is_noise {
            continue;
        }
        for (got, want) in sums.into_iter().zip(want.as_array().unwrap()) {
            let want = want.as_f64().unwrap();
            let near = 10.0 * tolerance * (1.0 + sums[1]);
            assert!((got - want).abs() <= near, "{name}, {}: {got} {want}", parameter.name);
        }
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

/// What a file of the original's checkpoint is called here; none for what follows from arguments and step.
fn ours(file: &str) -> Option<&str> {
    match file {
        "optimizer.pt" => Some("optimizer.safetensors"),
        "training_args.bin" => Some("training_args.json"),
        "scheduler.pt" | "rng_state.pth" => None,
        other => Some(other),
    }
}

fn check_files(name: &str, run: &Value, output: &Path, fixture: &Fixture) {
    // transformers makes this file of a tokenizer's settings; here the files that were read are saved.
    let has_map = fixture.root.join("tokenizers/special_tokens_map.json").exists();
    let files = run["files_in_output_dir"].as_array().unwrap().iter().map(|file| file.as_str().unwrap());
    let mut want: Vec<String> = files
        .filter_map(|file| {
            let (folder, file) = file.split_once('/').unwrap();
            let file = ours(file).filter(|file| has_map || *file != "special_tokens_map.json")?;
            Some(format!("{folder}/{file}"))
        })
        .collect();
    want.sort();
    let mut got: Vec<String> = names_in(output)
        .iter()
        .flat_map(|folder| names_in(&output.join(folder)).into_iter().map(move |n| format!("{folder}/{n}")))
        .collect();
    got.sort();
    assert_eq!(got, want, "{name}");
}

#[test]
fn a_checkpoint_holds_what_the_trainer_keeps() {
    let fixtures = Fixture::all();
    let Some(fixture) = fixtures.iter().find(|fixture| !fixture.runs()["checkpoint_content"].is_null())
    else {
        return;
    };
    let runs = fixture.runs();
    let want = &runs["checkpoint_content"];
    // The run that the original was stopped in: its rate after 17 of 39 steps.
    let arguments = TrainingArguments {
        save_strategy: trailmark_tune::Strategy::Steps,
        save_steps: 17.0,
        ..arguments(&runs["plain"], fixture.max_length)
    };
    let folder = tempfile::tempdir().unwrap();
    let outcome = fixture.run(&arguments, folder.path(), More { stop_at: Some(17), ..More::default() });
    let checkpoint = outcome.checkpoint.unwrap();
    assert!(checkpoint.ends_with("checkpoint-17"));
    let options = AdamWOptions { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
    let loaded = Checkpoint::load(&checkpoint, options).unwrap();
    let optimiser = loaded.optimiser.unwrap();
    let group = &want["optimizer"]["group0"];
    assert_eq!(want["optimizer"]["state0"]["step"], optimiser.step_count() as f64);
    assert_eq!(group["weight_decay"], optimiser.options().weight_decay);
    let schedule = Schedule::new(&arguments, loaded.state.max_steps);
    let rate = schedule.factor(loaded.state.global_step) * arguments.learning_rate;
    assert!((group["lr"].as_f64().unwrap() - rate).abs() < 1e-15);
    assert_eq!(want["scheduler"]["last_epoch"], loaded.state.global_step);
    let n_of = |decays: bool| loaded.model.parameters().iter().filter(|p| p.decays == decays).count();
    let group = |name: &str| want["optimizer"][name].as_array().unwrap().len();
    assert_eq!((n_of(true), n_of(false)), (group("group0_params"), group("group1_params")));
    let mut files: Vec<&str> = want["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    files.retain(|file| *file != "special_tokens_map.json");
    let mut files: Vec<&str> = files.into_iter().filter_map(ours).collect();
    files.sort_unstable();
    assert_eq!(names_in(&checkpoint), files);
    let state = json(&checkpoint.join("trainer_state.json"));
    let theirs = json(&fixture.root.join("trainer/trainer_state.example.json"));
    // Searches and callbacks are not the trainer's here.
    let foreign = ["stateful_callbacks", "total_flos", "trial_name", "trial_params"];
    for key in theirs.as_object().unwrap().keys().filter(|key| !foreign.contains(&key.as_str())) {
        assert!(state.get(key).is_some(), "{key}");
    }
    assert_eq!(TrainerState::load(&checkpoint).unwrap(), loaded.state);
}

#[test]
fn the_loss_of_an_evaluation_is_weighted_by_batches() {
    for fixture in Fixture::all() {
        let want = json(&fixture.root.join("trainer/eval_loss.json"));
        let arguments = TrainingArguments {
            per_device_eval_batch_size: want["batch"].as_u64().unwrap() as usize,
            ..arguments(&fixture.runs()["plain"], fixture.max_length)
        };
        let mut workspace = Workspace::new(&Threads::new(2).unwrap());
        let got = evaluate(&fixture.model(), &fixture.eval, &arguments, &mut workspace, &mut |_, _| {
            std::ops::ControlFlow::Continue(())
        });
        let got = got.unwrap().loss;
        assert!((got - want["eval_loss"].as_f64().unwrap()).abs() < 1e-5, "{got} {}", want["eval_loss"]);
    }
}

#[test]
fn schedules_are_those_of_transformers() {
    for root in roots() {
        let file = json(&root.join("schedules/schedules_adamw.json"));
        let mut compared = 0;
        for (name, want) in file["schedules"].as_object().unwrap() {
            let Some(want) = want.as_array() else { continue };
            let mut words = name.splitn(4, ' ');
            let kind: SchedulerType = serde_json::from_value(Value::from(words.next().unwrap())).unwrap();
            let mut number = || words.next().unwrap().split_once('=').unwrap().1.parse::<u64>().unwrap();
            let (warmup, total) = (number(), number());
            let more = words.next().unwrap_or("{}").replace('\'', "\"");
            let arguments = TrainingArguments {
                lr_scheduler_type: kind,
                lr_scheduler_kwargs: serde_json::from_str(&more).unwrap(),
                learning_rate: 1.0,
                warmup_steps: warmup,
                ..TrainingArguments::default()
            };
            let schedule = Schedule::new(&arguments, total);
            for (step, want) in want.iter().enumerate() {
                let (got, want) = (schedule.factor(step as u64), want.as_f64().unwrap());
                assert!((got - want).abs() < 1e-9, "{name}, step {step}: {got} {want}");
            }
            compared += 1;
        }
        assert!(compared >= 27, "{compared}");
    }
}

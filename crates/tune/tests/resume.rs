//! A run that was stopped or killed and went on beside one that never stopped: the same bits.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

mod fixture;

use std::path::Path;

use fixture::{Fixture, More, arguments, json, names_in};
use serde_json::Value;
use trailmark_encoder::Model;
use trailmark_tune::{Outcome, PadTo, Strategy, TrainingArguments, latest_checkpoint, train};

/// Accumulation, an evaluation and a log at different steps, dropout, an epoch that ends between them.
fn eventful(fixture: &Fixture) -> TrainingArguments {
    TrainingArguments {
        logging_steps: 5.0,
        eval_strategy: Strategy::Steps,
        eval_steps: Some(3.0),
        save_strategy: Strategy::Steps,
        save_steps: 1.0,
        metric_for_best_model: Some("loss".to_owned()),
        pad_to: PadTo::None,
        ..arguments(&fixture.runs()["grad_accum_2"], fixture.max_length)
    }
}

/// The fixture's model, which drops numbers.
fn with_dropout(fixture: &Fixture, folder: &Path) -> Model {
    let mut config = json(&fixture.root.join("models/bert/config.json"));
    for name in ["hidden_dropout_prob", "attention_probs_dropout_prob"] {
        config[name] = Value::from(0.1);
    }
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let weights = "model.safetensors";
    std::fs::copy(fixture.root.join("models/bert").join(weights), folder.join(weights)).unwrap();
    Model::load(folder).unwrap()
}

/// What was logged, without what a clock says.
fn lasting(outcome: &Outcome) -> Vec<String> {
    let entries = outcome.state.log_history.iter().map(|entry| {
        let mut entry = entry.clone();
        entry.retain(|key, _| !key.contains("runtime") && !key.contains("per_second"));
        format!("{entry:?}")
    });
    entries.collect()
}

fn check_same(resumed: &Outcome, whole: &Outcome, at: u64) {
    for (a, b) in resumed.model.parameters().iter().zip(whole.model.parameters()) {
        assert!(a.data == b.data, "{} differs after a stop at {at}", a.name);
    }
    assert_eq!(lasting(resumed), lasting(whole), "stopped at {at}");
    assert_eq!(resumed.state.trailmark, whole.state.trailmark, "stopped at {at}");
    let n_new = resumed.losses.len();
    assert_eq!(resumed.losses, whole.losses[whole.losses.len() - n_new..], "stopped at {at}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in names_in(from) {
        std::fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// Whatever the moment of a kill, what is left is the checkpoints until then; so every checkpoint is gone on from.
#[test]
fn a_run_killed_at_any_step_goes_on_bit_by_bit() {
    let fixture = Fixture::all().remove(0);
    let arguments = eventful(&fixture);
    let start = tempfile::tempdir().unwrap();
    let begin = || Some(with_dropout(&fixture, start.path()));
    let whole_folder = tempfile::tempdir().unwrap();
    let whole = fixture.run(&arguments, whole_folder.path(), More { model: begin(), ..More::default() });
    assert!(whole.state.max_steps > 10, "{}", whole.state.max_steps);
    for at in 1..whole.state.max_steps {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("checkpoint-{at}");
        copy(&whole_folder.path().join(&name), &folder.path().join(&name));
        // The kill came while the next checkpoint was written.
        let half = folder.path().join(format!("checkpoint-{}.new", at + 1));
        std::fs::create_dir(&half).unwrap();
        std::fs::write(half.join("model.safetensors"), b"half").unwrap();
        let resume = latest_checkpoint(folder.path()).unwrap().unwrap();
        assert!(resume.ends_with(&name));
        let more = More { model: begin(), resume: Some(&resume), ..More::default() };
        let resumed = fixture.run(&arguments, folder.path(), more);
        check_same(&resumed, &whole, at);
        let last = format!("checkpoint-{}", whole.state.max_steps);
        for file in ["model.safetensors", "optimizer.safetensors"] {
            let read = |folder: &Path| std::fs::read(folder.join(&last).join(file)).unwrap();
            assert!(read(folder.path()) == read(whole_folder.path()), "{file} after a kill at {at}");
        }
        assert!(!half.exists(), "the half-written folder is replaced");
    }
}

#[test]
fn a_run_that_is_asked_to_stop_saves_and_goes_on_bit_by_bit() {
    let fixture = Fixture::all().remove(0);
    let arguments = TrainingArguments { save_strategy: Strategy::No, ..eventful(&fixture) };
    let whole_folder = tempfile::tempdir().unwrap();
    let whole = fixture.run(&arguments, whole_folder.path(), More::default());
    assert!(names_in(whole_folder.path()).is_empty());
    for stop_at in [1, 3, 6, 8, 11] {
        let folder = tempfile::tempdir().unwrap();
        let stopped =
            fixture.run(&arguments, folder.path(), More { stop_at: Some(stop_at), ..More::default() });
        assert!(stopped.was_stopped && stopped.state.global_step == stop_at);
        let resume = stopped.checkpoint.unwrap();
        let resumed =
            fixture.run(&arguments, folder.path(), More { resume: Some(&resume), ..More::default() });
        check_same(&resumed, &whole, stop_at);
    }
}

/// As Ctrl-C does it: nobody waits for the rest of a long evaluation, and the run that goes on begins it again.
#[test]
fn a_run_stopped_in_the_midst_of_an_evaluation_goes_on_bit_by_bit() {
    let fixture = Fixture::all().remove(0);
    let most = TrainingArguments {
        save_strategy: Strategy::No,
        per_device_eval_batch_size: 1,
        eval_steps: Some(5.0),
        do_eval: true,
        ..eventful(&fixture)
    };
    let n_windows = fixture.eval.windows.len();
    assert!(n_windows > 2, "{n_windows}");
    let whole = fixture.run(&most, tempfile::tempdir().unwrap().path(), More::default());
    let steps = whole.state.max_steps;
    assert!(steps > 8 && !steps.is_multiple_of(5), "{steps}: the evaluation at the end is one of its own");
    for (n_batches, at) in
        [(1, 5), (n_windows - 1, 5), (n_windows + 2, 10), (steps as usize / 5 * n_windows + 1, steps)]
    {
        let folder = tempfile::tempdir().unwrap();
        let stop = More { stop_in_evaluation: Some(n_batches), ..More::default() };
        let stopped = fixture.run(&most, folder.path(), stop);
        assert!(stopped.was_stopped, "{n_batches}");
        assert_eq!((stopped.state.global_step, names_in(folder.path()).len()), (at, 1), "{n_batches}");
        let (resume, resumed) = (stopped.checkpoint.unwrap(), folder.path());
        let resumed = fixture.run(&most, resumed, More { resume: Some(&resume), ..More::default() });
        assert!(!resumed.was_stopped);
        check_same(&resumed, &whole, at);
    }
    // Before the first step there is nothing to keep.
    let folder = tempfile::tempdir().unwrap();
    let first = TrainingArguments { eval_on_start: true, ..most };
    let stop = More { stop_in_evaluation: Some(1), ..More::default() };
    let stopped = fixture.run(&first, folder.path(), stop);
    assert!(stopped.was_stopped && stopped.checkpoint.is_none() && names_in(folder.path()).is_empty());
}

#[test]
fn a_run_that_was_at_its_end_hands_back_its_last_checkpoint() {
    let fixture = Fixture::all().remove(0);
    let arguments = TrainingArguments { save_strategy: Strategy::Epoch, ..eventful(&fixture) };
    let folder = tempfile::tempdir().unwrap();
    let whole = fixture.run(&arguments, folder.path(), More::default());
    let last = latest_checkpoint(folder.path()).unwrap().unwrap();
    let again = fixture.run(&arguments, folder.path(), More { resume: Some(&last), ..More::default() });
    assert!(again.losses.is_empty() && again.checkpoint.as_deref() == Some(&*last));
    for (a, b) in again.model.parameters().iter().zip(whole.model.parameters()) {
        assert!(a.data == b.data, "{}", a.name);
    }
}

/// The original reads other windows than the run that never stopped did (`resume_from_17`); here the order holds.
#[test]
fn a_resume_inside_an_epoch_keeps_the_order_of_the_run_that_never_stopped() {
    for fixture in Fixture::all() {
        let run = &fixture.runs()["steps_save_eval_10"];
        let arguments = arguments(run, fixture.max_length);
        let folder = tempfile::tempdir().unwrap();
        let stop_at = 2 * arguments.save_steps as u64 - 3;
        let stopped =
            fixture.run(&arguments, folder.path(), More { stop_at: Some(stop_at), ..More::default() });
        let resume = stopped.checkpoint.unwrap();
        let resumed =
            fixture.run(&arguments, folder.path(), More { resume: Some(&resume), ..More::default() });
        let want = run["micro_batch_losses_as_returned"].as_array().unwrap();
        let got: Vec<f32> = stopped.losses.iter().chain(&resumed.losses).copied().collect();
        assert_eq!(got.len(), want.len());
        for (index, (got, want)) in got.iter().zip(want).enumerate() {
            assert!((f64::from(*got) - want.as_f64().unwrap()).abs() < 1e-4, "{index}: {got} {want}");
        }
    }
}

#[test]
fn a_checkpoint_of_other_data_or_arguments_is_refused() {
    let fixture = Fixture::all().remove(0);
    let arguments = eventful(&fixture);
    let folder = tempfile::tempdir().unwrap();
    let stopped = fixture.run(&arguments, folder.path(), More { stop_at: Some(2), ..More::default() });
    let resume = stopped.checkpoint.unwrap();
    let say = |change: &dyn Fn(&mut TrainingArguments)| {
        let mut changed = arguments.clone();
        change(&mut changed);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let job = trailmark_tune::Job {
            arguments: &changed,
            model: fixture.model(),
            tokenizer: None,
            train: &fixture.train,
            eval: None,
            output_dir: folder.path().to_owned(),
            resume_from_checkpoint: Some(resume.clone()),
            recorder: &trailmark_core::Discard,
            watch: &mut |_| (),
            stop: &stop,
            threads: &trailmark_encoder::Threads::new(1).unwrap(),
        };
        train(job).unwrap_err().to_string()
    };
    let said = say(&|changed| changed.num_train_epochs = 9.0);
    assert!(said.starts_with("resume from a checkpoint: steps: got "), "{said}");
    let said = say(&|changed| changed.per_device_train_batch_size = 16);
    assert!(
        said.starts_with("resume from a checkpoint: per_device_train_batch_size: got 4, want 16"),
        "{said}"
    );
}

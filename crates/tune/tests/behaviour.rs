//! What holds of training without a reference: arguments, notes, bad numbers, what stays on disk.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

mod fixture;

use fixture::{Fixture, More, arguments, names_in};
use trailmark_tune::{PadTo, Strategy, TrainingArguments};

/// A short run of the small fixture: `steps` steps, nothing saved, nothing evaluated.
fn short(fixture: &Fixture, steps: i64) -> TrainingArguments {
    TrainingArguments {
        max_steps: steps,
        eval_strategy: Strategy::No,
        save_strategy: Strategy::No,
        logging_steps: 1.0,
        pad_to: PadTo::None,
        ..arguments(&fixture.runs()["plain"], fixture.max_length)
    }
}

fn parsed(text: &str) -> TrainingArguments {
    serde_json::from_str(text).unwrap()
}

#[test]
fn arguments_that_contradict_each_other_are_named() {
    let say = |change: fn(&mut TrainingArguments)| {
        let mut arguments = TrainingArguments::default();
        change(&mut arguments);
        arguments.check().unwrap_err().to_string().replace("training argument ", "")
    };
    assert_eq!(
        say(|a| a.per_device_train_batch_size = 0),
        "per_device_train_batch_size: got 0, want 1 or more"
    );
    assert!(say(|a| a.load_best_model_at_end = true).starts_with("save_strategy: got steps"));
    assert!(
        say(|a| {
            a.load_best_model_at_end = true;
            a.eval_strategy = Strategy::Steps;
            (a.eval_steps, a.save_steps) = (Some(20.0), 30.0);
        })
        .starts_with("save_steps: got 30")
    );
    assert!(say(|a| a.metric_for_best_model = Some("eval_rouge".to_owned())).contains("rouge"));
    assert!(say(|a| (a.fp16, a.bf16) = (true, true)).starts_with("bf16: "));
    assert!(say(|a| a.adam_beta2 = 1.0).starts_with("adam_beta2: got 1"));
    assert!(say(|a| a.learning_rate = f64::NAN).starts_with("learning_rate: got NaN"));
    assert!(say(|a| a.logging_steps = 0.0).starts_with("logging_steps: got 0"));
    assert!(say(|a| a.optim = Some("sgd".into())).starts_with("optim: got \"sgd\""));
    assert!(serde_json::from_str::<TrainingArguments>(r#"{"learning_rat": 1}"#).is_err());
}

#[test]
fn names_of_the_original_are_taken_and_old_ones_too() {
    let arguments = parsed(
        r#"{"output_dir": "x", "overwrite_output_dir": true, "do_train": true, "do_eval": true,
            "evaluation_strategy": "epoch", "lr_scheduler_kwargs": {"min_lr_ratio": 0.2}, "report_to": ["none"],
            "optim": "adamw_torch_fused", "disable_tqdm": true, "dataloader_num_workers": 2}"#,
    );
    arguments.check().unwrap();
    assert_eq!(arguments.eval_strategy, Strategy::Epoch);
    assert_eq!(arguments.lr_scheduler_kwargs.min_lr_rate, Some(0.2));
    let again = serde_json::to_string(&arguments).unwrap();
    let again = TrainingArguments { optim: arguments.optim.clone(), ..parsed(&again) };
    assert_eq!(again.output_dir, arguments.output_dir);
    assert!(again.report_to.is_none(), "what does nothing is not recorded");
}

#[test]
fn what_is_done_otherwise_is_said_once() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let plain = fixture.run(&short(&fixture, 3), folder.path(), More::default());
    for change in [
        |arguments: &mut TrainingArguments| arguments.fp16 = true,
        |arguments: &mut TrainingArguments| arguments.bf16 = true,
    ] {
        let mut arguments = short(&fixture, 3);
        change(&mut arguments);
        let notes = std::sync::Mutex::new(Vec::new());
        let outcome = fixture.run(&arguments, folder.path(), More { notes: Some(&notes), ..More::default() });
        assert_eq!(notes.into_inner().unwrap(), ["fp16 and bf16 need a GPU: training in f32"]);
        assert_eq!(outcome.losses, plain.losses, "f32 it is");
    }
    let arguments = TrainingArguments { report_to: Some("none".into()), ..short(&fixture, 1) };
    let notes = std::sync::Mutex::new(Vec::new());
    fixture.run(&arguments, folder.path(), More { notes: Some(&notes), ..More::default() });
    assert_eq!(notes.into_inner().unwrap(), ["these training arguments do nothing here: report_to"]);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_the_last_sound_weights() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let mut model = fixture.model();
    model.parameter_mut("qa_outputs.bias").unwrap()[0] = f32::INFINITY;
    let before: Vec<Vec<f32>> = model.parameters().iter().map(|p| p.data.to_vec()).collect();
    let arguments = TrainingArguments { save_strategy: Strategy::Steps, ..short(&fixture, 9) };
    let outcome = fixture.run(&arguments, folder.path(), More { model: Some(model), ..More::default() });
    assert!(outcome.diverged && !outcome.was_stopped);
    assert_eq!((outcome.state.global_step, outcome.losses.len()), (1, 1), "it ends at once");
    for (parameter, before) in outcome.model.parameters().iter().zip(before) {
        assert!(parameter.data == before, "{} was stepped with a slope that is no number", parameter.name);
    }
    assert!(names_in(folder.path()).is_empty(), "no checkpoint of it");
}

#[test]
fn a_run_that_learns_nothing_diverged_and_one_that_learns_did_not() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let run = |change: &dyn Fn(&mut TrainingArguments)| {
        let mut arguments = short(&fixture, 30);
        change(&mut arguments);
        fixture.run(&arguments, folder.path(), More::default())
    };
    let sound = run(&|arguments| (arguments.learning_rate, arguments.max_steps) = (5e-3, 60));
    assert!(!sound.diverged, "{:?}", sound.state.trailmark);
    // Without a step the model guesses as blindly at the end as at the start.
    let still = run(&|arguments| arguments.learning_rate = 0.0);
    assert!(still.diverged, "{:?}", still.state.trailmark);
    // The warm-up is not over: no judgement yet.
    let warming = run(&|arguments| (arguments.learning_rate, arguments.warmup_steps) = (0.0, 30));
    assert!(!warming.diverged, "{:?}", warming.state.trailmark);
    // A rate at which every step throws away what the one before learnt.
    let wild = run(&|arguments| {
        arguments.learning_rate = 3.0;
        arguments.lr_scheduler_type = trailmark_tune::SchedulerType::Constant;
    });
    assert!(wild.diverged, "{:?}", wild.state.trailmark);
}

#[test]
fn checkpoints_beyond_the_limit_go_and_an_old_run_goes_when_asked() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let arguments = TrainingArguments {
        save_strategy: Strategy::Steps,
        save_steps: 2.0,
        save_total_limit: Some(2),
        ..short(&fixture, 7)
    };
    fixture.run(&arguments, folder.path(), More::default());
    assert_eq!(names_in(folder.path()), ["checkpoint-6", "checkpoint-7"]);
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let again = TrainingArguments { max_steps: 4, overwrite_output_dir: true, ..arguments };
    fixture.run(&again, folder.path(), More::default());
    assert_eq!(names_in(folder.path()), ["checkpoint-2", "checkpoint-4", "notes.txt"]);
}

#[test]
fn the_best_is_saved_kept_and_handed_back() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let arguments = TrainingArguments {
        eval_strategy: Strategy::Steps,
        eval_steps: Some(2.0),
        save_strategy: Strategy::Best,
        load_best_model_at_end: true,
        // A rate that first helps and then harms.
        learning_rate: 0.02,
        ..short(&fixture, 20)
    };
    let outcome = fixture.run(&arguments, folder.path(), More::default());
    let losses: Vec<(u64, f64)> = outcome
        .state
        .log_history
        .iter()
        .filter_map(|entry| Some((entry["step"].as_u64()?, entry.get("eval_loss")?.as_f64()?)))
        .collect();
    assert_eq!(losses.len(), 10);
    let (mut best, mut saved) = (f64::INFINITY, Vec::new());
    for (step, loss) in &losses {
        if *loss < best {
            (best, _) = (*loss, saved.push(format!("checkpoint-{step}")));
        }
    }
    assert_eq!(outcome.state.best_metric, Some(best));
    let mut names = names_in(folder.path());
    names.sort_by_key(|name| name["checkpoint-".len()..].parse::<u64>().unwrap());
    assert_eq!(names, saved, "each best was saved, no other");
    assert!(outcome.checkpoint.unwrap().ends_with(saved.last().unwrap()));
}

#[test]
fn without_training_there_is_only_the_evaluation() {
    let fixture = Fixture::all().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let arguments = TrainingArguments { do_train: false, do_eval: true, ..short(&fixture, 5) };
    let outcome = fixture.run(&arguments, folder.path(), More::default());
    assert!(outcome.losses.is_empty() && outcome.evaluation.is_some());
    for (a, b) in outcome.model.parameters().iter().zip(fixture.model().parameters()) {
        assert!(a.data == b.data, "{}", a.name);
    }
    // With training, the end is evaluated once.
    let arguments = TrainingArguments { do_eval: true, ..short(&fixture, 5) };
    let outcome = fixture.run(&arguments, folder.path(), More::default());
    let evaluated = outcome.state.log_history.iter().filter(|entry| entry.contains_key("eval_loss"));
    assert_eq!(evaluated.map(|entry| entry["step"].as_u64()).collect::<Vec<_>>(), [Some(5)]);
}

//! Whole runs beside Hugging Face's Trainer, schedules beside its schedulers, and a resumed run beside one that never
//! stopped.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use trailmark_core::Discard;
use trailmark_encoder::{Model, SpanTarget, Threads};
use trailmark_qa::Window;
use trailmark_tune::{Features, Job, Outcome, Progress, Schedule, SchedulerType, TrainingArguments, train};

fn roots() -> Vec<PathBuf> {
    let mut roots = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hf")];
    match std::env::var_os("TRAILMARK_FIXTURES") {
        Some(root) => roots.push(PathBuf::from(root).join("fixtures/hf")),
        None => eprintln!("SKIPPED: TRAILMARK_FIXTURES is not set; only testdata/ is compared"),
    }
    roots
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().map(|all| all.iter().map(|id| id.as_u64().unwrap() as u32).collect()).unwrap_or_default()
}

fn features(rows: &Value) -> Features {
    let mut features = Features { examples: vec![], windows: vec![], targets: vec![] };
    for row in rows.as_array().unwrap() {
        let ids_of = ids(&row["input_ids"]);
        let position = |name: &str| row[name].as_i64().unwrap_or(i64::MAX).clamp(0, 1 << 20) as u32;
        features
            .targets
            .push(SpanTarget { start: position("start_positions"), end: position("end_positions") });
        features.windows.push(Window {
            example: 0,
            type_ids: ids(&row["token_type_ids"]),
            offsets: vec![None; ids_of.len()],
            words: vec![None; ids_of.len()],
            context: 0..0,
            cls: 0,
            ids: ids_of,
        });
    }
    features
}

/// The arguments of a stored run, over the fixture's own.
fn arguments(run: &Value, max_length: usize) -> TrainingArguments {
    let mut given = run["args"].as_object().unwrap().clone();
    given.retain(|name, value| {
        !value.is_null() && !matches!(name.as_str(), "output_dir" | "report_to" | "use_cpu" | "disable_tqdm")
    });
    if !given.contains_key("seed") {
        given.insert("seed".to_owned(), run["seed"].clone());
    }
    let text = Value::Object(given).to_string();
    let parsed: TrainingArguments =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    TrainingArguments {
        max_seq_length: max_length,
        doc_stride: 32,
        pad_to: trailmark_tune::PadTo::MaxLength,
        ..parsed
    }
}

struct Fixture {
    root: PathBuf,
    train: Features,
    eval: Features,
    max_length: usize,
}

impl Fixture {
    fn all() -> Vec<Self> {
        roots()
            .into_iter()
            .map(|root| {
                let data = json(&root.join("trainer/data.json"));
                Self {
                    train: features(&data["train"]),
                    eval: features(&data["eval"]),
                    max_length: data["max_length"].as_u64().unwrap_or(96) as usize,
                    root,
                }
            })
            .collect()
    }

    fn run(&self, arguments: &TrainingArguments, output: &Path, more: More<'_>) -> Outcome {
        let stop = AtomicBool::new(false);
        let mut watch = |progress: &Progress<'_>| {
            if let Progress::Step { step, .. } = progress
                && Some(*step) == more.stop_at
            {
                stop.store(true, Ordering::Relaxed);
            }
        };
        train(Job {
            arguments,
            model: Model::load(&self.root.join("models/bert")).unwrap(),
            tokenizer: None,
            train: &self.train,
            eval: Some(&self.eval),
            output_dir: output.to_owned(),
            resume_from_checkpoint: more.resume.map(Path::to_owned),
            recorder: &Discard,
            watch: &mut watch,
            stop: &stop,
            threads: &Threads::new(2).unwrap(),
        })
        .unwrap()
    }
}

#[derive(Clone, Copy, Default)]
struct More<'a> {
    stop_at: Option<u64>,
    resume: Option<&'a Path>,
}

#[test]
fn runs_are_those_of_the_trainer() {
    for fixture in Fixture::all() {
        let runs = json(&fixture.root.join("trainer/runs.json"));
        let mut compared = 0;
        for (name, run) in runs.as_object().unwrap() {
            // The first needs a GPU's kind of arithmetic; the others document what is not to be copied.
            if matches!(name.as_str(), "bf16_autocast_cpu" | "resume_from_17" | "checkpoint_content") {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let arguments = arguments(run, fixture.max_length);
            let outcome = fixture.run(&arguments, folder.path(), More::default());
            compare(name, run, &outcome);
            if let Some(files) = run["files_in_output_dir"].as_array() {
                let top = |file: &Value| file.as_str().unwrap().split('/').next().unwrap().to_owned();
                let mut want: Vec<String> =
                    files.iter().map(top).filter(|f| f.starts_with("checkpoint-")).collect();
                want.sort();
                want.dedup();
                let mut got: Vec<String> = std::fs::read_dir(folder.path())
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                    .collect();
                got.sort();
                assert_eq!(got, want, "{name}");
            }
            compared += 1;
        }
        assert!(compared >= 9, "{compared}");
    }
}

fn compare(name: &str, run: &Value, outcome: &Outcome) {
    let want = run["micro_batch_losses_as_returned"].as_array().unwrap();
    assert_eq!(outcome.losses.len(), want.len(), "{name}");
    // A large learning rate lets rounding grow from step to step.
    let tolerance = if name.starts_with("best") { 3e-2 } else { 2e-4 };
    for (index, (got, want)) in outcome.losses.iter().zip(want).enumerate() {
        let want = want.as_f64().unwrap();
        assert!((f64::from(*got) - want).abs() < tolerance, "{name}, loss {index}: {got} {want}");
    }
    assert_eq!(run["global_step"], outcome.state.global_step, "{name}");
    let want = run["log_history"].as_array().unwrap();
    let mut got = outcome.state.log_history.iter();
    for want in want {
        let want = want.as_object().unwrap();
        if want.contains_key("train_runtime") || want.contains_key("train_loss") {
            // What follows is an evaluation that the fixture's maker called by hand.
            break;
        }
        let entry = got.next().unwrap_or_else(|| panic!("{name}: no entry for {want:?}"));
        for (key, want) in want {
            if key.contains("runtime") || key.contains("per_second") {
                continue;
            }
            let number = entry.get(key).unwrap_or_else(|| panic!("{name}: no {key} in {entry:?}"));
            let (got, want) = (number.as_f64().unwrap(), want.as_f64().unwrap());
            let tolerance =
                if key == "learning_rate" || key == "epoch" { 1e-9 } else { tolerance * (1.0 + want.abs()) };
            assert!((got - want).abs() <= tolerance, "{name}: {key}: {got} {want}");
        }
    }
    if let Some(best) = run["best_model_checkpoint"].as_str() {
        assert!(outcome.state.best_model_checkpoint.as_ref().unwrap().ends_with(best), "{name}");
    }
}

#[test]
fn a_resumed_run_is_the_run_that_never_stopped_bit_by_bit() {
    let fixture = Fixture::all().remove(0);
    let run = &json(&fixture.root.join("trainer/runs.json"))["grad_accum_2"];
    let arguments = TrainingArguments { logging_steps: 5.0, ..arguments(run, fixture.max_length) };
    let whole_folder = tempfile::tempdir().unwrap();
    let whole = fixture.run(&arguments, whole_folder.path(), More::default());
    for stop_at in [1, 5, 8, 11] {
        let folder = tempfile::tempdir().unwrap();
        let stopped = fixture.run(&arguments, folder.path(), More { stop_at: Some(stop_at), resume: None });
        assert!(stopped.was_stopped);
        let resume = stopped.checkpoint.unwrap();
        let resumed = fixture.run(&arguments, folder.path(), More { stop_at: None, resume: Some(&resume) });
        assert_eq!(resumed.state.global_step, whole.state.global_step);
        for (a, b) in resumed.model.parameters().iter().zip(whole.model.parameters()) {
            assert!(a.data == b.data, "{} differs after a stop at {stop_at}", a.name);
        }
        let lasting = |outcome: &Outcome| -> Vec<String> {
            let entries = outcome.state.log_history.iter().filter(|entry| entry.contains_key("loss"));
            entries.map(|entry| format!("{entry:?}")).collect()
        };
        assert_eq!(lasting(&resumed), lasting(&whole));
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
            let more: Value =
                serde_json::from_str(&words.next().unwrap_or("{}").replace('\'', "\"")).unwrap();
            let given = |key: &str, default: f64| more[key].as_f64().unwrap_or(default);
            let schedule = Schedule {
                kind,
                warmup,
                total,
                learning_rate: 1.0,
                num_cycles: given("num_cycles", 1.0),
                power: given("power", 1.0),
                min_lr_rate: given("min_lr_rate", 0.1),
                num_decay_steps: given("num_decay_steps", 0.0) as u64,
            };
            for (step, want) in want.iter().enumerate() {
                let (got, want) = (schedule.factor(step as u64), want.as_f64().unwrap());
                assert!((got - want).abs() < 1e-9, "{name}, step {step}: {got} {want}");
            }
            compared += 1;
        }
        assert!(compared >= 27, "{compared}");
    }
}

#[test]
fn arguments_that_contradict_each_other_are_named() {
    let say = |change: fn(&mut TrainingArguments)| {
        let mut arguments = TrainingArguments::default();
        change(&mut arguments);
        arguments.check().unwrap_err().to_string()
    };
    assert_eq!(
        say(|a| a.per_device_train_batch_size = 0),
        "training argument per_device_train_batch_size: got 0, want 1 or more"
    );
    assert!(
        say(|a| a.load_best_model_at_end = true).starts_with("training argument save_strategy: got steps")
    );
    assert!(serde_json::from_str::<TrainingArguments>(r#"{"learning_rat": 1}"#).is_err());
}

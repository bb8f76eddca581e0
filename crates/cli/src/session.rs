//! One tracked training run, with its progress on the terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use trailmark_client::capture::{SystemSampler, environment};
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context};
use trailmark_core::{Edit, End, LogLine, ParamValue, Params, Recorder, Stream, Value};
use trailmark_encoder::{Head, Model, Threads};
use trailmark_qa::{Dataset, Tokenizer, WindowOptions};
use trailmark_tune::{Features, Job, Outcome, Progress, TrainingArguments, latest_checkpoint};

/// How often the machine is looked at.
const SYSTEM_INTERVAL: Duration = Duration::from_secs(10);

/// What all runs of one command share.
pub(crate) struct Session {
    pub(crate) repository: PathBuf,
    pub(crate) experiment: String,
    pub(crate) threads: Threads,
    pub(crate) stop: &'static AtomicBool,
}

/// The signal that asked to stop; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// Whether a signal asked to stop.
static STOP: AtomicBool = AtomicBool::new(false);

impl Session {
    /// Starts threads and listens for signals: the first asks to stop, the second ends the program at once.
    pub(crate) fn start(repository: PathBuf, experiment: &str, threads: Option<usize>) -> Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let mut signals =
            signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("listen for signals")?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                SIGNAL.store(signal, Ordering::Relaxed);
                if STOP.swap(true, Ordering::Relaxed) {
                    std::process::exit(i32::from(crate::INTERRUPTED));
                }
                eprintln!("stopping after this step, with a checkpoint; once more to stop at once");
            }
        })?;
        let available = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = Threads::new(threads.unwrap_or(available))?;
        Ok(Self { repository, experiment: experiment.to_owned(), threads, stop: &STOP })
    }
}

/// What one run trains.
pub(crate) struct Work<'a> {
    /// The folder that the first weights come from.
    pub(crate) model: &'a Path,
    pub(crate) tokenizer: &'a Tokenizer,
    pub(crate) train: &'a Dataset,
    pub(crate) eval: &'a Dataset,
    pub(crate) arguments: &'a TrainingArguments,
    /// What it is called on the terminal, and tagged with.
    pub(crate) label: &'a str,
    pub(crate) output_dir: &'a Path,
}

/// How a run ended.
pub(crate) struct Done {
    pub(crate) run: trailmark_core::RunId,
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

impl Session {
    /// Trains one model and tracks it; goes on from the newest checkpoint in `output_dir`.
    pub(crate) fn train(&self, work: &Work<'_>) -> Result<Done> {
        let known = run_of(work.output_dir)?;
        let resume = if known.is_some() { latest_checkpoint(work.output_dir)? } else { None };
        let run = Arc::new(Run::start(RunOptions {
            repository: self.repository.clone(),
            run: known.filter(|_| resume.is_some()),
            name: None,
            experiment: self.experiment.clone(),
        })?);
        remember_run(work.output_dir, run.id())?;
        let sampler = SystemSampler::start(run.clone(), SYSTEM_INTERVAL).context("sample the machine")?;
        describe(&*run, work)?;
        let result = self.compute(&run, work, resume);
        drop(sampler);
        let end = match &result {
            Ok(outcome) if outcome.was_stopped => End::Killed { signal: SIGNAL.load(Ordering::Relaxed) },
            Ok(_) => End::Finished,
            Err(error) => {
                End::Failed { exit_code: Some(i32::from(crate::FAILED)), message: format!("{error:#}") }
            }
        };
        if let Ok(outcome) = &result
            && outcome.diverged
        {
            run.edit(Edit::AddTag("diverged".to_owned()));
        }
        if let Err(loss) = run.finish(end) {
            eprintln!("warning: {loss}");
        }
        Ok(Done { run: run.id(), name: run.name().to_owned(), outcome: result? })
    }

    fn compute(&self, run: &Run, work: &Work<'_>, resume: Option<PathBuf>) -> Result<Outcome> {
        let loaded = Model::load_or_new_head(work.model, work.arguments.seed)?;
        trailmark_reader::check_fit(&loaded.model, work.tokenizer, work.model)?;
        if loaded.head == Head::Fresh && resume.is_none() {
            say(run, "the model has no question-answering head yet: a new one is trained");
        }
        if let Some(checkpoint) = &resume {
            say(run, &format!("going on from {}", checkpoint.display()));
        }
        let max_length = work
            .arguments
            .max_seq_length
            .min(work.tokenizer.model_max_length())
            .min(loaded.model.config().max_positions);
        let cut = WindowOptions { max_length, doc_stride: work.arguments.doc_stride.min(max_length / 2) };
        let features = |set: &Dataset| Features::new(set.examples.clone(), work.tokenizer, &cut);
        let (train, eval) = (features(work.train)?, features(work.eval)?);
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} steps, {eta} left {msg}");
        bar.set_style(style.context("draw a progress bar")?);
        bar.set_prefix(format!("{} ({})", run.name(), work.label));
        let mut loss_text = String::new();
        let mut watch = |progress: &Progress<'_>| match progress {
            Progress::Step { step, max_steps, loss } => {
                bar.set_length(*max_steps);
                bar.set_position(*step);
                loss_text = format!("loss {loss:.3}");
                bar.set_message(loss_text.clone());
            }
            Progress::Evaluating { done, all } => {
                bar.set_message(format!("{loss_text}, evaluating {done}/{all}"));
            }
            Progress::Evaluated { step, evaluation } => {
                let percent =
                    |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |n| format!("{n:.2}"));
                let (em, f1) = (percent(evaluation.exact_match), percent(evaluation.f1));
                let line = format!("step {step}: eval loss {:.4}, EM {em}, F1 {f1}", evaluation.loss);
                bar.suspend(|| say(run, &line));
            }
            Progress::Note(text) => bar.suspend(|| say(run, text)),
            _ => {}
        };
        let outcome = trailmark_tune::train(Job {
            arguments: work.arguments,
            model: loaded.model,
            tokenizer: Some(work.tokenizer),
            train: &train,
            eval: Some(&eval),
            output_dir: work.output_dir.to_owned(),
            resume_from_checkpoint: resume,
            recorder: run,
            watch: &mut watch,
            stop: self.stop,
            threads: &self.threads,
        });
        bar.finish_and_clear();
        Ok(outcome?)
    }
}

/// Says a line on standard error and in the run's log.
fn say(run: &dyn Recorder, text: &str) {
    eprintln!("{text}");
    let line = LogLine { stream: Stream::Stderr, text: text.to_owned() };
    run.track("logs", &Context::empty(), At::default(), Value::Log(line));
}

fn describe(run: &dyn Recorder, work: &Work<'_>) -> Result<()> {
    let value = serde_json::to_value(work.arguments).context("write training arguments")?;
    run.set_param(&["hparams"], param(&value));
    let text = |text: String| ParamValue::Text(text);
    run.set_param(&["model"], text(work.model.to_string_lossy().into_owned()));
    let counts: Params = [("train", work.train), ("eval", work.eval)]
        .into_iter()
        .map(|(name, set)| (format!("n_{name}_questions"), ParamValue::Int(set.examples.len() as i64)))
        .collect();
    run.set_param(&["data"], ParamValue::Map(counts));
    run.set_param(&["__system_params"], ParamValue::Map(environment()));
    Ok(())
}

fn param(value: &serde_json::Value) -> ParamValue {
    match value {
        serde_json::Value::Null => ParamValue::None,
        serde_json::Value::Bool(value) => ParamValue::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => ParamValue::Int(number),
            None => ParamValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => ParamValue::Text(text.clone()),
        serde_json::Value::Array(values) => ParamValue::List(values.iter().map(param).collect()),
        serde_json::Value::Object(map) => {
            ParamValue::Map(map.iter().map(|(key, value)| (key.clone(), param(value))).collect())
        }
    }
}

/// The file in an output folder that says which run made it.
const RUN_FILE: &str = "run.txt";

#[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads and writes files")]
fn run_of(output_dir: &Path) -> Result<Option<trailmark_core::RunId>> {
    match std::fs::read_to_string(output_dir.join(RUN_FILE)) {
        Ok(text) => Ok(Some(text.trim().parse().with_context(|| format!("read {}", output_dir.display()))?)),
        // No file, no earlier run.
        Err(_) => Ok(None),
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads and writes files")]
fn remember_run(output_dir: &Path, run: trailmark_core::RunId) -> Result<()> {
    std::fs::create_dir_all(output_dir)
        .and_then(|()| std::fs::write(output_dir.join(RUN_FILE), format!("{run}\n")))
        .with_context(|| format!("make a folder: {}", output_dir.display()))
}

/// A file's text.
#[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads and writes files")]
pub(crate) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read a file: {}", path.display()))
}

//! One tracked training run, with its progress on the terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use trailmark_client::capture::{SystemSampler, environment};
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{Edit, End, ParamValue, Params, Recorder, RunStatus};
use trailmark_encoder::{Head, Model, Threads};
use trailmark_qa::{Dataset, Tokenizer, WindowOptions};
use trailmark_store::{Repository, SeriesRow, Store as _, is_system};
use trailmark_tune::{Features, Job, Outcome, Progress, TrainingArguments, latest_checkpoint};

use crate::recipe::Recipe;
use crate::signals::{self, Manner};
use crate::terminal::{bar, log, record_in, say, warn};
use crate::{fs, packages};

/// How long the end of a run waits for its server.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often the machine is looked at.
const SYSTEM_INTERVAL: Duration = Duration::from_secs(10);

/// What all runs of one command share.
pub(crate) struct Session {
    pub(crate) repository: PathBuf,
    /// The server that gets the runs; the repository is its spool then.
    server: Option<Server>,
    pub(crate) experiment: String,
    pub(crate) threads: Threads,
}

impl Session {
    /// Starts threads and listens for signals.
    pub(crate) fn start(
        (repository, server): (PathBuf, Option<Server>),
        experiment: &str,
        threads: Option<usize>,
    ) -> Result<Self> {
        signals::listen()?;
        let threads = Threads::new(crate::threads(threads))?;
        Ok(Self { repository, server, experiment: experiment.to_owned(), threads })
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
    /// What the run is called; none for a memorable name.
    pub(crate) name: Option<String>,
    /// What it was made from: recorded, and saved with its checkpoints.
    pub(crate) recipe: Option<&'a Recipe>,
}

/// How a run ended.
pub(crate) struct Done {
    pub(crate) run: trailmark_core::RunId,
    pub(crate) name: String,
    pub(crate) outcome: Ending,
}

/// What a report says of a run beside its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// A signal stopped it before its end.
    pub(crate) was_stopped: bool,
    /// NaN, or no better than a blind guess.
    pub(crate) diverged: bool,
}

impl Session {
    /// Trains one model and tracks it. A run that finished in `output_dir` is passed over; one that was stopped or died
    /// goes on from its newest checkpoint.
    pub(crate) fn train(&self, work: &Work<'_>) -> Result<Done> {
        let _signals = signals::hold(Manner::AfterStep);
        fs::create_folder(work.output_dir)?;
        let Some(_held) = fs::hold(&work.output_dir.join(LOCK_FILE))? else {
            bail!("train: another writer holds it, want a folder of its own: {}", work.output_dir.display());
        };
        let known = run_of(work.output_dir)?.filter(|_| !work.arguments.overwrite_output_dir);
        if let Some(done) = known.and_then(|run| self.finished(run)) {
            say(&format!("{} ({}): finished before, passed over", done.name, work.label));
            return Ok(done);
        }
        let resume = if known.is_some() { latest_checkpoint(work.output_dir)? } else { None };
        let options = RunOptions {
            repository: self.repository.clone(),
            run: known.filter(|run| resume.is_some() || self.is_blank(*run)),
            name: work.name.clone(),
            experiment: self.experiment.clone(),
        };
        let run = Arc::new(match &self.server {
            Some(server) => Run::start_for(server, options)?,
            None => Run::start(options)?,
        });
        let recording = record_in(run.clone());
        let prepared = remember(work, run.id()).and_then(|()| describe(&*run, work));
        let sampler = SystemSampler::start(run.clone(), SYSTEM_INTERVAL).context("sample the machine")?;
        let result = prepared.and_then(|()| self.compute(&run, work, resume));
        drop(sampler);
        let end = match &result {
            Ok(ending) if ending.was_stopped => End::Killed { signal: signals::signal() },
            Ok(_) => End::Finished,
            Err(error) => {
                let message = format!("{error:#}");
                log(&format!("error: {message}"));
                End::Failed { exit_code: Some(i32::from(crate::FAILED)), message }
            }
        };
        if result.as_ref().is_ok_and(|ending| ending.diverged) {
            say("diverged: the loss is no better than a blind guess's");
            run.edit(Edit::AddTag(DIVERGED.to_owned()));
        }
        drop(recording);
        if let Err(loss) = run.finish(end) {
            warn(&loss.to_string());
        }
        self.tell_shipped(&run);
        Ok(Done { run: run.id(), name: run.name().to_owned(), outcome: result? })
    }

    /// Says what of a run is not at its server yet.
    fn tell_shipped(&self, run: &Run) {
        let Some((shipped, trouble)) = run.shipped(FAREWELL) else { return };
        if !shipped.is_whole && !shipped.is_gone {
            let trouble = trouble.unwrap_or_else(|| "the server is slow".to_owned());
            warn(&format!(
                "{}: {trouble}; it waits in {}: `trailmark sync` sends it",
                run.name(),
                self.repository.display()
            ));
        }
    }

    /// A run that the repository knows as finished.
    fn finished(&self, run: trailmark_core::RunId) -> Option<Done> {
        // A repository or a run that is not there any more is no reason not to train.
        let data = Repository::open(&self.repository).ok()?.read_run(run).ok()?;
        let diverged = data.tags.contains(DIVERGED);
        let outcome = Ending { was_stopped: false, diverged };
        (data.status == RunStatus::Ended(End::Finished)).then_some(Done { run, name: data.name, outcome })
    }

    /// Whether a run was stopped before it had a number of its own: then the same run begins once more.
    fn is_blank(&self, run: trailmark_core::RunId) -> bool {
        // As above: what cannot be read is left alone.
        let Some(row) = Repository::open(&self.repository).ok().and_then(|all| all.run(run).ok()) else {
            return false;
        };
        let was_stopped = matches!(row.status, RunStatus::Crashed | RunStatus::Ended(End::Killed { .. }));
        let is_own = |series: &SeriesRow| !is_system(&series.key) && series.last.is_some();
        was_stopped && !row.series.iter().any(is_own)
    }

    /// Computes as long as nobody asks to stop. The model lives no longer than this: its checkpoint holds it.
    fn compute(&self, run: &Run, work: &Work<'_>, resume: Option<PathBuf>) -> Result<Ending> {
        let stopped = Ending { was_stopped: true, diverged: false };
        match self.fit(run, work, resume) {
            Ok(outcome) => Ok(Ending { was_stopped: outcome.was_stopped, diverged: outcome.diverged }),
            Err(error) => match error.downcast_ref() {
                Some(trailmark_tune::Error::Stopped) => Ok(stopped),
                _ => Err(error),
            },
        }
    }

    fn fit(&self, run: &Run, work: &Work<'_>, resume: Option<PathBuf>) -> Result<Outcome> {
        let loaded = Model::load_or_new_head(work.model, work.arguments.seed)?;
        trailmark_reader::check_fit(&loaded.model, work.tokenizer, work.model)?;
        if loaded.head == Head::Fresh && resume.is_none() {
            say("the model has no question-answering head yet: a new one is trained");
        }
        if let Some(checkpoint) = &resume {
            say(&format!("going on from {}", checkpoint.display()));
        }
        let max_length = work
            .arguments
            .max_seq_length
            .min(work.tokenizer.model_max_length())
            .min(loaded.model.config().max_positions);
        if max_length < work.arguments.max_seq_length {
            let asked = work.arguments.max_seq_length;
            warn(&format!("windows of {max_length} tokens instead of {asked}: the model takes no more"));
        }
        let cut = WindowOptions { max_length, doc_stride: work.arguments.doc_stride.min(max_length / 2) };
        let stop = signals::stop();
        let features = |set: &Dataset| Features::new_unless(stop, set.examples.clone(), work.tokenizer, &cut);
        let (train, eval) = (features(work.train)?, features(work.eval)?);
        let template = "{prefix} {bar:24} {pos}/{len} steps, {eta} left {msg}";
        let bar = bar(template, format!("{} ({})", run.name(), work.label))?;
        if work.arguments.disable_tqdm {
            bar.hide();
        }
        let mut loss_text = String::new();
        let mut watch = |progress: &Progress<'_>| match progress {
            Progress::Step { step, max_steps, loss } => {
                bar.set(*step, *max_steps);
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
                say(&line);
            }
            Progress::Note(text) => say(text),
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
            stop,
            threads: &self.threads,
        });
        drop(bar);
        let outcome = outcome?;
        if let (Some(recipe), Some(checkpoint)) = (recipe_text(work)?, &outcome.checkpoint) {
            fs::replace(&checkpoint.join(RECIPE_FILE), recipe.as_bytes())?;
        }
        Ok(outcome)
    }
}

fn describe(run: &dyn Recorder, work: &Work<'_>) -> Result<()> {
    let value = serde_json::to_value(work.arguments).context("write training arguments")?;
    run.set_param(&["hparams"], param(&value));
    let folder = work.model.to_string_lossy().into_owned();
    let mut data = Params::new();
    if let Some(recipe) = work.recipe {
        let value = serde_json::to_value(&recipe.data).context("write a recipe")?;
        if let ParamValue::Map(map) = param(&value) {
            data = map;
        }
    }
    let model = work.recipe.map_or(folder.clone(), |recipe| recipe.model.clone());
    run.set_param(&["model"], ParamValue::Text(model));
    run.set_param(&["model_folder"], ParamValue::Text(folder));
    for (name, set) in [("train", work.train), ("eval", work.eval)] {
        data.insert(format!("n_{name}_questions"), ParamValue::Int(set.examples.len() as i64));
    }
    run.set_param(&["data"], ParamValue::Map(data));
    let mut system = environment();
    let packages = packages::versions().map(|(name, version)| (name.to_owned(), ParamValue::from(version)));
    match system.get_mut("packages") {
        Some(ParamValue::Map(map)) => map.extend(packages),
        _ => _ = system.insert("packages".to_owned(), ParamValue::Map(packages.collect())),
    }
    run.set_param(&["__system_params"], ParamValue::Map(system));
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

/// The tag of a run that learnt nothing.
pub(crate) const DIVERGED: &str = "diverged";
/// The file in an output folder that says which run made it.
const RUN_FILE: &str = "run.txt";
/// Locked while a run writes checkpoints there, so that no other one does.
const LOCK_FILE: &str = "run.lock";
/// The effective recipe, beside the checkpoints and in the one that the run ended with.
const RECIPE_FILE: &str = "recipe.toml";

pub(crate) fn run_of(output_dir: &Path) -> Result<Option<trailmark_core::RunId>> {
    let file = output_dir.join(RUN_FILE);
    let text = fs::read_text_if_any(&file)?;
    let read =
        |text: String| text.trim().parse().with_context(|| format!("read a run's id: {}", file.display()));
    text.map(read).transpose()
}

fn remember(work: &Work<'_>, run: trailmark_core::RunId) -> Result<()> {
    if let Some(recipe) = recipe_text(work)? {
        fs::replace(&work.output_dir.join(RECIPE_FILE), recipe.as_bytes())?;
    }
    fs::replace(&work.output_dir.join(RUN_FILE), format!("{run}\n").as_bytes())
}

/// The recipe of this very run: flags and grid put in.
fn recipe_text(work: &Work<'_>) -> Result<Option<String>> {
    let Some(recipe) = work.recipe else { return Ok(None) };
    let mut recipe = recipe.clone();
    recipe.training = work.arguments.clone();
    recipe.grid.clear();
    Ok(Some(toml::to_string(&recipe).context("write a recipe")?))
}

//! `trailmark train` and `trailmark sweep`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use trailmark_core::{ContentId, Context, RunId, SeriesKey};
use trailmark_qa::Tokenizer;
use trailmark_store::{Repository, best};
use trailmark_tune::TrainingArguments;

use crate::recipe::{Flags, Recipe};
use crate::session::{self, Session, Work};
use crate::signals::{self, Manner};
use crate::terminal::{print, say};
use crate::{DONE, Destination, FAILED, INTERRUPTED, fs, model, show};

/// Fine-tunes one model as a recipe, or flags, say.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark train recipes/minilm-1e-4.toml --train-file train.json --validation-file dev.json
  trailmark train --model distilbert/distilbert-base-uncased --train-file train.json --learning_rate 3e-5
  trailmark train recipes/minilm-1e-4.toml --train-file train.json --repo http://127.0.0.1:43800

The same command goes on with a run that was stopped. Flags win over the recipe, the recipe over defaults.")]
pub(crate) struct Train {
    #[command(flatten)]
    common: Common,
}

/// Fine-tunes one model for each combination of a recipe's [grid].
#[derive(Args)]
#[command(
    after_help = "Example: trailmark sweep recipes/squad-slice-minilm.toml --train-file train.json --json

A sweep that was stopped goes on with the same command: finished runs are passed over, a half one is resumed.
A run that fails or diverges does not stop the others; exit code 1 says that one failed."
)]
pub(crate) struct Sweep {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    flags: Flags,
    /// Threads that compute [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    destination: Destination,
}

pub(crate) fn train(train: &Train) -> Result<u8> {
    run(&train.common, false)
}

pub(crate) fn sweep(sweep: &Sweep) -> Result<u8> {
    run(&sweep.common, true)
}

fn run(common: &Common, is_sweep: bool) -> Result<u8> {
    let mut recipe = Recipe::load(&common.flags)?;
    if !is_sweep {
        recipe.grid.clear();
    }
    let name = recipe.training.run_name.take();
    let name = name.as_ref().and_then(|name| name.as_str());
    let combinations = recipe.combinations()?;
    let (repository, server) = common.destination.open()?;
    let folder = model::resolve(&recipe.model, &repository)?;
    let tokenizer = Tokenizer::load(&folder)?;
    let (train, eval) = recipe.data.load()?;
    let session = Session::start((repository.clone(), server), &recipe.experiment, common.threads)?;
    // A sweep that is stopped between two runs tells of those before.
    let _signals = signals::hold(Manner::AfterStep);
    let mut runs = Vec::new();
    let (mut was_stopped, mut n_failed) = (false, 0);
    for (label, arguments) in &combinations {
        if signals::is_stopped() {
            was_stopped = true;
            break;
        }
        let label = if label.is_empty() { "train" } else { label };
        let work = Work {
            model: &folder,
            tokenizer: &tokenizer,
            train: &train,
            eval: &eval,
            arguments,
            label,
            name: name.map(|name| if is_sweep { format!("{name} {label}") } else { name.to_owned() }),
            output_dir: &output_dir(&recipe, &repository, (label, arguments), is_sweep)?,
            recipe: Some(&recipe),
        };
        // A run that failed is recorded as such, and a sweep goes on.
        match session.train(&work) {
            Ok(one) => {
                was_stopped |= one.outcome.was_stopped;
                runs.push((label.to_owned(), one.run));
            }
            Err(error) if is_sweep => {
                say(&format!("error: {label}: {error:#}"));
                runs.extend(session::run_of(work.output_dir)?.map(|run| (label.to_owned(), run)));
                n_failed += 1;
            }
            Err(error) => return Err(error),
        }
        if was_stopped {
            break;
        }
    }
    report(common, &repository, &runs)?;
    Ok(match (was_stopped, n_failed) {
        (true, _) => INTERRUPTED,
        (false, 0) => DONE,
        (false, _) => FAILED,
    })
}

/// Where a run's checkpoints go: a folder for each way of training, so that the same command goes on and another one
/// begins anew. A `train` whose folder is named writes right there.
fn output_dir(
    recipe: &Recipe,
    repository: &Path,
    (label, arguments): (&str, &TrainingArguments),
    is_sweep: bool,
) -> Result<PathBuf> {
    let base = arguments.output_dir.clone().unwrap_or_else(|| repository.join("checkpoints"));
    fs::create_folder(&base)?;
    // Checkpoints are remembered by their paths: from another folder they must be found as well.
    let base = fs::canonical_if_any(&base).unwrap_or(base);
    if arguments.output_dir.is_some() && !is_sweep {
        return Ok(base);
    }
    // The same files are the same work, by whatever path they are named.
    let one = |name: &String| match fs::canonical_if_any(Path::new(name)) {
        Some(path) => path.to_string_lossy().into_owned(),
        None => name.clone(),
    };
    let mut data = recipe.data.clone();
    data.train_file = one(&data.train_file);
    data.validation_file = data.validation_file.as_ref().map(one);
    let arguments = TrainingArguments { output_dir: None, ..arguments.clone() };
    let what = (one(&recipe.model), data, arguments);
    let what = serde_json::to_vec(&what).context("write a recipe")?;
    let digest = ContentId::of(what).to_string();
    let name = format!("{}-{}", label.replace([' ', '='], "-"), &digest[..8]);
    Ok(base.join(&recipe.experiment).join(name))
}

fn report(common: &Common, repository: &Path, done: &[(String, RunId)]) -> Result<()> {
    let repository = Repository::open(repository)?;
    let mut runs = Vec::new();
    for (_, id) in done {
        runs.push(repository.read_run(*id)?);
    }
    let best = best(&runs, &"f1".parse()?, false).ok();
    if common.json {
        let best = best.map(|best| {
            let em = best.run.series.get(&SeriesKey::new("exact_match", Context::subset("eval")));
            let em = em.and_then(|em| em.numbers().find(|(step, _)| *step == best.step));
            json!({"id": best.run.id.to_string(), "checkpoint": best.checkpoint,
                   "exact_match": em.map(|(_, em)| show::number(em)), "f1": show::number(best.value)})
        });
        let runs: Vec<_> = runs.iter().map(show::run_json).collect();
        return print(&json!({"repo": repository.path(), "runs": runs, "best": best}).to_string());
    }
    let rows: Vec<Vec<String>> = done
        .iter()
        .zip(&runs)
        .map(|((label, _), run)| {
            let eval = |name: &str| show::last(run, &SeriesKey::new(name, Context::subset("eval")));
            let name = if run.name.is_empty() { run.id.to_string() } else { run.name.clone() };
            vec![name, label.clone(), eval("loss"), eval("exact_match"), eval("f1"), show::state(run)]
        })
        .collect();
    show::table(&["run", "arguments", "eval loss", "EM", "F1", "status"], &rows)?;
    if let Some(best) = best {
        print(&format!("best: {} at step {}, F1 {:.2}", best.run.name, best.step, best.value))?;
        if let Some(checkpoint) = best.checkpoint {
            print(&format!("checkpoint: {}", checkpoint.display()))?;
        }
    }
    print(&format!("repository: {}", repository.path().display()))
}

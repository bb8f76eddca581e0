//! `trailmark train` and `trailmark sweep`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use trailmark_core::{Context, SeriesKey};
use trailmark_qa::Tokenizer;
use trailmark_store::{Repository, best};

use crate::recipe::Recipe;
use crate::session::{Done, Session, Work};
use crate::{DONE, FAILED, INTERRUPTED, Place, model, show};

/// Fine-tunes one model as a recipe says.
#[derive(Args)]
#[command(after_help = "Example: trailmark train recipes/squad-slice-minilm.toml --set learning_rate=1e-4")]
pub(crate) struct Train {
    #[command(flatten)]
    common: Common,
}

/// Fine-tunes one model for each combination of a recipe's [grid].
#[derive(Args)]
#[command(after_help = "Example: trailmark sweep recipes/squad-slice-minilm.toml --json\n\n\
A sweep that was stopped goes on with the same command: finished runs are passed over, a half one is resumed.")]
pub(crate) struct Sweep {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// The recipe: model, data, training arguments under Hugging Face's names.
    recipe: PathBuf,
    /// Another value of a training argument.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    overrides: Vec<String>,
    /// Another model than the recipe's.
    #[arg(long)]
    model: Option<String>,
    /// Threads that compute; all cores without it.
    #[arg(long)]
    threads: Option<usize>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn train(train: &Train) -> Result<u8> {
    run(&train.common, false)
}

pub(crate) fn sweep(sweep: &Sweep) -> Result<u8> {
    run(&sweep.common, true)
}

fn run(common: &Common, is_sweep: bool) -> Result<u8> {
    let mut recipe = Recipe::load(&common.recipe, &common.overrides)?;
    if let Some(model) = &common.model {
        recipe.model.clone_from(model);
    }
    if !is_sweep {
        recipe.grid.clear();
    }
    let repository = common.place.path();
    let folder = model::resolve(&recipe.model, &repository)?;
    let tokenizer = Tokenizer::load(&folder)?;
    let combinations = recipe.combinations()?;
    let (train, eval) = recipe.data.load()?;
    let session = Session::start(repository.clone(), &recipe.experiment, common.threads)?;
    let output_dir = recipe.output_dir.clone().unwrap_or_else(|| repository.join("checkpoints"));
    let mut done = Vec::new();
    let mut was_stopped = false;
    for (label, arguments) in &combinations {
        let label = if label.is_empty() { "train" } else { label };
        let output_dir = output_dir.join(&recipe.experiment).join(label.replace([' ', '='], "-"));
        let work = Work {
            model: &folder,
            tokenizer: &tokenizer,
            train: &train,
            eval: &eval,
            arguments,
            label,
            output_dir: &output_dir,
        };
        // A run that failed is recorded as such, and a sweep goes on.
        match session.train(&work) {
            Ok(one) => {
                was_stopped |= one.outcome.was_stopped;
                done.push((label.to_owned(), one));
            }
            Err(error) if is_sweep => eprintln!("error: {label}: {error:#}"),
            Err(error) => return Err(error),
        }
        if was_stopped {
            break;
        }
    }
    report(common, &repository, &done)?;
    Ok(match (was_stopped, done.len() == combinations.len()) {
        (true, _) => INTERRUPTED,
        (false, true) => DONE,
        (false, false) => FAILED,
    })
}

fn report(common: &Common, repository: &std::path::Path, done: &[(String, Done)]) -> Result<()> {
    let repository = Repository::open(repository)?;
    let mut runs = Vec::new();
    for (_, one) in done {
        runs.push(repository.read_run(one.run)?);
    }
    let best = best(&runs, &"f1".parse()?, false);
    if common.json {
        let best = best.ok().map(|best| {
            let of = |name: &str| {
                let series = best.run.series.get(&SeriesKey::new(name, Context::subset("eval")));
                series
                    .and_then(|series| series.numbers().find(|(step, _)| *step == best.step))
                    .map(|(_, n)| n)
            };
            json!({"id": best.run.id.to_string(), "checkpoint": best.checkpoint,
                   "exact_match": of("exact_match"), "f1": best.value})
        });
        let runs: Vec<_> = runs.iter().map(show::run_json).collect();
        println!("{}", json!({"repo": repository.path(), "runs": runs, "best": best}));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = done
        .iter()
        .zip(&runs)
        .map(|((label, one), run)| {
            let eval = |name: &str| show::last(run, &SeriesKey::new(name, Context::subset("eval")));
            let state = if one.outcome.diverged { "diverged" } else { run.status.word() };
            vec![
                one.name.clone(),
                label.clone(),
                eval("loss"),
                eval("exact_match"),
                eval("f1"),
                state.to_owned(),
            ]
        })
        .collect();
    show::table(&["run", "arguments", "eval loss", "EM", "F1", "status"], &rows);
    if let Ok(best) = best {
        println!("best: {} at step {}, F1 {:.2}", best.run.name, best.step, best.value);
        if let Some(checkpoint) = best.checkpoint {
            println!("checkpoint: {}", checkpoint.display());
        }
    }
    println!("repository: {}", repository.path().display());
    Ok(())
}

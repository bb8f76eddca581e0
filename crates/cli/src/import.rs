//! `trailmark import`: runs that another tracker recorded, brought into the repository.

mod with_aim;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use trailmark_import::{
    AimSource, Board, Fate, ImportError, Problem, Report, Source, TensorboardSource, Watch, import,
};
use trailmark_store::Repository;

use crate::signals::{self, Manner};
use crate::terminal::{bar, print, say, warn};
use crate::{DONE, FAILED, INTERRUPTED, Place, show};

/// Brings runs of other trackers into the repository.
///
/// What is there already is left out: a second import adds nothing, an interrupted one goes on, and of a run that grew
/// only what is new is added. The source is only read, also while it is being written.
#[derive(Subcommand)]
pub(crate) enum Import {
    /// Brings all runs of a repository of Aim.
    #[command(after_help = AIM_EXAMPLES)]
    Aim(Aims),
    /// Brings the runs of TensorBoard's event files: each folder below PATH that has some is a run.
    ///
    /// Folders called train, validation, eval, test and the like are parts of the run around them, told apart by
    /// {subset: "train"}, {subset: "eval"} and {subset: "test"}. Files may be written meanwhile, cut or damaged: what can
    /// be read is taken.
    #[command(after_help = BOARD_EXAMPLES)]
    Tensorboard(Boards),
}

/// Which repository of Aim, and who reads it.
#[derive(Args)]
pub(crate) struct Aims {
    #[command(flatten)]
    from: From,
    /// Have the Aim that this interpreter has copy the runs, instead of reading its files here.
    ///
    /// Aim opens the repository as its own, and locks it; runs that crashed it may refuse.
    #[arg(long, value_name = "PYTHON", num_args = 0..=1, default_missing_value = "python3")]
    with_aim: Option<String>,
}

/// Which event files, and how they become runs.
#[derive(Args)]
pub(crate) struct Boards {
    #[command(flatten)]
    from: From,
    /// Make each folder a run of its own, as TensorBoard shows them.
    #[arg(long)]
    flat: bool,
    /// The experiment that the runs belong to; default: the name of the folder around each.
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
}

/// From where to where.
#[derive(Args)]
pub(crate) struct From {
    /// What is read.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Print the report as a JSON object.
    #[arg(long)]
    json: bool,
}

const AIM_EXAMPLES: &str = "Examples:
  trailmark import aim ~/project/.aim
  trailmark import aim . --repo runs
  trailmark import aim . --with-aim venv/bin/python

Exit codes: 0 everything is there, 1 something could not be read (the report says what; the rest is there), 130 stopped
by Ctrl-C (the same command goes on).";

const BOARD_EXAMPLES: &str = "Examples:
  trailmark import tensorboard logs
  trailmark import tensorboard lightning_logs --repo runs --experiment segmentation
  trailmark import tensorboard logs --flat

Exit codes: 0 everything is there, 1 something could not be read (the report says what; the rest is there), 130 stopped
by Ctrl-C (the same command goes on).";

pub(crate) fn run(asked: &Import) -> Result<u8> {
    match asked {
        Import::Aim(Aims { from, with_aim: Some(python) }) => with_aim::bring(from, python),
        Import::Aim(Aims { from, with_aim: None }) => bring(&mut AimSource::open(&from.path)?, from),
        Import::Tensorboard(Boards { from, flat, experiment }) => {
            let board = Board { is_flat: *flat, experiment: experiment.clone() };
            bring(&mut TensorboardSource::open(&from.path, board)?, from)
        }
    }
}

/// Imports a source under a progress bar and tells what came of it.
fn bring(source: &mut dyn Source, from: &From) -> Result<u8> {
    signals::listen()?;
    let _held = signals::hold(Manner::Soon);
    let repository = Repository::open_or_create(&from.place.path())?;
    let bar = bar("{prefix} {bar:24} {msg}, {eta} left", "importing".to_owned())?;
    let mut progress = |progress: &trailmark_import::Progress| {
        bar.set(progress.bytes_done, progress.bytes);
        let (done, all) = (progress.n_runs_done, progress.n_runs);
        bar.set_message(format!("{done}/{all} runs, {} points", progress.n_points));
    };
    let done = import(source, &repository, &mut Watch { stop: signals::stop(), progress: &mut progress });
    drop(bar);
    let report = match done {
        Ok(report) => report,
        Err(ImportError::Stopped) => {
            say("stopped; the same command goes on");
            return Ok(INTERRUPTED);
        }
        Err(error) => return Err(error.into()),
    };
    if from.json {
        print(&json_of(&report).to_string())?;
    } else {
        tell(&report);
    }
    Ok(if report.n_problems() == 0 { DONE } else { FAILED })
}

fn tell(report: &Report) {
    for problem in &report.problems {
        warn(&line(problem));
    }
    for run in &report.runs {
        for problem in &run.problems {
            warn(&format!("{}: {}", run.id, line(problem)));
        }
        match run.fate {
            Fate::Deleted => say(&format!("{}: was deleted here, and stays so", run.id)),
            Fate::Unreadable => warn(&format!("{}: nothing of it could be read", run.id)),
            Fate::Running => say(&format!("{}: is being recorded here, left alone", run.id)),
            _ => {}
        }
    }
    if report.n_more_problems > 0 {
        warn(&format!("{} more problems are not listed", report.n_more_problems));
    }
    let n_of = |fate| show::count(report.n_runs(fate), "run");
    say(&format!(
        "{} new, {} grown, {} as before: {} added, {} that could not be read",
        n_of(Fate::New),
        report.n_runs(Fate::Grown),
        report.n_runs(Fate::Same),
        show::count(report.n_points(), "point"),
        report.n_problems(),
    ));
}

fn line(problem: &Problem) -> String {
    match problem.place.as_str() {
        "" => problem.reason.clone(),
        place => format!("{}: {place}", problem.reason),
    }
}

fn json_of(report: &Report) -> serde_json::Value {
    let problems = |problems: &[Problem]| {
        let each = problems.iter().map(|problem| json!({"place": problem.place, "reason": problem.reason}));
        each.collect::<Vec<_>>()
    };
    let runs = report.runs.iter().map(|run| {
        json!({
            "id": run.id.to_string(), "name": run.called, "fate": run.fate.word(), "points": run.n_points,
            "problems": problems(&run.problems),
        })
    });
    json!({
        "runs": runs.collect::<Vec<_>>(),
        "points": report.n_points(),
        "problems": problems(&report.problems),
        "more_problems": report.n_more_problems,
    })
}

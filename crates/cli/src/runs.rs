//! `trailmark runs`: lists and shows runs here; what changes and exports them lies beside.

mod change;
mod diff;
mod export;
pub(crate) mod tabular;
mod transfer;

use std::mem::ManuallyDrop;
use std::str::FromStr;

use anyhow::Result;
use clap::{Args, Subcommand};
use trailmark_core::{Context, RunId, SeriesKey, Value};
use trailmark_store::{Repository, RunData, each_leaf};

use crate::show::Listed;
use crate::terminal::{print, say, warn};
use crate::{DONE, Place, complete, search, show};

/// Digits of an id in a list, unless more are needed to tell two apart.
const ID_DIGITS: usize = 10;
/// Log lines that are shown unless all are asked for.
const LOG_LINES: usize = 20;
/// The beginning of names that people seldom look for: the machine, not the model.
const SYSTEM: &str = "__";

/// Lists, shows, changes and exports tracked runs.
#[derive(Subcommand)]
pub(crate) enum Runs {
    /// Lists runs, oldest first.
    Ls(Ls),
    /// Shows one run: params, metrics, the end of its log.
    Show(Show),
    /// Shows runs side by side: what differs, and which answers were fixed or broken.
    Diff(diff::Diff),
    /// Adds tags to runs, or removes them.
    Tag(change::Tag),
    /// Gives runs another name, experiment, description or note.
    Set(change::Set),
    /// Shows or replaces the notes of runs.
    Note(change::Note),
    /// Puts runs out of sight: not listed by default, never the best.
    Archive(change::Chosen),
    /// Brings archived or deleted runs back.
    Restore(change::Restore),
    /// Deletes runs; they can be restored.
    Rm(change::Remove),
    /// Copies runs to another repository; again, to add what is new.
    Cp(transfer::Copy),
    /// Moves runs to another repository.
    Mv(transfer::Move),
    /// Writes what runs recorded as CSV, JSON lines, Parquet or Arrow.
    Export(export::Export),
}

#[derive(Args)]
pub(crate) struct Ls {
    /// Only runs for which an expression holds: run.hparams.learning_rate < 1e-3
    #[arg(short, long, value_name = "EXPRESSION", add = complete::run_expressions())]
    query: Option<String>,
    #[command(flatten)]
    cut: search::Cut,
    /// List archived runs too.
    #[arg(long)]
    all: bool,
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The run's id, its first digits, or its name.
    #[arg(add = complete::runs())]
    run: String,
    /// How many lines of the log's end, or all.
    #[arg(long, value_name = "LINES|all", default_value_t = Log::Last(LOG_LINES))]
    log: Log,
    /// Show what is known of the machine too.
    #[arg(long)]
    system: bool,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// How much of a log is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    All,
    Last(usize),
}

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::Last).map_err(|_| "want a number of lines, or all".to_owned()),
        }
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Last(lines) => lines.fmt(f),
        }
    }
}

pub(crate) fn run(runs: &Runs) -> Result<u8> {
    match runs {
        Runs::Ls(ls) => list(ls),
        Runs::Show(one) => show_one(one),
        Runs::Diff(one) => diff::diff(one),
        Runs::Tag(tag) => change::tag(tag),
        Runs::Set(set) => change::set(set),
        Runs::Note(note) => change::note(note),
        Runs::Archive(chosen) => change::archive(chosen),
        Runs::Restore(chosen) => change::restore(chosen),
        Runs::Rm(remove) => change::remove(remove),
        Runs::Cp(copy) => transfer::copy(copy),
        Runs::Mv(relocate) => transfer::relocate(relocate),
        Runs::Export(export) => export::export(export),
    }
}

fn list(ls: &Ls) -> Result<u8> {
    // Never given back: that takes long for many runs, and the command ends.
    let repository = ManuallyDrop::new(Repository::open(&ls.place.path())?);
    let (rows, n_hidden) = match &ls.query {
        Some(query) => (search::sorted_runs(&repository, query, ls.all, &ls.cut)?, 0),
        None if !ls.cut.is_whole() => (search::sorted_runs(&repository, "", ls.all, &ls.cut)?, 0),
        None => {
            let mut rows = repository.rows()?;
            search::tell_unread(rows.iter().map(|row| &**row));
            let n_all = rows.len();
            rows.retain(|row| ls.all || !row.is_archived);
            let n_hidden = n_all - rows.len();
            (rows, n_hidden)
        }
    };
    let runs: Vec<Listed<'_>> = rows.iter().map(|row| Listed::from(&**row)).collect();
    if ls.json {
        print(&show::array(runs.iter().map(Listed::json)))?;
        return Ok(DONE);
    }
    if runs.is_empty() && n_hidden == 0 {
        say(match ls.query {
            Some(_) => "no run matches",
            None => "no runs yet: trailmark train, sweep or demo makes some",
        });
    }
    table(&runs)?;
    if n_hidden > 0 {
        let are = if n_hidden == 1 { "is" } else { "are" };
        say(&format!("{} {are} not listed: --all", show::count(n_hidden, "archived run")));
    }
    Ok(DONE)
}

/// Prints runs, a line each.
pub(crate) fn table(runs: &[Listed<'_>]) -> Result<()> {
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let digits = digits(&ids);
    let table: Vec<Vec<String>> = runs.iter().map(|run| cells(run, digits)).collect();
    show::table(&["id", "name", "experiment", "status", "eval loss", "EM", "F1", "tags"], &table)
}

fn cells(run: &Listed<'_>, digits: usize) -> Vec<String> {
    let tags: Vec<&str> = run.tags.iter().map(String::as_str).collect();
    vec![
        run.id.to_string().chars().take(digits).collect(),
        run.name.to_owned(),
        run.experiment.to_owned(),
        run.status.to_string(),
        run.eval("loss"),
        run.eval("exact_match"),
        run.eval("f1"),
        tags.join(","),
    ]
}

/// How many digits tell these ids from each other.
pub(crate) fn digits(ids: &[RunId]) -> usize {
    let mut texts: Vec<String> = ids.iter().map(RunId::to_string).collect();
    texts.sort();
    let shared = |pair: &[String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    let most = texts.windows(2).map(shared).max().unwrap_or(0);
    (most + 1).max(ID_DIGITS)
}

fn show_one(one: &Show) -> Result<u8> {
    let run = Repository::open(&one.place.path())?.find(&one.run)?;
    for problem in &run.problems {
        warn(&problem.to_string());
    }
    if one.json {
        print(&show::run_json(&run).to_string())?;
        return Ok(DONE);
    }
    print(&format!("{} {} ({}, {})", run.id, run.name, run.experiment, show::state(&run)))?;
    let mut params = Vec::new();
    each_leaf(&run.params, &mut |path, value| {
        if one.system || !path.starts_with(SYSTEM) {
            params.push(vec![path.to_owned(), value.to_string()]);
        }
    });
    show::table(&["param", "value"], &params)?;
    let metrics: Vec<Vec<String>> = run
        .series
        .iter()
        .filter(|(key, _)| one.system || !key.name.starts_with(SYSTEM))
        .filter_map(|(key, series)| {
            let (min, max) = series.range()?;
            let count = series.points.len().to_string();
            Some(vec![key.to_string(), number(series.last()?), number(min), number(max), count])
        })
        .collect();
    print("")?;
    show::table(&["metric", "last", "min", "max", "points"], &metrics)?;
    log(&run, one.log)?;
    Ok(DONE)
}

/// Numbers of any size in few digits.
pub(crate) fn number(number: f64) -> String {
    if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
        format!("{number:.4}")
    } else {
        format!("{number:.3e}")
    }
}

fn log(run: &RunData, log: Log) -> Result<()> {
    let Some(series) = run.series.get(&SeriesKey::new("logs", Context::empty())) else { return Ok(()) };
    let n_lines = series.points.len();
    let n_shown = match log {
        Log::All => n_lines,
        Log::Last(lines) => lines.min(n_lines),
    };
    if n_shown == 0 {
        return Ok(());
    }
    let of = if n_shown < n_lines {
        format!(" (last {n_shown} of {n_lines} lines; --log all)")
    } else {
        String::new()
    };
    print(&format!("\nlog{of}"))?;
    for point in &series.points[n_lines - n_shown..] {
        if let Value::Log(line) = &point.value {
            print(&format!("  {}", line.text))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shown_with_as_many_digits_as_tell_them_apart() {
        let id = |random: u8| RunId::from_parts(7, [random, 0, 0, 0, 0, 0]);
        assert_eq!(digits(&[id(1)]), ID_DIGITS);
        let (a, b) = (id(0x10).to_string(), id(0x11).to_string());
        let n = digits(&[id(0x10), id(0x11)]);
        assert!(a[..n] != b[..n] && a[..n - 1] == b[..n - 1], "{a} {b} {n}");
    }

    #[test]
    fn numbers_of_any_size_are_short() {
        let texts = [0.0, 42.5, 0.00004, f64::NAN].map(number);
        assert_eq!(texts, ["0.0000", "42.5000", "4.000e-5", "NaN"]);
    }
}

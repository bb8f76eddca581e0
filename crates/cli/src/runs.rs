//! `trailmark runs ls` and `trailmark runs show`.

use anyhow::Result;
use clap::{Args, Subcommand};
use trailmark_core::{Context, SeriesKey, Value};
use trailmark_store::Repository;

use crate::{DONE, Place, show};

/// Lists and shows tracked runs.
#[derive(Subcommand)]
pub(crate) enum Runs {
    /// Lists runs, oldest first.
    Ls(Ls),
    /// Shows one run: params, metrics, log.
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Ls {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The run's id, its first digits, or its name.
    run: String,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(runs: &Runs) -> Result<u8> {
    match runs {
        Runs::Ls(ls) => list(ls),
        Runs::Show(one) => show_one(one),
    }
}

fn list(ls: &Ls) -> Result<u8> {
    let runs = Repository::open(&ls.place.path())?.read_all()?;
    if ls.json {
        println!("{}", serde_json::Value::from(runs.iter().map(show::run_json).collect::<Vec<_>>()));
        return Ok(DONE);
    }
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            let eval = |name: &str| show::last(run, &SeriesKey::new(name, Context::subset("eval")));
            let tags: Vec<&str> = run.tags.iter().map(String::as_str).collect();
            vec![
                run.id.to_string()[..10].to_owned(),
                run.name.clone(),
                run.experiment.clone(),
                run.status.to_string(),
                eval("loss"),
                eval("exact_match"),
                eval("f1"),
                tags.join(","),
            ]
        })
        .collect();
    show::table(&["id", "name", "experiment", "status", "eval loss", "EM", "F1", "tags"], &rows)?;
    Ok(DONE)
}

fn show_one(one: &Show) -> Result<u8> {
    let run = Repository::open(&one.place.path())?.find(&one.run)?;
    if one.json {
        println!("{}", show::run_json(&run));
        return Ok(DONE);
    }
    println!("{} {} ({}, {})", run.id, run.name, run.experiment, run.status);
    for problem in &run.problems {
        eprintln!("warning: {problem}");
    }
    for (key, value) in run.params.iter().filter(|(key, _)| !key.starts_with("__")) {
        println!("{key}: {value}");
    }
    let rows: Vec<Vec<String>> = run
        .series
        .iter()
        .filter_map(|(key, series)| {
            let (min, max) = series.range()?;
            let number = |number: f64| format!("{number:.4}");
            let count = series.points.len().to_string();
            Some(vec![key.to_string(), number(series.last()?), number(min), number(max), count])
        })
        .collect();
    println!();
    show::table(&["metric", "last", "min", "max", "points"], &rows)?;
    if let Some(log) = run.series.get(&SeriesKey::new("logs", Context::empty())) {
        println!();
        for point in &log.points {
            if let Value::Log(line) = &point.value {
                println!("{}", line.text);
            }
        }
    }
    Ok(DONE)
}

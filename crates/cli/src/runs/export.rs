//! `trailmark runs export`: the points of runs, for other programs.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::json;
use trailmark_core::{ParamValue, RunId, SeriesKey, Value};
use trailmark_store::{PointRow, Repository, RunData};

use crate::terminal::say;
use crate::{DONE, Place, fs, search, show};

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// Ids, their first digits, or names; all runs without one.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// Only runs for which an expression holds.
    #[arg(short, long, value_name = "EXPRESSION", conflicts_with = "runs")]
    query: Option<String>,
    /// Only series of this name; may be given again.
    #[arg(long, value_name = "NAME")]
    metric: Vec<String>,
    /// The form.
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
    /// The file, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "Examples:
  trailmark runs export calm-fox --metric loss > loss.csv
  trailmark runs export -q 'run.experiment == \"squad\"' > squad.csv
  trailmark runs export --format jsonl --out all.jsonl

Columns: run, name, experiment, metric, context, step, epoch, time (unix seconds), value.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Numbers as comma-separated values with a head.
    Csv,
    /// Numbers and texts as a JSON object a line.
    Jsonl,
}

pub(crate) fn export(export: &Export) -> Result<u8> {
    let repository = Repository::open(&export.place.path())?;
    let ids: Vec<RunId> = match (export.runs.as_slice(), &export.query) {
        ([], None) => repository.rows()?.iter().map(|row| row.id).collect(),
        (_, Some(query)) => search::runs(&repository, query, true)?.iter().map(|row| row.id).collect(),
        (some, None) => some.iter().map(|text| repository.find_id(text)).collect::<Result<Vec<_>, _>>()?,
    };
    let mut out: Box<dyn Write> = match &export.out {
        Some(path) => Box::new(std::io::BufWriter::new(fs::create(path)?)),
        None => Box::new(std::io::BufWriter::new(std::io::stdout().lock())),
    };
    let n_points = match write_all(export, &repository, &ids, &mut *out) {
        // A reader that has seen enough ends the program quietly.
        Err(error) if is_closed_pipe(&error) => return Ok(DONE),
        result => result.context("write the points")?,
    };
    if let Some(path) = &export.out {
        say(&format!("wrote {n_points} points: {}", path.display()));
    }
    Ok(DONE)
}

/// Writes the points of runs; says how many.
fn write_all(export: &Export, repository: &Repository, ids: &[RunId], out: &mut dyn Write) -> Result<u64> {
    if export.format == Form::Csv {
        writeln!(out, "run,name,experiment,metric,context,step,epoch,time,value")?;
    }
    let wanted = |key: &SeriesKey| export.metric.is_empty() || export.metric.contains(&key.name);
    let mut n_points = 0;
    for id in ids {
        let run = repository.read_run(*id)?;
        for (key, series) in run.series.iter().filter(|(key, _)| wanted(key)) {
            for point in &series.points {
                n_points += u64::from(write(out, export.format, &run, key, point)?);
            }
        }
    }
    out.flush()?;
    Ok(n_points)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Writes a point; says whether its kind has a place in the form.
fn write(out: &mut dyn Write, form: Form, run: &RunData, key: &SeriesKey, point: &PointRow) -> Result<bool> {
    let value = match &point.value {
        Value::Float(number) => show::number(*number),
        Value::Int(number) => json!(number),
        Value::Text(text) if form == Form::Jsonl => json!(text),
        _ => return Ok(false),
    };
    let context = show::param(&ParamValue::Map(key.context.as_params().clone()));
    let (id, time) = (run.id.to_string(), point.time.unix_secs());
    match form {
        Form::Csv => {
            let context = context.to_string();
            let texts = [id.as_str(), &run.name, &run.experiment, &key.name, &context].map(show::field);
            let epoch = point.epoch.map_or_else(String::new, |epoch| epoch.to_string());
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "{},{},{epoch},{time},{value}", texts.join(","), point.step.0)?;
        }
        Form::Jsonl => {
            let line = json!({
                "run": id, "name": run.name, "experiment": run.experiment, "metric": key.name, "context": context,
                "step": point.step.0, "epoch": point.epoch.map(show::number), "time": time, "value": value,
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(true)
}

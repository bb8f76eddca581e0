//! `trailmark query`: runs or series for which an expression holds.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use trailmark_core::{ParamValue, Step};
use trailmark_query::Kind;
use trailmark_store::{Repository, RunRow, SeriesRow};

use crate::runs::tabular::{Form, write_objects};
use crate::search::{self, Cut, Found, Item};
use crate::show::{self, Listed};
use crate::terminal::{print, say};
use crate::{DONE, Place, complete, fs, runs};

/// Finds runs, or the metrics, texts, images, files, answers … of runs, by an expression.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Query {
    /// A Python expression over run alone, or over run and one of metric, texts, images, audios, figures,
    /// distributions, log_records, artifacts, answers.
    #[arg(add = complete::any_expressions())]
    expression: String,
    /// How the result looks.
    ///
    /// By the name of --out where it says one.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cut: Cut,
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "Examples:
  trailmark query 'run.hparams.learning_rate < 1e-3 and \"diverged\" not in run.tags'
  trailmark query 'metric.name == \"f1\" and metric.last > 80' --format csv
  trailmark query 'run.metrics[\"loss\", {\"subset\": \"eval\"}].last < 1' --format json
  trailmark query 'run.status == \"finished\"' --sort '-run.metrics[\"f1\"].max, run.name' --limit 10
  trailmark query 'answers.exact == 0 and answers.f1 > 0.8' --sort answers.question_key
  trailmark query 'artifacts.bytes > 1e9' --sort -artifacts.bytes
  trailmark query 'metric.name == \"loss\"' --out loss.parquet

An unknown name is an error that shows where it stands and which name is nearest.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// An array.
    Json,
    /// Comma-separated values with a head.
    Csv,
    /// A Parquet file, as --out says.
    Parquet,
    /// An Arrow IPC file, as --out says.
    Arrow,
}

pub(crate) fn run(query: &Query) -> Result<u8> {
    // Never given back: that would take as long as a search of many runs, and the command ends.
    let repository = ManuallyDrop::new(Repository::open(&query.place.path())?);
    let found = search::any(&repository, &query.expression, &query.cut)?;
    let by_name = query.out.as_deref().and_then(Form::of).map(|form| match form {
        Form::Csv => Format::Csv,
        Form::Jsonl => Format::Json,
        Form::Parquet => Format::Parquet,
        Form::Arrow => Format::Arrow,
    });
    let format = query.format.or(by_name).unwrap_or(Format::Table);
    if let Some(path) = &query.out {
        return write(format, path, &found);
    }
    if matches!(format, Format::Parquet | Format::Arrow) {
        bail!("write what was found: Parquet and Arrow are no texts: want --out FILE");
    }
    match found {
        Found::Runs(rows) => show_runs(format, &rows.iter().map(|row| &**row).collect::<Vec<_>>())?,
        Found::Items(kind, found) => {
            let found: Vec<(&RunRow, &Item)> = found.iter().map(|(run, item)| (&**run, item)).collect();
            show_items(format, kind, &found)?;
        }
    }
    Ok(DONE)
}

/// Writes what was found as a file.
fn write(format: Format, path: &Path, found: &Found) -> Result<u8> {
    let objects: Vec<Value> = match found {
        Found::Runs(rows) => rows.iter().map(|row| Listed::from(&**row).json()).collect(),
        Found::Items(_, items) => items.iter().map(|(run, item)| json(run, item)).collect(),
    };
    let form = match format {
        Format::Csv | Format::Table => Form::Csv,
        Format::Json => Form::Jsonl,
        Format::Parquet => Form::Parquet,
        Format::Arrow => Form::Arrow,
    };
    let mut out = std::io::BufWriter::new(fs::create(path)?);
    let n_rows = write_objects(form, &objects, &mut out).context("write what was found")?;
    say(&format!("wrote {n_rows} rows: {}", path.display()));
    Ok(DONE)
}

fn show_runs(format: Format, rows: &[&RunRow]) -> Result<()> {
    let listed: Vec<Listed<'_>> = rows.iter().map(|row| Listed::from(*row)).collect();
    match format {
        Format::Json => print(&show::array(listed.iter().map(Listed::json))),
        Format::Table => {
            say(&show::count(rows.len(), "run"));
            runs::table(&listed)
        }
        _ => {
            print("run,name,experiment,status,created_at")?;
            for row in rows {
                let texts = [row.name.as_str(), &row.experiment, row.status.word()].map(show::field);
                print(&format!("{},{},{}", row.id, texts.join(","), row.created.unix_secs()))?;
            }
            Ok(())
        }
    }
}

fn show_items(format: Format, kind: Kind, found: &[(&RunRow, &Item)]) -> Result<()> {
    if format == Format::Json {
        return print(&show::array(found.iter().map(|(run, item)| json(run, item))));
    }
    let of_kind: &[&str] = match kind {
        Kind::Metrics => &["series", "points", "last step", "last", "min", "max"],
        Kind::Artifacts => &["file", "bytes", "hash", "uri"],
        Kind::Answers => &["step", "question", "answer", "score", "exact", "f1"],
        _ => &["series", "points", "first step", "last step"],
    };
    let head = [&["run", "run name"], of_kind].concat();
    let rows: Vec<Vec<String>> = found.iter().map(|(run, item)| cells(run, kind, item)).collect();
    if format == Format::Table {
        say(&match kind {
            Kind::Artifacts => show::count(rows.len(), "file"),
            Kind::Answers => show::count(rows.len(), "answer"),
            _ => format!("{} series", rows.len()),
        });
        return show::table(&head, &rows);
    }
    print(&head.join(",").replace(' ', "_"))?;
    rows.iter()
        .try_for_each(|row| print(&row.iter().map(|cell| show::field(cell)).collect::<Vec<_>>().join(",")))
}

/// An item as an object; numbers that JSON has not are texts.
fn json(run: &RunRow, item: &Item) -> Value {
    let mut object = match item {
        Item::Series(row) => json!({
            "name": row.key.name,
            "context": show::param(&ParamValue::Map(row.key.context.as_params().clone())),
            "count": row.count, "first_step": row.first_step.0, "last_step": row.last_step.0,
            "last": row.last.map(show::number),
            "min": of_place(row.min).map(show::number), "max": of_place(row.max).map(show::number),
        }),
        Item::Artifact { name, file, uri } => json!({
            "name": name, "bytes": file.as_ref().map(|(n_bytes, _)| n_bytes),
            "hash": file.as_ref().map(|(_, id)| id), "uri": Some(uri).filter(|uri| !uri.is_empty()),
        }),
        Item::Answer(tracked, question) => {
            let answer = &tracked.answer;
            json!({
                "step": tracked.step.0, "question_key": answer.question_key, "question": question,
                "golds": answer.golds, "answer": answer.best.text, "score": show::number(answer.best.score),
                "null_score": answer.null_score.map(show::number),
                "exact": show::number(answer.exact_match), "f1": show::number(answer.f1),
                "millis": show::number(answer.millis),
            })
        }
    };
    if let Value::Object(object) = &mut object {
        object.insert("run".to_owned(), run.id.to_string().into());
        object.insert("run_name".to_owned(), run.name.as_str().into());
        object.insert("experiment".to_owned(), run.experiment.as_str().into());
    }
    object
}

fn of_place(place: Option<(Step, f64)>) -> Option<f64> {
    place.map(|(_, value)| value)
}

fn cells(run: &RunRow, kind: Kind, item: &Item) -> Vec<String> {
    let of_item = match item {
        Item::Series(row) => of_series(kind, row),
        Item::Artifact { name, file, uri } => {
            let (n_bytes, id) = file.clone().map_or_else(Default::default, |(n, id)| (n.to_string(), id));
            vec![name.clone(), n_bytes, id, uri.clone()]
        }
        Item::Answer(tracked, question) => {
            let answer = &tracked.answer;
            vec![
                tracked.step.0.to_string(),
                question.clone().unwrap_or_else(|| answer.question_key.clone()),
                answer.best.text.clone(),
                format!("{:.4}", answer.best.score),
                answer.exact_match.to_string(),
                format!("{:.4}", answer.f1),
            ]
        }
    };
    [vec![run.id.to_string(), run.name.clone()], of_item].concat()
}

fn of_series(kind: Kind, row: &SeriesRow) -> Vec<String> {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    let (name, count, last_step) = (row.key.to_string(), row.count.to_string(), row.last_step.0.to_string());
    if kind != Kind::Metrics {
        return vec![name, count, row.first_step.0.to_string(), last_step];
    }
    vec![name, count, last_step, number(row.last), number(of_place(row.min)), number(of_place(row.max))]
}

//! `trailmark query`: runs or series for which an expression holds.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use trailmark_core::{ParamValue, Step};
use trailmark_store::{Repository, RunRow, SeriesRow};

use crate::search::{self, Found};
use crate::show::{self, Listed};
use crate::terminal::{print, say};
use crate::{DONE, Place, runs};

/// Finds runs, metrics or texts by an expression.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Query {
    /// A Python expression over run, metric or texts.
    expression: String,
    /// How the result looks.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "Examples:
  trailmark query 'run.hparams.learning_rate < 1e-3 and \"diverged\" not in run.tags'
  trailmark query 'metric.name == \"f1\" and metric.last > 80' --format csv
  trailmark query 'run.metrics[\"loss\", {\"subset\": \"eval\"}].last < 1' --format json

An unknown name is an error that shows where it stands and which name is nearest.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// An array.
    Json,
    /// Comma-separated values with a head.
    Csv,
}

pub(crate) fn run(query: &Query) -> Result<u8> {
    let repository = Repository::open(&query.place.path())?;
    match search::any(&repository, &query.expression)? {
        Found::Runs(rows) => show_runs(query.format, &rows.iter().map(|row| &**row).collect::<Vec<_>>())?,
        Found::Series(found) => {
            show_series(query.format, &found.iter().map(|(run, row)| (&**run, row)).collect::<Vec<_>>())?;
        }
    }
    Ok(DONE)
}

fn show_runs(format: Format, rows: &[&RunRow]) -> Result<()> {
    let listed: Vec<Listed<'_>> = rows.iter().map(|row| Listed::from(*row)).collect();
    match format {
        Format::Json => print(&Value::from(listed.iter().map(Listed::json).collect::<Vec<_>>()).to_string()),
        Format::Table => {
            say(&format!("{} runs", rows.len()));
            runs::table(&listed)
        }
        Format::Csv => {
            print("run,name,experiment,status,created_at")?;
            for row in rows {
                let texts = [row.name.as_str(), &row.experiment, row.status.word()].map(show::field);
                print(&format!("{},{},{}", row.id, texts.join(","), row.created.unix_secs()))?;
            }
            Ok(())
        }
    }
}

fn show_series(format: Format, found: &[(&RunRow, &SeriesRow)]) -> Result<()> {
    if format == Format::Json {
        let objects = found.iter().map(|(run, row)| {
            json!({
                "run": run.id.to_string(), "run_name": run.name, "experiment": run.experiment, "name": row.key.name,
                "context": show::param(&ParamValue::Map(row.key.context.as_params().clone())),
                "count": row.count, "last_step": row.last_step.0, "last": row.last.map(show::number),
                "min": of_place(row.min).map(show::number), "max": of_place(row.max).map(show::number),
            })
        });
        return print(&Value::from(objects.collect::<Vec<_>>()).to_string());
    }
    let head = ["run", "run name", "series", "points", "last step", "last", "min", "max"];
    let rows: Vec<Vec<String>> = found.iter().map(|(run, row)| cells(run, row)).collect();
    if format == Format::Table {
        say(&format!("{} series", rows.len()));
        return show::table(&head, &rows);
    }
    print(&head.join(",").replace(' ', "_"))?;
    rows.iter()
        .try_for_each(|row| print(&row.iter().map(|cell| show::field(cell)).collect::<Vec<_>>().join(",")))
}

fn of_place(place: Option<(Step, f64)>) -> Option<f64> {
    place.map(|(_, value)| value)
}

fn cells(run: &RunRow, row: &SeriesRow) -> Vec<String> {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    vec![
        run.id.to_string(),
        run.name.clone(),
        row.key.to_string(),
        row.count.to_string(),
        row.last_step.0.to_string(),
        number(row.last),
        number(of_place(row.min)),
        number(of_place(row.max)),
    ]
}

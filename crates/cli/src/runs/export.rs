//! `trailmark runs export`: what runs recorded, for other programs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use trailmark_core::{Answer, ContentId, ParamValue, RunId, SeriesKey, Value};
use trailmark_store::{PointRow, Repository, RunData, Series, each_leaf, is_system, micros};

use super::tabular::{Cell, Column, Form, Kind, Rows};
use crate::terminal::say;
use crate::{DONE, Place, complete, fs, search, show};

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    /// Ids, their first digits, or names; all runs without one.
    #[arg(value_name = "RUN", add = complete::runs())]
    runs: Vec<String>,
    /// Only runs for which an expression holds.
    #[arg(short, long, value_name = "EXPRESSION", conflicts_with = "runs", add = complete::run_expressions())]
    query: Option<String>,
    /// What a row is.
    #[arg(long, value_enum, default_value_t = Table::Points)]
    table: Table,
    /// Only series of this name; may be given again.
    #[arg(long, value_name = "NAME", add = complete::metrics())]
    metric: Vec<String>,
    /// The form; by the file's name where it says one, else CSV.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// The file, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "Examples:
  trailmark runs export calm-fox --metric loss > loss.csv
  trailmark runs export -q 'run.experiment == \"squad\"' -o squad.parquet
  trailmark runs export --table runs -o runs.csv
  trailmark runs export --table answers calm-fox --format jsonl | head

Columns of points: run, name, experiment, metric, context, step, epoch, time (unix seconds), value.
Of runs: run, name, experiment, status, created, ended, tags, each param as a.b.c, and of each metric NAME{context}.last, .min, .max.
JSON lines have texts among the points too; the other forms have them in the table texts.";

/// What a row of an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// A number at a step.
    Points,
    /// A run with its params and metrics.
    Runs,
    /// A text or a log line.
    Texts,
    /// An answered question.
    Answers,
}

pub(crate) fn export(export: &Export) -> Result<u8> {
    let repository = Repository::open(&export.place.path())?;
    let ids: Vec<RunId> = match (export.runs.as_slice(), &export.query) {
        ([], None) => repository.rows()?.iter().map(|row| row.id).collect(),
        (_, Some(query)) => search::runs(&repository, query, true)?.iter().map(|row| row.id).collect(),
        (some, None) => some.iter().map(|text| repository.find_id(text)).collect::<Result<Vec<_>, _>>()?,
    };
    let by_name = export.out.as_deref().and_then(Form::of);
    let form = export.format.or(by_name).unwrap_or(Form::Csv);
    if matches!(form, Form::Parquet | Form::Arrow) && export.out.is_none() {
        bail!("export runs: Parquet and Arrow are no texts: want --out FILE");
    }
    let mut out: Box<dyn Write + Send> = match &export.out {
        Some(path) => Box::new(std::io::BufWriter::new(fs::create(path)?)),
        None => Box::new(std::io::BufWriter::new(std::io::stdout())),
    };
    let mut n_unread = 0;
    let n_rows = match write_all(export, (form, &mut n_unread), (&repository, &ids), &mut *out) {
        // A reader that has seen enough ends the program quietly.
        Err(error) if is_closed_pipe(&error) => return Ok(DONE),
        result => result.context("write the export")?,
    };
    if export.query.is_some() {
        // One that an expression does not find may not be found for what of it is lost.
        let rows = repository.rows()?;
        n_unread = n_unread.max(rows.iter().filter(|row| !row.problems.is_empty()).count());
    }
    search::warn_unread(n_unread);
    if let Some(path) = &export.out {
        let what =
            export.table.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        say(&format!("wrote {n_rows} {what}: {}", path.display()));
    }
    Ok(DONE)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Writes a table; says how many rows it has, and of how many runs something could not be read.
fn write_all(
    export: &Export,
    (form, n_unread): (Form, &mut usize),
    (repository, ids): (&Repository, &[RunId]),
    out: &mut (dyn Write + Send),
) -> Result<u64> {
    if export.table == Table::Runs {
        let runs = ids.iter().map(|id| repository.read_run(*id)).collect::<Result<Vec<_>, _>>()?;
        *n_unread = runs.iter().filter(|run| !run.problems.is_empty()).count();
        return write_runs(form, &runs, out);
    }
    let mut rows = Rows::begin(form, columns(export.table), out)?;
    let wanted = |key: &SeriesKey| export.metric.is_empty() || export.metric.contains(&key.name);
    for id in ids {
        let run = repository.read_run(*id)?;
        *n_unread += usize::from(!run.problems.is_empty());
        let texts = if export.table == Table::Answers { texts(repository, &run)? } else { BTreeMap::new() };
        for (key, series) in run.series.iter().filter(|(key, _)| wanted(key)) {
            for point in &series.points {
                let cells = match export.table {
                    Table::Answers => answer(&run, point, &texts),
                    Table::Texts => text(point).map(|value| of_point(&run, key, point, value)),
                    Table::Points | Table::Runs => {
                        number(form, point).map(|value| of_point(&run, key, point, value))
                    }
                };
                if let Some(cells) = cells {
                    rows.push(cells)?;
                }
            }
        }
    }
    rows.end()
}

fn columns(table: Table) -> Vec<Column> {
    use Kind::{Float, Int, Text, Time};
    let columns: &[(&str, Kind)] = match table {
        Table::Answers => &[
            ("run", Text),
            ("name", Text),
            ("step", Int),
            ("time", Time),
            ("id", Text),
            ("question", Text),
            ("context", Text),
            ("golds", Text),
            ("answer", Text),
            ("start", Int),
            ("end", Int),
            ("score", Float),
            ("null_score", Float),
            ("exact_match", Float),
            ("f1", Float),
            ("milliseconds", Float),
        ],
        _ => &[
            ("run", Text),
            ("name", Text),
            ("experiment", Text),
            (if table == Table::Texts { "series" } else { "metric" }, Text),
            ("context", Text),
            ("step", Int),
            ("epoch", Float),
            ("time", Time),
            ("value", if table == Table::Texts { Text } else { Float }),
        ],
    };
    columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

fn of_point(run: &RunData, key: &SeriesKey, point: &PointRow, value: Cell) -> Vec<Cell> {
    let context = show::param(&ParamValue::Map(key.context.as_params().clone()));
    vec![
        Cell::Text(run.id.to_string()),
        Cell::Text(run.name.clone()),
        Cell::Text(run.experiment.clone()),
        Cell::Text(key.name.clone()),
        Cell::Tree(context),
        Cell::Int(point.step.0),
        point.epoch.map_or(Cell::Missing, Cell::Float),
        Cell::Time(micros(point.time)),
        value,
    ]
}

fn number(form: Form, point: &PointRow) -> Option<Cell> {
    match &point.value {
        Value::Float(number) => Some(Cell::Float(*number)),
        Value::Int(number) => Some(Cell::Int(*number)),
        Value::Text(text) if form == Form::Jsonl => Some(Cell::Text(text.clone())),
        _ => None,
    }
}

fn text(point: &PointRow) -> Option<Cell> {
    match &point.value {
        Value::Text(text) => Some(Cell::Text(text.clone())),
        Value::Log(line) => Some(Cell::Text(line.text.clone())),
        Value::LogRecord(record) => Some(Cell::Text(record.message.clone())),
        _ => None,
    }
}

/// The questions and contexts of a run's answers.
fn texts(repository: &Repository, run: &RunData) -> Result<BTreeMap<ContentId, String>> {
    let mut texts = BTreeMap::new();
    for pack in &run.packs {
        texts.extend(repository.texts(pack)?);
    }
    Ok(texts)
}

fn answer(run: &RunData, point: &PointRow, texts: &BTreeMap<ContentId, String>) -> Option<Vec<Cell>> {
    let Value::Answer(answer) = &point.value else { return None };
    let Answer { question_key, question, context, golds, best, null_score, exact_match, f1, millis, .. } =
        &**answer;
    let text = |id: &ContentId| texts.get(id).map_or(Cell::Missing, |text| Cell::Text(text.clone()));
    Some(vec![
        Cell::Text(run.id.to_string()),
        Cell::Text(run.name.clone()),
        Cell::Int(point.step.0),
        Cell::Time(micros(point.time)),
        Cell::Text(question_key.clone()),
        text(question),
        text(context),
        Cell::Tree(golds.clone().into()),
        Cell::Text(best.text.clone()),
        Cell::Int(i64::from(best.start)),
        Cell::Int(i64::from(best.end)),
        Cell::Float(best.score),
        null_score.map_or(Cell::Missing, Cell::Float),
        Cell::Float(*exact_match),
        Cell::Float(*f1),
        Cell::Float(*millis),
    ])
}

/// A row a run: what it is called, its params and what its metrics came to.
fn write_runs(form: Form, runs: &[RunData], out: &mut (dyn Write + Send)) -> Result<u64> {
    let params: Vec<BTreeMap<String, ParamValue>> = runs.iter().map(flat).collect();
    let mut of_params: BTreeMap<&str, Kind> = BTreeMap::new();
    for (path, value) in params.iter().flatten() {
        let kind = kind_of(value);
        let known = of_params.entry(path).or_insert(kind);
        *known = match (*known, kind) {
            (a, b) if a == b => a,
            (Kind::Int | Kind::Float, Kind::Int | Kind::Float) => Kind::Float,
            _ => Kind::Text,
        };
    }
    let keys: BTreeSet<&SeriesKey> = runs.iter().flat_map(metrics).collect();
    let mut columns: Vec<Column> = [
        ("run", Kind::Text),
        ("name", Kind::Text),
        ("experiment", Kind::Text),
        ("status", Kind::Text),
        ("created", Kind::Time),
        ("ended", Kind::Time),
        ("tags", Kind::Text),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into();
    columns.extend(of_params.iter().map(|(path, kind)| ((*path).to_owned(), *kind)));
    for key in &keys {
        columns.extend(["last", "min", "max"].map(|what| (format!("{key}.{what}"), Kind::Float)));
    }
    let mut rows = Rows::begin(form, columns, out)?;
    for (run, params) in runs.iter().zip(&params) {
        let tags: Vec<&str> = run.tags.iter().map(String::as_str).collect();
        let mut cells = vec![
            Cell::Text(run.id.to_string()),
            Cell::Text(run.name.clone()),
            Cell::Text(run.experiment.clone()),
            Cell::Text(run.status.word().to_owned()),
            Cell::Time(micros(run.created)),
            run.ended.map_or(Cell::Missing, |time| Cell::Time(micros(time))),
            Cell::Tree(tags.into()),
        ];
        cells.extend(of_params.iter().map(|(path, kind)| param(params.get(*path), *kind)));
        for key in &keys {
            let series = run.series.get(*key);
            let range = series.and_then(Series::range);
            let numbers =
                [series.and_then(Series::last), range.map(|range| range.0), range.map(|range| range.1)];
            cells.extend(numbers.map(|number| number.map_or(Cell::Missing, Cell::Float)));
        }
        rows.push(cells)?;
    }
    rows.end()
}

fn metrics(run: &RunData) -> impl Iterator<Item = &SeriesKey> {
    let numbers = run.series.iter().filter(|(key, series)| !is_system(key) && series.last().is_some());
    numbers.map(|(key, _)| key)
}

/// Params but those of the machine, as `a.b.c`.
fn flat(run: &RunData) -> BTreeMap<String, ParamValue> {
    let mut flat = BTreeMap::new();
    each_leaf(&run.params, &mut |path, value| {
        if !path.starts_with("__") {
            flat.insert(path.to_owned(), value.clone());
        }
    });
    flat
}

fn kind_of(value: &ParamValue) -> Kind {
    match value {
        ParamValue::Int(_) => Kind::Int,
        ParamValue::Float(_) => Kind::Float,
        _ => Kind::Text,
    }
}

fn param(value: Option<&ParamValue>, kind: Kind) -> Cell {
    match (value, kind) {
        (None | Some(ParamValue::None), _) => Cell::Missing,
        (Some(ParamValue::Int(number)), Kind::Int) => Cell::Int(*number),
        (Some(ParamValue::Int(number)), Kind::Float) => Cell::Float(*number as f64),
        (Some(ParamValue::Float(number)), Kind::Float) => Cell::Float(*number),
        (Some(ParamValue::Text(text)), _) => Cell::Text(text.clone()),
        (Some(value), _) => Cell::Tree(show::param(value)),
    }
}

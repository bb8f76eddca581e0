//! `GET /api/v1/extract`: runs as a reader of the repository itself has them, for programs that read elsewhere.
//!
//! Everything is as fresh as the disk and exact: whole numbers, NaN, nanoseconds, every point. The bytes are
//! [`trailmark_store::Extract`]'s.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use trailmark_core::{Params, RunId, SeriesKey, WallTime};
use trailmark_query::Clock;
use trailmark_store::{
    Columns, Data, Error as StoreError, ExtractWriter, Found, Kind as SeriesKind, Points, Question, RunRow,
    SeriesRow, ask, objects_of, points_of,
};
use utoipa::IntoParams;

use crate::app::App;
use crate::document::Binary;
use crate::error::ApiError;
use crate::face;
use crate::find::Kind;
use crate::parameter::{Count, Flag, List};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.trailmark.extract";

/// Runs of one answer at most.
const MOST_RUNS: usize = 1000;
/// An answer ends after the run that makes it longer.
const MOST_BYTES: usize = 16 << 20;
/// Points of a series in one answer at most.
const MOST_POINTS: usize = 1 << 21;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// Whole ids of runs, divided by commas: these runs in this order, deleted ones too; one that is not there is left out.
    #[serde(default)]
    #[param(value_type = String, format = "whole-run-ids", pattern = "^(,|[0-9a-f]{24}(,|$))*$")]
    runs: List,
    /// Without `runs`: an expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// What the expression speaks of: runs with all their series, or with the series that match.
    #[serde(default)]
    #[param(inline)]
    kind: Kind,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
    /// What is told of each run beside itself, of `params`, `artifacts`, `series`, `points` and `objects`, divided by commas.
    #[serde(default)]
    #[param(value_type = String, pattern = "^(,|(params|artifacts|series|points|objects)(,|$))*$")]
    with: List,
    /// Only these series: a list of `{"name", "context"}` in JSON.
    #[param(format = "series-names", example = "[]")]
    series: Option<String>,
    /// Only points of this step or later.
    from: Option<i64>,
    /// After which run to go on: what the answer before said.
    #[param(pattern = "^-?[0-9]{1,18}\\.[0-9a-f]{24}$")]
    after: Option<String>,
    /// Runs of the answer at most; 1,000 are the most.
    #[param(inline, default = json!(MOST_RUNS))]
    limit: Option<Count>,
}

/// Which parts of a run are told.
#[derive(Debug, Default)]
struct Parts {
    params: bool,
    artifacts: bool,
    series: bool,
    points: bool,
    objects: bool,
    only: Option<Vec<serde_json::Value>>,
    from: Option<i64>,
}

/// `GET /api/v1/extract`.
#[utoipa::path(
    get, path = "/api/v1/extract", operation_id = "extract", tag = "Runs",
    summary = "Runs whole and exact, for programs that read them elsewhere",
    params(Request),
    responses((status = 200, description = "The runs, in the bytes that `docs/http.md` describes.",
        content((Binary = "application/vnd.trailmark.extract")))),
)]
pub(crate) fn extract(app: &App, request: &Request) -> Result<Vec<u8>, ApiError> {
    let parts = request.parts()?;
    let limit = request.limit.map_or(MOST_RUNS, Count::n).clamp(1, MOST_RUNS);
    // What makes no sense is told also where named runs leave it without a use.
    let after = request.after.as_deref().map(place_of).transpose()?;
    match request.runs.0.is_empty() {
        true => found(app, request, &parts, (limit, after)),
        false => named(app, request, &parts, limit),
    }
}

/// The runs that were named, in that order; one that is not there is left out.
fn named(app: &App, request: &Request, parts: &Parts, limit: usize) -> Result<Vec<u8>, ApiError> {
    let ids = request.runs.0.iter().map(|text| text.parse::<RunId>());
    let ids: Vec<RunId> =
        ids.collect::<Result<_, _>>().map_err(|error| ApiError::bad(format!("extract runs: {error}")))?;
    let mut writer = ExtractWriter::new();
    for (place, id) in ids.iter().enumerate() {
        if place == limit || writer.n_bytes() > MOST_BYTES {
            return Ok(writer.finish(Some(&id.to_string()), None));
        }
        let told = app.store.run(*id).map_err(ApiError::from).and_then(|row| {
            let series: Vec<&SeriesRow> = row.series.iter().collect();
            parts.write(app, &mut writer, &row, &series)
        });
        unless_gone(told)?;
    }
    Ok(writer.finish(None, None))
}

/// Passes over a run that is not there, or not any more.
fn unless_gone(told: Result<(), ApiError>) -> Result<(), ApiError> {
    match told {
        Err(ApiError::Store(StoreError::NoRun { .. })) => Ok(()),
        Err(ApiError::Store(StoreError::Io { source, .. }))
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(())
        }
        told => told,
    }
}

/// The runs that a query finds, newest first, after the one that `after` names.
fn found(
    app: &App,
    request: &Request,
    parts: &Parts,
    (limit, after): (usize, Option<(i64, RunId)>),
) -> Result<Vec<u8>, ApiError> {
    app.snapshots.refresh()?;
    let snapshot = app.snapshots.fresh()?;
    let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
    let clock = Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs };
    let kind = request.kind.to_query();
    let question = Question { kind, text: &request.q, takes_archived: request.archived.0 };
    let Found { runs, problems } = ask(&snapshot.runs, &snapshot.schema(), clock, question)?;
    let mut writer = ExtractWriter::new();
    let mut last = None;
    let rest = runs.iter().filter(|(item, _)| after.is_none_or(|after| place(&item.row) < after));
    for (n_runs, (item, keys)) in rest.enumerate() {
        if n_runs == limit || writer.n_bytes() > MOST_BYTES {
            let next = last.map(|(nanos, id)| format!("{nanos}.{id}"));
            return Ok(writer.finish(next.as_deref(), problems.as_deref()));
        }
        let row = &item.row;
        let series: Vec<&SeriesRow> = match kind {
            trailmark_query::Kind::Runs => row.series.iter().collect(),
            _ => keys.iter().filter_map(|key| row.series(key)).collect(),
        };
        unless_gone(parts.write(app, &mut writer, row, &series))?;
        last = Some(place(row));
    }
    Ok(writer.finish(None, problems.as_deref()))
}

/// Where a run stands among all.
fn place(row: &Arc<RunRow>) -> (i64, RunId) {
    (row.created.nanos(), row.id)
}

fn place_of(text: &str) -> Result<(i64, RunId), ApiError> {
    let place = text.split_once('.').and_then(|(nanos, id)| Some((nanos.parse().ok()?, id.parse().ok()?)));
    place.ok_or_else(|| ApiError::bad(format!("go on after a run: got {text:?}, want what an answer said")))
}

impl Request {
    fn parts(&self) -> Result<Parts, ApiError> {
        let mut parts = Parts { from: self.from, ..Parts::default() };
        for word in &self.with.0 {
            match word.as_str() {
                "params" => parts.params = true,
                "artifacts" => parts.artifacts = true,
                "series" => parts.series = true,
                "points" => parts.points = true,
                "objects" => parts.objects = true,
                other => {
                    return Err(ApiError::bad(format!(
                        "extract runs: got {other:?}, want params, artifacts, series, points or objects"
                    )));
                }
            }
        }
        parts.series |= parts.points || parts.objects;
        let only = self.series.as_deref().map(serde_json::from_str).transpose();
        parts.only = only.map_err(|error| {
            ApiError::bad(format!(
                "extract runs: got {:?} for series, want a JSON list: {error}",
                self.series
            ))
        })?;
        Ok(parts)
    }
}

impl Parts {
    /// Whether a series is one of those that are told.
    fn has(&self, row: &SeriesRow) -> bool {
        let Some(only) = &self.only else { return self.series };
        let is_named = |one: &&serde_json::Value| {
            one.get("name").and_then(serde_json::Value::as_str) == Some(&row.key.name)
        };
        let mut of_name = only.iter().filter(is_named).peekable();
        if of_name.peek().is_none() {
            return false;
        }
        let context = serde_json::to_value(face::context(&row.key.context)).unwrap_or_default();
        self.series && of_name.any(|one| one.get("context") == Some(&context))
    }

    fn write(
        &self,
        app: &App,
        writer: &mut ExtractWriter,
        row: &RunRow,
        series: &[&SeriesRow],
    ) -> Result<(), ApiError> {
        let params = if self.params { app.store.params(row.id)? } else { Params::new() };
        let series: Vec<&SeriesRow> = series.iter().copied().filter(|row| self.has(row)).collect();
        let mut data: Vec<Data> = series.iter().map(|_| Data::None).collect();
        let places = |is_number: bool| {
            let of_kind = |row: &SeriesRow| (row.kind == SeriesKind::Number) == is_number;
            let is_wanted = if is_number { self.points } else { self.objects };
            let places = series.iter().enumerate().filter(move |(_, row)| is_wanted && of_kind(row));
            places.map(|(place, _)| place).collect::<Vec<usize>>()
        };
        let keys = |places: &[usize]| -> Vec<SeriesKey> {
            places.iter().filter_map(|place| series.get(*place)).map(|row| (*row.key).clone()).collect()
        };
        let (numbers, others) = (places(true), places(false));
        if !numbers.is_empty() {
            for (place, points) in
                numbers.iter().zip(points_of(&*app.store, row.id, &keys(&numbers), Columns::ALL)?)
            {
                data[*place] = cut(points.between(self.from, None));
            }
        }
        if !others.is_empty() {
            for (place, objects) in others.iter().zip(objects_of(&*app.store, row.id, &keys(&others))?) {
                data[*place] = Data::Objects(objects);
            }
        }
        writer.run(row, &params, self.artifacts, series.len());
        series.iter().zip(&data).for_each(|(row, data)| writer.series(row, data));
        Ok(())
    }
}

fn cut(points: Points) -> Data {
    match points.steps.get(MOST_POINTS) {
        Some(first_left) => {
            let last = first_left.saturating_sub(1);
            Data::Points { points: points.between(None, Some(last)), goes_on: true }
        }
        None => Data::Points { points, goes_on: false },
    }
}

//! `GET /api/v1/runs`, one run, and the table as CSV.

use std::time::Instant;

use serde::Deserialize;
use trailmark_core::ParamValue;
use trailmark_store::RunItem;
use utoipa::IntoParams;

use crate::app::App;
use crate::diagnosis;
use crate::dto::{self, ParamTree};
use crate::error::ApiError;
use crate::face;
use crate::field::{Cell, Field, Sort};
use crate::fields;
use crate::find::{Find, Kind};
use crate::parameter::{Count, Flag, OfRun};

/// Runs of one answer, without a wish.
const LIMIT: usize = 500;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Fields divided by commas, `-` before one for the other direction: `created_at`, `ended_at`, `name`, `experiment`,
    /// `status`, `duration`, `params.PATH`, `metrics.NAME{context}.last|min|max`.
    #[serde(default)]
    #[param(format = "sort", example = "-created_at,name")]
    sort: String,
    /// Sorts by values of the query language instead.
    #[serde(default)]
    #[param(format = "order", example = "run.name")]
    order: String,
    /// How many runs to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Runs of the answer at most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/runs`.
#[utoipa::path(
    get, path = "/api/v1/runs", operation_id = "list_runs", tag = "Runs",
    summary = "The runs that a query finds",
    description = "Archived runs are left out unless `archived=1`, or the query speaks of `run.archived`. Runs without \
        a field that is sorted by come last. Newest first, unless said.",
    params(Request),
    responses(
        (status = 200, description = "The runs.", body = dto::Runs),
    ),
)]
pub(crate) fn list(app: &App, request: &Request) -> Result<dto::Runs, ApiError> {
    let began = Instant::now();
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Runs, request.archived.0)?;
    let sort = Sort::parse(&request.sort)?;
    let mut runs = find.runs_in_order(&snapshot, &request.order)?;
    sort.apply(&mut runs);
    let page = runs.iter().skip(request.offset.n()).take(request.limit.map_or(LIMIT, Count::n));
    let faces = page.map(|item| face::run(app, item)).collect::<Result<Vec<_>, _>>()?;
    Ok(dto::Runs {
        total: runs.len() as u64,
        took_millis: began.elapsed().as_secs_f64() * 1e3,
        cursor: snapshot.cursor.clone(),
        runs: faces,
    })
}

/// `GET /api/v1/runs/{id}`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}", operation_id = "run", tag = "Runs",
    summary = "One run, with all that is known of it",
    description = "System metrics are not among `metrics`; `system` tells the program and the machine that made it.",
    params(OfRun),
    responses(
        (status = 200, description = "The run.", body = dto::RunDetail),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn one(app: &App, id: &str) -> Result<dto::RunDetail, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let item = snapshot.find(id)?;
    let of_experiment = |other: &&std::sync::Arc<RunItem>| {
        other.row.experiment == item.row.experiment && (!other.row.is_archived || other.id() == item.id())
    };
    let siblings: Vec<&RunItem> = snapshot.runs.iter().filter(of_experiment).map(|item| &**item).collect();
    let system = match app.store.params(item.id())?.remove("__system_params") {
        Some(ParamValue::Map(system)) => system,
        _ => Default::default(),
    };
    Ok(dto::RunDetail {
        run: face::run(app, item)?,
        system: ParamTree(system),
        series: item.row.series.iter().map(face::series).collect(),
        artifacts: item.row.artifacts.values().filter(|artifact| !artifact.is_deleted).count() as u64,
        note: item.row.note.clone(),
        problems: item.row.problems.iter().map(ToString::to_string).collect(),
        diagnosis: diagnosis::diagnose(app, item, &siblings)?,
        siblings: fields::siblings(&siblings),
    })
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CsvRequest {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Fields divided by commas, `-` before one for the other direction: `created_at`, `ended_at`, `name`, `experiment`,
    /// `status`, `duration`, `params.PATH`, `metrics.NAME{context}.last|min|max`.
    #[serde(default)]
    #[param(format = "sort", example = "-created_at,name")]
    sort: String,
    /// Sorts by values of the query language instead.
    #[serde(default)]
    #[param(format = "order", example = "run.name")]
    order: String,
    /// Fields as in `sort`, and `id`, `description`, `tags`, `updated_at`, `archived`; without them every field there is.
    #[serde(default)]
    #[param(format = "fields", example = "id,name,created_at")]
    columns: String,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/runs.csv`: RFC 4180, with the fields as the first line.
#[utoipa::path(
    get, path = "/api/v1/runs.csv", operation_id = "runs_csv", tag = "Runs",
    summary = "The table of runs as CSV",
    params(CsvRequest),
    responses(
        (status = 200, description = "A line of names, then a line a run (RFC 4180).", body = String, content_type = "text/csv"),
    ),
)]
pub(crate) fn csv(app: &App, request: &CsvRequest) -> Result<String, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Runs, request.archived.0)?;
    let sort = Sort::parse(&request.sort)?;
    let mut runs = find.runs_in_order(&snapshot, &request.order)?;
    sort.apply(&mut runs);
    let names: Vec<String> = match request.columns.is_empty() {
        true => all_columns(&runs.iter().map(|item| &***item).collect::<Vec<_>>()),
        false => crate::field::split(&request.columns).into_iter().map(str::to_owned).collect(),
    };
    let columns = names.iter().map(|name| Field::parse(name)).collect::<Result<Vec<_>, _>>()?;
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    line(&mut names.iter().cloned());
    for item in runs {
        line(&mut columns.iter().map(|column| match column.of(item) {
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text,
            Cell::None => String::new(),
        }));
    }
    Ok(text)
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Every field that the runs have.
fn all_columns(runs: &[&RunItem]) -> Vec<String> {
    let plain =
        ["id", "name", "experiment", "status", "created_at", "ended_at", "duration", "tags", "description"];
    let mut columns: Vec<String> = plain.map(str::to_owned).to_vec();
    columns.extend(fields::paths(runs).into_iter().map(|path| format!("params.{path}")));
    let mut metrics = std::collections::BTreeSet::new();
    for item in runs {
        metrics.extend(item.numbers().map(|series| &*series.key));
    }
    for key in metrics {
        let context = serde_json::to_string(&face::context(&key.context)).unwrap_or_default();
        columns.extend(["last", "min", "max"].map(|of| format!("metrics.{}{context}.{of}", key.name)));
    }
    columns
}

//! `GET /api/v1/series`: which series match, read and sampled, in columns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::header::{ACCEPT, HeaderMap};
use serde::Deserialize;
use trailmark_core::{RunId, SeriesKey};
use trailmark_store::{Columns as Wants, Points, RunItem, SeriesRow, Wanted};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::arrow::{self, Shape};
use crate::document::Binary;
use crate::dto::{Columns, SeriesHead, SeriesHeader};
use crate::error::ApiError;
use crate::face;
use crate::find::{Find, Kind};
use crate::frame::{self, Plan, Table};
use crate::keep::Keep;
use crate::parameter::{Count, Flag, List};

/// Series of one answer at most, unless a limit was given.
const MOST_SERIES: usize = 20_000;
/// Points of a series without a wish.
const POINTS: usize = 1200;
/// Bytes of sampled series that are kept.
pub(crate) const KEPT_BYTES: usize = 64 << 20;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Names of series, divided by commas; without them all.
    #[serde(default)]
    #[param(inline, example = "loss,f1")]
    names: List,
    /// Ids of runs, or beginnings of them, divided by commas; without them all.
    #[serde(default)]
    #[param(value_type = String, format = "run-ids")]
    runs: List,
    /// Points of a series at most: the first, least, largest and last of each of a quarter as many buckets; 4 at least,
    /// 1,048,576 at most.
    #[param(inline, default = json!(POINTS))]
    points: Option<Count>,
    /// Which columns, of `step`, `epoch`, `time` and `value`, divided by commas.
    #[serde(default)]
    #[param(value_type = String, default = "step,value", pattern = "^(,|(step|epoch|time|value)(,|$))*$")]
    columns: List,
    /// The first step.
    from: Option<i64>,
    /// The last step.
    to: Option<i64>,
    /// Values in single precision.
    #[serde(default)]
    #[param(inline)]
    f32: Flag,
    /// System metrics too.
    #[serde(default)]
    #[param(inline)]
    system: Flag,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
    /// So many series at most, of however many match; without it more than 20,000 are an error.
    #[param(inline)]
    limit: Option<Count>,
    /// In which form; without it the header `Accept` says, and columns where it does not.
    #[param(inline)]
    format: Option<Form>,
}

/// In which form series are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// Columns after a header (`docs/http.md`).
    Columns,
    /// A stream of Arrow's record batches.
    Arrow,
}

impl Form {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Columns => frame::MEDIA_TYPE,
            Self::Arrow => arrow::MEDIA_TYPE,
        }
    }
}

/// Which columns, which steps, how many points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Cut {
    step: bool,
    epoch: bool,
    time: bool,
    value: bool,
    points: usize,
    from: Option<i64>,
    to: Option<i64>,
}

/// Names a sampled series; a series that grew has another count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    run: RunId,
    series: Arc<SeriesKey>,
    cut: Cut,
}

/// A sampled series.
#[derive(Debug)]
struct Sampled {
    points: Points,
    is_sampled: bool,
    /// The count and the time of the latest point of the series that was read.
    state: (u64, i64),
}

/// Sampled series that were asked for before.
#[derive(Debug)]
pub(crate) struct SampledSeries(Keep<Key, Arc<Sampled>>);

impl Sampled {
    /// What keeping it takes, its name too.
    fn n_bytes(&self) -> usize {
        let Points { steps, values, micros, epochs } = &self.points;
        let columns = [steps.capacity(), values.capacity(), micros.capacity(), epochs.capacity()];
        size_of::<Self>() + size_of::<Key>() + 64 + columns.iter().sum::<usize>() * size_of::<f64>()
    }
}

impl Default for SampledSeries {
    fn default() -> Self {
        Self(Keep::new(KEPT_BYTES))
    }
}

/// The series of one run that match.
struct Job<'a> {
    item: &'a RunItem,
    series: Vec<&'a SeriesRow>,
}

/// Answers in columns, or as Arrow.
#[utoipa::path(
    get, path = "/api/v1/series", operation_id = "series", tag = "Series",
    summary = "Number series of the runs that match, sampled, as columns or as Arrow",
    description = "All number series of the runs that match, sampled so that no spike is lost: the first NaN of a \
        bucket is kept too, infinities are largest and least as they are. A range of steps is read at full \
        detail where it fits into `points`. In Arrow a row is a point, with `run`, `name` and `context` \
        (JSON) as dictionaries; the metadata `trailmark` of the schema is the header.",
    params(Request),
    responses(
        (status = 200, description = "The series: in columns of little-endian numbers after a header in JSON, or a stream of Arrow's record batches with a row a point.",
            content((Binary = "application/vnd.trailmark.columns"), (Binary = "application/vnd.apache.arrow.stream"))),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
        (status = 413, description = "More than can be answered or taken at once; the hint says what to do."),
    ),
)]
pub(crate) fn series(app: &App, request: &Request, form: Form) -> Result<Vec<u8>, ApiError> {
    let began = Instant::now();
    let cut = request.cut()?;
    let snapshot = app.snapshots.with_runs(request.runs.0.iter().map(String::as_str))?;
    let find = Find::new(&snapshot, &request.q, Kind::Metrics, request.archived.0)?;
    let only: Vec<RunId> =
        request.runs.0.iter().map(|text| Ok(snapshot.find(text)?.id())).collect::<Result<_, ApiError>>()?;
    let mut search = find.search();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let mut total = 0;
    for item in snapshot.runs.iter().filter(|item| only.is_empty() || only.contains(&item.id())) {
        let is_wanted = |one: &&SeriesRow| {
            let key = &one.key;
            let is_named = request.names.0.is_empty() || request.names.0.contains(&key.name);
            is_named && (request.system.0 || !trailmark_store::is_system(key))
        };
        let series = search.series(item, item.metrics().filter(is_wanted))?;
        total += series.len();
        if !series.is_empty() {
            jobs.push(Job { item, series });
        }
    }
    search.end()?;
    if total > MOST_SERIES && request.limit.is_none() {
        return Err(ApiError::TooLarge {
            message: format!("{total} series match, want at most {MOST_SERIES}"),
            hint: "narrow the query, or give a limit".to_owned(),
        });
    }
    let mut left = request.limit.map_or(MOST_SERIES, Count::n).min(MOST_SERIES);
    for job in &mut jobs {
        job.series.truncate(left);
        left -= job.series.len();
    }
    let sampled = sample_all(app, &jobs, cut)?;
    let mut plan = Plan::new(request.f32.0);
    let rows = jobs.iter().flat_map(|job| job.series.iter().map(|series| (job.item.id(), *series)));
    let heads = rows.zip(&sampled).map(|((run, series), sampled)| SeriesHead {
        run: run.to_string(),
        name: series.key.name.clone(),
        context: face::context(&series.key.context),
        count: series.count,
        rows: sampled.points.values.len() as u64,
        is_sampled: sampled.is_sampled,
        columns: match form {
            Form::Columns => plan.add(&cut.table(&sampled.points)),
            Form::Arrow => Columns::default(),
        },
    });
    let series = heads.collect();
    let took_millis = began.elapsed().as_secs_f64() * 1e3;
    let header = SeriesHeader { total: total as u64, took_millis, cursor: snapshot.cursor.clone(), series };
    let tables = sampled.iter().map(|sampled| cut.table(&sampled.points));
    match form {
        Form::Columns => Ok(plan.write(&header, tables)),
        Form::Arrow => {
            let nothing = Points::default();
            let shape = Shape { columns: cut.table(&nothing), is_single: request.f32.0 };
            arrow::write(&header, shape, &tables.collect::<Vec<_>>())
                .map_err(|error| ApiError::Internal { message: format!("write Arrow: {error}") })
        }
    }
}

impl Request {
    /// The form that is wanted: the parameter counts, else the first that `Accept` names.
    pub(crate) fn form(&self, headers: &HeaderMap) -> Form {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut names = accepted.flat_map(|value| value.split(',')).map(|part| part.split(';').next());
        let known = names.find_map(|name| match name.map(str::trim) {
            Some(arrow::MEDIA_TYPE) => Some(Form::Arrow),
            Some(frame::MEDIA_TYPE) => Some(Form::Columns),
            _ => None,
        });
        self.format.or(known).unwrap_or(Form::Columns)
    }

    fn cut(&self) -> Result<Cut, ApiError> {
        let mut cut = Cut {
            step: false,
            epoch: false,
            time: false,
            value: false,
            points: self.points.map_or(POINTS, Count::n).clamp(4, 1 << 20),
            from: self.from,
            to: self.to,
        };
        let asked = if self.columns.0.is_empty() { "step,value" } else { "" };
        for column in asked.split(',').chain(self.columns.0.iter().map(String::as_str)) {
            match column {
                "" => {}
                "step" => cut.step = true,
                "epoch" => cut.epoch = true,
                "time" => cut.time = true,
                "value" => cut.value = true,
                other => {
                    return Err(ApiError::bad(format!(
                        "read columns: got {other:?}, want step, epoch, time or value"
                    )));
                }
            }
        }
        Ok(cut)
    }
}

impl Cut {
    fn table<'a>(&self, points: &'a Points) -> Table<'a> {
        Table {
            steps: self.step.then_some(&points.steps),
            epochs: self.epoch.then_some(&points.epochs),
            micros: self.time.then_some(&points.micros),
            values: self.value.then_some(&points.values),
        }
    }
}

/// Reads and samples the series of all jobs, on as many threads as the machine has; in the jobs' order.
fn sample_all(app: &App, jobs: &[Job<'_>], cut: Cut) -> Result<Vec<Arc<Sampled>>, ApiError> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len() / 8 + 1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<Arc<Sampled>>)>> = Mutex::new(Vec::with_capacity(jobs.len()));
    let work = || -> Result<(), ApiError> {
        loop {
            let first = next.fetch_add(16, Ordering::Relaxed);
            let Some(some) = jobs.get(first..(first + 16).min(jobs.len())).filter(|some| !some.is_empty())
            else {
                return Ok(());
            };
            for (place, job) in some.iter().enumerate() {
                let sampled = sample_run(app, job, cut)?;
                done.lock().unwrap_or_else(PoisonError::into_inner).push((first + place, sampled));
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for other in others {
            let died = || ApiError::Internal { message: "a thread that samples panicked".to_owned() };
            result = result.and(other.join().unwrap_or_else(|_| Err(died())));
        }
        result
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().flat_map(|(_, sampled)| sampled).collect())
}

fn sample_run(app: &App, job: &Job<'_>, cut: Cut) -> Result<Vec<Arc<Sampled>>, ApiError> {
    let run = job.item.id();
    let state = |series: &SeriesRow| (series.count, series.last_time.nanos());
    let key = |series: &SeriesRow| Key { run, series: Arc::clone(&series.key), cut };
    let known: Vec<Option<Arc<Sampled>>> = job
        .series
        .iter()
        .map(|series| app.sampled.0.find(&key(series)).filter(|sampled| sampled.state == state(series)))
        .collect();
    let missing: Vec<&SeriesRow> = job
        .series
        .iter()
        .zip(&known)
        .filter(|(_, known)| known.is_none())
        .map(|(series, _)| *series)
        .collect();
    let mut new = Vec::new();
    if !missing.is_empty() {
        let wanted = Wanted {
            run,
            series: missing.iter().map(|series| SeriesKey::clone(&series.key)).collect(),
            columns: Wants { times: cut.time, epochs: cut.epoch },
            after: None,
        };
        let asked = trailmark_store::Cut { from: cut.from, to: cut.to, n: cut.points };
        for (series, read) in missing.iter().zip(app.store.sampled(&wanted, &asked)?) {
            let is_sampled = read.points.len() < read.n_points;
            let sampled = Arc::new(Sampled { points: read.points, is_sampled, state: state(series) });
            let n_bytes = sampled.n_bytes();
            app.sampled.0.keep(key(series), Arc::clone(&sampled), n_bytes);
            new.push(sampled);
        }
    }
    let mut new = new.into_iter();
    Ok(known.into_iter().filter_map(|known| known.or_else(|| new.next())).collect())
}

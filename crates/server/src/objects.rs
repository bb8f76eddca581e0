//! What a run tracked that is looked at or listened to, its histograms and its messages: `GET /api/v1/runs/{id}/objects`.
//!
//! The values are small, as their files are blobs. Those of a run and kind are read once and kept; what is new is read
//! from where the last look ended, and everything again where that does not come to what the run says that it has: a
//! point was deleted or restored.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Deserialize;
use trailmark_core::{LogRecord, RunId, SeriesKey, Value, WallTime};
use trailmark_store::{Columns, Cursor, Kind, Object, Order, RunItem, Store, Wanted, micros};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::dto::{self, ParamTree, Real};
use crate::error::ApiError;
use crate::face;
use crate::field;
use crate::keep::Keep;
use crate::parameter::{Count, OfRun};

/// Values of one answer, without a wish.
const LIMIT: usize = 2000;
/// Values of one answer at most.
const MOST_OBJECTS: usize = 100_000;
/// Bytes of one answer, about: one that would be larger ends earlier.
const MOST_ANSWER_BYTES: usize = 32 << 20;
/// Bytes of a message in a list.
const MOST_MESSAGE_BYTES: usize = 16 << 10;
/// Bytes of all values that are kept.
const KEPT_BYTES: usize = 256 << 20;

/// Which values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectKind {
    Image,
    Audio,
    Figure,
    Distribution,
    LogRecord,
}

/// Values that were read.
#[derive(Debug)]
pub(crate) struct Objects(Keep<(RunId, ObjectKind), Arc<Mutex<Held>>>);

/// The values of a run and kind in memory.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Their series, sorted.
    keys: Vec<Arc<SeriesKey>>,
    points: BTreeMap<Place, Point>,
    /// From where to read on.
    cursor: Option<Cursor>,
    /// What the run said when this was read: each series' count, and how long its journals were.
    told: (Vec<(Arc<SeriesKey>, u64)>, u64),
    n_bytes: usize,
}

/// Where a point stands: by series and step, of which each has one; messages all together by their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    series: usize,
    at: i64,
    order: Option<Order>,
}

#[derive(Debug)]
struct Point {
    series: usize,
    order: Order,
    step: i64,
    epoch: Option<f64>,
    time: WallTime,
    value: Value,
}

/// One value of a point.
#[derive(Debug, Clone, Copy)]
struct One<'a> {
    point: &'a Point,
    value: &'a Value,
    index: usize,
    of: usize,
}

impl Default for Objects {
    fn default() -> Self {
        Self(Keep::new(KEPT_BYTES))
    }
}

impl ObjectKind {
    pub(crate) fn to_store(self) -> Kind {
        match self {
            Self::Image => Kind::Image,
            Self::Audio => Kind::Audio,
            Self::Figure => Kind::Figure,
            Self::Distribution => Kind::Distribution,
            Self::LogRecord => Kind::LogRecord,
        }
    }

    fn is_of(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::Image, Value::Image(_))
                | (Self::Audio, Value::Audio(_))
                | (Self::Figure, Value::Figure(_))
                | (Self::Distribution, Value::Distribution(_))
                | (Self::LogRecord, Value::LogRecord(_))
        )
    }
}

impl Held {
    /// Reads what is new.
    fn update(&mut self, store: &dyn Store, item: &RunItem, kind: ObjectKind) -> Result<(), ApiError> {
        let series = item.of_kind(kind.to_store());
        let counts: Vec<_> = series.map(|series| (Arc::clone(&series.key), series.count)).collect();
        let told = (counts, item.row.n_bytes);
        if told == self.told && self.cursor.is_some() {
            return Ok(());
        }
        let is_same_series = self.keys.iter().eq(told.0.iter().map(|(key, _)| key));
        let has_shrunk = self.told.0.iter().zip(&told.0).any(|((_, before), (_, now))| now < before);
        let want: u64 = told.0.iter().map(|(_, count)| *count).sum();
        if self.cursor.is_some() && is_same_series && !has_shrunk {
            self.read(store, item.id(), kind)?;
            let got = self.points.len() as u64;
            // A run that grows may be ahead of what was told of it.
            if got == want || (got > want && item.is_running()) {
                self.told = told;
                return Ok(());
            }
        }
        *self = Self { keys: told.0.iter().map(|(key, _)| Arc::clone(key)).collect(), ..Self::default() };
        self.read(store, item.id(), kind)?;
        self.told = told;
        Ok(())
    }

    /// Reads on from the cursor.
    fn read(&mut self, store: &dyn Store, run: RunId, kind: ObjectKind) -> Result<(), ApiError> {
        let series = self.keys.iter().map(|key| SeriesKey::clone(key)).collect();
        let wanted = Wanted { run, series, columns: Columns::default(), after: self.cursor.take() };
        let cursor = store.objects(&wanted, &mut |object| self.push(object, kind))?;
        self.cursor = Some(cursor);
        Ok(())
    }

    fn push(&mut self, object: Object, kind: ObjectKind) {
        let Object { series, order, step, epoch, time, value } = object;
        let place = match kind {
            ObjectKind::LogRecord => Place { series: 0, at: micros(time), order: Some(order) },
            _ => Place { series, at: step.0, order: None },
        };
        // The later write of a step wins, in whichever order they are read.
        if self.points.get(&place).is_some_and(|known| known.order > order) {
            return;
        }
        self.n_bytes += size_of::<(Place, Point)>() + n_bytes(&value);
        let point = Point { series, order, step: step.0, epoch, time, value };
        if let Some(before) = self.points.insert(place, point) {
            self.n_bytes -= size_of::<(Place, Point)>() + n_bytes(&before.value);
        }
    }
}

/// About what a value takes beside its own place.
fn n_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Image(image) => 96 + image.format.len() + image.caption.len(),
            Value::Audio(audio) => 96 + audio.format.len() + audio.caption.len(),
            Value::Figure(figure) => 64 + figure.caption.len(),
            Value::Distribution(distribution) => 48 + 8 * distribution.weights.len(),
            Value::LogRecord(record) => 128 + record.message.len() + 64 * record.extra.len(),
            Value::Text(text) => text.len(),
            Value::List(values) => values.iter().map(n_bytes).sum(),
            _ => 0,
        }
}

/// The values of a run and kind, up to date.
fn with<T>(
    app: &App,
    id: &str,
    kind: ObjectKind,
    look: impl FnOnce(&Held) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let item = snapshot.find(id)?;
    let key = (item.id(), kind);
    let shared = app.objects.0.find(&key).unwrap_or_default();
    let mut held: MutexGuard<'_, Held> = shared.lock().unwrap_or_else(PoisonError::into_inner);
    held.update(&*app.store, item, kind)?;
    let n_bytes = held.n_bytes.max(256);
    let answer = look(&held);
    drop(held);
    app.objects.0.keep(key, shared, n_bytes);
    answer
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// Which values.
    #[param(inline)]
    kind: ObjectKind,
    /// Of the series of this name alone.
    name: Option<String>,
    /// Of the series of this context alone: an object in JSON.
    #[param(format = "json-object", example = "{}")]
    context: Option<String>,
    /// The first step.
    from: Option<i64>,
    /// The last step.
    to: Option<i64>,
    /// Of each series its last step up to this one.
    at: Option<i64>,
    /// Steps of each series at most.
    #[param(inline)]
    steps: Option<Count>,
    /// Log records of this level or above.
    level: Option<i64>,
    /// Log records that hold this, in either case.
    #[serde(default)]
    find: String,
    /// How many values to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Values of the answer at most; 100,000 are the most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
    /// Take so many of the last values instead.
    #[param(inline)]
    tail: Option<Count>,
}

/// `GET /api/v1/runs/{id}/objects`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/objects", operation_id = "objects", tag = "Objects and files",
    summary = "Images, audio, figures, distributions, log records of a run",
    description = "A list of values at one step is answered value by value. Ordered by series, step and index; log \
        records by time. An answer ends early when its values come to 32 MB.",
    params(OfRun, Request),
    responses(
        (status = 200, description = "The values.", body = dto::Objects),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn list(app: &App, id: &str, request: &Request) -> Result<dto::Objects, ApiError> {
    let began = Instant::now();
    let context = request.context.as_deref().map(context).transpose()?;
    with(app, id, request.kind, |held| {
        let is_asked = |series: usize| {
            held.keys.get(series).is_some_and(|key| {
                request.name.as_ref().is_none_or(|name| key.name == *name)
                    && context.as_ref().is_none_or(|context| key.context == *context)
            })
        };
        let in_range = |point: &Point| {
            request.from.is_none_or(|from| point.step >= from) && request.to.is_none_or(|to| point.step <= to)
        };
        let mut points: Vec<&Point> =
            held.points.values().filter(|point| is_asked(point.series) && in_range(point)).collect();
        if let Some(at) = request.at {
            points = latest(&points, at);
        }
        let levels = match request.kind {
            ObjectKind::LogRecord => levels(&points),
            _ => Vec::new(),
        };
        let ones = points.iter().flat_map(|point| values(point, request.kind));
        let is_wanted = wanted(request);
        let total = ones.filter(|one| is_wanted(one)).count();
        let thinned = request.steps.map(|steps| thinned(&points, steps.n().max(2)));
        let points = thinned.unwrap_or(points);
        let ones = points.iter().flat_map(|point| values(point, request.kind));
        let ones: Vec<One<'_>> = ones.filter(|one| is_wanted(one)).collect();
        let limit = request.tail.or(request.limit).map_or(LIMIT, Count::n).min(MOST_OBJECTS);
        let first = request.tail.map_or(request.offset.n(), |_| ones.len().saturating_sub(limit));
        let mut objects = Vec::new();
        let mut answer_bytes = 0;
        for one in ones.iter().skip(first).take(limit) {
            answer_bytes += n_bytes(one.value);
            if answer_bytes > MOST_ANSWER_BYTES && !objects.is_empty() {
                break;
            }
            objects.extend(shown(held, one));
        }
        Ok(dto::Objects {
            total: total as u64,
            took_millis: began.elapsed().as_secs_f64() * 1e3,
            levels,
            objects,
        })
    })
}

fn context(json: &str) -> Result<trailmark_core::Context, ApiError> {
    field::context_from_json(json)
        .ok_or_else(|| ApiError::bad(format!("read a context: got {json:?}, want a JSON object")))
}

/// Which messages are wanted; of other kinds every value is.
fn wanted(request: &Request) -> impl Fn(&One<'_>) -> bool {
    let least = request.level.unwrap_or(i64::MIN);
    let find = request.find.to_lowercase();
    move |one| match one.value {
        Value::LogRecord(record) => {
            record.level >= least && (find.is_empty() || record.message.to_lowercase().contains(&find))
        }
        _ => true,
    }
}

/// How many messages each level has.
fn levels(points: &[&Point]) -> Vec<dto::LevelCount> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for one in points.iter().flat_map(|point| values(point, ObjectKind::LogRecord)) {
        if let Value::LogRecord(record) = one.value {
            *counts.entry(record.level).or_default() += 1;
        }
    }
    counts.into_iter().map(|(level, count)| dto::LevelCount { level, count }).collect()
}

/// The values of a point that are of a kind.
fn values(point: &Point, kind: ObjectKind) -> impl Iterator<Item = One<'_>> {
    let list = match &point.value {
        Value::List(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let of = list.len();
    let ones = list.iter().enumerate().map(move |(index, value)| One { point, value, index, of });
    ones.filter(move |one| kind.is_of(one.value))
}

/// Of each series the last point up to a step; messages of that step alone are all of them.
fn latest<'a>(points: &[&'a Point], at: i64) -> Vec<&'a Point> {
    let mut latest: BTreeMap<usize, i64> = BTreeMap::new();
    for point in points.iter().filter(|point| point.step <= at) {
        latest.entry(point.series).and_modify(|step| *step = point.step.max(*step)).or_insert(point.step);
    }
    points.iter().copied().filter(|point| latest.get(&point.series) == Some(&point.step)).collect()
}

/// At most so many points of each series, as evenly chosen as can be, the first and the last among them.
fn thinned<'a>(points: &[&'a Point], n_steps: usize) -> Vec<&'a Point> {
    let mut thinned = Vec::new();
    for of_series in points.chunk_by(|a, b| a.series == b.series) {
        let n_points = of_series.len();
        if n_points <= n_steps {
            thinned.extend(of_series);
            continue;
        }
        let chosen = (0..n_steps).map(|place| place * (n_points - 1) / (n_steps - 1));
        thinned.extend(chosen.filter_map(|place| of_series.get(place)));
    }
    thinned
}

/// A value on the wire.
fn shown(held: &Held, one: &One<'_>) -> Option<dto::TrackedObject> {
    let key = held.keys.get(one.point.series)?;
    Some(dto::TrackedObject {
        name: key.name.clone(),
        context: face::context(&key.context),
        step: one.point.step,
        epoch: one.point.epoch,
        time: face::secs(one.point.time),
        index: u32::try_from(one.index).unwrap_or(u32::MAX),
        of: u32::try_from(one.of).unwrap_or(u32::MAX),
        value: match one.value {
            Value::Image(image) => dto::ObjectValue::Image(dto::ImageValue {
                blob: image.file.id.to_string(),
                bytes: image.file.n_bytes,
                format: image.format.clone(),
                width: image.width,
                height: image.height,
                caption: image.caption.clone(),
            }),
            Value::Audio(audio) => dto::ObjectValue::Audio(dto::AudioValue {
                blob: audio.file.id.to_string(),
                bytes: audio.file.n_bytes,
                format: audio.format.clone(),
                caption: audio.caption.clone(),
            }),
            Value::Figure(figure) => dto::ObjectValue::Figure(dto::FigureValue {
                blob: figure.file.id.to_string(),
                bytes: figure.file.n_bytes,
                caption: figure.caption.clone(),
            }),
            Value::Distribution(distribution) => dto::ObjectValue::Distribution(dto::DistributionValue {
                low: Real(distribution.low),
                high: Real(distribution.high),
                weights: distribution.weights.iter().copied().map(Real).collect(),
            }),
            Value::LogRecord(record) => dto::ObjectValue::LogRecord(log_record(record)),
            _ => return None,
        },
    })
}

fn log_record(record: &LogRecord) -> dto::LogRecordValue {
    let mut message = record.message.clone();
    if message.len() > MOST_MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MOST_MESSAGE_BYTES));
    }
    let (file, line) = record.origin.clone().unzip();
    dto::LogRecordValue {
        level: record.level,
        is_cut: message.len() < record.message.len(),
        message,
        extra: ParamTree(record.extra.clone()),
        file,
        line,
    }
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsRequest {
    /// Which values.
    #[param(inline)]
    kind: ObjectKind,
}

/// `GET /api/v1/runs/{id}/objects/steps`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/objects/steps", operation_id = "object_steps", tag = "Objects and files",
    summary = "Where each series of a kind has values",
    params(OfRun, StepsRequest),
    responses(
        (status = 200, description = "The steps.", body = dto::ObjectSteps),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn steps(app: &App, id: &str, request: &StepsRequest) -> Result<dto::ObjectSteps, ApiError> {
    with(app, id, request.kind, |held| {
        let new = |key: &Arc<SeriesKey>| dto::SeriesSteps {
            name: key.name.clone(),
            context: face::context(&key.context),
            total: 0,
            most: 0,
            steps: Vec::new(),
        };
        let mut series: Vec<dto::SeriesSteps> = held.keys.iter().map(new).collect();
        for point in held.points.values() {
            let Some(series) = series.get_mut(point.series) else { continue };
            let n_values = values(point, request.kind).count();
            series.total += n_values as u64;
            series.most = series.most.max(u32::try_from(n_values).unwrap_or(u32::MAX));
            if n_values > 0 {
                series.steps.push(point.step);
            }
        }
        for one in &mut series {
            one.steps.sort_unstable();
            one.steps.dedup();
        }
        Ok(dto::ObjectSteps { series })
    })
}

//! `GET /api/v1/texts` and whole texts.

use std::collections::HashMap;
use std::time::Instant;

use serde::Deserialize;
use trailmark_core::{RunId, SeriesKey, Value};
use trailmark_store::{Columns, Object, RunItem, SeriesRow, Store, Wanted};
use utoipa::IntoParams;

use crate::app::App;
use crate::dto;
use crate::error::ApiError;
use crate::face;
use crate::field;
use crate::find::{Find, Kind};
use crate::parameter::{Count, Flag, List, OfRun};

/// Texts of one answer, without a wish.
const LIMIT: usize = 2000;
/// Bytes of a text in a list.
const MOST_BYTES: usize = 16 << 10;
/// Bytes of all texts of one answer, about: an answer that would be larger ends earlier.
const MOST_ANSWER_BYTES: usize = 32 << 20;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Names of texts, divided by commas; without them all.
    #[serde(default)]
    #[param(inline, example = "loss,f1")]
    names: List,
    /// How many texts to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Texts of the answer at most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/texts`.
#[utoipa::path(
    get, path = "/api/v1/texts", operation_id = "texts", tag = "Texts and logs",
    summary = "Texts of the runs that match",
    description = "An answer ends early when its texts come to 32 MB: ask again from there. A text above 16 KiB is cut \
        there (`is_cut`). Folders of checkpoints are left out.",
    params(Request),
    responses(
        (status = 200, description = "The texts.", body = dto::Texts),
    ),
)]
pub(crate) fn texts(app: &App, request: &Request) -> Result<dto::Texts, ApiError> {
    let began = Instant::now();
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Texts, request.archived.0)?;
    let mut search = find.search();
    let limit = request.limit.map_or(LIMIT, Count::n);
    let (mut total, mut skip, mut texts, mut n_bytes) = (0u64, request.offset.n() as u64, Vec::new(), 0);
    for item in &snapshot.runs {
        let is_wanted =
            |series: &&SeriesRow| request.names.0.is_empty() || request.names.0.contains(&series.key.name);
        let found = search.series(item, item.texts().filter(is_wanted))?;
        let count: u64 = found.iter().map(|series| series.count).sum();
        let keys: Vec<SeriesKey> = found.iter().map(|series| SeriesKey::clone(&series.key)).collect();
        total += count;
        let is_full = texts.len() >= limit || n_bytes >= MOST_ANSWER_BYTES;
        if keys.is_empty() || is_full || skip >= count {
            skip = if is_full { skip } else { skip.saturating_sub(count) };
            continue;
        }
        for object in read(&*app.store, item.id(), &keys)?.into_iter().skip(skip as usize) {
            if texts.len() >= limit || n_bytes >= MOST_ANSWER_BYTES {
                break;
            }
            let Some(text) = text(item, &keys, object) else { continue };
            n_bytes += text.text.len();
            texts.push(text);
        }
        skip = 0;
    }
    search.end()?;
    Ok(dto::Texts { total, took_millis: began.elapsed().as_secs_f64() * 1e3, texts })
}

/// The texts of a run as first tracked; of two at one step the later.
fn read(store: &dyn Store, run: RunId, keys: &[SeriesKey]) -> Result<Vec<Object>, ApiError> {
    let wanted = Wanted { run, series: keys.to_vec(), columns: Columns::default(), after: None };
    let mut latest: HashMap<(usize, i64), Object> = HashMap::new();
    store.objects(&wanted, &mut |object| {
        let place = (object.series, object.step.0);
        if latest.get(&place).is_none_or(|known| known.order < object.order) {
            latest.insert(place, object);
        }
    })?;
    let mut objects: Vec<Object> = latest.into_values().collect();
    objects.sort_by_key(|object| (object.order, object.series, object.step));
    Ok(objects)
}

fn text(item: &RunItem, keys: &[SeriesKey], object: Object) -> Option<dto::Text> {
    let key = keys.get(object.series)?;
    let Value::Text(mut text) = object.value else { return None };
    let bytes = text.len();
    if bytes > MOST_BYTES {
        let end = (0..=MOST_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    Some(dto::Text {
        run: item.id().to_string(),
        name: key.name.clone(),
        context: face::context(&key.context),
        step: object.step.0,
        epoch: object.epoch,
        time: face::secs(object.time),
        is_cut: text.len() < bytes,
        text,
        bytes: bytes as u64,
    })
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WholeRequest {
    /// The name of its series.
    #[param(example = "question")]
    name: String,
    /// The context of its series: an object in JSON; without it the empty one.
    #[serde(default)]
    #[param(format = "json-object", example = "{}")]
    context: String,
    /// Its step.
    step: i64,
}

/// `GET /api/v1/runs/{id}/text`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/text", operation_id = "text", tag = "Texts and logs",
    summary = "One text, whole",
    params(OfRun, WholeRequest),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such run or text."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn whole(app: &App, id: &str, request: &WholeRequest) -> Result<String, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let run = snapshot.find(id)?.id();
    let json = if request.context.is_empty() { "{}" } else { &request.context };
    let context = field::context_from_json(json)
        .ok_or_else(|| ApiError::bad(format!("read a context: got {json:?}, want a JSON object")))?;
    let key = SeriesKey::new(&request.name, context);
    let none = || ApiError::NotFound { what: "a text", text: format!("{key} at step {}", request.step) };
    let objects = read(&*app.store, run, std::slice::from_ref(&key))?;
    let found = objects.into_iter().find(|object| object.step.0 == request.step).ok_or_else(none)?;
    match found.value {
        Value::Text(text) => Ok(text),
        _ => Err(none()),
    }
}

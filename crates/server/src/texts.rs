//! `GET /api/v1/texts` and whole texts.

use std::collections::HashMap;
use std::time::Instant;

use serde::Deserialize;
use trailmark_core::{RunId, SeriesKey, Value};
use trailmark_store::{Columns, Object, RunItem, SeriesRow, Store, Wanted};

use crate::app::App;
use crate::dto;
use crate::error::ApiError;
use crate::face;
use crate::field;
use crate::find::{Find, Kind};
use crate::parameter::{Flag, List};

/// Texts of one answer, without a wish.
const LIMIT: usize = 2000;
/// Bytes of a text in a list.
const MOST_BYTES: usize = 16 << 10;
/// Bytes of all texts of one answer, about: an answer that would be larger ends earlier.
const MOST_ANSWER_BYTES: usize = 32 << 20;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    #[serde(default)]
    q: String,
    #[serde(default)]
    names: List,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
    #[serde(default)]
    archived: Flag,
}

/// `GET /api/v1/texts`.
pub(crate) fn texts(app: &App, request: &Request) -> Result<dto::Texts, ApiError> {
    let began = Instant::now();
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Texts, request.archived.0)?;
    let mut search = find.search();
    let limit = request.limit.unwrap_or(LIMIT);
    let (mut total, mut skip, mut texts, mut n_bytes) = (0u64, request.offset as u64, Vec::new(), 0);
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WholeRequest {
    name: String,
    #[serde(default)]
    context: String,
    step: i64,
}

/// `GET /api/v1/runs/{id}/text`.
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

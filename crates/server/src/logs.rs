//! What a run wrote to its terminal: pages of it, lines that hold something, the whole.
//!
//! A log is read once and kept in memory as one text; what is new is read from where the last look ended. A million
//! lines are one pass of a regular expression.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regex::RegexBuilder;
use serde::Deserialize;
use trailmark_core::{Context, RunId, SeriesKey, Stream, Value};
use trailmark_store::{Columns, Cursor, Kind, Object, RunItem, Store, Wanted, micros};
use utoipa::IntoParams;

use crate::app::App;
use crate::dto;
use crate::error::ApiError;
use crate::keep::Keep;
use crate::parameter::{Count, Flag, OfRun};

/// Lines of one answer, without a wish.
const LIMIT: usize = 2000;
/// Numbers of lines that a search answers, without a wish.
const MOST_HITS: usize = 5000;
/// Lines of one answer at most.
const MOST_LINES: usize = 100_000;
/// Bytes of a compiled regular expression.
const MOST_REGEX_BYTES: usize = 1 << 22;
/// Bytes of all logs that are kept.
const KEPT_BYTES: usize = 384 << 20;
const ESCAPE: char = '\u{1b}';

/// Logs that were read.
#[derive(Debug)]
pub(crate) struct Logs(Keep<RunId, Arc<Mutex<Log>>>);

impl Default for Logs {
    fn default() -> Self {
        Self(Keep::new(KEPT_BYTES))
    }
}

/// A log in memory.
#[derive(Debug, Default)]
struct Log {
    /// All lines, without line feeds.
    text: String,
    /// Where each line ends in `text`.
    ends: Vec<usize>,
    micros: Vec<i64>,
    streams: Vec<Stream>,
    /// From where to read on.
    cursor: Option<Cursor>,
    /// Lines that the run had when it was read.
    n_told: u64,
    /// Times and steps of training numbers, both growing; and how many points they came from.
    steps: Vec<(i64, i64)>,
    n_points: u64,
}

impl Log {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn line(&self, n: usize) -> &str {
        let begin = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(begin..self.ends[n]).unwrap_or_default()
    }

    fn n_bytes(&self) -> usize {
        self.text.len() + self.len() * 24 + self.steps.len() * 16
    }

    fn push(&mut self, object: &Object) {
        let Value::Log(line) = &object.value else { return };
        self.text.push_str(&line.text);
        self.ends.push(self.text.len());
        self.micros.push(micros(object.time));
        self.streams.push(line.stream);
    }

    /// Reads what is new.
    fn update(&mut self, store: &dyn Store, item: &RunItem) -> Result<(), ApiError> {
        let keys: Vec<SeriesKey> =
            item.of_kind(Kind::Log).map(|series| SeriesKey::clone(&series.key)).collect();
        let n_told = item.of_kind(Kind::Log).map(|series| series.count).sum();
        if n_told != self.n_told || self.cursor.is_none() {
            let after = self.cursor.take();
            let mut lines = Vec::new();
            let wanted = Wanted { run: item.id(), series: keys, columns: Columns::default(), after };
            let cursor = store.objects(&wanted, &mut |object| lines.push(object))?;
            lines.sort_by_key(|line| (line.time, line.order));
            let is_late = |line: &Object| self.micros.last().is_some_and(|last| micros(line.time) < *last);
            if lines.first().is_some_and(is_late) {
                // Another writer's lines belong between those that are here: from the beginning.
                *self = Self::default();
                return self.update(store, item);
            }
            lines.iter().for_each(|line| self.push(line));
            self.cursor = Some(cursor);
            self.n_told = n_told;
        }
        self.update_steps(store, item)
    }

    fn update_steps(&mut self, store: &dyn Store, item: &RunItem) -> Result<(), ApiError> {
        let train = Context::subset("train");
        let has_train = item.numbers().any(|series| series.key.context == train);
        let counts = |key: &SeriesKey| !has_train || key.context == train;
        let series: Vec<_> = item.numbers().filter(|series| counts(&series.key)).collect();
        let n_points = series.iter().map(|series| series.count).sum();
        if n_points == self.n_points {
            return Ok(());
        }
        let keys: Vec<SeriesKey> = series.iter().map(|series| SeriesKey::clone(&series.key)).collect();
        let columns = Columns { times: true, epochs: false };
        let mut steps = Vec::new();
        for points in trailmark_store::points_of(store, item.id(), &keys, columns)? {
            steps.extend(points.micros.iter().copied().zip(points.steps));
        }
        steps.sort_unstable();
        let mut highest = i64::MIN;
        steps.retain(|(_, step)| {
            let grows = *step > highest;
            highest = highest.max(*step);
            grows
        });
        self.steps = steps;
        self.n_points = n_points;
        Ok(())
    }

    fn face(&self, n: usize) -> dto::LogLine {
        let micros = self.micros[n];
        let before = self.steps.partition_point(|(time, _)| *time <= micros);
        dto::LogLine {
            n: n as u64,
            time: micros as f64 / 1e6,
            stream: match self.streams[n] {
                Stream::Stdout => dto::Stream::Stdout,
                Stream::Stderr => dto::Stream::Stderr,
            },
            text: self.line(n).to_owned(),
            step: before.checked_sub(1).and_then(|place| self.steps.get(place)).map(|(_, step)| *step),
        }
    }
}

/// The log of a run, up to date.
fn with<T>(app: &App, id: &str, look: impl FnOnce(&Log) -> Result<T, ApiError>) -> Result<T, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let item = snapshot.find(id)?;
    let log = app.logs.0.find(&item.id()).unwrap_or_default();
    let mut held: MutexGuard<'_, Log> = log.lock().unwrap_or_else(PoisonError::into_inner);
    let before = held.n_bytes();
    held.update(&*app.store, item)?;
    let after = held.n_bytes();
    let answer = look(&held);
    drop(held);
    if after != before || after == 0 {
        app.logs.0.keep(item.id(), log, after.max(64));
    }
    answer
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// How many lines to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Lines of the answer at most; 100,000 are the most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
    /// Take so many of the last lines instead.
    #[param(inline)]
    tail: Option<Count>,
}

/// `GET /api/v1/runs/{id}/logs`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/logs", operation_id = "logs", tag = "Texts and logs",
    summary = "Lines of the terminal",
    description = "Lines are in the order of their times; `step` is the last step of the run's training numbers at that \
        time.",
    params(OfRun, Request),
    responses(
        (status = 200, description = "The lines.", body = dto::Logs),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn logs(app: &App, id: &str, request: &Request) -> Result<dto::Logs, ApiError> {
    with(app, id, |log| {
        let total = log.len();
        let limit = request.tail.or(request.limit).map_or(LIMIT, Count::n).min(MOST_LINES);
        let first =
            request.tail.map_or(request.offset.n(), |tail| total.saturating_sub(tail.n().min(MOST_LINES)));
        let lines = (first.min(total)..total).take(limit).map(|n| log.face(n)).collect();
        Ok(dto::Logs { total: total as u64, lines })
    })
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchRequest {
    /// What a line must hold.
    #[param(format = "pattern", example = "epoch")]
    find: String,
    /// Whether it is a regular expression.
    #[serde(default)]
    #[param(inline)]
    re: Flag,
    /// Whether upper and lower case differ.
    #[serde(default)]
    #[param(inline)]
    case: Flag,
    /// Numbers of lines at most; 100,000 are the most.
    #[param(inline, default = json!(MOST_HITS))]
    limit: Option<Count>,
}

/// `GET /api/v1/runs/{id}/logs/search`: which lines hold it, colours left out.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/logs/search", operation_id = "search_logs", tag = "Texts and logs",
    summary = "Which lines of the terminal hold something, colours left out",
    params(OfRun, SearchRequest),
    responses(
        (status = 200, description = "Their numbers.", body = dto::LogHits),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn search(app: &App, id: &str, request: &SearchRequest) -> Result<dto::LogHits, ApiError> {
    let pattern = if request.re.0 { request.find.clone() } else { regex::escape(&request.find) };
    let built = RegexBuilder::new(&pattern)
        .case_insensitive(!request.case.0)
        .size_limit(MOST_REGEX_BYTES)
        .dfa_size_limit(MOST_REGEX_BYTES)
        .build();
    let regex = built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        ApiError::bad(format!("read a regular expression: {reason}"))
    })?;
    let limit = request.limit.map_or(MOST_HITS, Count::n).min(MOST_LINES);
    with(app, id, |log| {
        let mut hits = dto::LogHits { total: 0, lines: Vec::new() };
        let has_colours = log.text.contains(ESCAPE);
        let mut plain = String::new();
        for n in 0..log.len() {
            let line = log.line(n);
            let is_hit = if has_colours && line.contains(ESCAPE) {
                strip(line, &mut plain);
                regex.is_match(&plain)
            } else {
                regex.is_match(line)
            };
            if is_hit {
                hits.total += 1;
                if hits.lines.len() < limit {
                    hits.lines.push(n as u64);
                }
            }
        }
        Ok(hits)
    })
}

/// `GET /api/v1/runs/{id}/logs.txt`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/logs.txt", operation_id = "logs_txt", tag = "Texts and logs",
    summary = "The whole log",
    params(OfRun),
    responses(
        (status = 200, description = "The log.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn whole(app: &App, id: &str) -> Result<String, ApiError> {
    with(app, id, |log| {
        let mut text = String::with_capacity(log.text.len() + log.len());
        for n in 0..log.len() {
            // Writing into a String cannot fail.
            _ = writeln!(text, "{}", log.line(n));
        }
        Ok(text)
    })
}

/// The line without its control sequences (ECMA-48 § 5.4: CSI, parameters, a final byte; OSC up to BEL or ST).
fn strip(line: &str, plain: &mut String) {
    plain.clear();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != ESCAPE {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('[') => _ = letters.find(|letter| ('@'..='~').contains(letter)),
            Some(']') => {
                while let Some(letter) = letters.next() {
                    if letter == '\u{7}' || (letter == ESCAPE && letters.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_titles_are_left_out() {
        let mut plain = String::new();
        for (line, want) in [
            ("\u{1b}[1;31mred\u{1b}[0m and plain", "red and plain"),
            ("\u{1b}]0;a title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("torn \u{1b}[", "torn "),
            ("äöü", "äöü"),
        ] {
            strip(line, &mut plain);
            assert_eq!(plain, want);
        }
    }
}

//! The series of a run, in one walk over its second database.
//!
//! Numbers (`seqs/v2/chunks`) lie in four columns one behind the other, each under the hashes of their steps and so in the
//! same order: they are collected and joined, which needs a series in memory. Objects, and numbers of old runs
//! (`seqs/chunks`), lie under their steps, values behind epochs and times: they go through one by one. A writer that died
//! within a point leaves parts of it: without value or step there is no point.

use std::collections::HashMap;

use trailmark_aim::{Key, Node, OURS, Tree, UNKNOWN_CONTEXT, moment, param_from_node, value_from_node};
use trailmark_core::{Context, RunId, SeriesKey, Value, WallTime};
use trailmark_store::{Stamp, micros};

use super::{blob_key, encoded, readable};
use crate::rocks::{Cursor, Database};
use crate::{ImportError, Intake};

/// Points that are handed over at once.
const MOST_AT_ONCE: usize = 4096;

/// What is known of the run whose points are read.
pub(super) struct OfRun {
    pub(super) run: RunId,
    /// What the ids of contexts stand for.
    pub(super) contexts: HashMap<i64, Context>,
    /// When it was made: the time of a point without one.
    pub(super) created: Option<WallTime>,
    /// Bytes that were read for the run before.
    pub(super) n_before: u64,
}

/// A part of the points of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Epoch,
    Step,
    Time,
    Value,
}

/// What a key below `chunks/<run>` names.
struct Place<'k> {
    context: i64,
    name: String,
    part: Part,
    /// A step, or the hash of one.
    key: i64,
    /// The path inside the value.
    rest: &'k [u8],
}

impl<'k> Place<'k> {
    /// None for a key of another shape; that of a column as such says only that it is one.
    fn of(path: &'k [u8]) -> Option<Self> {
        let (context, path) = Key::decode(path)?;
        let (name, path) = Key::decode(path)?;
        let (part, path) = Key::decode(path)?;
        let (key, rest) = Key::decode(path)?;
        let part = match part.text()? {
            "epoch" => Part::Epoch,
            "step" => Part::Step,
            "time" => Part::Time,
            "val" => Part::Value,
            _ => return None,
        };
        Some(Self { context: context.int()?, name: name.to_string(), part, key: key.int()?, rest })
    }
}

impl OfRun {
    /// Reads all series.
    pub(super) fn read(&self, database: &Database, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let run = self.run.to_string();
        self.walk(database, (&encoded(&["seqs", "chunks", &run]), false), into)?;
        self.walk(database, (&encoded(&["seqs", "v2", "chunks", &run]), true), into)
    }

    /// Reads the series below a prefix.
    fn walk(
        &self,
        database: &Database,
        (prefix, is_hashed): (&[u8], bool),
        into: &mut Intake<'_>,
    ) -> Result<(), ImportError> {
        let (mut cursor, mut blobs) = (database.cursor(), database.cursor());
        let mut series: Option<Series> = None;
        let mut is_there = cursor.seek(prefix);
        while is_there {
            let Some(path) = cursor.key().strip_prefix(prefix) else { break };
            match Place::of(path) {
                Some(place) => {
                    let is_same = |one: &Series| one.context == place.context && one.key.name == place.name;
                    if !series.as_ref().is_some_and(is_same) {
                        if let Some(done) = series.take() {
                            done.finish(into)?;
                            into.progress(self.n_before + database.n_read());
                        }
                        series = Some(self.begin(&place, is_hashed));
                    }
                    if let Some(series) = &mut series {
                        series.take(&place, (&cursor, &mut blobs), into)?;
                    }
                }
                // A column as such.
                None if cursor.value() == [6] => {}
                None => into.problem(readable(cursor.key()), "a key of an unknown shape"),
            }
            is_there = cursor.advance();
        }
        series.map_or(Ok(()), |done| done.finish(into))?;
        into.progress(self.n_before + database.n_read());
        Ok(())
    }

    fn begin(&self, place: &Place<'_>, is_hashed: bool) -> Series {
        let context = self.contexts.get(&place.context).cloned();
        let context = context.unwrap_or_else(|| Context::empty().with(UNKNOWN_CONTEXT, place.context));
        Series {
            context: place.context,
            key: SeriesKey::new(&place.name, context),
            is_hashed,
            latest: self.created.map_or(0, micros),
            epochs: Vec::new(),
            steps: Vec::new(),
            times: Vec::new(),
            values: Vec::new(),
            present: None,
            is_torn: false,
            ready: Vec::new(),
        }
    }
}

/// A series that is being read.
struct Series {
    /// The id of its context.
    context: i64,
    key: SeriesKey,
    /// Whether its points lie under hashes of steps.
    is_hashed: bool,
    /// The time of the latest point, in microseconds.
    latest: i64,
    epochs: Vec<(i64, f64)>,
    steps: Vec<(i64, i64)>,
    times: Vec<(i64, f64)>,
    /// The numbers of a series under hashes.
    values: Vec<(i64, Node)>,
    /// The value that is being put together, of a series under steps.
    present: Option<(i64, Tree)>,
    /// Whether a part of it could not be read.
    is_torn: bool,
    /// Points that are to be handed over.
    ready: Vec<(Stamp, Value)>,
}

impl Series {
    /// Takes one record.
    fn take(
        &mut self,
        place: &Place<'_>,
        (cursor, blobs): (&Cursor<'_>, &mut Cursor<'_>),
        into: &mut Intake<'_>,
    ) -> Result<(), ImportError> {
        let typed = || Node::from_typed(cursor.value());
        match place.part {
            Part::Epoch => self.epochs.extend(typed().as_float().map(|epoch| (place.key, epoch))),
            Part::Step => self.steps.extend(typed().as_int().map(|step| (place.key, step))),
            Part::Time => self.times.extend(typed().as_float().map(|time| (place.key, time))),
            Part::Value if self.is_hashed && place.rest.is_empty() && !cursor.value().is_empty() => {
                self.values.push((place.key, typed()));
            }
            Part::Value => {
                if self.present.as_ref().is_some_and(|(key, _)| *key != place.key) {
                    self.complete(into)?;
                }
                let (_, tree) = self.present.get_or_insert_with(|| (place.key, Tree::default()));
                let put = if cursor.value().is_empty() {
                    let wanted = blob_key(cursor.key());
                    let value =
                        if blobs.seek(&wanted) && *blobs.key() == wanted { blobs.value() } else { &[] };
                    tree.put(place.rest, value, true)
                } else {
                    tree.put(place.rest, cursor.value(), false)
                };
                if let Err(error) = put {
                    self.is_torn = true;
                    into.problem(readable(cursor.key()), error.to_string());
                }
            }
        }
        Ok(())
    }

    /// Takes the value that is put together for whole.
    fn complete(&mut self, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let is_torn = std::mem::take(&mut self.is_torn);
        let Some((key, tree)) = self.present.take().filter(|_| !is_torn) else { return Ok(()) };
        let step = if self.is_hashed { found(&self.steps, key) } else { Some(key) };
        let (Some(step), Some(node)) = (step, tree.finish()) else { return Ok(()) };
        let at = self.stamp(step, found(&self.epochs, key), found(&self.times, key));
        self.push(at, node, into)
    }

    fn stamp(&mut self, step: i64, epoch: Option<f64>, time: Option<f64>) -> Stamp {
        let time = time.map_or(self.latest, |time| micros(moment(time)));
        self.latest = self.latest.max(time);
        Stamp { step, micros: time, epoch: epoch.unwrap_or(f64::NAN) }
    }

    /// Takes a point.
    fn push(&mut self, at: Stamp, node: Node, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let mut blobs = Vec::new();
        let kept = match &node {
            Node::Object { .. } | Node::List(_) => Some(node.clone()),
            _ => None,
        };
        let Some(value) = value_from_node(node, &mut blobs) else {
            let Some(node) = kept else {
                into.problem(format!("{} at step {}", self.key, at.step), "a value that is none");
                return Ok(());
            };
            let (context, step) = (self.context.to_string(), at.step.to_string());
            let path = [OURS, "other", "seqs", &context, &self.key.name, &step];
            return into.param(&path, param_from_node(&node));
        };
        if !blobs.is_empty() {
            return into.object(&self.key, (at, value), &blobs);
        }
        self.ready.push((at, value));
        if self.ready.len() > MOST_AT_ONCE { self.hand_over(1, into) } else { Ok(()) }
    }

    /// Hands over what is ready but for the last `n_kept`.
    fn hand_over(&mut self, n_kept: usize, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let rest = self.ready.split_off(self.ready.len().saturating_sub(n_kept));
        let ready = std::mem::replace(&mut self.ready, rest);
        match ready.first() {
            Some((_, Value::Log(_) | Value::LogRecord(_))) => into.lines(&self.key, ready),
            _ => into.points(&self.key, ready),
        }
    }

    /// Takes the whole series for read.
    fn finish(mut self, into: &mut Intake<'_>) -> Result<(), ImportError> {
        self.complete(into)?;
        let mut values = std::mem::take(&mut self.values);
        let (mut steps, mut epochs, mut times) = (Walk::default(), Walk::default(), Walk::default());
        let mut rows: Vec<(i64, Option<f64>, Option<f64>, Node)> = Vec::with_capacity(values.len());
        for (key, value) in values.drain(..) {
            if let Some(step) = steps.find(&self.steps, key) {
                rows.push((step, epochs.find(&self.epochs, key), times.find(&self.times, key), value));
            }
        }
        rows.sort_by_key(|row| row.0);
        for (step, epoch, time, value) in rows {
            let at = self.stamp(step, epoch, time);
            self.push(at, value, into)?;
        }
        // What is written after the last line feed is no line.
        if matches!(self.ready.last(), Some((_, Value::Log(line))) if line.text.is_empty()) {
            self.ready.pop();
        }
        self.hand_over(0, into)
    }
}

/// What a column has under a key; columns are in the order of their keys' bytes.
fn found<T: Copy>(column: &[(i64, T)], key: i64) -> Option<T> {
    let place = column.binary_search_by_key(&(key as u64), |(key, _)| *key as u64).ok()?;
    column.get(place).map(|(_, value)| *value)
}

/// A place in a column, for keys that come in order.
#[derive(Debug, Default)]
struct Walk(usize);

impl Walk {
    fn find<T: Copy>(&mut self, column: &[(i64, T)], key: i64) -> Option<T> {
        while column.get(self.0).is_some_and(|(there, _)| (*there as u64) < key as u64) {
            self.0 += 1;
        }
        column.get(self.0).filter(|(there, _)| *there == key).map(|(_, value)| *value)
    }
}

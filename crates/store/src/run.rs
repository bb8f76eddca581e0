//! A run as it is read: all its journals merged.
//!
//! Later wins, and "later" is read from the records themselves: their time, then the writer, then their place in its
//! journal. So every reader, and every copy of the files, comes to the same run.

use std::collections::{BTreeMap, BTreeSet};

use trailmark_core::{
    ContentId, Edit, End, ParamValue, Params, RunId, RunStatus, SeriesKey, Step, Value, WallTime,
};

use crate::Record;
use crate::journal::{Journal, Problem};

/// Everything that a run recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RunData {
    /// Its id.
    pub id: RunId,
    /// Its name; empty when nobody gave one.
    pub name: String,
    /// The experiment that it belongs to; empty when nobody said.
    pub experiment: String,
    /// What it is about.
    pub description: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// When its first writer began.
    pub created: WallTime,
    /// When its last writer ended, if it did.
    pub ended: Option<WallTime>,
    /// How it stands.
    pub status: RunStatus,
    /// Its params.
    pub params: Params,
    /// Its series.
    pub series: BTreeMap<SeriesKey, Series>,
    /// Blobs with the texts that its answers refer to.
    pub packs: BTreeSet<ContentId>,
    /// The paragraphs of each subset.
    pub paragraphs: BTreeMap<String, Vec<ContentId>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One series, ordered by step; answers and log lines of one step keep the order of their times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its points.
    pub points: Vec<PointRow>,
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Its step.
    pub step: Step,
    /// Its epoch, if it has one.
    pub epoch: Option<f64>,
    /// When it was tracked.
    pub time: WallTime,
    /// What was tracked.
    pub value: Value,
}

impl Series {
    /// The numbers with their steps; nothing for other values.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = (Step, f64)> {
        self.points.iter().filter_map(|point| match point.value {
            Value::Float(number) => Some((point.step, number)),
            Value::Int(number) => Some((point.step, number as f64)),
            _ => None,
        })
    }

    /// The last number.
    pub fn last(&self) -> Option<f64> {
        self.numbers().next_back().map(|(_, number)| number)
    }

    /// Least and largest of the finite numbers.
    pub fn range(&self) -> Option<(f64, f64)> {
        let finite = self.numbers().map(|(_, number)| number).filter(|number| number.is_finite());
        finite.fold(None, |range, number| {
            let (least, most) = range.unwrap_or((number, number));
            Some((f64::min(least, number), f64::max(most, number)))
        })
    }
}

/// What makes two points of a series one: the step, and for answers the question, for log lines their own place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PointKey(Step, Option<String>, Option<usize>);

/// Merges the journals of a run.
pub(crate) fn merge(id: RunId, journals: Vec<Journal>) -> RunData {
    let mut run = empty(id);
    let is_running = journals.iter().any(|journal| journal.is_held);
    let mut rows: Vec<(WallTime, trailmark_core::WriterId, usize, Record)> = Vec::new();
    let mut undated: Vec<Record> = Vec::new();
    for journal in journals {
        run.problems.extend(journal.problem);
        for (index, record) in journal.records.into_iter().enumerate() {
            let time = match &record {
                Record::Created { time }
                | Record::Param { time, .. }
                | Record::Point { time, .. }
                | Record::Edit { time, .. }
                | Record::End { time, .. } => *time,
                Record::Texts { .. } | Record::Paragraphs { .. } => {
                    undated.push(record);
                    continue;
                }
            };
            rows.push((time, journal.writer, index, record));
        }
    }
    rows.sort_by_key(|row| (row.0, row.1, row.2));
    let mut points: BTreeMap<SeriesKey, BTreeMap<PointKey, PointRow>> = BTreeMap::new();
    let mut last: Option<RunStatus> = None;
    for (place, (_, _, _, record)) in rows.into_iter().enumerate() {
        match record {
            Record::Point { series, step, epoch, time, value } => {
                let key = match &value {
                    Value::Answer(answer) => PointKey(step, Some(answer.question_key.clone()), None),
                    Value::Log(_) => PointKey(step, None, Some(place)),
                    _ => PointKey(step, None, None),
                };
                points.entry(series).or_default().insert(key, PointRow { step, epoch, time, value });
            }
            Record::Created { time } => {
                run.created = run.created.min(time);
                last = None;
            }
            Record::End { time, end } => {
                run.ended = Some(time);
                last = Some(RunStatus::Ended(end));
            }
            Record::Param { path, value, .. } => set_param(&mut run.params, &path, value),
            Record::Edit { edit, .. } => apply(&mut run, edit),
            Record::Texts { .. } | Record::Paragraphs { .. } => {}
        }
    }
    for record in undated {
        match record {
            Record::Texts { pack } => _ = run.packs.insert(pack),
            Record::Paragraphs { subset, ids } => _ = run.paragraphs.insert(subset, ids),
            _ => {}
        }
    }
    run.series = points
        .into_iter()
        .map(|(key, points)| (key, Series { points: points.into_values().collect() }))
        .collect();
    run.status = if is_running { RunStatus::Running } else { last.unwrap_or(RunStatus::Crashed) };
    if is_running || run.status == RunStatus::Crashed {
        run.ended = None;
    }
    if run.created.nanos() == i64::MAX {
        run.created = WallTime::from_nanos(0);
    }
    run
}

fn empty(id: RunId) -> RunData {
    RunData {
        id,
        name: String::new(),
        experiment: String::new(),
        description: String::new(),
        tags: BTreeSet::new(),
        created: WallTime::from_nanos(i64::MAX),
        ended: None,
        status: RunStatus::Ended(End::Finished),
        params: Params::new(),
        series: BTreeMap::new(),
        packs: BTreeSet::new(),
        paragraphs: BTreeMap::new(),
        problems: Vec::new(),
    }
}

fn set_param(params: &mut Params, path: &[String], value: ParamValue) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    // An empty path with a map sets each of its keys; recorders write no other empty path.
    match (path.is_empty(), value) {
        (true, ParamValue::Map(map)) => params.extend(map),
        (true, _) => {}
        // The only error is an empty path.
        (false, value) => _ = ParamValue::set_in(params, &path, value),
    }
}

fn apply(run: &mut RunData, edit: Edit) {
    match edit {
        Edit::Name(name) => run.name = name,
        Edit::Experiment(experiment) => run.experiment = experiment,
        Edit::Description(text) => run.description = text,
        Edit::AddTag(tag) => _ = run.tags.insert(tag),
        Edit::RemoveTag(tag) => _ = run.tags.remove(&tag),
    }
}

//! What a journal holds: records one at a time, numbers in columns, and where each stands in the merge order.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use trailmark_core::{
    Artifact, ContentId, Context, Edit, End, ParamValue, SeriesKey, Step, Value, WallTime, WriterId,
};

/// One thing that a run recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// The run began, or went on.
    Created {
        /// When.
        time: WallTime,
    },
    /// A subtree of the params was set.
    Param {
        /// Where in the tree.
        path: Vec<String>,
        /// To what.
        value: ParamValue,
    },
    /// A point was tracked.
    Point {
        /// Of which series.
        series: SeriesKey,
        /// At which step.
        step: Step,
        /// At which epoch; NaN-free where there is one.
        epoch: Option<f64>,
        /// When; kept to the microsecond.
        time: WallTime,
        /// What.
        value: Value,
    },
    /// What people call the run changed.
    Edit {
        /// What.
        edit: Edit,
    },
    /// Texts were kept, as one blob.
    Texts {
        /// The blob.
        pack: ContentId,
    },
    /// A subset's paragraphs.
    Paragraphs {
        /// `train` or `eval`.
        subset: String,
        /// Their ids.
        ids: Vec<ContentId>,
    },
    /// The run has a file under a name; the later one of a name counts.
    Artifact {
        /// Its name.
        name: String,
        /// What it is.
        artifact: Artifact,
    },
    /// The writer ended.
    End {
        /// When.
        time: WallTime,
        /// How.
        end: End,
    },
}

/// Where a record stands in the merge order: later wins, whoever reads, in whichever order the files arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// The time of the frame, in microseconds since 1970; never falls inside a journal.
    pub micros: i64,
    /// Which writer.
    pub writer: WriterId,
    /// The record's first byte in its journal.
    pub offset: u64,
}

/// Numbers of one series, in columns of equal length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// Steps, in the order in which they were tracked.
    pub steps: Vec<i64>,
    /// Microseconds since 1970.
    pub micros: Vec<i64>,
    /// Epochs; NaN where there is none.
    pub epochs: Vec<f64>,
    /// The numbers.
    pub values: Vec<f64>,
    /// Whether the batch holds another value of this series, so that a number after it must stay after it.
    pub(crate) has_objects: bool,
}

impl Column {
    pub(crate) fn clear(&mut self) {
        self.steps.clear();
        self.micros.clear();
        self.epochs.clear();
        self.values.clear();
        self.has_objects = false;
    }
}

/// Where a point stands, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stamp {
    /// Its step.
    pub step: i64,
    /// Its time, in microseconds since 1970.
    pub micros: i64,
    /// Its epoch; NaN where there is none.
    pub epoch: f64,
}

impl Stamp {
    /// The epoch, if there is one.
    pub(crate) fn epoch(&self) -> Option<f64> {
        Some(self.epoch).filter(|epoch| !epoch.is_nan())
    }
}

/// A value that is no float, or comes after one that is none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ObjectRow {
    pub(crate) series: u32,
    pub(crate) at: Stamp,
    pub(crate) value: Value,
}

/// Series by small numbers, in the order in which they first came.
#[derive(Debug, Default)]
pub struct SeriesTable {
    keys: Vec<Arc<SeriesKey>>,
    by_hash: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
    /// Which series came after which the last time: a training loop tracks the same ones in the same order.
    next: Vec<u32>,
    last: u32,
}

impl SeriesTable {
    /// The number of a series; a new one for a new series. Allocates nothing for a known one.
    pub fn intern(&mut self, name: &str, context: &Context) -> u32 {
        if let Some(&guess) = self.next.get(self.last as usize)
            && self.is(guess, name, context)
        {
            self.last = guess;
            return guess;
        }
        let hash = self.hasher.hash_one((name, context));
        let known =
            self.by_hash.get(&hash).and_then(|same| same.iter().find(|i| self.is(**i, name, context)));
        let index = match known {
            Some(index) => *index,
            None => {
                let index = self.keys.len() as u32;
                self.keys.push(Arc::new(SeriesKey::new(name, context.clone())));
                self.by_hash.entry(hash).or_default().push(index);
                self.next.push(index);
                index
            }
        };
        if let Some(next) = self.next.get_mut(self.last as usize) {
            *next = index;
        }
        self.last = index;
        index
    }

    fn is(&self, index: u32, name: &str, context: &Context) -> bool {
        self.keys.get(index as usize).is_some_and(|key| key.name == name && key.context == *context)
    }

    /// The series of a number.
    pub fn key(&self, index: u32) -> Option<&Arc<SeriesKey>> {
        self.keys.get(index as usize)
    }

    /// The series from a number on.
    pub fn since(&self, first: usize) -> &[Arc<SeriesKey>] {
        self.keys.get(first..).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// What becomes one frame: numbers in columns, everything else in order.
#[derive(Debug, Default)]
pub struct Batch {
    /// By the numbers of a [`SeriesTable`].
    pub(crate) columns: Vec<Column>,
    /// The columns that hold something, in the order in which they began.
    pub(crate) touched: Vec<u32>,
    pub(crate) objects: Vec<ObjectRow>,
    pub(crate) records: Vec<Record>,
    n_points: usize,
    n_bytes: usize,
}

impl Batch {
    /// Records, one after the other, with the numbers that a table gives their series.
    pub(crate) fn of(records: &[Record], table: &mut SeriesTable) -> Self {
        let mut batch = Self::default();
        for record in records {
            match record {
                Record::Point { series, step, epoch, time, value } => {
                    let index = table.intern(&series.name, &series.context);
                    let at = Stamp { step: step.0, micros: micros(*time), epoch: epoch.unwrap_or(f64::NAN) };
                    batch.push_point(index, at, value.clone());
                }
                record => batch.push(record.clone()),
            }
        }
        batch
    }

    /// Adds a number.
    pub fn push_number(&mut self, series: u32, at: Stamp, value: f64) {
        let column = self.column(series);
        if column.has_objects {
            return self.push_object(series, at, Value::Float(value));
        }
        let is_first = column.steps.is_empty();
        column.steps.push(at.step);
        column.micros.push(at.micros);
        column.epochs.push(at.epoch);
        column.values.push(value);
        if is_first {
            self.touched.push(series);
        }
        self.n_points += 1;
        self.n_bytes += 32;
    }

    /// Adds a point of any kind.
    pub fn push_point(&mut self, series: u32, at: Stamp, value: Value) {
        match value {
            Value::Float(value) => self.push_number(series, at, value),
            value => self.push_object(series, at, value),
        }
    }

    fn push_object(&mut self, series: u32, at: Stamp, value: Value) {
        self.column(series).has_objects = true;
        self.n_points += 1;
        self.n_bytes += 64 + n_bytes(&value);
        self.objects.push(ObjectRow { series, at, value });
    }

    /// Adds a record that is no point.
    pub fn push(&mut self, record: Record) {
        debug_assert!(!matches!(record, Record::Point { .. }), "points have a number for their series");
        self.n_bytes += 64;
        self.records.push(record);
    }

    fn column(&mut self, series: u32) -> &mut Column {
        let index = series as usize;
        if self.columns.len() <= index {
            self.columns.resize_with(index + 1, Column::default);
        }
        &mut self.columns[index]
    }

    /// How many points it holds.
    pub fn n_points(&self) -> usize {
        self.n_points
    }

    /// How many records it holds that are no points.
    pub fn n_others(&self) -> usize {
        self.records.len()
    }

    /// About how much memory it takes.
    pub fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.n_points == 0 && self.records.is_empty()
    }

    /// Empties it, and keeps its room.
    pub fn clear(&mut self) {
        for index in self.touched.drain(..) {
            self.columns[index as usize].clear();
        }
        for row in self.objects.drain(..) {
            self.columns[row.series as usize].clear();
        }
        self.records.clear();
        (self.n_points, self.n_bytes) = (0, 0);
    }
}

/// About how many bytes a value takes.
pub fn n_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Log(line) => line.text.len(),
        Value::Answer(answer) => {
            let others: usize = answer.others.iter().map(|other| other.text.len() + 24).sum();
            128 + answer.golds.iter().map(String::len).sum::<usize>() + answer.best.text.len() + others
        }
        Value::LogRecord(record) => 64 + record.message.len() + 64 * record.extra.len(),
        Value::Image(_) | Value::Audio(_) | Value::Figure(_) => 128,
        Value::Distribution(distribution) => 32 + 8 * distribution.weights.len(),
        Value::List(values) => 32 + values.iter().map(n_bytes).sum::<usize>(),
        _ => 8,
    }
}

/// Microseconds since 1970, as they are kept.
pub fn micros(time: WallTime) -> i64 {
    time.nanos().div_euclid(1000)
}

pub(crate) fn from_micros(micros: i64) -> WallTime {
    WallTime::from_nanos(micros.saturating_mul(1000))
}

//! What the journals of a run hold, gathered by series and put in the merge order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use trailmark_core::{Context, SeriesKey, Step, Value};

use crate::frame::Sink;
use crate::points::Merger;
use crate::record::{Column, ObjectRow, Stamp, from_micros, micros};
use crate::run::PointRow;
use crate::{Order, Points, Record};

/// Collects the frames of a run's journals, one journal after the other.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    /// The series of the run, in the order in which they were met.
    pub(crate) keys: Vec<Arc<SeriesKey>>,
    by_key: HashMap<Arc<SeriesKey>, u32>,
    /// By the places of `keys`.
    pub(crate) series: Vec<Gathered>,
    pub(crate) records: Vec<(Order, Record)>,
    /// Number in the present journal to place in `keys`.
    pub(crate) numbers: Vec<u32>,
    /// Whether texts are left out, but for the folders of checkpoints: for whoever only makes rows.
    is_lean: bool,
    /// The place of the checkpoints in `keys`.
    checkpoints: Option<u32>,
}

/// The series of the folders that a run's checkpoints lie in.
pub fn checkpoint_key() -> SeriesKey {
    SeriesKey::new("checkpoint", Context::empty())
}

/// The pieces of one series.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) numbers: Merger,
    pub(crate) objects: Vec<(Order, ObjectRow)>,
}

impl Gather {
    /// A collector that knows some series already.
    pub(crate) fn new(keys: &[Arc<SeriesKey>], is_lean: bool) -> Self {
        let mut gather = Self { is_lean, ..Self::default() };
        keys.iter().for_each(|key| _ = gather.place(key));
        gather
    }

    /// Begins with a journal, some of whose series are known.
    pub(crate) fn begin(&mut self, numbers: &[u32]) {
        self.numbers = numbers.to_vec();
    }

    fn place(&mut self, key: &Arc<SeriesKey>) -> u32 {
        if let Some(place) = self.by_key.get(key) {
            return *place;
        }
        let place = self.keys.len() as u32;
        if **key == checkpoint_key() {
            self.checkpoints = Some(place);
        }
        self.keys.push(Arc::clone(key));
        self.by_key.insert(Arc::clone(key), place);
        self.series.push(Gathered::default());
        place
    }

    fn of(&mut self, series: u32) -> Option<&mut Gathered> {
        let place = *self.numbers.get(series as usize)?;
        self.series.get_mut(place as usize)
    }
}

impl Sink for Gather {
    fn series(&mut self, index: u32, key: SeriesKey) {
        if index as usize >= self.numbers.len() {
            let place = self.place(&Arc::new(key));
            self.numbers.push(place);
        }
    }

    fn wants(&self, _: u32, _: bool) -> bool {
        true
    }

    fn numbers(&mut self, order: Order, series: u32, column: &Column) {
        if let Some(of) = self.of(series) {
            of.numbers.push(order, column);
        }
    }

    fn value(&mut self, order: Order, mut row: ObjectRow) {
        let place = self.numbers.get(row.series as usize).copied();
        if self.is_lean && (place.is_none() || place != self.checkpoints) {
            match &mut row.value {
                Value::Text(text) => *text = String::new(),
                Value::Log(line) => line.text = String::new(),
                Value::LogRecord(record) => (record.message, record.extra) = Default::default(),
                Value::Distribution(distribution) => distribution.weights = Vec::new(),
                // The first says what all are.
                Value::List(values) => values.truncate(1),
                _ => {}
            }
        }
        if let Some(of) = self.of(row.series) {
            of.objects.push((order, row));
        }
    }

    fn record(&mut self, order: Order, record: Record) {
        self.records.push((order, record));
    }
}

/// A merged series.
#[derive(Debug)]
pub(crate) enum Merged {
    /// Numbers alone.
    Numbers(Points),
    /// Anything, by step, then in the merge order.
    Rows(Vec<PointRow>),
}

/// What makes two values of a series and step one: for answers the question, for log lines their own place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    Step,
    Question(String),
    Line(Order),
}

impl Gathered {
    /// Merges the pieces: the later write wins.
    pub(crate) fn merge(self) -> Merged {
        let Self { numbers, mut objects } = self;
        if objects.is_empty() {
            return Merged::Numbers(numbers.finish());
        }
        for (order, column) in numbers.into_blocks() {
            let rows = column.steps.iter().zip(&column.micros).zip(&column.epochs).zip(&column.values);
            objects.extend(rows.map(|(((step, micros), epoch), value)| {
                let at = Stamp { step: *step, micros: *micros, epoch: *epoch };
                (order, ObjectRow { series: 0, at, value: Value::Float(*value) })
            }));
        }
        // Stable: numbers of one block keep their order.
        objects.sort_by_key(|(order, _)| *order);
        let mut rows: BTreeMap<(i64, Same), (usize, ObjectRow)> = BTreeMap::new();
        for (place, (order, row)) in objects.into_iter().enumerate() {
            let same = match &row.value {
                Value::Answer(answer) => Same::Question(answer.question_key.clone()),
                Value::Log(_) | Value::LogRecord(_) => Same::Line(order),
                _ => Same::Step,
            };
            rows.insert((row.at.step, same), (place, row));
        }
        let mut rows: Vec<(usize, ObjectRow)> = rows.into_values().collect();
        rows.sort_by_key(|(place, row)| (row.at.step, *place));
        let point = |(_, row): (usize, ObjectRow)| PointRow {
            step: Step(row.at.step),
            epoch: row.at.epoch(),
            time: from_micros(row.at.micros),
            value: row.value,
        };
        Merged::Rows(rows.into_iter().map(point).collect())
    }
}

impl Merged {
    /// The points, each with its value.
    pub(crate) fn into_rows(self) -> Vec<PointRow> {
        match self {
            Self::Rows(rows) => rows,
            Self::Numbers(points) => (0..points.len())
                .map(|place| PointRow {
                    step: Step(points.steps[place]),
                    epoch: Some(points.epochs[place]).filter(|epoch| !epoch.is_nan()),
                    time: from_micros(points.micros[place]),
                    value: Value::Float(points.values[place]),
                })
                .collect(),
        }
    }

    /// Calls with step, time in microseconds, epoch (NaN for none) and value of each point, in order.
    pub(crate) fn each(&self, mut call: impl FnMut(i64, i64, f64, &Value)) {
        match self {
            Self::Rows(rows) => rows.iter().for_each(|row| {
                call(row.step.0, micros(row.time), row.epoch.unwrap_or(f64::NAN), &row.value);
            }),
            Self::Numbers(points) => {
                for place in 0..points.len() {
                    let value = Value::Float(points.values[place]);
                    call(points.steps[place], points.micros[place], points.epochs[place], &value);
                }
            }
        }
    }
}

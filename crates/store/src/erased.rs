//! Points that somebody deleted: those of a series, or of one of its steps, that were written before.
//!
//! Deleting is an edit with its place in the merge order, so that what is tracked afterwards is there, whoever reads.

use std::collections::BTreeMap;

use trailmark_core::{Edit, SeriesKey, Step};

use crate::gather::Gather;
use crate::points::Merger;
use crate::record::Column;
use crate::{Order, Record};

/// What is deleted, and since when. A series that is deleted as a whole has an entry without a step.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Erased(BTreeMap<SeriesKey, BTreeMap<Option<Step>, Order>>);

impl Erased {
    /// What records say that are in the merge order.
    pub(crate) fn of(records: &[(Order, Record)]) -> Self {
        let mut sorted: Vec<_> = records.iter().filter(|(_, record)| is_erasure(record)).collect();
        sorted.sort_by_key(|(order, _)| *order);
        let mut erased = Self::default();
        for (order, record) in sorted {
            if let Record::Edit { edit } = record {
                erased.apply(*order, edit);
            }
        }
        erased
    }

    /// Takes over an edit; of other edits nothing.
    pub(crate) fn apply(&mut self, order: Order, edit: &Edit) {
        let Edit::DeletePoints { series, step, is_deleted } = edit else { return };
        if *is_deleted {
            self.0.entry(series.clone()).or_default().insert(*step, order);
        } else if let Some(steps) = self.0.get_mut(series) {
            steps.remove(step);
            if steps.is_empty() {
                self.0.remove(series);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each series, step and since when.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&SeriesKey, Option<Step>, Order)> {
        self.0.iter().flat_map(|(key, steps)| steps.iter().map(move |(step, order)| (key, *step, *order)))
    }

    /// Whether the points of a series, or of one of its steps, are deleted.
    pub(crate) fn holds(&self, series: &SeriesKey, step: Option<Step>) -> bool {
        self.0.get(series).is_some_and(|steps| steps.contains_key(&step))
    }

    /// Whether a point is deleted that was written at a place of the merge order.
    pub(crate) fn hides(&self, series: &SeriesKey, step: i64, order: Order) -> bool {
        self.0.get(series).is_some_and(|steps| {
            let is_since = |step: Option<Step>| steps.get(&step).is_some_and(|since| order < *since);
            is_since(None) || is_since(Some(Step(step)))
        })
    }

    /// What is left of a column of a series; none when all of it is.
    pub(crate) fn rest(&self, series: &SeriesKey, order: Order, column: &Column) -> Option<Column> {
        let is_left: Vec<bool> = column.steps.iter().map(|step| !self.hides(series, *step, order)).collect();
        if is_left.iter().all(|is_left| *is_left) {
            return None;
        }
        fn keep<T: Copy>(column: &[T], is_left: &[bool]) -> Vec<T> {
            column.iter().zip(is_left).filter(|(_, is_left)| **is_left).map(|(value, _)| *value).collect()
        }
        Some(Column {
            steps: keep(&column.steps, &is_left),
            micros: keep(&column.micros, &is_left),
            epochs: keep(&column.epochs, &is_left),
            values: keep(&column.values, &is_left),
            ..Column::default()
        })
    }

    /// Takes out of what was gathered what is deleted.
    pub(crate) fn take_out(&self, gather: &mut Gather) {
        for (key, gathered) in gather.keys.iter().zip(&mut gather.series) {
            if !self.0.contains_key(&**key) {
                continue;
            }
            gathered.objects.retain(|(order, row)| !self.hides(key, row.at.step, *order));
            let mut left = Merger::default();
            for (order, column) in std::mem::take(&mut gathered.numbers).into_blocks() {
                left.push(order, &self.rest(key, order, &column).unwrap_or(column));
            }
            gathered.numbers = left;
        }
    }
}

/// Whether a record deletes or restores points.
pub(crate) fn is_erasure(record: &Record) -> bool {
    matches!(record, Record::Edit { edit: Edit::DeletePoints { .. } })
}

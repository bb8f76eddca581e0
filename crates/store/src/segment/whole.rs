//! A run as it goes into a segment: everything of it, merged.

use trailmark_core::{RunId, Value};

use super::exact::{Exact, Located, Piece, Place};
use super::json;
use crate::erased::Erased;
use crate::gather::{Gather, Gathered};
use crate::life::JournalState;
use crate::record::ObjectRow;
use crate::{Order, Points, Record, RunRow};

/// A run as it goes into a segment.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(super) row: RunRow,
    pub(super) params: String,
    pub(super) exact: Exact,
    pub(super) series: Vec<Numbers>,
    /// By the places of `exact.series`.
    pub(super) objects: Vec<(Order, ObjectRow)>,
}

/// The numbers of a series, merged, with their places in the merge order.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) points: Points,
    pub(super) pieces: Vec<Piece>,
    /// 1 for each whole number; empty where there is none.
    pub(super) integers: Vec<i64>,
}

impl Numbers {
    /// Takes the numbers out of what was gathered of a series.
    fn take(gathered: &mut Gathered) -> Self {
        let is_kept = |value: &Value| match value {
            Value::Float(_) => true,
            // Others are not told exactly by a float.
            Value::Int(number) => number.unsigned_abs() <= 1 << 53,
            _ => false,
        };
        let mut rows: Vec<(i64, Order, usize)> = Vec::new();
        let mut all = Points::default();
        let mut integers = Vec::new();
        for (order, column) in std::mem::take(&mut gathered.numbers).into_blocks() {
            rows.extend(
                column.steps.iter().enumerate().map(|(row, step)| (*step, order, all.steps.len() + row)),
            );
            all.steps.extend(column.steps);
            all.micros.extend(column.micros);
            all.epochs.extend(column.epochs);
            all.values.extend(column.values);
        }
        integers.resize(all.len(), 0);
        gathered.objects.retain(|(order, row)| {
            if !is_kept(&row.value) {
                return true;
            }
            rows.push((row.at.step, *order, all.steps.len()));
            all.steps.push(row.at.step);
            all.micros.push(row.at.micros);
            all.epochs.push(row.at.epoch);
            all.values.push(crate::run::number(&row.value).unwrap_or(f64::NAN));
            integers.push(i64::from(matches!(row.value, Value::Int(_))));
            false
        });
        rows.sort_unstable();
        let mut merged = Self::default();
        for (index, &(step, order, row)) in rows.iter().enumerate() {
            if rows.get(index + 1).is_some_and(|next| next.0 == step) {
                continue;
            }
            merged.points.steps.push(step);
            merged.points.micros.push(all.micros[row]);
            merged.points.epochs.push(all.epochs[row]);
            merged.points.values.push(all.values[row]);
            merged.integers.push(integers[row]);
            match merged.pieces.last_mut().filter(|last| last.order == order) {
                Some(last) => last.count += 1,
                None => merged.pieces.push(Piece { count: 1, order }),
            }
        }
        if !merged.integers.contains(&1) {
            merged.integers.clear();
        }
        merged
    }
}

impl Whole {
    /// Merges what was gathered of a run, of which these are the journals.
    pub(crate) fn new(
        row: RunRow,
        params: &trailmark_core::Params,
        mut gather: Gather,
        journals: Vec<JournalState>,
    ) -> Self {
        let mut records = std::mem::take(&mut gather.records);
        let erased = Erased::of(&records);
        erased.take_out(&mut gather);
        records.sort_by_key(|(order, _)| *order);
        // A journal that is there beside its segment says everything twice.
        records.dedup_by_key(|(order, _)| *order);
        let mut exact = Exact { journals, needs_orders: !erased.is_empty(), ..Exact::default() };
        exact.records =
            records.into_iter().filter(|(_, record)| !matches!(record, Record::Point { .. })).collect();
        let (mut series, mut objects) = (Vec::new(), Vec::new());
        let mut gathered: Vec<_> = gather.keys.iter().cloned().zip(gather.series).collect();
        gathered.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, mut gathered) in gathered {
            let numbers = Numbers::take(&mut gathered);
            if numbers.points.is_empty() && gathered.objects.is_empty() {
                continue;
            }
            let has_objects = !gathered.objects.is_empty();
            let has_both = !numbers.points.is_empty() && !gathered.objects.is_empty();
            let has_integers = !numbers.integers.is_empty();
            exact.needs_orders |= has_both || has_integers;
            gathered.objects.sort_by_key(|(order, row)| (row.at.step, *order));
            gathered.objects.dedup_by_key(|(order, _)| *order);
            let index = exact.series.len() as u32;
            objects.extend(
                gathered.objects.into_iter().map(|(order, row)| (order, ObjectRow { series: index, ..row })),
            );
            let points = Place { first: 0, count: numbers.points.len() as u64 };
            exact.series.push(Located { key, points, pyramid: 0, n_levels: 0, has_integers, has_objects });
            series.push(numbers);
        }
        Self { row, params: json::text(params), exact, series, objects }
    }

    pub(crate) fn id(&self) -> RunId {
        self.row.id
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.row.is_deleted
    }

    pub(crate) fn n_points(&self) -> usize {
        self.series.iter().map(|series| series.points.len()).sum()
    }

    /// About how many bytes its other values take.
    pub(crate) fn n_bytes(&self) -> usize {
        self.objects.iter().map(|(_, row)| 64 + crate::n_bytes(&row.value)).sum()
    }
}

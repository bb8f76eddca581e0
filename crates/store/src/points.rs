//! Numbers of one series, merged from blocks of any origin, and sampled so that no spike is lost.
//!
//! This is shared code above every [`crate::Store`]: a store hands out blocks as it has them, and here they become one
//! series in which the later write of a step wins.

use crate::Order;
use crate::record::Column;

/// A piece of one series, as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Which of the series that were asked for, by its place in the question.
    pub series: usize,
    /// Its place in the merge order.
    pub order: Order,
    /// The numbers; columns that were not asked for may be empty.
    pub column: &'a Column,
}

/// Which columns are wanted beside steps and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Columns {
    /// Wall times.
    pub times: bool,
    /// Epochs.
    pub epochs: bool,
}

impl Columns {
    /// All of them.
    pub const ALL: Self = Self { times: true, epochs: true };
}

/// One series: steps ascend, none twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Points {
    /// Steps.
    pub steps: Vec<i64>,
    /// Numbers, as many as steps.
    pub values: Vec<f64>,
    /// Microseconds since 1970; as many as steps, or none where times were not asked for.
    pub micros: Vec<i64>,
    /// Epochs, NaN where a point has none; as many as steps, or none where they were not asked for.
    pub epochs: Vec<f64>,
}

/// Collects the blocks of one series.
#[derive(Debug, Default)]
pub struct Merger {
    blocks: Vec<(Order, usize)>,
    points: Points,
}

impl Merger {
    /// Adds a block.
    pub fn push(&mut self, order: Order, column: &Column) {
        self.blocks.push((order, self.points.steps.len()));
        self.points.steps.extend_from_slice(&column.steps);
        self.points.values.extend_from_slice(&column.values);
        self.points.micros.extend_from_slice(&column.micros);
        self.points.epochs.extend_from_slice(&column.epochs);
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.points.steps.is_empty()
    }

    /// The blocks as they were added.
    pub(crate) fn into_blocks(self) -> Vec<(Order, Column)> {
        let Self { blocks, points } = self;
        let ends = blocks.iter().skip(1).map(|block| block.1).chain([points.steps.len()]);
        let cut = |(&(order, first), end): (&(Order, usize), usize)| {
            let column = Column {
                steps: points.steps[first..end].to_vec(),
                micros: points.micros[first..end].to_vec(),
                epochs: points.epochs[first..end].to_vec(),
                values: points.values[first..end].to_vec(),
                ..Column::default()
            };
            (order, column)
        };
        blocks.iter().zip(ends).map(cut).collect()
    }

    /// The series: by step, the later write of a step.
    pub fn finish(self) -> Points {
        let Self { blocks, points } = self;
        if points.steps.is_sorted_by(|a, b| a < b) {
            return points;
        }
        let mut rows: Vec<(i64, Order, usize)> = Vec::with_capacity(points.steps.len());
        let ends = blocks.iter().skip(1).map(|block| block.1).chain([points.steps.len()]);
        for (&(order, first), end) in blocks.iter().zip(ends) {
            rows.extend((first..end).map(|row| (points.steps[row], order, row)));
        }
        rows.sort_unstable();
        let mut kept: Vec<usize> = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if rows.get(index + 1).is_none_or(|next| next.0 != row.0) {
                kept.push(row.2);
            }
        }
        points.select(&kept)
    }
}

impl Points {
    /// How many points there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The points at the given places, in their order.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        fn pick<T: Copy>(column: &[T], places: &[usize]) -> Vec<T> {
            // A column that was not asked for is empty.
            places.iter().filter_map(|place| column.get(*place).copied()).collect()
        }
        Self {
            steps: pick(&self.steps, places),
            values: pick(&self.values, places),
            micros: pick(&self.micros, places),
            epochs: pick(&self.epochs, places),
        }
    }

    /// Adds points whose steps are later.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.steps.append(&mut other.steps);
        self.values.append(&mut other.values);
        self.micros.append(&mut other.micros);
        self.epochs.append(&mut other.epochs);
    }

    /// Keeps one of points at the same step, which stand beside each other.
    pub(crate) fn dedup(&mut self) {
        let is_first = |place: &usize| *place == 0 || self.steps[*place] != self.steps[*place - 1];
        let places: Vec<usize> = (0..self.len()).filter(is_first).collect();
        if places.len() < self.len() {
            *self = self.select(&places);
        }
    }

    /// The points of a range of steps; an end that is not given is the series' own.
    #[must_use]
    pub fn between(self, from: Option<i64>, to: Option<i64>) -> Self {
        let first = from.map_or(0, |from| self.steps.partition_point(|step| *step < from));
        let end = to.map_or(self.len(), |to| self.steps.partition_point(|step| *step <= to));
        if (first, end) == (0, self.len()) {
            return self;
        }
        self.select(&(first..end.max(first)).collect::<Vec<_>>())
    }

    /// At most `n` points (4 at least) that look like all: first, least, largest and last of each of `n / 4` buckets of
    /// as many points each. A bucket of a series with NaN keeps its first NaN as well.
    #[must_use]
    pub fn sample(&self, n: usize) -> Self {
        if self.len() <= n.max(4) {
            return self.clone();
        }
        let has_nan = self.values.iter().any(|value| value.is_nan());
        let n_buckets = (n / if has_nan { 5 } else { 4 }).max(1);
        let mut places: Vec<usize> = Vec::with_capacity(n);
        for bucket in 0..n_buckets {
            // Buckets are at most as many as points, so that none is empty.
            let bounds = [bucket, bucket + 1].map(|edge| edge * self.len() / n_buckets);
            let range = bounds[0]..bounds[1];
            let numbers = || range.clone().filter(|place| !self.values[*place].is_nan());
            let by_value = |a: &usize, b: &usize| self.values[*a].total_cmp(&self.values[*b]);
            let mut chosen = vec![range.start, range.end - 1];
            chosen.extend(numbers().min_by(by_value));
            // Of equals the first, as for the least.
            chosen.extend(numbers().rev().max_by(by_value));
            if n >= 5 {
                chosen.extend(range.clone().find(|place| self.values[*place].is_nan()));
            }
            chosen.sort_unstable();
            chosen.dedup();
            places.extend(chosen);
        }
        self.select(&places)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trailmark_core::WriterId;

    use super::*;

    fn order(micros: i64) -> Order {
        Order { micros, writer: WriterId::from_bytes([1; 8]), offset: 0 }
    }

    fn column(rows: &[(i64, f64)]) -> Column {
        Column {
            steps: rows.iter().map(|row| row.0).collect(),
            values: rows.iter().map(|row| row.1).collect(),
            ..Column::default()
        }
    }

    proptest! {
        #[test]
        fn the_later_block_wins_each_step(
            blocks in prop::collection::vec(prop::collection::vec((0i64..20, -9.0f64..9.0), 0..8), 0..8),
            shift in 0usize..8,
        ) {
            let mut model = std::collections::BTreeMap::new();
            blocks.iter().flatten().for_each(|(step, value)| _ = model.insert(*step, *value));
            // The blocks arrive in another order than they were written in.
            let mut merger = Merger::default();
            for index in 0..blocks.len() {
                let index = (index + shift) % blocks.len();
                merger.push(order(index as i64), &column(&blocks[index]));
            }
            let points = merger.finish();
            let rows: Vec<(i64, f64)> = points.steps.into_iter().zip(points.values).collect();
            prop_assert_eq!(rows, model.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_sample_keeps_ends_and_spikes(
            values in prop::collection::vec(prop_oneof![9 => -1.0f64..1.0, 1 => Just(f64::INFINITY), 1 => Just(f64::NAN)], 1..500),
            n in 0usize..200,
        ) {
            let rows: Vec<(i64, f64)> = values.iter().enumerate().map(|(step, value)| (step as i64 * 3, *value)).collect();
            let points = Points { steps: column(&rows).steps, values: values.clone(), ..Points::default() };
            let sample = points.sample(n);
            prop_assert!(sample.len() <= n.max(4), "{} of {n}", sample.len());
            prop_assert!(sample.steps.is_sorted_by(|a, b| a < b));
            prop_assert_eq!((sample.steps.first(), sample.steps.last()), (points.steps.first(), points.steps.last()));
            let finest = |values: &[f64]| {
                let numbers = || values.iter().copied().filter(|value| !value.is_nan());
                (numbers().min_by(f64::total_cmp), numbers().max_by(f64::total_cmp))
            };
            prop_assert_eq!(finest(&sample.values), finest(&points.values));
            if n >= 5 {
                prop_assert_eq!(sample.values.iter().any(|v| v.is_nan()), values.iter().any(|v| v.is_nan()));
            }
            for (step, value) in sample.steps.iter().zip(&sample.values) {
                prop_assert_eq!(value.to_bits(), values[(*step / 3) as usize].to_bits());
            }
        }
    }
}

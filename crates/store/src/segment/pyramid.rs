//! Long series at a glance: of each bucket of points the first, the least, the largest, the last and the first NaN.
//!
//! The buckets of a level are sixteen times as long as those of the finer one. A bucket has always five rows, in the order
//! of their steps; where two are the same point, it stands there twice. So a level's rows are found by counting.

use super::column::Table;
use super::exact::Located;
use super::write;
use crate::points::Columns;
use crate::{Error, Points};

/// Points of a bucket of the finest level.
const FINEST: usize = 256;
/// Buckets of a level that make one of the next.
const FACTOR: usize = 16;
/// Points of the shortest series that has a pyramid.
const LEAST: usize = 16_384;
/// Rows of a bucket.
pub(crate) const ROWS: usize = 5;

/// The levels of a series, the finest first; none for a short one.
pub(crate) fn levels(points: &Points) -> Vec<Points> {
    let mut levels = Vec::new();
    if points.len() < LEAST {
        return levels;
    }
    let mut level = reduce(points, FINEST);
    while level.len() > ROWS * FACTOR {
        let next = reduce(&level, FACTOR * ROWS);
        levels.push(level);
        level = next;
    }
    levels.push(level);
    levels
}

/// Of every `n` points five.
fn reduce(points: &Points, n: usize) -> Points {
    let mut places = Vec::new();
    for first in (0..points.len()).step_by(n) {
        let range = first..points.len().min(first + n);
        let numbers = || range.clone().filter(|place| !points.values[*place].is_nan());
        let by_value = |a: &usize, b: &usize| points.values[*a].total_cmp(&points.values[*b]);
        let mut chosen = [
            range.start,
            numbers().min_by(by_value).unwrap_or(range.start),
            // Of equals the first, as for the least.
            numbers().rev().max_by(by_value).unwrap_or(range.start),
            range.clone().find(|place| points.values[*place].is_nan()).unwrap_or(range.start),
            range.end - 1,
        ];
        chosen.sort_unstable();
        places.extend(chosen);
    }
    points.select(&places)
}

/// How many rows each level of a series has, by the number of its points.
fn level_rows(n_points: usize, n_levels: u64) -> Vec<usize> {
    let mut n_buckets = n_points.div_ceil(FINEST);
    let mut rows = Vec::new();
    for _ in 0..n_levels {
        rows.push(n_buckets * ROWS);
        n_buckets = n_buckets.div_ceil(FACTOR);
    }
    rows
}

/// Which steps are wanted, and how many points at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cut {
    /// The first step; none for the series' own.
    pub from: Option<i64>,
    /// The last step; none for the series' own.
    pub to: Option<i64>,
    /// How many points at most, as [`Points::sample`] counts them.
    pub n: usize,
}

/// A series of which a range was cut out and sampled.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampled {
    /// The points that are left.
    pub points: Points,
    /// How many there are in the range.
    pub n_points: usize,
}

/// Reads a cut of a series from its points and its pyramid.
pub(crate) fn sampled(
    (points, pyramid): (&Table, Option<&Table>),
    series: &Located,
    (cut, wanted): (&Cut, Columns),
) -> Result<Sampled, Error> {
    let (first, count) = (series.points.first as usize, series.points.count as usize);
    let edge = |step: Option<i64>, is_end: bool| match step {
        None => Ok(if is_end { count } else { 0 }),
        Some(step) => below(points, (first, count), step, is_end),
    };
    let (from, to) = (edge(cut.from, false)?, edge(cut.to, true)?);
    let n_points = to.saturating_sub(from);
    let read = |table: &Table, rows: std::ops::Range<usize>| -> Result<Points, Error> {
        let column = super::read::columns_of(table, rows, wanted)?;
        Ok(Points {
            steps: column.steps,
            values: column.values,
            micros: column.micros,
            epochs: column.epochs,
        })
    };
    // The coarsest level that has at least four buckets for each that is wanted.
    let n_buckets = (cut.n / 4).max(1) * 4;
    let rows = level_rows(count, series.n_levels);
    let length = |level: usize| FINEST * FACTOR.pow(level as u32);
    let level = (0..rows.len()).rev().find(|level| n_points / length(*level) >= n_buckets);
    let (Some(level), Some(pyramid)) = (level, pyramid) else {
        let all = read(points, first + from..first + to.max(from))?;
        return Ok(Sampled { points: all.sample(cut.n), n_points });
    };
    let length = length(level);
    // Whole buckets from the pyramid, the ends from the points.
    let (whole, end) =
        (from.div_ceil(length), if to == count { count.div_ceil(length) } else { to / length });
    let base = series.pyramid as usize + rows.iter().take(level).sum::<usize>();
    let mut left = read(points, first + from..first + whole * length)?;
    left.append(read(pyramid, base + whole * ROWS..base + end * ROWS)?);
    if end * length < to {
        left.append(read(points, first + end * length..first + to)?);
    }
    left.dedup();
    Ok(Sampled { points: left.sample(cut.n), n_points })
}

/// How many points of a series are before a step; with `or_at`, at it too.
fn below(points: &Table, (first, count): (usize, usize), step: i64, or_at: bool) -> Result<usize, Error> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        let there = points.integers(write::STEP, first + middle..first + middle + 1)?;
        if there.first().is_some_and(|there| *there < step || or_at && *there == step) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

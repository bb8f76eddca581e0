//! What the repository has of a run's points, so that only what is new is written.
//!
//! A series is read when a point of it first comes, and remembered as hashes of its points. Those of the series that were
//! not asked for lately are forgotten when there are too many; they are read again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use trailmark_core::{RunId, SeriesKey, Step, Value};
use trailmark_store::{Columns, Error, Merger, Repository, Stamp, Store as _, Wanted, micros};

/// Points that are remembered at most, but for those of one series.
const MOST_POINTS: usize = 4_000_000;

/// The points of a run that was there before.
#[derive(Debug)]
pub(crate) struct Known {
    run: RunId,
    /// What somebody deleted stays deleted.
    erased: HashSet<(SeriesKey, Option<Step>)>,
    series: HashMap<SeriesKey, HashSet<u64>>,
    /// The series in the order in which they were last asked for.
    recent: VecDeque<SeriesKey>,
}

impl Known {
    pub(crate) fn new(repository: &Repository, run: RunId) -> Result<Self, Error> {
        let erased = repository.erased_points(run)?.into_iter().collect();
        Ok(Self { run, erased, series: HashMap::new(), recent: VecDeque::new() })
    }

    /// Leaves only those points that are not there.
    pub(crate) fn sift(
        &mut self,
        repository: &Repository,
        key: &SeriesKey,
        points: &mut Vec<(Stamp, Value)>,
    ) -> Result<(), Error> {
        if self.is_erased(key, None) {
            points.clear();
            return Ok(());
        }
        if !self.series.contains_key(key) {
            let there = read(repository, self.run, key)?;
            self.make_room(there.len());
            self.series.insert(key.clone(), there);
        }
        if self.recent.back() != Some(key) {
            self.recent.retain(|other| other != key);
            self.recent.push_back(key.clone());
        }
        let erased = &self.erased;
        let is_erased =
            |at: &Stamp| !erased.is_empty() && erased.contains(&(key.clone(), Some(Step(at.step))));
        if let Some(there) = self.series.get_mut(key) {
            points.retain(|(at, value)| !is_erased(at) && there.insert(hash(*at, value)));
        }
        Ok(())
    }

    fn is_erased(&self, key: &SeriesKey, step: Option<Step>) -> bool {
        !self.erased.is_empty() && self.erased.contains(&(key.clone(), step))
    }

    fn make_room(&mut self, n_points: usize) {
        let mut n_held = n_points + self.series.values().map(HashSet::len).sum::<usize>();
        while n_held > MOST_POINTS
            && let Some(oldest) = self.recent.pop_front()
        {
            n_held -= self.series.remove(&oldest).map_or(0, |points| points.len());
        }
    }
}

/// The points of a series as they stand, as hashes.
fn read(repository: &Repository, run: RunId, key: &SeriesKey) -> Result<HashSet<u64>, Error> {
    let wanted = Wanted { run, series: vec![key.clone()], columns: Columns::ALL, after: None };
    let mut merger = Merger::default();
    repository.series(&wanted, &mut |block| merger.push(block.order, block.column))?;
    let points = merger.finish();
    let rows = points.steps.iter().zip(&points.values).zip(points.micros.iter().zip(&points.epochs));
    let mut hashes: HashSet<u64> = rows
        .map(|((step, value), (micros, epoch))| {
            hash(Stamp { step: *step, micros: *micros, epoch: *epoch }, &Value::Float(*value))
        })
        .collect();
    repository.objects(&wanted, &mut |object| {
        let epoch = object.epoch.unwrap_or(f64::NAN);
        let at = Stamp { step: object.step.0, micros: micros(object.time), epoch };
        hashes.insert(hash(at, &object.value));
    })?;
    Ok(hashes)
}

/// A point as one number: two that look alike to a reader have the same.
fn hash(at: Stamp, value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    let epoch = if at.epoch.is_nan() { f64::NAN } else { at.epoch };
    (at.step, at.micros, epoch.to_bits()).hash(&mut hasher);
    match value {
        // Whole numbers are handed out as real ones.
        Value::Int(int) => bits(*int as f64).hash(&mut hasher),
        Value::Float(float) => bits(*float).hash(&mut hasher),
        Value::Text(text) => text.hash(&mut hasher),
        Value::Log(line) => (line.stream, &line.text).hash(&mut hasher),
        other => format!("{other:?}").hash(&mut hasher),
    }
    hasher.finish()
}

fn bits(float: f64) -> u64 {
    if float.is_nan() { f64::NAN.to_bits() } else { float.to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_look_alike_are_one() {
        let at = Stamp { step: 1, micros: 2, epoch: f64::NAN };
        let other_nan = Stamp { epoch: -f64::NAN, ..at };
        assert_eq!(hash(at, &Value::Int(3)), hash(other_nan, &Value::Float(3.0)));
        assert_eq!(hash(at, &Value::Float(f64::NAN)), hash(at, &Value::Float(-f64::NAN)));
        assert_ne!(hash(at, &Value::Int(3)), hash(Stamp { step: 2, ..at }, &Value::Int(3)));
        assert_ne!(hash(at, &Value::from("a")), hash(at, &Value::from("b")));
    }
}

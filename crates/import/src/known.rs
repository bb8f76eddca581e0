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
    series: HashMap<SeriesKey, There>,
    /// The series in the order in which they were last asked for.
    recent: VecDeque<SeriesKey>,
}

/// The points of a series.
#[derive(Debug, Default)]
struct There {
    hashes: HashSet<u64>,
    /// Steps at which there were lines of a log before this import.
    lines: HashSet<i64>,
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
        self.load(repository, key)?;
        let erased = &self.erased;
        let is_erased =
            |at: &Stamp| !erased.is_empty() && erased.contains(&(key.clone(), Some(Step(at.step))));
        if let Some(there) = self.series.get_mut(key) {
            points.retain(|(at, value)| !is_erased(at) && there.hashes.insert(hash(*at, value)));
        }
        Ok(())
    }

    /// Whether there was a line of a log at a step before this import.
    pub(crate) fn has_line(&self, key: &SeriesKey, step: i64) -> bool {
        self.series.get(key).is_some_and(|there| there.lines.contains(&step))
    }

    fn load(&mut self, repository: &Repository, key: &SeriesKey) -> Result<(), Error> {
        if !self.series.contains_key(key) {
            let there = self.read(repository, key)?;
            self.make_room(there.hashes.len());
            self.series.insert(key.clone(), there);
        }
        if self.recent.back() != Some(key) {
            self.recent.retain(|other| other != key);
            self.recent.push_back(key.clone());
        }
        Ok(())
    }

    fn is_erased(&self, key: &SeriesKey, step: Option<Step>) -> bool {
        !self.erased.is_empty() && self.erased.contains(&(key.clone(), step))
    }

    /// The points of a series as they stand.
    fn read(&mut self, repository: &Repository, key: &SeriesKey) -> Result<There, Error> {
        let wanted = Wanted { run: self.run, series: vec![key.clone()], columns: Columns::ALL, after: None };
        let mut merger = Merger::default();
        repository.series(&wanted, &mut |block| merger.push(block.order, block.column))?;
        let points = merger.finish();
        let rows = points.steps.iter().zip(&points.values).zip(points.micros.iter().zip(&points.epochs));
        let hashes = rows.map(|((step, value), (micros, epoch))| {
            hash(Stamp { step: *step, micros: *micros, epoch: *epoch }, &Value::Float(*value))
        });
        let mut there = There { hashes: hashes.collect(), lines: HashSet::new() };
        repository.objects(&wanted, &mut |object| {
            let epoch = object.epoch.unwrap_or(f64::NAN);
            let at = Stamp { step: object.step.0, micros: micros(object.time), epoch };
            there.hashes.insert(hash(at, &object.value));
            if matches!(object.value, Value::Log(_) | Value::LogRecord(_)) {
                there.lines.insert(object.step.0);
                // An import took back what the line was before.
                self.erased.remove(&(key.clone(), Some(object.step)));
            }
        })?;
        Ok(there)
    }

    fn make_room(&mut self, n_points: usize) {
        let mut n_held = n_points + self.series.values().map(|there| there.hashes.len()).sum::<usize>();
        while n_held > MOST_POINTS
            && let Some(oldest) = self.recent.pop_front()
        {
            n_held -= self.series.remove(&oldest).map_or(0, |there| there.hashes.len());
        }
    }
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

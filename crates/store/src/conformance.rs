//! What every [`Store`] promises, as checks to which any implementation can be put.
//!
//! [`Subject::check`] goes through all of them, each on an empty store, and panics at the first promise that is broken.
//! Runs come in through [`Store::append`] alone: nothing here knows how a store keeps what it was given. A check looks at
//! what it was told twice, the second time after [`Subject::again`], which may open the store anew or let it put its
//! files in order: what a reader sees must stay the same.
#![allow(clippy::unwrap_used)]

mod append;
mod edits;
mod journal;
mod kept;
mod lists;
mod points;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trailmark_core::{RunId, SeriesKey, Value, WriterId};

pub use journal::{Journal, every_kind, key, point, run_id, time};

use crate::points::Columns;
use crate::{Cursor, Merger, Object, Points, RunRow, Store, Wanted};

/// An implementation of [`Store`] that is put to the checks.
pub struct Subject<'a> {
    /// Makes an empty store.
    pub make: &'a dyn Fn() -> Box<dyn Store>,
    /// Gives a store that holds the same: it itself, it opened anew, or it with its files in another order.
    pub again: &'a dyn Fn(Box<dyn Store>) -> Box<dyn Store>,
}

impl Subject<'_> {
    /// Goes through all checks.
    ///
    /// # Panics
    /// When the store breaks a promise.
    pub fn check(&self) {
        append::check(self);
        lists::check(self);
        points::check(self);
        edits::check(self);
        kept::check(self);
    }

    fn store(&self) -> Box<dyn Store> {
        (self.make)()
    }

    /// A store that holds the same, of which the same is said.
    fn again(&self, store: Box<dyn Store>, runs: &[RunId]) -> Box<dyn Store> {
        let before: Vec<String> = runs.iter().map(|run| seen(&*store, *run)).collect();
        let store = (self.again)(store);
        for (run, before) in runs.iter().zip(before) {
            assert_eq!(seen(&*store, *run), before, "{run} reads as before");
        }
        store
    }
}

/// Everything that a store says of a run but for its id, how many bytes it takes and when it was last written: text
/// that can be compared.
fn seen(store: &dyn Store, run: RunId) -> String {
    let row = store.run(run).unwrap();
    let RunRow { name, experiment, description, note, tags, is_archived, is_deleted, .. } = &*row;
    let mut text = format!("{:?}\n", (name, experiment, description, note, tags, is_archived, is_deleted));
    writeln!(text, "{:?}", (row.created, row.ended, &row.status, &row.params, &row.checkpoints)).unwrap();
    writeln!(text, "{:?}\n{:?}", row.artifacts, row.problems).unwrap();
    writeln!(text, "{:?}\n{:?}", store.params(run).unwrap(), store.contents(run).unwrap()).unwrap();
    for series in &row.series {
        writeln!(text, "{series:?}").unwrap();
        let wanted = all_of(run, &[SeriesKey::clone(&series.key)]);
        let points = numbers(store, &wanted).0;
        let bits: Vec<u64> = points.values.iter().map(|value| value.to_bits()).collect();
        writeln!(text, "{:?} {bits:?} {:?} {:?}", points.steps, points.micros, points.epochs).unwrap();
        for object in objects(store, &wanted).0 {
            let Object { step, epoch, time, value, .. } = object;
            writeln!(text, "{:?}", (step, epoch, time, value)).unwrap();
        }
    }
    text
}

/// Everything of some series.
fn all_of(run: RunId, series: &[SeriesKey]) -> Wanted {
    Wanted { run, series: series.to_vec(), columns: Columns::ALL, after: None }
}

/// The numbers of the first series that is wanted, merged, and where they end.
fn numbers(store: &dyn Store, wanted: &Wanted) -> (Points, Cursor) {
    let mut merger = Merger::default();
    let mut take = |block: crate::Block<'_>| {
        assert!(block.series < wanted.series.len(), "a place in the question");
        if block.series == 0 {
            merger.push(block.order, block.column);
        }
    };
    let cursor = store.series(wanted, &mut take).unwrap();
    (merger.finish(), cursor)
}

/// The objects of the first series that is wanted, merged, by step and then in the merge order; and where they end.
fn objects(store: &dyn Store, wanted: &Wanted) -> (Vec<Object>, Cursor) {
    let mut all = Vec::new();
    let cursor = store.objects(wanted, &mut |object| all.push(object)).unwrap();
    all.sort_by_key(|object| object.order);
    let mut merged = BTreeMap::new();
    for object in all.into_iter().filter(|object| object.series == 0) {
        // Log lines are never one, answers are one when their questions are.
        let same = match &object.value {
            Value::Log(_) | Value::LogRecord(_) => format!("{:?}", object.order),
            Value::Answer(answer) => answer.question_key.clone(),
            _ => String::new(),
        };
        merged.insert((object.step, same), object);
    }
    let mut merged: Vec<Object> = merged.into_values().collect();
    merged.sort_by_key(|object| (object.step, object.order));
    (merged, cursor)
}

/// A writer by its number.
fn writer_id(number: u8) -> WriterId {
    WriterId::from_bytes([number; 8])
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::memory::Memory;
    use crate::{Compact, Repository};

    #[test]
    fn a_folder_keeps_every_promise_and_so_does_one_that_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let count = Cell::new(0);
        let last = || folder.path().join(count.get().to_string());
        let make = || -> Box<dyn Store> {
            count.set(count.get() + 1);
            Box::new(Repository::open_or_create(&last()).unwrap())
        };
        let opened = |store: Box<dyn Store>| -> Box<dyn Store> {
            drop(store);
            Box::new(Repository::open(&last()).unwrap())
        };
        Subject { make: &make, again: &|store| store }.check();
        Subject { make: &make, again: &opened }.check();
    }

    #[test]
    fn a_folder_whose_runs_are_folded_together_keeps_every_promise() {
        let make = || -> Box<dyn Store> {
            Box::new(Repository::make(&Memory::default().files(), Path::new("repository"), None).unwrap())
        };
        let ever = Duration::from_secs(1 << 40);
        let (quiet, crashed_quiet) = (Duration::ZERO, Duration::ZERO);
        let compact =
            Compact { quiet, crashed_quiet, deleted_quiet: ever, blob_age: ever, ..Compact::default() };
        let folded = |store: Box<dyn Store>| -> Box<dyn Store> {
            store.compact(&compact).unwrap();
            store
        };
        Subject { make: &make, again: &folded }.check();
    }

    #[test]
    fn a_folder_in_memory_keeps_every_promise() {
        let make = || -> Box<dyn Store> {
            Box::new(Repository::make(&Memory::default().files(), Path::new("repository"), None).unwrap())
        };
        Subject { make: &make, again: &|store| store }.check();
    }
}

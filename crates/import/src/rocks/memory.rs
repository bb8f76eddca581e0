//! What the write-ahead logs hold, in the order of its keys: only the newest of each.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Kind;
use super::batch::{self, Change};
use super::log::{self, Tail};
use super::tombstones::Tombstone;

/// An entry: key, sequence number, what lies there, value.
type Entry = (Vec<u8>, u64, Kind, Vec<u8>);

/// The changes of some logs.
#[derive(Debug, Default)]
pub(super) struct Memory {
    entries: BTreeMap<Vec<u8>, (u64, Kind, Vec<u8>)>,
    /// Ranges that were deleted: entries of sorted files may lie in them.
    pub(super) tombstones: Vec<Tombstone>,
}

impl Memory {
    /// Adds a log; logs come in the order of their numbers.
    pub(super) fn add(&mut self, log: &[u8], number: u64) -> Tail {
        log::records(log, number, |record| {
            batch::changes(record, |sequence, change| self.apply(sequence, change))
        })
    }

    fn apply(&mut self, sequence: u64, change: Change<'_>) {
        let (key, kind, value) = match change {
            Change::Put(key, value) => (key, Kind::Value, value),
            Change::Delete(key) => (key, Kind::Deleted, &[][..]),
            Change::Foreign(key, kind) => (key, Kind::Foreign(kind), &[][..]),
            Change::DeleteRange(start, end) => {
                let Some(tombstone) = Tombstone::new(start, end, sequence) else { return };
                self.tombstones.push(tombstone);
                let inside = self.entries.range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)));
                let inside: Vec<Vec<u8>> = inside.map(|(key, _)| key.clone()).collect();
                inside.iter().for_each(|key| _ = self.entries.remove(key));
                return;
            }
        };
        self.entries.insert(key.to_vec(), (sequence, kind, value.to_vec()));
    }

    /// The entries in the order of their keys.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        let each = self.entries.into_iter();
        each.map(|(key, (sequence, kind, value))| (key, sequence, kind, value)).collect()
    }
}

/// A place among the entries of the logs.
#[derive(Debug)]
pub(super) struct MemoryCursor<'a> {
    entries: &'a [Entry],
    place: usize,
}

impl<'a> MemoryCursor<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        Self { entries, place: 0 }
    }

    /// Goes to the first entry whose key is this or a later one.
    pub(super) fn seek(&mut self, key: &[u8]) {
        self.place = self.entries.partition_point(|entry| *entry.0 < *key);
    }

    pub(super) fn advance(&mut self) {
        self.place += 1;
    }

    pub(super) fn entry(&self) -> Option<&'a Entry> {
        self.entries.get(self.place)
    }
}

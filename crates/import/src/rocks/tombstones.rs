//! Deleted ranges: Aim deletes the range below a key whenever it sets the key.
//!
//! They are many, and a walk over keys in order meets them in order: those that may cover the present key wait in a heap,
//! the newest on top.

use std::collections::BinaryHeap;

/// A range that is deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tombstone {
    /// Its first key.
    start: Box<[u8]>,
    /// The key after its last.
    end: Box<[u8]>,
    /// What was put after this stays.
    sequence: u64,
}

impl Tombstone {
    /// None for an empty range.
    pub(super) fn new(start: &[u8], end: &[u8], sequence: u64) -> Option<Self> {
        (start < end).then(|| Self { start: start.into(), end: end.into(), sequence })
    }
}

/// A walk over keys that knows which deleted range covers each.
#[derive(Debug)]
pub(super) struct Cover<'a> {
    /// By their first keys.
    all: &'a [Tombstone],
    /// The first that begins after the present key.
    next: usize,
    /// Those that began: sequence numbers and places.
    begun: BinaryHeap<(u64, usize)>,
}

impl<'a> Cover<'a> {
    pub(super) fn new(sorted: &'a [Tombstone]) -> Self {
        Self { all: sorted, next: 0, begun: BinaryHeap::new() }
    }

    /// Begins again from the front: the next key may be an earlier one.
    pub(super) fn rewind(&mut self) {
        self.next = 0;
        self.begun.clear();
    }

    /// Whether what was put at a key with a sequence number is deleted. Keys come in order.
    pub(super) fn hides(&mut self, key: &[u8], sequence: u64) -> bool {
        while let Some(tombstone) = self.all.get(self.next).filter(|tombstone| *tombstone.start <= *key) {
            if *tombstone.end > *key {
                self.begun.push((tombstone.sequence, self.next));
            }
            self.next += 1;
        }
        while let Some((newest, place)) = self.begun.peek() {
            if self.all.get(*place).is_some_and(|tombstone| *tombstone.end > *key) {
                return *newest > sequence;
            }
            self.begun.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_hidden_by_any_newer_range_around_it(
            ranges in prop::collection::vec((0u8..20, 0u8..20, 0u64..50), 0..30),
            keys in prop::collection::vec((0u8..20, 0u64..50), 0..30),
        ) {
            let made = ranges.iter().filter_map(|(a, b, sequence)| Tombstone::new(&[*a], &[*b], *sequence));
            let mut sorted: Vec<Tombstone> = made.collect();
            sorted.sort();
            let mut keys = keys;
            keys.sort_unstable();
            let mut cover = Cover::new(&sorted);
            for (key, sequence) in keys {
                let want = ranges.iter().any(|(a, b, newer)| (*a..*b).contains(&key) && *newer > sequence);
                prop_assert_eq!(cover.hides(&[key], sequence), want);
            }
        }
    }
}

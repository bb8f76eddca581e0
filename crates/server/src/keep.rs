//! Things that were costly to make, kept until there are too many: those used longest ago go first.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Keeps values by key, up to a number of bytes.
pub(crate) struct Keep<K, V> {
    most_bytes: usize,
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    values: HashMap<K, Kept<V>>,
    n_bytes: usize,
    /// Counts uses.
    clock: u64,
}

struct Kept<V> {
    value: V,
    n_bytes: usize,
    used: u64,
}

impl<K: Hash + Eq + Clone, V: Clone> Keep<K, V> {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, inner: Mutex::new(Inner { values: HashMap::new(), n_bytes: 0, clock: 0 }) }
    }

    /// The value, if it is kept.
    pub(crate) fn find(&self, key: &K) -> Option<V> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let clock = inner.clock;
        let kept = inner.values.get_mut(key)?;
        kept.used = clock;
        Some(kept.value.clone())
    }

    /// Keeps a value of about so many bytes in the place of another; one that is too large by itself is not kept.
    pub(crate) fn keep(&self, key: K, value: V, n_bytes: usize) {
        if n_bytes > self.most_bytes {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clock += 1;
        let used = inner.clock;
        inner.n_bytes += n_bytes;
        if let Some(old) = inner.values.insert(key, Kept { value, n_bytes, used }) {
            inner.n_bytes -= old.n_bytes;
        }
        if inner.n_bytes > self.most_bytes {
            inner.drop_oldest(self.most_bytes / 4 * 3);
        }
    }
}

impl<K: Hash + Eq + Clone, V> Inner<K, V> {
    /// Drops what was used longest ago until so many bytes are left.
    fn drop_oldest(&mut self, n_bytes: usize) {
        let mut by_use: Vec<(u64, K)> =
            self.values.iter().map(|(key, kept)| (kept.used, key.clone())).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_use {
            if self.n_bytes <= n_bytes {
                break;
            }
            if let Some(old) = self.values.remove(&key) {
                self.n_bytes -= old.n_bytes;
            }
        }
    }
}

impl<K, V> fmt::Debug for Keep<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keep").field("most_bytes", &self.most_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let keep = Keep::new(100);
        for key in 0..10 {
            keep.keep(key, key, 10);
        }
        assert_eq!(keep.find(&0), Some(0));
        keep.keep(10, 10, 10);
        let kept: Vec<i32> = (0..=10).filter(|key| keep.find(key).is_some()).collect();
        assert_eq!(kept, [0, 5, 6, 7, 8, 9, 10]);
        keep.keep(11, 11, 101);
        assert_eq!(keep.find(&11), None);
    }
}

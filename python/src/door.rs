//! Which series a call means, by the identity of what it passes.
//!
//! A training loop passes the same name, and contexts made of the same keys and values, again and again: constants of
//! its code. Comparing their addresses costs nanoseconds where reading texts and making a context costs a microsecond.
//! What is remembered is held, so that an address means the same as long as it is remembered; only values that cannot
//! change are.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use trailmark_core::SeriesKey;

/// Series that are remembered; then all are forgotten. Names that are made anew for each call fill it.
const MOST: usize = 4096;

/// Series by what was passed for them.
#[derive(Debug, Default)]
pub(crate) struct Door {
    entries: Vec<Entry>,
    by_name: HashMap<usize, Vec<u32>>,
    /// Which entry came after which the last time, and which came last.
    next: Vec<u32>,
    last: u32,
}

#[derive(Debug)]
struct Entry {
    name: Py<PyString>,
    pairs: Vec<(Py<PyAny>, Py<PyAny>)>,
    key: Arc<SeriesKey>,
}

impl Door {
    /// The series that was meant the last time that these were passed.
    pub(crate) fn find(
        &mut self,
        name: &Bound<'_, PyString>,
        context: Option<&Bound<'_, PyDict>>,
    ) -> Option<&SeriesKey> {
        let guess = self.next.get(self.last as usize).copied();
        let found = match guess.filter(|guess| self.is(*guess, name, context)) {
            Some(guess) => guess,
            None => {
                let same = self.by_name.get(&(name.as_ptr() as usize))?;
                let found = same.iter().copied().find(|index| self.is(*index, name, context))?;
                if let Some(next) = self.next.get_mut(self.last as usize) {
                    *next = found;
                }
                found
            }
        };
        self.last = found;
        self.entries.get(found as usize).map(|entry| &*entry.key)
    }

    fn is(&self, index: u32, name: &Bound<'_, PyString>, context: Option<&Bound<'_, PyDict>>) -> bool {
        let Some(entry) = self.entries.get(index as usize) else { return false };
        if !name.is(&entry.name) {
            return false;
        }
        let Some(context) = context else { return entry.pairs.is_empty() };
        let mut pairs = entry.pairs.iter().zip(context.iter());
        context.len() == entry.pairs.len()
            && pairs.all(|(known, (key, value))| key.is(&known.0) && value.is(&known.1))
    }

    /// Remembers what was passed for a series, where it cannot change.
    pub(crate) fn remember(
        &mut self,
        name: &Bound<'_, PyString>,
        context: Option<&Bound<'_, PyDict>>,
        key: Arc<SeriesKey>,
    ) {
        let pairs: Vec<_> = context.into_iter().flat_map(|context| context.iter()).collect();
        if !pairs.iter().all(|(key, value)| is_constant(key) && is_constant(value)) {
            return;
        }
        if self.entries.len() >= MOST {
            *self = Self::default();
        }
        let index = self.entries.len() as u32;
        self.by_name.entry(name.as_ptr() as usize).or_default().push(index);
        let pairs = pairs.into_iter().map(|(key, value)| (key.unbind(), value.unbind())).collect();
        self.entries.push(Entry { name: name.clone().unbind(), pairs, key });
        if let Some(next) = self.next.get_mut(self.last as usize) {
            *next = index;
        }
        // After the newest comes the first again, until something else is seen.
        self.next.push(0);
        self.last = index;
    }
}

fn is_constant(value: &Bound<'_, PyAny>) -> bool {
    value.is_none()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBool>()
}

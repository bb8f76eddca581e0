//! The packed batch: sequences laid end to end, without padding unless it is asked for.
//!
//! Every matrix product of the encoder runs over the rows of all sequences at once, and attention sees the bounds.
//! Padding costs time, so it is absent by default; a caller who wants Hugging Face's losses (whose softmax runs over
//! the padding as well) asks for pad rows, which attend to the real tokens of their sequence, are never attended to,
//! and stay in the loss.

use std::ops::Range;

/// Sequences of token ids laid end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    ids: Vec<u32>,
    type_ids: Vec<u32>,
    /// Where each sequence ends; as long as `n_real`.
    ends: Vec<usize>,
    n_real: Vec<usize>,
}

/// The answer of one sequence, as rows counted from the sequence's first row.
///
/// A position at or past the sequence's number of rows (pads count) is left out of the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanTarget {
    /// First token of the answer.
    pub start: u32,
    /// Last token of the answer.
    pub end: u32,
}

/// A batch with the answer of each of its sequences.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// The sequences.
    pub batch: &'a Batch,
    /// One answer a sequence, in the same order.
    pub targets: &'a [SpanTarget],
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the sequences and keeps the memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.type_ids.clear();
        self.ends.clear();
        self.n_real.clear();
    }

    /// Appends one sequence. `type_ids` is as long as `ids`, or empty for "all 0".
    ///
    /// # Panics
    /// When `type_ids` has another length.
    pub fn push(&mut self, ids: &[u32], type_ids: &[u32]) {
        self.push_padded(ids, type_ids, ids.len(), 0);
    }

    /// Appends one sequence followed by pad rows of id `pad_id` and type 0 up to `n_rows` rows in all; a sequence
    /// that is longer gets none.
    ///
    /// # Panics
    /// When `type_ids` is neither empty nor as long as `ids`.
    pub fn push_padded(&mut self, ids: &[u32], type_ids: &[u32], n_rows: usize, pad_id: u32) {
        assert!(
            type_ids.is_empty() || type_ids.len() == ids.len(),
            "append a sequence: got {} type ids, want {} or none",
            type_ids.len(),
            ids.len()
        );
        let end = self.ids.len() + ids.len().max(n_rows);
        self.ids.extend_from_slice(ids);
        self.ids.resize(end, pad_id);
        self.type_ids.extend_from_slice(type_ids);
        self.type_ids.resize(end, 0);
        self.ends.push(end);
        self.n_real.push(ids.len());
    }

    /// How many sequences there are.
    pub fn n_sequences(&self) -> usize {
        self.ends.len()
    }

    /// How many rows all sequences have together, pads included.
    pub fn n_rows(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no sequence.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The rows of a sequence, pads included.
    pub fn rows(&self, sequence: usize) -> Range<usize> {
        let start = if sequence == 0 { 0 } else { self.ends[sequence - 1] };
        start..self.ends[sequence]
    }

    /// How many of a sequence's rows are tokens; the others, behind them, are pads.
    pub fn n_real(&self, sequence: usize) -> usize {
        self.n_real[sequence]
    }

    /// The token id of each row.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The token type of each row.
    pub fn type_ids(&self) -> &[u32] {
        &self.type_ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_lie_end_to_end_and_pads_behind_their_own() {
        let mut batch = Batch::new();
        batch.push(&[7, 8, 9], &[0, 1, 1]);
        batch.push_padded(&[5], &[], 3, 99);
        assert_eq!(batch.ids(), [7, 8, 9, 5, 99, 99]);
        assert_eq!(batch.type_ids(), [0, 1, 1, 0, 0, 0]);
        assert_eq!((batch.rows(0), batch.rows(1)), (0..3, 3..6));
        assert_eq!((batch.n_real(0), batch.n_real(1)), (3, 1));
        batch.clear();
        assert!(batch.is_empty() && batch.n_rows() == 0);
    }
}

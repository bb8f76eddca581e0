//! Windows with their labels: what a model trains on and is measured by.

use std::sync::atomic::{AtomicBool, Ordering};

use trailmark_encoder::{Batch, SpanTarget};
use trailmark_qa::{Example, Tokenizer, Window, WindowOptions, label, windows};

use crate::{Error, PadTo};

/// One part of the data, cut into windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The questions; empty when only windows are known.
    pub examples: Vec<Example>,
    /// Their windows.
    pub windows: Vec<Window>,
    /// The label of each window.
    pub targets: Vec<SpanTarget>,
}

/// Examples that are cut together: a second's work at most, so that who waits can stop it soon.
const TOGETHER: usize = 256;

impl Features {
    /// Cuts and labels examples.
    ///
    /// # Errors
    /// [`Error::Qa`].
    pub fn new(
        examples: Vec<Example>,
        tokenizer: &Tokenizer,
        options: &WindowOptions,
    ) -> Result<Self, Error> {
        Self::new_unless(&AtomicBool::new(false), examples, tokenizer, options)
    }

    /// As [`Features::new`], given up soon after `stop` becomes true.
    ///
    /// # Errors
    /// [`Error::Qa`], [`Error::Stopped`].
    pub fn new_unless(
        stop: &AtomicBool,
        examples: Vec<Example>,
        tokenizer: &Tokenizer,
        options: &WindowOptions,
    ) -> Result<Self, Error> {
        let mut all = Vec::with_capacity(examples.len());
        for (index, some) in examples.chunks(TOGETHER).enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let first = index * TOGETHER;
            let cut = windows(tokenizer, some, options)?;
            all.extend(cut.into_iter().map(|window| Window { example: first + window.example, ..window }));
        }
        let windows = all;
        let target = |window: &Window| {
            let (start, end) = label(window, &examples[window.example]);
            SpanTarget { start, end }
        };
        let targets = windows.iter().map(target).collect();
        Ok(Self { examples, windows, targets })
    }

    /// Fills a batch with some of the windows, and their labels.
    pub(crate) fn fill(
        &self,
        indices: &[usize],
        (pad_to, max_length, pad_id): (PadTo, usize, u32),
        (batch, targets): (&mut Batch, &mut Vec<SpanTarget>),
    ) {
        batch.clear();
        targets.clear();
        let longest = indices.iter().map(|index| self.windows[*index].ids.len()).max().unwrap_or(0);
        let n_rows = match pad_to {
            PadTo::None => 0,
            PadTo::Longest => longest,
            PadTo::MaxLength => max_length,
        };
        for index in indices {
            let window = &self.windows[*index];
            batch.push_padded(&window.ids, &window.type_ids, n_rows, pad_id);
            targets.push(self.targets[*index]);
        }
    }
}

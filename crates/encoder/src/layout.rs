//! Where each tensor lies: all numbers of a model stand in one slice, in the order in which the network reads them.
//!
//! Query, key and value of a layer lie side by side, so that one product makes all three; gradients and the
//! optimiser's moments have the same layout, so that a norm or a step is a walk over a slice.

use std::ops::Range;

/// One tensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    /// As Hugging Face names it.
    pub(crate) name: String,
    /// Rows first.
    pub(crate) shape: Vec<usize>,
    /// Its place.
    pub(crate) range: Range<usize>,
    /// Whether weight decay applies: not to biases and norms.
    pub(crate) decays: bool,
    /// How new weights are made.
    pub(crate) start: Start,
}

/// What a new tensor holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    /// Normal numbers of the configuration's deviation.
    Normal,
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
}

/// A matrix `[n_out, n_in]` with a bias.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) weight: Range<usize>,
    pub(crate) bias: Range<usize>,
    pub(crate) n_out: usize,
    pub(crate) n_in: usize,
}

/// Scale and shift of a layer norm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Norm {
    pub(crate) gamma: Range<usize>,
    pub(crate) beta: Range<usize>,
}

/// The tables whose rows are added up and normed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embedding {
    pub(crate) words: Range<usize>,
    pub(crate) positions: Range<usize>,
    pub(crate) types: Option<Range<usize>>,
    pub(crate) norm: Norm,
}

/// One transformer layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub(crate) qkv: Linear,
    pub(crate) output: Linear,
    pub(crate) attention_norm: Norm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) norm: Norm,
}

/// What a layer's parts are called, behind `LAYER.INDEX.`.
#[derive(Debug)]
pub(crate) struct LayerNames {
    pub(crate) layer: &'static str,
    pub(crate) query: &'static str,
    pub(crate) key: &'static str,
    pub(crate) value: &'static str,
    pub(crate) output: &'static str,
    pub(crate) attention_norm: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
    pub(crate) norm: &'static str,
}

/// The places of a whole network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Network {
    pub(crate) embedding: Embedding,
    pub(crate) layers: Vec<Layer>,
    pub(crate) head: Linear,
}

/// All tensors of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    words: Range<usize>,
    width: usize,
}

/// Hands out places while a family names its tensors.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    slots: Vec<Slot>,
    end: usize,
    words: Range<usize>,
    width: usize,
}

impl Builder {
    /// The word embedding, which the optimiser treats row by row. Must be called once.
    pub(crate) fn words(&mut self, name: &str, n_rows: usize, width: usize) -> Range<usize> {
        self.words = self.matrix(name, n_rows, width);
        self.width = width;
        self.words.clone()
    }

    /// A matrix without bias.
    pub(crate) fn matrix(&mut self, name: &str, n_rows: usize, n_columns: usize) -> Range<usize> {
        self.slot(name.to_owned(), vec![n_rows, n_columns], Start::Normal)
    }

    /// A layer norm.
    pub(crate) fn norm(&mut self, name: &str, width: usize) -> Norm {
        Norm {
            gamma: self.slot(format!("{name}.weight"), vec![width], Start::Ones),
            beta: self.slot(format!("{name}.bias"), vec![width], Start::Zeros),
        }
    }

    /// A matrix `[n_out, n_in]` and its bias.
    pub(crate) fn linear(&mut self, name: &str, n_out: usize, n_in: usize) -> Linear {
        let weight = self.matrix(&format!("{name}.weight"), n_out, n_in);
        let bias = self.slot(format!("{name}.bias"), vec![n_out], Start::Zeros);
        Linear { weight, bias, n_out, n_in }
    }

    /// Three square matrices side by side, as one of three times the rows.
    pub(crate) fn stacked(&mut self, names: [String; 3], width: usize) -> Linear {
        let start = self.end;
        for name in &names {
            self.matrix(&format!("{name}.weight"), width, width);
        }
        let weight = start..self.end;
        for name in &names {
            self.slot(format!("{name}.bias"), vec![width], Start::Zeros);
        }
        Linear { bias: weight.end..self.end, weight, n_out: 3 * width, n_in: width }
    }

    /// The finished layout.
    pub(crate) fn finish(mut self) -> Layout {
        self.slots.sort_by(|a, b| a.name.cmp(&b.name));
        Layout { slots: self.slots, words: self.words, width: self.width }
    }

    fn slot(&mut self, name: String, shape: Vec<usize>, start: Start) -> Range<usize> {
        let range = self.end..self.end + shape.iter().product::<usize>();
        self.end = range.end;
        self.slots.push(Slot { name, shape, range: range.clone(), decays: start == Start::Normal, start });
        range
    }
}

impl Layout {
    /// All tensors, sorted by name.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many numbers the model has.
    pub(crate) fn n_numbers(&self) -> usize {
        self.slots.iter().map(|slot| slot.range.end).max().unwrap_or(0)
    }

    /// The place of the word embedding and the width of its rows.
    pub(crate) fn words(&self) -> (Range<usize>, usize) {
        (self.words.clone(), self.width)
    }

    /// Rows of the word embedding.
    pub(crate) fn n_words(&self) -> usize {
        self.words.len() / self.width
    }

    /// The places of all else, with whether weight decay applies, neighbours of one kind joined; sorted by place.
    pub(crate) fn dense_ranges(&self) -> Vec<(Range<usize>, bool)> {
        let mut slots: Vec<&Slot> = self.slots.iter().filter(|slot| slot.range != self.words).collect();
        slots.sort_by_key(|slot| slot.range.start);
        let mut ranges: Vec<(Range<usize>, bool)> = Vec::new();
        for slot in slots {
            match ranges.last_mut() {
                Some((range, decays)) if range.end == slot.range.start && *decays == slot.decays => {
                    range.end = slot.range.end;
                }
                _ => ranges.push((slot.range.clone(), slot.decays)),
            }
        }
        ranges
    }
}

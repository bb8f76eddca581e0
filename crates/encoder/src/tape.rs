//! The tape: a handful of fused operations, each with its own backward, recorded while a family's forward code runs.
//!
//! A node is one tensor of `[rows, width]`. When gradients are wanted the tape keeps what backward needs and walks the
//! operations in reverse; else every tensor goes back to the pool after its last use. Tensors come from the pool and
//! return to it: after the first batches a step allocates nothing of size.

mod backward;
#[cfg(test)]
mod slopes;

pub(crate) use backward::Sink;

use crate::kernel::attention::{self, Scratch, Shape};
use crate::kernel::matmul::{Into, Matrix, multiply};
use crate::kernel::norm::{self, STATISTICS};
use crate::kernel::random::Mask;
use crate::kernel::rows::{Partials, fill_rows};
use crate::kernel::{BLOCK_ROWS, each_part, gelu};
use crate::layout::{Embedding, Linear, Norm};
use crate::{Batch, Dropout, Threads};

/// One tensor on the tape. Not copied, so that the last use gives it back.
#[derive(Debug)]
pub(crate) struct Node(usize);

/// An operation that was done, for its backward. Numbers are indices of tensors.
#[derive(Debug)]
enum Step {
    Embed { output: usize, sum: usize, statistics: usize, mask: Option<Mask>, embedding: Embedding },
    Linear { x: usize, output: usize, linear: Linear },
    LinearGelu { x: usize, inner: usize, output: usize, linear: Linear },
    Attention { qkv: usize, weights: usize, output: usize, shape: Shape, scale: f32 },
    ResidualNorm { x: usize, sum: usize, output: usize, statistics: usize, mask: Option<Mask>, norm: Norm },
    Dropout { x: usize, output: usize, mask: Mask },
}

/// Memory that outlives a batch.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    free: Vec<Vec<f32>>,
    tensors: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
    steps: Vec<Step>,
    partials: Partials,
    scratch: Scratch,
    /// Copies of the hidden states, when they are asked for.
    pub(crate) hidden: Option<Vec<Vec<f32>>>,
}

impl Memory {
    /// A tensor of `len` numbers with any content: the smallest free one that is large enough, else the largest grows.
    fn take(&mut self, len: usize) -> Vec<f32> {
        let fits = |buffer: &Vec<f32>| buffer.capacity() >= len;
        let best = (0..self.free.len())
            .min_by_key(|index| (!fits(&self.free[*index]), self.free[*index].capacity().abs_diff(len)));
        let mut buffer = best.map(|index| self.free.swap_remove(index)).unwrap_or_default();
        if buffer.capacity() < len {
            // No copy of old content into the new place.
            buffer.clear();
        }
        buffer.resize(len, 0.0);
        buffer
    }

    fn give(&mut self, buffer: Vec<f32>) {
        if buffer.capacity() > 0 {
            self.free.push(buffer);
        }
    }

    /// Takes all tensors back.
    fn reset(&mut self) {
        self.free.extend(self.tensors.drain(..).chain(self.gradients.drain(..)).filter(|b| b.capacity() > 0));
        self.steps.clear();
    }
}

/// One forward, and its backward if it was recorded.
#[derive(Debug)]
pub(crate) struct Tape<'a> {
    threads: &'a Threads,
    memory: &'a mut Memory,
    numbers: &'a [f32],
    batch: &'a Batch,
    dropout: Option<Dropout>,
    records: bool,
    /// How many dropouts were passed: each has its own random numbers.
    place: u32,
}

/// What a tape runs with.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) threads: &'a Threads,
    /// All weights.
    pub(crate) numbers: &'a [f32],
    pub(crate) batch: &'a Batch,
    pub(crate) dropout: Option<Dropout>,
    /// Whether backward will follow.
    pub(crate) records: bool,
}

impl<'a> Tape<'a> {
    /// An empty tape.
    pub(crate) fn new(setting: Setting<'a>, memory: &'a mut Memory) -> Self {
        memory.reset();
        memory.scratch.resize(setting.threads.count());
        let Setting { threads, numbers, batch, dropout, records } = setting;
        Self { threads, memory, numbers, batch, dropout, records, place: 0 }
    }

    /// Word + position + token type, normed, dropped.
    pub(crate) fn embed(&mut self, embedding: &Embedding, epsilon: f32, rate: f32) -> Node {
        let width = embedding.norm.gamma.len();
        let n_rows = self.batch.n_rows();
        let mut sum = self.memory.take(n_rows * width);
        self.sum_embeddings(embedding, &mut sum, width);
        let mut output = self.memory.take(n_rows * width);
        let mut statistics = self.memory.take(n_rows * STATISTICS);
        norm::forward(
            self.threads,
            norm::Forward {
                residual: None,
                sum: &mut sum,
                mask: None,
                output: &mut output,
                statistics: &mut statistics,
                gamma: &self.numbers[embedding.norm.gamma.clone()],
                beta: &self.numbers[embedding.norm.beta.clone()],
                epsilon,
            },
        );
        let mask = self.mask(rate);
        if let Some(mask) = mask {
            drop_rows(self.threads, &mut output, width, mask);
        }
        let (sum, statistics) = (self.keep(sum), self.keep(statistics));
        let output = self.push(output);
        if self.records {
            let embedding = embedding.clone();
            self.memory.steps.push(Step::Embed { output: output.0, sum, statistics, mask, embedding });
        }
        output
    }

    fn sum_embeddings(&self, embedding: &Embedding, sum: &mut [f32], width: usize) {
        let table = |range: &std::ops::Range<usize>| &self.numbers[range.clone()];
        let (words, positions) = (table(&embedding.words), table(&embedding.positions));
        let types = embedding.types.as_ref().map(table);
        let mut of_row = Vec::with_capacity(self.batch.n_rows());
        for sequence in 0..self.batch.n_sequences() {
            of_row.extend(0..self.batch.rows(sequence).len());
        }
        let row_of = |table: &'a [f32], row: usize| &table[row * width..(row + 1) * width];
        each_part(self.threads, sum.chunks_mut(BLOCK_ROWS * width), |block, _, sums| {
            for (index, sum) in sums.chunks_exact_mut(width).enumerate() {
                let row = block * BLOCK_ROWS + index;
                let word = row_of(words, self.batch.ids()[row] as usize);
                let position = row_of(positions, of_row[row]);
                for ((sum, word), position) in sum.iter_mut().zip(word).zip(position) {
                    *sum = word + position;
                }
                if let Some(types) = types {
                    let kind = row_of(types, self.batch.type_ids()[row] as usize);
                    for (sum, kind) in sum.iter_mut().zip(kind) {
                        *sum += kind;
                    }
                }
            }
        });
    }

    /// `x · weightᵀ + bias`.
    pub(crate) fn linear(&mut self, x: &Node, linear: &Linear) -> Node {
        let mut output = self.memory.take(self.batch.n_rows() * linear.n_out);
        fill_rows(self.threads, &mut output, &self.numbers[linear.bias.clone()]);
        self.product(x, linear, (&mut output, Into::Add));
        let output = self.push(output);
        if self.records {
            self.memory.steps.push(Step::Linear { x: x.0, output: output.0, linear: linear.clone() });
        }
        output
    }

    /// `gelu(x · weightᵀ + bias)`.
    pub(crate) fn linear_gelu(&mut self, x: &Node, linear: &Linear) -> Node {
        let n_numbers = self.batch.n_rows() * linear.n_out;
        let mut inner = self.memory.take(n_numbers);
        self.product(x, linear, (&mut inner, Into::Replace(1.0)));
        let mut output = self.memory.take(n_numbers);
        gelu::forward(self.threads, &mut inner, &self.numbers[linear.bias.clone()], &mut output);
        let inner = self.keep(inner);
        let output = self.push(output);
        if self.records {
            let linear = linear.clone();
            self.memory.steps.push(Step::LinearGelu { x: x.0, inner, output: output.0, linear });
        }
        output
    }

    fn product(&self, x: &Node, linear: &Linear, (output, into): (&mut [f32], Into)) {
        let x = Matrix::new(&self.memory.tensors[x.0], self.batch.n_rows(), linear.n_in);
        let weight = Matrix::new(&self.numbers[linear.weight.clone()], linear.n_out, linear.n_in);
        multiply(self.threads, output, into, (x, weight.transposed()));
    }

    /// Attention of each sequence over itself, from query, key and value side by side.
    pub(crate) fn attention(&mut self, qkv: Node, shape: Shape, rate: f32) -> Node {
        let mask = self.mask(rate);
        let mut weights = self.memory.take(shape.n_weights(self.batch));
        let mut output = self.memory.take(self.batch.n_rows() * shape.n_heads * shape.depth);
        attention::forward(
            (self.threads, &self.memory.scratch),
            (self.batch, shape, mask),
            &self.memory.tensors[qkv.0],
            &mut weights,
            &mut output,
        );
        let weights = self.keep(weights);
        let output = self.push(output);
        if self.records {
            let scale = mask.map_or(1.0, |mask| mask.scale);
            self.memory.steps.push(Step::Attention { qkv: qkv.0, weights, output: output.0, shape, scale });
        }
        self.release(qkv);
        output
    }

    /// `norm(x + dropout(branch))`.
    pub(crate) fn residual_norm(
        &mut self,
        x: Node,
        branch: Node,
        (norm, epsilon): (&Norm, f32),
        rate: f32,
    ) -> Node {
        let mask = self.mask(rate);
        let n_rows = self.batch.n_rows();
        let mut sum = std::mem::take(&mut self.memory.tensors[branch.0]);
        let mut output = self.memory.take(sum.len());
        let mut statistics = self.memory.take(n_rows * STATISTICS);
        norm::forward(
            self.threads,
            norm::Forward {
                residual: Some(&self.memory.tensors[x.0]),
                sum: &mut sum,
                mask,
                output: &mut output,
                statistics: &mut statistics,
                gamma: &self.numbers[norm.gamma.clone()],
                beta: &self.numbers[norm.beta.clone()],
                epsilon,
            },
        );
        self.memory.tensors[branch.0] = sum;
        let statistics = self.keep(statistics);
        let output = self.push(output);
        if self.records {
            self.memory.steps.push(Step::ResidualNorm {
                x: x.0,
                sum: branch.0,
                output: output.0,
                statistics,
                mask,
                norm: norm.clone(),
            });
        }
        self.release(x);
        self.release(branch);
        output
    }

    /// Drops numbers at `rate`; the node itself when nothing is dropped.
    pub(crate) fn dropout(&mut self, x: Node, rate: f32) -> Node {
        let Some(mask) = self.mask(rate) else { return x };
        let width = self.memory.tensors[x.0].len() / self.batch.n_rows();
        let mut output = self.memory.take(self.memory.tensors[x.0].len());
        output.copy_from_slice(&self.memory.tensors[x.0]);
        drop_rows(self.threads, &mut output, width, mask);
        let output = self.push(output);
        if self.records {
            self.memory.steps.push(Step::Dropout { x: x.0, output: output.0, mask });
        }
        self.release(x);
        output
    }

    /// Says that a node is not needed any more.
    pub(crate) fn release(&mut self, node: Node) {
        if !self.records {
            let buffer = std::mem::take(&mut self.memory.tensors[node.0]);
            self.memory.give(buffer);
        }
    }

    /// Copies a hidden state for those who asked for them.
    pub(crate) fn mark_hidden(&mut self, node: &Node) {
        if let Some(hidden) = &mut self.memory.hidden {
            hidden.push(self.memory.tensors[node.0].clone());
        }
    }

    /// The numbers of a node.
    pub(crate) fn values(&self, node: &Node) -> &[f32] {
        &self.memory.tensors[node.0]
    }

    fn push(&mut self, tensor: Vec<f32>) -> Node {
        self.memory.tensors.push(tensor);
        Node(self.memory.tensors.len() - 1)
    }

    /// Keeps a tensor for backward, or gives it back at once; its index.
    fn keep(&mut self, tensor: Vec<f32>) -> usize {
        if self.records {
            self.push(tensor).0
        } else {
            self.memory.give(tensor);
            usize::MAX
        }
    }

    fn mask(&mut self, rate: f32) -> Option<Mask> {
        self.place += 1;
        let dropout = self.dropout.filter(|_| rate > 0.0)?;
        Some(Mask::new(dropout, self.place, rate))
    }
}

/// Applies a mask to rows of `width` numbers.
fn drop_rows(threads: &Threads, rows: &mut [f32], width: usize, mask: Mask) {
    each_part(threads, rows.chunks_mut(BLOCK_ROWS * width), |block, _, rows| {
        crate::kernel::fast(
            #[inline(always)]
            || {
                for (index, row) in rows.chunks_exact_mut(width).enumerate() {
                    mask.apply(block * BLOCK_ROWS + index, row);
                }
            },
        );
    });
}

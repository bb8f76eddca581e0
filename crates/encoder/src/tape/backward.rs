//! The tape in reverse: each operation turns the gradient of its output into those of its inputs and parameters.

use super::{Node, Step, Tape, drop_rows};
use crate::kernel::matmul::{Into, Matrix, multiply};
use crate::kernel::rows::{add, add_column_sums};
use crate::kernel::{attention, gelu, norm};
use crate::layout::{Embedding, Linear, Norm};

/// Where the gradients of the parameters go.
#[derive(Debug)]
pub(crate) struct Sink<'a> {
    /// In the model's layout; added to.
    pub(crate) numbers: &'a mut [f32],
    /// The id whose word embedding gets no gradient.
    pub(crate) pad_id: Option<u32>,
}

/// A norm that was done: what backward needs of it.
struct Normed<'a> {
    sum: usize,
    statistics: usize,
    norm: &'a Norm,
}

impl Tape<'_> {
    /// Walks back from `gradient`, that of the node `last`.
    pub(crate) fn backward(&mut self, last: &Node, gradient: Vec<f32>, sink: &mut Sink<'_>) {
        let count = self.memory.tensors.len();
        self.memory.gradients.resize_with(count, Vec::new);
        self.memory.gradients[last.0] = gradient;
        let steps = std::mem::take(&mut self.memory.steps);
        for step in steps.iter().rev() {
            self.step_back(step, sink);
        }
        // The allocation is kept for the next forward.
        self.memory.steps = steps;
    }

    /// A buffer for the first gradient of a step, from the pool.
    pub(crate) fn buffer(&mut self, len: usize) -> Vec<f32> {
        self.memory.take(len)
    }

    fn step_back(&mut self, step: &Step, sink: &mut Sink<'_>) {
        match step {
            Step::Embed { output, sum, statistics, mask, embedding } => {
                let mut gradient = self.take_gradient(*output);
                if let Some(mask) = mask {
                    drop_rows(self.threads, &mut gradient, embedding.norm.gamma.len(), *mask);
                }
                let normed = Normed { sum: *sum, statistics: *statistics, norm: &embedding.norm };
                self.norm_back(&normed, &mut gradient, sink);
                self.scatter(embedding, &gradient, sink);
                self.memory.give(gradient);
            }
            Step::Linear { x, output, linear } => {
                let gradient = self.take_gradient(*output);
                self.linear_back(*x, linear, &gradient, sink);
                self.memory.give(gradient);
            }
            Step::LinearGelu { x, inner, output, linear } => {
                let mut gradient = self.take_gradient(*output);
                gelu::backward(self.threads, &self.memory.tensors[*inner], &mut gradient, linear.n_out);
                self.linear_back(*x, linear, &gradient, sink);
                self.memory.give(gradient);
            }
            Step::Attention { qkv, weights, output, shape, scale } => {
                let gradient = self.take_gradient(*output);
                let mut d_qkv = self.memory.take(self.memory.tensors[*qkv].len());
                attention::backward(
                    (self.threads, &self.memory.scratch),
                    (self.batch, *shape, *scale),
                    (&self.memory.tensors[*qkv], &self.memory.tensors[*weights]),
                    &gradient,
                    &mut d_qkv,
                );
                self.memory.give(gradient);
                self.memory.gradients[*qkv] = d_qkv;
            }
            Step::ResidualNorm { x, sum, output, statistics, mask, norm } => {
                let mut gradient = self.take_gradient(*output);
                self.norm_back(&Normed { sum: *sum, statistics: *statistics, norm }, &mut gradient, sink);
                let mut branch = self.memory.take(gradient.len());
                branch.copy_from_slice(&gradient);
                if let Some(mask) = mask {
                    drop_rows(self.threads, &mut branch, norm.gamma.len(), *mask);
                }
                self.memory.gradients[*sum] = branch;
                self.give_gradient(*x, gradient);
            }
            Step::Dropout { x, output, mask } => {
                let mut gradient = self.take_gradient(*output);
                let width = gradient.len() / self.batch.n_rows();
                drop_rows(self.threads, &mut gradient, width, *mask);
                self.give_gradient(*x, gradient);
            }
        }
    }

    fn take_gradient(&mut self, node: usize) -> Vec<f32> {
        std::mem::take(&mut self.memory.gradients[node])
    }

    /// Adds a gradient to a node that may have one already.
    fn give_gradient(&mut self, node: usize, gradient: Vec<f32>) {
        if self.memory.gradients[node].is_empty() {
            self.memory.gradients[node] = gradient;
        } else {
            add(self.threads, &mut self.memory.gradients[node], &gradient);
            self.memory.give(gradient);
        }
    }

    fn linear_back(&mut self, x: usize, linear: &Linear, gradient: &[f32], sink: &mut Sink<'_>) {
        let n_rows = self.batch.n_rows();
        let d_y = Matrix::new(gradient, n_rows, linear.n_out);
        let input = Matrix::new(&self.memory.tensors[x], n_rows, linear.n_in);
        let d_weight = &mut sink.numbers[linear.weight.clone()];
        multiply(self.threads, d_weight, Into::Add, (d_y.transposed(), input));
        let d_bias = &mut sink.numbers[linear.bias.clone()];
        add_column_sums(self.threads, gradient, d_bias, &mut self.memory.partials);

        let mut d_x = self.take_gradient(x);
        let into = if d_x.is_empty() { Into::Replace(1.0) } else { Into::Add };
        if d_x.is_empty() {
            d_x = self.memory.take(n_rows * linear.n_in);
        }
        let weight = Matrix::new(&self.numbers[linear.weight.clone()], linear.n_out, linear.n_in);
        multiply(self.threads, &mut d_x, into, (d_y, weight));
        self.memory.gradients[x] = d_x;
    }

    fn norm_back(&mut self, normed: &Normed<'_>, gradient: &mut [f32], sink: &mut Sink<'_>) {
        let Norm { gamma, beta } = normed.norm;
        // A layout gives a norm's scale and shift neighbouring places.
        debug_assert_eq!(gamma.end, beta.start);
        let (d_gamma, d_beta) = sink.numbers[gamma.start..beta.end].split_at_mut(gamma.len());
        norm::backward(
            self.threads,
            norm::Backward {
                sum: &self.memory.tensors[normed.sum],
                statistics: &self.memory.tensors[normed.statistics],
                gamma: &self.numbers[gamma.clone()],
                gradient,
                d_parameters: (d_gamma, d_beta),
            },
            &mut self.memory.partials,
        );
    }

    /// Adds each row's gradient to its word, position and token type, in the order of the rows.
    fn scatter(&self, embedding: &Embedding, gradient: &[f32], sink: &mut Sink<'_>) {
        let width = embedding.norm.gamma.len();
        let mut give = |table: &std::ops::Range<usize>, index: usize, from: &[f32]| {
            let first = table.start + index * width;
            for (total, number) in sink.numbers[first..first + width].iter_mut().zip(from) {
                *total += number;
            }
        };
        for sequence in 0..self.batch.n_sequences() {
            for (position, row) in self.batch.rows(sequence).enumerate() {
                let from = &gradient[row * width..(row + 1) * width];
                let id = self.batch.ids()[row];
                if sink.pad_id != Some(id) {
                    give(&embedding.words, id as usize, from);
                }
                give(&embedding.positions, position, from);
                if let Some(types) = &embedding.types {
                    give(types, self.batch.type_ids()[row] as usize, from);
                }
            }
        }
    }
}

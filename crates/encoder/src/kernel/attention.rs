//! Attention over packed sequences: each sequence sees itself alone, and its pads are never seen.
//!
//! Input rows hold query, key and value of all heads side by side (`[rows, 3 · heads · depth]`). A task is one
//! sequence. Forward keeps the attention weights of each head (`[rows, n_real]`), and marks a dropped weight by its
//! sign: weights are never negative, so the mask needs no memory of its own and backward draws nothing again.

use super::matmul::{Into, Matrix, multiply_one};
use super::random::{DRAW, Mask};
use super::{each_part, exp, fast, max, sum};
use crate::{Batch, Threads};

/// Heads and their width.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// How many heads.
    pub(crate) n_heads: usize,
    /// Numbers of a query, key or value of one head.
    pub(crate) depth: usize,
}

impl Shape {
    fn hidden(self) -> usize {
        self.n_heads * self.depth
    }

    fn scale(self) -> f32 {
        1.0 / (self.depth as f32).sqrt()
    }

    /// How many attention weights a batch has.
    pub(crate) fn n_weights(self, batch: &Batch) -> usize {
        (0..batch.n_sequences()).map(|index| self.n_weights_of(batch, index)).sum()
    }

    fn n_weights_of(self, batch: &Batch, sequence: usize) -> usize {
        self.n_heads * batch.rows(sequence).len() * batch.n_real(sequence)
    }
}

/// One scratch matrix a worker, the largest of any sequence.
#[derive(Debug, Default)]
pub(crate) struct Scratch(Vec<std::sync::Mutex<Vec<f32>>>);

impl Scratch {
    /// Room for `n_workers` workers.
    pub(crate) fn resize(&mut self, n_workers: usize) {
        self.0.resize_with(n_workers, Default::default);
    }

    fn of(&self, worker: usize) -> std::sync::MutexGuard<'_, Vec<f32>> {
        self.0[worker].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Cuts `data` into the parts of the sequences; `size` says how many numbers sequence `index` has.
fn cut<'a>(
    data: &'a mut [f32],
    batch: &Batch,
    size: impl Fn(usize) -> usize,
) -> impl Iterator<Item = &'a mut [f32]> {
    let mut rest = data;
    let sizes: Vec<usize> = (0..batch.n_sequences()).map(size).collect();
    sizes.into_iter().map(move |size| {
        let (part, more) = std::mem::take(&mut rest).split_at_mut(size);
        rest = more;
        part
    })
}

/// Sequences with their parts, the longest first: the threads finish together, as no long one is left for the end.
fn longest_first<P>(batch: &Batch, parts: impl Iterator<Item = P>) -> impl Iterator<Item = (usize, P)> {
    let mut parts: Vec<(usize, P)> = parts.enumerate().collect();
    parts.sort_by_key(|(sequence, _)| std::cmp::Reverse(batch.rows(*sequence).len()));
    parts.into_iter()
}

/// The first index of the sequence's rows of weights, for dropout: rows are counted over the whole batch.
fn first_weight_row(batch: &Batch, sequence: usize, n_heads: usize) -> usize {
    batch.rows(sequence).start * n_heads
}

/// `output [rows, hidden] = softmax(q kᵀ / √depth) v`; `weights` is kept for backward.
pub(crate) fn forward(
    (threads, scratch): (&Threads, &Scratch),
    (batch, shape, mask): (&Batch, Shape, Option<Mask>),
    qkv: &[f32],
    weights: &mut [f32],
    output: &mut [f32],
) {
    let hidden = shape.hidden();
    let parts =
        cut(weights, batch, |index| shape.n_weights_of(batch, index))
            .zip(cut(output, batch, |index| batch.rows(index).len() * hidden));
    each_part(threads, longest_first(batch, parts), |_, worker, (sequence, (weights, output))| {
        let rows = batch.rows(sequence);
        let (n_rows, n_keys) = (rows.len(), batch.n_real(sequence));
        let qkv = &qkv[rows.start * 3 * hidden..rows.end * 3 * hidden];
        let mut kept = scratch.of(worker);
        for (head, weights) in weights.chunks_exact_mut(n_rows * n_keys).enumerate() {
            let part = |which: usize, n_rows: usize| {
                let first = which * hidden + head * shape.depth;
                Matrix::strided(&qkv[first..], n_rows, shape.depth, 3 * hidden)
            };
            let (query, key, value) = (part(0, n_rows), part(1, n_keys), part(2, n_keys));
            multiply_one(weights, n_keys, Into::Replace(shape.scale()), (query, key.transposed()));
            let first_row = first_weight_row(batch, sequence, shape.n_heads) + head * n_rows;
            let output = &mut output[head * shape.depth..];
            match mask {
                None => {
                    fast(
                        #[inline(always)]
                        || softmax(weights, n_keys),
                    );
                    let weights = Matrix::new(weights, n_rows, n_keys);
                    multiply_one(output, hidden, Into::Replace(1.0), (weights, value));
                }
                Some(mask) => {
                    let size = kept.len().max(n_rows * n_keys);
                    kept.resize(size, 0.0);
                    let kept = &mut kept[..n_rows * n_keys];
                    fast(
                        #[inline(always)]
                        || {
                            softmax(weights, n_keys);
                            drop_weights(weights, kept, n_keys, (mask, first_row));
                        },
                    );
                    let kept = Matrix::new(kept, n_rows, n_keys);
                    multiply_one(output, hidden, Into::Replace(mask.scale), (kept, value));
                }
            }
        }
    });
}

#[inline(always)]
fn softmax(scores: &mut [f32], width: usize) {
    for row in scores.chunks_exact_mut(width) {
        let top = max(row);
        for score in row.iter_mut() {
            *score = exp(*score - top);
        }
        let total = 1.0 / sum(width, |c| row[c]);
        for weight in row {
            *weight *= total;
        }
    }
}

/// Negates the dropped weights and writes the kept ones, 0 for the others, to `kept`.
#[inline(always)]
fn drop_weights(weights: &mut [f32], kept: &mut [f32], width: usize, (mask, first_row): (Mask, usize)) {
    let groups = width.div_ceil(DRAW) as u64;
    for (row, (weights, kept)) in
        weights.chunks_exact_mut(width).zip(kept.chunks_exact_mut(width)).enumerate()
    {
        let chunks = weights.chunks_mut(DRAW).zip(kept.chunks_mut(DRAW));
        for (group, (weights, kept)) in chunks.enumerate() {
            let factors = mask.factors((first_row + row) as u64 * groups + group as u64);
            for ((weight, kept), factor) in weights.iter_mut().zip(kept).zip(factors) {
                *kept = if factor == 0.0 { 0.0 } else { *weight };
                *weight = if factor == 0.0 { -*weight } else { *weight };
            }
        }
    }
}

/// Writes the gradient of `qkv` from that of the output; `scale` is the mask's, 1 without dropout.
pub(crate) fn backward(
    (threads, scratch): (&Threads, &Scratch),
    (batch, shape, scale): (&Batch, Shape, f32),
    (qkv, weights): (&[f32], &[f32]),
    d_output: &[f32],
    d_qkv: &mut [f32],
) {
    let hidden = shape.hidden();
    let mut first_weight = 0;
    let parts = cut(d_qkv, batch, |index| batch.rows(index).len() * 3 * hidden).enumerate().map(
        move |(sequence, part)| {
            let first = first_weight;
            first_weight += shape.n_weights_of(batch, sequence);
            (first, part)
        },
    );
    each_part(threads, longest_first(batch, parts), |_, worker, (sequence, (first_weight, d_qkv))| {
        let rows = batch.rows(sequence);
        let (n_rows, n_keys) = (rows.len(), batch.n_real(sequence));
        let qkv = &qkv[rows.start * 3 * hidden..rows.end * 3 * hidden];
        let d_output = &d_output[rows.start * hidden..rows.end * hidden];
        let mut scratch = scratch.of(worker);
        let size = n_rows * n_keys;
        let room = scratch.len().max(2 * size);
        scratch.resize(room, 0.0);
        let (d_weights, kept) = scratch[..2 * size].split_at_mut(size);
        if n_keys < n_rows {
            // No gradient comes to the keys and values of pads.
            d_qkv.fill(0.0);
        }
        for head in 0..shape.n_heads {
            let weights = &weights[first_weight + head * size..first_weight + (head + 1) * size];
            let at = |which: usize| which * hidden + head * shape.depth;
            let part =
                |which: usize, n: usize| Matrix::strided(&qkv[at(which)..], n, shape.depth, 3 * hidden);
            let d_out = Matrix::strided(&d_output[head * shape.depth..], n_rows, shape.depth, hidden);

            multiply_one(d_weights, n_keys, Into::Replace(scale), (d_out, part(2, n_keys).transposed()));
            fast(
                #[inline(always)]
                || softmax_backward(weights, d_weights, kept, n_keys),
            );
            let kept = Matrix::new(kept, n_rows, n_keys).transposed();
            multiply_one(&mut d_qkv[at(2)..], 3 * hidden, Into::Replace(scale), (kept, d_out));
            let d_scores = Matrix::new(d_weights, n_rows, n_keys);
            let factor = Into::Replace(shape.scale());
            multiply_one(&mut d_qkv[at(0)..], 3 * hidden, factor, (d_scores, part(1, n_keys)));
            multiply_one(&mut d_qkv[at(1)..], 3 * hidden, factor, (d_scores.transposed(), part(0, n_rows)));
        }
    });
}

/// Turns the gradient of the dropped weights into that of the scores, and writes the kept weights to `kept`.
#[inline(always)]
fn softmax_backward(weights: &[f32], d_weights: &mut [f32], kept: &mut [f32], width: usize) {
    let rows = weights.chunks_exact(width).zip(d_weights.chunks_exact_mut(width));
    for ((weights, d), kept) in rows.zip(kept.chunks_exact_mut(width)) {
        for ((kept, weight), d) in kept.iter_mut().zip(weights).zip(d.iter_mut()) {
            // The sign bit decides, so that a dropped weight of 0 is dropped as well.
            let is_kept = weight.is_sign_positive();
            *kept = if is_kept { *weight } else { 0.0 };
            *d = if is_kept { *d } else { 0.0 };
        }
        let inner = sum(width, |c| d[c] * kept[c]);
        for (d, weight) in d.iter_mut().zip(weights) {
            *d = weight.abs() * (*d - inner);
        }
    }
}

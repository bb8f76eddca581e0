//! Layer norm over a sum: `LN(x + dropout(y))`, the end of each half of a transformer layer.
//!
//! Forward keeps the sum, each row's mean and the inverse of its deviation; backward needs nothing else.

use super::random::Mask;
use super::rows::{Partials, add_partials};
use super::{BLOCK_ROWS, each_part, fast, sum};
use crate::Threads;

/// Numbers that forward keeps for one row: mean and inverse deviation.
pub(crate) const STATISTICS: usize = 2;

/// What a norm reads and writes; all tensors `[rows, gamma.len()]` unless said.
#[derive(Debug)]
pub(crate) struct Forward<'a> {
    /// Added to `sum` before the norm; none for a norm without residual.
    pub(crate) residual: Option<&'a [f32]>,
    /// In: the branch's values. Out: the sum that was normed.
    pub(crate) sum: &'a mut [f32],
    /// Which of the branch's values are dropped.
    pub(crate) mask: Option<Mask>,
    /// The result.
    pub(crate) output: &'a mut [f32],
    /// `[rows, STATISTICS]`.
    pub(crate) statistics: &'a mut [f32],
    /// Scale of each column.
    pub(crate) gamma: &'a [f32],
    /// Shift of each column.
    pub(crate) beta: &'a [f32],
    /// Added to the variance.
    pub(crate) epsilon: f32,
}

/// Computes the norm.
pub(crate) fn forward(threads: &Threads, norm: Forward<'_>) {
    let width = norm.gamma.len();
    let size = BLOCK_ROWS * width;
    let parts = norm
        .sum
        .chunks_mut(size)
        .zip(norm.output.chunks_mut(size))
        .zip(norm.statistics.chunks_mut(BLOCK_ROWS * STATISTICS));
    let Forward { residual, mask, gamma, beta, epsilon, .. } = norm;
    each_part(threads, parts, |block, _, ((sums, outputs), statistics)| {
        fast(
            #[inline(always)]
            || {
                let rows = sums.chunks_exact_mut(width).zip(outputs.chunks_exact_mut(width));
                for (row, ((z, out), kept)) in
                    rows.zip(statistics.as_chunks_mut::<STATISTICS>().0).enumerate()
                {
                    let row = block * BLOCK_ROWS + row;
                    if let Some(mask) = mask {
                        mask.apply(row, z);
                    }
                    if let Some(residual) = residual {
                        for (z, x) in z.iter_mut().zip(&residual[row * width..]) {
                            *z += x;
                        }
                    }
                    *kept = norm_row(z, out, (gamma, beta), epsilon);
                }
            },
        );
    });
}

#[inline(always)]
fn norm_row(z: &[f32], out: &mut [f32], (gamma, beta): (&[f32], &[f32]), epsilon: f32) -> [f32; STATISTICS] {
    let width = z.len();
    let mean = sum(width, |c| z[c]) / width as f32;
    let variance = sum(width, |c| (z[c] - mean) * (z[c] - mean)) / width as f32;
    let inverse = 1.0 / (variance + epsilon).sqrt();
    for (((out, z), gamma), beta) in out.iter_mut().zip(z).zip(gamma).zip(beta) {
        *out = ((z - mean) * inverse).mul_add(*gamma, *beta);
    }
    [mean, inverse]
}

/// What the backward of a norm reads and writes.
#[derive(Debug)]
pub(crate) struct Backward<'a> {
    /// The sum that forward kept.
    pub(crate) sum: &'a [f32],
    /// The statistics that forward kept.
    pub(crate) statistics: &'a [f32],
    /// Scale of each column.
    pub(crate) gamma: &'a [f32],
    /// In: gradient of the output. Out: gradient of the sum.
    pub(crate) gradient: &'a mut [f32],
    /// Gradient of gamma, then of beta, added to; `[2, width]`.
    pub(crate) d_parameters: (&'a mut [f32], &'a mut [f32]),
}

/// Turns the gradient of the output into that of the sum.
pub(crate) fn backward(threads: &Threads, norm: Backward<'_>, partials: &mut Partials) {
    let width = norm.gamma.len();
    let size = BLOCK_ROWS * width;
    let n_blocks = norm.gradient.len().div_ceil(size);
    let scratch = partials.take(n_blocks, 2 * width);
    let parts = norm.gradient.chunks_mut(size).zip(scratch.chunks_mut(2 * width));
    let (sums, statistics, gamma) = (norm.sum, norm.statistics, norm.gamma);
    each_part(threads, parts, |block, _, (gradients, partial)| {
        fast(
            #[inline(always)]
            || {
                let (d_gamma, d_beta) = partial.split_at_mut(width);
                let first = block * BLOCK_ROWS;
                let rows = gradients.chunks_exact_mut(width).zip(sums[first * width..].chunks_exact(width));
                for ((dy, z), kept) in rows.zip(&statistics.as_chunks::<STATISTICS>().0[first..]) {
                    backward_row((dy, z), *kept, gamma, (d_gamma, d_beta));
                }
            },
        );
    });
    let (d_gamma, d_beta) = norm.d_parameters;
    add_partials(scratch, 2 * width, 0, d_gamma);
    add_partials(scratch, 2 * width, width, d_beta);
}

#[inline(always)]
fn backward_row(
    (dy, z): (&mut [f32], &[f32]),
    [mean, inverse]: [f32; STATISTICS],
    gamma: &[f32],
    (d_gamma, d_beta): (&mut [f32], &mut [f32]),
) {
    let width = dy.len();
    let (z, gamma) = (&z[..width], &gamma[..width]);
    let (d_gamma, d_beta) = (&mut d_gamma[..width], &mut d_beta[..width]);
    for c in 0..width {
        let normed = (z[c] - mean) * inverse;
        d_gamma[c] += dy[c] * normed;
        d_beta[c] += dy[c];
        dy[c] *= gamma[c];
    }
    let mean_g = sum(width, |c| dy[c]) / width as f32;
    let mean_gx = sum(width, |c| dy[c] * ((z[c] - mean) * inverse)) / width as f32;
    for c in 0..width {
        let normed = (z[c] - mean) * inverse;
        dy[c] = inverse * (dy[c] - mean_g - normed * mean_gx);
    }
}

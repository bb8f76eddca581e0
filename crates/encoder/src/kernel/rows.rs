//! Sums over rows, in blocks whose results are added in order; and adding a bias.

use super::{BLOCK_ROWS, each_chunk, each_part, fast};
use crate::Threads;

/// Memory for one sum a block, reused.
#[derive(Debug, Default)]
pub(crate) struct Partials(Vec<f32>);

impl Partials {
    /// `count` zeroed parts of `width` numbers.
    pub(crate) fn take(&mut self, count: usize, width: usize) -> &mut [f32] {
        self.0.clear();
        self.0.resize(count * width, 0.0);
        &mut self.0
    }
}

/// Adds numbers `from ..` of each part of `stride` numbers to `total`, parts in order.
pub(crate) fn add_partials(parts: &[f32], stride: usize, from: usize, total: &mut [f32]) {
    for part in parts.chunks_exact(stride) {
        for (total, number) in total.iter_mut().zip(&part[from..]) {
            *total += number;
        }
    }
}

/// Adds the sum over the rows of `gradient` (`[rows, d_bias.len()]`) to `d_bias`.
pub(crate) fn add_column_sums(
    threads: &Threads,
    gradient: &[f32],
    d_bias: &mut [f32],
    partials: &mut Partials,
) {
    let width = d_bias.len();
    let size = BLOCK_ROWS * width;
    let scratch = partials.take(gradient.len().div_ceil(size), width);
    each_part(threads, scratch.chunks_mut(width).zip(gradient.chunks(size)), |_, _, (partial, block)| {
        fast(
            #[inline(always)]
            || {
                for row in block.chunks_exact(width) {
                    for (total, number) in partial.iter_mut().zip(row) {
                        *total += number;
                    }
                }
            },
        );
    });
    add_partials(scratch, width, 0, d_bias);
}

/// Writes `bias` into each row.
pub(crate) fn fill_rows(threads: &Threads, rows: &mut [f32], bias: &[f32]) {
    each_chunk(threads, rows, BLOCK_ROWS * bias.len(), |_, _, block| {
        for row in block.chunks_exact_mut(bias.len()) {
            row.copy_from_slice(bias);
        }
    });
}

/// Adds `more` to `total`.
pub(crate) fn add(threads: &Threads, total: &mut [f32], more: &[f32]) {
    let size = 1 << 15;
    each_part(threads, total.chunks_mut(size).zip(more.chunks(size)), |_, _, (total, more)| {
        fast(
            #[inline(always)]
            || {
                for (total, more) in total.iter_mut().zip(more) {
                    *total += more;
                }
            },
        );
    });
}

/// The sum of squares, in double precision, blocks in order.
pub(crate) fn sum_of_squares(threads: &Threads, numbers: &[f32]) -> f64 {
    const BLOCK: usize = 1 << 14;
    let mut blocks = vec![0.0f64; numbers.len().div_ceil(BLOCK)];
    each_part(threads, blocks.iter_mut().zip(numbers.chunks(BLOCK)), |_, _, (total, block)| {
        *total = fast(
            #[inline(always)]
            || {
                let mut lanes = [0.0f64; 8];
                let (chunks, rest) = block.as_chunks::<8>();
                for chunk in chunks {
                    for lane in 0..8 {
                        let number = f64::from(chunk[lane]);
                        lanes[lane] += number * number;
                    }
                }
                let rest: f64 = rest.iter().map(|number| f64::from(*number) * f64::from(*number)).sum();
                lanes.iter().sum::<f64>() + rest
            },
        );
    });
    blocks.iter().sum()
}

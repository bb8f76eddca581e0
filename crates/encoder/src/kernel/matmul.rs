//! Matrix products by the `gemm` crate, cut into tasks by rows of the result.
//!
//! The cut depends on the shape alone, and a task is computed by one thread: bits do not depend on the number of
//! threads. This is the one place where memory is handed over as a pointer.

use super::each_part;
use crate::Threads;

/// Rows of the result in one task.
const TASK_ROWS: usize = 192;

/// A matrix read from a slice: the number at (r, c) is `data[r * row_stride + c * column_stride]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    /// The numbers.
    pub(crate) data: &'a [f32],
    /// How many rows.
    pub(crate) n_rows: usize,
    /// How many columns.
    pub(crate) n_columns: usize,
    /// From one row to the next.
    pub(crate) row_stride: usize,
    /// From one column to the next.
    pub(crate) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows one after another.
    pub(crate) fn new(data: &'a [f32], n_rows: usize, n_columns: usize) -> Self {
        Self::strided(data, n_rows, n_columns, n_columns)
    }

    /// Rows `row_stride` numbers apart.
    pub(crate) fn strided(data: &'a [f32], n_rows: usize, n_columns: usize, row_stride: usize) -> Self {
        let matrix = Self { data, n_rows, n_columns, row_stride, column_stride: 1 };
        matrix.check();
        matrix
    }

    /// Columns become rows.
    pub(crate) fn transposed(self) -> Self {
        Self {
            n_rows: self.n_columns,
            n_columns: self.n_rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// Some of the rows.
    fn rows(self, first: usize, count: usize) -> Self {
        let matrix = Self { data: &self.data[first * self.row_stride..], n_rows: count, ..self };
        matrix.check();
        matrix
    }

    fn check(self) {
        if self.n_rows > 0 && self.n_columns > 0 {
            let last = (self.n_rows - 1) * self.row_stride + (self.n_columns - 1) * self.column_stride;
            assert!(last < self.data.len(), "a matrix of {last} numbers in {}", self.data.len());
        }
    }
}

/// How a product meets what the result holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Into {
    /// It takes its place, times the factor.
    Replace(f32),
    /// It is added.
    Add,
}

/// `result = left · right`, or added to it; `result` is `[left.n_rows, right.n_columns]`, rows one after another.
pub(crate) fn multiply(
    threads: &Threads,
    result: &mut [f32],
    into: Into,
    (left, right): (Matrix<'_>, Matrix<'_>),
) {
    let width = right.n_columns;
    assert_eq!(result.len(), left.n_rows * width);
    // Even tasks: the last is not a crumb.
    let n_tasks = left.n_rows.div_ceil(TASK_ROWS).max(1);
    let task_rows = left.n_rows.div_ceil(n_tasks).next_multiple_of(16);
    each_part(threads, result.chunks_mut((task_rows * width).max(1)), |task, _, part| {
        let rows = left.rows(task * task_rows, part.len() / width);
        multiply_one(part, width, into, (rows, right));
    });
}

/// As [`multiply`], on the calling thread, with rows of `result` that are `row_stride` apart.
pub(crate) fn multiply_one(
    result: &mut [f32],
    row_stride: usize,
    into: Into,
    (left, right): (Matrix<'_>, Matrix<'_>),
) {
    let (m, n, k) = (left.n_rows, right.n_columns, left.n_columns);
    assert_eq!(k, right.n_rows);
    if m == 0 || n == 0 {
        return;
    }
    assert!((m - 1) * row_stride + n <= result.len() && n <= row_stride);
    left.check();
    right.check();
    let (read, alpha, beta) = match into {
        Into::Replace(factor) => (false, 0.0, factor),
        Into::Add => (true, 1.0, 1.0),
    };
    #[allow(unsafe_code)]
    // SAFETY: `check` proved that the last element of either factor lies in its slice, the assertion above the same of
    // the result; the strides are not negative, and `result` is borrowed alone.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            result.as_mut_ptr(),
            1,
            row_stride as isize,
            read,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            alpha,
            beta,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The scalar twin.
    fn plain(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
        let mut result = Vec::new();
        for r in 0..left.n_rows {
            for c in 0..right.n_columns {
                result.push(
                    (0..left.n_columns)
                        .map(|k| {
                            left.data[r * left.row_stride + k * left.column_stride]
                                * right.data[k * right.row_stride + c * right.column_stride]
                        })
                        .sum(),
                );
            }
        }
        result
    }

    proptest! {
        #[test]
        fn products_agree_with_the_scalar_twin(
            (m, n, k) in (1usize..300, 1usize..40, 1usize..40),
            seed in 0u32..1000,
        ) {
            let number = |index: usize| ((index as u32 * 7919 + seed) % 13) as f32 - 6.0;
            let a: Vec<f32> = (0..m * k).map(number).collect();
            let b: Vec<f32> = (0..n * k).map(number).collect();
            let (left, right) = (Matrix::new(&a, m, k), Matrix::new(&b, n, k).transposed());
            let want = plain(left, right);
            for count in [1, 2] {
                let threads = Threads::new(count).unwrap();
                let mut got = vec![f32::NAN; m * n];
                multiply(&threads, &mut got, Into::Replace(1.0), (left, right));
                prop_assert_eq!(&got, &want);
                multiply(&threads, &mut got, Into::Add, (left, right));
                prop_assert_eq!(&got, &want.iter().map(|x| 2.0 * x).collect::<Vec<_>>());
            }
        }
    }
}

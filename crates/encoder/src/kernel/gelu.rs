//! GELU in its exact form, `x · Φ(x)`, fused with the bias before it.

use super::{BLOCK_ROWS, each_part, exp, fast};
use crate::Threads;

/// The error function, within 4e-7: a rational function of degree 13 over 8 for |x| ≤ 4, as Eigen and XLA use.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let s = x * x;
    let mut p = -2.726_142_4e-10_f32;
    p = p.mul_add(s, 2.770_681_4e-8);
    p = p.mul_add(s, -2.101_024e-6);
    p = p.mul_add(s, -5.692_506_4e-5);
    p = p.mul_add(s, -7.349_906e-4);
    p = p.mul_add(s, -2.954_6e-3);
    p = p.mul_add(s, -1.609_603_3e-2);
    let mut q = -1.456_607_2e-5_f32;
    q = q.mul_add(s, -2.133_740_6e-4);
    q = q.mul_add(s, -1.682_827e-3);
    q = q.mul_add(s, -7.373_329e-3);
    q = q.mul_add(s, -1.426_473_9e-2);
    x * p / q
}

/// `Φ(x)`, the normal distribution.
#[inline(always)]
fn normal_cdf(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Adds `bias` to the rows of `x` and writes GELU of that to `y`; both are `[rows, bias.len()]`.
pub(crate) fn forward(threads: &Threads, x: &mut [f32], bias: &[f32], y: &mut [f32]) {
    let size = BLOCK_ROWS * bias.len();
    each_part(threads, x.chunks_mut(size).zip(y.chunks_mut(size)), |_, _, (x, y)| {
        fast(
            #[inline(always)]
            || {
                for (x, y) in x.chunks_exact_mut(bias.len()).zip(y.chunks_exact_mut(bias.len())) {
                    for ((x, y), bias) in x.iter_mut().zip(y).zip(bias) {
                        *x += bias;
                        *y = *x * normal_cdf(*x);
                    }
                }
            },
        );
    });
}

/// Multiplies `d_y` with the slope of GELU at `x` (bias included).
pub(crate) fn backward(threads: &Threads, x: &[f32], d_y: &mut [f32], width: usize) {
    let size = BLOCK_ROWS * width;
    each_part(threads, d_y.chunks_mut(size).zip(x.chunks(size)), |_, _, (d_y, x)| {
        fast(
            #[inline(always)]
            || {
                // 1 / sqrt(2π)
                const DENSITY: f32 = 0.398_942_3;
                for (d_y, x) in d_y.iter_mut().zip(x) {
                    *d_y *= (*x * DENSITY).mul_add(exp(-0.5 * x * x), normal_cdf(*x));
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// erf by its series, in double precision.
    fn erf_series(x: f64) -> f64 {
        let (mut term, mut total, mut n) = (x, x, 0.0);
        while term.abs() > 1e-18 {
            n += 1.0;
            term *= -x * x / n;
            total += term / (2.0 * n + 1.0);
        }
        total * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn erf_is_close() {
        for index in -4000..4000 {
            let x = index as f32 / 1000.0;
            assert!((f64::from(erf(x)) - erf_series(f64::from(x))).abs() < 4e-7, "{x}");
        }
        assert!((erf(30.0) - 1.0).abs() < 2e-7);
    }

    #[test]
    fn the_slope_is_that_of_finite_differences() {
        let threads = Threads::new(2).unwrap();
        let x: Vec<f32> = (0..600).map(|index| index as f32 / 100.0 - 3.0).collect();
        let mut d_y = vec![1.0; x.len()];
        backward(&threads, &x, &mut d_y, 3);
        for (x, slope) in x.iter().zip(d_y) {
            let f = |x: f64| x * 0.5 * (1.0 + erf_series(x / 2f64.sqrt()));
            let want = (f(f64::from(*x) + 1e-5) - f(f64::from(*x) - 1e-5)) / 2e-5;
            assert!((f64::from(slope) - want).abs() < 2e-6, "{x}: {slope} {want}");
        }
    }
}

//! What the operations are made of: loops over slices, compiled once for each instruction set and chosen at run time.
//!
//! Every loop is plain Rust that the compiler turns into vector code; [`fast`] enters the widest instruction set that
//! the machine has. Sums keep 16 lanes and add them in a fixed order, so that a result depends on the machine's
//! instruction set at most, never on the number of threads.

pub(crate) mod adam;
pub(crate) mod attention;
pub(crate) mod gelu;
pub(crate) mod loss;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod random;
pub(crate) mod rows;

use std::sync::{Mutex, PoisonError};

use crate::Threads;

/// Rows that one task of an element-wise operation takes.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Lanes of a sum.
pub(crate) const LANES: usize = 16;

/// Runs `work`, which must be `#[inline(always)]` inside, with the widest vector instructions there are.
#[inline(always)]
pub(crate) fn fast<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// The sum of `term` over all indices below `count`.
#[inline(always)]
pub(crate) fn sum(count: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let whole = count / LANES * LANES;
    let mut base = 0;
    while base < whole {
        for lane in 0..LANES {
            lanes[lane] += term(base + lane);
        }
        base += LANES;
    }
    for index in whole..count {
        lanes[index - whole] += term(index);
    }
    fold(lanes)
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The largest of `values`; negative infinity for none.
#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = if *value > *lane { *value } else { *lane };
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a })
}

/// `e^x`, within 2 units in the last place for x in -87 ..= 88; 0 below, saturated above, NaN for NaN.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, the first with few bits, so that the product with a whole number is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x > 88.0 { 88.0 } else { x };
    let clamped = if clamped < -87.5 { -87.5 } else { clamped };
    let whole = clamped.mul_add(LOG2_E, ROUND) - ROUND;
    let r = whole.mul_add(-LN2_LOW, whole.mul_add(-LN2_HIGH, clamped));
    // Taylor terms to the seventh: |r| <= 0.35, the remainder is below 2^-25.
    let mut p = 1.0f32 / 5040.0;
    p = p.mul_add(r, 1.0 / 720.0);
    p = p.mul_add(r, 1.0 / 120.0);
    p = p.mul_add(r, 1.0 / 24.0);
    p = p.mul_add(r, 1.0 / 6.0);
    p = p.mul_add(r, 0.5);
    p = p.mul_add(r, 1.0);
    p = p.mul_add(r, 1.0);
    // SAFETY-free scaling by 2^whole: build the exponent bits. NaN stays NaN through `p`.
    let bits = ((whole + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let scale = f32::from_bits((bits.wrapping_add(127).max(0) << 23) as u32);
    if x < -87.5 { 0.0 } else { p * scale }
}

/// Calls `work(chunk_index, worker, chunk)` for each chunk of `size` numbers of `data`, on all threads.
pub(crate) fn each_chunk(
    threads: &Threads,
    data: &mut [f32],
    size: usize,
    work: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    let size = size.max(1);
    each_part(threads, data.chunks_mut(size), work);
}

/// Calls `work(index, worker, part)` for each part, on all threads. Parts are what one call may change alone.
pub(crate) fn each_part<P: Send>(
    threads: &Threads,
    parts: impl Iterator<Item = P>,
    work: impl Fn(usize, usize, P) + Sync,
) {
    if threads.count() == 1 {
        for (index, part) in parts.enumerate() {
            work(index, 0, part);
        }
        return;
    }
    let parts: Vec<Mutex<Option<P>>> = parts.map(|part| Mutex::new(Some(part))).collect();
    threads.run(parts.len(), |index, worker| {
        let part = parts[index].lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(part) = part {
            work(index, worker, part);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close_everywhere() {
        fast(|| {
            for index in -87_000..88_000 {
                let x = index as f32 / 1000.0;
                let want = f64::from(x).exp();
                let error = (f64::from(exp(x)) - want).abs() / want;
                assert!(error < 3e-7, "exp({x}): {error}");
            }
        });
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
    }

    #[test]
    fn sums_and_maxima_take_every_number() {
        for count in 0..50 {
            let values: Vec<f32> = (0..count).map(|index| index as f32).collect();
            assert_eq!(sum(count, |index| values[index]), (count * count.saturating_sub(1) / 2) as f32);
            let want = if count == 0 { f32::NEG_INFINITY } else { (count - 1) as f32 };
            assert_eq!(max(&values), want);
        }
    }
}

//! Histograms: bins of any width become bins of equal width.
//!
//! TensorBoard's bins widen by a tenth each from nought on (what is written as `HistogramProto`), or are equal already (as a
//! tensor of left edge, right edge and count). The first kind is spread over [`BINS`] equal bins: what a bin holds is taken
//! to lie evenly in it, which is how TensorBoard draws it.

use trailmark_core::Distribution;

use super::tensor::Tensor;
use super::wire::{Fields, Malformed, Packed};

/// Bins of a histogram whose own are not equal.
const BINS: usize = 64;
/// Bins that are taken as they are, at most.
const MOST_BINS: usize = 4096;
/// How much of their width equal bins may differ by: their edges may have been written as `float`.
const TOLERANCE: f64 = 1e-3;

/// One bin as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bin {
    left: f64,
    right: f64,
    weight: f64,
}

/// Reads a `HistogramProto`; a reason when it is none that can be shown.
pub(super) fn from_proto(message: &[u8]) -> Result<Result<Distribution, &'static str>, Malformed> {
    let (mut min, mut max) = (0.0, 0.0);
    let (mut limits, mut weights) = (Vec::new(), Vec::new());
    for field in Fields::of(message) {
        match field? {
            (1, wire) => min = wire.double()?,
            (2, wire) => max = wire.double()?,
            (6, wire) => wire.extend(Packed::Eight, &mut limits)?,
            (7, wire) => wire.extend(Packed::Eight, &mut weights)?,
            _ => {}
        }
    }
    let limits: Vec<f64> = limits.into_iter().map(f64::from_bits).collect();
    let weights: Vec<f64> = weights.into_iter().map(f64::from_bits).collect();
    if limits.len() != weights.len() {
        return Ok(Err("a histogram with another number of edges than of bins"));
    }
    // The outermost edges are infinite, or nearly: what is in those bins ends at the least and the largest value.
    let (Some(first), Some(last)) = (first(&weights), weights.iter().rposition(|weight| *weight > 0.0))
    else {
        return Ok(Err("an empty histogram"));
    };
    let bins = (first..=last).map(|at| Bin {
        left: if at == first { min } else { limits[at - 1] },
        right: if at == last { max } else { limits[at] },
        weight: weights[at],
    });
    Ok(distribution(&bins.collect::<Vec<_>>()))
}

/// Reads a tensor of three columns: left edge, right edge, count.
pub(super) fn from_tensor(tensor: &Tensor<'_>) -> Result<Distribution, &'static str> {
    if tensor.shape.len() != 2 || tensor.shape.get(1) != Some(&3) {
        return Err("a histogram of a shape other than [bins, 3]");
    }
    let numbers = tensor.numbers()?;
    let (bins, _) = numbers.as_chunks::<3>();
    let bins: Vec<Bin> = bins
        .iter()
        .map(|[left, right, weight]| Bin { left: *left, right: *right, weight: *weight })
        .collect();
    if bins.iter().all(|bin| bin.weight <= 0.0) {
        return Err("an empty histogram");
    }
    distribution(&bins)
}

fn first(weights: &[f64]) -> Option<usize> {
    weights.iter().position(|weight| *weight > 0.0)
}

/// Bins of equal width.
fn distribution(bins: &[Bin]) -> Result<Distribution, &'static str> {
    let is_sound = |bin: &Bin| bin.left.is_finite() && bin.right.is_finite() && bin.weight.is_finite();
    if !bins.iter().all(is_sound) {
        return Err("a histogram whose edges or counts are not finite");
    }
    let low = bins.iter().map(|bin| bin.left).fold(f64::INFINITY, f64::min);
    let high = bins.iter().map(|bin| bin.right.max(bin.left)).fold(f64::NEG_INFINITY, f64::max);
    let width = (high - low) / bins.len() as f64;
    if !width.is_finite() {
        return Err("a histogram whose edges or counts are not finite");
    }
    // Every value is the same, or they are too close for numbers between them.
    if low + width <= low || low + width / BINS as f64 <= low {
        let weight = bins.iter().map(|bin| bin.weight).sum();
        let around = (low.abs() * f64::EPSILON * 4.0).max(0.5);
        return Ok(Distribution { low: low - around, high: high + around, weights: vec![weight] });
    }
    let is_equal = bins.len() <= MOST_BINS
        && bins.iter().enumerate().all(|(index, bin)| {
            let left = low + width * index as f64;
            (bin.left - left).abs() <= TOLERANCE * width
                && (bin.right - left - width).abs() <= TOLERANCE * width
        });
    if is_equal {
        return Ok(Distribution { low, high, weights: bins.iter().map(|bin| bin.weight).collect() });
    }
    let mut weights = vec![0.0; BINS];
    for bin in bins.iter().filter(|bin| bin.weight != 0.0) {
        spread(bin, low, (high - low) / BINS as f64, &mut weights);
    }
    Ok(Distribution { low, high, weights })
}

/// Adds a bin's weight to the equal bins that it overlaps.
fn spread(bin: &Bin, low: f64, width: f64, weights: &mut [f64]) {
    let last = weights.len() - 1;
    let place = |edge: f64| (edge - low) / width;
    let (from, to) = (place(bin.left), place(bin.right));
    let first = (from.max(0.0) as usize).min(last);
    if to <= from {
        weights[first] += bin.weight;
        return;
    }
    let end = (to.ceil() as usize).clamp(first + 1, last + 1);
    for (index, weight) in weights.iter_mut().enumerate().take(end).skip(first) {
        let overlap = (to.min((index + 1) as f64) - from.max(index as f64)).max(0.0);
        *weight += bin.weight * overlap / (to - from);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bin(left: f64, right: f64, weight: f64) -> Bin {
        Bin { left, right, weight }
    }

    #[test]
    fn equal_bins_are_taken_as_they_are() {
        let bins = [bin(0.0, 0.5, 3.0), bin(0.5, 1.0, 0.0), bin(1.0, 1.5, 1.0)];
        let expected = Distribution { low: 0.0, high: 1.5, weights: vec![3.0, 0.0, 1.0] };
        assert_eq!(distribution(&bins), Ok(expected));
    }

    #[test]
    fn a_single_value_has_one_bin_around_it() {
        let bins = [bin(2.0, 2.0, 0.0), bin(2.0, 2.0, 7.0)];
        assert_eq!(distribution(&bins), Ok(Distribution { low: 1.5, high: 2.5, weights: vec![7.0] }));
        let large = distribution(&[bin(1e300, 1e300, 1.0)]).unwrap();
        assert!(large.low < large.high, "{large:?}");
    }

    #[test]
    fn a_wide_bin_is_spread_evenly() {
        let made = distribution(&[bin(0.0, 1.0, 1.0), bin(1.0, 4.0, 48.0)]).unwrap();
        assert_eq!((made.low, made.high, made.weights.len()), (0.0, 4.0, BINS));
        assert!(made.weights[..16].iter().all(|weight| (weight - 1.0 / 16.0).abs() < 1e-12), "{made:?}");
        assert!(made.weights[16..].iter().all(|weight| (weight - 1.0).abs() < 1e-12), "{made:?}");
    }

    #[test]
    fn what_is_not_finite_is_told() {
        for bins in
            [[bin(f64::NAN, 1.0, 1.0)], [bin(0.0, f64::INFINITY, 1.0)], [bin(-f64::MAX, f64::MAX, 1.0)]]
        {
            assert!(distribution(&bins).is_err(), "{bins:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_spreading(
            low in -1e6..1e6_f64,
            bins in proptest::collection::vec((0.0..1e3_f64, 0.0..1e6_f64), 1..40),
        ) {
            let mut left = low;
            let bins: Vec<Bin> = bins.iter().map(|(width, weight)| {
                let made = bin(left, left + width, *weight);
                left += width;
                made
            }).collect();
            let made = distribution(&bins).unwrap();
            let wanted: f64 = bins.iter().map(|bin| bin.weight).sum();
            let got: f64 = made.weights.iter().sum();
            prop_assert!((got - wanted).abs() <= 1e-6 * wanted.max(1.0), "got {got}, want {wanted}");
            prop_assert!(made.weights.iter().all(|weight| *weight >= 0.0));
        }

        #[test]
        fn any_bins_are_made_equal_or_refused(
            bins in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 1..10),
        ) {
            let bins: Vec<Bin> = bins.iter().map(|(left, right, weight)| bin(*left, *right, *weight)).collect();
            if let Ok(made) = distribution(&bins) {
                prop_assert!(made.low < made.high, "{made:?}");
            }
        }
    }
}

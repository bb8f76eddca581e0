//! Random bits by counter: the same seed, step, place and index always give the same bits, on any device.
//!
//! Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A counter is
//! (block index low, block index high, place, step low ^ high), the key is the seed; a block has four numbers. Nothing
//! is stored between forward and backward: backward draws the same bits again.

use super::LANES;

/// One dropout: which numbers of one tensor of one forward are dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask {
    key: [u32; 2],
    place: u32,
    step: u32,
    /// A number is dropped when its bits are below this.
    threshold: u32,
    /// What kept numbers are multiplied with: 1 / (1 - rate).
    pub(crate) scale: f32,
}

/// Numbers drawn at once.
pub(crate) const DRAW: usize = 4 * LANES;

impl Mask {
    /// The mask of the tensor that stands at `place` of the network.
    pub(crate) fn new(dropout: crate::Dropout, place: u32, rate: f32) -> Self {
        let (seed, step) = (dropout.seed, dropout.step);
        Self {
            key: [seed as u32, (seed >> 32) as u32],
            place,
            step: step as u32 ^ (step >> 32) as u32,
            threshold: (f64::from(rate) * 4_294_967_296.0) as u32,
            scale: 1.0 / (1.0 - rate),
        }
    }

    /// Four words a lane of group `group`.
    #[inline(always)]
    fn words(&self, group: u64) -> [[u32; LANES]; 4] {
        let mut x = [[0u32; LANES]; 4];
        for lane in 0..LANES {
            let block = group.wrapping_mul(LANES as u64).wrapping_add(lane as u64);
            x[0][lane] = block as u32;
            x[1][lane] = (block >> 32) as u32;
            x[2][lane] = self.place;
            x[3][lane] = self.step;
        }
        let mut key = self.key;
        for _ in 0..10 {
            let mut next = [[0u32; LANES]; 4];
            for lane in 0..LANES {
                let a = u64::from(x[0][lane]) * 0xD251_1F53;
                let b = u64::from(x[2][lane]) * 0xCD9E_8D57;
                next[0][lane] = (b >> 32) as u32 ^ x[1][lane] ^ key[0];
                next[1][lane] = b as u32;
                next[2][lane] = (a >> 32) as u32 ^ x[3][lane] ^ key[1];
                next[3][lane] = a as u32;
            }
            x = next;
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        x
    }

    /// The factors (0 or `scale`) of numbers `DRAW * group ..`.
    #[inline(always)]
    pub(crate) fn factors(&self, group: u64) -> [f32; DRAW] {
        let words = self.words(group);
        let mut factors = [0.0f32; DRAW];
        for word in 0..4 {
            for lane in 0..LANES {
                factors[word * LANES + lane] =
                    if words[word][lane] < self.threshold { 0.0 } else { self.scale };
            }
        }
        factors
    }

    /// Two numbers above 0 and at most 1, for new weights.
    pub(crate) fn uniform(&self, index: u64) -> [f32; 2] {
        let words = self.words(index);
        [words[0][0], words[1][0]].map(|word| ((word >> 8) + 1) as f32 / 16_777_216.0)
    }

    /// Multiplies `row`, which is number `index` of rows of its length, with its factors.
    ///
    /// A row begins a new group of draws, so that rows may be done in any order.
    #[inline(always)]
    pub(crate) fn apply(&self, index: usize, row: &mut [f32]) {
        let groups = row.len().div_ceil(DRAW) as u64;
        for (group, numbers) in row.chunks_mut(DRAW).enumerate() {
            let factors = self.factors(index as u64 * groups + group as u64);
            for (number, factor) in numbers.iter_mut().zip(factors) {
                *number *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dropout;

    #[test]
    fn philox_gives_the_published_numbers() {
        // Random123's kat_vectors: philox4x32, 10 rounds, counter and key of zeros.
        let mask = Mask { key: [0, 0], place: 0, step: 0, threshold: 0, scale: 1.0 };
        let first = mask.words(0).map(|lanes| lanes[0]);
        assert_eq!(first, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    }

    #[test]
    fn the_share_of_dropped_numbers_is_the_rate() {
        let mask = Mask::new(Dropout { seed: 42, step: 3 }, 5, 0.1);
        let mut row = vec![1.0f32; 384];
        let mut dropped = 0;
        for index in 0..2000 {
            row.fill(1.0);
            mask.apply(index, &mut row);
            dropped += row.iter().filter(|number| **number == 0.0).count();
            assert!(row.iter().all(|number| *number == 0.0 || (*number - 1.0 / 0.9).abs() < 1e-6));
        }
        let share = dropped as f64 / (2000.0 * 384.0);
        assert!((share - 0.1).abs() < 0.002, "{share}");
    }

    #[test]
    fn places_steps_and_seeds_differ() {
        let draw = |seed, step, place| Mask::new(Dropout { seed, step }, place, 0.5).factors(9);
        let first = draw(1, 1, 1);
        assert_eq!(first, draw(1, 1, 1));
        for other in [draw(2, 1, 1), draw(1, 2, 1), draw(1, 1, 2)] {
            assert_ne!(first, other);
        }
    }
}

//! Flipped bytes put right: what a check sum says is wrong it also says how, where little is.
//!
//! A CRC is linear: the difference of two sums depends on the difference of the bytes alone, and stepping the sum back
//! byte by byte tells, for each place, the one change of up to four bytes there that makes this difference. Of the
//! places of a piece hardly more than one leaves it at two bytes, and the hash of the whole file says whether it is
//! right: so nothing is ever guessed.

use std::collections::BTreeMap;
use std::io;

use trailmark_core::ContentId;

use super::sums::{PIECE, Sums};
use crate::fs::ReadAt;

/// Castagnoli's polynomial, its bits turned round.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// What a byte does to a sum.
const FORTH: [u32; 256] = forth();
/// The byte of which [`FORTH`] has a sum with this first byte.
const BACK: [u8; 256] = back();
/// Pieces of a file that are put right at most.
const MOST_PIECES: usize = 8;
/// Ways to put a file right that are tried at most: each takes a hash of all of it.
const MOST_WAYS: usize = 64;
/// Bytes that are read at once: a whole number of pieces.
const STRIDE: usize = PIECE * 2048;

const fn forth() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}

const fn back() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[(FORTH[byte] >> 24) as usize] = byte as u8;
        byte += 1;
    }
    table
}

/// The changes of one byte or two neighbouring ones of `n_bytes` that make a difference of check sums.
fn changes(difference: u32, n_bytes: usize) -> Vec<(usize, [u8; 2])> {
    let mut found = Vec::new();
    let mut sum = difference;
    for at in (0..n_bytes).rev() {
        let byte = BACK[(sum >> 24) as usize];
        sum = (sum ^ FORTH[usize::from(byte)]) << 8 | u32::from(byte);
        let [first, second, rest @ ..] = sum.to_le_bytes();
        // One that begins with nothing is found at its own place.
        if first != 0 && rest == [0, 0] && (second == 0 || at + 1 < n_bytes) {
            found.push((at, [first, second]));
        }
    }
    found
}

/// Calls with each stride of a file and the place of its first piece.
pub(super) fn each_stride(file: &dyn ReadAt, mut each: impl FnMut(usize, &[u8])) -> io::Result<()> {
    let mut at = 0;
    while at < file.n_bytes() {
        let bytes = file.read_at(at, STRIDE)?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let first = usize::try_from(at / PIECE as u64).map_err(io::Error::other)?;
        at += bytes.len() as u64;
        each(first, &bytes);
    }
    Ok(())
}

/// The hash of a file of which some pieces are replaced.
pub(crate) fn hash(file: &dyn ReadAt, pieces: &BTreeMap<usize, Vec<u8>>) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    each_stride(file, |first, bytes| {
        for (piece, bytes) in (first..).zip(bytes.chunks(PIECE)) {
            hasher.update(pieces.get(&piece).map_or(bytes, Vec::as_slice));
        }
    })?;
    Ok(ContentId::from_bytes(*hasher.finalize().as_bytes()).to_string())
}

/// The pieces of a file that are not what was written, put right; none where that cannot be known for sure.
pub(crate) fn mended(file: &dyn ReadAt, sums: &Sums, want: &str) -> Option<BTreeMap<usize, Vec<u8>>> {
    // A piece, and the ways to change it.
    let mut wrong: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
    let mut n_pieces = 0;
    let read = each_stride(file, |first, bytes| {
        for (piece, bytes) in (first..).zip(bytes.chunks(PIECE)) {
            n_pieces += 1;
            let difference = crc32c::crc32c(bytes) ^ sums.get(piece).copied().unwrap_or(0);
            if difference == 0 || wrong.len() > MOST_PIECES {
                continue;
            }
            let change = |(at, change): (usize, [u8; 2])| {
                let mut bytes = bytes.to_vec();
                bytes.iter_mut().skip(at).zip(change).for_each(|(byte, change)| *byte ^= change);
                bytes
            };
            wrong.push((piece, changes(difference, bytes.len()).into_iter().map(change).collect()));
        }
    });
    let n_ways = wrong.iter().try_fold(1usize, |ways, (_, some)| ways.checked_mul(some.len()))?;
    let is_for_us = !wrong.is_empty() && wrong.len() <= MOST_PIECES && n_ways <= MOST_WAYS;
    if read.is_err() || n_pieces != sums.len() || !is_for_us {
        return None;
    }
    (0..n_ways).find_map(|way| {
        let mut rest = way;
        let mut pieces = BTreeMap::new();
        for (piece, ways) in &wrong {
            pieces.insert(*piece, ways.get(rest % ways.len())?.clone());
            rest /= ways.len();
        }
        (hash(file, &pieces).ok()? == want).then_some(pieces)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sums::Summing;
    use super::*;

    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl ReadAt for Bytes {
        fn n_bytes(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
            let from = self.0.len().min(offset as usize);
            Ok(self.0[from..self.0.len().min(from + n_bytes)].to_vec())
        }
    }

    fn known(bytes: &[u8]) -> (Sums, String) {
        let mut summing = Summing::default();
        summing.update(bytes);
        (summing.finish(), ContentId::of(bytes).to_string())
    }

    fn put_right(bytes: &[u8], (sums, hash): &(Sums, String)) -> Option<Vec<u8>> {
        let pieces = mended(&Bytes(bytes.to_vec()), sums, hash)?;
        let mut bytes = bytes.to_vec();
        for (piece, right) in pieces {
            bytes[piece * PIECE..][..right.len()].copy_from_slice(&right);
        }
        Some(bytes)
    }

    proptest! {
        #[test]
        fn a_byte_or_two_of_each_piece_are_put_right(
            seed in any::<u64>(),
            n_bytes in 1usize..3 * PIECE,
            flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8.., any::<u8>()), 1..3),
        ) {
            let byte = |at: usize| (seed.wrapping_mul(at as u64 | 1) >> 29) as u8;
            let bytes: Vec<u8> = (0..n_bytes).map(byte).collect();
            let known = known(&bytes);
            let mut flipped = bytes.clone();
            let mut pieces = std::collections::BTreeSet::new();
            for (at, first, second) in flips {
                let at = at.index(n_bytes);
                if pieces.insert(at / PIECE) {
                    flipped[at] ^= first;
                    if at + 1 < n_bytes && (at + 1) % PIECE != 0 {
                        flipped[at + 1] ^= second;
                    }
                }
            }
            prop_assert_eq!(put_right(&flipped, &known), Some(bytes));
        }
    }

    #[test]
    fn what_is_right_or_cannot_be_known_is_left() {
        let bytes: Vec<u8> = (0..2 * PIECE + 9).map(|at| (at * 7 % 251) as u8).collect();
        let (sums, hash) = known(&bytes);
        assert_eq!(put_right(&bytes, &(sums.clone(), hash.clone())), None);
        let mut flipped = bytes.clone();
        flipped[PIECE + 5] ^= 8;
        assert_eq!(put_right(&flipped, &(sums.clone(), "00".repeat(32))), None, "another hash");
        assert_eq!(put_right(&flipped[..2 * PIECE], &(sums.clone(), hash.clone())), None, "cut off");
        flipped[PIECE + 50] ^= 8;
        assert_eq!(put_right(&flipped, &(sums, hash)), None, "two places of a piece");
    }
}

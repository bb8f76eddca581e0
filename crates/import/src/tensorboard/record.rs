//! The framing of event files: records one after the other, each with check sums of its length and of its bytes.
//!
//! # Format
//! `length: u64`, `crc of length: u32`, the bytes, `crc of bytes: u32`, all little-endian. A check sum is CRC-32C, turned
//! right by 15 bits and moved by [`MASK`]. There is nothing to search for behind a damaged length, so that a file ends
//! there; behind damaged bytes the next record follows.

use std::io::{self, Read};

/// What is added to a check sum that was turned.
const MASK: u32 = 0xa282_ead8;
/// Length and its check sum.
const HEAD: usize = 12;
/// The check sum behind the bytes.
const FOOT: usize = 4;
/// A record that is longer is passed over: no summary comes near.
const MOST_BYTES: u64 = 256 << 20;

/// What comes next in a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A sound record: its bytes are in [`Records::bytes`].
    Record,
    /// A record that was passed over, and why.
    Skipped(&'static str),
    /// Nothing more can be read, and why.
    Broken(&'static str),
    /// The last record is not whole: its writer is at it, or died.
    Torn,
    /// The end of the file.
    End,
}

/// Reads records.
#[derive(Debug)]
pub(super) struct Records<R> {
    reader: R,
    /// The first byte of the record that is next.
    offset: u64,
    /// How far to read.
    end: u64,
    bytes: Vec<u8>,
}

impl<R: Read> Records<R> {
    /// Reads at most the first `n_bytes` of a file, from its beginning.
    pub(super) fn new(reader: R, n_bytes: u64) -> Self {
        Self { reader, offset: 0, end: n_bytes, bytes: Vec::new() }
    }

    /// Where the next record begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes of the last record.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the next record. After [`Next::Broken`], [`Next::Torn`] and [`Next::End`] there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        let left = self.end.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Next::End);
        }
        let mut head = [0; HEAD];
        if left < HEAD as u64 || !self.fill(&mut head)? {
            return Ok(Next::Torn);
        }
        let [length @ .., a, b, c, d] = head;
        if u32::from_le_bytes([a, b, c, d]) != masked(&length) {
            return Ok(Next::Broken("the check sum of a length is wrong: the rest cannot be read"));
        }
        let n_bytes = u64::from_le_bytes(length);
        let whole = n_bytes.saturating_add((HEAD + FOOT) as u64);
        if left < whole {
            return Ok(Next::Torn);
        }
        if n_bytes > MOST_BYTES {
            let wanted = n_bytes + FOOT as u64;
            if io::copy(&mut (&mut self.reader).take(wanted), &mut io::sink())? < wanted {
                return Ok(Next::Torn);
            }
            self.offset += whole;
            return Ok(Next::Skipped("a record of more than 256 MB is left out"));
        }
        self.bytes.clear();
        // Grows with what is there, whatever the length says.
        let n_read = (&mut self.reader).take(n_bytes).read_to_end(&mut self.bytes)?;
        let mut foot = [0; FOOT];
        if (n_read as u64) < n_bytes || !self.fill(&mut foot)? {
            return Ok(Next::Torn);
        }
        self.offset += whole;
        if u32::from_le_bytes(foot) != masked(&self.bytes) {
            return Ok(Next::Skipped("the check sum of a record is wrong: it is left out"));
        }
        Ok(Next::Record)
    }

    /// False when the file is shorter than it was.
    fn fill(&mut self, into: &mut [u8]) -> io::Result<bool> {
        match self.reader.read_exact(into) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The check sum of some bytes.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK)
}

/// A record as it stands in a file.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(&length).to_le_bytes());
    record.extend(bytes);
    record.extend(masked(bytes).to_le_bytes());
    record
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(file: &[u8]) -> (Vec<Vec<u8>>, Vec<Next>) {
        let mut records = Records::new(file, file.len() as u64);
        let (mut found, mut other) = (Vec::new(), Vec::new());
        loop {
            match records.next().unwrap() {
                Next::Record => found.push(records.bytes().to_vec()),
                next @ Next::Skipped(_) => other.push(next),
                next => {
                    other.push(next);
                    return (found, other);
                }
            }
        }
    }

    #[test]
    fn a_check_sum_is_the_one_that_tensorflow_writes() {
        // The first twelve bytes of files that TensorFlow 2.21 and PyTorch 2.9 wrote.
        assert_eq!(masked(&0x3e_u64.to_le_bytes()).to_le_bytes(), [0xd9, 0xd2, 0x40, 0xe7]);
        assert_eq!(masked(&0x48_u64.to_le_bytes()).to_le_bytes(), [0xfe, 0x92, 0x48, 0x9d]);
    }

    #[test]
    fn a_damaged_record_is_passed_over_and_a_damaged_length_ends_the_file() {
        let file: Vec<u8> = [&b"one"[..], b"two", b"three"].iter().flat_map(|bytes| framed(bytes)).collect();
        let second = HEAD + 3 + FOOT;
        let mut damaged = file.clone();
        damaged[second + HEAD] ^= 1;
        let (found, other) = all(&damaged);
        assert_eq!(found, [b"one".to_vec(), b"three".to_vec()]);
        assert!(matches!(other[..], [Next::Skipped(_), Next::End]), "{other:?}");
        let mut broken = file.clone();
        broken[second] ^= 1;
        let (found, other) = all(&broken);
        assert_eq!(found, [b"one".to_vec()]);
        assert!(matches!(other[..], [Next::Broken(_)]), "{other:?}");
    }

    #[test]
    fn a_length_beyond_the_file_costs_no_memory() {
        let length = (1_u64 << 62).to_le_bytes();
        let file = [&length[..], &masked(&length).to_le_bytes(), b"x"].concat();
        assert_eq!(all(&file), (Vec::new(), vec![Next::Torn]));
    }

    proptest! {
        #[test]
        fn whole_records_of_a_file_that_is_cut_are_read(
            records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let file: Vec<u8> = records.iter().flat_map(|record| framed(record)).collect();
            let cut = cut.index(file.len() + 1);
            let mut ends = records.iter().scan(0, |end, record| {
                *end += HEAD + record.len() + FOOT;
                Some(*end)
            });
            let n_whole = ends.clone().take_while(|end| *end <= cut).count();
            let is_whole = cut == 0 || ends.any(|end| end == cut);
            let (found, other) = all(&file[..cut]);
            prop_assert_eq!(&found, &records[..n_whole]);
            prop_assert_eq!(other, vec![if is_whole { Next::End } else { Next::Torn }]);
        }

        #[test]
        fn any_bytes_come_to_an_end(file in proptest::collection::vec(any::<u8>(), 0..200)) {
            all(&file);
        }
    }
}

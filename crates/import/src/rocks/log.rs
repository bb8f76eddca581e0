//! Log files: records in blocks of 32 KiB, a long one in fragments.
//!
//! # Format
//! A fragment is `u32le check sum · u16le length · u8 type · bytes`, and never crosses a block; fewer than 7 bytes at the
//! end of a block are zeros. Types: 1 whole, 2 first, 3 middle, 4 last; 5 to 8 the same with `u32le log number` after the
//! type, in a file that is written anew over an old log. The check sum covers type, log number and bytes.

use super::wire::{Wire, masked_crc};

const BLOCK: usize = 32 << 10;
const HEAD: usize = 7;

/// How a log ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// With a whole record, or within one that its writer had only begun: nothing is lost.
    Clean,
    /// At damage; records after it do not count.
    Damaged {
        /// From which byte on.
        offset: usize,
    },
}

/// Hands each whole record to `each`, which says whether it made sense; stops at the first that does not.
pub(super) fn records(bytes: &[u8], number: u64, mut each: impl FnMut(&[u8]) -> bool) -> Tail {
    let mut offset = 0;
    let mut begun: Option<Vec<u8>> = None;
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let left = BLOCK - offset % BLOCK;
        if left < HEAD {
            offset += left;
            continue;
        }
        let (kind, content, length) = match fragment(rest, left, number) {
            Fragment::Whole { kind, content, length } => (kind, content, length),
            Fragment::Filling => {
                offset += left;
                continue;
            }
            Fragment::Torn => return Tail::Clean,
            Fragment::Damaged => return Tail::Damaged { offset },
        };
        let is_sound = match (kind, begun.take()) {
            (1, None) => each(content),
            (2, None) => {
                begun = Some(content.to_vec());
                true
            }
            (3 | 4, Some(mut record)) => {
                record.extend_from_slice(content);
                if kind == 4 {
                    each(&record)
                } else {
                    begun = Some(record);
                    true
                }
            }
            // A writer that died within a record was followed by another.
            (1, Some(_)) => each(content),
            (2, Some(_)) => {
                begun = Some(content.to_vec());
                true
            }
            _ => false,
        };
        if !is_sound {
            return Tail::Damaged { offset };
        }
        offset += length;
    }
    Tail::Clean
}

enum Fragment<'a> {
    Whole {
        kind: u8,
        content: &'a [u8],
        length: usize,
    },
    /// Zeros up to the end of the block.
    Filling,
    /// The file ends here: cut off, filled with zeros, or over an old log's rest.
    Torn,
    Damaged,
}

/// Reads a fragment; the block has `left` bytes.
fn fragment(rest: &[u8], left: usize, number: u64) -> Fragment<'_> {
    let mut wire = Wire(rest);
    let (Some(sum), Some(low), Some(high), Some(kind)) =
        (wire.fixed32(), wire.byte(), wire.byte(), wire.byte())
    else {
        return Fragment::Torn;
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    if kind == 0 && length == 0 {
        let (block, after) = rest.split_at(left.min(rest.len()));
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        return match (is_zero(block), is_zero(after)) {
            (true, true) => Fragment::Torn,
            (true, false) => Fragment::Filling,
            (false, _) => Fragment::Damaged,
        };
    }
    let is_recycled = (5..=8).contains(&kind);
    let head = if is_recycled { HEAD + 4 } else { HEAD };
    if !(1..=8).contains(&kind) || head + length > left {
        return if rest.len() <= left { Fragment::Torn } else { Fragment::Damaged };
    }
    let Some(covered) = rest.get(HEAD - 1..head + length) else { return Fragment::Torn };
    if is_recycled && covered.get(1..5) != Some(&(number as u32).to_le_bytes()) {
        return Fragment::Torn;
    }
    if masked_crc(&[covered]) != sum {
        // The last bytes of a file may have been written in part.
        return if head + length == rest.len() { Fragment::Torn } else { Fragment::Damaged };
    }
    let content = rest.get(head..head + length).unwrap_or_default();
    Fragment::Whole { kind: if is_recycled { kind - 4 } else { kind }, content, length: head + length }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A log of records; `number` makes it one over an old log.
    pub(in super::super) fn log_of(records: &[Vec<u8>], number: Option<u32>) -> Vec<u8> {
        let mut log = Vec::new();
        let head = if number.is_some() { HEAD + 4 } else { HEAD };
        for record in records {
            let (mut rest, mut is_first) = (&record[..], true);
            loop {
                let left = BLOCK - log.len() % BLOCK;
                if left < head {
                    log.resize(log.len() + left, 0);
                    continue;
                }
                let (piece, after) = rest.split_at(rest.len().min(left - head));
                let kind = match (is_first, after.is_empty()) {
                    (true, true) => 1,
                    (true, false) => 2,
                    (false, false) => 3,
                    (false, true) => 4,
                };
                let mut covered = vec![kind + if number.is_some() { 4 } else { 0 }];
                covered.extend(number.into_iter().flat_map(u32::to_le_bytes));
                covered.extend_from_slice(piece);
                log.extend_from_slice(&masked_crc(&[&covered]).to_le_bytes());
                log.extend_from_slice(&(piece.len() as u16).to_le_bytes());
                log.extend_from_slice(&covered);
                (rest, is_first) = (after, false);
                if rest.is_empty() {
                    break;
                }
            }
        }
        log
    }

    fn read(bytes: &[u8], number: u64) -> (Vec<Vec<u8>>, Tail) {
        let mut found = Vec::new();
        let tail = records(bytes, number, |record| {
            found.push(record.to_vec());
            true
        });
        (found, tail)
    }

    proptest! {
        #[test]
        fn what_is_logged_is_read_and_a_cut_costs_only_the_last(
            lengths in prop::collection::vec(0usize..80_000, 1..6),
            number in prop::option::of(any::<u32>()),
            cut in any::<prop::sample::Index>(),
            flip in any::<prop::sample::Index>(),
        ) {
            let made: Vec<Vec<u8>> =
                lengths.iter().enumerate().map(|(n, length)| vec![n as u8 + 1; *length]).collect();
            let log = log_of(&made, number);
            let number = u64::from(number.unwrap_or(3));
            let (found, tail) = read(&log, number);
            prop_assert!(found == made && tail == Tail::Clean);
            let (found, tail) = read(&log[..cut.index(log.len())], number);
            prop_assert!(found == made[..found.len()] && tail == Tail::Clean);
            let mut damaged = log.clone();
            damaged[flip.index(log.len())] ^= 0x20;
            let (found, _) = read(&damaged, number);
            prop_assert!(found.iter().all(|record| made.contains(record)));
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes, 1);
        }
    }

    #[test]
    fn zeros_and_the_rest_of_an_old_log_are_the_end() {
        let mut log = log_of(&[b"one".to_vec()], Some(8));
        let old = log_of(&[b"old".to_vec(), b"older".to_vec()], Some(7));
        log.extend_from_slice(&old);
        assert_eq!(read(&log, 8), (vec![b"one".to_vec()], Tail::Clean));
        let mut log = log_of(&[b"one".to_vec()], None);
        log.resize(100_000, 0);
        assert_eq!(read(&log, 8), (vec![b"one".to_vec()], Tail::Clean));
        let damaged = log_of(&[b"one".to_vec()], None);
        let mut log = [damaged.clone(), damaged].concat();
        log[8] ^= 1;
        assert_eq!(read(&log, 8), (vec![], Tail::Damaged { offset: 0 }));
    }
}

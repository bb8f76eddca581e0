//! What a record of a write-ahead log holds: changes that were made together.
//!
//! # Format
//! `u64le sequence number of the first · u32le count`, then each change: a type byte, a number of a column family where the
//! type has one, and its keys and values, each after its length.

use super::wire::Wire;

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// A value was put.
    Put(&'a [u8], &'a [u8]),
    /// A key was deleted.
    Delete(&'a [u8]),
    /// All keys from the first on and before the second were deleted.
    DeleteRange(&'a [u8], &'a [u8]),
    /// Something that Aim does not do with a key.
    Foreign(&'a [u8], u8),
}

/// Hands the changes of the default family with their sequence numbers to `each`; false for what is no batch.
pub(super) fn changes(batch: &[u8], mut each: impl FnMut(u64, Change<'_>)) -> bool {
    let mut wire = Wire(batch);
    let (Some(mut sequence), Some(_)) = (wire.fixed64(), wire.fixed32()) else { return false };
    while !wire.is_empty() {
        match change(&mut wire) {
            None => return false,
            // A mark between changes.
            Some(None) => {}
            Some(Some((family, change))) => {
                if family == 0 {
                    each(sequence, change);
                }
                sequence = sequence.wrapping_add(1);
            }
        }
    }
    true
}

/// The next change and its family; none inside for what counts as no change.
fn change<'a>(wire: &mut Wire<'a>) -> Option<Option<(u32, Change<'a>)>> {
    let kind = wire.byte()?;
    let family = match kind {
        0x4 | 0x5 | 0x6 | 0x8 | 0xe | 0x10 => wire.varint32()?,
        _ => 0,
    };
    let change = match kind {
        0x0 | 0x4 | 0x7 | 0x8 => Change::Delete(wire.prefixed()?),
        0x1 | 0x5 => Change::Put(wire.prefixed()?, wire.prefixed()?),
        0x2 | 0x6 | 0x10 | 0x11 => {
            let key = wire.prefixed()?;
            wire.prefixed()?;
            Change::Foreign(key, kind)
        }
        0xe | 0xf => Change::DeleteRange(wire.prefixed()?, wire.prefixed()?),
        // A remark, and the marks of transactions.
        0x3 | 0xa | 0xb | 0xc => {
            wire.prefixed()?;
            return Some(None);
        }
        0x9 | 0xd | 0x12 | 0x13 => return Some(None),
        _ => return None,
    };
    Some(Some((family, change)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(batch: &[u8]) -> (Vec<String>, bool) {
        let mut found = Vec::new();
        let is_sound = changes(batch, |sequence, change| found.push(format!("{sequence} {change:?}")));
        (found, is_sound)
    }

    #[test]
    fn changes_count_up() {
        let head = [&7u64.to_le_bytes()[..], &3u32.to_le_bytes()].concat();
        let batch =
            [&head[..], b"\x0f\x01a\x01b", b"\x0d", b"\x05\x01\x01x\x01y", b"\x01\x01a\x02hi"].concat();
        let want = ["7 DeleteRange([97], [98])", "9 Put([97], [104, 105])"].map(str::to_owned).to_vec();
        assert_eq!(read(&batch), (want, true));
        assert!(!read(&batch[..batch.len() - 1]).1);
        assert!(!read(b"short").1);
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            read(&bytes);
        }
    }
}

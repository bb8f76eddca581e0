//! Blocks of a sorted file: entries whose keys say only what differs from the key before.
//!
//! # Format
//! An entry is `varint shared · varint new · varint value length · new bytes of the key · value`; then come offsets at which
//! keys stand whole, 4 bytes each, and `u32le` how many they are. In an index whose values say only what differs, the value
//! has no length: it is a place in the file, after a shared key only the difference of its length to the one before.

use std::ops::Range;

use super::wire::Wire;

/// Bytes of a key at most: Aim's are paths of a few hundred.
pub(super) const MOST_KEY: usize = 64 << 10;
/// What stands behind a block: its compression and its check sum.
pub(super) const TRAILER: u64 = 5;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Handle {
    pub(super) offset: u64,
    pub(super) n_bytes: u64,
}

impl Handle {
    pub(super) fn read(wire: &mut Wire<'_>) -> Option<Self> {
        Some(Self { offset: wire.varint()?, n_bytes: wire.varint()? })
    }

    /// The place of a block that follows another, by the difference of their lengths.
    fn after(self, difference: i64) -> Option<Self> {
        let offset = self.offset.checked_add(self.n_bytes)?.checked_add(TRAILER)?;
        Some(Self { offset, n_bytes: self.n_bytes.checked_add_signed(difference)? })
    }
}

/// A block, and where in it somebody stands.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where the entries end.
    end: usize,
    /// Where the next entry begins.
    next: usize,
    /// The key of the present entry.
    key: Vec<u8>,
    value: Range<usize>,
}

impl Block {
    /// A block before its first entry; none for bytes that are none.
    pub(super) fn new(bytes: Vec<u8>) -> Option<Self> {
        let (before, count) = bytes.split_last_chunk::<4>()?;
        // The highest bit says that a table for looking up follows the offsets.
        let count = (u32::from_le_bytes(*count) & 0x7fff_ffff) as usize;
        let end = before.len().checked_sub(count.checked_mul(4)?)?;
        Some(Self { bytes, end, ..Self::default() })
    }

    /// Goes to the next entry: whether there is one; none when it is damaged.
    pub(super) fn step(&mut self) -> Option<bool> {
        self.advance(|wire| {
            let length = wire.varint32()?;
            Some(length as usize)
        })
    }

    /// Goes to the next entry of an index whose values say only what differs; `before` is the place before, and becomes
    /// this entry's.
    pub(super) fn step_in_index(&mut self, before: &mut Handle) -> Option<bool> {
        let from = self.next;
        if !self.advance(|_| Some(0))? {
            return Some(false);
        }
        let is_whole = self.bytes.get(from) == Some(&0);
        let mut wire = Wire(self.bytes.get(self.value.start..self.end)?);
        *before = if is_whole { Handle::read(&mut wire)? } else { before.after(wire.varsigned()?)? };
        self.next = self.end - wire.0.len();
        Some(true)
    }

    fn advance(&mut self, length: impl FnOnce(&mut Wire<'_>) -> Option<usize>) -> Option<bool> {
        if self.next >= self.end {
            return Some(false);
        }
        let mut wire = Wire(self.bytes.get(self.next..self.end)?);
        let (shared, new) = (wire.varint32()? as usize, wire.varint32()? as usize);
        let length = length(&mut wire)?;
        let delta = wire.take(new)?;
        if shared > self.key.len() || shared + new > MOST_KEY {
            return None;
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(delta);
        let start = self.end - wire.0.len();
        wire.take(length)?;
        self.value = start..start + length;
        self.next = start + length;
        Some(true)
    }

    /// The key of the present entry.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The value of the present entry.
    pub(super) fn value(&self) -> &[u8] {
        self.bytes.get(self.value.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut block = Block::new(bytes.to_vec())?;
        let mut found = Vec::new();
        while block.step()? {
            found.push((block.key().to_vec(), block.value().to_vec()));
        }
        Some(found)
    }

    #[test]
    fn keys_are_put_together() {
        let block = b"\x00\x03\x01abcX\x02\x01\x02dYZ\0\0\0\0\x01\0\0\0";
        let want = [("abc", "X"), ("abd", "YZ")].map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec()));
        assert_eq!(entries(block), Some(want.to_vec()));
        assert_eq!(entries(b"\x04\x03\x01abcX\0\0\0\0\x01\0\0\0"), None, "no key is so long");
        assert_eq!(entries(b"\0\0\0\0"), Some(vec![]));
        assert_eq!(entries(b"\x09\0\0\0"), None);
    }

    #[test]
    fn places_in_an_index_follow_each_other() {
        let mut block = Block::new(b"\x00\x01a\x10\x20\x01\x01b\x04\0\0\0\0\x01\0\0\0".to_vec()).unwrap();
        let mut at = Handle::default();
        assert_eq!(block.step_in_index(&mut at), Some(true));
        assert_eq!((block.key(), at), (&b"a"[..], Handle { offset: 16, n_bytes: 32 }));
        assert_eq!(block.step_in_index(&mut at), Some(true));
        assert_eq!((block.key(), at), (&b"ab"[..], Handle { offset: 53, n_bytes: 34 }));
        assert_eq!(block.step_in_index(&mut at), Some(false));
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            entries(&bytes);
            if let Some(mut block) = Block::new(bytes) {
                let mut at = Handle::default();
                while block.step_in_index(&mut at) == Some(true) {}
            }
        }
    }
}

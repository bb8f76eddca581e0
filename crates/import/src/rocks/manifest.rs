//! Which files make up a database: the edits of a MANIFEST, one after the other.

use std::collections::BTreeMap;

use super::log::{self, Tail};
use super::wire::Wire;

/// The only order of keys that is read.
const COMPARATOR: &[u8] = b"leveldb.BytewiseComparator";
/// Tags from here on may be stepped over by who does not know them: their content has its length before it.
const SAFE_TO_IGNORE: u32 = 1 << 13;

/// Ends the fields of a file.
const END_OF_FIELDS: u32 = 1;
/// A file's field that says in which of several folders it lies; Aim has one.
const PATH: u32 = 65;

/// A database's files at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Sorted files by number, with their lengths.
    pub(super) tables: BTreeMap<u64, u64>,
    /// Logs from this number on hold what is in no sorted file yet.
    pub(super) first_log: u64,
    /// Column families beside the default one: their entries are not read.
    pub(super) has_families: bool,
}

impl Manifest {
    /// Reads a MANIFEST.
    pub(super) fn read(bytes: &[u8], number: u64) -> Result<Self, String> {
        let mut manifest = Self::default();
        let (mut n_edits, mut reason) = (0, None);
        let tail = log::records(bytes, number, |edit| {
            n_edits += 1;
            reason = manifest.apply(edit).err();
            reason.is_none()
        });
        match (reason, tail) {
            (Some(reason), _) => Err(reason),
            (None, Tail::Damaged { offset }) => Err(format!("it is damaged from byte {offset} on")),
            (None, Tail::Clean) if n_edits == 0 => Err("it holds no edit".to_owned()),
            (None, Tail::Clean) => Ok(manifest),
        }
    }

    /// Applies one edit: tags, each with what belongs to it.
    pub(super) fn apply(&mut self, edit: &[u8]) -> Result<(), String> {
        let mut wire = Wire(edit);
        let mut found = Edit::default();
        while !wire.is_empty() {
            let cut = || "an edit is cut off".to_owned();
            let tag = wire.varint32().ok_or_else(cut)?;
            found
                .take(tag, &mut wire)
                .ok_or_else(|| format!("an edit has an unknown or damaged part {tag}"))?;
        }
        if let Some(comparator) = found.comparator.filter(|name| name != COMPARATOR) {
            let name = String::from_utf8_lossy(&comparator).into_owned();
            return Err(format!("its keys are in the order {name:?}, want leveldb.BytewiseComparator"));
        }
        if found.family != 0 {
            self.has_families = true;
            return Ok(());
        }
        found.deleted.iter().for_each(|number| _ = self.tables.remove(number));
        self.tables.extend(found.added);
        self.first_log = self.first_log.max(found.log.unwrap_or(0));
        Ok(())
    }
}

/// What an edit says, as far as it matters here.
#[derive(Debug, Default)]
struct Edit {
    comparator: Option<Vec<u8>>,
    log: Option<u64>,
    family: u32,
    deleted: Vec<u64>,
    added: Vec<(u64, u64)>,
}

impl Edit {
    /// Takes what belongs to a tag.
    fn take(&mut self, tag: u32, wire: &mut Wire<'_>) -> Option<()> {
        match tag {
            // Comparator.
            1 => self.comparator = Some(wire.prefixed()?.to_vec()),
            // Log number.
            2 => self.log = Some(wire.varint()?),
            // Next file, last sequence number, previous log.
            3 | 4 | 9 => _ = wire.varint()?,
            // A compaction's place.
            5 => {
                wire.varint32()?;
                wire.prefixed()?;
            }
            // A file that does not count any more: level and number.
            6 => {
                wire.varint32()?;
                self.deleted.push(wire.varint()?);
            }
            // Logs before this number are not needed, by no family.
            10 => _ = wire.varint()?,
            // A file as RocksDB's first versions said it, with sequence numbers, and with a path.
            7 | 100 | 102 => self.added(wire, tag)?,
            103 => {
                self.added(wire, tag)?;
                loop {
                    match wire.varint32()? {
                        END_OF_FIELDS => break,
                        // Such a one must be understood, and only that of a path is.
                        field if field & (1 << 6) != 0 && field != PATH => return None,
                        _ => _ = wire.prefixed()?,
                    }
                }
            }
            200 => self.family = wire.varint32()?,
            // A family is made, is dropped; the largest number of one; this edit and some others are one.
            201 => _ = wire.prefixed()?,
            202 => {}
            203 | 300 => _ = wire.varint32()?,
            tag if tag & SAFE_TO_IGNORE != 0 => _ = wire.prefixed()?,
            _ => return None,
        }
        Some(())
    }

    /// A file that counts from now on.
    fn added(&mut self, wire: &mut Wire<'_>, tag: u32) -> Option<()> {
        wire.varint32()?;
        let number = wire.varint()?;
        if tag == 102 {
            wire.varint32()?;
        }
        let n_bytes = wire.varint()?;
        wire.prefixed()?;
        wire.prefixed()?;
        if tag != 7 {
            wire.varint()?;
            wire.varint()?;
        }
        self.added.push((number, n_bytes));
        Some(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::log::tests::log_of;
    use super::*;

    fn prefixed(bytes: &[u8]) -> Vec<u8> {
        [&[bytes.len() as u8][..], bytes].concat()
    }

    /// A file of level 0 as RocksDB 6 says it.
    fn added(number: u8) -> Vec<u8> {
        let keys = [prefixed(b"a\0\0\0\0\0\0\0\x01"), prefixed(b"z\0\0\0\0\0\0\0\x01")].concat();
        [&[103, 0, number, 100][..], &keys, &[1, 9], &[5, 1, 77, 1]].concat()
    }

    fn read(edits: &[Vec<u8>]) -> Result<Manifest, String> {
        Manifest::read(&log_of(edits, None), 4)
    }

    #[test]
    fn files_come_and_go() {
        let first = [&[1][..], &prefixed(COMPARATOR), &[2, 5, 9, 0, 3, 10, 4, 20]].concat();
        let flush = [&[2, 8, 200, 1, 0][..], &added(9)].concat();
        let compact = [&[6, 0, 9][..], &added(12)].concat();
        let manifest = read(&[first.clone(), flush.clone(), compact]).unwrap();
        assert_eq!((manifest.tables, manifest.first_log), ([(12, 100)].into(), 8));
        assert_eq!(read(&[first, flush]).unwrap().tables, [(9, 100)].into());
    }

    #[test]
    fn what_is_not_understood_is_told() {
        let reversed = [&[1][..], &prefixed(b"rocksdb.ReverseBytewiseComparator")].concat();
        assert!(read(&[reversed]).unwrap_err().contains("Reverse"));
        assert!(read(&[vec![99]]).unwrap_err().contains("99"));
        assert!(read(&[]).is_err());
        // Tag 8193, which may be stepped over, and another family's file.
        let ignored = [&[0x81, 0x40][..], &prefixed(b"id"), &[200, 1, 1], &added(7)].concat();
        let manifest = read(&[ignored]).unwrap();
        assert!(manifest.tables.is_empty() && manifest.has_families);
    }

    proptest! {
        #[test]
        fn foreign_edits_never_panic(edits in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4)) {
            _ = read(&edits);
        }
    }
}

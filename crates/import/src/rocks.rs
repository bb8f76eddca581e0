//! Databases of RocksDB, read and never opened by it: no lock, no recovery, nothing written.
//!
//! From the bytes up: `wire` reads whole numbers; `log` the records of a log file, which `manifest` (which files count)
//! and `batch` (what was written lately) are made of; `block` and `table` a sorted file; `tombstones` hold deleted ranges;
//! [`Database`] is all of one folder at one moment, and [`Cursor`] walks what of it is there, key by key. Written for the
//! features that Aim uses (RocksDB 6.29: one column family, bytewise order, no merging, Snappy); what else turns up is
//! told and left out. The layout follows RocksDB's own documents "RocksDB BlockBasedTable Format", "Write Ahead Log File
//! Format" and "MANIFEST" in its wiki.

mod batch;
mod block;
mod database;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod log;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod made;
mod manifest;
mod memory;
mod table;
mod tombstones;
mod wire;

pub(crate) use database::{Cursor, Database, DatabaseError};

/// What lies under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing: it was deleted.
    Deleted,
    /// A value.
    Value,
    /// Something that Aim does not write: an operand of a merge, a value in a file of its own.
    Foreign(u8),
}

impl Kind {
    /// Of an entry of a sorted file; none for what is no entry there.
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x0 | 0x7 | 0x14 => Some(Self::Deleted),
            0x1 => Some(Self::Value),
            0x2 | 0x11 | 0x16 => Some(Self::Foreign(byte)),
            _ => None,
        }
    }
}

/// Splits the key of an entry: the user's key, the sequence number, the type.
///
/// # Format
/// The user's key, then 8 little-endian bytes: the type in the lowest, the sequence number above it.
fn split_key(key: &[u8]) -> Option<(&[u8], u64, u8)> {
    let (user, trailer) = key.split_last_chunk::<8>()?;
    let trailer = u64::from_le_bytes(*trailer);
    Some((user, trailer >> 8, trailer as u8))
}

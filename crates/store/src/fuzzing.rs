//! Doors for fuzz targets to what reads bytes from a disk and has no other.

use std::path::Path;
use std::sync::Arc;

use trailmark_core::{Context, RunId, SeriesKey, WriterId};

use crate::catalog::{self, Keys};
use crate::codec::Reader;
use crate::frame::Decoder;
use crate::gather::Gather;
use crate::journal;
use crate::row::RunState;

/// Reads bytes as the frames of a journal, whose check sums must be right; says up to where.
pub fn frames(bytes: &[u8]) -> u64 {
    let mut gather = Gather::new(&[], false);
    gather.begin(&[]);
    let mut decoder = Decoder::new(WriterId::from_bytes([1; 8]), 0);
    let reached = journal::read_frames(bytes, 0, &mut decoder, &mut gather);
    for gathered in gather.series {
        let rows = gathered.merge().into_rows();
        assert!(rows.is_sorted_by_key(|row| row.step), "points are in the order of their steps");
    }
    assert!(reached.offset <= bytes.len() as u64);
    reached.offset
}

/// Reads bytes as a row of the catalog; one that can be read is written and read again as the same.
pub fn catalog_row(bytes: &[u8]) -> bool {
    let id = RunId::from_bytes([1; 12]);
    let mut keys = Keys::default();
    for number in 0..8 {
        keys.add(Arc::new(SeriesKey::new(&format!("series {number}"), Context::subset("train"))));
    }
    let read = |bytes: &[u8], keys: &Keys| -> Option<RunState> {
        let mut reader = Reader(bytes);
        let state = catalog::read_state((id, Path::new("run")), &mut reader, keys)?;
        reader.is_empty().then_some(state)
    };
    let Some(state) = read(bytes, &keys) else { return false };
    let written = catalog::write_state(&state, &mut keys);
    let again = read(&written, &keys).expect("what was written can be read");
    assert_eq!(catalog::write_state(&again, &mut keys), written, "a row is read as it was written");
    true
}

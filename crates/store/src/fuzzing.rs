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
use crate::segment::exact::{self, Exact};
use crate::segment::manifest::Manifest;
use crate::segment::sums;

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

/// Reads bytes as what a segment keeps beside its tables: what it says exactly of a run, the places of its numbers, check
/// sums, the list of segments. The first two bytes say how many are exact, and the places follow. What can be read of a
/// run is written and read again as the same.
pub fn segment(bytes: &[u8]) -> bool {
    let _ = sums::read(bytes);
    if let Some(table) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()) {
        let _ = Manifest::of(&table);
    }
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return false };
    let (exact, places) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes(*length))));
    let Some(exact) = Exact::read(exact) else { return false };
    let written = exact.write();
    let again = Exact::read(&written).expect("what was written can be read");
    assert_eq!(again.write(), written, "a run is read as it was written");
    if let Some(orders) = exact::read_orders(&exact.journals, exact.series.len(), places) {
        let bytes = exact::write_orders(&exact.journals, orders.iter().map(Vec::as_slice));
        let again = exact::read_orders(&exact.journals, exact.series.len(), &bytes);
        assert_eq!(again, Some(orders), "places are read as they were written");
    }
    true
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

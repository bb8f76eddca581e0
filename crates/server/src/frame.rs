//! Columns of numbers on the wire: `application/vnd.trailmark.columns`.
//!
//! # Format
//! `TMC1` · u32 `H`, a multiple of 8 · header, JSON in UTF-8 filled with blanks to `H` bytes · columns, each at a
//! multiple of 8 counted from the first byte after the header; everything little-endian. `docs/http.md` has the whole.

use std::collections::VecDeque;

use crate::dto::{Column, Columns, SeriesHeader};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.trailmark.columns";

const MAGIC: &[u8; 4] = b"TMC1";
/// Whole numbers above it are not exact in a page.
const MOST_EXACT: i64 = 1 << 53;
/// So many different columns are remembered, to be pointed to again.
const MOST_SHARED: usize = 8;

/// Numbers that become columns; a column that was not asked for is empty.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Table<'a> {
    pub(crate) steps: Option<&'a [i64]>,
    pub(crate) epochs: Option<&'a [f64]>,
    /// Microseconds since 1970.
    pub(crate) micros: Option<&'a [i64]>,
    pub(crate) values: Option<&'a [f64]>,
}

/// Plans where columns lie.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    n_bytes: u64,
    /// Whether values are single precision.
    is_single: bool,
    /// The last different columns of epochs, and where they lie: runs of one length share them, bit for bit.
    epochs: VecDeque<(&'a [f64], u64)>,
}

impl<'a> Plan<'a> {
    /// Nothing yet; `is_single` for values of single precision.
    pub(crate) fn new(is_single: bool) -> Self {
        Self { n_bytes: 0, is_single, epochs: VecDeque::with_capacity(MOST_SHARED) }
    }

    /// How the columns of a table are laid out, after those before.
    pub(crate) fn add(&mut self, table: &Table<'a>) -> Columns {
        Columns {
            step: table.steps.map(|steps| self.steps(steps)),
            epoch: table.epochs.map(|epochs| self.epochs(epochs)),
            time: table.micros.map(|micros| self.doubles(micros.len())),
            value: table.values.map(|values| match self.is_single {
                true => Column::F32 { at: self.take(4 * values.len()) },
                false => self.doubles(values.len()),
            }),
        }
    }

    fn take(&mut self, n_bytes: usize) -> u64 {
        let at = self.n_bytes;
        self.n_bytes += (n_bytes as u64).next_multiple_of(8);
        at
    }

    fn doubles(&mut self, rows: usize) -> Column {
        Column::F64 { at: self.take(8 * rows) }
    }

    /// Epochs that a column before them has too are not written again.
    fn epochs(&mut self, epochs: &'a [f64]) -> Column {
        let is_same = |known: &[f64]| {
            known.len() == epochs.len() && known.iter().zip(epochs).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        if let Some(&(_, at)) = self.epochs.iter().find(|(known, _)| is_same(known)) {
            return Column::F64 { at };
        }
        let at = self.take(8 * epochs.len());
        if self.epochs.len() == MOST_SHARED {
            self.epochs.pop_front();
        }
        self.epochs.push_back((epochs, at));
        Column::F64 { at }
    }

    fn steps(&mut self, steps: &[i64]) -> Column {
        let (Some(&start), Some(&last)) = (steps.first(), steps.last()) else {
            return Column::Range { start: 0, stride: 1 };
        };
        let is_exact = [start, last].iter().all(|step| (-MOST_EXACT..=MOST_EXACT).contains(step));
        let stride = steps.get(1).map_or(1, |second| second.wrapping_sub(start));
        if is_exact && steps.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == stride) {
            return Column::Range { start, stride };
        }
        if is_exact && last - start <= i64::from(u32::MAX) {
            return Column::U32 { at: self.take(4 * steps.len()), start };
        }
        self.doubles(steps.len())
    }

    /// Writes the answer: tables in the order in which they were planned.
    pub(crate) fn write<'b>(
        &self,
        header: &SeriesHeader,
        tables: impl Iterator<Item = Table<'b>>,
    ) -> Vec<u8> {
        // The header is plain structs: it always becomes JSON.
        let mut head = serde_json::to_vec(header).unwrap_or_default();
        head.resize(head.len().next_multiple_of(8), b' ');
        let mut bytes = Vec::with_capacity(8 + head.len() + self.n_bytes as usize);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&head);
        for (table, series) in tables.zip(&header.series) {
            write_table(&mut bytes, &table, &series.columns, 8 + head.len());
        }
        bytes
    }
}

fn write_table(bytes: &mut Vec<u8>, table: &Table<'_>, columns: &Columns, first: usize) {
    let begin = |bytes: &mut Vec<u8>, at: u64| bytes.resize(first + at as usize, 0);
    match (table.steps, columns.step) {
        (Some(steps), Some(Column::U32 { at, start })) => {
            begin(bytes, at);
            steps.iter().for_each(|step| bytes.extend_from_slice(&((step - start) as u32).to_le_bytes()));
        }
        (Some(steps), Some(Column::F64 { at })) => {
            begin(bytes, at);
            steps.iter().for_each(|step| bytes.extend_from_slice(&(*step as f64).to_le_bytes()));
        }
        _ => {}
    }
    if let (Some(epochs), Some(Column::F64 { at })) = (table.epochs, columns.epoch)
        && first + at as usize >= bytes.len()
    {
        begin(bytes, at);
        epochs.iter().for_each(|epoch| bytes.extend_from_slice(&epoch.to_le_bytes()));
    }
    if let (Some(micros), Some(Column::F64 { at })) = (table.micros, columns.time) {
        begin(bytes, at);
        micros.iter().for_each(|micros| bytes.extend_from_slice(&(*micros as f64 / 1e6).to_le_bytes()));
    }
    match (table.values, columns.value) {
        (Some(values), Some(Column::F64 { at })) => {
            begin(bytes, at);
            values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        }
        (Some(values), Some(Column::F32 { at })) => {
            begin(bytes, at);
            values.iter().for_each(|value| bytes.extend_from_slice(&(*value as f32).to_le_bytes()));
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        _ => {}
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
}

#[cfg(test)]
mod golden;

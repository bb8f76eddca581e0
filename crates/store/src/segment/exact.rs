//! The exact part of a run's row: its journals as they were, its records with their places, and where its points lie.

use std::sync::Arc;

use trailmark_core::{SeriesKey, WriterId};

use crate::codec::{Reader, Writer};
use crate::frame;
use crate::journal::Role;
use crate::life::JournalState;
use crate::{Order, Record};

/// First byte; grows when the rest changes.
const VERSION: u8 = 1;

/// Rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) first: u64,
    pub(crate) count: u64,
}

impl Place {
    pub(crate) fn rows(self) -> std::ops::Range<usize> {
        self.first as usize..self.first.saturating_add(self.count) as usize
    }
}

/// Where a series lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Located {
    pub(crate) key: Arc<SeriesKey>,
    /// Its numbers in the file of points.
    pub(crate) points: Place,
    /// Its levels in the file of pyramids, the finest first.
    pub(crate) pyramid: u64,
    pub(crate) n_levels: u64,
    /// Whether some of the numbers are whole ones.
    pub(crate) has_integers: bool,
    /// Whether it has values in the file of objects.
    pub(crate) has_objects: bool,
}

/// What a run's row says exactly.
#[derive(Debug, Default)]
pub(crate) struct Exact {
    pub(crate) journals: Vec<JournalState>,
    pub(crate) records: Vec<(Order, Record)>,
    pub(crate) series: Vec<Located>,
    /// Its values that are no numbers, in the file of objects.
    pub(crate) objects: Place,
    /// Whether numbers cannot be read without their places in the merge order.
    pub(crate) needs_orders: bool,
}

/// Numbers of a series that have one place in the merge order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) count: u64,
    pub(crate) order: Order,
}

pub(crate) fn writer_place(journals: &[JournalState], writer: WriterId) -> u64 {
    journals.iter().position(|journal| journal.writer == writer).unwrap_or(journals.len()) as u64
}

fn writer_at(journals: &[JournalState], place: u64) -> Option<WriterId> {
    Some(journals.get(usize::try_from(place).ok()?)?.writer)
}

impl Exact {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.byte(VERSION);
        writer.unsigned(self.journals.len() as u64);
        self.journals.iter().for_each(|journal| write_journal(&mut writer, journal));
        writer.unsigned(self.records.len() as u64);
        let mut body = Writer::default();
        for (order, record) in &self.records {
            writer.signed(order.micros);
            writer.unsigned(writer_place(&self.journals, order.writer));
            writer.unsigned(order.offset);
            let kind = frame::record(&mut body, order.micros, record);
            writer.byte(kind);
            writer.unsigned(body.0.len() as u64);
            writer.0.append(&mut body.0);
        }
        writer.unsigned(self.series.len() as u64);
        for series in &self.series {
            writer.text(&series.key.name);
            writer.map(series.key.context.as_params());
            writer.byte(u8::from(series.has_integers) + 2 * u8::from(series.has_objects));
            for number in [series.points.first, series.points.count, series.pyramid, series.n_levels] {
                writer.unsigned(number);
            }
        }
        writer.unsigned(self.objects.first);
        writer.unsigned(self.objects.count);
        writer.byte(u8::from(self.needs_orders));
        writer.0
    }

    /// Reads what was written; none for other bytes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let journals = (0..reader.count()?).map(|_| read_journal(&mut reader)).collect::<Option<Vec<_>>>()?;
        let record = |reader: &mut Reader<'_>| {
            let micros = reader.signed()?;
            let writer = writer_at(&journals, reader.unsigned()?)?;
            let order = Order { micros, writer, offset: reader.unsigned()? };
            let kind = reader.byte()?;
            let count = reader.count()?;
            let mut body = Reader(reader.take(count)?);
            let record = frame::read_record(kind, &mut body, micros)?;
            Some((order, record))
        };
        let records = (0..reader.count()?).map(|_| record(&mut reader)).collect::<Option<_>>()?;
        let located = |reader: &mut Reader<'_>| {
            let key = Arc::new(SeriesKey { name: reader.text()?, context: reader.context()? });
            let flags = reader.byte()?;
            let (has_integers, has_objects) = (flags & 1 != 0, flags & 2 != 0);
            let points = Place { first: reader.unsigned()?, count: reader.unsigned()? };
            let (pyramid, n_levels) = (reader.unsigned()?, reader.unsigned()?);
            Some(Located { key, points, pyramid, n_levels, has_integers, has_objects })
        };
        let series = (0..reader.count()?).map(|_| located(&mut reader)).collect::<Option<_>>()?;
        let objects = Place { first: reader.unsigned()?, count: reader.unsigned()? };
        let needs_orders = reader.byte()? == 1;
        Some(Self { journals, records, series, objects, needs_orders }).filter(|_| reader.is_empty())
    }
}

/// The places of all numbers of a run, series by series.
pub(crate) fn write_orders<'a>(
    journals: &[JournalState],
    series: impl Iterator<Item = &'a [Piece]>,
) -> Vec<u8> {
    let mut writer = Writer::default();
    for pieces in series {
        writer.unsigned(pieces.len() as u64);
        let (mut micros, mut offset) = (0i64, 0u64);
        for Piece { count, order } in pieces {
            writer.unsigned(*count);
            writer.unsigned(writer_place(journals, order.writer));
            writer.signed(order.micros.wrapping_sub(micros));
            writer.signed(order.offset.wrapping_sub(offset) as i64);
            (micros, offset) = (order.micros, order.offset);
        }
    }
    writer.0
}

pub(crate) fn read_orders(
    journals: &[JournalState],
    n_series: usize,
    bytes: &[u8],
) -> Option<Vec<Vec<Piece>>> {
    let mut reader = Reader(bytes);
    let mut all = Vec::new();
    for _ in 0..n_series {
        let n_pieces = reader.count()?;
        let mut pieces = Vec::with_capacity(n_pieces);
        let (mut micros, mut offset) = (0i64, 0u64);
        for _ in 0..n_pieces {
            let count = reader.unsigned()?;
            let writer = writer_at(journals, reader.unsigned()?)?;
            micros = micros.wrapping_add(reader.signed()?);
            offset = offset.wrapping_add(reader.signed()? as u64);
            pieces.push(Piece { count, order: Order { micros, writer, offset } });
        }
        all.push(pieces);
    }
    Some(all).filter(|_| reader.is_empty())
}

fn write_journal(writer: &mut Writer, journal: &JournalState) {
    writer.0.extend_from_slice(journal.writer.as_bytes());
    writer.byte(u8::from(journal.role == Role::Edits));
    writer.unsigned(journal.offset);
    let times = [journal.created, journal.began, journal.latest, journal.end.as_ref().map(|end| end.0)];
    let flags = times.iter().enumerate().map(|(bit, time)| u8::from(time.is_some()) << bit).sum();
    writer.byte(flags);
    times.into_iter().flatten().for_each(|time| writer.signed(time));
    if let Some((_, end)) = &journal.end {
        writer.end(end);
    }
}

fn read_journal(reader: &mut Reader<'_>) -> Option<JournalState> {
    let writer = WriterId::from_bytes(reader.take(WriterId::BYTES)?.try_into().ok()?);
    let role = if reader.byte()? == 1 { Role::Edits } else { Role::Run };
    let (offset, flags) = (reader.unsigned()?, reader.byte()?);
    let mut time = |bit: u8| if flags & 1 << bit != 0 { reader.signed().map(Some) } else { Some(None) };
    let (created, began, latest, ended) = (time(0)?, time(1)?, time(2)?, time(3)?);
    let mut state = JournalState::sealed(writer, role, offset);
    (state.created, state.began, state.latest) = (created, began, latest);
    if let Some(time) = ended {
        state.end = Some((time, reader.end()?));
    }
    Some(state)
}

//! Reading wanted points of a run: from its segment, and from its journals on from a cursor.
//!
//! A cursor says how far each writer's journal was read. What a segment gave without places in the merge order is marked
//! `!`: when a journal turns up that must be merged with it, everything is handed out again, with places.

use trailmark_core::{SeriesKey, Step, WriterId};

use crate::erased::Erased;
use crate::frame::{Decoder, Sink};
use crate::journal::{self, HEADER, Role};
use crate::life::JournalState;
use crate::points::{Block, Columns};
use crate::record::{Column, ObjectRow, from_micros};
use crate::run::number;
use crate::segment::pyramid::{Cut, Sampled};
use crate::segment::{Sealed, manifest};
use crate::store::{Cursor, Object, Wanted};
use crate::{Error, Order, Record, Repository, fs};

/// How far a journal was read, and whether what was handed out of it had no places.
#[derive(Debug, Clone, Copy)]
struct Position {
    writer: WriterId,
    offset: u64,
    is_merged: bool,
}

/// What is read, and from where on.
struct Reading {
    keys: Vec<std::sync::Arc<SeriesKey>>,
    erased: Erased,
    /// Journals, from where on, and their bytes.
    journals: Vec<(JournalState, u64, Vec<u8>)>,
    sealed: Option<Sealed>,
    /// Whether the segment has something that was not handed out yet.
    reads_sealed: bool,
    with_orders: bool,
    cursor: Vec<Position>,
}

impl Repository {
    /// Reads wanted points of a run, from a cursor on.
    pub(crate) fn points<'a>(
        &self,
        wanted: &'a Wanted,
        numbers: Option<&'a mut (dyn FnMut(Block<'_>) + 'a)>,
        objects: Option<&'a mut (dyn FnMut(Object) + 'a)>,
    ) -> Result<Cursor, Error> {
        let reading = self.begin_reading(wanted)?;
        let place_of = |key: &SeriesKey| wanted.series.iter().position(|wanted| wanted == key);
        let places: Vec<Option<usize>> = reading.keys.iter().map(|key| place_of(key)).collect();
        let mut filter = Filter { wanted, numbers, objects, erased: reading.erased, series: Vec::new() };
        if let Some(sealed) = reading.sealed.filter(|_| reading.reads_sealed) {
            match sealed.read(&mut filter, reading.with_orders) {
                // As of a journal's tail: what can be read is handed out, and the row tells of the rest.
                Err(Error::Broken { .. }) => self.doubt(wanted.run),
                read => read?,
            }
        }
        let mut reached = reading.cursor;
        for (JournalState { writer, series, .. }, from, bytes) in reading.journals {
            let place = |place: &u32| places.get(*place as usize).copied().flatten();
            filter.series = series.iter().map(place).collect();
            let mut decoder = Decoder::new(writer, series.len() as u32);
            let offset = journal::read_frames(&bytes, from, &mut decoder, &mut filter).offset;
            reached.push(Position { writer, offset, is_merged: false });
        }
        let text = reached.iter().map(|Position { writer, offset, is_merged }| {
            format!("{writer}.{offset}{}", if *is_merged { "!" } else { "" })
        });
        Ok(Cursor(text.collect::<Vec<_>>().join(",")))
    }

    /// Gets hold of what is to be read before anything is handed out: runs may be folded together meanwhile.
    fn begin_reading(&self, wanted: &Wanted) -> Result<Reading, Error> {
        let place = &self.inner.place;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let (state, segments) = {
                let scan = self.scan_one(wanted.run)?;
                let none = || Error::NoRun { text: wanted.run.to_string() };
                let state = scan.runs.get(&wanted.run).ok_or_else(none)?;
                let known = (state.keys.clone(), state.journals.states.clone(), state.erased.clone());
                (known, std::sync::Arc::clone(&scan.segments))
            };
            let sealed = match segments.sealed(wanted.run) {
                Err(Error::Broken { .. }) => {
                    self.doubt(wanted.run);
                    Ok(None)
                }
                sealed => sealed,
            };
            let reading = sealed.and_then(|sealed| self.reading(wanted, state, sealed));
            let is_gone = reading.as_ref().is_err_and(Error::is_gone);
            let is_steady = !is_gone && manifest::stamp(&place.files, &place.path)? == segments.version;
            if is_steady || n_tries == 16 {
                return reading;
            }
        }
    }

    fn reading(
        &self,
        wanted: &Wanted,
        (keys, states, erased): (Vec<std::sync::Arc<SeriesKey>>, Vec<JournalState>, Erased),
        sealed: Option<Sealed>,
    ) -> Result<Reading, Error> {
        let mut after = wanted.after.as_ref().map_or(Ok(Vec::new()), positions)?;
        let sealed_at = |writer: WriterId| {
            let journals = sealed.iter().flat_map(|sealed| &sealed.exact.journals);
            journals.filter(|journal| journal.writer == writer).map(|journal| journal.offset).next()
        };
        let runs: Vec<JournalState> = states.into_iter().filter(|state| state.role == Role::Run).collect();
        let has_late = runs.iter().any(|state| sealed_at(state.writer).is_none_or(|at| at < state.offset));
        if has_late && after.iter().any(|position| position.is_merged) {
            after.clear();
        }
        let mut sealed_runs: Vec<JournalState> =
            sealed.iter().flat_map(|sealed| &sealed.exact.journals).cloned().collect();
        sealed_runs.retain(|journal| journal.role == Role::Run);
        let is_known = |journal: &JournalState| {
            after.iter().any(|at| at.writer == journal.writer && at.offset >= journal.offset)
        };
        let reads_sealed = !sealed_runs.iter().all(is_known);
        let with_orders = has_late || !after.is_empty() || !erased.is_empty();
        let was_merged = after.iter().any(|position| position.is_merged);
        if reads_sealed {
            after.clear();
        }
        let is_merged = if reads_sealed { !with_orders } else { was_merged };
        let is_here = |journal: &&JournalState| !runs.iter().any(|state| state.writer == journal.writer);
        let at =
            |journal: &JournalState| Position { writer: journal.writer, offset: journal.offset, is_merged };
        let cursor = sealed_runs.iter().filter(is_here).map(at).collect();
        let mut journals = Vec::new();
        let folder = self.inner.place.run(wanted.run);
        for state in runs {
            let known = after.iter().find(|known| known.writer == state.writer).map(|known| known.offset);
            let from = known.max(sealed_at(state.writer)).unwrap_or(HEADER as u64);
            let path = folder.join(journal::file_name(state.writer));
            let read = self.inner.place.files.0.read_from(&path, from);
            journals.push((state, from, read.map_err(fs::named("read a journal", &path))?));
        }
        Ok(Reading { keys, erased, journals, sealed, reads_sealed, with_orders, cursor })
    }

    /// A cut of each series from its segment; none where only reading everything answers.
    pub(crate) fn sampled_in_segment(
        &self,
        wanted: &Wanted,
        cut: &Cut,
    ) -> Result<Option<Vec<Sampled>>, Error> {
        let (sealed, erased) = {
            let scan = self.scan_one(wanted.run)?;
            let Some(state) = scan.runs.get(&wanted.run) else { return Ok(None) };
            if state.journals.states.iter().any(|state| state.role == Role::Run) {
                return Ok(None);
            }
            (scan.segments.sealed(wanted.run), state.erased.clone())
        };
        match sealed.and_then(|sealed| cut_out(wanted, cut, (sealed, &erased))) {
            // Whoever reads everything gets what can be read.
            Err(Error::Broken { .. }) => Ok(None),
            sampled => sampled,
        }
    }
}

/// A cut of each series from what a segment holds of a run.
fn cut_out(
    wanted: &Wanted,
    cut: &Cut,
    (sealed, erased): (Option<Sealed>, &Erased),
) -> Result<Option<Vec<Sampled>>, Error> {
    let Some(sealed) = sealed else { return Ok(None) };
    let is_untouched = |key: &SeriesKey| {
        // Of what was deleted before it was folded nothing is there any more.
        !erased.entries().any(|(series, _, order)| {
            series == key && !sealed.exact.records.iter().any(|(known, _)| *known == order)
        })
    };
    let mut all = Vec::new();
    for key in &wanted.series {
        let sampled = if is_untouched(key) { sealed.sampled(key, cut, wanted.columns)? } else { None };
        let Some(sampled) = sampled else { return Ok(None) };
        all.push(sampled);
    }
    Ok(Some(all))
}

/// Passes on what is wanted.
struct Filter<'a> {
    wanted: &'a Wanted,
    numbers: Option<&'a mut (dyn FnMut(Block<'_>) + 'a)>,
    objects: Option<&'a mut (dyn FnMut(Object) + 'a)>,
    erased: Erased,
    /// The place in the question of each number of the present journal.
    series: Vec<Option<usize>>,
}

impl Filter<'_> {
    fn place(&self, series: u32) -> Option<usize> {
        self.series.get(series as usize).copied().flatten()
    }
}

impl Sink for Filter<'_> {
    fn series(&mut self, index: u32, key: SeriesKey) {
        if index as usize >= self.series.len() {
            self.series.push(self.wanted.series.iter().position(|wanted| *wanted == key));
        }
    }

    fn wants(&self, series: u32, is_column: bool) -> bool {
        self.place(series).is_some() && (!is_column || self.numbers.is_some())
    }

    fn columns(&self) -> Columns {
        self.wanted.columns
    }

    fn numbers(&mut self, order: Order, series: u32, column: &Column) {
        if let (Some(each), Some(series)) =
            (&mut self.numbers, self.series.get(series as usize).copied().flatten())
        {
            let left = self.erased.rest(&self.wanted.series[series], order, column);
            each(Block { series, order, column: left.as_ref().unwrap_or(column) });
        }
    }

    fn value(&mut self, order: Order, row: ObjectRow) {
        let Some(series) = self.place(row.series) else { return };
        let ObjectRow { at, value, .. } = row;
        if self.erased.hides(&self.wanted.series[series], at.step, order) {
            return;
        }
        match (number(&value), &mut self.numbers, &mut self.objects) {
            (Some(number), Some(each), _) => {
                let Columns { times, epochs } = self.wanted.columns;
                let column = Column {
                    steps: vec![at.step],
                    micros: Vec::from_iter(times.then_some(at.micros)),
                    epochs: Vec::from_iter(epochs.then_some(at.epoch)),
                    values: vec![number],
                    ..Column::default()
                };
                each(Block { series, order, column: &column });
            }
            (None, _, Some(each)) => {
                let (step, time) = (Step(at.step), from_micros(at.micros));
                each(Object { series, order, step, epoch: at.epoch(), time, value });
            }
            _ => {}
        }
    }

    fn record(&mut self, _: Order, _: Record) {}
}

fn positions(cursor: &Cursor) -> Result<Vec<Position>, Error> {
    let wrong = || Error::Cursor { text: cursor.0.clone() };
    let mut positions = Vec::new();
    for part in cursor.0.split(',').filter(|part| !part.is_empty()) {
        let is_merged = part.ends_with('!');
        let (writer, offset) = part.trim_end_matches('!').split_once('.').ok_or_else(wrong)?;
        let offset: u64 = offset.parse().map_err(|_| wrong())?;
        let writer = writer.parse().map_err(|_| wrong())?;
        positions.push(Position { writer, offset: offset.max(HEADER as u64), is_merged });
    }
    Ok(positions)
}

//! Segments: finished runs, folded together into Parquet files that any tool can read.
//!
//! A segment has a file of runs, of points, of pyramids (of long series) and of objects (values that are no numbers).
//! What it holds of a run is what merging the run's journals gives, with enough beside it to merge it again with
//! journals that arrive later: [`Sealed::read`] hands it to the same [`Sink`] that takes a journal's frames. A journal
//! that is still there beside the segment that it went into changes nothing: its records have the same places.

mod check;
pub(crate) mod column;
pub(crate) mod exact;
mod json;
pub(crate) mod manifest;
pub(crate) mod pyramid;
pub(crate) mod sums;
pub(crate) mod whole;
pub(crate) mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trailmark_core::{LogLine, RunId, Stream, Value, WriterId};

use crate::codec::Reader;
use crate::frame::Sink;
use crate::fs::Files;
use crate::record::{Column, ObjectRow, Stamp};
use crate::{Error, Order};
use column::{Rows, Table};
use exact::{Exact, Located, Piece};
use manifest::{Listed, Manifest, Part, Stamp as Version};
use pyramid::{Cut, Sampled};

/// The place of what has been merged already: before everything.
pub(crate) const BEFORE_ALL: Order =
    Order { micros: i64::MIN, writer: WriterId::from_bytes([0; WriterId::BYTES]), offset: 0 };

/// The segments of a repository, open.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    pub(crate) manifest: Manifest,
    pub(crate) version: Version,
    pub(crate) open: BTreeMap<u64, Arc<Segment>>,
    /// Where each run lies: in the newest segment that has it.
    pub(crate) runs: BTreeMap<RunId, (u64, usize)>,
    /// Segments that have bytes of runs that were deleted for good.
    pub(crate) with_gone: BTreeSet<u64>,
    /// Segments whose list of runs cannot be read.
    pub(crate) unread: Vec<(Listed, PathBuf, String)>,
}

/// One segment. Its files stay readable for whoever has it, also when they are removed.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) listed: Listed,
    runs: Table,
    tables: BTreeMap<Part, Table>,
    folder: PathBuf,
}

/// A run in a segment.
#[derive(Debug)]
pub(crate) struct Sealed {
    segment: Arc<Segment>,
    row: usize,
    pub(crate) exact: Exact,
}

impl Segments {
    /// Reads the manifest and opens what is new in it.
    pub(crate) fn load(files: &Files, repository: &Path, known: &Self) -> Result<Self, Error> {
        let version = manifest::stamp(files, repository)?;
        let manifest = Manifest::read(files, repository)?;
        let mut all = Self { manifest, version, ..Self::default() };
        for listed in &all.manifest.segments {
            let segment = match known.open.get(&listed.number).filter(|known| known.listed == *listed) {
                Some(known) => Arc::clone(known),
                None => match Segment::open(files, repository, listed) {
                    Ok(segment) => Arc::new(segment),
                    Err(Error::Broken { reason, path }) => {
                        all.unread.push((listed.clone(), path, reason));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            match segment.ids() {
                Ok(ids) => {
                    for (row, id) in ids.into_iter().enumerate() {
                        if all.manifest.gone.contains(&id) {
                            all.with_gone.insert(listed.number);
                        } else {
                            all.runs.insert(id, (listed.number, row));
                        }
                    }
                    all.open.insert(listed.number, segment);
                }
                Err(error) => {
                    let path = manifest::file(repository, listed.number, Part::Runs);
                    all.unread.push((listed.clone(), path, error.to_string()));
                }
            }
        }
        Ok(all)
    }

    /// The number of the segment that has a run.
    pub(crate) fn number(&self, id: RunId) -> Option<u64> {
        self.runs.get(&id).map(|(number, _)| *number)
    }

    /// What a segment holds of a run.
    pub(crate) fn sealed(&self, id: RunId) -> Result<Option<Sealed>, Error> {
        let Some((number, row)) = self.runs.get(&id) else { return Ok(None) };
        let Some(segment) = self.open.get(number) else { return Ok(None) };
        let bytes = segment.runs.texts(write::EXACT, *row..row + 1)?;
        let exact = bytes.first().cloned().flatten().and_then(|bytes| Exact::read(&bytes));
        let exact =
            exact.ok_or_else(|| segment.broken(Part::Runs, "got a run's row that says nothing exact"))?;
        Ok(Some(Sealed { segment: Arc::clone(segment), row: *row, exact }))
    }
}

impl Segment {
    fn open(files: &Files, repository: &Path, listed: &Listed) -> Result<Self, Error> {
        let mut sums = sums::load(files, repository, listed);
        let mut table = |part: Part| {
            Table::open(files, &manifest::file(repository, listed.number, part), sums.remove(&part))
        };
        let mut tables = BTreeMap::new();
        for part in [Part::Points, Part::Pyramid, Part::Objects] {
            if listed.files.contains_key(&part) {
                match table(part) {
                    Ok(table) => _ = tables.insert(part, table),
                    // Whoever wants something of it is told; the other runs and parts are not the worse for it.
                    Err(Error::Broken { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let folder = manifest::folder(repository);
        Ok(Self { listed: listed.clone(), runs: table(Part::Runs)?, tables, folder })
    }

    pub(crate) fn ids(&self) -> Result<Vec<RunId>, Error> {
        let ids = self.runs.texts(write::RUN, 0..self.runs.n_rows())?;
        let id = |text: Option<bytes::Bytes>| std::str::from_utf8(&text?).ok()?.parse().ok();
        let ids = ids.into_iter().map(id).collect::<Option<_>>();
        ids.ok_or_else(|| self.broken(Part::Runs, "got an id that is none"))
    }

    fn broken(&self, part: Part, reason: &str) -> Error {
        let path = self.folder.join(manifest::name(self.listed.number, part));
        Error::Broken { reason: format!("read a segment: {reason}"), path }
    }

    /// A file of it; none for one that a repair set aside and told of.
    fn table(&self, part: Part) -> Result<Option<&Table>, Error> {
        match self.tables.get(&part) {
            None if self.listed.files.contains_key(&part) => Err(self.broken(part, "it is damaged")),
            table => Ok(table),
        }
    }
}

impl Sealed {
    /// Whether a writer's journal went into it up to an offset.
    pub(crate) fn covers(&self, writer: WriterId, offset: u64) -> bool {
        self.exact.journals.iter().any(|journal| journal.writer == writer && journal.offset >= offset)
    }

    /// A cut of a series; none where only reading everything answers.
    pub(crate) fn sampled(
        &self,
        key: &trailmark_core::SeriesKey,
        cut: &Cut,
        columns: crate::Columns,
    ) -> Result<Option<Sampled>, Error> {
        let Some(series) = self.exact.series.iter().find(|series| *series.key == *key) else {
            return Ok(None);
        };
        if self.exact.needs_orders && (series.has_integers || series.has_objects) || series.points.count == 0
        {
            return Ok(None);
        }
        let Some(points) = self.segment.table(Part::Points)? else { return Ok(None) };
        // A pyramid that cannot be read is nothing lost: it is made from the points.
        let levels = self.segment.tables.get(&Part::Pyramid);
        pyramid::sampled((points, levels), series, (cut, columns)).map(Some)
    }

    fn pieces(&self) -> Result<Vec<Vec<Piece>>, Error> {
        let bytes = self.segment.runs.texts(write::ORDERS, self.row..self.row + 1)?.pop().flatten();
        let pieces =
            bytes.and_then(|bytes| exact::read_orders(&self.exact.journals, self.exact.series.len(), &bytes));
        pieces.ok_or_else(|| self.segment.broken(Part::Runs, "got no places of a run's numbers"))
    }

    /// Hands to a sink what the segment holds of the run, with places in the merge order where they are asked for or
    /// matter.
    pub(crate) fn read(&self, sink: &mut dyn Sink, with_orders: bool) -> Result<(), Error> {
        let exact = &self.exact;
        for (index, series) in exact.series.iter().enumerate() {
            sink.series(index as u32, series.key.as_ref().clone());
        }
        for (order, record) in &exact.records {
            sink.record(*order, record.clone());
        }
        let pieces = if with_orders || exact.needs_orders { self.pieces()? } else { Vec::new() };
        for (index, series) in exact.series.iter().enumerate() {
            if series.points.count > 0 && sink.wants(index as u32, true) {
                self.numbers(sink, (index as u32, series), pieces.get(index).map(Vec::as_slice))?;
            }
        }
        let has_one =
            |(index, series): (usize, &Located)| series.has_objects && sink.wants(index as u32, false);
        let wants_objects = exact.series.iter().enumerate().any(has_one);
        if exact.objects.count > 0 && wants_objects {
            self.objects(sink)?;
        }
        Ok(())
    }

    fn numbers(
        &self,
        sink: &mut dyn Sink,
        (index, series): (u32, &Located),
        pieces: Option<&[Piece]>,
    ) -> Result<(), Error> {
        let Some(table) = self.segment.table(Part::Points)? else { return Ok(()) };
        let rows = series.points.rows();
        let wanted = sink.columns();
        let column = columns_of(table, rows.clone(), wanted)?;
        let integers =
            if series.has_integers { table.integers(write::IS_INTEGER, rows.clone())? } else { Vec::new() };
        let whole = [Piece { count: series.points.count, order: BEFORE_ALL }];
        let mut at = 0;
        for Piece { count, order } in pieces.unwrap_or(&whole) {
            let end = at + *count as usize;
            if end > column.steps.len() {
                return Err(self.segment.broken(Part::Runs, "got more places than numbers"));
            }
            if integers.get(at..end).is_some_and(|flags| flags.contains(&1)) {
                for row in at..end {
                    let (micros, epoch) = (column.micros.get(row), column.epochs.get(row));
                    let stamp = Stamp {
                        step: column.steps[row],
                        micros: micros.copied().unwrap_or(0),
                        epoch: epoch.copied().unwrap_or(f64::NAN),
                    };
                    let number = column.values[row];
                    let value =
                        if integers[row] == 1 { Value::Int(number as i64) } else { Value::Float(number) };
                    sink.value(*order, ObjectRow { series: index, at: stamp, value });
                }
            } else if at == 0 && end == column.steps.len() {
                sink.numbers(*order, index, &column);
            } else {
                sink.numbers(*order, index, &part_of(&column, at..end));
            }
            at = end;
        }
        Ok(())
    }

    fn objects(&self, sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(table) = self.segment.table(Part::Objects)? else { return Ok(()) };
        let rows = self.exact.objects.rows();
        let steps = table.integers(write::OBJECT_STEP, rows.clone())?;
        let epochs = table.floats(write::OBJECT_EPOCH, rows.clone())?;
        let micros = table.integers(write::OBJECT_TIME, rows.clone())?;
        let kinds = table.texts(write::OBJECT_KIND, rows.clone())?;
        let texts = table.texts(write::OBJECT_TEXT, rows.clone())?;
        let values = table.texts(write::OBJECT_VALUE, rows.clone())?;
        let places = table.texts(write::OBJECT_PLACE, rows)?;
        for row in 0..steps.len() {
            let found = || {
                let mut place = Reader(places.get(row)?.as_ref()?);
                let series = u32::try_from(place.unsigned()?).ok()?;
                let writer = self.exact.journals.get(usize::try_from(place.unsigned()?).ok()?)?.writer;
                let order = Order { micros: place.signed()?, writer, offset: place.unsigned()? };
                let value = match values.get(row)? {
                    Some(value) => Reader(value).value()?,
                    None => {
                        let text = std::str::from_utf8(texts.get(row)?.as_ref()?).ok()?.to_owned();
                        let line = |stream, text| Value::Log(LogLine { stream, text });
                        match &**kinds.get(row)?.as_ref()? {
                            b"text" => Value::Text(text),
                            b"stdout" => line(Stream::Stdout, text),
                            b"stderr" => line(Stream::Stderr, text),
                            _ => return None,
                        }
                    }
                };
                let at = Stamp { step: steps[row], micros: *micros.get(row)?, epoch: *epochs.get(row)? };
                Some((order, ObjectRow { series, at, value }))
            };
            let (order, object) =
                found().ok_or_else(|| self.segment.broken(Part::Objects, "got a value that is none"))?;
            if sink.wants(object.series, false) {
                sink.value(order, object);
            }
        }
        Ok(())
    }
}

/// Rows of a table of points as a column.
fn columns_of(table: &Table, rows: Rows, wanted: crate::Columns) -> Result<Column, Error> {
    Ok(Column {
        steps: table.integers(write::STEP, rows.clone())?,
        values: table.floats(write::VALUE, rows.clone())?,
        epochs: if wanted.epochs { table.floats(write::EPOCH, rows.clone())? } else { Vec::new() },
        micros: if wanted.times { table.integers(write::TIME, rows)? } else { Vec::new() },
        ..Column::default()
    })
}

fn part_of(column: &Column, rows: Rows) -> Column {
    // A column that was not asked for is empty.
    fn part<T: Copy>(column: &[T], rows: &Rows) -> Vec<T> {
        column.get(rows.clone()).unwrap_or_default().to_vec()
    }
    Column {
        steps: part(&column.steps, &rows),
        micros: part(&column.micros, &rows),
        epochs: part(&column.epochs, &rows),
        values: part(&column.values, &rows),
        ..Column::default()
    }
}

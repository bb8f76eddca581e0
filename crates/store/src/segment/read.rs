//! What a segment holds of a run, handed to a sink: everything that can be read, and then the first thing that could not.
//!
//! Damage costs the pages that it lies in, and of these what the run has there. Of numbers whose epochs are lost the
//! rest stands.

use trailmark_core::{Edit, LogLine, SeriesKey, Stream, Value, WriterId};

use super::column::{BLOCK, Rows, Table};
use super::exact::{self, Located, Piece};
use super::manifest::Part;
use super::pyramid::{self, Cut, Sampled};
use super::{BEFORE_ALL, Sealed, write};
use crate::codec::Reader;
use crate::frame::Sink;
use crate::record::{Column, ObjectRow, Stamp};
use crate::{Columns, Error, Order, Record};

/// Columns of texts in the file of objects.
const TEXTS: [usize; 4] = [write::OBJECT_KIND, write::OBJECT_TEXT, write::OBJECT_VALUE, write::OBJECT_PLACE];

/// The first thing that could not be read, while all else is.
#[derive(Debug, Default)]
pub(super) struct Damage(Option<Error>);

impl Damage {
    /// Passes on what there is; an error that is no damage ends the reading.
    pub(super) fn take<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Error> {
        match result {
            Ok(there) => Ok(Some(there)),
            Err(error @ Error::Broken { .. }) => {
                self.0.get_or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn note(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        self.take(result).map(|_| ())
    }

    pub(super) fn told(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}

/// Reads rows of a table that has texts in some columns: at once, or where that cannot be, what can be read of them.
///
/// `read` hands on nothing of rows that it gives an error for.
pub(super) fn salvage(
    (table, texts): (&Table, &[usize]),
    rows: Rows,
    read: &mut dyn FnMut(Rows) -> Result<(), Error>,
) -> Result<(), Error> {
    match read(rows.clone()) {
        Err(error @ Error::Broken { .. }) => match &table.bounds(texts, &rows)[..] {
            [_, _] => Err(error),
            bounds => halve(bounds, read),
        },
        done => done,
    }
}

/// Reads what could not be read at once in halves, and these in halves, down to what is lost together.
fn halve(bounds: &[usize], read: &mut dyn FnMut(Rows) -> Result<(), Error>) -> Result<(), Error> {
    let mut damage = Damage::default();
    let middle = bounds.len() / 2;
    for half in [bounds.get(..=middle), bounds.get(middle..)].into_iter().flatten() {
        let [first, .., end] = half else { continue };
        match read(*first..*end) {
            Err(Error::Broken { .. }) if half.len() > 2 => damage.note(halve(half, read))?,
            done => damage.note(done)?,
        }
    }
    damage.told()
}

/// Rows of numbers of a series.
struct Numbers {
    series: u32,
    column: Column,
    /// 1 for each whole number; empty where there is none.
    integers: Vec<i64>,
}

/// Rows of the file of objects.
struct Objects {
    steps: Vec<i64>,
    epochs: Vec<f64>,
    micros: Vec<i64>,
    kinds: Vec<Option<bytes::Bytes>>,
    texts: Vec<Option<bytes::Bytes>>,
    values: Vec<Option<bytes::Bytes>>,
    places: Vec<Option<bytes::Bytes>>,
}

impl Sealed {
    /// Whether a writer's journal went into it up to an offset.
    pub(crate) fn covers(&self, writer: WriterId, offset: u64) -> bool {
        self.exact.journals.iter().any(|journal| journal.writer == writer && journal.offset >= offset)
    }

    /// A cut of a series; none where only reading everything answers.
    pub(crate) fn sampled(
        &self,
        key: &SeriesKey,
        cut: &Cut,
        columns: Columns,
    ) -> Result<Option<Sampled>, Error> {
        let Some(series) = self.exact.series.iter().find(|series| *series.key == *key) else {
            return Ok(None);
        };
        if self.exact.needs_orders && (series.has_integers || series.has_objects) || series.points.count == 0
        {
            return Ok(None);
        }
        let Some(points) = self.segment.table(Part::Points)? else { return Ok(None) };
        let levels = self.segment.tables.get(&Part::Pyramid);
        let sampled = match pyramid::sampled((points, levels), series, (cut, columns)) {
            // A pyramid that cannot be read is nothing lost: it is made from the points.
            Err(Error::Broken { .. }) if levels.is_some() => {
                pyramid::sampled((points, None), series, (cut, columns))
            }
            sampled => sampled,
        };
        sampled.map(Some)
    }

    fn pieces(&self) -> Result<Vec<Vec<Piece>>, Error> {
        let bytes = self.segment.runs.texts(write::ORDERS, self.row..self.row + 1)?.pop().flatten();
        let pieces =
            bytes.and_then(|bytes| exact::read_orders(&self.exact.journals, self.exact.series.len(), &bytes));
        let is_whole = |(pieces, series): (&Vec<Piece>, &Located)| {
            pieces.iter().try_fold(0u64, |sum, piece| sum.checked_add(piece.count))
                == Some(series.points.count)
        };
        let pieces = pieces.filter(|all| all.iter().zip(&self.exact.series).all(is_whole));
        pieces.ok_or_else(|| self.segment.broken(Part::Runs, "got no places of a run's numbers"))
    }

    /// Hands to a sink what the segment holds of the run, with places in the merge order where they are asked for or
    /// matter.
    ///
    /// What cannot be read is an error in the end, after everything that can be was handed out.
    pub(crate) fn read(&self, sink: &mut dyn Sink, with_orders: bool) -> Result<(), Error> {
        let exact = &self.exact;
        for (index, series) in exact.series.iter().enumerate() {
            sink.series(index as u32, series.key.as_ref().clone());
        }
        for (order, record) in &exact.records {
            sink.record(*order, record.clone());
        }
        let mut damage = Damage::default();
        let asks = with_orders || exact.needs_orders;
        let pieces = if asks { damage.take(self.pieces())? } else { None };
        let is_lost = asks && pieces.is_none();
        let order = if is_lost { self.earliest() } else { BEFORE_ALL };
        for (index, series) in exact.series.iter().enumerate() {
            let is_wanted = series.points.count > 0 && sink.wants(index as u32, true);
            if !is_wanted || is_lost && self.must_have_orders(series) {
                continue;
            }
            let whole = [Piece { count: series.points.count, order }];
            let pieces = pieces.as_ref().and_then(|all| all.get(index)).map_or(&whole[..], Vec::as_slice);
            damage.note(self.numbers(sink, (index as u32, series), pieces))?;
        }
        let has_one =
            |(index, series): (usize, &Located)| series.has_objects && sink.wants(index as u32, false);
        let wants_objects = exact.series.iter().enumerate().any(has_one);
        if exact.objects.count > 0 && wants_objects {
            damage.note(self.objects(sink))?;
        }
        damage.told()
    }

    /// A place before all others that can be written down.
    fn earliest(&self) -> Order {
        let writer = self.exact.journals.first().map_or(BEFORE_ALL.writer, |journal| journal.writer);
        Order { writer, ..BEFORE_ALL }
    }

    /// Whether numbers of a series would be read wrongly without their places in the merge order: another value of a step
    /// may have lost against one of them, or an edit may have deleted those before it.
    fn must_have_orders(&self, series: &Located) -> bool {
        let erases = |record: &Record| match record {
            Record::Edit { edit: Edit::DeletePoints { series: erased, .. } } => *erased == *series.key,
            _ => false,
        };
        series.has_objects || self.exact.records.iter().any(|(_, record)| erases(record))
    }

    fn numbers(
        &self,
        sink: &mut dyn Sink,
        (index, series): (u32, &Located),
        pieces: &[Piece],
    ) -> Result<(), Error> {
        let Some(table) = self.segment.table(Part::Points)? else { return Ok(()) };
        let (all, wanted) = (series.points.rows(), sink.columns());
        let mut end = all.start;
        let ends: Vec<usize> = pieces
            .iter()
            .map(|piece| {
                end = end.saturating_add(piece.count as usize);
                end
            })
            .collect();
        let mut damage = Damage::default();
        let read = salvage((table, &[]), all, &mut |rows| {
            let is_least = rows.start / BLOCK == rows.end.saturating_sub(1) / BLOCK;
            let integers = match series.has_integers {
                true => table.integers(write::IS_INTEGER, rows.clone())?,
                false => Vec::new(),
            };
            let column = match columns_of(table, rows.clone(), wanted) {
                Err(error @ Error::Broken { .. }) if is_least && wanted.epochs => {
                    // Perhaps it is the epochs alone: a point can be without.
                    let rest = columns_of(table, rows.clone(), Columns { epochs: false, ..wanted })?;
                    damage.note(Err(error))?;
                    Column { epochs: vec![f64::NAN; rest.steps.len()], ..rest }
                }
                column => column?,
            };
            let numbers = Numbers { series: index, column, integers };
            let mut at = rows.start;
            let first = ends.partition_point(|end| *end <= at);
            for (Piece { order, .. }, end) in pieces.iter().zip(&ends).skip(first) {
                let end = rows.end.min(*end);
                if end > at {
                    numbers.hand(sink, *order, at - rows.start..end - rows.start);
                    at = end;
                }
            }
            Ok(())
        });
        damage.note(read)?;
        damage.told()
    }

    fn objects(&self, sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(table) = self.segment.table(Part::Objects)? else { return Ok(()) };
        let (mut damage, mut odd) = (Damage::default(), Damage::default());
        let read = salvage((table, &TEXTS), self.exact.objects.rows(), &mut |rows| {
            let objects = Objects::read(table, rows)?;
            for row in 0..objects.steps.len() {
                match self.object(&objects, row) {
                    Some((order, object)) if sink.wants(object.series, false) => sink.value(order, object),
                    Some(_) => {}
                    None => odd.note(Err(self.segment.broken(Part::Objects, "got a value that is none")))?,
                }
            }
            Ok(())
        });
        damage.note(read)?;
        damage.note(odd.told())?;
        damage.told()
    }

    fn object(&self, objects: &Objects, row: usize) -> Option<(Order, ObjectRow)> {
        let mut place = Reader(objects.places.get(row)?.as_ref()?);
        let series = u32::try_from(place.unsigned()?).ok()?;
        let writer = self.exact.journals.get(usize::try_from(place.unsigned()?).ok()?)?.writer;
        let order = Order { micros: place.signed()?, writer, offset: place.unsigned()? };
        let value = match objects.values.get(row)? {
            Some(value) => Reader(value).value()?,
            None => {
                let text = std::str::from_utf8(objects.texts.get(row)?.as_ref()?).ok()?.to_owned();
                let line = |stream, text| Value::Log(LogLine { stream, text });
                match &**objects.kinds.get(row)?.as_ref()? {
                    b"text" => Value::Text(text),
                    b"stdout" => line(Stream::Stdout, text),
                    b"stderr" => line(Stream::Stderr, text),
                    _ => return None,
                }
            }
        };
        let (step, micros) = (*objects.steps.get(row)?, *objects.micros.get(row)?);
        Some((
            order,
            ObjectRow { series, at: Stamp { step, micros, epoch: *objects.epochs.get(row)? }, value },
        ))
    }
}

impl Numbers {
    /// Hands out some of the rows, which have one place in the merge order.
    fn hand(&self, sink: &mut dyn Sink, order: Order, rows: Rows) {
        let Self { series, column, integers } = self;
        if !integers.get(rows.clone()).is_some_and(|flags| flags.contains(&1)) {
            if rows.start == 0 && rows.end == column.steps.len() {
                sink.numbers(order, *series, column);
            } else {
                sink.numbers(order, *series, &part_of(column, rows));
            }
            return;
        }
        for row in rows {
            let (micros, epoch) = (column.micros.get(row), column.epochs.get(row));
            let at = Stamp {
                step: column.steps[row],
                micros: micros.copied().unwrap_or(0),
                epoch: epoch.copied().unwrap_or(f64::NAN),
            };
            let number = column.values[row];
            let value = if integers[row] == 1 { Value::Int(number as i64) } else { Value::Float(number) };
            sink.value(order, ObjectRow { series: *series, at, value });
        }
    }
}

impl Objects {
    fn read(table: &Table, rows: Rows) -> Result<Self, Error> {
        Ok(Self {
            steps: table.integers(write::OBJECT_STEP, rows.clone())?,
            epochs: table.floats(write::OBJECT_EPOCH, rows.clone())?,
            micros: table.integers(write::OBJECT_TIME, rows.clone())?,
            kinds: table.texts(write::OBJECT_KIND, rows.clone())?,
            texts: table.texts(write::OBJECT_TEXT, rows.clone())?,
            values: table.texts(write::OBJECT_VALUE, rows.clone())?,
            places: table.texts(write::OBJECT_PLACE, rows)?,
        })
    }
}

/// Rows of a table of points as a column.
pub(super) fn columns_of(table: &Table, rows: Rows, wanted: Columns) -> Result<Column, Error> {
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

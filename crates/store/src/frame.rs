//! Frames: `length u32 · CRC-32C u32 · payload`, and the records in a payload.
//!
//! A payload is the time of its writing (`i64`, microseconds) and a row of records: a kind byte, the length of the body,
//! the body. The length lets a reader step over what it does not want, and begin at any frame when it knows the series.

use std::sync::Arc;

use trailmark_core::{Artifact, Edit, SeriesKey, Step, WriterId};

use crate::codec::{Reader, Writer};
use crate::columns::{self, ColumnReader};
use crate::points::Columns;
use crate::record::{Column, ObjectRow, Stamp, from_micros, micros};
use crate::{Batch, Order, Record};

/// Bytes before a payload: length and checksum.
pub(crate) const HEAD: usize = 8;
/// Bytes of a payload at least: the frame's time. A file system may leave zeros after a power cut; they are no frame.
pub(crate) const LEAST_BYTES: usize = 8;
/// Bytes of a payload at most; a length above it is damage.
pub(crate) const MOST_BYTES: usize = 1 << 28;

const SERIES: u8 = 1;
const NUMBERS: u8 = 2;
const VALUE: u8 = 3;
const PARAM: u8 = 4;
const EDIT: u8 = 5;
const TEXTS: u8 = 6;
const PARAGRAPHS: u8 = 7;
const CREATED: u8 = 8;
const END: u8 = 9;
const POINTS: u8 = 10;
const ARTIFACT: u8 = 11;

/// Makes the frames of one journal.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    n_series: u32,
    /// The time of the last frame: the next is not earlier, whatever the clock says.
    micros: i64,
    frame: Writer,
    body: Writer,
}

impl Encoder {
    /// How many series have a number by now.
    pub(crate) fn n_series(&self) -> usize {
        self.n_series as usize
    }

    /// Takes back the numbers of series after the first `n`: the frame that named them was not written.
    pub(crate) fn forget_after(&mut self, n: usize) {
        self.n_series = n as u32;
    }

    /// One frame: the series that are new, then the batch.
    pub(crate) fn frame(&mut self, now: i64, new: &[Arc<SeriesKey>], batch: &Batch) -> &[u8] {
        self.micros = self.micros.max(now);
        self.frame.0.clear();
        self.frame.0.extend_from_slice(&[0; HEAD]);
        self.frame.0.extend_from_slice(&self.micros.to_le_bytes());
        for key in new {
            self.body.unsigned(u64::from(self.n_series));
            self.body.text(&key.name);
            self.body.map(key.context.as_params());
            self.close(SERIES);
            self.n_series += 1;
        }
        let touched = batch.touched.iter();
        let columns = touched.filter_map(|index| Some((*index, batch.columns.get(*index as usize)?)));
        let columns: Vec<(u32, &Column)> = columns.collect();
        for together in columns.chunk_by(|a, b| columns::are_together(a.1, b.1)) {
            columns::write(&mut self.body, self.micros, together);
            self.close(POINTS);
        }
        for row in &batch.objects {
            object(&mut self.body, self.micros, row);
            self.close(VALUE);
        }
        for one in &batch.records {
            let kind = record(&mut self.body, self.micros, one);
            self.close(kind);
        }
        let bytes = &mut self.frame.0;
        let length = (bytes.len() - HEAD) as u32;
        let checksum = crc32c::crc32c(&bytes[HEAD..]);
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4..HEAD].copy_from_slice(&checksum.to_le_bytes());
        &self.frame.0
    }

    /// Moves the body into the frame, under its kind and length.
    fn close(&mut self, kind: u8) {
        self.frame.byte(kind);
        self.frame.unsigned(self.body.0.len() as u64);
        self.frame.0.append(&mut self.body.0);
    }
}

fn object(body: &mut Writer, frame: i64, row: &ObjectRow) {
    body.unsigned(u64::from(row.series));
    body.signed(row.at.step);
    let epoch = row.at.epoch();
    body.byte(u8::from(epoch.is_some()));
    if let Some(epoch) = epoch {
        body.float(epoch);
    }
    body.signed(row.at.micros.wrapping_sub(frame));
    body.value(&row.value);
}

/// Writes the body of a record that is no point; says its kind.
pub(crate) fn record(body: &mut Writer, frame: i64, record: &Record) -> u8 {
    match record {
        Record::Param { path, value } => {
            body.unsigned(path.len() as u64);
            path.iter().for_each(|key| body.text(key));
            body.param(value);
            PARAM
        }
        Record::Edit { edit: Edit::DeletePoints { series, step, is_deleted } } => {
            body.byte(if *is_deleted { 10 } else { 11 });
            body.text(&series.name);
            body.map(series.context.as_params());
            body.byte(u8::from(step.is_some()));
            body.signed(step.unwrap_or_default().0);
            EDIT
        }
        Record::Edit { edit } => {
            let (kind, text) = match edit {
                Edit::Name(text) => (0, text.as_str()),
                Edit::Experiment(text) => (1, text.as_str()),
                Edit::Description(text) => (2, text.as_str()),
                Edit::AddTag(text) => (3, text.as_str()),
                Edit::RemoveTag(text) => (4, text.as_str()),
                Edit::Note(text) => (5, text.as_str()),
                Edit::Archive(is_archived) => (if *is_archived { 6 } else { 7 }, ""),
                Edit::Delete(is_deleted) => (if *is_deleted { 8 } else { 9 }, ""),
                Edit::DeleteArtifact { name, is_deleted } => {
                    (if *is_deleted { 12 } else { 13 }, name.as_str())
                }
                Edit::DeletePoints { .. } => unreachable!("it has an arm of its own"),
            };
            body.byte(kind);
            body.text(text);
            EDIT
        }
        Record::Texts { pack } => {
            body.content(pack);
            TEXTS
        }
        Record::Paragraphs { subset, ids } => {
            body.text(subset);
            body.unsigned(ids.len() as u64);
            ids.iter().for_each(|id| body.content(id));
            PARAGRAPHS
        }
        Record::Artifact { name, artifact } => {
            body.text(name);
            body.byte(u8::from(artifact.file.is_some()));
            if let Some(file) = &artifact.file {
                body.kept(file);
            }
            body.text(&artifact.uri);
            ARTIFACT
        }
        Record::Created { time } => {
            body.signed(micros(*time).wrapping_sub(frame));
            CREATED
        }
        Record::End { time, end } => {
            body.signed(micros(*time).wrapping_sub(frame));
            body.end(end);
            END
        }
        Record::Point { .. } => unreachable!("a batch keeps its points apart"),
    }
}

/// Takes what a journal holds, in the order of its bytes.
pub(crate) trait Sink {
    /// A series has a number. A reader that began late may hear of one that it knows.
    fn series(&mut self, index: u32, key: SeriesKey);

    /// Whether the points of a series are wanted: numbers in columns, or other values.
    fn wants(&self, series: u32, is_column: bool) -> bool;

    /// Which columns are wanted beside steps and values.
    fn columns(&self) -> Columns {
        Columns::ALL
    }

    /// Numbers of one series; columns that are not wanted are empty.
    fn numbers(&mut self, order: Order, series: u32, column: &Column);

    /// A value of a series.
    fn value(&mut self, order: Order, row: ObjectRow);

    /// A record that is no point.
    fn record(&mut self, order: Order, record: Record);
}

/// Reads the frames of one journal.
#[derive(Debug)]
pub(crate) struct Decoder {
    writer: WriterId,
    n_series: u32,
    columns: ColumnReader,
}

impl Decoder {
    /// A reader that knows the first `n_series` series of a journal.
    pub(crate) fn new(writer: WriterId, n_series: u32) -> Self {
        Self { writer, n_series, columns: ColumnReader::default() }
    }

    /// How many series have a number by now.
    pub(crate) fn n_series(&self) -> u32 {
        self.n_series
    }

    /// Takes back the numbers of series after the first `n`: the frames that named them were not taken.
    pub(crate) fn forget_after(&mut self, n: u32) {
        self.n_series = n;
    }

    /// Hands a payload that begins at a byte of its journal to a sink, and says the frame's time; `None` when the
    /// bytes are not what an encoder writes.
    pub(crate) fn payload(&mut self, payload: &[u8], offset: u64, sink: &mut dyn Sink) -> Option<i64> {
        let mut reader = Reader(payload);
        let frame = i64::from_le_bytes(reader.take(LEAST_BYTES)?.try_into().ok()?);
        self.columns.begin_frame();
        while !reader.is_empty() {
            let offset = offset + (payload.len() - reader.0.len()) as u64;
            let order = Order { micros: frame, writer: self.writer, offset };
            let kind = reader.byte()?;
            let length = reader.count()?;
            let mut body = Reader(reader.take(length)?);
            if !self.record(kind, &mut body, order, sink)? {
                continue;
            }
            if !body.is_empty() {
                return None;
            }
        }
        Some(frame)
    }

    /// Reads one record; false when it was stepped over.
    fn record(&mut self, kind: u8, body: &mut Reader<'_>, order: Order, sink: &mut dyn Sink) -> Option<bool> {
        let frame = order.micros;
        let record = match kind {
            SERIES => {
                let index = u32::try_from(body.unsigned()?).ok()?;
                if index > self.n_series {
                    return None;
                }
                self.n_series = self.n_series.max(index + 1);
                sink.series(index, SeriesKey { name: body.text()?, context: body.context()? });
                return Some(true);
            }
            NUMBERS => {
                let key = body.unsigned()?;
                let series = self.known(key >> columns::FLAG_BITS)?;
                return self.columns.numbers(body, (series, key), order, sink);
            }
            POINTS => return self.columns.points(body, order, self.n_series, sink),
            VALUE => {
                let series = body.unsigned()?;
                let series = self.known(series)?;
                if !sink.wants(series, false) {
                    return Some(false);
                }
                let step = body.signed()?;
                let epoch = if body.byte()? == 1 { body.float()? } else { f64::NAN };
                let at = Stamp { step, epoch, micros: frame.wrapping_add(body.signed()?) };
                sink.value(order, ObjectRow { series, at, value: body.value()? });
                return Some(true);
            }
            kind => read_record(kind, body, frame)?,
        };
        sink.record(order, record);
        Some(true)
    }

    fn known(&self, series: u64) -> Option<u32> {
        u32::try_from(series).ok().filter(|series| *series < self.n_series)
    }
}

/// Reads the body of a record that is no point.
pub(crate) fn read_record(kind: u8, body: &mut Reader<'_>, frame: i64) -> Option<Record> {
    Some(match kind {
        PARAM => Record::Param {
            path: (0..body.count()?).map(|_| body.text()).collect::<Option<_>>()?,
            value: body.param(0)?,
        },
        EDIT => Record::Edit { edit: edit(body)? },
        TEXTS => Record::Texts { pack: body.content()? },
        PARAGRAPHS => Record::Paragraphs {
            subset: body.text()?,
            ids: (0..body.count()?).map(|_| body.content()).collect::<Option<_>>()?,
        },
        CREATED => Record::Created { time: from_micros(frame.wrapping_add(body.signed()?)) },
        ARTIFACT => {
            let name = body.text()?;
            let file = if body.byte()? == 1 { Some(body.kept()?) } else { None };
            Record::Artifact { name, artifact: Artifact { file, uri: body.text()? } }
        }
        END => {
            let time = from_micros(frame.wrapping_add(body.signed()?));
            Record::End { time, end: body.end()? }
        }
        _ => return None,
    })
}

fn edit(body: &mut Reader<'_>) -> Option<Edit> {
    let kind = body.byte()?;
    let text = body.text()?;
    Some(match kind {
        0 => Edit::Name(text),
        1 => Edit::Experiment(text),
        2 => Edit::Description(text),
        3 => Edit::AddTag(text),
        4 => Edit::RemoveTag(text),
        5 => Edit::Note(text),
        6 => Edit::Archive(true),
        7 => Edit::Archive(false),
        8 => Edit::Delete(true),
        9 => Edit::Delete(false),
        10 | 11 => {
            let series = SeriesKey { name: text, context: body.context()? };
            let (has_step, step) = (body.byte()? == 1, Step(body.signed()?));
            Edit::DeletePoints { series, step: has_step.then_some(step), is_deleted: kind == 10 }
        }
        12 | 13 => Edit::DeleteArtifact { name: text, is_deleted: kind == 12 },
        _ => return None,
    })
}

/// A frame at the beginning of some bytes.
pub(crate) enum Found<'a> {
    /// Its payload; the checksum agrees.
    Payload(&'a [u8]),
    /// Nothing more.
    Nothing,
    /// Bytes that are no frame, and why.
    Damage(&'static str),
}

/// Finds the frame with which the bytes begin.
pub(crate) fn find(bytes: &[u8]) -> Found<'_> {
    if bytes.is_empty() {
        return Found::Nothing;
    }
    let number = |from: usize| Some(u32::from_le_bytes(bytes.get(from..from + 4)?.try_into().ok()?));
    let (Some(length), Some(checksum)) = (number(0), number(4)) else { return Found::Damage("torn tail") };
    let length = length as usize;
    if !(LEAST_BYTES..=MOST_BYTES).contains(&length) {
        return Found::Damage("impossible length");
    }
    let Some(payload) = bytes.get(HEAD..HEAD + length) else { return Found::Damage("torn tail") };
    if crc32c::crc32c(payload) != checksum {
        return Found::Damage("wrong checksum");
    }
    Found::Payload(payload)
}

#[cfg(test)]
mod tests {
    use trailmark_core::{Context, RunId, Value};

    use super::*;
    use crate::SeriesTable;
    use crate::gather::Gather;
    use crate::journal::{HEADER, Headed, Header, Role};
    use crate::record::Stamp;

    /// The journal of the worked example of `docs/format.md`.
    fn example() -> Vec<u8> {
        let run = "019ab5b8e800a1b2c3d4e5f6".parse::<RunId>().unwrap();
        let writer = "0102030405060708".parse::<WriterId>().unwrap();
        let mut bytes = Header::new(Role::Run, run, writer).bytes().to_vec();
        let (mut table, mut batch) = (SeriesTable::default(), Batch::default());
        let frame = 1_764_000_000_000_000;
        let series = table.intern("loss", &Context::subset("train"));
        for (step, micros, value) in
            [(1, frame - 40_000, 0.5), (2, frame - 20_000, 0.25), (3, frame + 1, 0.125)]
        {
            batch.push_number(series, Stamp { step, micros, epoch: f64::NAN }, value);
        }
        batch.push(Record::Created { time: from_micros(frame - 50_000) });
        batch.push(Record::Edit { edit: Edit::Name("calm-fox".to_owned()) });
        bytes.extend_from_slice(Encoder::default().frame(frame, table.since(0), &batch));
        bytes
    }

    #[test]
    fn the_worked_example_of_the_document_is_what_is_written_and_read() {
        let document = include_str!("../../../docs/format.md");
        let listing = document.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
        let hex: String = listing.lines().map(|line| line.split('|').next().unwrap()).collect();
        let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
        let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x} ")).collect::<String>();
        assert_eq!(hex(&bytes), hex(&example()));

        let Headed::Journal(header) = Header::read(&bytes) else { panic!("no header") };
        let mut gather = Gather::new(&[], false);
        gather.begin(&[]);
        let mut decoder = Decoder::new(header.writer, 0);
        let frames = &bytes[HEADER..];
        let reached = crate::journal::read_frames(frames, HEADER as u64, &mut decoder, &mut gather);
        assert_eq!((reached.offset as usize, reached.damage), (bytes.len(), None));
        assert_eq!(gather.keys[0].to_string(), r#"loss {subset: "train"}"#);
        let rows = gather.series.remove(0).merge().into_rows();
        let rows: Vec<(i64, i64, Value)> =
            rows.into_iter().map(|row| (row.step.0, micros(row.time), row.value)).collect();
        assert_eq!(rows[0], (1, 1_763_999_999_960_000, Value::Float(0.5)));
        assert_eq!(rows[2], (3, 1_764_000_000_000_001, Value::Float(0.125)));
        assert_eq!(gather.records.len(), 2);
    }
}

//! Frames: `length u32 · CRC-32C u32 · payload`, and the records in a payload.
//!
//! A payload is a row of records, each a kind byte and its body. Floats of one series that follow each other stand in
//! columns: steps and times as differences of differences, epochs and values as bits.

use std::collections::HashMap;

use trailmark_core::{Edit, End, SeriesKey, Step, Value, WallTime};

use crate::Record;
use crate::codec::{Reader, Writer};

/// Bytes before a payload.
pub(crate) const HEAD: usize = 8;
/// Bytes of a payload at most; a length above it is damage.
pub(crate) const MOST_BYTES: usize = 1 << 30;

const SERIES: u8 = 1;
const NUMBERS: u8 = 2;
const VALUE: u8 = 3;
const PARAM: u8 = 4;
const EDIT: u8 = 5;
const TEXTS: u8 = 6;
const PARAGRAPHS: u8 = 7;
const CREATED: u8 = 8;
const END: u8 = 9;

/// Numbers the series of one journal in the order in which they first come.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    series: HashMap<SeriesKey, u64>,
}

impl Encoder {
    /// One frame with all records.
    pub(crate) fn frame(&mut self, records: &[Record]) -> Vec<u8> {
        let mut writer = Writer(vec![0; HEAD]);
        let mut index = 0;
        while index < records.len() {
            index += self.next(&mut writer, &records[index..]);
        }
        let mut bytes = writer.0;
        let length = (bytes.len() - HEAD) as u32;
        let checksum = crc32c::crc32c(&bytes[HEAD..]);
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4..HEAD].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Writes the first record, with those after it that share its columns; says how many.
    fn next(&mut self, writer: &mut Writer, records: &[Record]) -> usize {
        match &records[0] {
            Record::Point { series, value: Value::Float(_), .. } => {
                let same = |record: &&Record| matches!(record, Record::Point { series: other, value: Value::Float(_), .. } if other == series);
                let count = records.iter().take_while(same).count();
                let index = self.series(writer, series);
                numbers(writer, index, &records[..count]);
                return count;
            }
            Record::Point { series, step, epoch, time, value } => {
                let index = self.series(writer, series);
                writer.byte(VALUE);
                writer.unsigned(index);
                writer.signed(step.0);
                writer.byte(u8::from(epoch.is_some()));
                if let Some(epoch) = epoch {
                    writer.float(*epoch);
                }
                writer.signed(micros(*time));
                writer.value(value);
            }
            Record::Param { time, path, value } => {
                writer.byte(PARAM);
                writer.signed(micros(*time));
                writer.unsigned(path.len() as u64);
                path.iter().for_each(|key| writer.text(key));
                writer.param(value);
            }
            Record::Edit { time, edit } => {
                writer.byte(EDIT);
                writer.signed(micros(*time));
                let (kind, text) = match edit {
                    Edit::Name(text) => (0, text),
                    Edit::Experiment(text) => (1, text),
                    Edit::Description(text) => (2, text),
                    Edit::AddTag(text) => (3, text),
                    Edit::RemoveTag(text) => (4, text),
                };
                writer.byte(kind);
                writer.text(text);
            }
            Record::Texts { pack } => {
                writer.byte(TEXTS);
                writer.content(pack);
            }
            Record::Paragraphs { subset, ids } => {
                writer.byte(PARAGRAPHS);
                writer.text(subset);
                writer.unsigned(ids.len() as u64);
                ids.iter().for_each(|id| writer.content(id));
            }
            Record::Created { time } => {
                writer.byte(CREATED);
                writer.signed(micros(*time));
            }
            Record::End { time, end } => {
                writer.byte(END);
                writer.signed(micros(*time));
                let (kind, code, message) = match end {
                    End::Finished => (0, None, ""),
                    End::Failed { exit_code, message } => (1, *exit_code, message.as_str()),
                    End::Killed { signal } => (2, Some(*signal), ""),
                };
                writer.byte(kind);
                writer.byte(u8::from(code.is_some()));
                writer.signed(i64::from(code.unwrap_or(0)));
                writer.text(message);
            }
        }
        1
    }

    fn series(&mut self, writer: &mut Writer, key: &SeriesKey) -> u64 {
        if let Some(index) = self.series.get(key) {
            return *index;
        }
        let index = self.series.len() as u64;
        self.series.insert(key.clone(), index);
        writer.byte(SERIES);
        writer.text(&key.name);
        writer.map(key.context.as_params());
        index
    }
}

fn micros(time: WallTime) -> i64 {
    time.nanos().div_euclid(1000)
}

fn from_micros(micros: i64) -> WallTime {
    WallTime::from_nanos(micros.saturating_mul(1000))
}

fn numbers(writer: &mut Writer, series: u64, points: &[Record]) {
    writer.byte(NUMBERS);
    writer.unsigned(series);
    writer.unsigned(points.len() as u64);
    let of = |record: &Record| match record {
        Record::Point { step, epoch, time, value: Value::Float(value), .. } => {
            (step.0, *epoch, micros(*time), *value)
        }
        _ => (0, None, 0, 0.0),
    };
    let mut column = |number: &dyn Fn(&Record) -> i64| {
        let (mut before, mut slope) = (0i64, 0i64);
        for point in points {
            let number = number(point);
            let difference = number.wrapping_sub(before);
            writer.signed(difference.wrapping_sub(slope));
            (before, slope) = (number, difference);
        }
    };
    column(&|point| of(point).0);
    column(&|point| of(point).2);
    let epochs: Vec<Option<f64>> = points.iter().map(|point| of(point).1).collect();
    let has_epochs = epochs.iter().any(Option::is_some);
    writer.byte(u8::from(has_epochs));
    if has_epochs {
        // A missing epoch among others is NaN.
        epochs.iter().for_each(|epoch| writer.float(epoch.unwrap_or(f64::NAN)));
    }
    points.iter().for_each(|point| writer.float(of(point).3));
}

/// Reads the frames of one journal.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    series: Vec<SeriesKey>,
}

impl Decoder {
    /// The records of a payload; `None` when the bytes are not what an encoder writes.
    pub(crate) fn records(&mut self, payload: &[u8]) -> Option<Vec<Record>> {
        let mut reader = Reader(payload);
        let mut records = Vec::new();
        while !reader.is_empty() {
            self.next(&mut reader, &mut records)?;
        }
        Some(records)
    }

    fn next(&mut self, reader: &mut Reader<'_>, records: &mut Vec<Record>) -> Option<()> {
        let record = match reader.byte()? {
            SERIES => {
                let name = reader.text()?;
                self.series.push(SeriesKey { name, context: reader.context()? });
                return Some(());
            }
            NUMBERS => return self.numbers(reader, records),
            VALUE => Record::Point {
                series: self.key(reader)?,
                step: Step(reader.signed()?),
                epoch: if reader.byte()? == 1 { Some(reader.float()?) } else { None },
                time: from_micros(reader.signed()?),
                value: reader.value()?,
            },
            PARAM => Record::Param {
                time: from_micros(reader.signed()?),
                path: (0..reader.count()?).map(|_| reader.text()).collect::<Option<_>>()?,
                value: reader.param(0)?,
            },
            EDIT => {
                let time = from_micros(reader.signed()?);
                let kind = reader.byte()?;
                let text = reader.text()?;
                let edit = match kind {
                    0 => Edit::Name(text),
                    1 => Edit::Experiment(text),
                    2 => Edit::Description(text),
                    3 => Edit::AddTag(text),
                    4 => Edit::RemoveTag(text),
                    _ => return None,
                };
                Record::Edit { time, edit }
            }
            TEXTS => Record::Texts { pack: reader.content()? },
            PARAGRAPHS => Record::Paragraphs {
                subset: reader.text()?,
                ids: (0..reader.count()?).map(|_| reader.content()).collect::<Option<_>>()?,
            },
            CREATED => Record::Created { time: from_micros(reader.signed()?) },
            END => {
                let time = from_micros(reader.signed()?);
                let (kind, has_code) = (reader.byte()?, reader.byte()? == 1);
                let code = i32::try_from(reader.signed()?).ok()?;
                let message = reader.text()?;
                let end = match kind {
                    0 => End::Finished,
                    1 => End::Failed { exit_code: has_code.then_some(code), message },
                    2 => End::Killed { signal: code },
                    _ => return None,
                };
                Record::End { time, end }
            }
            _ => return None,
        };
        records.push(record);
        Some(())
    }

    fn key(&self, reader: &mut Reader<'_>) -> Option<SeriesKey> {
        self.series.get(usize::try_from(reader.unsigned()?).ok()?).cloned()
    }

    fn numbers(&self, reader: &mut Reader<'_>, records: &mut Vec<Record>) -> Option<()> {
        let series = self.key(reader)?;
        let count = reader.count()?;
        let mut column = || -> Option<Vec<i64>> {
            let (mut before, mut slope) = (0i64, 0i64);
            (0..count)
                .map(|_| {
                    slope = slope.wrapping_add(reader.signed()?);
                    before = before.wrapping_add(slope);
                    Some(before)
                })
                .collect()
        };
        let (steps, times) = (column()?, column()?);
        let has_epochs = reader.byte()? == 1;
        let mut floats = || (0..count).map(|_| reader.float()).collect::<Option<Vec<f64>>>();
        let epochs = if has_epochs { floats()? } else { vec![f64::NAN; count] };
        let values = floats()?;
        for (((step, time), epoch), value) in steps.into_iter().zip(times).zip(epochs).zip(values) {
            records.push(Record::Point {
                series: series.clone(),
                step: Step(step),
                epoch: (!epoch.is_nan()).then_some(epoch),
                time: from_micros(time),
                value: Value::Float(value),
            });
        }
        Some(())
    }
}

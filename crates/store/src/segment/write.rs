//! Makes a segment of runs that were merged.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::basic::Encoding;
use parquet::errors::Result as Parquet;
use trailmark_core::{ContentId, RunStatus, Value};

use super::column::{self, Beside, GROUP, Plan};
use super::exact::{self, Place};
use super::manifest::{self, Listed, Part};
use super::sums::{self, Sums};
use super::whole::{Numbers, Whole};
use super::{json, pyramid};
use crate::codec::Writer;
use crate::fs::{self, Files};
use crate::record::{ObjectRow, micros};
use crate::{Error, Order, Points};

// Places of columns in the files.
pub(crate) const RUN: usize = 0;
pub(crate) const EXACT: usize = 11;
pub(crate) const ORDERS: usize = 12;
pub(crate) const STEP: usize = 3;
pub(crate) const EPOCH: usize = 4;
pub(crate) const TIME: usize = 5;
pub(crate) const VALUE: usize = 6;
pub(crate) const IS_INTEGER: usize = 7;
pub(crate) const OBJECT_STEP: usize = 3;
pub(crate) const OBJECT_EPOCH: usize = 4;
pub(crate) const OBJECT_TIME: usize = 5;
pub(crate) const OBJECT_KIND: usize = 6;
pub(crate) const OBJECT_TEXT: usize = 7;
pub(crate) const OBJECT_VALUE: usize = 8;
pub(crate) const OBJECT_PLACE: usize = 9;

const RUNS: Plan = Plan {
    schema: "message runs {
        required binary run (STRING); required binary name (STRING); required binary experiment (STRING);
        required binary description (STRING); required binary note (STRING); required binary tags (STRING);
        required binary status (STRING); required int64 created (TIMESTAMP(MICROS,true));
        optional int64 ended (TIMESTAMP(MICROS,true)); required int64 is_archived;
        optional binary params (STRING); optional binary exact; optional binary orders;
    }",
    encodings: &[
        ("created", Encoding::DELTA_BINARY_PACKED),
        ("ended", Encoding::DELTA_BINARY_PACKED),
        ("is_archived", Encoding::DELTA_BINARY_PACKED),
    ],
    plain: &["run", "params", "exact", "orders"],
    page_bytes: 1 << 13,
};

const POINTS: Plan = Plan {
    schema: "message points {
        required binary run (STRING); required binary name (STRING); required binary context (STRING);
        required int64 step; optional double epoch; required int64 time (TIMESTAMP(MICROS,true));
        required double value; required int64 is_integer;
    }",
    encodings: &[
        ("step", Encoding::DELTA_BINARY_PACKED),
        ("epoch", Encoding::BYTE_STREAM_SPLIT),
        ("time", Encoding::DELTA_BINARY_PACKED),
        ("value", Encoding::BYTE_STREAM_SPLIT),
        ("is_integer", Encoding::DELTA_BINARY_PACKED),
    ],
    plain: &[],
    page_bytes: 1 << 16,
};

const PYRAMID: Plan = Plan {
    schema: "message pyramid {
        required binary run (STRING); required binary name (STRING); required binary context (STRING);
        required int64 step; optional double epoch; required int64 time (TIMESTAMP(MICROS,true));
        required double value; required int64 level; required int64 bucket;
    }",
    encodings: &[
        ("step", Encoding::DELTA_BINARY_PACKED),
        ("epoch", Encoding::BYTE_STREAM_SPLIT),
        ("time", Encoding::DELTA_BINARY_PACKED),
        ("value", Encoding::BYTE_STREAM_SPLIT),
        ("level", Encoding::DELTA_BINARY_PACKED),
        ("bucket", Encoding::DELTA_BINARY_PACKED),
    ],
    plain: &[],
    page_bytes: 1 << 16,
};

const OBJECTS: Plan = Plan {
    schema: "message objects {
        required binary run (STRING); required binary name (STRING); required binary context (STRING);
        required int64 step; optional double epoch; required int64 time (TIMESTAMP(MICROS,true));
        required binary kind (STRING); optional binary text (STRING); optional binary value; optional binary place;
    }",
    encodings: &[
        ("step", Encoding::DELTA_BINARY_PACKED),
        ("epoch", Encoding::BYTE_STREAM_SPLIT),
        ("time", Encoding::DELTA_BINARY_PACKED),
    ],
    plain: &["text", "value", "place"],
    page_bytes: 1 << 16,
};

/// A file that is made beside its place.
struct Making<'a> {
    files: &'a Files,
    repository: &'a Path,
    listed: Listed,
    sums: BTreeMap<Part, Sums>,
}

impl Making<'_> {
    fn file(
        &mut self,
        part: Part,
        plan: &Plan,
        write: impl FnOnce(&mut parquet::file::writer::SerializedFileWriter<Beside>) -> Parquet<()>,
    ) -> Result<(), Error> {
        let path = manifest::file(self.repository, self.listed.number, part);
        let beside = path.with_added_extension("new");
        let wrong = |error: parquet::errors::ParquetError| match error {
            parquet::errors::ParquetError::External(source) => match source.downcast::<std::io::Error>() {
                Ok(source) => fs::named("write a segment", &path)(*source),
                Err(source) => fs::named("write a segment", &path)(std::io::Error::other(source)),
            },
            other => fs::named("write a segment", &path)(std::io::Error::other(other)),
        };
        let mut file = column::begin(plan, Beside::create(self.files, &beside)?).map_err(wrong)?;
        write(&mut file).map_err(wrong)?;
        let finished = file.into_inner().map_err(wrong)?.finish();
        let (hash, n_bytes, sums) = finished.map_err(fs::named("write a segment", &path))?;
        self.files.0.rename(&beside, &path).map_err(fs::named("write a segment", &path))?;
        self.listed.files.insert(part, hash);
        self.listed.n_bytes += n_bytes;
        self.sums.insert(part, sums);
        Ok(())
    }

    /// Writes the sums of the other files.
    fn finish(mut self) -> Result<Listed, Error> {
        let bytes = sums::write(&self.sums);
        self.files.replace(&manifest::file(self.repository, self.listed.number, Part::Sums), &bytes)?;
        self.listed.files.insert(Part::Sums, ContentId::of(&bytes).to_string());
        self.listed.n_bytes += bytes.len() as u64;
        Ok(self.listed)
    }
}

/// Writes a segment's files; nobody reads them before the manifest names them.
pub(crate) fn segment(
    files: &Files,
    repository: &Path,
    number: u64,
    mut runs: Vec<Whole>,
) -> Result<Listed, Error> {
    runs.sort_by_key(Whole::id);
    let n_points = runs.iter().map(|run| run.n_points() as u64).sum();
    let listed = Listed { number, n_runs: runs.len() as u64, n_points, n_bytes: 0, files: BTreeMap::new() };
    let mut making = Making { files, repository, listed, sums: BTreeMap::new() };
    if n_points > 0 {
        points(&mut making, &mut runs)?;
    }
    objects(&mut making, &mut runs)?;
    runs_file(&mut making, &runs)?;
    // With the names of the files before it.
    making.finish()
}

/// A series of points that is being written.
struct Row<'a> {
    run: String,
    name: &'a str,
    context: String,
    numbers: &'a Numbers,
}

fn points(making: &mut Making<'_>, runs: &mut [Whole]) -> Result<(), Error> {
    let mut order: Vec<(usize, usize)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let series = run.series.iter().enumerate().filter(|(_, series)| !series.points.is_empty());
        order.extend(series.map(|(series, _)| (index, series)));
    }
    let key = |place: &(usize, usize)| &runs[place.0].exact.series[place.1].key;
    order.sort_by(|a, b| (key(a), runs[a.0].id()).cmp(&(key(b), runs[b.0].id())));
    let (mut at, mut pyramid_at, mut pyramids) = (0, 0, Vec::new());
    for &(run, series) in &order {
        let points = &runs[run].series[series].points;
        let levels = pyramid::levels(points);
        let count = points.len() as u64;
        let located = &mut runs[run].exact.series[series];
        located.points.first = at;
        at += count;
        if !levels.is_empty() {
            (located.pyramid, located.n_levels) = (pyramid_at, levels.len() as u64);
            pyramid_at += levels.iter().map(|level| level.len() as u64).sum::<u64>();
            pyramids.push(((run, series), levels));
        }
    }
    let row = |&(run, series): &(usize, usize)| {
        let key = &runs[run].exact.series[series].key;
        let context = json::text(key.context.as_params());
        Row { run: runs[run].id().to_string(), name: &key.name, context, numbers: &runs[run].series[series] }
    };
    let rows: Vec<Row<'_>> = order.iter().map(row).collect();
    making.file(Part::Points, &POINTS, |file| {
        let n_rows = at as usize;
        for first in (0..n_rows).step_by(GROUP) {
            let range = (first, GROUP.min(n_rows - first));
            let mut group = file.next_row_group()?;
            let count = |row: &Row<'_>| row.numbers.points.len();
            let all: Vec<_> = rows.iter().map(|row| (row, &row.numbers.points)).collect();
            columns_of_points(&mut group, range, &all)?;
            let none = vec![0; rows.iter().map(count).max().unwrap_or(0)];
            let integers = rows.iter().map(|row| match &row.numbers.integers[..] {
                [] => &none[..count(row)],
                some => some,
            });
            column::integers(&mut group, &cut(range, integers))?;
            group.close()?;
        }
        Ok(())
    })?;
    if pyramids.is_empty() {
        return Ok(());
    }
    making.file(Part::Pyramid, &PYRAMID, |file| {
        let series = pyramids.iter().map(|(place, levels)| (row(place), levels));
        pyramid(file, &series.collect::<Vec<_>>())
    })
}

/// Writes pyramids, level after level of each series.
fn pyramid(
    file: &mut parquet::file::writer::SerializedFileWriter<Beside>,
    series: &[(Row<'_>, &Vec<Points>)],
) -> Parquet<()> {
    let all: Vec<(&Row<'_>, &Points)> =
        series.iter().flat_map(|(row, levels)| levels.iter().map(move |level| (row, level))).collect();
    let numbers: Vec<usize> = series.iter().flat_map(|(_, levels)| 0..levels.len()).collect();
    let n_rows = all.iter().map(|(_, points)| points.len()).sum();
    for first in (0..n_rows).step_by(GROUP) {
        let range = (first, GROUP.min(n_rows - first));
        let mut group = file.next_row_group()?;
        columns_of_points(&mut group, range, &all)?;
        let lengths = || all.iter().map(|(_, points)| points.len());
        let levels: Vec<Vec<i64>> =
            numbers.iter().zip(lengths()).map(|(level, length)| vec![*level as i64; length]).collect();
        column::integers(&mut group, &cut(range, levels.iter().map(Vec::as_slice)))?;
        let bucket = |row: usize| (row / pyramid::ROWS) as i64;
        let buckets: Vec<Vec<i64>> = lengths().map(|length| (0..length).map(bucket).collect()).collect();
        column::integers(&mut group, &cut(range, buckets.iter().map(Vec::as_slice)))?;
        group.close()?;
    }
    Ok(())
}

/// Writes the columns with which files of points and of pyramids begin.
fn columns_of_points(
    group: &mut column::Group<'_>,
    range: (usize, usize),
    rows: &[(&Row<'_>, &Points)],
) -> Parquet<()> {
    let count = |points: &Points| points.len();
    column::repeated(group, range, rows.iter().map(|(row, points)| (row.run.as_bytes(), count(points))))?;
    column::repeated(group, range, rows.iter().map(|(row, points)| (row.name.as_bytes(), count(points))))?;
    column::repeated(group, range, rows.iter().map(|(row, points)| (row.context.as_bytes(), count(points))))?;
    let points = || rows.iter().map(|(_, points)| *points);
    column::integers(group, &cut(range, points().map(|points| &points.steps[..])))?;
    column::optional_floats(group, &cut(range, points().map(|points| &points.epochs[..])))?;
    column::integers(group, &cut(range, points().map(|points| &points.micros[..])))?;
    column::floats(group, &cut(range, points().map(|points| &points.values[..])))
}

/// Rows of a column that lies in pieces.
fn cut<'a, T: Copy + 'a>((first, n_rows): (usize, usize), pieces: impl Iterator<Item = &'a [T]>) -> Vec<T> {
    let (mut at, end) = (0, first + n_rows);
    let mut rows = Vec::with_capacity(n_rows);
    for piece in pieces {
        let (from, to) = (first.clamp(at, at + piece.len()), end.clamp(at, at + piece.len()));
        rows.extend_from_slice(&piece[from - at..to - at]);
        at += piece.len();
    }
    rows
}

fn objects(making: &mut Making<'_>, runs: &mut [Whole]) -> Result<(), Error> {
    let mut at = 0;
    for run in runs.iter_mut() {
        run.exact.objects = Place { first: at, count: run.objects.len() as u64 };
        at += run.objects.len() as u64;
    }
    if at == 0 {
        return Ok(());
    }
    let all: Vec<(&Whole, &(Order, ObjectRow))> =
        runs.iter().flat_map(|run| run.objects.iter().map(move |object| (run, object))).collect();
    making.file(Part::Objects, &OBJECTS, |file| {
        for part in all.chunks(GROUP) {
            let mut group = file.next_row_group()?;
            let range = (0, part.len());
            let ids: Vec<String> = part.iter().map(|(run, _)| run.id().to_string()).collect();
            let key = |(run, (_, row)): &(&Whole, &(Order, ObjectRow))| {
                run.exact.series[row.series as usize].key.clone()
            };
            let keys: Vec<_> = part.iter().map(key).collect();
            let contexts: Vec<String> = keys.iter().map(|key| json::text(key.context.as_params())).collect();
            column::repeated(&mut group, range, ids.iter().map(|id| (id.as_bytes(), 1)))?;
            column::repeated(&mut group, range, keys.iter().map(|key| (key.name.as_bytes(), 1)))?;
            column::repeated(&mut group, range, contexts.iter().map(|text| (text.as_bytes(), 1)))?;
            let rows = || part.iter().map(|(_, (_, row))| row);
            column::integers(&mut group, &rows().map(|row| row.at.step).collect::<Vec<_>>())?;
            column::optional_floats(&mut group, &rows().map(|row| row.at.epoch).collect::<Vec<_>>())?;
            column::integers(&mut group, &rows().map(|row| row.at.micros).collect::<Vec<_>>())?;
            let told: Vec<(&str, Option<&str>, bool)> = rows().map(|row| tell(&row.value)).collect();
            column::repeated(&mut group, range, told.iter().map(|(kind, ..)| (kind.as_bytes(), 1)))?;
            let texts: Vec<_> = told.iter().map(|(_, text, _)| text.map(str::as_bytes)).collect();
            column::texts(&mut group, &OBJECTS, &texts)?;
            let exact = |(row, told): (&ObjectRow, &(&str, Option<&str>, bool))| {
                let mut writer = Writer::default();
                writer.value(&row.value);
                (!told.2).then_some(writer.0)
            };
            let values: Vec<Option<Vec<u8>>> = rows().zip(&told).map(exact).collect();
            column::texts(&mut group, &OBJECTS, &values.iter().map(Option::as_deref).collect::<Vec<_>>())?;
            let place = |(run, (order, row)): &(&Whole, &(Order, ObjectRow))| {
                let mut writer = Writer::default();
                writer.unsigned(u64::from(row.series));
                writer.unsigned(exact::writer_place(&run.exact.journals, order.writer));
                writer.signed(order.micros);
                writer.unsigned(order.offset);
                writer.0
            };
            let places: Vec<Vec<u8>> = part.iter().map(place).collect();
            column::texts(
                &mut group,
                &OBJECTS,
                &places.iter().map(|place| Some(&place[..])).collect::<Vec<_>>(),
            )?;
            group.close()?;
        }
        Ok(())
    })
}

/// What a value is, what of it people read, and whether that is all of it.
fn tell(value: &Value) -> (&'static str, Option<&str>, bool) {
    match value {
        Value::Text(text) => ("text", Some(text), true),
        Value::Log(line) => {
            let kind = if line.stream == trailmark_core::Stream::Stdout { "stdout" } else { "stderr" };
            (kind, Some(&line.text), true)
        }
        Value::Answer(answer) => ("answer", Some(&answer.best.text), false),
        Value::LogRecord(record) => ("log record", Some(&record.message), false),
        Value::Image(image) => ("image", Some(&image.caption), false),
        Value::Audio(audio) => ("audio", Some(&audio.caption), false),
        Value::Figure(figure) => ("figure", Some(&figure.caption), false),
        Value::Distribution(_) => ("distribution", None, false),
        Value::List(_) => ("list", None, false),
        _ => ("number", None, false),
    }
}

fn runs_file(making: &mut Making<'_>, runs: &[Whole]) -> Result<(), Error> {
    making.file(Part::Runs, &RUNS, |file| {
        let mut group = file.next_row_group()?;
        let range = (0, runs.len());
        let tags = |run: &Whole| {
            let tags = run.row.tags.iter().map(|tag| serde_json::Value::from(tag.as_str()));
            serde_json::Value::Array(tags.collect()).to_string()
        };
        let status = |run: &Whole| match &run.row.status {
            RunStatus::Ended(trailmark_core::End::Finished) => "finished",
            RunStatus::Ended(trailmark_core::End::Failed { .. }) => "failed",
            RunStatus::Ended(trailmark_core::End::Killed { .. }) => "killed",
            _ => "crashed",
        };
        let text = |of: &dyn Fn(&Whole) -> String| -> Vec<String> { runs.iter().map(of).collect() };
        let ids = text(&|run| run.id().to_string());
        column::texts(&mut group, &RUNS, &ids.iter().map(|id| Some(id.as_bytes())).collect::<Vec<_>>())?;
        for texts in [
            text(&|run| run.row.name.clone()),
            text(&|run| run.row.experiment.clone()),
            text(&|run| run.row.description.clone()),
            text(&|run| run.row.note.clone()),
            text(&tags),
            text(&|run| status(run).to_owned()),
        ] {
            column::repeated(&mut group, range, texts.iter().map(|text| (text.as_bytes(), 1)))?;
        }
        column::integers(&mut group, &runs.iter().map(|run| micros(run.row.created)).collect::<Vec<_>>())?;
        column::optional_integers(
            &mut group,
            &runs.iter().map(|run| run.row.ended.map(micros)).collect::<Vec<_>>(),
        )?;
        column::integers(
            &mut group,
            &runs.iter().map(|run| i64::from(run.row.is_archived)).collect::<Vec<_>>(),
        )?;
        let params: Vec<_> = runs.iter().map(|run| Some(run.params.as_bytes())).collect();
        column::texts(&mut group, &RUNS, &params)?;
        let exact: Vec<Vec<u8>> = runs.iter().map(|run| run.exact.write()).collect();
        column::texts(&mut group, &RUNS, &exact.iter().map(|bytes| Some(&bytes[..])).collect::<Vec<_>>())?;
        let orders = |run: &Whole| {
            exact::write_orders(&run.exact.journals, run.series.iter().map(|series| &series.pieces[..]))
        };
        let orders: Vec<Vec<u8>> = runs.iter().map(orders).collect();
        column::texts(&mut group, &RUNS, &orders.iter().map(|bytes| Some(&bytes[..])).collect::<Vec<_>>())?;
        group.close()?;
        Ok(())
    })
}

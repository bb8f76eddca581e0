//! Makes a segment of runs that were merged.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::basic::Encoding;
use parquet::errors::Result as Parquet;
use trailmark_core::{RunId, RunStatus, Value};

use super::column::{self, Beside, GROUP, Plan};
use super::exact::{self, Exact, Located, Piece, Place};
use super::manifest::{self, Listed, Part};
use super::{json, pyramid};
use crate::codec::Writer;
use crate::erased::Erased;
use crate::fs::{self, Files};
use crate::gather::{Gather, Gathered};
use crate::life::JournalState;
use crate::record::{ObjectRow, micros};
use crate::{Error, Order, Points, Record, RunRow};

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
};

/// A run as it goes into a segment.
#[derive(Debug)]
pub(crate) struct Whole {
    row: RunRow,
    params: String,
    exact: Exact,
    series: Vec<Numbers>,
    /// By the places of `exact.series`.
    objects: Vec<(Order, ObjectRow)>,
}

/// The numbers of a series, merged, with their places in the merge order.
#[derive(Debug, Default)]
struct Numbers {
    points: Points,
    pieces: Vec<Piece>,
    /// 1 for each whole number; empty where there is none.
    integers: Vec<i64>,
}

impl Numbers {
    /// Takes the numbers out of what was gathered of a series.
    fn take(gathered: &mut Gathered) -> Self {
        let is_kept = |value: &Value| match value {
            Value::Float(_) => true,
            // Others are not told exactly by a float.
            Value::Int(number) => number.unsigned_abs() <= 1 << 53,
            _ => false,
        };
        let mut rows: Vec<(i64, Order, usize)> = Vec::new();
        let mut all = Points::default();
        let mut integers = Vec::new();
        for (order, column) in std::mem::take(&mut gathered.numbers).into_blocks() {
            rows.extend(
                column.steps.iter().enumerate().map(|(row, step)| (*step, order, all.steps.len() + row)),
            );
            all.steps.extend(column.steps);
            all.micros.extend(column.micros);
            all.epochs.extend(column.epochs);
            all.values.extend(column.values);
        }
        integers.resize(all.len(), 0);
        gathered.objects.retain(|(order, row)| {
            if !is_kept(&row.value) {
                return true;
            }
            rows.push((row.at.step, *order, all.steps.len()));
            all.steps.push(row.at.step);
            all.micros.push(row.at.micros);
            all.epochs.push(row.at.epoch);
            all.values.push(crate::run::number(&row.value).unwrap_or(f64::NAN));
            integers.push(i64::from(matches!(row.value, Value::Int(_))));
            false
        });
        rows.sort_unstable();
        let mut merged = Self::default();
        for (index, &(step, order, row)) in rows.iter().enumerate() {
            if rows.get(index + 1).is_some_and(|next| next.0 == step) {
                continue;
            }
            merged.points.steps.push(step);
            merged.points.micros.push(all.micros[row]);
            merged.points.epochs.push(all.epochs[row]);
            merged.points.values.push(all.values[row]);
            merged.integers.push(integers[row]);
            match merged.pieces.last_mut().filter(|last| last.order == order) {
                Some(last) => last.count += 1,
                None => merged.pieces.push(Piece { count: 1, order }),
            }
        }
        if !merged.integers.contains(&1) {
            merged.integers.clear();
        }
        merged
    }
}

impl Whole {
    /// Merges what was gathered of a run, of which these are the journals.
    pub(crate) fn new(
        row: RunRow,
        params: &trailmark_core::Params,
        mut gather: Gather,
        journals: Vec<JournalState>,
    ) -> Self {
        let mut records = std::mem::take(&mut gather.records);
        let erased = Erased::of(&records);
        erased.take_out(&mut gather);
        records.sort_by_key(|(order, _)| *order);
        // A journal that is there beside its segment says everything twice.
        records.dedup_by_key(|(order, _)| *order);
        let mut exact = Exact { journals, needs_orders: !erased.is_empty(), ..Exact::default() };
        exact.records =
            records.into_iter().filter(|(_, record)| !matches!(record, Record::Point { .. })).collect();
        let (mut series, mut objects) = (Vec::new(), Vec::new());
        let mut gathered: Vec<_> = gather.keys.iter().cloned().zip(gather.series).collect();
        gathered.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, mut gathered) in gathered {
            let numbers = Numbers::take(&mut gathered);
            if numbers.points.is_empty() && gathered.objects.is_empty() {
                continue;
            }
            let has_objects = !gathered.objects.is_empty();
            let has_both = !numbers.points.is_empty() && !gathered.objects.is_empty();
            let has_integers = !numbers.integers.is_empty();
            exact.needs_orders |= has_both || has_integers;
            gathered.objects.sort_by_key(|(order, row)| (row.at.step, *order));
            gathered.objects.dedup_by_key(|(order, _)| *order);
            let index = exact.series.len() as u32;
            objects.extend(
                gathered.objects.into_iter().map(|(order, row)| (order, ObjectRow { series: index, ..row })),
            );
            let points = Place { first: 0, count: numbers.points.len() as u64 };
            exact.series.push(Located { key, points, pyramid: 0, n_levels: 0, has_integers, has_objects });
            series.push(numbers);
        }
        Self { row, params: json::text(params), exact, series, objects }
    }

    pub(crate) fn id(&self) -> RunId {
        self.row.id
    }

    pub(crate) fn n_points(&self) -> usize {
        self.series.iter().map(|series| series.points.len()).sum()
    }

    /// About how many bytes its other values take.
    pub(crate) fn n_bytes(&self) -> usize {
        self.objects.iter().map(|(_, row)| 64 + crate::n_bytes(&row.value)).sum()
    }
}

/// A file that is made beside its place.
struct Making<'a> {
    files: &'a Files,
    repository: &'a Path,
    listed: Listed,
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
        let (hash, n_bytes) = finished.map_err(fs::named("write a segment", &path))?;
        self.files.0.rename(&beside, &path).map_err(fs::named("write a segment", &path))?;
        self.listed.files.insert(part, hash);
        self.listed.n_bytes += n_bytes;
        Ok(())
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
    let mut making = Making { files, repository, listed };
    if n_points > 0 {
        points(&mut making, &mut runs)?;
    }
    objects(&mut making, &mut runs)?;
    runs_file(&mut making, &runs)?;
    let folder = manifest::folder(repository);
    files.0.sync_folder(&folder).map_err(fs::named("write a segment", &folder))?;
    Ok(making.listed)
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
            column::repeated(&mut group, range, rows.iter().map(|row| (row.run.as_bytes(), count(row))))?;
            column::repeated(&mut group, range, rows.iter().map(|row| (row.name.as_bytes(), count(row))))?;
            column::repeated(&mut group, range, rows.iter().map(|row| (row.context.as_bytes(), count(row))))?;
            let all = || rows.iter().map(|row| &row.numbers.points);
            column::integers(&mut group, &cut(range, all().map(|points| &points.steps[..])))?;
            column::optional_floats(&mut group, &cut(range, all().map(|points| &points.epochs[..])))?;
            column::integers(&mut group, &cut(range, all().map(|points| &points.micros[..])))?;
            column::floats(&mut group, &cut(range, all().map(|points| &points.values[..])))?;
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
    let all =
        || series.iter().flat_map(|(row, levels)| levels.iter().enumerate().map(move |level| (row, level)));
    let n_rows = all().map(|(_, (_, points))| points.len()).sum();
    for first in (0..n_rows).step_by(GROUP) {
        let range = (first, GROUP.min(n_rows - first));
        let mut group = file.next_row_group()?;
        let rows = || all().map(|(row, (_, points))| (row, points.len()));
        column::repeated(&mut group, range, rows().map(|(row, count)| (row.run.as_bytes(), count)))?;
        column::repeated(&mut group, range, rows().map(|(row, count)| (row.name.as_bytes(), count)))?;
        column::repeated(&mut group, range, rows().map(|(row, count)| (row.context.as_bytes(), count)))?;
        let points = || all().map(|(_, (_, points))| points);
        column::integers(&mut group, &cut(range, points().map(|points| &points.steps[..])))?;
        column::optional_floats(&mut group, &cut(range, points().map(|points| &points.epochs[..])))?;
        column::integers(&mut group, &cut(range, points().map(|points| &points.micros[..])))?;
        column::floats(&mut group, &cut(range, points().map(|points| &points.values[..])))?;
        let levels: Vec<Vec<i64>> =
            all().map(|(_, (level, points))| vec![level as i64; points.len()]).collect();
        column::integers(&mut group, &cut(range, levels.iter().map(Vec::as_slice)))?;
        let bucket = |row: usize| (row / pyramid::ROWS) as i64;
        let buckets: Vec<Vec<i64>> = points().map(|points| (0..points.len()).map(bucket).collect()).collect();
        column::integers(&mut group, &cut(range, buckets.iter().map(Vec::as_slice)))?;
        group.close()?;
    }
    Ok(())
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
            column::texts(&mut group, &texts)?;
            let exact = |(row, told): (&ObjectRow, &(&str, Option<&str>, bool))| {
                let mut writer = Writer::default();
                writer.value(&row.value);
                (!told.2).then_some(writer.0)
            };
            let values: Vec<Option<Vec<u8>>> = rows().zip(&told).map(exact).collect();
            column::texts(&mut group, &values.iter().map(Option::as_deref).collect::<Vec<_>>())?;
            let place = |(run, (order, row)): &(&Whole, &(Order, ObjectRow))| {
                let mut writer = Writer::default();
                writer.unsigned(u64::from(row.series));
                writer.unsigned(exact::writer_place(&run.exact.journals, order.writer));
                writer.signed(order.micros);
                writer.unsigned(order.offset);
                writer.0
            };
            let places: Vec<Vec<u8>> = part.iter().map(place).collect();
            column::texts(&mut group, &places.iter().map(|place| Some(&place[..])).collect::<Vec<_>>())?;
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
        for texts in [
            text(&|run| run.id().to_string()),
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
        column::texts(&mut group, &params)?;
        let exact: Vec<Vec<u8>> = runs.iter().map(|run| run.exact.write()).collect();
        column::texts(&mut group, &exact.iter().map(|bytes| Some(&bytes[..])).collect::<Vec<_>>())?;
        let orders = |run: &Whole| {
            exact::write_orders(&run.exact.journals, run.series.iter().map(|series| &series.pieces[..]))
        };
        let orders: Vec<Vec<u8>> = runs.iter().map(orders).collect();
        column::texts(&mut group, &orders.iter().map(|bytes| Some(&bytes[..])).collect::<Vec<_>>())?;
        group.close()?;
        Ok(())
    })
}

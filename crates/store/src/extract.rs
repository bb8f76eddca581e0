//! What a program elsewhere is told of runs: exactly what a reader of the repository itself would have, as bytes.
//!
//! # Format
//! "Reading whole" in `docs/http.md`, in the words of `docs/format.md`: numbers, trees and values are the bytes that journals
//! have, summaries those of the catalog.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;
use trailmark_core::{Artifact, Params, RunId, RunStatus, SeriesKey, Step, Value, WallTime};

use crate::catalog::{read_series, write_series};
use crate::codec::{Reader, Writer};
use crate::{ArtifactRow, Columns, Error, Merger, Object, Points, Problem, RunRow, SeriesRow, Store, Wanted};

const MAGIC: &[u8] = b"TMX";
const VERSION: u8 = 1;

/// A value that is no number, where it stands in its series.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRow {
    /// At which step.
    pub step: Step,
    /// At which epoch.
    pub epoch: Option<f64>,
    /// When.
    pub time: WallTime,
    /// What.
    pub value: Value,
}

/// What is told of a series beside its summary.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Data {
    /// Nothing.
    #[default]
    None,
    /// Its numbers.
    Points {
        /// By step.
        points: Points,
        /// Whether later steps are left out.
        goes_on: bool,
    },
    /// Its other values.
    Objects(Vec<ObjectRow>),
}

/// What is told of runs. Parts that were not asked for are empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extract {
    /// Each run, and what is told of each of its series.
    pub runs: Vec<(RunRow, Vec<Data>)>,
    /// From where to go on; none after the last run.
    pub next: Option<String>,
    /// What could not be judged, as people read it.
    pub problems: Option<String>,
}

/// Why bytes are no extract.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// They do not begin as one.
    #[error("read an extract: got other bytes")]
    Other,
    /// A newer program wrote them.
    #[error("read an extract: got version {got}, want {VERSION}")]
    Version {
        /// Their version.
        got: u8,
    },
    /// They are not whole.
    #[error("read an extract: got damaged bytes")]
    Damaged,
}

/// Writes an extract run by run.
#[derive(Debug, Default)]
pub struct ExtractWriter {
    runs: Writer,
    n_runs: u64,
}

impl ExtractWriter {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes there are so far.
    pub fn n_bytes(&self) -> usize {
        self.runs.0.len()
    }

    /// Adds what a row says of a run itself, with these params; files with `has_artifacts`. Its series follow: so many calls
    /// of [`Self::series`].
    pub fn run(&mut self, row: &RunRow, params: &Params, has_artifacts: bool, n_series: usize) {
        self.n_runs += 1;
        let writer = &mut self.runs;
        writer.0.extend_from_slice(row.id.as_bytes());
        for text in [&row.name, &row.experiment, &row.description, &row.note] {
            writer.text(text);
        }
        writer.unsigned(row.tags.len() as u64);
        row.tags.iter().for_each(|tag| writer.text(tag));
        writer.byte(
            u8::from(row.is_archived) + 2 * u8::from(row.is_deleted) + 4 * u8::from(row.ended.is_some()),
        );
        writer.signed(row.created.nanos());
        writer.signed(row.latest.nanos());
        if let Some(ended) = row.ended {
            writer.signed(ended.nanos());
        }
        match &row.status {
            RunStatus::Running => writer.byte(0),
            RunStatus::Crashed => writer.byte(1),
            RunStatus::Ended(end) => {
                writer.byte(2);
                writer.end(end);
            }
        }
        writer.unsigned(row.problems.len() as u64);
        row.problems.iter().for_each(|problem| writer.text(&problem.reason));
        writer.map(params);
        let artifacts = || row.artifacts.iter().filter(|(_, file)| has_artifacts && !file.is_deleted);
        writer.unsigned(artifacts().count() as u64);
        for (name, file) in artifacts() {
            writer.text(name);
            writer.byte(u8::from(file.artifact.file.is_some()));
            if let Some(kept) = &file.artifact.file {
                writer.kept(kept);
            }
            writer.text(&file.artifact.uri);
        }
        writer.unsigned(n_series as u64);
    }

    /// Adds a series of the run.
    pub fn series(&mut self, row: &SeriesRow, data: &Data) {
        let writer = &mut self.runs;
        writer.text(&row.key.name);
        writer.map(row.key.context.as_params());
        write_series(writer, row);
        match data {
            Data::None => writer.byte(0),
            Data::Points { points, goes_on } => {
                writer.byte(1 + u8::from(*goes_on));
                writer.unsigned(points.len() as u64);
                let Points { steps, values, micros, epochs } = points;
                steps.iter().for_each(|step| writer.0.extend_from_slice(&step.to_le_bytes()));
                values.iter().for_each(|value| writer.float(*value));
                micros.iter().for_each(|micros| writer.0.extend_from_slice(&micros.to_le_bytes()));
                epochs.iter().for_each(|epoch| writer.float(*epoch));
            }
            Data::Objects(objects) => {
                writer.byte(3);
                writer.unsigned(objects.len() as u64);
                for object in objects {
                    writer.signed(object.step.0);
                    writer.byte(u8::from(object.epoch.is_some()));
                    if let Some(epoch) = object.epoch {
                        writer.float(epoch);
                    }
                    writer.signed(object.time.nanos());
                    writer.value(&object.value);
                }
            }
        }
    }

    /// The whole.
    pub fn finish(self, next: Option<&str>, problems: Option<&str>) -> Vec<u8> {
        let mut head = Writer::default();
        head.0.extend_from_slice(MAGIC);
        head.byte(VERSION);
        head.text(next.unwrap_or_default());
        head.text(problems.unwrap_or_default());
        head.unsigned(self.n_runs);
        let mut bytes = self.runs.0;
        bytes.splice(0..0, head.0);
        bytes
    }
}

impl Extract {
    /// Reads one.
    ///
    /// # Errors
    /// [`ExtractError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ExtractError> {
        let Some((version, rest)) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first) else {
            return Err(ExtractError::Other);
        };
        if *version != VERSION {
            return Err(ExtractError::Version { got: *version });
        }
        let mut reader = Reader(rest);
        let mut read = || {
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            let (next, problems) = (given(reader.text()?), given(reader.text()?));
            let runs = (0..reader.count()?).map(|_| read_run(&mut reader)).collect::<Option<_>>()?;
            reader.is_empty().then_some(Self { runs, next, problems })
        };
        read().ok_or(ExtractError::Damaged)
    }
}

fn read_run(reader: &mut Reader<'_>) -> Option<(RunRow, Vec<Data>)> {
    let mut row = RunRow::empty(RunId::from_bytes(reader.take(RunId::BYTES)?.try_into().ok()?));
    row.name = reader.text()?;
    row.experiment = reader.text()?;
    row.description = reader.text()?;
    row.note = reader.text()?;
    row.tags = (0..reader.count()?).map(|_| reader.text()).collect::<Option<_>>()?;
    let flags = reader.byte()?;
    (row.is_archived, row.is_deleted) = (flags & 1 != 0, flags & 2 != 0);
    let mut time = || reader.signed().map(WallTime::from_nanos);
    (row.created, row.latest) = (time()?, time()?);
    if flags & 4 != 0 {
        row.ended = Some(time()?);
    }
    row.status = match reader.byte()? {
        0 => RunStatus::Running,
        1 => RunStatus::Crashed,
        2 => RunStatus::Ended(reader.end()?),
        _ => return None,
    };
    let problem = |reason: String| Problem {
        path: PathBuf::from(row.id.to_string()),
        offset: 0,
        n_bytes: 0,
        reason: reason.into(),
    };
    row.problems = (0..reader.count()?).map(|_| reader.text().map(problem)).collect::<Option<_>>()?;
    row.params = reader.map(0)?;
    row.artifacts = (0..reader.count()?).map(|_| read_artifact(reader)).collect::<Option<_>>()?;
    let mut data = Vec::new();
    for _ in 0..reader.count()? {
        let key = |reader: &mut Reader<'_>| {
            Some(Arc::new(SeriesKey { name: reader.text()?, context: reader.context()? }))
        };
        row.series.push(read_series(reader, key)?);
        data.push(read_data(reader)?);
    }
    Some((row, data))
}

fn read_artifact(reader: &mut Reader<'_>) -> Option<(String, ArtifactRow)> {
    let name = reader.text()?;
    let file = if reader.byte()? == 1 { Some(reader.kept()?) } else { None };
    Some((name, ArtifactRow { artifact: Artifact { file, uri: reader.text()? }, is_deleted: false }))
}

fn read_data(reader: &mut Reader<'_>) -> Option<Data> {
    Some(match reader.byte()? {
        0 => Data::None,
        tag @ (1 | 2) => {
            let count = reader.count()?;
            let points = Points {
                steps: column(reader, count, i64::from_le_bytes)?,
                values: column(reader, count, f64::from_le_bytes)?,
                micros: column(reader, count, i64::from_le_bytes)?,
                epochs: column(reader, count, f64::from_le_bytes)?,
            };
            Data::Points { points, goes_on: tag == 2 }
        }
        3 => Data::Objects((0..reader.count()?).map(|_| read_object(reader)).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn column<T>(reader: &mut Reader<'_>, count: usize, of: fn([u8; 8]) -> T) -> Option<Vec<T>> {
    let (numbers, _) = reader.take(count.checked_mul(8)?)?.as_chunks::<8>();
    Some(numbers.iter().map(|bytes| of(*bytes)).collect())
}

fn read_object(reader: &mut Reader<'_>) -> Option<ObjectRow> {
    let step = Step(reader.signed()?);
    let epoch = if reader.byte()? == 1 { Some(reader.float()?) } else { None };
    Some(ObjectRow { step, epoch, time: WallTime::from_nanos(reader.signed()?), value: reader.value()? })
}

/// The numbers of series of a run, merged, in the order of the keys; an empty one for a series that the run has not.
///
/// # Errors
/// As [`Store::series`].
pub fn points_of(
    store: &dyn Store,
    run: RunId,
    keys: &[SeriesKey],
    columns: Columns,
) -> Result<Vec<Points>, Error> {
    let mut mergers: Vec<Merger> = keys.iter().map(|_| Merger::default()).collect();
    let wanted = Wanted { run, series: keys.to_vec(), columns, after: None };
    store.series(&wanted, &mut |block| {
        if let Some(merger) = mergers.get_mut(block.series) {
            merger.push(block.order, block.column);
        }
    })?;
    Ok(mergers.into_iter().map(Merger::finish).collect())
}

/// The other values of series of a run, by step: of two at one step the later, but for lines, messages and answers, which
/// stand beside each other.
///
/// # Errors
/// As [`Store::objects`].
pub fn objects_of(store: &dyn Store, run: RunId, keys: &[SeriesKey]) -> Result<Vec<Vec<ObjectRow>>, Error> {
    let mut found: Vec<Vec<Object>> = keys.iter().map(|_| Vec::new()).collect();
    let wanted = Wanted { run, series: keys.to_vec(), columns: Columns::ALL, after: None };
    store.objects(&wanted, &mut |object| {
        if let Some(of_series) = found.get_mut(object.series) {
            of_series.push(object);
        }
    })?;
    let replaces =
        |object: &Object| !matches!(object.value, Value::Log(_) | Value::LogRecord(_) | Value::Answer(_));
    let rows = found.into_iter().map(|mut objects| {
        objects.sort_by_key(|object| (object.step, object.order));
        objects.reverse();
        objects.dedup_by(|earlier, later| earlier.step == later.step && replaces(later));
        objects.reverse();
        let row = |Object { step, epoch, time, value, .. }| ObjectRow { step, epoch, time, value };
        objects.into_iter().map(row).collect()
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use trailmark_core::{ContentId, Context, End, Image, Kept};

    use super::*;
    use crate::Kind;

    fn row() -> RunRow {
        let mut row = RunRow::empty(RunId::from_bytes([7; 12]));
        row.name = "calm-fox".to_owned();
        row.tags = ["a", "b"].map(str::to_owned).into();
        (row.is_archived, row.is_deleted) = (true, true);
        row.created = WallTime::from_nanos(1_700_000_000_123_456_789);
        row.ended = Some(WallTime::from_nanos(-1));
        row.status = RunStatus::Ended(End::Failed { exit_code: Some(3), message: "broken".to_owned() });
        row.params = [("nan".to_owned(), f64::NAN.into()), ("text".to_owned(), "NaN".into())].into();
        let kept = Kept { id: ContentId::of("x"), n_bytes: 1 };
        let artifact = Artifact { file: Some(kept), uri: String::new() };
        row.artifacts = [("model.bin".to_owned(), ArtifactRow { artifact, is_deleted: false })].into();
        row.series = ["loss", "pictures"].map(series).into();
        row
    }

    fn series(name: &str) -> SeriesRow {
        SeriesRow {
            key: Arc::new(SeriesKey::new(name, Context::subset("eval").with("fold", f64::INFINITY))),
            kind: if name == "loss" { Kind::Number } else { Kind::Image },
            count: 3,
            first_step: Step(-1),
            last_step: Step(i64::MAX),
            first: Some(-0.0),
            last: None,
            min: Some((Step(1), 0.25)),
            max: None,
            last_epoch: Some(0.1),
            nan_step: Some(Step(2)),
            last_time: WallTime::from_nanos(1000),
        }
    }

    fn data() -> [Data; 2] {
        let file = Kept { id: ContentId::of("y"), n_bytes: 2 };
        let image = Image { file, format: "png".to_owned(), width: 1, height: 2, caption: String::new() };
        let value = Value::List(vec![Value::Image(Box::new(image))]);
        let object = ObjectRow { step: Step(4), epoch: None, time: WallTime::from_nanos(5), value };
        let points = Points {
            steps: vec![i64::MIN, 0, (1 << 53) + 1],
            values: vec![0.1, f64::INFINITY, -0.0],
            micros: vec![1, 2, 3],
            epochs: vec![0.5, 1.0, 1.5],
        };
        [Data::Points { points, goes_on: true }, Data::Objects(vec![object])]
    }

    fn written() -> Vec<u8> {
        let (row, mut writer) = (row(), ExtractWriter::new());
        writer.run(&row, &row.params, true, 2);
        row.series.iter().zip(&data()).for_each(|(series, data)| writer.series(series, data));
        writer.finish(Some("on"), Some("odd"))
    }

    #[test]
    fn what_is_written_is_read() {
        let want = Extract {
            runs: vec![(row(), data().into())],
            next: Some("on".to_owned()),
            problems: Some("odd".to_owned()),
        };
        assert_eq!(Extract::read(&written()), Ok(want));
        assert_eq!(Extract::read(&ExtractWriter::new().finish(None, None)), Ok(Extract::default()));
    }

    #[test]
    fn cut_or_foreign_bytes_are_refused() {
        let bytes = written();
        for end in 4..bytes.len() {
            assert_eq!(Extract::read(&bytes[..end]), Err(ExtractError::Damaged), "{end}");
        }
        assert_eq!(Extract::read(b"{}"), Err(ExtractError::Other));
        let mut newer = bytes;
        newer[3] = 2;
        assert_eq!(Extract::read(&newer), Err(ExtractError::Version { got: 2 }));
    }
}

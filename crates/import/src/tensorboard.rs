//! Event files of TensorBoard, as TensorFlow, PyTorch and the like write them.
//!
//! In the order in which bytes flow: `tree` finds files and says which are one run, `record` cuts them into records, `wire`
//! and `event` say what a record holds, `survey` which values count, `value`, `tensor`, `histogram` and `hparams` make
//! them ours. Each file is read twice, in one direction, and nothing of it is held but what waits to be written.

mod event;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod histogram;
mod hparams;
mod record;
mod survey;
mod tensor;
mod tree;
mod value;
mod wire;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use trailmark_core::{Context, End, ParamValue, Params, SeriesKey, Value, WallTime};
use trailmark_store::{Stamp, n_bytes};

use crate::{Found, Head, ImportError, Intake, Listing, Source, fs};
use event::Event;
use record::{Next, Records};
use survey::Survey;
use tree::{EventFile, RunFolder, Tree};
use value::{Unread, value_of};

/// Points that wait to be written at most, and about how many bytes of them.
const MOST_POINTS: usize = 8192;
const MOST_BYTES: usize = 8 << 20;
/// After how many bytes of the first reading it is told how far it is.
const TELL_EVERY: u64 = 1 << 20;

/// How folders become runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Board {
    /// Whether each folder is a run of its own; else those called `train`, `validation` and the like are parts of the run
    /// around them, told apart by their context.
    pub is_flat: bool,
    /// The experiment that the runs belong to; without it the name of the folder around each.
    pub experiment: Option<String>,
}

/// A folder of event files.
#[derive(Debug)]
pub struct TensorboardSource {
    tree: Tree,
    board: Board,
}

impl TensorboardSource {
    /// Looks for event files below a folder, or takes a single one.
    ///
    /// # Errors
    /// [`ImportError::NotASource`] when there is none, [`ImportError::Io`].
    pub fn open(path: &Path, board: Board) -> Result<Self, ImportError> {
        let tree = tree::look(path, board.is_flat)?;
        if tree.runs.is_empty() && tree.problems.is_empty() {
            let reason = "want files whose name holds \"tfevents\"".to_owned();
            return Err(ImportError::NotASource {
                what: "TensorBoard's event files",
                reason,
                path: path.to_owned(),
            });
        }
        Ok(Self { tree, board })
    }
}

impl Source for TensorboardSource {
    fn kind(&self) -> &'static str {
        "tensorboard"
    }

    fn list(&mut self) -> Result<Listing, ImportError> {
        let runs = self.tree.runs.iter().map(|run| Found {
            id: run.id,
            called: run.name.clone(),
            n_bytes: files(run).map(|(_, file)| file.n_bytes).sum(),
        });
        Ok(Listing {
            runs: runs.collect(),
            problems: std::mem::take(&mut self.tree.problems),
            ..Listing::default()
        })
    }

    fn read(&mut self, found: &Found, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let Some(run) = self.tree.runs.iter().find(|run| run.id == found.id) else {
            return Ok(());
        };
        let mut survey = survey(run, into)?;
        into.begin(self.head(run, &survey))?;
        if !survey.hparams.is_empty() {
            let hparams = ParamValue::Map(std::mem::take(&mut survey.hparams));
            into.params(Params::from([("hparams".to_owned(), hparams)]))?;
        }
        for (plugin, count) in std::mem::take(&mut survey.n_left_out) {
            let reason = match plugin.as_str() {
                "" => format!("tensors without a plugin have no place here ({count})"),
                plugin => format!("values of the plugin {plugin:?} have no place here ({count})"),
            };
            into.problem(run.name.clone(), reason);
        }
        let mut points = Points::default();
        hand_over(run, &mut survey, &mut points, into)?;
        points.write(into)
    }
}

impl TensorboardSource {
    fn head(&self, run: &RunFolder, survey: &Survey) -> Head {
        let began = i64::try_from(run.id.unix_millis()).unwrap_or(0).saturating_mul(1_000_000);
        let (created, last) = match survey.times {
            Some((first, last)) => (time(first), time(last)),
            None => (WallTime::from_nanos(began), WallTime::from_nanos(began)),
        };
        let end = match survey.has_failed {
            true => End::Failed { exit_code: None, message: "the session failed".to_owned() },
            false => End::Finished,
        };
        Head {
            created: Some(created),
            // Nothing in a file says that its writer lives.
            ended: Some((last, end)),
            name: run.name.clone(),
            experiment: self.board.experiment.clone().unwrap_or_else(|| run.experiment.clone()),
            ..Head::default()
        }
    }
}

/// The files of a run, each with its part's number, in their order.
fn files(run: &RunFolder) -> impl Iterator<Item = (usize, &EventFile)> {
    let parts = run.parts.iter().enumerate();
    parts.flat_map(|(index, part)| part.files.iter().map(move |file| (index, file)))
}

/// The first reading.
fn survey(run: &RunFolder, into: &mut Intake<'_>) -> Result<Survey, ImportError> {
    let contexts = run.parts.iter().map(|part| part.subset.map(Context::subset).unwrap_or_default());
    let mut survey = Survey::new(contexts);
    let (mut n_before, mut n_told) = (0, 0);
    for (part, file) in files(run) {
        let end = each_event(file, &mut |offset, event| {
            match event {
                Ok(event) => {
                    if let Err(reason) = survey.see(part, &event) {
                        into.problem(place(file, offset), reason);
                    }
                }
                Err(reason) => into.problem(place(file, offset), reason),
            }
            if n_before + offset >= n_told + TELL_EVERY {
                n_told = n_before + offset;
                // Half of the work is the second reading.
                into.progress(n_told / 2);
            }
            Ok(())
        });
        if let Err(error) = end {
            tell(file, error, into)?;
        }
        n_before += file.n_bytes;
    }
    survey.finish();
    Ok(survey)
}

/// The second reading.
fn hand_over(
    run: &RunFolder,
    survey: &mut Survey,
    points: &mut Points,
    into: &mut Intake<'_>,
) -> Result<(), ImportError> {
    let n_all: u64 = files(run).map(|(_, file)| file.n_bytes).sum();
    let mut n_before = 0;
    for (part, file) in files(run) {
        let end = each_event(file, &mut |offset, event| {
            // What is wrong with it was told at the first reading.
            let (Ok(event), Some(part)) = (event, survey.parts.get_mut(part)) else { return Ok(()) };
            for value in &event.values {
                let Some(place_of) = part.place(value, event.step) else { continue };
                let at = Stamp { step: event.step, micros: micros(event.wall_secs), epoch: f64::NAN };
                let mut blobs = Vec::new();
                match value_of(place_of.kind, &value.body, &mut blobs) {
                    Ok(value) if blobs.is_empty() => points.push(place_of.key, at, value),
                    Ok(value) => into.object(&place_of.key, (at, value), &blobs)?,
                    Err(Unread(reason)) => {
                        let place =
                            format!("{}: {:?} at step {}", place(file, offset), value.tag, event.step);
                        into.problem(place, reason);
                    }
                }
            }
            if points.n_points >= MOST_POINTS || points.n_bytes >= MOST_BYTES {
                points.write(into)?;
                into.progress((n_all + n_before + offset) / 2);
            }
            Ok(())
        });
        if let Err(error) = end {
            // The first reading has told what cannot be read.
            match error {
                Ended::Read(_) => {}
                Ended::Import(error) => return Err(error),
            }
        }
        n_before += file.n_bytes;
    }
    Ok(())
}

/// Why a file was not read to its end.
enum Ended {
    Read(String),
    Import(ImportError),
}

/// What is called for each record: with its first byte, and with an event or with what is wrong.
type Each<'a> = dyn FnMut(u64, Result<Event<'_>, &'static str>) -> Result<(), ImportError> + 'a;

/// Reads a file as far as it went when it was found, so that both readings see the same.
fn each_event(file: &EventFile, each: &mut Each<'_>) -> Result<(), Ended> {
    let cannot = |error: &dyn std::fmt::Display| Ended::Read(format!("the file cannot be read: {error}"));
    let opened = fs::open(&file.path).map_err(|error| match error {
        ImportError::Io { source, .. } => cannot(&source),
        error => cannot(&error),
    })?;
    let mut records = Records::new(BufReader::with_capacity(1 << 18, opened), file.n_bytes);
    loop {
        let offset = records.offset();
        let reason = match records.next().map_err(|error| cannot(&error))? {
            Next::End => return Ok(()),
            Next::Record => {
                let event = Event::read(records.bytes());
                let event = event.map_err(|_| "a record that is no event that can be read");
                each(offset, event).map_err(Ended::Import)?;
                continue;
            }
            Next::Skipped(reason) => {
                each(offset, Err(reason)).map_err(Ended::Import)?;
                continue;
            }
            Next::Broken(reason) => reason,
            Next::Torn => "the last record is not whole: its writer is at it, or died",
        };
        return each(offset, Err(reason)).map_err(Ended::Import);
    }
}

fn tell(file: &EventFile, error: Ended, into: &mut Intake<'_>) -> Result<(), ImportError> {
    match error {
        Ended::Read(reason) => {
            into.problem(file.path.display().to_string(), reason);
            Ok(())
        }
        Ended::Import(error) => Err(error),
    }
}

fn place(file: &EventFile, offset: u64) -> String {
    format!("{} at byte {offset}", file.path.display())
}

/// Microseconds since 1970, as they are kept.
fn micros(secs: f64) -> i64 {
    (secs * 1e6).round() as i64
}

fn time(secs: f64) -> WallTime {
    WallTime::from_nanos(micros(secs).saturating_mul(1000))
}

/// Points that wait to be written, so that a series is looked up once for many of them.
#[derive(Debug, Default)]
struct Points {
    series: BTreeMap<SeriesKey, Vec<(Stamp, Value)>>,
    n_points: usize,
    n_bytes: usize,
}

impl Points {
    fn push(&mut self, key: SeriesKey, at: Stamp, value: Value) {
        self.n_points += 1;
        self.n_bytes += n_bytes(&value);
        self.series.entry(key).or_default().push((at, value));
    }

    fn write(&mut self, into: &mut Intake<'_>) -> Result<(), ImportError> {
        (self.n_points, self.n_bytes) = (0, 0);
        for (key, points) in std::mem::take(&mut self.series) {
            into.points(&key, points)?;
        }
        Ok(())
    }
}

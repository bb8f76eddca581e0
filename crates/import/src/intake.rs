//! One run on its way into the repository: what is there already is left out, the rest goes into a journal of its own.
//!
//! The journal is made with the first thing that is new, so that importing a run twice leaves no trace. What people call
//! a run is compared with what the last import said, not with what they have made of it here since.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use trailmark_core::{
    Artifact, Edit, End, Kept, ParamValue, Params, RunId, SeriesKey, Step, Value, WallTime,
};
use trailmark_store::{
    Batch, Error, JournalWriter, Record, Repository, RunRow, SeriesTable, Stamp, Store as _, micros,
};

use crate::known::Known;
use crate::{Fate, Head, ImportError, Problem, Progress, Watch};

/// Among a run's params: what the last import of each kind of source said that people call it.
pub(crate) const IMPORTED: &str = "__imported";
/// About how many bytes become one frame.
const FRAME_BYTES: usize = 1 << 20;
/// Problems that are held for one run; a source that is broken everywhere says so once.
const MOST_PROBLEMS: usize = 1000;

/// Takes one run.
pub struct Intake<'a> {
    repository: &'a Repository,
    kind: &'static str,
    run: RunId,
    row: Option<Arc<RunRow>>,
    /// What it has of points; none for a run that was not there.
    known: Option<Known>,
    params: Params,
    head: Head,
    is_begun: bool,
    writer: Option<JournalWriter>,
    table: SeriesTable,
    batch: Batch,
    n_points: u64,
    problems: Vec<Problem>,
    before: &'a Progress,
    bytes_done: u64,
    watch: Looking<'a>,
}

/// Who looks on.
struct Looking<'a> {
    stop: &'a std::sync::atomic::AtomicBool,
    progress: &'a mut dyn FnMut(&Progress),
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        repository: &'a Repository,
        kind: &'static str,
        (run, row): (RunId, Option<Arc<RunRow>>),
        (before, watch): (&'a Progress, &'a mut Watch<'_>),
    ) -> Result<Self, ImportError> {
        let known = row.is_some().then(|| Known::new(repository, run)).transpose()?;
        let params = if row.is_some() { repository.params(run)? } else { Params::new() };
        Ok(Self {
            repository,
            kind,
            run,
            row,
            known,
            params,
            head: Head::default(),
            is_begun: false,
            writer: None,
            table: SeriesTable::default(),
            batch: Batch::default(),
            n_points: 0,
            problems: Vec::new(),
            before,
            bytes_done: 0,
            watch: Looking { stop: watch.stop, progress: &mut *watch.progress },
        })
    }

    /// Takes what people call the run, and its times.
    ///
    /// # Errors
    /// [`ImportError::Store`].
    pub fn begin(&mut self, head: Head) -> Result<(), ImportError> {
        let said = said(&head);
        let before = self.params.get(IMPORTED).and_then(|kinds| kinds.at(&[self.kind])).cloned();
        let edits = match (&before, &self.row) {
            (Some(before), _) if *before == said => Vec::new(),
            (Some(ParamValue::Map(before)), _) => edits(&head_of(before), &head),
            (_, Some(row)) => edits(&head_of_row(row), &head),
            (_, None) => edits(&Head::default(), &head),
        };
        self.head = head;
        self.is_begun = true;
        if before.as_ref() != Some(&said) {
            self.set_param(&[IMPORTED, self.kind], said);
        }
        edits.into_iter().for_each(|edit| self.batch.push(Record::Edit { edit }));
        self.write_if_full()
    }

    /// Takes one param, at a path of keys.
    ///
    /// # Errors
    /// [`ImportError::Store`].
    pub fn param(&mut self, path: &[&str], value: ParamValue) -> Result<(), ImportError> {
        self.set_param(path, value);
        self.write_if_full()
    }

    /// Takes params: each key's value replaces the one that is there; keys that are there beside these stay.
    ///
    /// # Errors
    /// [`ImportError::Store`].
    pub fn params(&mut self, params: Params) -> Result<(), ImportError> {
        for (key, value) in params {
            self.set_param(&[&key], value);
        }
        self.write_if_full()
    }

    /// Takes points of a series, in the order in which they were tracked.
    ///
    /// # Errors
    /// [`ImportError::Store`], [`ImportError::Stopped`].
    pub fn points(&mut self, series: &SeriesKey, mut points: Vec<(Stamp, Value)>) -> Result<(), ImportError> {
        if let Some(known) = &mut self.known {
            known.sift(self.repository, series, &mut points)?;
        }
        self.push(series, points)
    }

    fn push(&mut self, series: &SeriesKey, points: Vec<(Stamp, Value)>) -> Result<(), ImportError> {
        if self.watch.stop.load(Ordering::Relaxed) {
            return Err(ImportError::Stopped);
        }
        for (at, value) in points {
            let index = self.table.intern(&series.name, &series.context);
            self.batch.push_point(index, at, value);
            self.n_points += 1;
            self.write_if_full()?;
        }
        Ok(())
    }

    /// Takes a point whose value refers to bytes, and keeps those; nothing of a point that is there.
    ///
    /// # Errors
    /// As [`Self::points`].
    pub fn object(
        &mut self,
        series: &SeriesKey,
        (at, value): (Stamp, Value),
        blobs: &[Vec<u8>],
    ) -> Result<(), ImportError> {
        let mut point = vec![(at, value)];
        if let Some(known) = &mut self.known {
            known.sift(self.repository, series, &mut point)?;
        }
        if !point.is_empty() {
            for blob in blobs {
                self.repository.put_blob(blob)?;
            }
        }
        self.push(series, point)
    }

    /// Takes lines of a log, of which there is one at a step: one that changed since the last import replaces what it was.
    ///
    /// # Errors
    /// As [`Self::points`].
    pub fn lines(&mut self, series: &SeriesKey, mut lines: Vec<(Stamp, Value)>) -> Result<(), ImportError> {
        if let Some(known) = &mut self.known {
            known.sift(self.repository, series, &mut lines)?;
            let changed = lines.iter().filter(|(at, _)| known.has_line(series, at.step));
            let gone: Vec<Record> = changed
                .map(|(at, _)| {
                    let (series, step) = (series.clone(), Some(Step(at.step)));
                    Record::Edit { edit: Edit::DeletePoints { series, step, is_deleted: true } }
                })
                .collect();
            if !gone.is_empty() {
                // A frame of its own: what comes after is not deleted.
                self.write()?;
                self.writer()?.append(&gone)?;
            }
        }
        self.push(series, lines)
    }

    /// Keeps bytes that a value or an artifact refers to.
    ///
    /// # Errors
    /// [`ImportError::Store`].
    pub fn keep(&mut self, bytes: &mut dyn Read) -> Result<Kept, ImportError> {
        Ok(self.repository.put_blob_from(bytes)?)
    }

    /// The bytes that the repository has of a file of the run, if it has them.
    pub fn kept_artifact(&self, name: &str) -> Option<&Kept> {
        self.row.as_ref()?.artifacts.get(name)?.artifact.file.as_ref()
    }

    /// Takes a file of the run, by name.
    ///
    /// # Errors
    /// [`ImportError::Store`].
    pub fn artifact(&mut self, name: &str, artifact: Artifact) -> Result<(), ImportError> {
        let there = self.row.as_ref().and_then(|row| row.artifacts.get(name));
        // One that somebody deleted here stays so.
        if there.is_some_and(|there| there.is_deleted || there.artifact == artifact) {
            return Ok(());
        }
        self.batch.push(Record::Artifact { name: name.to_owned(), artifact });
        self.write_if_full()
    }

    /// Takes note of something that could not be read.
    pub fn problem(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        match self.problems.len() {
            MOST_PROBLEMS => {
                let (place, reason) = (String::new(), "more that could not be read is not listed".to_owned());
                self.problems.push(Problem { place, reason });
            }
            n if n < MOST_PROBLEMS => {
                self.problems.push(Problem { place: place.into(), reason: reason.into() });
            }
            _ => {}
        }
    }

    /// Says how many bytes of the run are read.
    pub fn progress(&mut self, bytes_done: u64) {
        self.bytes_done = bytes_done;
        let before = self.before;
        (self.watch.progress)(&Progress {
            bytes_done: before.bytes_done + bytes_done,
            n_points: before.n_points + self.n_points,
            ..*before
        });
    }

    /// Writes what is left, and how the run ended.
    pub(crate) fn finish(mut self) -> Result<(Fate, u64, Vec<Problem>), ImportError> {
        if !self.is_begun {
            return Ok((Fate::Unreadable, 0, self.problems));
        }
        self.write()?;
        if let Some((time, end)) = self.head.ended.clone()
            && (self.writer.is_some() || !self.has_end(time))
        {
            self.writer()?.append(&[Record::End { time, end }])?;
        }
        if self.row.is_none() {
            // A run of which nothing is known but that it is there.
            self.writer()?;
        }
        let fate = match (&self.row, &mut self.writer) {
            (_, None) => Fate::Same,
            (row, Some(writer)) => {
                writer.sync()?;
                if row.is_none() { Fate::New } else { Fate::Grown }
            }
        };
        Ok((fate, self.n_points, self.problems))
    }

    /// Whether the repository knows that the run ended then.
    fn has_end(&self, time: WallTime) -> bool {
        let ended = self.row.as_ref().and_then(|row| row.ended);
        ended.is_some_and(|ended| micros(ended) >= micros(time))
    }

    fn set_param(&mut self, path: &[&str], value: ParamValue) {
        let there = path.split_first().and_then(|(first, rest)| self.params.get(*first)?.at(rest));
        if there == Some(&value) {
            return;
        }
        // The only error is an empty path.
        if ParamValue::set_in(&mut self.params, path, value.clone()).is_ok() {
            let path = path.iter().map(|key| (*key).to_owned()).collect();
            self.batch.push(Record::Param { path, value });
        }
    }

    fn write_if_full(&mut self) -> Result<(), ImportError> {
        if self.batch.n_bytes() < FRAME_BYTES { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), ImportError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let n_known = self.writer()?.n_series();
        let new = self.table.since(n_known).to_vec();
        let batch = std::mem::take(&mut self.batch);
        self.writer()?.append_batch(&new, &batch)?;
        self.batch = batch;
        self.batch.clear();
        Ok(())
    }

    /// The run's journal of this import.
    fn writer(&mut self) -> Result<&mut JournalWriter, Error> {
        if self.writer.is_none() {
            let of_row = self.row.as_ref().map(|row| row.created);
            let time = self.head.created.or(of_row).unwrap_or_else(|| WallTime::from(SystemTime::now()));
            let mut writer = self.repository.writer(self.run)?;
            writer.append(&[Record::Created { time }])?;
            self.writer = Some(writer);
        }
        Ok(self.writer.as_mut().expect("made above"))
    }
}

/// What changes what one head says into what another says.
fn edits(from: &Head, to: &Head) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut text = |from: &str, to: &str, edit: fn(String) -> Edit| {
        if from != to {
            edits.push(edit(to.to_owned()));
        }
    };
    text(&from.name, &to.name, Edit::Name);
    text(&from.experiment, &to.experiment, Edit::Experiment);
    text(&from.description, &to.description, Edit::Description);
    text(&from.note, &to.note, Edit::Note);
    edits.extend(from.tags.difference(&to.tags).cloned().map(Edit::RemoveTag));
    edits.extend(to.tags.difference(&from.tags).cloned().map(Edit::AddTag));
    if from.is_archived != to.is_archived {
        edits.push(Edit::Archive(to.is_archived));
    }
    edits
}

/// What people call a run, as it is kept among its params.
fn said(head: &Head) -> ParamValue {
    let tags = head.tags.iter().map(|tag| ParamValue::from(tag.as_str())).collect();
    let said: Params = [
        ("name".to_owned(), head.name.as_str().into()),
        ("experiment".to_owned(), head.experiment.as_str().into()),
        ("description".to_owned(), head.description.as_str().into()),
        ("note".to_owned(), head.note.as_str().into()),
        ("tags".to_owned(), ParamValue::List(tags)),
        ("archived".to_owned(), head.is_archived.into()),
    ]
    .into();
    ParamValue::Map(said)
}

fn head_of(said: &Params) -> Head {
    let text = |key: &str| match said.get(key) {
        Some(ParamValue::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let tags: BTreeSet<String> = match said.get("tags") {
        Some(ParamValue::List(tags)) => tags
            .iter()
            .filter_map(|tag| match tag {
                ParamValue::Text(tag) => Some(tag.clone()),
                _ => None,
            })
            .collect(),
        _ => BTreeSet::new(),
    };
    Head {
        name: text("name"),
        experiment: text("experiment"),
        description: text("description"),
        note: text("note"),
        tags,
        is_archived: said.get("archived") == Some(&ParamValue::Bool(true)),
        ..Head::default()
    }
}

fn head_of_row(row: &RunRow) -> Head {
    Head {
        name: row.name.clone(),
        experiment: row.experiment.clone(),
        description: row.description.clone(),
        note: row.note.clone(),
        tags: row.tags.clone(),
        is_archived: row.is_archived,
        ..Head::default()
    }
}

/// How a run ended that says nothing more than that it did.
impl Head {
    /// The head with an end at a time, as one that went well.
    #[must_use]
    pub fn finished(self, at: Option<WallTime>) -> Self {
        Self { ended: at.map(|time| (time, End::Finished)), ..self }
    }
}

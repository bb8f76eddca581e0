//! An import from its beginning to its report.

use std::sync::atomic::{AtomicBool, Ordering};

use trailmark_core::RunId;
use trailmark_store::{Error, Label, Repository, Store as _};

use crate::{Found, ImportError, Intake, Listing, Source};

/// Problems that a report holds; more are counted.
const MOST_PROBLEMS: usize = 1000;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, the key in it, or the series.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was not there.
    New,
    /// It was there, and had more since.
    Grown,
    /// Nothing of it was new.
    Same,
    /// It was deleted here and stays so.
    Deleted,
    /// A process records to it here: it is left alone.
    Running,
    /// Nothing of it could be read.
    Unreadable,
}

impl Fate {
    /// The word that people and programs read.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Same => "same",
            Self::Deleted => "deleted",
            Self::Running => "running",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Which run.
    pub id: RunId,
    /// What the source calls it.
    pub called: String,
    /// What became of it.
    pub fate: Fate,
    /// Points that were written.
    pub n_points: u64,
    /// What of it could not be read.
    pub problems: Vec<Problem>,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Run by run.
    pub runs: Vec<RunReport>,
    /// What could not be read and belongs to no run.
    pub problems: Vec<Problem>,
    /// Problems beyond those that are held here.
    pub n_more_problems: u64,
}

impl Report {
    /// How many runs had a fate.
    pub fn n_runs(&self, fate: Fate) -> usize {
        self.runs.iter().filter(|run| run.fate == fate).count()
    }

    /// How many points were written.
    pub fn n_points(&self) -> u64 {
        self.runs.iter().map(|run| run.n_points).sum()
    }

    /// How many problems there were.
    pub fn n_problems(&self) -> u64 {
        let held = self.problems.len() + self.runs.iter().map(|run| run.problems.len()).sum::<usize>();
        held as u64 + self.n_more_problems
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Runs that are done.
    pub n_runs_done: u64,
    /// Runs in all.
    pub n_runs: u64,
    /// Bytes that are read, about.
    pub bytes_done: u64,
    /// Bytes in all, about.
    pub bytes: u64,
    /// Points that were written.
    pub n_points: u64,
}

/// Who looks on, and may stop it.
pub struct Watch<'a> {
    /// Whether to stop.
    pub stop: &'a AtomicBool,
    /// Is told how far it is, often.
    pub progress: &'a mut dyn FnMut(&Progress),
}

/// Imports all runs of a source.
///
/// # Errors
/// [`ImportError`]; what was written before stays, and the next import goes on.
pub fn import(
    source: &mut dyn Source,
    repository: &Repository,
    watch: &mut Watch<'_>,
) -> Result<Report, ImportError> {
    let Listing { runs, labels, problems } = source.list()?;
    for (of, name, label) in labels {
        let said = repository.labels()?.remove(&(of, name.clone())).unwrap_or_default();
        if said == Label::default() && label != said {
            repository.set_label(of, &name, label)?;
        }
    }
    let mut report = Report { problems, ..Report::default() };
    let mut progress = Progress {
        n_runs: runs.len() as u64,
        bytes: runs.iter().map(|run| run.n_bytes).sum(),
        ..Progress::default()
    };
    let mut n_left = MOST_PROBLEMS;
    for run in &runs {
        if watch.stop.load(Ordering::Relaxed) {
            return Err(ImportError::Stopped);
        }
        let mut done = import_run(source, (repository, run), (&progress, watch))?;
        let n_more = done.problems.len().saturating_sub(n_left);
        done.problems.truncate(n_left);
        n_left -= done.problems.len();
        report.n_more_problems += n_more as u64;
        progress.n_runs_done += 1;
        progress.bytes_done += run.n_bytes;
        progress.n_points += done.n_points;
        (watch.progress)(&progress);
        report.runs.push(done);
    }
    Ok(report)
}

fn import_run(
    source: &mut dyn Source,
    (repository, run): (&Repository, &Found),
    (progress, watch): (&Progress, &mut Watch<'_>),
) -> Result<RunReport, ImportError> {
    let left =
        |fate| RunReport { id: run.id, called: run.called.clone(), fate, n_points: 0, problems: Vec::new() };
    let known = match repository.run(run.id) {
        Ok(row) => Some(row),
        Err(Error::NoRun { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if known.as_ref().is_some_and(|row| row.is_deleted) || repository.is_gone(run.id)? {
        return Ok(left(Fate::Deleted));
    }
    if known.as_ref().is_some_and(|row| row.status == trailmark_core::RunStatus::Running) {
        return Ok(left(Fate::Running));
    }
    let mut intake = Intake::new(repository, source.kind(), (run.id, known), (progress, watch))?;
    source.read(run, &mut intake)?;
    let (fate, n_points, problems) = intake.finish()?;
    Ok(RunReport { fate, n_points, problems, ..left(fate) })
}

//! Whether a run lives and how it ended, from what its journals say and which of them are held.

use std::path::Path;

use rustix::io::Errno;
use trailmark_core::{End, RunId, RunStatus, WallTime, WriterId};

use crate::frame::Decoder;
use crate::fs::{Files, Stat};
use crate::gather::Gather;
use crate::journal::{self, HEADER, Headed, Header, Problem, Reached, Role};
use crate::record::{from_micros, micros};
use crate::{Error, Record, fs};

/// What is known of a journal without reading it again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JournalState {
    pub(crate) writer: WriterId,
    pub(crate) role: Role,
    /// Up to here it was read.
    pub(crate) offset: u64,
    /// Its length when it was read.
    pub(crate) n_bytes: u64,
    /// When its writer says that it began, in microseconds.
    pub(crate) created: Option<i64>,
    /// The time of the frame that says so.
    pub(crate) began: Option<i64>,
    /// The time of its last frame.
    pub(crate) latest: Option<i64>,
    /// When and how its writer ended.
    pub(crate) end: Option<(i64, End)>,
    /// The place in the run's series of each number that the journal gave.
    pub(crate) series: Vec<u32>,
    /// What is wrong behind `offset`.
    pub(crate) damage: Option<&'static str>,
    /// The frame at `offset` is not to be read again.
    pub(crate) is_nonsense: bool,
    /// Whether its writer lived when it was looked at.
    pub(crate) is_held: bool,
}

impl JournalState {
    fn new(header: Header) -> Self {
        Self {
            writer: header.writer,
            role: header.role,
            offset: HEADER as u64,
            n_bytes: 0,
            created: None,
            began: None,
            latest: None,
            end: None,
            series: Vec::new(),
            damage: None,
            is_nonsense: false,
            is_held: false,
        }
    }

    /// One that went into a segment, up to an offset.
    pub(crate) fn sealed(writer: WriterId, role: Role, offset: u64) -> Self {
        let header = Header::new(role, RunId::from_bytes([0; RunId::BYTES]), writer);
        Self { offset, n_bytes: offset, ..Self::new(header) }
    }

    /// What could not be read; a tail that its writer is about to complete is no problem.
    ///
    /// The journal lies in a folder.
    pub(crate) fn problem(&self, folder: &Path) -> Option<Problem> {
        let reason = self.damage.filter(|_| !self.is_held)?;
        let n_bytes = self.n_bytes.saturating_sub(self.offset);
        let path = folder.join(journal::file_name(self.writer));
        Some(Problem { path, offset: self.offset, n_bytes, reason: reason.into() })
    }
}

/// How the reason begins for a journal that the disk does not give back, today.
pub(crate) const UNREADABLE: &str = "cannot be read";

/// What became of reading a journal.
#[derive(Debug)]
pub(crate) enum Read {
    /// It was read up to here.
    State(JournalState),
    /// Its header is not whole yet: there is nothing to read.
    Nothing,
    /// It cannot be read.
    Foreign(Problem),
}

/// Whether an error is about this file, and not about this process or its time.
fn is_of_the_file(error: &std::io::Error) -> bool {
    let errors = [Errno::IO, Errno::ACCESS, Errno::PERM];
    errors.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Reads what is new in a journal into `gather`.
///
/// The state that is known of it, if any, is where reading begins.
pub(crate) fn read_on(
    files: &Files,
    path: &Path,
    known: Option<&JournalState>,
    gather: &mut Gather,
) -> Result<Read, Error> {
    // The lock is asked for before the bytes: a writer that ends in between is seen with its end.
    let is_held = files.0.is_held(path).map_err(fs::named("read a journal", path))?;
    if let Some(known) = known {
        let Stat { n_bytes, .. } = files.0.stat(path).map_err(fs::named("read a journal", path))?;
        // A cut frame may have been taken back and another of the same length written in its place.
        let is_whole = known.offset == known.n_bytes;
        if (is_whole && n_bytes == known.n_bytes) || (known.is_nonsense && n_bytes > known.offset) {
            return Ok(Read::State(JournalState { is_held, n_bytes, ..known.clone() }));
        }
    }
    let from = known.map_or(0, |known| known.offset);
    let bytes = match files.0.read_from(path, from) {
        Ok(bytes) => bytes,
        // One bad sector, or one file of another user, does not stand in the way of all other runs.
        Err(error) if is_of_the_file(&error) => {
            let n_bytes = files.0.stat(path).map_or(0, |stat| stat.n_bytes);
            let reason = format!("{UNREADABLE}: {error}").into();
            return Ok(Read::Foreign(Problem { path: path.to_owned(), offset: 0, n_bytes, reason }));
        }
        Err(error) => return Err(fs::named("read a journal", path)(error)),
    };
    let (mut state, frames) = match known {
        Some(known) => (known.clone(), &bytes[..]),
        None => match Header::read(&bytes).of(path) {
            Headed::Journal(header) => (JournalState::new(header), bytes.get(HEADER..).unwrap_or_default()),
            Headed::Unfinished => return Ok(Read::Nothing),
            Headed::Foreign(reason) => {
                let (path, n_bytes) = (path.to_owned(), bytes.len() as u64);
                return Ok(Read::Foreign(Problem { path, offset: 0, n_bytes, reason }));
            }
        },
    };
    state.is_held = is_held;
    state.n_bytes = from + bytes.len() as u64;
    state.read(frames, gather);
    Ok(Read::State(state))
}

impl JournalState {
    /// Reads frames that begin at `offset`.
    pub(crate) fn read(&mut self, frames: &[u8], gather: &mut Gather) {
        gather.begin(&self.series);
        let n_before = gather.records.len();
        let mut decoder = Decoder::new(self.writer, self.series.len() as u32);
        let Reached { offset, micros: latest, damage, is_nonsense } =
            journal::read_frames(frames, self.offset, &mut decoder, gather);
        self.offset = offset;
        self.latest = latest.or(self.latest);
        self.damage = damage.map(|(reason, _)| reason);
        self.is_nonsense = is_nonsense;
        self.series.clone_from(&gather.numbers);
        for (order, record) in gather.records.get(n_before..).unwrap_or_default() {
            match record {
                Record::Created { time } => {
                    self.created.get_or_insert(micros(*time));
                    self.began.get_or_insert(order.micros);
                }
                Record::End { time, end } => self.end = Some((micros(*time), end.clone())),
                _ => {}
            }
        }
        // Only a writer of the run says these. No check sum covers the header: a bit of it may have fallen over.
        if self.created.is_some() || self.end.is_some() || !self.series.is_empty() {
            self.role = Role::Run;
        }
    }
}

/// When a run began and ended, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Life {
    pub(crate) created: WallTime,
    pub(crate) ended: Option<WallTime>,
    /// The time of its last frame.
    pub(crate) latest: WallTime,
    pub(crate) status: RunStatus,
}

/// The life of a run, of which its id may say when it was made. A writer that vanished without an end is forgiven when
/// another began after its last frame.
pub(crate) fn of(id: RunId, journals: &[JournalState]) -> Life {
    let writers: Vec<&JournalState> = journals.iter().filter(|journal| journal.role == Role::Run).collect();
    let created = writers.iter().filter_map(|journal| journal.created).min();
    let latest = journals.iter().filter_map(|journal| journal.latest).max();
    let is_forgiven = |gone: &JournalState| {
        let last = gone.latest.unwrap_or(i64::MIN);
        writers.iter().any(|other| other.began.is_some_and(|began| began > last))
    };
    let crashed = writers.iter().any(|journal| journal.end.is_none() && !is_forgiven(journal));
    let last_end = writers.iter().filter_map(|journal| journal.end.as_ref()).max_by_key(|end| end.0);
    let (status, ended) = if writers.iter().any(|journal| journal.is_held) {
        (RunStatus::Running, None)
    } else {
        match last_end {
            Some((time, end)) if !crashed => (RunStatus::Ended(end.clone()), Some(from_micros(*time))),
            _ => (RunStatus::Crashed, None),
        }
    };
    Life {
        created: from_micros(created.unwrap_or_else(|| id.unix_millis() as i64 * 1000)),
        ended,
        latest: from_micros(latest.unwrap_or(0)),
        status,
    }
}

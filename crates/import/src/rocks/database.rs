//! All of a database at one moment.
//!
//! Its writer may flush, fold files together and remove them meanwhile. All files are open before anything is handed out
//! (an open file can be read when its name is gone), and when the list of files has changed by then, or one was gone
//! already, all is opened again.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::Kind;
use super::log::Tail;
use super::manifest::Manifest;
use super::memory::{Memory, MemoryCursor};
use super::table::{Table, TableCursor};
use super::tombstones::{Cover, Tombstone};
use crate::{ImportError, Problem, fs};

/// How often a database is opened that changes all the time.
const MOST_TRIES: usize = 40;
/// How long to wait in between.
const PAUSE: Duration = Duration::from_millis(25);
/// Bytes of a log, or of the list of files, at most; Aim's logs have about one megabyte.
const MOST_LOG: u64 = 1 << 30;

/// Problems of a database that are held.
const MOST_PROBLEMS: usize = 100;

/// Why a database cannot be read at all.
#[derive(Debug, Error)]
pub(crate) enum DatabaseError {
    /// There is no such folder, or no database in it.
    #[error("there is no database")]
    Missing,
    /// Its list of files cannot be read.
    #[error("{reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A database.
#[derive(Debug)]
pub(crate) struct Database {
    entries: Vec<(Vec<u8>, u64, Kind, Vec<u8>)>,
    tables: Vec<Table>,
    /// Deleted ranges by their first keys.
    tombstones: Vec<Tombstone>,
    /// What could not be read.
    problems: RefCell<Vec<Problem>>,
    n_read: Cell<u64>,
}

impl Database {
    /// Opens a database as it is now.
    pub(crate) fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let mut before = None;
        for n_tries in 1.. {
            let listed = list_of_files(folder)?;
            // What does not change meanwhile is not mended by waiting.
            let is_last = n_tries == MOST_TRIES || before.as_ref() == Some(&listed);
            match Self::try_open(folder, &listed, is_last) {
                Ok(Some(database)) => return Ok(database),
                Err(error) if is_last => return Err(error),
                _ => std::thread::sleep(PAUSE),
            }
            before = Some(listed);
        }
        Err(DatabaseError::Missing)
    }

    /// Whether there is a database, or at least what was left of one: its writer has done more than make the folder.
    pub(crate) fn is_begun(folder: &Path) -> bool {
        folder.join("CURRENT").is_file() || Self::n_bytes(folder) > 0
    }

    /// About how many bytes there are to read.
    pub(crate) fn n_bytes(folder: &Path) -> u64 {
        let Ok(paths) = fs::entries(folder) else { return 0 };
        let is_read = |path: &&PathBuf| path.extension().is_some_and(|end| end == "sst" || end == "log");
        paths.iter().filter(is_read).filter_map(|path| fs::state(path)).map(|state| state.0).sum()
    }

    /// Opens what the list of files names; none when it changed meanwhile and this is not the last try.
    fn try_open(
        folder: &Path,
        (name, listed): &(String, Vec<u8>),
        is_last: bool,
    ) -> Result<Option<Self>, DatabaseError> {
        let number = name.strip_prefix("MANIFEST-").and_then(|number| number.parse().ok()).unwrap_or(0);
        let path = folder.join(name);
        let manifest = Manifest::read(listed, number);
        let manifest = manifest.map_err(|reason| DatabaseError::Damaged { path: path.clone(), reason })?;
        let mut problems = Vec::new();
        let mut problem = |path: &Path, reason: String| {
            problems.push(Problem { place: path.display().to_string(), reason });
        };
        if manifest.has_families {
            problem(&path, "it has more than one column family; only the default one is read".to_owned());
        }
        let mut memory = Memory::default();
        for (number, path) in logs(folder, manifest.first_log) {
            match fs::read_at_most(&path, MOST_LOG) {
                Ok(bytes) => {
                    if let Tail::Damaged { offset } = memory.add(&bytes, number) {
                        problem(&path, format!("it is damaged from byte {offset} on"));
                    }
                }
                Err(_) if !is_last => return Ok(None),
                Err(error) => problem(&path, reason_of(&error)),
            }
        }
        let mut tables = Vec::new();
        for number in manifest.tables.keys() {
            let path = folder.join(format!("{number:06}.sst"));
            match fs::open(&path) {
                Ok(file) => match Table::open(&path, Box::new(file)) {
                    Ok(table) => tables.push(table),
                    Err(reason) => problem(&path, reason),
                },
                Err(_) if !is_last => return Ok(None),
                Err(error) => problem(&path, reason_of(&error)),
            }
        }
        let is_same = |now: (String, Vec<u8>)| (&now.0, &now.1) == (name, listed);
        if !is_last && !list_of_files(folder).is_ok_and(is_same) {
            return Ok(None);
        }
        let mut tombstones = std::mem::take(&mut memory.tombstones);
        tables.iter_mut().for_each(|table| tombstones.append(&mut table.tombstones));
        if tables.is_empty() {
            // Those of the logs are done.
            tombstones.clear();
        }
        tombstones.sort_unstable();
        let (entries, problems) = (memory.into_entries(), RefCell::new(problems));
        Ok(Some(Self { entries, tables, tombstones, problems, n_read: Cell::new(0) }))
    }

    /// A walk over what is there.
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        let tables = self.tables.iter().map(TableCursor::new).collect();
        let (memory, cover) = (MemoryCursor::new(&self.entries), Cover::new(&self.tombstones));
        Cursor { database: self, memory, tables, cover, key: Vec::new(), value: Vec::new() }
    }

    /// Bytes of sorted files that were read so far.
    pub(crate) fn n_read(&self) -> u64 {
        self.n_read.get()
    }

    /// Takes note of a problem, once: several walks meet the same.
    fn tell(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MOST_PROBLEMS && !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What could not be read so far.
    pub(crate) fn take_problems(&self) -> Vec<Problem> {
        self.problems.take()
    }
}

/// The name of the list of files, and its bytes.
fn list_of_files(folder: &Path) -> Result<(String, Vec<u8>), DatabaseError> {
    let path = folder.join("CURRENT");
    if !path.is_file() {
        return Err(DatabaseError::Missing);
    }
    let damaged = |path: &Path| {
        let path = path.to_owned();
        move |error: ImportError| DatabaseError::Damaged { path, reason: reason_of(&error) }
    };
    let current = fs::read_at_most(&path, 4096).map_err(damaged(&path))?;
    let name = String::from_utf8_lossy(&current).trim_end().to_owned();
    if !name.starts_with("MANIFEST-") || name.contains('/') {
        let reason = format!("got {name:?}, want the name of a MANIFEST");
        return Err(DatabaseError::Damaged { path, reason });
    }
    let path = folder.join(&name);
    let listed = fs::read_at_most(&path, MOST_LOG).map_err(damaged(&path))?;
    Ok((name, listed))
}

/// The logs from a number on, in order.
fn logs(folder: &Path, first: u64) -> Vec<(u64, PathBuf)> {
    let named = |path: PathBuf| {
        let number = path.file_name()?.to_str()?.strip_suffix(".log")?.parse().ok()?;
        Some((number, path))
    };
    // A folder that is gone by now has no logs; the list of files is read again afterwards.
    let paths = fs::entries(folder).unwrap_or_default();
    let mut logs: Vec<(u64, PathBuf)> = paths.into_iter().filter_map(named).collect();
    logs.retain(|(number, _)| *number >= first);
    logs.sort_unstable();
    logs
}

/// What went wrong with a file, which is named beside it.
fn reason_of(error: &ImportError) -> String {
    match error {
        ImportError::Io { source, .. } => source.to_string(),
        error => error.to_string(),
    }
}

/// A walk over what of a database is there, key by key.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    database: &'a Database,
    memory: MemoryCursor<'a>,
    tables: Vec<TableCursor<'a>>,
    cover: Cover<'a>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Cursor<'_> {
    /// Goes to the first key that is this or a later one; whether there is one.
    pub(crate) fn seek(&mut self, key: &[u8]) -> bool {
        self.memory.seek(key);
        self.tables.iter_mut().for_each(|table| table.seek(key));
        if *key < *self.key {
            self.cover.rewind();
        }
        self.advance()
    }

    /// Goes to the next key; whether there is one.
    pub(crate) fn advance(&mut self) -> bool {
        while let Some((sequence, kind)) = self.newest() {
            self.step_over();
            match kind {
                Kind::Value if !self.cover.hides(&self.key, sequence) => return true,
                Kind::Value | Kind::Deleted => {}
                Kind::Foreign(kind) => {
                    let place = String::from_utf8_lossy(&self.key).into_owned();
                    let reason = format!("an entry has the type {kind}, which Aim does not write");
                    self.database.tell(Problem { place, reason });
                }
            }
        }
        false
    }

    /// The present key.
    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The value at the present key.
    pub(crate) fn value(&self) -> &[u8] {
        &self.value
    }

    /// Takes key and value of the newest entry of the least key; says its sequence number and what it is.
    fn newest(&mut self) -> Option<(u64, Kind)> {
        let of_memory = self.memory.entry();
        let mut best = of_memory.map(|(key, sequence, kind, value)| (&key[..], *sequence, *kind, &value[..]));
        for table in &self.tables {
            let Some((key, sequence, kind, value)) = table.entry() else { continue };
            let is_better =
                best.is_none_or(|(least, newest, ..)| key < least || (key == least && sequence > newest));
            if is_better {
                let kind = Kind::from_byte(kind).unwrap_or(Kind::Foreign(kind));
                best = Some((key, sequence, kind, value));
            }
        }
        let (key, sequence, kind, value) = best?;
        self.key.clear();
        self.key.extend_from_slice(key);
        self.value.clear();
        self.value.extend_from_slice(value);
        Some((sequence, kind))
    }

    /// Leaves the present key behind everywhere.
    fn step_over(&mut self) {
        if self.memory.entry().is_some_and(|(key, ..)| *key == self.key) {
            self.memory.advance();
        }
        for table in &mut self.tables {
            while table.entry().is_some_and(|(key, ..)| *key == *self.key) {
                table.advance();
            }
            self.database.n_read.set(self.database.n_read.get() + std::mem::take(&mut table.n_read));
            if !table.problems.is_empty() {
                let place = table.table.path.display().to_string();
                let problems = table.problems.drain(..);
                problems.for_each(|reason| self.database.tell(Problem { place: place.clone(), reason }));
            }
        }
    }
}

//! A repository: a folder with `trailmark.toml`, `runs/` and `blobs/`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trailmark_core::{RunId, SeriesKey, Step, WriterId};

use crate::fs::{Files, Os};
use crate::gather::Gather;
use crate::ingest;
use crate::journal::{Header, Role};
use crate::row::{self, RunRow};
use crate::scan::{self, Journals, Place, Scan};
use crate::segment::{Segments, manifest};
use crate::{Error, JournalWriter, RunData, run};

/// The newest format that this program knows: the folder's own has not changed, so it is that of the journals in it.
pub(crate) const FORMAT: i64 = crate::journal::FORMAT as i64;

/// A repository on disk. Clones share what is known of it.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones of a repository share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) place: Place,
    /// Held while the disk is read: one refresh at a time is its purpose. Taken after `editor`.
    scan: Mutex<Scan>,
    /// The writer of this process's edits; a new one after a failed write. Held for the whole of an edit.
    pub(crate) editor: Mutex<WriterId>,
    /// Journals whose writers are elsewhere.
    pub(crate) ingest: Mutex<HashMap<(RunId, WriterId), ingest::Slot>>,
    /// Tells cursors of this process from those of others.
    pub(crate) session: WriterId,
    /// Held while the kept views or the labels are changed.
    pub(crate) views: Mutex<()>,
    /// Folders of blobs whose names this process has made durable. Held while a name is made so.
    pub(crate) blob_folders: Mutex<BTreeSet<PathBuf>>,
}

impl Repository {
    /// Opens a repository, or makes an empty one where there is none.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_or_create(path: &Path) -> Result<Self, Error> {
        Self::make(&Files(Arc::new(Os)), path, Some(path.join("catalog.sqlite")))
    }

    /// Opens a repository.
    ///
    /// # Errors
    /// [`Error::NotARepository`], [`Error::Newer`], [`Error::Broken`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_on(&Files(Arc::new(Os)), path, Some(path.join("catalog.sqlite")))
    }

    pub(crate) fn make(files: &Files, path: &Path, catalog: Option<PathBuf>) -> Result<Self, Error> {
        let file = path.join("trailmark.toml");
        if !files.exists(&file) {
            files.create_folder(&path.join("runs"))?;
            files.create_folder(&path.join("blobs"))?;
            let text = format!("format = {FORMAT}\nid = \"{}\"\n", WriterId::generate());
            files.replace(&file, text.as_bytes())?;
        }
        Self::open_on(files, path, catalog)
    }

    pub(crate) fn open_on(files: &Files, path: &Path, catalog: Option<PathBuf>) -> Result<Self, Error> {
        let file = path.join("trailmark.toml");
        if !files.exists(&file) {
            return Err(Error::NotARepository { path: path.to_owned() });
        }
        let broken = |reason: String| Error::Broken { reason, path: file.clone() };
        let text = String::from_utf8(files.read(&file)?).map_err(|error| broken(error.to_string()))?;
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
        let format = table.get("format").and_then(toml::Value::as_integer);
        let format = format.ok_or_else(|| broken("got no format, want a whole number".to_owned()))?;
        if format > FORMAT {
            return Err(Error::Newer { got: format, want: FORMAT, path: path.to_owned() });
        }
        let id = table.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let has_format = AtomicBool::new(format == FORMAT);
        let place = Place { files: files.clone(), path: path.to_owned(), id, catalog, has_format };
        let inner = Inner {
            place,
            scan: Mutex::default(),
            editor: Mutex::new(WriterId::generate()),
            ingest: Mutex::default(),
            session: WriterId::generate(),
            views: Mutex::default(),
            blob_folders: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.inner.place.path
    }

    /// What tells this repository from others.
    pub fn id(&self) -> &str {
        &self.inner.place.id
    }

    /// A new writer of a run, which may have others.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    pub fn writer(&self, run: RunId) -> Result<JournalWriter, Error> {
        let place = &self.inner.place;
        let folder = place.run(run);
        place.begin_format()?;
        let header = Header::new(Role::Run, run, WriterId::generate());
        JournalWriter::create(&place.files, &folder, header)
    }

    /// Whether a run was deleted and its bytes are gone.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_gone(&self, run: RunId) -> Result<bool, Error> {
        Ok(self.segments()?.manifest.gone.contains(&run))
    }

    /// The series of a run whose points somebody deleted: at a step, or all of them.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn erased_points(&self, run: RunId) -> Result<Vec<(SeriesKey, Option<Step>)>, Error> {
        let scan = self.scan_one(run)?;
        let entries = scan.runs.get(&run).into_iter().flat_map(|state| state.erased.entries());
        Ok(entries.map(|(key, step, _)| (key.clone(), step)).collect())
    }

    /// The ids of all runs, oldest first; deleted ones too.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn run_ids(&self) -> Result<Vec<RunId>, Error> {
        let mut ids = self.inner.place.run_ids()?;
        ids.extend(self.segments()?.runs.keys());
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// What is known of all runs, brought up to date.
    pub(crate) fn scan(&self) -> Result<MutexGuard<'_, Scan>, Error> {
        self.expire();
        let mut scan = self.inner.scan.lock().unwrap_or_else(PoisonError::into_inner);
        scan.refresh(&self.inner.place)?;
        Ok(scan)
    }

    /// What is known of the runs, with one of them brought up to date.
    pub(crate) fn scan_one(&self, id: RunId) -> Result<MutexGuard<'_, Scan>, Error> {
        let mut scan = self.inner.scan.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = scan.generation + 1;
        if scan.refresh_run(&self.inner.place, id, generation)? {
            scan.generation = generation;
        }
        Ok(scan)
    }

    /// All runs as rows, oldest first; deleted ones are left out.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rows(&self) -> Result<Vec<Arc<RunRow>>, Error> {
        let mut rows = self.scan()?.rows();
        rows.retain(|row| !row.is_deleted);
        Ok(rows)
    }

    /// Everything of a run, unmerged.
    pub(crate) fn gather(&self, id: RunId, is_lean: bool) -> Result<(Gather, Journals), Error> {
        let place = &self.inner.place;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let segments = self.segments()?;
            let mut gather = Gather::new(&[], is_lean);
            let mut read = || {
                let paths = place.journals(id)?;
                scan::read_whole((place, &segments), (id, &paths), &mut gather, &mut false)
            };
            let journals = read();
            // Its journals may have been folded together meanwhile, or go just now that this is told.
            let is_gone = journals.as_ref().is_err_and(Error::is_gone);
            let is_steady = !is_gone && manifest::stamp(&place.files, &place.path)? == segments.version;
            if is_steady || n_tries == 16 {
                return Ok((gather, journals?));
            }
        }
    }

    /// Lets a run be looked at again, of which something could not be read that could be when it was looked at.
    pub(crate) fn doubt(&self, run: RunId) {
        let mut scan = self.inner.scan.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = scan.runs.get_mut(&run) {
            (state.is_unread, state.is_settled) = (true, false);
        }
    }

    /// The segments as they are now.
    pub(crate) fn segments(&self) -> Result<Arc<Segments>, Error> {
        let mut scan = self.inner.scan.lock().unwrap_or_else(PoisonError::into_inner);
        scan.load_segments(&self.inner.place)?;
        Ok(Arc::clone(&scan.segments))
    }

    /// Reads a run.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Io`]. Damage is no error: it is told in [`RunData::problems`].
    pub fn read_run(&self, id: RunId) -> Result<RunData, Error> {
        let (gather, journals) = self.gather(id, false)?;
        if journals.is_empty() {
            return Err(Error::NoRun { text: id.to_string() });
        }
        Ok(run::merge(id, gather, &journals, &self.inner.place.run(id)))
    }

    /// Reads all runs, oldest first; deleted ones are left out, and one whose writer died before its first byte.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read_all(&self) -> Result<Vec<RunData>, Error> {
        let mut runs = Vec::new();
        for id in self.run_ids()? {
            match self.read_run(id) {
                Ok(run) if run.is_deleted => {}
                Ok(run) => runs.push(run),
                Err(Error::NoRun { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// The id of the run that a person means by an id, its first digits, or a name; a deleted run only by its whole id.
    ///
    /// # Errors
    /// [`Error::NoRun`] when there is none, or more than one.
    pub fn find_id(&self, text: &str) -> Result<RunId, Error> {
        let none = || Error::NoRun { text: text.to_owned() };
        if let Ok(id) = text.parse() {
            let is_there =
                self.segments()?.runs.contains_key(&id) || !self.inner.place.journals(id)?.is_empty();
            return if is_there { Ok(id) } else { Err(none()) };
        }
        let rows = self.rows()?;
        row::meant(rows.iter().map(|row| &**row), text).map(|row| row.id).ok_or_else(none)
    }

    /// Reads the run that a person means, as [`Self::find_id`].
    ///
    /// # Errors
    /// As [`Self::find_id`] and [`Self::read_run`].
    pub fn find(&self, text: &str) -> Result<RunData, Error> {
        self.read_run(self.find_id(text)?)
    }
}

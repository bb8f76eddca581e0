//! Looking after a repository: a copy while writers write, the catalog made again, what is damaged mended or set aside.

use std::io::Read;
use std::path::{Path, PathBuf};

use trailmark_core::WriterId;

use crate::fs;
use crate::journal::{NEWER, Problem};
use crate::labels::LABELS;
use crate::life::UNREADABLE;
use crate::scan::{self, writer_of};
use crate::segment::manifest;
use crate::views::VIEWS;
use crate::{Error, Repository, Store as _};

/// Where [`Repository::repair`] puts what cannot be read.
const SET_ASIDE: &str = "set-aside";
/// How often the catalog's lock is asked for; whoever else has it needs it for the length of a write.
const TRIES: usize = 100;

/// A file of a copy.
pub struct CopiedFile<'a> {
    /// Its place in the repository.
    pub path: &'a Path,
    /// How many bytes of it belong to the copy.
    pub n_bytes: u64,
    /// Gives exactly those bytes.
    pub bytes: &'a mut dyn Read,
}

/// What [`Repository::repair`] did about a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// What was wrong.
    pub problem: Problem,
    /// Where the bytes lie now that could not be read, or the file that was damaged.
    pub kept: Option<PathBuf>,
    /// Whether something was done about it. What is missing stays missing, unless it can be made again; a journal of a
    /// newer program, or a file that the disk does not give back, stays where it is.
    pub is_mended: bool,
}

impl Repository {
    /// Hands every file of a copy to `each`: that of a moment, whatever writers write meanwhile.
    ///
    /// Of a journal that is being written only whole frames are given; blobs come last, so that all are there that a
    /// journal speaks of. The catalog is not part of it: the copy makes its own.
    ///
    /// # Errors
    /// [`Error::Io`], and what `each` answers.
    pub fn copy_out<E: From<Error>>(
        &self,
        each: &mut dyn FnMut(CopiedFile<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let kept = ["trailmark.toml", VIEWS, LABELS].map(|name| self.path().join(name));
        // Journals must not go into segments between the listing and the copying; where nothing can be locked, nobody
        // can compact either.
        let _lock = match (0..TRIES).find_map(|_| match self.compaction_lock() {
            Err(Error::Busy { .. }) => None,
            lock => Some(lock),
        }) {
            Some(lock) => lock.ok(),
            None => return Err(E::from(Error::Busy { path: self.path().to_owned() })),
        };
        let there = kept.into_iter().filter(|path| self.inner.place.files.exists(path));
        let mut paths: Vec<_> = there.map(|path| (path, None)).collect();
        let manifest = manifest::Manifest::read(&self.inner.place.files, self.path())?;
        for listed in &manifest.segments {
            let files = listed.files.keys().map(|part| manifest::file(self.path(), listed.number, *part));
            paths.extend(files.filter(|path| self.inner.place.files.exists(path)).map(|path| (path, None)));
        }
        let path = manifest::path(self.path());
        if self.inner.place.files.exists(&path) {
            paths.push((path, None));
        }
        for run in self.run_ids()? {
            // Listed first: of each file listed, the scan that follows knows whether it is being written.
            let journals = self.inner.place.journals(run)?;
            let scan = self.scan_one(run)?;
            for path in journals {
                let states = scan.runs.get(&run).map(|state| &state.journals.states);
                let mut states = states.into_iter().flatten();
                let state = states.find(|state| Some(state.writer) == writer_of(&path));
                let whole = state.filter(|state| state.is_held).map(|state| state.offset);
                paths.push((path, whole));
            }
        }
        paths.extend(self.blobs()?.into_iter().map(|path| (path, None)));
        for (path, whole) in paths {
            let named = || fs::named("copy a file", &path);
            let files = &self.inner.place.files;
            let n_bytes = match whole {
                Some(n_bytes) => n_bytes,
                None => files.0.stat(&path).map_err(named())?.n_bytes,
            };
            let mut bytes = files.0.open(&path).map_err(named())?.take(n_bytes);
            let relative = path.strip_prefix(self.path()).unwrap_or(&path);
            each(CopiedFile { path: relative, n_bytes, bytes: &mut bytes })?;
        }
        Ok(())
    }

    /// Makes the catalog again from the journals; says how many runs it holds.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process keeps it for long; [`Error::Io`].
    pub fn rebuild(&self) -> Result<usize, Error> {
        let place = &self.inner.place;
        let Some(path) = &place.catalog else { return Ok(self.scan()?.runs.len()) };
        let lock = (0..TRIES).find_map(|_| scan::maintenance_lock(place));
        let lock = lock.ok_or_else(|| Error::Busy { path: path.clone() })?;
        for end in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(end);
            let path = PathBuf::from(name);
            if place.files.exists(&path) {
                place.files.0.remove(&path).map_err(fs::named("remove the catalog", &path))?;
            }
        }
        drop(lock);
        let fresh = Self::open_on(&place.files, self.path(), place.catalog.clone())?;
        let n_runs = fresh.scan()?.runs.len();
        Ok(n_runs)
    }

    /// Checks everything, mends what can be mended and moves what cannot be read into the folder `set-aside`: a
    /// journal's damaged tail, a file that is no journal, a blob whose content is not what its name says. A file of a
    /// segment with a few wrong bytes is put right; else what can be read of the segment is folded again, and a copy of
    /// what was damaged is set aside. A list of segments that cannot be read is made again from the segments; runs that
    /// were deleted for good may come back by that. Nothing is deleted; what a living writer holds is left alone.
    ///
    /// # Errors
    /// [`Error::Locked`] when a writer took the journal meanwhile; [`Error::Busy`] when runs are being folded together;
    /// [`Error::Full`], [`Error::Io`].
    pub fn repair(&self) -> Result<Vec<Repaired>, Error> {
        let mut repaired: Vec<Repaired> = self.repair_manifest()?.into_iter().collect();
        let folder = manifest::folder(self.path());
        let (of_segments, others): (Vec<Problem>, Vec<Problem>) =
            self.check()?.into_iter().partition(|problem| problem.path.starts_with(&folder));
        repaired.extend(self.mend(of_segments)?);
        for problem in others {
            let is_sound = [NEWER, UNREADABLE].iter().any(|reason| problem.reason.starts_with(reason));
            let is_mended = self.inner.place.files.exists(&problem.path) && !is_sound;
            let kept = if is_mended { Some(self.set_aside(&problem)?) } else { None };
            repaired.push(Repaired { problem, kept, is_mended });
        }
        Ok(repaired)
    }

    /// Makes the list of segments again from what they hold, where it cannot be read; what is there of it is set aside.
    fn repair_manifest(&self) -> Result<Option<Repaired>, Error> {
        let files = &self.inner.place.files;
        let Err(Error::Broken { reason, path }) = manifest::Manifest::read(files, self.path()) else {
            return Ok(None);
        };
        let _lock = self.compaction_lock()?;
        let made = manifest::Manifest::of_files(files, self.path())?;
        let n_bytes = files.0.stat(&path).map_err(fs::named("look at a file", &path))?.n_bytes;
        let problem = Problem { path, offset: 0, n_bytes, reason: reason.into() };
        let kept = self.set_aside(&problem)?;
        made.write(files, self.path())?;
        Ok(Some(Repaired { problem, kept: Some(kept), is_mended: true }))
    }

    /// A place in `set-aside` for bytes of a file from an offset on.
    pub(crate) fn place_aside(&self, path: &Path, offset: u64) -> Result<PathBuf, Error> {
        let relative = path.strip_prefix(self.path()).unwrap_or(path);
        // A second damage at the same place is kept beside the first.
        let random = WriterId::generate();
        let kept = self.path().join(SET_ASIDE).join(relative);
        let kept = kept.with_added_extension(format!("{offset}-{random}"));
        self.inner.place.files.create_folder(kept.parent().unwrap_or(self.path()))?;
        Ok(kept)
    }

    /// Makes durable where bytes were set aside: they must not be lost for want of a name.
    pub(crate) fn sync_aside(&self, kept: &Path) -> Result<(), Error> {
        let folders = kept.ancestors().skip(1).take_while(|folder| folder.starts_with(self.path()));
        for folder in folders {
            let synced = self.inner.place.files.0.sync_folder(folder);
            synced.map_err(fs::named("set damaged bytes aside", kept))?;
        }
        Ok(())
    }

    fn set_aside(&self, problem: &Problem) -> Result<PathBuf, Error> {
        let files = &self.inner.place.files;
        let path = &problem.path;
        let named = || fs::named("set damaged bytes aside", path);
        let kept = self.place_aside(path, problem.offset)?;
        let mut file = files.0.append(path).map_err(named())?;
        if !file.lock().map_err(named())? {
            return Err(Error::Locked { path: path.clone() });
        }
        if problem.offset == 0 {
            files.0.rename(path, &kept).map_err(named())?;
        } else {
            let tail = files.0.read_from(path, problem.offset).map_err(named())?;
            files.replace(&kept, &tail)?;
            file.truncate(problem.offset).map_err(named())?;
            file.sync().map_err(named())?;
        }
        self.sync_aside(&kept)?;
        if let Some(folder) = path.parent() {
            files.0.sync_folder(folder).map_err(named())?;
            files.0.touch_folder(folder).map_err(named())?;
        }
        Ok(kept)
    }
}

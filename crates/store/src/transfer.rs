//! Runs copied or moved to another repository: journals byte for byte, and the blobs that they refer to.
//!
//! A journal has one writer and only grows, so a copy of it is a beginning of it: what is there already is compared and
//! gone on with. Blobs are there before the journals that speak of them, and a journal gets its name when it is whole, so
//! that the destination is sound at every moment; what an interruption left is taken up by the next copy.

use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use trailmark_core::{ContentId, RunId, RunStatus};

use crate::fs::{self, DiskFile, ReadSeek};
use crate::journal;
use crate::scan::writer_of;
use crate::{Error, Repository};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// What became of copying a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Copied {
    /// Bytes that were not there yet.
    pub n_new_bytes: u64,
    /// Blobs that the run refers to and that are not here either.
    pub lost: Vec<ContentId>,
}

/// A journal as far as it belongs to a copy.
struct Whole {
    path: PathBuf,
    n_bytes: u64,
}

impl Repository {
    /// How many bytes a run's journals and blobs have.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Io`].
    pub fn run_bytes(&self, run: RunId) -> Result<u64, Error> {
        let journals = self.whole_journals(run)?;
        let mut n_bytes: u64 = journals.iter().map(|journal| journal.n_bytes).sum();
        for blob in self.read_run(run)?.blobs() {
            // One that is lost has none.
            n_bytes += self.inner.place.files.0.stat(&self.blob_path(&blob)).map_or(0, |stat| stat.n_bytes);
        }
        Ok(n_bytes)
    }

    /// Copies a run to another repository, durably; calls `each` with the bytes that are done. What is there already is
    /// compared, and of a run that grew only what is new is written. Of a journal that is being written only whole frames
    /// are copied.
    ///
    /// # Errors
    /// [`Error::NoRun`]; [`Error::Transfer`] when the run was deleted there; [`Error::Frames`] when another journal of
    /// that name is there; [`Error::Locked`] when another process writes it there; [`Error::Full`], [`Error::Io`].
    pub fn copy_run(&self, run: RunId, to: &Self, each: &mut dyn FnMut(u64)) -> Result<Copied, Error> {
        let copied = self.copy(run, to, &self.whole_journals(run)?, each)?;
        Ok(Copied { n_new_bytes: copied.n_new_bytes + to.take_folded(run, self)?, ..copied })
    }

    /// Copies journals as far as they are whole, and all blobs that they speak of.
    fn copy(
        &self,
        run: RunId,
        to: &Self,
        journals: &[Whole],
        each: &mut dyn FnMut(u64),
    ) -> Result<Copied, Error> {
        // Read after the journals were measured: it knows whatever these bytes speak of.
        let data = self.read_run(run)?;
        let folder = to.inner.place.run(run);
        if !data.is_deleted && to.is_deleted(run)? {
            let reason = "it was deleted there, want it restored first";
            return Err(Error::Transfer { reason, path: folder });
        }
        let mut copied = Copied::default();
        for blob in data.blobs() {
            let path = self.blob_path(&blob);
            let Ok(stat) = self.inner.place.files.0.stat(&path) else {
                copied.lost.push(blob);
                continue;
            };
            if !to.inner.place.files.exists(&to.blob_path(&blob)) {
                let open = self.inner.place.files.0.open(&path);
                let kept = to.put_blob_from(&mut open.map_err(fs::named("read a blob", &path))?)?;
                if kept.id != blob {
                    return Err(Error::Transfer { reason: "its content is not what its name says", path });
                }
                copied.n_new_bytes += kept.n_bytes;
            }
            each(stat.n_bytes);
        }
        to.inner.place.begin_format()?;
        if !journals.is_empty() {
            to.inner.place.files.create_folder(&folder)?;
        }
        for journal in journals {
            copied.n_new_bytes += self.copy_journal(journal, to, &folder)?;
            each(journal.n_bytes);
        }
        Ok(copied)
    }

    /// Moves a run to another repository: copies it, reads the copy again, and only then takes it away here. Blobs stay,
    /// as other runs may refer to them.
    ///
    /// # Errors
    /// As [`Self::copy_run`]; [`Error::Transfer`] also for a run that is being recorded, and when something of it is lost
    /// or the copy is not the same; [`Error::Locked`] when somebody writes to it meanwhile.
    pub fn move_run(&self, run: RunId, to: &Self, each: &mut dyn FnMut(u64)) -> Result<Copied, Error> {
        let files = &self.inner.place.files;
        let folder = self.inner.place.run(run);
        if self.scan_one(run)?.runs.get(&run).is_some_and(|state| state.row.status == RunStatus::Running) {
            return Err(Error::Transfer {
                reason: "it is being recorded, want it to have ended",
                path: folder,
            });
        }
        if self.segments()?.number(run).is_some() {
            return self.move_folded(run, to, each);
        }
        // Nobody writes to them from here on.
        let (mut journals, mut held) = (Vec::new(), Vec::new());
        for path in self.inner.place.journals(run)? {
            let mut file = files.0.append(&path).map_err(fs::named("open a journal", &path))?;
            if !file.lock().map_err(fs::named("open a journal", &path))? {
                return Err(Error::Locked { path });
            }
            let n_bytes = files.0.stat(&path).map_err(fs::named("read a journal", &path))?.n_bytes;
            journals.push(Whole { path, n_bytes });
            held.push(file);
        }
        if journals.is_empty() {
            return Err(Error::NoRun { text: run.to_string() });
        }
        let copied = self.copy(run, to, &journals, each)?;
        self.want_all(&copied)?;
        self.compare_copy(run, to, &journals)?;
        self.compare_blobs(run, to)?;
        for Whole { path, .. } in &journals {
            files.0.remove(path).map_err(fs::named("remove a journal", path))?;
        }
        files.0.remove_folder(&folder).map_err(fs::named("remove a run", &folder))?;
        let runs = self.inner.place.runs();
        files.0.sync_folder(&runs).map_err(fs::named("remove a run", &runs))?;
        Ok(copied)
    }

    /// Moves a run that lies in a segment.
    fn move_folded(&self, run: RunId, to: &Self, each: &mut dyn FnMut(u64)) -> Result<Copied, Error> {
        let journals = self.journal_states(run)?;
        let copied = self.copy_run(run, to, each)?;
        self.want_all(&copied)?;
        let (ours, theirs) = (self.read_run(run)?, to.read_run(run)?);
        if ours != theirs || !ours.problems.is_empty() {
            let path = to.inner.place.run(run);
            return Err(Error::Transfer { reason: "the copy is not the same", path });
        }
        self.compare_blobs(run, to)?;
        self.take_folded_away(run, &journals)?;
        Ok(copied)
    }

    /// Fails when a blob of a copied run is lost.
    fn want_all(&self, copied: &Copied) -> Result<(), Error> {
        let Some(lost) = copied.lost.first() else { return Ok(()) };
        let reason = "a blob of it is lost, so it can be copied but not moved";
        Err(Error::Transfer { reason, path: self.blob_path(lost) })
    }

    /// Fails unless a copy that can be read holds every byte of a run's journals.
    fn compare_copy(&self, run: RunId, to: &Self, journals: &[Whole]) -> Result<(), Error> {
        let folder = to.inner.place.run(run);
        for Whole { path, n_bytes } in journals {
            let copy = folder.join(path.file_name().unwrap_or_default());
            let stat = to.inner.place.files.0.stat(&copy).map_err(fs::named("read a journal", &copy))?;
            if stat.n_bytes < *n_bytes || !self.begins_alike((path, *n_bytes), to, &copy)? {
                return Err(Error::Transfer { reason: "the copy is not the same", path: copy });
            }
        }
        Ok(())
    }

    /// Fails unless the blobs of a run are there, and what their names say.
    fn compare_blobs(&self, run: RunId, to: &Self) -> Result<(), Error> {
        for blob in self.read_run(run)?.blobs() {
            let path = to.blob_path(&blob);
            let open = to.inner.place.files.0.open(&path);
            let mut bytes = open.map_err(fs::named("read a blob", &path))?;
            let kept = crate::blob::hash(&mut bytes, |_| Ok(()));
            if kept.map_err(fs::named("read a blob", &path))?.id != blob {
                return Err(Error::Transfer { reason: "the copy is not the same", path });
            }
        }
        Ok(())
    }

    /// Whether people deleted a run here.
    fn is_deleted(&self, run: RunId) -> Result<bool, Error> {
        Ok(self.scan_one(run)?.runs.get(&run).is_some_and(|state| state.row.is_deleted))
    }

    /// The journals of a run, each as far as it is whole now.
    fn whole_journals(&self, run: RunId) -> Result<Vec<Whole>, Error> {
        // Listed first: of each file listed, the scan that follows knows whether it is being written.
        let paths = self.inner.place.journals(run)?;
        if paths.is_empty() && self.segments()?.number(run).is_none() {
            return Err(Error::NoRun { text: run.to_string() });
        }
        let scan = self.scan_one(run)?;
        let states = scan.runs.get(&run).map(|state| state.journals.states.as_slice()).unwrap_or_default();
        let mut journals = Vec::new();
        for path in paths {
            let state = states.iter().find(|state| Some(state.writer) == writer_of(&path));
            let n_bytes = match state {
                Some(state) if state.is_held => state.offset,
                _ => {
                    let stat = self.inner.place.files.0.stat(&path);
                    stat.map_err(fs::named("read a journal", &path))?.n_bytes
                }
            };
            journals.push(Whole { path, n_bytes });
        }
        Ok(journals)
    }

    /// Copies one journal into a folder; says how many bytes were not there yet.
    fn copy_journal(&self, journal: &Whole, to: &Self, folder: &Path) -> Result<u64, Error> {
        let files = &to.inner.place.files;
        let name = journal.path.file_name().unwrap_or_default();
        let target = folder.join(name);
        let part = target.with_added_extension("part");
        let is_new = !files.exists(&target);
        let path = if is_new { &part } else { &target };
        let named = || fs::named("write a journal", path);
        let opened = if files.exists(path) { files.0.append(path) } else { files.0.create(path) };
        let mut file = opened.map_err(named())?;
        if !file.lock().map_err(named())? {
            return Err(Error::Locked { path: path.clone() });
        }
        let mut there = files.0.stat(path).map_err(named())?.n_bytes;
        let is_beginning = self.begins_alike((&journal.path, journal.n_bytes.min(there)), to, path)?;
        if is_new && (!is_beginning || there > journal.n_bytes) {
            // What is left of another copy is of no use.
            file.truncate(0).map_err(named())?;
            there = 0;
        } else if !is_beginning {
            return Err(Error::Frames { reason: "other bytes are there", offset: 0, path: target });
        }
        let n_new = journal.n_bytes.saturating_sub(there);
        if n_new > 0 {
            let mut from = self.open_at(&journal.path, there)?.take(n_new);
            let n_written = copy_bytes(&mut from, &mut *file).map_err(named())?;
            if n_written < n_new {
                return Err(Error::Transfer { reason: "it became shorter", path: journal.path.clone() });
            }
            file.sync().map_err(named())?;
        }
        if is_new {
            files.0.rename(&part, &target).map_err(named())?;
            journal::sync_names(files, &target).map_err(named())?;
        }
        if n_new > 0 {
            // Readers look at a run that ended only when its folder changed.
            files.0.touch_folder(folder).map_err(named())?;
        }
        Ok(n_new)
    }

    /// Whether a file there begins with the first bytes of one here.
    fn begins_alike(&self, (path, n_bytes): (&Path, u64), to: &Self, other: &Path) -> Result<bool, Error> {
        let (mut one, mut two) = (self.open_at(path, 0)?.take(n_bytes), to.open_at(other, 0)?.take(n_bytes));
        let mut is_same = move || -> io::Result<bool> {
            let (mut a, mut b) = (vec![0; PIECE], vec![0; PIECE]);
            loop {
                let (n_a, n_b) = (read_full(&mut one, &mut a)?, read_full(&mut two, &mut b)?);
                if a.get(..n_a) != b.get(..n_b) {
                    return Ok(false);
                }
                if n_a == 0 {
                    return Ok(true);
                }
            }
        };
        is_same().map_err(fs::named("compare journals", other))
    }

    fn open_at(&self, path: &Path, offset: u64) -> Result<Box<dyn ReadSeek>, Error> {
        let mut file = self.inner.place.files.0.open(path).map_err(fs::named("read a journal", path))?;
        file.seek(SeekFrom::Start(offset)).map_err(fs::named("read a journal", path))?;
        Ok(file)
    }
}

/// Reads until the buffer is full or there is no more.
fn read_full(from: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    let mut n_read = 0;
    while let Some(rest) = into.get_mut(n_read..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(count) => n_read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n_read)
}

fn copy_bytes(from: &mut dyn Read, to: &mut dyn DiskFile) -> io::Result<u64> {
    let mut piece = vec![0; PIECE];
    let mut n_bytes = 0;
    loop {
        let n_read = read_full(from, &mut piece)?;
        if n_read == 0 {
            return Ok(n_bytes);
        }
        fs::write_all(to, piece.get(..n_read).unwrap_or_default())?;
        n_bytes += n_read as u64;
    }
}

//! Giving space back: journals that are in segments, runs that were deleted or went elsewhere, blobs that nobody refers
//! to. The other half of compaction, under its lock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use trailmark_core::{ContentId, RunId, WallTime};

use crate::compact::{Compact, Compacted, Taken};
use crate::life::JournalState;
use crate::segment::Segments;
use crate::segment::manifest::{self, Manifest};
use crate::{Error, Repository, fs, journal};

impl Repository {
    /// Removes journals that are in a segment as they were taken.
    pub(crate) fn remove_journals(&self, id: RunId, taken: &[JournalState]) -> Result<(), Error> {
        let files = &self.inner.place.files;
        let folder = self.inner.place.run(id);
        for journal in taken {
            let path = folder.join(journal::file_name(journal.writer));
            let named = || fs::named("remove a journal", &path);
            let Ok(mut file) = files.0.append(&path) else { continue };
            if !file.lock().map_err(named())? {
                continue;
            }
            if files.0.stat(&path).map_err(named())?.n_bytes == journal.n_bytes {
                files.0.remove(&path).map_err(named())?;
            }
        }
        if files.entries(&folder)?.is_empty() && files.exists(&folder) {
            // A writer that makes its journal there just now makes the folder again.
            let _ = files.0.remove_folder(&folder);
        }
        Ok(())
    }

    /// Removes journals that an earlier compaction folded and did not come to remove.
    pub(crate) fn tidy(&self, runs: &BTreeSet<RunId>, segments: &Segments) -> Result<(), Error> {
        for id in runs {
            let Some(sealed) = segments.sealed(*id)? else { continue };
            let states = self.scan_one(*id)?.runs.get(id).map(|state| state.journals.states.clone());
            let states = states.unwrap_or_default();
            let covered = states.into_iter().filter(|journal| sealed.covers(journal.writer, journal.offset));
            self.remove_journals(*id, &covered.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Takes the bytes of deleted runs away.
    pub(crate) fn delete_runs(&self, runs: &BTreeSet<RunId>, done: &mut Compacted) -> Result<(), Error> {
        if runs.is_empty() {
            return Ok(());
        }
        let mut taken = Taken::new();
        for id in runs {
            // Once more, now that it counts: it may have been restored.
            let scan = self.scan_one(*id)?;
            if let Some(state) = scan.runs.get(id).filter(|state| state.row.is_deleted) {
                taken.insert(*id, state.journals.states.clone());
            }
        }
        done.n_deleted += taken.len() as u64;
        self.take_away(&taken, done)
    }

    /// Takes runs out of their segments, and their journals as they were taken.
    fn take_away(&self, taken: &Taken, done: &mut Compacted) -> Result<(), Error> {
        let segments = self.segments()?;
        let mut manifest = segments.manifest.clone();
        manifest.gone.extend(taken.keys());
        self.commit(manifest, &segments, &BTreeSet::new(), done)?;
        taken.iter().try_for_each(|(id, journals)| self.remove_journals(*id, journals))
    }

    /// Takes away a run of a segment that went elsewhere, unless something was added to it since `journals` were read.
    pub(crate) fn take_folded_away(&self, id: RunId, journals: &[JournalState]) -> Result<(), Error> {
        let _lock = self.compaction_lock()?;
        if self.journal_states(id)? != journals {
            return Err(Error::Locked { path: self.inner.place.run(id) });
        }
        self.take_away(&Taken::from([(id, journals.to_vec())]), &mut Compacted::default())
    }

    /// What is known of the journals of a run that are no part of a segment.
    pub(crate) fn journal_states(&self, id: RunId) -> Result<Vec<JournalState>, Error> {
        let scan = self.scan_one(id)?;
        let state = scan.runs.get(&id).ok_or_else(|| Error::NoRun { text: id.to_string() })?;
        Ok(state.journals.states.clone())
    }

    /// Removes files of segments that the manifest does not name.
    pub(crate) fn sweep(&self, manifest: &Manifest) -> Result<(), Error> {
        let named = manifest.segments.iter().flat_map(|listed| {
            listed.files.keys().map(|part| manifest::file(self.path(), listed.number, *part))
        });
        let named: BTreeSet<PathBuf> = named.collect();
        let is_ours = |path: &Path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            [".parquet", ".parquet.new", ".crc32c"].iter().any(|end| name.ends_with(end))
                || [".parquet.", ".crc32c."].iter().any(|part| name.contains(part))
        };
        for path in self.inner.place.files.entries(&manifest::folder(self.path()))? {
            if is_ours(&path) && !named.contains(&path) {
                self.inner.place.files.0.remove(&path).map_err(fs::named("remove a segment", &path))?;
            }
        }
        Ok(())
    }

    /// Removes blobs that no run refers to and that are old enough for no writer to be about to. A run of which something
    /// cannot be read may refer to any of them.
    pub(crate) fn remove_blobs(&self, options: &Compact) -> Result<u64, Error> {
        let files = &self.inner.place.files;
        let old = |path: &Path| -> Result<bool, Error> {
            let modified = files.0.stat(path).map_err(fs::named("look at a blob", path))?.modified;
            let nanos = WallTime::from(SystemTime::now()).nanos().saturating_sub(modified);
            Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)) >= options.blob_age)
        };
        let mut candidates = Vec::new();
        for path in self.blobs()? {
            if old(&path)? {
                candidates.push(path);
            }
        }
        if candidates.is_empty() || !self.segments()?.unread.is_empty() {
            return Ok(0);
        }
        let mut used: BTreeSet<ContentId> = BTreeSet::new();
        for id in self.run_ids()? {
            match self.read_run(id) {
                Ok(run) if !run.problems.is_empty() => return Ok(0),
                Ok(run) => used.extend(run.blobs()),
                Err(Error::NoRun { .. }) => return Ok(0),
                Err(error) => return Err(error),
            }
        }
        let used: BTreeSet<PathBuf> = used.iter().map(|id| self.blob_path(id)).collect();
        let mut n_removed = 0;
        for path in candidates.into_iter().filter(|path| !used.contains(path)) {
            let Ok(mut file) = files.0.append(&path) else { continue };
            let named = || fs::named("remove a blob", &path);
            // Whoever keeps the same bytes again makes the blob young under its lock.
            if file.lock().map_err(named())? && old(&path)? {
                files.0.remove(&path).map_err(named())?;
                n_removed += 1;
            }
        }
        Ok(n_removed)
    }
}

//! The folder as a [`Store`].

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use trailmark_core::{ContentId, Edit, Kept, Params, RunId, RunStatus, WallTime, WriterId};

use crate::blob;
use crate::frame::Encoder;
use crate::fs::{self, ReadSeek};
use crate::journal::{self, Header, Problem, Role};
use crate::points::Block;
use crate::record::micros;
use crate::row::RunRow;
use crate::run::About;
use crate::segment::check::Harmed;
use crate::segment::manifest;
use crate::store::{Appended, Changes, Contents, Cursor, Object, Page, Prune, Stats, Store, Wanted};
use crate::{
    Batch, Compact, Compacted, Cut, Error, JournalWriter, Label, LabelOf, Labels, Order, Record, Repository,
    Sampled, Token, View,
};

impl Store for Repository {
    fn id(&self) -> &str {
        Self::id(self)
    }

    fn append(&self, run: RunId, writer: WriterId, offset: u64, bytes: &[u8]) -> Result<Appended, Error> {
        self.ingest(run, writer, offset, bytes)
    }

    fn writer(&self, run: RunId) -> Result<JournalWriter, Error> {
        Self::writer(self, run)
    }

    fn runs(&self, prune: &Prune, after: Option<&Cursor>, limit: usize) -> Result<Page, Error> {
        let after = match after {
            Some(cursor) => Some(run_position(cursor)?),
            None => None,
        };
        let mut rows = self.scan()?.rows();
        rows.retain(|row| {
            after.is_none_or(|after| (row.created.nanos(), row.id) > after) && prune.admits(row)
        });
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more);
        let next = next.map(|row| Cursor(format!("{}.{}", row.created.nanos(), row.id)));
        Ok(Page { rows, next })
    }

    fn run(&self, id: RunId) -> Result<Arc<RunRow>, Error> {
        let scan = self.scan_one(id)?;
        let state = scan.runs.get(&id).ok_or_else(|| Error::NoRun { text: id.to_string() })?;
        Ok(Arc::clone(&state.row))
    }

    fn params(&self, id: RunId) -> Result<Params, Error> {
        Ok(self.about(id)?.params)
    }

    fn contents(&self, id: RunId) -> Result<Contents, Error> {
        let About { packs, paragraphs, .. } = self.about(id)?;
        Ok(Contents { packs, paragraphs })
    }

    fn changes(&self, since: Option<&Cursor>) -> Result<Changes, Error> {
        let since = since.map_or(Ok(None), |cursor| self.generation(cursor))?;
        let scan = self.scan()?;
        let changed = scan.runs.values().filter(|state| Some(state.generation) > since);
        let mut rows: Vec<Arc<RunRow>> = changed.map(|state| Arc::clone(&state.row)).collect();
        rows.sort_by_key(|row| (row.created, row.id));
        let gone = scan.gone.iter().filter(|(_, generation)| Some(**generation) > since);
        let gone = gone.map(|(id, _)| *id).collect();
        let cursor = Cursor(format!("{}.{}", self.inner.session, scan.generation));
        Ok(Changes { rows, gone, cursor })
    }

    fn series(&self, wanted: &Wanted, each: &mut dyn FnMut(Block<'_>)) -> Result<Cursor, Error> {
        self.points(wanted, Some(each), None)
    }

    fn objects(&self, wanted: &Wanted, each: &mut dyn FnMut(Object)) -> Result<Cursor, Error> {
        self.points(wanted, None, Some(each))
    }

    fn edit(&self, edits: &[(RunId, Edit)]) -> Result<Vec<(RunId, Edit)>, Error> {
        let mut editor = self.inner.editor.lock().unwrap_or_else(PoisonError::into_inner);
        let runs: BTreeSet<RunId> = edits.iter().map(|(run, _)| *run).collect();
        for run in &runs {
            self.run(*run)?;
        }
        let mut undo = Vec::new();
        for run in runs {
            let of_run = edits.iter().filter(|(id, _)| *id == run).map(|(_, edit)| edit);
            let undo_run = self.edit_run(&mut editor, run, of_run)?;
            undo.extend(undo_run.into_iter().map(|edit| (run, edit)));
        }
        Ok(undo)
    }

    fn sampled(&self, wanted: &Wanted, cut: &Cut) -> Result<Vec<Sampled>, Error> {
        match self.sampled_in_segment(wanted, cut)? {
            Some(sampled) => Ok(sampled),
            None => crate::store::sampled(self, wanted, cut),
        }
    }

    fn compact(&self, options: &Compact) -> Result<Compacted, Error> {
        Self::compact(self, options)
    }

    fn check(&self) -> Result<Vec<Problem>, Error> {
        let (mut problems, mut of_runs, mut harmed) = (Vec::new(), Vec::new(), Harmed::new());
        let folder = manifest::folder(self.path());
        for id in self.run_ids()? {
            let run = match self.read_run(id) {
                Ok(run) => run,
                Err(Error::NoRun { .. }) => continue,
                Err(error) => return Err(error),
            };
            let blobs = run.blobs();
            for problem in run.problems {
                if problem.path.starts_with(&folder) {
                    harmed.entry(problem.path.clone()).or_default().insert(id);
                    of_runs.push(problem);
                } else {
                    problems.push(problem);
                }
            }
            let lost = blobs.iter().map(|blob| self.blob_path(blob));
            let lost = lost.filter(|path| !self.inner.place.files.exists(path));
            problems.extend(lost.map(|path| Problem {
                path,
                offset: 0,
                n_bytes: 0,
                reason: "missing blob".into(),
            }));
        }
        let of_segments = self.check_segments(&harmed)?;
        // The damage of a file is told once, not by each run that has lost something by it.
        of_runs.retain(|problem| !of_segments.iter().any(|told| told.path == problem.path));
        problems.extend(of_segments.into_iter().chain(of_runs));
        for path in self.blobs()? {
            let mut file = self.inner.place.files.0.open(&path).map_err(fs::named("read a blob", &path))?;
            let kept = blob::hash(&mut file, |_| Ok(())).map_err(fs::named("read a blob", &path))?;
            let name = kept.id.to_string();
            if path.file_name().and_then(|found| found.to_str()) != Some(&name) {
                let reason = "content that is not what its name says".into();
                problems.push(Problem { path, offset: 0, n_bytes: kept.n_bytes, reason });
            }
        }
        problems.sort_by(|a, b| (&a.path, a.offset).cmp(&(&b.path, b.offset)));
        Ok(problems)
    }

    fn put_blob(&self, bytes: &[u8]) -> Result<ContentId, Error> {
        Self::put_blob(self, bytes)
    }

    fn put_blob_from(&self, from: &mut dyn Read) -> Result<Kept, Error> {
        Self::put_blob_from(self, from)
    }

    fn open_blob(&self, id: &ContentId) -> Result<Box<dyn ReadSeek>, Error> {
        let path = self.blob_path(id);
        self.inner.place.files.0.open(&path).map_err(fs::named("open a blob", &path))
    }

    fn views(&self) -> Result<Vec<View>, Error> {
        Self::views(self)
    }

    fn keep_view(&self, name: &str, url: &str) -> Result<Option<View>, Error> {
        Self::keep_view(self, name, url)
    }

    fn forget_view(&self, name: &str) -> Result<Option<View>, Error> {
        Self::forget_view(self, name)
    }

    fn labels(&self) -> Result<Labels, Error> {
        Self::labels(self)
    }

    fn set_label(&self, of: LabelOf, name: &str, label: Label) -> Result<Label, Error> {
        Self::set_label(self, of, name, label)
    }

    fn tokens(&self) -> Result<Vec<Token>, Error> {
        Self::tokens(self)
    }

    fn audit(&self, line: &str) -> Result<(), Error> {
        let files = &self.inner.place.files;
        let path = self.path().join("audit.log");
        let _one = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || match files.exists(&path) {
            true => files.0.append(&path),
            false => files.0.create_private(&path),
        };
        let write = || fs::write_all(&mut *open()?, format!("{line}\n").as_bytes());
        write().map_err(fs::named("note what was done", &path))
    }

    fn stats(&self) -> Result<Stats, Error> {
        let mut stats = Stats::default();
        for row in self.scan()?.rows() {
            stats.n_runs += 1;
            stats.n_running += u64::from(row.status == RunStatus::Running);
            stats.n_series += row.series.len() as u64;
            stats.n_points += row.series.iter().map(|series| series.count).sum::<u64>();
            stats.journal_bytes += row.n_bytes;
        }
        let segments = self.segments()?;
        stats.n_segments = segments.manifest.segments.len() as u64;
        stats.segment_bytes = segments.manifest.segments.iter().map(|segment| segment.n_bytes).sum();
        for path in self.blobs()? {
            stats.n_blobs += 1;
            let stat = self.inner.place.files.0.stat(&path).map_err(fs::named("look at a blob", &path))?;
            stats.blob_bytes += stat.n_bytes;
        }
        Ok(stats)
    }
}

impl Repository {
    /// What records say that are no points.
    fn about(&self, id: RunId) -> Result<About, Error> {
        let (gather, journals) = self.gather(id, true)?;
        let mut about = About::default();
        if journals.is_empty() {
            return Err(Error::NoRun { text: id.to_string() });
        }
        about.apply(gather.records);
        Ok(about)
    }

    /// The generation of a cursor of [`Store::changes`]; none, since when everything has changed, for one of another
    /// process.
    fn generation(&self, cursor: &Cursor) -> Result<Option<u64>, Error> {
        let wrong = || Error::Cursor { text: cursor.0.clone() };
        let (session, generation) = cursor.0.split_once('.').ok_or_else(wrong)?;
        let generation = generation.parse().map_err(|_| wrong())?;
        Ok((session == self.inner.session.to_string()).then_some(generation))
    }

    pub(crate) fn blobs(&self) -> Result<Vec<PathBuf>, Error> {
        let files = &self.inner.place.files;
        let mut blobs = Vec::new();
        for folder in files.entries(&self.path().join("blobs"))? {
            let mut paths = files.entries(&folder)?;
            paths.retain(|path| path.extension().is_none());
            blobs.extend(paths);
        }
        Ok(blobs)
    }

    /// Writes the edits of a run that change something; says what undoes them.
    fn edit_run<'a>(
        &self,
        editor: &mut WriterId,
        run: RunId,
        edits: impl Iterator<Item = &'a Edit>,
    ) -> Result<Vec<Edit>, Error> {
        let (row, erased) = {
            let scan = self.scan_one(run)?;
            let state = scan.runs.get(&run).ok_or_else(|| Error::NoRun { text: run.to_string() })?;
            (Arc::clone(&state.row), state.erased.clone())
        };
        // Later than all that is known, even where the run's own clock is ahead.
        let now = micros(WallTime::from(SystemTime::now())).max(micros(row.latest).saturating_add(1));
        let order = Order { micros: now, writer: *editor, offset: 0 };
        let mut about = About {
            name: row.name.clone(),
            experiment: row.experiment.clone(),
            description: row.description.clone(),
            note: row.note.clone(),
            tags: row.tags.clone(),
            is_archived: row.is_archived,
            is_deleted: row.is_deleted,
            artifacts: row.artifacts.clone(),
            erased,
            ..About::default()
        };
        let mut undo = Vec::new();
        let mut batch = Batch::default();
        for edit in edits {
            if let Some(back) = about.undo(edit) {
                undo.push(back);
                about.edit(order, edit.clone());
                batch.push(Record::Edit { edit: edit.clone() });
            }
        }
        undo.reverse();
        if batch.is_empty() {
            // What is asked for may be there because of an edit whose sync failed.
            return self.sync_edits(run).map(|()| undo);
        }
        let written = self.write_edits(editor, run, Encoder::default().frame(now, &[], &batch));
        if written.is_err() {
            // Its journal may have a torn tail: this process's next edit begins another.
            *editor = WriterId::generate();
        }
        written.map(|()| undo)
    }

    /// Makes the edits of a run durable that it has by now.
    fn sync_edits(&self, run: RunId) -> Result<(), Error> {
        let files = &self.inner.place.files;
        let paths: Vec<PathBuf> = {
            let scan = self.scan_one(run)?;
            let states = scan.runs.get(&run).map(|state| &state.journals.states).into_iter().flatten();
            let edits = states.filter(|journal| journal.role == Role::Edits);
            edits.map(|journal| self.inner.place.run(run).join(journal::file_name(journal.writer))).collect()
        };
        for path in paths.into_iter().filter(|path| files.exists(path)) {
            let sync = || {
                files.0.append(&path)?.sync()?;
                journal::sync_names(files, &path)
            };
            sync().map_err(fs::named("edit a run", &path))?;
        }
        Ok(())
    }

    fn write_edits(&self, editor: &mut WriterId, run: RunId, frame: &[u8]) -> Result<(), Error> {
        let files = &self.inner.place.files;
        let folder = self.inner.place.run(run);
        loop {
            let path = folder.join(journal::file_name(*editor));
            let is_new = !files.exists(&path);
            let mut file = if is_new {
                // A journal that went into a segment is not begun again: no writer is used twice.
                if self.segments()?.sealed(run)?.is_some_and(|sealed| sealed.covers(*editor, 0)) {
                    *editor = WriterId::generate();
                    continue;
                }
                self.inner.place.begin_format()?;
                journal::create_file(files, &path, &Header::new(Role::Edits, run, *editor))?
            } else {
                let mut file = match files.0.append(&path) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    file => file.map_err(fs::named("edit a run", &path))?,
                };
                if !file.lock().map_err(fs::named("edit a run", &path))? {
                    return Err(Error::Locked { path });
                }
                // It may have gone into a segment before its lock was taken.
                if !files.exists(&path) {
                    continue;
                }
                file
            };
            let mut write = || {
                fs::write_all(&mut *file, frame)?;
                file.sync()?;
                if is_new { journal::sync_names(files, &path) } else { files.0.touch_folder(&folder) }
            };
            return write().map_err(fs::named("edit a run", &path));
        }
    }
}

fn run_position(cursor: &Cursor) -> Result<(i64, RunId), Error> {
    let wrong = || Error::Cursor { text: cursor.0.clone() };
    let (created, id) = cursor.0.split_once('.').ok_or_else(wrong)?;
    Ok((created.parse().map_err(|_| wrong())?, id.parse().map_err(|_| wrong())?))
}

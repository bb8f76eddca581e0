//! The runs of a repository in memory: loaded from the catalog, brought up to date from what is new in the journals.
//!
//! A run that ended is looked at again only when its folder's time changed; a folder that changed a moment ago is not
//! trusted yet, because two changes within one tick of the file system's clock look like one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use trailmark_core::{RunId, WallTime};

use crate::fs::{self, Files};
use crate::gather::Gather;
use crate::journal::Problem;
use crate::life::{self, JournalState, Read, UNREADABLE};
use crate::repository::FORMAT;
use crate::row::{RunRow, RunState};
use crate::segment::{Segments, manifest};
use crate::{Error, catalog};

/// A folder that changed within this many nanoseconds may change again unseen.
const TICK: i64 = 2_000_000_000;

/// The time of the folder of a run that has none.
const NO_FOLDER: i64 = i64::MIN;
/// How often a look is taken again when runs are folded together meanwhile.
const STEADY_TRIES: usize = 16;

/// Runs that are worth a thread.
const LEAST_RUNS: usize = 64;

/// Everything that is known of a repository's runs.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) runs: BTreeMap<RunId, RunState>,
    /// Grows with each refresh that found something.
    pub(crate) generation: u64,
    /// Runs that are gone, with the generation in which that was seen.
    pub(crate) gone: BTreeMap<RunId, u64>,
    /// The folders of the runs, sorted, and when the folder that they lie in had changed when it was read.
    folders: Vec<(String, RunId)>,
    folders_modified: Option<i64>,
    has_loaded: bool,
    /// What was folded together.
    pub(crate) segments: Arc<Segments>,
    /// Whether there is a catalog that was read or written: one that cannot be read is not written on.
    has_catalog: bool,
    /// Whether the catalog lacks something that is known here.
    unsaved: Vec<RunId>,
}

/// Where a repository lies.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) files: Files,
    pub(crate) path: PathBuf,
    /// What tells this repository from others.
    pub(crate) id: String,
    /// Where its catalog lies; none for one that keeps none.
    pub(crate) catalog: Option<PathBuf>,
    /// Whether `trailmark.toml` says that journals of the newest format may be here.
    pub(crate) has_format: AtomicBool,
}

impl Place {
    /// Says in `trailmark.toml`, before the first journal of the newest format, that there may be some: an older
    /// program refuses the repository then, instead of finding runs that it cannot read.
    pub(crate) fn begin_format(&self) -> Result<(), Error> {
        if self.has_format.load(Ordering::Relaxed) {
            return Ok(());
        }
        let file = self.path.join("trailmark.toml");
        let broken = |reason: String| Error::Broken { reason, path: file.clone() };
        let text = String::from_utf8(self.files.read(&file)?).map_err(|error| broken(error.to_string()))?;
        let mut table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
        table.insert("format".to_owned(), toml::Value::Integer(FORMAT));
        self.files.replace(&file, table.to_string().as_bytes())?;
        self.has_format.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    pub(crate) fn run(&self, id: RunId) -> PathBuf {
        self.runs().join(id.to_string())
    }

    /// The ids of all runs, oldest first.
    pub(crate) fn run_ids(&self) -> Result<Vec<RunId>, Error> {
        let runs = self.runs();
        let entries = match self.files.0.entries(&runs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fs::named("read a folder", &runs)(error)),
        };
        let mut runs: Vec<RunId> =
            entries.iter().filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect();
        runs.sort_unstable();
        Ok(runs)
    }

    /// The journals of a run.
    pub(crate) fn journals(&self, id: RunId) -> Result<Vec<PathBuf>, Error> {
        let mut paths = self.files.entries(&self.run(id))?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "journal"));
        Ok(paths)
    }
}

impl Scan {
    /// Brings everything up to date, and the catalog too when nobody else writes it.
    pub(crate) fn refresh(&mut self, place: &Place) -> Result<(), Error> {
        if !self.has_loaded {
            let load = |path: &PathBuf| catalog::load(path, &place.id, &place.runs());
            let loaded = place.catalog.as_ref().and_then(load);
            self.has_catalog = loaded.is_some();
            self.runs = loaded.unwrap_or_default();
            self.has_loaded = true;
        }
        self.steadily(place, |scan| scan.look_around(place))?;
        self.save(place);
        Ok(())
    }

    /// Looks, and again when runs were folded together meanwhile: their journals may have gone before they were read.
    fn steadily<T>(
        &mut self,
        place: &Place,
        mut look: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let found = self.load_segments(place).and_then(|()| look(self));
            let is_gone = found.as_ref().is_err_and(Error::is_gone);
            let is_steady = !is_gone && manifest::stamp(&place.files, &place.path)? == self.segments.version;
            if is_steady || n_tries == STEADY_TRIES {
                return found;
            }
        }
    }

    /// Takes over a manifest that is new.
    pub(crate) fn load_segments(&mut self, place: &Place) -> Result<(), Error> {
        if manifest::stamp(&place.files, &place.path)? != self.segments.version {
            self.segments = Arc::new(Segments::load(&place.files, &place.path, &self.segments)?);
        }
        Ok(())
    }

    fn look_around(&mut self, place: &Place) -> Result<(), Error> {
        let generation = self.generation + 1;
        self.list(place)?;
        let runs = place.runs();
        let mut names = self.folders.iter().map(|(name, _)| name.as_str());
        let times = match self.folders.is_empty() {
            // It may not be there yet.
            true => Vec::new(),
            false => {
                let times = place.files.0.modified(&runs, &mut names);
                times.map_err(fs::named("read a folder", &runs))?
            }
        };
        let ids: Vec<RunId> = self.folders.iter().map(|(_, id)| *id).collect();
        // One that was compacted or deleted by hand since it was listed is missed by the next refresh.
        let seen = ids.iter().zip(times).filter_map(|(id, modified)| Some((*id, modified?)));
        let mut unsure: Vec<(RunId, i64)> = seen.filter(|seen| !self.is_settled(*seen)).collect();
        let has_folder = |id: &RunId| ids.binary_search(id).is_ok();
        let sealed = self.segments.runs.keys().filter(|id| !has_folder(id)).map(|id| (*id, NO_FOLDER));
        unsure.extend(sealed.filter(|seen| !self.is_settled(*seen)));
        let segments = Arc::clone(&self.segments);
        for look in look_at((place, &segments), &unsure, &self.runs)? {
            if self.take(look, generation) {
                self.generation = generation;
            }
        }
        if self.runs.len() > ids.len() {
            let known: Vec<RunId> = self.runs.keys().copied().collect();
            let is_gone = |id: &RunId| ids.binary_search(id).is_err() && !self.segments.runs.contains_key(id);
            for id in known.into_iter().filter(is_gone).collect::<Vec<_>>() {
                self.runs.remove(&id);
                self.gone.insert(id, generation);
                self.generation = generation;
            }
        }
        Ok(())
    }

    /// Lists the runs' folders again, unless nothing was made or removed among them for a while.
    fn list(&mut self, place: &Place) -> Result<(), Error> {
        let runs = place.runs();
        let modified = match place.files.0.stat(&runs) {
            Ok(stat) => stat.modified,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (self.folders, self.folders_modified) = (Vec::new(), None);
                return Ok(());
            }
            Err(error) => return Err(fs::named("read a folder", &runs)(error)),
        };
        if self.folders_modified == Some(modified) {
            return Ok(());
        }
        let now = WallTime::from(SystemTime::now()).nanos();
        self.folders = place.run_ids()?.into_iter().map(|id| (id.to_string(), id)).collect();
        self.folders_modified = (now.saturating_sub(modified) > TICK).then_some(modified);
        Ok(())
    }

    /// Brings one run up to date; says whether anything changed.
    pub(crate) fn refresh_run(&mut self, place: &Place, id: RunId, generation: u64) -> Result<bool, Error> {
        let folder = place.run(id);
        self.steadily(place, |scan| match place.files.0.stat(&folder) {
            Ok(stat) => scan.look(place, (id, stat.modified), generation),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let is_sealed = scan.segments.runs.contains_key(&id);
                if is_sealed { scan.look(place, (id, NO_FOLDER), generation) } else { Ok(false) }
            }
            Err(error) => Err(fs::named("read a run", &folder)(error)),
        })
    }

    /// Whether a run whose folder changed at a time has nothing new.
    fn is_settled(&self, (id, modified): (RunId, i64)) -> bool {
        self.runs.get(&id).is_some_and(|known| {
            known.is_settled && known.modified == modified && known.sealed == self.segments.number(id)
        })
    }

    /// Brings a run up to date whose folder changed at a time; says whether anything changed.
    fn look(&mut self, place: &Place, seen: (RunId, i64), generation: u64) -> Result<bool, Error> {
        if self.is_settled(seen) {
            return Ok(false);
        }
        let segments = Arc::clone(&self.segments);
        Ok(self.take(Look::at((place, &segments), seen, &self.runs)?, generation))
    }

    /// Takes over what was found; says whether anything changed.
    fn take(&mut self, look: Look, generation: u64) -> bool {
        let Look { id, modified, now, state } = look;
        let known = self.runs.get(&id);
        let Some(mut state) = state else {
            // Its last journal was taken away, as when a repair sets it aside.
            let was_known = self.runs.remove(&id).is_some();
            if was_known {
                self.gone.insert(id, generation);
                self.unsaved.push(id);
            }
            return was_known;
        };
        state.modified = modified;
        let is_quiet = !state.journals.states.iter().any(|journal| journal.is_held) && !state.is_unread;
        let has_all = !state.journals.foreign.iter().any(|one| one.reason.starts_with(UNREADABLE));
        state.is_settled = is_quiet && has_all && now.saturating_sub(modified) > TICK;
        if known.is_some_and(|known| catalog::is_same(known, &state)) {
            return false;
        }
        let is_change = known.is_none_or(|known| known.row != state.row);
        state.generation =
            known.map_or(generation, |known| if is_change { generation } else { known.generation });
        self.gone.remove(&id);
        self.runs.insert(id, state);
        self.unsaved.push(id);
        is_change
    }

    /// Writes what changed into the catalog, when its lock is free; what went wrong is only worth a warning.
    fn save(&mut self, place: &Place) {
        let Some(path) = place.catalog.as_ref().filter(|_| !self.unsaved.is_empty()) else { return };
        let Some(lock) = maintenance_lock(place) else { return };
        let saved = |scan: &Self, ids: &mut dyn Iterator<Item = &RunId>| {
            let gone: Vec<RunId> = scan.gone.keys().copied().collect();
            catalog::save(path, &place.id, ids.filter_map(|id| scan.runs.get(id)), &gone)
        };
        // Another process may have made the catalog again meanwhile: then it lacks the runs that did not change here.
        let n_saved = self.runs.len().saturating_sub(self.unsaved.len());
        let is_whole = self.has_catalog && catalog::holds(path, &place.id, n_saved);
        let result = if is_whole {
            saved(self, &mut self.unsaved.iter())
        } else {
            // What is there is of no use, and it may not be there.
            let _ = place.files.0.remove(path);
            saved(self, &mut self.runs.keys())
        };
        match result {
            Ok(()) => {
                self.unsaved.clear();
                self.has_catalog = true;
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "the catalog cannot be written"),
        }
        drop(lock);
    }

    /// Rows of all runs, oldest first.
    pub(crate) fn rows(&self) -> Vec<Arc<RunRow>> {
        let mut rows: Vec<Arc<RunRow>> = self.runs.values().map(|state| Arc::clone(&state.row)).collect();
        rows.sort_by_key(|row| (row.created, row.id));
        rows
    }
}

/// What was found when a run was looked at.
struct Look {
    id: RunId,
    /// When its folder had changed, and when it was looked at, in nanoseconds.
    modified: i64,
    now: i64,
    /// None for a run without a journal.
    state: Option<RunState>,
}

impl Look {
    fn at(
        (place, segments): (&Place, &Segments),
        (id, modified): (RunId, i64),
        known: &BTreeMap<RunId, RunState>,
    ) -> Result<Self, Error> {
        let now = WallTime::from(SystemTime::now()).nanos();
        Ok(Self { id, modified, now, state: read_run((place, segments), id, known.get(&id))? })
    }
}

/// Looks at runs, at many on as many threads as the machine has; in their order.
fn look_at(
    place: (&Place, &Segments),
    runs: &[(RunId, i64)],
    known: &BTreeMap<RunId, RunState>,
) -> Result<Vec<Look>, Error> {
    let look = |runs: &[(RunId, i64)]| -> Result<Vec<Look>, Error> {
        runs.iter().map(|seen| Look::at(place, *seen, known)).collect()
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let n_each = runs.len().div_ceil(n_threads).max(LEAST_RUNS);
    if runs.len() <= n_each {
        return look(runs);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = runs.chunks(n_each).map(|part| scope.spawn(move || look(part))).collect();
        let mut all = Vec::with_capacity(runs.len());
        for part in parts {
            let part = part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(part?);
        }
        Ok(all)
    })
}

/// The lock under which the derived files are written; none when another process has it.
pub(crate) fn maintenance_lock(place: &Place) -> Option<Box<dyn fs::DiskFile>> {
    let path = place.path.join("maintain.lock");
    let open = || place.files.0.append(&path).or_else(|_| place.files.0.create(&path));
    let mut file = open().ok()?;
    // A repository that cannot be written is read without a catalog of one's own.
    file.lock().ok()?.then_some(file)
}

/// Reads a run on from what is known of it; none when it has no journal and is in no segment.
fn read_run(
    (place, segments): (&Place, &Segments),
    id: RunId,
    known: Option<&RunState>,
) -> Result<Option<RunState>, Error> {
    let paths = place.journals(id)?;
    let sealed = segments.number(id);
    if let Some(known) = known.filter(|known| known.sealed == sealed && !known.is_unread) {
        let mut gather = Gather::new(&known.keys, true);
        let mut journals = read_journals(&place.files, &paths, &known.journals.states, &mut gather)?;
        journals.sealed.clone_from(&known.journals.sealed);
        if journals.is_empty() {
            return Ok(None);
        }
        let mut state = known.clone();
        let is_in = |all: &[JournalState], writer| all.iter().any(|journal| journal.writer == writer);
        let is_there = known.journals.states.iter().all(|known| is_in(&journals.states, known.writer));
        // One that stands beside its segment again says what is known already: merging everything sees that.
        let is_back = journals.states.iter().any(|journal| {
            is_in(&journals.sealed, journal.writer) && !is_in(&known.journals.states, journal.writer)
        });
        if is_there && !is_back && state.add(gather) {
            state.set_journals(journals, &place.run(id));
            return Ok(Some(state));
        }
    }
    if let Some(known) = known.filter(|known| paths.is_empty() && !known.is_unread)
        && let Ok(Some(now)) = segments.sealed(id)
        && is_all_of(&now.exact.journals, &known.journals)
    {
        // What is known of it went into a segment as it was.
        let mut state = known.clone();
        state.sealed = sealed;
        state.set_journals(Journals { sealed: now.exact.journals, ..Journals::default() }, &place.run(id));
        return Ok(Some(state));
    }
    let mut gather = Gather::new(&[], true);
    let mut is_unread = false;
    let journals = read_whole((place, segments), (id, &paths), &mut gather, &mut is_unread)?;
    if journals.is_empty() {
        return Ok(None);
    }
    let mut state = RunState::empty(id);
    let has_added = state.add(gather);
    debug_assert!(has_added, "a run of which nothing is known takes everything");
    (state.sealed, state.is_unread) = (sealed, is_unread);
    state.set_journals(journals, &place.run(id));
    Ok(Some(state))
}

/// Whether journals that went into a segment are all that was known, as far as it was read.
fn is_all_of(sealed: &[JournalState], known: &Journals) -> bool {
    let all = known.all();
    let is_same =
        |one: &JournalState| all.iter().any(|known| known.writer == one.writer && known.offset == one.offset);
    known.foreign.is_empty() && all.len() == sealed.len() && sealed.iter().all(is_same)
}

/// Reads everything of a run, from its segment and its journals. What cannot be read of the segment is a problem like
/// that of a journal.
pub(crate) fn read_whole(
    (place, segments): (&Place, &Segments),
    (id, paths): (RunId, &[PathBuf]),
    gather: &mut Gather,
    is_unread: &mut bool,
) -> Result<Journals, Error> {
    let mut problems = Vec::new();
    let mut sealed_journals = Vec::new();
    let mut read = |gather: &mut Gather| -> Result<(), Error> {
        let Some(sealed) = segments.sealed(id)? else { return Ok(()) };
        sealed_journals.clone_from(&sealed.exact.journals);
        gather.begin(&[]);
        sealed.read(gather, !paths.is_empty())
    };
    match read(gather) {
        Ok(()) => {}
        Err(Error::Broken { reason, path }) => {
            *is_unread = true;
            problems.push(Problem { path, offset: 0, n_bytes: 0, reason: reason.into() });
        }
        Err(error) => return Err(error),
    }
    let mut journals = read_journals(&place.files, paths, &[], gather)?;
    journals.foreign.extend(problems);
    journals.sealed = sealed_journals;
    Ok(journals)
}

/// The journals of a run, as far as they were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Journals {
    /// Those that were read.
    pub(crate) states: Vec<JournalState>,
    /// Those that cannot be read.
    pub(crate) foreign: Vec<Problem>,
    /// Those that went into a segment.
    pub(crate) sealed: Vec<JournalState>,
}

impl Journals {
    /// Whether there is none, but for those whose writers have not written a header yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.states.is_empty() && self.foreign.is_empty() && self.sealed.is_empty()
    }

    /// All that is known of the writers, each once.
    pub(crate) fn all(&self) -> Vec<JournalState> {
        let is_there =
            |sealed: &&JournalState| !self.states.iter().any(|state| state.writer == sealed.writer);
        self.states.iter().chain(self.sealed.iter().filter(is_there)).cloned().collect()
    }

    /// What could not be read of them; they lie in a folder.
    pub(crate) fn problems(&self, folder: &Path) -> Vec<Problem> {
        let damaged = self.states.iter().filter_map(|journal| journal.problem(folder));
        let mut problems: Vec<Problem> = damaged.chain(self.foreign.iter().cloned()).collect();
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems
    }
}

/// Reads journals on from what is known of them.
pub(crate) fn read_journals(
    files: &Files,
    paths: &[PathBuf],
    known: &[JournalState],
    gather: &mut Gather,
) -> Result<Journals, Error> {
    let mut journals = Journals::default();
    for path in paths {
        let writer = writer_of(path);
        let known = known.iter().find(|known| Some(known.writer) == writer);
        match life::read_on(files, path, known, gather)? {
            Read::State(state) => journals.states.push(state),
            Read::Nothing => {}
            Read::Foreign(problem) => journals.foreign.push(problem),
        }
    }
    Ok(journals)
}

/// The writer that a journal's name tells.
pub(crate) fn writer_of(path: &Path) -> Option<trailmark_core::WriterId> {
    path.file_stem()?.to_str()?.parse().ok()
}

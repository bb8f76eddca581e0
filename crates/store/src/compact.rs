//! Folding finished runs together into segments; what gives space back lies beside (`reclaim.rs`).
//!
//! One process at a time, under `compact.lock`. A segment is written and synced before the manifest names it, and only then
//! do the journals go that went into it, each under its own lock and only if it has not grown: a crash at any moment
//! leaves either the old or the new, or both, which read the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use trailmark_core::{RunId, WallTime};

use crate::frame::Sink as _;
use crate::fs::{self, DiskFile};
use crate::gather::Gather;
use crate::journal::{self, Problem, Role};
use crate::life::JournalState;
use crate::row::RunState;
use crate::run::About;
use crate::scan::{self, Journals};
use crate::segment::Segments;
use crate::segment::manifest::{self, Listed, Manifest};
use crate::segment::whole::Whole;
use crate::segment::write;
use crate::{Error, Repository};

/// Held while runs are folded together.
const LOCK: &str = "compact.lock";
/// Points of a segment, but for one longer run alone: some 40 MB.
const MOST_POINTS: usize = 4_000_000;
/// Bytes of other values of a segment.
const MOST_BYTES: usize = 96 << 20;
/// Segments of about one size that become one.
const TIER: usize = 8;
/// Runs of a segment at most: a run's row takes some kilobytes while it is written.
const MOST_RUNS: usize = 4096;

/// What is folded together, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compact {
    /// A run whose writers all ended is folded when nothing was written for so long.
    pub quiet: Duration,
    /// One of whose writers nothing was heard any more, when nothing was written for so long.
    pub crashed_quiet: Duration,
    /// A deleted run's bytes go when nothing was written for so long; until then it can be restored.
    pub deleted_quiet: Duration,
    /// A blob that no run refers to goes when it is so old.
    pub blob_age: Duration,
    /// Whether blobs are looked through also when no run was deleted: every run is read for that.
    pub sweeps_blobs: bool,
    /// Nothing is done before so many runs, edited and deleted ones too, wait for it (0 is as 1)…
    pub least_runs: usize,
    /// …or so many bytes of journals.
    pub least_bytes: u64,
}

impl Default for Compact {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(60),
            crashed_quiet: Duration::from_secs(86_400),
            deleted_quiet: Duration::ZERO,
            blob_age: Duration::from_secs(3600),
            sweeps_blobs: true,
            least_runs: 0,
            least_bytes: u64::MAX,
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Runs that were folded, or folded again.
    pub n_runs: u64,
    /// Points of these.
    pub n_points: u64,
    /// Segments that were written.
    pub n_written: u64,
    /// Segments that were removed.
    pub n_removed: u64,
    /// Deleted runs whose bytes are gone.
    pub n_deleted: u64,
    /// Blobs that no run referred to.
    pub n_blobs: u64,
    /// Bytes of journals, segments and blobs before and after.
    pub bytes_before: u64,
    /// As before.
    pub bytes_after: u64,
    /// Runs that stay as they are, because something of them cannot be read.
    pub left: Vec<Problem>,
}

/// What becomes of runs.
#[derive(Debug, Default)]
struct Plan {
    fold: BTreeSet<RunId>,
    delete: BTreeSet<RunId>,
    /// Journals that are in a segment already.
    tidy: BTreeSet<RunId>,
    n_bytes: u64,
}

/// What a run's journals had when they were folded.
pub(crate) type Taken = BTreeMap<RunId, Vec<JournalState>>;

impl Repository {
    /// Folds finished runs together, and gives back the space of what was deleted.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process does so; [`Error::Full`], [`Error::Io`].
    pub fn compact(&self, options: &Compact) -> Result<Compacted, Error> {
        let _lock = self.compaction_lock()?;
        let mut done = Compacted::default();
        let mut segments = self.segments()?;
        let plan = self.plan(options, &mut done)?;
        let n_waiting = plan.fold.len() + plan.delete.len() + plan.tidy.len();
        let is_worth = n_waiting >= options.least_runs || plan.n_bytes >= options.least_bytes;
        if n_waiting > 0 && is_worth {
            done.bytes_before = self.n_bytes()?;
            self.inner.place.begin_format()?;
            self.inner.place.files.create_folder(&manifest::folder(self.path()))?;
            self.sweep(&segments.manifest)?;
            self.tidy(&plan.tidy, &segments)?;
            self.delete_runs(&plan.delete, &mut done)?;
            segments = self.segments()?;
            let fold = self.with_old_segments(plan.fold, &segments);
            let mut left = fold.into_iter().peekable();
            while left.peek().is_some() {
                segments = self.segments()?;
                self.fold(&mut left, &segments, &mut done)?;
            }
            segments = self.segments()?;
            self.sweep(&segments.manifest)?;
            self.finish(options, &mut done)?;
        } else if options.sweeps_blobs {
            done.bytes_before = self.n_bytes()?;
            self.finish(options, &mut done)?;
        }
        Ok(done)
    }

    fn finish(&self, options: &Compact, done: &mut Compacted) -> Result<(), Error> {
        if options.sweeps_blobs || done.n_deleted > 0 {
            done.n_blobs = self.remove_blobs(options)?;
        }
        done.bytes_after = self.n_bytes()?;
        Ok(())
    }

    /// The lock that keeps compactions apart.
    pub(crate) fn compaction_lock(&self) -> Result<Box<dyn DiskFile>, Error> {
        let (files, path) = (&self.inner.place.files, self.path().join(LOCK));
        let open = files.0.append(&path).or_else(|_| files.0.create(&path));
        let mut file = open.map_err(fs::named("compact a repository", &path))?;
        if !file.lock().map_err(fs::named("compact a repository", &path))? {
            return Err(Error::Busy { path });
        }
        Ok(file)
    }

    fn n_bytes(&self) -> Result<u64, Error> {
        let stats = crate::Store::stats(self)?;
        Ok(stats.journal_bytes + stats.segment_bytes + stats.blob_bytes)
    }

    /// Says what becomes of each run.
    fn plan(&self, options: &Compact, done: &mut Compacted) -> Result<Plan, Error> {
        let scan = self.scan()?;
        let mut plan = Plan::default();
        for (id, state) in &scan.runs {
            let journals = &state.journals;
            if journals.states.iter().any(|journal| journal.is_held) || self.is_beginning(*id)? {
                continue;
            }
            let age = self.age(*id, state)?;
            if state.row.is_deleted && journals.foreign.is_empty() {
                if age >= options.deleted_quiet {
                    plan.delete.insert(*id);
                }
                continue;
            }
            if journals.states.is_empty() && journals.foreign.is_empty() {
                continue;
            }
            let is_lost = |journal: &JournalState| journal.damage.is_some_and(|reason| reason != "torn tail");
            if !journals.foreign.is_empty() || state.is_unread || journals.states.iter().any(is_lost) {
                done.left.extend(state.row.problems.iter().cloned());
                continue;
            }
            let covers = |journal: &JournalState| {
                journals.sealed.iter().any(|one| one.writer == journal.writer && one.offset >= journal.offset)
            };
            if journals.states.iter().all(covers) {
                plan.tidy.insert(*id);
                continue;
            }
            let is_open = |journal: &JournalState| journal.role == Role::Run && journal.end.is_none();
            let has_open = journals.states.iter().any(is_open);
            if age >= if has_open { options.crashed_quiet } else { options.quiet } {
                plan.fold.insert(*id);
                plan.n_bytes += state.row.n_bytes;
            }
        }
        Ok(plan)
    }

    /// Whether a writer of a run is just making its journal.
    fn is_beginning(&self, id: RunId) -> Result<bool, Error> {
        let entries = self.inner.place.files.entries(&self.inner.place.run(id))?;
        Ok(entries.iter().any(|path| path.extension().is_some_and(|extension| extension == "new")))
    }

    /// For how long nothing was written to a run's journals.
    fn age(&self, id: RunId, state: &RunState) -> Result<Duration, Error> {
        let files = &self.inner.place.files;
        let mut latest = i64::MIN;
        for journal in &state.journals.states {
            let path = self.inner.place.run(id).join(journal::file_name(journal.writer));
            latest = latest.max(files.0.stat(&path).map_err(fs::named("look at a journal", &path))?.modified);
        }
        let nanos = WallTime::from(SystemTime::now()).nanos().saturating_sub(latest);
        Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
    }

    /// Adds the runs of segments that are mostly dead, or small and many.
    fn with_old_segments(&self, mut fold: BTreeSet<RunId>, segments: &Segments) -> BTreeSet<RunId> {
        let mut live: BTreeMap<u64, Vec<RunId>> = BTreeMap::new();
        for (id, (number, _)) in &segments.runs {
            if !fold.contains(id) {
                live.entry(*number).or_default().push(*id);
            }
        }
        let mut tiers: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        let mut again: BTreeSet<u64> = BTreeSet::new();
        for (number, segment) in &segments.open {
            let Listed { n_runs, n_points, .. } = segment.listed;
            let n_live = live.get(number).map_or(0, Vec::len) as u64;
            if n_live * 2 < n_runs || segments.with_gone.contains(number) {
                again.insert(*number);
            } else if n_points < MOST_POINTS as u64 / 2 && n_runs < MOST_RUNS as u64 / 2 {
                let size = n_points.max(n_runs * 256);
                tiers.entry((size / 4096 + 1).ilog2() / 3).or_default().push(*number);
            }
        }
        again.extend(tiers.into_values().filter(|tier| tier.len() >= TIER).flatten());
        fold.extend(again.iter().filter_map(|number| live.get(number)).flatten());
        fold
    }

    /// Folds some of the runs that are left into one segment.
    fn fold(
        &self,
        left: &mut std::iter::Peekable<impl Iterator<Item = RunId>>,
        segments: &Segments,
        done: &mut Compacted,
    ) -> Result<(), Error> {
        let (mut wholes, mut taken) = (Vec::new(), Taken::new());
        let (mut n_points, mut n_bytes) = (0, 0);
        while let Some(id) = left.peek().copied() {
            let Some((whole, journals)) = self.whole(id, segments, done)? else {
                left.next();
                continue;
            };
            let is_full = n_points + whole.n_points() > MOST_POINTS || n_bytes + whole.n_bytes() > MOST_BYTES;
            if !wholes.is_empty() && (is_full || wholes.len() >= MOST_RUNS) {
                break;
            }
            left.next();
            (n_points, n_bytes) = (n_points + whole.n_points(), n_bytes + whole.n_bytes());
            taken.insert(id, journals);
            wholes.push(whole);
        }
        if wholes.is_empty() {
            return Ok(());
        }
        let mut manifest = segments.manifest.clone();
        let number = manifest.next.max(1);
        manifest.next = number + 1;
        done.n_runs += wholes.len() as u64;
        done.n_points += n_points as u64;
        done.n_written += 1;
        let listed = write::segment(&self.inner.place.files, self.path(), number, wholes)?;
        manifest.segments.push(listed);
        self.commit(manifest, segments, &taken.keys().copied().collect(), done)?;
        for (id, journals) in &taken {
            self.remove_journals(*id, journals)?;
        }
        Ok(())
    }

    /// Everything of a run, merged; none for one that changed its mind.
    fn whole(
        &self,
        id: RunId,
        segments: &Segments,
        done: &mut Compacted,
    ) -> Result<Option<(Whole, Vec<JournalState>)>, Error> {
        let place = &self.inner.place;
        let paths = place.journals(id)?;
        let mut gather = Gather::new(&[], false);
        // With places in the merge order, as if there were journals to merge with.
        let sealed = match segments.sealed(id) {
            Ok(sealed) => sealed,
            Err(Error::Broken { reason, path }) => {
                done.left.push(Problem { path, offset: 0, n_bytes: 0, reason: reason.into() });
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut known = Vec::new();
        if let Some(sealed) = sealed {
            gather.begin(&[]);
            match sealed.read(&mut gather, true) {
                Ok(()) => known = sealed.exact.journals,
                Err(Error::Broken { reason, path }) => {
                    done.left.push(Problem { path, offset: 0, n_bytes: 0, reason: reason.into() });
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        let mut journals = scan::read_journals(&place.files, &paths, &[], &mut gather)?;
        journals.sealed = known;
        let is_held = journals.states.iter().any(|journal| journal.is_held);
        if is_held || !journals.foreign.is_empty() || journals.is_empty() {
            return Ok(None);
        }
        let states = journals.states.clone();
        let whole = self.fold_up(id, gather, journals);
        Ok((!whole.is_deleted()).then_some((whole, states)))
    }

    /// Merges what was gathered of a run.
    pub(crate) fn fold_up(&self, id: RunId, gather: Gather, journals: Journals) -> Whole {
        let (all, folder) = (journals.all(), self.inner.place.run(id));
        let mut about = About::default();
        about.apply(gather.records.clone());
        let mut state = RunState::empty(id);
        // The row without its series: they are read from the points.
        let mut named = Gather::new(&[], true);
        gather.records.iter().for_each(|(order, record)| named.record(*order, record.clone()));
        let has_added = state.add(named);
        debug_assert!(has_added, "a run of which nothing is known takes everything");
        state.set_journals(journals, &folder);
        let row = std::sync::Arc::unwrap_or_clone(state.row);
        Whole::new(row, &about.params, gather, all)
    }

    /// Puts what another repository's segment has of a run into a segment of this one, merged with what one here has;
    /// says how many bytes are new.
    pub(crate) fn take_folded(&self, id: RunId, from: &Self) -> Result<u64, Error> {
        let _lock = self.compaction_lock()?;
        let segments = self.segments()?;
        let (Some(theirs), ours) = (from.segments()?.sealed(id)?, segments.sealed(id)?) else { return Ok(0) };
        let has = |journal: &JournalState| {
            ours.as_ref().is_some_and(|ours| ours.covers(journal.writer, journal.offset))
        };
        if theirs.exact.journals.iter().all(has) {
            return Ok(0);
        }
        let (mut gather, mut sealed) = (Gather::new(&[], false), Vec::<JournalState>::new());
        for one in std::iter::once(theirs).chain(ours) {
            gather.begin(&[]);
            one.read(&mut gather, true)?;
            for journal in one.exact.journals {
                match sealed.iter_mut().find(|known| known.writer == journal.writer) {
                    Some(known) if known.offset >= journal.offset => {}
                    Some(known) => *known = journal,
                    None => sealed.push(journal),
                }
            }
        }
        let whole = self.fold_up(id, gather, Journals { sealed, ..Journals::default() });
        if whole.is_deleted() {
            return Ok(0);
        }
        self.inner.place.begin_format()?;
        self.inner.place.files.create_folder(&manifest::folder(self.path()))?;
        let mut manifest = segments.manifest.clone();
        let number = manifest.next.max(1);
        manifest.next = number + 1;
        let listed = write::segment(&self.inner.place.files, self.path(), number, vec![whole])?;
        let n_bytes = listed.n_bytes;
        manifest.segments.push(listed);
        manifest.gone.remove(&id);
        self.commit(manifest, &segments, &BTreeSet::from([id]), &mut Compacted::default())?;
        Ok(n_bytes)
    }

    /// Makes a manifest the one that counts, without the segments of which no run is left.
    pub(crate) fn commit(
        &self,
        mut manifest: Manifest,
        segments: &Segments,
        moved: &BTreeSet<RunId>,
        done: &mut Compacted,
    ) -> Result<(), Error> {
        let left = segments.runs.iter().filter(|(id, _)| !moved.contains(id) && !manifest.gone.contains(id));
        let live: BTreeSet<u64> = left.map(|(_, (number, _))| *number).collect();
        let unread: BTreeSet<u64> = segments.unread.iter().map(|(listed, ..)| listed.number).collect();
        let is_old = |number: &u64| segments.open.contains_key(number);
        let n_before = manifest.segments.len();
        manifest
            .segments
            .retain(|one| !is_old(&one.number) || live.contains(&one.number) || unread.contains(&one.number));
        done.n_removed += (n_before - manifest.segments.len()) as u64;
        manifest.write(&self.inner.place.files, self.path())?;
        self.sweep(&manifest)
    }
}

//! Recording into a local repository.
//!
//! Callers push into a batch behind a lock that is held for a push; one thread swaps the batch for an empty one and
//! writes it as one frame, at least every 50 ms, and syncs each second. A number of a known series costs no allocation. A
//! full batch makes callers wait: nothing is dropped while the disk works.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use trailmark_core::{
    Artifact, At, ContentId, Context, Edit, End, Kept, Loss, ParamValue, Recorder, RunId, SeriesKey, Step,
    Value, WallTime,
};
use trailmark_store::{
    Batch, Error, JournalWriter, Record, Repository, RunRow, SeriesTable, Stamp, Store as _, micros, n_bytes,
};

use crate::address::Server;
use crate::memorable_name;
use crate::remote::{Shipped, Shipper};

/// How long a record waits at most before the kernel has it.
const WRITE_EVERY: Duration = Duration::from_millis(50);
/// How long a record waits at most before the disk has it.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How long the end of a run waits for its server.
const FAREWELL: Duration = Duration::from_secs(5);
/// Points that may wait.
const CAPACITY: usize = 1 << 16;
/// Bytes that may wait, about.
const CAPACITY_BYTES: usize = 64 << 20;
/// Bytes of a value at most.
const MOST_VALUE_BYTES: usize = 64 << 20;

/// Where and under which name a run is recorded.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The repository's folder; made when it is not there.
    pub repository: PathBuf,
    /// Go on recording this run; none for a new one.
    pub run: Option<RunId>,
    /// Its name; none for a memorable one.
    pub name: Option<String>,
    /// The experiment that it belongs to.
    pub experiment: String,
}

/// A run that is being recorded. Dropped without [`Recorder::finish`] it counts as finished, or as failed in a panic.
#[derive(Debug)]
pub struct Run {
    id: RunId,
    name: String,
    repository: Repository,
    shared: Arc<Shared>,
    shipper: Option<Shipper>,
    thread: Mutex<Option<JoinHandle<Result<(), Loss>>>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The writer waits here for work.
    work: Condvar,
    /// Callers wait here for room, and for their records to be written.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    table: SeriesTable,
    /// The last step of each series, for points without one; by the numbers of the table.
    steps: Vec<Option<i64>>,
    batch: Batch,
    /// Texts to keep, each pack from one call.
    packs: Vec<Vec<String>>,
    /// Bytes to keep, and how many they are together.
    blobs: Vec<Vec<u8>>,
    blob_bytes: usize,
    /// How often the writer has taken a batch, and how often it is done with one.
    n_taken: u64,
    n_done: u64,
    wants_flush: bool,
    /// How long a caller waits for room, where not for ever.
    patience: Option<Duration>,
    /// Somebody waited that long in vain: nobody else does until the writer goes on.
    has_given_up: bool,
    /// How and when it ended; without a time when that is written.
    end: Option<(End, Option<WallTime>)>,
    lost: Option<Loss>,
}

impl Run {
    /// Begins to record.
    ///
    /// # Errors
    /// Any [`Error`] of the repository.
    pub fn start(options: RunOptions) -> Result<Self, Error> {
        Self::begin(options, None, None)
    }

    /// Begins to record a run of a server; the repository is the spool in which it waits ([`Server::spool`]).
    ///
    /// Nothing is asked of the server here: it may be away.
    ///
    /// # Errors
    /// Any [`Error`] of the spool.
    pub fn start_for(server: &Server, options: RunOptions) -> Result<Self, Error> {
        Self::begin(options, Some(server), None)
    }

    /// Goes on recording a run of a server, of which `known` is what the server knows: it may never have been here.
    ///
    /// # Errors
    /// As [`Self::start_for`].
    pub fn resume_for(server: &Server, options: RunOptions, known: &RunRow) -> Result<Self, Error> {
        Self::begin(options, Some(server), Some(known))
    }

    fn begin(options: RunOptions, server: Option<&Server>, known: Option<&RunRow>) -> Result<Self, Error> {
        let repository = Repository::open_or_create(&options.repository)?;
        let now = WallTime::from(SystemTime::now());
        let mut state = State::default();
        let id = options.run.unwrap_or_else(|| RunId::generate(now));
        let mut name = options.name.unwrap_or_else(|| memorable_name(id));
        let mut first = vec![Record::Created { time: now }];
        if options.run.is_some() {
            // People may have given it another name.
            let here = match (repository.run(id), known) {
                (Err(Error::NoRun { .. }), Some(_)) => None,
                (here, _) => Some(here?),
            };
            for row in here.as_deref().into_iter().chain(known) {
                name.clone_from(&row.name);
                state.go_on(row);
            }
        } else {
            first.push(Record::Edit { edit: Edit::Name(name.clone()) });
            first.push(Record::Edit { edit: Edit::Experiment(options.experiment) });
        }
        let mut writer = repository.writer(id)?;
        writer.append(&first)?;
        let failed =
            |source| Error::Io { action: "start a thread", path: options.repository.clone(), source };
        let ship = |server| Shipper::start(&repository, id, writer.id(), server);
        let shipper = server.map(ship).transpose().map_err(failed)?;
        let shared = Shared { state: Mutex::new(state), work: Condvar::new(), done: Condvar::new() };
        let shared = Arc::new(shared);
        let theirs = Arc::clone(&shared);
        let ours = repository.clone();
        let thread = std::thread::Builder::new()
            .name("run-writer".to_owned())
            .spawn(move || Writing::new(repository, writer).write_all(&theirs))
            .map_err(failed)?;
        Ok(Self { id, name, repository: ours, shipper, shared, thread: Mutex::new(Some(thread)) })
    }

    /// Its id.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The name that it had when it began.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on a caller waits at most so long for room when the disk is slower than what is recorded; what finds none
    /// counts as lost, and others do not wait until the writer goes on. Without this callers wait as long as it takes.
    pub fn set_patience(&self, patience: Duration) {
        self.shared.lock().patience = Some(patience);
    }

    /// Keeps a file in the repository, however large, as an artifact of the run; under its own name where none is given.
    ///
    /// Returns when it is kept: on the disk, and named in the journal with the next frame.
    ///
    /// # Errors
    /// [`Error::Io`] also for a file that cannot be read or is a folder; [`Error::Full`].
    pub fn log_artifact(&self, path: &Path, name: Option<&str>) -> Result<Kept, Error> {
        let kept = self.repository.put_file(path)?;
        let own = || path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.map_or_else(own, str::to_owned);
        self.artifact(&name, Artifact { file: Some(kept.clone()), uri: String::new() });
        Ok(kept)
    }

    /// Ends the run as [`Recorder::finish`] does, but as of a time: what is added to a run that had ended does not make it
    /// last longer.
    ///
    /// # Errors
    /// As [`Recorder::finish`].
    pub fn finish_as_of(&self, end: End, time: WallTime) -> Result<(), Loss> {
        self.end(end, Some(time))
    }

    /// How far a run of a server has come, and what is in the way; waits for at most so long until all of it is there.
    /// None for a local run.
    pub fn shipped(&self, patience: Duration) -> Option<(Shipped, Option<String>)> {
        Some(self.shipper.as_ref()?.wait(patience))
    }

    /// Waits for at most so long until the server has everything so far; says what is in the way. None for a local run.
    pub fn arrive(&self, patience: Duration) -> Option<Result<(), String>> {
        let shipper = self.shipper.as_ref()?;
        self.flush();
        Some(shipper.catch_up(patience))
    }

    fn end(&self, end: End, time: Option<WallTime>) -> Result<(), Loss> {
        let mut state = self.shared.lock();
        state.end.get_or_insert((end, time));
        drop(state);
        self.shared.work.notify_one();
        self.shared.done.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Who ends it first also waits for the server.
        let Some(joined) = thread.map(JoinHandle::join) else { return Ok(()) };
        // What is not there by then waits in the spool: it is not lost.
        self.shipped(FAREWELL);
        joined.unwrap_or_else(|_| {
            Err(Loss { points: 0, others: 0, reason: "the writer's thread panicked".to_owned() })
        })
    }

    /// The state, with room for one more record; none when the run has ended, or when there is no room in time: then
    /// `count` points and other records are lost.
    fn room(&self, count: (u64, u64)) -> Option<MutexGuard<'_, State>> {
        let mut state = self.shared.lock();
        while state.is_full() && state.end.is_none() {
            self.shared.work.notify_one();
            let Some(patience) = state.patience else {
                state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if state.has_given_up {
                state.lose(count, "the disk is slower than what is recorded");
                return None;
            }
            let waited = self.shared.done.wait_timeout(state, patience);
            let (again, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = again;
            state.has_given_up = timeout.timed_out();
        }
        state.end.is_none().then_some(state)
    }

    fn push(&self, record: Record) {
        if let Some(mut state) = self.room((0, 1)) {
            state.batch.push(record);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Steps go on where they ended.
    fn go_on(&mut self, known: &RunRow) {
        for series in &known.series {
            let number = self.table.intern(&series.key.name, &series.key.context) as usize;
            if self.steps.len() <= number {
                self.steps.resize(number + 1, None);
            }
            if let Some(step) = self.steps.get_mut(number) {
                *step = (*step).max(Some(series.last_step.0));
            }
        }
    }

    fn is_full(&self) -> bool {
        self.batch.n_points() >= CAPACITY || self.n_bytes() >= CAPACITY_BYTES
    }

    fn is_half_full(&self) -> bool {
        self.batch.n_points() >= CAPACITY / 2 || self.n_bytes() >= CAPACITY_BYTES / 2
    }

    fn n_bytes(&self) -> usize {
        self.batch.n_bytes() + self.blob_bytes
    }

    /// The step of a point, one after the last where none is given.
    fn step(&mut self, series: u32, step: Option<Step>) -> i64 {
        let index = series as usize;
        if self.steps.len() <= index {
            self.steps.resize(index + 1, None);
        }
        let Some(last) = self.steps.get_mut(index) else { return 0 };
        let step = match (step, *last) {
            (Some(step), _) => step.0,
            (None, Some(last)) => last.saturating_add(1),
            (None, None) => 0,
        };
        *last = Some(step);
        step
    }

    fn lose(&mut self, (points, others): (u64, u64), reason: &str) {
        let new = || Loss { points: 0, others: 0, reason: reason.to_owned() };
        let lost = self.lost.get_or_insert_with(new);
        lost.points += points;
        lost.others += others;
    }
}

impl Recorder for Run {
    fn track(&self, name: &str, context: &Context, at: At, value: Value) {
        let time = micros(at.time.unwrap_or_else(|| WallTime::from(SystemTime::now())));
        let Some(mut state) = self.room((1, 0)) else { return };
        let n_bytes = n_bytes(&value);
        if n_bytes > MOST_VALUE_BYTES {
            let reason = format!("got a value of {n_bytes} bytes, want at most {MOST_VALUE_BYTES}");
            return state.lose((1, 0), &reason);
        }
        let series = state.table.intern(name, context);
        let step = state.step(series, at.step);
        let epoch = at.epoch.unwrap_or(f64::NAN);
        state.batch.push_point(series, Stamp { step, micros: time, epoch }, value);
        if state.batch.n_points() == CAPACITY / 2 {
            drop(state);
            self.shared.work.notify_one();
        }
    }

    fn set_param(&self, path: &[&str], value: ParamValue) {
        self.push(Record::Param { path: path.iter().map(|key| (*key).to_owned()).collect(), value });
    }

    fn edit(&self, edit: Edit) {
        self.push(Record::Edit { edit });
    }

    fn contents(&self, texts: &[&str]) -> Vec<ContentId> {
        if let Some(mut state) = self.room((0, 1)) {
            state.packs.push(texts.iter().map(|text| (*text).to_owned()).collect());
        }
        texts.iter().map(ContentId::of).collect()
    }

    fn keep(&self, bytes: Vec<u8>) -> Kept {
        let kept = Kept { id: ContentId::of(&bytes), n_bytes: bytes.len() as u64 };
        if let Some(mut state) = self.room((0, 1)) {
            state.blob_bytes += bytes.len();
            state.blobs.push(bytes);
        }
        kept
    }

    fn artifact(&self, name: &str, artifact: Artifact) {
        self.push(Record::Artifact { name: name.to_owned(), artifact });
    }

    fn paragraphs(&self, subset: &str, paragraphs: &[ContentId]) {
        self.push(Record::Paragraphs { subset: subset.to_owned(), ids: paragraphs.to_vec() });
    }

    fn flush(&self) {
        let mut state = self.shared.lock();
        let is_idle = state.batch.is_empty() && state.packs.is_empty() && state.blobs.is_empty();
        // What waits is in the batch that is taken next.
        let target = state.n_taken + u64::from(!is_idle);
        while state.n_done < target {
            state.wants_flush = true;
            self.shared.work.notify_one();
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, end: End) -> Result<(), Loss> {
        self.end(end, None)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let end = if std::thread::panicking() {
            End::Failed { exit_code: None, message: "panicked".to_owned() }
        } else {
            End::Finished
        };
        // Whoever wants to know of losses calls `finish`.
        let _ = self.finish(end);
    }
}

/// How many points and other records were lost, and why.
type Lost = ((u64, u64), String);

/// The writer's thread.
#[derive(Debug)]
struct Writing {
    repository: Repository,
    writer: JournalWriter,
    /// The batch that is being written.
    batch: Batch,
    synced: Instant,
    /// Points and other records that the kernel has, but perhaps not the disk.
    unsynced: (u64, u64),
    is_dirty: bool,
}

impl Writing {
    fn new(repository: Repository, writer: JournalWriter) -> Self {
        let synced = Instant::now();
        Self { repository, writer, batch: Batch::default(), synced, unsynced: (0, 0), is_dirty: true }
    }

    fn write_all(mut self, shared: &Shared) -> Result<(), Loss> {
        loop {
            let mut state = shared.lock();
            if !state.is_half_full() && state.end.is_none() && !state.wants_flush {
                let waited = shared.work.wait_timeout(state, WRITE_EVERY);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            std::mem::swap(&mut state.batch, &mut self.batch);
            let packs = std::mem::take(&mut state.packs);
            let blobs = std::mem::take(&mut state.blobs);
            state.blob_bytes = 0;
            let new = state.table.since(self.writer.n_series()).to_vec();
            state.wants_flush = false;
            state.has_given_up = false;
            state.n_taken += 1;
            // Nothing is pushed once there is an end: this batch is the last.
            let end = state.end.clone();
            drop(state);

            let mut lost = self.keep(blobs);
            lost.extend(self.write_batch(&new, packs));
            if self.is_dirty && self.synced.elapsed() >= SYNC_EVERY {
                lost.extend(self.sync());
            }
            if let Some(end) = &end {
                let (end, time) = end.clone();
                let time = time.unwrap_or_else(|| WallTime::from(SystemTime::now()));
                let end = Record::End { time, end };
                match self.writer.append(&[end]) {
                    Ok(_) => self.unsynced.1 += 1,
                    Err(error) => lost.push(((0, 1), error.to_string())),
                }
                lost.extend(self.sync());
            }
            let mut state = shared.lock();
            lost.iter().for_each(|(count, reason)| state.lose(*count, reason));
            state.n_done += 1;
            let result = state.lost.clone().map_or(Ok(()), Err);
            drop(state);
            shared.done.notify_all();
            if end.is_some() {
                return result;
            }
        }
    }

    /// Keeps bytes, before anything is written that refers to them; says what was lost, and why.
    fn keep(&self, blobs: Vec<Vec<u8>>) -> Vec<Lost> {
        let kept = blobs.iter().map(|bytes| self.repository.put_blob(bytes));
        kept.filter_map(|kept| Some(((0, 1), kept.err()?.to_string()))).collect()
    }

    /// Writes the batch and the packs of texts; says what was lost, and why.
    fn write_batch(&mut self, new: &[Arc<SeriesKey>], packs: Vec<Vec<String>>) -> Vec<Lost> {
        let mut lost = Vec::new();
        for pack in packs {
            let texts: Vec<&str> = pack.iter().map(String::as_str).collect();
            match self.repository.put_texts(&texts) {
                Ok(pack) => self.batch.push(Record::Texts { pack }),
                Err(error) => lost.push(((0, 1), error.to_string())),
            }
        }
        if self.batch.is_empty() {
            return lost;
        }
        let count = (self.batch.n_points() as u64, self.batch.n_others() as u64);
        match self.writer.append_batch(new, &self.batch) {
            Ok(_) => {
                self.unsynced = (self.unsynced.0 + count.0, self.unsynced.1 + count.1);
                self.is_dirty = true;
            }
            Err(error) => lost.push((count, error.to_string())),
        }
        self.batch.clear();
        lost
    }

    /// Syncs; what was not synced before a failure counts as lost, because nobody knows what the disk has of it.
    fn sync(&mut self) -> Option<Lost> {
        self.synced = Instant::now();
        self.is_dirty = false;
        let unsynced = std::mem::take(&mut self.unsynced);
        let error = self.writer.sync().err()?;
        (unsynced != (0, 0)).then(|| (unsynced, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run whose writer never comes, as on a disk that hangs.
    fn stuck() -> (tempfile::TempDir, Run) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let shared = Shared { state: Mutex::default(), work: Condvar::new(), done: Condvar::new() };
        let id = RunId::generate(WallTime::from(SystemTime::now()));
        let shared = Arc::new(shared);
        let run =
            Run { id, name: String::new(), repository, shared, shipper: None, thread: Mutex::new(None) };
        (folder, run)
    }

    #[test]
    fn a_caller_with_patience_waits_once_and_what_finds_no_room_is_counted() {
        let (_folder, run) = stuck();
        let patience = Duration::from_millis(50);
        run.set_patience(patience);
        for _ in 0..CAPACITY {
            run.track("x", &Context::empty(), At::default(), Value::Float(1.0));
        }
        let begin = Instant::now();
        for _ in 0..1000 {
            run.track("x", &Context::empty(), At::default(), Value::Float(1.0));
        }
        run.edit(Edit::AddTag("lost".to_owned()));
        let took = begin.elapsed();
        assert!(took >= patience && took < 20 * patience, "{took:?}");
        let mut state = run.shared.lock();
        let lost = state.lost.clone().unwrap();
        assert_eq!((lost.points, lost.others), (1000, 1));
        // The writer comes back: there is room again.
        state.batch.clear();
        drop(state);
        run.track("x", &Context::empty(), At::default(), Value::Float(1.0));
        assert_eq!(run.shared.lock().batch.n_points(), 1);
    }
}

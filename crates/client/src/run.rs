//! Recording into a local repository.
//!
//! Callers push into a buffer behind a lock that is held for a push; one thread swaps the buffer for an empty one and
//! writes it as one frame, at least every 50 ms, and syncs each second. A full buffer makes callers wait: nothing is
//! dropped while the disk works.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use trailmark_core::{
    At, ContentId, Context, Edit, End, Loss, ParamValue, Recorder, RunId, SeriesKey, Step, Value, WallTime,
};
use trailmark_store::{Error, JournalWriter, Record, Repository};

use crate::memorable_name;

/// How long a record waits at most before the kernel has it.
const WRITE_EVERY: Duration = Duration::from_millis(50);
/// How long a record waits at most before the disk has it.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Records that may wait.
const CAPACITY: usize = 1 << 16;

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

#[derive(Debug)]
struct State {
    records: Vec<Record>,
    /// The last step of each series, for points without one.
    steps: HashMap<String, HashMap<Context, i64>>,
    pushed: u64,
    written: u64,
    wants_flush: bool,
    end: Option<End>,
    lost: Option<Loss>,
}

impl Run {
    /// Begins to record.
    ///
    /// # Errors
    /// Any [`Error`] of the repository.
    pub fn start(options: RunOptions) -> Result<Self, Error> {
        let repository = Repository::open_or_create(&options.repository)?;
        let now = WallTime::from(SystemTime::now());
        let is_new = options.run.is_none();
        let id = options.run.unwrap_or_else(|| RunId::generate(now));
        let name = options.name.unwrap_or_else(|| memorable_name(id));
        let mut writer = repository.writer(id)?;
        let mut first = vec![Record::Created { time: now }];
        if is_new {
            first.push(Record::Edit { time: now, edit: Edit::Name(name.clone()) });
            first.push(Record::Edit { time: now, edit: Edit::Experiment(options.experiment) });
        }
        writer.append(&first)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State::empty()),
            work: Condvar::new(),
            done: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("run-writer".to_owned())
            .spawn(move || write_all(&theirs, writer))
            .map_err(|source| Error::Io { action: "start a thread", path: options.repository, source })?;
        Ok(Self { id, name, repository, shared, thread: Mutex::new(Some(thread)) })
    }

    /// Its id.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The name that it was given when it began.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn push(&self, record: impl FnOnce(&mut State, WallTime) -> Record) {
        let now = WallTime::from(SystemTime::now());
        let mut state = self.shared.lock();
        while state.records.len() >= CAPACITY && state.end.is_none() {
            self.shared.work.notify_one();
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.end.is_some() {
            return;
        }
        let record = record(&mut state, now);
        state.records.push(record);
        state.pushed += 1;
        if state.records.len() == CAPACITY / 2 {
            self.shared.work.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn empty() -> Self {
        Self {
            records: Vec::new(),
            steps: HashMap::new(),
            pushed: 0,
            written: 0,
            wants_flush: false,
            end: None,
            lost: None,
        }
    }

    /// The step of a point, and the series' next.
    fn step(&mut self, name: &str, context: &Context, step: Option<Step>) -> Step {
        if !self.steps.contains_key(name) {
            self.steps.insert(name.to_owned(), HashMap::new());
        }
        let Some(of_name) = self.steps.get_mut(name) else { return step.unwrap_or_default() };
        if let Some(last) = of_name.get_mut(context) {
            *last = step.map_or(last.saturating_add(1), |step| step.0);
            return Step(*last);
        }
        let first = step.unwrap_or_default();
        of_name.insert(context.clone(), first.0);
        first
    }
}

impl Recorder for Run {
    fn track(&self, name: &str, context: &Context, at: At, value: Value) {
        self.push(|state, now| Record::Point {
            step: state.step(name, context, at.step),
            series: SeriesKey::new(name, context.clone()),
            epoch: at.epoch,
            time: at.time.unwrap_or(now),
            value,
        });
    }

    fn set_param(&self, path: &[&str], value: ParamValue) {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.push(|_, time| Record::Param { time, path, value });
    }

    fn edit(&self, edit: Edit) {
        self.push(|_, time| Record::Edit { time, edit });
    }

    fn contents(&self, texts: &[&str]) -> Vec<ContentId> {
        match self.repository.put_texts(texts) {
            Ok(pack) => self.push(|_, _| Record::Texts { pack }),
            Err(error) => lose(&mut self.shared.lock(), (0, 1), &error.to_string()),
        }
        texts.iter().map(ContentId::of).collect()
    }

    fn paragraphs(&self, subset: &str, paragraphs: &[ContentId]) {
        let (subset, ids) = (subset.to_owned(), paragraphs.to_vec());
        self.push(|_, _| Record::Paragraphs { subset, ids });
    }

    fn flush(&self) {
        let mut state = self.shared.lock();
        let target = state.pushed;
        while state.written < target {
            state.wants_flush = true;
            self.shared.work.notify_one();
            state = self.shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, end: End) -> Result<(), Loss> {
        let mut state = self.shared.lock();
        state.end.get_or_insert(end);
        drop(state);
        self.shared.work.notify_one();
        self.shared.done.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(_)) => {
                Err(Loss { points: 0, others: 0, reason: "the writer's thread panicked".to_owned() })
            }
        }
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

fn lose(state: &mut State, (points, others): (u64, u64), reason: &str) {
    let lost = state.lost.get_or_insert_with(|| Loss { points: 0, others: 0, reason: reason.to_owned() });
    lost.points += points;
    lost.others += others;
}

/// The writer's thread.
fn write_all(shared: &Shared, mut writer: JournalWriter) -> Result<(), Loss> {
    let mut synced = Instant::now();
    let mut is_dirty = true;
    loop {
        let mut state = shared.lock();
        if state.records.len() < CAPACITY / 2 && state.end.is_none() && !state.wants_flush {
            let waited = shared.work.wait_timeout(state, WRITE_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let records = std::mem::take(&mut state.records);
        state.wants_flush = false;
        let end = state.end.clone();
        drop(state);

        let mut result = writer.append(&records).map(|_| ());
        is_dirty |= !records.is_empty();
        if result.is_ok() && is_dirty && synced.elapsed() >= SYNC_EVERY {
            result = writer.sync();
            synced = Instant::now();
            is_dirty = false;
        }
        let mut state = shared.lock();
        if let Err(error) = result {
            let points = records.iter().filter(|record| matches!(record, Record::Point { .. })).count();
            lose(&mut state, (points as u64, (records.len() - points) as u64), &error.to_string());
        }
        state.written += records.len() as u64;
        let is_done = end.is_some() && state.records.is_empty();
        drop(state);
        shared.done.notify_all();
        if let Some(end) = end.filter(|_| is_done) {
            let ended = writer.end(WallTime::from(SystemTime::now()), end);
            let mut state = shared.lock();
            if let Err(error) = ended {
                lose(&mut state, (0, 1), &error.to_string());
            }
            return state.lost.take().map_or(Ok(()), Err);
        }
    }
}

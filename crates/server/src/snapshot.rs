//! The runs in memory, as they were a moment ago: every request looks at one snapshot and waits for no disk.
//!
//! One thread brings it up to date while anybody looks: [`Snapshots::refresh`] asks the store what changed. What
//! changed is numbered, so that a page that was away is told what it missed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use trailmark_core::{RunId, WallTime};
use trailmark_query::{Kind as QueryKind, Schema};
use trailmark_store::{Cursor, RunItem, RunRow, Store};

use crate::dto::Changed;
use crate::error::ApiError;

/// How old a snapshot may be when a request comes.
const FRESH: Duration = Duration::from_millis(800);
/// Changes that are remembered for pages that were away.
const MOST_CHANGES: usize = 512;

/// The runs at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Runs that are not deleted, newest first.
    pub(crate) runs: Vec<Arc<RunItem>>,
    by_id: BTreeMap<RunId, usize>,
    /// The names that queries may speak of; made when a query first asks.
    schema: OnceLock<Arc<Schema>>,
    /// What tells this state from others.
    pub(crate) cursor: String,
}

/// Keeps the snapshot.
#[derive(Debug)]
pub(crate) struct Snapshots {
    store: Arc<dyn Store>,
    /// Tells this process's cursors from others'.
    session: i64,
    /// Held while the store is asked; taken before `current`.
    state: Mutex<State>,
    current: RwLock<(Arc<Snapshot>, Instant)>,
}

#[derive(Debug, Default)]
struct State {
    runs: BTreeMap<RunId, Arc<RunItem>>,
    cursor: Option<Cursor>,
    sequence: u64,
    /// The latest changes with their numbers, and when they were seen.
    changes: VecDeque<(u64, Instant, Change)>,
}

/// What became different at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) runs: BTreeSet<RunId>,
    pub(crate) new: BTreeSet<RunId>,
    pub(crate) gone: BTreeSet<RunId>,
    /// Whether names came or went.
    has_names: bool,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.gone.is_empty()
    }

    fn add(&mut self, later: &Self) {
        self.runs.extend(&later.runs);
        self.new.extend(&later.new);
        self.gone.extend(&later.gone);
    }

    /// As it goes over the wire.
    pub(crate) fn to_dto(&self, cursor: String) -> Changed {
        let ids = |runs: &BTreeSet<RunId>| runs.iter().map(ToString::to_string).collect();
        Changed { cursor, runs: ids(&self.runs), new_runs: ids(&self.new), gone: ids(&self.gone) }
    }
}

impl Snapshot {
    fn new(runs: &BTreeMap<RunId, Arc<RunItem>>, cursor: String) -> Self {
        let mut runs: Vec<Arc<RunItem>> = runs.values().cloned().collect();
        runs.sort_by_key(|item| std::cmp::Reverse((item.row.created, item.id())));
        let by_id = runs.iter().enumerate().map(|(place, item)| (item.id(), place)).collect();
        Self { runs, by_id, schema: OnceLock::new(), cursor }
    }

    /// The names that queries may speak of.
    pub(crate) fn schema(&self) -> Arc<Schema> {
        let make = || {
            let mut schema = Schema::new();
            self.runs.iter().for_each(|item| schema.add_run(&**item, QueryKind::ALL));
            Arc::new(schema)
        };
        Arc::clone(self.schema.get_or_init(make))
    }

    /// A run by its id.
    pub(crate) fn run(&self, id: RunId) -> Option<&Arc<RunItem>> {
        self.runs.get(*self.by_id.get(&id)?)
    }

    /// The run that a request means: by its id or a beginning of it that fits one run alone.
    pub(crate) fn find(&self, text: &str) -> Result<&Arc<RunItem>, ApiError> {
        if let Some(run) = text.parse().ok().and_then(|id| self.run(id)) {
            return Ok(run);
        }
        let is_beginning = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut fits =
            self.runs.iter().filter(|item| is_beginning && item.id().to_string().starts_with(text));
        match (fits.next(), fits.count()) {
            (Some(run), 0) => Ok(run),
            (Some(_), more) => Err(ApiError::Ambiguous { text: text.to_owned(), count: more + 1 }),
            (None, _) => Err(ApiError::NotFound { what: "a run", text: text.to_owned() }),
        }
    }
}

impl Snapshots {
    /// Reads all runs.
    pub(crate) fn open(store: Arc<dyn Store>) -> Result<Self, ApiError> {
        let session = WallTime::from(SystemTime::now()).nanos() / 1_000_000;
        let empty = Arc::new(Snapshot::new(&BTreeMap::new(), String::new()));
        let current = RwLock::new((empty, Instant::now()));
        let snapshots = Self { store, session, state: Mutex::default(), current };
        snapshots.refresh()?;
        // What was there at first is no change that anybody has missed.
        snapshots.state.lock().unwrap_or_else(PoisonError::into_inner).changes.clear();
        Ok(snapshots)
    }

    /// The snapshot, at most [`FRESH`] old.
    pub(crate) fn fresh(&self) -> Result<Arc<Snapshot>, ApiError> {
        let (snapshot, taken) = self.current();
        if taken.elapsed() > FRESH {
            self.refresh()?;
            return Ok(self.current().0);
        }
        Ok(snapshot)
    }

    /// The snapshot with these runs in it, where they exist: a run that has just begun is looked for on disk.
    pub(crate) fn with_runs<'a>(
        &self,
        mut texts: impl Iterator<Item = &'a str>,
    ) -> Result<Arc<Snapshot>, ApiError> {
        let snapshot = self.fresh()?;
        if texts.all(|text| !matches!(snapshot.find(text), Err(ApiError::NotFound { .. }))) {
            return Ok(snapshot);
        }
        self.refresh()?;
        Ok(self.current().0)
    }

    /// The cursor after the latest change that was seen longer ago than `age`.
    pub(crate) fn cursor_before(&self, age: Duration) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |seen: &Instant| seen.elapsed() <= age;
        let recent = state.changes.iter().find(|(_, seen, _)| is_recent(seen));
        self.cursor(recent.map_or(state.sequence, |(sequence, ..)| sequence - 1))
    }

    fn current(&self) -> (Arc<Snapshot>, Instant) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&current.0), current.1)
    }

    fn cursor(&self, sequence: u64) -> String {
        format!("{}.{sequence}", self.session)
    }

    /// Brings the snapshot up to date; says what changed, and the cursor after it.
    pub(crate) fn refresh(&self) -> Result<Option<(Change, String)>, ApiError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.store.changes(state.cursor.as_ref())?;
        state.cursor = Some(changes.cursor);
        let mut change = Change::default();
        for row in changes.rows {
            state.take(row, &mut change);
        }
        for id in changes.gone {
            if state.runs.remove(&id).is_some() {
                change.gone.insert(id);
                change.has_names = true;
            }
        }
        let has_changed = !change.is_empty();
        if has_changed {
            state.sequence += 1;
            let sequence = state.sequence;
            state.changes.push_back((sequence, Instant::now(), change.clone()));
            if state.changes.len() > MOST_CHANGES {
                state.changes.pop_front();
            }
        }
        let cursor = self.cursor(state.sequence);
        let known = self.current().0;
        let is_same = known.cursor == cursor;
        let snapshot = if is_same { known } else { state.snapshot(cursor.clone(), &known, &change) };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (snapshot, Instant::now());
        Ok(has_changed.then_some((change, cursor)))
    }

    /// What a page missed since it was given a cursor; everything when nobody knows any more.
    pub(crate) fn missed(&self, cursor: &str) -> Option<(Change, String)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cursor.split_once('.').filter(|(session, _)| *session == self.session.to_string());
        let known = known.and_then(|(_, sequence)| sequence.parse::<u64>().ok());
        let first = state.changes.front().map_or(state.sequence + 1, |(sequence, ..)| *sequence);
        let change = match known {
            Some(sequence) if sequence + 1 >= first => {
                let mut change = Change::default();
                state
                    .changes
                    .iter()
                    .filter(|(later, ..)| *later > sequence)
                    .for_each(|(_, _, later)| change.add(later));
                change
            }
            _ => Change { runs: state.runs.keys().copied().collect(), ..Change::default() },
        };
        (!change.is_empty()).then(|| (change, self.cursor(state.sequence)))
    }
}

impl State {
    /// The state as a snapshot; growing runs have the names that they had.
    fn snapshot(&self, cursor: String, before: &Snapshot, change: &Change) -> Arc<Snapshot> {
        let snapshot = Snapshot::new(&self.runs, cursor);
        if let Some(schema) = before.schema.get().filter(|_| !change.has_names) {
            // Nobody else has the new snapshot yet.
            _ = snapshot.schema.set(Arc::clone(schema));
        }
        Arc::new(snapshot)
    }

    fn take(&mut self, row: Arc<RunRow>, change: &mut Change) {
        let id = row.id;
        let known = self.runs.get(&id);
        if row.is_deleted {
            if known.is_some() {
                self.runs.remove(&id);
                change.gone.insert(id);
                change.has_names = true;
            }
            return;
        }
        if known.is_some_and(|known| Arc::ptr_eq(&known.row, &row) || known.row == row) {
            return;
        }
        change.has_names |= !known.is_some_and(|known| known.has_names_of(&row));
        if known.is_none() {
            change.new.insert(id);
        }
        change.runs.insert(id);
        self.runs.insert(id, Arc::new(RunItem::new(row)));
    }
}

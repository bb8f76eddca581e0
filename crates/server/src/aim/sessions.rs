//! The runs that are being recorded by clients, each under a lock of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use trailmark_core::{RunId, WallTime};
use trailmark_store::{Error, Store};

use super::session::Session;

/// How long written bytes wait at most until the disk has them.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Sessions by run.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// Never held while a session is locked.
    list: Mutex<HashMap<RunId, Arc<Mutex<Session>>>>,
    /// Held while a session is opened, so that a run gets one journal. Taken before `list`.
    opening: Mutex<()>,
}

impl Sessions {
    /// Does something with the session of a run, which is opened where there is none; after an error it is let go, and
    /// the next call begins with what the disk has.
    pub(super) fn with<T>(
        &self,
        store: &dyn Store,
        (run, created): (RunId, Option<WallTime>),
        call: impl FnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            let session = match self.find(run) {
                Some(session) => session,
                None => self.open(store, run, created)?,
            };
            let mut locked = session.lock().unwrap_or_else(PoisonError::into_inner);
            if locked.is_closed {
                continue;
            }
            let done = call(&mut locked);
            if done.is_err() {
                locked.is_closed = true;
                drop(locked);
                self.forget(run, &session);
            }
            return done;
        }
    }

    fn open(
        &self,
        store: &dyn Store,
        run: RunId,
        created: Option<WallTime>,
    ) -> Result<Arc<Mutex<Session>>, Error> {
        let _opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = self.find(run) {
            return Ok(session);
        }
        let session = Arc::new(Mutex::new(Session::open(store, run, created)?));
        self.list().insert(run, Arc::clone(&session));
        Ok(session)
    }

    /// Does something with the session of a run, if there is one.
    pub(super) fn with_open<T>(&self, run: RunId, call: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let session = self.find(run)?;
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        (!session.is_closed).then(|| call(&mut session))
    }

    /// Lets go of a run: it is finished if its client said that it ended, else it counts as crashed.
    pub(super) fn close(&self, run: RunId) {
        let Some(session) = self.list().remove(&run) else { return };
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = session.close() {
            tracing::error!(%run, %error, "the end of a run could not be written");
        }
    }

    /// Makes durable what has waited long enough.
    pub(super) fn sync(&self, now: Instant) {
        let all: Vec<_> = self.list().iter().map(|(run, session)| (*run, Arc::clone(session))).collect();
        for (run, session) in all {
            let mut locked = session.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = locked.dirty.is_some_and(|dirty| now.saturating_duration_since(dirty) >= SYNC_EVERY);
            if !is_due || locked.is_closed {
                continue;
            }
            if let Err(error) = locked.sync() {
                tracing::error!(%run, %error, "a run could not be made durable");
                locked.is_closed = true;
                drop(locked);
                self.forget(run, &session);
            }
        }
    }

    /// Lets go of all runs at once, as they are: their clients come back.
    pub(super) fn drop_all(&self) {
        let all: Vec<_> = self.list().drain().collect();
        for (run, session) in all {
            let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
            session.is_closed = true;
            if let Err(error) = session.sync() {
                tracing::error!(%run, %error, "a run could not be made durable");
            }
        }
    }

    fn list(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Mutex<Session>>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, run: RunId) -> Option<Arc<Mutex<Session>>> {
        self.list().get(&run).cloned()
    }

    fn forget(&self, run: RunId, session: &Arc<Mutex<Session>>) {
        let mut list = self.list();
        if list.get(&run).is_some_and(|known| Arc::ptr_eq(known, session)) {
            list.remove(&run);
        }
    }
}

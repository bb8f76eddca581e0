//! Clients, the resources that they hold, and who has locked which run.
//!
//! A client names its resources by handlers, which it keeps over a restart of the server: it makes them again under their
//! old names. One that has gone silent lets go of its runs, but its resources are remembered for a while, so that a client
//! that was only stopped goes on as if nothing had been.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use trailmark_aim::Exception;
use trailmark_core::{RunId, WriterId};

/// A client that has not been heard of for so long has gone: it says every 11 seconds that it lives.
const SILENT: Duration = Duration::from_secs(40);
/// Its resources are forgotten after so long.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// Resources of one client at most.
const MOST_RESOURCES: usize = 65_536;
/// Clients at most.
const MOST_CLIENTS: usize = 4096;
/// Bytes of a name that a client gives itself or a resource.
const MOST_NAME_BYTES: usize = 128;

/// What a handler stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// The repository.
    Repo,
    /// The right to record a run.
    Lock(RunId),
    /// A tree, or the trees of all runs.
    Tree { run: Option<RunId>, is_writable: bool },
    /// What people call a run.
    Run { run: RunId, is_writable: bool },
    /// The sign that a run lives.
    Heartbeat(RunId),
    /// Check-ins.
    Files,
}

impl Resource {
    /// The run that it holds open.
    pub(super) fn holds(&self) -> Option<RunId> {
        match *self {
            Self::Lock(run) | Self::Heartbeat(run) | Self::Run { run, is_writable: true } => Some(run),
            Self::Tree { run, is_writable: true } => run,
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Client {
    heard: Instant,
    n_sockets: usize,
    /// Whether it has lost a socket without saying goodbye, and none is open.
    is_cut: bool,
    /// Whether it was let go.
    has_lapsed: bool,
    resources: HashMap<String, Resource>,
}

/// Clients and their resources.
#[derive(Debug, Default)]
pub(super) struct Pool {
    clients: HashMap<String, Client>,
    /// Which client records which run, under which handler.
    locks: HashMap<RunId, (String, String)>,
}

impl Pool {
    /// Notes that a client lives.
    pub(super) fn hear(&mut self, client: &str) -> Result<(), Exception> {
        self.client(client).map(drop)
    }

    fn client(&mut self, name: &str) -> Result<&mut Client, Exception> {
        if name.is_empty() || name.len() > MOST_NAME_BYTES {
            return Err(Exception::value(format!("got a client's name of {} bytes", name.len())));
        }
        if !self.clients.contains_key(name) {
            if self.clients.len() >= MOST_CLIENTS {
                return Err(Exception::runtime(format!("got more than {MOST_CLIENTS} clients")));
            }
            let client = Client {
                heard: Instant::now(),
                n_sockets: 0,
                is_cut: false,
                has_lapsed: false,
                resources: HashMap::new(),
            };
            self.clients.insert(name.to_owned(), client);
        }
        let none = || Exception::runtime("find a client".to_owned());
        let client = self.clients.get_mut(name).ok_or_else(none)?;
        client.heard = Instant::now();
        client.has_lapsed = false;
        Ok(client)
    }

    /// Notes a resource under its old handler, or a new one.
    pub(super) fn add(
        &mut self,
        client: &str,
        handler: &str,
        resource: Resource,
    ) -> Result<String, Exception> {
        let new = || {
            let digits = format!("{}{}", WriterId::generate(), WriterId::generate());
            let part = |from, to| digits.get(from..to).unwrap_or_default();
            [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
        };
        if handler.len() > MOST_NAME_BYTES {
            return Err(Exception::value(format!("got a handler of {} bytes", handler.len())));
        }
        let handler = if handler.is_empty() { new() } else { handler.to_owned() };
        let known = self.client(client)?;
        if known.resources.len() >= MOST_RESOURCES {
            let message = format!("got more than {MOST_RESOURCES} resources of one client");
            return Err(Exception::runtime(message));
        }
        known.resources.insert(handler.clone(), resource);
        Ok(handler)
    }

    /// What a client's handler stands for.
    pub(super) fn find(&mut self, client: &str, handler: &str) -> Result<Resource, Exception> {
        let found = self.client(client)?.resources.get(handler).copied();
        found.ok_or_else(|| {
            Exception::runtime(format!("find a resource: got the unknown handler {handler:?}"))
        })
    }

    /// Forgets a resource; says what it was.
    pub(super) fn release(&mut self, client: &str, handler: &str) -> Result<Resource, Exception> {
        let released = self.client(client)?.resources.remove(handler);
        let unknown =
            || Exception::runtime(format!("release a resource: got the unknown handler {handler:?}"));
        let released = released.ok_or_else(unknown)?;
        if let Resource::Lock(run) = released {
            self.unlock(run, handler);
        }
        Ok(released)
    }

    /// Locks a run for a handler; without force only when nobody who lives has.
    pub(super) fn lock(
        &mut self,
        client: &str,
        handler: &str,
        run: RunId,
        force: bool,
    ) -> Result<(), Exception> {
        let holder = self.locks.get(&run).filter(|(_, held)| held != handler);
        let is_held = holder.and_then(|(client, _)| self.clients.get(client)).is_some_and(Client::is_there);
        if is_held && !force {
            let message = format!(
                "Cannot acquire lock for Run '{run}'. Make sure no process uses Run '{run}' and close it, or open it with force_resume=True."
            );
            return Err(Exception::locked(message));
        }
        self.locks.insert(run, (client.to_owned(), handler.to_owned()));
        Ok(())
    }

    /// Gives a lock back.
    pub(super) fn unlock(&mut self, run: RunId, handler: &str) {
        if self.locks.get(&run).is_some_and(|(_, held)| held == handler) {
            self.locks.remove(&run);
        }
    }

    /// Whether a run is locked.
    pub(super) fn is_locked(&self, run: RunId) -> bool {
        self.locks.contains_key(&run)
    }

    /// Whether a client that lives holds a run open.
    pub(super) fn is_open(&self, run: RunId) -> bool {
        let living = self.clients.values().filter(|client| !client.has_lapsed);
        living.flat_map(|client| client.resources.values()).any(|resource| resource.holds() == Some(run))
    }

    /// A client has opened its write socket.
    pub(super) fn connect(&mut self, client: &str) -> Result<(), Exception> {
        let client = self.client(client)?;
        client.n_sockets += 1;
        client.is_cut = false;
        Ok(())
    }

    /// A client's write socket is closed, cleanly or not.
    pub(super) fn disconnect(&mut self, client: &str, is_clean: bool) {
        if let Some(client) = self.clients.get_mut(client) {
            client.n_sockets = client.n_sockets.saturating_sub(1);
            client.is_cut = client.n_sockets == 0 && !is_clean;
        }
    }

    /// Lets go of clients that have gone silent; says which runs they held.
    pub(super) fn expire(&mut self, now: Instant) -> BTreeSet<RunId> {
        let silent = |client: &Client| now.saturating_duration_since(client.heard);
        self.clients.retain(|_, client| client.n_sockets > 0 || silent(client) < FORGOTTEN);
        let mut held = BTreeSet::new();
        for client in self.clients.values_mut() {
            if client.has_lapsed || client.n_sockets > 0 || silent(client) < SILENT {
                continue;
            }
            client.has_lapsed = true;
            held.extend(client.resources.values().filter_map(Resource::holds));
        }
        let clients = &self.clients;
        self.locks.retain(|_, (client, _)| clients.get(client).is_some_and(|client| !client.has_lapsed));
        held
    }
}

impl Client {
    /// Whether its locks count.
    fn is_there(&self) -> bool {
        !self.has_lapsed && !self.is_cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId::from_bytes([1; 12]);

    fn pool() -> (Pool, String) {
        let mut pool = Pool::default();
        pool.connect("a").unwrap();
        let handler = pool.add("a", "", Resource::Lock(RUN)).unwrap();
        pool.lock("a", &handler, RUN, false).unwrap();
        (pool, handler)
    }

    #[test]
    fn a_lock_is_one_clients_until_it_is_given_back_or_taken() {
        let (mut pool, handler) = pool();
        let other = pool.add("b", "", Resource::Lock(RUN)).unwrap();
        assert!(pool.lock("b", &other, RUN, false).is_err());
        pool.lock("a", &handler, RUN, false).unwrap();
        pool.lock("b", &other, RUN, true).unwrap();
        pool.release("a", &handler).unwrap();
        assert!(pool.is_locked(RUN));
        pool.unlock(RUN, &other);
        assert!(!pool.is_locked(RUN));
    }

    #[test]
    fn a_client_that_was_cut_off_locks_nothing() {
        let (mut pool, _) = pool();
        pool.disconnect("a", false);
        let other = pool.add("b", "", Resource::Lock(RUN)).unwrap();
        pool.lock("b", &other, RUN, false).unwrap();
    }

    #[test]
    fn a_silent_client_lets_go_and_may_come_back() {
        let (mut pool, handler) = pool();
        let now = Instant::now();
        assert!(pool.expire(now + SILENT).is_empty(), "its socket is open");
        pool.disconnect("a", true);
        assert_eq!(pool.expire(now + SILENT + SILENT), BTreeSet::from([RUN]));
        assert!(!pool.is_open(RUN) && !pool.is_locked(RUN));
        assert_eq!(pool.find("a", &handler), Ok(Resource::Lock(RUN)));
        assert!(pool.is_open(RUN));
        pool.expire(now + FORGOTTEN + SILENT);
        assert!(pool.find("a", &handler).is_err());
    }

    #[test]
    fn a_handler_is_its_own_clients() {
        let (mut pool, handler) = pool();
        assert!(pool.find("b", &handler).is_err());
        assert!(pool.release("b", &handler).is_err());
        assert_eq!(pool.add("b", "again", Resource::Repo), Ok("again".to_owned()));
    }
}

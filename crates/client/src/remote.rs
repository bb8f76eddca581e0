//! Recording to a server: a run is recorded into a local repository, the spool, and its journal is sent from there.
//!
//! The journal is the spool: nothing is lost when the network goes, the server dies or this process is killed. The
//! server says up to where it has the bytes on its disk; from there they are sent, again and again if need be. What is
//! left behind by a process that died is sent by [`ship_all`].

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trailmark_core::{ContentId, RunId, WriterId};
use trailmark_store::{JournalReader, Piece, Repository, Store as _};
use ureq::SendBody;
use ureq::http::StatusCode;

use crate::address::Server;
use crate::authority::advice;
use crate::caller::Caller;
use crate::error::ShipError;

/// How often the journal is looked at while it grows.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often the server hears of a run that has nothing to say: well within its lease of a minute.
const SPEAK_EVERY: Duration = Duration::from_secs(15);
/// How long a request may take that sends a piece.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest pause between tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Bytes of a piece at most, but for a frame that is larger.
const MOST_BYTES: usize = 8 << 20;
/// How hard a piece is compressed: journals are dense already.
const LEVEL: i32 = 1;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shipped {
    /// Bytes of the journal that the server has on its disk.
    pub n_bytes: u64,
    /// Whether that is all of it, with its end.
    pub is_whole: bool,
    /// Whether the server has deleted the run and wants no more of it.
    pub is_gone: bool,
}

/// The folder in which runs wait for their servers: `TRAILMARK_SPOOL`, else below the user's state folder.
pub fn spool_folder() -> PathBuf {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    given("TRAILMARK_SPOOL").unwrap_or_else(|| {
        let state = given("XDG_STATE_HOME").or_else(|| Some(given("HOME")?.join(".local/state")));
        state.unwrap_or_else(std::env::temp_dir).join("trailmark/spool")
    })
}

/// Records to servers stay in the spool while it is `1`, `true`, `yes` or `on`: `trailmark sync` sends them.
const OFFLINE: &str = "TRAILMARK_OFFLINE";

/// Whether the environment says that no server is asked: `TRAILMARK_OFFLINE`.
pub fn is_offline() -> bool {
    let set = std::env::var(OFFLINE).unwrap_or_default().to_lowercase();
    matches!(&*set, "1" | "true" | "yes" | "on")
}

/// Sends to one server.
#[derive(Debug)]
struct Line {
    caller: Caller,
    /// Blobs that it is known to have.
    has: BTreeSet<ContentId>,
}

impl Line {
    fn new(server: Server) -> Self {
        Self { caller: Caller::new(server, Some(PATIENCE)), has: BTreeSet::new() }
    }

    fn unreachable(&self, reason: impl ToString) -> ShipError {
        let mut reason = reason.to_string();
        reason.push_str(advice(&reason));
        ShipError::Unreachable { url: self.caller.server().url().to_owned(), reason }
    }

    /// Sends bytes of a journal; none ask only where the server stands.
    fn append(&self, run: RunId, writer: WriterId, offset: u64, bytes: &[u8]) -> Result<Told, ShipError> {
        let path = format!("/api/v1/journals/{run}/{writer}?offset={offset}");
        let packed = zstd::bulk::compress(bytes, LEVEL).map_err(|error| self.unreachable(error))?;
        let request = self.caller.post(&path).header("content-encoding", "zstd");
        let request = request.header("content-type", "application/octet-stream");
        let mut response = request.send(&packed).map_err(|error| self.unreachable(error))?;
        let status = response.status();
        let text = response.body_mut().read_to_string().map_err(|error| self.unreachable(error))?;
        self.check(status, &text)?;
        let answer: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| self.unreachable(error))?;
        let number = |key: &str| answer.get(key).and_then(serde_json::Value::as_u64);
        match (number("durable"), number("behind"), answer.get("gone")) {
            (Some(offset), ..) => Ok(Told::Durable(offset)),
            (_, Some(offset), _) => Ok(Told::Behind(offset)),
            (_, _, Some(_)) => Ok(Told::Gone),
            _ => Err(self.refused(format!("got the answer {text:?}, want one of Trailmark's"))),
        }
    }

    /// Sees to it that the server has a blob.
    fn send_blob(&mut self, repository: &Repository, blob: ContentId) -> Result<(), ShipError> {
        if self.has.contains(&blob) {
            return Ok(());
        }
        let path = format!("/api/v1/blobs/{blob}");
        let head = self.caller.head(&path).call().map_err(|error| self.unreachable(error))?;
        if head.status() != StatusCode::OK {
            let mut file = repository.open_blob(&blob)?;
            let put = self.caller.put(&path).config().timeout_global(None).build();
            let sent = put.send(SendBody::from_reader(&mut file as &mut dyn Read));
            let mut response = sent.map_err(|error| self.unreachable(error))?;
            let status = response.status();
            let text = response.body_mut().read_to_string().map_err(|error| self.unreachable(error))?;
            self.check(status, &text)?;
        }
        self.has.insert(blob);
        Ok(())
    }

    /// Whether an answer is one; of a refusal, whether it may be another the next time.
    fn check(&self, status: StatusCode, text: &str) -> Result<(), ShipError> {
        if status.is_success() {
            return Ok(());
        }
        let said: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let said = said.as_ref().and_then(|said| said.get("message")?.as_str());
        let mut reason = said.map_or_else(|| format!("got the status {status}"), str::to_owned);
        if status == StatusCode::UNAUTHORIZED {
            reason.push_str("; the environment variable TRAILMARK_TOKEN holds one");
        }
        // Busy, full, locked by another process, or restarting: all of them end.
        let passes = status.is_server_error() || [408, 409, 423, 429].contains(&status.as_u16());
        Err(if passes { self.unreachable(reason) } else { self.refused(reason) })
    }

    fn refused(&self, reason: String) -> ShipError {
        ShipError::Refused { url: self.caller.server().url().to_owned(), reason }
    }
}

/// What the server says of a journal.
enum Told {
    Durable(u64),
    Behind(u64),
    Gone,
}

/// Sends one journal.
struct Shipment {
    repository: Repository,
    run: RunId,
    writer: WriterId,
    reader: JournalReader,
    line: Line,
    shipped: Shipped,
    spoke: Instant,
    knows_offset: bool,
}

impl Shipment {
    fn new(repository: &Repository, run: RunId, writer: WriterId, server: &Server) -> Self {
        Self {
            repository: repository.clone(),
            run,
            writer,
            reader: repository.journal(run, writer),
            line: Line::new(server.clone()),
            shipped: Shipped::default(),
            spoke: Instant::now(),
            knows_offset: false,
        }
    }

    /// Sends what is new; says whether there was anything.
    fn step(&mut self) -> Result<bool, ShipError> {
        if !self.knows_offset {
            self.find()?;
        }
        if self.shipped.is_gone {
            return Ok(false);
        }
        let Some(piece) = self.reader.next(MOST_BYTES)? else {
            if self.spoke.elapsed() >= SPEAK_EVERY {
                self.tell(self.line.append(self.run, self.writer, self.reader.offset(), &[]))?;
            }
            return Ok(false);
        };
        self.send(&piece).inspect_err(|_| self.knows_offset = false)?;
        Ok(true)
    }

    /// Asks where the server stands, and goes there.
    fn find(&mut self) -> Result<(), ShipError> {
        let stands = match self.line.append(self.run, self.writer, u64::MAX, &[])? {
            Told::Durable(offset) | Told::Behind(offset) => offset,
            Told::Gone => {
                self.shipped.is_gone = true;
                return Ok(());
            }
        };
        if !self.reader.seek(stands)? {
            let reason = format!("it has {stands} bytes of the journal, which is another one than is here");
            return Err(self.line.refused(reason));
        }
        self.knows_offset = true;
        self.shipped = Shipped { n_bytes: stands, is_whole: self.reader.has_ended(), is_gone: false };
        Ok(())
    }

    fn send(&mut self, piece: &Piece) -> Result<(), ShipError> {
        for blob in &piece.blobs {
            self.line.send_blob(&self.repository, *blob)?;
        }
        let told = self.line.append(self.run, self.writer, piece.offset, &piece.bytes);
        self.tell(told)?;
        self.shipped.is_whole = self.reader.has_ended() && self.shipped.n_bytes == piece.end();
        Ok(())
    }

    fn tell(&mut self, told: Result<Told, ShipError>) -> Result<(), ShipError> {
        self.spoke = Instant::now();
        match told? {
            Told::Durable(offset) => {
                self.shipped.n_bytes = offset;
                // It took a part only: what is missing is sent again.
                self.knows_offset = offset == self.reader.offset();
            }
            Told::Behind(_) => self.knows_offset = false,
            Told::Gone => self.shipped.is_gone = true,
        }
        Ok(())
    }
}

/// Sends the journal of a run that is being recorded, until it is at the server with its end; offline it sends nothing.
#[derive(Debug)]
pub(crate) struct Shipper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    shipped: Shipped,
    /// Why the last try failed.
    trouble: Option<String>,
    /// How often a look at the journal found nothing that was not there yet.
    n_quiet: u64,
    /// It will never succeed.
    is_refused: bool,
    /// Nobody waits for it any more.
    is_given_up: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shipper {
    pub(crate) fn start(
        repository: &Repository,
        run: RunId,
        writer: WriterId,
        server: &Server,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        if is_offline() {
            *shared.lock() =
                State { is_refused: true, trouble: Some(format!("{OFFLINE} is set")), ..State::default() };
            return Ok(Self { shared, thread: None });
        }
        let theirs = Arc::clone(&shared);
        let mut shipment = Shipment::new(repository, run, writer, server);
        let thread = std::thread::Builder::new()
            .name("run-shipper".to_owned())
            .spawn(move || keep_shipping(&mut shipment, &theirs))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Waits for at most so long until all is at the server; says how far it is, and what is in the way.
    pub(crate) fn wait(&self, patience: Duration) -> (Shipped, Option<String>) {
        let until = Instant::now() + patience;
        let mut state = self.shared.lock();
        while !(state.shipped.is_whole || state.shipped.is_gone || state.is_refused) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        (state.shipped, state.trouble.clone())
    }

    /// Waits for at most so long until what is in the journal by now is at the server; says what is in the way.
    pub(crate) fn catch_up(&self, patience: Duration) -> Result<(), String> {
        let until = Instant::now() + patience;
        let mut state = self.shared.lock();
        let arrived = |state: &State| state.shipped.is_whole || state.shipped.is_gone;
        // A look that goes on now may have begun before the last write: the one after it counts.
        for enough in [state.n_quiet + 1, state.n_quiet + 2] {
            // It looks at once, however long it meant to wait.
            self.shared.changed.notify_all();
            while state.n_quiet < enough && !arrived(&state) {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() || state.is_refused {
                    return Err(state.trouble.clone().unwrap_or_else(|| "the server is slow".to_owned()));
                }
                let waited = self.shared.changed.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        Ok(())
    }
}

impl Drop for Shipper {
    fn drop(&mut self) {
        self.shared.lock().is_given_up = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

fn keep_shipping(shipment: &mut Shipment, shared: &Shared) {
    let mut pause = LOOK_EVERY;
    loop {
        let stepped = shipment.step();
        let mut state = shared.lock();
        state.shipped = shipment.shipped;
        pause = match &stepped {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK_EVERY,
            Err(_) => (pause * 2).clamp(LOOK_EVERY, LONGEST_PAUSE),
        };
        state.n_quiet += u64::from(matches!(stepped, Ok(false)));
        state.is_refused = matches!(stepped, Err(ShipError::Refused { .. }));
        state.trouble = stepped.err().map(|error| error.to_string());
        shared.changed.notify_all();
        if state.shipped.is_whole || state.shipped.is_gone || state.is_refused || state.is_given_up {
            return;
        }
        if !pause.is_zero() {
            drop(shared.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// What became of a journal in a spool.
#[derive(Debug)]
pub struct Sent {
    /// Of which run.
    pub run: RunId,
    /// Whose journal.
    pub writer: WriterId,
    /// How far it is, or what is in the way.
    pub result: Result<Shipped, ShipError>,
}

/// Sends every journal of a spool to its server, each once; `each` hears of each, and says whether to go on.
///
/// A journal whose writer lives is left to its own process. One whose writer died is sent as it is, without an end: its run
/// has crashed.
///
/// # Errors
/// [`ShipError::Spool`] when the spool cannot be read.
pub fn ship_all(
    spool: &Repository,
    server: &Server,
    each: &mut dyn FnMut(Sent) -> bool,
) -> Result<(), ShipError> {
    for run in spool.run_ids()? {
        for writer in spool.writers(run)? {
            let mut shipment = Shipment::new(spool, run, writer, server);
            if shipment.reader.is_held()? {
                continue;
            }
            let mut ship = || {
                while shipment.step()? {}
                // A piece that was taken in part is sent again.
                while !shipment.knows_offset && !shipment.shipped.is_gone {
                    while shipment.step()? {}
                }
                Ok(shipment.shipped)
            };
            let result = ship();
            if !each(Sent { run, writer, result }) {
                return Ok(());
            }
        }
    }
    Ok(())
}

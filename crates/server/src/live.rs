//! `GET /api/v1/events`: pages hear of what changed, within a second.
//!
//! One thread asks the store while anybody listens, or asked anything a moment ago; listeners get texts that are made
//! once. A listener that falls behind is told from its cursor on.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, watch};
use utoipa::IntoParams;

use crate::app::App;
use crate::dto::Hello;
use crate::error::ApiError;
use crate::sign_in::Who;

/// How often the store is asked.
const POLL: Duration = Duration::from_millis(400);
/// How long the store is still asked after the last request.
const INTEREST: Duration = Duration::from_secs(10);
/// A page's first answers are at most so much older than its stream: what changed since is told again.
const MISSABLE: Duration = Duration::from_secs(5);
/// How often a line says that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Who listens, and what they hear.
#[derive(Debug)]
pub(crate) struct Live {
    events: broadcast::Sender<Event>,
    /// The cursor up to which listeners were told; held while they are.
    told: Mutex<String>,
    began: Instant,
    /// Milliseconds since `began` at the last request.
    asked: AtomicU64,
    /// True when the server ends.
    pub(crate) end: watch::Sender<bool>,
}

#[derive(Debug, Clone)]
struct Event {
    cursor: String,
    text: Bytes,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            events: broadcast::channel(64).0,
            told: Mutex::default(),
            began: Instant::now(),
            asked: AtomicU64::new(0),
            end: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// Remembers that somebody asked something.
    pub(crate) fn note_request(&self) {
        let millis = self.began.elapsed().as_millis() as u64;
        self.asked.store(millis, Ordering::Relaxed);
    }

    fn is_watched(&self) -> bool {
        let asked = Duration::from_millis(self.asked.load(Ordering::Relaxed));
        self.events.receiver_count() > 0 || self.began.elapsed().saturating_sub(asked) < INTEREST
    }

    /// Ends all streams.
    pub(crate) fn end(&self) {
        self.end.send_replace(true);
    }
}

/// Starts the thread that asks the store; it ends with the server.
pub(crate) fn watch(app: &Arc<App>) -> std::io::Result<()> {
    let app = Arc::downgrade(app);
    std::thread::Builder::new().name("watcher".to_owned()).spawn(move || watch_until_gone(&app))?;
    Ok(())
}

fn watch_until_gone(app: &Weak<App>) {
    loop {
        std::thread::park_timeout(POLL);
        let Some(app) = app.upgrade() else { return };
        if *app.live.end.borrow() {
            return;
        }
        if app.live.is_watched() {
            tell(&app);
        }
    }
}

/// Brings the snapshot up to date and tells listeners what changed, also what a request has seen before the watcher.
pub(crate) fn tell(app: &App) {
    let mut told = app.live.told.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = app.snapshots.refresh() {
        tracing::warn!(%error, "the repository could not be read");
    }
    if told.is_empty() {
        *told = app.snapshots.cursor_before(MISSABLE);
    }
    if let Some((change, cursor)) = app.snapshots.missed(&told) {
        told.clone_from(&cursor);
        let text = event("changed", &change.to_dto(cursor.clone()));
        // Nobody may listen.
        let _ = app.live.events.send(Event { cursor, text });
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    // The data are plain structs: they always become JSON, in one line.
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// Tell what changed since this one, as `hello`, `changed` and other answers name it; without it in the last five
    /// seconds.
    #[serde(default)]
    cursor: String,
}

/// The stream of a listener. Called inside the runtime.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "events", tag = "Repository",
    summary = "A stream of server-sent events: what changed, within a second",
    description = "Each event is a line `event:` with its name and a line `data:` with JSON: `Hello`, then `Changed` \
        whenever runs grew, changed, ended, came or went. A page asks again for what it shows of them.",
    params(Request),
    responses(
        (status = 200, description = "`hello` with the state and the version, then `changed` with the runs that did, and a comment line every 15 s. It ends when the server does.",
            body = String, content_type = "text/event-stream"),
    ),
)]
pub(crate) fn listen(app: Arc<App>, who: Who, request: &Request) -> Result<Response, ApiError> {
    let events = app.live.events.subscribe();
    let snapshot = app.snapshots.fresh()?;
    let (sender, receiver) = mpsc::channel(16);
    let hello = Hello { cursor: snapshot.cursor.clone(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let mut first = vec![event("hello", &hello)];
    let mut cursor = snapshot.cursor.clone();
    let since = match request.cursor.as_str() {
        "" => app.snapshots.cursor_before(MISSABLE),
        known => known.to_owned(),
    };
    if let Some((missed, now)) = app.snapshots.missed(&since) {
        first.push(event("changed", &missed.to_dto(now.clone())));
        cursor = now;
    }
    tokio::spawn(forward((app, who), events, sender, first, cursor));
    let body = Body::from_stream(Lines(receiver));
    Ok(([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], body).into_response())
}

async fn forward(
    (app, who): (Arc<App>, Who),
    mut events: broadcast::Receiver<Event>,
    sender: mpsc::Sender<Bytes>,
    first: Vec<Bytes>,
    mut cursor: String,
) {
    let mut end = app.live.end.subscribe();
    let (snapshots, is_watched) = (Arc::downgrade(&app), app.sign_in.is_required());
    drop(app);
    for text in first {
        if sender.send(text).await.is_err() {
            return;
        }
    }
    loop {
        let text = tokio::select! {
            _ = end.wait_for(|end| *end) => return,
            // The page closed the stream.
            () = sender.closed() => return,
            () = tokio::time::sleep(HEARTBEAT) => Bytes::from_static(b": alive\n\n"),
            received = events.recv() => match received {
                // What came between subscribing and `hello` is part of it already.
                Ok(event) if event.cursor == cursor => continue,
                Ok(event) => {
                    cursor = event.cursor;
                    event.text
                }
                Err(broadcast::error::RecvError::Closed) => return,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let Some(app) = snapshots.upgrade() else { return };
                    let Some((missed, now)) = app.snapshots.missed(&cursor) else { continue };
                    cursor.clone_from(&now);
                    event("changed", &missed.to_dto(now))
                }
            },
        };
        // A token that was revoked meanwhile ends the stream; the page is told when it asks for another.
        if is_watched {
            let (app, who) = (snapshots.clone(), who.clone());
            let stands = move || app.upgrade().is_some_and(|app| app.sign_in.stands(&*app.store, &who));
            if !tokio::task::spawn_blocking(stands).await.unwrap_or(false) {
                return;
            }
        }
        if sender.send(text).await.is_err() {
            return;
        }
    }
}

/// What a listener is sent.
struct Lines(mpsc::Receiver<Bytes>);

impl Stream for Lines {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(Ok))
    }
}

//! The paths of Aim's remote protocol, with and without a slash at their end, at the root and below one name.
//!
//! The client sends no headers of its own; what it can be made to send is the beginning of every path, as in
//! `aim://host:port/<token>`. Without sign-in any name is as good as none.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use trailmark_aim::{Branch, Exception, Node, pack, unpack};
use trailmark_store::Scope;

use super::call;
use super::stream::Records;
use crate::app::App;
use crate::sign_in;

/// The version whose protocol this is. Clients refuse a newer server.
const VERSION: &str = "3.29.1";
/// Bytes of a message at most, as in Aim's server: a larger one would be sent again for ever.
const MOST_MESSAGE_BYTES: usize = 1 << 30;
/// How often the server asks whether a client is there.
const PING: Duration = Duration::from_secs(20);
/// A client that has sent nothing for so long, not even an answer to that, is gone.
const SILENT: Duration = Duration::from_secs(90);
/// How long a client waits before it sends again what could not be written.
const PAUSE: Duration = Duration::from_millis(500);
/// "Service restart": clients come back. After 1000 or 1001 they would wait for ever.
const RESTART: u16 = 1012;
/// "Internal error": clients send again what was not acknowledged.
const FAILED: u16 = 1011;

type Shared = State<Arc<App>>;

/// Who asks.
#[derive(Debug, Deserialize)]
struct Who {
    client: String,
    #[serde(default)]
    handler: String,
}

/// Whether a path is one of the protocol's, and the token that it begins with.
pub(crate) fn token_of(path: &str) -> Option<Option<&str>> {
    let mut parts = path.trim_start_matches('/').split('/');
    let is_ours =
        |part: Option<&str>| part.is_some_and(|part| ["status", "client", "tracking"].contains(&part));
    let first = parts.next();
    match is_ours(first) {
        true => Some(None),
        false => is_ours(parts.next()).then_some(first),
    }
}

/// All routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().merge(protocol()).nest("/{token}", protocol())
}

fn protocol() -> Router<Arc<App>> {
    let routes: [(&str, MethodRouter<Arc<App>>); 9] = [
        ("/status", get(|| async { axum::Json(json!({"status": "OK"})) })),
        ("/client/get-version", get(|| async { axum::Json(json!({"version": VERSION})) })),
        ("/client/connect/{client}", get(hear)),
        ("/client/reconnect/{client}", get(hear)),
        ("/client/heartbeat/{client}", get(hear)),
        ("/client/disconnect/{client}", get(hear)),
        ("/tracking/{client}/get-resource", post(get_resource)),
        ("/tracking/{client}/read-instruction", post(read)),
        ("/tracking/{client}/release-resource/{handler}", get(release)),
    ];
    let socket = ("/tracking/{client}/write-instruction", get(write));
    let with_slash = |router: Router<Arc<App>>, (path, method): (&str, MethodRouter<Arc<App>>)| {
        router.route(path, method.clone()).route(&format!("{path}/"), method)
    };
    routes.into_iter().chain([socket]).fold(Router::new(), with_slash)
}

/// A call of a method, or the making of a resource.
#[derive(Debug, Deserialize)]
struct Call {
    #[serde(default)]
    resource_handler: String,
    #[serde(default)]
    resource_type: String,
    #[serde(default)]
    method_name: String,
    #[serde(default)]
    args: String,
}

impl Call {
    fn read(body: &[u8]) -> Result<(Self, Node), Exception> {
        let wrong = |what: String| Exception::value(format!("read a call: {what}"));
        let call: Self = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
        let packed = STANDARD.decode(&call.args).map_err(|error| wrong(error.to_string()))?;
        let arguments = unpack(&packed).map_err(|error| wrong(error.to_string()))?;
        Ok((call, arguments.unwrap_or(Node::Map(Branch::new()))))
    }
}

async fn hear(app: Shared, Path(who): Path<Who>) -> Response {
    json_answer(work(app, move |app| call::pool(app).hear(&who.client)).await.map(|()| Json::Null))
}

async fn get_resource(app: Shared, Path(who): Path<Who>, body: Bytes) -> Response {
    let made = work(app, move |app| {
        let (call, arguments) = Call::read(&body)?;
        call::get_resource(app, &who.client, (&call.resource_type, &call.resource_handler), &arguments)
    });
    json_answer(made.await.map(|handler| json!({"handler": handler})))
}

async fn release(app: Shared, Path(who): Path<Who>) -> Response {
    let released = work(app, move |app| call::release(app, &who.client, &who.handler));
    json_answer(released.await.map(|()| Json::Null))
}

async fn read(
    app: Shared,
    Path(who): Path<Who>,
    Extension(known): Extension<sign_in::Who>,
    body: Bytes,
) -> Response {
    let answer = work(app, move |app| {
        let (call, arguments) = Call::read(&body)?;
        if call.method_name == "delete_run" {
            known.may(Scope::Admin).map_err(|error| Exception::runtime(error.to_string()))?;
        }
        let arguments = match arguments {
            Node::List(arguments) => arguments,
            _ => Vec::new(),
        };
        let handler = (call.resource_handler.as_str(), call.method_name.as_str());
        call::read(app, &who.client, handler, &arguments).map(|node| pack(&node))
    });
    match answer.await {
        Ok(packed) => {
            let body = Body::from_stream(Records::of(packed));
            ([(CONTENT_TYPE, "application/octet-stream")], body).into_response()
        }
        Err(exception) => json_answer(Err(exception)),
    }
}

/// Works off the runtime: the store blocks.
async fn work<T: Send + 'static>(
    State(app): Shared,
    work: impl FnOnce(&App) -> Result<T, Exception> + Send + 'static,
) -> Result<T, Exception> {
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|error| Err(Exception::runtime(format!("a call panicked: {error}"))))
}

fn json_answer(answer: Result<Json, Exception>) -> Response {
    match answer {
        Ok(json) => axum::Json(json).into_response(),
        Err(exception) => (StatusCode::BAD_REQUEST, axum::Json(exception.to_json())).into_response(),
    }
}

async fn write(
    State(app): Shared,
    Path(who): Path<Who>,
    Extension(known): Extension<sign_in::Who>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(MOST_MESSAGE_BYTES).max_frame_size(MOST_MESSAGE_BYTES);
    upgrade.on_upgrade(move |socket| serve(app, (who.client, known), socket))
}

/// Serves a write socket to its end.
async fn serve(app: Arc<App>, (client, known): (String, sign_in::Who), socket: WebSocket) {
    if let Err(exception) = call::pool(&app).connect(&client) {
        tracing::warn!(client, error = exception.message(), "an Aim client is turned away");
        return;
    }
    let is_clean = exchange(&app, (&client, &known), socket).await;
    call::pool(&app).disconnect(&client, is_clean);
    tracing::debug!(client, is_clean, "the write socket of an Aim client is closed");
}

/// What a write socket waits for.
enum Event {
    End,
    Ping,
    Received(Option<Result<Message, axum::Error>>),
}

/// Takes messages until the socket closes; says whether the client closed it.
async fn exchange(app: &Arc<App>, (client, known): (&str, &sign_in::Who), mut socket: WebSocket) -> bool {
    let mut end = app.live.end.subscribe();
    let mut ping = tokio::time::interval(PING);
    let mut heard = tokio::time::Instant::now();
    loop {
        let event = tokio::select! {
            // A sender that is gone ends it as well.
            _ = end.wait_for(|end| *end) => Event::End,
            _ = ping.tick() => Event::Ping,
            received = socket.recv() => Event::Received(received),
        };
        let message = match event {
            Event::End => {
                close(&mut socket, RESTART, "the server stops").await;
                return false;
            }
            Event::Ping => {
                if heard.elapsed() > SILENT || socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return false;
                }
                continue;
            }
            Event::Received(Some(Ok(message))) => message,
            Event::Received(Some(Err(_)) | None) => return false,
        };
        heard = tokio::time::Instant::now();
        let message = match message {
            Message::Binary(message) => message,
            Message::Text(message) => message.into(),
            Message::Close(_) => return true,
            Message::Ping(_) | Message::Pong(_) => continue,
        };
        let (ours, of, known) = (Arc::clone(app), client.to_owned(), known.clone());
        // A token that was revoked meanwhile writes no more; the client is told when it comes again.
        let write = move || match ours.sign_in.stands(&*ours.store, &known) {
            true => Some(call::write(&ours, &of, &message)),
            false => None,
        };
        let done = tokio::task::spawn_blocking(write).await;
        match done.map(Option::transpose) {
            Ok(Ok(None)) => {
                close(&mut socket, FAILED, "its token is known no more").await;
                return false;
            }
            Ok(Ok(Some(()))) => {
                if socket.send(Message::Binary(Bytes::from_static(b"OK"))).await.is_err() {
                    return false;
                }
            }
            failed => {
                let error = match failed {
                    Ok(Err(error)) => error.to_string(),
                    Err(error) => error.to_string(),
                    Ok(Ok(_)) => String::new(),
                };
                tracing::error!(
                    client,
                    error,
                    "a message of an Aim client could not be written, it comes again"
                );
                tokio::time::sleep(PAUSE).await;
                close(&mut socket, FAILED, "it could not be written").await;
                return false;
            }
        }
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // A client that is gone needs no goodbye.
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// Lets go of the runs that clients record here: they come back.
pub(crate) fn stop(app: &App) {
    app.aim.sessions.drop_all();
}

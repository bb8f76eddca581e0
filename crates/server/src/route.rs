//! Every route of the interface, in the order of `docs/http.md`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use axum::{Extension, Json, Router};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::ApiError;
use crate::frame;
use crate::guard::{self, Guard};
use crate::parameter::{Parameters, deepest};
use crate::sign_in::Who;
use crate::{
    aim, answers, artifacts, ask, blob, complete, dto, edits, fields, findings, info, ingest, labels, live,
    logs, objects, page, runs, search, series, sign_in, texts, views,
};

/// Bytes of a request at most.
const MOST_BYTES: usize = 16 << 20;

/// How long a wrong token waits for its answer.
const GUESS: Duration = Duration::from_millis(250);

type Shared = State<Arc<App>>;
type Answer = Result<Response, ApiError>;

/// All routes behind the guard.
pub(crate) fn router(app: Arc<App>, guard: Arc<Guard>) -> Router {
    let api = Router::new()
        .merge(repository())
        .merge(runs_and_series())
        .merge(answers_and_models())
        .merge(recorded_elsewhere())
        .route("/session", session());
    Router::new()
        .nest("/api/v1", api)
        .merge(aim::route::routes())
        .fallback(fallback)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), known))
        .layer(middleware::from_fn_with_state(guard, protect))
        .with_state(app)
}

/// A route that answers a struct as JSON from its parameters.
macro_rules! query {
    ($call:path) => {
        get(|app: Shared, Parameters(request)| json(app, move |app| $call(app, &request)))
    };
}

/// The same of one run.
macro_rules! run_query {
    ($call:path) => {
        get(|app: Shared, Path(id): Path<String>, Parameters(request)| {
            json(app, move |app| $call(app, &id, &request))
        })
    };
}

/// A route that answers a struct as JSON from the JSON that was sent.
macro_rules! command {
    ($call:path) => {
        post(|app: Shared, body: Bytes| json(app, move |app| $call(app, &body_of(&body)?)))
    };
}

fn repository() -> Router<Arc<App>> {
    let kept = get(|app: Shared| json(app, views::list));
    let kept = kept.post(|app: Shared, body: Bytes| json(app, move |app| views::keep(app, &body_of(&body)?)));
    let kept =
        kept.delete(|app: Shared, Parameters(request)| json(app, move |app| views::forget(app, &request)));
    let said = get(|app: Shared| json(app, labels::list));
    let said = said.post(|app: Shared, body: Bytes| json(app, move |app| labels::set(app, &body_of(&body)?)));
    Router::new()
        .route("/info", get(|app: Shared| json(app, info::info)))
        .route("/fields", query!(fields::fields))
        .route("/complete", query!(complete::complete))
        .route("/home", get(|app: Shared| json(app, info::home)))
        .route("/views", kept)
        .route("/labels", said)
        .route("/events", get(|app: Shared, Extension(who), Parameters(request)| events(app, who, request)))
}

fn runs_and_series() -> Router<Arc<App>> {
    let one = get(|app: Shared, Path(id): Path<String>| json(app, move |app| runs::one(app, &id)));
    let text = get(|app: Shared, Path(id): Path<String>, Parameters(request)| {
        plain(app, move |app| texts::whole(app, &id, &request))
    });
    let blob = get(|app: Shared, Path(id): Path<String>, Parameters(request), headers: HeaderMap| {
        work(app, move |app| blob::blob(app, &id, &request, &headers))
    });
    let log = get(|app: Shared, Path(id): Path<String>| plain(app, move |app| logs::whole(app, &id)));
    let edits = post(|app: Shared, Extension(who): Extension<Who>, body: Bytes| {
        json(app, move |app| edits::edit(app, &who, &body_of(&body)?))
    });
    Router::new()
        .route("/search", query!(search::search))
        .route("/runs", query!(runs::list))
        .route("/runs.csv", get(|app: Shared, Parameters(request)| csv(app, request)))
        .route("/runs/{id}", one)
        .route("/findings", query!(findings::findings))
        .route("/edits", edits)
        .route("/series", get(|app: Shared, Parameters(request)| columns(app, request)))
        .route("/texts", query!(texts::texts))
        .route("/runs/{id}/text", text)
        .route("/runs/{id}/logs", run_query!(logs::logs))
        .route("/runs/{id}/logs/search", run_query!(logs::search))
        .route("/runs/{id}/logs.txt", log)
        .route("/runs/{id}/objects", run_query!(objects::list))
        .route("/runs/{id}/objects/steps", run_query!(objects::steps))
        .route("/runs/{id}/artifacts", run_query!(artifacts::list))
        .route("/blobs/{id}", blob)
}

fn answers_and_models() -> Router<Arc<App>> {
    Router::new()
        .route("/answers/steps", query!(answers::steps))
        .route("/answers", query!(answers::list))
        .route("/answers/compare", query!(answers::compare))
        .route("/answers/history", query!(answers::history))
        .route("/models", get(|app: Shared| json(app, ask::models)))
        .route("/ask", command!(ask::ask))
}

fn recorded_elsewhere() -> Router<Arc<App>> {
    let journal =
        post(|app: Shared, Path(ids): Path<(String, String)>, Parameters(request), headers, body: Bytes| {
            append(app, ids, request, headers, body)
        });
    let blob = put(|app: Shared, Path(id): Path<String>, body: Body| {
        let bytes = ingest::BodyReader::new(body);
        json(app, move |app| ingest::put_blob(app, &id, bytes))
    });
    Router::new()
        .route("/journals/{run}/{writer}", journal.layer(DefaultBodyLimit::max(ingest::MOST_BYTES)))
        .route("/blobs/{id}", blob.layer(DefaultBodyLimit::disable()))
}

async fn append(
    app: Shared,
    (run, writer): (String, String),
    request: ingest::Request,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let is_packed = match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => false,
        Some(b"zstd") => true,
        Some(other) => {
            let other = String::from_utf8_lossy(other);
            return Err(ApiError::bad(format!("append to a journal: got the encoding {other:?}, want zstd")));
        }
    };
    json(app, move |app| ingest::append(app, (&run, &writer), &request, (&body, is_packed))).await
}

/// Works off the runtime: the store blocks.
async fn work<T: Send + 'static>(
    State(app): Shared,
    work: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    app.live.note_request();
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|error| Err(ApiError::Internal { message: format!("a request panicked: {error}") }))
}

async fn json<T: Serialize + Send + 'static>(
    app: Shared,
    call: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
) -> Answer {
    let text = work(app, move |app| {
        let answer = call(app)?;
        serde_json::to_vec(&answer).map_err(|error| ApiError::Internal { message: error.to_string() })
    });
    Ok(sent("application/json", text.await?))
}

fn sent(media_type: &'static str, body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")], body.into()).into_response()
}

/// The JSON of a request.
fn body_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad(format!("read the request: {}", deepest(&error))))
}

async fn columns(app: Shared, request: series::Request) -> Answer {
    Ok(sent(frame::MEDIA_TYPE, work(app, move |app| series::series(app, &request)).await?))
}

async fn plain(app: Shared, call: impl FnOnce(&App) -> Result<String, ApiError> + Send + 'static) -> Answer {
    Ok(sent("text/plain; charset=utf-8", work(app, call).await?))
}

async fn csv(app: Shared, request: runs::CsvRequest) -> Answer {
    let text = work(app, move |app| runs::csv(app, &request)).await?;
    Ok(sent("text/csv; charset=utf-8", text))
}

async fn events(State(app): Shared, who: Who, request: live::Request) -> Answer {
    let shared = Arc::clone(&app);
    // The first look may wait for the disk.
    work(State(app), |app| app.snapshots.fresh().map(drop)).await?;
    live::listen(shared, who, &request)
}

async fn fallback(uri: Uri, headers: HeaderMap) -> Answer {
    page::page(&uri, &headers)
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    ApiError::Method { path: uri.path().to_owned(), got: method.to_string() }
}

/// The session of a browser: who it is, signing in, signing out.
fn session() -> MethodRouter<Arc<App>> {
    let of = |app: &App, who: Option<Who>| dto::SignedIn {
        required: app.sign_in.is_required(),
        name: who.as_ref().map(|who| who.name.clone()),
        scope: who.map(|who| who.scope.word()),
    };
    let look = get(move |app: Shared, headers: HeaderMap| {
        json(app, move |app| Ok(of(app, app.sign_in.who(&*app.store, &headers).ok())))
    });
    let begin = move |app: Shared, body: Bytes| async move {
        let begun = work(State(Arc::clone(&app)), move |app| {
            let request: dto::BeginSession = body_of(&body)?;
            let begun = app.sign_in.begin(&*app.store, &request.token);
            let (name, status) = match &begun {
                Ok((who, _)) => (who.name.as_str(), 200),
                Err(_) => ("", 401),
            };
            app.store.audit(&sign_in::audit_line(name, &Method::POST, "/api/v1/session", status))?;
            begun
        });
        match begun.await {
            Ok((who, cookie)) => Ok(([(SET_COOKIE, cookie)], Json(of(&app, Some(who)))).into_response()),
            Err(error) => {
                // Whoever guesses waits.
                tokio::time::sleep(GUESS).await;
                Err(error)
            }
        }
    };
    look.post(begin).delete(move |State(app): Shared, headers: HeaderMap| async move {
        let cookie = app.sign_in.end(&headers);
        Answer::Ok(([(SET_COOKIE, cookie)], Json(of(&app, None))).into_response())
    })
}

/// Lets in whom a token or a session makes known, and notes what they change. The page itself holds nothing, and is
/// there for everybody.
async fn known(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if let Some(anybody) = app.sign_in.anybody() {
        request.extensions_mut().insert(anybody);
        return next.run(request).await;
    }
    let path = request.uri().path().to_owned();
    if let Some(token) = aim::route::token_of(&path) {
        let token = token.map(str::to_owned);
        let looked = work(State(app), move |app| app.sign_in.who_by_path(&*app.store, token.as_deref()));
        return match looked.await {
            Ok(who) => {
                request.extensions_mut().insert(who);
                next.run(request).await
            }
            Err(error) => error.into_response(),
        };
    }
    if !path.starts_with("/api/") || path == "/api/v1/session" {
        return next.run(request).await;
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let looked = work(State(Arc::clone(&app)), move |app| {
        let who = app.sign_in.who(&*app.store, &headers)?;
        app.sign_in.admits(&who, &method, &headers)?;
        Ok(who)
    });
    let method = request.method().clone();
    let (name, response) = match looked.await {
        Ok(who) => {
            let name = who.name.clone();
            request.extensions_mut().insert(who);
            (name, next.run(request).await)
        }
        Err(error) => (String::new(), error.into_response()),
    };
    let status = response.status().as_u16();
    // A run that is being recorded is told of once: where its journal begins.
    let is_piece = path.starts_with("/api/v1/journals/") && status == 200;
    if !method.is_safe() && !is_piece {
        let line = sign_in::audit_line(&name, &method, &path, status);
        if let Err(error) = work(State(app), move |app| Ok(app.store.audit(&line)?)).await {
            tracing::error!(%error, "the audit log cannot be written");
        }
    }
    response
}

/// Lets in what names us, and puts the headers on every answer.
async fn protect(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let admitted = guard.admits(request.method(), request.uri(), request.headers());
    let tls_only = guard.tls_only(request.headers()).filter(|_| admitted.is_ok());
    let mut response = match admitted {
        Ok(()) => next.run(request).await,
        Err(message) => ApiError::Foreign { message }.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in guard::headers().into_iter().chain(tls_only) {
        // Kept bytes bring a stricter policy of their own.
        headers.entry(name).or_insert(value);
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

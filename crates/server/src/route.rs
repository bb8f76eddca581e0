//! Every route of the interface, in the order of `docs/http.md`.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler as _;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::ApiError;
use crate::guard::{self, Guard};
use crate::listed::Listed;
use crate::parameter::{Named, OfBlob, OfJournal, OfRun, Parameters, Sent, deepest};
use crate::sign_in::Who;
use crate::{
    aim, answers, artifacts, ask, blob, complete, document, edits, extract, fields, findings, info, ingest,
    labels, live, logs, objects, page, runs, search, series, session, sign_in, texts, views,
};

/// Bytes of a request at most.
const MOST_BYTES: usize = 16 << 20;

/// Where the interface begins.
pub(crate) const PREFIX: &str = "/api/v1";

pub(crate) type Shared = State<Arc<App>>;
pub(crate) type Answer = Result<Response, ApiError>;

/// All routes behind the guard.
pub(crate) fn router(app: Arc<App>, guard: Arc<Guard>) -> Router {
    let listed = listed();
    Router::new()
        .nest(PREFIX, listed.router)
        .merge(aim::route::routes())
        .fallback(fallback)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), known))
        .layer(middleware::from_fn_with_state(guard, protect))
        .with_state(app)
}

/// The interface: every route with its method, as the document names them too.
pub(crate) fn listed() -> Listed {
    let listed = answers_and_models(runs_and_series(repository(Listed::default())));
    recorded_elsewhere(listed)
        .get("/session", session::look)
        .post("/session", session::begin)
        .delete("/session", session::end)
        .get("/openapi.json", openapi)
}

/// A route that answers a struct as JSON.
macro_rules! look {
    ($call:path) => {
        |app: Shared| json(app, $call)
    };
}

/// The same from its parameters.
macro_rules! query {
    ($call:path) => {
        |app: Shared, Parameters(request)| json(app, move |app| $call(app, &request))
    };
}

/// The same of one run.
macro_rules! run_query {
    ($call:path) => {
        |app: Shared, Named(OfRun { id }), Parameters(request)| {
            json(app, move |app| $call(app, &id, &request))
        }
    };
}

/// A route that answers a struct as JSON from the JSON that was sent.
macro_rules! command {
    ($call:path) => {
        |app: Shared, Sent(body)| json(app, move |app| $call(app, &body_of(&body)?))
    };
}

fn repository(listed: Listed) -> Listed {
    let events = |app: Shared, Extension(who), Parameters(request)| events(app, who, request);
    listed
        .get("/info", look!(info::info))
        .get("/fields", query!(fields::fields))
        .get("/complete", query!(complete::complete))
        .get("/home", look!(info::home))
        .get("/views", look!(views::list))
        .post("/views", command!(views::keep))
        .delete("/views", query!(views::forget))
        .get("/labels", look!(labels::list))
        .post("/labels", command!(labels::set))
        .get("/events", events)
}

fn runs_and_series(listed: Listed) -> Listed {
    let one = |app: Shared, Named(OfRun { id })| json(app, move |app| runs::one(app, &id));
    let text = |app: Shared, Named(OfRun { id }), Parameters(request)| {
        plain(app, move |app| texts::whole(app, &id, &request))
    };
    let blob = |app: Shared, Named(OfBlob { id }), Parameters(request), headers: HeaderMap| {
        work(app, move |app| blob::blob(app, &id, &request, &headers))
    };
    let log = |app: Shared, Named(OfRun { id })| plain(app, move |app| logs::whole(app, &id));
    let edits = |app: Shared, Extension(who): Extension<Who>, Sent(body)| {
        json(app, move |app| edits::edit(app, &who, &body_of(&body)?))
    };
    let series = |app: Shared, Parameters(request), headers: HeaderMap| series(app, request, headers);
    let extract = |app: Shared, Parameters(request)| extract(app, request);
    listed
        .get("/search", query!(search::search))
        .get("/runs", query!(runs::list))
        .get("/runs.csv", |app: Shared, Parameters(request)| csv(app, request))
        .get("/runs/{id}", one)
        .get("/findings", query!(findings::findings))
        .post("/edits", edits)
        .get("/series", series)
        .get("/extract", extract)
        .get("/texts", query!(texts::texts))
        .get("/runs/{id}/text", text)
        .get("/runs/{id}/logs", run_query!(logs::logs))
        .get("/runs/{id}/logs/search", run_query!(logs::search))
        .get("/runs/{id}/logs.txt", log)
        .get("/runs/{id}/objects", run_query!(objects::list))
        .get("/runs/{id}/objects/steps", run_query!(objects::steps))
        .get("/runs/{id}/artifacts", run_query!(artifacts::list))
        .get("/blobs/{id}", blob)
}

fn answers_and_models(listed: Listed) -> Listed {
    listed
        .get("/answers/steps", query!(answers::steps))
        .get("/answers", query!(answers::list))
        .get("/answers/compare", query!(answers::compare))
        .get("/answers/history", query!(answers::history))
        .get("/models", look!(ask::models))
        .post("/ask", command!(ask::ask))
}

fn recorded_elsewhere(listed: Listed) -> Listed {
    let journal = |app: Shared, Named(of), Parameters(request), headers, Sent(body)| {
        append(app, of, request, headers, body)
    };
    let blob = |app: Shared, Named(OfBlob { id }), body: Body| {
        let bytes = ingest::BodyReader::new(body);
        json(app, move |app| ingest::put_blob(app, &id, bytes))
    };
    listed
        .post("/journals/{run}/{writer}", journal.layer(DefaultBodyLimit::max(ingest::MOST_BYTES)))
        .put("/blobs/{id}", blob.layer(DefaultBodyLimit::disable()))
}

async fn append(
    app: Shared,
    of: OfJournal,
    request: ingest::Request,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let packing = ingest::Packing::of(&headers)?;
    json(app, move |app| ingest::append(app, &of, &request, (&body, packing))).await
}

/// What this server answers, as `docs/http.md` says it for people.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", operation_id = "openapi", tag = "Repository",
    summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)),
)]
pub(crate) async fn openapi(app: Shared) -> Answer {
    json(app, |app| Ok(document::of(app.sign_in.is_required()))).await
}

/// Works off the runtime: the store blocks.
pub(crate) async fn work<T: Send + 'static>(
    State(app): Shared,
    work: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    app.live.note_request();
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|error| Err(ApiError::Internal { message: format!("a request panicked: {error}") }))
}

pub(crate) async fn json<T: Serialize + Send + 'static>(
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
pub(crate) fn body_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|error| ApiError::bad(format!("read the request: {}", deepest(&error))))
}

async fn series(app: Shared, request: series::Request, headers: HeaderMap) -> Answer {
    let form = request.form(&headers);
    let bytes = work(app, move |app| series::series(app, &request, form)).await?;
    let mut answer = sent(form.media_type(), bytes);
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

async fn extract(app: Shared, request: extract::Request) -> Answer {
    Ok(sent(extract::MEDIA_TYPE, work(app, move |app| extract::extract(app, &request)).await?))
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

/// Lets in whom a token or a session makes known, and notes what they change. The page and the document hold nothing,
/// and are there for everybody.
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
    if !path.starts_with("/api/") || path == "/api/v1/session" || path == "/api/v1/openapi.json" {
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

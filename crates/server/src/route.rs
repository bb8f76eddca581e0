//! Every route of the interface, in the order of `docs/http.md`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::ApiError;
use crate::frame;
use crate::guard::{self, Guard};
use crate::parameter::{Parameters, deepest};
use crate::{edits, fields, findings, info, live, page, runs, series};

/// Bytes of a request at most.
const MOST_BYTES: usize = 16 << 20;

type Shared = State<Arc<App>>;
type Answer = Result<Response, ApiError>;

/// All routes behind the guard.
pub(crate) fn router(app: Arc<App>, guard: Guard) -> Router {
    let api = Router::new()
        .route("/info", get(|app: Shared| json(app, info::info)))
        .route(
            "/fields",
            get(|app: Shared, Parameters(request)| json(app, move |app| fields::fields(app, &request))),
        )
        .route("/home", get(|app: Shared| json(app, info::home)))
        .route(
            "/runs",
            get(|app: Shared, Parameters(request)| json(app, move |app| runs::list(app, &request))),
        )
        .route("/runs.csv", get(|app: Shared, Parameters(request)| csv(app, request)))
        .route(
            "/runs/{id}",
            get(|app: Shared, Path(id): Path<String>| json(app, move |app| runs::one(app, &id))),
        )
        .route(
            "/findings",
            get(|app: Shared, Parameters(request)| json(app, move |app| findings::findings(app, &request))),
        )
        .route(
            "/edits",
            post(|app: Shared, body: Bytes| json(app, move |app| edits::edit(app, &body_of(&body)?))),
        )
        .route("/series", get(|app: Shared, Parameters(request)| columns(app, request)))
        .route("/events", get(|app: Shared, Parameters(request)| events(app, request)));
    Router::new()
        .nest("/api/v1", api)
        .fallback(fallback)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(Arc::new(guard), protect))
        .with_state(app)
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

async fn csv(app: Shared, request: runs::CsvRequest) -> Answer {
    let text = work(app, move |app| runs::csv(app, &request)).await?;
    Ok(sent("text/csv; charset=utf-8", text))
}

async fn events(State(app): Shared, request: live::Request) -> Answer {
    let shared = Arc::clone(&app);
    // The first look may wait for the disk.
    work(State(app), |app| app.snapshots.fresh().map(drop)).await?;
    live::listen(shared, &request)
}

async fn fallback(uri: Uri, headers: HeaderMap) -> Answer {
    page::page(&uri, &headers)
}

async fn wrong_method(uri: Uri) -> ApiError {
    ApiError::bad(format!("got another method than {} answers", uri.path()))
}

/// Lets in what names us, and puts the headers on every answer.
async fn protect(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let admitted = guard.admits(request.method(), request.uri(), request.headers());
    let mut response = match admitted {
        Ok(()) => next.run(request).await,
        Err(message) => ApiError::Foreign { message }.into_response(),
    };
    response.headers_mut().extend(guard::headers());
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

//! `/api/v1/session`: the session of a browser: who it is, signing in, signing out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method};
use axum::response::IntoResponse as _;

use crate::app::App;
use crate::dto;
use crate::parameter::Sent;
use crate::route::{Answer, Shared, body_of, json, work};
use crate::sign_in::{self, Who};

/// How long a wrong token waits for its answer.
const GUESS: Duration = Duration::from_millis(250);

/// Who asks, as far as the server knows.
#[utoipa::path(
    get, path = "/api/v1/session", operation_id = "session", tag = "Signing in",
    summary = "Whether one must sign in, and who has",
    responses((status = 200, description = "Who asks.", body = dto::SignedIn)),
)]
pub(crate) async fn look(app: Shared, headers: HeaderMap) -> Answer {
    json(app, move |app| Ok(of(app, app.sign_in.who(&*app.store, &headers).ok()))).await
}

/// Signs a browser in; the answer sets the cookie of the session.
#[utoipa::path(
    post, path = "/api/v1/session", operation_id = "begin_session", tag = "Signing in",
    summary = "Signs a browser in",
    description = "The session is a cookie that scripts cannot read; what changes something must then name the page in \
        `Origin`. Programs send the token with each request instead.",
    request_body(content = dto::BeginSession, example = json!({"token": "trailmark_0123456789abcdef"})),
    responses((status = 200, description = "Who it is now.", body = dto::SignedIn,
        headers(("Set-Cookie" = String, description = "The session, which only the browser sees.")))),
)]
pub(crate) async fn begin(app: Shared, Sent(body): Sent) -> Answer {
    let State(state) = &app;
    let state = Arc::clone(state);
    let begun = work(app, move |app| {
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
        Ok((who, cookie)) => Ok(([(SET_COOKIE, cookie)], Json(of(&state, Some(who)))).into_response()),
        Err(error) => {
            // Whoever guesses waits.
            tokio::time::sleep(GUESS).await;
            Err(error)
        }
    }
}

/// Signs a browser out.
#[utoipa::path(
    delete, path = "/api/v1/session", operation_id = "end_session", tag = "Signing in",
    summary = "Signs a browser out",
    responses((status = 200, description = "Nobody is known any more.", body = dto::SignedIn,
        headers(("Set-Cookie" = String, description = "An empty session.")))),
)]
pub(crate) async fn end(State(app): Shared, headers: HeaderMap) -> Answer {
    let cookie = app.sign_in.end(&headers);
    Ok(([(SET_COOKIE, cookie)], Json(of(&app, None))).into_response())
}

fn of(app: &App, who: Option<Who>) -> dto::SignedIn {
    dto::SignedIn {
        required: app.sign_in.is_required(),
        name: who.as_ref().map(|who| who.name.clone()),
        scope: who.map(|who| who.scope.word()),
    }
}

//! `/api/v1/views`: views of the page that people keep by name, for everyone who opens the repository.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::dto::{KeepView, KeptViews, View};
use crate::error::ApiError;
use crate::face::secs;

/// Views at most.
const MOST_VIEWS: usize = 1000;
/// Characters of a name at most.
const MOST_NAME: usize = 200;
/// Bytes of an address at most.
const MOST_URL: usize = 16 << 10;

/// What is asked to be forgotten.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Forget {
    /// What the view is called.
    name: String,
}

/// `GET /api/v1/views`.
#[utoipa::path(
    get, path = "/api/v1/views", operation_id = "list_views", tag = "Repository",
    summary = "The views of the page that people keep",
    responses(
        (status = 200, description = "All views.", body = KeptViews),
    ),
)]
pub(crate) fn list(app: &App) -> Result<KeptViews, ApiError> {
    with(app, None)
}

/// `POST /api/v1/views`.
#[utoipa::path(
    post, path = "/api/v1/views", operation_id = "keep_view", tag = "Repository",
    summary = "Keeps a view, in the place of one of the same name",
    description = "A view is an address of the page without the server. There are at most 1,000 of them.",
    request_body(content = KeepView, example = json!({"name": "learning rate", "url": "/metrics?color=learning_rate"})),
    responses(
        (status = 200, description = "All views, and the one that was replaced.", body = KeptViews),
    ),
)]
pub(crate) fn keep(app: &App, request: &KeepView) -> Result<KeptViews, ApiError> {
    let (name, url) = (request.name.trim(), request.url.as_str());
    let has_control = request.name.chars().any(char::is_control);
    if name.is_empty() || request.name.chars().count() > MOST_NAME || has_control {
        return Err(ApiError::bad(format!(
            "keep a view: got the name {name:?}, want 1 to {MOST_NAME} characters"
        )));
    }
    // An address of another server would lead astray whoever opens the view.
    let is_of_the_page =
        url.starts_with('/') && !url.starts_with("//") && !url.contains(['\\', '\n', '\r', '\t']);
    if !is_of_the_page || url.len() > MOST_URL {
        return Err(ApiError::bad(format!(
            "keep a view: got the address {:?}, want one of the page that begins with /, of at most {MOST_URL} bytes",
            url.chars().take(80).collect::<String>()
        )));
    }
    let views = app.store.views()?;
    if views.len() >= MOST_VIEWS && !views.iter().any(|view| view.name == name) {
        return Err(ApiError::bad(format!(
            "keep a view: got {MOST_VIEWS} already, want one to be forgotten first"
        )));
    }
    let before = app.store.keep_view(name, url)?;
    with(app, before)
}

/// `DELETE /api/v1/views`.
#[utoipa::path(
    delete, path = "/api/v1/views", operation_id = "forget_view", tag = "Repository",
    summary = "Forgets a view",
    params(Forget),
    responses(
        (status = 200, description = "All views, and the one that is forgotten.", body = KeptViews),
        (status = 404, description = "There is no such view."),
    ),
)]
pub(crate) fn forget(app: &App, request: &Forget) -> Result<KeptViews, ApiError> {
    let before = app.store.forget_view(&request.name)?;
    let before = before.ok_or_else(|| ApiError::NotFound { what: "a view", text: request.name.clone() })?;
    with(app, Some(before))
}

fn with(app: &App, before: Option<trailmark_store::View>) -> Result<KeptViews, ApiError> {
    let views = app.store.views()?.into_iter().map(view).collect();
    Ok(KeptViews { views, before: before.map(view) })
}

fn view(view: trailmark_store::View) -> View {
    View { name: view.name, url: view.url, kept_at: secs(view.kept) }
}

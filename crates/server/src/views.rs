//! `/api/v1/views`: views of the page that people keep by name, for everyone who opens the repository.

use serde::Deserialize;

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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forget {
    name: String,
}

/// `GET /api/v1/views`.
pub(crate) fn list(app: &App) -> Result<KeptViews, ApiError> {
    with(app, None)
}

/// `POST /api/v1/views`.
pub(crate) fn keep(app: &App, request: &KeepView) -> Result<KeptViews, ApiError> {
    let (name, url) = (request.name.trim(), request.url.as_str());
    if name.is_empty() || name.chars().count() > MOST_NAME || name.chars().any(char::is_control) {
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

//! `/api/v1/labels`: what people say of tags and experiments as such: a colour, a description.

use trailmark_store::{Label as Said, LabelOf};

use crate::app::App;
use crate::dto::{Label, Labelled, Labels, SetLabel};
use crate::error::ApiError;

/// Labels at most.
const MOST_LABELS: usize = 10_000;
/// Characters of a name at most.
const MOST_NAME: usize = 200;
/// Bytes of a description at most.
const MOST_DESCRIPTION: usize = 16 << 10;

/// `GET /api/v1/labels`.
#[utoipa::path(
    get, path = "/api/v1/labels", operation_id = "list_labels", tag = "Repository",
    summary = "What people say of tags and experiments as such",
    responses(
        (status = 200, description = "All of it.", body = Labels),
    ),
)]
pub(crate) fn list(app: &App) -> Result<Labels, ApiError> {
    with(app, None)
}

/// `POST /api/v1/labels`.
#[utoipa::path(
    post, path = "/api/v1/labels", operation_id = "set_label", tag = "Repository",
    summary = "Says what a tag or an experiment means",
    description = "Without colour and description nothing is said any more.",
    request_body(content = SetLabel, example = json!({"of": "tag", "label": {"name": "diverged", "color": "#d03030", "description": "the loss left the chart"}})),
    responses(
        (status = 200, description = "All of it, and what was said before.", body = Labels),
    ),
)]
pub(crate) fn set(app: &App, request: &SetLabel) -> Result<Labels, ApiError> {
    let SetLabel { of, label: Label { name, color, description } } = request;
    let wrong = |what: String| Err(ApiError::bad(format!("say what a {} is: got {what}", of.word())));
    if name.trim().is_empty() || name.chars().count() > MOST_NAME {
        return wrong(format!("the name {name:?}, want 1 to {MOST_NAME} characters"));
    }
    let digits = color.strip_prefix('#').unwrap_or_default();
    let is_color = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !color.is_empty() && !is_color {
        return wrong(format!("the colour {color:?}, want #rrggbb"));
    }
    if description.len() > MOST_DESCRIPTION {
        return wrong(format!(
            "a description of {} bytes, want at most {MOST_DESCRIPTION}",
            description.len()
        ));
    }
    let store_of = match of {
        Labelled::Tag => LabelOf::Tag,
        Labelled::Experiment => LabelOf::Experiment,
    };
    let labels = app.store.labels()?;
    if labels.len() >= MOST_LABELS && !labels.contains_key(&(store_of, name.clone())) {
        return wrong(format!("{MOST_LABELS} labels already, want one to be emptied first"));
    }
    let said = Said { color: color.to_ascii_lowercase(), description: description.clone() };
    let before = app.store.set_label(store_of, name, said)?;
    with(app, Some(label(name, before)))
}

fn with(app: &App, before: Option<Label>) -> Result<Labels, ApiError> {
    let all = app.store.labels()?;
    let of = |wanted: LabelOf| {
        let labels = all.iter().filter(|((of, _), _)| *of == wanted);
        labels.map(|((_, name), said)| label(name, said.clone())).collect()
    };
    Ok(Labels { tags: of(LabelOf::Tag), experiments: of(LabelOf::Experiment), before })
}

fn label(name: &str, said: Said) -> Label {
    Label { name: name.to_owned(), color: said.color, description: said.description }
}

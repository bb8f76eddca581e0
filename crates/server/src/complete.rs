//! `GET /api/v1/complete`: what fits at a cursor of a query.

use serde::Deserialize;
use trailmark_query::{Expression, Suggestion, SuggestionKind};
use utoipa::IntoParams;

use crate::app::App;
use crate::dto::{Completion, CompletionItem, CompletionKind};
use crate::error::ApiError;
use crate::find::Kind;
use crate::parameter::Count;

/// Suggestions of one answer at most.
const MOST_ITEMS: usize = 100;

/// What is asked for: without a cursor its end.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// The query as it is written so far.
    #[serde(default)]
    #[param(example = "run.hpar")]
    text: String,
    /// Where in it the cursor is, in Unicode characters; without it at its end.
    #[param(inline)]
    cursor: Option<Count>,
    /// What the query is about.
    #[serde(default)]
    #[param(inline)]
    kind: Kind,
}

/// `GET /api/v1/complete`.
#[utoipa::path(
    get, path = "/api/v1/complete", operation_id = "complete", tag = "Repository",
    summary = "What fits at the cursor of a query",
    description = "The cursor counts Unicode characters; what fits takes the place of the characters from `from` to \
        `to`.",
    params(Request),
    responses(
        (status = 200, description = "What fits.", body = Completion),
    ),
)]
pub(crate) fn complete(app: &App, request: &Request) -> Result<Completion, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let cursor = request.cursor.map_or(usize::MAX, Count::n);
    let found = Expression::complete(&request.text, cursor, request.kind.to_query(), &snapshot.schema());
    let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    Ok(Completion {
        from: narrow(found.from),
        to: narrow(found.to),
        items: found.items.into_iter().take(MOST_ITEMS).map(item).collect(),
    })
}

fn item(suggestion: Suggestion) -> CompletionItem {
    let kind = match suggestion.kind {
        SuggestionKind::Param => CompletionKind::Param,
        SuggestionKind::Metric => CompletionKind::Metric,
        SuggestionKind::Property => CompletionKind::Property,
        SuggestionKind::Function => CompletionKind::Function,
        SuggestionKind::Keyword => CompletionKind::Keyword,
        SuggestionKind::Value => CompletionKind::Value,
    };
    CompletionItem { insert: suggestion.insert, label: suggestion.label, kind, detail: suggestion.detail }
}

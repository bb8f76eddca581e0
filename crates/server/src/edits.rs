//! `POST /api/v1/edits`: what people say of runs becomes different; the answer holds what undoes it.

use trailmark_core::{Context, Edit as Change, RunId, SeriesKey, Step};
use trailmark_store::Scope;

use crate::app::App;
use crate::dto::{DeleteArtifact, DeletePoints, Edit, Edited, Edits, ParamTree};
use crate::error::ApiError;
use crate::live;
use crate::sign_in::Who;
use crate::snapshot::Snapshot;

/// Runs of one request at most.
const MOST_RUNS: usize = 100_000;
/// Bytes of a text at most.
const MOST_BYTES: usize = 1 << 20;

/// Does it, durably, and tells who listens.
#[utoipa::path(
    post, path = "/api/v1/edits", operation_id = "edit_runs", tag = "Runs",
    summary = "Changes what people say of runs; the answer holds what undoes it",
    description = "Deleting wants the scope `admin`. `points` are what was tracked of a series until now: of one step, \
        or of all without one.",
    request_body(content = Edits, example = json!({"runs": ["0123456789abcdef01234567"], "edit": {"add_tag": "keep"}})),
    responses(
        (status = 200, description = "How many runs became different, and what undoes it.", body = Edited),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn edit(app: &App, who: &Who, request: &Edits) -> Result<Edited, ApiError> {
    let deletes = match &request.edit {
        Edit::Deleted(is_deleted) => *is_deleted,
        Edit::Points(points) => points.is_deleted,
        Edit::Artifact(artifact) => artifact.is_deleted,
        _ => false,
    };
    who.may(if deletes { Scope::Admin } else { Scope::Track })?;
    if request.runs.is_empty() || request.runs.len() > MOST_RUNS {
        return Err(ApiError::bad(format!("edit runs: got {}, want 1 to {MOST_RUNS}", request.runs.len())));
    }
    let change = change(&request.edit)?;
    let snapshot = app.snapshots.fresh()?;
    let mut edits = Vec::with_capacity(request.runs.len());
    for text in &request.runs {
        edits.push((run(&snapshot, text)?, change.clone()));
    }
    edits.sort_by_key(|(run, _)| *run);
    edits.dedup();
    let undo = app.store.edit(&edits)?;
    live::tell(app);
    Ok(Edited { edited: undo.len() as u64, undo: grouped(undo) })
}

/// A run of the snapshot, or any by its whole id: a deleted one is not in the snapshot, but may be restored.
fn run(snapshot: &Snapshot, text: &str) -> Result<RunId, ApiError> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => snapshot.find(text).map(|item| item.id()),
    }
}

fn change(edit: &Edit) -> Result<Change, ApiError> {
    let text = |text: &String| match text.len() > MOST_BYTES {
        true => Err(ApiError::TooLarge {
            message: format!("edit runs: got a text of {} bytes, want at most {MOST_BYTES}", text.len()),
            hint: "shorten it".to_owned(),
        }),
        false => Ok(text.clone()),
    };
    let word = |what: &str, word: &String| match word.trim().is_empty() {
        true => Err(ApiError::bad(format!("edit runs: got an empty {what}"))),
        false => text(word),
    };
    Ok(match edit {
        Edit::Name(name) => Change::Name(text(name)?),
        Edit::Experiment(name) => Change::Experiment(text(name)?),
        Edit::Description(words) => Change::Description(text(words)?),
        Edit::Note(words) => Change::Note(text(words)?),
        Edit::AddTag(tag) => Change::AddTag(word("tag", tag)?),
        Edit::RemoveTag(tag) => Change::RemoveTag(word("tag", tag)?),
        Edit::Archived(is_archived) => Change::Archive(*is_archived),
        Edit::Deleted(is_deleted) => Change::Delete(*is_deleted),
        Edit::Points(DeletePoints { name, context, step, is_deleted }) => Change::DeletePoints {
            series: SeriesKey::new(&word("name of a series", name)?, Context::from(context.0.clone())),
            step: step.map(Step),
            is_deleted: *is_deleted,
        },
        Edit::Artifact(DeleteArtifact { name, is_deleted }) => {
            Change::DeleteArtifact { name: word("name of a file", name)?, is_deleted: *is_deleted }
        }
    })
}

/// Changes of one run each as requests: runs that get the same share one.
fn grouped(undo: Vec<(RunId, Change)>) -> Vec<Edits> {
    let mut grouped: Vec<Edits> = Vec::new();
    for (run, change) in undo {
        let edit = match change {
            Change::Name(name) => Edit::Name(name),
            Change::Experiment(name) => Edit::Experiment(name),
            Change::Description(text) => Edit::Description(text),
            Change::Note(text) => Edit::Note(text),
            Change::AddTag(tag) => Edit::AddTag(tag),
            Change::RemoveTag(tag) => Edit::RemoveTag(tag),
            Change::Archive(is_archived) => Edit::Archived(is_archived),
            Change::Delete(is_deleted) => Edit::Deleted(is_deleted),
            Change::DeletePoints { series, step, is_deleted } => Edit::Points(DeletePoints {
                context: ParamTree(series.context.as_params().clone()),
                name: series.name,
                step: step.map(|step| step.0),
                is_deleted,
            }),
            Change::DeleteArtifact { name, is_deleted } => {
                Edit::Artifact(DeleteArtifact { name, is_deleted })
            }
        };
        match grouped.iter_mut().find(|known| known.edit == edit) {
            Some(known) => known.runs.push(run.to_string()),
            None => grouped.push(Edits { runs: vec![run.to_string()], edit }),
        }
    }
    grouped
}

//! `GET /api/v1/runs/{id}/artifacts`: the files of a run, by name.

use serde::Deserialize;
use trailmark_store::ArtifactRow;
use utoipa::IntoParams;

use crate::app::App;
use crate::dto;
use crate::error::ApiError;
use crate::parameter::{Count, OfRun};

/// Files of one answer, without a wish.
const LIMIT: usize = 2000;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// How many files to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Files of the answer at most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
}

/// `GET /api/v1/runs/{id}/artifacts`.
#[utoipa::path(
    get, path = "/api/v1/runs/{id}/artifacts", operation_id = "artifacts", tag = "Objects and files",
    summary = "The files of a run, by name",
    description = "`/` divides folders in names. A file that was left elsewhere has a `uri` and no `blob`.",
    params(OfRun, Request),
    responses(
        (status = 200, description = "The files.", body = dto::Artifacts),
        (status = 404, description = "There is no such run."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn list(app: &App, id: &str, request: &Request) -> Result<dto::Artifacts, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let row = &snapshot.find(id)?.row;
    let here: Vec<(&String, &ArtifactRow)> =
        row.artifacts.iter().filter(|(_, artifact)| !artifact.is_deleted).collect();
    let files = here.iter().filter_map(|(_, row)| row.artifact.file.as_ref());
    let page = here.iter().skip(request.offset.n()).take(request.limit.map_or(LIMIT, Count::n));
    let entry = |(name, row): &(&String, &ArtifactRow)| {
        let file = row.artifact.file.as_ref();
        dto::ArtifactEntry {
            name: (*name).clone(),
            blob: file.map(|file| file.id.to_string()),
            bytes: file.map(|file| file.n_bytes),
            is_here: file.is_some_and(|file| app.store.open_blob(&file.id).is_ok()),
            uri: row.artifact.uri.clone(),
        }
    };
    Ok(dto::Artifacts {
        total: here.len() as u64,
        bytes: files.map(|file| file.n_bytes).sum(),
        artifacts: page.map(entry).collect(),
    })
}

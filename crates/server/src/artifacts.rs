//! `GET /api/v1/runs/{id}/artifacts`: the files of a run, by name.

use serde::Deserialize;
use trailmark_store::ArtifactRow;

use crate::app::App;
use crate::dto;
use crate::error::ApiError;

/// Files of one answer, without a wish.
const LIMIT: usize = 2000;

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

/// `GET /api/v1/runs/{id}/artifacts`.
pub(crate) fn list(app: &App, id: &str, request: &Request) -> Result<dto::Artifacts, ApiError> {
    let snapshot = app.snapshots.with_runs([id].into_iter())?;
    let row = &snapshot.find(id)?.row;
    let here: Vec<(&String, &ArtifactRow)> =
        row.artifacts.iter().filter(|(_, artifact)| !artifact.is_deleted).collect();
    let files = here.iter().filter_map(|(_, row)| row.artifact.file.as_ref());
    let page = here.iter().skip(request.offset).take(request.limit.unwrap_or(LIMIT));
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

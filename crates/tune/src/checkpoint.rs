//! Checkpoint folders: `checkpoint-STEP`, as Hugging Face lays them out, without pickles.

use std::path::{Path, PathBuf};

use trailmark_encoder::{AdamW, AdamWOptions, Model};
use trailmark_qa::Tokenizer;

use crate::{Error, TrainerState, TrainingArguments, fs};

const OPTIMISER: &str = "optimizer.safetensors";
const ARGUMENTS: &str = "training_args.json";

/// A run that can go on.
#[derive(Debug)]
pub struct Checkpoint {
    /// The weights.
    pub model: Model,
    /// The moments; none when only the model was saved.
    pub optimiser: Option<AdamW>,
    /// Where it stood.
    pub state: TrainerState,
}

/// What goes into a checkpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) model: &'a Model,
    pub(crate) optimiser: &'a AdamW,
    pub(crate) tokenizer: Option<&'a Tokenizer>,
    pub(crate) state: &'a TrainerState,
    pub(crate) arguments: &'a TrainingArguments,
}

/// The folder of a step.
pub(crate) fn folder(output_dir: &Path, step: u64) -> PathBuf {
    output_dir.join(format!("checkpoint-{step}"))
}

/// Writes a checkpoint beside and renames it.
pub(crate) fn save(output_dir: &Path, content: Content<'_>) -> Result<PathBuf, Error> {
    let place = folder(output_dir, content.state.global_step);
    let beside = place.with_extension("new");
    fs::remove_folder(&beside)?;
    fs::create_folder(&beside)?;
    content.model.save(&beside)?;
    if let Some(tokenizer) = content.tokenizer {
        tokenizer.save(&beside)?;
    }
    if !content.arguments.save_only_model {
        content.optimiser.save(content.model, &beside.join(OPTIMISER))?;
    }
    content.state.save(&beside)?;
    let arguments = serde_json::to_string_pretty(content.arguments)
        .map_err(|error| Error::State { reason: error.to_string(), path: beside.join(ARGUMENTS) })?;
    fs::write(&beside.join(ARGUMENTS), &arguments)?;
    fs::replace_folder(&beside, &place)?;
    Ok(place)
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`Error::Encoder`], [`Error::State`], [`Error::Io`].
    pub fn load(folder: &Path, options: AdamWOptions) -> Result<Self, Error> {
        let model = Model::load(folder)?;
        let file = folder.join(OPTIMISER);
        let optimiser = if file.exists() { Some(AdamW::load(&model, options, &file)?) } else { None };
        Ok(Self { model, optimiser, state: TrainerState::load(folder)? })
    }
}

/// All checkpoints of a run, oldest first.
pub(crate) fn all(output_dir: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let step = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix("checkpoint-")?.parse().ok();
    let mut found: Vec<(u64, PathBuf)> =
        fs::entries(output_dir)?.into_iter().filter_map(|path| Some((step(&path)?, path))).collect();
    found.sort();
    Ok(found)
}

/// The newest checkpoint of a run, if there is one.
///
/// # Errors
/// [`Error::Io`].
pub fn latest_checkpoint(output_dir: &Path) -> Result<Option<PathBuf>, Error> {
    Ok(all(output_dir)?.pop().map(|(_, path)| path))
}

/// Removes from a finished run's checkpoints what only going on with it needs; the models stay.
///
/// # Errors
/// [`Error::Io`].
pub fn forget_optimiser(output_dir: &Path) -> Result<(), Error> {
    all(output_dir)?.iter().try_for_each(|(_, path)| fs::remove_file(&path.join(OPTIMISER)))
}

/// Removes every checkpoint, for a run that begins anew in the same folder.
pub(crate) fn remove_all(output_dir: &Path) -> Result<(), Error> {
    all(output_dir)?.iter().try_for_each(|(_, path)| fs::remove_folder(path))
}

/// Removes the oldest checkpoints beyond `limit`; the best one stays.
pub(crate) fn rotate(output_dir: &Path, limit: usize, best: Option<&Path>) -> Result<(), Error> {
    let mut found = all(output_dir)?;
    let mut limit = limit.max(1);
    if let Some(index) = found.iter().position(|(_, path)| Some(path.as_path()) == best) {
        // As the original: the best is moved just before the newest, and a limit of one keeps both until the end.
        let is_last = index + 1 == found.len();
        let kept = found.remove(index);
        if is_last {
            found.push(kept);
        } else {
            found.insert(found.len() - 1, kept);
            limit = limit.max(2);
        }
    }
    let n_gone = found.len().saturating_sub(limit);
    found[..n_gone].iter().try_for_each(|(_, path)| fs::remove_folder(path))
}

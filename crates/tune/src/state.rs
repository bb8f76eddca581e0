//! Where a run stands: `trainer_state.json`, in Hugging Face's form with one object of ours.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, fs};

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "Hugging Face's names")]
pub struct TrainerState {
    pub best_global_step: Option<u64>,
    pub best_metric: Option<f64>,
    pub best_model_checkpoint: Option<String>,
    pub epoch: f64,
    pub eval_steps: u64,
    pub global_step: u64,
    pub is_hyper_param_search: bool,
    pub is_local_process_zero: bool,
    pub is_world_process_zero: bool,
    pub log_history: Vec<Map<String, Value>>,
    pub logging_steps: u64,
    pub max_steps: u64,
    pub num_input_tokens_seen: u64,
    pub num_train_epochs: u64,
    pub save_steps: u64,
    pub train_batch_size: usize,
    /// What resuming needs beyond the original.
    #[serde(default)]
    pub trailmark: Extra,
}

/// Sums that a run carries from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Extra {
    /// Sum of the losses since the last log.
    pub loss_sum: f64,
    /// Steps since the last log.
    pub loss_steps: u64,
    /// Sum of all losses.
    pub total_loss: f64,
    /// Windows that are trained on; another number is other data.
    pub n_windows: usize,
    /// Micro-batches done, which number the random masks.
    pub micro_step: u64,
    /// Sum of the last losses over those of blind guesses, for the judgement "diverged".
    pub recent: f64,
    /// Whether it was stopped before what follows its last step was done: the evaluation, and what hangs on it.
    #[serde(default)]
    pub is_unmeasured: bool,
}

/// The file's name.
const FILE: &str = "trainer_state.json";

impl TrainerState {
    /// Reads a checkpoint's state.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::State`].
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let text = fs::read_to_string(&path)?;
        serde_json::from_str(&text).map_err(|error| Error::State { reason: error.to_string(), path })
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::State { reason: error.to_string(), path: path.clone() })?;
        fs::write(&path, &text)
    }
}

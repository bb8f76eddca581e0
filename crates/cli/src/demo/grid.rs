//! The runs of the demo: a short grid of batch sizes and learning rates, and its winner continued on everything.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use trailmark_core::ContentId;
use trailmark_qa::Tokenizer;
use trailmark_store::{Repository, best};
use trailmark_tune::{Strategy, TrainingArguments};

use crate::demo::parts::Parts;
use crate::fs;
use crate::session::{Done, Session, Work};

const BATCH_SIZES: [usize; 2] = [16, 32];
const LEARNING_RATES: [f64; 3] = [1e-4, 2e-4, 4e-4];
/// Epochs of the winner; a run of the grid has one.
const EPOCHS: f64 = 2.0;

/// Everything that decides what the runs compute.
pub(super) struct Plan<'a> {
    session: &'a Session,
    pub(super) model: &'a Path,
    tokenizer: &'a Tokenizer,
    pub(super) parts: &'a Parts,
    seed: u64,
    quick: bool,
    /// The folder of this very plan: another model, data, seed or grid has another one.
    pub(super) folder: PathBuf,
}

/// A run of the table.
pub(super) struct Row {
    pub(super) arguments: TrainingArguments,
    /// Whether it continued the grid's winner.
    pub(super) is_continued: bool,
    pub(super) done: Done,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        session: &'a Session,
        (model, tokenizer): (&'a Path, &'a Tokenizer),
        parts: &'a Parts,
        (seed, quick): (u64, bool),
    ) -> Result<Self> {
        let mut plan = Self { session, model, tokenizer, parts, seed, quick, folder: PathBuf::new() };
        let runs: Vec<TrainingArguments> = plan.grid().into_iter().map(|(_, arguments)| arguments).collect();
        let model = fs::canonical_if_any(model).unwrap_or_else(|| model.to_owned());
        let sets =
            [&parts.grid, &parts.whole, &parts.eval].map(|set| ContentId::of(set.to_squad()).to_string());
        let what = (model, sets, &runs, plan.continued(runs.first().context("make a grid")?).1);
        let digest = ContentId::of(serde_json::to_vec(&what).context("write the demo's plan")?).to_string();
        let folder = session.repository.join("checkpoints").join("demo").join(&digest[..8]);
        fs::create_folder(&folder)?;
        // Checkpoints are remembered by their paths: from another folder they must be found as well.
        plan.folder = fs::canonical_if_any(&folder).unwrap_or(folder);
        Ok(plan)
    }

    /// The runs of the grid with their labels.
    pub(super) fn grid(&self) -> Vec<(String, TrainingArguments)> {
        let rates = if self.quick { &LEARNING_RATES[1..] } else { &LEARNING_RATES };
        let one = |batch_size: usize, rate: f64| {
            let arguments = TrainingArguments {
                per_device_train_batch_size: batch_size,
                learning_rate: rate,
                num_train_epochs: 1.0,
                ..self.arguments()
            };
            (format!("batch {batch_size} rate {rate:e}"), arguments)
        };
        BATCH_SIZES.iter().flat_map(|size| rates.iter().map(move |rate| one(*size, *rate))).collect()
    }

    /// How the winner is continued, with its label.
    pub(super) fn continued(&self, winner: &TrainingArguments) -> (String, TrainingArguments) {
        let epochs = if self.quick { 1.0 } else { EPOCHS };
        let (batch_size, rate) = (winner.per_device_train_batch_size, winner.learning_rate);
        let arguments = TrainingArguments { num_train_epochs: epochs, ..winner.clone() };
        (format!("winner batch {batch_size} rate {rate:e}"), arguments)
    }

    fn arguments(&self) -> TrainingArguments {
        TrainingArguments {
            eval_strategy: Strategy::Epoch,
            save_strategy: Strategy::Epoch,
            logging_steps: 5.0,
            weight_decay: 0.01,
            warmup_ratio: 0.1,
            per_device_eval_batch_size: 16,
            seed: self.seed,
            save_total_limit: Some(1),
            load_best_model_at_end: true,
            metric_for_best_model: Some("f1".to_owned()),
            ..TrainingArguments::default()
        }
    }

    /// Trains from the pretrained model, or from the grid's winner on everything; false when a signal stopped it.
    pub(super) fn train(
        &self,
        rows: &mut Vec<Row>,
        (label, arguments): (&str, TrainingArguments),
        winner: Option<&Path>,
    ) -> Result<bool> {
        let work = Work {
            model: winner.unwrap_or(self.model),
            tokenizer: self.tokenizer,
            train: if winner.is_some() { &self.parts.whole } else { &self.parts.grid },
            eval: &self.parts.eval,
            arguments: &arguments,
            label,
            output_dir: &self.folder.join(label.replace(' ', "-")),
            name: None,
            recipe: None,
        };
        let done = self.session.train(&work)?;
        if done.outcome.was_stopped {
            return Ok(false);
        }
        // Nobody goes on with a run that finished: what only that needs is two thirds of its checkpoint.
        trailmark_tune::forget_optimiser(work.output_dir)?;
        rows.push(Row { arguments, is_continued: winner.is_some(), done });
        Ok(true)
    }
}

/// The best checkpoint of the grid and the arguments that led to it.
pub(super) fn winner(repository: &Repository, rows: &[Row]) -> Result<(PathBuf, TrainingArguments)> {
    let runs = rows.iter().map(|row| repository.read_run(row.done.run)).collect::<Result<Vec<_>, _>>()?;
    let best = best(&runs, &"f1".parse()?, true)?;
    let row = rows.iter().find(|row| row.done.run == best.run.id).context("find the best run's arguments")?;
    Ok((best.checkpoint.context("find the best run's checkpoint")?, row.arguments.clone()))
}

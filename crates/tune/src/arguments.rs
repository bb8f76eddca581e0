//! What a run is told, under the names of Hugging Face's `TrainingArguments` (transformers 4.57) and with its defaults.

use serde::{Deserialize, Serialize};

use crate::Error;

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Never.
    No,
    /// Every so many steps.
    Steps,
    /// After each epoch.
    Epoch,
    /// Saving only: whenever an evaluation is the best so far.
    Best,
}

/// How the learning rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the field's own; docs/training.md has their formulas")]
pub enum SchedulerType {
    Linear,
    Cosine,
    CosineWithRestarts,
    Polynomial,
    Constant,
    ConstantWithWarmup,
    InverseSqrt,
    CosineWithMinLr,
    WarmupStableDecay,
}

/// Which rows are added to a batch's sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadTo {
    /// None: sequences are packed. Faster; the softmax runs over real tokens.
    None,
    /// Up to the longest of the batch, as Hugging Face's collator does. For equal losses.
    Longest,
    /// Up to the window's size.
    MaxLength,
}

/// How a model is trained. Names and defaults are Hugging Face's, but for the last four.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "docs/training.md explains each; the names are Hugging Face's")]
pub struct TrainingArguments {
    #[serde(alias = "evaluation_strategy")]
    pub eval_strategy: Strategy,
    pub eval_steps: Option<f64>,
    pub eval_delay: f64,
    pub eval_on_start: bool,
    pub per_device_train_batch_size: usize,
    pub per_device_eval_batch_size: usize,
    pub gradient_accumulation_steps: usize,
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub adam_beta1: f64,
    pub adam_beta2: f64,
    pub adam_epsilon: f64,
    pub max_grad_norm: f64,
    pub num_train_epochs: f64,
    pub max_steps: i64,
    pub lr_scheduler_type: SchedulerType,
    pub warmup_ratio: f64,
    pub warmup_steps: u64,
    pub logging_strategy: Strategy,
    pub logging_first_step: bool,
    pub logging_steps: f64,
    pub logging_nan_inf_filter: bool,
    pub save_strategy: Strategy,
    pub save_steps: f64,
    pub save_total_limit: Option<usize>,
    pub save_only_model: bool,
    pub load_best_model_at_end: bool,
    pub metric_for_best_model: Option<String>,
    pub greater_is_better: Option<bool>,
    pub seed: u64,
    pub data_seed: Option<u64>,
    pub full_determinism: bool,
    pub fp16: bool,
    pub bf16: bool,
    pub dataloader_drop_last: bool,
    /// `run_qa`'s: tokens of a window.
    pub max_seq_length: usize,
    /// `run_qa`'s: tokens that windows share.
    pub doc_stride: usize,
    /// `run_qa`'s: candidates kept.
    pub n_best_size: usize,
    /// `run_qa`'s: tokens of an answer at most.
    pub max_answer_length: usize,
    /// Ours: rows added to batches.
    pub pad_to: PadTo,
}

impl Default for TrainingArguments {
    /// Hugging Face's defaults; those of `run_qa` for windows.
    fn default() -> Self {
        Self {
            eval_strategy: Strategy::No,
            eval_steps: None,
            eval_delay: 0.0,
            eval_on_start: false,
            per_device_train_batch_size: 8,
            per_device_eval_batch_size: 8,
            gradient_accumulation_steps: 1,
            learning_rate: 5e-5,
            weight_decay: 0.0,
            adam_beta1: 0.9,
            adam_beta2: 0.999,
            adam_epsilon: 1e-8,
            max_grad_norm: 1.0,
            num_train_epochs: 3.0,
            max_steps: -1,
            lr_scheduler_type: SchedulerType::Linear,
            warmup_ratio: 0.0,
            warmup_steps: 0,
            logging_strategy: Strategy::Steps,
            logging_first_step: false,
            logging_steps: 500.0,
            logging_nan_inf_filter: true,
            save_strategy: Strategy::Steps,
            save_steps: 500.0,
            save_total_limit: None,
            save_only_model: false,
            load_best_model_at_end: false,
            metric_for_best_model: None,
            greater_is_better: None,
            seed: 42,
            data_seed: None,
            full_determinism: false,
            fp16: false,
            bf16: false,
            dataloader_drop_last: false,
            max_seq_length: 384,
            doc_stride: 128,
            n_best_size: 20,
            max_answer_length: 30,
            pad_to: PadTo::None,
        }
    }
}

impl TrainingArguments {
    /// Checks values and what they say together.
    ///
    /// # Errors
    /// [`Error::Argument`] with the argument's name and what it may be.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |name, got: String, want: &str| Err(Error::Argument { name, got, want: want.to_owned() });
        let at_least_one = [
            ("per_device_train_batch_size", self.per_device_train_batch_size),
            ("per_device_eval_batch_size", self.per_device_eval_batch_size),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps),
            ("n_best_size", self.n_best_size),
            ("max_answer_length", self.max_answer_length),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                return wrong(name, "0".to_owned(), "1 or more");
            }
        }
        if !(self.learning_rate.is_finite() && self.learning_rate >= 0.0) {
            return wrong("learning_rate", self.learning_rate.to_string(), "a finite number, 0 or more");
        }
        if self.max_steps <= 0 && !(self.num_train_epochs > 0.0 && self.num_train_epochs.is_finite()) {
            return wrong("num_train_epochs", self.num_train_epochs.to_string(), "a number above 0");
        }
        if self.doc_stride >= self.max_seq_length {
            return wrong("doc_stride", self.doc_stride.to_string(), "below max_seq_length");
        }
        for (name, strategy) in
            [("eval_strategy", self.eval_strategy), ("logging_strategy", self.logging_strategy)]
        {
            if strategy == Strategy::Best {
                return wrong(name, "best".to_owned(), "no, steps or epoch");
            }
        }
        let saves_where_it_evaluates =
            self.save_strategy == self.eval_strategy || self.save_strategy == Strategy::Best;
        if self.load_best_model_at_end && !saves_where_it_evaluates {
            let want = "the same as eval_strategy with load_best_model_at_end";
            return wrong("save_strategy", format!("{:?}", self.save_strategy).to_lowercase(), want);
        }
        Ok(())
    }

    /// The metric that decides which checkpoint is best, without `eval_`.
    pub fn best_metric_name(&self) -> String {
        let name = self.metric_for_best_model.as_deref().unwrap_or("loss");
        name.strip_prefix("eval_").unwrap_or(name).to_owned()
    }

    /// Whether more is better of that metric.
    pub fn best_is_greater(&self) -> bool {
        self.greater_is_better.unwrap_or(!self.best_metric_name().ends_with("loss"))
    }

    /// A number of steps: a value below 1 is a share of all steps.
    pub(crate) fn steps_of(value: f64, max_steps: u64) -> u64 {
        let steps = if value < 1.0 { (value * max_steps as f64).ceil() } else { value };
        (steps as u64).max(1)
    }
}

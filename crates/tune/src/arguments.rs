//! What a run is told, under the names of Hugging Face's `TrainingArguments` (transformers 4.57) and with its defaults.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// What some schedules take besides; transformers' names. What is not given is transformers' own.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SchedulerKwargs {
    /// The cosines: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_cycles: Option<f64>,
    /// `polynomial`: the power.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// `polynomial`: the rate at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lr_end: Option<f64>,
    /// `cosine_with_min_lr`: the least rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_lr: Option<f64>,
    /// `cosine_with_min_lr`, `warmup_stable_decay`: the least rate as a share of the learning rate.
    #[serde(alias = "min_lr_ratio", skip_serializing_if = "Option::is_none")]
    pub min_lr_rate: Option<f64>,
    /// `warmup_stable_decay`: steps of the decay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_decay_steps: Option<u64>,
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

/// How a model is trained. Names and defaults are Hugging Face's; the windows' are `run_qa`'s, `pad_to` is ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "docs/training.md explains each; the names are Hugging Face's")]
pub struct TrainingArguments {
    /// Where checkpoints go; who calls [`crate::train`] hands it on in its job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_dir: Option<PathBuf>,
    pub overwrite_output_dir: bool,
    pub do_train: bool,
    pub do_eval: bool,
    /// No progress bar; for who draws one.
    pub disable_tqdm: bool,
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
    pub lr_scheduler_kwargs: SchedulerKwargs,
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
    #[serde(skip_serializing)]
    pub optim: Option<Value>,
    #[serde(skip_serializing)]
    pub report_to: Option<Value>,
    #[serde(skip_serializing)]
    pub run_name: Option<Value>,
    #[serde(skip_serializing)]
    pub logging_dir: Option<Value>,
    #[serde(skip_serializing)]
    pub log_level: Option<Value>,
    #[serde(skip_serializing)]
    pub use_cpu: Option<Value>,
    #[serde(skip_serializing)]
    pub no_cuda: Option<Value>,
    #[serde(skip_serializing)]
    pub save_safetensors: Option<Value>,
    #[serde(skip_serializing)]
    pub push_to_hub: Option<Value>,
    #[serde(skip_serializing)]
    pub group_by_length: Option<Value>,
    #[serde(skip_serializing)]
    pub label_smoothing_factor: Option<Value>,
    #[serde(skip_serializing)]
    pub dataloader_num_workers: Option<Value>,
    #[serde(skip_serializing)]
    pub dataloader_pin_memory: Option<Value>,
    #[serde(skip_serializing)]
    pub remove_unused_columns: Option<Value>,
}

impl Default for TrainingArguments {
    /// Hugging Face's defaults; those of `run_qa` for windows.
    fn default() -> Self {
        Self {
            output_dir: None,
            overwrite_output_dir: false,
            do_train: true,
            do_eval: false,
            disable_tqdm: false,
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
            lr_scheduler_kwargs: SchedulerKwargs::default(),
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
            optim: None,
            report_to: None,
            run_name: None,
            logging_dir: None,
            log_level: None,
            use_cpu: None,
            no_cuda: None,
            save_safetensors: None,
            push_to_hub: None,
            group_by_length: None,
            label_smoothing_factor: None,
            dataloader_num_workers: None,
            dataloader_pin_memory: None,
            remove_unused_columns: None,
        }
    }
}

impl TrainingArguments {
    /// Checks values and what they say together.
    ///
    /// # Errors
    /// [`Error::Argument`] with the argument's name and what it may be.
    pub fn check(&self) -> Result<(), Error> {
        self.check_counts()?;
        self.check_rates()?;
        self.check_strategies()?;
        if self.fp16 && self.bf16 {
            return wrong("bf16", "true together with fp16", "one of the two");
        }
        match self.optim.as_ref().map(|optim| (optim, optim.as_str())) {
            None | Some((_, Some("adamw_torch" | "adamw_torch_fused" | "adamw_hf"))) => Ok(()),
            Some((other, _)) => wrong("optim", other, "adamw_torch or adamw_torch_fused"),
        }
    }

    fn check_counts(&self) -> Result<(), Error> {
        let at_least_one = [
            ("per_device_train_batch_size", self.per_device_train_batch_size),
            ("per_device_eval_batch_size", self.per_device_eval_batch_size),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps),
            ("n_best_size", self.n_best_size),
            ("max_answer_length", self.max_answer_length),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                return wrong(name, value, "1 or more");
            }
        }
        if self.max_steps <= 0 && !(self.num_train_epochs > 0.0 && self.num_train_epochs.is_finite()) {
            return wrong("num_train_epochs", self.num_train_epochs, "a number above 0");
        }
        if self.doc_stride >= self.max_seq_length {
            return wrong("doc_stride", self.doc_stride, "below max_seq_length");
        }
        Ok(())
    }

    fn check_rates(&self) -> Result<(), Error> {
        let at_least_zero = [
            ("learning_rate", self.learning_rate),
            ("weight_decay", self.weight_decay),
            ("adam_epsilon", self.adam_epsilon),
            ("max_grad_norm", self.max_grad_norm),
            ("eval_delay", self.eval_delay),
        ];
        for (name, value) in at_least_zero {
            if !(value.is_finite() && value >= 0.0) {
                return wrong(name, value, "a finite number, 0 or more");
            }
        }
        for (name, beta) in [("adam_beta1", self.adam_beta1), ("adam_beta2", self.adam_beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return wrong(name, beta, "0 or more and below 1");
            }
        }
        if !(0.0..=1.0).contains(&self.warmup_ratio) {
            return wrong("warmup_ratio", self.warmup_ratio, "0 to 1");
        }
        let eval_steps = self.eval_steps.unwrap_or(self.logging_steps);
        let steps = [
            ("logging_steps", self.logging_strategy, self.logging_steps),
            ("save_steps", self.save_strategy, self.save_steps),
            ("eval_steps", self.eval_strategy, eval_steps),
        ];
        for (name, strategy, value) in steps {
            if strategy == Strategy::Steps && !(value.is_finite() && value > 0.0) {
                return wrong(name, value, "a number of steps, or a share of all below 1");
            }
        }
        Ok(())
    }

    fn check_strategies(&self) -> Result<(), Error> {
        for (name, strategy) in
            [("eval_strategy", self.eval_strategy), ("logging_strategy", self.logging_strategy)]
        {
            if strategy == Strategy::Best {
                return wrong(name, "best", "no, steps or epoch");
            }
        }
        let metric = self.best_metric_name();
        if !matches!(metric.as_str(), "loss" | "exact_match" | "f1") {
            return wrong("metric_for_best_model", metric, "loss, exact_match or f1");
        }
        if !self.load_best_model_at_end || self.save_strategy == Strategy::Best {
            return Ok(());
        }
        if self.save_strategy != self.eval_strategy {
            let got = format!("{:?}", self.save_strategy).to_lowercase();
            return wrong("save_strategy", got, "the same as eval_strategy with load_best_model_at_end");
        }
        let eval_steps = self.eval_steps.unwrap_or(self.logging_steps);
        if self.save_strategy == Strategy::Steps && self.save_steps % eval_steps != 0.0 {
            return wrong(
                "save_steps",
                self.save_steps,
                "a multiple of eval_steps with load_best_model_at_end",
            );
        }
        Ok(())
    }

    /// Arguments that were given and do nothing here, by name; `docs/training.md` says why.
    pub(crate) fn idle(&self) -> Vec<&'static str> {
        let known = [
            ("report_to", &self.report_to),
            ("run_name", &self.run_name),
            ("logging_dir", &self.logging_dir),
            ("log_level", &self.log_level),
            ("use_cpu", &self.use_cpu),
            ("no_cuda", &self.no_cuda),
            ("save_safetensors", &self.save_safetensors),
            ("push_to_hub", &self.push_to_hub),
            ("group_by_length", &self.group_by_length),
            ("label_smoothing_factor", &self.label_smoothing_factor),
            ("dataloader_num_workers", &self.dataloader_num_workers),
            ("dataloader_pin_memory", &self.dataloader_pin_memory),
            ("remove_unused_columns", &self.remove_unused_columns),
        ];
        known.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
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

fn wrong<T>(name: &'static str, got: impl std::fmt::Display, want: &str) -> Result<T, Error> {
    Err(Error::Argument { name, got: got.to_string(), want: want.to_owned() })
}

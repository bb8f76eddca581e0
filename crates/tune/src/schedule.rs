//! The learning rate over the steps of a run, as transformers' schedulers have it.

use std::f64::consts::PI;

use crate::{SchedulerType, TrainingArguments};

/// The factor of the learning rate at every step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    /// Which curve.
    pub kind: SchedulerType,
    /// Steps of warm-up.
    pub warmup: u64,
    /// All steps.
    pub total: u64,
    /// The full rate, for the curves that end at a rate of their own.
    pub learning_rate: f64,
    /// How many cosines: half a one, a whole one for each restart.
    pub num_cycles: f64,
    /// `polynomial`: the power.
    pub power: f64,
    /// `polynomial`: the rate at the end.
    pub lr_end: f64,
    /// `cosine_with_min_lr`, `warmup_stable_decay`: the least factor.
    pub min_lr_rate: f64,
    /// `warmup_stable_decay`: steps of decay.
    pub num_decay_steps: u64,
}

impl Schedule {
    /// The schedule of a run of `total` steps. Two curves need a parameter that transformers has no default for:
    /// `cosine_with_min_lr` ends at a tenth of the rate, `warmup_stable_decay` decays over the last tenth of the steps.
    pub fn new(arguments: &TrainingArguments, total: u64) -> Self {
        let warmup = if arguments.warmup_steps > 0 {
            arguments.warmup_steps
        } else {
            (total as f64 * arguments.warmup_ratio).ceil() as u64
        };
        let (kind, more) = (arguments.lr_scheduler_type, arguments.lr_scheduler_kwargs);
        let cycles = if kind == SchedulerType::CosineWithRestarts { 1.0 } else { 0.5 };
        let least = if kind == SchedulerType::CosineWithMinLr { 0.1 } else { 0.0 };
        // A rate of 0 stays 0: shares of it are finite.
        let learning_rate = arguments.learning_rate.max(f64::MIN_POSITIVE);
        let given = more.min_lr_rate.or_else(|| Some(more.min_lr? / learning_rate));
        Self {
            kind,
            warmup,
            total,
            learning_rate,
            num_cycles: more.num_cycles.unwrap_or(cycles),
            power: more.power.unwrap_or(1.0),
            lr_end: more.lr_end.unwrap_or(1e-7),
            min_lr_rate: given.unwrap_or(least),
            num_decay_steps: more.num_decay_steps.unwrap_or(total.div_ceil(10)),
        }
    }

    /// The factor of step `step`, from 0.
    pub fn factor(&self, step: u64) -> f64 {
        let (at, warmup, total) = (step as f64, self.warmup as f64, self.total as f64);
        if step < self.warmup && self.kind != SchedulerType::Constant {
            return at / warmup.max(1.0);
        }
        let progress = (at - warmup) / (total - warmup).max(1.0);
        let cosine = |progress: f64| 0.5 * (1.0 + (2.0 * PI * self.num_cycles * progress).cos());
        match self.kind {
            SchedulerType::Linear => ((total - at) / (total - warmup).max(1.0)).max(0.0),
            SchedulerType::Cosine => cosine(progress).max(0.0),
            SchedulerType::CosineWithRestarts if progress >= 1.0 => 0.0,
            SchedulerType::CosineWithRestarts => {
                (0.5 * (1.0 + (PI * ((self.num_cycles * progress) % 1.0)).cos())).max(0.0)
            }
            SchedulerType::Polynomial if step > self.total => self.lr_end / self.learning_rate,
            SchedulerType::Polynomial => {
                let range = self.learning_rate - self.lr_end;
                (range * (1.0 - progress).powf(self.power) + self.lr_end) / self.learning_rate
            }
            SchedulerType::Constant | SchedulerType::ConstantWithWarmup => 1.0,
            SchedulerType::InverseSqrt => {
                // Without a warm-up transformers takes a time scale of 10,000 steps.
                let scale = if self.warmup == 0 { 10_000.0 } else { warmup };
                1.0 / ((at + scale - warmup) / scale).sqrt()
            }
            SchedulerType::CosineWithMinLr => {
                (cosine(progress) * (1.0 - self.min_lr_rate) + self.min_lr_rate).max(0.0)
            }
            SchedulerType::WarmupStableDecay => self.stable_decay(step),
        }
    }

    fn stable_decay(&self, step: u64) -> f64 {
        let stable_until = self.total.saturating_sub(self.num_decay_steps);
        if step < stable_until {
            return 1.0;
        }
        if step >= stable_until + self.num_decay_steps {
            return self.min_lr_rate;
        }
        let progress = (step - stable_until) as f64 / self.num_decay_steps.max(1) as f64;
        let factor = (0.5 * (1.0 + (PI * progress).cos())).max(0.0);
        factor * (1.0 - self.min_lr_rate) + self.min_lr_rate
    }
}

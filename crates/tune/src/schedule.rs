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
    /// `cosine_with_restarts`: how many cosines.
    pub num_cycles: f64,
    /// `polynomial`: the power.
    pub power: f64,
    /// `cosine_with_min_lr`: the least factor.
    pub min_lr_rate: f64,
    /// `warmup_stable_decay`: steps of decay.
    pub num_decay_steps: u64,
}

/// Where `polynomial` ends.
const POLYNOMIAL_END: f64 = 1e-7;

impl Schedule {
    /// The schedule of a run of `total` steps; curves take transformers' own parameters.
    pub fn new(arguments: &TrainingArguments, total: u64) -> Self {
        let warmup = if arguments.warmup_steps > 0 {
            arguments.warmup_steps
        } else {
            (total as f64 * arguments.warmup_ratio).ceil() as u64
        };
        Self {
            kind: arguments.lr_scheduler_type,
            warmup,
            total,
            learning_rate: arguments.learning_rate,
            num_cycles: 1.0,
            power: 1.0,
            min_lr_rate: 0.1,
            num_decay_steps: total.div_ceil(10),
        }
    }

    /// The factor of step `step`, from 0.
    pub fn factor(&self, step: u64) -> f64 {
        let (at, warmup, total) = (step as f64, self.warmup as f64, self.total as f64);
        if step < self.warmup && self.kind != SchedulerType::Constant {
            return at / warmup.max(1.0);
        }
        let progress = (at - warmup) / (total - warmup).max(1.0);
        match self.kind {
            SchedulerType::Linear => ((total - at) / (total - warmup).max(1.0)).max(0.0),
            SchedulerType::Cosine => (0.5 * (1.0 + (PI * progress).cos())).max(0.0),
            SchedulerType::CosineWithRestarts if progress >= 1.0 => 0.0,
            SchedulerType::CosineWithRestarts => {
                (0.5 * (1.0 + (PI * ((self.num_cycles * progress) % 1.0)).cos())).max(0.0)
            }
            SchedulerType::Polynomial if step > self.total => POLYNOMIAL_END / self.learning_rate,
            SchedulerType::Polynomial => {
                let range = self.learning_rate - POLYNOMIAL_END;
                (range * (1.0 - progress).powf(self.power) + POLYNOMIAL_END) / self.learning_rate
            }
            SchedulerType::Constant | SchedulerType::ConstantWithWarmup => 1.0,
            SchedulerType::InverseSqrt => {
                // Without a warm-up transformers takes a time scale of 10,000 steps.
                let scale = if self.warmup == 0 { 10_000.0 } else { warmup };
                1.0 / ((at + scale - warmup) / scale).sqrt()
            }
            SchedulerType::CosineWithMinLr => {
                let factor = 0.5 * (1.0 + (PI * progress).cos());
                (factor * (1.0 - self.min_lr_rate) + self.min_lr_rate).max(0.0)
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
            return 0.0;
        }
        let progress = (step - stable_until) as f64 / self.num_decay_steps.max(1) as f64;
        (0.5 * (1.0 + (PI * progress).cos())).max(0.0)
    }
}

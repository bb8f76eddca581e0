//! AdamW as PyTorch computes it, with a word embedding that is brought forward only where it is needed.

use std::path::Path;

use crate::{Error, Gradients, Model, Workspace};

/// The rates of AdamW that do not change in a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWOptions {
    /// Decay of the mean of gradients, 0.9.
    pub beta1: f64,
    /// Decay of the mean of squared gradients, 0.999.
    pub beta2: f64,
    /// Added to the root of the mean square, 1e-8.
    pub epsilon: f64,
    /// Decoupled weight decay, for the parameters that decay.
    pub weight_decay: f64,
}

/// What changes in each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// Factor of the gradients: see [`clip_factor`]; 1.0 for none.
    pub gradient_factor: f32,
}

/// The optimiser's state.
#[derive(Debug)]
pub struct AdamW {
    options: AdamWOptions,
    step: u64,
}

/// What clipping to `max_norm` multiplies gradients of norm `norm` with: `min(1, max_norm / (norm + 1e-6))`.
pub fn clip_factor(norm: f64, max_norm: f64) -> f32 {
    (max_norm / (norm + 1e-6)).min(1.0) as f32
}

impl AdamW {
    /// A state without history.
    pub fn new(_model: &Model, options: AdamWOptions) -> Self {
        Self { options, step: 0 }
    }

    /// The rates.
    pub fn options(&self) -> AdamWOptions {
        self.options
    }

    /// How many steps were done.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// Brings the word embeddings of these tokens up to date; call it before each forward while training.
    pub fn prepare(&mut self, _model: &mut Model, _ids: &[u32], _workspace: &mut Workspace) {}

    /// Brings all word embeddings up to date; call it before evaluating or saving. It changes no later bit.
    pub fn materialise(&mut self, _model: &mut Model, _workspace: &mut Workspace) {}

    /// One step.
    ///
    /// # Errors
    /// [`Error::Foreign`] when model, gradients and state do not belong together.
    pub fn step(
        &mut self,
        _model: &mut Model,
        _gradients: &Gradients,
        _update: Update,
        _workspace: &mut Workspace,
    ) -> Result<(), Error> {
        Err(Error::Empty { what: "optimiser" })
    }

    /// Writes the state (`NAME.exp_avg`, `NAME.exp_avg_sq`, the step) as safetensors, beside and then renamed.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Behind`] before [`Self::materialise`].
    pub fn save(&self, _model: &Model, _file: &Path) -> Result<(), Error> {
        Err(Error::Empty { what: "optimiser" })
    }

    /// Reads a state that [`Self::save`] wrote; training goes on with the same bits.
    ///
    /// # Errors
    /// Any [`Error`] about tensors.
    pub fn load(_model: &Model, _options: AdamWOptions, _file: &Path) -> Result<Self, Error> {
        Err(Error::Empty { what: "optimiser" })
    }
}

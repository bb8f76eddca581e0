//! A question-answering encoder: weights and what can be done with them.

use std::path::Path;

use crate::{Batch, Config, Error, Labelled, Threads};

/// Weights, shape and forward code of one model.
#[derive(Debug)]
pub struct Model {
    config: Config,
}

/// A loaded model and what was special about its folder.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// Whether the question-answering head was in the folder.
    pub head: Head,
    /// Tensors of the folder that the model has no use for, sorted.
    pub ignored: Vec<String>,
}

/// Where a model's question-answering head comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// It was in the folder.
    Trained,
    /// It is new and random: the model must be trained before it can answer.
    Fresh,
}

/// One parameter, as Hugging Face names and shapes it.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'a> {
    /// For instance `bert.encoder.layer.0.output.dense.weight`.
    pub name: &'a str,
    /// Rows first.
    pub shape: &'a [usize],
    /// The numbers, row-major.
    pub data: &'a [f32],
    /// Whether weight decay applies to it.
    pub decays: bool,
}

/// How a training pass is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Which numbers are dropped; none without it. The rates come from the model's configuration.
    pub dropout: Option<Dropout>,
    /// Factor of the gradients, 1 / (number of micro-batches of the update). The returned loss is without it.
    pub scale: f32,
}

/// The randomness of one forward: the same values drop the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropout {
    /// The run's seed.
    pub seed: u64,
    /// Differs in each forward of the run, micro-batches included.
    pub step: u64,
}

/// Start and end logits, one of each for each row of the batch ([`Batch::rows`] cuts them into sequences).
#[derive(Debug, Clone, Copy)]
pub struct SpanLogits<'w> {
    /// Start logits.
    pub start: &'w [f32],
    /// End logits.
    pub end: &'w [f32],
}

/// Memory of forward and backward, and the threads they use. Each caller has its own; it grows to the largest batch
/// and is then reused without allocation.
#[derive(Debug)]
pub struct Workspace {
    threads: Threads,
}

/// Gradients of one update; micro-batches add up.
#[derive(Debug)]
pub struct Gradients {}

impl Workspace {
    /// Empty memory for work on these threads.
    pub fn new(threads: &Threads) -> Self {
        Self { threads: threads.clone() }
    }

    /// The threads.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }
}

impl Model {
    /// A model of this shape with random weights.
    pub fn new(config: Config, _seed: u64) -> Self {
        Self { config }
    }

    /// Loads a Hugging Face folder (config.json, model.safetensors or its shards) with a question-answering head.
    ///
    /// # Errors
    /// Any [`Error`] about a folder; [`Error::MissingHead`] when the model has no head yet.
    pub fn load(_folder: &Path) -> Result<Self, Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// As [`Self::load`], but a missing head is made: normal with the configuration's `initializer_range`, from `seed`.
    ///
    /// # Errors
    /// Any [`Error`] about a folder.
    pub fn load_or_new_head(_folder: &Path, _seed: u64) -> Result<Loaded, Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// Writes config.json and model.safetensors, each beside its old self and then renamed. The folder is made.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Behind`] before [`crate::AdamW::materialise`].
    pub fn save(&self, _folder: &Path) -> Result<(), Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// The shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All parameters, sorted by name.
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// The numbers of one parameter, to change them; none for an unknown name.
    pub fn parameter_mut(&mut self, _name: &str) -> Option<&mut [f32]> {
        None
    }

    /// Start and end logits of each row, without dropout.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn span_logits<'w>(
        &self,
        _batch: &Batch,
        _workspace: &'w mut Workspace,
    ) -> Result<SpanLogits<'w>, Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// The loss of the batch without dropout and its logits, as at evaluation.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn loss_and_logits<'w>(
        &self,
        _examples: Labelled<'_>,
        _workspace: &'w mut Workspace,
    ) -> Result<(f32, SpanLogits<'w>), Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// The output of the embedding and of each layer, `[rows, hidden_size]` each.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn hidden_states(&self, _batch: &Batch, _workspace: &mut Workspace) -> Result<Vec<Vec<f32>>, Error> {
        Err(Error::Empty { what: "encoder" })
    }

    /// The loss of the batch, and its gradients added to `gradients`.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn loss_and_gradients(
        &self,
        _examples: Labelled<'_>,
        _pass: Pass,
        _gradients: &mut Gradients,
        _workspace: &mut Workspace,
    ) -> Result<f32, Error> {
        Err(Error::Empty { what: "encoder" })
    }
}

impl Gradients {
    /// Empty gradients for a model of this shape.
    pub fn new(_model: &Model) -> Self {
        Self {}
    }

    /// Forgets what was added; keeps the memory.
    pub fn clear(&mut self) {}

    /// The L2 norm over all gradients.
    pub fn norm(&self, _workspace: &mut Workspace) -> f64 {
        0.0
    }
}

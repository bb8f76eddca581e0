//! A question-answering encoder: weights and what can be done with them.

use crate::family::{self, Family};
use crate::kernel::loss::span_loss;
use crate::kernel::rows::sum_of_squares;
use crate::layout::{Builder, Layout, Network};
use crate::tape::{Memory, Node, Setting, Tape};
use crate::{Batch, Config, Error, Labelled, Threads};

/// Weights, shape and forward code of one model.
#[derive(Debug)]
pub struct Model {
    pub(crate) config: Config,
    pub(crate) family: &'static Family,
    pub(crate) network: Network,
    pub(crate) layout: Layout,
    /// All weights, in the layout's order.
    pub(crate) numbers: Vec<f32>,
    /// The optimiser's step that not all rows of the word embedding have reached.
    pub(crate) behind: Option<u64>,
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
    memory: Memory,
    start: Vec<f32>,
    end: Vec<f32>,
}

/// Gradients of one update; micro-batches add up.
#[derive(Debug)]
pub struct Gradients {
    numbers: Vec<f32>,
    /// Rows of the word embedding that have a gradient, sorted.
    touched: Vec<u32>,
    words: std::ops::Range<usize>,
    width: usize,
}

impl Workspace {
    /// Empty memory for work on these threads.
    pub fn new(threads: &Threads) -> Self {
        Self { threads: threads.clone(), memory: Memory::default(), start: Vec::new(), end: Vec::new() }
    }

    /// The threads.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }
}

impl Gradients {
    /// All 0.
    pub fn new(model: &Model) -> Self {
        let (words, width) = model.layout.words();
        Self { numbers: vec![0.0; model.layout.n_numbers()], touched: Vec::new(), words, width }
    }

    /// Sets all to 0.
    pub fn clear(&mut self) {
        for row in self.touched.drain(..) {
            let first = self.words.start + row as usize * self.width;
            self.numbers[first..first + self.width].fill(0.0);
        }
        self.numbers[..self.words.start].fill(0.0);
        self.numbers[self.words.end..].fill(0.0);
    }

    /// The norm of all gradients together, before clipping.
    pub fn norm(&self, workspace: &Workspace) -> f64 {
        let threads = &workspace.threads;
        threads.enter(|| {
            let mut total = sum_of_squares(threads, &self.numbers[..self.words.start])
                + sum_of_squares(threads, &self.numbers[self.words.end..]);
            for row in &self.touched {
                let first = self.words.start + *row as usize * self.width;
                let row = &self.numbers[first..first + self.width];
                total += row.iter().map(|number| f64::from(*number) * f64::from(*number)).sum::<f64>();
            }
            total.sqrt()
        })
    }

    /// The gradient of one parameter; none for an unknown name.
    pub fn parameter(&self, model: &Model, name: &str) -> Option<&[f32]> {
        let slot = model.layout.slots().iter().find(|slot| slot.name == name)?;
        self.numbers.get(slot.range.clone())
    }

    pub(crate) fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    pub(crate) fn touched(&self) -> &[u32] {
        &self.touched
    }

    fn touch(&mut self, ids: &[u32]) {
        self.touched.extend_from_slice(ids);
        self.touched.sort_unstable();
        self.touched.dedup();
    }
}

impl Model {
    /// A model of this shape with random weights.
    pub fn new(config: Config, seed: u64) -> Self {
        let mut model = Self::empty(config);
        for slot in model.layout.slots() {
            crate::folder::start(slot, &mut model.numbers, model.config.initializer_range, seed);
        }
        model
    }

    /// A model of this shape whose weights are all 0.
    pub(crate) fn empty(config: Config) -> Self {
        // A configuration is only made for a known family.
        let family = family::named(config.family).expect("a configuration names a known family");
        let mut builder = Builder::default();
        let network = (family.layout)(&config, &mut builder);
        let layout = builder.finish();
        let numbers = vec![0.0; layout.n_numbers()];
        Self { config, family, network, layout, numbers, behind: None }
    }

    /// The shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All parameters, sorted by name.
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        let parameter = |slot: &'_ crate::layout::Slot| slot.range.clone();
        self.layout
            .slots()
            .iter()
            .map(|slot| Parameter {
                name: &slot.name,
                shape: &slot.shape,
                data: &self.numbers[parameter(slot)],
                decays: slot.decays,
            })
            .collect()
    }

    /// The numbers of one parameter, to change them; none for an unknown name.
    pub fn parameter_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let slot = self.layout.slots().iter().find(|slot| slot.name == name)?;
        self.numbers.get_mut(slot.range.clone())
    }

    /// Start and end logits of each row, without dropout.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn span_logits<'w>(
        &self,
        batch: &Batch,
        workspace: &'w mut Workspace,
    ) -> Result<SpanLogits<'w>, Error> {
        self.check_current()?;
        self.check(batch)?;
        self.infer(batch, workspace, |_| ());
        Ok(SpanLogits { start: &workspace.start, end: &workspace.end })
    }

    /// The loss of the batch without dropout and its logits, as at evaluation.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn loss_and_logits<'w>(
        &self,
        examples: Labelled<'_>,
        workspace: &'w mut Workspace,
    ) -> Result<(f32, SpanLogits<'w>), Error> {
        self.check_current()?;
        self.check_labels(examples)?;
        let loss = self.infer(examples.batch, workspace, |logits| span_loss(examples, logits, None));
        Ok((loss, SpanLogits { start: &workspace.start, end: &workspace.end }))
    }

    /// The output of the embedding and of each layer, `[rows, hidden_size]` each.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn hidden_states(&self, batch: &Batch, workspace: &mut Workspace) -> Result<Vec<Vec<f32>>, Error> {
        self.check_current()?;
        self.check(batch)?;
        workspace.memory.hidden = Some(Vec::new());
        self.infer(batch, workspace, |_| ());
        Ok(workspace.memory.hidden.take().unwrap_or_default())
    }

    fn infer<R: Send>(
        &self,
        batch: &Batch,
        workspace: &mut Workspace,
        read: impl FnOnce(&[f32]) -> R + Send,
    ) -> R {
        let Workspace { threads, memory, start, end } = workspace;
        let threads = &*threads;
        threads.enter(|| {
            let numbers = &self.numbers;
            let setting = Setting { threads, numbers, batch, dropout: None, records: false };
            let mut tape = Tape::new(setting, memory);
            let logits = self.forward(&mut tape);
            let logits = tape.values(&logits);
            start.clear();
            end.clear();
            for [s, e] in logits.as_chunks::<2>().0 {
                start.push(*s);
                end.push(*e);
            }
            read(logits)
        })
    }

    fn forward(&self, tape: &mut Tape<'_>) -> Node {
        (self.family.forward)(&self.config, &self.network, tape)
    }

    /// The loss of the batch, and its gradients added to `gradients`.
    ///
    /// # Errors
    /// Any [`Error`] about a batch.
    pub fn loss_and_gradients(
        &self,
        examples: Labelled<'_>,
        pass: Pass,
        gradients: &mut Gradients,
        workspace: &mut Workspace,
    ) -> Result<f32, Error> {
        self.check_labels(examples)?;
        let (got, want) = (gradients.numbers.len(), self.numbers.len());
        if got != want {
            return Err(Error::Foreign { what: "gradients", got, want });
        }
        gradients.touch(examples.batch.ids());
        let Workspace { threads, memory, .. } = workspace;
        let threads = &*threads;
        let pad_id = self.config.pad_token_id;
        let sink_numbers = &mut gradients.numbers;
        Ok(threads.enter(|| {
            let (numbers, batch) = (&self.numbers, examples.batch);
            let setting = Setting { threads, numbers, batch, dropout: pass.dropout, records: true };
            let mut tape = Tape::new(setting, memory);
            let logits = self.forward(&mut tape);
            let mut slopes = tape.buffer(2 * batch.n_rows());
            let loss = span_loss(examples, tape.values(&logits), Some((&mut slopes, pass.scale)));
            let mut sink = crate::tape::Sink { numbers: sink_numbers, pad_id };
            tape.backward(&logits, slopes, &mut sink);
            loss
        }))
    }

    fn check(&self, batch: &Batch) -> Result<(), Error> {
        if batch.is_empty() {
            return Err(Error::Empty { what: "batch" });
        }
        for sequence in 0..batch.n_sequences() {
            let got = batch.rows(sequence).len();
            if batch.n_real(sequence) == 0 {
                return Err(Error::Empty { what: "sequence" });
            }
            if got > self.config.max_positions {
                return Err(Error::TooLong { got, want: self.config.max_positions });
            }
        }
        let want = self.config.vocab_size;
        if let Some(got) = batch.ids().iter().find(|id| **id as usize >= want) {
            return Err(Error::TokenId { got: *got, want });
        }
        let want = self.config.n_types;
        match batch.type_ids().iter().find(|id| want > 0 && **id as usize >= want) {
            Some(got) => Err(Error::TypeId { got: *got, want }),
            None => Ok(()),
        }
    }

    fn check_labels(&self, examples: Labelled<'_>) -> Result<(), Error> {
        self.check(examples.batch)?;
        let (got, want) = (examples.targets.len(), examples.batch.n_sequences());
        if got == want { Ok(()) } else { Err(Error::Targets { got, want }) }
    }

    pub(crate) fn check_current(&self) -> Result<(), Error> {
        self.behind.map_or(Ok(()), |step| Err(Error::Behind { step }))
    }

    pub(crate) fn set_behind(&mut self, step: Option<u64>) {
        self.behind = step;
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }
}

//! Question and context in, answers out: a checkpoint made ready to be asked.
//!
//! All windows of all questions are sorted by length and packed into shared batches, so that a hundred contexts cost
//! little more than their tokens. Decoding is `trailmark-qa`'s: mode `global` (the default) or `hf`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use trailmark_encoder::{Batch, Model, Threads, Workspace};
use trailmark_qa::{
    Answers, Example, GlobalOptions, HfOptions, Scored, Tokenizer, Window, WindowOptions, global_answers,
    hf_answers, pipeline_windows,
};

/// Why a question was not answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The model's folder or a batch.
    #[error(transparent)]
    Encoder(#[from] trailmark_encoder::Error),
    /// The tokenizer or a text.
    #[error(transparent)]
    Qa(#[from] trailmark_qa::Error),
    /// The tokenizer has ids that the model has no embedding for.
    #[error("load a model: its tokenizer has {tokens} tokens, its embedding {rows} rows: {}", path.display())]
    Mismatch {
        /// Ids of the tokenizer.
        tokens: usize,
        /// Rows of the embedding.
        rows: usize,
        /// The folder.
        path: PathBuf,
    },
    /// An option that no answer can meet.
    #[error("ask a question: {name}: got {got}, want {want}")]
    Option {
        /// Its name.
        name: &'static str,
        /// Its value.
        got: usize,
        /// What it may be.
        want: String,
    },
}

/// How logits become answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    /// One softmax over all spans of all windows and "no answer": scores compare.
    Global(GlobalOptions),
    /// The rules of the old pipeline.
    Hf(HfOptions),
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AskOptions {
    /// Tokens of a window at most; none for the lesser of 384 and what the model was made for.
    pub max_seq_len: Option<usize>,
    /// Tokens that windows share; none for the lesser of 128 and half a window.
    pub doc_stride: Option<usize>,
    /// How answers are chosen.
    pub mode: Mode,
}

impl AskOptions {
    fn check(&self) -> Result<(), Error> {
        let (top_k, max_answer_len) = match &self.mode {
            Mode::Global(options) => (options.top_k, options.max_answer_len),
            Mode::Hf(options) => (options.top_k, options.max_answer_len),
        };
        for (name, got) in [("top_k", top_k), ("max_answer_len", max_answer_len)] {
            if got == 0 {
                return Err(Error::Option { name, got, want: "1 or more".to_owned() });
            }
        }
        match (self.doc_stride, self.max_seq_len) {
            (Some(got), Some(most)) if got > most => {
                Err(Error::Option { name: "doc_stride", got, want: format!("at most max_seq_len, {most}") })
            }
            _ => Ok(()),
        }
    }
}

/// A question with the text that holds its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Named in errors.
    pub id: String,
    /// The question.
    pub question: String,
    /// The text.
    pub context: Arc<str>,
}

/// A model with its tokenizer, ready to answer.
#[derive(Debug)]
pub struct Reader {
    model: Model,
    tokenizer: Tokenizer,
    workspace: Workspace,
}

/// Start and end logits of one window.
pub type WindowLogits = (Vec<f32>, Vec<f32>);

/// Rows of a batch at most: enough to keep the matrix products busy, few enough to stay in the caches.
const BATCH_ROWS: usize = 2048;

impl Reader {
    /// Loads a folder.
    ///
    /// # Errors
    /// [`Error::Encoder`], [`Error::Qa`], [`Error::Mismatch`].
    pub fn load(folder: &Path, threads: &Threads) -> Result<Self, Error> {
        let model = Model::load(folder)?;
        let tokenizer = Tokenizer::load(folder)?;
        check_fit(&model, &tokenizer, folder)?;
        Ok(Self::new(model, tokenizer, threads))
    }

    /// From parts that are in memory.
    pub fn new(model: Model, tokenizer: Tokenizer, threads: &Threads) -> Self {
        Self { model, tokenizer, workspace: Workspace::new(threads) }
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Answers all questions, in their order.
    ///
    /// # Errors
    /// [`Error::Option`]; [`Error::Qa`] for an empty context or a question that fills a window, with the question's id.
    pub fn answer(&mut self, questions: &[Question], options: &AskOptions) -> Result<Vec<Answers>, Error> {
        options.check()?;
        let examples: Vec<Example> = questions.iter().map(example).collect();
        let windows = pipeline_windows(&self.tokenizer, &examples, &self.window_options(options))?;
        let logits = window_logits(&self.model, &windows, &mut self.workspace)?;
        let mut of_question: Vec<Vec<Scored<'_>>> = vec![Vec::new(); questions.len()];
        for (window, (start, end)) in windows.iter().zip(&logits) {
            of_question[window.example].push(Scored { window, start, end });
        }
        let decode = |(question, scored): (&Question, Vec<Scored<'_>>)| match &options.mode {
            Mode::Global(options) => global_answers(&question.context, &scored, options),
            Mode::Hf(options) => hf_answers(&question.context, &scored, options),
        };
        Ok(questions.iter().zip(of_question).map(decode).collect())
    }

    fn window_options(&self, options: &AskOptions) -> WindowOptions {
        let limit = self.tokenizer.model_max_length().min(self.model.config().max_positions);
        let max_length = options.max_seq_len.unwrap_or(384).min(limit);
        WindowOptions { max_length, doc_stride: options.doc_stride.unwrap_or((max_length / 2).min(128)) }
    }
}

fn example(question: &Question) -> Example {
    Example {
        id: question.id.clone(),
        title: String::new(),
        question: question.question.clone(),
        context: question.context.clone(),
        answers: Vec::new(),
        is_impossible: false,
    }
}

/// Whether every id of the tokenizer has an embedding.
///
/// # Errors
/// [`Error::Mismatch`].
pub fn check_fit(model: &Model, tokenizer: &Tokenizer, path: &Path) -> Result<(), Error> {
    let (tokens, rows) = (tokenizer.vocab_size(), model.config().vocab_size);
    if tokens > rows { Err(Error::Mismatch { tokens, rows, path: path.to_owned() }) } else { Ok(()) }
}

/// Start and end logits of each window, in the windows' order.
///
/// # Errors
/// [`Error::Encoder`] when a window does not fit the model.
pub fn window_logits(
    model: &Model,
    windows: &[Window],
    workspace: &mut Workspace,
) -> Result<Vec<WindowLogits>, Error> {
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(windows[*index].ids.len()));
    let mut logits = vec![(Vec::new(), Vec::new()); windows.len()];
    let mut batch = Batch::new();
    let mut first = 0;
    while first < order.len() {
        batch.clear();
        let mut last = first;
        while last < order.len()
            && (last == first || batch.n_rows() + windows[order[last]].ids.len() <= BATCH_ROWS)
        {
            let window = &windows[order[last]];
            batch.push(&window.ids, &window.type_ids);
            last += 1;
        }
        let spans = model.span_logits(&batch, workspace)?;
        for (sequence, index) in order[first..last].iter().enumerate() {
            let rows = batch.rows(sequence);
            logits[*index] = (spans.start[rows.clone()].to_vec(), spans.end[rows].to_vec());
        }
        first = last;
    }
    Ok(logits)
}

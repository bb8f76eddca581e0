//! Evaluation: loss as the Trainer's, EM and F1 as SQuAD's scripts, and every answer.

use std::ops::ControlFlow;
use std::time::Instant;

use trailmark_encoder::{Batch, Labelled, Model, SpanTarget, Workspace};
use trailmark_qa::{PostprocessOptions, Prediction, metric, postprocess};

use crate::{Error, Features, TrainingArguments};

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The mean of the batches' losses, weighted by their sizes.
    pub loss: f64,
    /// Percent; none when there are only windows.
    pub exact_match: Option<f64>,
    /// Percent; none when there are only windows.
    pub f1: Option<f64>,
    /// Each question's answer with its scores.
    pub answers: Vec<Measured>,
    /// How long it took.
    pub secs: f64,
    /// How many windows there were.
    pub n_windows: usize,
}

/// One question's answer and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Index of the example.
    pub example: usize,
    /// The answer.
    pub prediction: Prediction,
    /// EM and F1, 0 to 1.
    pub score: metric::Score,
}

/// Evaluates a model; `watch(done, all)` is called after each batch and may break off.
///
/// # Errors
/// [`Error::Encoder`] when a window does not fit the model, [`Error::Stopped`] when `watch` breaks off.
pub fn evaluate(
    model: &Model,
    features: &Features,
    arguments: &TrainingArguments,
    workspace: &mut Workspace,
    watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Evaluation, Error> {
    let started = Instant::now();
    let n_windows = features.windows.len();
    let pads = (arguments.pad_to, arguments.max_seq_length, model.config().pad_token_id.unwrap_or(0));
    let (mut batch, mut targets): (Batch, Vec<SpanTarget>) = (Batch::new(), Vec::new());
    let mut logits = Vec::with_capacity(n_windows);
    let (mut total, mut n_counted) = (0.0, 0usize);
    let order: Vec<usize> = (0..n_windows).collect();
    for indices in order.chunks(arguments.per_device_eval_batch_size) {
        features.fill(indices, pads, (&mut batch, &mut targets));
        let examples = Labelled { batch: &batch, targets: &targets };
        let (loss, spans) = model.loss_and_logits(examples, workspace)?;
        // As in the original, dropping the last batch holds for the loss of an evaluation too; answers are all kept.
        let is_short = indices.len() < arguments.per_device_eval_batch_size;
        if !(arguments.dataloader_drop_last && is_short && n_counted > 0) {
            total += f64::from(loss) * indices.len() as f64;
            n_counted += indices.len();
        }
        for sequence in 0..indices.len() {
            let rows = batch.rows(sequence);
            let rows = rows.start..rows.start + batch.n_real(sequence);
            logits.push((spans.start[rows.clone()].to_vec(), spans.end[rows].to_vec()));
        }
        if watch(logits.len(), n_windows).is_break() {
            return Err(Error::Stopped);
        }
    }
    let is_v2 = features.examples.iter().any(|example| example.is_impossible);
    let options = PostprocessOptions {
        n_best: arguments.n_best_size,
        max_answer_length: arguments.max_answer_length,
        is_v2,
        null_threshold: 0.0,
    };
    // Windows without their questions have a loss and nothing else.
    let windows = if features.examples.is_empty() { &[][..] } else { &features.windows[..] };
    let predictions = postprocess(&features.examples, windows, &logits, &options);
    let answers: Vec<Measured> = predictions
        .into_iter()
        .enumerate()
        .map(|(example, prediction)| {
            let score = metric::score(&prediction.text, &features.examples[example].golds(), is_v2);
            Measured { example, prediction, score }
        })
        .collect();
    let mean = (!answers.is_empty()).then(|| metric::mean(answers.iter().map(|one| one.score).collect()));
    Ok(Evaluation {
        loss: total / n_counted.max(1) as f64,
        exact_match: mean.map(|mean| mean.exact_match),
        f1: mean.map(|mean| mean.f1),
        answers,
        secs: started.elapsed().as_secs_f64(),
        n_windows,
    })
}

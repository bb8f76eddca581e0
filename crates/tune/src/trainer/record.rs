//! What a native run tells its recorder: numbers under `{subset}`, answers, checkpoints, paragraphs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use trailmark_core::{Answer, At, Candidate, ContentId, Context, Recorder, Value};

use crate::{Evaluation, Features};

/// Candidates kept beside the answer.
const OTHERS: usize = 4;

/// The ids of the texts that answers refer to.
#[derive(Debug, Default)]
pub(super) struct Texts {
    questions: Vec<ContentId>,
    contexts: HashMap<Arc<str>, ContentId>,
}

impl Texts {
    /// Keeps the texts of the evaluation part, and remembers the paragraphs of both parts.
    pub(super) fn new(recorder: &dyn Recorder, train: &Features, eval: Option<&Features>) -> Self {
        let ids: Vec<ContentId> = distinct(train).iter().map(|text| ContentId::of(&**text)).collect();
        if !ids.is_empty() {
            recorder.paragraphs("train", &ids);
        }
        let Some(eval) = eval.filter(|eval| !eval.examples.is_empty()) else { return Self::default() };
        let contexts = distinct(eval);
        let questions = eval.examples.iter().map(|example| example.question.as_str());
        let texts: Vec<&str> = contexts.iter().map(|text| &**text).chain(questions).collect();
        let mut ids = recorder.contents(&texts);
        let questions = ids.split_off(contexts.len().min(ids.len()));
        recorder.paragraphs("eval", &ids);
        Self { questions, contexts: contexts.into_iter().zip(ids).collect() }
    }
}

fn distinct(features: &Features) -> Vec<Arc<str>> {
    let mut seen = std::collections::HashSet::new();
    let contexts = features.examples.iter().map(|example| &example.context);
    contexts.filter(|context| seen.insert((*context).clone())).cloned().collect()
}

fn at((step, epoch): (u64, f64)) -> At {
    At::step(step as i64).epoch(epoch)
}

/// Numbers of a subset; those that are absent are left out.
pub(super) fn numbers(
    recorder: &dyn Recorder,
    subset: &str,
    when: (u64, f64),
    numbers: &[(&str, Option<f64>)],
) {
    let context = Context::subset(subset);
    for (name, number) in numbers {
        if let Some(number) = number {
            recorder.track(name, &context, at(when), Value::Float(*number));
        }
    }
    recorder.track("epoch", &context, at(when), Value::Float(when.1));
}

/// An evaluation's numbers and answers.
pub(super) fn evaluation(
    recorder: &dyn Recorder,
    when: (u64, f64),
    features: &Features,
    evaluation: &Evaluation,
    texts: &Texts,
) {
    let rate = evaluation.n_windows as f64 / evaluation.secs.max(1e-9);
    let all = [
        ("loss", Some(evaluation.loss)),
        ("exact_match", evaluation.exact_match),
        ("f1", evaluation.f1),
        ("runtime", Some(evaluation.secs)),
        ("samples_per_second", Some(rate)),
    ];
    numbers(recorder, "eval", when, &all);
    let context = Context::subset("eval");
    let millis = 1e3 * evaluation.secs / evaluation.answers.len().max(1) as f64;
    for one in &evaluation.answers {
        let example = &features.examples[one.example];
        let (Some(question), Some(paragraph)) =
            (texts.questions.get(one.example), texts.contexts.get(&example.context))
        else {
            continue;
        };
        let prediction = &one.prediction;
        let best = Candidate {
            text: prediction.text.clone(),
            start: prediction.start,
            end: prediction.end,
            score: f64::from(prediction.score),
        };
        let others = prediction.n_best.iter().filter(|entry| entry.text != prediction.text).take(OTHERS);
        let answer = Answer {
            question_key: example.id.clone(),
            question: *question,
            context: *paragraph,
            golds: example.golds(),
            best,
            null_score: Some(f64::from(prediction.null_score)),
            exact_match: one.score.exact_match,
            f1: one.score.f1,
            millis,
            others: others
                .map(|entry| Candidate {
                    text: entry.text.clone(),
                    start: entry.start,
                    end: entry.end,
                    score: f64::from(entry.score),
                })
                .collect(),
        };
        recorder.track("answers", &context, at(when), Value::Answer(Box::new(answer)));
    }
}

/// A saved checkpoint: its folder, as a text at its step.
pub(super) fn checkpoint(recorder: &dyn Recorder, when: (u64, f64), folder: &Path) {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let text = Value::Text(folder.to_string_lossy().into_owned());
    recorder.track("checkpoint", &Context::empty(), at(when), text);
}

//! The answers of runs in memory: by step, and what they refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use trailmark_core::{Answer, ContentId, RunId, Step};
use trailmark_store::{AnswerView, Kind, RunItem, Store, read_answers};

use super::library::Library;
use crate::dto::{AnswerStep, Summary, Verdict};
use crate::error::ApiError;
use crate::keep::Keep;

/// Bytes of answers that are kept.
const ANSWER_BYTES: usize = 128 << 20;
/// Bytes of questions and contexts that are kept.
const TEXT_BYTES: usize = 64 << 20;
/// Bytes of figures that are kept.
const FIGURE_BYTES: usize = 8 << 20;

/// A run, and how many answers it had when it was read.
type Name = (RunId, u64);
/// Texts by their ids.
pub(super) type Pack = Arc<BTreeMap<ContentId, String>>;

/// Answers that were read.
#[derive(Debug)]
pub(crate) struct Shelf {
    answers: Keep<Name, Arc<Answers>>,
    figures: Keep<Name, Arc<Vec<AnswerStep>>>,
    pub(super) libraries: Keep<Name, Arc<Library>>,
    pub(super) packs: Keep<ContentId, Pack>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            answers: Keep::new(ANSWER_BYTES),
            figures: Keep::new(FIGURE_BYTES),
            libraries: Keep::new(TEXT_BYTES / 4),
            packs: Keep::new(TEXT_BYTES),
        }
    }
}

/// The answers of a run, by step.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) steps: BTreeMap<i64, OfStep>,
}

/// The answers of one step, as first tracked.
#[derive(Debug, Default)]
pub(super) struct OfStep {
    pub(super) epoch: Option<f64>,
    pub(super) answers: Vec<Answer>,
}

/// How many answers a run has.
pub(super) fn count(item: &RunItem) -> u64 {
    item.of_kind(Kind::Answer).map(|series| series.count).sum()
}

impl Shelf {
    /// All answers of a run.
    pub(super) fn answers(&self, store: &dyn Store, item: &RunItem) -> Result<Arc<Answers>, ApiError> {
        let name = (item.id(), count(item));
        if let Some(known) = self.answers.find(&name) {
            return Ok(known);
        }
        let answers = Arc::new(read(store, item)?);
        let of_step = |of: &OfStep| of.answers.iter().map(n_bytes).sum::<usize>();
        let n_bytes = answers.steps.values().map(of_step).sum::<usize>() + 256;
        self.answers.keep(name, Arc::clone(&answers), n_bytes);
        Ok(answers)
    }

    /// The answers of a run one by one: step, answer, and the question's text.
    pub(crate) fn each(
        &self,
        store: &dyn Store,
        item: &RunItem,
        each: &mut dyn FnMut(&AnswerView<'_>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        if count(item) == 0 {
            return Ok(());
        }
        let (answers, library) = (self.answers(store, item)?, self.library(store, item)?);
        for (step, of) in &answers.steps {
            for answer in &of.answers {
                each(&AnswerView { step: Step(*step), answer, question: library.text(&answer.question) })?;
            }
        }
        Ok(())
    }

    /// The answers of a run by step, in figures.
    pub(super) fn figures(
        &self,
        store: &dyn Store,
        item: &RunItem,
    ) -> Result<Arc<Vec<AnswerStep>>, ApiError> {
        let name = (item.id(), count(item));
        if let Some(known) = self.figures.find(&name) {
            return Ok(known);
        }
        let answers = self.answers(store, item)?;
        let step = |(step, of): (&i64, &OfStep)| AnswerStep {
            step: *step,
            epoch: of.epoch,
            summary: summary(of.answers.iter()),
        };
        let figures: Arc<Vec<AnswerStep>> = Arc::new(answers.steps.iter().map(step).collect());
        self.figures.keep(name, Arc::clone(&figures), 64 + figures.len() * 96);
        Ok(figures)
    }
}

fn n_bytes(answer: &Answer) -> usize {
    let texts = answer.others.iter().map(|other| other.text.len() + 48).sum::<usize>();
    let golds = answer.golds.iter().map(|gold| gold.len() + 24).sum::<usize>();
    320 + answer.question_key.len() + answer.best.text.len() + texts + golds
}

fn read(store: &dyn Store, item: &RunItem) -> Result<Answers, ApiError> {
    let mut answers = Answers::default();
    for tracked in read_answers(store, item)? {
        let of = answers.steps.entry(tracked.step.0).or_default();
        of.epoch = tracked.epoch.or(of.epoch);
        of.answers.push(tracked.answer);
    }
    Ok(answers)
}

/// How good an answer is.
pub(super) fn verdict(answer: &Answer) -> Verdict {
    if answer.exact_match >= 1.0 {
        Verdict::Right
    } else if answer.f1 > 0.0 {
        Verdict::Partly
    } else {
        Verdict::Wrong
    }
}

/// Answers in figures.
pub(super) fn summary<'a>(answers: impl Iterator<Item = &'a Answer>) -> Summary {
    let mut summary = Summary::default();
    for answer in answers {
        summary.total += 1;
        match verdict(answer) {
            Verdict::Right => summary.right += 1,
            Verdict::Partly => summary.partly += 1,
            Verdict::Wrong => summary.wrong += 1,
        }
        summary.exact_match += answer.exact_match;
        summary.f1 += answer.f1;
    }
    let percent = |sum: f64| 100.0 * sum / (summary.total.max(1) as f64);
    (summary.exact_match, summary.f1) = (percent(summary.exact_match), percent(summary.f1));
    summary
}

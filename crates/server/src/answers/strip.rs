//! How questions were answered at the last checkpoints: a verdict for each, in a row.

use std::collections::{BTreeMap, BTreeSet};

use trailmark_core::Answer as Record;

use super::shelf::{Answers, verdict};
use crate::dto::{Strip, StripStep, Verdict};

/// Checkpoints of a strip at most.
const MOST_STEPS: usize = 5;

/// The verdicts on some questions at the last checkpoints; where these do not hold `step`, at those from it on.
pub(super) fn strip<'a>(answers: &Answers, step: i64, records: impl Iterator<Item = &'a Record>) -> Strip {
    let steps: Vec<i64> = answers.steps.keys().copied().collect();
    let at = steps.iter().position(|known| *known == step).unwrap_or_default();
    let from = at.min(steps.len().saturating_sub(MOST_STEPS));
    let shown: Vec<i64> = steps.into_iter().skip(from).take(MOST_STEPS).collect();
    let keys: BTreeSet<&str> = records.map(|record| record.question_key.as_str()).collect();
    let mut verdicts: BTreeMap<String, String> =
        keys.iter().map(|key| ((*key).to_owned(), String::with_capacity(shown.len()))).collect();
    let mut strip = Strip { steps: Vec::with_capacity(shown.len()), verdicts: BTreeMap::new() };
    for (index, step) in shown.iter().enumerate() {
        let Some(of) = answers.steps.get(step) else { continue };
        strip.steps.push(StripStep { step: *step, epoch: of.epoch });
        for answer in &of.answers {
            if let Some(row) = verdicts.get_mut(&answer.question_key) {
                row.push(letter(verdict(answer)));
            }
        }
        // A question that was not asked at this step leaves its place empty.
        verdicts.values_mut().filter(|row| row.len() <= index).for_each(|row| row.push('-'));
    }
    strip.verdicts = verdicts;
    strip
}

fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Right => 'r',
        Verdict::Partly => 'p',
        Verdict::Wrong => 'w',
    }
}

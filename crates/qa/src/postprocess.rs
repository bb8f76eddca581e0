//! From logits to answers as Hugging Face's `run_qa` does for evaluation: the best sums of start and end logit.

use crate::{Example, Window};

/// What counts as an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PostprocessOptions {
    /// How many starts, ends and candidates are kept.
    pub n_best: usize,
    /// Tokens of an answer at most.
    pub max_answer_length: usize,
    /// Whether "no answer" competes.
    pub is_v2: bool,
    /// How much better "no answer" must be.
    pub null_threshold: f32,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct NBestEntry {
    /// Its text; empty for "no answer".
    pub text: String,
    /// First character.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// Start logit + end logit.
    pub score: f32,
    /// Softmax over the kept candidates.
    pub probability: f32,
    start_logit: f32,
    end_logit: f32,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The question's id.
    pub id: String,
    /// The answer; empty for "no answer".
    pub text: String,
    /// First character.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// Start logit + end logit.
    pub score: f32,
    /// For version 2: the score of "no answer" minus that of the best answer.
    pub null_odds: Option<f32>,
    /// The score of "no answer": the least of all windows.
    pub null_score: f32,
    /// All kept candidates, best first.
    pub n_best: Vec<NBestEntry>,
}

/// Answers every example; `logits` holds start and end logits of each window.
pub fn postprocess(
    examples: &[Example],
    windows: &[Window],
    logits: &[(Vec<f32>, Vec<f32>)],
    options: &PostprocessOptions,
) -> Vec<Prediction> {
    let mut of_example: Vec<Vec<usize>> = vec![Vec::new(); examples.len()];
    for (index, window) in windows.iter().enumerate() {
        of_example[window.example].push(index);
    }
    let each = examples.iter().zip(of_example);
    each.map(|(example, indices)| {
        let parts: Vec<_> = indices
            .iter()
            .map(|index| (&windows[*index], &logits[*index].0[..], &logits[*index].1[..]))
            .collect();
        predict(example, &parts, options)
    })
    .collect()
}

fn predict(
    example: &Example,
    parts: &[(&Window, &[f32], &[f32])],
    options: &PostprocessOptions,
) -> Prediction {
    let mut found = Vec::new();
    let mut null: Option<NBestEntry> = None;
    for (window, starts, ends) in parts {
        let entry = new_entry((0, 0), (starts[0], ends[0]));
        if null.as_ref().is_none_or(|least| entry.score < least.score) {
            null = Some(entry);
        }
        for start in best(starts, options.n_best) {
            for end in best(ends, options.n_best) {
                let span = window.offsets.get(start).zip(window.offsets.get(end));
                let Some((Some(from), Some(to))) = span else { continue };
                if end >= start && end - start < options.max_answer_length {
                    found.push(new_entry((from.0, to.1), (starts[start], ends[end])));
                }
            }
        }
    }
    let null_score = null.as_ref().map_or(0.0, |null| null.score);
    if options.is_v2 {
        found.extend(null.clone());
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(options.n_best);
    if options.is_v2 && !found.iter().any(|entry| (entry.start, entry.end) == (0, 0)) {
        found.extend(null);
    }
    for entry in &mut found {
        let n = (entry.end - entry.start.min(entry.end)) as usize;
        entry.text = example.context.chars().skip(entry.start as usize).take(n).collect();
    }
    if found.iter().all(|entry| entry.text.is_empty()) && found.len() < 2 {
        let fake = NBestEntry { text: "empty".to_owned(), ..new_entry((0, 0), (0.0, 0.0)) };
        found.insert(0, fake);
    }
    set_probabilities(&mut found);
    choose(example, found, null_score, options)
}

fn choose(
    example: &Example,
    n_best: Vec<NBestEntry>,
    null_score: f32,
    options: &PostprocessOptions,
) -> Prediction {
    let first = if options.is_v2 {
        n_best.iter().find(|entry| !entry.text.is_empty()).or(n_best.first())
    } else {
        n_best.first()
    };
    let first = first.cloned().unwrap_or_else(|| new_entry((0, 0), (0.0, 0.0)));
    let null_odds = options.is_v2.then_some(null_score - first.start_logit - first.end_logit);
    let is_null = null_odds.is_some_and(|odds| odds > options.null_threshold);
    let (text, start, end, score) = if is_null {
        (String::new(), 0, 0, null_score)
    } else {
        (first.text, first.start, first.end, first.score)
    };
    Prediction { id: example.id.clone(), text, start, end, score, null_odds, null_score, n_best }
}

fn new_entry((start, end): (u32, u32), (start_logit, end_logit): (f32, f32)) -> NBestEntry {
    let score = start_logit + end_logit;
    NBestEntry { text: String::new(), start, end, score, probability: 0.0, start_logit, end_logit }
}

/// The indices of the largest numbers, largest first; of equal ones the last comes first, as a reversed sort has it.
fn best(numbers: &[f32], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*b].total_cmp(&numbers[*a]).then(b.cmp(a)));
    order.truncate(count);
    order
}

fn set_probabilities(entries: &mut [NBestEntry]) {
    let top = entries.iter().map(|entry| entry.score).fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = entries.iter().map(|entry| (entry.score - top).exp()).sum();
    for entry in entries {
        entry.probability = (entry.score - top).exp() / total;
    }
}

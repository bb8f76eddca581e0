//! From logits to answers, for asking: by the old pipeline's rules ([`hf_answers`]) or by ours ([`global_answers`]).

use std::collections::HashMap;

use crate::Window;

/// A window and the logits of its tokens.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// The window.
    pub window: &'a Window,
    /// Start logits.
    pub start: &'a [f32],
    /// End logits.
    pub end: &'a [f32],
}

/// One possible answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its text; empty for "no answer".
    pub text: String,
    /// First character of the context.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// 0 to 1 in the mode `global`.
    pub score: f64,
}

/// The answers to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Best first; never more than asked for.
    pub found: Vec<Found>,
    /// The probability that there is no answer, where the mode has one.
    pub null_score: Option<f64>,
}

/// The options of the old pipeline that decide between answers, under its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HfOptions {
    /// How many answers at most, 1.
    pub top_k: usize,
    /// Tokens of an answer at most, 15.
    pub max_answer_len: usize,
    /// Whether "no answer" may win.
    pub handle_impossible_answer: bool,
    /// Whether answers are widened to whole words, yes.
    pub align_to_words: bool,
}

/// The options of the mode `global`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalOptions {
    /// How many answers at most.
    pub top_k: usize,
    /// Tokens of an answer at most.
    pub max_answer_len: usize,
    /// Whether "no answer" may win.
    pub handle_impossible_answer: bool,
    /// Divides all logits before the softmax; 1 for none.
    pub temperature: f64,
}

/// The text between two characters.
fn slice(context: &str, (start, end): (u32, u32)) -> String {
    context.chars().skip(start as usize).take(end.saturating_sub(start) as usize).collect()
}

/// First and last character of the words that begin and end a span.
fn word_span(window: &Window, first: usize, last: usize) -> Option<(u32, u32)> {
    let of_word = |token: usize| {
        let word = (*window.words.get(token)?)?;
        let tokens = window.words.iter().zip(&window.offsets).filter(move |(other, _)| **other == Some(word));
        let offsets = tokens.filter_map(|(_, offset)| *offset);
        offsets.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    Some((of_word(first)?.0, of_word(last)?.1))
}

/// The answers of the `question-answering` pipeline of transformers 4.57: a softmax a window, equal texts added up.
pub fn hf_answers(context: &str, windows: &[Scored<'_>], options: &HfOptions) -> Answers {
    let mut found: Vec<Found> = Vec::new();
    let mut null = 1e6_f64;
    for scored in windows {
        let window = scored.window;
        let is_open = |token: usize| window.context.contains(&token) || token == window.cls;
        let mut start = masked_softmax(scored.start, is_open);
        let mut end = masked_softmax(scored.end, is_open);
        null = null.min(f64::from(start[0] * end[0]));
        (start[0], end[0]) = (0.0, 0.0);
        for (score, first, last) in best_products(&start, &end, options) {
            if !is_open(first) || !is_open(last) {
                continue;
            }
            let aligned = if options.align_to_words { word_span(window, first, last) } else { None };
            let plain = || {
                let of = |token: usize| window.offsets.get(token).copied().flatten().unwrap_or((0, 0));
                (of(first).0, of(last).1)
            };
            let span = aligned.unwrap_or_else(plain);
            let text = slice(context, span);
            let lower = text.to_lowercase();
            match found.iter_mut().find(|other| other.text.to_lowercase() == lower) {
                Some(other) => other.score += f64::from(score),
                None => found.push(Found { text, start: span.0, end: span.1, score: f64::from(score) }),
            }
        }
    }
    if options.handle_impossible_answer {
        found.push(Found { text: String::new(), start: 0, end: 0, score: null });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(options.top_k);
    Answers { found, null_score: options.handle_impossible_answer.then_some(null) }
}

fn masked_softmax(logits: &[f32], is_open: impl Fn(usize) -> bool) -> Vec<f32> {
    let masked: Vec<f32> = logits
        .iter()
        .enumerate()
        .map(|(token, logit)| if is_open(token) { *logit } else { -10000.0 })
        .collect();
    let top = masked.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = masked.iter().map(|logit| (logit - top).exp()).collect();
    let total: f32 = exps.iter().sum();
    exps.iter().map(|exp| exp / total).collect()
}

/// The best products of start and end, more than asked for when words are aligned and may fall together.
fn best_products(start: &[f32], end: &[f32], options: &HfOptions) -> Vec<(f32, usize, usize)> {
    let mut spans = Vec::new();
    for first in 0..start.len() {
        for last in first..end.len().min(first + options.max_answer_len) {
            spans.push((start[first] * end[last], first, last));
        }
    }
    let count = if options.align_to_words { 2 * options.top_k + 10 } else { options.top_k };
    spans.sort_by(|a, b| b.0.total_cmp(&a.0));
    spans.truncate(count);
    spans
}

/// One softmax over all spans of all windows and "no answer".
///
/// Spans are widened to whole words and lose blanks at their ends. Spans of one window that fall together add up; the
/// same span in overlapping windows counts once, with its best score. "No answer" has the least score of all windows,
/// as in SQuAD 2's evaluation. The scores do not depend on `top_k` and compare between contexts.
pub fn global_answers(context: &str, windows: &[Scored<'_>], options: &GlobalOptions) -> Answers {
    let temperature = if options.temperature > 0.0 { options.temperature } else { 1.0 };
    let mut null = f64::INFINITY;
    let mut spans: HashMap<(u32, u32), f64> = HashMap::new();
    let top = windows
        .iter()
        .map(|scored| f64::from(largest(scored.start)) + f64::from(largest(scored.end)))
        .fold(f64::NEG_INFINITY, f64::max);
    for scored in windows {
        let weight = |first: usize, last: usize| {
            let logit = f64::from(scored.start[first]) + f64::from(scored.end[last]);
            ((logit - top) / temperature).exp()
        };
        let window = scored.window;
        null = null.min(weight(window.cls, window.cls));
        let mut here: HashMap<(u32, u32), f64> = HashMap::new();
        let bounds: Vec<_> = window.context.clone().map(|token| word_span(window, token, token)).collect();
        let bounds_of =
            |token: usize| bounds[token - window.context.start].or(window.offsets[token]).unwrap_or((0, 0));
        for first in window.context.clone() {
            for last in first..window.context.end.min(first + options.max_answer_len) {
                let span = (bounds_of(first).0, bounds_of(last).1);
                *here.entry(span).or_default() += weight(first, last);
            }
        }
        for (span, weight) in here {
            let best = spans.entry(span).or_default();
            *best = best.max(weight);
        }
    }
    let mut sorted: Vec<((u32, u32), f64)> = spans.into_iter().collect();
    // A sum in a fixed order, so that scores repeat to the last bit.
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum::<f64>() + null;
    let null_score = null / total;
    let mut found: Vec<Found> = Vec::new();
    for (span, weight) in sorted {
        if found.len() == options.top_k {
            break;
        }
        let answer = trimmed(context, span, weight / total);
        let is_new = !found.iter().any(|other| (other.start, other.end) == (answer.start, answer.end));
        if !answer.text.is_empty() && is_new {
            found.push(answer);
        }
    }
    if options.handle_impossible_answer {
        found.push(Found { text: String::new(), start: 0, end: 0, score: null_score });
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(options.top_k);
    }
    Answers { found, null_score: Some(null_score) }
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

fn trimmed(context: &str, span: (u32, u32), score: f64) -> Found {
    let text = slice(context, span);
    let without_front = text.trim_start();
    let start = span.0 + (text.chars().count() - without_front.chars().count()) as u32;
    let text = without_front.trim_end().to_owned();
    let end = start + text.chars().count() as u32;
    Found { text, start, end, score }
}

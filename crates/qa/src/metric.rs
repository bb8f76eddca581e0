//! Exact match and F1 as SQuAD's official scripts compute them, versions 1.1 and 2.0.

use std::collections::{BTreeMap, HashMap};

use crate::Example;

/// How well one prediction meets its golds, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// 1 when the normalised texts are equal, else 0.
    pub exact_match: f64,
    /// Harmonic mean of precision and recall over words.
    pub f1: f64,
}

/// Results of SQuAD 1.1, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct V1 {
    /// Mean exact match.
    pub exact_match: f64,
    /// Mean F1.
    pub f1: f64,
    /// How many questions there are.
    pub total: usize,
}

/// Results of SQuAD 2.0, in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct V2 {
    /// Over all predicted questions.
    pub all: V1,
    /// Over those with an answer; none when there are none.
    pub has_answer: Option<V1>,
    /// Over those without.
    pub no_answer: Option<V1>,
    /// The best that a threshold on the probability of "no answer" gives.
    pub best: Option<Best>,
}

/// The best scores over all thresholds, in percent, and the thresholds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// Best exact match.
    pub exact: f64,
    /// Its threshold.
    pub exact_threshold: f64,
    /// Best F1.
    pub f1: f64,
    /// Its threshold.
    pub f1_threshold: f64,
}

/// Python's `string.punctuation`.
const PUNCTUATION: &str = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;

/// Lower case, without ASCII punctuation, without articles, one blank between words.
pub fn normalise(text: &str) -> String {
    let lower: String = text.to_lowercase().chars().filter(|c| !PUNCTUATION.contains(*c)).collect();
    let mut kept = String::with_capacity(lower.len());
    let mut word = String::new();
    let end = |word: &mut String, kept: &mut String| {
        // An article is a word by Unicode's letters, digits and the low line, not by blanks.
        kept.push_str(if matches!(word.as_str(), "a" | "an" | "the") { " " } else { word });
        word.clear();
    };
    for c in lower.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            end(&mut word, &mut kept);
            kept.push(c);
        }
    }
    end(&mut word, &mut kept);
    kept.split(is_python_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `str.split` without arguments also splits at the four separators of ASCII.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// 1 when both are equal once normalised.
pub fn exact_match(prediction: &str, gold: &str) -> f64 {
    f64::from(u8::from(normalise(prediction) == normalise(gold)))
}

/// Overlap of words; 0 when none is shared, also when both are empty (version 1.1).
pub fn f1(prediction: &str, gold: &str) -> f64 {
    let (prediction, gold) = (normalise(prediction), normalise(gold));
    overlap(&prediction, &gold)
}

fn overlap(prediction: &str, gold: &str) -> f64 {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).count();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in gold.split(' ').filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    let mut shared = 0usize;
    for word in prediction.split(' ') {
        if let Some(count) = counts.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let precision = shared as f64 / words(prediction) as f64;
    let recall = shared as f64 / words(gold) as f64;
    2.0 * precision * recall / (precision + recall)
}

/// As [`f1`], but equal when either is empty (version 2.0).
fn f1_v2(prediction: &str, gold: &str) -> f64 {
    let (prediction, gold) = (normalise(prediction), normalise(gold));
    if prediction.is_empty() || gold.is_empty() {
        return f64::from(u8::from(prediction == gold));
    }
    overlap(&prediction, &gold)
}

/// The best score over all golds. For `is_v2` golds that normalise to nothing are dropped, and none means "no answer".
pub fn score(prediction: &str, golds: &[String], is_v2: bool) -> Score {
    let best = |f: &dyn Fn(&str) -> f64, golds: &[&str]| golds.iter().map(|gold| f(gold)).fold(0.0, f64::max);
    let mut golds: Vec<&str> = golds.iter().map(String::as_str).collect();
    if is_v2 {
        golds.retain(|gold| !normalise(gold).is_empty());
        if golds.is_empty() {
            golds.push("");
        }
    }
    Score {
        exact_match: best(&|gold| exact_match(prediction, gold), &golds),
        f1: best(&|gold| if is_v2 { f1_v2(prediction, gold) } else { f1(prediction, gold) }, &golds),
    }
}

/// SQuAD 1.1 of predictions by question id; a question without one counts as wrong.
pub fn squad_v1(examples: &[Example], predictions: &BTreeMap<String, String>) -> V1 {
    let scores = examples.iter().map(|example| match predictions.get(&example.id) {
        Some(prediction) => score(prediction, &example.golds(), false),
        None => Score { exact_match: 0.0, f1: 0.0 },
    });
    mean(scores.collect())
}

/// The mean of scores, in percent.
pub fn mean(scores: Vec<Score>) -> V1 {
    let total = scores.len();
    let percent = |sum: f64| if total == 0 { 0.0 } else { 100.0 * sum / total as f64 };
    V1 {
        exact_match: percent(scores.iter().map(|score| score.exact_match).sum()),
        f1: percent(scores.iter().map(|score| score.f1).sum()),
        total,
    }
}

/// SQuAD 2.0 of predictions by question id; questions without a prediction are left out.
///
/// With the probabilities of "no answer", answers above a threshold of 1 become "no answer", and the best threshold is
/// looked for.
pub fn squad_v2(
    examples: &[Example],
    predictions: &BTreeMap<String, String>,
    no_answer: Option<&BTreeMap<String, f64>>,
) -> V2 {
    let rows: Vec<(&Example, Score, f64)> = examples
        .iter()
        .filter_map(|example| {
            let prediction = predictions.get(&example.id)?;
            let probability = no_answer.and_then(|all| all.get(&example.id)).copied().unwrap_or(0.0);
            Some((example, score(prediction, &example.golds(), true), probability))
        })
        .collect();
    let has_answer = |example: &Example| example.answers.iter().any(|gold| !gold.text.is_empty());
    let part = |wanted: bool| {
        let rows = rows.iter().filter(|(example, ..)| has_answer(example) == wanted);
        let scores: Vec<Score> = rows.map(|(_, score, _)| *score).collect();
        (!scores.is_empty()).then(|| mean(scores))
    };
    let best = no_answer.map(|_| {
        let sweep = |of: fn(&Score) -> f64| {
            let rows = rows.iter().map(|(example, score, probability)| Row {
                has_answer: has_answer(example),
                is_blank: predictions.get(&example.id).is_some_and(String::is_empty),
                score: of(score),
                probability: *probability,
            });
            best_threshold(rows.collect())
        };
        let (exact, exact_threshold) = sweep(|score| score.exact_match);
        let (f1, f1_threshold) = sweep(|score| score.f1);
        Best { exact, exact_threshold, f1, f1_threshold }
    });
    V2 {
        all: mean(rows.iter().map(|(_, score, _)| *score).collect()),
        has_answer: part(true),
        no_answer: part(false),
        best,
    }
}

struct Row {
    has_answer: bool,
    is_blank: bool,
    score: f64,
    probability: f64,
}

/// Walks up the probabilities: every question below the threshold keeps its answer, the others have none.
fn best_threshold(mut rows: Vec<Row>) -> (f64, f64) {
    let mut current = rows.iter().filter(|row| !row.has_answer).count() as f64;
    let (mut best, mut threshold) = (current, 0.0);
    rows.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    for row in &rows {
        current += match (row.has_answer, row.is_blank) {
            (true, _) => row.score,
            (false, true) => 0.0,
            (false, false) => -1.0,
        };
        if current > best {
            (best, threshold) = (current, row.probability);
        }
    }
    (100.0 * best / rows.len().max(1) as f64, threshold)
}

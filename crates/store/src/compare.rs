//! Runs beside each other: where their params differ, and what became of each question that two of them answered.
//!
//! The page, the HTTP interface and the command line say the same of two runs because they ask here.

use std::collections::{BTreeMap, HashMap};

use trailmark_core::{Answer, ParamValue, Params, Step, Value};

use crate::paired::{ScoreDifference, ScorePair, score_difference};
use crate::{RunData, Series};

/// One leaf of several trees of params.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamRow {
    /// Where it lies: `a.b.c`.
    pub path: String,
    /// Its value in each tree; none where a tree has no such leaf.
    pub values: Vec<Option<ParamValue>>,
}

impl ParamRow {
    /// Whether it is not the same in all trees.
    pub fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

/// The leaves of trees beside each other, by path.
pub fn compare_params(trees: &[&Params]) -> Vec<ParamRow> {
    let mut rows: BTreeMap<String, Vec<Option<ParamValue>>> = BTreeMap::new();
    for (place, tree) in trees.iter().enumerate() {
        each_leaf(tree, &mut |path, value| {
            let row = rows.entry(path.to_owned()).or_insert_with(|| vec![None; trees.len()]);
            row[place] = Some(value.clone());
        });
    }
    rows.into_iter().map(|(path, values)| ParamRow { path, values }).collect()
}

/// Calls with path (`a.b.c`) and value of each leaf of a tree, in order; a branch without leaves counts as one.
pub fn each_leaf(tree: &Params, call: &mut dyn FnMut(&str, &ParamValue)) {
    fn below(path: &str, value: &ParamValue, call: &mut dyn FnMut(&str, &ParamValue)) {
        match value {
            ParamValue::Map(map) if !map.is_empty() => {
                map.iter().for_each(|(key, value)| below(&format!("{path}.{key}"), value, call));
            }
            leaf => call(path, leaf),
        }
    }
    tree.iter().for_each(|(key, value)| below(key, value, call));
}

/// How an answer changed from A to B; right means that its exact match is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnswerChange {
    /// Wrong in A, right in B.
    Fixed,
    /// Right in A, wrong in B.
    Broken,
    /// Wrong in both.
    BothWrong,
    /// Right in both.
    BothRight,
}

impl AnswerChange {
    /// What became of an answer.
    pub fn between(a: &Answer, b: &Answer) -> Self {
        match (a.exact_match >= 1.0, b.exact_match >= 1.0) {
            (false, true) => Self::Fixed,
            (true, false) => Self::Broken,
            (false, false) => Self::BothWrong,
            (true, true) => Self::BothRight,
        }
    }

    /// The word that programs read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Broken => "broken",
            Self::BothWrong => "both_wrong",
            Self::BothRight => "both_right",
        }
    }
}

/// Two sets of answers to the same questions.
#[derive(Debug)]
pub struct ComparedAnswers<'a> {
    /// Each question that both answered: A's answer, B's, and what became of it; in B's order.
    pub pairs: Vec<(&'a Answer, &'a Answer, AnswerChange)>,
    /// How many questions only A answered.
    pub n_only_a: usize,
    /// How many questions only B answered.
    pub n_only_b: usize,
}

/// Pairs answers by question.
pub fn compare_answers<'a>(a: &'a [Answer], b: &'a [Answer]) -> ComparedAnswers<'a> {
    let by_key: HashMap<&str, &Answer> =
        a.iter().map(|answer| (answer.question_key.as_str(), answer)).collect();
    let pair = |b: &'a Answer| {
        let a = *by_key.get(b.question_key.as_str())?;
        Some((a, b, AnswerChange::between(a, b)))
    };
    let pairs: Vec<_> = b.iter().filter_map(pair).collect();
    let (n_only_a, n_only_b) = (a.len().saturating_sub(pairs.len()), b.len().saturating_sub(pairs.len()));
    ComparedAnswers { pairs, n_only_a, n_only_b }
}

impl ComparedAnswers<'_> {
    /// How many questions changed so.
    pub fn count(&self, wanted: AnswerChange) -> usize {
        self.pairs.iter().filter(|(.., change)| *change == wanted).count()
    }

    /// The means of a score of both and their difference, with its interval and p.
    pub fn difference(&self, score: fn(&Answer) -> f64) -> ScoreDifference {
        let pair = |(a, b, _): &(&Answer, &Answer, AnswerChange)| ScorePair {
            group: b.context,
            a: score(a),
            b: score(b),
        };
        score_difference(&self.pairs.iter().map(pair).collect::<Vec<_>>())
    }
}

impl RunData {
    /// The last step at which the run answered questions, with its answers; none for a run without answers.
    pub fn last_answers(&self) -> Option<(Step, Vec<Answer>)> {
        let points = || self.series.values().flat_map(|Series { points }| points);
        let is_answer = |value: &Value| matches!(value, Value::Answer(_));
        let step = points().filter(|point| is_answer(&point.value)).map(|point| point.step).max()?;
        let of_step = points().filter(|point| point.step == step);
        let answers = of_step.filter_map(|point| match &point.value {
            Value::Answer(answer) => Some(Answer::clone(answer)),
            _ => None,
        });
        Some((step, answers.collect()))
    }
}

#[cfg(test)]
mod tests {
    use trailmark_core::{Candidate, ContentId};

    use super::*;

    fn answer(key: &str, exact_match: f64) -> Answer {
        let best = Candidate { text: key.to_owned(), start: 0, end: 1, score: 1.0 };
        let question = ContentId::of(key);
        Answer {
            question_key: key.to_owned(),
            question,
            context: ContentId::of("paragraph"),
            golds: vec![key.to_owned()],
            best,
            null_score: None,
            exact_match,
            f1: exact_match,
            millis: 1.0,
            others: Vec::new(),
        }
    }

    #[test]
    fn answers_are_paired_by_question_and_each_has_one_of_four_fates() {
        let a = [("w", 0.0), ("x", 1.0), ("y", 0.0), ("z", 1.0), ("gone", 1.0)].map(|(k, e)| answer(k, e));
        let b = [("z", 1.0), ("y", 0.0), ("x", 0.0), ("w", 1.0)].map(|(k, e)| answer(k, e));
        let compared = compare_answers(&a, &b);
        let fates: Vec<_> =
            compared.pairs.iter().map(|(a, _, change)| (&*a.question_key, change.word())).collect();
        assert_eq!(fates, [("z", "both_right"), ("y", "both_wrong"), ("x", "broken"), ("w", "fixed")]);
        assert_eq!((compared.n_only_a, compared.n_only_b, compared.count(AnswerChange::Fixed)), (1, 0, 1));
        let em = compared.difference(|answer| answer.exact_match);
        assert_eq!((em.a, em.b, em.difference), (50.0, 50.0, 0.0));
    }

    #[test]
    fn params_differ_where_one_has_another_value_or_none() {
        let tree = |pairs: &[(&[&str], ParamValue)]| {
            let mut params = Params::new();
            pairs
                .iter()
                .for_each(|(path, value)| ParamValue::set_in(&mut params, path, value.clone()).unwrap());
            params
        };
        let a = tree(&[
            (&["h", "lr"], 0.1.into()),
            (&["h", "seed"], ParamValue::Int(1)),
            (&["none"], ParamValue::None),
        ]);
        let b = tree(&[(&["h", "lr"], 0.2.into()), (&["h", "seed"], ParamValue::Int(1))]);
        let rows = compare_params(&[&a, &b]);
        let told: Vec<_> = rows.iter().map(|row| (&*row.path, row.differs())).collect();
        assert_eq!(told, [("h.lr", true), ("h.seed", false), ("none", true)]);
        assert_eq!(rows[2].values, [Some(ParamValue::None), None], "None is a value");
    }
}

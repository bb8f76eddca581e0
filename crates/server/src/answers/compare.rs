//! Two sets of answers beside each other, paired by question.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use trailmark_core::Answer as Record;

use super::library::{Library, leak};
use super::list::{Finder, LIMIT, answer, contexts, no_answers, row};
use super::paired::{Pair, difference};
use super::shelf::{Answers, OfStep};
use super::strip::strip;
use crate::app::App;
use crate::dto::{self, Change};
use crate::error::ApiError;
use crate::snapshot::Snapshot;

/// Which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    #[default]
    All,
    Fixed,
    Broken,
    BothWrong,
    BothRight,
    Changed,
}

impl Show {
    fn takes(self, change: Change) -> bool {
        match self {
            Self::All => true,
            Self::Fixed => change == Change::Fixed,
            Self::Broken => change == Change::Broken,
            Self::BothWrong => change == Change::BothWrong,
            Self::BothRight => change == Change::BothRight,
            Self::Changed => matches!(change, Change::Fixed | Change::Broken),
        }
    }
}

/// What is asked for: `a` and `b` are `RUN@STEP`, or `RUN` for its last answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareRequest {
    a: String,
    b: String,
    #[serde(default)]
    show: Show,
    #[serde(default)]
    find: String,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

/// One side.
struct Side {
    answers: Arc<Answers>,
    step: i64,
    library: Arc<Library>,
}

impl Side {
    fn find(app: &App, snapshot: &Snapshot, text: &str) -> Result<Self, ApiError> {
        let (run, step) = match text.split_once('@') {
            Some((run, step)) => {
                let wrong =
                    |_| ApiError::bad(format!("read RUN@STEP: got {text:?}, want a whole number after @"));
                (run, Some(step.parse::<i64>().map_err(wrong)?))
            }
            None => (text, None),
        };
        let item = snapshot.find(run)?;
        let answers = app.shelf.answers(&*app.store, item)?;
        let found = step.or(answers.steps.keys().next_back().copied());
        let found = found.filter(|step| answers.steps.contains_key(step));
        let step = found.ok_or_else(|| no_answers(item, step))?;
        let library = app.shelf.library(&*app.store, item)?;
        Ok(Self { answers, step, library })
    }

    fn of_step(&self) -> Option<&OfStep> {
        self.answers.steps.get(&self.step)
    }

    fn records(&self) -> &[Record] {
        self.of_step().map_or(&[], |of| &of.answers)
    }
}

/// `GET /api/v1/answers/compare`.
pub(crate) fn compare(app: &App, request: &CompareRequest) -> Result<dto::Comparison, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let (a, b) = (Side::find(app, &snapshot, &request.a)?, Side::find(app, &snapshot, &request.b)?);
    let by_key: HashMap<&str, &Record> =
        a.records().iter().map(|record| (record.question_key.as_str(), record)).collect();
    let both: Vec<(&Record, &Record)> =
        b.records().iter().filter_map(|b| Some((*by_key.get(b.question_key.as_str())?, b))).collect();
    let finder = Finder::new(&request.find);
    let takes = |(one, other): &&(&Record, &Record)| {
        request.show.takes(change(one, other))
            && (finder.finds(one, &a.library) || finder.finds(other, &b.library))
    };
    let found: Vec<(&Record, &Record)> = both.iter().filter(takes).copied().collect();
    let page: Vec<(&Record, &Record)> =
        found.iter().skip(request.offset).take(request.limit.unwrap_or(LIMIT)).copied().collect();
    let libraries: [&Library; 2] = [&b.library, &a.library];
    let rows = page.iter().map(|(one, other)| {
        let dto::AnswerRow { question_key, question, context_id, golds, answer: of_b } =
            row(other, &b.library);
        dto::Pair {
            question_key,
            question,
            context_id,
            golds,
            change: change(one, other),
            a: answer(one),
            b: of_b,
        }
    });
    Ok(dto::Comparison {
        total: found.len() as u64,
        summary: summary(&both, a.records().len(), b.records().len()),
        leak: leak(&libraries, both.iter().map(|(_, b)| *b)),
        strips: dto::Strips {
            a: strip(&a.answers, a.step, page.iter().map(|(a, _)| *a)),
            b: strip(&b.answers, b.step, page.iter().map(|(_, b)| *b)),
        },
        rows: rows.collect(),
        contexts: contexts(page.iter().map(|(_, b)| *b), &libraries),
    })
}

fn change(a: &Record, b: &Record) -> Change {
    match (a.exact_match >= 1.0, b.exact_match >= 1.0) {
        (false, true) => Change::Fixed,
        (true, false) => Change::Broken,
        (false, false) => Change::BothWrong,
        (true, true) => Change::BothRight,
    }
}

fn summary(both: &[(&Record, &Record)], n_a: usize, n_b: usize) -> dto::ComparisonSummary {
    let of = |wanted: Change| both.iter().filter(|(a, b)| change(a, b) == wanted).count() as u64;
    let pairs = |score: fn(&Record) -> f64| -> Vec<Pair> {
        both.iter().map(|(a, b)| Pair { group: b.context, a: score(a), b: score(b) }).collect()
    };
    dto::ComparisonSummary {
        total: both.len() as u64,
        fixed: of(Change::Fixed),
        broken: of(Change::Broken),
        both_wrong: of(Change::BothWrong),
        both_right: of(Change::BothRight),
        only_a: (n_a - both.len()) as u64,
        only_b: (n_b - both.len()) as u64,
        exact_match: difference(&pairs(|record| record.exact_match)),
        f1: difference(&pairs(|record| record.f1)),
    }
}

//! Two sets of answers beside each other, paired by question.

use std::sync::Arc;

use serde::Deserialize;
use trailmark_core::Answer as Record;
use trailmark_store::{AnswerChange, ComparedAnswers, ScoreDifference, compare_answers};
use utoipa::{IntoParams, ToSchema};

use super::library::{Library, leak};
use super::list::{Finder, LIMIT, answer, contexts, no_answers, row};
use super::shelf::{Answers, OfStep};
use super::strip::strip;
use crate::app::App;
use crate::dto::{self, Change};
use crate::error::ApiError;
use crate::parameter::Count;
use crate::snapshot::Snapshot;

/// Which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
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
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareRequest {
    /// The older answers: `RUN@STEP`, or `RUN` for its last ones.
    #[param(format = "run-at-step")]
    a: String,
    /// The newer answers, likewise.
    #[param(format = "run-at-step")]
    b: String,
    /// Which rows.
    #[serde(default)]
    #[param(inline)]
    show: Show,
    /// In questions, answers and references, in either case.
    #[serde(default)]
    find: String,
    /// How many rows to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Rows at most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
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
#[utoipa::path(
    get, path = "/api/v1/answers/compare", operation_id = "compare_answers", tag = "Answers",
    summary = "Two sets of answers beside each other, paired by question",
    description = "Differences are B − A in points of percent with their 95 % interval, paired by question.",
    params(CompareRequest),
    responses(
        (status = 200, description = "What changed.", body = dto::Comparison),
        (status = 404, description = "There is no such run, or it has no answers there."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn compare(app: &App, request: &CompareRequest) -> Result<dto::Comparison, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let (a, b) = (Side::find(app, &snapshot, &request.a)?, Side::find(app, &snapshot, &request.b)?);
    let compared = compare_answers(a.records(), b.records());
    let finder = Finder::new(&request.find);
    let takes = |(one, other, change): &&(&Record, &Record, AnswerChange)| {
        request.show.takes((*change).into())
            && (finder.finds(one, &a.library) || finder.finds(other, &b.library))
    };
    let found: Vec<_> = compared.pairs.iter().filter(takes).copied().collect();
    let page: Vec<(&Record, &Record, AnswerChange)> =
        found.iter().skip(request.offset.n()).take(request.limit.map_or(LIMIT, Count::n)).copied().collect();
    let libraries: [&Library; 2] = [&b.library, &a.library];
    let rows = page.iter().map(|(one, other, change)| {
        let dto::AnswerRow { question_key, question, context_id, golds, answer: of_b } =
            row(other, &b.library);
        dto::Pair {
            question_key,
            question,
            context_id,
            golds,
            change: (*change).into(),
            a: answer(one),
            b: of_b,
        }
    });
    Ok(dto::Comparison {
        total: found.len() as u64,
        summary: summary(&compared),
        leak: leak(&libraries, compared.pairs.iter().map(|(_, b, _)| *b)),
        strips: dto::Strips {
            a: strip(&a.answers, a.step, page.iter().map(|(a, ..)| *a)),
            b: strip(&b.answers, b.step, page.iter().map(|(_, b, _)| *b)),
        },
        rows: rows.collect(),
        contexts: contexts(page.iter().map(|(_, b, _)| *b), &libraries),
    })
}

impl From<AnswerChange> for Change {
    fn from(change: AnswerChange) -> Self {
        match change {
            AnswerChange::Fixed => Self::Fixed,
            AnswerChange::Broken => Self::Broken,
            AnswerChange::BothWrong => Self::BothWrong,
            AnswerChange::BothRight => Self::BothRight,
        }
    }
}

impl From<ScoreDifference> for dto::Difference {
    fn from(ScoreDifference { a, b, difference, low, high, p }: ScoreDifference) -> Self {
        Self { a, b, difference, low, high, p }
    }
}

fn summary(compared: &ComparedAnswers<'_>) -> dto::ComparisonSummary {
    let of = |wanted: AnswerChange| compared.count(wanted) as u64;
    dto::ComparisonSummary {
        total: compared.pairs.len() as u64,
        fixed: of(AnswerChange::Fixed),
        broken: of(AnswerChange::Broken),
        both_wrong: of(AnswerChange::BothWrong),
        both_right: of(AnswerChange::BothRight),
        only_a: compared.n_only_a as u64,
        only_b: compared.n_only_b as u64,
        exact_match: compared.difference(|record| record.exact_match).into(),
        f1: compared.difference(|record| record.f1).into(),
    }
}

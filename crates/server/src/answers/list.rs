//! The answers of one run: steps, lists, one question through the steps.

use std::collections::BTreeMap;

use serde::Deserialize;
use trailmark_core::Answer as Record;
use trailmark_store::RunItem;
use utoipa::{IntoParams, ToSchema};

use super::library::{Library, leak};
use super::shelf::{count, summary, verdict};
use super::strip::strip;
use crate::app::App;
use crate::dto::{self, Real, Verdict};
use crate::error::ApiError;
use crate::find::{Find, Kind};
use crate::parameter::{Count, Flag};

/// Answers of one page, without a wish.
pub(super) const LIMIT: usize = 200;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepsRequest {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/answers/steps`.
#[utoipa::path(
    get, path = "/api/v1/answers/steps", operation_id = "answer_steps", tag = "Answers",
    summary = "Which runs have answers at which steps",
    description = "Right means EM 1, partly F1 above 0, wrong anything else; means are in percent.",
    params(StepsRequest),
    responses(
        (status = 200, description = "The steps, with their figures.", body = dto::AnswerSteps),
    ),
)]
pub(crate) fn steps(app: &App, request: &StepsRequest) -> Result<dto::AnswerSteps, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Runs, request.archived.0)?;
    let mut runs = Vec::new();
    for item in find.runs(&snapshot)? {
        if count(item) > 0 {
            let steps = app.shelf.figures(&*app.store, item)?.to_vec();
            runs.push(dto::RunAnswerSteps { run: item.id().to_string(), name: item.row.name.clone(), steps });
        }
    }
    Ok(dto::AnswerSteps { runs })
}

/// Which answers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Show {
    #[default]
    All,
    Right,
    Partly,
    Wrong,
}

impl Show {
    fn takes(self, verdict: Verdict) -> bool {
        match self {
            Self::All => true,
            Self::Right => verdict == Verdict::Right,
            Self::Partly => verdict == Verdict::Partly,
            Self::Wrong => verdict == Verdict::Wrong,
        }
    }
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRequest {
    /// Whose answers.
    #[param(format = "run-id")]
    run: String,
    /// At which step; without it at the last that has answers.
    step: Option<i64>,
    /// Which answers.
    #[serde(default)]
    #[param(inline)]
    show: Show,
    /// In questions, answers and references, in either case.
    #[serde(default)]
    find: String,
    /// How many answers to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Answers at most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
}

/// `GET /api/v1/answers`.
#[utoipa::path(
    get, path = "/api/v1/answers", operation_id = "answers", tag = "Answers",
    summary = "The answers of a run at a step",
    description = "`strip` tells how the questions were answered at the last five checkpoints: a letter each, `r` \
        right, `p` partly, `w` wrong, `-` not asked.",
    params(ListRequest),
    responses(
        (status = 200, description = "The answers.", body = dto::AnswerList),
        (status = 404, description = "There is no such run, or it has no answers there."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn list(app: &App, request: &ListRequest) -> Result<dto::AnswerList, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let item = snapshot.find(&request.run)?;
    let answers = app.shelf.answers(&*app.store, item)?;
    let step = request.step.or(answers.steps.keys().next_back().copied());
    let of_step = step.and_then(|step| answers.steps.get(&step)).ok_or_else(|| no_answers(item, step))?;
    let library = app.shelf.library(&*app.store, item)?;
    let finder = Finder::new(&request.find);
    let takes = |answer: &&Record| request.show.takes(verdict(answer)) && finder.finds(answer, &library);
    let found: Vec<&Record> = of_step.answers.iter().filter(takes).collect();
    let page = found.iter().skip(request.offset.n()).take(request.limit.map_or(LIMIT, Count::n));
    let page: Vec<&Record> = page.copied().collect();
    Ok(dto::AnswerList {
        total: found.len() as u64,
        strip: strip(&answers, step.unwrap_or_default(), page.iter().copied()),
        summary: summary(of_step.answers.iter()),
        leak: leak(&[&library], of_step.answers.iter()),
        contexts: contexts(page.iter().copied(), &[&library]),
        answers: page.into_iter().map(|answer| row(answer, &library)).collect(),
    })
}

/// What is said when a run has no answers there.
pub(super) fn no_answers(item: &RunItem, step: Option<i64>) -> ApiError {
    let step = step.map_or_else(String::new, |step| format!("@{step}"));
    ApiError::NotFound { what: "answers", text: format!("{}{step}", item.id()) }
}

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryRequest {
    /// Whose answers.
    #[param(format = "run-id")]
    run: String,
    /// The key of the question: its id in the data set.
    #[param(format = "question-key")]
    question: String,
}

/// `GET /api/v1/answers/history`.
#[utoipa::path(
    get, path = "/api/v1/answers/history", operation_id = "answer_history", tag = "Answers",
    summary = "One question at every step of a run",
    params(HistoryRequest),
    responses(
        (status = 200, description = "Its answers.", body = dto::AnswerHistory),
        (status = 404, description = "There is no such run or question."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn history(app: &App, request: &HistoryRequest) -> Result<dto::AnswerHistory, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let item = snapshot.find(&request.run)?;
    let answers = app.shelf.answers(&*app.store, item)?;
    let library = app.shelf.library(&*app.store, item)?;
    let mut history: Option<dto::AnswerHistory> = None;
    for (step, of) in &answers.steps {
        let Some(found) = of.answers.iter().find(|answer| answer.question_key == request.question) else {
            continue;
        };
        let history = history.get_or_insert_with(|| {
            let dto::AnswerRow { question_key, question, context_id, golds, .. } = row(found, &library);
            let context = library.text(&found.context).unwrap_or_default().to_owned();
            dto::AnswerHistory { question_key, question, context_id, context, golds, steps: Vec::new() }
        });
        history.steps.push(dto::HistoryStep { step: *step, epoch: of.epoch, answer: answer(found) });
    }
    history.ok_or_else(|| ApiError::NotFound { what: "a question", text: request.question.clone() })
}

/// Looks for a text in questions, answers and golds.
pub(super) struct Finder(String);

impl Finder {
    pub(super) fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    pub(super) fn finds(&self, answer: &Record, library: &Library) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.0);
        self.0.is_empty()
            || has(&answer.question_key)
            || has(&answer.best.text)
            || answer.golds.iter().any(|gold| has(gold))
            || library.text(&answer.question).is_some_and(has)
    }
}

/// The contexts of answers, by their ids.
pub(super) fn contexts<'a>(
    answers: impl Iterator<Item = &'a Record>,
    libraries: &[&Library],
) -> BTreeMap<String, String> {
    let text = |answer: &Record| libraries.iter().find_map(|library| library.text(&answer.context));
    answers.filter_map(|answer| Some((answer.context.to_string(), text(answer)?.to_owned()))).collect()
}

pub(super) fn row(record: &Record, library: &Library) -> dto::AnswerRow {
    dto::AnswerRow {
        question_key: record.question_key.clone(),
        question: library.text(&record.question).unwrap_or_default().to_owned(),
        context_id: record.context.to_string(),
        golds: record.golds.clone(),
        answer: answer(record),
    }
}

pub(super) fn answer(record: &Record) -> dto::Answer {
    let other = |other: &trailmark_core::Candidate| dto::Candidate {
        text: other.text.clone(),
        start: other.start,
        end: other.end,
        score: Real(other.score),
    };
    dto::Answer {
        answer: record.best.text.clone(),
        start: record.best.start,
        end: record.best.end,
        score: Real(record.best.score),
        null_score: record.null_score.map(Real),
        exact_match: record.exact_match,
        f1: record.f1,
        verdict: verdict(record),
        millis: record.millis,
        others: record.others.iter().map(other).collect(),
    }
}

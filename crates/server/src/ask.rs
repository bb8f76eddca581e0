//! `GET /api/v1/models` and `POST /api/v1/ask`: checkpoints of the repository answer questions.
//!
//! The server knows no model: it hands a checkpoint's folder to an [`Answerer`], and what shall be kept to a [`Keeper`];
//! the program fills both.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use trailmark_core::{Candidate, Context, ParamValue, RunId, SeriesKey};
use trailmark_store::{Columns, RunItem, Selector};

use crate::app::App;
use crate::best;
use crate::dto::{self, Real};
use crate::error::ApiError;
use crate::live;
use crate::snapshot::Snapshot;

/// Questions of one request at most.
const MOST_QUESTIONS: usize = 256;
/// Bytes of a context at most.
const MOST_CONTEXT_BYTES: usize = 4 << 20;
/// Answers of a question at most.
const MOST_ANSWERS: u32 = 100;

/// What a checkpoint is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The text that holds the answers.
    pub context: &'a str,
    /// The questions.
    pub questions: &'a [String],
    /// Answers of each question at most.
    pub top_k: usize,
}

/// What a checkpoint answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// How long answering took, loading left out.
    pub millis: f64,
    /// For each question its answers, best first; an empty text is "no answer".
    pub found: Vec<Vec<Candidate>>,
}

/// Why a question was not answered, or an answer not kept.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct AskError {
    /// What people read.
    pub message: String,
    /// Whether another question could have been answered.
    pub is_question: bool,
}

/// Answers questions with a checkpoint.
pub trait Answerer: fmt::Debug + Send + Sync {
    /// Answers all questions.
    ///
    /// # Errors
    /// When the folder holds no such model, or the model cannot take the questions.
    fn answer(&self, folder: &Path, asked: &Asked<'_>) -> Result<Answered, AskError>;
}

/// A text that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptText {
    /// The series' name.
    pub name: &'static str,
    /// The series' context.
    pub context: Context,
    /// The text.
    pub text: String,
}

/// Keeps questions and answers as texts of a run.
pub trait Keeper: fmt::Debug + Send + Sync {
    /// Adds texts to a run, or to a new one of the experiment `ask`; says to which.
    ///
    /// # Errors
    /// When the repository does not take them.
    fn keep(&self, run: Option<RunId>, texts: &[KeptText]) -> Result<RunId, AskError>;
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        match error.is_question {
            true => Self::Bad { message: error.message },
            false => Self::Internal { message: error.message },
        }
    }
}

/// A checkpoint that is there.
struct Ready<'a> {
    item: &'a RunItem,
    step: i64,
    folder: PathBuf,
}

impl Ready<'_> {
    fn id(&self) -> String {
        format!("{}@{}", self.item.id(), self.step)
    }
}

fn ready<'a>(app: &App, item: &'a RunItem) -> Result<Vec<Ready<'a>>, ApiError> {
    let list = app.checkpoints.of(&*app.store, item)?;
    let there = list.iter().filter(|(_, folder)| folder.is_dir());
    Ok(there.map(|(step, folder)| Ready { item, step: *step, folder: folder.clone() }).collect())
}

/// `GET /api/v1/models`.
#[utoipa::path(
    get, path = "/api/v1/models", operation_id = "models", tag = "Answers",
    summary = "Checkpoints that can be asked",
    responses(
        (status = 200, description = "The checkpoints.", body = dto::Models),
    ),
)]
pub(crate) fn models(app: &App) -> Result<dto::Models, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let f1: Selector = "f1".parse()?;
    let mut models = Vec::new();
    for item in &snapshot.runs {
        let ready = ready(app, item)?;
        if ready.is_empty() {
            continue;
        }
        let values = values(app, &f1, &ready)?;
        models.extend(ready.into_iter().map(|model| dto::Model {
            id: model.id(),
            run: item.id().to_string(),
            name: item.called(),
            step: model.step,
            path: model.folder.to_string_lossy().into_owned(),
            f1: values.get(&model.step).copied().map(Real),
        }));
    }
    let best = best_model(app, &snapshot, &f1)?.map(|model| model.id());
    Ok(dto::Models { models, best })
}

/// The finite values of a metric of a run at its checkpoints, by step; its points are read only where its row does not
/// tell them.
fn values(app: &App, selector: &Selector, ready: &[Ready<'_>]) -> Result<HashMap<i64, f64>, ApiError> {
    let series = ready
        .first()
        .and_then(|model| Some((model.item, model.item.meant(&selector.name, selector.context.as_ref())?)));
    let Some((item, series)) = series else { return Ok(HashMap::new()) };
    let last = series.last.map(|value| (series.last_step, value));
    let known = [last, series.min, series.max].into_iter().flatten();
    let known: HashMap<i64, f64> = known.map(|(step, value)| (step.0, value)).collect();
    let values = if ready.iter().all(|model| known.contains_key(&model.step)) {
        known
    } else {
        let keys = [SeriesKey::clone(&series.key)];
        let points = trailmark_store::points_of(&*app.store, item.id(), &keys, Columns::default())?;
        let rows = points.into_iter().flat_map(|points| points.steps.into_iter().zip(points.values));
        rows.collect()
    };
    Ok(values.into_iter().filter(|(_, value)| value.is_finite()).collect())
}

/// The best checkpoint by a metric: ties go to the lower step, then to the older run. Runs are looked into while they
/// may hold it, those first that reached most.
fn best_model<'a>(
    app: &App,
    snapshot: &'a Snapshot,
    selector: &Selector,
) -> Result<Option<Ready<'a>>, ApiError> {
    let runs: Vec<&RunItem> = snapshot.runs.iter().map(|item| &**item).collect();
    let mut found: Option<(f64, Ready<'a>)> = None;
    for hope in best::best_of(&runs, selector) {
        let order = |a: f64, b: f64| if selector.is_min { a.total_cmp(&b) } else { b.total_cmp(&a) };
        if found.as_ref().is_some_and(|(best, _)| order(*best, hope.value).is_lt()) {
            break;
        }
        let ready = ready(app, hope.item)?;
        let values = values(app, selector, &ready)?;
        for model in ready {
            let Some(value) = values.get(&model.step).copied() else { continue };
            let is_better = found.as_ref().is_none_or(|(best, known)| {
                let age = |model: &Ready<'_>| (model.step, model.item.row.created, model.item.id());
                order(value, *best).then_with(|| age(&model).cmp(&age(known))).is_lt()
            });
            if is_better {
                found = Some((value, model));
            }
        }
    }
    Ok(found.map(|(_, model)| model))
}

/// The checkpoint that `RUN@STEP`, `RUN` (its last) or `best:METRIC` means.
fn find<'a>(app: &App, snapshot: &'a Snapshot, text: &str) -> Result<Ready<'a>, ApiError> {
    let none = || ApiError::NotFound { what: "a checkpoint", text: text.to_owned() };
    if text.starts_with("best:") {
        return best_model(app, snapshot, &text.parse()?)?.ok_or_else(none);
    }
    let (run, step) = text.split_once('@').map_or((text, None), |(run, step)| (run, Some(step)));
    let ready = ready(app, snapshot.find(run)?)?;
    match step {
        Some(step) => ready.into_iter().find(|model| model.step.to_string() == step).ok_or_else(none),
        None => ready.into_iter().next_back().ok_or_else(none),
    }
}

/// `POST /api/v1/ask`.
#[utoipa::path(
    post, path = "/api/v1/ask", operation_id = "ask", tag = "Answers",
    summary = "Asks one checkpoint or two",
    description = "With `record` questions and answers are kept as texts of a run. `RUN` alone means the last \
        checkpoint of a run.",
    request_body(content = dto::AskRequest, example = json!({"models": ["best:f1"], "context": "Trailmark keeps runs in a folder.", "questions": ["Where are runs kept?"]})),
    responses(
        (status = 200, description = "The answers.", body = dto::AskReply),
        (status = 404, description = "There is no such run or checkpoint."),
        (status = 409, description = "More than one run fits."),
    ),
)]
pub(crate) fn ask(app: &App, request: &dto::AskRequest) -> Result<dto::AskReply, ApiError> {
    check(request)?;
    let none = || ApiError::Busy {
        message: "answer questions: this server was started without a reader".to_owned(),
    };
    let answerer = app.answerer.as_ref().ok_or_else(none)?;
    let snapshot = app.snapshots.fresh()?;
    let models =
        request.models.iter().map(|text| find(app, &snapshot, text)).collect::<Result<Vec<_>, _>>()?;
    let asked = Asked {
        context: &request.context,
        questions: &request.questions,
        top_k: request.top_k.unwrap_or(1) as usize,
    };
    let mut answers = Vec::new();
    for model in &models {
        let answered = answerer.answer(&model.folder, &asked)?;
        let found = request.questions.iter().zip(answered.found);
        answers.push(dto::AskModel {
            model: model.id(),
            millis: answered.millis,
            answers: found.map(|(question, found)| face(question, found)).collect(),
        });
    }
    let recorded = match &request.record {
        Some(record) => Some(keep(app, &snapshot, request, (record, &answers))?.to_string()),
        None => None,
    };
    Ok(dto::AskReply { answers, recorded })
}

fn check(request: &dto::AskRequest) -> Result<(), ApiError> {
    let wrong = |what: &str, got: usize, want: &str| {
        Err(ApiError::bad(format!("answer questions: got {got} {what}, want {want}")))
    };
    let n_empty = request.questions.iter().filter(|question| question.trim().is_empty()).count();
    match (request.models.len(), request.questions.len(), request.top_k.unwrap_or(1)) {
        (n @ (0 | 3..), ..) => wrong("models", n, "1 or 2"),
        (_, 0, _) => wrong("questions", 0, "at least 1"),
        (_, n, _) if n > MOST_QUESTIONS => wrong("questions", n, &format!("at most {MOST_QUESTIONS}")),
        (.., k) if k == 0 || k > MOST_ANSWERS => {
            wrong("as top_k", k as usize, &format!("1 to {MOST_ANSWERS}"))
        }
        _ if n_empty > 0 => wrong("empty questions", n_empty, "none"),
        _ if request.context.trim().is_empty() => wrong("characters of context", 0, "a text"),
        _ if request.context.len() > MOST_CONTEXT_BYTES => Err(ApiError::TooLarge {
            message: format!("answer questions: got a context of {} bytes", request.context.len()),
            hint: format!("give at most {MOST_CONTEXT_BYTES} bytes"),
        }),
        _ => Ok(()),
    }
}

fn face(question: &str, found: Vec<Candidate>) -> dto::AskAnswer {
    let candidate = |one: Candidate| dto::Candidate {
        text: one.text,
        start: one.start,
        end: one.end,
        score: Real(one.score),
    };
    let mut found = found.into_iter().map(candidate);
    let nothing = || dto::Candidate { text: String::new(), start: 0, end: 0, score: Real(0.0) };
    let best = found.next().unwrap_or_else(nothing);
    dto::AskAnswer {
        question: question.to_owned(),
        answer: best.text,
        start: best.start,
        end: best.end,
        score: best.score,
        others: found.collect(),
    }
}

/// Keeps questions and answers by their context; with two models an answer's context names its model too.
fn keep(
    app: &App,
    snapshot: &Arc<Snapshot>,
    request: &dto::AskRequest,
    (record, answers): (&dto::AskRecord, &[dto::AskModel]),
) -> Result<RunId, ApiError> {
    let none =
        || ApiError::Busy { message: "keep answers: this server was started without a recorder".to_owned() };
    let keeper = app.keeper.as_ref().ok_or_else(none)?;
    let run = match &record.run {
        Some(text) => Some(snapshot.find(text)?.id()),
        None => None,
    };
    let context = Context::empty().with("context", request.context.as_str());
    let mut texts = Vec::new();
    for (place, question) in request.questions.iter().enumerate() {
        texts.push(KeptText { name: "question", context: context.clone(), text: question.clone() });
        for model in answers {
            let Some(answer) = model.answers.get(place) else { continue };
            let context = match answers.len() {
                1 => context.clone(),
                _ => context.clone().with("model", ParamValue::Text(model.model.clone())),
            };
            texts.push(KeptText { name: "answer", context, text: answer.answer.clone() });
        }
    }
    let run = keeper.keep(run, &texts)?;
    live::tell(app);
    Ok(run)
}

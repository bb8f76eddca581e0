//! `GET /api/v1/search`: series of any kind, files and answers that a query finds, over all runs.

use std::time::Instant;

use serde::Deserialize;
use trailmark_query::{Order, Prune, SeriesView, SortKey, Sorter};
use trailmark_store::{ArtifactItem, RunItem, SeriesRow};
use utoipa::IntoParams;

use crate::app::App;
use crate::document::Searched;
use crate::dto::{self, ParamTree, Real};
use crate::error::ApiError;
use crate::find::{Find, Kind, Search};
use crate::parameter::{Count, Flag};
use crate::snapshot::Snapshot;

/// Items of one answer, without a wish.
const LIMIT: usize = 500;
/// Items of one answer at most.
const MOST_ITEMS: usize = 100_000;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// What is looked for.
    #[param(inline, value_type = Searched)]
    kind: Kind,
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Sorts by values of the query language, divided by commas; `-` before one for the other direction.
    #[serde(default)]
    #[param(format = "order")]
    order: String,
    /// How many items to step over.
    #[serde(default)]
    #[param(inline, default = 0)]
    offset: Count,
    /// Items of the answer at most; 100,000 are the most.
    #[param(inline, default = json!(LIMIT))]
    limit: Option<Count>,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/search`.
#[utoipa::path(
    get, path = "/api/v1/search", operation_id = "search", tag = "Runs",
    summary = "Series, files and answers that a query finds, over all runs",
    description = "An item has the fields of its kind: a series its context, count and steps, a file its bytes and \
        hash, an answer its question and score.",
    params(Request),
    responses(
        (status = 200, description = "What was found.", body = dto::Hits),
    ),
)]
pub(crate) fn search(app: &App, request: &Request) -> Result<dto::Hits, ApiError> {
    let began = Instant::now();
    if request.kind == Kind::Runs {
        return Err(ApiError::bad("search for runs: want GET /api/v1/runs".to_owned()));
    }
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, request.kind, request.archived.0)?;
    let order = Order::parse(&request.order, request.kind.to_query(), &snapshot.schema())?;
    let last = request.offset.n().saturating_add(request.limit.map_or(LIMIT, Count::n).min(MOST_ITEMS));
    let mut hits = Hits {
        search: find.search(),
        sorter: order.sorter(find.clock()),
        // What comes is known while looking, where nothing is sorted.
        last: if order.is_empty() { last } else { usize::MAX },
        total: 0,
        found: Vec::new(),
    };
    hits.look(app, &snapshot, request.kind)?;
    let Hits { search, sorter, total, mut found, .. } = hits;
    search.end()?;
    sorter.end(found.len())?;
    if !order.is_empty() {
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    let items =
        found.into_iter().map(|(_, hit)| hit).skip(request.offset.n()).take(last - request.offset.n());
    Ok(dto::Hits { total, items: items.collect(), took_millis: began.elapsed().as_secs_f64() * 1e3 })
}

/// What was found so far.
struct Hits<'a> {
    search: Search<'a>,
    sorter: Sorter<'a>,
    /// How many are kept.
    last: usize,
    total: u64,
    found: Vec<(SortKey, dto::Hit)>,
}

impl Hits<'_> {
    fn look(&mut self, app: &App, snapshot: &Snapshot, kind: Kind) -> Result<(), ApiError> {
        for item in &snapshot.runs {
            let pruned = self.search.prune(item)?;
            if pruned == Prune::No {
                continue;
            }
            match kind {
                Kind::Artifacts => {
                    for file in item.artifacts() {
                        self.take((item, pruned), file, || of_file(file))?;
                    }
                }
                Kind::Answers => self.answers(app, item, pruned)?,
                _ => {
                    for series in item.series_of(kind.to_query()) {
                        self.take((item, pruned), series, || of_series(series))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn answers(&mut self, app: &App, item: &RunItem, pruned: Prune) -> Result<(), ApiError> {
        app.shelf.each(&*app.store, item, &mut |view| {
            let answer = view.answer;
            self.take((item, pruned), view, || dto::Hit {
                name: answer.question_key.clone(),
                step: Some(view.step.0),
                question: view.question.map(str::to_owned),
                answer: Some(answer.best.text.clone()),
                score: Some(Real(answer.best.score)),
                exact: Some(answer.exact_match),
                f1: Some(answer.f1),
                ..dto::Hit::default()
            })
        })
    }

    fn take(
        &mut self,
        (item, pruned): (&RunItem, Prune),
        view: &dyn SeriesView,
        hit: impl FnOnce() -> dto::Hit,
    ) -> Result<(), ApiError> {
        if !self.search.matches((item, pruned), view)? {
            return Ok(());
        }
        self.total += 1;
        if self.found.len() < self.last {
            let key = self.sorter.key(item, Some(view))?;
            self.found.push((key, dto::Hit { run: item.id().to_string(), ..hit() }));
        }
        Ok(())
    }
}

fn of_series(row: &SeriesRow) -> dto::Hit {
    dto::Hit {
        name: row.key.name.clone(),
        context: Some(ParamTree(row.key.context.as_params().clone())),
        count: Some(row.count),
        first_step: Some(row.first_step.0),
        last_step: Some(row.last_step.0),
        last: row.last.map(Real),
        min: row.min.map(|(_, value)| Real(value)),
        max: row.max.map(|(_, value)| Real(value)),
        ..dto::Hit::default()
    }
}

fn of_file(file: &ArtifactItem) -> dto::Hit {
    dto::Hit {
        name: file.name.clone(),
        bytes: file.file.as_ref().map(|(n_bytes, _)| *n_bytes),
        hash: file.file.as_ref().map(|(_, id)| id.clone()),
        uri: Some(file.uri.clone()).filter(|uri| !uri.is_empty()),
        ..dto::Hit::default()
    }
}

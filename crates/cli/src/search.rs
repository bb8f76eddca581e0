//! Expressions of the query language over the runs of a repository (`docs/query.md`).

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Result, anyhow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use trailmark_core::WallTime;
use trailmark_query::{Clock, Expression, Kind, Schema};
use trailmark_store::{Repository, RunItem, RunRow, SeriesRow};

use crate::terminal::warn;

/// Types of series that an expression may speak of.
const SERIES: [Kind; 2] = [Kind::Metrics, Kind::Texts];

/// What an expression was asked of.
pub(crate) enum Found {
    /// Whole runs.
    Runs(Vec<Arc<RunRow>>),
    /// Series, each with its run.
    Series(Vec<(Arc<RunRow>, SeriesRow)>),
}

/// The runs for which an expression holds, oldest first; archived ones only when it speaks of them or `all` is wanted.
pub(crate) fn runs(repository: &Repository, text: &str, all: bool) -> Result<Vec<Arc<RunRow>>> {
    let items = items(repository)?;
    let expression = parse(text, Kind::Runs, &schema(&items))?;
    let expression = if all { expression.with_archived() } else { expression };
    matching_runs(&items, &expression)
}

/// What an expression means: runs, or series where it speaks of `metric` or `texts`.
pub(crate) fn any(repository: &Repository, text: &str) -> Result<Found> {
    let items = items(repository)?;
    let schema = schema(&items);
    let kinds = [Kind::Runs, Kind::Metrics, Kind::Texts];
    let read = kinds.into_iter().find_map(|kind| Expression::parse(text, kind, &schema).ok());
    let expression = match read {
        Some(expression) => expression,
        // None reads it: the error is of what it seems to speak of.
        None => {
            let speaks_of = |kind: &Kind| kind.variable().is_some_and(|word| text.contains(word));
            parse(text, SERIES.into_iter().find(speaks_of).unwrap_or(Kind::Runs), &schema)?
        }
    };
    if expression.kind() == Kind::Runs {
        return Ok(Found::Runs(matching_runs(&items, &expression)?));
    }
    let mut search = expression.search(clock());
    let mut found = Vec::new();
    for item in &items {
        let series = if expression.kind() == Kind::Metrics { &item.metrics } else { &item.texts };
        for one in series {
            if search.matches_series(item, one).map_err(|error| anyhow!("{}", error.render(text)))? {
                found.push((Arc::clone(&item.row), one.row().clone()));
            }
        }
    }
    tell_problems(&search, text);
    Ok(Found::Series(found))
}

fn items(repository: &Repository) -> Result<Vec<RunItem>> {
    Ok(repository.rows()?.into_iter().map(RunItem::new).collect())
}

fn schema(items: &[RunItem]) -> Schema {
    let mut schema = Schema::new();
    items.iter().for_each(|item| schema.add_run(item, &SERIES));
    schema
}

fn parse(text: &str, kind: Kind, schema: &Schema) -> Result<Expression> {
    Expression::parse(text, kind, schema)
        .map_err(|error| anyhow!("read the expression: {}", error.render(text)))
}

fn matching_runs(items: &[RunItem], expression: &Expression) -> Result<Vec<Arc<RunRow>>> {
    let text = expression.text();
    let mut search = expression.search(clock());
    let mut found = Vec::new();
    for item in items {
        if search.matches_run(item).map_err(|error| anyhow!("{}", error.render(text)))? {
            found.push(Arc::clone(&item.row));
        }
    }
    tell_problems(&search, text);
    Ok(found)
}

fn tell_problems(search: &trailmark_query::Search<'_>, text: &str) {
    let problems = search.problems();
    if let Some(first) = &problems.first {
        warn(&format!("{} items could not be judged: {}", problems.items, first.render(text)));
    }
}

fn clock() -> Clock {
    let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
    Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs }
}

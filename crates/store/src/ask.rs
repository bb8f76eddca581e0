//! A query asked of runs in memory: the same answer and the same errors wherever they lie.

use std::sync::Arc;

use trailmark_core::SeriesKey;
use trailmark_query::{Clock, Expression, Kind, QueryError, RunView as _, Schema};

use crate::RunItem;

/// A query of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// What is looked for.
    pub kind: Kind,
    /// The expression; an empty one holds for everything.
    pub text: &'a str,
    /// Whether archived runs are taken where the expression does not speak of them.
    pub takes_archived: bool,
}

/// What a query found.
#[derive(Debug)]
pub struct Found {
    /// Runs with those of their series that match (none where runs were asked for), in the order in which they were given.
    pub runs: Vec<(Arc<RunItem>, Vec<Arc<SeriesKey>>)>,
    /// What could not be judged, as people read it.
    pub problems: Option<String>,
}

/// Asks a query of runs, whose names `schema` holds.
///
/// # Errors
/// A text that is wrong, or a query that costs too much.
pub fn ask(
    items: &[Arc<RunItem>],
    schema: &Schema,
    clock: Clock,
    Question { kind, text, takes_archived }: Question<'_>,
) -> Result<Found, QueryError> {
    // Where there are no runs there are no names: nothing can be called unknown.
    let expression = match items.is_empty() {
        true => Expression::parse(text, kind, &Schema::open())?,
        false => Expression::parse(text, kind, schema)?,
    };
    let expression = if takes_archived { expression.with_archived() } else { expression };
    let mut search = expression.search(clock);
    let mut runs = Vec::new();
    for item in items {
        let mut found = Vec::new();
        if kind == Kind::Runs {
            if search.matches_run(&**item)? {
                runs.push((Arc::clone(item), found));
            }
            continue;
        }
        for (index, row) in item.series_of(kind).enumerate() {
            let Some(one) = item.series(kind, index) else { break };
            if search.matches_series(&**item, one)? {
                found.push(Arc::clone(&row.key));
            }
        }
        if !found.is_empty() {
            runs.push((Arc::clone(item), found));
        }
    }
    let told = search.problems();
    let first = told.first.as_ref();
    let problems =
        first.map(|first| format!("{} items could not be judged: {}", told.items, first.render(text)));
    Ok(Found { runs, problems })
}

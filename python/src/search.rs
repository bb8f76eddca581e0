//! Queries over the runs of a repository (`docs/query.md`).

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use trailmark_core::{SeriesKey, WallTime};
use trailmark_query::{Clock, Expression, Kind, QueryError, RunView as _, Schema};
use trailmark_store::{RunItem, RunRow, SeriesRow};

/// What a query found: runs with those of their series that match, and what could not be judged.
pub(crate) struct Found {
    pub(crate) runs: Vec<(Arc<RunRow>, Vec<Arc<SeriesKey>>)>,
    pub(crate) problems: Option<String>,
}

/// Why a query was not answered, as people read it.
pub(crate) struct Refused(pub(crate) String);

/// Asks a query; runs come newest first, as Aim has them.
pub(crate) fn ask(rows: Vec<Arc<RunRow>>, kind: Kind, text: &str) -> Result<Found, Refused> {
    let items: Vec<RunItem> = rows.into_iter().map(RunItem::new).collect();
    let mut schema = Schema::new();
    let kinds: &[Kind] = if kind == Kind::Runs { &[Kind::Metrics, Kind::Texts] } else { &[kind] };
    items.iter().for_each(|item| schema.add_run(item, kinds));
    // A repository without runs has no names: nothing can be called unknown.
    let schema = if items.is_empty() { Schema::open() } else { schema };
    let refused = |error: QueryError| Refused(error.render(text));
    let expression = Expression::parse(text, kind, &schema).map_err(refused)?;
    let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
    let mut search = expression.search(Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs });
    let mut runs = Vec::new();
    for item in items.iter().rev() {
        let mut found = Vec::new();
        if kind == Kind::Runs {
            if search.matches_run(item).map_err(refused)? {
                runs.push((Arc::clone(&item.row), found));
            }
            continue;
        }
        for (index, row) in item.series_of(kind).enumerate() {
            let Some(one) = item.series(kind, index) else { break };
            if search.matches_series(item, one).map_err(refused)? {
                found.push(Arc::clone(&row.key));
            }
        }
        if !found.is_empty() {
            runs.push((Arc::clone(&item.row), found));
        }
    }
    let told = search.problems();
    let first = told.first.as_ref();
    let problems =
        first.map(|first| format!("{} items could not be judged: {}", told.items, first.render(text)));
    Ok(Found { runs, problems })
}

/// The series of a run by its key.
pub(crate) fn series<'a>(row: &'a RunRow, key: &SeriesKey) -> Option<&'a SeriesRow> {
    row.series.iter().find(|series| *series.key == *key)
}

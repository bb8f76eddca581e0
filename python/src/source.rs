//! Where runs are read: a folder of this machine, or a server. Both answer the same.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pyo3::PyResult;
use trailmark_client::{AskError, Served};
use trailmark_core::{ContentId, Edit, Params, RunId, SeriesKey, WallTime};
use trailmark_query::{Clock, Kind, QueryError as Defect, Schema};
use trailmark_store::{
    Columns, Found, Kind as SeriesKind, ObjectRow, Points, Question, Repository, RunItem, RunRow, SeriesRow,
    Store as _, ask, objects_of, points_of,
};

use crate::error::{QueryError, StoreError, of_ask, of_store};

/// Series of a run with the number of points that are known to be there.
pub(crate) type Wanted = (RunId, SeriesKey, u64);

/// Runs that match, newest first, with those of their series that do (all numbers, where runs were asked for).
pub(crate) struct Matches {
    pub(crate) runs: Vec<(Arc<RunRow>, Vec<SeriesRow>)>,
    /// What could not be judged, as people read it.
    pub(crate) problems: Option<String>,
}

/// A repository, wherever it lies. Nothing here needs the interpreter.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// All runs that are not deleted, oldest first.
    fn rows(&self) -> PyResult<Vec<Arc<RunRow>>>;
    /// The id that people mean by an id, its first digits, or a name.
    fn find(&self, text: &str) -> PyResult<RunId>;
    /// One run with its files and series, up to date.
    fn row(&self, run: RunId) -> PyResult<Arc<RunRow>>;
    /// All params of runs, in their order.
    fn params(&self, runs: &[RunId]) -> PyResult<Vec<Params>>;
    /// What a query finds.
    fn query(&self, kind: Kind, text: &str) -> PyResult<Matches>;
    /// The numbers of series, in their order.
    fn points(&self, wanted: &[Wanted]) -> PyResult<Vec<Points>>;
    /// The other values of series, in their order, each by step.
    fn objects(&self, wanted: &[Wanted]) -> PyResult<Vec<Vec<ObjectRow>>>;
    /// Kept bytes.
    fn blob(&self, id: &ContentId) -> PyResult<Vec<u8>>;
    /// Changes what people call a run.
    fn edit(&self, run: RunId, edit: Edit) -> PyResult<()>;
}

impl Source for Repository {
    fn rows(&self) -> PyResult<Vec<Arc<RunRow>>> {
        Self::rows(self).map_err(of_store)
    }

    fn find(&self, text: &str) -> PyResult<RunId> {
        self.find_id(text).map_err(of_store)
    }

    fn row(&self, run: RunId) -> PyResult<Arc<RunRow>> {
        self.run(run).map_err(of_store)
    }

    fn params(&self, runs: &[RunId]) -> PyResult<Vec<Params>> {
        let params = |run: &RunId| trailmark_store::Store::params(self, *run).map_err(of_store);
        runs.iter().map(params).collect()
    }

    fn query(&self, kind: Kind, text: &str) -> PyResult<Matches> {
        let rows = Self::rows(self).map_err(of_store)?;
        let items: Vec<Arc<RunItem>> =
            rows.into_iter().rev().map(|row| Arc::new(RunItem::new(row))).collect();
        let mut schema = Schema::new();
        items.iter().for_each(|item| schema.add_run(&**item, Kind::ALL));
        let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
        let clock = Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs };
        let question = Question { kind, text, takes_archived: false };
        let refused = |error: Defect| QueryError::new_err(error.render(text));
        let Found { runs, problems } = ask(&items, &schema, clock, question).map_err(refused)?;
        let runs = runs.into_iter().map(|(item, keys)| {
            let row = Arc::clone(&item.row);
            let series = match kind {
                Kind::Runs => numbers(&row.series),
                _ => keys.iter().filter_map(|key| row.series(key)).cloned().collect(),
            };
            (row, series)
        });
        Ok(Matches { runs: runs.collect(), problems })
    }

    fn points(&self, wanted: &[Wanted]) -> PyResult<Vec<Points>> {
        let mut found = Vec::with_capacity(wanted.len());
        for (run, keys) in by_run(wanted) {
            found.extend(points_of(self, run, &keys, Columns::ALL).map_err(of_store)?);
        }
        Ok(found)
    }

    fn objects(&self, wanted: &[Wanted]) -> PyResult<Vec<Vec<ObjectRow>>> {
        let mut found = Vec::with_capacity(wanted.len());
        for (run, keys) in by_run(wanted) {
            found.extend(objects_of(self, run, &keys).map_err(of_store)?);
        }
        Ok(found)
    }

    fn blob(&self, id: &ContentId) -> PyResult<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut blob = self.open_blob(id).map_err(of_store)?;
        blob.read_to_end(&mut bytes).map_err(|error| StoreError::new_err(error.to_string()))?;
        Ok(bytes)
    }

    fn edit(&self, run: RunId, edit: Edit) -> PyResult<()> {
        trailmark_store::Store::edit(self, &[(run, edit)]).map(drop).map_err(of_store)
    }
}

impl Source for Served {
    fn rows(&self) -> PyResult<Vec<Arc<RunRow>>> {
        Ok(self.runs().map_err(of_ask)?.into_iter().map(Arc::new).collect())
    }

    fn find(&self, text: &str) -> PyResult<RunId> {
        self.find_id(text).map_err(of_ask)
    }

    fn row(&self, run: RunId) -> PyResult<Arc<RunRow>> {
        self.run(run).map(Arc::new).map_err(of_ask)
    }

    fn params(&self, runs: &[RunId]) -> PyResult<Vec<Params>> {
        Self::params(self, runs).map_err(of_ask)
    }

    fn query(&self, kind: Kind, text: &str) -> PyResult<Matches> {
        let refused = |error| match error {
            AskError::Query(defect) => {
                let ((start, end), (line, column)) = (defect.characters, defect.place);
                let (message, expected, nearest) = (defect.message, defect.expected, defect.nearest);
                let defect = Defect { message, start, end, line, column, expected, nearest };
                QueryError::new_err(defect.render(text))
            }
            error => of_ask(error),
        };
        let (rows, problems) = Self::query(self, word(kind), text).map_err(refused)?;
        let runs = rows.into_iter().map(|mut row| {
            let series = std::mem::take(&mut row.series);
            let series = if kind == Kind::Runs { numbers(&series) } else { series };
            (Arc::new(row), series)
        });
        Ok(Matches { runs: runs.collect(), problems })
    }

    fn points(&self, wanted: &[Wanted]) -> PyResult<Vec<Points>> {
        Self::points(self, wanted).map_err(of_ask)
    }

    fn objects(&self, wanted: &[Wanted]) -> PyResult<Vec<Vec<ObjectRow>>> {
        Self::objects(self, wanted).map_err(of_ask)
    }

    fn blob(&self, id: &ContentId) -> PyResult<Vec<u8>> {
        Self::blob(self, id).map_err(of_ask)
    }

    fn edit(&self, run: RunId, edit: Edit) -> PyResult<()> {
        Self::edit(self, run, &edit).map_err(of_ask)
    }
}

/// Series of one run that stand beside each other, together.
fn by_run(wanted: &[Wanted]) -> impl Iterator<Item = (RunId, Vec<SeriesKey>)> {
    let keys = |of_run: &[Wanted]| of_run.iter().map(|(_, key, _)| key.clone()).collect();
    let by_run = wanted.chunk_by(|a, b| a.0 == b.0);
    by_run.filter_map(move |of_run| Some((of_run.first()?.0, keys(of_run))))
}

fn numbers(series: &[SeriesRow]) -> Vec<SeriesRow> {
    series.iter().filter(|series| series.kind == SeriesKind::Number).cloned().collect()
}

/// What the server calls a kind.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Metrics => "metrics",
        Kind::Texts => "texts",
        Kind::Images => "images",
        Kind::Audios => "audios",
        Kind::Figures => "figures",
        Kind::Distributions => "distributions",
        Kind::LogRecords => "log_records",
        Kind::Artifacts => "artifacts",
        Kind::Answers => "answers",
        _ => "runs",
    }
}

//! Which runs and series a query takes.

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use trailmark_core::WallTime;
use trailmark_query::{Clock, Expression, Order, Prune, QueryError, SeriesView};
use trailmark_store::{RunItem, SeriesRow};
use utoipa::ToSchema;

use crate::dto::QueryPosition;
use crate::error::ApiError;
use crate::snapshot::Snapshot;

/// What a query chooses among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    #[default]
    Runs,
    Metrics,
    Texts,
    Images,
    Audios,
    Figures,
    Distributions,
    LogRecords,
    Artifacts,
    Answers,
}

/// A query that was understood.
#[derive(Debug)]
pub(crate) struct Find {
    expression: Expression,
    clock: Clock,
}

/// One asking of a query.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    search: trailmark_query::Search<'a>,
    /// Whether anything matched.
    has_found: bool,
}

impl Kind {
    pub(crate) fn to_query(self) -> trailmark_query::Kind {
        match self {
            Self::Runs => trailmark_query::Kind::Runs,
            Self::Metrics => trailmark_query::Kind::Metrics,
            Self::Texts => trailmark_query::Kind::Texts,
            Self::Images => trailmark_query::Kind::Images,
            Self::Audios => trailmark_query::Kind::Audios,
            Self::Figures => trailmark_query::Kind::Figures,
            Self::Distributions => trailmark_query::Kind::Distributions,
            Self::LogRecords => trailmark_query::Kind::LogRecords,
            Self::Artifacts => trailmark_query::Kind::Artifacts,
            Self::Answers => trailmark_query::Kind::Answers,
        }
    }
}

impl Find {
    /// Reads a query against the names of a snapshot.
    pub(crate) fn new(
        snapshot: &Snapshot,
        q: &str,
        kind: Kind,
        takes_archived: bool,
    ) -> Result<Self, ApiError> {
        let expression = Expression::parse(q, kind.to_query(), &snapshot.schema())?;
        let expression = if takes_archived { expression.with_archived() } else { expression };
        let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
        let clock = Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs };
        Ok(Self { expression, clock })
    }

    /// What "now" and "local" mean.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn search(&self) -> Search<'_> {
        Search { search: self.expression.search(self.clock), has_found: false }
    }

    /// The runs that match in the order of values of the language, newest first where nothing else is said.
    pub(crate) fn runs_in_order<'a>(
        &self,
        snapshot: &'a Snapshot,
        order: &str,
    ) -> Result<Vec<&'a Arc<RunItem>>, ApiError> {
        let order = Order::parse(order, trailmark_query::Kind::Runs, &snapshot.schema())?;
        let mut runs = self.runs(snapshot)?;
        if !order.is_empty() {
            let mut sorter = order.sorter(self.clock);
            let keys = runs.iter().map(|item| sorter.key(&***item, None)).collect::<Result<Vec<_>, _>>()?;
            sorter.end(runs.len())?;
            let mut keyed: Vec<_> = keys.into_iter().zip(runs).collect();
            keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
            runs = keyed.into_iter().map(|(_, item)| item).collect();
        }
        Ok(runs)
    }

    /// The runs that match, newest first.
    pub(crate) fn runs<'a>(&self, snapshot: &'a Snapshot) -> Result<Vec<&'a Arc<RunItem>>, ApiError> {
        let mut search = self.search();
        let mut runs = Vec::new();
        for item in &snapshot.runs {
            if search.search.matches_run(&**item)? {
                runs.push(item);
            }
        }
        search.has_found |= !runs.is_empty();
        search.end()?;
        Ok(runs)
    }
}

impl Search<'_> {
    /// What is certain of a run before what it holds is looked at.
    pub(crate) fn prune(&mut self, item: &RunItem) -> Result<Prune, ApiError> {
        Ok(self.search.prune(item)?)
    }

    /// Whether a series, file or answer of a run matches.
    pub(crate) fn matches(
        &mut self,
        (item, pruned): (&RunItem, Prune),
        view: &dyn SeriesView,
    ) -> Result<bool, ApiError> {
        let is_found = pruned == Prune::Yes || self.search.matches_series(item, view)?;
        self.has_found |= is_found;
        Ok(is_found)
    }

    /// Those of the series of a run that match.
    pub(crate) fn series<'a>(
        &mut self,
        item: &RunItem,
        series: impl Iterator<Item = &'a SeriesRow>,
    ) -> Result<Vec<&'a SeriesRow>, ApiError> {
        let mut found = Vec::new();
        match self.search.prune(item)? {
            Prune::No => {}
            Prune::Yes => found.extend(series),
            Prune::Maybe => {
                for one in series {
                    if self.search.matches_series(item, one)? {
                        found.push(one);
                    }
                }
            }
        }
        self.has_found |= !found.is_empty();
        Ok(found)
    }

    /// Ends the search.
    ///
    /// A query that nothing matches because it makes no sense of any value (the length of a number) says so.
    pub(crate) fn end(self) -> Result<(), ApiError> {
        match &self.search.problems().first {
            Some(error) if !self.has_found => Err(error.clone().into()),
            _ => Ok(()),
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let position = QueryPosition {
            start: narrow(error.start),
            end: narrow(error.end),
            line: narrow(error.line),
            column: narrow(error.column),
            expected: error.expected,
            nearest: error.nearest,
        };
        Self::Query { message: error.message, position }
    }
}

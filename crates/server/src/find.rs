//! Which runs and series a query takes.

use std::sync::Arc;

use serde::Deserialize;

use crate::app::App;
use crate::dto::QueryPosition;
use crate::error::ApiError;
use crate::item::{RunItem, SeriesItem};
use crate::snapshot::Snapshot;

/// What a query chooses among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    #[default]
    Runs,
    Metrics,
    Texts,
}

/// A query that was understood.
#[derive(Debug)]
pub(crate) struct Find {
    takes_archived: bool,
}

/// One asking of a query.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    find: &'a Find,
}

impl Find {
    pub(crate) fn new(_: &App, q: &str, _: Kind, takes_archived: bool) -> Result<Self, ApiError> {
        if q.trim().is_empty() {
            return Ok(Self { takes_archived });
        }
        let position = QueryPosition { start: 0, end: 1, line: 1, column: 1, expected: None, nearest: None };
        Err(ApiError::Query { message: "queries are not understood yet".to_owned(), position })
    }

    pub(crate) fn search(&self) -> Search<'_> {
        Search { find: self }
    }

    /// The runs that match, newest first.
    pub(crate) fn runs<'a>(&self, snapshot: &'a Snapshot) -> Result<Vec<&'a Arc<RunItem>>, ApiError> {
        let mut search = self.search();
        let mut runs = Vec::new();
        for item in &snapshot.runs {
            if search.takes_run(item)? {
                runs.push(item);
            }
        }
        Ok(runs)
    }
}

impl Search<'_> {
    pub(crate) fn takes_run(&mut self, item: &RunItem) -> Result<bool, ApiError> {
        Ok(self.find.takes_archived || !item.row.is_archived)
    }

    pub(crate) fn takes_series(&mut self, item: &RunItem, _: &SeriesItem) -> Result<bool, ApiError> {
        self.takes_run(item)
    }
}

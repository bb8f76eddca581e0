//! A run in memory as a query sees it: its row, and its series by type.

use std::collections::BTreeSet;
use std::sync::Arc;

use trailmark_core::{Context, Params, RunId, RunStatus, SeriesKey, WallTime};
use trailmark_query::{Field, Kind as QueryKind, RunView, Scalar, SeriesView};

use crate::gather::checkpoint_key;
use crate::{Kind, RunRow, SeriesRow};

/// Names of series that begin so measure the machine.
const SYSTEM: &str = "__system__";

/// One run.
#[derive(Debug)]
pub struct RunItem {
    /// What is known of it.
    pub row: Arc<RunRow>,
    /// Its number series by key, system metrics too.
    pub metrics: Vec<SeriesItem>,
    /// Its text series by key.
    pub texts: Vec<SeriesItem>,
}

/// One series of a run.
#[derive(Debug)]
pub struct SeriesItem {
    run: Arc<RunRow>,
    index: usize,
}

/// Whether a series is a measure of the machine.
pub fn is_system(key: &SeriesKey) -> bool {
    key.name.starts_with(SYSTEM)
}

impl RunItem {
    /// Sorts the series of a row by type.
    pub fn new(row: Arc<RunRow>) -> Self {
        // Folders of checkpoints are no texts to read.
        let checkpoint = checkpoint_key();
        let of_kind = |kind: Kind| -> Vec<SeriesItem> {
            let rows = row.series.iter().enumerate();
            let rows = rows.filter(|(_, series)| series.kind == kind && *series.key != checkpoint);
            rows.map(|(index, _)| SeriesItem { run: Arc::clone(&row), index }).collect()
        };
        let (metrics, texts) = (of_kind(Kind::Number), of_kind(Kind::Text));
        Self { row, metrics, texts }
    }

    /// Its id.
    pub fn id(&self) -> RunId {
        self.row.id
    }

    /// Its number series that are no system metrics.
    pub fn numbers(&self) -> impl Iterator<Item = &SeriesRow> {
        self.metrics.iter().map(SeriesItem::row).filter(|series| !is_system(&series.key))
    }

    /// A number series.
    pub fn number(&self, name: &str, context: &Context) -> Option<&SeriesRow> {
        let place = self.metrics.binary_search_by(|item| {
            let key = &item.row().key;
            key.name.as_str().cmp(name).then_with(|| key.context.cmp(context))
        });
        place.ok().and_then(|place| self.metrics.get(place)).map(SeriesItem::row)
    }

    /// The series of a kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &SeriesRow> {
        self.row.series.iter().filter(move |series| series.kind == kind)
    }

    /// The number series of a name: with the context, else that of evaluation, else the only one.
    pub fn meant(&self, name: &str, context: Option<&Context>) -> Option<&SeriesRow> {
        if let Some(context) = context {
            return self.number(name, context);
        }
        let eval = self.number(name, &Context::subset("eval"));
        let mut named = self.metrics.iter().map(SeriesItem::row).filter(|series| series.key.name == name);
        match (eval, named.next(), named.next()) {
            (Some(eval), ..) => Some(eval),
            (None, Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The last step of its training numbers, else of any number.
    pub fn last_step(&self) -> Option<i64> {
        let train = Context::subset("train");
        let of_train = self.numbers().filter(|series| series.key.context == train);
        let last = of_train.map(|series| series.last_step.0).max();
        last.or_else(|| self.numbers().map(|series| series.last_step.0).max())
    }

    /// What people call it: its name, else the beginning of its id.
    pub fn called(&self) -> String {
        if self.row.name.is_empty() { self.id().to_string()[..8].to_owned() } else { self.row.name.clone() }
    }

    /// Whether it is being recorded.
    pub fn is_running(&self) -> bool {
        self.row.status == RunStatus::Running
    }
}

impl SeriesItem {
    /// What is known of it.
    pub fn row(&self) -> &SeriesRow {
        // The index was taken from these series, which never change.
        &self.run.series[self.index]
    }
}

impl AsRef<Self> for RunItem {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl RunView for RunItem {
    fn id(&self) -> RunId {
        self.row.id
    }

    fn name(&self) -> &str {
        &self.row.name
    }

    fn experiment(&self) -> &str {
        &self.row.experiment
    }

    fn description(&self) -> &str {
        &self.row.description
    }

    fn note(&self) -> &str {
        &self.row.note
    }

    fn tags(&self) -> &BTreeSet<String> {
        &self.row.tags
    }

    fn is_archived(&self) -> bool {
        self.row.is_archived
    }

    fn status(&self) -> &RunStatus {
        &self.row.status
    }

    fn created_at(&self) -> WallTime {
        self.row.created
    }

    fn ended_at(&self) -> Option<WallTime> {
        self.row.ended
    }

    fn updated_at(&self) -> WallTime {
        self.row.latest
    }

    fn params(&self) -> Option<&Params> {
        Some(&self.row.params)
    }

    fn series_count(&self, kind: QueryKind) -> Option<usize> {
        Some(self.items(kind).len())
    }

    fn series(&self, kind: QueryKind, index: usize) -> Option<&dyn SeriesView> {
        self.items(kind).get(index).map(|item| item as &dyn SeriesView)
    }
}

impl RunItem {
    fn items(&self, kind: QueryKind) -> &[SeriesItem] {
        match kind {
            QueryKind::Metrics => &self.metrics,
            QueryKind::Texts => &self.texts,
            _ => &[],
        }
    }

    /// Whether another state of the run has the same names: params, series, tags, experiment and name.
    pub fn has_names_of(&self, other: &RunRow) -> bool {
        let row = &*self.row;
        let keys = |row: &RunRow| row.series.iter().map(|series| Arc::clone(&series.key)).collect::<Vec<_>>();
        row.name == other.name
            && row.experiment == other.experiment
            && row.tags == other.tags
            && row.params == other.params
            && keys(row) == keys(other)
    }
}

impl SeriesView for SeriesItem {
    fn name(&self) -> &str {
        &self.row().key.name
    }

    fn context(&self) -> &Context {
        &self.row().key.context
    }

    fn field(&self, field: Field) -> Option<Scalar<'_>> {
        let row = self.row();
        match field {
            Field::First => row.first.map(Scalar::Float),
            Field::Last => row.last.map(Scalar::Float),
            Field::Min => row.min.map(|(_, value)| Scalar::Float(value)),
            Field::Max => row.max.map(|(_, value)| Scalar::Float(value)),
            Field::MinStep => row.min.map(|(step, _)| Scalar::Int(step.0)),
            Field::MaxStep => row.max.map(|(step, _)| Scalar::Int(step.0)),
            Field::NanStep => row.nan_step.map(|step| Scalar::Int(step.0)),
            Field::Count => Some(Scalar::Int(i64::try_from(row.count).unwrap_or(i64::MAX))),
            Field::FirstStep => Some(Scalar::Int(row.first_step.0)),
            Field::LastStep => Some(Scalar::Int(row.last_step.0)),
            Field::LastEpoch => row.last_epoch.map(Scalar::Float),
            Field::Dtype => Some(Scalar::Text(if row.kind == Kind::Text { "text" } else { "float" })),
            _ => None,
        }
    }
}

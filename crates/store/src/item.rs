//! A run in memory as a query sees it: its row, and its series by type.

use std::collections::BTreeSet;
use std::sync::Arc;

use trailmark_core::{Context, Params, RunId, RunStatus, SeriesKey, WallTime};
use trailmark_query::{Field, Kind as QueryKind, RunView, Scalar, SeriesView};

use crate::gather::checkpoint_key;
use crate::{Kind, RunRow, SeriesRow};

/// Names of series that begin so measure the machine.
const SYSTEM: &str = "__system__";

/// Kinds of series that a query takes, as the store and as the language name them; the places of a run's series are kept
/// in this order.
const KINDS: [(Kind, QueryKind); 7] = [
    (Kind::Number, QueryKind::Metrics),
    (Kind::Text, QueryKind::Texts),
    (Kind::Image, QueryKind::Images),
    (Kind::Audio, QueryKind::Audios),
    (Kind::Figure, QueryKind::Figures),
    (Kind::Distribution, QueryKind::Distributions),
    (Kind::LogRecord, QueryKind::LogRecords),
];

/// One run.
#[derive(Debug)]
pub struct RunItem {
    /// What is known of it.
    pub row: Arc<RunRow>,
    /// The places of its series in the row, kind by kind in the order of [`KINDS`], by key within a kind.
    places: Box<[u32]>,
    /// Where the places of each kind end.
    ends: [u32; KINDS.len()],
    /// Its files by name, without deleted ones.
    artifacts: Vec<ArtifactItem>,
}

/// One file of a run.
#[derive(Debug)]
pub struct ArtifactItem {
    /// What the run calls it.
    pub name: String,
    /// How large it is and the id of its content, where the repository has it.
    pub file: Option<(u64, String)>,
    /// Where it lies, for one that was left elsewhere; empty otherwise.
    pub uri: String,
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
        let mut places = Vec::with_capacity(row.series.len());
        let mut ends = [0; KINDS.len()];
        for (end, (kind, _)) in ends.iter_mut().zip(KINDS) {
            let of_kind = (0u32..).zip(&row.series).filter(|(_, series)| series.kind == kind);
            places.extend(of_kind.filter(|(_, series)| *series.key != checkpoint).map(|(place, _)| place));
            *end = places.len() as u32;
        }
        let artifacts = row.artifacts.iter().filter(|(_, file)| !file.is_deleted).map(|(name, file)| {
            let kept = file.artifact.file.as_ref().map(|kept| (kept.n_bytes, kept.id.to_string()));
            ArtifactItem { name: name.clone(), file: kept, uri: file.artifact.uri.clone() }
        });
        let artifacts = artifacts.collect();
        Self { row, places: places.into(), ends, artifacts }
    }

    /// Its number series by key, system metrics too.
    pub fn metrics(&self) -> impl ExactSizeIterator<Item = &SeriesRow> {
        self.series_of(QueryKind::Metrics)
    }

    /// Its text series by key, without the folders of its checkpoints.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &SeriesRow> {
        self.series_of(QueryKind::Texts)
    }

    /// Its series of a kind that a query speaks of, by key; none of what is no series (answers, files).
    pub fn series_of(&self, kind: QueryKind) -> impl ExactSizeIterator<Item = &SeriesRow> {
        // The places were taken from these series, which never change.
        self.places_of(kind).iter().map(|place| &self.row.series[*place as usize])
    }

    /// Its files by name, without deleted ones.
    pub fn artifacts(&self) -> &[ArtifactItem] {
        &self.artifacts
    }

    fn places_of(&self, kind: QueryKind) -> &[u32] {
        let Some(index) = KINDS.iter().position(|(_, known)| *known == kind) else { return &[] };
        let first = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.places[first as usize..self.ends[index] as usize]
    }

    /// Its id.
    pub fn id(&self) -> RunId {
        self.row.id
    }

    /// Its number series that are no system metrics.
    pub fn numbers(&self) -> impl Iterator<Item = &SeriesRow> {
        self.metrics().filter(|series| !is_system(&series.key))
    }

    /// A number series.
    pub fn number(&self, name: &str, context: &Context) -> Option<&SeriesRow> {
        let places = self.places_of(QueryKind::Metrics);
        let at = |place: &u32| &self.row.series[*place as usize];
        let found = places.binary_search_by(|place| {
            let key = &at(place).key;
            key.name.as_str().cmp(name).then_with(|| key.context.cmp(context))
        });
        found.ok().map(|found| at(&places[found]))
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
        let mut named = self.metrics().filter(|series| series.key.name == name);
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
        match kind {
            QueryKind::Artifacts => Some(self.artifacts.len()),
            // They are many, and not held in memory.
            QueryKind::Answers => {
                let count: u64 = self.of_kind(Kind::Answer).map(|series| series.count).sum();
                usize::try_from(count).ok()
            }
            _ => Some(self.places_of(kind).len()),
        }
    }

    fn series(&self, kind: QueryKind, index: usize) -> Option<&dyn SeriesView> {
        if kind == QueryKind::Artifacts {
            return self.artifacts.get(index).map(|item| item as &dyn SeriesView);
        }
        let place = *self.places_of(kind).get(index)?;
        self.row.series.get(place as usize).map(|series| series as &dyn SeriesView)
    }
}

impl RunItem {
    /// Whether another state of the run has the same names: params, series, tags, experiment and name.
    pub fn has_names_of(&self, other: &RunRow) -> bool {
        let row = &*self.row;
        let keys = |row: &RunRow| row.series.iter().map(|series| Arc::clone(&series.key)).collect::<Vec<_>>();
        row.name == other.name
            && row.experiment == other.experiment
            && row.tags == other.tags
            && row.params == other.params
            && row.artifacts.keys().eq(other.artifacts.keys())
            && keys(row) == keys(other)
    }
}

impl SeriesView for SeriesRow {
    fn name(&self) -> &str {
        &self.key.name
    }

    fn context(&self) -> &Context {
        &self.key.context
    }

    fn field(&self, field: Field) -> Option<Scalar<'_>> {
        let row = self;
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
            Field::Dtype => Some(Scalar::Text(dtype(row.kind))),
            _ => None,
        }
    }
}

impl SeriesView for ArtifactItem {
    fn name(&self) -> &str {
        &self.name
    }

    fn context(&self) -> &Context {
        static NONE: Context = Context::empty();
        &NONE
    }

    fn field(&self, field: Field) -> Option<Scalar<'_>> {
        let file = self.file.as_ref();
        match field {
            Field::Bytes => file.map(|(n_bytes, _)| Scalar::Int(i64::try_from(*n_bytes).unwrap_or(i64::MAX))),
            Field::Hash => file.map(|(_, id)| Scalar::Text(id)),
            Field::Uri => Some(self.uri.as_str()).filter(|uri| !uri.is_empty()).map(Scalar::Text),
            _ => None,
        }
    }
}

/// The word for the values of a series.
fn dtype(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "float",
        Kind::Text => "text",
        Kind::Log => "log",
        Kind::Answer => "answer",
        Kind::Image => "image",
        Kind::Audio => "audio",
        Kind::Figure => "figure",
        Kind::Distribution => "distribution",
        Kind::LogRecord => "log_record",
    }
}

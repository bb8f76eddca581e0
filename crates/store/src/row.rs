//! A run as it stands in a list: what people call it, its params, and the first, last, least and largest of each series.
//!
//! A row is kept up to date with what is new in the journals. Where the new cannot simply be added (a step was written
//! twice, an older edit came late), the row says so and is made again from all journals.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use trailmark_core::{Artifact, ParamValue, Params, RunId, RunStatus, SeriesKey, Step, Value, WallTime};

use crate::erased::{Erased, is_erasure};
use crate::gather::{Gather, Merged, checkpoint_key};
use crate::journal::Problem;
use crate::life;
use crate::record::from_micros;
use crate::run::{About, number};
use crate::scan::Journals;
use crate::{Order, Record};

/// Checkpoints that a row holds.
const MOST_CHECKPOINTS: usize = 256;

/// A run in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// Its name; empty when nobody gave one.
    pub name: String,
    /// The experiment that it belongs to; empty when nobody said.
    pub experiment: String,
    /// What it is about.
    pub description: String,
    /// What people noted about it afterwards.
    pub note: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Whether it was put out of sight.
    pub is_archived: bool,
    /// Whether it was deleted; it can be restored until it is compacted away.
    pub is_deleted: bool,
    /// When its first writer began.
    pub created: WallTime,
    /// When its last writer ended, if it did.
    pub ended: Option<WallTime>,
    /// When something was last written, by whomever.
    pub latest: WallTime,
    /// How it stands.
    pub status: RunStatus,
    /// Its params, but for those whose first key begins with two underscores ([`crate::Store::params`] has them).
    pub params: Params,
    /// Its series, by key.
    pub series: Vec<SeriesRow>,
    /// Its checkpoints' folders by step; a run has more where `checkpoint {}` counts more points than these.
    pub checkpoints: Vec<(Step, String)>,
    /// Its files, by name; deleted ones too.
    pub artifacts: BTreeMap<String, ArtifactRow>,
    /// Bytes of its journals; of what is in a segment none.
    pub n_bytes: u64,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRow {
    /// What it is.
    pub artifact: Artifact,
    /// Whether it was deleted; it can be restored until the run is compacted.
    pub is_deleted: bool,
}

/// What the points of a series are; of a series of lists, what the lists hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Numbers.
    Number,
    /// Texts.
    Text,
    /// Lines of the terminal.
    Log,
    /// Answers.
    Answer,
    /// Pictures.
    Image,
    /// Sounds.
    Audio,
    /// Figures.
    Figure,
    /// Histograms.
    Distribution,
    /// Messages with their severity.
    LogRecord,
}

impl Kind {
    /// The kind of a value; none for a list of nothing.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Text(_) => Self::Text,
            Value::Log(_) => Self::Log,
            Value::LogRecord(_) => Self::LogRecord,
            Value::Answer(_) => Self::Answer,
            Value::Image(_) => Self::Image,
            Value::Audio(_) => Self::Audio,
            Value::Figure(_) => Self::Figure,
            Value::Distribution(_) => Self::Distribution,
            Value::List(values) => return values.first().and_then(Self::of),
            _ => Self::Number,
        })
    }

    /// Whether two values of one step stand beside each other instead of replacing each other.
    fn is_lines(self) -> bool {
        matches!(self, Self::Log | Self::LogRecord)
    }
}

/// A series in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRow {
    /// Its name and context.
    pub key: Arc<SeriesKey>,
    /// What its last point is.
    pub kind: Kind,
    /// How many points it has.
    pub count: u64,
    /// Its first step.
    pub first_step: Step,
    /// Its last step.
    pub last_step: Step,
    /// The number at the first step that has one.
    pub first: Option<f64>,
    /// The number at the last step that has one.
    pub last: Option<f64>,
    /// The least finite number and the first step that has it.
    pub min: Option<(Step, f64)>,
    /// The largest finite number and the first step that has it.
    pub max: Option<(Step, f64)>,
    /// The epoch of the last point that has one.
    pub last_epoch: Option<f64>,
    /// The first step whose number is NaN or infinite.
    pub nan_step: Option<Step>,
    /// When its latest point was tracked.
    pub last_time: WallTime,
}

/// The run that a person means by the first digits of its id, or its name; none when there is none, or more than one.
pub fn meant<'a>(rows: impl Iterator<Item = &'a RunRow> + Clone, text: &str) -> Option<&'a RunRow> {
    let is_hex = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut by_id = rows.clone().filter(|row| is_hex && row.id.to_string().starts_with(text));
    match (by_id.next(), by_id.next()) {
        (Some(row), None) => return Some(row),
        (Some(_), Some(_)) => return None,
        (None, _) => {}
    }
    let mut by_name = rows.filter(|row| row.name == text);
    match (by_name.next(), by_name.next()) {
        (Some(row), None) => Some(row),
        _ => None,
    }
}

impl RunRow {
    /// A run of which nothing is known.
    pub(crate) fn empty(id: RunId) -> Self {
        Self {
            id,
            name: String::new(),
            experiment: String::new(),
            description: String::new(),
            note: String::new(),
            tags: BTreeSet::new(),
            is_archived: false,
            is_deleted: false,
            created: from_micros(0),
            ended: None,
            latest: from_micros(0),
            status: RunStatus::Crashed,
            params: Params::new(),
            series: Vec::new(),
            checkpoints: Vec::new(),
            artifacts: BTreeMap::new(),
            n_bytes: 0,
            problems: Vec::new(),
        }
    }

    /// A series by its key.
    pub fn series(&self, key: &SeriesKey) -> Option<&SeriesRow> {
        let place = self.series.binary_search_by(|row| (*row.key).cmp(key)).ok()?;
        self.series.get(place)
    }
}

/// What is known of a run: its row, and what is needed to go on reading.
#[derive(Debug, Clone)]
pub(crate) struct RunState {
    pub(crate) row: Arc<RunRow>,
    /// The run's series in the order in which they were met.
    pub(crate) keys: Vec<Arc<SeriesKey>>,
    pub(crate) journals: Journals,
    /// The latest record applied that is no point.
    pub(crate) latest_record: Option<Order>,
    /// When the run's folder had last changed when it was looked at.
    pub(crate) modified: i64,
    /// Whether only a change of the folder's time can bring something new.
    pub(crate) is_settled: bool,
    /// Grows with each change in this process.
    pub(crate) generation: u64,
    /// What of its points is deleted.
    pub(crate) erased: Erased,
    /// The segment that it is in.
    pub(crate) sealed: Option<u64>,
    /// Whether the segment could not be read whole.
    pub(crate) is_unread: bool,
}

impl RunState {
    /// A run of which nothing is known yet.
    pub(crate) fn empty(id: RunId) -> Self {
        Self {
            row: Arc::new(RunRow::empty(id)),
            keys: Vec::new(),
            journals: Journals::default(),
            latest_record: None,
            modified: 0,
            is_settled: false,
            generation: 0,
            erased: Erased::default(),
            sealed: None,
            is_unread: false,
        }
    }

    /// Whether what was gathered can be added to what is known.
    fn takes(&self, gather: &Gather, merged: &[Option<Merged>]) -> bool {
        let is_late = gather.records.iter().any(|(order, _)| Some(*order) < self.latest_record);
        let fits = |(key, merged): (&Arc<SeriesKey>, &Option<Merged>)| {
            let (Some(merged), Some(known)) = (merged, self.row.series(key)) else { return true };
            let mut fits = true;
            merged.each(|step, _, _, value| {
                let is_line = known.kind.is_lines() && Kind::of(value).is_some_and(Kind::is_lines);
                fits &= is_line || step > known.last_step.0;
            });
            fits
        };
        !is_late && gather.keys.iter().zip(merged).all(fits)
    }

    /// Adds what was gathered from the journals' new frames; false, and nothing done, when all must be read again.
    pub(crate) fn add(&mut self, mut gather: Gather) -> bool {
        let has_erasure = gather.records.iter().any(|(_, record)| is_erasure(record));
        if has_erasure || !self.erased.is_empty() {
            // What is deleted comes from all records together, and takes from all points.
            if !self.keys.is_empty() || self.latest_record.is_some() {
                return false;
            }
            self.erased = Erased::of(&gather.records);
            self.erased.take_out(&mut gather);
        }
        let merged: Vec<Option<Merged>> = std::mem::take(&mut gather.series)
            .into_iter()
            .map(|gathered| {
                let is_empty = gathered.numbers.is_empty() && gathered.objects.is_empty();
                (!is_empty).then(|| gathered.merge())
            })
            .collect();
        if !self.takes(&gather, &merged) {
            return false;
        }
        let row = Arc::make_mut(&mut self.row);
        self.latest_record =
            gather.records.iter().map(|(order, _)| Some(*order)).fold(self.latest_record, Ord::max);
        apply(row, gather.records);
        let checkpoint = checkpoint_key();
        for (key, merged) in gather.keys.iter().zip(merged) {
            let Some(merged) = merged else { continue };
            if **key == checkpoint {
                merged.each(|step, _, _, value| {
                    if let Value::Text(folder) = value
                        && row.checkpoints.len() < MOST_CHECKPOINTS
                    {
                        row.checkpoints.push((Step(step), folder.clone()));
                    }
                });
            }
            match row.series.binary_search_by(|known| known.key.cmp(key)) {
                Ok(place) => {
                    merged.each(|step, time, epoch, value| row.series[place].add((step, time, epoch), value));
                }
                Err(place) => {
                    if let Some(new) = SeriesRow::of(key, &merged) {
                        row.series.insert(place, new);
                    }
                }
            }
        }
        self.keys = gather.keys;
        true
    }

    /// Takes over the present states of the journals in the run's folder.
    pub(crate) fn set_journals(&mut self, journals: Journals, folder: &Path) {
        let life = life::of(self.row.id, &journals.all());
        let row = Arc::make_mut(&mut self.row);
        (row.created, row.ended, row.latest, row.status) =
            (life.created, life.ended, life.latest, life.status);
        let n_bytes = journals.states.iter().map(|journal| journal.n_bytes);
        row.n_bytes = n_bytes
            .chain(journals.foreign.iter().map(|problem| problem.n_bytes))
            .fold(0, u64::saturating_add);
        row.problems = journals.problems(folder);
        self.journals = journals;
    }
}

/// Applies records that are no points.
fn apply(row: &mut RunRow, records: Vec<(Order, Record)>) {
    let hides = |key: &str| key.starts_with("__");
    let mut about = About {
        name: std::mem::take(&mut row.name),
        experiment: std::mem::take(&mut row.experiment),
        description: std::mem::take(&mut row.description),
        note: std::mem::take(&mut row.note),
        tags: std::mem::take(&mut row.tags),
        is_archived: row.is_archived,
        is_deleted: row.is_deleted,
        artifacts: std::mem::take(&mut row.artifacts),
        params: std::mem::take(&mut row.params),
        ..About::default()
    };
    let shown = records.into_iter().filter(|(_, record)| match record {
        Record::Param { path, .. } => !path.first().is_some_and(|key| hides(key)),
        _ => true,
    });
    about.apply(shown.collect());
    about.params.retain(|key, _: &mut ParamValue| !hides(key));
    row.name = about.name;
    row.experiment = about.experiment;
    row.description = about.description;
    row.note = about.note;
    row.tags = about.tags;
    (row.is_archived, row.is_deleted) = (about.is_archived, about.is_deleted);
    row.params = about.params;
    row.artifacts = about.artifacts;
}

impl SeriesRow {
    /// Sums up a whole series; none for one without points.
    fn of(key: &Arc<SeriesKey>, merged: &Merged) -> Option<Self> {
        let mut found: Option<Self> = None;
        merged.each(|step, time, epoch, value| {
            let row = found.get_or_insert_with(|| Self {
                key: Arc::clone(key),
                kind: Kind::Number,
                count: 0,
                first_step: Step(step),
                last_step: Step(step),
                first: None,
                last: None,
                min: None,
                max: None,
                last_epoch: None,
                nan_step: None,
                last_time: from_micros(i64::MIN / 1000),
            });
            row.add((step, time, epoch), value);
        });
        found
    }

    /// Adds a point at a step, time and epoch; points come by step, but for log lines.
    fn add(&mut self, (step, micros, epoch): (i64, i64, f64), value: &Value) {
        let step = Step(step);
        self.count += 1;
        self.first_step = self.first_step.min(step);
        if step >= self.last_step {
            self.kind = Kind::of(value).unwrap_or(self.kind);
        }
        self.last_step = self.last_step.max(step);
        self.last_time = self.last_time.max(from_micros(micros));
        self.last_epoch = Some(epoch).filter(|epoch| !epoch.is_nan()).or(self.last_epoch);
        let Some(number) = number(value) else { return };
        self.first.get_or_insert(number);
        self.last = Some(number);
        if !number.is_finite() {
            self.nan_step.get_or_insert(step);
            return;
        }
        if self.min.is_none_or(|(_, least)| number < least) {
            self.min = Some((step, number));
        }
        if self.max.is_none_or(|(_, most)| number > most) {
            self.max = Some((step, number));
        }
    }
}

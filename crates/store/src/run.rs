//! A run as it is read: all its journals merged.
//!
//! Later wins, and "later" is read from the frames themselves: their time, then the writer, then the place in its
//! journal. So every reader, and every copy of the files, comes to the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use trailmark_core::{
    ContentId, Edit, ParamValue, Params, RunId, RunStatus, SeriesKey, Step, Value, WallTime,
};

use crate::erased::Erased;
use crate::gather::Gather;
use crate::journal::Problem;
use crate::life;
use crate::row::ArtifactRow;
use crate::scan::Journals;
use crate::{Order, Record};

/// Everything that a run recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RunData {
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
    /// How it stands.
    pub status: RunStatus,
    /// Its params.
    pub params: Params,
    /// Its series.
    pub series: BTreeMap<SeriesKey, Series>,
    /// Blobs with the texts that its answers refer to.
    pub packs: BTreeSet<ContentId>,
    /// The paragraphs of each subset.
    pub paragraphs: BTreeMap<String, Vec<ContentId>>,
    /// Its files, by name; deleted ones too.
    pub artifacts: BTreeMap<String, ArtifactRow>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One series, ordered by step; answers and log lines of one step keep the order in which they were written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its points.
    pub points: Vec<PointRow>,
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointRow {
    /// Its step.
    pub step: Step,
    /// Its epoch, if it has one.
    pub epoch: Option<f64>,
    /// When it was tracked.
    pub time: WallTime,
    /// What was tracked.
    pub value: Value,
}

impl RunData {
    /// The blobs that the run refers to.
    pub fn blobs(&self) -> BTreeSet<ContentId> {
        let values = self.series.values().flat_map(|series| &series.points);
        let of_values = values.flat_map(|point| point.value.kept()).map(|kept| kept.id);
        let artifacts = self.artifacts.values().filter(|row| !row.is_deleted);
        let of_artifacts = artifacts.filter_map(|row| row.artifact.file.as_ref()).map(|kept| kept.id);
        self.packs.iter().copied().chain(of_values).chain(of_artifacts).collect()
    }
}

impl Series {
    /// The numbers with their steps; nothing for other values.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = (Step, f64)> {
        self.points.iter().filter_map(|point| Some((point.step, number(&point.value)?)))
    }

    /// The last number.
    pub fn last(&self) -> Option<f64> {
        self.numbers().next_back().map(|(_, number)| number)
    }

    /// Least and largest of the finite numbers.
    pub fn range(&self) -> Option<(f64, f64)> {
        let finite = self.numbers().map(|(_, number)| number).filter(|number| number.is_finite());
        finite.fold(None, |range, number| {
            let (least, most) = range.unwrap_or((number, number));
            Some((f64::min(least, number), f64::max(most, number)))
        })
    }
}

/// A value as a number, if it is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        _ => None,
    }
}

/// What people call a run, its params and contents: what records say that are no points.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) experiment: String,
    pub(crate) description: String,
    pub(crate) note: String,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) is_archived: bool,
    pub(crate) is_deleted: bool,
    pub(crate) params: Params,
    pub(crate) packs: BTreeSet<ContentId>,
    pub(crate) paragraphs: BTreeMap<String, Vec<ContentId>>,
    pub(crate) artifacts: BTreeMap<String, ArtifactRow>,
    pub(crate) erased: Erased,
}

impl About {
    /// Applies records in the merge order.
    pub(crate) fn apply(&mut self, mut records: Vec<(Order, Record)>) {
        records.sort_by_key(|(order, _)| *order);
        for (order, record) in records {
            match record {
                Record::Param { path, value } => set_param(&mut self.params, &path, value),
                Record::Edit { edit } => self.edit(order, edit),
                Record::Texts { pack } => _ = self.packs.insert(pack),
                Record::Paragraphs { subset, ids } => _ = self.paragraphs.insert(subset, ids),
                Record::Artifact { name, artifact } => {
                    self.artifacts.insert(name, ArtifactRow { artifact, is_deleted: false });
                }
                Record::Created { .. } | Record::End { .. } | Record::Point { .. } => {}
            }
        }
    }

    /// What undoes an edit; none for one that changes nothing.
    pub(crate) fn undo(&self, edit: &Edit) -> Option<Edit> {
        let text =
            |old: &String, new: &String, back: fn(String) -> Edit| (old != new).then(|| back(old.clone()));
        match edit {
            Edit::Name(new) => text(&self.name, new, Edit::Name),
            Edit::Experiment(new) => text(&self.experiment, new, Edit::Experiment),
            Edit::Description(new) => text(&self.description, new, Edit::Description),
            Edit::Note(new) => text(&self.note, new, Edit::Note),
            Edit::AddTag(tag) => (!self.tags.contains(tag)).then(|| Edit::RemoveTag(tag.clone())),
            Edit::RemoveTag(tag) => self.tags.contains(tag).then(|| Edit::AddTag(tag.clone())),
            Edit::Archive(new) => (self.is_archived != *new).then_some(Edit::Archive(self.is_archived)),
            Edit::Delete(new) => (self.is_deleted != *new).then_some(Edit::Delete(self.is_deleted)),
            Edit::DeletePoints { series, step, is_deleted } => {
                let was_deleted = self.erased.holds(series, *step);
                let back =
                    || Edit::DeletePoints { series: series.clone(), step: *step, is_deleted: was_deleted };
                // What was tracked since it was deleted can be deleted again.
                (*is_deleted || was_deleted).then(back)
            }
            Edit::DeleteArtifact { name, is_deleted } => {
                let known = self.artifacts.get(name).filter(|known| known.is_deleted != *is_deleted)?;
                Some(Edit::DeleteArtifact { name: name.clone(), is_deleted: known.is_deleted })
            }
        }
    }

    pub(crate) fn edit(&mut self, order: Order, edit: Edit) {
        match edit {
            Edit::Name(name) => self.name = name,
            Edit::Experiment(experiment) => self.experiment = experiment,
            Edit::Description(text) => self.description = text,
            Edit::Note(text) => self.note = text,
            Edit::AddTag(tag) => _ = self.tags.insert(tag),
            Edit::RemoveTag(tag) => _ = self.tags.remove(&tag),
            Edit::Archive(is_archived) => self.is_archived = is_archived,
            Edit::Delete(is_deleted) => self.is_deleted = is_deleted,
            Edit::DeletePoints { .. } => self.erased.apply(order, &edit),
            Edit::DeleteArtifact { name, is_deleted } => {
                if let Some(known) = self.artifacts.get_mut(&name) {
                    known.is_deleted = is_deleted;
                }
            }
        }
    }
}

fn set_param(params: &mut Params, path: &[String], value: ParamValue) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    // An empty path with a map sets each of its keys, with a list removes its keys; recorders write no other empty path.
    match (path.is_empty(), value) {
        (true, ParamValue::Map(map)) => params.extend(map),
        (true, ParamValue::List(keys)) => params.retain(|key, _| !keys.contains(&key.as_str().into())),
        (true, _) => {}
        // The only error is an empty path.
        (false, value) => _ = ParamValue::set_in(params, &path, value),
    }
}

/// Merges the journals of a run.
pub(crate) fn merge(id: RunId, mut gather: Gather, journals: &Journals, folder: &Path) -> RunData {
    let mut about = About::default();
    about.apply(std::mem::take(&mut gather.records));
    about.erased.take_out(&mut gather);
    let mut series = BTreeMap::new();
    for (key, gathered) in gather.keys.iter().zip(gather.series) {
        let points = gathered.merge().into_rows();
        if !points.is_empty() {
            series.insert(SeriesKey::clone(key), Series { points });
        }
    }
    let life = life::of(id, &journals.all());
    RunData {
        id,
        name: about.name,
        experiment: about.experiment,
        description: about.description,
        note: about.note,
        tags: about.tags,
        is_archived: about.is_archived,
        is_deleted: about.is_deleted,
        created: life.created,
        ended: life.ended,
        status: life.status,
        params: about.params,
        series,
        packs: about.packs,
        paragraphs: about.paragraphs,
        artifacts: about.artifacts,
        problems: journals.problems(folder),
    }
}

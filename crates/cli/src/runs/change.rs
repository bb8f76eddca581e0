//! `trailmark runs tag|set|note|archive|restore|rm`: what people change about runs afterwards.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use trailmark_core::{Context, Edit, RunId, SeriesKey, Step};
use trailmark_store::{Prune, Repository, RunRow, Selector, Store as _};

use crate::terminal::{print, say};
use crate::{DONE, Place, complete, search, show};

/// Runs, as people name them.
#[derive(Args)]
pub(crate) struct Chosen {
    /// Ids, their first digits, or names.
    #[arg(required_unless_present = "query", value_name = "RUN", add = complete::runs())]
    runs: Vec<String>,
    /// Runs for which an expression holds.
    #[arg(short, long, value_name = "EXPRESSION", conflicts_with = "runs", add = complete::run_expressions())]
    query: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Chosen {
    /// The repository that they lie in.
    pub(super) fn repository(&self) -> Result<Repository> {
        Ok(Repository::open(&self.place.path())?)
    }
}

#[derive(Args)]
#[command(after_help = "Example: trailmark runs tag calm-fox 01a2 --add baseline --remove draft")]
pub(crate) struct Tag {
    #[command(flatten)]
    chosen: Chosen,
    /// Adds a tag; may be given again.
    #[arg(long, value_name = "TAG", add = complete::tags())]
    add: Vec<String>,
    /// Removes a tag; may be given again.
    #[arg(long, value_name = "TAG", add = complete::tags())]
    remove: Vec<String>,
}

#[derive(Args)]
#[command(after_help = "Example: trailmark runs set calm-fox --name winner --note 'goes to production'")]
pub(crate) struct Set {
    #[command(flatten)]
    chosen: Chosen,
    /// A new name.
    #[arg(long)]
    name: Option<String>,
    /// The experiment that it belongs to.
    #[arg(long)]
    experiment: Option<String>,
    /// What it is about.
    #[arg(long)]
    description: Option<String>,
    /// A note, instead of the one before.
    #[arg(long)]
    note: Option<String>,
}

/// Shows or replaces the notes of runs.
///
/// Without a text it prints the note of each run. `trailmark runs set` changes a note together with name, experiment and
/// description.
#[derive(Args)]
#[command(after_help = NOTE_EXAMPLES)]
pub(crate) struct Note {
    #[command(flatten)]
    chosen: Chosen,
    /// The new note, instead of the one before; an empty one removes it, - reads it from standard input.
    #[arg(short, long, value_name = "TEXT")]
    text: Option<String>,
    /// Put the text below what is there.
    #[arg(long, requires = "text")]
    append: bool,
    /// Print the notes as a JSON array.
    #[arg(long, conflicts_with = "text")]
    json: bool,
}

const NOTE_EXAMPLES: &str = "Examples:
  trailmark runs note calm-fox
  trailmark runs note calm-fox --text 'goes to production'
  trailmark runs note -q 'run.hparams.seed == 7' --append --text 'lucky seed?'
  trailmark runs note calm-fox --text - < report.md";

/// Parts of runs; without one, whole runs are meant.
#[derive(Args)]
pub(crate) struct Parts {
    /// Only the points of this series: loss, or 'loss {subset: \"train\"}'; may be given again.
    #[arg(long, value_name = "SERIES")]
    series: Vec<String>,
    /// Of these series, only what this step has.
    #[arg(long, value_name = "N", requires = "series", allow_negative_numbers = true)]
    step: Option<i64>,
    /// Only the file of this name; may be given again.
    #[arg(long, value_name = "NAME")]
    artifact: Vec<String>,
}

#[derive(Args)]
#[command(after_help = "Examples:
  trailmark runs restore calm-fox
  trailmark runs restore calm-fox --series loss")]
pub(crate) struct Restore {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    parts: Parts,
}

#[derive(Args)]
#[command(after_help = "Examples:
  trailmark runs rm calm-fox --yes
  trailmark runs rm calm-fox --series 'loss {subset: \"train\"}' --step 12 --yes
  trailmark runs rm -q 'run.archived' --artifact weights.bin --yes

trailmark runs restore with the same words brings it back, until trailmark repo compact gives the space back.")]
pub(crate) struct Remove {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    parts: Parts,
    /// Do it; without this, say only what would be done.
    #[arg(long)]
    yes: bool,
}

pub(crate) fn tag(tag: &Tag) -> Result<u8> {
    let adds = tag.add.iter().cloned().map(Edit::AddTag);
    let edits: Vec<Edit> = adds.chain(tag.remove.iter().cloned().map(Edit::RemoveTag)).collect();
    if edits.is_empty() {
        bail!("tag runs: got neither --add nor --remove");
    }
    change(&tag.chosen, &edits)
}

pub(crate) fn set(set: &Set) -> Result<u8> {
    let made = [
        set.name.clone().map(Edit::Name),
        set.experiment.clone().map(Edit::Experiment),
        set.description.clone().map(Edit::Description),
        set.note.clone().map(Edit::Note),
    ];
    let edits: Vec<Edit> = made.into_iter().flatten().collect();
    if edits.is_empty() {
        bail!("change runs: got none of --name, --experiment, --description, --note");
    }
    change(&set.chosen, &edits)
}

/// Reads or writes notes.
pub(crate) fn note(note: &Note) -> Result<u8> {
    let Some(text) = &note.text else { return show_notes(note) };
    let text = match text.as_str() {
        "-" => std::io::read_to_string(std::io::stdin()).context("read the note")?,
        text => text.to_owned(),
    };
    if !note.append {
        return change(&note.chosen, &[Edit::Note(text)]);
    }
    let repository = note.chosen.repository()?;
    let mut edits = Vec::new();
    let ids = find(&repository, &note.chosen)?;
    for id in &ids {
        let before = repository.run(*id)?.note.clone();
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        edits.push((*id, Edit::Note(format!("{before}{gap}{text}"))));
    }
    edit(&repository, &ids, &edits)
}

fn show_notes(note: &Note) -> Result<u8> {
    let repository = note.chosen.repository()?;
    let rows = find(&repository, &note.chosen)?.into_iter().map(|id| repository.run(id));
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    if note.json {
        let notes =
            rows.iter().map(|row| json!({"id": row.id.to_string(), "name": row.name, "note": row.note}));
        print(&notes.collect::<serde_json::Value>().to_string())?;
        return Ok(DONE);
    }
    let is_one = rows.len() == 1;
    for row in &rows {
        match row.note.trim_end() {
            "" => say(&format!("{} {}: no note", row.id, called(row))),
            text if is_one => print(text)?,
            text => print(&format!("{} {}:\n{text}\n", row.id, called(row)))?,
        }
    }
    Ok(DONE)
}

pub(crate) fn archive(chosen: &Chosen) -> Result<u8> {
    change(chosen, &[Edit::Archive(true)])
}

/// Brings runs back that were archived or deleted.
pub(crate) fn restore(restore: &Restore) -> Result<u8> {
    if restore.parts.is_some() {
        return change_parts(&restore.chosen, &restore.parts, false);
    }
    change(&restore.chosen, &[Edit::Archive(false), Edit::Delete(false)])
}

impl Parts {
    fn is_some(&self) -> bool {
        !self.series.is_empty() || !self.artifact.is_empty()
    }

    /// What deletes or restores these parts of a run. A series without a context is each of its name.
    fn edits(&self, row: &RunRow, is_deleted: bool) -> Result<Vec<Edit>> {
        let mut edits = Vec::new();
        for name in &self.artifact {
            if !row.artifacts.contains_key(name) {
                bail!("delete runs: {} {} has no file {name:?}", row.id, called(row));
            }
            edits.push(Edit::DeleteArtifact { name: name.clone(), is_deleted });
        }
        for text in &self.series {
            let known = row.series.iter().map(|series| &*series.key);
            // One that is deleted already is not among the series any more, but can be restored by its whole name.
            let mut keys: Vec<SeriesKey> =
                known.filter(|key| key.name == *text || key.to_string() == *text).cloned().collect();
            if keys.is_empty() {
                keys.extend(series_key(text).filter(|_| !is_deleted));
            }
            if keys.is_empty() {
                bail!("delete runs: {} {} has no series {text:?}", row.id, called(row));
            }
            let step = self.step.map(Step);
            edits.extend(keys.into_iter().map(|series| Edit::DeletePoints { series, step, is_deleted }));
        }
        Ok(edits)
    }
}

/// A series as people write it: `loss` or `loss {subset: "train"}`.
fn series_key(text: &str) -> Option<SeriesKey> {
    let selector: Selector = text.parse().ok()?;
    Some(SeriesKey::new(selector.name.trim(), selector.context.unwrap_or_else(Context::empty)))
}

fn change_parts(chosen: &Chosen, parts: &Parts, is_deleted: bool) -> Result<u8> {
    let repository = Repository::open(&chosen.place.path())?;
    let mut all = Vec::new();
    for id in find(&repository, chosen)? {
        let edits = parts.edits(&*repository.run(id)?, is_deleted)?;
        all.extend(edits.into_iter().map(|edit| (id, edit)));
    }
    let undo = repository.edit(&all)?;
    let what = if is_deleted { "deleted" } else { "restored" };
    say(&format!("{what} {} of {}", undo.len(), show::count(all.len(), "part")));
    Ok(DONE)
}

pub(crate) fn remove(remove: &Remove) -> Result<u8> {
    if remove.yes && remove.parts.is_some() {
        return change_parts(&remove.chosen, &remove.parts, true);
    }
    if remove.yes {
        return change(&remove.chosen, &[Edit::Delete(true)]);
    }
    let repository = Repository::open(&remove.chosen.place.path())?;
    for id in find(&repository, &remove.chosen)? {
        let row = repository.run(id)?;
        for edit in remove.parts.edits(&row, true)? {
            match edit {
                Edit::DeletePoints { series, step, .. } => {
                    let step = step.map_or_else(String::new, |step| format!(", step {step}"));
                    say(&format!("would delete {series}{step} of {} {}", row.id, called(&row)));
                }
                Edit::DeleteArtifact { name, .. } => {
                    say(&format!("would delete the file {name} of {} {}", row.id, called(&row)));
                }
                _ => {}
            }
        }
        if remove.parts.is_some() {
            continue;
        }
        let n_points: u64 = row.series.iter().map(|series| series.count).sum();
        say(&format!("would delete {} {}: {}", row.id, called(&row), show::count(n_points, "point")));
    }
    bail!("delete runs: want --yes; trailmark runs restore brings them back afterwards");
}

fn change(chosen: &Chosen, edits: &[Edit]) -> Result<u8> {
    let repository = chosen.repository()?;
    let ids = find(&repository, chosen)?;
    let all: Vec<(RunId, Edit)> =
        ids.iter().flat_map(|id| edits.iter().map(move |edit| (*id, edit.clone()))).collect();
    edit(&repository, &ids, &all)
}

fn edit(repository: &Repository, ids: &[RunId], edits: &[(RunId, Edit)]) -> Result<u8> {
    let undo = repository.edit(edits)?;
    let changed = ids.iter().filter(|id| undo.iter().any(|(of, _)| of == *id)).count();
    say(&format!("changed {changed} of {}", show::count(ids.len(), "run")));
    Ok(DONE)
}

/// The runs that are meant, deleted ones too: all, or the error says which is none.
pub(super) fn find(repository: &Repository, chosen: &Chosen) -> Result<Vec<RunId>> {
    if let Some(query) = &chosen.query {
        return Ok(search::runs(repository, query, true)?.iter().map(|row| row.id).collect());
    }
    let deleted = Prune { is_deleted: true, ..Prune::default() };
    let deleted = repository.runs(&deleted, None, usize::MAX)?.rows;
    let found = chosen.runs.iter().map(|text| match repository.find_id(text) {
        Ok(id) => Ok(id),
        Err(error) => {
            let mut meant = deleted
                .iter()
                .filter(|row| row.name == *text || row.id.to_string().starts_with(text.as_str()));
            match (meant.next(), meant.next()) {
                (Some(row), None) => Ok(row.id),
                _ => Err(error.into()),
            }
        }
    });
    found.collect()
}

pub(super) fn called(row: &RunRow) -> &str {
    if row.name.is_empty() { "without a name" } else { &row.name }
}

//! `trailmark runs tag|note|rename|archive|restore|rm`: what people change about runs afterwards.

use anyhow::{Result, bail};
use clap::Args;
use trailmark_core::{Edit, RunId};
use trailmark_store::{Prune, Repository, RunRow, Store as _};

use crate::terminal::say;
use crate::{DONE, Place, search};

/// Runs, as people name them.
#[derive(Args)]
pub(crate) struct Chosen {
    /// Ids, their first digits, or names.
    #[arg(required_unless_present = "query", value_name = "RUN")]
    runs: Vec<String>,
    /// Runs for which an expression holds.
    #[arg(short, long, value_name = "EXPRESSION", conflicts_with = "runs")]
    query: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[command(after_help = "Example: trailmark runs tag calm-fox 01a2 --add baseline --remove draft")]
pub(crate) struct Tag {
    #[command(flatten)]
    chosen: Chosen,
    /// Adds a tag; may be given again.
    #[arg(long, value_name = "TAG")]
    add: Vec<String>,
    /// Removes a tag; may be given again.
    #[arg(long, value_name = "TAG")]
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

#[derive(Args)]
#[command(after_help = "Example: trailmark runs rm calm-fox --yes\n\ntrailmark runs restore brings it back.")]
pub(crate) struct Remove {
    #[command(flatten)]
    chosen: Chosen,
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

pub(crate) fn archive(chosen: &Chosen) -> Result<u8> {
    change(chosen, &[Edit::Archive(true)])
}

/// Brings runs back that were archived or deleted.
pub(crate) fn restore(chosen: &Chosen) -> Result<u8> {
    change(chosen, &[Edit::Archive(false), Edit::Delete(false)])
}

pub(crate) fn remove(remove: &Remove) -> Result<u8> {
    if remove.yes {
        return change(&remove.chosen, &[Edit::Delete(true)]);
    }
    let repository = Repository::open(&remove.chosen.place.path())?;
    for id in find(&repository, &remove.chosen)? {
        let row = repository.run(id)?;
        let n_points: u64 = row.series.iter().map(|series| series.count).sum();
        say(&format!("would delete {} {}: {n_points} points", row.id, called(&row)));
    }
    bail!("delete runs: want --yes; trailmark runs restore brings them back afterwards");
}

fn change(chosen: &Chosen, edits: &[Edit]) -> Result<u8> {
    let repository = Repository::open(&chosen.place.path())?;
    let ids = find(&repository, chosen)?;
    let all: Vec<(RunId, Edit)> =
        ids.iter().flat_map(|id| edits.iter().map(move |edit| (*id, edit.clone()))).collect();
    let undo = repository.edit(&all)?;
    let changed = ids.iter().filter(|id| undo.iter().any(|(of, _)| of == *id)).count();
    say(&format!("changed {changed} of {} runs", ids.len()));
    Ok(DONE)
}

/// The runs that are meant, deleted ones too: all, or the error says which is none.
fn find(repository: &Repository, chosen: &Chosen) -> Result<Vec<RunId>> {
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

fn called(row: &RunRow) -> &str {
    if row.name.is_empty() { "without a name" } else { &row.name }
}

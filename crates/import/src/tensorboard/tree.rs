//! Folders with event files, and which of them are one run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use trailmark_core::{ContentId, RunId};

use crate::{ImportError, Problem, fs};

/// What the name of an event file holds; what follows is the second in which it was begun, the host, and more.
const MARK: &str = "tfevents.";
/// What the name of a file ends with that profilers leave for TensorBoard's sake.
const DUMMY: &str = ".profile-empty";
/// Folders within folders that are looked into.
const MOST_DEPTH: usize = 64;

/// Names of folders that hold a part of what the folder around them records, and what the part is called here.
const SUBSETS: [(&str, &str); 10] = [
    ("train", "train"),
    ("training", "train"),
    ("eval", "eval"),
    ("evaluation", "eval"),
    ("valid", "eval"),
    ("validation", "eval"),
    ("val", "eval"),
    ("dev", "eval"),
    ("test", "test"),
    ("testing", "test"),
];

/// A run: one folder, and those below it that hold parts of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunFolder {
    pub(super) id: RunId,
    /// Its path below the folder that is imported.
    pub(super) name: String,
    /// The folder around it.
    pub(super) experiment: String,
    pub(super) parts: Vec<Part>,
}

/// The event files of one folder, in the order in which they were begun.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    /// What the folder's name says that its values are of.
    pub(super) subset: Option<&'static str>,
    pub(super) files: Vec<EventFile>,
}

/// An event file, as long as it was when it was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EventFile {
    pub(super) path: PathBuf,
    pub(super) n_bytes: u64,
}

/// What was found below a path.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) runs: Vec<RunFolder>,
    pub(super) problems: Vec<Problem>,
}

/// Looks for event files below a folder, or takes a single one.
pub(super) fn look(path: &Path, is_flat: bool) -> Result<Tree, ImportError> {
    let root = fs::canonical(path)?;
    let mut walk = Walk::default();
    let base = if root.is_dir() {
        walk.look_into(&root, 0)?;
        root
    } else {
        let folder = root.parent().unwrap_or(&root).to_owned();
        walk.take(&root);
        folder
    };
    let mut by_run: BTreeMap<PathBuf, Vec<(Option<&'static str>, PathBuf)>> = BTreeMap::new();
    for folder in walk.folders.keys() {
        let subset = if is_flat { None } else { subset_of(folder) };
        let run = match (subset, folder.parent()) {
            (Some(_), Some(parent)) => parent.to_owned(),
            _ => folder.clone(),
        };
        by_run.entry(run).or_default().push((subset, folder.clone()));
    }
    let mut runs = Vec::new();
    let mut ids = BTreeSet::new();
    for (run, folders) in by_run {
        let parts = folders.into_iter().map(|(subset, folder)| {
            let files = walk.folders.get(&folder).cloned().unwrap_or_default();
            Part { subset, files }
        });
        let parts: Vec<Part> = parts.collect();
        let name = match run.strip_prefix(&base) {
            Ok(below) if !below.as_os_str().is_empty() => below.to_string_lossy().into_owned(),
            _ => own_name(&run),
        };
        let oldest = oldest_of(&run, is_flat).unwrap_or_default();
        let mut id = id_of(&own_name(&run), &oldest);
        if !ids.insert(id) {
            id = id_of(&name, &oldest);
            ids.insert(id);
        }
        runs.push(RunFolder { id, name, experiment: run.parent().map(own_name).unwrap_or_default(), parts });
    }
    Ok(Tree { runs, problems: walk.problems })
}

/// Folders and their event files.
#[derive(Debug, Default)]
struct Walk {
    folders: BTreeMap<PathBuf, Vec<EventFile>>,
    seen: BTreeSet<PathBuf>,
    problems: Vec<Problem>,
}

impl Walk {
    fn look_into(&mut self, folder: &Path, depth: usize) -> Result<(), ImportError> {
        // A link may lead to a folder that is around it.
        if depth > MOST_DEPTH || !self.seen.insert(fs::canonical(folder)?) {
            return Ok(());
        }
        for entry in fs::entries(folder)? {
            if entry.is_dir() {
                if let Err(error) = self.look_into(&entry, depth + 1) {
                    self.problem(&entry, &error);
                }
            } else if is_event_file(&entry) {
                self.take(&entry);
            }
        }
        Ok(())
    }

    fn take(&mut self, path: &Path) {
        let Some((n_bytes, _)) = fs::state(path) else {
            let reason = "the file is gone, or a link to nothing".to_owned();
            return self.problems.push(Problem { place: path.display().to_string(), reason });
        };
        let folder = path.parent().unwrap_or(path).to_owned();
        self.folders.entry(folder).or_default().push(EventFile { path: path.to_owned(), n_bytes });
    }

    fn problem(&mut self, path: &Path, error: &ImportError) {
        let reason = match std::error::Error::source(error) {
            Some(source) => format!("the folder cannot be read: {source}"),
            None => "the folder cannot be read".to_owned(),
        };
        self.problems.push(Problem { place: path.display().to_string(), reason });
    }
}

fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains(MARK) && !name.ends_with(DUMMY)
}

fn own_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn subset_of(folder: &Path) -> Option<&'static str> {
    let name = own_name(folder).to_lowercase();
    SUBSETS.iter().find(|(word, _)| *word == name).map(|(_, subset)| *subset)
}

/// The name of a run's oldest event file, though only a part of the run is imported.
fn oldest_of(run: &Path, is_flat: bool) -> Option<String> {
    let entries = fs::entries(run).ok()?;
    let parts = entries.iter().filter(|entry| !is_flat && subset_of(entry).is_some() && entry.is_dir());
    let in_parts: Vec<PathBuf> = parts.filter_map(|part| fs::entries(part).ok()).flatten().collect();
    let files = entries.iter().chain(&in_parts).filter(|path| is_event_file(path));
    files.map(|path| own_name(path)).min()
}

/// The same for the same folder at every import, wherever it was moved with what is in it: what it is called, and the
/// name of its oldest event file, which holds second, host and process of its beginning.
fn id_of(name: &str, oldest: &str) -> RunId {
    let digits = oldest.split_once(MARK).map_or("", |(_, rest)| rest);
    let digits = digits.split(|char: char| !char.is_ascii_digit()).next().unwrap_or_default();
    let began: u64 = digits.parse().unwrap_or(0);
    let [a, b, c, d, e, f, ..] = *ContentId::of(format!("tensorboard\n{name}\n{oldest}")).as_bytes();
    RunId::from_parts(began.saturating_mul(1000), [a, b, c, d, e, f])
}

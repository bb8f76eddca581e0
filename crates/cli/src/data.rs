//! Data sets as people name them: a file, a folder, or a data set of the hub.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use trailmark_qa::Dataset;

use crate::hub::{Hub, HubId, Kind};
use crate::{fs, terminal};

/// Which part of a data set is meant where its name stands for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Train,
    Eval,
}

/// Problems of a data set that are told one by one.
const TOLD: usize = 10;

/// Loads a data set and tells what was mended or left out.
pub(crate) fn load(name: &str, part: Part) -> Result<Dataset> {
    let set = Dataset::load_all(&files(name, part)?)?;
    let n_problems = set.problems.len();
    if n_problems > 0 {
        terminal::warn(&format!("{n_problems} problems in {name}:"));
        set.problems.iter().take(TOLD).for_each(|problem| terminal::say(&format!("  {problem}")));
        if n_problems > TOLD {
            terminal::say(&format!("  … and {} more", n_problems - TOLD));
        }
    }
    if set.examples.is_empty() {
        bail!("read a data set: got no question that can be used: {name}");
    }
    Ok(set)
}

fn files(name: &str, part: Part) -> Result<Vec<PathBuf>> {
    let path = Path::new(name);
    if path.is_dir() {
        let inside =
            |path: &PathBuf| path.file_name().is_some_and(|name| is_part(&name.to_string_lossy(), part));
        let found: Vec<PathBuf> = fs::entries(path)?.into_iter().filter(inside).collect();
        return chosen(found, part).with_context(|| format!("read a data set: {name}"));
    }
    let canonical = match name {
        // The hub's oldest data sets had no owner.
        "squad" | "squad_v2" => format!("rajpurkar/{name}"),
        _ => name.to_owned(),
    };
    let id = HubId::parse(Kind::Dataset, &canonical);
    match id.filter(|_| canonical.contains('/') && !is_data(name) && !path.exists()) {
        Some(id) => {
            let found = Hub::from_environment()?.dataset(&id, &|file| is_part(file, part));
            let found = found.with_context(|| format!("read a data set: {name:?} is no file here"))?;
            chosen(found, part).with_context(|| format!("read a data set: {name}"))
        }
        None => Ok(vec![path.to_owned()]),
    }
}

fn is_data(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("json" | "jsonl" | "parquet"))
}

/// What files of a part are called, the usual name first.
fn names(part: Part) -> &'static [&'static str] {
    match part {
        Part::Train => &["train"],
        Part::Eval => &["validation", "valid", "dev", "test"],
    }
}

fn is_part(file: &str, part: Part) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    is_data(name) && names(part).iter().any(|start| name.starts_with(start))
}

/// Of all files of a part those with the most usual name, if they lie in one folder.
fn chosen(found: Vec<PathBuf>, part: Part) -> Result<Vec<PathBuf>> {
    let called = |path: &PathBuf, start: &str| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
    };
    for start in names(part) {
        let files: Vec<PathBuf> = found.iter().filter(|path| called(path, start)).cloned().collect();
        let folders: std::collections::BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
        match folders.len() {
            0 => {}
            1 => return Ok(files),
            _ => {
                let all: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                bail!("got several configurations, want the path of one: {}", all.join(", "));
            }
        }
    }
    bail!("got no file called {}*, ending in .json, .jsonl or .parquet", names(part).join("*, "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_its_most_usual_name_in_one_folder() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let both = paths(&["a/test-0.parquet", "a/validation-0.parquet", "a/validation-1.parquet"]);
        assert_eq!(chosen(both.clone(), Part::Eval).unwrap(), both[1..]);
        assert!(is_part("plain_text/train-00000-of-00001.parquet", Part::Train));
        assert!(!is_part("plain_text/train-00000-of-00001.arrow", Part::Train));
        let two = paths(&["a/train.json", "b/train.json"]);
        assert!(chosen(two, Part::Train).unwrap_err().to_string().starts_with("got several configurations"));
        assert!(chosen(Vec::new(), Part::Train).is_err());
    }
}

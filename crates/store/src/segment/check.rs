//! Whether the segments' files are what the manifest says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use trailmark_core::RunId;

use super::manifest::{self, Listed, Part};
use super::sums::{self, Known};
use crate::life::UNREADABLE;
use crate::{Error, Problem, Repository};

/// Runs of which something could not be read, by the file of a segment that it lies in.
pub(crate) type Harmed = BTreeMap<PathBuf, BTreeSet<RunId>>;

/// Runs that are named at most.
const MOST_NAMED: usize = 12;

impl Repository {
    /// Reads every byte of the segments again and says what is damaged or missing, and whose it is.
    pub(crate) fn check_segments(&self, harmed: &Harmed) -> Result<Vec<Problem>, Error> {
        let segments = self.segments()?;
        let unread: BTreeSet<u64> = segments.unread.iter().map(|(listed, ..)| listed.number).collect();
        let mut problems = Vec::new();
        for listed in &segments.manifest.segments {
            let mut sums = sums::load(&self.inner.place.files, self.path(), listed);
            for (part, hash) in &listed.files {
                let path = manifest::file(self.path(), listed.number, *part);
                let known = Known { sums: sums.remove(part), hash: Some(hash.clone()) };
                let is_unread = unread.contains(&listed.number);
                let runs = harmed.get(&path).into_iter().flatten().copied().collect::<Vec<_>>();
                let whose = || whose((listed, *part), &runs, is_unread);
                let name = part.name();
                let reason = match self.look_at(&path, &known) {
                    Ok(Found::Whole) => continue,
                    Ok(Found::Restorable) => {
                        format!("damaged {name} of a segment, nothing is lost, it can be put right")
                    }
                    Ok(Found::Damaged) => format!("damaged {name} of a segment, {}", whose()),
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        format!("missing {name} of a segment, {}", whose())
                    }
                    Err(error) => format!("{UNREADABLE}: {error}"),
                };
                problems.push(Problem { path, offset: 0, n_bytes: 0, reason: reason.into() });
            }
        }
        Ok(problems)
    }

    fn look_at(&self, path: &Path, known: &Known) -> std::io::Result<Found> {
        let file = self.inner.place.files.0.open_at(path)?;
        Ok(match known.holds(&*file)? {
            true => Found::Whole,
            false if known.restore(&*file).is_some() => Found::Restorable,
            false => Found::Damaged,
        })
    }
}

/// What became of a file.
enum Found {
    Whole,
    /// Other bytes, but it is known which they were.
    Restorable,
    Damaged,
}

/// What is lost by a damaged file.
fn whose((listed, part): (&Listed, Part), runs: &[RunId], is_unread: bool) -> String {
    if matches!(part, Part::Pyramid | Part::Sums) {
        return "nothing is lost, it can be made again".to_owned();
    }
    if is_unread {
        return format!("of up to {} runs", listed.n_runs);
    }
    let named: Vec<String> = runs.iter().take(MOST_NAMED).map(RunId::to_string).collect();
    match runs.len() {
        0 => "nothing of a run is lost".to_owned(),
        1..=MOST_NAMED => format!("of runs {}", named.join(", ")),
        n => format!("of runs {} and {} more", named.join(", "), n - MOST_NAMED),
    }
}

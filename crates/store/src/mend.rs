//! Damaged segments mended: byte for byte where that is known, else folded again from what can be read.
//!
//! What is damaged is copied into `set-aside` first; then the new segment is written, then the manifest that names it,
//! and then the old one goes: whenever this ends early, the repository reads as before.

use std::path::{Path, PathBuf};

use trailmark_core::RunId;

use crate::gather::Gather;
use crate::journal::Problem;
use crate::life::UNREADABLE;
use crate::scan::Journals;
use crate::segment::Segments;
use crate::segment::manifest::{self, Listed, Manifest, Part};
use crate::segment::sums::{self, Known};
use crate::segment::whole::Whole;
use crate::segment::write;
use crate::upkeep::Repaired;
use crate::{Error, Repository};

impl Repository {
    /// Mends the segments that problems are about; says what became of each problem.
    pub(crate) fn mend(&self, mut problems: Vec<Problem>) -> Result<Vec<Repaired>, Error> {
        if problems.is_empty() {
            return Ok(Vec::new());
        }
        let _lock = self.compaction_lock()?;
        let manifest = Manifest::read(&self.inner.place.files, self.path())?;
        self.sweep(&manifest)?;
        let mut repaired = Vec::new();
        for listed in &manifest.segments {
            let mut damaged = Vec::new();
            for part in listed.files.keys() {
                let path = manifest::file(self.path(), listed.number, *part);
                damaged
                    .extend(problems.extract_if(.., |problem| problem.path == path).map(|one| (*part, one)));
            }
            repaired.extend(self.mend_segment(listed, damaged)?);
        }
        repaired.extend(problems.into_iter().map(left));
        Ok(repaired)
    }

    fn mend_segment(&self, listed: &Listed, damaged: Vec<(Part, Problem)>) -> Result<Vec<Repaired>, Error> {
        let files = &self.inner.place.files;
        let mut sums = sums::load(files, self.path(), listed);
        let (mut repaired, mut rest) = (Vec::new(), Vec::new());
        for (part, problem) in damaged {
            let known = Known { sums: sums.remove(&part), hash: listed.files.get(&part).cloned() };
            let file = files.0.open_at(&problem.path).ok();
            match file.and_then(|file| known.restore(&*file)) {
                Some(bytes) => repaired.push(self.put_right(problem, &bytes)?),
                None => rest.push((part, problem)),
            }
        }
        if let [(Part::Sums, _)] = rest[..]
            && let Some(bytes) = sums::again(files, self.path(), listed)
        {
            let sums = rest.pop().map(|(_, problem)| self.put_right(problem, &bytes));
            repaired.extend(sums.transpose()?);
        }
        // What is missing may be found, and what the disk does not give back may be read another day.
        let may_come_back = |(part, problem): &(Part, Problem)| {
            let is_derived = matches!(part, Part::Pyramid | Part::Sums);
            problem.reason.starts_with(UNREADABLE) || !is_derived && !files.exists(&problem.path)
        };
        if rest.iter().any(may_come_back) {
            repaired.extend(rest.into_iter().map(|(_, problem)| left(problem)));
        } else if !rest.is_empty() {
            repaired.extend(self.fold_again(listed, rest)?);
        }
        Ok(repaired)
    }

    /// Puts a file as it was in the place of a damaged one.
    fn put_right(&self, problem: Problem, bytes: &[u8]) -> Result<Repaired, Error> {
        let kept = self.copy_aside(&problem.path)?;
        self.inner.place.files.replace(&problem.path, bytes)?;
        Ok(Repaired { problem, kept, is_mended: true })
    }

    /// Writes what can be read of a damaged segment as a new one, which takes its place.
    fn fold_again(&self, listed: &Listed, damaged: Vec<(Part, Problem)>) -> Result<Vec<Repaired>, Error> {
        let files = &self.inner.place.files;
        // Nothing that was found right before is taken on trust.
        let segments = Segments::load(files, self.path(), &Segments::default())?;
        let mut is_everyone_here = !segments.unread.iter().any(|(one, ..)| one.number == listed.number);
        let mut wholes = Vec::new();
        for (id, _) in segments.runs.iter().filter(|(_, (number, _))| *number == listed.number) {
            match self.what_is_left(*id, &segments)? {
                Some(whole) => wholes.push(whole),
                None => is_everyone_here = false,
            }
        }
        let is_all_kept = !is_everyone_here || damaged.iter().any(|(part, _)| *part == Part::Runs);
        let mut repaired = Vec::new();
        for part in listed.files.keys() {
            let problem = damaged.iter().find(|(damaged, _)| damaged == part).map(|(_, problem)| problem);
            if problem.is_none() && !is_all_kept {
                continue;
            }
            let kept = self.copy_aside(&manifest::file(self.path(), listed.number, *part))?;
            repaired.extend(problem.map(|problem| Repaired {
                problem: problem.clone(),
                kept,
                is_mended: true,
            }));
        }
        let mut manifest = segments.manifest.clone();
        manifest.segments.retain(|one| one.number != listed.number);
        if !wholes.is_empty() {
            let number = manifest.next.max(1);
            manifest.next = number + 1;
            manifest.segments.push(write::segment(files, self.path(), number, wholes)?);
        }
        manifest.write(files, self.path())?;
        self.sweep(&manifest)?;
        Ok(repaired)
    }

    /// What can be read of a run in a segment, merged; none where nothing can. Its journals stay as they are.
    fn what_is_left(&self, id: RunId, segments: &Segments) -> Result<Option<Whole>, Error> {
        let sealed = match segments.sealed(id) {
            Err(Error::Broken { .. }) => return Ok(None),
            sealed => sealed?,
        };
        let Some(sealed) = sealed else { return Ok(None) };
        let mut gather = Gather::new(&[], false);
        gather.begin(&[]);
        match sealed.read(&mut gather, true) {
            Err(Error::Broken { .. }) => {}
            read => read?,
        }
        let journals = Journals { sealed: sealed.exact.journals, ..Journals::default() };
        Ok(Some(self.fold_up(id, gather, journals)))
    }

    /// Copies a damaged file into `set-aside`; none for one that is not there.
    fn copy_aside(&self, path: &Path) -> Result<Option<PathBuf>, Error> {
        let files = &self.inner.place.files;
        if !files.exists(path) {
            return Ok(None);
        }
        let kept = self.place_aside(path, 0)?;
        files.replace(&kept, &files.read(path)?)?;
        self.sync_aside(&kept)?;
        Ok(Some(kept))
    }
}

/// A problem about which nothing was done.
fn left(problem: Problem) -> Repaired {
    Repaired { problem, kept: None, is_mended: false }
}

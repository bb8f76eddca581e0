//! Segments: finished runs, folded together into Parquet files that any tool can read.
//!
//! A segment has a file of runs, of points, of pyramids (of long series) and of objects (values that are no numbers).
//! What it holds of a run is what merging the run's journals gives, with enough beside it to merge it again with
//! journals that arrive later: [`Sealed::read`] hands it to the same sink that takes a journal's frames. A journal that
//! is still there beside the segment that it went into changes nothing: its records have the same places.

pub(crate) mod burst;
pub(crate) mod check;
pub(crate) mod column;
pub(crate) mod exact;
mod json;
pub(crate) mod manifest;
pub(crate) mod pyramid;
mod read;
pub(crate) mod sums;
pub(crate) mod whole;
pub(crate) mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trailmark_core::{RunId, WriterId};

use crate::fs::Files;
use crate::{Error, Order};
use column::Table;
use exact::Exact;
use manifest::{Listed, Manifest, Part, Stamp as Version};
use read::Damage;
use sums::Known;

/// The place of what has been merged already: before everything.
pub(crate) const BEFORE_ALL: Order =
    Order { micros: i64::MIN, writer: WriterId::from_bytes([0; WriterId::BYTES]), offset: 0 };

/// The segments of a repository, open.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    pub(crate) manifest: Manifest,
    pub(crate) version: Version,
    pub(crate) open: BTreeMap<u64, Arc<Segment>>,
    /// Where each run lies: in the newest segment that has it.
    pub(crate) runs: BTreeMap<RunId, (u64, usize)>,
    /// Segments that have bytes of runs that were deleted for good.
    pub(crate) with_gone: BTreeSet<u64>,
    /// Segments of which runs may be that nobody knows of, because their list cannot be read, or not all of it.
    pub(crate) unread: Vec<(Listed, PathBuf, String)>,
}

/// One segment. Its files stay readable for whoever has it, also when they are removed.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) listed: Listed,
    runs: Table,
    tables: BTreeMap<Part, Table>,
    folder: PathBuf,
}

/// A run in a segment.
#[derive(Debug)]
pub(crate) struct Sealed {
    segment: Arc<Segment>,
    row: usize,
    pub(crate) exact: Exact,
}

impl Segments {
    /// Reads the manifest and opens what is new in it.
    pub(crate) fn load(files: &Files, repository: &Path, known: &Self) -> Result<Self, Error> {
        let version = manifest::stamp(files, repository)?;
        let manifest = Manifest::read(files, repository)?;
        let mut all = Self { manifest, version, ..Self::default() };
        for listed in &all.manifest.segments {
            let segment = match known.open.get(&listed.number).filter(|known| known.listed == *listed) {
                Some(known) => Arc::clone(known),
                None => match Segment::open(files, repository, listed) {
                    Ok(segment) => Arc::new(segment),
                    Err(Error::Broken { reason, path }) => {
                        all.unread.push((listed.clone(), path, reason));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            let mut damage = Damage::default();
            for (row, id) in segment.ids(&mut damage)? {
                if all.manifest.gone.contains(&id) {
                    all.with_gone.insert(listed.number);
                } else {
                    all.runs.insert(id, (listed.number, row));
                }
            }
            if let Err(error) = damage.told() {
                let path = manifest::file(repository, listed.number, Part::Runs);
                all.unread.push((listed.clone(), path, error.to_string()));
            }
            all.open.insert(listed.number, segment);
        }
        Ok(all)
    }

    /// The number of the segment that has a run.
    pub(crate) fn number(&self, id: RunId) -> Option<u64> {
        self.runs.get(&id).map(|(number, _)| *number)
    }

    /// What a segment holds of a run.
    pub(crate) fn sealed(&self, id: RunId) -> Result<Option<Sealed>, Error> {
        let Some((number, row)) = self.runs.get(&id) else { return Ok(None) };
        let Some(segment) = self.open.get(number) else { return Ok(None) };
        let bytes = segment.runs.texts(write::EXACT, *row..row + 1)?;
        let exact = bytes.first().cloned().flatten().and_then(|bytes| Exact::read(&bytes));
        let exact =
            exact.ok_or_else(|| segment.broken(Part::Runs, "got a run's row that says nothing exact"))?;
        Ok(Some(Sealed { segment: Arc::clone(segment), row: *row, exact }))
    }
}

impl Segment {
    fn open(files: &Files, repository: &Path, listed: &Listed) -> Result<Self, Error> {
        let mut sums = sums::load(files, repository, listed);
        let mut table = |part: Part| {
            let known = Known { sums: sums.remove(&part), hash: listed.files.get(&part).cloned() };
            Table::open(files, &manifest::file(repository, listed.number, part), known)
        };
        let mut tables = BTreeMap::new();
        for part in [Part::Points, Part::Pyramid, Part::Objects] {
            if listed.files.contains_key(&part) {
                match table(part) {
                    Ok(table) => _ = tables.insert(part, table),
                    // Whoever wants something of it is told; the other runs and parts are not the worse for it.
                    Err(Error::Broken { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let folder = manifest::folder(repository);
        Ok(Self { listed: listed.clone(), runs: table(Part::Runs)?, tables, folder })
    }

    /// The runs that it has, each with its row; what of their list cannot be read is noted.
    fn ids(&self, damage: &mut Damage) -> Result<Vec<(usize, RunId)>, Error> {
        let (mut ids, mut odd) = (Vec::new(), Damage::default());
        let read = read::salvage((&self.runs, &[write::RUN]), 0..self.runs.n_rows(), &mut |rows| {
            let texts = self.runs.texts(write::RUN, rows.clone())?;
            for (row, text) in rows.zip(texts) {
                let id = text.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
                match id {
                    Some(id) => ids.push((row, id)),
                    None => odd.note(Err(self.broken(Part::Runs, "got an id that is none")))?,
                }
            }
            Ok(())
        });
        damage.note(read)?;
        damage.note(odd.told())?;
        Ok(ids)
    }

    fn broken(&self, part: Part, reason: &str) -> Error {
        let path = self.folder.join(manifest::name(self.listed.number, part));
        Error::Broken { reason: format!("read a segment: {reason}"), path }
    }

    /// A file of it; none for one that a repair set aside and told of.
    fn table(&self, part: Part) -> Result<Option<&Table>, Error> {
        match self.tables.get(&part) {
            None if self.listed.files.contains_key(&part) => Err(self.broken(part, "it is damaged")),
            table => Ok(table),
        }
    }
}

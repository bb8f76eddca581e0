//! `segments/manifest.toml`: which segments there are. It alone decides; files that it does not name are nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use trailmark_core::RunId;

use crate::Error;
use crate::fs::{self, Files, Stat};

/// The folder of segments in a repository.
pub(crate) const FOLDER: &str = "segments";
const NAME: &str = "manifest.toml";

/// What tells one state of the manifest from another; none where there is none.
pub(crate) type Stamp = Option<Stat>;

/// A file of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Runs,
    Points,
    Pyramid,
    Objects,
    /// Check sums of the others.
    Sums,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [Self::Runs, Self::Points, Self::Pyramid, Self::Objects, Self::Sums];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Points => "points",
            Self::Pyramid => "pyramid",
            Self::Objects => "objects",
            Self::Sums => "sums",
        }
    }
}

/// What the manifest says of a segment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed {
    pub(crate) number: u64,
    pub(crate) n_runs: u64,
    pub(crate) n_points: u64,
    pub(crate) n_bytes: u64,
    /// The BLAKE3 of each file that it has, in hexadecimal digits.
    pub(crate) files: BTreeMap<Part, String>,
}

/// The list of segments.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Manifest {
    /// The number of the next segment; none is used twice.
    pub(crate) next: u64,
    /// By number.
    pub(crate) segments: Vec<Listed>,
    /// Deleted runs whose bytes are gone.
    pub(crate) gone: BTreeSet<RunId>,
}

pub(crate) fn folder(repository: &Path) -> PathBuf {
    repository.join(FOLDER)
}

pub(crate) fn path(repository: &Path) -> PathBuf {
    folder(repository).join(NAME)
}

/// The name of a part's file.
pub(crate) fn name(number: u64, part: Part) -> String {
    let extension = if part == Part::Sums { "crc32c" } else { "parquet" };
    format!("{number:06}-{}.{extension}", part.name())
}

/// The file of a part.
pub(crate) fn file(repository: &Path, number: u64, part: Part) -> PathBuf {
    folder(repository).join(name(number, part))
}

/// The stamp of the manifest as it is now.
pub(crate) fn stamp(files: &Files, repository: &Path) -> Result<Stamp, Error> {
    let path = path(repository);
    match files.0.stat(&path) {
        Ok(stat) => Ok(Some(stat)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fs::named("look at the segments", &path)(error)),
    }
}

impl Manifest {
    /// Reads the manifest of a repository; an empty one where there is none.
    pub(crate) fn read(files: &Files, repository: &Path) -> Result<Self, Error> {
        let path = path(repository);
        if !files.exists(&path) {
            return Ok(Self { next: 1, ..Self::default() });
        }
        let broken = |reason: &str| Error::Broken { reason: reason.to_owned(), path: path.clone() };
        let text = String::from_utf8(files.read(&path)?).map_err(|error| broken(&error.to_string()))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| broken(&error.to_string()))?;
        Self::of(&table).ok_or_else(|| broken("got a list of segments that lacks something"))
    }

    pub(crate) fn of(table: &Table) -> Option<Self> {
        let number = |table: &Table, key: &str| u64::try_from(table.get(key)?.as_integer()?).ok();
        let listed = |value: &Value| {
            let table = value.as_table()?;
            let hashes = Part::ALL
                .into_iter()
                .filter_map(|part| Some((part, table.get(part.name())?.as_str()?.to_owned())));
            Some(Listed {
                number: number(table, "number")?,
                n_runs: number(table, "n_runs")?,
                n_points: number(table, "n_points")?,
                n_bytes: number(table, "n_bytes")?,
                files: hashes.collect(),
            })
        };
        let list =
            |key: &str| table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            next: number(table, "next")?,
            segments: list("segment").iter().map(listed).collect::<Option<_>>()?,
            gone: list("gone").iter().map(|id| id.as_str()?.parse().ok()).collect::<Option<_>>()?,
        })
    }

    /// The manifest that the segments' files themselves tell of: all that were written to their end. Which runs had been
    /// deleted for good is not among what they tell.
    pub(crate) fn of_files(files: &Files, repository: &Path) -> Result<Self, Error> {
        let mut manifest = Self { next: 1, ..Self::default() };
        for path in files.entries(&folder(repository))? {
            let name_of = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name_of.split_once('-').and_then(|(number, _)| number.parse().ok());
            // The file of sums is written last.
            let Some(number) = number.filter(|number| name(*number, Part::Sums) == name_of) else { continue };
            let mut listed = Listed { number, n_runs: 0, n_points: 0, n_bytes: 0, files: BTreeMap::new() };
            for part in Part::ALL {
                let path = file(repository, number, part);
                if !files.exists(&path) {
                    continue;
                }
                let open = files.0.open(&path);
                let mut bytes = open.map_err(fs::named("read a segment", &path))?;
                let kept = crate::blob::hash(&mut bytes, |_| Ok(()));
                let kept = kept.map_err(fs::named("read a segment", &path))?;
                listed.n_bytes += kept.n_bytes;
                listed.files.insert(part, kept.id.to_string());
                let rows = || {
                    super::column::Table::open(files, &path, Default::default())
                        .map_or(0, |table| table.n_rows() as u64)
                };
                match part {
                    Part::Runs => listed.n_runs = rows(),
                    Part::Points => listed.n_points = rows(),
                    _ => {}
                }
            }
            manifest.next = manifest.next.max(number.saturating_add(1));
            if listed.files.contains_key(&Part::Runs) {
                manifest.segments.push(listed);
            }
        }
        manifest.segments.sort_by_key(|listed| listed.number);
        Ok(manifest)
    }

    /// Puts this manifest in the place of the one that is there.
    pub(crate) fn write(&self, files: &Files, repository: &Path) -> Result<(), Error> {
        let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let listed = |one: &Listed| {
            let mut table = Table::from_iter([
                ("number".to_owned(), number(one.number)),
                ("n_runs".to_owned(), number(one.n_runs)),
                ("n_points".to_owned(), number(one.n_points)),
                ("n_bytes".to_owned(), number(one.n_bytes)),
            ]);
            table.extend(one.files.iter().map(|(part, hash)| (part.name().to_owned(), hash.clone().into())));
            Value::Table(table)
        };
        let gone = self.gone.iter().map(|id| Value::String(id.to_string()));
        let table = Table::from_iter([
            ("next".to_owned(), number(self.next)),
            ("gone".to_owned(), Value::Array(gone.collect())),
            ("segment".to_owned(), Value::Array(self.segments.iter().map(listed).collect())),
        ]);
        let path = path(repository);
        let before = stamp(files, repository)?;
        files.replace(&path, table.to_string().as_bytes())?;
        // Readers tell a new one by its time: a clock that is too coarse is waited for.
        while before.is_some() && stamp(files, repository)? == before {
            std::thread::park_timeout(std::time::Duration::from_millis(1));
            files.0.touch_folder(&path).map_err(fs::named("write a file", &path))?;
        }
        Ok(())
    }
}

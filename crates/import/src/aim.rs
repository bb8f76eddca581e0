//! Repositories of Aim: a folder `.aim` with two databases a run and one file of what people call them.
//!
//! `props` reads what people call runs, `facts` params, contexts, files and the end of a run, `points` its series. The
//! databases' keys and values are those of the wire, which `trailmark-aim` knows; what they mean in our words is the same
//! as for a run that Aim's client sends here (`docs/aim.md`), so that either way leads to the same run.

mod facts;
mod points;
mod props;

use std::path::{Path, PathBuf};

use trailmark_aim::Key;
use trailmark_core::{RunId, WallTime};

use crate::rocks::{Database, DatabaseError};
use crate::{Found, Head, ImportError, Intake, Listing, Problem, Source, fs};
use facts::Facts;
use props::Props;

/// The version of Aim's data that is read; a smaller first number was another layout.
const OLDEST: u32 = 1;

/// A repository of Aim.
#[derive(Debug)]
pub struct AimSource {
    /// The folder `.aim`.
    path: PathBuf,
    props: Props,
}

impl AimSource {
    /// Opens a repository of Aim: the folder `.aim`, or the one that it lies in.
    ///
    /// # Errors
    /// [`ImportError::NotASource`], [`ImportError::Io`].
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let inner = path.join(".aim");
        let path = if inner.is_dir() { inner } else { path.to_owned() };
        let none = |reason: &str| ImportError::NotASource {
            what: "an Aim repository",
            reason: reason.to_owned(),
            path: path.clone(),
        };
        if !path.join("meta").is_dir() {
            return Err(none("want a folder .aim that holds meta/"));
        }
        let version = fs::read_at_most(&path.join("VERSION"), 64).unwrap_or_default();
        let version = String::from_utf8_lossy(&version);
        let first = version.trim().split('.').next().and_then(|first| first.parse::<u32>().ok());
        if first.is_some_and(|first| first < OLDEST) {
            return Err(none("its data are of version 0, want 1: aim upgrade 2to3 makes it one"));
        }
        let props = Props::read(&path.join("run_metadata.sqlite"))?;
        Ok(Self { path, props })
    }

    /// The folder of one of a run's two databases.
    fn folder(&self, which: &str, run: RunId) -> PathBuf {
        self.path.join(which).join("chunks").join(run.to_string())
    }

    /// What people call a run, and when it was made: when its first file was, where nobody says so.
    fn head(&self, run: RunId) -> Head {
        let head = self.props.runs.get(&run.to_string()).cloned().unwrap_or_default();
        let made =
            || fs::state(&self.folder("meta", run).join("IDENTITY")).map(|state| WallTime::from(state.1));
        Head { created: head.created.or_else(made), ..head }
    }
}

impl Source for AimSource {
    fn kind(&self) -> &'static str {
        "aim"
    }

    fn list(&mut self) -> Result<Listing, ImportError> {
        let mut listing = Listing { labels: self.props.labels.clone(), ..Listing::default() };
        listing.problems.extend(self.props.problem.clone());
        let chunks = self.path.join("meta/chunks");
        let folders = if chunks.is_dir() { fs::entries(&chunks)? } else { Vec::new() };
        for folder in folders {
            let hash = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match hash.parse::<RunId>() {
                // Its writer makes it at this moment.
                Ok(id) if !Database::is_begun(&self.folder("meta", id)) => {}
                Ok(id) => {
                    let name = self.props.runs.get(&hash).map(|run| run.name.clone());
                    let called = name.filter(|name| !name.is_empty()).unwrap_or(hash);
                    let n_bytes =
                        ["meta", "seqs"].iter().map(|which| Database::n_bytes(&self.folder(which, id))).sum();
                    listing.runs.push(Found { id, called, n_bytes });
                }
                Err(error) => listing
                    .problems
                    .push(Problem { place: folder.display().to_string(), reason: error.to_string() }),
            }
        }
        Ok(listing)
    }

    fn read(&mut self, run: &Found, into: &mut Intake<'_>) -> Result<(), ImportError> {
        let folder = self.folder("meta", run.id);
        let database = match Database::open(&folder) {
            Ok(database) => database,
            Err(error) => {
                tell(into, &folder, &error);
                return Ok(());
            }
        };
        let facts = Facts::read(&database, run.id, into);
        let head = self.head(run.id).finished(facts.ended);
        let created = head.created;
        into.begin(head)?;
        let contexts = facts.hand_over(into)?;
        tell_all(into, &database);
        let n_before = database.n_read();
        drop(database);
        let folder = self.folder("seqs", run.id);
        match Database::open(&folder) {
            Ok(database) => {
                let run = points::OfRun { run: run.id, contexts, created, n_before };
                run.read(&database, into)?;
                tell_all(into, &database);
            }
            // Nothing was tracked.
            Err(DatabaseError::Missing) => {}
            Err(error) => tell(into, &folder, &error),
        }
        Ok(())
    }
}

/// Tells why a database could not be opened.
fn tell(into: &mut Intake<'_>, folder: &Path, error: &DatabaseError) {
    let place = match error {
        DatabaseError::Damaged { path, .. } => path,
        DatabaseError::Missing => folder,
    };
    into.problem(place.display().to_string(), error.to_string());
}

/// Tells what could not be read of a database.
fn tell_all(into: &mut Intake<'_>, database: &Database) {
    for Problem { place, reason } in database.take_problems() {
        into.problem(place, reason);
    }
}

/// A path as Aim's databases have it.
fn encoded(words: &[&str]) -> Vec<u8> {
    let mut path = Vec::new();
    words.iter().for_each(|word| Key::from(*word).encode(&mut path));
    path
}

/// A path as people read it.
fn readable(mut path: &[u8]) -> String {
    let mut words = Vec::new();
    while let Some((key, rest)) = Key::decode(path) {
        words.push(key.to_string());
        path = rest;
    }
    if !path.is_empty() {
        words.push(String::from_utf8_lossy(path).into_owned());
    }
    words.join("/")
}

/// Where the value of a key lies that is kept beside the tree.
fn blob_key(key: &[u8]) -> Vec<u8> {
    [b"BLOBS\xfe", key].concat()
}

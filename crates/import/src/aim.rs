//! Repositories of Aim: a folder `.aim` with two databases a run and one file of what people call them.
//!
//! `props` reads what people call runs.

mod props;

use std::path::{Path, PathBuf};

use trailmark_core::RunId;

use crate::{Found, ImportError, Intake, Listing, Problem, Source, fs};
use props::Props;

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
        if !path.join("meta").is_dir() && !path.join("run_metadata.sqlite").is_file() {
            let reason = "want a folder .aim with meta/ and run_metadata.sqlite".to_owned();
            return Err(ImportError::NotASource { what: "an Aim repository", reason, path });
        }
        let props = Props::read(&path.join("run_metadata.sqlite"))?;
        Ok(Self { path, props })
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
                Ok(id) => {
                    let name = self.props.runs.get(&hash).map(|run| run.name.clone());
                    let called = name.filter(|name| !name.is_empty()).unwrap_or(hash);
                    listing.runs.push(Found { id, called, n_bytes: 0 });
                }
                Err(error) => listing
                    .problems
                    .push(Problem { place: folder.display().to_string(), reason: error.to_string() }),
            }
        }
        Ok(listing)
    }

    fn read(&mut self, run: &Found, into: &mut Intake<'_>) -> Result<(), ImportError> {
        into.begin(self.props.runs.get(&run.id.to_string()).cloned().unwrap_or_default())
    }
}

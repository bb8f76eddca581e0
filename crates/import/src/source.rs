//! What a source implements, and what it says of runs before their points.

use std::collections::BTreeSet;

use trailmark_core::{End, RunId, WallTime};
use trailmark_store::{Label, LabelOf};

use crate::{ImportError, Intake, Problem};

/// Where runs are read from.
pub trait Source {
    /// What it is called in reports and in what is kept of an import, such as `aim`.
    fn kind(&self) -> &'static str;

    /// Looks for runs.
    ///
    /// # Errors
    /// When there is nothing that could be read at all.
    fn list(&mut self) -> Result<Listing, ImportError>;

    /// Hands a run over: [`Intake::begin`] first, then everything else in any order. What cannot be read is told to the
    /// intake ([`Intake::problem`]) and left out; a run that is never begun is left out as a whole.
    ///
    /// # Errors
    /// Only those that the intake gave.
    fn read(&mut self, run: &Found, into: &mut Intake<'_>) -> Result<(), ImportError>;
}

/// What a source holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// Its runs, in the order in which they are read.
    pub runs: Vec<Found>,
    /// What is said of tags and experiments as such.
    pub labels: Vec<(LabelOf, String, Label)>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A run that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id here: the same for the same run of a source at every import.
    pub id: RunId,
    /// What the source calls it.
    pub called: String,
    /// About how many bytes are read for it.
    pub n_bytes: u64,
}

/// What people call a run, and its times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Head {
    /// When it began; without it the run begins now, or when it already does.
    pub created: Option<WallTime>,
    /// When and how it ended; none while it lives, or when it crashed.
    pub ended: Option<(WallTime, End)>,
    /// Its name; empty when nobody gave one.
    pub name: String,
    /// The experiment that it belongs to.
    pub experiment: String,
    /// What it is about.
    pub description: String,
    /// What people noted about it.
    pub note: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Whether it is out of sight.
    pub is_archived: bool,
}

//! The one door between training code and tracking.
//!
//! Training must never stop because recording does: no method here fails or blocks on a disk or a network. What was
//! lost on the way is counted and said once, by [`Recorder::finish`].

use thiserror::Error;

use crate::{Artifact, At, ContentId, Context, End, Kept, ParamValue, SeriesKey, Step, Value};

/// Records one run. Object-safe; shared between threads.
pub trait Recorder: Send + Sync {
    /// Adds a point to the series (`name`, `context`).
    fn track(&self, name: &str, context: &Context, at: At, value: Value);

    /// Replaces the subtree of the run's params at a path of keys.
    fn set_param(&self, path: &[&str], value: ParamValue);

    /// Changes what people call the run.
    fn edit(&self, edit: Edit);

    /// Keeps texts by content, once for the repository, and says their ids in the same order.
    fn contents(&self, texts: &[&str]) -> Vec<ContentId>;

    /// Keeps bytes by content, once for the repository, and says how a value refers to them.
    fn keep(&self, bytes: Vec<u8>) -> Kept;

    /// Says which file the run has under a name; the later one of a name counts.
    fn artifact(&self, name: &str, artifact: Artifact);

    /// Remembers which paragraphs a subset (`train`, `eval`) holds, so that a leak can be seen afterwards.
    fn paragraphs(&self, subset: &str, paragraphs: &[ContentId]);

    /// Waits until everything so far is in the kernel's hands (survives SIGKILL).
    fn flush(&self);

    /// Ends the recording, durably, and says what was lost. Further calls record nothing.
    ///
    /// # Errors
    /// When anything that was given could not be recorded.
    fn finish(&self, end: End) -> Result<(), Loss>;
}

/// A change of what people call a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Its name.
    Name(String),
    /// The experiment that it belongs to.
    Experiment(String),
    /// A longer text.
    Description(String),
    /// One more tag.
    AddTag(String),
    /// One tag less.
    RemoveTag(String),
    /// What people noted about it afterwards; replaces the note before.
    Note(String),
    /// Out of sight (true) or back (false): not listed by default, never the best run.
    Archive(bool),
    /// Deleted (true) or restored (false), which works until its bytes are compacted away.
    Delete(bool),
    /// What was tracked of a series until now is deleted (true) or restored (false): all of it, or what one step has.
    DeletePoints {
        /// Which series.
        series: SeriesKey,
        /// At which step; none for every one.
        step: Option<Step>,
        /// Whether it is deleted.
        is_deleted: bool,
    },
    /// A file of the run is deleted (true) or restored (false).
    DeleteArtifact {
        /// Its name.
        name: String,
        /// Whether it is deleted.
        is_deleted: bool,
    },
}

/// What could not be recorded, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record the run: lost {points} points and {others} other records: {reason}")]
pub struct Loss {
    /// Points that are not in the journal.
    pub points: u64,
    /// Params, edits and contents that are not in the journal.
    pub others: u64,
    /// The first reason.
    pub reason: String,
}

/// Records nothing: for training code that nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Discard;

impl Recorder for Discard {
    fn track(&self, _: &str, _: &Context, _: At, _: Value) {}
    fn set_param(&self, _: &[&str], _: ParamValue) {}
    fn edit(&self, _: Edit) {}
    fn contents(&self, texts: &[&str]) -> Vec<ContentId> {
        texts.iter().map(ContentId::of).collect()
    }
    fn keep(&self, bytes: Vec<u8>) -> Kept {
        Kept { id: ContentId::of(&bytes), n_bytes: bytes.len() as u64 }
    }
    fn artifact(&self, _: &str, _: Artifact) {}
    fn paragraphs(&self, _: &str, _: &[ContentId]) {}
    fn flush(&self) {}
    fn finish(&self, _: End) -> Result<(), Loss> {
        Ok(())
    }
}

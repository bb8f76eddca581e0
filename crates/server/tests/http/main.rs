//! The interface as `docs/http.md` has it: a real server on a port of its own, asked over HTTP.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../../examples/generate/media.rs"]
mod media;
#[path = "../../examples/generate/picture.rs"]
mod picture;
#[path = "../../examples/generate/scenario.rs"]
mod scenario;
#[path = "../../examples/generate/words.rs"]
mod words;
#[path = "../../examples/generate/writer.rs"]
mod writer;

mod aim;
mod answers;
mod arrow;
mod ask;
mod blobs;
mod edits;
mod extract;
mod guard;
mod ingest;
mod labels;
mod live;
mod logs;
mod objects;
mod openapi;
mod runs;
mod search;
mod series;
mod served;
mod sign_in;
mod texts;
mod views;

use std::path::Path;

use trailmark_core::Edit;
use trailmark_store::Repository;

use writer::{Dice, Writer};

/// A repository with the grid of six runs.
fn reference() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    scenario::reference(folder.path());
    folder
}

/// An empty repository.
fn empty() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Repository::open_or_create(folder.path()).unwrap();
    folder
}

/// A new run with a name.
fn begin(folder: &Path, name: &str, now: f64) -> Writer {
    let repository = Repository::open(folder).unwrap();
    let seed = name.bytes().fold(1, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut run = Writer::begin(&repository, now, &mut Dice(seed));
    run.edit(Edit::Name(name.to_owned()));
    run
}

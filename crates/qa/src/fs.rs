//! Every touch of the file system, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::Error;

fn named(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { action, path: path.to_owned(), source }
}

/// All bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(named("read a file", path))
}

/// A file to read.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(named("read a file", path))
}

/// Whether a file's first bytes are these.
pub(crate) fn starts_with(path: &Path, magic: &[u8]) -> Result<bool, Error> {
    let mut first = Vec::new();
    let mut part = open(path)?.take(magic.len() as u64);
    part.read_to_end(&mut first).map_err(named("read a file", path))?;
    Ok(first == magic)
}

/// A file's text.
pub(crate) fn read_to_string(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(named("read a file", path))
}

/// Writes beside the old file and renames.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_added_extension("new");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(named("write a file", path))
}

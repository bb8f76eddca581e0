//! Every touch of the file system, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;

/// Adds action and path to what the operating system said.
pub(crate) fn named(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { action, path: path.to_owned() },
        _ => Error::Io { action, path: path.to_owned(), source },
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(named("read a file", path))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(named("make a folder", path))
}

/// Makes a file that must not be there yet.
pub(crate) fn create_new(path: &Path) -> Result<File, Error> {
    File::options().append(true).create_new(true).open(path).map_err(named("make a file", path))
}

pub(crate) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(named("open a file", path))
}

/// Writes beside the old file, syncs and renames.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_added_extension(format!("{}.new", std::process::id()));
    let write = || {
        std::fs::write(&beside, bytes)?;
        File::open(&beside)?.sync_data()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| {
        // The half-written file helps nobody; that it may not be there is no second error.
        let _ = std::fs::remove_file(&beside);
        named("write a file", path)(error)
    })
}

/// The entries of a folder, sorted; none when it is not there.
pub(crate) fn entries(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(named("read a folder", path)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(named("read a folder", path))?.path());
    }
    paths.sort();
    Ok(paths)
}

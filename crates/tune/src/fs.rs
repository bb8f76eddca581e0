//! Every touch of the file system, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use crate::Error;

fn named(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { action, path: path.to_owned(), source }
}

pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(named("make a folder", path))
}

pub(crate) fn read_to_string(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(named("read a file", path))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(named("write a file", path))
}

/// Renames a finished folder into place; an older one of the same name goes first.
pub(crate) fn replace_folder(from: &Path, to: &Path) -> Result<(), Error> {
    remove_folder(to)?;
    std::fs::rename(from, to).map_err(named("rename a folder", to))
}

/// Removes a folder with its content; one that is not there is no error.
pub(crate) fn remove_folder(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(named("remove a folder", path)(error))
        }
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(named("remove a file", path)(error))
        }
        _ => Ok(()),
    }
}

/// The entries of a folder, sorted; none when it is not there.
pub(crate) fn entries(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(named("read a folder", path)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(named("read a folder", path))?.path());
    }
    paths.sort();
    Ok(paths)
}

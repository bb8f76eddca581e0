//! Every touch of the file system, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::io::Write as _;
use std::path::Path;

use crate::Error;

fn named(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { action, path: path.to_owned(), source }
}

/// All bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(named("read a file", path))
}

/// A file's text.
pub(crate) fn read_to_string(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(named("read a file", path))
}

/// Makes a folder and those above it.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(named("make a folder", path))
}

/// Writes beside the old file, syncs and renames: readers see the old or the new one, never half of either.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_added_extension("new");
    let write = || {
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|source| {
        // The half-written file helps nobody; that it may not be there is no second error.
        let _ = std::fs::remove_file(&beside);
        Error::Io { action: "write a file", path: path.to_owned(), source }
    })
}

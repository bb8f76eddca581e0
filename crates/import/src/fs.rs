//! Every touch of the file system: sources are opened for reading only, and nothing is made beside them.
#![allow(clippy::disallowed_methods)]

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::ImportError;

/// What lies in a folder, by name.
pub(crate) fn entries(path: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let list = || {
        let entries = std::fs::read_dir(path)?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    list().map_err(named("list a folder", path))
}

/// The path without links and dots; of a file or folder that is there.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, ImportError> {
    path.canonicalize().map_err(named("look for a file or folder", path))
}

/// Copies a file; false when there is none of that name.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<bool, ImportError> {
    match std::fs::copy(from, to) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(named("copy a file", from)(error)),
    }
}

/// Adds what was attempted and on what to an error.
pub(crate) fn named(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ImportError {
    let path = path.to_owned();
    move |source| ImportError::Io { action, path, source }
}

/// Length and time of a file; none where there is none.
pub(crate) fn state(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Removes a file of our own, if there is one.
pub(crate) fn forget(path: &Path) -> Result<(), ImportError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named("remove a file", path)(error)),
        _ => Ok(()),
    }
}

/// Opens a file for reading.
pub(crate) fn open(path: &Path) -> Result<File, ImportError> {
    File::open(path).map_err(named("read a file", path))
}

/// A file as a whole, which is an error when it is longer.
pub(crate) fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes).map_err(named("read a file", path))?;
    if bytes.len() as u64 > most {
        let error = io::Error::other(format!("got more than {most} bytes"));
        return Err(named("read a file", path)(error));
    }
    Ok(bytes)
}

/// Bytes that are read at any place.
pub(crate) trait ReadAt: Debug {
    /// How many there are.
    fn n_bytes(&self) -> io::Result<u64>;

    /// Fills a buffer from a place on.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn n_bytes(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(into, offset)
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl ReadAt for Vec<u8> {
    fn n_bytes(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)?.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

//! Every touch of the file system, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};

/// A file's text.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read a file: {}", path.display()))
}

/// A file's bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read a file: {}", path.display()))
}

/// When a file was changed, how long it is, and which it is; none when it cannot be looked at.
pub(crate) fn look(path: &Path) -> Option<(SystemTime, u64, u64)> {
    // Whoever reads it says what is wrong with it.
    let about = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let which = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let which = 0;
    Some((about.modified().ok()?, about.len(), which))
}

/// Whether every user of the machine may read a file.
pub(crate) fn is_readable_by_all(path: &Path) -> bool {
    #[cfg(unix)]
    let is_open = std::fs::metadata(path)
        .is_ok_and(|about| std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o004 != 0);
    #[cfg(not(unix))]
    let is_open = false;
    is_open
}

/// A file's text; none when there is no such file.
pub(crate) fn read_text_if_any(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read a file: {}", path.display())),
    }
}

/// A file to read.
pub(crate) fn open(path: &Path) -> Result<File> {
    File::open(path).with_context(|| format!("open a file: {}", path.display()))
}

/// A file to write anew.
pub(crate) fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("make a file: {}", path.display()))
}

/// A file to read and to go on with.
pub(crate) fn open_to_append(path: &Path) -> Result<File> {
    let mut options = File::options();
    let opened = options.read(true).append(true).create(true).open(path);
    opened.with_context(|| format!("open a file: {}", path.display()))
}

/// Fails where a file could not be made because its folder is not there; an empty path is the folder we are in.
pub(crate) fn want_folder(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let found = std::fs::read_dir(path);
    found.map(|_| ()).with_context(|| format!("find a folder: {}", path.display()))
}

/// Whether nothing is there, or a folder with nothing in it.
pub(crate) fn is_absent_or_empty(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// A folder with those above it.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("make a folder: {}", path.display()))
}

/// The one path of what is there, by whatever path it is named; none when nothing is there.
pub(crate) fn canonical_if_any(path: &Path) -> Option<PathBuf> {
    // What cannot be looked at is not there for us either, and whoever opens it says why.
    std::fs::canonicalize(path).ok()
}

/// A file that this process alone holds as long as it is open; none when another one has it.
pub(crate) fn hold(path: &Path) -> Result<Option<File>> {
    let file = open_to_append(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("lock a file: {}", path.display()))
        }
    }
}

/// Writes a file beside its old self and renames it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_added_extension("new");
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("write a file: {}", path.display()))
}

/// Gives a finished file or folder its name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).with_context(|| format!("rename to {}", to.display()))
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).with_context(|| format!("remove a file: {}", path.display()))
}

/// Removes a folder with its content; one that is not there is no error.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove a folder: {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a file or a folder with its content; nothing there is no error.
pub(crate) fn remove_folder_or_file(path: &Path) -> Result<()> {
    if path.is_file() { remove(path) } else { remove_folder(path) }
}

/// Makes `link` show `file`, by a symbolic link to `target` where the system has such, else by a copy.
pub(crate) fn link(target: &Path, file: &Path, link: &Path) -> Result<()> {
    if link.exists() {
        return Ok(());
    }
    // A link that leads nowhere is in the way.
    let _ = std::fs::remove_file(link);
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(target, link);
    #[cfg(not(unix))]
    let made: std::io::Result<()> = Err(std::io::ErrorKind::Unsupported.into());
    let made = made.or_else(|_| std::fs::copy(file, link).map(|_| ()));
    made.with_context(|| format!("link {} to {}", link.display(), target.display()))
}

/// The entries of a folder, sorted.
pub(crate) fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut entries = read().with_context(|| format!("read a folder: {}", path.display()))?;
    entries.sort();
    Ok(entries)
}

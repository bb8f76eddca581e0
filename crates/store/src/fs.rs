//! Every touch of the file system, so that each error names its path and tests can make any call fail.
//!
//! [`Disk`] is what the operating system offers and a test may deny; [`Files`] adds action and path to its errors.
#![allow(clippy::disallowed_methods)]

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, FlockOperation, flock, statat};
use rustix::io::Errno;

use crate::Error;

/// How long after its last byte a journal counts as written on a file system that has no locks.
const LEASE: Duration = Duration::from_secs(30);

/// Reading and seeking, as a blob is opened.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// A file that stays open, also when its name is gone.
pub(crate) trait ReadAt: Debug + Send + Sync {
    fn n_bytes(&self) -> u64;
    /// As many bytes from an offset on as there are, at most so many.
    fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>>;
}

/// Length and time of the last change of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) n_bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
}

/// A folder tree. The methods are those of `std::fs`, with its errors.
pub(crate) trait Disk: Debug + Send + Sync {
    fn stat(&self, path: &Path) -> io::Result<Stat>;
    /// The bytes from an offset to the end; none when the file is shorter.
    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Vec<u8>>;
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadSeek>>;
    fn open_at(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>>;
    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
    /// When each of the named entries of a folder changed, as [`Stat::modified`]; none for one that is not there.
    fn modified(&self, folder: &Path, names: &mut dyn Iterator<Item = &str>) -> io::Result<Vec<Option<i64>>> {
        Ok(names.map(|name| Some(self.stat(&folder.join(name)).ok()?.modified)).collect())
    }
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a file that must not be there yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// The same, readable by its owner alone.
    fn create_private(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.create(path)
    }
    /// Opens a file to write at its end.
    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder's time of change now: a file in it grew that others do not look at again.
    fn touch_folder(&self, path: &Path) -> io::Result<()>;
    /// Whether a living writer holds the file.
    fn is_held(&self, path: &Path) -> io::Result<bool>;
}

/// A file that is being written. Dropping it gives its lock back.
pub(crate) trait DiskFile: Debug + Send {
    /// Appends; may take fewer bytes than given.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, n_bytes: u64) -> io::Result<()>;
    /// Takes the lock; false when another holds it.
    fn lock(&mut self) -> io::Result<bool>;
}

/// Appends all bytes.
pub(crate) fn write_all(file: &mut dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Adds action and path to what the operating system said.
pub(crate) fn named(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { action, path: path.to_owned() },
        _ => Error::Io { action, path: path.to_owned(), source },
    }
}

/// A disk whose errors say what was attempted, on which path.
#[derive(Debug, Clone)]
pub(crate) struct Files(pub(crate) Arc<dyn Disk>);

impl Files {
    pub(crate) fn exists(&self, path: &Path) -> bool {
        self.0.stat(path).is_ok()
    }

    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        self.0.read_from(path, 0).map_err(named("read a file", path))
    }

    pub(crate) fn create_folder(&self, path: &Path) -> Result<(), Error> {
        self.0.create_folder(path).map_err(named("make a folder", path))
    }

    /// The entries of a folder, sorted; none when it is not there.
    pub(crate) fn entries(&self, path: &Path) -> Result<Vec<PathBuf>, Error> {
        match self.0.entries(path) {
            Ok(mut entries) => {
                entries.sort();
                Ok(entries)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(named("read a folder", path)(error)),
        }
    }

    /// Writes beside the old file, syncs and renames.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.replace_by(path, bytes, |beside| self.0.create(beside))
    }

    /// The same, readable by its owner alone.
    pub(crate) fn replace_private(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.replace_by(path, bytes, |beside| self.0.create_private(beside))
    }

    fn replace_by(
        &self,
        path: &Path,
        bytes: &[u8],
        create: impl Fn(&Path) -> io::Result<Box<dyn DiskFile>>,
    ) -> Result<(), Error> {
        let random = trailmark_core::WriterId::generate();
        let beside = path.with_added_extension(format!("{random}.new"));
        let write = || {
            let mut file = create(&beside)?;
            write_all(&mut *file, bytes)?;
            file.sync()?;
            self.0.rename(&beside, path)?;
            path.parent().map_or(Ok(()), |folder| self.0.sync_folder(folder))
        };
        write().map_err(|error| {
            // The half-written file helps nobody; that it may not be there is no second error.
            let _ = self.0.remove(&beside);
            named("write a file", path)(error)
        })
    }
}

/// The operating system's file system.
#[derive(Debug)]
pub(crate) struct Os;

#[derive(Debug)]
struct OsFile(File);

#[derive(Debug)]
struct OpenFile {
    file: File,
    n_bytes: u64,
}

impl ReadAt for OpenFile {
    fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; n_bytes];
        let mut n_read = 0;
        while let Some(rest) = bytes.get_mut(n_read..).filter(|rest| !rest.is_empty()) {
            match rustix::io::pread(&self.file, rest, offset + n_read as u64) {
                Ok(0) => break,
                Ok(count) => n_read += count,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(n_read);
        Ok(bytes)
    }
}

impl Disk for Os {
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let stat = std::fs::metadata(path)?;
        let since = stat.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Stat { n_bytes: stat.len(), modified: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) })
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset))?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(File::open(path)?))
    }

    fn open_at(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        let file = File::open(path)?;
        let n_bytes = file.metadata()?.len();
        Ok(Arc::new(OpenFile { file, n_bytes }))
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
    }

    /// Relative to the open folder: thousands of names cost no walk from the root each.
    fn modified(&self, folder: &Path, names: &mut dyn Iterator<Item = &str>) -> io::Result<Vec<Option<i64>>> {
        let folder = File::open(folder)?;
        let time = |name: &str| {
            let stat = statat(&folder, name, AtFlags::empty()).ok()?;
            stat.st_mtime.checked_mul(1_000_000_000)?.checked_add_unsigned(stat.st_mtime_nsec)
        };
        Ok(names.map(time).collect())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OsFile(File::options().append(true).create_new(true).open(path)?)))
    }

    fn create_private(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = File::options();
        options.append(true).create_new(true).mode(0o600);
        Ok(Box::new(OsFile(options.open(path)?)))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(OsFile(File::options().append(true).open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn touch_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.set_modified(SystemTime::now())
    }

    fn is_held(&self, path: &Path) -> io::Result<bool> {
        let file = File::open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            // No locks here: a journal that grew lately has a writer.
            Err(_) => {
                let age = SystemTime::now().duration_since(file.metadata()?.modified()?);
                Ok(age.is_ok_and(|age| age < LEASE))
            }
        }
    }
}

impl DiskFile for OsFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, n_bytes: u64) -> io::Result<()> {
        self.0.set_len(n_bytes)
    }

    fn lock(&mut self) -> io::Result<bool> {
        // A reader that asks who holds a file holds it itself for a moment: try again for a while.
        for _ in 0..20 {
            match flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) => std::thread::park_timeout(Duration::from_millis(2)),
                // Without locks the lease has to do.
                Ok(()) | Err(_) => return Ok(true),
            }
        }
        Ok(false)
    }
}

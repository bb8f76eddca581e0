//! A disk in memory that fails at the call that a test chooses, and can lose what was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::fs::{Disk, DiskFile, Files, ReadAt, ReadSeek, Stat};

/// How the chosen call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The disk is full: a write takes a part of its bytes, then nothing more, until there is room.
    Full,
    /// The call fails, and every one after it.
    Broken,
    /// The call fails, and none after it.
    Once,
    /// A write takes one byte and says so: no failure, but a caller must go on.
    Short,
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// How many of the bytes survive a power cut.
    n_synced: usize,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    folders: BTreeSet<PathBuf>,
    /// The names of files and folders that survive a power cut: as they were when the folder that has them was synced.
    kept_files: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    kept_folders: BTreeSet<PathBuf>,
    /// Files of which the disk gives nothing back.
    unreadable: BTreeSet<PathBuf>,
    /// Files that another process removes right before they are read.
    vanishing: BTreeSet<PathBuf>,
    held: BTreeSet<PathBuf>,
    n_calls: usize,
    fault: Option<(usize, Fault)>,
    clock: i64,
}

/// A disk in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Debug)]
struct MemoryFile {
    disk: Memory,
    path: PathBuf,
    content: Arc<Mutex<Content>>,
    has_lock: bool,
}

/// What a disk says that cannot do what it is asked for (EIO).
fn broken() -> io::Error {
    io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error())
}

impl Memory {
    pub(crate) fn files(&self) -> Files {
        Files(Arc::new(self.clone()))
    }

    /// Lets the `n`-th changing call from now on go wrong.
    pub(crate) fn fail_at(&self, n: usize, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        state.fault = Some((state.n_calls + n, fault));
    }

    /// Makes room, mends.
    pub(crate) fn heal(&self) {
        self.0.lock().unwrap().fault = None;
    }

    /// Changing calls so far.
    pub(crate) fn n_calls(&self) -> usize {
        self.0.lock().unwrap().n_calls
    }

    /// What the disk has after a power cut: of each file only what was synced, under a name that was. Locks are gone.
    pub(crate) fn after_power_cut(&self) -> Self {
        let state = self.0.lock().unwrap();
        let cut = |content: &Arc<Mutex<Content>>| {
            let content = content.lock().unwrap();
            let bytes = content.bytes[..content.n_synced.min(content.bytes.len())].to_vec();
            Arc::new(Mutex::new(Content { n_synced: bytes.len(), bytes }))
        };
        // The folder that a test names is there, and so is what it lies in.
        let is_kept = |path: &Path| {
            path.ancestors()
                .skip(1)
                .all(|folder| folder.components().count() < 2 || state.kept_folders.contains(folder))
        };
        let files = state.kept_files.iter().filter(|(path, _)| is_kept(path));
        let files: BTreeMap<_, _> = files.map(|(path, content)| (path.clone(), cut(content))).collect();
        let named = state.kept_folders.iter().filter(|path| is_kept(path)).cloned();
        let folders: BTreeSet<PathBuf> =
            named.chain(state.folders.iter().filter(|path| path.components().count() < 2).cloned()).collect();
        let (kept_files, kept_folders) = (files.clone(), folders.clone());
        Self(Arc::new(Mutex::new(State { files, folders, kept_files, kept_folders, ..State::default() })))
    }

    /// Makes everything durable that is there.
    pub(crate) fn keep_all(&self) {
        let mut state = self.0.lock().unwrap();
        for content in state.files.values() {
            let mut content = content.lock().unwrap();
            content.n_synced = content.bytes.len();
        }
        (state.kept_files, state.kept_folders) = (state.files.clone(), state.folders.clone());
    }

    /// Lets every read of a file fail, or no longer.
    pub(crate) fn set_unreadable(&self, path: &Path, is_unreadable: bool) {
        let mut state = self.0.lock().unwrap();
        state.clock += 1;
        let _ = match is_unreadable {
            true => state.unreadable.insert(path.to_owned()),
            false => state.unreadable.remove(path),
        };
    }

    /// Lets a file be gone when it is read next, though it was there when it was looked for.
    pub(crate) fn vanish_at_read(&self, path: &Path) {
        self.0.lock().unwrap().vanishing.insert(path.to_owned());
    }

    /// All files.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.0.lock().unwrap().files.keys().cloned().collect()
    }

    /// Puts a file there that nobody of ours wrote.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap();
        state.clock += 1;
        path.ancestors().skip(1).for_each(|folder| _ = state.folders.insert(folder.to_owned()));
        path.ancestors().skip(1).for_each(|folder| _ = state.kept_folders.insert(folder.to_owned()));
        let content = Arc::new(Mutex::new(Content { bytes: bytes.to_vec(), n_synced: bytes.len() }));
        state.kept_files.insert(path.to_owned(), Arc::clone(&content));
        state.files.insert(path.to_owned(), content);
    }

    /// The journals in a folder.
    pub(crate) fn journals(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = self.entries(folder).unwrap();
        entries.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "journal")).collect()
    }

    /// What a file holds.
    pub(crate) fn read(&self, path: &Path) -> Vec<u8> {
        self.read_from(path, 0).unwrap()
    }

    /// Counts a call that changes something; says how it goes wrong.
    fn call(&self) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        state.n_calls += 1;
        state.clock += 1;
        let (at, fault) = state.fault?;
        let is_due = match fault {
            Fault::Short | Fault::Once => state.n_calls == at,
            Fault::Full | Fault::Broken => state.n_calls >= at,
        };
        is_due.then_some(fault)
    }

    fn change(&self) -> io::Result<()> {
        match self.call() {
            None | Some(Fault::Short | Fault::Full) => Ok(()),
            Some(Fault::Broken | Fault::Once) => Err(broken()),
        }
    }

    fn content(&self, path: &Path) -> io::Result<Arc<Mutex<Content>>> {
        self.0.lock().unwrap().files.get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

#[derive(Debug)]
struct Snapshot(Vec<u8>);

impl ReadAt for Snapshot {
    fn n_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        Ok(rest[..n_bytes.min(rest.len())].to_vec())
    }
}

impl Disk for Memory {
    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let state = self.0.lock().unwrap();
        // Every look finds another time, so that every folder is looked into.
        let modified = state.clock;
        match state.files.get(path) {
            Some(content) => Ok(Stat { n_bytes: content.lock().unwrap().bytes.len() as u64, modified }),
            None if state.folders.contains(path) => Ok(Stat { n_bytes: 0, modified }),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Vec<u8>> {
        let is_gone = self.0.lock().unwrap().vanishing.remove(path);
        if is_gone {
            self.remove(path)?;
        }
        let content = self.content(path)?;
        if self.0.lock().unwrap().unreadable.contains(path) {
            return Err(broken());
        }
        let content = content.lock().unwrap();
        Ok(content.bytes.get(offset as usize..).unwrap_or_default().to_vec())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadSeek>> {
        Ok(Box::new(Cursor::new(self.read_from(path, 0)?)))
    }

    fn open_at(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(Snapshot(self.read_from(path, 0)?)))
    }

    fn entries(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.0.lock().unwrap();
        let all = state.files.keys().chain(&state.folders);
        Ok(all.filter(|entry| entry.parent() == Some(path)).cloned().collect())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = self.0.lock().unwrap();
        path.ancestors().for_each(|folder| _ = state.folders.insert(folder.to_owned()));
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.change()?;
        if self.content(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.0.lock().unwrap().files.insert(path.to_owned(), Arc::default());
        self.append(path)
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let content = self.content(path)?;
        Ok(Box::new(MemoryFile { disk: self.clone(), path: path.to_owned(), content, has_lock: false }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = self.0.lock().unwrap();
        let content = state.files.remove(from).ok_or(ErrorKind::NotFound)?;
        state.files.insert(to.to_owned(), content);
        if state.held.remove(from) {
            state.held.insert(to.to_owned());
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let removed = self.0.lock().unwrap().files.remove(path);
        removed.map(|_| ()).ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        if !self.entries(path)?.is_empty() {
            return Err(ErrorKind::DirectoryNotEmpty.into());
        }
        self.0.lock().unwrap().folders.remove(path);
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        let mut state = self.0.lock().unwrap();
        let is_in = |entry: &Path| entry.parent() == Some(path);
        let State { files, folders, kept_files, kept_folders, .. } = &mut *state;
        kept_files.retain(|entry, _| !is_in(entry));
        kept_files
            .extend(files.iter().filter(|(entry, _)| is_in(entry)).map(|(a, b)| (a.clone(), b.clone())));
        kept_folders.retain(|entry| !is_in(entry));
        kept_folders.extend(folders.iter().filter(|entry| is_in(entry)).cloned());
        Ok(())
    }

    fn touch_folder(&self, _: &Path) -> io::Result<()> {
        self.change()
    }

    fn is_held(&self, path: &Path) -> io::Result<bool> {
        Ok(self.0.lock().unwrap().held.contains(path))
    }
}

impl DiskFile for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fault = self.disk.call();
        let mut content = self.content.lock().unwrap();
        let count = match fault {
            None => bytes.len(),
            Some(Fault::Short) => 1.min(bytes.len()),
            Some(Fault::Broken | Fault::Once) => return Err(broken()),
            // The first write finds a little room, the next none.
            Some(Fault::Full) => {
                let half = bytes.len() / 2;
                content.bytes.extend_from_slice(&bytes[..half]);
                return Err(ErrorKind::StorageFull.into());
            }
        };
        content.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.change()?;
        let mut content = self.content.lock().unwrap();
        content.n_synced = content.bytes.len();
        Ok(())
    }

    fn truncate(&mut self, n_bytes: u64) -> io::Result<()> {
        self.disk.change()?;
        let mut content = self.content.lock().unwrap();
        content.bytes.truncate(n_bytes as usize);
        content.n_synced = content.n_synced.min(n_bytes as usize);
        Ok(())
    }

    fn lock(&mut self) -> io::Result<bool> {
        self.has_lock = self.disk.0.lock().unwrap().held.insert(self.path.clone());
        Ok(self.has_lock)
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if self.has_lock {
            let mut state = self.disk.0.lock().unwrap();
            // It may have been renamed since: then it is the name that has its content.
            let held = state.held.clone();
            let mine = held.iter().find(|path| {
                state.files.get(*path).is_some_and(|content| Arc::ptr_eq(content, &self.content))
            });
            if let Some(mine) = mine {
                state.held.remove(mine);
            }
            state.held.remove(&self.path);
        }
    }
}

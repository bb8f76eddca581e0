//! Blobs: bytes that are kept by content, each once.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use trailmark_core::{ContentId, Kept, WriterId};

use crate::codec::Writer;
use crate::store::unpack_texts;
use crate::{Error, Repository, fs};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Reads to the end and hands each piece on; says what was read.
pub(crate) fn hash(from: &mut dyn Read, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Kept> {
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut n_bytes = 0;
    loop {
        let read = match from.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => piece.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(read);
        n_bytes += read.len() as u64;
        each(read)?;
    }
    Ok(Kept { id: ContentId::from_bytes(*hasher.finalize().as_bytes()), n_bytes })
}

impl Repository {
    /// Keeps bytes by content.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    pub fn put_blob(&self, bytes: &[u8]) -> Result<ContentId, Error> {
        let id = ContentId::of(bytes);
        let path = self.blob_path(&id);
        let files = &self.inner.place.files;
        let folder = path.parent().unwrap_or(self.path());
        if self.has_young(&path) {
            // Whoever put it there may have failed before its name was durable.
            files.0.sync_folder(folder).map_err(fs::named("keep a blob", &path))?;
        } else {
            files.create_folder(folder)?;
            files.replace(&path, bytes)?;
        }
        self.keep_folder(folder)?;
        Ok(id)
    }

    /// Whether a blob is there; makes it young, so that nobody removes it before the caller refers to it.
    fn has_young(&self, path: &Path) -> bool {
        let files = &self.inner.place.files;
        // Where it cannot be written to, nobody removes it either.
        let Ok(mut file) = files.0.append(path) else { return files.exists(path) };
        let _is_locked = file.lock();
        let _is_young = files.0.touch_folder(path);
        files.exists(path)
    }

    /// Keeps what a reader gives, however much, by content.
    ///
    /// # Errors
    /// [`Error::Io`], also from the reader; [`Error::Full`].
    pub fn put_blob_from(&self, from: &mut dyn Read) -> Result<Kept, Error> {
        let files = &self.inner.place.files;
        let beside = self.path().join("blobs/new").join(format!("{}.new", WriterId::generate()));
        files.create_folder(beside.parent().unwrap_or(self.path()))?;
        let mut write = || {
            let mut file = files.0.create(&beside)?;
            let kept = hash(from, |piece| fs::write_all(&mut *file, piece))?;
            file.sync()?;
            Ok(kept)
        };
        let kept = write().map_err(fs::named("keep a file", &beside));
        let kept = kept.and_then(|kept| {
            let path = self.blob_path(&kept.id);
            let folder = path.parent().unwrap_or(self.path());
            files.create_folder(folder)?;
            let rename = || {
                files.0.rename(&beside, &path)?;
                files.0.sync_folder(folder)
            };
            rename().map_err(fs::named("keep a file", &path))?;
            self.keep_folder(folder).map(|()| kept)
        });
        if kept.is_err() {
            // The half-written file helps nobody; that it may not be there is no second error.
            let _ = files.0.remove(&beside);
        }
        kept
    }

    /// Makes the name of a folder of blobs durable, once in the life of this process: another may have made it and died.
    fn keep_folder(&self, folder: &Path) -> Result<(), Error> {
        let mut known = self.inner.blob_folders.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(folder) {
            let blobs = self.path().join("blobs");
            let synced = self.inner.place.files.0.sync_folder(&blobs);
            synced.map_err(fs::named("keep a folder of blobs", &blobs))?;
            known.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Keeps a file by content.
    ///
    /// # Errors
    /// As [`Self::put_blob_from`].
    pub fn put_file(&self, path: &Path) -> Result<Kept, Error> {
        let open = self.inner.place.files.0.open(path);
        self.put_blob_from(&mut open.map_err(fs::named("read a file", path))?)
    }

    pub(crate) fn blob_path(&self, id: &ContentId) -> PathBuf {
        let name = id.to_string();
        self.path().join("blobs").join(&name[..2]).join(&name)
    }

    /// Keeps texts as one compressed blob; says the blob's id. The same texts in several runs are kept once.
    ///
    /// # Errors
    /// As [`Self::put_blob`].
    pub fn put_texts(&self, texts: &[&str]) -> Result<ContentId, Error> {
        let mut writer = Writer::default();
        texts.iter().for_each(|text| writer.text(text));
        let packed = zstd::bulk::compress(&writer.0, 3).map_err(fs::named("compress texts", self.path()))?;
        self.put_blob(&packed)
    }

    /// The texts of a pack, by their ids.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Broken`].
    pub fn texts(&self, pack: &ContentId) -> Result<BTreeMap<ContentId, String>, Error> {
        let path = self.blob_path(pack);
        let packed = self.inner.place.files.read(&path)?;
        unpack_texts(&packed, &path)
    }
}

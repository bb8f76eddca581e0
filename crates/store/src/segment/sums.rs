//! Check sums of a segment's files, piece by piece: what is read is what was written, also of a file of which only a
//! part is looked at. Parquet's own pages have none that the library writes.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use trailmark_core::ContentId;

use super::burst;
use super::manifest::{self, Listed, Part};
use crate::codec::{Reader, Writer};
use crate::fs::{Files, ReadAt};

/// Bytes of a piece, as a disk has them in a sector: what damage costs is every page that has a part in its piece.
pub(crate) const PIECE: usize = 1 << 9;

/// The CRC-32C of each piece of a file, the last of which may be shorter.
pub(crate) type Sums = Vec<u32>;

/// Sums up what is written.
#[derive(Debug, Default)]
pub(crate) struct Summing {
    sums: Sums,
    present: u32,
    n_present: usize,
}

impl Summing {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(bytes.len().min(PIECE - self.n_present));
            self.present = crc32c::crc32c_append(self.present, piece);
            self.n_present += piece.len();
            if self.n_present == PIECE {
                self.sums.push(std::mem::take(&mut self.present));
                self.n_present = 0;
            }
            bytes = rest;
        }
    }

    pub(crate) fn finish(mut self) -> Sums {
        if self.n_present > 0 {
            self.sums.push(self.present);
        }
        self.sums
    }
}

/// The sums of all files of a segment as bytes.
pub(crate) fn write(all: &BTreeMap<Part, Sums>) -> Vec<u8> {
    let mut writer = Writer::default();
    for (part, sums) in all {
        writer.text(part.name());
        writer.unsigned(sums.len() as u64);
        sums.iter().for_each(|sum| writer.0.extend_from_slice(&sum.to_le_bytes()));
    }
    writer.0
}

/// Reads what was written; none for other bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<BTreeMap<Part, Sums>> {
    let mut reader = Reader(bytes);
    let mut all = BTreeMap::new();
    while !reader.is_empty() {
        let name = reader.text()?;
        let part = Part::ALL.into_iter().find(|part| part.name() == name)?;
        let bytes = usize::try_from(reader.unsigned()?).ok()?.checked_mul(4)?;
        let sums = reader.take(bytes)?.as_chunks::<4>().0.iter().map(|sum| u32::from_le_bytes(*sum));
        all.insert(part, sums.collect());
    }
    Some(all)
}

/// The sums of a segment's files; none for files whose sums cannot be read: `check` tells of these.
pub(crate) fn load(files: &Files, repository: &std::path::Path, listed: &Listed) -> BTreeMap<Part, Sums> {
    let read = || {
        let hash = listed.files.get(&Part::Sums)?;
        let bytes = files.read(&manifest::file(repository, listed.number, Part::Sums)).ok()?;
        if ContentId::of(&bytes).to_string() == *hash { read(&bytes) } else { None }
    };
    read().unwrap_or_default()
}

/// What the bytes of a file are held against.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) sums: Option<Sums>,
    /// The BLAKE3 of the whole file; none for one that nothing is known of.
    pub(crate) hash: Option<String>,
}

impl Known {
    /// Whether every byte of a file is what was written.
    pub(crate) fn holds(&self, file: &dyn ReadAt) -> io::Result<bool> {
        let (mut hasher, mut summing) = (blake3::Hasher::new(), Summing::default());
        burst::each_stride(file, |_, bytes| {
            hasher.update(bytes);
            summing.update(bytes);
        })?;
        let hash = ContentId::from_bytes(*hasher.finalize().as_bytes()).to_string();
        let sums = summing.finish();
        Ok(self.hash.as_ref().is_none_or(|want| *want == hash)
            && self.sums.as_ref().is_none_or(|want| *want == sums))
    }

    /// All bytes of a damaged file as they were written; none where that cannot be known for sure.
    pub(crate) fn restore(&self, file: &dyn ReadAt) -> Option<Vec<u8>> {
        let pieces = burst::mended(file, self.sums.as_ref()?, self.hash.as_ref()?)?;
        let mut bytes = Vec::new();
        burst::each_stride(file, |_, stride| bytes.extend_from_slice(stride)).ok()?;
        for (piece, right) in pieces {
            bytes.get_mut(piece * PIECE..)?.get_mut(..right.len())?.copy_from_slice(&right);
        }
        Some(bytes)
    }
}

/// The sums of a segment's files, made again; none where they are not those that the manifest speaks of.
pub(crate) fn again(files: &Files, repository: &std::path::Path, listed: &Listed) -> Option<Vec<u8>> {
    let mut all = BTreeMap::new();
    for part in listed.files.keys().filter(|part| **part != Part::Sums) {
        let file = files.0.open_at(&manifest::file(repository, listed.number, *part)).ok()?;
        let mut summing = Summing::default();
        burst::each_stride(&*file, |_, bytes| summing.update(bytes)).ok()?;
        all.insert(*part, summing.finish());
    }
    let bytes = write(&all);
    let is_same = listed.files.get(&Part::Sums) == Some(&ContentId::of(&bytes).to_string());
    is_same.then_some(bytes)
}

/// A file whose pieces are checked when they are read for the first time. Where little of it is wrong it reads as it
/// was written.
#[derive(Debug)]
pub(crate) struct Checked {
    file: Arc<dyn ReadAt>,
    known: Known,
    /// Which pieces were right.
    is_right: Mutex<Vec<bool>>,
    /// Pieces that were put right; none where that cannot be done.
    mended: OnceLock<Option<BTreeMap<usize, Vec<u8>>>>,
    /// Whether a file without sums is what was written.
    is_whole: OnceLock<bool>,
}

impl Checked {
    pub(crate) fn new(file: Arc<dyn ReadAt>, known: Known) -> Self {
        let is_right = Mutex::new(vec![false; known.sums.as_ref().map_or(0, Vec::len)]);
        Self { file, known, is_right, mended: OnceLock::new(), is_whole: OnceLock::new() }
    }

    pub(crate) fn n_bytes(&self) -> u64 {
        self.file.n_bytes()
    }

    /// As many bytes from an offset on as there are, at most so many; an error where they are not what was written.
    pub(crate) fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let (Some(sums), true) = (&self.known.sums, n_bytes > 0) else {
            if !self.is_whole()? {
                return Err(damaged("got another hash of the file, and no check sums of its pieces"));
            }
            return self.file.read_at(offset, n_bytes);
        };
        let first = usize::try_from(offset / PIECE as u64).map_err(io::Error::other)?;
        let end = offset.saturating_add(n_bytes as u64).min(self.n_bytes()).div_ceil(PIECE as u64);
        let end = usize::try_from(end).map_err(io::Error::other)?.max(first);
        let are_right =
            |right: &[bool]| right.get(first..end).is_some_and(|pieces| pieces.iter().all(|right| *right));
        if are_right(&self.is_right.lock().unwrap_or_else(PoisonError::into_inner)) {
            return self.file.read_at(offset, n_bytes);
        }
        let mut bytes = self.file.read_at((first * PIECE) as u64, (end - first) * PIECE)?;
        let mut right = Vec::new();
        for (piece, bytes) in (first..end).zip(bytes.chunks_mut(PIECE)) {
            if sums.get(piece) == Some(&crc32c::crc32c(bytes)) {
                right.push(piece);
                continue;
            }
            let mended = self.mended(sums).and_then(|pieces| pieces.get(&piece));
            match mended.filter(|mended| mended.len() == bytes.len()) {
                Some(mended) => bytes.copy_from_slice(mended),
                None => return Err(damaged(&format!("got a wrong check sum at byte {}", piece * PIECE))),
            }
        }
        let mut is_right = self.is_right.lock().unwrap_or_else(PoisonError::into_inner);
        right.into_iter().for_each(|piece| {
            if let Some(is_right) = is_right.get_mut(piece) {
                *is_right = true;
            }
        });
        drop(is_right);
        let from = usize::try_from(offset).map_err(io::Error::other)? - first * PIECE;
        let to = bytes.len().min(from + n_bytes);
        Ok(bytes.get(from..to).unwrap_or_default().to_vec())
    }

    fn mended(&self, sums: &Sums) -> Option<&BTreeMap<usize, Vec<u8>>> {
        let mend = || burst::mended(&*self.file, sums, self.known.hash.as_ref()?);
        self.mended.get_or_init(mend).as_ref()
    }

    /// Whether a file of which only the hash is known is what was written.
    fn is_whole(&self) -> io::Result<bool> {
        let Some(want) = &self.known.hash else { return Ok(true) };
        if let Some(is_whole) = self.is_whole.get() {
            return Ok(*is_whole);
        }
        let is_whole = burst::hash(&*self.file, &BTreeMap::new())? == *want;
        Ok(*self.is_whole.get_or_init(|| is_whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Bytes(Vec<u8>);

    impl ReadAt for Bytes {
        fn n_bytes(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
            let from = self.0.len().min(offset as usize);
            Ok(self.0[from..self.0.len().min(from + n_bytes)].to_vec())
        }
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let bytes: Vec<u8> = (0..3 * PIECE + 77).map(|at| (at * 31 % 251) as u8).collect();
        let mut summing = Summing::default();
        bytes.chunks(1000).for_each(|piece| summing.update(piece));
        let sums = summing.finish();
        assert_eq!(sums.len(), 4);
        let all = BTreeMap::from([(Part::Points, sums.clone()), (Part::Runs, Vec::new())]);
        assert_eq!(read(&write(&all)), Some(all.clone()));
        assert_eq!(read(&write(&all)[1..]), None);

        let known = Known { sums: Some(sums), hash: Some(ContentId::of(&bytes).to_string()) };
        let checked =
            |bytes: &[u8], known: &Known| Checked::new(Arc::new(Bytes(bytes.to_vec())), known.clone());
        let file = checked(&bytes, &known);
        for (offset, count) in [(0, 10), (PIECE - 1, 2), (3 * PIECE, 200), (bytes.len(), 5), (5, 4 * PIECE)] {
            let want = &bytes[offset.min(bytes.len())..bytes.len().min(offset + count)];
            for _ in 0..2 {
                assert_eq!(file.read_at(offset as u64, count).unwrap(), want, "{offset} {count}");
            }
        }
        let bare = Known { sums: None, ..known.clone() };
        assert_eq!(checked(&bytes, &bare).read_at(5, 9).unwrap(), bytes[5..14]);
        for place in [0, PIECE, 3 * PIECE + 76] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            let file = checked(&flipped, &known);
            for _ in 0..2 {
                assert_eq!(file.read_at(place as u64, 1).unwrap(), bytes[place..=place], "{place}");
                assert_eq!(file.read_at(0, bytes.len()).unwrap(), bytes, "{place}");
            }
            assert!(
                checked(&flipped, &bare).read_at(1, 1).is_err(),
                "{place}: nothing is known of its pieces"
            );
            // Too much for it to be put right.
            flipped[place / PIECE * PIECE + 40] ^= 1;
            let file = checked(&flipped, &known);
            assert!(file.read_at(place as u64, 1).is_err(), "{place}");
            let other = (place + PIECE) % (3 * PIECE);
            assert_eq!(file.read_at(other as u64, 1).unwrap(), bytes[other..=other], "{place}");
        }
        let cut = checked(&bytes[..2 * PIECE + 1], &known);
        assert!(cut.read_at(2 * PIECE as u64, 1).is_err());
    }
}

//! A journal as it is sent elsewhere: its own bytes in pieces of whole frames, each with the blobs that it refers to.
//!
//! The journal is its own spool: where to go on is what the receiver says that it has ([`crate::Store::append`]).

use std::collections::BTreeSet;
use std::io::{self, Read as _, SeekFrom};
use std::path::PathBuf;

use trailmark_core::{ContentId, RunId, SeriesKey, WriterId};

use crate::frame::{Decoder, HEAD, MOST_BYTES, Sink};
use crate::fs::{self, Files, ReadSeek};
use crate::journal::{self, HEADER, Headed, Header, Role};
use crate::record::{Column, ObjectRow};
use crate::{Error, Order, Record, Repository};

/// A piece of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it begins.
    pub offset: u64,
    /// The journal's header, if it begins there, and whole frames.
    pub bytes: Vec<u8>,
    /// What must be there before the receiver gets these bytes.
    pub blobs: BTreeSet<ContentId>,
}

impl Piece {
    /// Where it ends.
    pub fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Reads one journal from its beginning, also while it grows.
#[derive(Debug)]
pub struct JournalReader {
    files: Files,
    path: PathBuf,
    writer: WriterId,
    decoder: Decoder,
    offset: u64,
    has_ended: bool,
}

/// What must be known of the frames of a piece.
#[derive(Debug, Default)]
struct Look {
    blobs: BTreeSet<ContentId>,
    has_ended: bool,
}

impl Sink for Look {
    fn series(&mut self, _: u32, _: SeriesKey) {}

    fn wants(&self, _: u32, is_column: bool) -> bool {
        !is_column
    }

    fn numbers(&mut self, _: Order, _: u32, _: &Column) {}

    fn value(&mut self, _: Order, row: ObjectRow) {
        self.blobs.extend(row.value.kept().into_iter().map(|kept| kept.id));
    }

    fn record(&mut self, _: Order, record: Record) {
        match record {
            Record::Texts { pack } => _ = self.blobs.insert(pack),
            Record::Artifact { artifact, .. } => self.blobs.extend(artifact.file.map(|kept| kept.id)),
            Record::End { .. } => self.has_ended = true,
            _ => {}
        }
    }
}

impl JournalReader {
    /// The next piece of at most so many bytes, but of one frame at least; none when there is nothing new.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Frames`] for bytes that are no frames.
    pub fn next(&mut self, most: usize) -> Result<Option<Piece>, Error> {
        let mut file = self.files.0.open(&self.path).map_err(fs::named("read a journal", &self.path))?;
        let mut most = most.max(HEADER);
        loop {
            let read = read_at(&mut *file, self.offset, most);
            let bytes = read.map_err(fs::named("read a journal", &self.path))?;
            let is_all = bytes.len() < most;
            let head = if self.offset == 0 { HEADER } else { 0 };
            let Some(frames) = bytes.get(head..) else { return Ok(None) };
            let mut look = Look::default();
            let first = self.offset + head as u64;
            let reached = journal::read_frames(frames, first, &mut self.decoder, &mut look);
            if let Some((reason, _)) = reached.damage.filter(|(reason, _)| *reason != "torn tail") {
                return Err(Error::Frames { reason, offset: reached.offset, path: self.path.clone() });
            }
            let whole = (reached.offset - self.offset) as usize;
            if reached.offset == first && !is_all && most < HEADER + HEAD + MOST_BYTES {
                // The first frame is larger than what was read.
                most = (most * 2).min(HEADER + HEAD + MOST_BYTES);
                continue;
            }
            if whole == 0 {
                return Ok(None);
            }
            let offset = std::mem::replace(&mut self.offset, reached.offset);
            let bytes = bytes.get(..whole).unwrap_or_default().to_vec();
            self.has_ended |= look.has_ended;
            return Ok(Some(Piece { offset, bytes, blobs: look.blobs }));
        }
    }

    /// Goes to where the receiver stands; false when no frame begins there.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn seek(&mut self, offset: u64) -> Result<bool, Error> {
        if offset < self.offset {
            self.decoder = Decoder::new(self.writer, 0);
            (self.offset, self.has_ended) = (0, false);
        }
        while self.offset < offset {
            let left = usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
            let before = self.offset;
            if self.next(left.min(8 << 20))?.is_none() || self.offset == before {
                return Ok(false);
            }
        }
        Ok(self.offset == offset)
    }

    /// Whether the writer says before the next piece that it ended.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Where the next piece begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a living writer holds the journal.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_held(&self) -> Result<bool, Error> {
        self.files.0.is_held(&self.path).map_err(fs::named("read a journal", &self.path))
    }
}

fn read_at(file: &mut dyn ReadSeek, offset: u64, most: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Repository {
    /// The writers that recorded a run here; edits are not among them.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn writers(&self, run: RunId) -> Result<Vec<WriterId>, Error> {
        let place = &self.inner.place;
        let mut writers = Vec::new();
        for path in place.journals(run)? {
            let mut file = place.files.0.open(&path).map_err(fs::named("read a journal", &path))?;
            let head = read_at(&mut *file, 0, HEADER).map_err(fs::named("read a journal", &path))?;
            if let Headed::Journal(Header { role: Role::Run, writer, .. }) = Header::read(&head) {
                writers.push(writer);
            }
        }
        Ok(writers)
    }

    /// A journal, to be sent elsewhere.
    pub fn journal(&self, run: RunId, writer: WriterId) -> JournalReader {
        let place = &self.inner.place;
        JournalReader {
            files: place.files.clone(),
            path: place.run(run).join(journal::file_name(writer)),
            writer,
            decoder: Decoder::new(writer, 0),
            offset: 0,
            has_ended: false,
        }
    }
}

//! Journal files: appended by one writer, which holds a lock on the file while it lives.
//!
//! A writer that dies leaves at most a torn tail, which readers drop and report; nothing before it is touched.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use trailmark_core::{End, RunId, WallTime, WriterId};

use crate::frame::{Decoder, Encoder, HEAD, MOST_BYTES};
use crate::{Error, Record, fs};

/// First bytes of a journal: name and version of the format.
pub(crate) const MAGIC: &[u8; 8] = b"TRAILJ\x00\x01";
/// Magic, run id, writer id.
pub(crate) const HEADER: usize = 8 + RunId::BYTES + WriterId::BYTES;

/// Appends to one journal.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
    encoder: Encoder,
    offset: u64,
    failed: bool,
}

impl JournalWriter {
    /// Makes the journal and takes its lock.
    pub(crate) fn create(folder: &Path, run: RunId, writer: WriterId) -> Result<Self, Error> {
        let path = folder.join(format!("{writer}.journal"));
        let mut file = fs::create_new(&path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| Error::Locked { path: path.clone() })?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(run.as_bytes());
        header.extend_from_slice(writer.as_bytes());
        file.write_all(&header).map_err(fs::named("write a journal", &path))?;
        Ok(Self { file, path, encoder: Encoder::default(), offset: HEADER as u64, failed: false })
    }

    /// Appends one frame with the records and says where the journal ends: what is before is in the kernel's hands.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`]. After an error the journal takes no more: its tail may be torn.
    pub fn append(&mut self, records: &[Record]) -> Result<u64, Error> {
        if records.is_empty() {
            return Ok(self.offset);
        }
        self.check()?;
        let bytes = self.encoder.frame(records);
        let written = self.file.write_all(&bytes);
        self.failed = written.is_err();
        written.map_err(fs::named("write a journal", &self.path))?;
        self.offset += bytes.len() as u64;
        Ok(self.offset)
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// [`Error::Io`]. After a failed sync nobody knows what the disk has: the journal takes no more.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.check()?;
        let synced = self.file.sync_data();
        self.failed = synced.is_err();
        synced.map_err(fs::named("sync a journal", &self.path))
    }

    /// Says how the run ended, durably.
    ///
    /// # Errors
    /// As [`Self::append`] and [`Self::sync`].
    pub fn end(&mut self, time: WallTime, end: End) -> Result<(), Error> {
        self.append(&[Record::End { time, end }])?;
        self.sync()
    }

    fn check(&self) -> Result<(), Error> {
        if !self.failed {
            return Ok(());
        }
        let source = std::io::Error::other("an earlier write failed");
        Err(Error::Io { action: "write a journal", path: self.path.clone(), source })
    }
}

/// Something in a journal that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The journal.
    pub path: PathBuf,
    /// From which byte on.
    pub offset: usize,
    /// How many bytes are dropped.
    pub n_bytes: usize,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, n_bytes, reason } = self;
        write!(f, "{reason}, {n_bytes} bytes dropped from byte {offset} on: {}", path.display())
    }
}

/// A journal as it was read.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) writer: WriterId,
    pub(crate) records: Vec<Record>,
    pub(crate) problem: Option<Problem>,
    /// Whether its writer lives.
    pub(crate) is_held: bool,
}

/// Reads a journal up to its end or the first damage; `None` when not even its header was written.
pub(crate) fn read(path: &Path) -> Result<Option<Journal>, Error> {
    // The lock is asked for before the bytes: a writer that ends in between is seen with its end.
    let file = fs::open(path)?;
    let is_held = flock(&file, FlockOperation::NonBlockingLockShared).is_err();
    let bytes = fs::read(path)?;
    drop(file);
    Ok(parse(path, &bytes).map(|(writer, records, problem)| Journal { writer, records, problem, is_held }))
}

pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Option<(WriterId, Vec<Record>, Option<Problem>)> {
    let header = bytes.get(..HEADER)?;
    if !header.starts_with(MAGIC) {
        return None;
    }
    let writer = WriterId::from_bytes(header[8 + RunId::BYTES..].try_into().ok()?);
    let mut decoder = Decoder::default();
    let mut records = Vec::new();
    let mut offset = HEADER;
    let problem = loop {
        let rest = &bytes[offset..];
        if rest.is_empty() {
            break None;
        }
        let problem = |reason| Some(Problem { path: path.to_owned(), offset, n_bytes: rest.len(), reason });
        let Some(payload) = payload(rest) else { break problem("torn tail") };
        let (payload, checksum) = payload;
        if crc32c::crc32c(payload) != checksum {
            break problem("wrong checksum");
        }
        let Some(more) = decoder.records(payload) else { break problem("unknown record") };
        records.extend(more);
        offset += HEAD + payload.len();
    };
    Some((writer, records, problem))
}

fn payload(rest: &[u8]) -> Option<(&[u8], u32)> {
    let number = |from: usize| Some(u32::from_le_bytes(rest.get(from..from + 4)?.try_into().ok()?));
    let length = number(0)? as usize;
    if length > MOST_BYTES {
        return None;
    }
    Some((rest.get(HEAD..HEAD + length)?, number(4)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use trailmark_core::{Context, SeriesKey, Step, Value};

    use super::*;

    fn points(rows: &[(i64, i64, f64)]) -> Vec<Record> {
        let point = |(index, (step, micros, value)): (usize, &(i64, i64, f64))| Record::Point {
            series: SeriesKey::new(if index % 5 == 0 { "f1" } else { "loss" }, Context::subset("train")),
            step: Step(*step),
            epoch: (index % 3 == 0).then_some(0.5),
            time: WallTime::from_nanos(micros * 1000),
            value: if index % 7 == 0 { Value::Int(*step) } else { Value::Float(*value) },
        };
        rows.iter().enumerate().map(point).collect()
    }

    fn bytes_of(frames: &[Vec<Record>]) -> Vec<u8> {
        let mut encoder = Encoder::default();
        let mut bytes = MAGIC.to_vec();
        bytes.extend([7; RunId::BYTES + WriterId::BYTES]);
        frames.iter().for_each(|frame| bytes.extend(encoder.frame(frame)));
        bytes
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_a_torn_tail_costs_only_itself(
            rows in prop::collection::vec((any::<i64>(), -1i64 << 50..1 << 50, -1e300f64..1e300), 1..60),
            cut in 0usize..10_000,
            flip in 0usize..10_000,
        ) {
            let frames: Vec<Vec<Record>> = rows.chunks(7).map(points).collect();
            let bytes = bytes_of(&frames);
            let path = Path::new("a.journal");
            let whole: Vec<Record> = frames.concat();
            let (_, read, problem) = parse(path, &bytes).unwrap();
            prop_assert_eq!(&read, &whole);
            prop_assert!(problem.is_none());
            let cut = HEADER + cut % (bytes.len() - HEADER);
            let (_, read, _) = parse(path, &bytes[..cut]).unwrap();
            prop_assert_eq!(&read[..], &whole[..read.len()]);
            let mut damaged = bytes.clone();
            let at = HEADER + flip % (bytes.len() - HEADER);
            damaged[at] ^= 0x10;
            let (_, read, problem) = parse(path, &damaged).unwrap();
            prop_assert_eq!(&read[..], &whole[..read.len()]);
            prop_assert!(problem.is_some());
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(Path::new("a"), &bytes);
            Decoder::default().records(&bytes);
        }
    }
}

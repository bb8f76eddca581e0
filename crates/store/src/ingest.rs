//! Journals whose writers are elsewhere: their bytes arrive in pieces, are checked, and are appended as they are.
//!
//! Who appends holds the journal's lock, as the writer itself would; a remote writer that is silent for longer than its
//! lease loses it, and counts as crashed until it is heard of again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use trailmark_core::{RunId, SeriesKey, WriterId};

use crate::frame::{Decoder, Sink};
use crate::fs::{self, DiskFile, Files};
use crate::journal::{self, HEADER, Headed, Header, Role};
use crate::life::JournalState;
use crate::record::{Column, ObjectRow};
use crate::store::Appended;
use crate::{Error, Order, Record, Repository};

/// How long a remote writer lives without a word.
const LEASE: Duration = Duration::from_secs(60);

/// A journal that is being received.
#[derive(Debug)]
pub(crate) struct Ingest {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    /// Whole frames lie before it, and they are durable.
    offset: u64,
    decoder: Decoder,
    heard: Instant,
    /// Whether the writer says before `offset` that it ended.
    has_ended: bool,
}

/// Where a journal is received; none while nobody sends it.
pub(crate) type Slot = Arc<Mutex<Option<Ingest>>>;

/// Sees only whether the writer ended.
#[derive(Debug, Default)]
struct Watch {
    has_ended: bool,
}

impl Sink for Watch {
    fn series(&mut self, _: u32, _: SeriesKey) {}
    /// Everything is wanted, so that everything is decoded, and so checked.
    fn wants(&self, _: u32, _: bool) -> bool {
        true
    }
    fn numbers(&mut self, _: Order, _: u32, _: &Column) {}
    fn value(&mut self, _: Order, _: ObjectRow) {}
    fn record(&mut self, _: Order, record: Record) {
        self.has_ended |= matches!(record, Record::End { .. });
    }
}

impl Repository {
    /// Lets go of journals whose writers have been silent for too long.
    pub(crate) fn expire(&self) {
        let mut all = self.inner.ingest.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, slot| {
            // Who sends at this moment has the other count.
            if Arc::strong_count(slot) > 1 {
                return true;
            }
            let one = slot.lock().unwrap_or_else(PoisonError::into_inner);
            one.as_ref().is_some_and(|one| one.heard.elapsed() < LEASE)
        });
    }

    /// As [`crate::Store::append`].
    pub(crate) fn ingest(
        &self,
        run: RunId,
        writer: WriterId,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Appended, Error> {
        self.expire();
        if self.scan_one(run)?.runs.get(&run).is_some_and(|state| state.row.is_deleted) {
            return Ok(Appended::Gone);
        }
        let (segments, path) = (self.segments()?, self.inner.place.run(run).join(journal::file_name(writer)));
        if !self.inner.place.files.exists(&path) {
            if segments.manifest.gone.contains(&run) {
                return Ok(Appended::Gone);
            }
            let sealed = segments.sealed(run)?;
            let mut journals = sealed.iter().flat_map(|sealed| &sealed.exact.journals);
            if let Some(known) = journals.find(|journal| journal.writer == writer)
                && let Some(answer) = folded(known, offset, bytes, &path)?
            {
                return Ok(answer);
            }
        }
        let slot = {
            let mut all = self.inner.ingest.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry((run, writer)).or_default())
        };
        // Held while the disk works: two senders of one journal must not mix their bytes. After an error of the
        // disk the file is opened again the next time, and what is torn cut off.
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let one = match slot.take() {
            Some(one) => Some(one),
            None => self.open_ingest(run, writer, offset, bytes)?,
        };
        let Some(mut one) = one else { return Ok(Appended::Behind { offset: 0 }) };
        let answer = one.append(&self.inner.place.files, offset, bytes);
        // Of bytes that were refused nothing was written: the writer lives on, and may send the right ones.
        if matches!(answer, Ok(_) | Err(Error::Frames { .. })) {
            *slot = Some(one).filter(|one| !one.has_ended);
        }
        answer
    }

    /// Opens a journal to append to, or makes it; none when the first bytes are not there and were not sent.
    fn open_ingest(
        &self,
        run: RunId,
        writer: WriterId,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Option<Ingest>, Error> {
        let files = &self.inner.place.files;
        let folder = self.inner.place.run(run);
        let path = folder.join(journal::file_name(writer));
        // Of whatever format that this program knows: its writer may be older.
        let own_header = |bytes: &[u8]| match Header::read(bytes) {
            Headed::Journal(header) => {
                Some(header).filter(|one| (one.role, one.run, one.writer) == (Role::Run, run, writer))
            }
            _ => None,
        };
        let mut decoder = Decoder::new(writer, 0);
        if !files.exists(&path) {
            if offset > 0 {
                return Ok(None);
            }
            let Some(header) = own_header(bytes) else {
                let reason = "want the header of the journal that was named";
                return Err(Error::Frames { reason, offset: 0, path });
            };
            self.inner.place.begin_format()?;
            files.create_folder(&folder)?;
            let file = journal::create_file(files, &path, &header)?;
            let make_durable = journal::sync_names(files, &path);
            make_durable.map_err(fs::named("sync a journal", &path))?;
            return Ok(Some(Ingest {
                file,
                path,
                offset: HEADER as u64,
                decoder,
                heard: Instant::now(),
                has_ended: false,
            }));
        }
        let named = |error| fs::named("write a journal", &path)(error);
        let mut file = files.0.append(&path).map_err(named)?;
        if !file.lock().map_err(named)? {
            return Err(Error::Locked { path });
        }
        if !files.exists(&path) {
            // It went into a segment before its lock was taken.
            return Ok(None);
        }
        let mut there = files.read(&path)?;
        if Header::read(&there) == Headed::Unfinished {
            // A power cut took its first bytes: it begins again.
            let Some(header) = own_header(bytes).filter(|_| offset == 0) else { return Ok(None) };
            there = header.bytes().to_vec();
            file.truncate(0).and_then(|()| fs::write_all(&mut *file, &there)).map_err(named)?;
        }
        if own_header(&there).is_none() {
            return Err(Error::Frames { reason: "another journal is there", offset: 0, path });
        }
        let frames = there.get(HEADER..).unwrap_or_default();
        let mut watch = Watch::default();
        let reached = journal::read_frames(frames, HEADER as u64, &mut decoder, &mut watch);
        if reached.offset < there.len() as u64 {
            file.truncate(reached.offset).map_err(named)?;
        }
        // Whoever made it may have died before its name was durable.
        journal::sync_names(files, &path).map_err(fs::named("sync a journal", &path))?;
        // Readers look at a run that ended only when its folder changed.
        files.0.touch_folder(&folder).map_err(named)?;
        Ok(Some(Ingest {
            file,
            path,
            offset: reached.offset,
            decoder,
            heard: Instant::now(),
            has_ended: watch.has_ended,
        }))
    }
}

/// What to answer about a journal that went into a segment and is not there any more; none when it begins anew, whole,
/// beside the segment: what is in both is the same.
fn folded(known: &JournalState, offset: u64, bytes: &[u8], path: &Path) -> Result<Option<Appended>, Error> {
    if known.end.is_none() {
        // More may come. Nothing that is sent again on the way there counts as durable, or the sender would go on from
        // where the segment ends, and be sent back for ever.
        return Ok((offset > 0).then_some(Appended::Behind { offset: 0 }));
    }
    if offset.saturating_add(bytes.len() as u64) <= known.offset {
        return Ok(Some(Appended::Durable { offset: known.offset }));
    }
    if bytes.is_empty() {
        return Ok(Some(Appended::Behind { offset: known.offset }));
    }
    Err(Error::Frames { reason: "want nothing after the end", offset: known.offset, path: path.to_owned() })
}

impl Ingest {
    /// Appends the whole frames among the bytes.
    fn append(&mut self, files: &Files, offset: u64, bytes: &[u8]) -> Result<Appended, Error> {
        self.heard = Instant::now();
        if offset > self.offset {
            return Ok(Appended::Behind { offset: self.offset });
        }
        let n_known = usize::try_from(self.offset - offset).unwrap_or(usize::MAX).min(bytes.len());
        let (known, new) = bytes.split_at(n_known);
        self.compare(files, offset, known)?;
        let mut watch = Watch::default();
        let n_series = self.decoder.n_series();
        let reached = journal::read_frames(new, self.offset, &mut self.decoder, &mut watch);
        if let Some((reason, _)) = reached.damage.filter(|(reason, _)| *reason != "torn tail") {
            // The decoder may have taken a part of it.
            self.decoder.forget_after(n_series);
            return Err(Error::Frames { reason, offset: reached.offset, path: self.path.clone() });
        }
        let whole = usize::try_from(reached.offset - self.offset).unwrap_or(usize::MAX);
        let written = fs::write_all(&mut *self.file, new.get(..whole).unwrap_or(new));
        written.and_then(|()| self.file.sync()).map_err(fs::named("write a journal", &self.path))?;
        self.offset = reached.offset;
        self.has_ended |= watch.has_ended;
        Ok(Appended::Durable { offset: self.offset })
    }

    /// Fails when bytes that were sent again are not those that are there.
    fn compare(&self, files: &Files, offset: u64, known: &[u8]) -> Result<(), Error> {
        if known.is_empty() {
            return Ok(());
        }
        let there = files.0.read_from(&self.path, offset).map_err(fs::named("read a journal", &self.path))?;
        if there.starts_with(known) {
            return Ok(());
        }
        let reason = "other bytes are there";
        Err(Error::Frames { reason, offset, path: Path::to_owned(&self.path) })
    }
}

//! Journal files: appended by one writer, which holds a lock on the file while it lives.
//!
//! A writer that dies leaves at most a torn tail, which readers drop and report; nothing before it is touched. The file
//! gets its name when its header is written and its lock is held, so that a reader never meets less.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use trailmark_core::{End, RunId, SeriesKey, WallTime, WriterId};

use crate::frame::{self, Decoder, Encoder, Found, HEAD, MOST_BYTES, Sink};
use crate::fs::{self, DiskFile, Files};
use crate::record::micros;
use crate::{Batch, Error, Record, SeriesTable};

/// First bytes of a journal; the version of its format follows.
const MAGIC: &[u8; 7] = b"TRAILJ\x00";
/// The newest format of journals that this program knows, and the one that it writes.
pub(crate) const FORMAT: u8 = 3;
/// Magic, format, role, three zeros, run id, writer id.
pub(crate) const HEADER: usize = 12 + RunId::BYTES + WriterId::BYTES;

/// How the reason begins for a journal that is sound, but not for this program.
pub(crate) const NEWER: &str = "written by a newer Trailmark";

/// What a journal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A process that records the run: its lock says that the run lives.
    Run,
    /// People's changes afterwards: its lock says nothing about the run.
    Edits,
}

/// The beginning of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) format: u8,
    pub(crate) role: Role,
    pub(crate) run: RunId,
    pub(crate) writer: WriterId,
}

impl Header {
    /// The beginning of a new journal.
    pub(crate) fn new(role: Role, run: RunId, writer: WriterId) -> Self {
        Self { format: FORMAT, role, run, writer }
    }

    pub(crate) fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..7].copy_from_slice(MAGIC);
        bytes[7] = self.format;
        bytes[8] = if self.role == Role::Run { 0 } else { 1 };
        bytes[12..24].copy_from_slice(self.run.as_bytes());
        bytes[24..].copy_from_slice(self.writer.as_bytes());
        bytes
    }

    /// Reads the header with which a journal's bytes begin.
    pub(crate) fn read(bytes: &[u8]) -> Headed {
        let n_alike = bytes.iter().zip(MAGIC).take_while(|(a, b)| a == b).count();
        if n_alike < MAGIC.len().min(bytes.len()) {
            return Headed::Foreign(Cow::Borrowed("not a journal"));
        }
        let Some((head, _)) = bytes.split_first_chunk::<HEADER>() else { return Headed::Unfinished };
        let format = head[7];
        if format > FORMAT {
            let reason = format!("{NEWER}: format {format}, this one reads up to {FORMAT}");
            return Headed::Foreign(Cow::Owned(reason));
        }
        let role = match (format, &head[8..12]) {
            (1.., [0, 0, 0, 0]) => Role::Run,
            (1.., [1, 0, 0, 0]) => Role::Edits,
            _ => return Headed::Foreign(Cow::Borrowed("a damaged header")),
        };
        let (mut run, mut writer) = ([0; RunId::BYTES], [0; WriterId::BYTES]);
        run.copy_from_slice(&head[12..24]);
        writer.copy_from_slice(&head[24..]);
        let (run, writer) = (RunId::from_bytes(run), WriterId::from_bytes(writer));
        Headed::Journal(Self { format, role, run, writer })
    }
}

impl Headed {
    /// What the first bytes say of a file of this name: a journal's run and writer are those of its path.
    pub(crate) fn of(self, path: &Path) -> Self {
        let Self::Journal(header) = &self else { return self };
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let is_its_name = path.file_name().is_some_and(|name| *name == *file_name(header.writer));
        if is_its_name && folder.is_some_and(|folder| *folder == *header.run.to_string()) {
            return self;
        }
        Self::Foreign(Cow::Borrowed("a damaged header"))
    }
}

/// What the first bytes of a file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Headed {
    /// A journal that can be read.
    Journal(Header),
    /// Fewer bytes than a header has, and nothing wrong with them: its writer has only begun, or died at it.
    Unfinished,
    /// Not a journal that can be read, and why.
    Foreign(Cow<'static, str>),
}

/// The file of a writer.
pub(crate) fn file_name(writer: WriterId) -> String {
    format!("{writer}.journal")
}

/// Appends to one journal.
#[derive(Debug)]
pub struct JournalWriter {
    writer: WriterId,
    files: Files,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    encoder: Encoder,
    /// The series of [`Self::append`]; a caller of [`Self::append_batch`] keeps its own.
    table: SeriesTable,
    offset: u64,
    has_durable_name: bool,
    has_failed: bool,
}

impl JournalWriter {
    /// Makes the journal and takes its lock.
    pub(crate) fn create(files: &Files, folder: &Path, header: Header) -> Result<Self, Error> {
        let path = folder.join(file_name(header.writer));
        let file = create_file(files, &path, &header)?;
        let files = files.clone();
        Ok(Self {
            writer: header.writer,
            files,
            file,
            path,
            encoder: Encoder::default(),
            table: SeriesTable::default(),
            offset: HEADER as u64,
            has_durable_name: false,
            has_failed: false,
        })
    }

    /// Appends one frame with the records and says where the journal ends: what is before is in the kernel's hands.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Io`]. The records are not in the journal then; the next may be, when there is room again.
    pub fn append(&mut self, records: &[Record]) -> Result<u64, Error> {
        let batch = Batch::of(records, &mut self.table);
        let new = self.table.since(self.encoder.n_series()).to_vec();
        self.append_batch(&new, &batch)
    }

    /// What tells it from the run's other writers.
    pub fn id(&self) -> WriterId {
        self.writer
    }

    /// How many series have been named to the journal: those of the caller's table from here on are new.
    pub fn n_series(&self) -> usize {
        self.encoder.n_series()
    }

    /// Appends one frame: series that are new in the caller's [`SeriesTable`], and a batch.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn append_batch(&mut self, new: &[Arc<SeriesKey>], batch: &Batch) -> Result<u64, Error> {
        self.append_at(WallTime::from(SystemTime::now()), new, batch)
    }

    /// Appends one frame under a time of the caller.
    pub(crate) fn append_at(
        &mut self,
        now: WallTime,
        new: &[Arc<SeriesKey>],
        batch: &Batch,
    ) -> Result<u64, Error> {
        self.check()?;
        if batch.is_empty() && new.is_empty() {
            return Ok(self.offset);
        }
        let n_series = self.encoder.n_series();
        let bytes = self.encoder.frame(micros(now), new, batch);
        let n_bytes = bytes.len();
        let written = if n_bytes > HEAD + MOST_BYTES {
            Err(std::io::Error::other("got a frame of more than 256 MB"))
        } else {
            fs::write_all(&mut *self.file, bytes)
        };
        match written {
            Ok(()) => self.offset += n_bytes as u64,
            Err(error) => {
                // The next frame names its series again, and follows the last whole one.
                self.encoder.forget_after(n_series);
                self.has_failed = self.file.truncate(self.offset).is_err();
                return Err(fs::named("write a journal", &self.path)(error));
            }
        }
        Ok(self.offset)
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// [`Error::Io`]. After a failed sync nobody knows what the disk has: the journal takes no more.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.check()?;
        let mut synced = self.file.sync();
        if synced.is_ok() && !self.has_durable_name {
            synced = sync_names(&self.files, &self.path);
            self.has_durable_name = true;
        }
        self.has_failed = synced.is_err();
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
        if !self.has_failed {
            return Ok(());
        }
        let source = std::io::Error::other("an earlier write failed");
        Err(Error::Io { action: "write a journal", path: self.path.clone(), source })
    }
}

/// Makes a journal's file under its lock, with its header, and gives it its name last.
pub(crate) fn create_file(files: &Files, path: &Path, header: &Header) -> Result<Box<dyn DiskFile>, Error> {
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        if let Some(folder) = path.parent() {
            files.create_folder(folder)?;
        }
        match create_in_folder(files, path, header) {
            // An empty folder may be removed at the moment in which the journal is made.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound && n_tries < 8 => {
            }
            made => return made,
        }
    }
}

fn create_in_folder(files: &Files, path: &Path, header: &Header) -> Result<Box<dyn DiskFile>, Error> {
    if files.exists(path) {
        return Err(Error::Locked { path: path.to_owned() });
    }
    let beside = path.with_extension("new");
    // What a writer left that died while it made its journal; one that lives holds it.
    if files.exists(&beside) && !files.0.is_held(&beside).map_err(fs::named("make a journal", &beside))? {
        files.0.remove(&beside).map_err(fs::named("make a journal", &beside))?;
    }
    let make = || {
        let mut file = files.0.create(&beside)?;
        let is_locked = file.lock()?;
        fs::write_all(&mut *file, &header.bytes())?;
        files.0.rename(&beside, path)?;
        Ok((file, is_locked))
    };
    match make() {
        Ok((file, true)) => Ok(file),
        Ok((_, false)) => Err(Error::Locked { path: path.to_owned() }),
        Err(error) => {
            // The half-made file helps nobody; that it may not be there is no second error.
            let _ = files.0.remove(&beside);
            Err(fs::named("make a journal", path)(error))
        }
    }
}

/// Makes the name of a journal durable, and that of its run's folder.
pub(crate) fn sync_names(files: &Files, path: &Path) -> std::io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    files.0.sync_folder(folder)?;
    folder.parent().map_or(Ok(()), |runs| files.0.sync_folder(runs))
}

/// Something in a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// From which byte on.
    pub offset: u64,
    /// How many bytes are dropped; none where other bytes of the file are read.
    pub n_bytes: u64,
    /// What is wrong.
    pub reason: Cow<'static, str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, n_bytes, reason } = self;
        match (offset, n_bytes) {
            (0, 0) => write!(f, "{reason}: {}", path.display()),
            _ => write!(f, "{reason}, {n_bytes} bytes dropped from byte {offset} on: {}", path.display()),
        }
    }
}

/// How far the bytes of a journal were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Up to here everything was handed to the sink.
    pub(crate) offset: u64,
    /// The time of the last frame, if there was one.
    pub(crate) micros: Option<i64>,
    /// What is wrong with the bytes after it, and how many they are.
    pub(crate) damage: Option<(&'static str, u64)>,
    /// The frame at `offset` was read in part before it turned out to be nonsense: do not read it again.
    pub(crate) is_nonsense: bool,
}

/// Hands the frames among `bytes`, which begin at a frame of a journal, to a sink, up to the end or the first damage.
pub(crate) fn read_frames(bytes: &[u8], offset: u64, decoder: &mut Decoder, sink: &mut dyn Sink) -> Reached {
    let mut reached = Reached { offset, micros: None, damage: None, is_nonsense: false };
    let mut rest = bytes;
    loop {
        let payload = match frame::find(rest) {
            Found::Nothing => return reached,
            Found::Damage(reason) => {
                reached.damage = Some((reason, rest.len() as u64));
                return reached;
            }
            Found::Payload(payload) => payload,
        };
        let Some(micros) = decoder.payload(payload, reached.offset + HEAD as u64, sink) else {
            reached.damage = Some(("unknown record", rest.len() as u64));
            reached.is_nonsense = true;
            return reached;
        };
        let length = HEAD + payload.len();
        reached.offset += length as u64;
        reached.micros = Some(micros);
        rest = rest.get(length..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use trailmark_core::{Context, Step, Value};

    use super::*;
    use crate::Stamp;
    use crate::gather::Gather;

    fn points(rows: &[(i64, i64, f64)]) -> Vec<Record> {
        let point = |(index, (step, micros, value)): (usize, &(i64, i64, f64))| Record::Point {
            series: SeriesKey::new(if index % 2 == 0 { "f1" } else { "loss" }, Context::subset("train")),
            step: Step(*step),
            epoch: (index % 4 < 2).then_some(0.1),
            time: WallTime::from_nanos(micros * 1000),
            value: match index % 7 {
                0 => Value::Int(*step),
                1 => Value::Float(f64::from(*value as f32)),
                _ => Value::Float(*value),
            },
        };
        rows.iter().enumerate().map(point).collect()
    }

    /// A journal's frames, and where each ends.
    fn frames_of(frames: &[Vec<Record>]) -> (Vec<u8>, Vec<usize>) {
        let (mut encoder, mut table) = (Encoder::default(), SeriesTable::default());
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for (index, records) in frames.iter().enumerate() {
            let mut batch = Batch::default();
            for record in records {
                let Record::Point { series, step, epoch, time, value } = record else { continue };
                let index = table.intern(&series.name, &series.context);
                let at = Stamp { step: step.0, micros: micros(*time), epoch: epoch.unwrap_or(f64::NAN) };
                batch.push_point(index, at, value.clone());
            }
            let new = table.since(encoder.n_series()).to_vec();
            bytes.extend_from_slice(encoder.frame(index as i64, &new, &batch));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    type Rows = Vec<(Arc<SeriesKey>, Vec<crate::PointRow>)>;

    /// All series that the bytes hold, merged, and how far they were understood.
    fn read(bytes: &[u8]) -> (Rows, Reached) {
        let mut gather = Gather::new(&[], false);
        gather.begin(&[]);
        let mut decoder = Decoder::new(WriterId::from_bytes([1; 8]), 0);
        let reached = read_frames(bytes, 0, &mut decoder, &mut gather);
        let rows = gather.series.into_iter().map(|series| series.merge().into_rows());
        (gather.keys.into_iter().zip(rows).collect(), reached)
    }

    type Model = BTreeMap<SeriesKey, BTreeMap<i64, (i64, Option<f64>, Value)>>;

    /// The same from the records themselves: the later of a step wins.
    fn model(frames: &[Vec<Record>]) -> Model {
        let mut model = Model::new();
        for record in frames.iter().flatten() {
            if let Record::Point { series, step, epoch, time, value } = record {
                let of_series = model.entry(series.clone()).or_default();
                of_series.insert(step.0, (micros(*time), *epoch, value.clone()));
            }
        }
        model
    }

    fn check(bytes: &[u8], frames: &[Vec<Record>]) -> Result<Reached, TestCaseError> {
        let (series, reached) = read(bytes);
        let model = model(frames);
        prop_assert_eq!(series.iter().filter(|(_, rows)| !rows.is_empty()).count(), model.len());
        for (key, rows) in series {
            let row = |row: crate::PointRow| (row.step.0, (micros(row.time), row.epoch, row.value));
            let want = model.get(&*key).cloned().unwrap_or_default();
            let rows: Vec<_> = rows.into_iter().map(row).collect();
            prop_assert_eq!(rows, want.into_iter().collect::<Vec<_>>());
        }
        Ok(reached)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_damage_costs_only_what_follows(
            rows in prop::collection::vec((any::<i64>(), -1i64 << 50..1 << 50, -1e300f64..1e300), 1..60),
            cut in 0usize..10_000,
            flip in 0usize..10_000,
        ) {
            let frames: Vec<Vec<Record>> = rows.chunks(7).map(points).collect();
            let (bytes, ends) = frames_of(&frames);
            prop_assert_eq!(check(&bytes, &frames)?.damage, None);
            let whole = |n_bytes: usize| &frames[..ends.iter().filter(|end| **end <= n_bytes).count()];
            let cut = cut % bytes.len();
            let reached = check(&bytes[..cut], whole(cut))?;
            prop_assert_eq!(reached.damage.is_none(), cut == 0 || ends.contains(&cut));
            let flip = flip % bytes.len();
            let mut damaged = bytes.clone();
            damaged[flip] ^= 0x10;
            prop_assert!(check(&damaged, whole(flip))?.damage.is_some());
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            read(&bytes);
            let mut gather = Gather::new(&[], false);
            Decoder::new(WriterId::from_bytes([1; 8]), 3).payload(&bytes, 0, &mut gather);
        }
    }

    #[test]
    fn zeros_that_a_power_cut_leaves_are_no_frames() {
        assert_eq!(read(&[0; 64]).1.damage, Some(("impossible length", 64)));
    }
}

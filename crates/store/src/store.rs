//! What a server, a command or a test asks of a repository, wherever it lies.
//!
//! [`Store`] is small and blocking. It hands out what was written as it was written: merging ([`crate::Merger`]),
//! sampling ([`crate::Points::sample`]) and the verdict on each run are shared code above it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trailmark_core::{ContentId, Edit, Kept, Params, RunId, SeriesKey, Step, Value, WallTime, WriterId};

use crate::codec::Reader;
use crate::fs::{self, ReadSeek};
use crate::journal::Problem;
use crate::points::{Block, Columns};
use crate::row::RunRow;
use crate::{
    Compact, Compacted, Cut, Error, JournalWriter, Label, LabelOf, Labels, Merger, Order, Sampled, Token,
    View,
};

/// A repository.
pub trait Store: fmt::Debug + Send + Sync {
    /// What tells this repository from others.
    fn id(&self) -> &str;

    /// Adds bytes of a journal that its writer keeps elsewhere: the journal's own bytes, from `offset` on. What is there
    /// already is stepped over; frames that are not whole yet are left for the next time.
    ///
    /// # Errors
    /// [`Error::Frames`] for bytes that are no frames, or not those that are there; [`Error::Locked`] when another
    /// process writes the journal; [`Error::Full`], [`Error::Io`].
    fn append(&self, run: RunId, writer: WriterId, offset: u64, bytes: &[u8]) -> Result<Appended, Error>;

    /// A new writer of a run in this process; the run lives while it does.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    fn writer(&self, run: RunId) -> Result<JournalWriter, Error>;

    /// Lists runs, oldest first: at least those that `prune` lets through ([`Prune::admits`] decides), after those that
    /// were given with a cursor, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Cursor`].
    fn runs(&self, prune: &Prune, after: Option<&Cursor>, limit: usize) -> Result<Page, Error>;

    /// One run as a row, up to date.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Io`].
    fn run(&self, id: RunId) -> Result<Arc<RunRow>, Error>;

    /// All params of a run, those beginning with two underscores too.
    ///
    /// # Errors
    /// As [`Self::run`].
    fn params(&self, id: RunId) -> Result<Params, Error>;

    /// What the answers of a run refer to.
    ///
    /// # Errors
    /// As [`Self::run`].
    fn contents(&self, id: RunId) -> Result<Contents, Error>;

    /// The texts of a pack, by their ids.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Broken`].
    fn texts(&self, pack: &ContentId) -> Result<BTreeMap<ContentId, String>, Error> {
        let path = PathBuf::from("blobs").join(pack.to_string());
        let mut packed = Vec::new();
        self.open_blob(pack)?.read_to_end(&mut packed).map_err(fs::named("read a blob", &path))?;
        unpack_texts(&packed, &path)
    }

    /// Runs that changed since a cursor was given, at least once each; all of them without a cursor.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Cursor`].
    fn changes(&self, since: Option<&Cursor>) -> Result<Changes, Error>;

    /// Hands the numbers of series to `each`, block by block in no order; says from where to go on later.
    ///
    /// Damage is no error: what can be read is handed out, and the run's row tells of the rest.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Io`], [`Error::Cursor`].
    fn series(&self, wanted: &Wanted, each: &mut dyn FnMut(Block<'_>)) -> Result<Cursor, Error>;

    /// Hands texts, log lines and answers to `each`, in no order; says from where to go on later.
    ///
    /// # Errors
    /// As [`Self::series`].
    fn objects(&self, wanted: &Wanted, each: &mut dyn FnMut(Object)) -> Result<Cursor, Error>;

    /// Changes what people call runs, in order, durably. Answers what undoes it: give it back to undo.
    ///
    /// # Errors
    /// [`Error::NoRun`], before anything is changed; [`Error::Full`], [`Error::Io`].
    fn edit(&self, edits: &[(RunId, Edit)]) -> Result<Vec<(RunId, Edit)>, Error>;

    /// Hides runs at once; what undoes it works until they are compacted away.
    ///
    /// # Errors
    /// As [`Self::edit`].
    fn delete(&self, runs: &[RunId]) -> Result<Vec<(RunId, Edit)>, Error> {
        let edits: Vec<(RunId, Edit)> = runs.iter().map(|run| (*run, Edit::Delete(true))).collect();
        self.edit(&edits)
    }

    /// Reads a range of each of the wanted series and samples it. What the cursor says is not asked.
    ///
    /// # Errors
    /// As [`Self::series`].
    fn sampled(&self, wanted: &Wanted, cut: &Cut) -> Result<Vec<Sampled>, Error> {
        sampled(self, wanted, cut)
    }

    /// Folds finished runs together, and gives the space of what was deleted back.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process does so; [`Error::Full`], [`Error::Io`].
    fn compact(&self, options: &Compact) -> Result<Compacted, Error>;

    /// Reads every byte again and says what is damaged or missing.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn check(&self) -> Result<Vec<Problem>, Error>;

    /// Keeps bytes by content.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    fn put_blob(&self, bytes: &[u8]) -> Result<ContentId, Error>;

    /// Keeps what a reader gives, however much, by content.
    ///
    /// # Errors
    /// [`Error::Io`], also from the reader; [`Error::Full`].
    fn put_blob_from(&self, from: &mut dyn Read) -> Result<Kept, Error>;

    /// Opens kept bytes.
    ///
    /// # Errors
    /// [`Error::Io`], also when there are none of that name.
    fn open_blob(&self, id: &ContentId) -> Result<Box<dyn ReadSeek>, Error>;

    /// The views of the page that people keep here, by name.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    fn views(&self) -> Result<Vec<View>, Error>;

    /// Keeps a view by its name; answers the one that was called so before.
    ///
    /// # Errors
    /// As [`Self::views`], and [`Error::Full`].
    fn keep_view(&self, name: &str, url: &str) -> Result<Option<View>, Error>;

    /// Forgets a view; answers what it was.
    ///
    /// # Errors
    /// As [`Self::keep_view`].
    fn forget_view(&self, name: &str) -> Result<Option<View>, Error>;

    /// What people say of tags and experiments as such.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    fn labels(&self) -> Result<Labels, Error>;

    /// Says something of a tag or experiment; an empty label says nothing any more. Answers what was said before.
    ///
    /// # Errors
    /// As [`Self::labels`], and [`Error::Full`].
    fn set_label(&self, of: LabelOf, name: &str, label: Label) -> Result<Label, Error>;

    /// Who may sign in; those whose time is over too.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    fn tokens(&self) -> Result<Vec<Token>, Error>;

    /// Notes who did what, in a line.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Full`].
    fn audit(&self, line: &str) -> Result<(), Error>;

    /// What the repository holds.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn stats(&self) -> Result<Stats, Error>;
}

/// Reads everything of the wanted series, and samples a range of it.
pub(crate) fn sampled<S: Store + ?Sized>(
    store: &S,
    wanted: &Wanted,
    cut: &Cut,
) -> Result<Vec<Sampled>, Error> {
    let mut mergers: Vec<Merger> = wanted.series.iter().map(|_| Merger::default()).collect();
    store.series(&Wanted { after: None, ..wanted.clone() }, &mut |block| {
        if let Some(merger) = mergers.get_mut(block.series) {
            merger.push(block.order, block.column);
        }
    })?;
    let sample = |merger: Merger| {
        let points = merger.finish().between(cut.from, cut.to);
        Sampled { n_points: points.len(), points: points.sample(cut.n) }
    };
    Ok(mergers.into_iter().map(sample).collect())
}

/// What the answers of a run refer to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// Blobs with questions and contexts ([`Store::texts`]).
    pub packs: BTreeSet<ContentId>,
    /// The paragraphs of each subset.
    pub paragraphs: BTreeMap<String, Vec<ContentId>>,
}

/// Reads a pack of texts.
pub(crate) fn unpack_texts(packed: &[u8], path: &Path) -> Result<BTreeMap<ContentId, String>, Error> {
    let bytes = zstd::stream::decode_all(packed).map_err(fs::named("unpack texts", path))?;
    let mut reader = Reader(&bytes);
    let mut texts = BTreeMap::new();
    while !reader.is_empty() {
        let damaged =
            || Error::Broken { reason: "got a damaged pack of texts".to_owned(), path: path.to_owned() };
        let text = reader.text().ok_or_else(damaged)?;
        texts.insert(ContentId::of(&text), text);
    }
    Ok(texts)
}

/// What became of appended bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// On disk up to here: the writer may forget what is before.
    Durable {
        /// An offset in the journal.
        offset: u64,
    },
    /// There is a hole: send from here on.
    Behind {
        /// An offset in the journal.
        offset: u64,
    },
    /// The run was deleted: send no more.
    Gone,
}

/// A place in a list or a stream; only the store that gave it knows what it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(pub(crate) String);

impl Cursor {
    /// A cursor that was given out as text.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which runs are wanted, roughly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prune {
    /// Only those of an experiment.
    pub experiment: Option<String>,
    /// Only those created at this time or later.
    pub created_from: Option<WallTime>,
    /// Only archived ones, or only others.
    pub is_archived: Option<bool>,
    /// Deleted ones, instead of those that are not.
    pub is_deleted: bool,
}

impl Prune {
    /// Whether a run is wanted.
    pub fn admits(&self, row: &RunRow) -> bool {
        row.is_deleted == self.is_deleted
            && self.is_archived.is_none_or(|is_archived| row.is_archived == is_archived)
            && self.created_from.is_none_or(|time| row.created >= time)
            && self.experiment.as_ref().is_none_or(|name| row.experiment == *name)
    }
}

/// Some runs of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The runs, oldest first.
    pub rows: Vec<Arc<RunRow>>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Runs that are new, grew, ended or were edited, deleted ones among them.
    pub rows: Vec<Arc<RunRow>>,
    /// Runs that are not there any more.
    pub gone: Vec<RunId>,
    /// For the next question.
    pub cursor: Cursor,
}

/// Which points are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Of which run.
    pub run: RunId,
    /// Of which series.
    pub series: Vec<SeriesKey>,
    /// Which columns beside steps and values.
    pub columns: Columns,
    /// Only what was written after this cursor was given.
    pub after: Option<Cursor>,
}

/// A text, log line or answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Which of the series that were asked for, by its place in the question.
    pub series: usize,
    /// Its place in the merge order: of two at one step the later counts, but for log lines, and answers of two questions.
    pub order: Order,
    /// At which step.
    pub step: Step,
    /// At which epoch.
    pub epoch: Option<f64>,
    /// When.
    pub time: WallTime,
    /// What.
    pub value: Value,
}

/// What a repository holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Runs, deleted ones too.
    pub n_runs: u64,
    /// Runs that are being recorded.
    pub n_running: u64,
    /// Series of all runs.
    pub n_series: u64,
    /// Points of all series.
    pub n_points: u64,
    /// Bytes of the journals.
    pub journal_bytes: u64,
    /// Segments.
    pub n_segments: u64,
    /// Bytes of the segments.
    pub segment_bytes: u64,
    /// Blobs.
    pub n_blobs: u64,
    /// Bytes of the blobs.
    pub blob_bytes: u64,
}

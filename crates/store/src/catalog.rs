//! `catalog.sqlite`: what is known of each run, kept so that opening a repository does not read all journals.
//!
//! It is derived and may be deleted at any time. One that is broken, of another version or of another repository is made
//! again. Its rows are opaque to SQLite: one blob a run, in the same codec as the journals, so that five thousand are
//! read in a fraction of a second; a table beside it numbers the series keys that all runs share.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, params};
use trailmark_core::{Artifact, Edit, RunId, RunStatus, SeriesKey, Step, WallTime, WriterId};

use crate::Order;
use crate::codec::{Reader, Writer};
use crate::journal::{Problem, Role};
use crate::life::JournalState;
use crate::record::{from_micros, micros};
use crate::row::{ArtifactRow, Kind, RunState, SeriesRow};
use crate::scan::Journals;

/// Grows when the meaning of a row changes.
const VERSION: i64 = 8;
/// Reasons of damage, by their numbers in a row.
const DAMAGE: [&str; 5] = ["", "torn tail", "impossible length", "wrong checksum", "unknown record"];

/// Series keys and their numbers in the catalog.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    by_number: Vec<Arc<SeriesKey>>,
    by_key: HashMap<Arc<SeriesKey>, u64>,
}

impl Keys {
    /// Gives a key the next number.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn add(&mut self, key: Arc<SeriesKey>) {
        self.number(&key);
    }

    fn number(&mut self, key: &Arc<SeriesKey>) -> u64 {
        if let Some(number) = self.by_key.get(key) {
            return *number;
        }
        let number = self.by_number.len() as u64;
        self.by_number.push(Arc::clone(key));
        self.by_key.insert(Arc::clone(key), number);
        number
    }

    fn key(&self, number: u64) -> Option<Arc<SeriesKey>> {
        self.by_number.get(usize::try_from(number).ok()?).cloned()
    }
}

/// Reads the catalog of a repository, whose runs lie in a folder; none when there is none that can be used.
pub(crate) fn load(path: &Path, repository: &str, runs: &Path) -> Option<BTreeMap<RunId, RunState>> {
    if !path.exists() {
        return None;
    }
    let read = || -> Result<Option<BTreeMap<RunId, RunState>>, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags)?;
        database.busy_timeout(std::time::Duration::from_millis(500))?;
        if !is_ours(&database, repository)? {
            return Ok(None);
        }
        let keys = load_keys(&database)?;
        let mut rows = database.prepare("SELECT id, state FROM runs")?;
        let mut rows = rows.query([])?;
        let mut states = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_blob()?.try_into().ok().map(RunId::from_bytes);
            let Some(id) = id else { return Ok(None) };
            let Some(bytes) = unsealed(row.get_ref(1)?.as_blob()?, id.as_bytes()) else { return Ok(None) };
            let mut reader = Reader(bytes);
            let state = read_state((id, &runs.join(id.to_string())), &mut reader, &keys);
            let Some(state) = state.filter(|_| reader.is_empty()) else { return Ok(None) };
            states.insert(id, state);
        }
        Ok(Some(states))
    };
    match read() {
        Ok(Some(states)) => Some(states),
        Ok(None) => {
            tracing::warn!(path = %path.display(), "the catalog is of another version or damaged, making it again");
            None
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the catalog cannot be read, making it again");
            None
        }
    }
}

fn is_ours(database: &Connection, repository: &str) -> Result<bool, rusqlite::Error> {
    let version: i64 = database.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Ok(false);
    }
    let id: String = database.query_row("SELECT repository FROM about", [], |row| row.get(0))?;
    Ok(id == repository)
}

fn load_keys(database: &Connection) -> Result<Keys, rusqlite::Error> {
    let mut keys = Keys::default();
    let mut rows = database.prepare("SELECT key FROM keys ORDER BY number")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let number = keys.by_number.len() as u64;
        // A number that is missing shifts those after it, which their check sums tell.
        let bytes = unsealed(row.get_ref(0)?.as_blob()?, &number.to_le_bytes());
        let Some(bytes) = bytes else { return Ok(Keys::default()) };
        let mut reader = Reader(bytes);
        let key = (|| Some(SeriesKey { name: reader.text()?, context: reader.context()? }))();
        // A damaged key makes every row that names it unreadable, and so the catalog is made again.
        let Some(key) = key else { return Ok(Keys::default()) };
        keys.number(&Arc::new(key));
    }
    Ok(keys)
}

/// Writes the states of runs that changed; a catalog that cannot be used is made anew, with all of them.
///
/// # Errors
/// Whatever SQLite says. The caller may go on without a catalog.
pub(crate) fn save<'a>(
    path: &Path,
    repository: &str,
    changed: impl Iterator<Item = &'a RunState>,
    gone: &[RunId],
) -> Result<(), rusqlite::Error> {
    let mut database = Connection::open(path)?;
    database.busy_timeout(std::time::Duration::from_secs(2))?;
    let transaction = database.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS about (repository TEXT NOT NULL);
         CREATE TABLE IF NOT EXISTS keys (number INTEGER PRIMARY KEY, key BLOB NOT NULL);
         CREATE TABLE IF NOT EXISTS runs (id BLOB PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;",
    )?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute("DELETE FROM about", [])?;
    transaction.execute("INSERT INTO about VALUES (?1)", params![repository])?;
    let mut keys = load_keys(&transaction)?;
    let n_known = keys.by_number.len();
    {
        let mut insert = transaction.prepare("INSERT OR REPLACE INTO runs VALUES (?1, ?2)")?;
        for state in changed {
            let mut bytes = write_state(state, &mut keys);
            seal(&mut bytes, state.row.id.as_bytes());
            insert.execute(params![state.row.id.as_bytes(), bytes])?;
        }
        let mut delete = transaction.prepare("DELETE FROM runs WHERE id = ?1")?;
        for id in gone {
            delete.execute(params![id.as_bytes()])?;
        }
        let mut insert = transaction.prepare("INSERT INTO keys VALUES (?1, ?2)")?;
        for (number, key) in keys.by_number.iter().enumerate().skip(n_known) {
            let mut writer = Writer::default();
            writer.text(&key.name);
            writer.map(key.context.as_params());
            seal(&mut writer.0, &(number as u64).to_le_bytes());
            insert.execute(params![number as i64, writer.0])?;
        }
    }
    transaction.commit()
}

/// Puts a check sum of bytes and of what names them behind them: SQLite has none, and a wrong row is worse than none.
fn seal(bytes: &mut Vec<u8>, name: &[u8]) {
    let sum = crc32c::crc32c_append(crc32c::crc32c(name), bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// The bytes before a check sum that is theirs.
fn unsealed<'a>(sealed: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (bytes, sum) = sealed.split_last_chunk::<4>()?;
    let is_right = crc32c::crc32c_append(crc32c::crc32c(name), bytes) == u32::from_le_bytes(*sum);
    is_right.then_some(bytes)
}

pub(crate) fn write_state(state: &RunState, keys: &mut Keys) -> Vec<u8> {
    let mut writer = Writer::default();
    let row = &*state.row;
    for text in [&row.name, &row.experiment, &row.description, &row.note] {
        writer.text(text);
    }
    writer.unsigned(row.tags.len() as u64);
    row.tags.iter().for_each(|tag| writer.text(tag));
    writer.byte(u8::from(row.is_archived) + 2 * u8::from(row.is_deleted));
    writer.map(&row.params);
    writer.unsigned(state.keys.len() as u64);
    state.keys.iter().for_each(|key| writer.unsigned(keys.number(key)));
    writer.unsigned(row.series.len() as u64);
    for series in &row.series {
        writer.unsigned(keys.number(&series.key));
        write_series(&mut writer, series);
    }
    writer.unsigned(row.checkpoints.len() as u64);
    for (step, folder) in &row.checkpoints {
        writer.signed(step.0);
        writer.text(folder);
    }
    writer.unsigned(row.artifacts.len() as u64);
    for (name, ArtifactRow { artifact, is_deleted }) in &row.artifacts {
        writer.text(name);
        writer.byte(u8::from(*is_deleted) + 2 * u8::from(artifact.file.is_some()));
        if let Some(file) = &artifact.file {
            writer.kept(file);
        }
        writer.text(&artifact.uri);
    }
    let erased: Vec<_> = state.erased.entries().collect();
    writer.unsigned(erased.len() as u64);
    for (key, step, order) in erased {
        writer.text(&key.name);
        writer.map(key.context.as_params());
        writer.byte(u8::from(step.is_some()));
        writer.signed(step.unwrap_or_default().0);
        write_order(&mut writer, order);
    }
    writer.signed(state.modified);
    writer.byte(u8::from(state.is_settled) + 2 * u8::from(state.latest_record.is_some()));
    if let Some(order) = state.latest_record {
        write_order(&mut writer, order);
    }
    writer.unsigned(state.journals.states.len() as u64);
    state.journals.states.iter().for_each(|journal| write_journal(&mut writer, journal));
    writer.unsigned(state.journals.foreign.len() as u64);
    state.journals.foreign.iter().for_each(|problem| write_foreign(&mut writer, problem));
    writer.unsigned(state.journals.sealed.len() as u64);
    state.journals.sealed.iter().for_each(|journal| write_journal(&mut writer, journal));
    writer.unsigned(state.sealed.unwrap_or(0));
    writer.byte(u8::from(state.is_unread));
    writer.0
}

pub(crate) fn read_state(
    (id, folder): (RunId, &Path),
    reader: &mut Reader<'_>,
    keys: &Keys,
) -> Option<RunState> {
    let mut state = RunState::empty(id);
    let row = Arc::get_mut(&mut state.row)?;
    row.name = reader.text()?;
    row.experiment = reader.text()?;
    row.description = reader.text()?;
    row.note = reader.text()?;
    row.tags = (0..reader.count()?).map(|_| reader.text()).collect::<Option<_>>()?;
    let flags = reader.byte()?;
    (row.is_archived, row.is_deleted) = (flags & 1 != 0, flags & 2 != 0);
    row.params = reader.map(0)?;
    state.keys = (0..reader.count()?).map(|_| keys.key(reader.unsigned()?)).collect::<Option<_>>()?;
    let series = |reader: &mut Reader<'_>| read_series(reader, |reader| keys.key(reader.unsigned()?));
    row.series = (0..reader.count()?).map(|_| series(reader)).collect::<Option<_>>()?;
    let checkpoint = |reader: &mut Reader<'_>| Some((Step(reader.signed()?), reader.text()?));
    row.checkpoints = (0..reader.count()?).map(|_| checkpoint(reader)).collect::<Option<_>>()?;
    row.artifacts = (0..reader.count()?).map(|_| read_artifact(reader)).collect::<Option<_>>()?;
    for _ in 0..reader.count()? {
        let series = SeriesKey { name: reader.text()?, context: reader.context()? };
        let (has_step, step) = (reader.byte()? == 1, Step(reader.signed()?));
        let edit = Edit::DeletePoints { series, step: has_step.then_some(step), is_deleted: true };
        state.erased.apply(read_order(reader)?, &edit);
    }
    state.modified = reader.signed()?;
    let flags = reader.byte()?;
    state.is_settled = flags & 1 != 0;
    if flags & 2 != 0 {
        state.latest_record = Some(read_order(reader)?);
    }
    let states = (0..reader.count()?).map(|_| read_journal(reader)).collect::<Option<_>>()?;
    let foreign = (0..reader.count()?).map(|_| read_foreign(reader, folder)).collect::<Option<_>>()?;
    let sealed = (0..reader.count()?).map(|_| read_journal(reader)).collect::<Option<_>>()?;
    state.sealed = Some(reader.unsigned()?).filter(|number| *number > 0);
    state.is_unread = reader.byte()? == 1;
    state.set_journals(Journals { states, foreign, sealed }, folder);
    Some(state)
}

fn read_artifact(reader: &mut Reader<'_>) -> Option<(String, ArtifactRow)> {
    let (name, flags) = (reader.text()?, reader.byte()?);
    let file = if flags & 2 != 0 { Some(reader.kept()?) } else { None };
    let artifact = Artifact { file, uri: reader.text()? };
    Some((name, ArtifactRow { artifact, is_deleted: flags & 1 != 0 }))
}

fn write_order(writer: &mut Writer, order: Order) {
    writer.signed(order.micros);
    writer.0.extend_from_slice(order.writer.as_bytes());
    writer.unsigned(order.offset);
}

fn read_order(reader: &mut Reader<'_>) -> Option<Order> {
    let micros = reader.signed()?;
    let writer = WriterId::from_bytes(reader.take(WriterId::BYTES)?.try_into().ok()?);
    Some(Order { micros, writer, offset: reader.unsigned()? })
}

/// What is known of a series, without its key.
pub(crate) fn write_series(writer: &mut Writer, row: &SeriesRow) {
    writer.byte(match row.kind {
        Kind::Number => 0,
        Kind::Text => 1,
        Kind::Log => 2,
        Kind::Answer => 3,
        Kind::Image => 4,
        Kind::Audio => 5,
        Kind::Figure => 6,
        Kind::Distribution => 7,
        Kind::LogRecord => 8,
    });
    writer.unsigned(row.count);
    writer.signed(row.first_step.0);
    writer.signed(row.last_step.0);
    writer.signed(micros(row.last_time));
    for end in [row.first, row.last] {
        writer.byte(u8::from(end.is_some()));
        writer.float(end.unwrap_or(0.0));
    }
    for extreme in [row.min, row.max] {
        writer.byte(u8::from(extreme.is_some()));
        let (step, number) = extreme.unwrap_or_default();
        writer.signed(step.0);
        writer.float(number);
    }
    writer.byte(u8::from(row.last_epoch.is_some()) + 2 * u8::from(row.nan_step.is_some()));
    writer.float(row.last_epoch.unwrap_or(0.0));
    writer.signed(row.nan_step.unwrap_or_default().0);
}

/// What is known of a series, after its key.
pub(crate) fn read_series<'a>(
    reader: &mut Reader<'a>,
    key: impl FnOnce(&mut Reader<'a>) -> Option<Arc<SeriesKey>>,
) -> Option<SeriesRow> {
    let key = key(reader)?;
    let kind = match reader.byte()? {
        0 => Kind::Number,
        1 => Kind::Text,
        2 => Kind::Log,
        3 => Kind::Answer,
        4 => Kind::Image,
        5 => Kind::Audio,
        6 => Kind::Figure,
        7 => Kind::Distribution,
        8 => Kind::LogRecord,
        _ => return None,
    };
    let count = reader.unsigned()?;
    let (first_step, last_step) = (Step(reader.signed()?), Step(reader.signed()?));
    let last_time: WallTime = from_micros(reader.signed()?);
    let mut end = || {
        let (is_there, number) = (reader.byte()? == 1, reader.float()?);
        Some(is_there.then_some(number))
    };
    let (first, last) = (end()?, end()?);
    let mut extreme = || {
        let (is_there, step, number) = (reader.byte()? == 1, Step(reader.signed()?), reader.float()?);
        Some(is_there.then_some((step, number)))
    };
    let (min, max) = (extreme()?, extreme()?);
    let (flags, last_epoch, nan_step) = (reader.byte()?, reader.float()?, Step(reader.signed()?));
    Some(SeriesRow {
        key,
        kind,
        count,
        first_step,
        last_step,
        first,
        last,
        min,
        max,
        last_epoch: (flags & 1 != 0).then_some(last_epoch),
        nan_step: (flags & 2 != 0).then_some(nan_step),
        last_time,
    })
}

fn write_journal(writer: &mut Writer, journal: &JournalState) {
    writer.0.extend_from_slice(journal.writer.as_bytes());
    writer.byte(u8::from(journal.role == Role::Edits));
    writer.unsigned(journal.offset);
    writer.unsigned(journal.n_bytes);
    for time in [journal.created, journal.began, journal.latest, journal.end.as_ref().map(|end| end.0)] {
        writer.byte(u8::from(time.is_some()));
        writer.signed(time.unwrap_or(0));
    }
    if let Some((_, end)) = &journal.end {
        writer.end(end);
    }
    writer.unsigned(journal.series.len() as u64);
    journal.series.iter().for_each(|place| writer.unsigned(u64::from(*place)));
    let damage = journal.damage.and_then(|reason| DAMAGE.iter().position(|known| *known == reason));
    writer.byte(damage.unwrap_or(0) as u8);
    writer.byte(u8::from(journal.is_nonsense) + 2 * u8::from(journal.is_held));
}

fn read_journal(reader: &mut Reader<'_>) -> Option<JournalState> {
    let writer = WriterId::from_bytes(reader.take(WriterId::BYTES)?.try_into().ok()?);
    let role = if reader.byte()? == 1 { Role::Edits } else { Role::Run };
    let (offset, n_bytes) = (reader.unsigned()?, reader.unsigned()?);
    let mut time = || {
        let (is_there, micros) = (reader.byte()? == 1, reader.signed()?);
        Some(is_there.then_some(micros))
    };
    let (created, began, latest, end) = (time()?, time()?, time()?, time()?);
    let end = match end {
        Some(time) => Some((time, reader.end()?)),
        None => None,
    };
    let series =
        (0..reader.count()?).map(|_| u32::try_from(reader.unsigned()?).ok()).collect::<Option<_>>()?;
    let damage = DAMAGE.get(usize::from(reader.byte()?)).copied()?;
    let flags = reader.byte()?;
    Some(JournalState {
        writer,
        role,
        offset,
        n_bytes,
        created,
        began,
        latest,
        end,
        series,
        damage: Some(damage).filter(|reason| !reason.is_empty()),
        is_nonsense: flags & 1 != 0,
        is_held: flags & 2 != 0,
    })
}

fn write_foreign(writer: &mut Writer, problem: &Problem) {
    // What has no name in UTF-8 is told with a question mark in it.
    writer.text(&problem.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default());
    writer.unsigned(problem.n_bytes);
    writer.text(&problem.reason);
}

fn read_foreign(reader: &mut Reader<'_>, folder: &Path) -> Option<Problem> {
    let (path, n_bytes) = (folder.join(reader.text()?), reader.unsigned()?);
    Some(Problem { path, offset: 0, n_bytes, reason: reader.text()?.into() })
}

/// Whether two states know the same, so that the catalog need not be written.
pub(crate) fn is_same(a: &RunState, b: &RunState) -> bool {
    let status = |state: &RunState| matches!(state.row.status, RunStatus::Running);
    a.row == b.row
        && a.journals == b.journals
        && a.is_settled == b.is_settled
        && a.sealed == b.sealed
        && status(a) == status(b)
}

/// Whether a catalog can be written on: it is ours and holds at least so many runs.
pub(crate) fn holds(path: &Path, repository: &str, n_runs: usize) -> bool {
    let look = || -> Result<bool, rusqlite::Error> {
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let count: i64 = database.query_row("SELECT count(*) FROM runs", [], |row| row.get(0))?;
        Ok(is_ours(&database, repository)? && count as usize >= n_runs)
    };
    // One that cannot be read cannot be written on either.
    path.exists() && look().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journals_that_are_longer_than_can_be_counted_make_no_panic() {
        let id = RunId::from_bytes([1; 12]);
        let journal =
            |writer| JournalState::sealed(WriterId::from_bytes([writer; 8]), Role::Run, u64::MAX - 9);
        let mut state = RunState::empty(id);
        let journals = Journals { states: vec![journal(1), journal(2)], ..Journals::default() };
        state.set_journals(journals, Path::new("run"));
        let mut keys = Keys::default();
        let bytes = write_state(&state, &mut keys);
        let again = read_state((id, Path::new("run")), &mut Reader(&bytes), &keys).unwrap();
        assert_eq!((again.row.n_bytes, &again.row), (u64::MAX, &state.row));
    }
}

//! `run_metadata.sqlite`: names, experiments, tags, notes, when runs were made.
//!
//! The file is copied before it is opened, with the journal that a transaction may have left beside it: SQLite would take
//! locks and roll back in the original. A copy that was written to meanwhile is made again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Row};
use trailmark_core::WallTime;
use trailmark_store::{Label, LabelOf};

use crate::{Head, ImportError, Problem, fs};

/// What lies beside an SQLite file and belongs to it.
const BESIDE: [&str; 3] = ["", "-journal", "-wal"];
/// How often a file is copied that is being written.
const MOST_TRIES: usize = 10;

/// What people call runs, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Props {
    pub(super) runs: BTreeMap<String, Head>,
    pub(super) labels: Vec<(LabelOf, String, Label)>,
    /// Why there is nothing.
    pub(super) problem: Option<Problem>,
}

impl Props {
    /// Reads the file; one that cannot be read is a problem, not an error: the runs' own databases stand alone.
    pub(super) fn read(path: &Path) -> Result<Self, ImportError> {
        let problem = |reason: String| Self {
            problem: Some(Problem { place: path.display().to_string(), reason }),
            ..Self::default()
        };
        if !path.is_file() {
            return Ok(problem("there is no such file: names, experiments and tags are unknown".to_owned()));
        }
        let folder = tempfile::tempdir().map_err(fs::named("make a folder", &std::env::temp_dir()))?;
        let copy = folder.path().join("props.sqlite");
        copy_calm(path, &copy)?;
        Ok(read(&copy).unwrap_or_else(|error| problem(error.to_string())))
    }
}

/// Copies a database that nobody writes to at that moment.
fn copy_calm(from: &Path, to: &Path) -> Result<(), ImportError> {
    let beside = |path: &Path, end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let state = || BESIDE.map(|end| fs::state(&beside(from, end)));
    for _ in 0..MOST_TRIES {
        let before = state();
        for end in BESIDE {
            let (from, to) = (beside(from, end), beside(to, end));
            if !fs::copy(&from, &to)? {
                fs::forget(&to)?;
            }
        }
        if state() == before {
            break;
        }
    }
    Ok(())
}

fn read(path: &Path) -> rusqlite::Result<Props> {
    let connection = Connection::open(path)?;
    let mut props = Props::default();
    let runs = format!(
        "SELECT r.hash, r.name, r.description, r.is_archived, e.name, {}, r.id FROM run r \
         LEFT JOIN experiment e ON e.id = r.experiment_id",
        micros_of("r.created_at")
    );
    let mut hashes = BTreeMap::new();
    let mut statement = connection.prepare(&runs)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = text(row, 0)?;
        hashes.insert(row.get::<_, i64>(6)?, hash.clone());
        let name = text(row, 1)?;
        let micros: Option<i64> = row.get(5)?;
        let head = Head {
            created: micros.map(|micros| WallTime::from_nanos(micros.saturating_mul(1000))),
            // The name that Aim gives a run without one.
            name: if name == format!("Run: {hash}") { String::new() } else { name },
            description: text(row, 2)?,
            is_archived: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
            experiment: text(row, 4)?,
            ..Head::default()
        };
        props.runs.insert(hash, head);
    }
    each(&connection, "SELECT rt.run_id, t.name FROM run_tag rt JOIN tag t ON t.id = rt.tag_id", |row| {
        if let Some(head) = hashes.get(&row.get(0)?).and_then(|hash| props.runs.get_mut(hash)) {
            head.tags.insert(text(row, 1)?);
        }
        Ok(())
    })?;
    let mut notes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    each(&connection, "SELECT run_id, content FROM note WHERE run_id IS NOT NULL ORDER BY id", |row| {
        if let Some(hash) = hashes.get(&row.get(0)?) {
            notes.entry(hash.clone()).or_default().push(text(row, 1)?);
        }
        Ok(())
    })?;
    for (hash, notes) in notes {
        if let Some(head) = props.runs.get_mut(&hash) {
            head.note = notes.join("\n\n");
        }
    }
    for (of, query) in [
        (LabelOf::Tag, "SELECT name, color, description FROM tag"),
        (LabelOf::Experiment, "SELECT name, NULL, description FROM experiment"),
    ] {
        each(&connection, query, |row| {
            let label = Label { color: text(row, 1)?, description: text(row, 2)? };
            if label != Label::default() {
                props.labels.push((of, text(row, 0)?, label));
            }
            Ok(())
        })?;
    }
    props.labels.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    Ok(props)
}

fn each(
    connection: &Connection,
    query: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// A text; of nothing the empty one.
fn text(row: &Row<'_>, place: usize) -> rusqlite::Result<String> {
    Ok(row.get::<_, Option<String>>(place)?.unwrap_or_default())
}

/// SQL that makes microseconds since 1970 of a column with `YYYY-MM-DD HH:MM:SS.ffffff`, which is UTC.
fn micros_of(column: &str) -> String {
    format!(
        "CAST(strftime('%s', {column}) AS INTEGER) * 1000000 + \
         CAST(substr(substr({column}, 21) || '000000', 1, 6) AS INTEGER)"
    )
}

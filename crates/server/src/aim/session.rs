//! A run that a client records: its journal in this process, and what writes to it refer to.
//!
//! A message's writes are taken one by one ([`Session::take`]) and reach the journal together, as one frame
//! ([`Session::flush`]), before the message is acknowledged. Everything is written again when it is sent again: a param
//! that is set to what it is, and a line that is there, are left out, and of two points at a step the later one counts.

use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime};

use trailmark_aim::{
    Key, OURS, Trace, UNKNOWN_CONTEXT, Write, artifact_from_node, context_from_node, moment, param_from_node,
    value_from_node,
};
use trailmark_core::{Context, Edit, End, ParamValue, Params, RunId, SeriesKey, Step, Value, WallTime};
use trailmark_store::{
    Batch, Columns, Error, JournalWriter, Record, RunRow, SeriesTable, Stamp, Store, Wanted, micros,
};

use super::lines::{Due, Lines};
use super::pieces::{Pieces, PointKey, Tracked};
use super::tree;

/// Levels of a tree of params at most.
const MOST_DEPTH: usize = 56;

/// A run that is being recorded.
#[derive(Debug)]
pub(super) struct Session {
    run: RunId,
    writer: JournalWriter,
    table: SeriesTable,
    batch: Batch,
    /// What of earlier lines is to go before the batch is written.
    erased: Vec<(SeriesKey, Step)>,
    params: Params,
    contexts: HashMap<i64, Context>,
    pieces: Pieces,
    lines: BTreeMap<SeriesKey, Lines>,
    /// Whether lines of an earlier journal may be there.
    is_resumed: bool,
    /// When the client said that the run ended.
    ended: Option<WallTime>,
    /// Whether the end is still to be written.
    is_end_due: bool,
    /// Since when the disk does not have everything.
    pub(super) dirty: Option<Instant>,
    /// Whether it was let go: whoever waited for it takes another.
    pub(super) is_closed: bool,
}

impl Session {
    /// Begins to record a run, or goes on; at a time that the client gives, or now.
    pub(super) fn open(store: &dyn Store, run: RunId, created: Option<WallTime>) -> Result<Self, Error> {
        let now = WallTime::from(SystemTime::now());
        let known = match store.run(run) {
            Ok(row) => Some(row),
            Err(Error::NoRun { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut first = vec![Record::Created { time: created.unwrap_or(now) }];
        let mut params = Params::new();
        match &known {
            None => first.push(Record::Edit { edit: Edit::Experiment("default".to_owned()) }),
            Some(row) => {
                params = store.params(run)?;
                if row.is_deleted {
                    first.push(Record::Edit { edit: Edit::Delete(false) });
                }
            }
        }
        let mut writer = store.writer(run)?;
        writer.append(&first)?;
        let contexts = known.as_ref().map(|row| contexts(&params, row)).unwrap_or_default();
        Ok(Self {
            run,
            writer,
            table: SeriesTable::default(),
            batch: Batch::default(),
            erased: Vec::new(),
            params,
            contexts,
            pieces: Pieces::default(),
            lines: BTreeMap::new(),
            is_resumed: known.is_some(),
            ended: None,
            is_end_due: false,
            dirty: Some(Instant::now()),
            is_closed: false,
        })
    }

    /// When the client said that the run ended.
    pub(super) fn ended(&self) -> Option<WallTime> {
        self.ended
    }

    /// The run's params as they are.
    pub(super) fn params(&self) -> &Params {
        &self.params
    }

    /// Begins another journal, whose beginning is the run's.
    pub(super) fn begin_at(&mut self, store: &dyn Store, created: WallTime) -> Result<(), Error> {
        self.flush(store)?;
        let mut writer = store.writer(self.run)?;
        writer.append(&[Record::Created { time: created }])?;
        self.writer = writer;
        self.table = SeriesTable::default();
        self.is_end_due = self.ended.is_some();
        self.flush(store)
    }

    /// Takes a write.
    pub(super) fn take(&mut self, store: &dyn Store, write: Write) -> Result<(), Error> {
        match write {
            Write::Param { path, value } => match path.first().and_then(Key::text) {
                Some(OURS) => tracing::warn!(run = %self.run, "a param of a reserved name is left out"),
                _ => self.set_params(&path, param_from_node(&value)),
            },
            Write::DropParam { path } => self.drop_param(&path),
            Write::EndTime(time) => {
                let ended = time.map(moment);
                if ended.is_none() && self.ended.is_some() {
                    // The run goes on: a journal that has ended is not written on.
                    self.close()?;
                    *self = Self::open(store, self.run, None)?;
                }
                self.is_end_due = ended.is_some() && ended != self.ended;
                self.ended = ended;
            }
            Write::Context { id, value } => {
                let context = context_from_node(&value);
                self.note(&["contexts", &id.to_string()], ParamValue::Map(context.as_params().clone()));
                self.contexts.insert(id, context);
            }
            Write::Dtype { trace, dtype } => {
                self.note(&["dtypes", &trace.context.to_string(), &trace.name], dtype.into());
            }
            Write::Piece { trace, column, key, is_hashed, value } => {
                self.pieces.add(PointKey { trace, key, is_hashed }, column, value);
            }
            Write::Artifact { name, value } => match artifact_from_node(&value) {
                Some(artifact) => self.batch.push(Record::Artifact { name, artifact }),
                None => self.note(&["other", "artifacts", &name], param_from_node(&value)),
            },
            Write::ArtifactsUri(uri) => self.note(&["artifacts_uri"], uri.into()),
            Write::Other { path, value } => {
                let words: Vec<String> = path.iter().map(Key::to_string).collect();
                let mut path = vec!["other"];
                path.extend(words.iter().map(String::as_str));
                self.note(&path, value.map_or(ParamValue::None, |value| param_from_node(&value)));
            }
        }
        Ok(())
    }

    /// Takes a change of what people call the run.
    pub(super) fn edit(&mut self, edit: Edit) {
        self.batch.push(Record::Edit { edit });
    }

    /// Writes what was taken.
    pub(super) fn flush(&mut self, store: &dyn Store) -> Result<(), Error> {
        for tracked in self
            .pieces
            .take(|value| matches!(value, trailmark_aim::Node::Object { name, .. } if is_line(name)))
        {
            self.track(store, tracked)?;
        }
        self.write()
    }

    /// Writes what waits, too: the client has let go of the run.
    pub(super) fn close(&mut self) -> Result<(), Error> {
        self.is_closed = true;
        let mut due = BTreeMap::new();
        for (key, lines) in &mut self.lines {
            let mut of_series = Due::default();
            lines.finish(&mut of_series);
            due.insert(key.clone(), of_series);
        }
        due.into_iter().for_each(|(key, due)| self.push_lines(&key, due));
        self.write()?;
        self.sync()
    }

    /// Waits until the disk has everything.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.dirty = None;
        self.writer.sync()
    }

    fn write(&mut self) -> Result<(), Error> {
        if !self.erased.is_empty() {
            // A frame of its own: what comes after is not deleted.
            let delete = |(series, step): (SeriesKey, Step)| Record::Edit {
                edit: Edit::DeletePoints { series, step: Some(step), is_deleted: true },
            };
            let mut edits = Batch::default();
            self.erased.drain(..).map(delete).for_each(|record| edits.push(record));
            self.writer.append_batch(&[], &edits)?;
        }
        if let (true, Some(time)) = (self.is_end_due, self.ended) {
            self.batch.push(Record::End { time, end: End::Finished });
        }
        let is_end = std::mem::take(&mut self.is_end_due);
        if !self.batch.is_empty() {
            let new = self.table.since(self.writer.n_series()).to_vec();
            self.writer.append_batch(&new, &self.batch)?;
            self.batch.clear();
            self.dirty.get_or_insert_with(Instant::now);
        }
        if is_end { self.sync() } else { Ok(()) }
    }

    fn track(&mut self, store: &dyn Store, tracked: Tracked) -> Result<(), Error> {
        let Tracked { trace, step, epoch, time, value } = tracked;
        let time = time.map_or_else(|| WallTime::from(SystemTime::now()), moment);
        let at = Stamp { step, micros: micros(time), epoch: epoch.unwrap_or(f64::NAN) };
        let mut blobs = Vec::new();
        let Some(ours) = value_from_node(value.clone(), &mut blobs) else {
            let (context, step) = (trace.context.to_string(), step.to_string());
            self.note(&["other", "seqs", &context, &trace.name, &step], param_from_node(&value));
            return Ok(());
        };
        for blob in blobs {
            store.put_blob(&blob)?;
        }
        let context = self.context(&trace);
        if !matches!(ours, Value::Log(_) | Value::LogRecord(_)) {
            let series = self.table.intern(&trace.name, &context);
            self.batch.push_point(series, at, ours);
            return Ok(());
        }
        let key = SeriesKey { name: trace.name, context };
        if !self.lines.contains_key(&key) {
            let written =
                if self.is_resumed { written_lines(store, self.run, &key)? } else { BTreeMap::new() };
            self.lines.insert(key.clone(), Lines::new(&written));
        }
        let mut due = Due::default();
        if let Some(lines) = self.lines.get_mut(&key) {
            lines.take(at, ours, &mut due);
        }
        self.push_lines(&key, due);
        Ok(())
    }

    fn push_lines(&mut self, key: &SeriesKey, due: Due) {
        self.erased.extend(due.erased.into_iter().map(|step| (key.clone(), step)));
        for (at, value) in due.added {
            let series = self.table.intern(&key.name, &key.context);
            self.batch.push_point(series, at, value);
        }
    }

    fn context(&self, trace: &Trace) -> Context {
        let known = self.contexts.get(&trace.context).cloned();
        known.unwrap_or_else(|| Context::empty().with(UNKNOWN_CONTEXT, trace.context))
    }

    /// Keeps what has no place in our words.
    fn note(&mut self, path: &[&str], value: ParamValue) {
        let mut whole = vec![OURS];
        whole.extend(path);
        self.set_param(&whole, value);
    }

    /// Replaces params at a path, at no path all of them.
    fn set_params(&mut self, path: &[Key], value: ParamValue) {
        if !path.is_empty() {
            let (path, value) = tree::replaced(&self.params, path, Some(value));
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            return self.set_param(&path, value);
        }
        let ParamValue::Map(map) = value else { return };
        let gone = self.params.keys().filter(|key| !map.contains_key(*key) && *key != OURS);
        for key in gone.cloned().collect::<Vec<_>>() {
            self.drop_param(&[Key::Text(key)]);
        }
        for (key, value) in map {
            self.set_param(&[&key], value);
        }
    }

    fn drop_param(&mut self, path: &[Key]) {
        match path {
            [] => self.set_params(&[], ParamValue::Map(Params::new())),
            [key] => {
                let key = key.to_string();
                if key != OURS && self.params.remove(&key).is_some() {
                    let gone = ParamValue::List(vec![key.into()]);
                    self.batch.push(Record::Param { path: Vec::new(), value: gone });
                }
            }
            path => {
                let (path, value) = tree::replaced(&self.params, path, None);
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                self.set_param(&path, value);
            }
        }
    }

    fn set_param(&mut self, path: &[&str], value: ParamValue) {
        let known = path.split_first().and_then(|(first, rest)| self.params.get(*first)?.at(rest));
        if known == Some(&value) {
            return;
        }
        if path.len() + tree::depth(&value) > MOST_DEPTH {
            tracing::warn!(run = %self.run, "a param that is nested too deep is left out");
            return;
        }
        // The only error is an empty path.
        if ParamValue::set_in(&mut self.params, path, value.clone()).is_ok() {
            let path = path.iter().map(|key| (*key).to_owned()).collect();
            self.batch.push(Record::Param { path, value });
        }
    }
}

/// Whether a point of an object waits until it is whole: of lines both stay that are written at one step.
fn is_line(object: &str) -> bool {
    matches!(object, "aim.log_line" | "aim.log_record")
}

/// The contexts of a run by their ids: those that a client named, and those of its series.
pub(super) fn contexts(params: &Params, row: &RunRow) -> HashMap<i64, Context> {
    let of_series = row.series.iter().map(|series| &series.key.context);
    let mut contexts: HashMap<i64, Context> =
        of_series.map(|context| (trailmark_aim::context_id(context), context.clone())).collect();
    if let Some(ParamValue::Map(named)) = params.get(OURS).and_then(|ours| ours.at(&["contexts"])) {
        for (id, context) in named {
            if let (Ok(id), ParamValue::Map(context)) = (id.parse(), context) {
                contexts.insert(id, Context::from(context.clone()));
            }
        }
    }
    contexts
}

/// The lines of a series that are there.
fn written_lines(store: &dyn Store, run: RunId, key: &SeriesKey) -> Result<BTreeMap<Step, Value>, Error> {
    let wanted = Wanted { run, series: vec![key.clone()], columns: Columns::default(), after: None };
    let mut lines = BTreeMap::new();
    store.objects(&wanted, &mut |object| {
        lines.insert(object.step, (object.order, object.value));
    })?;
    Ok(lines.into_iter().map(|(step, (_, value))| (step, value)).collect())
}

//! Journals made of records under times of the caller, as a writer elsewhere would send them.

use trailmark_core::{
    Answer, Artifact, Audio, Candidate, ContentId, Context, Distribution, Figure, Image, Kept, LogLine,
    LogRecord, ParamValue, Params, RunId, SeriesKey, Step, Stream, Value, WallTime, WriterId,
};

use super::writer_id;
use crate::frame::Encoder;
use crate::journal::{Header, Role};
use crate::{Appended, Batch, Kind, Record, SeriesTable, Store};

/// A journal that a writer keeps elsewhere.
#[derive(Debug)]
pub struct Journal {
    /// Of which run.
    pub run: RunId,
    /// Whose.
    pub writer: WriterId,
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// Where its frames begin, and where the last one ends.
    pub bounds: Vec<usize>,
    encoder: Encoder,
    table: SeriesTable,
    n_sent: usize,
}

impl Journal {
    /// An empty journal of a writer of a run.
    pub fn new(run: RunId, writer: u8) -> Self {
        let writer = writer_id(writer);
        let bytes = Header::new(Role::Run, run, writer).bytes().to_vec();
        let bounds = vec![bytes.len()];
        let (encoder, table) = (Encoder::default(), SeriesTable::default());
        Self { run, writer, bytes, bounds, encoder, table, n_sent: 0 }
    }

    /// Adds a frame under a time in microseconds; says the time that it has, which never falls.
    pub fn frame(&mut self, micros: i64, records: &[Record]) -> i64 {
        let batch = Batch::of(records, &mut self.table);
        let new = self.table.since(self.encoder.n_series()).to_vec();
        let frame = self.encoder.frame(micros, &new, &batch);
        let time = frame.get(8..16).and_then(|time| time.try_into().ok()).map(i64::from_le_bytes);
        self.bytes.extend_from_slice(frame);
        self.bounds.push(self.bytes.len());
        time.unwrap_or(micros)
    }

    /// Adds a frame under a time in seconds.
    #[must_use]
    pub fn with(mut self, secs: i64, records: &[Record]) -> Self {
        self.frame(secs * 1_000_000, records);
        self
    }

    /// Sends what was not sent yet.
    ///
    /// # Panics
    /// When the store does not take it.
    pub fn send(&mut self, store: &dyn Store) {
        let sent =
            store.append(self.run, self.writer, self.n_sent as u64, &self.bytes[self.n_sent..]).unwrap();
        assert_eq!(sent, Appended::Durable { offset: self.bytes.len() as u64 });
        self.n_sent = self.bytes.len();
    }
}

/// A run by its number: the larger, the younger.
pub fn run_id(number: u64) -> RunId {
    RunId::from_parts(number, [1; 6])
}

/// So many seconds after 1970.
pub fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

/// A series by its name.
pub fn key(name: &str) -> SeriesKey {
    SeriesKey::new(name, Context::subset("eval"))
}

/// A point at a second that is its step.
pub fn point(name: &str, step: i64, value: impl Into<Value>) -> Record {
    Record::Point { series: key(name), step: Step(step), epoch: None, time: time(step), value: value.into() }
}

/// The name of a file, as a record.
pub(super) fn artifact(name: &str, content: &[u8]) -> Record {
    let file = Kept { id: ContentId::of(content), n_bytes: content.len() as u64 };
    Record::Artifact { name: name.to_owned(), artifact: Artifact { file: Some(file), uri: String::new() } }
}

/// A param.
pub(super) fn param(path: &[&str], value: ParamValue) -> Record {
    Record::Param { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

/// A value of every kind, told by a number, with a name for its series.
pub fn every_kind(number: i64) -> Vec<(&'static str, Kind, Value)> {
    let text = format!("{number} · é");
    let file = Kept { id: ContentId::of(number.to_le_bytes()), n_bytes: 8 };
    let caption = || text.clone();
    let candidate = |text: &str| Candidate { text: text.to_owned(), start: 1, end: 4, score: number as f64 };
    let answer = |question: i64| Answer {
        question_key: format!("q{question}"),
        question: ContentId::of("question"),
        context: ContentId::of("context"),
        golds: vec![caption(), String::new()],
        best: candidate("best"),
        null_score: (number % 2 == 0).then_some(f64::NEG_INFINITY),
        exact_match: 1.0,
        f1: 0.5,
        millis: 3.25,
        others: vec![candidate("other")],
    };
    let record = LogRecord {
        level: 30,
        message: caption(),
        extra: Params::from([(caption(), ParamValue::List(vec![ParamValue::None, number.into()]))]),
        origin: Some(("train.py".to_owned(), 7)),
    };
    let image = Image {
        file: file.clone(),
        format: "png".to_owned(),
        width: 3,
        height: number.unsigned_abs() as u32,
        caption: caption(),
    };
    let audio = Audio { file: file.clone(), format: "wav".to_owned(), caption: caption() };
    let distribution = Distribution { low: -1.0, high: f64::INFINITY, weights: vec![number as f64, 0.5] };
    let line = |stream| Value::Log(LogLine { stream, text: caption() });
    vec![
        ("float", Kind::Number, Value::Float(number as f64 / 3.0)),
        ("int", Kind::Number, Value::Int(number)),
        ("text", Kind::Text, Value::Text(caption())),
        ("log", Kind::Log, line(if number % 2 == 0 { Stream::Stdout } else { Stream::Stderr })),
        ("log record", Kind::LogRecord, Value::LogRecord(Box::new(record))),
        ("answer", Kind::Answer, Value::Answer(Box::new(answer(number % 2)))),
        ("image", Kind::Image, Value::Image(Box::new(image.clone()))),
        ("audio", Kind::Audio, Value::Audio(Box::new(audio))),
        ("figure", Kind::Figure, Value::Figure(Box::new(Figure { file, caption: caption() }))),
        ("distribution", Kind::Distribution, Value::Distribution(Box::new(distribution))),
        ("list", Kind::Image, Value::List(vec![Value::Image(Box::new(image)); 2])),
    ]
}

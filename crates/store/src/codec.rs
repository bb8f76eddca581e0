//! Numbers and trees as bytes: little-endian, LEB128 varints, zigzag for signs. Reading foreign bytes never panics and
//! never makes room for more than the bytes could hold.

use trailmark_core::{
    Answer, Audio, Candidate, ContentId, Context, Distribution, End, Figure, Image, Kept, LogLine, LogRecord,
    ParamValue, Params, Stream, Value,
};

/// How deep a tree of params may be.
const MOST_DEPTH: usize = 64;

/// Appends values.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(crate) fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)) as u64);
    }

    pub(crate) fn float(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn content(&mut self, id: &ContentId) {
        self.0.extend_from_slice(id.as_bytes());
    }

    pub(crate) fn param(&mut self, value: &ParamValue) {
        match value {
            ParamValue::None => self.byte(0),
            ParamValue::Bool(value) => self.byte(1 + u8::from(*value)),
            ParamValue::Int(value) => {
                self.byte(3);
                self.signed(*value);
            }
            ParamValue::Float(value) => {
                self.byte(4);
                self.float(*value);
            }
            ParamValue::Text(text) => {
                self.byte(5);
                self.text(text);
            }
            ParamValue::List(values) => {
                self.byte(6);
                self.unsigned(values.len() as u64);
                values.iter().for_each(|value| self.param(value));
            }
            ParamValue::Map(map) => {
                self.byte(7);
                self.map(map);
            }
        }
    }

    pub(crate) fn map(&mut self, map: &Params) {
        self.unsigned(map.len() as u64);
        for (key, value) in map {
            self.text(key);
            self.param(value);
        }
    }

    /// A value that is not a float: those are kept in columns.
    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::Int(number) => {
                self.byte(1);
                self.signed(*number);
            }
            Value::Text(text) => {
                self.byte(2);
                self.text(text);
            }
            Value::Log(line) => {
                self.byte(if line.stream == Stream::Stdout { 3 } else { 4 });
                self.text(&line.text);
            }
            Value::Answer(answer) => {
                self.byte(5);
                self.answer(answer);
            }
            Value::Float(number) => {
                self.byte(0);
                self.float(*number);
            }
            Value::Image(image) => {
                self.byte(6);
                self.kept(&image.file);
                self.text(&image.format);
                self.unsigned(u64::from(image.width));
                self.unsigned(u64::from(image.height));
                self.text(&image.caption);
            }
            Value::Audio(audio) => {
                self.byte(7);
                self.kept(&audio.file);
                self.text(&audio.format);
                self.text(&audio.caption);
            }
            Value::Figure(figure) => {
                self.byte(8);
                self.kept(&figure.file);
                self.text(&figure.caption);
            }
            Value::Distribution(distribution) => {
                self.byte(9);
                self.float(distribution.low);
                self.float(distribution.high);
                self.unsigned(distribution.weights.len() as u64);
                distribution.weights.iter().for_each(|weight| self.float(*weight));
            }
            Value::LogRecord(record) => {
                self.byte(10);
                self.log_record(record);
            }
            Value::List(values) => {
                self.byte(11);
                self.unsigned(values.len() as u64);
                values.iter().for_each(|value| self.value(value));
            }
            // `Value` may grow; a kind that has no bytes here is a defect of this crate, seen by its tests.
            other => unreachable!("a value without bytes: {other:?}"),
        }
    }

    pub(crate) fn kept(&mut self, kept: &Kept) {
        self.content(&kept.id);
        self.unsigned(kept.n_bytes);
    }

    fn log_record(&mut self, record: &LogRecord) {
        self.signed(record.level);
        self.text(&record.message);
        self.map(&record.extra);
        self.byte(u8::from(record.origin.is_some()));
        if let Some((file, line)) = &record.origin {
            self.text(file);
            self.unsigned(u64::from(*line));
        }
    }

    /// How a writer ended.
    pub(crate) fn end(&mut self, end: &End) {
        let (kind, code, message) = match end {
            End::Finished => (0, None, ""),
            End::Failed { exit_code, message } => (1, *exit_code, message.as_str()),
            End::Killed { signal } => (2, Some(*signal), ""),
        };
        self.byte(kind);
        self.byte(u8::from(code.is_some()));
        self.signed(i64::from(code.unwrap_or(0)));
        self.text(message);
    }

    fn answer(&mut self, answer: &Answer) {
        self.text(&answer.question_key);
        self.content(&answer.question);
        self.content(&answer.context);
        self.unsigned(answer.golds.len() as u64);
        answer.golds.iter().for_each(|gold| self.text(gold));
        self.candidate(&answer.best);
        self.byte(u8::from(answer.null_score.is_some()));
        self.float(answer.null_score.unwrap_or(0.0));
        self.float(answer.exact_match);
        self.float(answer.f1);
        self.float(answer.millis);
        self.unsigned(answer.others.len() as u64);
        answer.others.iter().for_each(|other| self.candidate(other));
    }

    fn candidate(&mut self, candidate: &Candidate) {
        self.text(&candidate.text);
        self.unsigned(u64::from(candidate.start));
        self.unsigned(u64::from(candidate.end));
        self.float(candidate.score);
    }
}

/// Takes values off; `None` for bytes that no writer made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn float(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    /// A count of things that take at least one byte each.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.unsigned()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let count = self.count()?;
        Some(std::str::from_utf8(self.take(count)?).ok()?.to_owned())
    }

    pub(crate) fn content(&mut self) -> Option<ContentId> {
        Some(ContentId::from_bytes(self.take(ContentId::BYTES)?.try_into().ok()?))
    }

    pub(crate) fn param(&mut self, depth: usize) -> Option<ParamValue> {
        if depth > MOST_DEPTH {
            return None;
        }
        Some(match self.byte()? {
            0 => ParamValue::None,
            1 => ParamValue::Bool(false),
            2 => ParamValue::Bool(true),
            3 => ParamValue::Int(self.signed()?),
            4 => ParamValue::Float(self.float()?),
            5 => ParamValue::Text(self.text()?),
            6 => ParamValue::List((0..self.count()?).map(|_| self.param(depth + 1)).collect::<Option<_>>()?),
            7 => ParamValue::Map(self.map(depth + 1)?),
            _ => return None,
        })
    }

    pub(crate) fn map(&mut self, depth: usize) -> Option<Params> {
        (0..self.count()?).map(|_| Some((self.text()?, self.param(depth)?))).collect()
    }

    pub(crate) fn context(&mut self) -> Option<Context> {
        Some(Context::from(self.map(0)?))
    }

    /// A point's value.
    pub(crate) fn value(&mut self) -> Option<Value> {
        const LIST: u8 = 11;
        match self.byte()? {
            LIST => {
                Some(Value::List((0..self.count()?).map(|_| self.single_value()).collect::<Option<_>>()?))
            }
            tag => self.value_of(tag),
        }
    }

    /// A value that is no list.
    fn single_value(&mut self) -> Option<Value> {
        let tag = self.byte()?;
        self.value_of(tag)
    }

    fn value_of(&mut self, tag: u8) -> Option<Value> {
        Some(match tag {
            0 => Value::Float(self.float()?),
            1 => Value::Int(self.signed()?),
            2 => Value::Text(self.text()?),
            3 => Value::Log(LogLine { stream: Stream::Stdout, text: self.text()? }),
            4 => Value::Log(LogLine { stream: Stream::Stderr, text: self.text()? }),
            5 => Value::Answer(Box::new(self.answer()?)),
            6 => Value::Image(Box::new(Image {
                file: self.kept()?,
                format: self.text()?,
                width: u32::try_from(self.unsigned()?).ok()?,
                height: u32::try_from(self.unsigned()?).ok()?,
                caption: self.text()?,
            })),
            7 => {
                let (file, format) = (self.kept()?, self.text()?);
                Value::Audio(Box::new(Audio { file, format, caption: self.text()? }))
            }
            8 => Value::Figure(Box::new(Figure { file: self.kept()?, caption: self.text()? })),
            9 => Value::Distribution(Box::new(Distribution {
                low: self.float()?,
                high: self.float()?,
                weights: (0..self.count()?).map(|_| self.float()).collect::<Option<_>>()?,
            })),
            10 => Value::LogRecord(Box::new(self.log_record()?)),
            _ => return None,
        })
    }

    pub(crate) fn end(&mut self) -> Option<End> {
        let (kind, has_code) = (self.byte()?, self.byte()? == 1);
        let code = i32::try_from(self.signed()?).ok()?;
        let message = self.text()?;
        Some(match kind {
            0 => End::Finished,
            1 => End::Failed { exit_code: has_code.then_some(code), message },
            2 => End::Killed { signal: code },
            _ => return None,
        })
    }

    pub(crate) fn kept(&mut self) -> Option<Kept> {
        Some(Kept { id: self.content()?, n_bytes: self.unsigned()? })
    }

    fn log_record(&mut self) -> Option<LogRecord> {
        let (level, message, extra) = (self.signed()?, self.text()?, self.map(0)?);
        let origin = match self.byte()? {
            0 => None,
            _ => Some((self.text()?, u32::try_from(self.unsigned()?).ok()?)),
        };
        Some(LogRecord { level, message, extra, origin })
    }

    fn answer(&mut self) -> Option<Answer> {
        Some(Answer {
            question_key: self.text()?,
            question: self.content()?,
            context: self.content()?,
            golds: (0..self.count()?).map(|_| self.text()).collect::<Option<_>>()?,
            best: self.candidate()?,
            null_score: {
                let has_one = self.byte()? == 1;
                let score = self.float()?;
                has_one.then_some(score)
            },
            exact_match: self.float()?,
            f1: self.float()?,
            millis: self.float()?,
            others: (0..self.count()?).map(|_| self.candidate()).collect::<Option<_>>()?,
        })
    }

    fn candidate(&mut self) -> Option<Candidate> {
        Some(Candidate {
            text: self.text()?,
            start: u32::try_from(self.unsigned()?).ok()?,
            end: u32::try_from(self.unsigned()?).ok()?,
            score: self.float()?,
        })
    }
}

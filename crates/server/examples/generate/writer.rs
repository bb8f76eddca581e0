//! A run whose clock is the generator's own, written by the real journal writer.

use trailmark_core::{Context, Edit, End, ParamValue, RunId, SeriesKey, Step, Value, WallTime};
use trailmark_store::{JournalWriter, Record, Repository};

/// Numbers that look random and are the same each time.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// Between 0 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // SplitMix64 (Steele, Lea and Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// About normal, with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// Writes one run.
pub(crate) struct Writer {
    journal: JournalWriter,
    records: Vec<Record>,
    /// Seconds since 1970.
    pub(crate) now: f64,
}

impl Writer {
    /// Begins at a time; `random` makes the id.
    pub(crate) fn begin(repository: &Repository, now: f64, dice: &mut Dice) -> Self {
        let random = [(); 6].map(|()| dice.below(256) as u8);
        let id = RunId::from_parts((now * 1000.0) as u64, random);
        let journal = repository.writer(id).unwrap();
        let mut writer = Self { journal, records: Vec::new(), now };
        writer.records.push(Record::Created { time: writer.time() });
        writer
    }

    pub(crate) fn time(&self) -> WallTime {
        WallTime::from_unix_secs(self.now)
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        self.push(Record::Edit { edit });
    }

    pub(crate) fn param(&mut self, path: &[&str], value: impl Into<ParamValue>) {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        self.push(Record::Param { path, value: value.into() });
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
        if self.records.len() >= 4096 {
            self.flush();
        }
    }

    pub(crate) fn track(&mut self, name: &str, context: &Context, at: (i64, Option<f64>), value: Value) {
        let series = SeriesKey::new(name, context.clone());
        self.push(Record::Point { series, step: Step(at.0), epoch: at.1, time: self.time(), value });
    }

    pub(crate) fn number(&mut self, name: &str, context: &Context, at: (i64, Option<f64>), number: f64) {
        self.track(name, context, at, Value::Float(number));
    }

    pub(crate) fn flush(&mut self) {
        // Numbers of one series side by side make columns.
        fn series(record: &Record) -> Option<&SeriesKey> {
            match record {
                Record::Point { series, value: Value::Float(_), .. } => Some(series),
                _ => None,
            }
        }
        self.records.sort_by(|a, b| series(a).cmp(&series(b)));
        self.journal.append(&self.records).unwrap();
        self.records.clear();
    }

    /// Ends; without an end the run counts as crashed.
    pub(crate) fn end(mut self, end: Option<End>) {
        if let Some(end) = end {
            self.push(Record::End { time: self.time(), end });
        }
        self.flush();
    }
}

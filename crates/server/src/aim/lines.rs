//! Terminal lines and log messages: of two at one step both stay (`docs/format.md`), but Aim's client writes one anew.
//!
//! Its last line it sends every second, as far as it has come, and again when it is whole: such a line waits here until a
//! later one comes. A line that is written anew after others (a progress bar moves the cursor up) replaces what was
//! written. What is sent twice, because an answer was lost, is written once.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use trailmark_core::{Step, Value};
use trailmark_store::Stamp;

/// The lines of one series.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// What was written at each step, by its hash.
    written: HashMap<i64, u64>,
    /// The last line, which may still grow.
    last: Option<(Stamp, Value)>,
}

/// What is to be written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Due {
    /// What was written at these steps goes, first.
    pub(super) erased: Vec<Step>,
    /// These are added.
    pub(super) added: Vec<(Stamp, Value)>,
}

impl Lines {
    /// Lines of which some are written already.
    pub(super) fn new(written: &BTreeMap<Step, Value>) -> Self {
        Self { written: written.iter().map(|(step, value)| (step.0, hash(value))).collect(), last: None }
    }

    /// Takes a line.
    pub(super) fn take(&mut self, at: Stamp, value: Value, due: &mut Due) {
        let is_line = matches!(value, Value::Log(_));
        let last = self.last.as_ref().map(|(last, _)| last.step);
        match last {
            _ if !is_line => self.write(at, value, due),
            Some(last) if at.step < last => self.write(at, value, due),
            Some(last) if at.step == last => self.last = Some((at, value)),
            _ => {
                if let Some((at, value)) = self.last.replace((at, value)) {
                    self.write(at, value, due);
                }
            }
        }
    }

    /// Writes the line that waits; an empty one is none.
    pub(super) fn finish(&mut self, due: &mut Due) {
        if let Some((at, value)) = self.last.take()
            && !matches!(&value, Value::Log(line) if line.text.is_empty())
        {
            self.write(at, value, due);
        }
    }

    fn write(&mut self, at: Stamp, value: Value, due: &mut Due) {
        let hash = hash(&value);
        match self.written.insert(at.step, hash) {
            Some(known) if known == hash => return,
            // Not written yet, but due.
            Some(_) if due.added.iter().any(|(added, _)| added.step == at.step) => {
                due.added.retain(|(added, _)| added.step != at.step);
            }
            Some(_) => due.erased.push(Step(at.step)),
            None => {}
        }
        due.added.push((at, value));
    }
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Log(line) => line.text.hash(&mut hasher),
        other => format!("{other:?}").hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use trailmark_core::{LogLine, Stream};

    use super::*;

    fn line(step: i64, text: &str) -> (Stamp, Value) {
        let value = Value::Log(LogLine { stream: Stream::Stdout, text: text.to_owned() });
        (Stamp { step, micros: step, epoch: f64::NAN }, value)
    }

    fn take(lines: &mut Lines, all: &[(i64, &str)]) -> (Vec<i64>, Vec<(i64, String)>) {
        let mut due = Due::default();
        for (step, text) in all {
            let (at, value) = line(*step, text);
            lines.take(at, value, &mut due);
        }
        said(due)
    }

    fn said(due: Due) -> (Vec<i64>, Vec<(i64, String)>) {
        let text = |value: Value| match value {
            Value::Log(line) => line.text,
            other => panic!("{other:?}"),
        };
        let added = due.added.into_iter().map(|(at, value)| (at.step, text(value))).collect();
        (due.erased.into_iter().map(|step| step.0).collect(), added)
    }

    fn added(all: &[(i64, &str)]) -> Vec<(i64, String)> {
        all.iter().map(|(step, text)| (*step, (*text).to_owned())).collect()
    }

    #[test]
    fn the_last_line_waits_until_it_is_whole() {
        let mut lines = Lines::default();
        assert_eq!(take(&mut lines, &[(0, "one"), (1, "tw")]), (vec![], added(&[(0, "one")])));
        assert_eq!(take(&mut lines, &[(1, "two"), (2, "")]), (vec![], added(&[(1, "two")])));
        let mut due = Due::default();
        lines.finish(&mut due);
        assert_eq!(said(due), (vec![], vec![]), "the empty rest is no line");
    }

    #[test]
    fn a_line_written_anew_replaces_the_old() {
        let mut lines = Lines::default();
        take(&mut lines, &[(0, "10 %"), (1, "done"), (2, "x")]);
        assert_eq!(take(&mut lines, &[(0, "20 %")]), (vec![0], added(&[(0, "20 %")])));
        assert_eq!(take(&mut lines, &[(0, "20 %"), (1, "done"), (2, "x")]), (vec![], vec![]), "sent twice");
    }

    #[test]
    fn what_an_earlier_process_wrote_is_known() {
        let (at, value) = line(0, "one");
        let mut lines = Lines::new(&BTreeMap::from([(Step(at.step), value)]));
        assert_eq!(take(&mut lines, &[(0, "one"), (1, "two"), (2, "")]), (vec![], added(&[(1, "two")])));
    }
}

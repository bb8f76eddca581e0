//! Points in parts: Aim's client sends value, step, epoch and time of a point as writes of their own.
//!
//! A tracked point comes whole, in one message. A run that is copied comes part by part, a message each; a point is then
//! written as soon as its value and step are known, and once more when the rest is.

use std::collections::HashMap;

use trailmark_aim::{Column, Node, Trace};

/// Unfinished points that are remembered.
const MOST: usize = 100_000;

/// Under which key a point comes: its step, or the hash of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PointKey {
    pub(super) trace: Trace,
    pub(super) key: i64,
    pub(super) is_hashed: bool,
}

/// The parts of a point so far.
#[derive(Debug, Clone, Default, PartialEq)]
struct Parts {
    value: Option<Node>,
    step: Option<i64>,
    epoch: Option<Option<f64>>,
    time: Option<f64>,
}

/// A point that can be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tracked {
    pub(super) trace: Trace,
    pub(super) step: i64,
    pub(super) epoch: Option<f64>,
    /// In seconds since 1970; none where it has not come yet.
    pub(super) time: Option<f64>,
    pub(super) value: Node,
}

/// Points of which parts have come.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    unfinished: HashMap<PointKey, Parts>,
    /// Those that the present message adds to, in the order of their coming.
    touched: Vec<PointKey>,
}

impl Pieces {
    /// Adds a part.
    pub(super) fn add(&mut self, key: PointKey, column: Column, value: Node) {
        if self.touched.last() != Some(&key) && !self.touched.contains(&key) {
            self.touched.push(key.clone());
        }
        if !self.unfinished.contains_key(&key) && self.unfinished.len() >= MOST {
            self.unfinished.clear();
        }
        let step = (!key.is_hashed).then_some(key.key);
        let parts = self.unfinished.entry(key).or_insert_with(|| Parts { step, ..Parts::default() });
        match column {
            Column::Value => parts.value = Some(value),
            Column::Step => parts.step = value.as_int(),
            Column::Epoch => parts.epoch = Some(value.as_float()),
            Column::Time => parts.time = value.as_float(),
        }
    }

    /// The points that can be written now; `waits` says of which series a point is wanted whole.
    pub(super) fn take(&mut self, waits: impl Fn(&Node) -> bool) -> Vec<Tracked> {
        let mut tracked = Vec::new();
        for key in std::mem::take(&mut self.touched) {
            let Some(parts) = self.unfinished.get(&key) else { continue };
            let (Some(value), Some(step)) = (&parts.value, parts.step) else { continue };
            let is_whole = parts.epoch.is_some() && parts.time.is_some();
            // That there is no epoch is no news.
            let is_news = is_whole || parts.epoch != Some(None);
            if is_news && (is_whole || !waits(value)) {
                let epoch = parts.epoch.flatten();
                let (trace, value) = (key.trace.clone(), value.clone());
                tracked.push(Tracked { trace, step, epoch, time: parts.time, value });
            }
            if is_whole {
                self.unfinished.remove(&key);
            }
        }
        tracked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: i64, is_hashed: bool) -> PointKey {
        PointKey { trace: Trace { context: 1, name: "loss".to_owned() }, key, is_hashed }
    }

    #[test]
    fn a_point_in_one_message_is_written_once() {
        let mut pieces = Pieces::default();
        pieces.add(key(77, true), Column::Value, Node::Float(0.5));
        pieces.add(key(77, true), Column::Epoch, Node::Int(1));
        pieces.add(key(77, true), Column::Time, Node::Float(9.0));
        pieces.add(key(77, true), Column::Step, Node::Int(3));
        let tracked = pieces.take(|_| false);
        assert_eq!(tracked.len(), 1);
        assert_eq!((tracked[0].step, tracked[0].epoch, tracked[0].time), (3, Some(1.0), Some(9.0)));
        assert!(pieces.take(|_| false).is_empty() && pieces.unfinished.is_empty());
    }

    #[test]
    fn a_point_in_parts_is_written_early_and_once_more_when_it_is_whole() {
        let mut pieces = Pieces::default();
        let mut written = Vec::new();
        for (column, value) in [
            (Column::Value, Node::Int(7)),
            (Column::Step, Node::Int(3)),
            (Column::Epoch, Node::None),
            (Column::Time, Node::Float(9.0)),
        ] {
            pieces.add(key(77, true), column, value);
            written.push(pieces.take(|_| false).len());
        }
        assert_eq!(written, [0, 1, 0, 1]);
        pieces.add(key(4, false), Column::Value, Node::Int(7));
        assert!(pieces.take(|_| true).is_empty(), "a line waits for its time");
    }
}

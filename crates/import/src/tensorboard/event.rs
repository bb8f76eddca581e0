//! What a record says: a moment, a step, and values by tag.
//!
//! # Format
//! The numbers of fields are those of `event.proto` and `summary.proto` of TensorFlow.

use std::borrow::Cow;

use super::wire::{Fields, Malformed};

/// One record.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Event<'a> {
    /// Seconds since 1970.
    pub(super) wall_secs: f64,
    pub(super) step: i64,
    /// Values, in the order in which they were written.
    pub(super) values: Vec<Summary<'a>>,
    /// The writer began anew at this step: what it had written of it and of later ones does not count.
    pub(super) is_restart: bool,
}

/// A value of a tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Summary<'a> {
    pub(super) tag: Cow<'a, str>,
    pub(super) body: Body<'a>,
    /// The plugin that understands the value, which only the first one of a tag may say.
    pub(super) plugin: Option<Plugin<'a>>,
}

/// What is said of a tag's values.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Plugin<'a> {
    pub(super) name: Cow<'a, str>,
    /// Bytes of the plugin's own.
    pub(super) content: &'a [u8],
}

/// The forms in which values stand.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Body<'a> {
    /// No value: what is said stands in the plugin's content.
    #[default]
    None,
    /// `simple_value`.
    Number(f32),
    /// `Summary.Image`.
    Image(&'a [u8]),
    /// `HistogramProto`.
    Histogram(&'a [u8]),
    /// `Summary.Audio`.
    Audio(&'a [u8]),
    /// `TensorProto`.
    Tensor(&'a [u8]),
}

/// `SessionLog.START`.
const START: i64 = 1;

impl<'a> Event<'a> {
    /// Reads a record.
    pub(super) fn read(record: &'a [u8]) -> Result<Self, Malformed> {
        let mut event = Self::default();
        for field in Fields::of(record) {
            match field? {
                (1, wire) => event.wall_secs = wire.double()?,
                (2, wire) => event.step = wire.int()?,
                (5, wire) => event.read_summary(wire.bytes()?)?,
                (7, wire) => {
                    for field in Fields::of(wire.bytes()?) {
                        if let (1, status) = field? {
                            event.is_restart = status.int()? == START;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(event)
    }

    fn read_summary(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Fields::of(message) {
            if let (1, wire) = field? {
                self.values.push(Summary::read(wire.bytes()?)?);
            }
        }
        Ok(())
    }
}

impl<'a> Summary<'a> {
    fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut value = Self::default();
        let mut node = Cow::Borrowed("");
        for field in Fields::of(message) {
            match field? {
                (1, wire) => value.tag = wire.text()?,
                (2, wire) => value.body = Body::Number(wire.float()?),
                (4, wire) => value.body = Body::Image(wire.bytes()?),
                (5, wire) => value.body = Body::Histogram(wire.bytes()?),
                (6, wire) => value.body = Body::Audio(wire.bytes()?),
                (7, wire) => node = wire.text()?,
                (8, wire) => value.body = Body::Tensor(wire.bytes()?),
                (9, wire) => value.plugin = Plugin::read(wire.bytes()?)?.or(value.plugin),
                _ => {}
            }
        }
        // The oldest tensors are named by the node of the graph that they came from.
        if value.tag.is_empty() && matches!(value.body, Body::Tensor(_)) {
            value.tag = node;
        }
        Ok(value)
    }
}

impl<'a> Plugin<'a> {
    /// Reads what is said of a tag; none when no plugin is named.
    fn read(metadata: &'a [u8]) -> Result<Option<Self>, Malformed> {
        let mut found = None;
        for field in Fields::of(metadata) {
            if let (1, wire) = field? {
                let mut plugin = Self::default();
                for field in Fields::of(wire.bytes()?) {
                    match field? {
                        (1, wire) => plugin.name = wire.text()?,
                        (2, wire) => plugin.content = wire.bytes()?,
                        _ => {}
                    }
                }
                found = Some(plugin);
            }
        }
        Ok(found)
    }
}

//! The hparams plugin: with what a session was started, and how it ended.
//!
//! # Format
//! The plugin's bytes are `HParamsPluginData` of TensorBoard; values are `google.protobuf.Value`.

use trailmark_core::{ParamValue, Params};

use super::wire::{Fields, Malformed, Wire};

/// How deep values may nest.
const MOST_DEPTH: usize = 32;

/// What the plugin says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Session {
    /// It began with these parameters.
    Start(Params),
    /// It ended.
    End {
        /// Whether it failed.
        has_failed: bool,
    },
    /// Something else, such as the description of the whole experiment.
    Other,
}

/// `STATUS_FAILURE`.
const FAILURE: i64 = 2;

impl Session {
    /// Reads the plugin's bytes.
    pub(super) fn read(content: &[u8]) -> Result<Self, Malformed> {
        let mut session = Self::Other;
        for field in Fields::of(content) {
            match field? {
                (3, wire) => session = Self::Start(params(wire.bytes()?)?),
                (4, wire) => {
                    let mut has_failed = false;
                    for field in Fields::of(wire.bytes()?) {
                        if let (1, status) = field? {
                            has_failed = status.int()? == FAILURE;
                        }
                    }
                    session = Self::End { has_failed };
                }
                _ => {}
            }
        }
        Ok(session)
    }
}

/// `SessionStartInfo.hparams`.
fn params(message: &[u8]) -> Result<Params, Malformed> {
    let mut params = Params::new();
    for field in Fields::of(message) {
        if let (1, wire) = field? {
            let (key, value) = entry(wire, 0)?;
            params.insert(key, value);
        }
    }
    Ok(params)
}

/// An entry of a map.
fn entry(wire: Wire<'_>, depth: usize) -> Result<(String, ParamValue), Malformed> {
    let (mut key, mut value) = (String::new(), ParamValue::None);
    for field in Fields::of(wire.bytes()?) {
        match field? {
            (1, wire) => key = wire.text()?.into_owned(),
            (2, wire) => value = param(wire.bytes()?, depth + 1)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// `google.protobuf.Value`: its numbers are all real, so that those without a fraction are whole ones here.
fn param(message: &[u8], depth: usize) -> Result<ParamValue, Malformed> {
    if depth > MOST_DEPTH {
        return Err(Malformed);
    }
    let mut value = ParamValue::None;
    for field in Fields::of(message) {
        match field? {
            (1, _) => value = ParamValue::None,
            (2, wire) => value = number(wire.double()?),
            (3, wire) => value = ParamValue::Text(wire.text()?.into_owned()),
            (4, wire) => value = ParamValue::Bool(wire.int()? != 0),
            (5, wire) => {
                let mut map = Params::new();
                for field in Fields::of(wire.bytes()?) {
                    if let (1, wire) = field? {
                        let (key, value) = entry(wire, depth)?;
                        map.insert(key, value);
                    }
                }
                value = ParamValue::Map(map);
            }
            (6, wire) => {
                let mut list = Vec::new();
                for field in Fields::of(wire.bytes()?) {
                    if let (1, wire) = field? {
                        list.push(param(wire.bytes()?, depth + 1)?);
                    }
                }
                value = ParamValue::List(list);
            }
            _ => {}
        }
    }
    Ok(value)
}

fn number(real: f64) -> ParamValue {
    const EXACT: f64 = (1_u64 << 53) as f64;
    let is_whole = real.fract() == 0.0 && real.abs() <= EXACT && !(real == 0.0 && real.is_sign_negative());
    if is_whole { ParamValue::Int(real as i64) } else { ParamValue::Float(real) }
}

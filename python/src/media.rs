//! Values of what the façade hands over: a tuple of a word and what it says.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use trailmark_client::Run;
use trailmark_core::{Audio, Distribution, Figure, Image, LogRecord, Recorder as _, Value};

use crate::tree::{Taking, params_of};

/// The value that a tuple stands for; bytes are kept with the run.
///
/// # Errors
/// When the tuple is none of these.
pub(crate) fn value_of(run: &Run, item: &Bound<'_, PyTuple>) -> PyResult<Value> {
    let word: String = item.get_item(0)?.extract()?;
    Ok(match word.as_str() {
        "float" => Value::Float(item.get_item(1)?.extract()?),
        "int" => Value::Int(item.get_item(1)?.extract()?),
        "text" => Value::Text(item.get_item(1)?.extract()?),
        "image" => {
            let (_, bytes, format, width, height, caption): (String, Vec<u8>, String, u32, u32, String) =
                item.extract()?;
            let file = run.keep(bytes);
            Value::Image(Box::new(Image { file, format, width, height, caption }))
        }
        "audio" => {
            let (_, bytes, format, caption): (String, Vec<u8>, String, String) = item.extract()?;
            Value::Audio(Box::new(Audio { file: run.keep(bytes), format, caption }))
        }
        "figure" => {
            let (_, json, caption): (String, Vec<u8>, String) = item.extract()?;
            Value::Figure(Box::new(Figure { file: run.keep(json), caption }))
        }
        "distribution" => {
            let (_, low, high, weights): (String, f64, f64, Vec<f64>) = item.extract()?;
            Value::Distribution(Box::new(Distribution { low, high, weights }))
        }
        "record" => {
            let (_, level, message, extra, origin): (
                String,
                i64,
                String,
                Bound<'_, PyDict>,
                Option<(String, u32)>,
            ) = item.extract()?;
            let extra = params_of(&extra, Taking::AsText)?;
            Value::LogRecord(Box::new(LogRecord { level, message, extra, origin }))
        }
        word => return Err(PyValueError::new_err(format!("track a value: got {word:?}"))),
    })
}

/// The word of the kind that a value has, as the façade names it.
pub(crate) fn word_of(value: &Value) -> &'static str {
    match value {
        Value::Float(_) | Value::Int(_) => "number",
        Value::Text(_) => "text",
        Value::Image(_) => "image",
        Value::Audio(_) => "audio",
        Value::Figure(_) => "figure",
        Value::Distribution(_) => "distribution",
        Value::LogRecord(_) => "log record",
        Value::Log(_) => "log line",
        Value::List(values) => values.first().map_or("list", word_of),
        _ => "value",
    }
}

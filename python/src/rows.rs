//! What is known of runs and their series, as dictionaries and tuples for the façade.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use trailmark_core::{End, Kept, RunStatus, Value};
use trailmark_store::{Kind, RunRow, SeriesRow};

use crate::tree::to_dict;

/// A run without its params.
///
/// # Errors
/// When Python has no memory left.
pub(crate) fn run<'py>(py: Python<'py>, row: &RunRow) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("hash", row.id.to_string())?;
    dict.set_item("name", &row.name)?;
    dict.set_item("experiment", &row.experiment)?;
    dict.set_item("description", &row.description)?;
    dict.set_item("note", &row.note)?;
    dict.set_item("tags", row.tags.iter().collect::<Vec<_>>())?;
    dict.set_item("archived", row.is_archived)?;
    dict.set_item("creation_time", row.created.unix_secs())?;
    dict.set_item("end_time", row.ended.map(|time| time.unix_secs()))?;
    dict.set_item("updated_at", row.latest.unix_secs())?;
    dict.set_item("status", row.status.word())?;
    let reason = match &row.status {
        RunStatus::Ended(End::Failed { message, .. }) => Some(message),
        _ => None,
    };
    dict.set_item("reason", reason)?;
    dict.set_item("problems", row.problems.iter().map(|one| one.reason.to_string()).collect::<Vec<_>>())?;
    Ok(dict)
}

/// A run's series.
///
/// # Errors
/// As [`run`].
pub(crate) fn series<'py>(py: Python<'py>, row: &SeriesRow) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &row.key.name)?;
    dict.set_item("context", to_dict(py, row.key.context.as_params())?)?;
    dict.set_item("kind", word(row.kind))?;
    dict.set_item("count", row.count)?;
    dict.set_item("first_step", row.first_step.0)?;
    dict.set_item("last_step", row.last_step.0)?;
    dict.set_item("first", row.first)?;
    dict.set_item("last", row.last)?;
    dict.set_item("min", row.min.map(|(_, value)| value))?;
    dict.set_item("max", row.max.map(|(_, value)| value))?;
    Ok(dict)
}

/// The word for a kind, as Aim names the types of its sequences.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "metric",
        Kind::Text => "texts",
        Kind::Log => "logs",
        Kind::LogRecord => "log_records",
        Kind::Answer => "answers",
        Kind::Image => "images",
        Kind::Audio => "audios",
        Kind::Figure => "figures",
        Kind::Distribution => "distributions",
        _ => "others",
    }
}

/// A value as a tuple of a word and what it says; a list of values as a list of them.
///
/// # Errors
/// As [`run`].
pub(crate) fn value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let id = |kept: &Kept| kept.id.to_string();
    let tuple: Bound<'_, PyTuple> = match value {
        Value::Float(number) => ("float", *number).into_pyobject(py)?,
        Value::Int(number) => ("int", *number).into_pyobject(py)?,
        Value::Text(text) => ("text", text).into_pyobject(py)?,
        Value::Log(line) => {
            ("log", &line.text, line.stream == trailmark_core::Stream::Stderr).into_pyobject(py)?
        }
        Value::LogRecord(one) => {
            let extra = to_dict(py, &one.extra)?;
            ("record", one.level, &one.message, extra, one.origin.clone()).into_pyobject(py)?
        }
        Value::Image(one) => {
            ("image", id(&one.file), &one.format, one.width, one.height, &one.caption).into_pyobject(py)?
        }
        Value::Audio(one) => ("audio", id(&one.file), &one.format, &one.caption).into_pyobject(py)?,
        Value::Figure(one) => ("figure", id(&one.file), &one.caption).into_pyobject(py)?,
        Value::Distribution(one) => {
            ("distribution", one.low, one.high, one.weights.clone()).into_pyobject(py)?
        }
        Value::Answer(one) => {
            let (span, score) = (&one.best, one.best.score);
            ("answer", &span.text, span.start, span.end, score, one.golds.clone()).into_pyobject(py)?
        }
        Value::List(values) => {
            let list = PyList::empty(py);
            for one in values {
                list.append(self::value(py, one)?)?;
            }
            return Ok(list.into_any());
        }
        _ => ("other",).into_pyobject(py)?,
    };
    Ok(tuple.into_any())
}

//! Params: Python's values as a tree, and back.

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use trailmark_core::{ParamValue, Params};

/// How deep a tree may be, as in `docs/format.md`.
const MOST_DEPTH: usize = 60;

/// How values are taken that no tree holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taking {
    /// They are refused.
    Strict,
    /// Their `repr` is taken.
    AsText,
}

/// A Python value as a value of the tree.
///
/// # Errors
/// `TypeError` for what no tree holds, `OverflowError` for whole numbers of more than 64 bits, `ValueError` for a tree
/// that is too deep.
pub(crate) fn param_of(value: &Bound<'_, PyAny>, taking: Taking) -> PyResult<ParamValue> {
    at_depth(value, taking, 0)
}

fn at_depth(value: &Bound<'_, PyAny>, taking: Taking, depth: usize) -> PyResult<ParamValue> {
    if depth > MOST_DEPTH {
        return Err(PyValueError::new_err(format!("set a parameter: got more than {MOST_DEPTH} levels")));
    }
    if value.is_none() {
        return Ok(ParamValue::None);
    }
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(ParamValue::Bool(flag.is_true()));
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return match (number.extract::<i64>(), taking) {
            (Ok(number), _) => Ok(ParamValue::Int(number)),
            (Err(_), Taking::AsText) => Ok(ParamValue::Text(number.str()?.to_string_lossy().into_owned())),
            (Err(_), Taking::Strict) => {
                let text = format!("set a parameter: got {number}, want a whole number of 64 bits");
                Err(PyOverflowError::new_err(text))
            }
        };
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(ParamValue::Float(number.value()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(ParamValue::Text(text.to_string_lossy().into_owned()));
    }
    if let Ok(map) = value.cast::<PyDict>() {
        return Ok(ParamValue::Map(branch(map, taking, depth)?));
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let values = value.try_iter()?.map(|item| at_depth(&item?, taking, depth + 1));
        return Ok(ParamValue::List(values.collect::<PyResult<_>>()?));
    }
    // Numbers and arrays of numpy, torch and their like.
    if value.hasattr("dtype")? && value.hasattr("tolist")? {
        return at_depth(&value.call_method0("tolist")?, taking, depth + 1);
    }
    match taking {
        Taking::AsText => Ok(ParamValue::Text(value.repr()?.to_string_lossy().into_owned())),
        Taking::Strict => {
            let kind = value.get_type().fully_qualified_name()?;
            let text =
                format!("set a parameter: got {kind}, want None, bool, int, float, str, list, tuple or dict");
            Err(PyTypeError::new_err(text))
        }
    }
}

fn branch(map: &Bound<'_, PyDict>, taking: Taking, depth: usize) -> PyResult<Params> {
    let mut params = Params::new();
    for (key, value) in map {
        params.insert(key_of(&key, taking)?, at_depth(&value, taking, depth + 1)?);
    }
    Ok(params)
}

/// A key of the tree: a text, or a whole number as text.
///
/// # Errors
/// `TypeError` for anything else.
pub(crate) fn key_of(key: &Bound<'_, PyAny>, taking: Taking) -> PyResult<String> {
    let is_plain = key.is_instance_of::<PyString>() || key.is_instance_of::<PyInt>();
    if is_plain || taking == Taking::AsText {
        return Ok(key.str()?.to_string_lossy().into_owned());
    }
    let kind = key.get_type().fully_qualified_name()?;
    Err(PyTypeError::new_err(format!("set a parameter: got a key of type {kind}, want str or int")))
}

/// A dictionary as params.
///
/// # Errors
/// As [`param_of`].
pub(crate) fn params_of(map: &Bound<'_, PyDict>, taking: Taking) -> PyResult<Params> {
    branch(map, taking, 0)
}

/// A value of the tree as Python's.
///
/// # Errors
/// When Python has no memory left.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &ParamValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        ParamValue::None => py.None().into_bound(py),
        ParamValue::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        ParamValue::Int(value) => value.into_pyobject(py)?.into_any(),
        ParamValue::Float(value) => PyFloat::new(py, *value).into_any(),
        ParamValue::Text(value) => PyString::new(py, value).into_any(),
        ParamValue::List(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        ParamValue::Map(map) => to_dict(py, map)?.into_any(),
    })
}

/// Params as a dictionary.
///
/// # Errors
/// As [`to_python`].
pub(crate) fn to_dict<'py>(py: Python<'py>, params: &Params) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in params {
        dict.set_item(key, to_python(py, value)?)?;
    }
    Ok(dict)
}

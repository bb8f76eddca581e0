//! Params and contexts as JSON, for people and their tools; the exact ones stand beside.

use serde_json::{Map, Number, Value};
use trailmark_core::{ParamValue, Params};

/// A branch as a JSON object.
pub(crate) fn text(params: &Params) -> String {
    object(params).to_string()
}

fn object(params: &Params) -> Value {
    Value::Object(params.iter().map(|(key, value)| (key.clone(), of(value))).collect::<Map<_, _>>())
}

fn of(value: &ParamValue) -> Value {
    match value {
        ParamValue::None => Value::Null,
        ParamValue::Bool(value) => Value::Bool(*value),
        ParamValue::Int(value) => Value::Number((*value).into()),
        // JSON has neither NaN nor infinities.
        ParamValue::Float(value) => {
            Number::from_f64(*value).map_or_else(|| Value::String(value.to_string()), Value::Number)
        }
        ParamValue::Text(text) => Value::String(text.clone()),
        ParamValue::List(values) => Value::Array(values.iter().map(of).collect()),
        ParamValue::Map(map) => object(map),
    }
}

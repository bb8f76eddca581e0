//! Which series a request asks for, and how it names them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use trailmark_core::{ParamValue, RunId, SeriesKey};

/// Runs that one request names at most: an address has at most 64 KiB.
pub(crate) const MOST_RUNS: usize = 500;
/// Bytes of the names of series in one request at most, about.
const MOST_NAMES: usize = 8 << 10;
/// Points that one request asks for, about.
pub(crate) const MOST_POINTS: u64 = 1 << 20;
/// Other values that one request asks for, about.
pub(crate) const MOST_OBJECTS: u64 = 1 << 12;

/// Series that are asked for together.
#[derive(Debug, Default)]
pub(crate) struct Window<'a> {
    pub(crate) runs: Vec<RunId>,
    pub(crate) keys: Vec<&'a SeriesKey>,
    /// Names and contexts as they are sent.
    pub(crate) names: Vec<Json>,
    n_bytes: usize,
    n_points: u64,
}

/// Puts series together that lie beside each other, so that requests are few and none asks for too much.
pub(crate) fn windows(wanted: &[(RunId, SeriesKey, u64)], most: u64) -> Vec<Window<'_>> {
    let mut windows: Vec<Window<'_>> = Vec::new();
    for (run, key, n_points) in wanted {
        let has_room = windows.last().is_some_and(|window| {
            window.runs.len() < MOST_RUNS
                && window.n_bytes < MOST_NAMES
                && window.n_points.saturating_add(*n_points) <= most
        });
        if !has_room {
            windows.push(Window::default());
        }
        let Some(window) = windows.last_mut() else { continue };
        window.n_points = window.n_points.saturating_add(*n_points);
        if window.runs.last() != Some(run) && !window.runs.contains(run) {
            window.runs.push(*run);
        }
        if !window.keys.contains(&key) {
            let name = name_of(key);
            window.n_bytes += name.to_string().len();
            window.keys.push(key);
            window.names.push(name);
        }
    }
    windows
}

/// Series as a request names them; nothing for names that no address has room for: then all series of the run are sent.
pub(crate) fn names_of(names: &[Json]) -> String {
    let names = Json::from(names).to_string();
    if names.len() > 2 * MOST_NAMES { String::new() } else { names }
}

/// Parameters without the last where it says nothing.
pub(crate) fn parameters_of<'a, 'b>(parameters: &'b [(&'a str, &'a str)]) -> &'b [(&'a str, &'a str)] {
    match parameters.split_last() {
        Some(((_, ""), before)) => before,
        _ => parameters,
    }
}

/// A series as a request names it.
pub(crate) fn name_of(key: &SeriesKey) -> Json {
    json!({"name": key.name, "context": tree_of(key.context.as_params())})
}

fn tree_of(params: &BTreeMap<String, ParamValue>) -> Json {
    params.iter().map(|(key, value)| (key.clone(), json_of(value))).collect()
}

/// A value as the interface writes it: what is not finite is a text.
fn json_of(value: &ParamValue) -> Json {
    match value {
        ParamValue::None => Json::Null,
        ParamValue::Bool(value) => json!(value),
        ParamValue::Int(value) => json!(value),
        ParamValue::Float(value) if value.is_nan() => json!("NaN"),
        ParamValue::Float(f64::INFINITY) => json!("inf"),
        ParamValue::Float(f64::NEG_INFINITY) => json!("-inf"),
        ParamValue::Float(value) => json!(value),
        ParamValue::Text(text) => json!(text),
        ParamValue::List(values) => values.iter().map(json_of).collect(),
        ParamValue::Map(map) => tree_of(map),
    }
}

#[cfg(test)]
mod tests {
    use trailmark_core::Context;

    use super::*;

    fn wanted(n_runs: u8, n_series: u8, n_points: u64) -> Vec<(RunId, SeriesKey, u64)> {
        let keys = |run: u8| {
            (0..n_series).map(move |series| {
                let key = SeriesKey::new("loss", Context::empty().with("fold", i64::from(series)));
                (RunId::from_bytes([run; 12]), key, n_points)
            })
        };
        (0..n_runs).flat_map(keys).collect()
    }

    #[test]
    fn a_request_asks_for_many_series_but_not_for_too_much() {
        let check = |(n_runs, n_series, n_points), want: usize| {
            let wanted = wanted(n_runs, n_series, n_points);
            let windows = windows(&wanted, MOST_POINTS);
            assert_eq!(windows.len(), want);
            assert!(windows.iter().all(|window| window.names.len() == window.keys.len()));
        };
        check((0, 1, 1), 0);
        check((200, 3, 1000), 1);
        check((200, 3, 10_000), 6);
        check((3, 1, u64::MAX), 3);
        assert_eq!(windows(&wanted(200, 3, 1), MOST_POINTS)[0].runs.len(), 200);
    }

    #[test]
    fn names_that_no_address_has_room_for_are_left_out() {
        let key = SeriesKey::new("answer", Context::empty().with("question", "?".repeat(3 * MOST_NAMES)));
        let names = names_of(&[name_of(&key)]);
        assert_eq!(parameters_of(&[("runs", "x"), ("series", &names)]), [("runs", "x")]);
        let key = SeriesKey::new("loss", Context::subset("eval").with("odd", f64::NAN));
        let names = names_of(&[name_of(&key)]);
        assert_eq!(names, r#"[{"name":"loss","context":{"odd":"NaN","subset":"eval"}}]"#);
        assert_eq!(parameters_of(&[("series", &names)]).len(), 1);
    }
}

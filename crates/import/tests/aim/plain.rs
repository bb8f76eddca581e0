//! A run as `xtask/python/aim_repository.py` writes what Aim reads of it: numbers by their bits, bytes in hexadecimal.

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::{Map, Value, json};
use trailmark_core::{Kept, ParamValue, Params, WallTime};
use trailmark_store::{Repository, RunData, Series, Store as _};

/// A run; what an import keeps for itself is left out.
pub(crate) fn run(run: &RunData, repository: &Repository) -> Value {
    let params = run.params.iter().filter(|(key, _)| !["__aim", "__imported"].contains(&key.as_str()));
    let params: Params = params.map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut series: Vec<Value> = run
        .series
        .iter()
        .map(|(key, series)| {
            let context = param(&ParamValue::Map(key.context.as_params().clone()));
            json!({"name": key.name, "context": context, "points": points(series, repository)})
        })
        .collect();
    series.sort_by_key(|one| (one["name"].to_string(), one["context"].to_string()));
    json!({
        "name": run.name,
        "description": run.description,
        "experiment": run.experiment,
        "tags": run.tags,
        "archived": run.is_archived,
        "note": run.note,
        "created": micros(run.created),
        "ended": run.ended.map(micros),
        "params": param(&ParamValue::Map(params)),
        "artifacts": artifacts(run, repository),
        "series": series,
    })
}

/// The files of a run: their bytes, else their addresses.
fn artifacts(run: &RunData, repository: &Repository) -> BTreeMap<String, String> {
    let each = run.artifacts.iter().map(|(name, row)| {
        let kept = row.artifact.file.as_ref().map(|kept| hex(&bytes(kept, repository)));
        (name.clone(), kept.unwrap_or_else(|| row.artifact.uri.clone()))
    });
    each.collect()
}

fn bytes(kept: &Kept, repository: &Repository) -> Vec<u8> {
    let mut bytes = Vec::new();
    repository.open_blob(&kept.id).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, kept.n_bytes);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn micros(time: WallTime) -> i64 {
    trailmark_store::micros(time)
}

fn points(series: &Series, repository: &Repository) -> Vec<Value> {
    let point = |point: &trailmark_store::PointRow| {
        let epoch = point.epoch.map(bits);
        json!([point.step.0, epoch, micros(point.time), tracked(&point.value, repository)])
    };
    series.points.iter().map(point).collect()
}

fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::None => Value::Null,
        ParamValue::Bool(is_true) => Value::Bool(*is_true),
        ParamValue::Int(int) => Value::String(format!("i{int}")),
        ParamValue::Float(float) => Value::String(format!("f{}", bits(*float))),
        ParamValue::Text(text) => Value::String(format!("s{text}")),
        ParamValue::List(elements) => elements.iter().map(param).collect(),
        ParamValue::Map(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), param(value))).collect::<Map<_, _>>())
        }
    }
}

fn tracked(value: &trailmark_core::Value, repository: &Repository) -> Value {
    use trailmark_core::Value as Tracked;
    let bytes = |kept: &Kept| bytes(kept, repository);
    let hex = |kept: &Kept| hex(&bytes(kept));
    Value::String(match value {
        Tracked::List(values) => return values.iter().map(|value| tracked(value, repository)).collect(),
        Tracked::Float(float) => format!("n{}", bits(*float)),
        Tracked::Int(int) => format!("n{}", bits(*int as f64)),
        Tracked::Text(text) => format!("aim.text {text}"),
        Tracked::Log(line) => format!("aim.log_line {}", line.text),
        Tracked::LogRecord(record) => format!("aim.log_record {} {}", record.level, record.message),
        Tracked::Distribution(one) => {
            let weights: Vec<String> = one.weights.iter().map(|weight| bits(*weight)).collect();
            format!("aim.distribution {} {} {}", bits(one.low), bits(one.high), weights.join(" "))
        }
        Tracked::Figure(figure) => format!("aim.figure {}", String::from_utf8(bytes(&figure.file)).unwrap()),
        Tracked::Image(image) => {
            let (format, width, height) = (&image.format, image.width, image.height);
            format!("aim.image {format} {width} {height} {} {}", image.caption, hex(&image.file))
        }
        Tracked::Audio(audio) => format!("aim.audio {} {} {}", audio.format, audio.caption, hex(&audio.file)),
        other => panic!("{other:?}"),
    })
}

/// A real number by its bits; all NaNs are one.
fn bits(float: f64) -> String {
    if float.is_nan() { "nan".to_owned() } else { format!("{:016x}", float.to_bits()) }
}

//! Series in columns: which, how many points, spikes, ranges.

use serde_json::Value as Json;
use trailmark_core::{Context, End};

use crate::served::Served;
use crate::{begin, empty, reference, scenario};

/// The header and the bytes after it.
fn decode(bytes: &[u8]) -> (Json, &[u8]) {
    assert_eq!(&bytes[..4], b"TMC1");
    let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + length]).unwrap(), &bytes[8 + length..])
}

fn column(series: &Json, name: &str, body: &[u8]) -> Vec<f64> {
    let column = &series["columns"][name];
    let rows = series["rows"].as_u64().unwrap() as usize;
    let at = column["at"].as_u64().unwrap_or(0) as usize;
    let start = column["start"].as_f64().unwrap_or(0.0);
    let row = |row: usize| match column["as"].as_str().unwrap() {
        "range" => start + row as f64 * column["stride"].as_f64().unwrap(),
        "u32" => start + f64::from(u32::from_le_bytes(body[at + 4 * row..][..4].try_into().unwrap())),
        "f32" => f64::from(f32::from_le_bytes(body[at + 4 * row..][..4].try_into().unwrap())),
        _ => f64::from_le_bytes(body[at + 8 * row..][..8].try_into().unwrap()),
    };
    (0..rows).map(row).collect()
}

#[test]
fn series_come_by_query_name_and_run() {
    let folder = reference();
    let served = Served::start(folder.path());
    let count = |path: &str| {
        let answer = served.get(&format!("/api/v1/series?{path}"));
        assert_eq!(
            answer.header("content-type"),
            Some("application/vnd.trailmark.columns"),
            "{}",
            answer.text()
        );
        let (header, _) = decode(&answer.body);
        assert_eq!(header["total"].as_u64().unwrap(), header["series"].as_array().unwrap().len() as u64);
        header["total"].as_u64().unwrap()
    };
    assert_eq!(count(""), 6 * 6);
    assert_eq!(count("system=1"), 6 * 9);
    assert_eq!(count("names=loss,f1"), 6 * 3);
    assert_eq!(count("q=metric.context.subset%20%3D%3D%20%22eval%22%20and%20metric.last%20%3E%2050"), 2 * 2);
    assert_eq!(count("q=run.hparams.learning_rate%20%3E%200.001&names=loss"), 4);
    let runs = served.json("runs?limit=2");
    let id = |index: usize| runs["runs"][index]["id"].as_str().unwrap().to_owned();
    assert_eq!(count(&format!("names=f1&runs={},{}", id(0), id(1))), 2);
}

#[test]
fn columns_are_those_that_were_asked_for() {
    let folder = reference();
    let served = Served::start(folder.path());
    let answer = served.get("/api/v1/series?names=loss&columns=value,time,epoch,step&f32=1");
    let (header, body) = decode(&answer.body);
    let series = &header["series"][0];
    assert_eq!(series["context"]["subset"], "eval");
    assert_eq!(series["columns"]["value"]["as"], "f32");
    assert_eq!(column(series, "epoch", body), [1.0, 2.0, 3.0, 4.0, 5.0]);
    let steps = column(series, "step", body);
    assert!(steps.windows(2).all(|pair| pair[1] - pair[0] == steps[0]), "{steps:?}");
    assert!(column(series, "time", body).windows(2).all(|pair| pair[0] < pair[1]));
    let (header, _) = decode(&served.get("/api/v1/series?names=loss&columns=value").body);
    let columns = header["series"][0]["columns"].as_object().unwrap().clone();
    assert_eq!(columns.keys().collect::<Vec<_>>(), ["value"]);
}

#[test]
fn a_spike_survives_sampling_and_a_range_is_read_in_full() {
    let folder = empty();
    let mut run = begin(folder.path(), "spiky", 1e9);
    for step in 0..20_000 {
        let value = match step {
            12_345 => 100.0,
            7_777 => f64::NAN,
            _ => 1.0 / f64::from(step as i32 + 1),
        };
        run.number("loss", &Context::subset("train"), (step, Some(step as f64 / 2000.0)), value);
    }
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let read = |path: &str| {
        let answer = served.get(&format!("/api/v1/series?names=loss&{path}"));
        let (header, body) = decode(&answer.body);
        let series = header["series"][0].clone();
        let (steps, values) = (column(&series, "step", body), column(&series, "value", body));
        (series, steps, values)
    };
    let (series, steps, values) = read("points=400");
    assert_eq!((series["count"].as_u64(), series["is_sampled"].as_bool()), (Some(20_000), Some(true)));
    assert!(values.len() <= 400 && values.len() > 150, "{}", values.len());
    assert!(values.contains(&100.0) && values.iter().any(|value| value.is_nan()));
    assert_eq!((steps[0], *steps.last().unwrap()), (0.0, 19_999.0));
    let (series, steps, values) = read("points=400&from=12300&to=12399");
    assert_eq!(series["is_sampled"], false);
    assert_eq!((steps.len(), steps[0], values[45]), (100, 12_300.0, 100.0));
    let (series, steps, _) = read("from=30000");
    assert_eq!((series["rows"].as_u64(), steps.len()), (Some(0), 0));
    // Asked again, it comes from memory and is the same.
    assert_eq!(read("points=400&from=12300&to=12399").1, (12_300..12_400).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn a_series_that_grew_is_read_again() {
    let folder = empty();
    let mut run = begin(folder.path(), "growing", 1e9);
    run.number("loss", &Context::empty(), (0, None), 1.0);
    run.flush();
    let served = Served::start(folder.path());
    let rows =
        || decode(&served.get("/api/v1/series?names=loss").body).0["series"][0]["rows"].as_u64().unwrap();
    assert_eq!(rows(), 1);
    run.number("loss", &Context::empty(), (1, None), 0.5);
    run.flush();
    let deadline = std::time::Instant::now() + crate::served::LIMIT;
    while rows() != 2 {
        assert!(std::time::Instant::now() < deadline, "the second point did not come");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    run.end(None);
}

#[test]
fn twenty_thousand_series_are_not_drawn_by_mistake() {
    let folder = empty();
    let mut run = begin(folder.path(), "wide", 1e9);
    for index in 0..20_001 {
        run.number("loss", &Context::empty().with("part", i64::from(index)), (0, None), 1.0);
    }
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let answer = served.get("/api/v1/series");
    let error = answer.json();
    assert_eq!((answer.status, error["code"].as_str()), (413, Some("too_large")));
    assert!(error["message"].as_str().unwrap().starts_with("20001 series match"), "{error}");
    assert!(error["hint"].is_string());
    let (header, _) = decode(&served.get("/api/v1/series?limit=100").body);
    assert_eq!((header["total"].as_u64(), header["series"].as_array().unwrap().len()), (Some(20_001), 100));
}

#[test]
fn a_thousand_curves_come_in_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    scenario::wide(folder.path(), 200, 1, 50);
    let served = Served::start(folder.path());
    let answer = served.get("/api/v1/series?names=loss&f32=1");
    let (header, body) = decode(&answer.body);
    let series = header["series"].as_array().unwrap();
    assert_eq!(series.len(), 200);
    for one in series {
        let values = column(one, "value", body);
        assert_eq!((values.len(), one["columns"]["step"]["as"].as_str()), (50, Some("range")));
        assert!(values.iter().all(|value| value.is_finite()));
    }
}

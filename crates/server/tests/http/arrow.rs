//! Series as a stream of Arrow's record batches: asked for by header or parameter, and the same as in columns.

use std::collections::BTreeMap;
use std::io::Cursor;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array as _, RecordBatch};
use arrow_ipc::reader::StreamReader;
use serde_json::Value as Json;
use trailmark_core::{Context, End};

use crate::served::{Answer, Served};
use crate::{begin, empty, reference, scenario};

const STREAM: &str = "application/vnd.apache.arrow.stream";

/// The header and the batches of a stream.
fn read(answer: &Answer) -> (Json, Vec<RecordBatch>) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(STREAM)), "{}", answer.text());
    let reader = StreamReader::try_new(Cursor::new(&answer.body), None).unwrap();
    let header = serde_json::from_str(&reader.schema().metadata()["trailmark"]).unwrap();
    (header, reader.collect::<Result<_, _>>().unwrap())
}

/// The words of a column by row.
fn words(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap().as_dictionary::<Int32Type>();
    let values = column.values().as_string::<i32>();
    column.keys().values().iter().map(|key| values.value(*key as usize).to_owned()).collect()
}

#[test]
fn a_stream_has_the_points_of_every_series_under_its_names() {
    let folder = reference();
    let served = Served::start(folder.path());
    let path = "/api/v1/series?names=loss,f1&columns=step,epoch,time,value";
    let (header, batches) = read(&served.send("GET", path, &[("accept", STREAM)], ""));
    let heads = header["series"].as_array().unwrap();
    assert_eq!((header["total"].as_u64(), heads.len()), (Some(18), 18));
    assert!(header["cursor"].is_string());
    let mut rows: BTreeMap<(String, String, String), Vec<(i64, f64)>> = BTreeMap::new();
    for batch in &batches {
        let (run, name, context) = (words(batch, "run"), words(batch, "name"), words(batch, "context"));
        let steps = batch.column_by_name("step").unwrap().as_primitive::<Int64Type>();
        let values = batch.column_by_name("value").unwrap().as_primitive::<Float64Type>();
        let times = batch.column_by_name("time").unwrap().as_primitive::<TimestampMicrosecondType>();
        assert!(times.values().iter().all(|micros| *micros > 1_000_000_000_000_000));
        assert_eq!(batch.column_by_name("epoch").unwrap().null_count(), 0);
        for row in 0..batch.num_rows() {
            let series = (run[row].clone(), name[row].clone(), context[row].clone());
            rows.entry(series).or_default().push((steps.value(row), values.value(row)));
        }
    }
    assert_eq!(rows.len(), 18);
    for head in heads {
        let context = serde_json::to_string(&head["context"]).unwrap();
        let word = |field: &str| head[field].as_str().unwrap().to_owned();
        let points = &rows[&(word("run"), word("name"), context)];
        assert_eq!(points.len() as u64, head["rows"].as_u64().unwrap());
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let run = served.json(&format!("runs/{}", word("run")));
        let metrics = run["metrics"].as_array().unwrap();
        let same = |metric: &&Json| metric["name"] == head["name"] && metric["context"] == head["context"];
        let metric = metrics.iter().find(same).unwrap();
        let (step, value) = *points.last().unwrap();
        assert_eq!((Some(step), Some(value)), (metric["last_step"].as_i64(), metric["last"].as_f64()));
    }
}

#[test]
fn the_parameter_counts_before_the_header() {
    let folder = reference();
    let served = Served::start(folder.path());
    let media_type = |path: &str, accept: &str| {
        let answer = served.send("GET", path, &[("accept", accept)], "");
        assert_eq!(answer.header("vary"), Some("accept"));
        answer.header("content-type").unwrap().to_owned()
    };
    let columns = "application/vnd.trailmark.columns";
    assert_eq!(media_type("/api/v1/series?limit=1", "*/*"), columns);
    assert_eq!(media_type("/api/v1/series?limit=1", &format!("text/html, {STREAM};q=0.9")), STREAM);
    assert_eq!(media_type("/api/v1/series?limit=1", &format!("{columns}, {STREAM}")), columns);
    assert_eq!(media_type("/api/v1/series?limit=1&format=columns", STREAM), columns);
    assert_eq!(media_type("/api/v1/series?limit=1&format=arrow", columns), STREAM);
    let wrong = served.get("/api/v1/series?format=parquet");
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (400, Some("bad_request")));
}

#[test]
fn missing_epochs_and_odd_values_stay_what_they_are() {
    let folder = empty();
    let mut run = begin(folder.path(), "odd", 1e9);
    let steps = [i64::MIN, -1, 0, (1 << 53) + 1, i64::MAX];
    let values = [1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
    for (place, (step, value)) in steps.into_iter().zip(values).enumerate() {
        let epoch = (place % 2 == 0).then_some(place as f64);
        run.number("loss", &Context::empty().with("ä", "\"x\""), (step, epoch), value);
    }
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let (_, batches) = read(&served.get("/api/v1/series?format=arrow&columns=step,epoch,value"));
    let [batch] = batches.as_slice() else { panic!("{batches:?}") };
    assert_eq!(words(batch, "context")[0], r#"{"ä":"\"x\""}"#);
    assert_eq!(*batch.column_by_name("step").unwrap().as_primitive::<Int64Type>().values(), steps);
    let epochs = batch.column_by_name("epoch").unwrap().as_primitive::<Float64Type>();
    assert_eq!(epochs.iter().collect::<Vec<_>>(), [Some(0.0), None, Some(2.0), None, Some(4.0)]);
    let got = batch.column_by_name("value").unwrap().as_primitive::<Float64Type>();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(got.values()), bits(&values));
    let single = read(&served.get("/api/v1/series?format=arrow&columns=value&f32=1")).1;
    assert_eq!(single[0].column_by_name("value").unwrap().as_primitive::<Float32Type>().value(0), 1.5);
    assert_eq!(single[0].num_columns(), 4);
}

#[test]
fn many_series_come_in_a_few_batches_and_none_in_none() {
    let folder = tempfile::tempdir().unwrap();
    scenario::wide(folder.path(), 200, 1, 500);
    let served = Served::start(folder.path());
    let (header, batches) = read(&served.get("/api/v1/series?format=arrow&names=loss"));
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!((header["series"].as_array().unwrap().len(), rows, batches.len()), (200, 100_000, 2));
    let (header, batches) = read(&served.get("/api/v1/series?format=arrow&names=none"));
    assert_eq!((header["total"].as_u64(), batches.len()), (Some(0), 0));
    let nothing = served.get("/api/v1/series?format=arrow&names=none");
    let reader = StreamReader::try_new(Cursor::new(&nothing.body), None).unwrap();
    let names: Vec<String> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["run", "name", "context", "step", "value"]);
}

//! A golden answer, which the page's tests decode as well: `testdata/http/series.tmc` and what it holds, `series.json`.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::*;
use crate::dto::{ParamTree, Real, SeriesHead};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/http")
}

struct Golden {
    name: &'static str,
    count: u64,
    steps: Option<Vec<i64>>,
    epochs: Option<Vec<f64>>,
    micros: Option<Vec<i64>>,
    values: Vec<f64>,
}

impl Golden {
    fn table(&self) -> Table<'_> {
        Table {
            steps: self.steps.as_deref(),
            epochs: self.epochs.as_deref(),
            micros: self.micros.as_deref(),
            values: Some(&self.values),
        }
    }
}

/// Every kind of column, NaN and infinities, no rows, one row.
fn golden() -> Vec<Golden> {
    let long = MOST_EXACT + 2;
    let series =
        |name, steps, values| Golden { name, count: 9000, steps, epochs: None, micros: None, values };
    vec![
        series("range", Some(vec![500, 1000, 1500]), vec![5.75, f64::NAN, 0.25]),
        series("u32", Some(vec![-3, 0, 7, 4_000_000_000]), vec![1.0, f64::INFINITY, f64::NEG_INFINITY, 1e-3]),
        series("f64", Some(vec![1, long]), vec![0.1, -0.0]),
        Golden {
            epochs: Some(vec![0.5, f64::NAN]),
            micros: Some(vec![1_764_000_000_000_000, 1_764_000_000_250_000]),
            ..series("all columns", Some(vec![10, 20]), vec![2.0, 1.0])
        },
        series("value alone", None, vec![3.0]),
        series("no rows", Some(Vec::new()), Vec::new()),
    ]
}

fn encode(is_single: bool) -> Vec<u8> {
    let golden = golden();
    let mut plan = Plan::new(is_single);
    let series = golden.iter().enumerate().map(|(index, one)| SeriesHead {
        run: format!("0123456789abcdef0000000{index}"),
        name: one.name.to_owned(),
        context: ParamTree([("subset".to_owned(), "train".into())].into()),
        count: one.count,
        rows: one.values.len() as u64,
        is_sampled: true,
        columns: plan.add(&one.table()),
    });
    let series = series.collect();
    let header = SeriesHeader { total: 7, took_millis: 1.5, cursor: "1.2".to_owned(), series };
    plan.write(&header, golden.iter().map(Golden::table))
}

/// Reads an answer as the document says, byte by byte.
fn decode(bytes: &[u8]) -> Json {
    assert_eq!(&bytes[..4], b"TMC1");
    let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    assert_eq!(length % 8, 0);
    let mut header: Json = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let body = &bytes[8 + length..];
    for series in header["series"].as_array_mut().unwrap() {
        let rows = series["rows"].as_u64().unwrap() as usize;
        let columns = series["columns"].as_object().unwrap().clone();
        let read = columns.iter().map(|(name, column)| (name.clone(), read(column, rows, body)));
        series["read"] = Json::Object(read.collect());
    }
    header
}

fn read(column: &Json, rows: usize, body: &[u8]) -> Json {
    let at = column["at"].as_u64().unwrap_or(0) as usize;
    assert_eq!(at % 8, 0, "{column}");
    let start = column["start"].as_i64().unwrap_or(0);
    let real = |number: f64| serde_json::to_value(Real(number)).unwrap();
    let row = |row: usize| match column["as"].as_str().unwrap() {
        "range" => json!(start + row as i64 * column["stride"].as_i64().unwrap()),
        "u32" => {
            json!(start + i64::from(u32::from_le_bytes(body[at + 4 * row..][..4].try_into().unwrap())))
        }
        "f32" => real(f64::from(f32::from_le_bytes(body[at + 4 * row..][..4].try_into().unwrap()))),
        "f64" => real(f64::from_le_bytes(body[at + 8 * row..][..8].try_into().unwrap())),
        other => panic!("unknown column {other}"),
    };
    (0..rows).map(row).collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test that writes the golden files")]
fn the_golden_answer_is_written_and_read_as_the_document_says() {
    let (tmc, json) = (folder().join("series.tmc"), folder().join("series.json"));
    let text = |bytes: &[u8]| format!("{:#}\n", decode(bytes));
    if std::env::var_os("TRAILMARK_WRITE").is_some() {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&tmc, encode(false)).unwrap();
        std::fs::write(&json, text(&encode(false))).unwrap();
    }
    let bytes = std::fs::read(&tmc).unwrap();
    assert_eq!(
        bytes,
        encode(false),
        "the layout changed: docs/http.md, the page and this file change with it"
    );
    assert_eq!(std::fs::read_to_string(&json).unwrap(), text(&bytes));
}

#[test]
fn epochs_that_series_share_are_written_once() {
    let (shared, own) = ([0.25, f64::NAN, 0.75], [0.5, 1.0, 1.5]);
    let values = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [1.5, 2.5, 3.5]];
    let epochs = [&shared, &own, &shared, &own];
    let tables = || {
        let both = epochs.iter().zip(&values);
        both.map(|(epochs, values)| Table { epochs: Some(*epochs), values: Some(values), ..Table::default() })
    };
    let mut plan = Plan::new(true);
    let series = tables().map(|table| SeriesHead {
        run: "0123456789abcdef01234567".to_owned(),
        name: "loss".to_owned(),
        context: ParamTree([].into()),
        count: 3,
        rows: 3,
        is_sampled: false,
        columns: plan.add(&table),
    });
    let series = series.collect();
    let header = SeriesHeader { total: 4, took_millis: 0.0, cursor: String::new(), series };
    let bytes = plan.write(&header, tables());
    let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    assert_eq!(bytes.len() - 8 - length, 2 * 24 + 4 * 16);
    let read = decode(&bytes);
    for (index, values) in values.iter().enumerate() {
        let want = if index % 2 == 0 { json!([0.25, "NaN", 0.75]) } else { json!(own) };
        assert_eq!(read["series"][index]["read"], json!({"epoch": want, "value": values}));
    }
}

#[test]
fn what_was_encoded_is_decoded() {
    for is_single in [false, true] {
        let header = decode(&encode(is_single));
        let read = |index: usize| header["series"][index]["read"].clone();
        assert_eq!(read(0)["step"], json!([500, 1000, 1500]));
        assert_eq!(read(0)["value"], json!([5.75, "NaN", 0.25]));
        assert_eq!(read(1)["step"], json!([-3, 0, 7, 4_000_000_000i64]));
        assert_eq!(read(1)["value"][1], json!("inf"));
        assert_eq!(header["series"][2]["columns"]["step"]["as"], "f64");
        assert_eq!(read(3)["time"], json!([1_764_000_000.0, 1_764_000_000.25]));
        assert_eq!(read(3)["epoch"], json!([0.5, "NaN"]));
        assert_eq!(read(4), json!({"value": [3.0]}));
        assert_eq!(read(5), json!({"step": [], "value": []}));
    }
}

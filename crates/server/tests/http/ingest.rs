//! Journals and blobs that are sent.

use serde_json::json;
use trailmark_core::{ContentId, Context, End, RunId, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Record, Repository};

use crate::empty;
use crate::served::Served;

fn source() -> (tempfile::TempDir, RunId, String, Vec<u8>) {
    let folder = empty();
    let repository = Repository::open(folder.path()).unwrap();
    let run = RunId::from_parts(1_764_000_000_000, [7; 6]);
    let mut writer = repository.writer(run).unwrap();
    let time = WallTime::from_nanos(1_764_000_000_000_000_000);
    let series = SeriesKey::new("loss", Context::subset("train"));
    let point = |step: i64| Record::Point {
        series: series.clone(),
        step: Step(step),
        epoch: None,
        time,
        value: Value::Float(1.0 / step as f64),
    };
    writer.append(&[Record::Created { time }, point(1), point(2)]).unwrap();
    writer.append(&[point(3)]).unwrap();
    writer.end(time, End::Finished).unwrap();
    let id = writer.id();
    let piece = repository.journal(run, id).next(1 << 20).unwrap().unwrap();
    (folder, run, id.to_string(), piece.bytes)
}

#[test]
fn a_journal_arrives_in_pieces_and_is_a_run() {
    let (_source, run, writer, bytes) = source();
    let folder = empty();
    let served = Served::start(folder.path());
    let send = |offset: usize, bytes: &[u8]| {
        served.send_bytes("POST", &format!("/api/v1/journals/{run}/{writer}?offset={offset}"), &[], bytes)
    };
    assert_eq!(send(usize::MAX >> 1, b"").json(), json!({"behind": 0}));
    assert_eq!(send(0, &bytes[..100]).json(), json!({"durable": 32}), "a cut frame waits");
    assert_eq!(send(500, b"").json(), json!({"behind": 32}));
    let packed = zstd::bulk::compress(&bytes, 1).unwrap();
    let zstd = [("content-encoding", "zstd")];
    let url = format!("/api/v1/journals/{run}/{writer}?offset=0");
    assert_eq!(served.send_bytes("POST", &url, &zstd, &packed).json(), json!({"durable": bytes.len()}));
    assert_eq!(served.send_bytes("POST", &url, &zstd, &packed).json(), json!({"durable": bytes.len()}));
    let detail = served.json(&format!("runs/{run}"));
    assert_eq!((&detail["status"], &detail["series"][0]["count"]), (&json!("finished"), &json!(3)));

    let mut wrong = bytes.clone();
    wrong[60] ^= 1;
    let other = writer.replace(|_: char| true, "0");
    let refused = [
        (format!("/api/v1/journals/{run}/{writer}?offset=0"), &wrong[..], 422),
        (format!("/api/v1/journals/{run}/{other}?offset=0"), &bytes[..], 422),
        (format!("/api/v1/journals/nonsense/{writer}?offset=0"), &bytes[..], 400),
        (format!("/api/v1/journals/..%2f..%2fx/{writer}?offset=0"), &bytes[..], 400),
        (format!("/api/v1/journals/{run}/{writer}?offset=-1"), &bytes[..], 400),
        (format!("/api/v1/journals/{run}/{writer}"), &bytes[..], 400),
    ];
    for (url, bytes, status) in refused {
        assert_eq!(served.send_bytes("POST", &url, &[], bytes).status, status, "{url}");
    }
    assert_eq!(served.send_bytes("POST", &url, &zstd, b"not packed").status, 422);
    assert_eq!(served.send_bytes("POST", &url, &[("content-encoding", "br")], &bytes).status, 400);
    let bomb = zstd::bulk::compress(&vec![0; 300 << 20], 1).unwrap();
    assert_eq!(served.send_bytes("POST", &url, &zstd, &bomb).status, 413);

    served.post("edits", &json!({"runs": [run.to_string()], "edit": {"deleted": true}}));
    assert_eq!(send(0, &bytes).json(), json!({"gone": true}));
}

#[test]
fn a_blob_is_kept_under_its_own_name_only() {
    let folder = empty();
    let served = Served::start(folder.path());
    let bytes: Vec<u8> = (0..3_000_000u32).map(|number| (number % 253) as u8).collect();
    let url = format!("/api/v1/blobs/{}", ContentId::of(&bytes));
    assert_eq!(served.send_bytes("HEAD", &url, &[], b"").status, 404);
    assert_eq!(served.send_bytes("PUT", &url, &[], &bytes).json(), json!({"durable": 3_000_000}));
    assert_eq!(served.send_bytes("HEAD", &url, &[], b"").status, 200);
    let other = format!("/api/v1/blobs/{}", ContentId::of("something else"));
    assert_eq!(served.send_bytes("PUT", &other, &[], &bytes).status, 422);
    // A refused body is not read: a long one could not be sent.
    assert_eq!(served.send_bytes("PUT", "/api/v1/blobs/nonsense", &[], b"x").status, 400);
    drop(served);
    assert_eq!(trailmark_store::Store::check(&Repository::open(folder.path()).unwrap()).unwrap(), []);
}

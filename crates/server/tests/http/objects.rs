//! Pictures, sounds, figures, histograms, messages and files of a run.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use trailmark_core::{ContentId, Context, Distribution, Edit, End, Image, Kept, LogRecord, Params, Value};
use trailmark_store::{Repository, Store as _};

use crate::served::{LIMIT, Served};
use crate::{begin, empty, media};

/// The run with every kind of value.
fn every_kind() -> (tempfile::TempDir, Served, String) {
    let folder = tempfile::tempdir().unwrap();
    media::media(folder.path());
    let served = Served::start(folder.path());
    let id = served.json("runs?q=run.name%20%3D%3D%20%22vivid-heron%22")["runs"][0]["id"].clone();
    (folder, served, id.as_str().unwrap().to_owned())
}

fn objects(served: &Served, id: &str, query: &str) -> Json {
    served.json(&format!("runs/{id}/objects?{query}"))
}

#[test]
fn lists_are_answered_value_by_value_with_their_places() {
    let (_folder, served, id) = every_kind();
    let images = objects(&served, &id, "kind=image&name=pages");
    assert_eq!((&images["total"], images["objects"].as_array().unwrap().len()), (&json!(48), 48));
    let third = &images["objects"][6];
    assert_eq!(
        (&third["step"], &third["index"], &third["of"], &third["context"], &third["epoch"]),
        (&json!(50), &json!(2), &json!(4), &json!({"subset": "eval"}), &json!(0.25))
    );
    let image = &third["value"]["image"];
    assert_eq!(
        (&image["format"], &image["width"], &image["height"]),
        (&json!("png"), &json!(160), &json!(112))
    );
    assert_eq!(image["caption"], "page 3: where it looks");
    let bytes = served.get(&format!("/api/v1/blobs/{}?type=png", image["blob"].as_str().unwrap())).body;
    assert_eq!(json!(bytes.len()), image["bytes"]);
    let range = objects(&served, &id, "kind=image&from=100&to=150&context=%7B%22subset%22%3A%22eval%22%7D");
    assert_eq!(range["total"], 8);
    let at = objects(&served, &id, "kind=image&at=120");
    let steps: Vec<i64> =
        at["objects"].as_array().unwrap().iter().map(|object| object["step"].as_i64().unwrap()).collect();
    assert_eq!(steps, [100, 100, 0, 0, 100, 100, 100, 100], "of each series its last step up to there");
    let page = objects(&served, &id, "kind=image&name=pages&offset=47&limit=10");
    assert_eq!((&page["total"], &page["objects"][0]["step"]), (&json!(48), &json!(550)));
}

#[test]
fn every_kind_says_what_it_is() {
    let (_folder, served, id) = every_kind();
    let first =
        |kind: &str| objects(&served, &id, &format!("kind={kind}&limit=1"))["objects"][0]["value"].clone();
    assert_eq!(first("audio")["audio"]["format"], "wav");
    assert_eq!(first("figure")["figure"]["caption"], "eval, 240 questions");
    let histogram = first("distribution")["distribution"].clone();
    assert_eq!((&histogram["low"], &histogram["high"]), (&json!(-10.0), &json!(10.0)));
    assert_eq!(histogram["weights"].as_array().unwrap().len(), 40);
    let (status, code, message) = served.error(&format!("runs/{id}/objects?kind=video"));
    assert_eq!((status, code.as_str()), (400, "bad_request"), "{message}");
    assert_eq!(served.error(&format!("runs/{id}/objects?kind=image&context=x")).0, 400);
    assert_eq!(served.error("runs/ffffffffffffffffffffffff/objects?kind=image").0, 404);
    let series = served.json(&format!("runs/{id}"))["series"].clone();
    let kinds: std::collections::BTreeSet<&str> =
        series.as_array().unwrap().iter().map(|series| series["kind"].as_str().unwrap()).collect();
    let want = ["audio", "distribution", "figure", "image", "log", "log_record", "number"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), want);
}

#[test]
fn the_steps_of_a_kind_are_known_without_its_values() {
    let (_folder, served, id) = every_kind();
    let steps = served.json(&format!("runs/{id}/objects/steps?kind=image"));
    let names: Vec<&str> =
        steps["series"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["attention", "attention", "corpus", "pages"]);
    let pages = &steps["series"][3];
    assert_eq!((&pages["total"], &pages["most"], &pages["steps"][11]), (&json!(48), &json!(4), &json!(550)));
}

#[test]
fn histograms_are_thinned_with_the_first_and_the_last() {
    let (_folder, served, id) = every_kind();
    let thinned = objects(&served, &id, "kind=distribution&name=weights&steps=7");
    let objects = thinned["objects"].as_array().unwrap();
    let steps: Vec<i64> = objects.iter().map(|object| object["step"].as_i64().unwrap()).collect();
    assert_eq!(thinned["total"], 180, "of three series");
    assert_eq!(steps[..7], [0, 90, 190, 290, 390, 490, 590]);
    assert_eq!(steps.len(), 21);
}

#[test]
fn messages_are_chosen_by_level_words_and_from_the_end() {
    let (_folder, served, id) = every_kind();
    let all = objects(&served, &id, "kind=log_record&tail=2");
    assert_eq!(
        all["levels"],
        json!([{"level": 10, "count": 24}, {"level": 20, "count": 352}, {"level": 30, "count": 16}, {"level": 40, "count": 8}])
    );
    assert_eq!((&all["total"], &all["objects"][1]["step"]), (&json!(400), &json!(399)));
    let warnings = objects(&served, &id, "kind=log_record&level=30&find=SLOW");
    assert_eq!(warnings["total"], 16);
    let record = &warnings["objects"][0]["value"]["log_record"];
    assert_eq!(
        (&record["level"], &record["file"], &record["line"]),
        (&json!(30), &json!("read.py"), &json!(101))
    );
    assert_eq!(record["extra"], json!({"batch": 21, "host": "node-3"}));
    assert_eq!(warnings["levels"], all["levels"], "of all messages");
}

#[test]
fn a_file_is_listed_and_deleted_and_restored() {
    let (_folder, served, id) = every_kind();
    let files = || served.json(&format!("runs/{id}/artifacts"));
    let names = |files: &Json| -> Vec<String> {
        let files = files["artifacts"].as_array().unwrap().iter();
        files.map(|file| file["name"].as_str().unwrap().to_owned()).collect()
    };
    let before = files();
    assert_eq!(names(&before)[..3], ["corpus/raw.tar", "model/config.json", "model/tokenizer/vocab.txt"]);
    assert_eq!((&before["total"], &before["bytes"]), (&json!(6), &json!(300_000 + 25 + 19 + 77 + 32)));
    let raw = &before["artifacts"][0];
    assert_eq!(
        (&raw["uri"], &raw["is_here"], raw.get("blob")),
        (&json!("s3://pages/raw/2026-11.tar"), &json!(false), None)
    );
    assert_eq!(before["artifacts"][1]["is_here"], true);
    assert_eq!(
        served.json(&format!("runs/{id}/artifacts?offset=5&limit=9"))["artifacts"][0]["name"],
        "report.html"
    );
    let delete = json!({"runs": [id], "edit": {"artifact": {"name": "report.html", "is_deleted": true}}});
    let undo = served.post("edits", &delete).json()["undo"][0].clone();
    assert_eq!(files()["total"], 5);
    assert_eq!(served.json(&format!("runs/{id}"))["artifacts"], 5);
    assert_eq!(served.post("edits", &undo).status, 200);
    assert_eq!(files(), before);
}

#[test]
fn deleted_points_are_gone_until_they_are_restored() {
    let (_folder, served, id) = every_kind();
    let total = || objects(&served, &id, "kind=image&name=pages")["total"].clone();
    assert_eq!(total(), 48);
    let points = |step: Option<i64>| {
        let points =
            json!({"name": "pages", "context": {"subset": "eval"}, "step": step, "is_deleted": true});
        json!({"runs": [id], "edit": {"points": points}})
    };
    for (step, left) in [(Some(50), 44), (None, 0)] {
        let answer = served.post("edits", &points(step));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(total(), left);
        assert_eq!(served.post("edits", &answer.json()["undo"][0]).status, 200);
        assert_eq!(total(), 48);
    }
}

fn picture(n_bytes: u64) -> Value {
    let file = Kept { id: ContentId::of(n_bytes.to_string()), n_bytes };
    let image = Image { file, format: "png".to_owned(), width: 0, height: 0, caption: String::new() };
    Value::Image(Box::new(image))
}

#[test]
fn what_grows_is_seen_and_the_later_write_of_a_step_counts() {
    let folder = empty();
    let mut run = begin(folder.path(), "painter", 1e9);
    let context = Context::subset("eval");
    run.track("pictures", &context, (1, None), picture(1));
    run.flush();
    let served = Served::start(folder.path());
    let id = served.json("runs")["runs"][0]["id"].as_str().unwrap().to_owned();
    let bytes = || -> Vec<Json> {
        let found = objects(&served, &id, "kind=image");
        let found = found["objects"].as_array().unwrap().iter();
        found.map(|object| object["value"]["image"]["bytes"].clone()).collect()
    };
    let until = |want: Vec<Json>| {
        let begin = Instant::now();
        while bytes() != want {
            assert!(begin.elapsed() < LIMIT, "{:?}", bytes());
            thread::sleep(Duration::from_millis(20));
        }
    };
    until(vec![json!(1)]);
    run.track("pictures", &context, (2, None), picture(2));
    run.flush();
    until(vec![json!(1), json!(2)]);
    run.track("pictures", &context, (1, None), picture(3));
    run.flush();
    until(vec![json!(3), json!(2)]);
    run.track("others", &context, (0, None), Value::List(vec![picture(7), picture(8)]));
    run.flush();
    until(vec![json!(7), json!(8), json!(3), json!(2)]);
    // Another process deletes a step while the run grows.
    let deletion = Edit::DeletePoints {
        series: trailmark_core::SeriesKey::new("others", context.clone()),
        step: None,
        is_deleted: true,
    };
    Repository::open(folder.path()).unwrap().edit(&[(id.parse().unwrap(), deletion)]).unwrap();
    run.end(Some(End::Finished));
    until(vec![json!(3), json!(2)]);
}

#[test]
fn what_json_cannot_say_and_what_is_long_are_answered() {
    let folder = empty();
    let mut run = begin(folder.path(), "odd", 1e9);
    let weights = vec![f64::NAN, 2.0];
    let odd = Distribution { low: f64::NEG_INFINITY, high: 0.5, weights };
    run.track("d", &Context::empty(), (1, None), Value::Distribution(Box::new(odd)));
    let message = "ä".repeat(20_000);
    let record = LogRecord { level: 20, message: message.clone(), extra: Params::new(), origin: None };
    run.track("m", &Context::empty(), (1, None), Value::LogRecord(Box::new(record)));
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let id = served.json("runs")["runs"][0]["id"].as_str().unwrap().to_owned();
    let distribution =
        objects(&served, &id, "kind=distribution")["objects"][0]["value"]["distribution"].clone();
    assert_eq!(distribution, json!({"low": "-inf", "high": 0.5, "weights": ["NaN", 2.0]}));
    let record = objects(&served, &id, "kind=log_record")["objects"][0]["value"]["log_record"].clone();
    assert_eq!((&record["is_cut"], record.get("file")), (&json!(true), None));
    let shown = record["message"].as_str().unwrap();
    assert!(message.starts_with(shown) && shown.len() <= 16 << 10 && shown.len() > (16 << 10) - 4);
    assert_eq!(objects(&served, &id, "kind=image")["total"], 0);
}

//! Texts: lists, pages, cuts, whole ones.

use serde_json::json;
use trailmark_core::{Context, End, Value};

use crate::served::Served;
use crate::{begin, empty, reference};

#[test]
fn texts_come_run_by_run_as_first_tracked() {
    let folder = reference();
    let served = Served::start(folder.path());
    let all = served.json("texts");
    assert_eq!(all["total"], 6 * 12 * 3 * 2);
    let texts = all["texts"].as_array().unwrap();
    assert_eq!(texts.len(), 6 * 12 * 3 * 2);
    assert_eq!((&texts[0]["name"], &texts[1]["name"]), (&json!("question"), &json!("answer")));
    assert!(texts[0]["context"]["context"].as_str().unwrap().starts_with("Aldermere"));
    assert_eq!((&texts[0]["step"], &texts[0]["is_cut"]), (&json!(0), &json!(false)));
    assert!(!texts.iter().any(|text| text["name"] == "checkpoint"));
    let page = served.json("texts?offset=70&limit=5");
    assert_eq!(page["texts"].as_array().unwrap()[..], texts[70..75]);
    let answers = served.json("texts?names=answer&q=run.hparams.learning_rate%20%3E%200.001");
    assert_eq!(answers["total"], 2 * 12 * 3);
}

#[test]
fn a_long_text_is_cut_in_lists_and_whole_by_itself() {
    let folder = empty();
    let mut run = begin(folder.path(), "long", 1e9);
    let long = format!("<b>{}", "ä".repeat(5_000_000));
    let context = Context::empty().with("part", "a b");
    run.track("essay", &context, (3, None), Value::Text(long.clone()));
    run.track("essay", &context, (4, None), Value::Text("first".to_owned()));
    run.track("essay", &context, (4, None), Value::Text("second".to_owned()));
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let texts = served.json("texts");
    assert_eq!(texts["total"], 2, "of two texts at one step the later counts");
    let text = &texts["texts"][0];
    assert_eq!((&text["is_cut"], &text["bytes"]), (&json!(true), &json!(long.len())));
    assert!(text["text"].as_str().unwrap().len() <= 16 << 10);
    assert_eq!(texts["texts"][1]["text"], "second");
    let id = text["run"].as_str().unwrap();
    let path = format!("/api/v1/runs/{id}/text?name=essay&context=%7B%22part%22%3A%22a%20b%22%7D&step=3");
    let whole = served.get(&path);
    assert_eq!(whole.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(whole.text() == long);
    let missing = served.get(&path.replace("step=3", "step=9"));
    assert_eq!((missing.status, missing.json()["code"].as_str()), (404, Some("not_found")));
    let wrong = served.get(&path.replace("%7B", "x"));
    assert_eq!(wrong.status, 400);
}

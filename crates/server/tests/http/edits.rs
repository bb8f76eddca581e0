//! Edits and what undoes them.

use serde_json::{Value as Json, json};
use trailmark_core::End;

use crate::served::Served;
use crate::{begin, empty};

fn three() -> (tempfile::TempDir, Served, Vec<String>) {
    let folder = empty();
    for (index, name) in ["one", "two", "three"].into_iter().enumerate() {
        begin(folder.path(), name, 1e9 + index as f64).end(Some(End::Finished));
    }
    let served = Served::start(folder.path());
    let runs = served.json("runs?sort=created_at");
    let ids =
        runs["runs"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    (folder, served, ids)
}

fn edit(served: &Served, request: &Json) -> Json {
    let answer = served.post("edits", request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn every_edit_is_seen_at_once_and_undone() {
    let (_folder, served, ids) = three();
    let before = served.json(&format!("runs/{}", ids[0]));
    for (change, field, want) in [
        (json!({"name": "renamed"}), "name", json!("renamed")),
        (json!({"experiment": "other"}), "experiment", json!("other")),
        (json!({"description": "about"}), "description", json!("about")),
        (json!({"note": "# a note"}), "note", json!("# a note")),
        (json!({"add_tag": "good"}), "tags", json!(["good"])),
    ] {
        let done = edit(&served, &json!({"runs": [ids[0]], "edit": change}));
        assert_eq!(done["edited"], 1);
        assert_eq!(served.json(&format!("runs/{}", ids[0]))[field], want);
        for undo in done["undo"].as_array().unwrap() {
            edit(&served, undo);
        }
        assert_eq!(served.json(&format!("runs/{}", ids[0]))[field], before[field], "{field}");
    }
}

#[test]
fn archived_runs_are_out_of_sight_but_there() {
    let (_folder, served, ids) = three();
    let done = edit(&served, &json!({"runs": ids, "edit": {"archived": true}}));
    assert_eq!((&done["edited"], done["undo"].as_array().unwrap().len()), (&json!(3), 1));
    assert_eq!(served.json("runs")["total"], 0);
    assert_eq!(served.json("runs?archived=1")["total"], 3);
    assert_eq!(served.json("runs?q=run.archived")["total"], 3);
    assert_eq!(served.json("info")["counts"]["archived"], 3);
    // Again changes nothing.
    assert_eq!(edit(&served, &json!({"runs": ids, "edit": {"archived": true}}))["edited"], 0);
    edit(&served, &done["undo"][0]);
    assert_eq!(served.json("runs")["total"], 3);
}

#[test]
fn a_deleted_run_is_gone_until_it_is_restored() {
    let (_folder, served, ids) = three();
    let done = edit(&served, &json!({"runs": [&ids[1][..20]], "edit": {"deleted": true}}));
    assert_eq!(served.json("runs?archived=1")["total"], 2);
    let (status, code, _) = served.error(&format!("runs/{}", ids[1]));
    assert_eq!((status, code.as_str()), (404, "not_found"));
    for path in ["logs", "logs.txt", "logs/search?find=x", "text?name=a&step=1"] {
        assert_eq!(served.error(&format!("runs/{}/{path}", ids[1])).0, 404, "{path}");
    }
    edit(&served, &done["undo"][0]);
    assert_eq!(served.json(&format!("runs/{}", ids[1]))["name"], "two");
}

#[test]
fn an_edit_that_makes_no_sense_is_refused() {
    let (_folder, served, ids) = three();
    for (request, status) in [
        (json!({"runs": [], "edit": {"archived": true}}), 400),
        (json!({"runs": [ids[0]], "edit": {"colour": "red"}}), 400),
        (json!({"runs": [ids[0]], "edit": {"add_tag": " "}}), 400),
        (json!({"runs": [ids[0]], "edit": {"archived": true}, "really": true}), 400),
        (json!({"runs": ["ffffffffffffffffffffffff"], "edit": {"archived": true}}), 404),
        (json!({"runs": [ids[0], "zz"], "edit": {"archived": true}}), 404),
        (json!({"runs": [ids[0]], "edit": {"note": "x".repeat((1 << 20) + 1)}}), 413),
    ] {
        let answer = served.post("edits", &request);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.json()["message"].is_string());
    }
    assert_eq!(served.json("runs")["total"], 3, "nothing changed");
    let answer = served.send("POST", "/api/v1/edits", &[("content-type", "application/json")], "{");
    assert_eq!(answer.status, 400);
}

//! Events: what changed, within a second.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use trailmark_core::{Context, End};
use trailmark_store::{Repository, Store as _};

use crate::served::Served;
use crate::{begin, empty};

#[test]
fn pages_hear_of_new_growing_and_ended_runs_within_a_second() {
    let folder = empty();
    let served = Served::start(folder.path());
    let mut events = served.events("");
    let (name, hello) = events.next().unwrap();
    assert_eq!((name.as_str(), &hello["version"]), ("hello", &json!(env!("CARGO_PKG_VERSION"))));
    let mut run = begin(folder.path(), "newcomer", 1e9);
    run.number("loss", &Context::empty(), (0, None), 1.0);
    let written = Instant::now();
    run.flush();
    let (name, new) = events.next().unwrap();
    let took = written.elapsed();
    assert_eq!(name, "changed");
    let id = served.json("runs")["runs"][0]["id"].clone();
    assert_eq!((&new["new"], &new["runs"]), (&json!([id]), &json!([id])));
    // Written, seen and told; a machine that is busy with other tests gets more than the second that is promised.
    assert!(took < Duration::from_secs(5), "{took:?}");
    run.number("loss", &Context::empty(), (1, None), 0.5);
    run.flush();
    let (_, grown) = events.next().unwrap();
    assert_eq!((&grown["new"], &grown["runs"]), (&json!([]), &json!([id])));
    assert_ne!(grown["cursor"], new["cursor"]);
    run.end(Some(End::Finished));
    let mut ended = events.next().unwrap().1;
    while served.json("runs")["runs"][0]["status"] != "finished" {
        ended = events.next().unwrap().1;
    }
    assert_eq!(ended["runs"], json!([id]));
    let answer = served.post("edits", &json!({"runs": [id], "edit": {"deleted": true}}));
    assert_eq!(answer.status, 200);
    let (_, gone) = events.next().unwrap();
    assert_eq!((&gone["gone"], &gone["runs"]), (&json!([id]), &json!([])));
}

#[test]
fn a_page_that_was_away_hears_what_it_missed() {
    let folder = empty();
    begin(folder.path(), "early", 1e9).end(Some(End::Finished));
    let served = Served::start(folder.path());
    let cursor = served.json("runs")["cursor"].as_str().unwrap().to_owned();
    let id = served.json("runs")["runs"][0]["id"].clone();
    served.post("edits", &json!({"runs": [id], "edit": {"name": "late"}}));
    let mut events = served.events(&cursor);
    assert_eq!(events.next().unwrap().0, "hello");
    let (name, missed) = events.next().unwrap();
    assert_eq!((name.as_str(), &missed["runs"]), ("changed", &json!([id])));
    // A cursor of another server means that everything may be different.
    let mut events = served.events("1.1");
    assert_eq!(events.next().unwrap().0, "hello");
    assert_eq!(events.next().unwrap().1["runs"], json!([id]));
}

/// What the repository itself says of a run's id.
fn id_of(folder: &Path, name: &str) -> String {
    let rows = Repository::open(folder).unwrap().changes(None).unwrap().rows;
    rows.iter().find(|row| row.name == name).unwrap().id.to_string()
}

#[test]
fn a_run_is_found_in_the_moment_in_which_it_begins() {
    let folder = empty();
    let served = Served::start(folder.path());
    for name in ["first", "second"] {
        assert!(served.json("runs")["runs"].is_array());
        let mut run = begin(folder.path(), name, 1e9);
        run.flush();
        let found = served.json(&format!("runs/{}", id_of(folder.path(), name)));
        assert_eq!(found["name"], name);
    }
}

#[test]
fn a_new_listener_hears_of_what_came_after_its_first_answers() {
    let folder = empty();
    let served = Served::start(folder.path());
    let mut run = begin(folder.path(), "early", 1e9);
    run.flush();
    let id = id_of(folder.path(), "early");
    assert_eq!(served.json(&format!("runs/{id}"))["name"], "early");
    let mut events = served.events("");
    assert_eq!(events.next().unwrap().0, "hello");
    let (name, missed) = events.next().unwrap();
    assert_eq!((name.as_str(), &missed["new"]), ("changed", &json!([id])));
}

#[test]
fn streams_end_with_the_server() {
    let folder = empty();
    let served = Served::start(folder.path());
    let mut events = served.events("");
    assert_eq!(events.next().unwrap().0, "hello");
    let stopping = Instant::now();
    drop(served);
    assert!(events.next().is_none());
    assert!(stopping.elapsed() < Duration::from_secs(10), "{:?}", stopping.elapsed());
}

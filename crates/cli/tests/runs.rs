//! `trailmark runs` beyond listing: what people change, and what other programs read.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use program::Place;
use serde_json::Value;

fn run(place: &Place) -> Value {
    let listed: Value = serde_json::from_str(&place.run("runs ls --all --json").ok().stdout).unwrap();
    listed[0].clone()
}

#[test]
fn runs_are_tagged_named_archived_deleted_and_brought_back() {
    let place = Place::new();
    place.train("").ok();
    let id = run(&place)["id"].as_str().unwrap().to_owned();
    let said = place.run(&format!("runs tag {id} --add baseline --add draft")).ok();
    assert!(said.stderr.contains("changed 1 of 1 runs"), "{said:?}");
    place.run(&format!("runs tag {} --remove draft", &id[..12])).ok();
    place.run(&format!("runs set {id} --name winner --experiment squad --note kept")).ok();
    let now = run(&place);
    assert_eq!((&now["tags"], &now["name"]), (&serde_json::json!(["baseline"]), &"winner".into()));
    assert_eq!(now["experiment"], "squad");

    place.run("runs archive winner").ok();
    assert!(!place.run("runs ls").ok().stdout.contains("winner"));
    place.run("runs restore winner").ok();
    assert!(place.run("runs ls").ok().stdout.contains("winner"));

    let asked = place.run("runs rm winner");
    assert!(asked.stderr.contains("would delete"), "{asked:?}");
    asked.fails(1, &["want --yes"], "runs rm RUN --yes");
    place.run("runs rm winner --yes").ok();
    assert!(!place.run("runs ls --all").ok().stdout.contains("winner"));
    place.run("runs restore winner").ok();
    assert!(place.run("runs ls").ok().stdout.contains("winner"));

    place.run("runs tag nobody --add x").fails(1, &["find a run", "nobody"], "runs ls");
    place.run("runs set winner").fails(1, &["none of --name"], "runs set");
}

#[test]
fn points_go_to_other_programs() {
    let place = Place::new();
    place.train("").ok();
    place.run("runs set 0 --name a,b").ok();
    let csv = place.run("runs export --metric loss").ok().stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "run,name,experiment,metric,context,step,epoch,time,value");
    assert!(lines[1].contains(r#","a,b","#) && lines[1].contains(r#","{""subset"":""#), "{csv}");
    assert!(lines.len() >= 4, "two steps of training and an evaluation: {csv}");

    let said = place.run("runs export a,b --format jsonl --out points.jsonl").ok();
    let text = std::fs::read_to_string(place.path("points.jsonl")).unwrap();
    assert!(said.stderr.contains(&format!("wrote {} points", text.lines().count())), "{said:?}");
    let points: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |name: &str| points.iter().filter(|point| point["metric"] == name).count();
    assert!(named("loss") >= 3 && named("checkpoint") == 1, "{text}");
    assert_eq!(csv.lines().count() - 1, named("loss"));
}

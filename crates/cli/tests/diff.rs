//! `trailmark runs diff` and `runs note`: runs side by side, and what people wrote of them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use program::recorded::Recorded;
use program::{Done, Place};
use serde_json::{Value, json};

/// Two runs that differ in rate, package and two answers, and a third.
fn place() -> Place {
    let place = Place::new();
    let recorded = Recorded::new(&place.path(".trailmark"));
    recorded.whole(1, "calm-fox", (0.1, Some("0.21"), 0.15));
    recorded.whole(2, "bold-owl", (0.2, Some("0.22"), 0.5));
    recorded.whole(3, "late-elk", (0.1, None, 0.15));
    place
}

fn ask(place: &Place, words: &[&str]) -> Done {
    Done::of(place.command().args(words).output().unwrap())
}

#[test]
fn programs_read_what_differs_between_two_runs() {
    let place = place();
    let said = place.run("runs diff calm-fox bold-owl --json").ok();
    let diff: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(diff["runs"][1]["name"], "bold-owl");
    let rate =
        json!([{"path": "hparams.learning_rate", "values": [0.1, 0.2], "missing": [], "differs": true}]);
    assert_eq!(diff["params"], rate, "what is the same is left out");
    assert_eq!(
        diff["packages"],
        json!([{"name": "tokenizers", "versions": ["0.21", "0.22"], "change": "changed"}])
    );
    assert_eq!(diff["environment"][0]["path"], "env_variables.JOB");
    assert_eq!(diff["code"][0]["values"], json!(["c0ffee1", "c0ffee2"]));

    let metrics = diff["metrics"].as_array().unwrap();
    let loss = metrics.iter().find(|row| row["name"] == "loss").unwrap();
    assert_eq!(loss["context"], json!({"subset": "train"}));
    let want = json!({"last": 0.5, "last_step": 5, "best": 0.25, "best_step": 4, "count": 5});
    assert_eq!(loss["values"][1], want, "less is better of a loss");
    let delta = loss["last_delta"][1].as_f64().unwrap();
    assert!((delta - 0.35).abs() < 1e-12 && loss["last_delta"][0] == 0.0, "{loss}");

    let answers = &diff["answers"][0];
    let counts =
        ["total", "fixed", "broken", "both_wrong", "both_right", "only_a"].map(|name| answers[name].clone());
    assert_eq!(counts, [4, 1, 1, 1, 1, 0].map(Value::from));
    assert_eq!(answers["changed"].as_array().unwrap().len(), 2, "{answers}");
    let fixed = answers["changed"].as_array().unwrap().iter().find(|row| row["change"] == "fixed").unwrap();
    assert_eq!((&fixed["question"], &fixed["golds"]), (&"Where?".into(), &json!(["gold", "Gold"])));
    assert_eq!((&fixed["a"]["answer"], &fixed["b"]["answer"]), (&"brass".into(), &"gold".into()));
    assert_eq!(
        (&answers["exact_match"]["a"], &answers["exact_match"]["difference"]),
        (&50.0.into(), &0.0.into())
    );
}

#[test]
fn people_read_three_runs_side_by_side() {
    let place = place();
    let shown = place.run("runs diff calm-fox bold-owl late-elk").ok().stdout;
    let row =
        |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{shown}"));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(row("param")), ["param", "calm-fox", "bold-owl", "late-elk"]);
    assert_eq!(words(row("hparams.learning_rate")), ["hparams.learning_rate", "0.1", "0.2", "0.1"]);
    assert!(!shown.contains("hparams.seed"), "{shown}");
    assert_eq!(words(row("tokenizers")), ["tokenizers", "changed", "0.21", "0.22", "–"]);
    let loss = words(row("loss"));
    assert_eq!(loss[loss.len() - 6..], ["last", "0.1500", "0.5000", "0.1500", "+0.3500", "+0.0000"]);
    assert!(shown.contains("1 fixed, 1 broken, 1 both wrong, 1 both right"), "{shown}");
    assert!(words(row("broken")).contains(&"When?".to_owned()), "{shown}");

    let shown = place.run("runs diff calm-fox bold-owl --only params --all").ok().stdout;
    assert!(
        shown.contains("hparams.seed") && !shown.contains("tokenizers") && !shown.contains("loss"),
        "{shown}"
    );
    let same = place.run("runs diff calm-fox late-elk --only params").ok().stdout;
    assert_eq!(same, "param: nothing differs\n");
    let found =
        ask(&place, &["runs", "diff", "-q", "run.hparams.learning_rate == 0.1", "--only", "packages"]).ok();
    assert!(found.stdout.contains("removed") && !found.stdout.contains("bold-owl"), "{found:?}");
    place.run("runs diff calm-fox").fails(1, &["got 1 run, want at least two"], "runs diff RUN RUN");
    place.run("runs diff calm-fox nobody").fails(1, &["find a run", "nobody"], "runs ls");
    let wrong = place.run("runs diff calm-fox bold-owl --only parms");
    assert!(wrong.code == 2 && wrong.stderr.contains("'params'"), "{wrong:?}");
}

#[test]
fn notes_are_written_appended_and_read() {
    let place = place();
    assert!(place.run("runs note calm-fox").ok().stderr.contains("no note"));
    let said = ask(&place, &["runs", "note", "calm-fox", "--text", "first line"]).ok();
    assert!(said.stderr.contains("changed 1 of 1 run\n"), "{said:?}");
    ask(&place, &["runs", "note", "calm-fox", "--append", "-t", "second"]).ok();
    assert_eq!(place.run("runs note calm-fox").ok().stdout, "first line\nsecond\n");
    let said = ask(&place, &["runs", "note", "-q", "run.hparams.learning_rate == 0.1", "-t", "both"]).ok();
    assert!(said.stderr.contains("changed 2 of 2 runs"), "{said:?}");
    let notes: Value =
        serde_json::from_str(&place.run("runs note calm-fox late-elk --json").ok().stdout).unwrap();
    assert_eq!((&notes[0]["note"], &notes[1]["name"]), (&"both".into(), &"late-elk".into()));
}

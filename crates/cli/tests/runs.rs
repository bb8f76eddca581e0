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
    assert!(said.stderr.contains("changed 1 of 1 run\n"), "{said:?}");
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

#[test]
fn an_expression_finds_runs_and_series() {
    let place = Place::new();
    place.train("").ok();
    place.run("runs set 0 --name only").ok();
    let ask = |words: &[&str]| {
        let output = place.command().args(words).output().unwrap();
        program::Done::of(output)
    };
    let rate = "run.hparams.per_device_train_batch_size == 8 and run.name.startswith('on')";
    assert!(ask(&["runs", "ls", "-q", rate]).ok().stdout.contains("only"));
    let none = ask(&["runs", "ls", "-q", "run.hparams.learning_rate > 1"]).ok();
    assert!(none.stderr.contains("no run matches") && !none.stdout.contains("only"), "{none:?}");
    let typo = ask(&["runs", "ls", "-q", "run.hparams.learning_rat < 1"]);
    assert!(typo.stderr.contains("^^^"), "the place is shown: {typo:?}");
    typo.fails(1, &["learning_rat", "did you mean learning_rate?"], "docs/query.md");

    let found =
        ask(&["query", "metric.name == 'loss' and metric.context.subset == 'eval'", "--format", "json"]).ok();
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["run_name"]), (1, &"only".into()));
    assert!(found[0]["last"].as_f64().unwrap() > 0.0);
    let csv = ask(&["query", "metric.name == 'loss'", "--format", "csv"]).ok().stdout;
    assert_eq!(csv.lines().next(), Some("run,run_name,series,points,last_step,last,min,max"));
    assert_eq!(csv.lines().count(), 3, "training and evaluation: {csv}");

    let answers = ask(&["query", "answers.f1 >= 0", "--sort", "-answers.score", "--format", "json"]).ok();
    let answers: Value = serde_json::from_str(&answers.stdout).unwrap();
    let scores: Vec<f64> =
        answers.as_array().unwrap().iter().map(|answer| answer["score"].as_f64().unwrap()).collect();
    assert!(scores.len() > 1 && scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    assert!(!answers[0]["question"].as_str().unwrap().is_empty(), "{}", answers[0]);
    let page = ["query", "answers.f1 >= 0", "--sort", "-answers.score", "--offset", "1", "--limit", "1"];
    let page = ask(&[&page[..], &["--format", "json"]].concat()).ok();
    assert_eq!(serde_json::from_str::<Value>(&page.stdout).unwrap()[0], answers[1]);
    let none = ask(&["query", "image.count > 0"]).ok();
    assert!(none.stderr.contains("0 series"), "{none:?}");
    ask(&["query", "image.conut > 0"]).fails(1, &["conut", "did you mean count?"], "docs/query.md");
    let wrong = ask(&["runs", "ls", "--sort", "-run.hparams.learning_rat"]);
    wrong.fails(1, &["read what to sort by", "did you mean learning_rate?"], "docs/query.md");
    let listed = ask(&["runs", "ls", "--sort", "run.name, -run.duration", "--limit", "1", "--json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&listed.stdout).unwrap().as_array().unwrap().len(), 1);

    ask(&["runs", "tag", "-q", "run.name == 'only'", "--add", "seen"]).ok();
    assert_eq!(run(&place)["tags"], serde_json::json!(["seen"]));
    assert!(
        ask(&["runs", "export", "-q", "run.name == 'only'", "--metric", "loss"]).ok().stdout.contains("only")
    );
}

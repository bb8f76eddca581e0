//! `trailmark demo` as a person runs it, with a model of random weights: it learns nothing and does everything.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod program;

use std::path::PathBuf;
use std::process::{Command, Output};

use program::{Done, Place};
use serde_json::Value;

/// The demo of a place's model, which does not go on to serve anything.
fn demo(place: &Place, words: &[&str]) -> Command {
    let mut command = place.command();
    command.args(["demo", "--no-up", "--json", "--repo", "repository", "--model"]).arg(place.model());
    command.args(words);
    command
}

fn run(place: &Place, words: &[&str]) -> (Value, String) {
    read(demo(place, words).output().unwrap())
}

fn read(output: Output) -> (Value, String) {
    let done = Done::of(output).ok();
    (serde_json::from_str(&done.stdout).unwrap(), done.stderr)
}

fn runs(place: &Place) -> Vec<Value> {
    let listed = place.run("runs ls --json --repo repository").ok();
    serde_json::from_str(&listed.stdout).unwrap()
}

fn has_series(run: &Value, name: &str, subset: &str) -> bool {
    let metrics = run["metrics"].as_array().unwrap();
    metrics.iter().any(|metric| metric["name"] == name && metric["context"]["subset"] == subset)
}

#[test]
fn the_whole_loop_is_tracked_and_a_second_time_it_is_only_read() {
    let place = Place::new();
    let result = run(&place, &["--quick"]).0;
    assert_eq!(result["repo"], "repository");
    let trained = result["runs"].as_array().unwrap();
    assert_eq!(trained.len(), 5, "four of a grid and their winner");
    for run in trained {
        assert_eq!((run["status"].as_str(), run["experiment"].as_str()), (Some("finished"), Some("demo")));
        for (name, subset) in [("mean_loss", "train"), ("f1", "eval"), ("exact_match", "eval")] {
            assert!(has_series(run, name, subset), "{name} {subset}: {run}");
        }
    }
    let checkpoint = PathBuf::from(result["best"]["checkpoint"].as_str().unwrap());
    assert!(checkpoint.join("model.safetensors").exists() && checkpoint.join("tokenizer.json").exists());
    for part in ["best", "baseline"] {
        let (f1, em) = (result[part]["f1"].as_f64().unwrap(), result[part]["exact_match"].as_f64().unwrap());
        assert!((0.0..=100.0).contains(&f1) && em <= f1, "{part}: {em} {f1}");
    }
    let answers = result["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 10);
    assert_eq!(answers[4]["question"], "What is the capital city of Australia?");
    assert!(answers[4].get("id").is_none() && answers[5]["id"].as_str().unwrap().starts_with("eval-"));
    let context = "The capital city of Australia is Canberra.";
    let (start, end) = (answers[4]["start"].as_u64().unwrap(), answers[4]["end"].as_u64().unwrap());
    assert_eq!(&context[start as usize..end as usize], answers[4]["answer"].as_str().unwrap());

    let listed = runs(&place);
    assert_eq!(listed.len(), 6, "and the untrained model's");
    assert_eq!(listed[0]["tags"][0], "untrained");
    for part in ["train.json", "eval.json"] {
        let set = trailmark_qa::Dataset::load(&place.path("repository").join("demo").join(part)).unwrap();
        assert!(set.examples.len() >= 48 && set.problems.is_empty(), "{part}");
    }

    let again = run(&place, &["--quick"]).0;
    assert_eq!((&again["best"], &again["baseline"]), (&result["best"], &result["baseline"]));
    assert_eq!(runs(&place).len(), 6);
    let other = run(&place, &["--quick", "--seed", "7"]).0;
    assert_ne!(other["best"]["id"], result["best"]["id"]);
    assert_eq!(runs(&place).len(), 12);
}

#[test]
fn questions_and_answers_are_texts_of_the_best_run() {
    let place = Place::new();
    let result = run(&place, &["--quick"]).0;
    let best = result["best"]["id"].as_str().unwrap().parse().unwrap();
    let run = trailmark_store::Repository::open(&place.path("repository")).unwrap().read_run(best).unwrap();
    let context = "The United Nations has 195 member countries.";
    let context = trailmark_core::Context::empty().with("context", context);
    let text = |name: &str| {
        let series = &run.series[&trailmark_core::SeriesKey::new(name, context.clone())];
        assert_eq!(series.points.len(), 1);
        series.points[0].value.clone()
    };
    let answer = result["answers"][0]["answer"].as_str().unwrap();
    assert_eq!(text("question"), "How many countries are members of the United Nations?".into());
    assert_eq!(text("answer"), answer.into());
}

#[test]
fn a_file_that_is_more_than_the_demo_takes_is_told_with_the_way_to_take_it_all() {
    let place = Place::new();
    let set = trailmark_qa::questions::question_set().unwrap().train;
    let data = place.path("data.json");
    let first: Vec<usize> = (0..600).collect();
    set.select(&first).save(&data).unwrap();
    let (_, said) = run(&place, &["--quick", "--data", data.to_str().unwrap()]);
    let line = said.lines().find(|line| line.starts_with("the demo takes ")).unwrap();
    assert!(line.contains("of the 600 questions") && line.contains("trailmark train --train-file"), "{line}");
    let help = place.run("demo --help").ok().stdout;
    assert!(help.contains("about 5,000 questions") && help.contains("train --train-file FILE"), "{help}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_a_valid_repository_and_the_same_command_goes_on() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    let place = Place::new();
    // Some paragraphs of the set that ships: a grid of six runs, some twenty steps each.
    let set = trailmark_qa::questions::question_set().unwrap().train;
    let first: Vec<usize> = (0..300).collect();
    let data = place.path("data.json");
    set.select(&first).save(&data).unwrap();
    let words = ["--data", data.to_str().unwrap()];
    let mut child = demo(&place, &words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    let is_open = || place.path("repository").join("trailmark.toml").exists();
    let is_training = || runs(&place).iter().any(|run| has_series(run, "loss", "train"));
    while !(is_open() && is_training()) {
        assert!(started.elapsed() < Duration::from_secs(120) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the same command goes on"), "{said}");
    let before = runs(&place);
    let killed = before.iter().filter(|run| run["status"] == "killed").count();
    assert_eq!(killed, 1, "{before:?}");

    let (result, said) = run(&place, &words);
    assert!(said.contains("going on from"), "{said}");
    let after = runs(&place);
    assert_eq!((result["runs"].as_array().unwrap().len(), after.len()), (7, 8));
    assert!(after.iter().all(|run| run["status"] == "finished"), "{after:?}");
    for run in &before {
        assert!(after.iter().any(|other| other["id"] == run["id"]), "{run}");
    }
}

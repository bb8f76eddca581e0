//! What the commands do, from the outside: training, sweeps, resuming, logs, answers, lists.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use program::{Done, Place, questions};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The last number of a metric in the evaluation part.
fn eval(run: &Value, name: &str) -> f64 {
    let metrics = run["metrics"].as_array().unwrap();
    let is = |metric: &&Value| metric["name"] == name && metric["context"]["subset"] == "eval";
    metrics.iter().find(is).unwrap()["last"].as_f64().unwrap()
}

fn runs(place: &Place) -> Vec<Value> {
    let done = place.run("runs ls --repo repo --json").ok();
    json(&done.stdout).as_array().unwrap().clone()
}

#[test]
fn a_trained_run_is_recorded_whole_and_its_checkpoint_measures_the_same() {
    let place = Place::new();
    let text = std::fs::read_to_string(questions()).unwrap();
    place.write("train.json", &text.replacen("\"answer_start\":", "\"answer_start\":1", 1));
    place.model();
    let set = questions();
    let done = place.run(&format!(
        "train --model model --train-file train.json --validation-file {} --max-seq-length 96 --doc_stride 32 \
         --num_train_epochs 1 --evaluation_strategy epoch --save_strategy epoch --logging_steps 1 --run_name mine \
         --seed 7 --fp16 True --threads 1 --repo repo --json",
        set.display()
    ));
    let done = done.ok();
    assert!(!done.stderr.contains(['\u{1b}', '\r']), "no bar and no colour in a pipe: {done:?}");
    let report = json(&done.stdout);
    let run = &report["runs"][0];
    assert_eq!((&run["name"], &run["status"]), (&"mine".into(), &"finished".into()));
    let hparams = &run["params"]["hparams"];
    assert_eq!(
        (&hparams["max_seq_length"], &hparams["seed"], &hparams["fp16"]),
        (&96.into(), &7.into(), &true.into())
    );
    assert_eq!(run["params"]["data"]["train_file"], "train.json");
    let packages = &run["params"]["__system_params"]["packages"];
    assert!(packages["tokenizers"].is_string() && packages["trailmark-cli"].is_string(), "{packages}");

    let shown = place.run("runs show mine --repo repo --log all").ok().stdout;
    for line in done.stderr.lines() {
        assert!(shown.contains(line), "{line:?} is in the run's log: {shown}");
    }
    assert!(done.stderr.contains("answer moved from character"), "{done:?}");
    assert!(done.stderr.contains("training in f32"), "{done:?}");
    assert!(shown.contains("hparams.learning_rate") && !shown.contains("env_variables"), "{shown}");
    let short = place.run("runs show mine --repo repo --log 1").ok().stdout;
    assert!(short.contains("log (last 1 of"), "{short}");

    let checkpoint = report["best"]["checkpoint"].as_str().unwrap();
    let recipe = std::fs::read_to_string(format!("{checkpoint}/recipe.toml")).unwrap();
    assert!(recipe.contains("train_file = \"train.json\"") && recipe.contains("seed = 7"), "{recipe}");
    let words =
        format!("evaluate --model best:f1 --repo repo --data {} --json --answers a.jsonl", set.display());
    let measured = json(&place.run(&words).ok().stdout);
    // Some of these questions have no answer: the report has the names of version 2.
    for (theirs, ours) in [("exact", "exact_match"), ("f1", "f1")] {
        assert_eq!(measured[theirs].as_f64().unwrap(), eval(run, ours), "{ours}");
    }
    // Batches of another size are summed in another order.
    assert!((measured["loss"].as_f64().unwrap() - eval(run, "loss")).abs() < 1e-4, "{measured}");
    let answers = std::fs::read_to_string(place.path("a.jsonl")).unwrap();
    assert_eq!(answers.lines().count(), measured["total"].as_u64().unwrap() as usize);
    let mean: f64 = answers.lines().map(|line| json(line)["f1"].as_f64().unwrap()).sum::<f64>() / 13.0;
    assert!((100.0 * mean - eval(run, "f1")).abs() < 1e-9);

    let retrained = place.run(&format!("train {checkpoint}/recipe.toml --threads 1 --repo again --json"));
    let again = json(&retrained.ok().stdout);
    assert_eq!(eval(&again["runs"][0], "loss"), eval(run, "loss"), "a saved recipe repeats its run");
}

#[test]
fn a_sweep_goes_on_after_runs_that_fail_or_diverge() {
    let place = Place::new();
    place.model();
    place.write(
        "recipe.toml",
        "model = \"model\"\nexperiment = \"grid\"\n[training]\ndoc_stride = 4\nmax_steps = 2\n\
         eval_strategy = \"epoch\"\nlogging_steps = 1\n[grid]\nmax_seq_length = [12, 96]\nlearning_rate = [1e38, 1e-4]\n",
    );
    let set = questions();
    let words = format!(
        "sweep recipe.toml --train-file {} --validation-file {} --threads 1 --repo repo",
        set.display(),
        set.display()
    );
    let done = place.run(&words);
    assert_eq!(done.code, 1, "some failed: {done:?}");
    assert_eq!(done.stderr.matches("cut \"lighthouse-0\" into windows").count(), 2, "{done:?}");
    let runs = runs(&place);
    let of = |status: &str| runs.iter().filter(|run| run["status"] == status).count();
    assert_eq!((runs.len(), of("failed"), of("finished")), (4, 2, 2), "{runs:?}");
    let diverged: Vec<&Value> = runs.iter().filter(|run| run["tags"][0] == "diverged").collect();
    assert_eq!(diverged.len(), 1, "{runs:?}");
    assert_eq!(diverged[0]["params"]["hparams"]["learning_rate"], 1e38);
    assert!(done.stdout.contains("finished, diverged"), "{done:?}");

    // What has finished is passed over.
    let again = place.run(&format!("{words} --json"));
    assert_eq!((again.code, again.stderr.matches("passed over").count()), (1, 2), "{again:?}");
    let report = json(&again.stdout);
    assert_eq!(report["runs"].as_array().unwrap().len(), 4);
    assert_eq!(report["best"]["id"], best_of(&runs)["id"]);

    // A flag takes its name out of the grid.
    let done = place.run(&format!("{words} --max_seq_length 96 --json")).ok();
    let report = json(&done.stdout);
    assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    assert!(report["best"]["f1"].is_number() && report["repo"] == "repo");
}

fn best_of(runs: &[Value]) -> &Value {
    let has_f1 =
        |run: &&Value| run["metrics"].as_array().unwrap().iter().any(|metric| metric["name"] == "f1");
    let finished = runs.iter().filter(|run| run["status"] == "finished").filter(has_f1);
    // The first of equals is the older one.
    finished.reduce(|best, run| if eval(run, "f1") > eval(best, "f1") { run } else { best }).unwrap()
}

/// Starts a long training and waits until it has logged a step.
fn start(place: &Place) -> Child {
    place.model();
    let file = questions();
    let file = file.display();
    let words = format!(
        "train --model model --train-file {file} --validation-file {file} --max_seq_length 96 --doc_stride 32 \
         --max_steps 100000 --logging_steps 1 --save_strategy no --threads 1 --repo repo"
    );
    let child = place.command().args(words.split_whitespace()).stderr(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let n_before = n_points(place);
    while n_points(place) <= n_before {
        assert!(Instant::now() < until, "no step within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn n_points(place: &Place) -> u64 {
    let done = place.run("runs ls --repo repo --json");
    let runs = if done.code == 0 { json(&done.stdout) } else { Value::Null };
    let metrics = runs[0]["metrics"].as_array().cloned().unwrap_or_default();
    let is = |metric: &&Value| metric["name"] == "loss" && metric["context"]["subset"] == "train";
    metrics.iter().find(is).map_or(0, |metric| metric["count"].as_u64().unwrap())
}

#[test]
fn a_run_that_a_signal_stopped_goes_on_with_the_same_command() {
    let place = Place::new();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = start(&place);
        let mut kill = std::process::Command::new("kill");
        kill.args([&format!("-{signal}"), &child.id().to_string()]);
        assert!(kill.status().unwrap().success());
        let done = Done::of(child.wait_with_output().unwrap());
        assert_eq!(done.code, code, "{done:?}");
        assert!(done.stderr.contains("stopping after this step"), "{done:?}");
        let runs = runs(&place);
        assert_eq!((runs.len(), &runs[0]["status"]), (1, &"killed".into()), "{runs:?}");
        let resumed = done.stderr.contains("going on from");
        assert_eq!(resumed, signal == "TERM", "{done:?}");
    }
}

#[test]
fn answers_to_streamed_questions_come_before_the_stream_ends() {
    let place = Place::new();
    place.model();
    let mut command = place.command();
    command.args("ask --model model --input - --json --top-k 2".split(' '));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for id in ["a", "b"] {
        writeln!(questions, r#"{{"id": "{id}", "question": "Who?", "context": "Ada built a mill."}}"#)
            .unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let answer = json(&line);
        assert_eq!(answer["id"], id);
        let first = &answer["answers"][0];
        let (start, end) =
            (first["start"].as_u64().unwrap() as usize, first["end"].as_u64().unwrap() as usize);
        assert_eq!(first["answer"], "Ada built a mill."[start..end]);
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}

#[test]
fn version_two_is_reported_under_its_scripts_names() {
    let place = Place::new();
    place.model();
    let rows = [
        r#"{"id": "1", "question": "Who?", "context": "Ada built it.", "answers": {"text": ["Ada"], "answer_start": [0]}}"#,
        r#"{"id": "2", "question": "Why?", "context": "Ada built it.", "answers": {"text": [], "answer_start": []}}"#,
    ];
    place.write("set.jsonl", &rows.join("\n"));
    let report = json(&place.run("evaluate --model model --data set.jsonl --json").ok().stdout);
    let names: Vec<&String> = report.as_object().unwrap().keys().collect();
    let want = [
        "exact",
        "f1",
        "total",
        "HasAns_exact",
        "HasAns_f1",
        "HasAns_total",
        "NoAns_exact",
        "NoAns_f1",
        "NoAns_total",
        "loss",
    ];
    assert_eq!(names, want);
    assert_eq!(
        (&report["total"], &report["HasAns_total"], &report["NoAns_total"]),
        (&2.into(), &1.into(), &1.into())
    );
}

#[test]
fn archived_runs_are_listed_on_demand_alone() {
    let place = Place::new();
    place.train("--repo repo --run_name old").ok();
    place.train("--repo repo --run_name new --seed 1").ok();
    let id = runs(&place)[0]["id"].as_str().unwrap().parse().unwrap();
    let repository = trailmark_store::Repository::open(&place.path("repo")).unwrap();
    trailmark_store::Store::edit(&repository, &[(id, trailmark_core::Edit::Archive(true))]).unwrap();
    let names = |done: Done| -> Vec<String> {
        let runs = json(&done.ok().stdout);
        runs.as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(place.run("runs ls --repo repo --json")), ["new"]);
    assert_eq!(names(place.run("runs ls --repo repo --json --all")), ["old", "new"]);
    let done = place.run("runs ls --repo repo").ok();
    assert!(done.stderr.contains("1 archived run is not listed"), "{done:?}");
}

#[test]
fn a_folder_is_a_data_set_and_a_reader_may_leave_early() {
    let place = Place::new();
    place.model();
    std::fs::create_dir_all(place.path("set")).unwrap();
    std::fs::copy(questions(), place.path("set/train-v1.json")).unwrap();
    std::fs::copy(questions(), place.path("set/dev-v1.json")).unwrap();
    let done = place.run("evaluate --model model --data set --json").ok();
    assert_eq!(json(&done.stdout)["total"], 13);
    let mut command = place.command();
    command.args("ask --model model -q Who? -c Ada.".split(' ')).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success(), "a closed pipe is no failure");
}

#[test]
fn help_says_what_exit_codes_mean() {
    let done = Place::new().run("--help").ok();
    for words in ["Exit codes: 0 done, 1 failed", "130 stopped by Ctrl-C, 143 by SIGTERM"] {
        assert!(done.stdout.contains(words), "{done:?}");
    }
    let done = Place::new().run("train --help").ok();
    for words in
        ["--learning_rate", "--per_device_train_batch_size", "--validation-file", "[default: 0.00005]"]
    {
        assert!(done.stdout.contains(words), "{words}: {}", done.stdout);
    }
}

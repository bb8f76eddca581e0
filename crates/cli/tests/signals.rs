//! Ctrl-C at any moment: the program ends soon, the run ends as killed, and the same command goes on.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use program::{Done, Place, questions};
use serde_json::Value;

/// How long a person waits for the end; work that is given up here would take many times as long.
const SOON: Duration = Duration::from_secs(4);

/// A data set of so many questions, the fixture's again and again, each with a paragraph of its own: so many copies of
/// the fixture's one.
fn many(place: &Place, name: &str, count: usize, copies: usize) -> PathBuf {
    let set = trailmark_qa::Dataset::load(&questions()).unwrap();
    let mut all = set.select(&[]);
    for index in 0..count {
        let mut example = set.examples[index % set.examples.len()].clone();
        let first = format!("{index}. ");
        example.context = format!("{first}{}", format!("{} ", example.context).repeat(copies)).into();
        example.answers.iter_mut().for_each(|gold| gold.start += first.len());
        example.id = format!("q-{index}");
        all.examples.push(example);
    }
    let path = place.path(name);
    all.save(&path).unwrap();
    path
}

fn runs(place: &Place) -> Vec<Value> {
    let done = place.run("runs ls --repo repo --json");
    if done.code == 0 { serde_json::from_str(&done.stdout).unwrap() } else { Vec::new() }
}

fn has(run: &Value, name: &str, subset: &str) -> bool {
    let metrics = run["metrics"].as_array().unwrap();
    metrics.iter().any(|metric| metric["name"] == name && metric["context"]["subset"] == subset)
}

/// The program with Ctrl-C as a terminal gives it: who starts the tests in the background makes it ignored.
fn command(place: &Place) -> Command {
    let plain = place.command();
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(plain.get_program());
    command.current_dir(place.path(""));
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn start(place: &Place, words: &str) -> Child {
    let mut command = command(place);
    command.args(words.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until the repository looks like this.
fn wait_until(place: &Place, child: &mut Child, is_so: impl Fn(&[Value]) -> bool) {
    let started = Instant::now();
    while !is_so(&runs(place)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        assert!(started.elapsed() < Duration::from_secs(120), "nothing happened for two minutes");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Sends a signal and waits for the end, which comes soon.
fn stop(child: Child, name: &str) -> Done {
    signal(&child, name);
    let started = Instant::now();
    let done = Done::of(child.wait_with_output().unwrap());
    assert!(started.elapsed() < SOON, "{:?}: {done:?}", started.elapsed());
    let code = if name == "INT" { 130 } else { 143 };
    assert_eq!(done.code, code, "{done:?}");
    assert!(!done.stderr.contains("panicked"), "{done:?}");
    done
}

#[test]
fn ctrl_c_while_the_demo_measures_the_untrained_model() {
    let place = Place::new();
    place.model();
    let data = many(&place, "data.json", 8_000, 10);
    let words = format!("demo --no-up --json --repo repo --model model --data {}", data.display());
    let mut child = start(&place, &words);
    wait_until(&place, &mut child, |runs| runs.len() == 1);
    let done = stop(child, "INT");
    assert!(done.stderr.contains("stopped; the same command goes on"), "{done:?}");
    assert!(done.stderr.contains("of the 8000 questions"), "{done:?}");
    let before = runs(&place);
    assert_eq!((before.len(), &before[0]["status"]), (1, &"killed".into()), "{before:?}");

    // The same command goes on with the same run.
    let mut child = start(&place, &words);
    wait_until(&place, &mut child, |runs| runs[0]["status"] == "running" || has(&runs[0], "f1", "eval"));
    stop(child, "TERM");
    let after = runs(&place);
    assert_eq!(after[0]["id"], before[0]["id"]);
    assert!(after.iter().all(|run| run["status"] == "killed" || run["status"] == "finished"), "{after:?}");
}

#[test]
fn ctrl_c_in_the_midst_of_a_long_evaluation_keeps_the_training_before_it() {
    let place = Place::new();
    place.model();
    let (train, eval) = (questions(), many(&place, "eval.json", 40_000, 1));
    let words = |eval: &str| {
        format!(
            "train --model model --train-file {} --validation-file {eval} --max_seq_length 96 --doc_stride 32 \
             --max_steps 2 --logging_steps 1 --eval_strategy steps --eval_steps 1 --save_strategy no --threads 1 \
             --repo repo",
            train.display()
        )
    };
    let words = words(eval.to_str().unwrap());
    let mut child = start(&place, &words);
    wait_until(&place, &mut child, |runs| runs.len() == 1 && has(&runs[0], "loss", "train"));
    let done = stop(child, "INT");
    let before = runs(&place);
    assert_eq!((before.len(), &before[0]["status"]), (1, &"killed".into()), "{done:?}");
    assert!(!has(&before[0], "f1", "eval"), "{before:?}");

    // The rest of it is shorter, as the file is.
    many(&place, "eval.json", 13, 1);
    let done = place.run(&words).ok();
    assert!(done.stderr.contains("going on from") && done.stderr.contains("step 1: eval loss"), "{done:?}");
    let after = runs(&place);
    assert_eq!(
        (after.len(), &after[0]["status"], &after[0]["id"]),
        (1, &"finished".into(), &before[0]["id"])
    );
}

#[test]
fn ctrl_c_before_the_first_step_begins_the_same_run_again() {
    let place = Place::new();
    place.model();
    let train = many(&place, "train.json", 60_000, 1);
    let words = format!(
        "sweep --model model --train-file {} --max_seq_length 96 --doc_stride 32 --max_steps 1 --do_eval=false \
         --save_strategy no --threads 1 --repo repo",
        train.display()
    );
    let mut child = start(&place, &words);
    // It cuts windows now.
    wait_until(&place, &mut child, |runs| runs.len() == 1);
    stop(child, "INT");
    let before = runs(&place);
    assert_eq!((before.len(), &before[0]["status"]), (1, &"killed".into()), "{before:?}");
    many(&place, "train.json", 13, 1);
    place.run(&words).ok();
    let after = runs(&place);
    assert_eq!(
        (after.len(), &after[0]["status"], &after[0]["id"]),
        (1, &"finished".into(), &before[0]["id"])
    );
}

#[test]
fn the_same_files_by_other_paths_are_the_same_run() {
    let place = Place::new();
    place.model();
    many(&place, "set.json", 13, 1);
    let here = place.path("");
    let (here, link) = (here.to_str().unwrap().trim_end_matches('/'), place.path("link"));
    std::os::unix::fs::symlink(here, &link).unwrap();
    let words = |command: &str, at: &str| {
        format!(
            "{command} --model {at}model --train-file {at}set.json --validation-file {at}set.json --max_seq_length 96 \
             --doc_stride 32 --max_steps 100000 --logging_steps 1 --save_strategy no --threads 1 --repo {at}repo"
        )
    };
    for (n_before, command) in ["train", "sweep"].into_iter().enumerate() {
        for (index, at) in
            ["", &format!("{here}/"), "./model/../", &format!("{}/", link.display())].iter().enumerate()
        {
            let command = match command {
                "train" => command.to_owned(),
                _ => format!("sweep --output_dir {at}out"),
            };
            let mut child = start(&place, &words(&command, at));
            wait_until(&place, &mut child, |runs| {
                let one = runs.iter().find(|run| run["status"] == "running");
                one.is_some_and(|run| has(run, "loss", "train"))
            });
            let done = stop(child, "INT");
            assert_eq!(done.stderr.contains("going on from"), index > 0, "{command} {at}: {done:?}");
            assert_eq!(runs(&place).len(), n_before + 1, "{command} {at}");
        }
    }
    // What they left is found from elsewhere, by absolute paths.
    let runs = trailmark_store::Repository::open(&place.path("repo")).unwrap();
    let listed = serde_json::from_str::<Value>(&place.run("runs ls --repo repo --json").ok().stdout).unwrap();
    for run in listed.as_array().unwrap() {
        let run = runs.read_run(run["id"].as_str().unwrap().parse().unwrap()).unwrap();
        let key = trailmark_core::SeriesKey::new("checkpoint", trailmark_core::Context::empty());
        for point in &run.series[&key].points {
            let trailmark_core::Value::Text(folder) = &point.value else { panic!("{point:?}") };
            assert!(
                folder.starts_with('/') && std::path::Path::new(folder).join("config.json").exists(),
                "{folder}"
            );
        }
    }
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_the_run_as_killed() {
    let place = Place::new();
    place.model();
    // One step that takes long: many batches of all questions.
    let words = format!(
        "train --model model --train-file {} --max_seq_length 96 --doc_stride 32 --max_steps 3 --logging_steps 1 \
         --per_device_train_batch_size 2000 --save_strategy no --threads 1 --repo repo",
        many(&place, "train.json", 20_000, 1).display()
    );
    let mut child = start(&place, &words);
    wait_until(&place, &mut child, |runs| runs.len() == 1 && has(&runs[0], "loss", "train"));
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(100));
    let done = stop(child, "INT");
    assert!(done.stderr.contains("once more to stop at once"), "{done:?}");
    let runs = runs(&place);
    assert_eq!((runs.len(), &runs[0]["status"]), (1, &"killed".into()), "{runs:?}");
    assert!(!has(&runs[0], "mean_loss", "train"), "the end was not waited for: {runs:?}");
}

#[test]
fn ctrl_c_ends_whatever_computes_nothing_that_is_kept() {
    let place = Place::new();
    place.model();
    let data = many(&place, "data.json", 40_000, 1);
    let words = format!("evaluate --model model --data {} --answers answers.jsonl", data.display());
    let child = start(&place, &words);
    // Long enough to be reading or computing, short enough that 40,000 questions are not through on any machine.
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "INT");
    let started = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(started.elapsed() < SOON && !output.status.success(), "{output:?}");
    assert!(!place.path("answers.jsonl").exists(), "no half file");

    let mut command = command(&place);
    command.args("ask --model model --input - --json".split(' ')).stdin(Stdio::piped());
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    let started = Instant::now();
    let mut child = child;
    let input = child.stdin.take();
    assert!(!child.wait().unwrap().success() && started.elapsed() < SOON);
    drop(input);
}

/// Whatever the demo is at: reading, measuring, training, between two runs, answering, writing what it answered.
#[test]
fn ctrl_c_at_any_moment_of_the_demo_leaves_every_run_with_an_end() {
    let place = Place::new();
    place.model();
    let words = "demo --quick --no-up --json --repo repo --model model";
    let mut n_stopped = 0;
    for attempt in 0..200_u64 {
        let mut child = start(&place, words);
        std::thread::sleep(Duration::from_millis(40 + 37 * attempt % 700));
        // It may be through: then it ended well.
        if child.try_wait().unwrap().is_none() {
            signal(&child, "INT");
        }
        let started = Instant::now();
        let done = Done::of(child.wait_with_output().unwrap());
        assert!(started.elapsed() < SOON, "{:?}: {done:?}", started.elapsed());
        for run in runs(&place) {
            assert!(run["status"] == "killed" || run["status"] == "finished", "{run}");
        }
        // Before it listens the system's own end comes.
        assert!([0, 130, -1].contains(&done.code), "{done:?}");
        n_stopped += u32::from(done.code == 130);
        if done.code == 0 {
            break;
        }
    }
    assert!(n_stopped > 2, "{n_stopped}");
    place.run(words).ok();
    let runs = runs(&place);
    assert_eq!(runs.len(), 6, "no run was left behind: {runs:?}");
    assert!(runs.iter().all(|run| run["status"] == "finished"), "{runs:?}");
}

#[test]
fn ctrl_c_ends_a_server_that_is_computing_an_answer() {
    use std::io::{BufRead as _, Write as _};

    let place = Place::new();
    place.train("--repo repo").ok();
    let id = runs(&place)[0]["id"].as_str().unwrap().to_owned();
    let mut command = place.command();
    command.args("up --repo repo --port 0 --no-open".split(' ')).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let address = said.next().unwrap().unwrap();
    let address = address.trim_start_matches("serving http://").trim_end_matches('/').to_owned();
    // Minutes of work for one question.
    let context = "The mill was built by Ada in 1842. ".repeat(26_000);
    let body =
        serde_json::json!({"models": [id], "context": context, "questions": vec!["Who built it?"; 20]});
    let body = body.to_string();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /api/v1/ask HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let early = std::io::Read::read(&mut stream, &mut [0; 200]);
    assert!(early.is_err(), "it still computes: {early:?}");
    signal(&child, "INT");
    let started = Instant::now();
    assert!(child.wait().unwrap().success());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(said.last().unwrap().unwrap(), "stopped");
}

//! A run as its user holds it, read back from the repository.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use trailmark_client::capture::{SystemSampler, environment};
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, Edit, End, Image, ParamValue, Recorder as _, RunStatus, SeriesKey, Value};
use trailmark_store::{Repository, Store as _};

fn options(folder: &tempfile::TempDir) -> RunOptions {
    RunOptions { repository: folder.path().to_owned(), run: None, name: None, experiment: "tests".to_owned() }
}

#[test]
fn everything_that_eight_threads_record_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::start(options(&folder)).unwrap();
    run.set_param(&["hparams", "learning_rate"], ParamValue::Float(3e-5));
    run.edit(Edit::AddTag("first".to_owned()));
    let ids = run.contents(&["a paragraph"]);
    run.paragraphs("eval", &ids);
    std::thread::scope(|scope| {
        for thread in 0..8i64 {
            let run = &run;
            scope.spawn(move || {
                let context = Context::empty().with("thread", thread);
                for _ in 0..20_000 {
                    run.track("loss", &context, At::default(), Value::Float(thread as f64));
                }
            });
        }
    });
    run.track("note", &Context::empty(), At::step(5), Value::from("done"));
    run.finish(End::Failed { exit_code: Some(3), message: "on purpose".to_owned() }).unwrap();
    run.track("late", &Context::empty(), At::default(), Value::Float(1.0));

    let data = Repository::open(folder.path()).unwrap().read_run(run.id()).unwrap();
    assert_eq!((data.name.as_str(), data.experiment.as_str()), (run.name(), "tests"));
    assert_eq!(data.status.word(), "failed");
    assert!(data.tags.contains("first") && data.problems.is_empty());
    assert_eq!(data.params["hparams"].at(&["learning_rate"]), Some(&ParamValue::Float(3e-5)));
    assert_eq!(data.paragraphs["eval"], ids);
    for thread in 0..8i64 {
        let series = &data.series[&SeriesKey::new("loss", Context::empty().with("thread", thread))];
        assert_eq!(series.points.len(), 20_000);
        assert_eq!(series.points[19_999].step.0, 19_999);
    }
    assert!(!data.series.keys().any(|key| key.name == "late"));
}

#[test]
fn a_resumed_run_goes_on_under_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let first = Run::start(options(&folder)).unwrap();
    first.track("f1", &Context::empty(), At::step(1), Value::Float(1.0));
    first.finish(End::Killed { signal: 2 }).unwrap();
    let second = Run::start(RunOptions { run: Some(first.id()), ..options(&folder) }).unwrap();
    second.track("f1", &Context::empty(), At::step(2), Value::Float(2.0));
    let read = || Repository::open(folder.path()).unwrap().read_run(first.id()).unwrap();
    second.flush();
    assert_eq!(read().status, RunStatus::Running);
    second.finish(End::Finished).unwrap();
    let data = read();
    assert_eq!((data.status.word(), data.name.as_str()), ("finished", first.name()));
    assert_eq!(data.series[&SeriesKey::new("f1", Context::empty())].points.len(), 2);
}

#[test]
fn what_is_added_to_a_run_that_ended_does_not_make_it_last_longer() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::start(options(&folder)).unwrap();
    run.finish(End::Killed { signal: 15 }).unwrap();
    let read = || Repository::open(folder.path()).unwrap().read_run(run.id()).unwrap();
    let before = read();
    std::thread::sleep(Duration::from_millis(20));
    let more = Run::start(RunOptions { run: Some(run.id()), ..options(&folder) }).unwrap();
    more.track("note", &Context::empty(), At::default(), Value::Text("later".to_owned()));
    more.finish_as_of(End::Killed { signal: 15 }, before.ended.unwrap()).unwrap();
    let after = read();
    assert_eq!((after.created, after.ended, &after.status), (before.created, before.ended, &before.status));
    assert_eq!(after.series.len(), before.series.len() + 1);
}

#[test]
fn the_machine_is_sampled_under_aims_names() {
    let folder = tempfile::tempdir().unwrap();
    let run = Arc::new(Run::start(options(&folder)).unwrap());
    let sampler = SystemSampler::start(run.clone(), Duration::from_millis(300)).unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let names = ["cpu", "memory_percent", "p_memory_percent", "disk_percent"];
    let more = ["network_sent_bytes_per_sec", "network_received_bytes_per_sec", "disk_read_bytes_per_sec"];
    let series = |name: &str| {
        run.flush();
        let row = repository.run(run.id()).unwrap();
        row.series(&SeriesKey::new(&format!("__system__{name}"), Context::empty())).cloned()
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    for name in names.into_iter().chain(more) {
        while series(name).is_none_or(|series| series.count < 2) {
            assert!(std::time::Instant::now() < deadline, "no {name} in 20 s");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
    drop(sampler);
    let last = |name: &str| series(name).unwrap().last.unwrap();
    assert!((0.0..=100.0).contains(&last("disk_percent")) && last("cpu") >= 0.0);
    // As psutil says it: what is not available, of all.
    let used = memory_percent();
    assert!((last("memory_percent") - used).abs() < 15.0, "{} is not about {used}", last("memory_percent"));
    assert!(last("p_memory_percent") > 0.0 && last("p_memory_percent") < used);
}

/// What the kernel says.
#[allow(clippy::disallowed_methods)]
fn memory_percent() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap();
    let kilobytes = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    100.0 * (1.0 - kilobytes("MemAvailable:") / kilobytes("MemTotal:"))
}

#[test]
fn the_environment_is_told_in_aims_shape() {
    let environment = environment();
    for key in ["env_variables", "arguments", "executable", "packages", "hardware"] {
        assert!(environment.contains_key(key), "{key}");
    }
    // The tests run in a clone, or in a copy without git.
    if let Some(git) = environment.get("git_info") {
        let Some(ParamValue::Text(hash)) = git.at(&["commit", "hash"]) else { panic!("no commit: {git}") };
        assert_eq!(hash.len(), 40);
        assert!(git.at(&["branch"]).is_some() && git.at(&["commit", "timestamp"]).is_some());
    }
    let Some(ParamValue::Int(cpus)) = environment["hardware"].at(&["cpu_count"]) else {
        panic!("no processors")
    };
    assert!(*cpus >= 1);
}

#[test]
fn a_resumed_run_counts_on_and_keeps_the_name_that_people_gave() {
    let folder = tempfile::tempdir().unwrap();
    let first = Run::start(options(&folder)).unwrap();
    for _ in 0..3 {
        first.track("__system__cpu", &Context::empty(), At::default(), Value::Float(1.0));
    }
    first.finish(End::Killed { signal: 2 }).unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    repository.edit(&[(first.id(), Edit::Name("renamed".to_owned()))]).unwrap();
    let second = Run::start(RunOptions { run: Some(first.id()), ..options(&folder) }).unwrap();
    assert_eq!(second.name(), "renamed");
    second.track("__system__cpu", &Context::empty(), At::default(), Value::Float(2.0));
    second.finish(End::Finished).unwrap();
    let row = repository.run(first.id()).unwrap();
    assert_eq!((row.series[0].count, row.series[0].last, row.status.word()), (4, Some(2.0), "finished"));
}

#[test]
fn a_value_that_is_too_large_is_told_by_finish() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::start(options(&folder)).unwrap();
    run.track("text", &Context::empty(), At::step(1), Value::Text("x".repeat((64 << 20) + 1)));
    run.track("text", &Context::empty(), At::step(2), Value::from("short"));
    let loss = run.finish(End::Finished).unwrap_err();
    assert_eq!((loss.points, loss.others), (1, 0));
    let data = Repository::open(folder.path()).unwrap().read_run(run.id()).unwrap();
    assert_eq!((data.series.len(), data.status.word()), (1, "finished"));
}

#[test]
fn pictures_and_files_are_kept_with_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::start(options(&folder)).unwrap();
    let file = run.keep(b"a picture".to_vec());
    let image = Image { file, format: "png".to_owned(), width: 2, height: 1, caption: "first".to_owned() };
    run.track("samples", &Context::empty(), At::default(), Value::Image(Box::new(image.clone())));
    let weights = folder.path().join("weights.bin");
    std::fs::write(&weights, vec![7; 100_000]).unwrap();
    let kept = run.log_artifact(&weights, None).unwrap();
    run.log_artifact(&weights, Some("model/final.bin")).unwrap();
    let error = run.log_artifact(&folder.path().join("nothing"), None).unwrap_err().to_string();
    assert!(error.contains("nothing"), "{error}");
    run.finish(End::Finished).unwrap();

    let repository = Repository::open(folder.path()).unwrap();
    let data = repository.read_run(run.id()).unwrap();
    let samples = &data.series[&SeriesKey::new("samples", Context::empty())];
    assert_eq!(samples.points[0].value, Value::Image(Box::new(image.clone())));
    let mut bytes = Vec::new();
    repository.open_blob(&image.file.id).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"a picture");
    let names: Vec<&str> = data.artifacts.keys().map(String::as_str).collect();
    assert_eq!(names, ["model/final.bin", "weights.bin"]);
    assert_eq!(data.artifacts["weights.bin"].artifact.file, Some(kept));
    assert_eq!(repository.check().unwrap(), []);
}

#[test]
fn params_that_are_taken_back_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::start(options(&folder)).unwrap();
    run.set_param(&["seed"], ParamValue::Int(1));
    run.set_param(&["model"], ParamValue::from("bert"));
    run.set_param(&[], ParamValue::from(vec!["seed", "never"]));
    run.finish(End::Finished).unwrap();
    let repository = Repository::open(folder.path()).unwrap();
    let keys: Vec<String> = repository.params(run.id()).unwrap().into_keys().collect();
    assert_eq!(keys, ["model"]);
    assert_eq!(repository.run(run.id()).unwrap().params.len(), 1);
}

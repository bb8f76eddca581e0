//! A run as its user holds it, read back from the repository.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use trailmark_client::capture::{SystemSampler, environment};
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, Edit, End, ParamValue, Recorder as _, RunStatus, SeriesKey, Value};
use trailmark_store::Repository;

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
fn the_machine_is_sampled_and_the_environment_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = Arc::new(Run::start(options(&folder)).unwrap());
    let sampler = SystemSampler::start(run.clone(), Duration::from_millis(300)).unwrap();
    let sampled = || {
        run.flush();
        let data = Repository::open(folder.path()).unwrap().read_run(run.id()).unwrap();
        data.series.keys().any(|key| key.name == "__system__memory_percent")
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !sampled() {
        assert!(std::time::Instant::now() < deadline, "no sample in 20 s");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    drop(sampler);
    let environment = environment();
    for key in ["env_variables", "arguments", "packages", "hardware"] {
        assert!(environment.contains_key(key), "{key}");
    }
}

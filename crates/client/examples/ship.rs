//! A process that records to a server as fast as it can, and what reads it back.
//!
//! `ship record URL SPOOL POINTS` tracks so many numbers by single calls and prints one line of JSON when the server has
//! all of them on its disk; `ship check REPOSITORY RUNS POINTS` reads every point of every run there and compares it.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{At, Context, End, Recorder as _, RunStatus, SeriesKey, Value};
use trailmark_store::Repository;

const NAMES: [&str; 5] = ["loss", "grad_norm", "learning_rate", "samples_per_second", "steps_per_second"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["record", url, spool, n_points] => record(url, Path::new(spool), n_points.parse().unwrap()),
        ["check", repository, n_runs, n_points] => {
            check(Path::new(repository), n_runs.parse().unwrap(), n_points.parse().unwrap());
        }
        _ => println!("ship record URL SPOOL POINTS, or ship check REPOSITORY RUNS POINTS"),
    }
}

fn secs(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn value(series: usize, step: i64) -> f64 {
    (step as f64 + 1.0) / (series as f64 + 3.0)
}

fn record(url: &str, spool: &Path, n_points: i64) {
    let server = Server::new(url).unwrap();
    let options = RunOptions {
        repository: server.spool(spool),
        run: None,
        name: None,
        experiment: "ingest".to_owned(),
    };
    let began = Instant::now();
    let run = Run::start_for(&server, options).unwrap();
    let context = Context::subset("train");
    let before = secs(ClockId::ThreadCPUTime);
    for step in 0..n_points / NAMES.len() as i64 {
        for (series, name) in NAMES.iter().enumerate() {
            run.track(name, &context, At::step(step), Value::Float(value(series, step)));
        }
    }
    let tracking = secs(ClockId::ThreadCPUTime) - before;
    let tracked = began.elapsed().as_secs_f64();
    run.finish(End::Finished).unwrap();
    let (shipped, trouble) = run.shipped(Duration::from_secs(600)).unwrap();
    assert!(shipped.is_whole, "{trouble:?}");
    println!(
        "{}",
        json!({
            "points": n_points, "tracked_seconds": tracked, "acknowledged_seconds": began.elapsed().as_secs_f64(),
            "track_cpu_nanos": tracking * 1e9 / n_points as f64, "cpu_seconds": secs(ClockId::ProcessCPUTime),
            "bytes": shipped.n_bytes,
        })
    );
}

fn check(repository: &Path, n_runs: usize, n_points: i64) {
    let repository = Repository::open(repository).unwrap();
    let ids = repository.run_ids().unwrap();
    assert_eq!(ids.len(), n_runs);
    let mut count = 0u64;
    for id in ids {
        let run = repository.read_run(id).unwrap();
        assert_eq!(run.status, RunStatus::Ended(End::Finished));
        for (series, name) in NAMES.iter().enumerate() {
            let points = &run.series[&SeriesKey::new(name, Context::subset("train"))].points;
            assert_eq!(points.len() as i64, n_points / NAMES.len() as i64, "{id} {name}");
            for (step, point) in (0..).zip(points) {
                assert_eq!((point.step.0, &point.value), (step, &Value::Float(value(series, step))));
                count += 1;
            }
        }
    }
    println!("{}", json!({"read_back": count}));
}

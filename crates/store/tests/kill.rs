//! A process that is killed: its run is seen as crashed soon after, with everything that it had appended.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trailmark_core::{Context, RunId, RunStatus, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Record, Repository, Store as _};

const FOLDER: &str = "TRAILMARK_TEST_KILLED";

fn run_id() -> RunId {
    RunId::from_parts(1, [1; 6])
}

/// The child's part: does nothing in the parent.
#[test]
fn child_records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let repository = Repository::open(folder.as_ref()).unwrap();
    let mut writer = repository.writer(run_id()).unwrap();
    let time = WallTime::from_nanos(0);
    writer.append(&[Record::Created { time }]).unwrap();
    for step in 0.. {
        let series = SeriesKey::new("loss", Context::empty());
        let value = Value::Float(0.5);
        writer.append(&[Record::Point { series, step: Step(step), epoch: None, time, value }]).unwrap();
        println!("\nstep {step}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn a_killed_writer_is_crashed_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_records_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = 0;
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some(step) = line.strip_prefix("step ") {
            last = step.parse::<i64>().unwrap();
        }
        if last == 200 {
            assert_eq!(repository.run(run_id()).unwrap().status, RunStatus::Running);
            child.kill().unwrap();
        }
    }
    let killed = Instant::now();
    child.wait().unwrap();
    while repository.run(run_id()).unwrap().status != RunStatus::Crashed {
        assert!(killed.elapsed() < Duration::from_secs(5), "still running after 5 s");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let row = repository.run(run_id()).unwrap();
    assert!(last >= 200 && row.series[0].last_step.0 >= last, "{last} of {row:?}");
    assert_eq!(row.series[0].count as i64, row.series[0].last_step.0 + 1);
}

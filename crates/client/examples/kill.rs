//! Kills runs at random moments and looks whether a reported point is missing.
//!
//! `kill --runs 200`: each child records batches and says on its output when a batch's write has returned; the parent
//! kills it with SIGKILL, opens the repository, and fails when a reported point is not there.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, Recorder as _, SeriesKey, Step, Value};
use trailmark_store::Repository;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--child") => record(Path::new(&arguments[2])),
        _ => {
            let runs = arguments.get(2).and_then(|text| text.parse().ok()).unwrap_or(200);
            torment(runs);
        }
    }
}

fn record(repository: &Path) {
    let options = RunOptions {
        repository: repository.to_owned(),
        run: None,
        name: None,
        experiment: "kill".to_owned(),
    };
    let run = Run::start(options).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", run.id()).unwrap();
    for step in 0.. {
        for value in 0..7 {
            run.track(
                "loss",
                &Context::subset("train"),
                At::step(step * 7 + value),
                Value::Float(value as f64),
            );
        }
        run.flush();
        writeln!(out, "{}", step * 7 + 6).unwrap();
        out.flush().unwrap();
    }
}

fn torment(runs: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (mut reported, mut lost, mut torn) = (0u64, 0u64, 0u64);
    for index in 0..runs {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--child")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut lines: Vec<String> = Vec::new();
            for line in BufReader::new(output).split(b'\n') {
                lines.push(String::from_utf8(line.unwrap()).unwrap());
            }
            lines
        });
        std::thread::sleep(Duration::from_micros(1000 + index * 7919 % 60_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut lines = reader.join().unwrap();
        let repository = match Repository::open(folder.path()) {
            Ok(repository) => repository,
            // Killed before there was a repository: nothing was reported either.
            Err(_) if lines.is_empty() => continue,
            Err(error) => panic!("{error}"),
        };
        if lines.len() < 2 {
            continue;
        }
        let id = lines.remove(0).parse().unwrap();
        // The last line may be torn: the pipe is no journal.
        let last: i64 = lines.iter().filter_map(|line| line.parse().ok()).max().unwrap_or(-1);
        let run = repository.read_run(id).unwrap();
        assert_eq!(run.status.word(), "crashed");
        torn += u64::from(!run.problems.is_empty());
        let series = run.series.get(&SeriesKey::new("loss", Context::subset("train")));
        let found =
            series.map_or(0, |series| series.points.iter().filter(|point| point.step <= Step(last)).count());
        reported += (last + 1) as u64;
        lost += (last + 1) as u64 - found as u64;
    }
    println!("{runs} runs killed, {reported} points reported, {lost} lost, {torn} torn tails dropped");
    assert_eq!(lost, 0);
    assert!(reported > 0);
}

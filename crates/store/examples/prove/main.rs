//! Proofs of a repository on a real file system that take too long for a test: `prove KIND FOLDER [COUNT]`.
//!
//! `disk` fills the file system that the folder is on, and makes it read-only: give it a small tmpfs in a mount namespace
//! of its own. `clock` has writers whose clocks jump back and forth. `runs`, `open`, `series`, `points` and `blobs` are
//! about size. Each prints one line of JSON with the most memory that it took, and fails when something is not as it
//! was written.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::disallowed_methods)]

mod clock;
mod disk;
mod scale;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let (Some(kind), Some(folder)) = (arguments.get(1), arguments.get(2)) else {
        eprintln!("usage: prove disk|clock|runs|open|series|points|blobs FOLDER [COUNT]");
        return ExitCode::from(2);
    };
    let folder = Path::new(folder);
    let count = |default: u64| arguments.get(3).and_then(|text| text.parse().ok()).unwrap_or(default);
    let figures = match kind.as_str() {
        "disk" => disk::prove(folder),
        "clock" => clock::prove(folder, count(200)),
        "runs" => scale::make_runs(folder, count(100_000)),
        "open" => scale::open(folder),
        "series" => scale::series(folder, count(20_000)),
        "points" => scale::points(folder, count(10_000_000)),
        "blobs" => scale::blobs(folder, count(4096)),
        other => {
            eprintln!("error: got {other:?}, want disk, clock, runs, open, series, points or blobs");
            return ExitCode::from(2);
        }
    };
    let figures: Vec<String> = figures.iter().map(|(name, value)| format!("{name:?}: {value}")).collect();
    println!("{{\"name\": {kind:?}, {}, \"peak_megabytes\": {:.1}}}", figures.join(", "), peak_megabytes());
    ExitCode::SUCCESS
}

/// Names and numbers of a line.
type Figures = Vec<(&'static str, String)>;

/// The most memory that this process had.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// Says how far it is, ten times.
fn progress(what: &str, done: u64, all: u64) {
    let tenth = (all / 10).max(1);
    if done.is_multiple_of(tenth) {
        eprintln!("{what}: {done} of {all}");
    }
}

/// Milliseconds of what was done, and its result.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let began = std::time::Instant::now();
    let result = work();
    (began.elapsed().as_secs_f64() * 1e3, result)
}

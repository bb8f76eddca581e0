//! `bench segments`: what folding finished runs together saves and costs, and how fast a long series is sampled.
//!
//! The repositories are generated, with real journals; the program and the requests are those of people.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::{self, Raw, median};
use crate::bench_ui::Server;
use crate::bench_up::ask;
use crate::command::{root, run_command};

/// Questions of each kind about the long series.
const ASKED: usize = 15;
/// A file system's clock is coarse: for so long a run that changed is read again each time.
const SETTLED: Duration = Duration::from_secs(4);

/// How much of the benchmark of segments is run.
#[derive(Args)]
pub(crate) struct Segments {
    /// Finished runs.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// Training steps of each: 225 make some 680 points.
    #[arg(long, default_value_t = 225)]
    steps: usize,
    /// Points of the long series.
    #[arg(long, default_value_t = 10_000_000)]
    points: usize,
    /// The profile that the program is built with.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// Runs the benchmark.
pub(crate) fn segments(arguments: &Segments) -> Result<()> {
    bench::build(&arguments.profile, "trailmark-server", "generate")?;
    let settings = json!({
        "runs": arguments.runs, "steps": arguments.steps, "points": arguments.points, "profile": arguments.profile,
    });
    let mut raw = Raw::create("segments", &settings)?;
    let mut tell = |line: Value| {
        println!("{line}");
        raw.write(&line)
    };
    let many = generated(arguments, "many", &[("--runs", arguments.runs), ("--steps", arguments.steps)])?;
    for line in folded(arguments, "many runs", &many)? {
        tell(line)?;
    }
    let long = [("--runs", 1), ("--curves", 1), ("--steps", arguments.points)];
    let long = generated(arguments, "wide", &long)?;
    std::thread::sleep(SETTLED);
    for line in sampled(arguments, "journal", &long, 2)? {
        tell(line)?;
    }
    for line in folded(arguments, "long series", &long)? {
        tell(line)?;
    }
    std::thread::sleep(SETTLED);
    for line in sampled(arguments, "segment", &long, ASKED)? {
        tell(line)?;
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

fn program(arguments: &Segments, name: &str) -> PathBuf {
    // The profile that everybody works with has a folder of another name.
    let folder = if arguments.profile == "dev" { "debug" } else { &arguments.profile };
    root().join("target").join(folder).join(name)
}

/// A repository that nobody has compacted.
fn generated(arguments: &Segments, kind: &str, flags: &[(&str, usize)]) -> Result<PathBuf> {
    let folder = root().join("target/bench-segments").join(kind);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    let mut generate = Command::new(program(arguments, "examples/generate"));
    generate.arg(kind).arg(&folder);
    flags.iter().for_each(|(flag, number)| _ = generate.arg(flag).arg(number.to_string()));
    run_command(&mut generate)?;
    Ok(folder)
}

/// Compacts a repository; says what it took, before and after.
fn folded(arguments: &Segments, name: &str, repository: &Path) -> Result<Vec<Value>> {
    let points = json_of(arguments, &["repo", "stats", "--json"], repository)?["points"].clone();
    let points = points.as_f64().context("read the number of points")?;
    let before = size(repository)?;
    let began = Instant::now();
    let done = json_of(arguments, &["repo", "compact", "--now", "--json"], repository)?;
    let seconds = began.elapsed().as_secs_f64();
    let after = size(repository)?;
    let line = |state: &str, (n_files, n_bytes): (u64, u64)| {
        json!({
            "name": format!("{name}, {state}"), "files": n_files, "bytes": n_bytes, "points": points,
            "bytes_a_point": n_bytes as f64 / points,
        })
    };
    let compaction = json!({
        "name": format!("{name}, compaction"), "seconds": seconds, "points_a_second": points / seconds, "done": done,
    });
    Ok(vec![line("journals", before), line("segments", after), compaction])
}

fn json_of(arguments: &Segments, words: &[&str], repository: &Path) -> Result<Value> {
    let done =
        Command::new(program(arguments, "trailmark")).args(words).arg("--repo").arg(repository).output()?;
    if !done.status.success() {
        bail!("{}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr));
    }
    Ok(serde_json::from_slice(&done.stdout)?)
}

/// Files and bytes of a folder, but for what is made again from the others.
fn size(folder: &Path) -> Result<(u64, u64)> {
    let (mut n_files, mut n_bytes) = (0, 0);
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("catalog.sqlite") {
            continue;
        }
        let (files, bytes) =
            if entry.file_type()?.is_dir() { size(&entry.path())? } else { (1, entry.metadata()?.len()) };
        (n_files, n_bytes) = (n_files + files, n_bytes + bytes);
    }
    Ok((n_files, n_bytes))
}

/// Asks for 1,200 points of the long series, the whole of it and ranges of it, each question another one.
fn sampled(arguments: &Segments, state: &str, repository: &Path, n_asked: usize) -> Result<Vec<Value>> {
    let mut command = Command::new(program(arguments, "trailmark"));
    command.arg("up").arg("--repo").arg(repository).args(["--port", "0", "--no-open"]);
    let mut server = Server::start(&mut command)?;
    let address = server.address()?;
    ask(&address, "info")?;
    ask(&address, "runs?limit=10")?;
    let mut lines = Vec::new();
    for (name, share) in [("whole", 1.0), ("a half", 0.5), ("a hundredth", 0.01), ("a thousandth", 0.001)] {
        let mut millis = Vec::new();
        let mut n_bytes = 0;
        for index in 0..n_asked {
            // The server keeps what it answered: no two questions are the same.
            let length = arguments.points as f64 * share;
            let from = (arguments.points as f64 - length) * index as f64 / n_asked as f64;
            let range = match share {
                1.0 => format!("points={}", 1200 - index),
                _ => format!("points=1200&from={}&to={}", from as u64, (from + length) as u64),
            };
            let began = Instant::now();
            n_bytes = ask(&address, &format!("series?names=loss&columns=step,value&{range}"))?;
            millis.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let most = millis.iter().copied().fold(0.0, f64::max);
        lines.push(json!({
            "name": format!("{state}, {name} of {} points", arguments.points), "first_millis": millis[0],
            "millis": median(millis), "most_millis": most, "bytes": n_bytes,
        }));
    }
    Ok(lines)
}

//! `bench read-python`: what reading a repository back from Python costs, from its folder and from a server, by turns.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::bench_track::print_medians;
use crate::bench_ui::Server;
use crate::command::{root, run, run_command};
use crate::python;

/// How much is read.
#[derive(Args)]
pub(crate) struct ReadPython {
    /// Runs, each with one series.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// Points of each.
    #[arg(long, default_value_t = 1000)]
    points: usize,
    /// How often each place takes its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The profile of program and package.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// Reads by turns; both must come to the same numbers.
pub(crate) fn read(arguments: &ReadPython) -> Result<()> {
    let profile = arguments.profile.as_str();
    run("cargo", &["build", "--locked", "--profile", profile, "--package", "trailmark-cli"])?;
    let interpreter = python::environment("venv", &root().join("python/requirements.txt"))?;
    let wheel = python::wheel(&interpreter, profile)?;
    python::install(&interpreter, &wheel)?;
    let folder = root().join(format!("target/python/bench-read/{}-{}", arguments.runs, arguments.points));
    if !folder.join("trailmark.toml").exists() {
        let mut make = one(&interpreter, &["make", &folder.to_string_lossy()]);
        make.arg(format!("--runs={}", arguments.runs)).arg(format!("--points={}", arguments.points));
        run_command(&mut make)?;
    }
    let mut command = Command::new(python::program(profile));
    command.arg("up").arg("--repo").arg(&folder).args(["--port", "0", "--no-open"]);
    let mut server = Server::start(&mut command)?;
    let address = server.address()?;
    let settings = json!({
        "runs": arguments.runs, "points": arguments.points, "rounds": arguments.rounds, "profile": profile,
    });
    let mut raw = Raw::create("read-python", &settings)?;
    let mut lines: Vec<Value> = Vec::new();
    for _ in 0..arguments.rounds {
        for (name, place) in [("folder", &*folder.to_string_lossy()), ("server", &*address)] {
            lines.push(raw.keep(&mut one(&interpreter, &["read", place, name]))?);
        }
    }
    for key in ["points", "sum"] {
        let same = lines.iter().all(|line| line.get(key) == lines.first().and_then(|line| line.get(key)));
        ensure!(same, "read back: got different {key}");
    }
    println!("\nmedians of {}", arguments.rounds);
    print_medians(&lines)?;
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

fn one(python: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.arg(root().join("benches/read_python/read.py")).args(arguments);
    command
}

//! `bench track-python`: what tracking a number from Python costs, beside the trackers that people use.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::bench::Raw;
use crate::bench_track::print_medians;
use crate::command::{root, run_command};
use crate::{peers, python};

/// How much of the benchmark is run.
#[derive(Args)]
pub(crate) struct TrackPython {
    /// Calls of each measurement, at most; slow ones end after eight seconds.
    #[arg(long, default_value_t = 200_000)]
    points: usize,
    /// How often each program takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The profile that our package is built with.
    #[arg(long, default_value = "release")]
    profile: String,
    /// An interpreter that has the peers' packages; without it an environment is made.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// An interpreter with Aim 3.29.1; without it Aim is left out.
    #[arg(long)]
    aim: Option<PathBuf>,
}

/// Runs all by turns.
pub(crate) fn track(arguments: &TrackPython) -> Result<()> {
    let target = root().join("target/python");
    let ours = python::environment("venv", &root().join("python/requirements.txt"))?;
    let wheel = python::wheel(&ours, &arguments.profile)?;
    python::install(&ours, &wheel)?;
    let peers = match &arguments.peers {
        Some(python) => python.clone(),
        None => {
            peers::environment(&target.join("bench"), &root().join("benches/track_python/requirements.txt"))?
        }
    };
    let mut turns: Vec<(&str, &Path)> = vec![("nothing", &ours), ("trailmark", &ours)];
    turns.extend(arguments.aim.as_deref().map(|aim| ("aim", aim)));
    turns.extend(["tensorboard", "wandb", "trackio"].map(|name| (name, peers.as_path())));
    let settings =
        json!({"points": arguments.points, "rounds": arguments.rounds, "profile": arguments.profile});
    let mut raw = Raw::create("track-python", &settings)?;
    let scratch = target.join("bench-runs");
    let mut lines = Vec::new();
    for round in 0..arguments.rounds {
        for (name, python) in &turns {
            let folder = scratch.join(format!("{name}-{round}"));
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            if *name == "aim" {
                std::fs::create_dir_all(&folder)?;
            }
            // What an interpreter compiles on first use is not the cost of using it.
            let warm = scratch.join("warm");
            if round == 0 {
                run_command(&mut one(python, name, &warm, 100))?;
                std::fs::remove_dir_all(&warm).or_else(|error| {
                    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
                })?;
            }
            lines.push(raw.keep(&mut one(python, name, &folder, arguments.points))?);
        }
    }
    println!("\nmedians of {}", arguments.rounds);
    print_medians(&lines)?;
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

fn one(python: &Path, name: &str, folder: &Path, points: usize) -> Command {
    let mut command = Command::new(python);
    command.arg(root().join("benches/track_python/track.py")).arg(name).arg(folder);
    command.args(["--points", &points.to_string()]);
    command
}

//! `bench track`: what tracking a number costs, beside SQLite.

use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::{Raw, median};
use crate::command::{root, run};

/// How much of the tracking benchmark is run.
#[derive(Args)]
pub(crate) struct Track {
    /// Points of each measurement.
    #[arg(long, default_value_t = 1_000_000)]
    points: usize,
    /// How often each program takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Runs all kinds by turns.
pub(crate) fn track(arguments: &Track) -> Result<()> {
    run("cargo", &["build", "--release", "--locked", "--package", "trailmark-client", "--example", "track"])?;
    let settings = json!({"points": arguments.points, "rounds": arguments.rounds});
    let mut raw = Raw::create("track", &settings)?;
    let mut lines = Vec::new();
    for _ in 0..arguments.rounds {
        for kind in ["call", "loop", "journal-20", "sqlite-20", "journal-2000", "sqlite-2000"] {
            let mut command = Command::new(root().join("target/release/examples/track"));
            lines.push(raw.keep(command.args([kind, "--points", &arguments.points.to_string()]))?);
        }
    }
    println!("\nmedians of {}", arguments.rounds);
    print_medians(&lines)?;
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

/// Prints the median of each field, a line a name.
pub(crate) fn print_medians(lines: &[Value]) -> Result<()> {
    for (name, fields) in medians(lines)? {
        let fields: Vec<String> = fields.iter().map(|(field, value)| format!("{field} {value:.1}")).collect();
        println!("  {name:<38} {}", fields.join(", "));
    }
    Ok(())
}

/// Numbers by the names of their fields.
type Fields = Vec<(String, f64)>;

/// The median of each numeric field, by name, in the order of the names' first lines.
fn medians(lines: &[Value]) -> Result<Vec<(String, Fields)>> {
    let mut names: Vec<String> = Vec::new();
    for line in lines {
        let name = line["name"].as_str().context("read a name")?;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let of_name = |name: String| {
        let lines: Vec<&Value> = lines.iter().filter(|line| line["name"] == name.as_str()).collect();
        let fields = lines.first().and_then(|line| line.as_object()).into_iter().flatten();
        let median_of = |field: &String| {
            let values: Vec<f64> = lines.iter().filter_map(|line| line[field].as_f64()).collect();
            (!values.is_empty()).then(|| (field.clone(), median(values)))
        };
        let fields = fields.filter_map(|(field, _)| median_of(field)).collect();
        (name, fields)
    };
    Ok(names.into_iter().map(of_name).collect())
}

//! Fuzzing: each target of `fuzz/` for a while, from the seeds that are kept and what earlier runs found.
//!
//! Built with the project's own toolchain: the coverage that libFuzzer is led by is a pass of LLVM. The sanitizers of
//! `cargo fuzz` want a nightly one and find faults of `unsafe` code, of which none is reached from here.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::bench::Raw;
use crate::command::{output, root, run_command};

/// Each target, and the folder of its seeds.
const TARGETS: [(&str, &str); 10] = [
    ("query", "fuzz/seeds/query"),
    ("journal", "testdata/format"),
    ("frame", "testdata/format"),
    ("catalog", "fuzz/seeds/catalog"),
    ("segment", "fuzz/seeds/segment"),
    ("settings", "fuzz/seeds/settings"),
    ("data_set", "fuzz/seeds/data_set"),
    ("aim", "fuzz/seeds/aim"),
    ("rocks", "fuzz/seeds/rocks"),
    ("tensorboard", "fuzz/seeds/tensorboard"),
];
/// Seconds that each runs; `TRAILMARK_FUZZ_SECS` says otherwise.
const SECONDS: u64 = 60;
/// One input that takes longer than so many seconds is a fault.
const MOST_SECONDS_EACH: &str = "-timeout=20";

/// What coverage is counted by, and checks that hold in every build of a target.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg=fuzzing",
];

/// Builds all targets and runs each; an input that fails stays in `fuzz/artifacts/` and fails the task.
pub(crate) fn run_all() -> Result<()> {
    let seconds = match std::env::var("TRAILMARK_FUZZ_SECS") {
        Ok(text) => {
            text.parse().with_context(|| format!("TRAILMARK_FUZZ_SECS: got {text:?}, want seconds"))?
        }
        Err(_) => SECONDS,
    };
    let host = output("rustc", &["--print", "host-tuple"])?;
    let host = host.trim();
    // With a target named, the flags are not those of build scripts.
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", host]);
    run_command(build.env("RUSTFLAGS", FLAGS.join(" ")))?;
    let mut raw = Raw::create("fuzz", &json!({"seconds": seconds}))?;
    let chosen = std::env::var("TRAILMARK_FUZZ_TARGETS").unwrap_or_default();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.split(',').any(|one| one == name);
    for (name, seeds) in TARGETS.into_iter().filter(|(name, _)| is_chosen(name)) {
        let place = root().join("fuzz");
        let (corpus, artifacts) = (place.join("corpus").join(name), place.join("artifacts").join(name));
        for folder in [&corpus, &artifacts] {
            std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        }
        let mut fuzz = Command::new(place.join("target").join(host).join("debug").join(name));
        fuzz.arg(&corpus).arg(seeds);
        fuzz.args([&format!("-max_total_time={seconds}"), MOST_SECONDS_EACH, "-print_final_stats=1"]);
        fuzz.arg(format!("-artifact_prefix={}/", artifacts.display()));
        let words = place.join(format!("{name}.dict"));
        if words.exists() {
            fuzz.arg(format!("-dict={}", words.display()));
        }
        let said = said(&mut fuzz, &artifacts)?;
        let number = |what: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(what));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse::<u64>().ok())
        };
        let figures = json!({"target": name, "inputs": number("number_of_executed_units"),
                             "new": number("new_units_added"), "slowest_secs": number("slowest_unit_time_sec"),
                             "peak_mb": number("peak_rss_mb")});
        raw.write(&figures)?;
        println!("{figures}");
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Runs a target and gives what it said; one that failed ends the task.
fn said(fuzz: &mut Command, artifacts: &Path) -> Result<String> {
    let output = fuzz.current_dir(root()).output().context("start a fuzz target")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(60)..].join("\n");
        bail!("{last}\n{}: the input is in {}", output.status, artifacts.display());
    }
    Ok(said)
}

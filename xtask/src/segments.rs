//! `long segments`: pandas, Polars and DuckDB read what a compaction wrote, and find what `trailmark runs export` says.
//!
//! The repository is generated, with values of every kind. What is exported must also be the same before the compaction
//! and after it. `TRAILMARK_SEGMENTS_PYTHON` names an interpreter that has the packages of `xtask/python/segments.txt`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::bench::Raw;
use crate::command::{root, run, run_command};
use crate::exports;

/// What is generated into the repository.
const KINDS: [&[&str]; 4] =
    [&["reference"], &["odd"], &["media"], &["many", "--runs", "40", "--steps", "500"]];

/// Makes the repository, compacts it, and lets the three read it.
pub(crate) fn prove() -> Result<()> {
    run("cargo", &["build", "--locked", "--package", "trailmark-cli"])?;
    run("cargo", &["build", "--locked", "--package", "trailmark-server", "--example", "generate"])?;
    let program = root().join("target/debug/trailmark");
    let mut raw = Raw::create("segments-read", &json!({"generated": KINDS}))?;
    for (index, kind) in KINDS.iter().enumerate() {
        let repository = root().join("target/long-segments").join(index.to_string());
        if repository.exists() {
            std::fs::remove_dir_all(&repository)
                .with_context(|| format!("remove {}", repository.display()))?;
        }
        let generate = root().join("target/debug/examples/generate");
        run_command(Command::new(generate).arg(kind[0]).arg(&repository).args(&kind[1..]))?;
        let before = exported(&program, &repository)?;
        let compact = ["repo", "compact", "--now", "--repo"];
        run_command(Command::new(&program).args(compact).arg(&repository))?;
        if exported(&program, &repository)? != before {
            bail!("an export of {} is another after the compaction", repository.display());
        }
        let script = root().join("xtask/python/segments.py");
        raw.keep_all(Command::new(exports::interpreter()?).arg(script).arg(&program).arg(&repository))?;
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Every table that can be exported.
fn exported(program: &Path, repository: &Path) -> Result<Vec<Vec<u8>>> {
    let export = |table: &str| {
        let mut command = Command::new(program);
        command.args(["runs", "export", "--format", "jsonl", "--table", table, "--repo"]).arg(repository);
        let done = command.output().with_context(|| format!("start {}", program.display()))?;
        if !done.status.success() {
            bail!("export {table}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(done.stdout)
    };
    ["points", "runs", "texts", "answers"].into_iter().map(export).collect()
}

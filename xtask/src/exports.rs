//! `long exports`: pandas, pyarrow, Polars and DuckDB read every table that `trailmark runs export` writes, in every
//! form, and find the same in each.
//!
//! `TRAILMARK_SEGMENTS_PYTHON` names an interpreter that has the packages of `xtask/python/segments.txt`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::bench::Raw;
use crate::command::{root, run, run_command};
use crate::peers;

const TABLES: [&str; 4] = ["points", "runs", "texts", "answers"];
const FORMS: [&str; 4] = ["csv", "jsonl", "parquet", "arrow"];
/// What is generated into the repositories.
const KINDS: [&[&str]; 3] = [&["reference"], &["odd"], &["many", "--runs", "40", "--steps", "500"]];

/// Makes repositories, exports all of them, and lets the four read it.
pub(crate) fn prove() -> Result<()> {
    run("cargo", &["build", "--locked", "--package", "trailmark-cli"])?;
    run("cargo", &["build", "--locked", "--package", "trailmark-server", "--example", "generate"])?;
    let program = root().join("target/debug/trailmark");
    let mut raw = Raw::create("exports", &json!({"generated": KINDS, "tables": TABLES, "forms": FORMS}))?;
    for (index, kind) in KINDS.iter().enumerate() {
        let folder = root().join("target/long-exports").join(index.to_string());
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let repository = folder.join("repository");
        let generate = root().join("target/debug/examples/generate");
        run_command(Command::new(generate).arg(kind[0]).arg(&repository).args(&kind[1..]))?;
        for table in TABLES {
            for form in FORMS {
                let mut export = Command::new(&program);
                export.args(["runs", "export", "--table", table, "--out"]);
                export.arg(folder.join(format!("{table}.{form}"))).arg("--repo").arg(&repository);
                run_command(&mut export)?;
            }
        }
        raw.keep(Command::new(interpreter()?).arg(root().join("xtask/python/exports.py")).arg(&folder))?;
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// The interpreter with the packages.
pub(crate) fn interpreter() -> Result<PathBuf> {
    if let Some(set) = std::env::var_os("TRAILMARK_SEGMENTS_PYTHON") {
        return Ok(PathBuf::from(set));
    }
    peers::environment(&root().join("target/peers-segments"), &root().join("xtask/python/segments.txt"))
}

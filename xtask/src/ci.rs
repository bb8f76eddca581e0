//! What is run before a commit (`check`) and before a push (`ci`).
//!
//! `ci` builds once, under `profile.ci`; clippy is the only second pass over the code.

use std::process::Command;

use anyhow::Result;

use crate::command::{root, run, run_command};
use crate::{deny, size, tidy};

/// Format, structure, lints, unit tests.
pub(crate) fn check() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    lint()?;
    run("cargo", &["test", "--workspace", "--lib", "--bins", "--quiet"])
}

/// Format, structure, lints, every test, and a demo of one minute on the real encoder.
pub(crate) fn ci() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    run("cargo", &["build", "--workspace", "--all-targets", "--profile", "ci", "--locked"])?;
    run("cargo", &["test", "--workspace", "--profile", "ci", "--locked"])?;
    demo()?;
    lint()?;
    size::measure(true)?;
    deny::check_dependencies()
}

fn lint() -> Result<()> {
    let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    run("cargo", &lint)
}

/// One minute of the main job: no floor is asked of it here, only that it ends well.
fn demo() -> Result<()> {
    let repo = root().join("target/ci/demo-repo");
    if repo.exists() {
        std::fs::remove_dir_all(&repo)?;
    }
    let program = root().join("target/ci/trailmark");
    run_command(Command::new(program).args(["demo", "--quick", "--no-up", "--repo"]).arg(repo))
}

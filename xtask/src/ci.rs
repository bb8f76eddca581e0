//! What is run before a commit (`check`) and before a push (`ci`).
//!
//! `ci` builds once, under `profile.ci`; clippy is the only second pass over the code. What its tests need beyond the
//! toolchain, Python and Node it fetches itself: the demo's model, and Chromium by apt where there is none.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{output, root, run, run_command};
use crate::{browser, deny, python, size, tidy, ui};

/// Format, structure, lints, unit tests.
pub(crate) fn check() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    lint()?;
    run("cargo", &["test", "--workspace", "--lib", "--bins", "--quiet"])
}

/// Format, structure, every test, also in a browser, a short demo, lints, dependencies.
pub(crate) fn ci() -> Result<()> {
    browser::install_if_missing()?;
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    ui::build(true)?;
    run("cargo", &["build", "--workspace", "--all-targets", "--profile", "ci", "--locked"])?;
    let model = demo()?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--profile", "ci", "--locked"]).env("TRAILMARK_MINILM", model);
    run_command(&mut tests)?;
    ui::e2e("ci", &[])?;
    python::test("ci")?;
    lint()?;
    size::measure(true)?;
    // The fuzz targets are built by `long` alone; their lock follows the workspace's crates.
    output(
        "cargo",
        &["metadata", "--locked", "--format-version", "1", "--manifest-path", "fuzz/Cargo.toml"],
    )?;
    deny::check_dependencies()
}

/// Runs the demo as a newcomer does, but short, and gives the folder of the model that it fetched.
fn demo() -> Result<PathBuf> {
    let target = root().join("target");
    let (cache, repository) = (target.join("cache"), target.join("ci-demo"));
    if repository.exists() {
        std::fs::remove_dir_all(&repository)?;
    }
    let mut demo = Command::new(target.join("ci/trailmark"));
    demo.args(["demo", "--quick", "--no-up", "--repo"]).arg(&repository).env("TRAILMARK_CACHE", &cache);
    run_command(&mut demo)?;
    let mut models = std::fs::read_dir(cache.join("models")).context("find the demo's model")?;
    let model = models.next().context("find the demo's model: got an empty cache")??;
    Ok(model.path())
}

fn lint() -> Result<()> {
    let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    run("cargo", &lint)
}

//! What is run before a commit (`check`) and before a push (`ci`).
//!
//! `ci` builds once, under `profile.ci`; clippy is the only second pass over the code.

use anyhow::Result;

use crate::command::run;
use crate::{deny, size, tidy, ui};

/// Format, structure, lints, unit tests.
pub(crate) fn check() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    lint()?;
    run("cargo", &["test", "--workspace", "--lib", "--bins", "--quiet"])
}

/// Format, structure, lints, every test, the page.
pub(crate) fn ci() -> Result<()> {
    run("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    ui::build(true)?;
    run("cargo", &["build", "--workspace", "--all-targets", "--profile", "ci", "--locked"])?;
    run("cargo", &["test", "--workspace", "--profile", "ci", "--locked"])?;
    ui::e2e("ci", &[])?;
    lint()?;
    size::measure(true)?;
    deny::check_dependencies()
}

fn lint() -> Result<()> {
    let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    run("cargo", &lint)
}

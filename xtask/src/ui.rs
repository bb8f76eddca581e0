//! The page: packages, types, format, unit tests and the committed build; with `e2e` its tests in a browser.
//!
//! Only these tasks need Node: `cargo build` embeds `ui/dist` as it is committed.

use std::process::Command;

use anyhow::{Result, bail};

use crate::browser;
use crate::command::{root, run, run_command};

/// Builds `ui/dist`; with `check` only says whether it is stale, after types, format and unit tests.
pub(crate) fn build(check: bool) -> Result<()> {
    packages()?;
    if !check {
        return npm(&["run", "--silent", "build"]);
    }
    npm(&["run", "--silent", "check"])?;
    npm(&["run", "--silent", "build", "--", "--check"])
}

/// Runs the browser tests against the program and the examples that the profile `profile` built, and against the
/// demo's repository where `ci` has left one.
pub(crate) fn e2e(profile: &str, names: &[String]) -> Result<()> {
    packages()?;
    let mut command = Command::new("npm");
    command.args(["--prefix", "ui", "run", "--silent", "e2e", "--"]).args(names);
    let folder = if profile == "dev" { "debug" } else { profile };
    let target = root().join("target");
    command.env("TRAILMARK_BINARY", target.join(folder).join("trailmark"));
    command.env("TRAILMARK_CHROMIUM", browser::find()?);
    command.env("TRAILMARK_DEMO", target.join("ci-demo"));
    run_command(&mut command)
}

/// Installs exactly what `package-lock.json` says, when that is not what is there.
pub(crate) fn packages() -> Result<()> {
    let ui = root().join("ui");
    let wanted = std::fs::read(ui.join("package-lock.json"))?;
    let mark = ui.join("node_modules/.installed");
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if Command::new("node").arg("--version").output().is_err() {
        bail!("start node: not found; the page needs Node 20 or newer and npm");
    }
    npm(&["ci", "--no-audit", "--no-fund"])?;
    std::fs::write(&mark, wanted)?;
    Ok(())
}

fn npm(arguments: &[&str]) -> Result<()> {
    let mut words = vec!["--prefix", "ui"];
    words.extend_from_slice(arguments);
    run("npm", &words)
}

//! Licences, bans and sources of the dependencies, by cargo-deny, which is installed beside the build when missing.

use anyhow::{Context as _, Result};

use crate::command::{root, run};

const VERSION: &str = "0.20.2";

/// Checks what `deny.toml` says.
pub(crate) fn check_dependencies() -> Result<()> {
    let tools = root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    let tools = tools.to_str().context("the target folder's name is not Unicode")?;
    if !program.exists() {
        run(
            "cargo",
            &["install", "cargo-deny", "--locked", "--version", VERSION, "--quiet", "--root", tools],
        )?;
    }
    let program = program.to_str().context("the target folder's name is not Unicode")?;
    run(program, &["check", "licenses", "bans", "sources"])
}

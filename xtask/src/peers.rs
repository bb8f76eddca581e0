//! The real Python peers: their virtual environment, made on first use with pinned versions, and running them in it.
//!
//! `TRAILMARK_PEERS_PYTHON` names an interpreter that has the packages already.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{root, run_command};

/// The interpreter with the packages of `xtask/python/requirements.txt`.
pub(crate) fn interpreter() -> Result<PathBuf> {
    installed("TRAILMARK_PEERS_PYTHON", "requirements.txt", "peers")
}

/// The interpreter with Aim's client; `TRAILMARK_AIM_PYTHON` names one that has it already.
pub(crate) fn aim() -> Result<PathBuf> {
    installed("TRAILMARK_AIM_PYTHON", "requirements-aim.txt", "aim-client")
}

/// The interpreter with what asks the HTTP interface; `TRAILMARK_API_PYTHON` names one that has it already.
pub(crate) fn api() -> Result<PathBuf> {
    installed("TRAILMARK_API_PYTHON", "requirements-api.txt", "peers-api")
}

fn installed(variable: &str, requirements: &str, folder: &str) -> Result<PathBuf> {
    if let Some(set) = std::env::var_os(variable) {
        return Ok(PathBuf::from(set));
    }
    environment(&root().join("target").join(folder), &root().join("xtask/python").join(requirements))
}

/// The interpreter of a virtual environment with what a file of requirements names, made anew when that changes.
pub(crate) fn environment(venv: &Path, requirements: &Path) -> Result<PathBuf> {
    let named = || format!("read {}", requirements.display());
    let wanted = std::fs::read_to_string(requirements).with_context(named)?;
    let python = venv.join("bin/python");
    let stamp = venv.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run_command(pip.arg(requirements))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(python)
}

/// A command that runs the interpreter with the modules of `xtask/python` in reach.
pub(crate) fn python() -> Result<Command> {
    let mut command = Command::new(interpreter()?);
    command.env("PYTHONPATH", root().join("xtask/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

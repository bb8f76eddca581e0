//! The real Python peers: their virtual environment, made on first use with pinned versions, and running them in it.
//!
//! `TRAILMARK_PEERS_PYTHON` names an interpreter that has the packages already.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{output, root, run_command};

/// The minor version of Aim that ours is measured beside.
pub(crate) const NEWEST_AIM: &str = "3.29";

/// The interpreter with the packages of `xtask/python/requirements.txt`.
pub(crate) fn interpreter() -> Result<PathBuf> {
    installed("TRAILMARK_PEERS_PYTHON", "requirements.txt", "peers")
}

/// The interpreter with Aim's newest client; `TRAILMARK_AIM_PYTHON` names one that has it already.
pub(crate) fn aim() -> Result<PathBuf> {
    aim_of(NEWEST_AIM)
}

/// The interpreter with a minor version of Aim's client.
pub(crate) fn aim_of(minor: &str) -> Result<PathBuf> {
    let requirements = format!("requirements-aim-{minor}.txt");
    // Older ones are wanted beside whatever the variable names.
    let variable = if minor == NEWEST_AIM { "TRAILMARK_AIM_PYTHON" } else { "" };
    installed(variable, &requirements, &format!("aim-client-{minor}"))
}

/// The interpreter with what asks the HTTP interface; `TRAILMARK_API_PYTHON` names one that has it already.
pub(crate) fn api() -> Result<PathBuf> {
    installed("TRAILMARK_API_PYTHON", "requirements-api.txt", "peers-api")
}

/// The interpreter with TensorBoard and what writes for it; `TRAILMARK_BOARD_PYTHON` names one that has it already.
pub(crate) fn board() -> Result<PathBuf> {
    installed("TRAILMARK_BOARD_PYTHON", "requirements-board.txt", "board-peers")
}

fn installed(variable: &str, requirements: &str, folder: &str) -> Result<PathBuf> {
    if let Some(set) = std::env::var_os(variable).filter(|_| !variable.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    environment(&root().join("target").join(folder), &root().join("xtask/python").join(requirements))
}

/// The interpreter of a virtual environment with what a file of requirements names, made anew when that changes.
pub(crate) fn environment(venv: &Path, requirements: &Path) -> Result<PathBuf> {
    environment_above(None, venv, requirements)
}

/// The same over the packages of another interpreter, which stays as it is: what it has is not installed again.
pub(crate) fn environment_above(below: Option<&Path>, venv: &Path, requirements: &Path) -> Result<PathBuf> {
    let named = || format!("read {}", requirements.display());
    let mut wanted = std::fs::read_to_string(requirements).with_context(named)?;
    let packages = below.map(packages_of).transpose()?;
    if let Some(packages) = &packages {
        wanted.push_str(&format!("# above {packages}\n"));
    }
    let python = venv.join("bin/python");
    let stamp = venv.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let maker = below.unwrap_or(Path::new("python3"));
    run_command(Command::new(maker).args(["-m", "venv", "--clear"]).arg(venv))?;
    if let Some(packages) = packages {
        // Python reads it at each start, and looks there after the environment's own packages.
        std::fs::write(Path::new(&packages_of(&python)?).join("below.pth"), packages + "\n")?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run_command(pip.arg(requirements))?;
    std::fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    Ok(python)
}

/// Where an interpreter's packages lie.
pub(crate) fn packages_of(python: &Path) -> Result<String> {
    let python = python.to_str().context("the interpreter's name is not Unicode")?;
    let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
    Ok(output(python, &["-c", code])?.trim().to_owned())
}

/// A command that runs the interpreter with the modules of `xtask/python` in reach.
pub(crate) fn python() -> Result<Command> {
    let mut command = Command::new(interpreter()?);
    command.env("PYTHONPATH", root().join("xtask/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

//! The Python package: a wheel by maturin, its types by mypy, its tests by pytest over the installed wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{root, run_command};
use crate::peers;

/// Builds a wheel under a profile, installs it into a virtual environment of its own, and runs types and tests there.
pub(crate) fn test(profile: &str) -> Result<()> {
    let python = environment("venv", &root().join("python/requirements.txt"))?;
    let wheel = wheel(&python, profile)?;
    install(&python, &wheel)?;
    let mut mypy = Command::new(&python);
    run_command(
        mypy.args(["-m", "mypy", "--strict", "-p", "trailmark", "--cache-dir"])
            .arg(root().join("target/python/mypy")),
    )?;
    let mut pytest = Command::new(&python);
    // From the root: beside the package's sources these would be imported instead of the wheel.
    pytest.args(["-m", "pytest", "-rs", "-p", "no:cacheprovider", "python/tests"]);
    pytest.args(["python/frameworks/test_boosting.py", "python/frameworks/test_trainer_events.py"]);
    pytest.env("PYTHONDONTWRITEBYTECODE", "1").env("TRAILMARK_WHEEL", &wheel);
    run_command(with_program(&mut pytest, profile))
}

/// The callbacks beside the real frameworks, and the example, above the packages of the Python peers.
pub(crate) fn test_frameworks(profile: &str) -> Result<()> {
    let builder = environment("venv", &root().join("python/requirements.txt"))?;
    let wheel = wheel(&builder, profile)?;
    let requirements = root().join("python/frameworks/requirements.txt");
    let venv = root().join("target/python/frameworks");
    let python = peers::environment_above(Some(&peers::interpreter()?), &venv, &requirements)?;
    install(&python, &wheel)?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-rs", "-p", "no:cacheprovider", "python/frameworks"]);
    // Here all frameworks are installed, so that a test that skips has proven nothing.
    tests.env("TRAILMARK_SKIP_NOTHING", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    tests.env("TRAILMARK_AIM_SITE", peers::packages_of(&peers::aim()?)?);
    run_command(with_program(&mut tests, profile))
}

/// Names the program that was built under the same profile, if it was: tests of servers start it, or skip.
fn with_program<'a>(command: &'a mut Command, profile: &str) -> &'a mut Command {
    let program = program(profile);
    if program.exists() { command.env("TRAILMARK_PROGRAM", program) } else { command }
}

/// An interpreter with what a file of requirements names, made on first use.
pub(crate) fn environment(name: &str, requirements: &Path) -> Result<PathBuf> {
    peers::environment(&root().join("target/python").join(name), requirements)
}

/// Builds the wheel; says where it is.
pub(crate) fn wheel(python: &Path, profile: &str) -> Result<PathBuf> {
    let folder = root().join("target/python/wheels").join(profile);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    carry_program(profile)?;
    let mut maturin = Command::new(python);
    maturin.args([
        "-m",
        "maturin",
        "build",
        "--quiet",
        "--locked",
        "--auditwheel",
        "skip",
        "--profile",
        profile,
    ]);
    maturin
        .args(["--manifest-path", "python/Cargo.toml", "--interpreter"])
        .arg(python)
        .arg("--out")
        .arg(&folder);
    run_command(maturin.current_dir(root()))?;
    let mut wheels = std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    Ok(wheels.next().context("find the wheel: maturin built none")??.path())
}

/// Puts the program that was built under the same profile where the wheel takes it from; without one it carries none.
fn carry_program(profile: &str) -> Result<()> {
    let folder = root().join("python/trailmark/bin");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let program = program(profile);
    // A program with everything to debug it is too large to pack at each run of the tests.
    if profile != "dev" && program.exists() {
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(&program, folder.join("trailmark"))
            .with_context(|| format!("copy {}", program.display()))?;
    }
    Ok(())
}

/// The program that was built under a profile.
pub(crate) fn program(profile: &str) -> PathBuf {
    let folder = if profile == "dev" { "debug" } else { profile };
    root().join("target").join(folder).join("trailmark")
}

/// Installs a wheel in place of the one before.
pub(crate) fn install(python: &Path, wheel: &Path) -> Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"]);
    run_command(pip.arg(wheel))
}

//! Running other programs from the root of the tree, with the time that each took.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// The root of the tree.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Runs `program` with `arguments`, says how long it took, and fails when it does.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<()> {
    run_command(Command::new(program).args(arguments))
}

/// Runs a prepared command in the root of the tree, as [`run`] does.
pub(crate) fn run_command(command: &mut Command) -> Result<()> {
    command.current_dir(root());
    if let Some(fixtures) = fixtures() {
        command.env("TRAILMARK_FIXTURES", fixtures);
    }
    let line = line_of(command);
    println!("── {line}");
    let start = Instant::now();
    let status = command.status().with_context(|| format!("start {line}"))?;
    println!("── {:.1} s: {line}", start.elapsed().as_secs_f64());
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}

/// Runs a command and gives what it printed to stdout.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    let line = line_of(&command);
    let output = command.output().with_context(|| format!("start {line}"))?;
    if !output.status.success() {
        bail!("{line}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The folder of the large fixtures: the environment's, else the one beside the checkout, where there is one.
fn fixtures() -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("TRAILMARK_FIXTURES") {
        return Some(PathBuf::from(set));
    }
    let beside = root().join("../shared");
    beside.join("fixtures").is_dir().then(|| beside.canonicalize().ok()).flatten()
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

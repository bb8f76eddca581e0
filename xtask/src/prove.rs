//! Long proofs of the store: killed writers, full and read-only disks, clocks that jump, and size.
//!
//! `TRAILMARK_PROFILE` names the profile that the programs are built with, else it is `release`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::command::{output, root, run};

/// Gigabytes that must be free before the largest proof begins.
const FREE_GIGABYTES: u64 = 6;

/// Kills 1,000 writers, in four repositories.
pub(crate) fn kill() -> Result<()> {
    let program = build("trailmark-client", "kill", &[])?;
    let mut raw = Raw::create("kill", &settings(&json!({"runs": 1000, "writers": 8})))?;
    for _ in 0..4 {
        raw.keep(Command::new(&program).args(["--runs", "250", "--writers", "8"]))?;
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Fills a small file system, and makes it read-only.
pub(crate) fn disk() -> Result<()> {
    let program = prove()?;
    let folder = Place::make("disk")?;
    let mut raw = Raw::create("disk", &settings(&json!({"megabytes": 16})))?;
    // Mounts of a namespace of its own: nothing of it is left behind, and nobody else sees it.
    let mount = r#"mount -t tmpfs -o size=16m none "$0" && exec "$1" disk "$0""#;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]).arg(&folder.0).arg(program);
    raw.keep(&mut command).context("prove a full disk, which wants a mount namespace of its own")?;
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Merges writers whose clocks jump.
pub(crate) fn clock() -> Result<()> {
    let program = prove()?;
    let folder = Place::make("clock")?;
    let mut raw = Raw::create("clock", &settings(&json!({"runs": 200})))?;
    raw.keep(Command::new(program).arg("clock").arg(&folder.0).arg("200"))?;
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Makes much of everything, and looks at it.
pub(crate) fn scale() -> Result<()> {
    let program = prove()?;
    let free = output("df", &["--output=avail", "-BG", "."])?;
    let free = free.lines().last().and_then(|line| line.trim().trim_end_matches('G').parse::<u64>().ok());
    if free.is_none_or(|free| free < FREE_GIGABYTES) {
        bail!("prove size: got {} GB of free disk, want {FREE_GIGABYTES}", free.unwrap_or(0));
    }
    let mut raw = Raw::create("scale", &settings(&json!({})))?;
    let mut step = |kind: &str, folder: &Path, count: u64| -> Result<Value> {
        println!("── {kind} {count}");
        raw.keep(Command::new(&program).arg(kind).arg(folder).arg(count.to_string()))
    };
    {
        let folder = Place::make("runs")?;
        step("runs", &folder.0, 100_000)?;
        // Runs that changed a moment ago are not trusted yet, and read again each time.
        std::thread::sleep(std::time::Duration::from_secs(4));
        // Without a catalog, then with the one that the first left.
        step("open", &folder.0, 0)?;
        step("open", &folder.0, 0)?;
    }
    for (kind, count) in [("series", 20_000), ("points", 10_000_000), ("blobs", 4096)] {
        step(kind, &Place::make(kind)?.0, count)?;
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

fn prove() -> Result<PathBuf> {
    build("trailmark-store", "prove", &["--features", "conformance"])
}

fn profile() -> String {
    std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned())
}

fn settings(more: &Value) -> Value {
    let mut settings = json!({"profile": profile()});
    if let (Some(all), Some(more)) = (settings.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    settings
}

/// Builds an example of a package; says where it is.
fn build(package: &str, example: &str, more: &[&str]) -> Result<PathBuf> {
    let profile = profile();
    let mut arguments = vec!["build", "--locked", "--profile", &profile, "--package", package];
    arguments.extend(["--example", example]);
    arguments.extend(more);
    run("cargo", &arguments)?;
    let folder = if profile == "dev" { "debug" } else { &profile };
    Ok(root().join("target").join(folder).join("examples").join(example))
}

/// A folder that is empty at the beginning and gone at the end.
struct Place(PathBuf);

impl Place {
    fn make(name: &str) -> Result<Self> {
        let place = Self(root().join("target/long").join(name));
        if place.0.exists() {
            std::fs::remove_dir_all(&place.0)?;
        }
        std::fs::create_dir_all(&place.0)?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("remove {}: {error}", self.0.display());
        }
    }
}

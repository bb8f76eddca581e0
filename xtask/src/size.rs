//! What Trailmark costs to build: minutes from an empty cache, crates, crates with C code, bytes of the program.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::command::{output, root, run};

const MOST_CRATES: usize = 320;
const MOST_MINUTES: f64 = 15.0;
/// Crates through which C may come in (they are well known and need nothing but a C compiler).
const C_ALLOWED: &[&str] = &["blake3", "libsqlite3-sys", "ring", "stacker", "psm", "zstd-sys"];

/// Counts crates and, unless told not to, times a release build into an empty target folder.
pub(crate) fn measure(no_build: bool) -> Result<()> {
    let crates = crates()?;
    println!("crates (normal and build, Linux, ours not counted): {} of {MOST_CRATES}", crates.len());
    if crates.len() > MOST_CRATES {
        bail!("count crates: got {}, want at most {MOST_CRATES}", crates.len());
    }
    check_c()?;
    if no_build { Ok(()) } else { build() }
}

fn tree(extra: &[&str]) -> Result<String> {
    let mut arguments = vec!["tree", "--edges", "normal,build", "--package", "trailmark-cli"];
    arguments.extend(["--target", "x86_64-unknown-linux-gnu", "--prefix", "none", "--format", "{p}"]);
    arguments.extend(extra);
    output("cargo", &arguments)
}

fn crates() -> Result<BTreeSet<String>> {
    let tree = tree(&[])?;
    let names = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        (!name.starts_with("trailmark-")).then(|| format!("{name} {version}"))
    });
    Ok(names.collect())
}

/// Fails when a crate that compiles C is not on the list, or when anything asks for cmake.
fn check_c() -> Result<()> {
    let all = crates()?;
    if all.iter().any(|name| name.starts_with("cmake ")) {
        bail!("a dependency needs cmake: see `cargo tree --invert cmake`");
    }
    if !all.iter().any(|name| name.starts_with("cc ")) {
        return Ok(());
    }
    let inverse = tree(&["--invert", "cc", "--depth", "1"])?;
    let mut users: BTreeSet<&str> =
        inverse.lines().filter_map(|line| line.split_whitespace().next()).collect();
    users.remove("cc");
    users.remove("[build-dependencies]");
    println!("crates that compile C: {}", users.iter().copied().collect::<Vec<_>>().join(", "));
    match users.iter().find(|user| !C_ALLOWED.contains(user)) {
        Some(user) => bail!("{user} compiles C: want only {C_ALLOWED:?}"),
        None => Ok(()),
    }
}

fn build() -> Result<()> {
    let target = root().join("target/size");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    let folder = target.to_str().context("the target folder's name is not Unicode")?;
    let start = Instant::now();
    run("cargo", &["build", "--release", "--locked", "--package", "trailmark-cli", "--target-dir", folder])?;
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let bytes = std::fs::metadata(target.join("release/trailmark"))?.len();
    println!("release build from an empty target folder: {minutes:.1} minutes of {MOST_MINUTES}");
    println!("the program: {:.1} MB", bytes as f64 / 1e6);
    std::fs::remove_dir_all(&target)?;
    if minutes > MOST_MINUTES {
        bail!("build: got {minutes:.1} minutes, want at most {MOST_MINUTES}");
    }
    Ok(())
}

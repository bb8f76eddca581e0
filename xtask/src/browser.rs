//! The browser of the page's tests: the one that is named, else Debian's Chromium, which `ci` installs where it is not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::command::{output, run_command};

const VARIABLE: &str = "TRAILMARK_CHROMIUM";
const DEBIAN: &str = "/usr/bin/chromium";

/// The browser to drive.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!("find the browser that {VARIABLE} names: got no file at {}", named.display());
        }
        return Ok(named);
    }
    if !Path::new(DEBIAN).is_file() {
        bail!("find Chromium: got no file at {DEBIAN}; install it, or name another by {VARIABLE}");
    }
    Ok(PathBuf::from(DEBIAN))
}

/// Installs Debian's Chromium by apt when no browser is named and there is none.
pub(crate) fn install_if_missing() -> Result<()> {
    if std::env::var_os(VARIABLE).is_some() || Path::new(DEBIAN).is_file() {
        return find().map(drop);
    }
    // Where a machine has no fonts, letters have no widths to lay out.
    let packages = ["chromium", "fonts-liberation", "fonts-inter"];
    let install = [&["install", "--yes", "--no-install-recommends"][..], &packages].concat();
    apt(&["update"])
        .and_then(|()| apt(&install))
        .with_context(|| format!("install Chromium for the browser tests, or name one by {VARIABLE}"))?;
    find().map(drop)
}

/// Runs apt-get as root, or through sudo where sudo asks nothing.
fn apt(arguments: &[&str]) -> Result<()> {
    let is_root = output("id", &["-u"])?.trim() == "0";
    let mut command = Command::new(if is_root { "env" } else { "sudo" });
    if !is_root {
        command.args(["--non-interactive", "env"]);
    }
    run_command(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments))
}

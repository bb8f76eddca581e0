//! Importing by Aim's own copying: its package reads, a server on this machine alone takes what it sends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;
use trailmark_server::{Options, Server};
use trailmark_store::Repository;

use super::From;
use crate::signals::{self, Manner};
use crate::terminal::{bar, print, say, warn};
use crate::{DONE, FAILED, INTERRUPTED, show};

/// What the interpreter runs.
const SCRIPT: &str = include_str!("copy_runs.py");
/// Its exit code where Aim is not installed.
const NO_AIM: i32 = 3;

/// A line of the script: what became of a run.
#[derive(Debug, Deserialize, Serialize)]
struct Copied {
    run: String,
    #[serde(skip_serializing)]
    runs: u64,
    copied: bool,
    reason: String,
}

/// Imports by the Aim of an interpreter.
pub(super) fn bring(from: &From, python: &str) -> Result<u8> {
    let source = source_of(&from.path)?;
    signals::listen()?;
    let _held = signals::hold(Manner::Soon);
    let path = from.place.path();
    let store = Repository::open_or_create(&path)?;
    let server = Server::bind(Options {
        store: Arc::new(store),
        path,
        addresses: vec![([127, 0, 0, 1], 0).into()],
        is_insecure: false,
        wants_sign_in: false,
        certificate: None,
        answerer: None,
        keeper: None,
    })?;
    let address = server.addresses().first().context("listen on this machine")?.to_string();
    let is_over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&is_over);
    let serving = std::thread::spawn(move || server.serve(move || ends.load(Ordering::Relaxed)));
    let copied = copy(python, &source, &address);
    is_over.store(true, Ordering::Relaxed);
    if let Ok(served) = serving.join() {
        served?;
    }
    let Some(copied) = copied? else {
        say("stopped; the same command goes on");
        return Ok(INTERRUPTED);
    };
    tell(from, &copied)
}

/// The folder that Aim is given: the one that `.aim` lies in.
fn source_of(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).context("find the Aim repository")?;
    let parent = path.parent().filter(|_| path.file_name().is_some_and(|name| name == ".aim"));
    let folder = parent.map_or_else(|| path.clone(), Path::to_owned);
    if !folder.join(".aim").is_dir() {
        bail!("open an Aim repository: got no folder .aim: {}", path.display());
    }
    Ok(folder)
}

/// Runs the script to its end; none when it was stopped.
fn copy(python: &str, source: &Path, address: &str) -> Result<Option<Vec<Copied>>> {
    let mut command = Command::new(python);
    command.arg("-c").arg(SCRIPT).arg(source).arg(format!("aim://{address}"));
    command.env("TQDM_DISABLE", "1").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start {python}"))?;
    let copied = read(&mut child);
    if copied.is_err() {
        // Nobody listens to it any more; that it has ended already is as good.
        let _ = child.kill();
    }
    let status = child.wait().with_context(|| format!("wait for {python}"))?;
    let copied = copied?;
    if signals::is_stopped() {
        return Ok(None);
    }
    match status.code() {
        Some(0) => Ok(Some(copied)),
        Some(NO_AIM) => bail!("import with Aim: {python} has none"),
        _ => bail!("import with Aim: {python} ended with {status}"),
    }
}

fn read(child: &mut Child) -> Result<Vec<Copied>> {
    let bar = bar("{prefix} {bar:24} {msg}, {eta} left", "importing".to_owned())?;
    let mut all = Vec::new();
    for line in BufReader::new(child.stdout.take().context("read what Aim says")?).lines() {
        let line = line.context("read what Aim says")?;
        // Aim's packages print to the same place.
        let Ok(copied) = serde_json::from_str::<Copied>(&line) else { continue };
        bar.set(all.len() as u64 + 1, copied.runs);
        bar.set_message(format!("{}/{} runs", all.len() + 1, copied.runs));
        all.push(copied);
    }
    Ok(all)
}

fn tell(from: &From, copied: &[Copied]) -> Result<u8> {
    let n_left = copied.iter().filter(|run| !run.copied).count() as u64;
    if from.json {
        print(&json!({ "runs": copied }).to_string())?;
    } else {
        for run in copied.iter().filter(|run| !run.copied) {
            warn(&format!("{}: {}", run.run, run.reason));
        }
        let n_copied = copied.len() as u64 - n_left;
        say(&format!("{} copied by Aim, {n_left} not", show::count(n_copied, "run")));
    }
    Ok(if n_left == 0 { DONE } else { FAILED })
}

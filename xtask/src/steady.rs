//! What the proofs of a server share: the programs, the server with its certificate, clients that go on for a while.
//!
//! `TRAILMARK_PROFILE` names the profile that the programs are built with, else it is `release`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench;
use crate::command::root;

/// How long a server may take to listen, and a client to end.
const LIMIT: Duration = Duration::from_secs(240);

/// The programs of a proof, in a folder of its own: what is built meanwhile changes nothing.
pub(crate) struct Programs {
    pub(crate) folder: PathBuf,
}

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it writes.
    pub(crate) output: PathBuf,
}

impl Programs {
    /// Builds them, into an empty folder below `target`.
    pub(crate) fn build(name: &str) -> Result<Self> {
        let profile = std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned());
        bench::build(&profile, "trailmark-client", "steady")?;
        let folder = root().join("target").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        let built = root().join("target").join(if profile == "dev" { "debug" } else { &profile });
        std::fs::copy(built.join("trailmark"), folder.join("trailmark"))?;
        std::fs::copy(built.join("examples/steady"), folder.join("steady"))?;
        Ok(Self { folder })
    }

    /// A file of the certificates for tests.
    pub(crate) fn tls(name: &str) -> PathBuf {
        root().join("testdata/tls").join(name)
    }

    /// The server's repository.
    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.join("server")
    }

    /// A client or the server, with what it is told about where runs wait and whom to believe.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command
            .env("TRAILMARK_CA_FILE", Self::tls("ca.pem"))
            .env("TRAILMARK_SPOOL", self.folder.join("spool"));
        command.env_remove("TRAILMARK_TOKEN").stdin(Stdio::null());
        command
    }

    /// Starts a prepared command, its output in a file of that name.
    pub(crate) fn start(&self, command: &mut Command, name: &str) -> Result<Process> {
        let output = self.folder.join(format!("{name}.jsonl"));
        let errors = self.folder.join(format!("{name}.err"));
        let create = |path: &Path| File::options().create(true).append(true).open(path);
        command.stdout(create(&output)?).stderr(create(&errors)?);
        let child = command.spawn().with_context(|| format!("start {name}"))?;
        Ok(Process { child, output })
    }

    /// Compares runs with what the server has of them, each a line as `steady check` reads it.
    pub(crate) fn check(&self, runs: &[Value]) -> Result<Value> {
        let wanted = self.folder.join("wanted.jsonl");
        std::fs::write(&wanted, runs.iter().map(|run| format!("{run}\n")).collect::<String>())?;
        let mut command = self.command("steady");
        command.arg("check").arg(self.repository()).stdin(File::open(&wanted)?);
        let done = command.stderr(Stdio::inherit()).output().context("compare what was recorded")?;
        if !done.status.success() {
            bail!("what the server has is not what was recorded to it");
        }
        Ok(serde_json::from_slice(&done.stdout)?)
    }
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of JSON that it has printed until now; one that is being written is left out.
    pub(crate) fn lines(&self) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(&self.output)?;
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n') && line.starts_with('{'));
        whole.map(|line| serde_json::from_str(line).context("read a client's line")).collect()
    }

    /// Sends SIGKILL, and waits.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until it ends well.
    pub(crate) fn wait(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("{}: {status}; see the file beside it", self.output.display());
            }
            if began.elapsed() > LIMIT {
                bail!("{}: still going on after {LIMIT:?}", self.output.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something listens at an address that `looks` can reach.
pub(crate) fn wait_until_up(looks: impl Fn() -> bool) -> Result<()> {
    let began = Instant::now();
    while !looks() {
        if began.elapsed() > LIMIT {
            bail!("wait for the server: got none in {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Of a client's lines those that say what a run holds in the end, as `steady check` wants them.
pub(crate) fn ended(lines: &[Value]) -> Vec<Value> {
    let ended = lines.iter().filter(|line| line["whole"].is_boolean());
    ended.map(|line| json!({"run": line["run"], "loss": [line["loss"], line["loss"]], "text": line["text"], "image": line["image"]}))
        .collect()
}

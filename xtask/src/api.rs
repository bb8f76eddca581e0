//! `long api`: Schemathesis asks every route of a server whatever the document of the interface allows and forbids, and
//! holds what comes back against the document; without sign-in, and with it. Then pyarrow and Polars read series.
//!
//! `TRAILMARK_API_PYTHON` names an interpreter that has the packages of `xtask/python/requirements-api.txt`,
//! `TRAILMARK_API_EXAMPLES` how many requests a route gets at most in each phase (100).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::bench_ui::Server;
use crate::command::{output, root, run, run_command};
use crate::peers;

/// What is generated into the repository: runs of every kind, and many, so that those that are deleted are not missed.
const KINDS: [&[&str]; 4] =
    [&["reference"], &["odd"], &["media"], &["many", "--runs", "60", "--steps", "100"]];
const SEED: &str = "1";

/// Asks a server that asks nobody who they are, then one that does.
pub(crate) fn prove() -> Result<()> {
    run("cargo", &["build", "--locked", "--package", "trailmark-cli"])?;
    run("cargo", &["build", "--locked", "--package", "trailmark-server", "--example", "generate"])?;
    let examples = std::env::var("TRAILMARK_API_EXAMPLES").unwrap_or_else(|_| "100".to_owned());
    let python = peers::api()?;
    let mut raw = Raw::create("api", &json!({"generated": KINDS, "examples": examples, "seed": SEED}))?;
    for wants_sign_in in [false, true] {
        let asked = Asked::begin(&python, wants_sign_in)?;
        if !wants_sign_in {
            let script = root().join("xtask/python/api_arrow.py");
            raw.keep(Command::new(&python).arg(script).arg(&asked.address))?;
        }
        let figures = asked.schemathesis(&examples)?;
        println!("{figures}");
        raw.write(&figures)?;
        if figures["exit_code"] != json!(0)
            || figures["operations"]["tested"] != figures["operations"]["selected"]
        {
            bail!("Schemathesis: got {figures}, want every route asked and no failure");
        }
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// A server over a repository of its own.
struct Asked {
    python: PathBuf,
    folder: PathBuf,
    address: String,
    token: Option<String>,
    _server: Server,
}

impl Asked {
    fn begin(python: &Path, wants_sign_in: bool) -> Result<Self> {
        let folder = root().join("target/long-api");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        let repository = folder.join("repository");
        let generate = root().join("target/debug/examples/generate");
        for kind in KINDS {
            let (name, more) = kind.split_first().context("name what is generated")?;
            run_command(Command::new(&generate).arg(name).arg(&repository).args(more))?;
        }
        let program = root().join("target/debug/trailmark");
        let mut up = Command::new(&program);
        up.arg("up").arg("--repo").arg(&repository).args(["--headless", "--port", "0"]);
        let mut token = None;
        if wants_sign_in {
            let place = repository.to_str().context("the repository's folder is not Unicode")?;
            let create = ["token", "create", "asks", "--scope", "admin", "--repo", place];
            let said = output(program.to_str().context("the program's name is not Unicode")?, &create)?;
            token = Some(said.trim().to_owned());
            up.arg("--sign-in");
        }
        let mut server = Server::start(&mut up)?;
        let address = server.address()?;
        let address = address.trim_end_matches('/').to_owned();
        Ok(Self { python: python.to_owned(), folder, address, token, _server: server })
    }

    /// Runs all checks; says how many requests there were, and how many failures.
    fn schemathesis(&self, examples: &str) -> Result<Value> {
        let report = self.folder.join("report.json");
        let mut command = Command::new(self.python.with_file_name("schemathesis"));
        // Beside the report it leaves a folder of its own.
        let own = root().join("xtask/python");
        command.current_dir(&self.folder).args(["--no-color", "--config-file"]);
        command.arg(own.join("schemathesis.toml")).env("SCHEMATHESIS_HOOKS", own.join("api_formats.py"));
        command.arg("run").arg(format!("{}/api/v1/openapi.json", self.address));
        command.args(["--checks", "all", "--max-examples", examples, "--seed", SEED]);
        command.args(["--continue-on-failure", "--generation-database", "none", "--request-timeout", "30"]);
        command.args(["--report", "json", "--report-json-path"]).arg(&report);
        command.env("TRAILMARK_API", &self.address).env("PYTHONDONTWRITEBYTECODE", "1");
        if let Some(token) = &self.token {
            command
                .args(["--header", &format!("Authorization: Bearer {token}")])
                .env("TRAILMARK_TOKEN", token);
        }
        // Failures are in the report; what it prints tells them to people.
        let status = command.status().context("start Schemathesis")?;
        let text = std::fs::read_to_string(&report)
            .with_context(|| format!("read the report of Schemathesis, which ended with {status}"))?;
        let report: Value = serde_json::from_str(&text).context("read the report of Schemathesis")?;
        Ok(summary(&report, self.token.is_some()))
    }
}

/// The figures of a report; of failures, what they are.
fn summary(report: &Value, wants_sign_in: bool) -> Value {
    let phases = report["phases"].as_object().into_iter().flatten();
    let phases: Vec<Value> =
        phases.map(|(name, phase)| json!({"phase": name, "status": phase["status"]})).collect();
    json!({
        "sign_in": wants_sign_in, "schemathesis": report["schemathesis_version"], "seed": report["seed"],
        "seconds": report["running_time"], "exit_code": report["exit_code"], "operations": report["operations"],
        "phases": phases, "requests": report["test_cases"]["generated"], "failures": report["failures"],
        "errors": report["errors"], "warnings": report["warnings"],
    })
}

//! The page's benchmark: a browser shows many curves, from our server and from Aim's, driven by the same script.
//!
//! The server and the repositories are real; what is counted is the CPU of the browser's whole process tree.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::command::{root, run, run_command};
use crate::ui;

/// How much of the page's benchmark is run.
#[derive(Args)]
pub(crate) struct Ui {
    /// Curves, one a run.
    #[arg(long, default_value_t = 1000)]
    runs: usize,
    /// Points a curve.
    #[arg(long, default_value_t = 500)]
    steps: usize,
    /// How often our page takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A Python interpreter with Aim 3.29.1, to measure its page with; it takes minutes.
    #[arg(long, value_name = "PYTHON")]
    aim: Option<PathBuf>,
    /// Curves of Aim's page; writing a thousand runs takes Aim minutes.
    #[arg(long, default_value_t = 1000, value_name = "RUNS")]
    aim_runs: usize,
    /// The port of Aim's server.
    #[arg(long, default_value_t = 43_899, value_name = "PORT")]
    aim_port: u16,
}

/// A server that is stopped when it is dropped, with every process that it started: Aim's leaves its workers behind.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        Ok(Self(command.spawn().with_context(|| format!("start {program}"))?))
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The address that it says it listens on, on either of its outputs, which are read to their ends.
    pub(crate) fn address(&mut self) -> Result<String> {
        let (found, said) = mpsc::channel();
        let out = self.0.stdout.take().context("read a server's output")?;
        let err = self.0.stderr.take().context("read a server's output")?;
        for output in [Box::new(out) as Box<dyn Read + Send>, Box::new(err)] {
            let found = found.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if let Some(address) = address_in(&line) {
                        let _ = found.send(address); // the first one is waited for
                    }
                }
            });
        }
        drop(found);
        said.recv().context("wait for a server to say its address")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status(); // it may have ended by itself
        let _ = self.0.wait();
    }
}

/// Runs the benchmark.
pub(crate) fn ui(arguments: &Ui) -> Result<()> {
    ui::packages()?;
    run("cargo", &["build", "--release", "--locked", "--package", "trailmark-cli"])?;
    run(
        "cargo",
        &["build", "--release", "--locked", "--package", "trailmark-server", "--example", "generate"],
    )?;
    let settings = json!({"runs": arguments.runs, "steps": arguments.steps, "rounds": arguments.rounds});
    let mut raw = Raw::create("ui", &settings)?;
    let mut lines = Vec::new();
    {
        let (server, address) = ours(arguments)?;
        for _ in 0..arguments.rounds {
            for (name, search) in VIEWS {
                let url = format!("{address}/metrics{search}");
                let mut browser = browser("trailmark", name, &url, arguments.runs);
                browser.args(["--server", &server.id().to_string()]);
                lines.push(raw.keep(&mut browser)?);
            }
        }
    }
    if let Some(python) = &arguments.aim {
        let server = aim(arguments, python)?;
        let url = format!("http://127.0.0.1:{}/metrics", arguments.aim_port);
        let mut browser = browser("aim", "aim 3.29.1", &url, arguments.aim_runs);
        browser.args(["--moves", "5", "--redraws", "3", "--server", &server.id().to_string()]);
        lines.push(raw.keep(&mut browser)?);
    }
    report(&lines);
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

/// Our page as it opens, and with every curve drawn, in dashes.
const VIEWS: [(&str, &str); 2] =
    [("density, as it opens", ""), ("every line, dashed", "?dash=per_device_train_batch_size&lines=1")];

fn ours(arguments: &Ui) -> Result<(Server, String)> {
    let folder = root().join(format!("target/bench-ui/wide-{}-{}", arguments.runs, arguments.steps));
    if !folder.exists() {
        let mut generate = Command::new(root().join("target/release/examples/generate"));
        generate.arg("wide").arg(&folder);
        generate.args(["--runs", &arguments.runs.to_string(), "--steps", &arguments.steps.to_string()]);
        run_command(&mut generate)?;
    }
    let mut command = Command::new(root().join("target/release/trailmark"));
    command.arg("up").arg("--repo").arg(&folder).args(["--port", "0", "--no-open"]);
    let mut server = Server::start(&mut command)?;
    let address = server.address()?;
    Ok((server, address))
}

/// The address in a line of what a server says.
fn address_in(line: &str) -> Option<String> {
    let rest = line.get(line.find("http://")?..)?;
    let end = rest.find(|sign: char| sign.is_whitespace()).unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches('/').to_owned())
}

fn aim(arguments: &Ui, python: &Path) -> Result<Server> {
    let folder = root().join(format!("target/bench-ui/aim-{}-{}", arguments.aim_runs, arguments.steps));
    if !folder.exists() {
        std::fs::create_dir_all(&folder)?;
        let mut write = Command::new(python);
        write.arg(root().join("benches/ui/aim_runs.py")).arg(&folder);
        write.args(["--runs", &arguments.aim_runs.to_string(), "--steps", &arguments.steps.to_string()]);
        run_command(&mut write)?;
    }
    let mut command = Command::new(python.with_file_name("aim"));
    command.arg("up").arg("--repo").arg(&folder).args(["--port", &arguments.aim_port.to_string()]);
    let mut server = Server::start(&mut command)?;
    server.address()?;
    std::thread::sleep(std::time::Duration::from_secs(5)); // it says its address a little before it listens
    Ok(server)
}

fn browser(kind: &str, name: &str, url: &str, curves: usize) -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("benches/ui/browser.mjs"));
    command.args(["--kind", kind, "--name", name, "--url", url, "--curves", &curves.to_string()]);
    command
}

fn report(lines: &[Value]) {
    println!(
        "\n{:<30} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "show s", "move ms", "redraw ms", "pan fps", "server s"
    );
    for line in lines {
        let figure =
            |key: &str| line[key].as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        println!(
            "{:<30} {:>9} {:>9} {:>9} {:>9} {:>9}",
            format!("{} ({})", line["name"].as_str().unwrap_or(""), line["curves"]),
            figure("show_cpu_seconds"),
            figure("move_cpu_millis"),
            figure("redraw_cpu_millis"),
            figure("pan_frames_a_second"),
            figure("server_cpu_seconds"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_a_server_says() {
        let check = |line: &str, want: Option<&str>| assert_eq!(address_in(line), want.map(str::to_owned));
        check("  http://127.0.0.1:43800/ ready", Some("http://127.0.0.1:43800"));
        check("Open http://127.0.0.1:1", Some("http://127.0.0.1:1"));
        check("nothing", None);
    }
}

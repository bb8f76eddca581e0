//! The page's benchmark: a browser shows many curves, from our server and from Aim's, driven by the same script.
//!
//! The server and the repositories are real; what is counted is the CPU of the browser's whole process tree. Aim gets
//! copies of our runs, read from our server, so that both pages show the same curves.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
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
    /// Curves of Aim's page and of ours beside it; writing a thousand runs takes Aim minutes.
    #[arg(long, default_value_t = 300, value_name = "RUNS")]
    aim_runs: usize,
    /// The build of our programs that is measured.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Leaves out our page of `--runs` curves.
    #[arg(long)]
    beside_only: bool,
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
    let build = ["build", "--locked", "--profile", &arguments.profile, "--package", "trailmark-cli"];
    run("cargo", &[&build[..], &["--package", "trailmark-server", "--bins", "--examples"]].concat())?;
    std::fs::create_dir_all(root().join(FOLDER))?;
    let settings = json!({
        "runs": arguments.runs, "steps": arguments.steps, "rounds": arguments.rounds,
        "profile": arguments.profile, "aim_runs": arguments.aim.as_ref().map(|_| arguments.aim_runs),
    });
    let mut raw = Raw::create("ui", &settings)?;
    let mut lines =
        vec![raw.keep(browser("empty", "an empty page", "about:blank", 0).args(["--moves", "40"]))?];
    if !arguments.beside_only {
        ours(arguments, arguments.runs, |address, server| {
            views(arguments, (address, server), arguments.runs, &mut raw, &mut lines)
        })?;
    }
    if let Some(python) = &arguments.aim {
        let n_runs = arguments.aim_runs;
        ours(arguments, n_runs, |address, server| {
            views(arguments, (address, server), n_runs, &mut raw, &mut lines)?;
            copy_to_aim(arguments, python, address)
        })?;
        let server = aim(arguments, python)?;
        let url = format!("http://127.0.0.1:{}/metrics", arguments.aim_port);
        let mut browser = browser("aim", "aim 3.29.1, dashed", &url, n_runs);
        browser.args(["--moves", "5", "--redraws", "3", "--server", &server.id().to_string()]);
        lines.push(raw.keep(&mut browser)?);
    }
    report(&lines);
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

/// Where repositories and pictures of the pages lie.
const FOLDER: &str = "target/bench-ui";

/// Our page as it opens, and with every curve drawn, those of two of three batch sizes in dashes.
const VIEWS: [(&str, &str); 2] =
    [("density, as it opens", ""), ("every line, dashed", "?dash=per_device_train_batch_size&lines=1")];

/// Measures each view of our page in turn, as often as was asked for.
fn views(
    arguments: &Ui,
    (address, server): (&str, u32),
    n_runs: usize,
    raw: &mut Raw,
    lines: &mut Vec<Value>,
) -> Result<()> {
    for _ in 0..arguments.rounds {
        for (name, search) in VIEWS {
            let mut browser = browser("trailmark", name, &format!("{address}/metrics{search}"), n_runs);
            browser.args(["--server", &server.to_string()]);
            lines.push(raw.keep(&mut browser)?);
        }
    }
    Ok(())
}

/// Serves a new repository of so many curves while `measure` runs, which gets its address and process.
fn ours(arguments: &Ui, n_runs: usize, measure: impl FnOnce(&str, u32) -> Result<()>) -> Result<()> {
    let folder = root().join(FOLDER).join(format!("wide-{n_runs}-{}", arguments.steps));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let program = |name: &str| root().join("target").join(&arguments.profile).join(name);
    let mut generate = Command::new(program("examples/generate"));
    generate.arg("wide").arg(&folder);
    generate.args(["--runs", &n_runs.to_string(), "--steps", &arguments.steps.to_string()]);
    run_command(&mut generate)?;
    let mut command = Command::new(program("trailmark"));
    command.arg("up").arg("--repo").arg(&folder).args(["--port", "0", "--no-open"]);
    let mut server = Server::start(&mut command)?;
    let address = server.address()?;
    measure(&address, server.id())
}

/// The address in a line of what a server says.
fn address_in(line: &str) -> Option<String> {
    let rest = line.get(line.find("http://")?..)?;
    let end = rest.find(|sign: char| sign.is_whitespace()).unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches('/').to_owned())
}

fn aim_folder(arguments: &Ui) -> PathBuf {
    root().join(FOLDER).join(format!("aim-{}-{}", arguments.aim_runs, arguments.steps))
}

/// Writes the runs that are served at an address with Aim, unless that was done before: they are the same each time.
fn copy_to_aim(arguments: &Ui, python: &Path, address: &str) -> Result<()> {
    let folder = aim_folder(arguments);
    let done = folder.join("complete");
    if done.exists() {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut write = Command::new(python);
    write.arg(root().join("benches/ui/aim_runs.py")).arg(address).arg(&folder);
    run_command(&mut write)?;
    // Without an index its server finds nothing for a while.
    let mut index = Command::new(python.with_file_name("aim"));
    index.args(["storage", "--repo"]).arg(&folder).args(["reindex", "--yes"]);
    run_command(&mut index)?;
    Ok(std::fs::write(done, [])?)
}

fn aim(arguments: &Ui, python: &Path) -> Result<Server> {
    let mut command = Command::new(python.with_file_name("aim"));
    command.arg("up").arg("--repo").arg(aim_folder(arguments));
    command.args(["--port", &arguments.aim_port.to_string()]);
    let mut server = Server::start(&mut command)?;
    server.address()?;
    // It says its address a little before it listens.
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", arguments.aim_port)).is_ok() {
            return Ok(server);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("connect to aim: got no answer at port {}", arguments.aim_port)
}

fn browser(kind: &str, name: &str, url: &str, curves: usize) -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("benches/ui/browser.mjs"));
    command.args(["--kind", kind, "--name", name, "--url", url, "--curves", &curves.to_string()]);
    let shot = format!("{}-{curves}.png", name.replace([',', ' '], "-"));
    command.arg("--shot").arg(root().join(FOLDER).join(shot));
    command
}

fn report(lines: &[Value]) {
    println!(
        "\n{:<30} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "show s", "move ms", "redraw ms", "pan fps", "server s", "MB"
    );
    for line in lines {
        let figure =
            |key: &str| line[key].as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        println!(
            "{:<30} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            format!("{} ({})", line["name"].as_str().unwrap_or(""), line["curves"]),
            figure("show_cpu_seconds"),
            figure("move_cpu_millis"),
            figure("redraw_cpu_millis"),
            figure("pan_frames_a_second"),
            figure("server_cpu_seconds"),
            figure("megabytes"),
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

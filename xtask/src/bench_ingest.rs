//! `bench ingest`: points a second that processes record into one server, each acknowledged when it is on the disk.
//!
//! Every point is made by a call of its own; afterwards every point is read back from the server's repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::{self, Raw, median};
use crate::bench_ui::Server;
use crate::command::root;

/// How much of it is run.
#[derive(Args)]
pub(crate) struct Ingest {
    /// Processes that record at once.
    #[arg(long, default_value_t = 8)]
    processes: usize,
    /// Points of each.
    #[arg(long, default_value_t = 1_000_000)]
    points: usize,
    /// How often.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The profile that the program is built with.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// Runs the benchmark.
pub(crate) fn ingest(arguments: &Ingest) -> Result<()> {
    bench::build(&arguments.profile, "trailmark-client", "ship")?;
    let settings = json!({
        "processes": arguments.processes, "points": arguments.points, "rounds": arguments.rounds,
        "profile": arguments.profile,
    });
    let mut raw = Raw::create("ingest", &settings)?;
    let mut rates = Vec::new();
    for _ in 0..arguments.rounds {
        let line = round(arguments)?;
        eprintln!("{line}");
        raw.write(&line)?;
        rates.push(line["points_a_second"].as_f64().unwrap_or_default());
    }
    println!("{:.2} M points a second, median of {}", median(rates) / 1e6, arguments.rounds);
    println!("raw output: {}", raw.path.display());
    Ok(())
}

fn program(arguments: &Ingest, name: &str) -> PathBuf {
    root().join("target").join(&arguments.profile).join(name)
}

fn round(arguments: &Ingest) -> Result<Value> {
    let folder = root().join("target/bench-ingest");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("empty target/bench-ingest")?;
    }
    let repository = folder.join("server");
    let mut up = Command::new(program(arguments, "trailmark"));
    up.arg("up").arg("--repo").arg(&repository).args(["--port", "0", "--headless"]);
    let mut server = Server::start(&mut up)?;
    let address = server.address()?;
    let before = cpu_secs(server.id())?;
    let began = Instant::now();
    let mut children = Vec::new();
    for process in 0..arguments.processes {
        let mut command = Command::new(program(arguments, "examples/ship"));
        command.args(["record", &address]).arg(folder.join(format!("spool-{process}")));
        command.arg(arguments.points.to_string()).stdout(Stdio::piped());
        children.push(command.spawn().context("start a recorder")?);
    }
    let mut clients = Vec::new();
    for child in children {
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("a recorder failed");
        }
        clients.push(serde_json::from_slice::<Value>(&output.stdout).context("read a recorder's line")?);
    }
    let seconds = began.elapsed().as_secs_f64();
    let server_cpu = cpu_secs(server.id())? - before;
    drop(server);
    let n_points = arguments.processes * arguments.points;
    check(arguments, &repository)?;
    let sum = |key: &str| clients.iter().filter_map(|client| client[key].as_f64()).sum::<f64>();
    Ok(json!({
        "points": n_points, "seconds": seconds, "points_a_second": n_points as f64 / seconds,
        "server_cpu_seconds": server_cpu, "client_cpu_seconds": sum("cpu_seconds"),
        "track_cpu_nanos": sum("track_cpu_nanos") / arguments.processes as f64,
        "bytes_a_point": sum("bytes") / n_points as f64,
    }))
}

/// Reads every point back.
fn check(arguments: &Ingest, repository: &Path) -> Result<()> {
    let mut command = Command::new(program(arguments, "examples/ship"));
    command.arg("check").arg(repository);
    let counts = [arguments.processes, arguments.points].map(|count| count.to_string());
    let output = command.args(counts).output().context("read the points back")?;
    if !output.status.success() {
        bail!("the points read back differ: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// User and system time of a process.
fn cpu_secs(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("read the server's time")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (ticks(11).context("no user time")?, ticks(12).context("no system time")?);
    Ok((user + system) / 100.0)
}

//! `bench up`: how long `trailmark up` takes to start on many runs, what it holds in memory, and what its answers take.
//!
//! The repository is generated, with real journals; the program and the requests are those of the page.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::{self, Raw, median};
use crate::bench_ui::Server;
use crate::command::{root, run_command};

/// Requests of each kind when everything is warm.
const REPEATS: usize = 9;

/// How much of the server's benchmark is run.
#[derive(Args)]
pub(crate) struct Up {
    /// Runs of the repository.
    #[arg(long, default_value_t = 5000)]
    runs: usize,
    /// Training steps of each run.
    #[arg(long, default_value_t = 1000)]
    steps: usize,
    /// How often the server is started.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The profile that the program is built with.
    #[arg(long, default_value = "release")]
    profile: String,
}

/// What is asked, as the page asks it: a name, and the route.
const ASKED: [(&str, &str); 6] = [
    ("runs page, first rows", "runs?limit=100"),
    ("runs page, its fields", "fields"),
    ("runs page, findings", "findings"),
    (
        "search by params",
        "runs?limit=100&q=run.hparams.learning_rate%20%3C%200.001%20and%20run.active%20%3D%3D%20False",
    ),
    (
        "search by metrics",
        "runs?limit=100&q=any(metric.name%20%3D%3D%20%22loss%22%20and%20metric.last%20%3C%201%20for%20metric%20in%20run.metrics)",
    ),
    (
        "training loss of all runs, 200 points each",
        "series?names=loss&points=200&columns=step,value&f32=1&limit=20000&q=metric.context.subset%20%3D%3D%20%22train%22",
    ),
];

/// Runs the benchmark.
pub(crate) fn up(arguments: &Up) -> Result<()> {
    bench::build(&arguments.profile, "trailmark-server", "generate")?;
    let folder = repository(arguments)?;
    let settings = json!({
        "runs": arguments.runs, "steps": arguments.steps, "rounds": arguments.rounds, "profile": arguments.profile,
    });
    let mut raw = Raw::create("up", &settings)?;
    let mut lines = Vec::new();
    for _ in 0..arguments.rounds {
        for line in round(arguments, &folder)? {
            eprintln!("{line}");
            raw.write(&line)?;
            lines.push(line);
        }
    }
    report(&lines)?;
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

fn program(arguments: &Up, name: &str) -> PathBuf {
    root().join("target").join(&arguments.profile).join(name)
}

/// The generated repository.
fn repository(arguments: &Up) -> Result<PathBuf> {
    let folder = root().join(format!("target/bench-up/many-{}-{}", arguments.runs, arguments.steps));
    if !folder.exists() {
        let mut generate = Command::new(program(arguments, "examples/generate"));
        generate.arg("many").arg(&folder);
        generate.args(["--runs", &arguments.runs.to_string(), "--steps", &arguments.steps.to_string()]);
        run_command(&mut generate)?;
        // A run that changed a moment ago is not trusted yet, and read again each time.
        std::thread::sleep(std::time::Duration::from_secs(4));
    }
    Ok(folder)
}

/// Starts without a catalog, then with one; asks everything, the first time and when it is warm.
fn round(arguments: &Up, folder: &Path) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    for file in ["catalog.sqlite", "catalog.sqlite-journal"] {
        let _ = std::fs::remove_file(folder.join(file)); // it may not be there
    }
    let mut server = None;
    for name in ["first start, without a catalog", "start"] {
        drop(server.take());
        let began = Instant::now();
        let mut command = Command::new(program(arguments, "trailmark"));
        command.arg("up").arg("--repo").arg(folder).args(["--port", "0", "--no-open"]);
        let mut started = Server::start(&mut command)?;
        let address = started.address()?;
        let n_bytes = ask(&address, "info")?;
        let millis = began.elapsed().as_secs_f64() * 1e3;
        lines.push(
            json!({"name": name, "millis": millis, "bytes": n_bytes, "megabytes": resident(started.id())?}),
        );
        server = Some((started, address));
    }
    let (server, address) = server.context("start no server")?;
    for (name, route) in ASKED {
        let mut millis = Vec::new();
        let mut n_bytes = 0;
        for _ in 0..=REPEATS {
            let began = Instant::now();
            n_bytes = ask(&address, route)?;
            millis.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let first = millis.remove(0);
        lines.push(json!({
            "name": name, "first_millis": first, "millis": median(millis), "bytes": n_bytes,
            "megabytes": resident(server.id())?,
        }));
    }
    Ok(lines)
}

/// Asks a route and reads the answer; says how many bytes it has.
pub(crate) fn ask(address: &str, route: &str) -> Result<usize> {
    let host = address.strip_prefix("http://").context("read the server's address")?;
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET /api/v1/{route} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        bail!("ask {route}: {}", String::from_utf8_lossy(answer.get(..400).unwrap_or(&answer)));
    }
    Ok(answer.len())
}

/// Megabytes that a process has in memory.
pub(crate) fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("read VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

/// The medians of all rounds.
fn report(lines: &[Value]) -> Result<()> {
    println!("\n{:<44} {:>9} {:>9} {:>9} {:>9}", "", "first ms", "ms", "MB", "answer kB");
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        let name = line["name"].as_str().context("read a name")?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let figure = |field: &str| {
            let of_name = lines.iter().filter(|line| line["name"] == name);
            let values: Vec<f64> = of_name.filter_map(|line| line[field].as_f64()).collect();
            if values.is_empty() { "–".to_owned() } else { format!("{:.1}", median(values)) }
        };
        let n_kilobytes = figure("bytes").parse().map_or(0.0, |bytes: f64| bytes / 1000.0);
        let [first, millis, megabytes] = ["first_millis", "millis", "megabytes"].map(figure);
        println!("{name:<44} {first:>9} {millis:>9} {megabytes:>9} {n_kilobytes:>9.1}");
    }
    Ok(())
}

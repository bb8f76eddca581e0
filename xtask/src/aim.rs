//! The real client of Aim against our server: `long aim`.
//!
//! Three minor versions of it, each in an environment of its own, track every type, read, resume, copy, delete, and survive
//! a server that is killed in mid-run; the newest one's points a second are measured beside Aim's own server.
//! `TRAILMARK_AIM_PYTHON` names an interpreter that has the newest `aim` already, `TRAILMARK_PROFILE` a build other than
//! `release`, and `TRAILMARK_AIM_POINTS=0` leaves the measuring out.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::{Raw, median};
use crate::bench_ui::Server;
use crate::command::{root, run, run_command};
use crate::peers::{self, NEWEST_AIM};

/// Numbers that are tracked to measure a server.
const POINTS: u32 = 5000;
/// Clients at once that a server is measured with.
const CLIENTS: [usize; 2] = [1, 4];
/// How often each server takes its turn.
const ROUNDS: usize = 3;
/// How long a server may take to listen.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a server that was killed stays away.
const AWAY: Duration = Duration::from_secs(2);

/// The minor versions of the client that are proven.
const VERSIONS: [&str; 3] = [NEWEST_AIM, "3.28", "3.27"];

/// Runs all of it.
pub(crate) fn prove() -> Result<()> {
    let profile = std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned());
    run("cargo", &["build", "--profile", &profile, "--locked", "--package", "trailmark-cli"])?;
    let target = if profile == "dev" { "debug" } else { &profile };
    let program = root().join("target").join(target).join("trailmark");
    let folder = root().join("target/aim");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("empty target/aim")?;
    }
    let mut raw = Raw::create("aim", &json!({"points": POINTS, "rounds": ROUNDS, "build": target}))?;
    for minor in VERSIONS {
        let folder = folder.join(minor);
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let (program, python) = (program.clone(), peers::aim_of(minor)?);
        let client = Client { program, python, url: format!("aim://127.0.0.1:{}", free_port()?) };
        let began = Instant::now();
        let version = client.prove(&folder).with_context(|| format!("prove the client {minor}"))?;
        let secs = (began.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        raw.write(&json!({"client": version, "proven": true, "secs": secs}))?;
        println!("aim {version}: proven in {secs} s");
        if minor == NEWEST_AIM && std::env::var("TRAILMARK_AIM_POINTS").as_deref() != Ok("0") {
            compare(&client, &folder, &mut raw)?;
        }
    }
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// Points a second of one client and of several, beside Aim's own server.
fn compare(client: &Client, folder: &Path, raw: &mut Raw) -> Result<()> {
    for n_clients in CLIENTS {
        for (name, is_ours) in [("trailmark", true), ("aim 3.29.1", false)] {
            let mut rounds = Vec::new();
            for round in 0..ROUNDS {
                let place = folder.join(format!("points-{is_ours}-{n_clients}-{round}"));
                let server = if is_ours { client.ours(&place)? } else { client.aims(&place)? };
                let mut figures = client.points(n_clients)?;
                figures["server"] = name.into();
                println!("{figures}");
                raw.write(&figures)?;
                rounds.push(figures);
                drop(server);
            }
            let of = |key: &str| median(rounds.iter().filter_map(|round| round[key].as_f64()).collect());
            println!(
                "{name}: {:.0} points a second from {n_clients} at once, {:.0} µs of a client's CPU a point (median of {ROUNDS})",
                of("points_per_sec"),
                of("client_cpu_us_per_point")
            );
        }
    }
    Ok(())
}

/// The real client, and where it tracks to.
struct Client {
    /// Our program.
    program: PathBuf,
    python: PathBuf,
    url: String,
}

impl Client {
    fn port(&self) -> &str {
        self.url.rsplit(':').next().unwrap_or_default()
    }

    fn ours(&self, repository: &Path) -> Result<Server> {
        let mut up = Command::new(&self.program);
        up.arg("up").arg("--repo").arg(repository).args(["--headless", "--port", self.port()]);
        self.wait_for(Server::start(up.stdin(Stdio::null()))?)
    }

    fn aims(&self, folder: &Path) -> Result<Server> {
        std::fs::create_dir_all(folder).context("make a folder for Aim")?;
        let aim = self.python.with_file_name("aim");
        run_command(Command::new(&aim).arg("init").arg("--repo").arg(folder))?;
        let mut server = Command::new(&aim);
        server.arg("server").arg("--repo").arg(folder).args(["--host", "127.0.0.1", "--port", self.port()]);
        self.wait_for(Server::start(&mut server)?)
    }

    fn wait_for(&self, server: Server) -> Result<Server> {
        let began = Instant::now();
        let address = self.url.trim_start_matches("aim://");
        while std::net::TcpStream::connect(address).is_err() {
            if began.elapsed() > LIMIT {
                bail!("wait for a server on {address}: got none in {LIMIT:?}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        let (part, rest) = arguments.split_first().unwrap_or((&"", &[]));
        command.arg(root().join("xtask/python/aim_client.py")).arg(part).arg(&self.url).args(rest);
        command.env("PYTHONUNBUFFERED", "1");
        command
    }

    fn start(&self, arguments: &[&str]) -> Result<Child> {
        self.command(arguments).stdout(Stdio::piped()).spawn().context("start Aim's client")
    }

    /// What a part prints; one that fails ends the proof.
    fn output(&self, arguments: &[&str]) -> Result<String> {
        let done = self.command(arguments).stderr(Stdio::inherit()).output().context("start Aim's client")?;
        if !done.status.success() {
            bail!("aim_client.py {}: {}", arguments.join(" "), done.status);
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// The hash that a part prints, if it does.
    fn part(&self, arguments: &[&str]) -> Result<String> {
        let said = self.output(arguments)?;
        Ok(said.lines().find_map(|line| line.strip_prefix("hash ")).unwrap_or_default().to_owned())
    }

    /// Has clients track at once; says their points a second, from the first's beginning to the last one's end.
    fn points(&self, n_clients: usize) -> Result<Value> {
        let mut clients = Vec::new();
        for _ in 0..n_clients {
            let mut command = self.command(&["points", &POINTS.to_string()]);
            let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            clients.push(child.context("start Aim's client")?);
        }
        let mut outs = Vec::new();
        for child in &mut clients {
            let mut lines = BufReader::new(child.stdout.take().context("read Aim's client")?).lines();
            lines.find(|line| matches!(line, Ok(line) if line == "ready")).context("wait for a client")??;
            outs.push(lines);
        }
        for child in &mut clients {
            let mut input = child.stdin.take().context("start a client")?;
            std::io::Write::write_all(&mut input, b"go\n").context("start a client")?;
        }
        let (mut began, mut ended, mut cpu) = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
        for lines in &mut outs {
            let line = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with('{'));
            let line = line.context("read a client's figures")?;
            let figures: Value = serde_json::from_str(&line).context("read a client's figures")?;
            let of = |key: &str| figures[key].as_f64().with_context(|| format!("read a client's {key}"));
            (began, ended) = (of("began")?.min(began), of("ended")?.max(ended));
            cpu += of("client_cpu_us_per_point")? / n_clients as f64;
        }
        for child in &mut clients {
            let status = child.wait().context("wait for Aim's client")?;
            if !status.success() {
                bail!("aim_client.py points: {status}");
            }
        }
        let n_points = n_clients as f64 * f64::from(POINTS);
        Ok(json!({
            "clients": n_clients, "points": n_points, "acknowledged_secs": ended - began,
            "points_per_sec": (n_points / (ended - began)).round(), "client_cpu_us_per_point": cpu.round(),
        }))
    }

    /// Everything but the measuring; says the client's whole version.
    fn prove(&self, folder: &Path) -> Result<String> {
        let said = self.output(&["version"])?;
        let version = said.lines().find_map(|line| line.strip_prefix("version "));
        let version = version.with_context(|| format!("read the client's version: got {said:?}"))?.to_owned();
        let repository = folder.join("trailmark");
        let server = self.ours(&repository)?;
        let hash = self.part(&["everything"])?;
        self.part(&["read", &hash])?;
        self.part(&["resume", &hash, "100"])?;
        self.part(&["copy", &folder.join("local").to_string_lossy()])?;
        let (died, mut child) = hash_of(self.start(&["die"])?)?;
        child.wait().context("wait for a client that dies")?;
        self.part(&["resume", &died, "1"])?;
        println!("a client tracks every type, reads, resumes, copies, deletes, and dies");
        self.survive(&repository, server)?;
        println!("a client survives a server that is killed in mid-run, with every point");
        Ok(version)
    }

    /// Kills the server while a client tracks, starts it again, and counts.
    fn survive(&self, repository: &Path, server: Server) -> Result<()> {
        const COUNT: &str = "200";
        let child = self.start(&["slow", COUNT, "12"])?;
        let (hash, mut child) = hash_of(child)?;
        let out = child.stdout.take().context("read Aim's client")?;
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        lines.find(|line| line == "line 60").context("wait for the client's 60th point")?;
        drop(server);
        std::thread::sleep(AWAY);
        let _server = self.ours(repository)?;
        let last = lines.last();
        let status = child.wait().context("wait for Aim's client")?;
        if last.as_deref() != Some("closed") || !status.success() {
            bail!("track through a restart: got {last:?} and {status}");
        }
        self.part(&["count", &hash, COUNT]).map(drop)
    }
}

/// The hash that a client prints first.
fn hash_of(mut child: Child) -> Result<(String, Child)> {
    let mut line = String::new();
    // Byte by byte, so that what follows is left to read.
    let out = child.stdout.as_mut().context("read Aim's client")?;
    let mut byte = [0];
    while !line.ends_with('\n') && std::io::Read::read(out, &mut byte).context("read Aim's client")? == 1 {
        line.push(byte[0] as char);
    }
    let hash = line.trim().strip_prefix("hash ").with_context(|| format!("read a hash: got {line:?}"))?;
    Ok((hash.to_owned(), child))
}

/// A port that is free now.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}

//! `long soak`: half an hour of twenty clients, a reader and a listener at one server that speaks TLS.
//!
//! Fifteen clients are ours, ten of them with a new run every two minutes; five are Aim's own. The server's memory, files
//! and threads stay bounded, and neither answers nor acknowledgements get slower. `TRAILMARK_SOAK_SECS` says for how
//! long instead of 1,800, `TRAILMARK_SOAK_AIM=0` leaves Aim's clients to ours.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::command::root;
use crate::peers;
use crate::steady::{Process, Programs, ended, wait_until_up};

/// Clients, and how many of them are Aim's.
const CLIENTS: usize = 20;
const AIMS: usize = 5;
/// Of our own clients those that keep one run all the time; the others begin a new one so often.
const LONG: usize = 5;
const RUN_SECS: u64 = 120;
/// How often the server is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// When the server has settled, and its memory is taken as what the rest is held against.
const SETTLED: Duration = Duration::from_secs(300);
/// What the server may take at most: bytes in memory, open files beside two for each client, threads.
const MOST_BYTES: f64 = 512e6;
const MOST_FILES: u64 = 128;
const MOST_THREADS: u64 = 64;

/// What a server takes at a moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    secs: f64,
    resident_bytes: f64,
    n_files: u64,
    n_threads: u64,
}

/// Runs it.
pub(crate) fn prove() -> Result<()> {
    let secs = std::env::var("TRAILMARK_SOAK_SECS").ok().map(|text| text.parse()).transpose();
    let secs: u64 = secs.context("read TRAILMARK_SOAK_SECS")?.unwrap_or(1800);
    let n_aims = if std::env::var("TRAILMARK_SOAK_AIM").is_ok_and(|text| text == "0") { 0 } else { AIMS };
    let programs = Programs::build("soak")?;
    let settings = json!({"secs": secs, "clients": CLIENTS, "aims": n_aims, "tls": true,
        "profile": std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned())});
    let mut raw = Raw::create("soak", &settings)?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut server = serve(&programs, port)?;
    let began = Instant::now();
    let (mut clients, mut others) = start(&programs, port, (secs, n_aims))?;
    let mut looks = Vec::new();
    while clients.iter_mut().chain(&mut others).any(|client| !client.has_ended().unwrap_or(true)) {
        if server.has_ended()? {
            bail!("the server ended after {:?}", began.elapsed());
        }
        let look = look(&server, began)?;
        raw.write(&json!({"secs": look.secs, "resident_bytes": look.resident_bytes, "files": look.n_files,
            "threads": look.n_threads}))?;
        looks.push(look);
        std::thread::sleep(LOOK);
        if began.elapsed() > Duration::from_secs(secs) + Duration::from_secs(600) {
            bail!("clients go on ten minutes after their time");
        }
    }
    let mut lines = Vec::new();
    for client in clients.iter_mut().chain(&mut others) {
        client.wait()?;
        lines.push(client.lines()?);
    }
    let read = programs.check(&runs(&lines[..CLIENTS]))?;
    raw.write(&read)?;
    println!("every point of {} runs is there once: {} points", read["runs"], read["points"]);
    let problems = [judge_server(&mut raw, &looks)?, judge_waits(&mut raw, &lines, secs as f64)?].concat();
    println!("raw output: {}", raw.path.display());
    if problems.is_empty() { Ok(()) } else { bail!("{}", problems.join("; ")) }
}

fn serve(programs: &Programs, port: u16) -> Result<Process> {
    let mut up = programs.command("trailmark");
    up.args(["up", "--headless", "--port", &port.to_string(), "--repo"]).arg(programs.repository());
    up.arg("--tls-cert").arg(Programs::tls("first.pem")).arg("--tls-key").arg(Programs::tls("first.key"));
    let server = programs.start(&mut up, "up")?;
    wait_until_up(|| TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(server)
}

/// Those who record, and those who look.
fn start(
    programs: &Programs,
    port: u16,
    (secs, n_aims): (u64, usize),
) -> Result<(Vec<Process>, Vec<Process>)> {
    let (url, all) = (format!("https://localhost:{port}"), secs.to_string());
    let mut clients = Vec::new();
    for number in 0..CLIENTS - n_aims {
        let run_secs = if number < LONG { secs } else { RUN_SECS };
        let mut command = programs.command("steady");
        command.args(["record", &url]).arg(programs.folder.join(format!("spool-{number}")));
        clients.push(programs.start(command.args([&all, &run_secs.to_string()]), &format!("ours-{number}"))?);
    }
    let python = if n_aims > 0 { Some(peers::aim()?) } else { None };
    for number in 0..n_aims {
        let mut command = std::process::Command::new(python.as_ref().context("find Aim's client")?);
        command.arg(root().join("xtask/python/aim_client.py")).arg("steady");
        command.arg(format!("aim://localhost:{port}")).arg(&all);
        let authority = Programs::tls("ca.pem");
        command.env("SSL_CERT_FILE", &authority).env("REQUESTS_CA_BUNDLE", &authority);
        clients.push(programs.start(&mut command, &format!("aims-{number}"))?);
    }
    let mut others = Vec::new();
    for kind in ["read", "tail"] {
        others.push(programs.start(programs.command("steady").args([kind, &url, &all]), kind)?);
    }
    Ok((clients, others))
}

fn look(server: &Process, began: Instant) -> Result<Look> {
    let process = format!("/proc/{}", server.id());
    let status = std::fs::read_to_string(format!("{process}/status")).context("look at the server")?;
    let number = |name: &str| -> Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("look at the server")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    };
    Ok(Look {
        secs: began.elapsed().as_secs_f64(),
        resident_bytes: number("VmRSS:")? * 1024.0,
        n_files: std::fs::read_dir(format!("{process}/fd"))?.count() as u64,
        n_threads: number("Threads:")? as u64,
    })
}

/// What each client recorded.
fn runs(lines: &[Vec<Value>]) -> Vec<Value> {
    let with_kind = |lines: &Vec<Value>| {
        // Ours say how far the kernel has it, Aim's do not.
        let is_aims = !lines.iter().any(|line| line["flushed"].is_i64());
        let mut runs = ended(lines);
        runs.iter_mut().for_each(|run| run["only_loss"] = is_aims.into());
        runs
    };
    lines.iter().flat_map(with_kind).collect()
}

fn judge_server(raw: &mut Raw, looks: &[Look]) -> Result<Vec<String>> {
    let (first, last) =
        (looks.first().context("look at the server")?, looks.last().context("look at the server")?);
    let settled = looks.iter().find(|look| look.secs >= SETTLED.as_secs_f64()).unwrap_or(last);
    let most = |of: fn(&Look) -> u64| looks.iter().map(of).max().unwrap_or(0);
    let (files, threads) = (most(|look| look.n_files), most(|look| look.n_threads));
    let top = looks.iter().map(|look| look.resident_bytes).fold(0.0, f64::max);
    println!(
        "server: {:.0} MB resident at the start, {:.0} after {:.0} s, {:.0} at the end, {:.0} at most; at most {files} \
         open files and {threads} threads",
        first.resident_bytes / 1e6,
        settled.resident_bytes / 1e6,
        settled.secs,
        last.resident_bytes / 1e6,
        top / 1e6
    );
    raw.write(&json!({"resident_start": first.resident_bytes, "resident_settled": settled.resident_bytes,
        "resident_end": last.resident_bytes, "resident_most": top, "files_most": files, "threads_most": threads}))?;
    let mut problems = Vec::new();
    if top > MOST_BYTES {
        problems.push(format!("memory: got {:.0} MB, want at most {:.0}", top / 1e6, MOST_BYTES / 1e6));
    }
    // Caches that are bounded may still fill up; a leak at twenty clients' rate would be far above that.
    if last.resident_bytes > settled.resident_bytes * 1.5 + 64e6 {
        problems.push("memory: it grew by more than a half and 64 MB after five minutes".to_owned());
    }
    if files > 2 * CLIENTS as u64 + MOST_FILES || threads > MOST_THREADS {
        problems.push(format!("got {files} open files and {threads} threads"));
    }
    Ok(problems)
}

/// Compares the first third of the time with the last.
fn judge_waits(raw: &mut Raw, lines: &[Vec<Value>], secs: f64) -> Result<Vec<String>> {
    let mut waits: Vec<(String, f64, f64)> = Vec::new();
    let (mut n_failed, mut n_unsent) = (0, 0);
    for (number, lines) in lines.iter().enumerate() {
        let who = if number < CLIENTS && !lines.iter().any(|line| line["flushed"].is_i64()) {
            "aim's"
        } else {
            "ours"
        };
        for line in lines {
            let at = line["at"].as_f64().unwrap_or_default();
            for millis in line["acked_millis"].as_array().into_iter().flatten().filter_map(Value::as_f64) {
                waits.push((format!("acknowledged, {who}"), at, millis));
            }
            if let (Some(asked), Some(millis)) = (line["asked"].as_str(), line["millis"].as_f64()) {
                waits.push((format!("asked, {asked}"), at, millis));
                n_failed += u64::from(line["status"] != 200);
            }
            n_unsent += u64::from(line["whole"] == false);
        }
    }
    let began = waits.iter().map(|wait| wait.1).fold(f64::INFINITY, f64::min);
    let mut names: Vec<String> = waits.iter().map(|wait| wait.0.clone()).collect();
    names.sort();
    names.dedup();
    let mut problems = Vec::new();
    for name in names {
        let third = |from: f64, to: f64| {
            let inside = |wait: &&(String, f64, f64)| {
                wait.0 == name && (from..to).contains(&((wait.1 - began) / secs))
            };
            Percentiles::of(waits.iter().filter(inside).map(|wait| wait.2).collect())
        };
        let (first, last) = (third(0.0, 1.0 / 3.0), third(2.0 / 3.0, 2.0));
        println!("{name}: first third {first}, last third {last}");
        raw.write(&json!({"name": name, "first_third": first.json(), "last_third": last.json()}))?;
        // The machine has other work: what counts is that it does not grow.
        if last.half > 2.0 * first.half + 20.0 || last.most > 3.0 * first.most + 250.0 {
            problems.push(format!("{name}: got slower, from {first} to {last}"));
        }
    }
    if n_failed + n_unsent > 0 {
        problems.push(format!("{n_failed} questions were not answered, {n_unsent} runs not sent whole"));
    }
    Ok(problems)
}

/// Half of all waits are at most so long, and 99 of 100.
struct Percentiles {
    count: usize,
    half: f64,
    most: f64,
}

impl Percentiles {
    fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        let at = |share: f64| millis.get((millis.len() as f64 * share) as usize).copied().unwrap_or_default();
        Self { count: millis.len(), half: at(0.5), most: at(0.99) }
    }

    fn json(&self) -> Value {
        json!({"count": self.count, "p50_millis": self.half, "p99_millis": self.most})
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.0} ms, p99 {:.0} ms ({})", self.half, self.most, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_waits() {
        let waits = Percentiles::of((0..200).rev().map(f64::from).collect());
        assert_eq!((waits.count, waits.half, waits.most), (200, 100.0, 198.0));
        assert_eq!(Percentiles::of(Vec::new()).most, 0.0);
    }
}

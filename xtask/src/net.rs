//! `long net`: a network that is cut, a server that is killed and a client that is killed, and every point counted.
//!
//! Server and clients live in network namespaces of their own, joined by a pair of virtual interfaces, so that nothing
//! of the machine's own network is touched. The network is cut twice for a minute: once the link goes down, which both
//! sides are told, and once it swallows every packet, which nobody is. Wants Linux and root (`ip netns`);
//! `TRAILMARK_NET_AIM=0` leaves Aim's client out.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::Raw;
use crate::command::{output, root};
use crate::peers;
use crate::steady::{Process, Programs, ended, wait_until_up};

/// Clients of ours; the last one is killed.
const CLIENTS: usize = 8;
/// How long the network is cut, and how long all goes well in between.
const CUT: Duration = Duration::from_secs(60);
const CALM: Duration = Duration::from_secs(10);
/// How often the server is killed, and how long it stays away.
const KILLS: usize = 2;
const AWAY: Duration = Duration::from_secs(3);
/// How long clients record: through all of it, and a while more.
const RECORD: Duration = Duration::from_secs(200);
/// How long a connection whose other end is gone may stay.
const HALF_OPEN: Duration = Duration::from_secs(120);
const SERVER: &str = "10.213.77.1";
const CLIENT: &str = "10.213.77.2";
const PORT: &str = "43800";

/// Two network namespaces and the link between them, until it is dropped.
struct Net {
    server: String,
    client: String,
}

impl Net {
    fn make() -> Result<Self> {
        let id = std::process::id();
        let net = Self { server: format!("trailmark-s{id}"), client: format!("trailmark-c{id}") };
        let want = "make network namespaces, which wants Linux and root (CAP_NET_ADMIN, CAP_SYS_ADMIN)";
        ip(&["netns", "add", &net.server]).context(want)?;
        ip(&["netns", "add", &net.client]).context(want)?;
        let (near, far) = ("tm-server", "tm-client");
        ip(&[
            "-n",
            &net.server,
            "link",
            "add",
            near,
            "type",
            "veth",
            "peer",
            "name",
            far,
            "netns",
            &net.client,
        ])?;
        for (space, link, address) in [(&net.server, near, SERVER), (&net.client, far, CLIENT)] {
            ip(&["-n", space, "address", "add", &format!("{address}/24"), "dev", link])?;
            ip(&["-n", space, "link", "set", "lo", "up"])?;
            ip(&["-n", space, "link", "set", link, "up"])?;
        }
        Ok(net)
    }

    /// The link goes down, or comes back.
    fn set_link(&self, is_up: bool) -> Result<()> {
        ip(&["-n", &self.client, "link", "set", "tm-client", if is_up { "up" } else { "down" }])
    }

    /// Every packet goes to an interface that is not there, without a word; or all is as before.
    fn set_swallowing(&self, swallows: bool) -> Result<()> {
        for (space, link, other) in [(&self.server, "tm-server", CLIENT), (&self.client, "tm-client", SERVER)]
        {
            match swallows {
                true => {
                    let nowhere = ["lladdr", "02:00:00:00:00:99", "dev", link, "nud", "permanent"];
                    ip(&[&["-n", space, "neighbour", "replace", other], &nowhere[..]].concat())?;
                }
                false => ip(&["-n", space, "neighbour", "delete", other, "dev", link])?,
            }
        }
        Ok(())
    }

    /// A command that runs in a namespace, as the process that `command` would be.
    fn inside(space: &str, command: &Command) -> Command {
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", space]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            inside.env_remove(name);
        }
        inside
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for space in [&self.server, &self.client] {
            // With the namespace goes its end of the link; what was not made cannot be taken back.
            let _ = ip(&["netns", "delete", space]);
        }
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    output("ip", arguments).map(drop)
}

/// Runs it.
pub(crate) fn prove() -> Result<()> {
    let programs = Programs::build("net")?;
    let net = Net::make()?;
    let has_aim = !std::env::var("TRAILMARK_NET_AIM").is_ok_and(|text| text == "0");
    let mut raw = Raw::create(
        "net",
        &json!({
            "clients": CLIENTS, "aim": has_aim, "cut_secs": CUT.as_secs(), "server_kills": KILLS,
            "profile": std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned()),
        }),
    )?;
    let proof = Proof { token: token(&programs)?, programs, net };
    let mut server = proof.serve()?;
    let mut clients = proof.record()?;
    let aim = if has_aim { Some(proof.record_with_aim()?) } else { None };
    let began = Instant::now();
    let mut note = |phase: &str, clients: &[Process]| -> Result<Vec<i64>> {
        let flushed = clients.iter().map(flushed).collect::<Result<Vec<_>>>()?;
        println!("{:>4.0} s: {phase}; steps of each client: {flushed:?}", began.elapsed().as_secs_f64());
        raw.write(&json!({"secs": began.elapsed().as_secs_f64(), "phase": phase, "flushed": flushed}))?;
        Ok(flushed)
    };
    std::thread::sleep(CALM);
    let before = note("the link goes down", &clients)?;
    proof.net.set_link(false)?;
    std::thread::sleep(CUT);
    let during = note("the link comes back", &clients)?;
    if before.iter().zip(&during).any(|(before, during)| during - before < CUT.as_secs() as i64) {
        bail!("clients waited for a network that was gone");
    }
    proof.net.set_link(true)?;
    std::thread::sleep(CALM);
    note("packets are swallowed", &clients)?;
    proof.net.set_swallowing(true)?;
    std::thread::sleep(CUT / 2);
    let killed = clients.last_mut().context("kill a client")?;
    killed.kill()?;
    note("a client is killed, its end of the connection unheard", &clients)?;
    std::thread::sleep(CUT / 2);
    proof.net.set_swallowing(false)?;
    note("packets arrive again", &clients)?;
    for _ in 0..KILLS {
        std::thread::sleep(CALM);
        note("the server is killed", &clients)?;
        server.kill()?;
        std::thread::sleep(AWAY);
        server = proof.serve()?;
    }
    note("the server is back", &clients)?;
    proof.sync()?;
    let mut wanted = Vec::new();
    for client in &mut clients[..CLIENTS - 1] {
        client.wait()?;
        wanted.extend(ended(&client.lines()?));
    }
    wanted.push(of_killed(clients.last().context("kill a client")?)?);
    if let Some(mut client) = aim {
        client.wait()?;
        let mut runs = ended(&client.lines()?);
        runs.iter_mut().for_each(|run| run["only_loss"] = true.into());
        wanted.extend(runs);
    }
    if wanted.len() != CLIENTS + usize::from(has_aim) {
        bail!("got the ends of {} clients, want those of {}", wanted.len(), CLIENTS + usize::from(has_aim));
    }
    let read = proof.programs.check(&wanted)?;
    let secs = no_half_open(&server)?;
    raw.write(&json!({"read_back": read, "half_open_gone_after_secs": secs, "runs": wanted}))?;
    println!("every point of {} runs is there once: {} points", read["runs"], read["points"]);
    println!("no connection was left {secs:.0} s after the last client");
    println!("raw output: {}", raw.path.display());
    Ok(())
}

/// What all parts need.
struct Proof {
    programs: Programs,
    net: Net,
    token: String,
}

impl Proof {
    fn serve(&self) -> Result<Process> {
        let mut up = self.programs.command("trailmark");
        up.args(["up", "--headless", "--host", SERVER, "--port", PORT, "--repo"])
            .arg(self.programs.repository());
        let server = self.programs.start(&mut Net::inside(&self.net.server, &up), "up")?;
        let state = format!("/proc/{}/net/tcp", server.id());
        wait_until_up(|| sockets(&state, LISTENS).is_ok_and(|count| count == 1))?;
        Ok(server)
    }

    fn record(&self) -> Result<Vec<Process>> {
        let (url, secs) = (format!("http://{SERVER}:{PORT}"), RECORD.as_secs().to_string());
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let mut command = self.programs.command("steady");
            // In the shared spool, so that `trailmark sync` finds what the killed one leaves.
            command.args(["record", &url]).arg(self.programs.folder.join("spool")).args([&secs, &secs]);
            command.env("TRAILMARK_TOKEN", &self.token);
            let mut inside = Net::inside(&self.net.client, &command);
            clients.push(self.programs.start(&mut inside, &format!("ours-{number}"))?);
        }
        Ok(clients)
    }

    fn record_with_aim(&self) -> Result<Process> {
        let mut command = Command::new(peers::aim()?);
        command.arg(root().join("xtask/python/aim_client.py")).arg("steady");
        command.arg(format!("aim://{SERVER}:{PORT}/{}", self.token)).arg(RECORD.as_secs().to_string());
        self.programs.start(&mut Net::inside(&self.net.client, &command), "aims")
    }

    /// Sends what the killed client left behind.
    fn sync(&self) -> Result<()> {
        let mut command = self.programs.command("trailmark");
        command.arg("sync").env("TRAILMARK_TOKEN", &self.token);
        self.programs.start(&mut Net::inside(&self.net.client, &command), "sync")?.wait()
    }
}

/// Makes the server's repository and a token for it.
fn token(programs: &Programs) -> Result<String> {
    // A repository is made by whoever records to it first, or serves it.
    let mut up = programs.command("trailmark");
    up.args(["up", "--headless", "--port", "0", "--repo"]).arg(programs.repository());
    let mut server = programs.start(&mut up, "made")?;
    wait_until_up(|| programs.repository().join("trailmark.toml").exists())?;
    server.kill()?;
    let mut create = programs.command("trailmark");
    create.args(["token", "create", "client", "--scope", "track", "--repo"]).arg(programs.repository());
    let done = create.output().context("make a token")?;
    if !done.status.success() {
        bail!("make a token: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// Up to which step the kernel has what a client tracked.
fn flushed(client: &Process) -> Result<i64> {
    Ok(client.lines()?.iter().filter_map(|line| line["flushed"].as_i64()).max().unwrap_or(0))
}

/// What must be there of the client that was killed: what the kernel had, and at most a burst that it did not tell of.
fn of_killed(client: &Process) -> Result<Value> {
    let lines = client.lines()?;
    let run = lines.first().context("find the killed client's run")?["run"].clone();
    let least = flushed(client)?;
    Ok(json!({"run": run, "loss": [least, least + 4], "ended": false}))
}

/// States of a socket in `/proc/net/tcp`.
const ESTABLISHED: &str = "01";
const LISTENS: &str = "0A";

/// How many sockets of a namespace are in a state.
fn sockets(file: impl AsRef<Path>, state: &str) -> Result<usize> {
    let text = std::fs::read_to_string(file).context("look at the server's sockets")?;
    Ok(text.lines().skip(1).filter(|line| line.split_whitespace().nth(3) == Some(state)).count())
}

/// Waits until the server holds no connection any more: all clients have gone, one of them unheard.
fn no_half_open(server: &Process) -> Result<f64> {
    let began = Instant::now();
    while sockets(format!("/proc/{}/net/tcp", server.id()), ESTABLISHED)? > 0 {
        if began.elapsed() > HALF_OPEN {
            bail!("the server holds connections of clients that have gone");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(began.elapsed().as_secs_f64())
}

//! `trailmark up`: the page and its interface, until Ctrl-C.

use std::io::IsTerminal as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use trailmark_encoder::Threads;
use trailmark_server::{Answerer, Certificate, Keeper, Options, ServeError, Server};
use trailmark_store::{Compact, Repository};

use crate::answerer::{Notes, Readers};
use crate::signals::{self, Manner};
use crate::tls::Tls;
use crate::{DONE, INTERRUPTED, Place, fs, show};

/// Serves the page: runs, curves, texts and answers, in the browser.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark up
  trailmark up --repo /data/runs --listen 127.0.0.1:43800
  trailmark up --listen 0.0.0.0:43800 --tls-cert /etc/ssl/runs.pem --tls-key /etc/ssl/runs.key

Other programs record to it: trailmark train --repo http://127.0.0.1:43800 …
Code that tracks with aim 3.x, too: aim.Run(repo=\"aim://127.0.0.1:43800\")
A folder that is named and not there yet becomes an empty repository. Ctrl-C stops it; nothing is lost.")]
pub(crate) struct Up {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// The port to listen on; 0 for any free one.
    #[arg(long, default_value_t = PORT, value_name = "PORT")]
    port: u16,
    /// An address with its port, in place of --host and --port; may be given again.
    #[arg(long, value_name = "IP:PORT")]
    listen: Vec<SocketAddr>,
    /// Do not open the browser.
    ///
    /// It is opened when a person is at the terminal and there is a display.
    #[arg(long, alias = "headless")]
    no_open: bool,
    /// Listen on an address that other machines reach, without sign-in.
    ///
    /// Anybody on the network can then read and change everything in the repository.
    #[arg(long, conflicts_with = "sign_in")]
    insecure: bool,
    /// Want sign-in also where only this machine reaches it.
    ///
    /// On an address that other machines reach it is wanted anyway (trailmark token create).
    #[arg(long)]
    sign_in: bool,
    #[command(flatten)]
    tls: Tls,
    #[command(flatten)]
    place: Place,
}

const PORT: u16 = 43800;
/// How often finished runs are looked for that can be folded together.
const FOLDED_EACH: Duration = Duration::from_secs(180);
/// How long requests that are under way may take after the signal.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until a signal comes.
pub(crate) fn run(up: &Up) -> Result<u8> {
    let addresses = match up.listen.as_slice() {
        [] => vec![SocketAddr::new(up.host, up.port)],
        some => some.to_vec(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Once more ends the program at once.
        signal_hook::flag::register_conditional_shutdown(signal, i32::from(INTERRUPTED), Arc::clone(&stop))
            .context("listen for signals")?;
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("listen for signals")?;
    }
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let repository = up.place.path();
    if up.place.repo.is_some() && fs::is_absent_or_empty(&repository) {
        Repository::open_or_create(&repository)?;
        eprintln!("made an empty repository: {}", repository.display());
    }
    let certificate = up.tls.open()?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let access = Access { is_insecure: up.insecure, wants_sign_in: up.sign_in, certificate };
    let server = bind(&repository, addresses, (access, Threads::new(available)?))?;
    if scheme == "http" && server.addresses().iter().any(|address| !address.ip().is_loopback()) {
        eprintln!("warning: without --tls-cert tokens and everything else cross the network for all to read");
    }
    serve((server, scheme), !up.no_open, move || stop.load(Ordering::Relaxed))
}

/// Serves what a command made, on the usual port or the next that is free.
pub(crate) fn after(repository: &Path, threads: &Threads) -> Result<u8> {
    let at = |port| vec![SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port)];
    let server = match bind(repository, at(PORT), (Access::default(), threads.clone())) {
        Err(error) => match error.downcast_ref() {
            Some(ServeError::InUse { free: Some(free), .. }) => {
                bind(repository, at(*free), (Access::default(), threads.clone()))?
            }
            _ => return Err(error),
        },
        bound => bound?,
    };
    let _signals = signals::hold(Manner::Soon);
    serve((server, "http"), true, signals::is_stopped)
}

/// Who may come.
#[derive(Debug, Default)]
struct Access {
    is_insecure: bool,
    wants_sign_in: bool,
    /// What is shown to clients, who then speak TLS.
    certificate: Option<Certificate>,
}

fn bind(
    repository: &Path,
    addresses: Vec<SocketAddr>,
    (Access { is_insecure, wants_sign_in, certificate }, threads): (Access, Threads),
) -> Result<Server> {
    let store = Repository::open(repository)?;
    keep_compact(store.clone());
    let path = std::path::absolute(repository).unwrap_or_else(|_| repository.to_owned());
    let answerer: Arc<dyn Answerer> = Arc::new(Readers::new(threads));
    let keeper: Arc<dyn Keeper> = Arc::new(Notes { repository: repository.to_owned() });
    let (answerer, keeper) = (Some(answerer), Some(keeper));
    Ok(Server::bind(Options {
        store: Arc::new(store),
        path,
        addresses,
        is_insecure,
        wants_sign_in,
        certificate,
        answerer,
        keeper,
    })?)
}

/// Folds finished runs together now and then, when there are enough of them to be worth it.
fn keep_compact(store: Repository) {
    let options = Compact {
        deleted_quiet: Duration::from_secs(86_400),
        sweeps_blobs: false,
        least_runs: 32,
        least_bytes: 16 << 20,
        ..Compact::default()
    };
    let work = move || {
        loop {
            std::thread::sleep(FOLDED_EACH);
            match store.compact(&options) {
                Ok(done) if done.n_runs + done.n_deleted > 0 => {
                    eprintln!(
                        "folded {} together, removed {}",
                        show::count(done.n_runs, "finished run"),
                        show::count(done.n_deleted, "deleted one"),
                    );
                }
                // Another process does it.
                Ok(_) | Err(trailmark_store::Error::Busy { .. }) => {}
                Err(error) => eprintln!("warning: finished runs cannot be folded together: {error}"),
            }
        }
    };
    // Without a thread to spare the runs stay as they are, which reads the same.
    drop(std::thread::Builder::new().name("compact".to_owned()).spawn(work));
}

fn serve(
    (server, scheme): (Server, &str),
    may_open: bool,
    is_stopped: impl Fn() -> bool + Send + 'static,
) -> Result<u8> {
    let addresses = server.addresses().iter();
    let urls: Vec<String> = addresses.map(|address| format!("{scheme}://{address}/")).collect();
    for url in &urls {
        eprintln!("serving {url}");
    }
    eprintln!("Ctrl-C stops it");
    if let Some(url) = urls.first().filter(|_| may_open && has_person()) {
        open(url);
    }
    let grace = Once::new();
    server.serve(move || {
        let ends = is_stopped();
        if ends {
            grace.call_once(end_after_grace);
        }
        ends
    })?;
    eprintln!("stopped");
    Ok(DONE)
}

/// Ends the program when it has not ended by itself soon: an answer that is being computed cannot be broken off, and
/// nobody waits for it any more.
fn end_after_grace() {
    let wait = || {
        std::thread::sleep(GRACE);
        eprintln!("stopped");
        std::process::exit(i32::from(DONE));
    };
    // Without a thread to spare it ends when the answer is there.
    drop(std::thread::Builder::new().name("grace".to_owned()).spawn(wait));
}

/// Whether somebody is there to look at a browser.
fn has_person() -> bool {
    let has_display = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    std::io::stderr().is_terminal() && has_display
}

fn open(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Whoever has no such program reads the address.
    if let Ok(mut child) = command.spawn() {
        let wait = move || drop(child.wait());
        drop(std::thread::Builder::new().name("browser".to_owned()).spawn(wait));
    }
}

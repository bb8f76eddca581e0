//! `trailmark sync`: sends what waits for a server because its process died or the server was away.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use trailmark_client::{Server, ShipError, ship_all, spool_folder};
use trailmark_store::Repository;

use crate::terminal::{print, say, warn};
use crate::{DONE, FAILED, fs};

/// Sends runs that wait for a server.
///
/// A run that is recorded to a server (`--repo http://…`) is written to this machine's disk first and sent from there. Where
/// its process died before all was sent, or the server was away until its end, this sends the rest. What the server has is
/// never sent twice.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark sync
  trailmark sync --repo http://127.0.0.1:43800
  TRAILMARK_CA_FILE=our-ca.pem trailmark sync --repo https://runs.example.com:43800

With https:// also what waits for the same server by http:// is sent.
The folder is $TRAILMARK_SPOOL, else ~/.local/state/trailmark/spool. With TRAILMARK_OFFLINE=1 runs only go there,
and wait for this command.")]
pub(crate) struct Sync {
    /// Only what waits for this server; else for all of them.
    #[arg(long, value_name = "URL")]
    repo: Option<String>,
    /// Print what became of each journal as a JSON array.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(sync: &Sync) -> Result<u8> {
    let all = spool_folder();
    let only = sync.repo.as_deref().map(Server::new).transpose()?;
    let spools: Vec<(PathBuf, Server)> = match only {
        Some(server) => {
            // What was recorded before the server spoke TLS waits for it by its old address.
            let old = server.without_tls().map(|old| (old.spool(&all), server.clone()));
            old.into_iter().chain([(server.spool(&all), server)]).collect()
        }
        None if all.is_dir() => {
            let found = fs::entries(&all)?.into_iter().filter_map(|folder| with_server(folder).transpose());
            found.collect::<Result<_>>()?
        }
        None => Vec::new(),
    };
    let mut told = Vec::new();
    let mut is_all = true;
    for (folder, server) in spools.iter().filter(|(folder, _)| folder.is_dir()) {
        is_all &= ship(folder, server, &mut told)?;
    }
    if sync.json {
        print(&serde_json::Value::from(told).to_string())?;
    } else if told.is_empty() {
        say(&format!("nothing waits in {}", all.display()));
    }
    Ok(if is_all { DONE } else { FAILED })
}

fn with_server(folder: PathBuf) -> Result<Option<(PathBuf, Server)>> {
    Ok(Server::of_spool(&folder)?.map(|server| (folder, server)))
}

/// Sends what waits for one server; says whether all of it is there.
fn ship(folder: &Path, server: &Server, told: &mut Vec<serde_json::Value>) -> Result<bool> {
    let mut is_all = true;
    ship_all(&Repository::open(folder)?, server, &mut |sent| {
        let (run, writer) = (sent.run.to_string(), sent.writer.to_string());
        let (state, reason) = match &sent.result {
            Ok(shipped) if shipped.is_gone => ("gone", None),
            Ok(shipped) if shipped.is_whole => ("sent", None),
            Ok(_) => ("sent without an end", None),
            Err(error) => ("waits", Some(error.to_string())),
        };
        match &reason {
            Some(reason) => warn(&format!("{run}: {reason}")),
            None => say(&format!("{run}: {state} ({})", server.url())),
        }
        is_all &= reason.is_none();
        told.push(serde_json::json!({
            "run": run, "writer": writer, "server": server.url(), "state": state, "reason": reason,
        }));
        // A server that is away for one is away for all.
        !matches!(sent.result, Err(ShipError::Unreachable { .. }))
    })?;
    Ok(is_all)
}

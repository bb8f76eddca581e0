//! `trailmark runs cp|mv`: runs to another repository.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use trailmark_core::{RunId, RunStatus};
use trailmark_store::{Copied, Repository, Store as _};

use super::change::{Chosen, called, find};
use crate::terminal::{bar, print, say, warn};
use crate::{DONE, FAILED, fs, show};

/// Copies runs to another repository.
///
/// Journals are copied byte for byte, with the blobs that they refer to. What is there already is compared and left: a
/// second copy of a run that grew adds what is new, and one that was interrupted is gone on with. A run that is being
/// recorded is copied as far as it is written; there it counts as crashed until it is copied again.
#[derive(Args)]
#[command(after_help = CP_EXAMPLES)]
pub(crate) struct Copy {
    #[command(flatten)]
    transfer: Transfer,
}

const CP_EXAMPLES: &str = "Examples:
  trailmark runs cp calm-fox --to ../archive
  trailmark runs cp -q 'run.experiment == \"squad\"' --to /mnt/shared/runs

Checkpoints are no part of it: they are folders of their own, and stay where they are.";

/// Moves runs to another repository.
///
/// A run is removed here only when its copy is durable there and was read again. A run that is being recorded is refused.
#[derive(Args)]
#[command(after_help = MV_EXAMPLES)]
pub(crate) struct Move {
    #[command(flatten)]
    transfer: Transfer,
}

const MV_EXAMPLES: &str = "Examples:
  trailmark runs mv calm-fox --to ../archive
  trailmark runs mv -q 'run.created_at < datetime(2026, 1, 1)' --to ../2025

Checkpoints are no part of it: they are folders of their own, and stay where they are.";

#[derive(Args)]
struct Transfer {
    #[command(flatten)]
    chosen: Chosen,
    /// The other repository's folder; an empty one is made where there is none.
    #[arg(long, value_name = "REPO", value_parser = crate::folder)]
    to: PathBuf,
    /// Print what became of each run as a JSON array.
    #[arg(long)]
    json: bool,
}

pub(crate) fn copy(copy: &Copy) -> Result<u8> {
    transfer(&copy.transfer, "copied", Repository::copy_run)
}

pub(crate) fn relocate(relocate: &Move) -> Result<u8> {
    transfer(&relocate.transfer, "moved", Repository::move_run)
}

type Carry =
    fn(&Repository, RunId, &Repository, &mut dyn FnMut(u64)) -> Result<Copied, trailmark_store::Error>;

fn transfer(transfer: &Transfer, done: &str, carry: Carry) -> Result<u8> {
    let source = transfer.chosen.repository()?;
    let ids = find(&source, &transfer.chosen)?;
    if fs::canonical_if_any(source.path()) == fs::canonical_if_any(&transfer.to) {
        bail!("copy runs: --to is the repository that they are in, want another: {}", transfer.to.display());
    }
    if done == "moved" {
        // Before any is moved, so that a mistake in the choice costs nothing.
        want_ended(&source, &ids)?;
    }
    let target = Repository::open_or_create(&transfer.to)?;
    let mut sizes = 0;
    for id in &ids {
        sizes += source.run_bytes(*id)?;
    }
    let bar = bar("{prefix} {bar:24} {bytes}/{total_bytes}, {eta} left  {wide_msg}", done.to_owned())?;
    let (mut n_bytes, mut n_new, mut n_lost, mut told) = (0, 0, 0, Vec::new());
    for id in &ids {
        let row = source.run(*id)?;
        bar.set_message(called(&row).to_owned());
        let carried = carry(&source, *id, &target, &mut |more| {
            n_bytes += more;
            bar.set(n_bytes, sizes.max(n_bytes));
        });
        let copied = carried.with_context(|| {
            let told = told.len();
            format!("{} {}: {} before it {done}", row.id, called(&row), show::count(told, "run"))
        })?;
        for blob in &copied.lost {
            warn(&format!("{id}: what it refers to is lost here too: blob {blob}"));
        }
        n_new += copied.n_new_bytes;
        n_lost += copied.lost.len();
        told.push(json!({
            "run": id.to_string(), "name": row.name, "new_bytes": copied.n_new_bytes, "lost_blobs": copied.lost.len(),
        }));
    }
    drop(bar);
    let n_runs = show::count(told.len(), "run");
    if transfer.json {
        print(&serde_json::Value::from(told).to_string())?;
    }
    say(&format!(
        "{done} {n_runs}, {} of them new there: {}",
        indicatif::HumanBytes(n_new),
        target.path().display()
    ));
    Ok(if n_lost == 0 { DONE } else { FAILED })
}

fn want_ended(source: &Repository, ids: &[RunId]) -> Result<()> {
    for id in ids {
        let row = source.run(*id)?;
        if row.status == RunStatus::Running {
            bail!("move runs: {id} {} is being recorded, want runs that have ended", called(&row));
        }
    }
    Ok(())
}

//! `trailmark repo`: look after a repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use trailmark_store::{Compact, Compacted, CopiedFile, Repository, Store as _};

use crate::terminal::{bar, print, say};
use crate::{DONE, FAILED, Place, fs, show};

/// Looks after a repository: checks, copies, mends.
#[derive(Subcommand)]
pub(crate) enum Repo {
    /// Reads every byte again and says what is damaged or missing; exit code 1 when anything is.
    #[command(after_help = "Example: trailmark repo check --repo .trailmark")]
    Check(Asked),
    /// Says what the repository holds and how large it is.
    #[command(after_help = "Example: trailmark repo stats --json")]
    Stats(Asked),
    /// Makes the catalog again from the journals; nothing else is touched.
    #[command(after_help = "Example: trailmark repo rebuild")]
    Rebuild(Asked),
    /// Mends what can be mended and moves what cannot be read into the folder set-aside; deletes nothing.
    ///
    /// Afterwards the rest checks clean. A segment with a few wrong bytes is put right; of one with many, what can be read
    /// is written anew.
    #[command(after_help = "Example: trailmark repo check; trailmark repo repair")]
    Repair(Asked),
    /// Folds finished runs together into Parquet files, and gives the space of deleted ones back.
    #[command(after_help = COMPACT_HELP)]
    Compact(Fold),
    /// Copies the repository, consistent while runs are being recorded.
    #[command(after_help = BACKUP_HELP)]
    Backup(Backup),
}

const COMPACT_HELP: &str = "Example: trailmark repo compact

A run is folded a minute after its last word, one that vanished without an end after a day. It reads as before, and any
program that reads Parquet reads it too: segments/*-points.parquet and the others beside them. What was deleted cannot be
restored afterwards. trailmark up does the same by itself, with runs that were deleted more than a day ago.";

const BACKUP_HELP: &str = "Examples:
  trailmark repo backup ../2026-11-25
  trailmark repo backup runs.tar

Checkpoints are no part of it: they are folders of their own, beside the runs.";

#[derive(Args)]
pub(crate) struct Asked {
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Fold {
    /// Fold also runs of which something was heard in the last minute, or that vanished today.
    ///
    /// Runs that are being recorded stay as they are.
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Args)]
pub(crate) struct Backup {
    /// A folder that is not there yet, or a file that ends in .tar.
    #[arg(value_name = "DIR|FILE.tar")]
    to: PathBuf,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(repo: &Repo) -> Result<u8> {
    match repo {
        Repo::Check(asked) => check(asked),
        Repo::Stats(asked) => stats(asked),
        Repo::Rebuild(asked) => rebuild(asked),
        Repo::Repair(asked) => repair(asked),
        Repo::Compact(fold) => compact(fold),
        Repo::Backup(backup) => back_up(backup),
    }
}

fn check(asked: &Asked) -> Result<u8> {
    let repository = Repository::open(&asked.place.path())?;
    let problems = repository.check()?;
    if asked.json {
        let problems = problems.iter().map(|problem| {
            json!({"path": problem.path, "offset": problem.offset, "bytes": problem.n_bytes, "reason": problem.reason})
        });
        print(&json!({"problems": problems.collect::<Vec<_>>()}).to_string())?;
    } else {
        for problem in &problems {
            print(&problem.to_string())?;
        }
    }
    if problems.is_empty() {
        let n_runs = repository.run_ids()?.len();
        say(&format!("{} checked, nothing is wrong", show::count(n_runs, "run")));
        return Ok(DONE);
    }
    say(&format!(
        "{}; trailmark repo repair mends what can be mended and sets the rest aside",
        show::count(problems.len(), "problem")
    ));
    Ok(FAILED)
}

fn stats(asked: &Asked) -> Result<u8> {
    let stats = Repository::open(&asked.place.path())?.stats()?;
    if asked.json {
        let json = json!({
            "runs": stats.n_runs, "running": stats.n_running, "series": stats.n_series, "points": stats.n_points,
            "journal_bytes": stats.journal_bytes,
            "segments": stats.n_segments, "segment_bytes": stats.segment_bytes, "blobs": stats.n_blobs, "blob_bytes": stats.blob_bytes,
        });
        print(&json.to_string())?;
        return Ok(DONE);
    }
    let rows = [
        ("runs", stats.n_runs.to_string()),
        ("of these running", stats.n_running.to_string()),
        ("series", stats.n_series.to_string()),
        ("points", stats.n_points.to_string()),
        ("journals", size(stats.journal_bytes)),
        ("segments", format!("{} in {}", size(stats.segment_bytes), stats.n_segments)),
        ("blobs", format!("{} in {}", size(stats.blob_bytes), stats.n_blobs)),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    show::table(&["what", "how much"], &rows)?;
    Ok(DONE)
}

fn size(n_bytes: u64) -> String {
    indicatif::HumanBytes(n_bytes).to_string()
}

fn rebuild(asked: &Asked) -> Result<u8> {
    let n_runs = Repository::open(&asked.place.path())?.rebuild()?;
    if asked.json {
        print(&json!({"runs": n_runs}).to_string())?;
    } else {
        say(&format!("made the catalog again: {}", show::count(n_runs, "run")));
    }
    Ok(DONE)
}

fn repair(asked: &Asked) -> Result<u8> {
    let repaired = Repository::open(&asked.place.path())?.repair()?;
    if asked.json {
        let json = repaired.iter().map(|one| {
            json!({
                "path": one.problem.path, "reason": one.problem.reason, "kept": one.kept, "mended": one.is_mended,
            })
        });
        print(&json!({"repaired": json.collect::<Vec<_>>()}).to_string())?;
    }
    for one in repaired.iter().filter(|_| !asked.json) {
        print(&one.problem.to_string())?;
        match &one.kept {
            Some(kept) => print(&format!("  kept in {}", kept.display()))?,
            None if one.is_mended => print("  made again")?,
            None => {
                print("  left as it is: a backup may have what is missing, a newer trailmark what it wrote")?
            }
        }
    }
    let lost = repaired.iter().filter(|one| !one.is_mended).count();
    say(&format!("{} mended or set aside, {lost} that cannot be mended", repaired.len() - lost));
    Ok(if lost == 0 { DONE } else { FAILED })
}

fn compact(fold: &Fold) -> Result<u8> {
    let repository = Repository::open(&fold.asked.place.path())?;
    let mut options = Compact::default();
    if fold.now {
        (options.quiet, options.crashed_quiet) = (Duration::ZERO, Duration::ZERO);
    }
    let done = repository.compact(&options)?;
    if fold.asked.json {
        let json = json!({
            "runs": done.n_runs, "points": done.n_points, "deleted": done.n_deleted, "blobs": done.n_blobs,
            "segments_written": done.n_written, "segments_removed": done.n_removed,
            "bytes_before": done.bytes_before, "bytes_after": done.bytes_after,
            "left": done.left.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        print(&json.to_string())?;
        return Ok(DONE);
    }
    for problem in &done.left {
        say(&format!("left as it is: {problem}"));
    }
    let Compacted { n_runs, n_points, n_deleted, n_blobs, bytes_before, bytes_after, .. } = done;
    say(&format!(
        "folded {} with {}, removed {} and {}",
        show::count(n_runs, "run"),
        show::count(n_points, "point"),
        show::count(n_deleted, "deleted run"),
        show::count(n_blobs, "file"),
    ));
    say(&format!("{} before, {} now", size(bytes_before), size(bytes_after)));
    Ok(DONE)
}

fn back_up(backup: &Backup) -> Result<u8> {
    let repository = Repository::open(&backup.place.path())?;
    if backup.to.exists() {
        bail!("make a backup: {} is there already, want a new name", backup.to.display());
    }
    // It gets its name when it is whole.
    let beside = backup.to.with_added_extension("new");
    fs::remove_folder_or_file(&beside)?;
    let is_tar = backup.to.extension().is_some_and(|extension| extension == "tar");
    let done = if is_tar { copy_to_tar(&repository, &beside) } else { copy_to_folder(&repository, &beside) };
    let (n_files, n_bytes) = match done {
        Ok(done) => done,
        Err(error) => {
            // What is half copied helps nobody.
            let _ = fs::remove_folder_or_file(&beside);
            return Err(error);
        }
    };
    fs::rename(&beside, &backup.to)?;
    say(&format!("copied {}, {}: {}", show::count(n_files, "file"), size(n_bytes), backup.to.display()));
    Ok(DONE)
}

/// Hands each file on under a progress bar; says how many files and bytes there were.
fn copy(repository: &Repository, each: &mut dyn FnMut(CopiedFile<'_>) -> Result<()>) -> Result<(u64, u64)> {
    let stats = repository.stats()?;
    let all = stats.journal_bytes + stats.blob_bytes;
    let bar = bar("{prefix} {bar:24} {bytes}/{total_bytes}, {eta} left", "copying".to_owned())?;
    let (mut n_files, mut n_bytes) = (0, 0);
    repository.copy_out(&mut |file| {
        n_files += 1;
        n_bytes += file.n_bytes;
        each(file)?;
        bar.set(n_bytes, all.max(n_bytes));
        Ok::<(), anyhow::Error>(())
    })?;
    Ok((n_files, n_bytes))
}

fn copy_to_folder(repository: &Repository, to: &Path) -> Result<(u64, u64)> {
    copy(repository, &mut |file| {
        let path = to.join(file.path);
        fs::create_folder(path.parent().unwrap_or(to))?;
        let mut copied = fs::create(&path)?;
        let context = || format!("write a file: {}", path.display());
        std::io::copy(file.bytes, &mut copied).with_context(context)?;
        copied.sync_all().with_context(context)
    })
}

fn copy_to_tar(repository: &Repository, to: &Path) -> Result<(u64, u64)> {
    let context = || format!("write a file: {}", to.display());
    let mut archive = tar::Builder::new(std::io::BufWriter::new(fs::create(to)?));
    let done = copy(repository, &mut |file| {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.n_bytes);
        header.set_mode(0o644);
        archive.append_data(&mut header, file.path, file.bytes).with_context(context)
    })?;
    let mut written = archive.into_inner().with_context(context)?;
    written.flush().with_context(context)?;
    written.get_ref().sync_all().with_context(context)?;
    Ok(done)
}

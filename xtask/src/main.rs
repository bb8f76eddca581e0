//! The project's tasks: `cargo xtask check`, `ci`, `long`, `size` and what makes committed generated files.
//!
//! A task is a function that runs other programs and fails when they do; nothing that a user of Trailmark needs lives
//! here.

// A task talks to the person who runs it.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod aim;
mod api;
mod bench;
mod bench_ingest;
mod bench_python;
mod bench_query;
mod bench_read;
mod bench_segments;
mod bench_track;
mod bench_ui;
mod bench_up;
mod board;
mod browser;
mod ci;
mod command;
mod deny;
mod exports;
mod fixtures;
mod fuzz;
mod import;
mod long;
mod net;
mod peers;
mod prove;
mod python;
mod seeds;
mod segments;
mod size;
mod soak;
mod steady;
mod tidy;
mod tidy_page;
mod ui;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Project tasks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Benchmarks beside their peers; when the machine is quiet.
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// Format, lints and unit tests; at most three minutes when warm. Before every commit.
    Check,
    /// Everything that must hold before a push: lints, all tests, also in a browser, the one-minute demo.
    Ci,
    /// Makes `testdata/hf` with the real Hugging Face stack (a download of about 3 GB on first use).
    Fixtures {
        /// Write nothing; fail when the kept goldens are not what is made.
        #[arg(long)]
        check: bool,
    },
    /// Long proofs, by hand. Without a name: all.
    Long {
        /// Which proofs.
        proofs: Vec<long::Proof>,
    },
    /// Builds the Python package's wheel, checks its types and runs its tests.
    Python {
        /// The profile that it is built with.
        #[arg(long, default_value = "dev")]
        profile: String,
        /// Run the callbacks beside the real frameworks instead.
        #[arg(long)]
        frameworks: bool,
    },
    /// Prints what a release build from an empty cache costs: minutes, crates, C code, bytes.
    Size {
        /// Only count crates; build nothing.
        #[arg(long)]
        no_build: bool,
    },
    /// Checks the structure of the tree: arrows between crates, file and function lengths, words.
    Tidy,
    /// Builds the page into `ui/dist`.
    Ui {
        /// Write nothing; check types, format, unit tests, and that the committed build is fresh.
        #[arg(long)]
        check: bool,
        /// Run the browser tests instead, against the program that is built.
        #[arg(long, conflicts_with = "check")]
        e2e: bool,
        /// The profile whose program the browser tests run.
        #[arg(long, default_value = "dev", requires = "e2e")]
        profile: String,
        /// Which browser tests, by parts of their files' names; without one: all.
        #[arg(requires = "e2e")]
        names: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Bench { bench } => bench::measure(&bench),
        Task::Check => ci::check(),
        Task::Ci => ci::ci(),
        Task::Fixtures { check } => fixtures::run(check),
        Task::Long { proofs } => long::prove_all(&proofs),
        Task::Python { profile, frameworks: true } => python::test_frameworks(&profile),
        Task::Python { profile, .. } => python::test(&profile),
        Task::Size { no_build } => size::measure(no_build),
        Task::Tidy => tidy::run(),
        Task::Ui { e2e: true, profile, names, .. } => ui::e2e(&profile, &names),
        Task::Ui { check, .. } => ui::build(check),
    }
}

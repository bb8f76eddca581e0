//! Proofs that take too long for every push. Each prints its figures; raw output goes to `benches/runs/`.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::command::{run, run_command};
use crate::{aim, api, board, exports, fuzz, import, net, prove, python, seeds, segments, soak};

/// One proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proof {
    /// 1,000 runs killed with SIGKILL at random moments, eight writers at a time in one repository: every reported point is
    /// present, and each run is called crashed within five seconds.
    Kill,
    /// A full file system, then a read-only one: what was acknowledged is there, everything else is told. Wants Linux,
    /// with user namespaces or as root, to mount a small tmpfs.
    Disk,
    /// Writers of one run whose clocks jump back and forth, their journals in any order: the later write wins.
    Clock,
    /// 100,000 runs, 20,000 series in a run, ten million points in a series, 4 GiB of blobs: what each takes. Wants 6 GB of
    /// disk, which it gives back.
    Scale,
    /// 200 steps of a real model on real text, step by step beside PyTorch's; wants TRAILMARK_FIXTURES, TRAILMARK_MINILM.
    Minilm,
    /// Three seeds of the demo: F1, the five answers and the minutes that the README promises. On a quiet machine;
    /// `TRAILMARK_MINILM` names the pretrained model's folder, else it is fetched.
    Seeds,
    /// The Python callbacks beside the real frameworks, and the example that people copy, with a server too.
    Frameworks,
    /// A minute of random inputs for each parser of foreign bytes: queries, journals and their frames, the catalog's rows, settings, data sets, Aim's
    /// messages, its databases, event files. Wants a C++ compiler;
    /// `TRAILMARK_FUZZ_SECS` says for how long, `TRAILMARK_FUZZ_TARGETS` which (`frame,catalog`).
    Fuzz,
    /// pandas, pyarrow, Polars and DuckDB read every exported table in every form, and find the same in each.
    Exports,
    /// Three versions of the real client of Aim (from the package index on first use) against our server: every type,
    /// resuming, copying, a server killed in mid-run; the newest one's points a second beside Aim's own server. On a quiet
    /// machine.
    Aim,
    /// Schemathesis (from the package index on first use) asks every route of the HTTP interface, with sign-in and without,
    /// and holds what comes back against the OpenAPI document; pyarrow and Polars read series as Arrow.
    Api,
    /// Repositories of the real Aim, with many runs, many points, killed and living writers, and event files that PyTorch,
    /// tensorboardX, TensorFlow and Keras write: imported, and compared value by value with what Aim and TensorBoard read.
    Import,
    /// A network that is cut for a minute, twice, a server and a client that are killed: every point is counted. In
    /// network namespaces, which want Linux and root.
    Net,
    /// Half an hour of twenty clients, five of them Aim's, a reader and a listener at one server over TLS: memory, files
    /// and threads stay bounded, answers and acknowledgements do not get slower. `TRAILMARK_SOAK_SECS` says for how long.
    Soak,
    /// pandas, Polars and DuckDB read the segments of generated repositories, and find what is exported.
    Segments,
}

/// Runs the named proofs, or all.
pub(crate) fn prove_all(proofs: &[Proof]) -> Result<()> {
    let all = Proof::value_variants();
    let chosen = if proofs.is_empty() { all } else { proofs };
    chosen.iter().try_for_each(|proof| prove(*proof))
}

fn prove(proof: Proof) -> Result<()> {
    match proof {
        Proof::Kill => prove::kill(),
        Proof::Disk => prove::disk(),
        Proof::Clock => prove::clock(),
        Proof::Scale => prove::scale(),
        Proof::Minilm => {
            let mut command = Command::new("cargo");
            command.args([
                "test",
                "--release",
                "--locked",
                "--package",
                "trailmark-tune",
                "--test",
                "minilm",
            ]);
            run_command(command.args(["--", "--nocapture"]).env("TRAILMARK_LONG", "1"))
        }
        Proof::Frameworks => {
            run("cargo", &["build", "--release", "--locked", "--package", "trailmark-cli"])?;
            python::test_frameworks("release")
        }
        Proof::Seeds => seeds::measure(),
        Proof::Fuzz => fuzz::run_all(),
        Proof::Exports => exports::prove(),
        Proof::Aim => aim::prove(),
        Proof::Api => api::prove(),
        Proof::Import => import::prove().and_then(|()| board::prove()),
        Proof::Net => net::prove(),
        Proof::Soak => soak::prove(),
        Proof::Segments => segments::prove(),
    }
}

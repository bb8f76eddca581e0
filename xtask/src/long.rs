//! Proofs that take too long for every push. Each prints its figures; raw output goes to `benches/runs/`.

use anyhow::Result;
use clap::ValueEnum;

use crate::command::run;

/// One proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Proof {
    /// Licences, bans and sources of the dependencies.
    Deny,
}

/// Runs the named proofs, or all.
pub(crate) fn prove_all(proofs: &[Proof]) -> Result<()> {
    let all = Proof::value_variants();
    let chosen = if proofs.is_empty() { all } else { proofs };
    for proof in chosen {
        prove(*proof)?;
    }
    Ok(())
}

fn prove(proof: Proof) -> Result<()> {
    match proof {
        Proof::Deny => deny(),
    }
}

fn deny() -> Result<()> {
    run(
        "cargo",
        &[
            "install",
            "cargo-deny",
            "--locked",
            "--version",
            "0.20.2",
            "--quiet",
        ],
    )?;
    run("cargo", &["deny", "check", "licenses", "bans", "sources"])
}

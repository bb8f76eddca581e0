//! Event files that the real packages write, imported and compared with what TensorBoard reads of them: a part of `long import`.
//!
//! `TRAILMARK_BOARD_PYTHON` names an interpreter that has the packages already.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{root, run_command};
use crate::peers;

/// Steps of each run.
const STEPS: &str = "3000";

/// Writes, reads with TensorBoard's accumulator, imports and compares every value.
pub(crate) fn prove() -> Result<()> {
    let python = peers::board()?;
    let folder = root().join("target/board");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("empty target/board")?;
    }
    let script = root().join("xtask/python/board.py");
    for (part, steps) in [("write", Some(STEPS)), ("expect", None)] {
        let mut command = Command::new(&python);
        command.arg(&script).arg(part).arg(&folder).args(steps);
        run_command(command.env("TF_CPP_MIN_LOG_LEVEL", "3").env("CUDA_VISIBLE_DEVICES", ""))?;
    }
    let mut tests = Command::new("cargo");
    tests.args(["test", "--locked", "--package", "trailmark-import", "--test", "tensorboard", "larger"]);
    run_command(tests.args(["--", "--nocapture"]).env("TRAILMARK_BOARD", &folder))
}

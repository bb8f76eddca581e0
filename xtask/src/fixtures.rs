//! `testdata/hf`: small goldens made with the real Hugging Face stack, for parity tests in any clone.

use anyhow::Result;

use crate::command::{root, run_command};
use crate::peers;

/// Makes the goldens again, or with `check` only says whether the kept ones are still what is made.
pub(crate) fn run(check: bool) -> Result<()> {
    let mut command = peers::python()?;
    command.args(["-m", "goldens"]).arg(root().join("testdata/hf"));
    if check {
        command.arg("--check");
    }
    run_command(&mut command)
}

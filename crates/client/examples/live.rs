//! A training that does as it is told, for tests that look at a run while it grows.
//!
//! `live DIR` records one run there and says its id and name; then, for each line that it reads (`loss 0.5`),
//! it records that number at the next step and says `written STEP` once that is on disk. It ends with its input.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, End, Recorder as _, Value};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: live DIR");
        return ExitCode::from(2);
    };
    let experiment = "live".to_owned();
    let options = RunOptions { repository: PathBuf::from(folder), run: None, name: None, experiment };
    let run = Run::start(options).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} {}", run.id(), run.name()).unwrap();
    for (step, line) in (0..).zip(std::io::stdin().lock().lines()) {
        let line = line.unwrap();
        let (name, value) = line.split_once(' ').unwrap();
        let value = Value::Float(value.parse().unwrap());
        run.track(name, &Context::subset("train"), At::step(step), value);
        run.flush();
        writeln!(out, "written {step}").unwrap();
    }
    run.finish(End::Finished).unwrap();
    ExitCode::SUCCESS
}

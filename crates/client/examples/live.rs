//! A training that does as it is told, for tests that look at a run while it grows.
//!
//! `live DIR` records one run there and says its id and name; then, for each line that it reads (`loss 0.5`),
//! it records that number at the next step and says `written STEP` once that is on disk; `NAME image`,
//! `NAME distribution` and `NAME record` record such a value. It ends with its input.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, Distribution, End, Image, LogRecord, Params, Recorder as _, Value};

/// A PNG of one grey pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
    \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";

/// What a word stands for, at a step.
fn value(run: &Run, word: &str, step: i64) -> Value {
    match word {
        "image" => Value::Image(Box::new(Image {
            file: run.keep(PIXEL.to_vec()),
            format: "png".to_owned(),
            width: 1,
            height: 1,
            caption: format!("seen at {step}"),
        })),
        "distribution" => {
            let weights = vec![1.0, step as f64, 1.0];
            Value::Distribution(Box::new(Distribution { low: -1.0, high: 1.0, weights }))
        }
        "record" => Value::LogRecord(Box::new(LogRecord {
            level: 30,
            message: format!("said at {step}"),
            extra: Params::new(),
            origin: None,
        })),
        number => Value::Float(number.parse().unwrap()),
    }
}

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
        let (name, word) = line.split_once(' ').unwrap();
        let value = value(&run, word, step);
        run.track(name, &Context::subset("train"), At::step(step), value);
        run.flush();
        writeln!(out, "written {step}").unwrap();
    }
    run.finish(End::Finished).unwrap();
    ExitCode::SUCCESS
}

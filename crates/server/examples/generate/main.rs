//! Makes a repository to look at, with real journals: `generate reference DIR`, or `generate many DIR --runs 5000`.
//!
//! `reference` is a small grid as people run it: 6 runs, batch size × learning rate, 5 epochs, with answers, texts, logs and
//! the machine's load. `many` is the same shape many times over, with other statuses, experiments and tags among them.
//! `odd` is what the page must bear: markup in every name, NaN and infinities, a text of 10 MB. `media` has values of every
//! kind: pictures, sounds, figures, histograms, messages and files, whole and damaged.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

mod media;
mod odd;
mod picture;
mod scenario;
mod words;
mod writer;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |flag: &str, default: usize| {
        let place = arguments.iter().position(|argument| argument == flag);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (Some(kind), Some(folder)) = (arguments.get(1), arguments.get(2)) else {
        eprintln!(
            "usage: generate reference|many|wide|odd|media|logs DIR [--runs N] [--curves N] [--steps N] [--lines N]"
        );
        return ExitCode::from(2);
    };
    let folder = Path::new(folder);
    match kind.as_str() {
        "reference" => scenario::reference(folder),
        "many" => scenario::many(folder, number("--runs", 5000), number("--steps", 1000)),
        "wide" => {
            scenario::wide(folder, number("--runs", 1000), number("--curves", 1), number("--steps", 500));
        }
        "odd" => odd::odd(folder),
        "media" => media::media(folder),
        "logs" => scenario::logs(folder, number("--lines", 1_000_000)),
        other => {
            eprintln!("error: got {other:?}, want reference, many, wide, odd, media or logs");
            return ExitCode::from(2);
        }
    }
    println!("{}", folder.display());
    ExitCode::SUCCESS
}

//! The demo's floor: three seeds of the whole command, each timed; the medians must reach what the README promises.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::bench::{Raw, median};
use crate::command::{root, run};

const SEEDS: [u64; 3] = [42, 43, 44];
/// What is promised of the medians.
const MOST_SECONDS: f64 = 300.0;
const LEAST_F1: f64 = 85.0;
/// The answers that count as right, normalised: lower case, without the article.
const RIGHT: [&[&str]; 5] = [
    &["195", "195 member countries"],
    &["1.4 billion", "around 1.4 billion"],
    &["joe biden"],
    &["eight", "eight planets"],
    &["canberra"],
];

/// One seed's outcome.
#[derive(Debug, Clone, PartialEq)]
struct Measured {
    seconds: f64,
    exact_match: f64,
    f1: f64,
    n_right: usize,
}

/// Runs the demo three times. `TRAILMARK_MINILM` is its `--model`; without it the demo fetches the model before.
pub(crate) fn measure() -> Result<()> {
    run("cargo", &["build", "--release", "--locked", "--package", "trailmark-cli"])?;
    let folder = root().join("target/seeds");
    let mut raw = Raw::create("seeds", &json!({"seeds": SEEDS}))?;
    let mut all = Vec::new();
    for seed in SEEDS {
        let repository = folder.join(format!("seed-{seed}"));
        if repository.exists() {
            std::fs::remove_dir_all(&repository)?;
        }
        let (seconds, result) = demo(seed, &repository)?;
        let answers: Vec<&str> = five(&result)?;
        let number = |part: &str, name: &str| {
            result[part][name].as_f64().with_context(|| format!("read {part}.{name} of the demo's result"))
        };
        let measured = Measured {
            seconds,
            exact_match: number("best", "exact_match")?,
            f1: number("best", "f1")?,
            n_right: n_right(&answers),
        };
        raw.write(&json!({
            "seed": seed, "seconds": seconds, "exact_match": measured.exact_match, "f1": measured.f1,
            "baseline_f1": number("baseline", "f1")?, "right": measured.n_right, "answers": answers,
        }))?;
        println!("seed {seed}: {}", line(&measured));
        println!("  {}", answers.join(" | "));
        all.push(measured);
        std::fs::remove_dir_all(&repository)?;
    }
    let medians = medians(&all);
    println!("medians: {}\nraw output: {}", line(&medians), raw.path.display());
    judge(&medians)
}

/// The seconds of the whole command and what it printed.
fn demo(seed: u64, repository: &Path) -> Result<(f64, Value)> {
    let mut command = Command::new(root().join("target/release/trailmark"));
    command.args(["demo", "--no-up", "--json", "--seed", &seed.to_string(), "--repo"]).arg(repository);
    if let Some(model) = std::env::var_os("TRAILMARK_MINILM") {
        command.arg("--model").arg(model);
    }
    let started = Instant::now();
    let done = command.stderr(Stdio::inherit()).output().context("start the demo")?;
    let seconds = started.elapsed().as_secs_f64();
    if !done.status.success() {
        bail!("trailmark demo --seed {seed}: {}", done.status);
    }
    Ok((seconds, serde_json::from_slice(&done.stdout).context("read the demo's result")?))
}

fn five(result: &Value) -> Result<Vec<&str>> {
    let answers = result["answers"].as_array().context("read the demo's answers")?;
    let five = answers.get(..RIGHT.len()).context("read the demo's five answers")?;
    five.iter().map(|answer| answer["answer"].as_str().context("read an answer")).collect()
}

fn n_right(answers: &[&str]) -> usize {
    let normal = |answer: &str| {
        let lower = answer.to_lowercase();
        let words = lower.split_whitespace().filter(|word| *word != "the");
        words.map(|word| word.trim_matches([',', '.'])).collect::<Vec<_>>().join(" ")
    };
    answers.iter().zip(RIGHT).filter(|(answer, right)| right.contains(&normal(answer).as_str())).count()
}

fn medians(all: &[Measured]) -> Measured {
    let of = |value: fn(&Measured) -> f64| median(all.iter().map(value).collect());
    Measured {
        seconds: of(|one| one.seconds),
        exact_match: of(|one| one.exact_match),
        f1: of(|one| one.f1),
        n_right: of(|one| one.n_right as f64) as usize,
    }
}

fn line(one: &Measured) -> String {
    let Measured { seconds, exact_match, f1, n_right } = one;
    format!("EM {exact_match:.2}, F1 {f1:.2}, {n_right} of {} right, {seconds:.0} s", RIGHT.len())
}

fn judge(medians: &Measured) -> Result<()> {
    let is_met = medians.seconds <= MOST_SECONDS && medians.f1 >= LEAST_F1 && medians.n_right == RIGHT.len();
    if !is_met {
        bail!(
            "the demo's floor is not met: got {}, want F1 {LEAST_F1}, {} right, {MOST_SECONDS} s",
            line(medians),
            RIGHT.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_right_when_they_are_once_normalised() {
        assert_eq!(
            n_right(&["195 member countries", "around 1.4 billion", "Joe Biden", "Eight", "Canberra."]),
            5
        );
        assert_eq!(n_right(&["195", "billion", "Joe", "eight planets:", "the Canberra"]), 2);
    }

    #[test]
    fn the_floor_is_of_medians() {
        let one = |seconds, f1, n_right| Measured { seconds, exact_match: 80.0, f1, n_right };
        let all = [one(200.0, 90.0, 5), one(400.0, 84.0, 4), one(250.0, 86.0, 5)];
        assert_eq!(medians(&all), one(250.0, 86.0, 5));
        assert!(judge(&medians(&all)).is_ok());
        for short in [one(301.0, 90.0, 5), one(200.0, 84.9, 5), one(200.0, 90.0, 4)] {
            assert!(judge(&short).is_err());
        }
    }
}

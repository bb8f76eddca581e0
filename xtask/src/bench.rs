//! Benchmarks beside their peers, in one run: ours and theirs by turns on the same work, raw output kept.
//!
//! Every program prints one line of JSON per measurement; the lines go to `benches/runs/` as they are, after a line
//! that says which machine, commit and settings they are from.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::command::{output, root, run};
use crate::{
    bench_ingest, bench_python, bench_query, bench_read, bench_segments, bench_track, bench_ui, bench_up,
    peers,
};

/// A benchmark beside its peer.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Examples per CPU-second of a full training step, beside PyTorch padded to 384 and in length buckets.
    Train(Train),
    /// CPU of a browser that shows, points into and redraws a page of many curves, beside real Aim's.
    Ui(bench_ui::Ui),
    /// Nanoseconds of a `Run::track`, points a second and bytes a point through the journal, beside SQLite in WAL mode.
    Track(bench_track::Track),
    /// CPU of a `run.track` from Python, import and begin, bytes a point, beside Aim, TensorBoard, W&B and trackio.
    TrackPython(bench_python::TrackPython),
    /// Milliseconds to read 1,000 runs of 1,000 points back from Python, from a folder and from a server.
    ReadPython(bench_read::ReadPython),
    /// Searches on repositories of 1,000, 5,000 and 100,000 runs, cold and warm, with the growth exponent.
    Query(bench_query::Query),
    /// Start, memory and answers of `trailmark up` on thousands of runs.
    Up(bench_up::Up),
    /// Points a second that processes record into one server.
    Ingest(bench_ingest::Ingest),
    /// Files, bytes and seconds of a compaction, and the time that a long series takes to be sampled.
    Segments(bench_segments::Segments),
}

/// How much of the training benchmark is run.
#[derive(Args)]
pub(crate) struct Train {
    /// The first N lengths of `benches/train/lengths.json`.
    #[arg(long, default_value_t = 64)]
    examples: usize,
    /// How often each program takes its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Model shapes.
    #[arg(long, value_delimiter = ',', default_value = "minilm,distilbert")]
    shapes: Vec<String>,
    /// Threads of each program.
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    threads: Vec<usize>,
}

/// Builds the program and an example of `package` that a benchmark starts beside it.
pub(crate) fn build(profile: &str, package: &str, example: &str) -> Result<()> {
    let cargo = ["build", "--locked", "--profile", profile, "--package"];
    run("cargo", &[&cargo[..], &["trailmark-cli"]].concat())?;
    run("cargo", &[&cargo[..], &[package, "--example", example]].concat())
}

/// Runs a benchmark.
pub(crate) fn measure(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Train(arguments) => train(arguments),
        Bench::Ui(arguments) => bench_ui::ui(arguments),
        Bench::Track(arguments) => bench_track::track(arguments),
        Bench::TrackPython(arguments) => bench_python::track(arguments),
        Bench::ReadPython(arguments) => bench_read::read(arguments),
        Bench::Query(arguments) => bench_query::query(arguments),
        Bench::Up(arguments) => bench_up::up(arguments),
        Bench::Ingest(arguments) => bench_ingest::ingest(arguments),
        Bench::Segments(arguments) => bench_segments::segments(arguments),
    }
}

fn train(arguments: &Train) -> Result<()> {
    let example =
        ["build", "--release", "--locked", "--package", "trailmark-encoder", "--example", "train_step"];
    run("cargo", &example)?;
    let settings = json!({"examples": arguments.examples, "rounds": arguments.rounds});
    let mut raw = Raw::create("train", &settings)?;
    for shape in &arguments.shapes {
        for &threads in &arguments.threads {
            let mut lines = Vec::new();
            for _ in 0..arguments.rounds {
                lines.push(raw.keep(&mut ours(shape, threads, arguments.examples))?);
                for kind in ["buckets", "padded"] {
                    lines.push(raw.keep(&mut theirs(shape, kind, threads, arguments.examples)?)?);
                }
            }
            println!(
                "\n{shape}, {threads} threads, batches of 8: examples per CPU-second (median of {})",
                arguments.rounds
            );
            for (name, rate, ratio) in compare(&lines)? {
                println!("  {name:<16} {rate:6.2}   ours is {ratio:.2} times as fast");
            }
        }
    }
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

fn ours(shape: &str, threads: usize, examples: usize) -> Command {
    let mut command = Command::new(root().join("target/release/examples/train_step"));
    command.args(["--shape", shape, "--threads", &threads.to_string(), "--examples", &examples.to_string()]);
    command.arg("--lengths").arg(root().join("benches/train/lengths.json"));
    command
}

fn theirs(shape: &str, kind: &str, threads: usize, examples: usize) -> Result<Command> {
    let mut command = peers::python()?;
    command.arg(root().join("benches/train/torch_step.py"));
    command.args(["--shape", shape, "--kind", kind]);
    command.args(["--threads", &threads.to_string(), "--examples", &examples.to_string()]);
    Ok(command)
}

/// Name, examples per CPU-second (median), and how many times faster the first program of all is.
fn compare(lines: &[Value]) -> Result<Vec<(String, f64, f64)>> {
    let mut rates: Vec<(String, Vec<f64>)> = Vec::new();
    for line in lines {
        let name = line["name"].as_str().context("read a name")?;
        let examples = line["examples"].as_f64().context("read the number of examples")?;
        let seconds = line["cpu_seconds"].as_f64().context("read the seconds")?;
        match rates.iter_mut().find(|(known, _)| known == name) {
            Some((_, all)) => all.push(examples / seconds),
            None => rates.push((name.to_owned(), vec![examples / seconds])),
        }
    }
    let medians: Vec<(String, f64)> = rates.into_iter().map(|(name, all)| (name, median(all))).collect();
    let first = medians.first().context("compare no measurement")?.1;
    Ok(medians.into_iter().map(|(name, rate)| (name, rate, first / rate)).collect())
}

/// The middle value, or the mean of the two middle ones.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// A file of raw output.
pub(crate) struct Raw {
    pub(crate) path: PathBuf,
    file: std::fs::File,
}

impl Raw {
    /// Creates `benches/runs/NAME-TIME.jsonl` with its first line: machine, commit, settings.
    pub(crate) fn create(name: &str, settings: &Value) -> Result<Self> {
        let folder = root().join("benches/runs");
        std::fs::create_dir_all(&folder)?;
        let time = output("date", &["-u", "+%Y%m%d-%H%M%S"])?;
        let path = folder.join(format!("{name}-{}.jsonl", time.trim()));
        let mut file = std::fs::File::create(&path).with_context(|| format!("create {}", path.display()))?;
        writeln!(file, "{}", json!({"machine": machine()?, "settings": settings}))?;
        Ok(Self { path, file })
    }

    /// Runs a program and keeps the line of JSON that it prints.
    pub(crate) fn keep(&mut self, command: &mut Command) -> Result<Value> {
        let text = printed(command)?;
        let line = text.lines().last().context("read a line of JSON from a benchmark")?;
        let value = serde_json::from_str(line)?;
        eprintln!("{line}");
        self.write(&value)?;
        Ok(value)
    }

    /// Runs a program that prints nothing but lines of JSON, and keeps them all.
    pub(crate) fn keep_all(&mut self, command: &mut Command) -> Result<()> {
        for line in printed(command)?.lines() {
            eprintln!("{line}");
            self.write(&serde_json::from_str(line)?)?;
        }
        Ok(())
    }

    /// Keeps a line of JSON.
    pub(crate) fn write(&mut self, line: &Value) -> Result<()> {
        Ok(writeln!(self.file, "{line}")?)
    }
}

/// What a program prints to standard output.
fn printed(command: &mut Command) -> Result<String> {
    let done = command.current_dir(root()).stderr(Stdio::inherit()).output();
    let done = done.with_context(|| format!("start {}", command.get_program().to_string_lossy()))?;
    if !done.status.success() {
        bail!("{}: {}", command.get_program().to_string_lossy(), done.status);
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// Processor, cores, load and commit.
fn machine() -> Result<Value> {
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(json!({
        "processor": processor.trim_start_matches(['\t', ' ', ':']),
        "cores": std::thread::available_parallelism()?.get(),
        "load": load.trim(),
        "commit": output("git", &["describe", "--always", "--dirty"])?.trim(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_medians_against_the_first() {
        let line = |name: &str, seconds: f64| json!({"name": name, "examples": 8, "cpu_seconds": seconds});
        let lines =
            [line("a", 1.0), line("b", 4.0), line("a", 2.0), line("b", 8.0), line("a", 9.0), line("b", 4.0)];
        let told = compare(&lines).unwrap();
        assert_eq!(told, [("a".to_owned(), 4.0, 1.0), ("b".to_owned(), 2.0, 2.0)]);
    }
}

//! `bench query`: what finding runs costs on repositories of several sizes, from a cold start and in a warm server, and how
//! it grows with their number; beside Aim on the smallest, where there is one.
//!
//! The repositories are generated, with real journals. A growth exponent is the slope of the line through the medians in
//! a plot whose axes are both logarithmic: 1 is in proportion to the number of runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::bench::{self, Raw, median};
use crate::bench_ui::Server;
use crate::bench_up::{ask, resident};
use crate::command::{root, run_command};

/// Requests of each kind when everything is warm.
const REPEATS: usize = 9;
/// Where the repositories are made.
const FOLDER: &str = "target/bench-query";

/// How much of the search benchmark is run.
#[derive(Args)]
pub(crate) struct Query {
    /// Runs of the repositories, a repository each.
    #[arg(long, value_delimiter = ',', default_value = "1000,5000,100000")]
    runs: Vec<usize>,
    /// Training steps of each run.
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// How often each is measured from a cold start.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The profile that the program is built with.
    #[arg(long, default_value = "release")]
    profile: String,
    /// A Python with Aim 3.29.1: the smallest repository is written with Aim too, and Aim is asked the same.
    #[arg(long, value_name = "PYTHON")]
    aim: Option<PathBuf>,
    /// Keep the repositories afterwards.
    #[arg(long)]
    keep: bool,
}

/// What is asked from a cold start: a name, and the words after `trailmark`.
const COLD: [(&str, &[&str]); 3] = [
    ("runs by params", &["query", BY_PARAMS, "--format", "csv"]),
    ("series by metrics", &["query", BY_METRICS, "--format", "csv"]),
    ("runs ls", &["runs", "ls"]),
];
const BY_PARAMS: &str = "run.hparams.learning_rate < 1e-3 and 'paper' in run.tags";
const BY_METRICS: &str = "metric.name == 'f1' and metric.last > 72";
const BY_CONTEXT: &str =
    "run.metrics['loss', {'subset': 'eval'}].last > 1.2 * run.metrics['loss', {'subset': 'eval'}].min";

/// What a warm server is asked: a name, the route with `Q` in it, the expression.
const WARM: [(&str, &str, &str); 5] = [
    ("runs by params", "runs?limit=50&q=Q", BY_PARAMS),
    ("runs by a metric in a context", "runs?limit=50&q=Q", BY_CONTEXT),
    ("series by metrics", "search?kind=metrics&limit=50&q=Q", BY_METRICS),
    (
        "runs in the order of a metric",
        "runs?limit=50&order=-run.metrics%5B'f1'%5D.max&q=Q",
        "run.status == 'finished'",
    ),
    (
        "loss of the 1,000 latest found, 200 points each",
        "series?names=loss&points=200&columns=step,value&f32=1&limit=1000&q=Q",
        "metric.context.subset == 'train' and run.hparams.learning_rate < 1e-3",
    ),
];

/// Runs the benchmark.
pub(crate) fn query(arguments: &Query) -> Result<()> {
    if !arguments.runs.is_sorted() || arguments.runs.is_empty() {
        bail!("read --runs: got {:?}, want sizes from the smallest up", arguments.runs);
    }
    bench::build(&arguments.profile, "trailmark-server", "generate")?;
    let settings = json!({
        "runs": arguments.runs, "steps": arguments.steps, "rounds": arguments.rounds, "profile": arguments.profile,
    });
    let mut raw = Raw::create("query", &settings)?;
    let mut lines = Vec::new();
    for n_runs in &arguments.runs {
        let folder = repository(arguments, *n_runs)?;
        let mut keep = |mut line: Value| -> Result<()> {
            line["runs"] = json!(n_runs);
            eprintln!("{line}");
            raw.write(&line)?;
            lines.push(line);
            Ok(())
        };
        for _ in 0..arguments.rounds {
            cold(arguments, &folder, &mut keep)?;
        }
        warm(arguments, &folder, &mut keep)?;
        if let (Some(python), true) = (&arguments.aim, arguments.runs.first() == Some(n_runs)) {
            beside(python, *n_runs, &mut keep)?;
        }
        if !arguments.keep {
            std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
    }
    if !arguments.keep {
        std::fs::remove_dir_all(root().join(FOLDER)).with_context(|| format!("remove {FOLDER}"))?;
    }
    report(&lines, &arguments.runs)?;
    println!("\nraw output: {}", raw.path.display());
    Ok(())
}

fn program(arguments: &Query, name: &str) -> PathBuf {
    // Cargo calls the folder of its profile dev otherwise.
    let folder = if arguments.profile == "dev" { "debug" } else { &arguments.profile };
    root().join("target").join(folder).join(name)
}

/// The generated repository.
fn repository(arguments: &Query, n_runs: usize) -> Result<PathBuf> {
    let folder = root().join(FOLDER).join(format!("many-{n_runs}-{}", arguments.steps));
    if !folder.exists() {
        let mut generate = Command::new(program(arguments, "examples/generate"));
        generate.arg("many").arg(&folder);
        generate.args(["--runs", &n_runs.to_string(), "--steps", &arguments.steps.to_string()]);
        run_command(&mut generate)?;
        // A run that changed a moment ago is not trusted yet, and read again each time.
        std::thread::sleep(std::time::Duration::from_secs(4));
    }
    Ok(folder)
}

/// Fresh processes: the first without a catalog, the others with it.
fn cold(arguments: &Query, folder: &Path, keep: &mut dyn FnMut(Value) -> Result<()>) -> Result<()> {
    for file in ["catalog.sqlite", "catalog.sqlite-journal"] {
        let _ = std::fs::remove_file(folder.join(file)); // it may not be there
    }
    let first = [("without a catalog: runs by params", COLD[0].1)];
    for (name, words) in first.into_iter().chain(COLD) {
        let mut command = Command::new(program(arguments, "trailmark"));
        command.args(words).arg("--repo").arg(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let done = command.output().context("start trailmark")?;
        let millis = began.elapsed().as_secs_f64() * 1e3;
        if !done.status.success() {
            bail!("{name}: {}", String::from_utf8_lossy(&done.stderr));
        }
        let found = done.stdout.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1);
        keep(json!({"name": format!("cold: {name}"), "millis": millis, "found": found}))?;
    }
    Ok(())
}

/// One server, asked everything when it has been asked once.
fn warm(arguments: &Query, folder: &Path, keep: &mut dyn FnMut(Value) -> Result<()>) -> Result<()> {
    let began = Instant::now();
    let mut command = Command::new(program(arguments, "trailmark"));
    command.arg("up").arg("--repo").arg(folder).args(["--port", "0", "--no-open"]);
    let mut server = Server::start(&mut command)?;
    let address = server.address()?;
    ask(&address, "info")?;
    let millis = began.elapsed().as_secs_f64() * 1e3;
    keep(json!({"name": "start of up", "millis": millis, "megabytes": resident(server.id())?}))?;
    for (name, route, expression) in WARM {
        let route = route.replace('Q', &escaped(expression));
        let mut millis = Vec::new();
        for _ in 0..=REPEATS {
            let began = Instant::now();
            ask(&address, &route)?;
            millis.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let first = millis.remove(0);
        let line = json!({
            "name": format!("warm: {name}"), "first_millis": first, "millis": median(millis),
            "megabytes": resident(server.id())?,
        });
        keep(line)?;
    }
    Ok(())
}

/// A text as a part of an address.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~'".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Aim on as many runs, each with the same params, tags and metrics' last values.
fn beside(python: &Path, n_runs: usize, keep: &mut dyn FnMut(Value) -> Result<()>) -> Result<()> {
    let folder = root().join(FOLDER).join("aim");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(python);
    command.arg(root().join("benches/query/aim_search.py")).arg(&folder).arg(n_runs.to_string());
    command
        .args([BY_PARAMS.replace("'paper' in run.tags", "run.hparams.paper == True").as_str(), BY_METRICS]);
    let done = command.stderr(Stdio::inherit()).output().context("start Aim")?;
    if !done.status.success() {
        bail!("Aim: {}", done.status);
    }
    for line in String::from_utf8(done.stdout)?.lines() {
        keep(serde_json::from_str(line)?)?;
    }
    Ok(())
}

/// The slope of the line through points in a doubly logarithmic plot; none for fewer than two.
fn exponent(points: &[(f64, f64)]) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let n = logs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    let above: f64 = logs.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = logs.iter().map(|point| (point.0 - x).powi(2)).sum();
    (below > 0.0).then(|| above / below)
}

/// The medians by size, and how each grows.
fn report(lines: &[Value], sizes: &[usize]) -> Result<()> {
    let heads: Vec<String> = sizes.iter().map(|size| format!("{size:>12}")).collect();
    println!("\nmilliseconds, runs:{:<36}{} {:>9}", "", heads.concat(), "exponent");
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        let name = line["name"].as_str().context("read a name")?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let of_size = |size: &usize| {
            let of_name = lines.iter().filter(|line| line["name"] == name && line["runs"] == json!(size));
            let values: Vec<f64> = of_name.filter_map(|line| line["millis"].as_f64()).collect();
            (!values.is_empty()).then(|| median(values))
        };
        let millis: Vec<Option<f64>> = sizes.iter().map(of_size).collect();
        let points: Vec<(f64, f64)> =
            sizes.iter().zip(&millis).filter_map(|(size, millis)| Some((*size as f64, (*millis)?))).collect();
        let cells = millis.iter().map(|millis| match millis {
            Some(millis) => format!("{millis:>12.1}"),
            None => format!("{:>12}", "–"),
        });
        let grows = exponent(&points).map_or_else(|| "–".to_owned(), |grows| format!("{grows:.2}"));
        println!("{name:<55}{} {grows:>9}", cells.collect::<String>());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_the_slope_between_logarithms() {
        let of = |power: f64| [1e3, 5e3, 1e5].map(|n: f64| (n, 3.0 * n.powf(power))).to_vec();
        for power in [0.5, 1.0, 2.0] {
            assert!((exponent(&of(power)).unwrap() - power).abs() < 1e-9, "{power}");
        }
        assert_eq!(exponent(&[(1e3, 2.0)]), None);
    }

    #[test]
    fn an_expression_goes_into_an_address() {
        assert_eq!(escaped("run.lr < 1e-3"), "run.lr%20%3C%201e-3");
    }
}

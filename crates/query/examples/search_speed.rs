//! How long a search over runs takes, without reading them: `cargo run --release -p trailmark-query --example
//! search_speed [RUNS]`. Prints the best and median of 21 rounds for a few expressions, in milliseconds.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::time::Instant;

use trailmark_core::Context;
use trailmark_query::{Expression, Kind, Schema};

use sample::{CLOCK, Run};

fn generated(index: usize) -> Run {
    let mut run =
        sample::run(&format!("run-{index}"), &format!("exp-{}", index % 7), &format!("{index:024x}"));
    run.tags = [format!("tag-{}", index % 3)].into();
    let rate = [4e-3, 4e-4, 4e-5][index % 3];
    let mut pairs: Vec<(String, trailmark_core::ParamValue)> =
        (0..40).map(|key| (format!("argument_{key}"), (key as i64).into())).collect();
    pairs.push(("learning_rate".to_owned(), rate.into()));
    pairs.push(("batch_size".to_owned(), [8_i64, 16, 32][index / 3 % 3].into()));
    let hparams = trailmark_core::ParamValue::Map(pairs.into_iter().collect());
    run.params = [("hparams".to_owned(), hparams)].into();
    let last = (index % 100) as f64 / 100.0;
    for name in ["exact_match", "f1", "loss"] {
        for subset in ["eval", "train"] {
            run.series.push(sample::metric(
                name,
                Context::subset(subset),
                [1.0, last, 0.0, 1.0],
                99,
                "float",
            ));
        }
    }
    run
}

fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(5_000);
    let runs: Vec<Run> = (0..count).map(generated).collect();
    let start = Instant::now();
    let mut schema = Schema::new();
    for run in &runs {
        schema.add_run(run, &[Kind::Metrics]);
    }
    println!("schema of {count} runs: {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    for (kind, text) in [
        (Kind::Runs, "run.hparams.learning_rate < 1e-3"),
        (
            Kind::Runs,
            "run.hparams.learning_rate < 1e-3 and run.hparams.batch_size in [8, 16] and 'tag-1' in run.tags",
        ),
        (Kind::Runs, "run.name.startswith('run-1') or run.created_at > datetime.now() - timedelta(days=1)"),
        (Kind::Runs, "re.search('-[0-9]*7$', run.name)"),
        (Kind::Runs, "run.metrics['loss', {'subset': 'eval'}].last < 0.5"),
        (Kind::Runs, "any(m.name == 'f1' and m.last > 0.9 for m in run.metrics)"),
        (
            Kind::Metrics,
            "metric.name == 'loss' and metric.context.subset == 'eval' and run.hparams.batch_size == 8",
        ),
    ] {
        let start = Instant::now();
        let expression = Expression::parse(text, kind, &schema).unwrap();
        let parse_micros = start.elapsed().as_secs_f64() * 1e6;
        let mut millis: Vec<f64> = Vec::new();
        let mut found = 0;
        for _ in 0..21 {
            let start = Instant::now();
            found = search(&expression, &runs);
            millis.push(start.elapsed().as_secs_f64() * 1e3);
        }
        millis.sort_by(f64::total_cmp);
        println!(
            "{:8.3} ms best, {:8.3} ms median, {parse_micros:4.0} µs to read, {found:6} found: {text}",
            millis[0], millis[10]
        );
    }
}

/// How many runs, or series, match.
fn search(expression: &Expression, runs: &[Run]) -> usize {
    let mut search = expression.search(CLOCK);
    if expression.kind() == Kind::Runs {
        return runs.iter().filter(|run| search.matches_run(*run).unwrap()).count();
    }
    let mut found = 0;
    for run in runs {
        if search.prune(run).unwrap() == trailmark_query::Prune::No {
            continue;
        }
        found += run.series.iter().filter(|series| search.matches_series(run, *series).unwrap()).count();
    }
    found
}

//! What listing runs costs: `list FOLDER` prints one line of JSON for a repository that is there.
//!
//! Milliseconds to open it and list its runs without a catalog, with one in a process that just began, and again in the
//! same process; to find the best run; to read one series of every run and sample it.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use trailmark_store::{Columns, Repository, Selector, Wanted};

fn millis<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed().as_secs_f64() * 1e3, result)
}

/// The program's largest resident memory so far, in megabytes.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}

fn open(folder: &Path) -> Repository {
    Repository::open(folder).unwrap()
}

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder"));
    let catalog = folder.join("catalog.sqlite");
    // From here on a catalog is there, whether or not one was before.
    let begins_without = !catalog.exists();
    let (first, repository) = millis(|| {
        let repository = open(&folder);
        repository.rows().unwrap();
        repository
    });
    let first_megabytes = peak_megabytes();
    drop(repository);
    let (catalog_millis, repository) = millis(|| {
        let repository = open(&folder);
        repository.rows().unwrap();
        repository
    });
    let mut warm: Vec<f64> = (0..9).map(|_| millis(|| repository.rows().unwrap()).0).collect();
    warm.sort_by(f64::total_cmp);
    let rows = repository.rows().unwrap();
    let metric = rows.iter().flat_map(|row| &row.series).find(|series| series.key.name == "loss").unwrap();
    let selector: Selector = "loss".parse().unwrap();
    let best = millis(|| repository.best(&selector, false).map(|best| best.value)).0;
    let (series, n_points) = millis(|| {
        let read = |row: &trailmark_store::RunRow| {
            let series = vec![(*metric.key).clone()];
            let wanted = Wanted { run: row.id, series, columns: Columns::default(), after: None };
            repository.points_of(&wanted).unwrap().sample(1200).len()
        };
        rows.iter().map(|row| read(row)).sum::<usize>()
    });
    println!(
        "{{\"name\": \"list\", \"runs\": {}, \"series\": {}, \"first_is_without_catalog\": {begins_without}, \
         \"first_millis\": {first:.1}, \"first_megabytes\": {first_megabytes:.0}, \"from_catalog_millis\": \
         {catalog_millis:.1}, \"again_millis\": {:.1}, \"best_millis\": {best:.1}, \"one_series_each_millis\": \
         {series:.1}, \"sampled_points\": {n_points}}}",
        rows.len(),
        rows.iter().map(|row| row.series.len()).sum::<usize>(),
        warm[4],
    );
}

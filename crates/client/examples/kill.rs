//! Kills runs at random moments and looks whether anything is missing that was reported as written.
//!
//! `kill --runs 1000 --writers 8`: eight children at a time record batches of numbers, texts and params into one repository
//! and say on their output when a batch's write has returned; the parent kills each with SIGKILL at a moment of its own,
//! opens the repository, and fails when a reported point is not there with its value, when the row in the list says
//! otherwise, or when a reader that lives through all of it does not call the run crashed within five seconds.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, ParamValue, Recorder as _, RunId, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Compact, Repository, Store as _};

/// Points of each series in a batch.
const BATCH: i64 = 7;
const SUBSETS: [&str; 3] = ["train", "eval", "test"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("--child") => record(Path::new(&arguments[2])),
        _ => {
            let number = |flag: &str, default: u64| {
                let place = arguments.iter().position(|argument| argument == flag);
                place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
            };
            torment(number("--runs", 1000), number("--writers", 8));
        }
    }
}

fn value(step: i64, subset: usize) -> f64 {
    step as f64 / 3.0 + subset as f64
}

fn record(repository: &Path) {
    let experiment = "kill".to_owned();
    let run = Run::start(RunOptions { repository: repository.to_owned(), run: None, name: None, experiment })
        .unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", run.id()).unwrap();
    for batch in 0.. {
        for step in batch * BATCH..(batch + 1) * BATCH {
            for (place, subset) in SUBSETS.iter().enumerate() {
                run.track("loss", &Context::subset(subset), At::step(step), Value::Float(value(step, place)));
            }
            run.track("notes", &Context::empty(), At::step(step), Value::Text(format!("step {step}")));
        }
        run.set_param(&["batch"], ParamValue::Int(batch));
        run.flush();
        writeln!(out, "{batch}").unwrap();
        out.flush().unwrap();
        // A training does something else as well; eight that did not would leave the readers no processor.
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// A child and what it reported.
struct Victim {
    child: Child,
    reader: JoinHandle<Vec<String>>,
    /// When it is killed.
    end: Instant,
}

impl Victim {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--child")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(output).split(b'\n');
            lines.map(|line| String::from_utf8(line.unwrap()).unwrap()).collect()
        });
        // A new run id has random bytes.
        let id = RunId::generate(WallTime::from(SystemTime::now()));
        let random = u64::from_le_bytes(id.as_bytes()[4..].try_into().unwrap()) >> 16;
        Self { child, reader, end: Instant::now() + Duration::from_micros(500 + random % 200_000) }
    }

    /// Kills it when its time has come; says its run and how many batches it reported.
    fn kill(mut self) -> Option<(RunId, i64)> {
        while let Some(left) = self.end.checked_duration_since(Instant::now()) {
            std::thread::sleep(left);
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let lines = self.reader.join().unwrap();
        let (id, batches) = lines.split_first()?;
        // The last line may be torn: the pipe is no journal.
        let id = id.parse().ok()?;
        Some((id, batches.iter().filter_map(|line| line.parse().ok()).max().map_or(0, |last: i64| last + 1)))
    }
}

#[derive(Debug, Default)]
struct Tally {
    killed: u64,
    before_their_first_word: u64,
    reported: u64,
    lost: u64,
    torn: u64,
    /// The longest time from a kill to the word "crashed".
    slowest_word: Duration,
}

fn torment(runs: u64, writers: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    // One reader lives through all of it, as a server does.
    let watcher = Repository::open_or_create(folder.path()).unwrap();
    let mut expected = BTreeMap::new();
    let is_over = AtomicBool::new(false);
    let n_folded = std::thread::scope(|scope| {
        // Another process's part: crashed runs are folded together as soon as their writers are gone.
        let folder = folder.path();
        let folding = scope.spawn(|| fold(folder, &is_over));
        let over = Over(&is_over);
        rounds((runs, writers), &watcher, &mut expected, &mut tally);
        drop(over);
        folding.join().unwrap()
    });
    // Every tenth once more, when most of them lie in segments.
    let fresh = Repository::open(folder.path()).unwrap();
    for (id, n_batches) in expected.iter().step_by(10) {
        let mut last = Tally::default();
        look(&fresh, &watcher, (*id, *n_batches), &mut last);
        tally.lost += last.lost;
    }
    let rows = Repository::open(folder.path()).unwrap().rows().unwrap();
    for (id, n_batches) in &expected {
        let row = rows.iter().find(|row| row.id == *id).unwrap();
        let n_points = row.series.iter().map(|series| series.count).min().unwrap_or(0);
        assert!(n_points as i64 >= n_batches * BATCH, "{id}");
    }
    let Tally { killed, before_their_first_word, reported, lost, torn, slowest_word } = tally;
    println!(
        "{{\"name\": \"kill\", \"writers\": {writers}, \"killed\": {killed}, \
         \"before_their_first_word\": {before_their_first_word}, \"reported_points\": {reported}, \"lost\": {lost}, \
         \"torn_tails\": {torn}, \"folded\": {n_folded}, \"slowest_crashed_millis\": {}}}",
        slowest_word.as_millis()
    );
    assert_eq!(lost, 0);
    assert!(reported > 0);
}

/// Ends the folding, also when what follows fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Folds all runs together that have no living writer, again and again; says how many it folded.
fn fold(folder: &Path, is_over: &AtomicBool) -> u64 {
    let repository = Repository::open(folder).unwrap();
    let (quiet, crashed_quiet) = (Duration::ZERO, Duration::ZERO);
    let mut n_folded = 0;
    while !is_over.load(Ordering::Relaxed) {
        let compact = Compact { quiet, crashed_quiet, sweeps_blobs: false, ..Compact::default() };
        n_folded += repository.compact(&compact).unwrap().n_runs;
        std::thread::sleep(Duration::from_millis(50));
    }
    n_folded
}

/// Starts writers and kills them until so many were killed.
fn rounds(
    (runs, writers): (u64, u64),
    watcher: &Repository,
    expected: &mut BTreeMap<RunId, i64>,
    tally: &mut Tally,
) {
    let folder = watcher.path();
    while tally.killed < runs {
        let mut victims: Vec<Victim> = (0..writers).map(|_| Victim::start(folder)).collect();
        victims.sort_by_key(|victim| victim.end);
        for victim in victims {
            tally.killed += 1;
            if tally.killed.is_multiple_of(100) {
                eprintln!("{} killed, {} points reported, {} lost", tally.killed, tally.reported, tally.lost);
            }
            match victim.kill() {
                Some((id, n_batches)) => {
                    look(&Repository::open(folder).unwrap(), watcher, (id, n_batches), tally);
                    expected.insert(id, n_batches);
                }
                None => tally.before_their_first_word += 1,
            }
        }
    }
}

/// Counts what is missing of a run of which `n_batches` were reported.
fn look(fresh: &Repository, watcher: &Repository, (id, n_batches): (RunId, i64), tally: &mut Tally) {
    let run = fresh.read_run(id).unwrap();
    assert_eq!(run.status.word(), "crashed");
    let killed = Instant::now();
    while watcher.run(id).unwrap().status.word() != "crashed" {
        assert!(killed.elapsed() < Duration::from_secs(5), "{id} is still not called crashed");
        std::thread::sleep(Duration::from_millis(5));
    }
    let word = killed.elapsed();
    assert!(word < Duration::from_secs(5), "{id} was called crashed after {word:?}");
    tally.slowest_word = tally.slowest_word.max(word);
    tally.torn += u64::from(!run.problems.is_empty());
    let n_steps = n_batches * BATCH;
    tally.reported += n_steps as u64 * (SUBSETS.len() as u64 + 1);
    for (place, subset) in SUBSETS.iter().enumerate() {
        let series = run.series.get(&SeriesKey::new("loss", Context::subset(subset)));
        let there: BTreeMap<Step, f64> = series.map(|series| series.numbers().collect()).unwrap_or_default();
        let is_there = |step: &i64| there.get(&Step(*step)) == Some(&value(*step, place));
        tally.lost += (0..n_steps).filter(|step| !is_there(step)).count() as u64;
    }
    let notes = run.series.get(&SeriesKey::new("notes", Context::empty()));
    let n_notes = notes.map_or(0, |notes| notes.points.iter().filter(|note| note.step.0 < n_steps).count());
    tally.lost += (n_steps as u64).saturating_sub(n_notes as u64);
    if n_batches > 0 {
        let batch = run.params.get("batch");
        assert!(matches!(batch, Some(ParamValue::Int(batch)) if *batch >= n_batches - 1), "{batch:?}");
    }
}

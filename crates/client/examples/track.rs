//! What tracking a number costs: nanoseconds in the caller, points a second and bytes a point through the journal, and
//! the same through SQLite in WAL mode.
//!
//! `track KIND [--points N]` prints one line of JSON. KIND: `call` (through [`Run`]), `journal-20` and `journal-2000`
//! (frames of that many points, written and synced), `loop` (a training loop of five series with epochs, a frame a 50 ms),
//! `sqlite-20` and `sqlite-2000` (transactions of that many rows).
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, End, Recorder as _, RunId, Value, WallTime};
use trailmark_store::{Batch, Repository, SeriesTable, Stamp};

const NAMES: [&str; 5] = ["loss", "grad_norm", "learning_rate", "samples_per_second", "steps_per_second"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let kind = arguments.get(1).map_or("call", String::as_str);
    let place = arguments.iter().position(|argument| argument == "--points");
    let n_points = place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let line = match kind.split_once('-') {
        None if kind == "call" => call(folder.path(), n_points),
        None => journal(folder.path(), n_points, 0),
        Some(("sqlite", size)) => sqlite(folder.path(), n_points, size.parse().unwrap()),
        Some((_, size)) => journal(folder.path(), n_points, size.parse().unwrap()),
    };
    println!("{line}");
}

/// CPU seconds of this thread.
fn thread_secs() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn journal_bytes(repository: &Path) -> u64 {
    let runs = std::fs::read_dir(repository.join("runs")).unwrap();
    let files = runs.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Bursts of calls with a pause after each, so that the writer keeps up as it does in training.
fn call(folder: &Path, n_points: usize) -> serde_json::Value {
    let options =
        RunOptions { repository: folder.to_owned(), run: None, name: None, experiment: String::new() };
    let run = Run::start(options).unwrap();
    let context = Context::subset("train");
    let (mut wall_secs, mut cpu_secs, mut slowest) = (0.0, 0.0, 0f64);
    let mut dice = Dice(1);
    for burst in 0..n_points / 1000 {
        let values: Vec<f64> = (0..1000).map(|_| dice.unit()).collect();
        let (wall, cpu) = (Instant::now(), thread_secs());
        for (index, value) in values.iter().enumerate() {
            let step = (burst * 200 + index / 5) as i64;
            run.track(NAMES[index % 5], &context, At::step(step), Value::Float(*value));
        }
        let secs = wall.elapsed().as_secs_f64();
        cpu_secs += thread_secs() - cpu;
        wall_secs += secs;
        slowest = slowest.max(secs);
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    run.finish(End::Finished).unwrap();
    let n_calls = (n_points / 1000 * 1000) as f64;
    json!({
        "name": "trailmark call", "points": n_calls, "cpu_nanos_a_point": cpu_secs * 1e9 / n_calls,
        "wall_nanos_a_point": wall_secs * 1e9 / n_calls, "slowest_burst_nanos_a_point": slowest * 1e6,
        "bytes_a_point": journal_bytes(folder) as f64 / n_calls,
    })
}

/// Points as five series of a loop make them; the clock jitters by about a fifth of a step, the calls by microseconds.
struct Points {
    dice: Dice,
    micros: i64,
    step: i64,
    place: usize,
    step_micros: f64,
}

impl Points {
    fn new(step_micros: f64) -> Self {
        Self { dice: Dice(7), micros: 1_764_000_000_000_000, step: 0, place: 0, step_micros }
    }

    fn next(&mut self) -> (usize, Stamp, f64) {
        if self.place == NAMES.len() {
            self.place = 0;
            self.step += 1;
            self.micros += (self.step_micros * (1.0 + 0.4 * (self.dice.unit() - 0.5))) as i64;
        }
        self.micros += 1 + (self.dice.unit() * 3.0) as i64;
        self.place += 1;
        let stamp = Stamp { step: self.step, micros: self.micros, epoch: f64::NAN };
        (self.place - 1, stamp, self.dice.unit())
    }
}

/// Frames of `size` points; 0 for a loop of 20 ms steps with epochs and a frame each 50 ms.
fn journal(folder: &Path, n_points: usize, size: usize) -> serde_json::Value {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut writer = repository.writer(RunId::generate(WallTime::from_nanos(0))).unwrap();
    let mut table = SeriesTable::default();
    let context = Context::subset("train");
    let mut points = Points::new(20_000.0);
    let mut frame_end = points.micros;
    let mut pending = None;
    let mut batch = Batch::default();
    let (wall, cpu) = (Instant::now(), thread_secs());
    let mut n_done = 0;
    while n_done < n_points {
        frame_end += 50_000;
        loop {
            let (place, mut stamp, value) = pending.take().unwrap_or_else(|| points.next());
            let is_full = if size == 0 { stamp.micros >= frame_end } else { batch.n_points() == size };
            if is_full {
                pending = Some((place, stamp, value));
                break;
            }
            if size == 0 {
                stamp.epoch = stamp.step as f64 / 187.0;
            }
            let series = table.intern(NAMES[place], &context);
            batch.push_number(series, stamp, value);
        }
        n_done += batch.n_points();
        let new = table.since(writer.n_series()).to_vec();
        writer.append_batch(&new, &batch).unwrap();
        batch.clear();
    }
    writer.sync().unwrap();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), thread_secs() - cpu);
    let name =
        if size == 0 { "trailmark loop".to_owned() } else { format!("trailmark journal, {size} a frame") };
    json!({
        "name": name, "points": n_done, "points_a_second": n_done as f64 / wall,
        "points_a_cpu_second": n_done as f64 / cpu, "bytes_a_point": journal_bytes(folder) as f64 / n_done as f64,
    })
}

/// The same points as rows of a table that a tracker would have: series, step, time, value.
fn sqlite(folder: &Path, n_points: usize, size: usize) -> serde_json::Value {
    let path = folder.join("points.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             CREATE TABLE points (series INTEGER, step INTEGER, micros INTEGER, value REAL,
                                  PRIMARY KEY (series, step)) WITHOUT ROWID;",
        )
        .unwrap();
    let mut points = Points::new(20_000.0);
    let (wall, cpu) = (Instant::now(), thread_secs());
    let mut n_done = 0;
    {
        let mut begin = database.prepare("BEGIN IMMEDIATE").unwrap();
        let mut commit = database.prepare("COMMIT").unwrap();
        let mut insert = database.prepare("INSERT OR REPLACE INTO points VALUES (?1, ?2, ?3, ?4)").unwrap();
        while n_done < n_points {
            begin.execute([]).unwrap();
            for _ in 0..size {
                let (series, Stamp { step, micros, .. }, value) = points.next();
                insert.execute((series as i64, step, micros, value)).unwrap();
            }
            commit.execute([]).unwrap();
            n_done += size;
        }
    }
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), thread_secs() - cpu);
    let n_bytes = std::fs::metadata(&path).unwrap().len();
    json!({
        "name": format!("sqlite {} WAL, {size} a transaction", rusqlite::version()), "points": n_done,
        "points_a_second": n_done as f64 / wall, "points_a_cpu_second": n_done as f64 / cpu,
        "bytes_a_point": n_bytes as f64 / n_done as f64,
    })
}

/// Numbers that look random and are the same each time (SplitMix64, Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1u64 << 53) as f64
    }
}

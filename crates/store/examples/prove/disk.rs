//! A file system that is full, and one that is read-only: what was acknowledged is there, what cannot be done is told,
//! and when there is room again everything goes on.

use std::path::Path;
use std::process::Command;

use trailmark_core::{Context, Edit, End, RunId, SeriesKey, Step, WallTime};
use trailmark_store::{Error, JournalWriter, Record, Repository, Store as _};

use crate::Figures;

/// Runs that are recorded at once.
const RUNS: u64 = 4;

fn run_id(number: u64) -> RunId {
    RunId::from_parts(number, [1; 6])
}

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

/// A frame that takes a kilobyte and more.
fn records(step: i64) -> [Record; 2] {
    let point = |name: &str, value| Record::Point {
        series: SeriesKey::new(name, Context::empty()),
        step: Step(step),
        epoch: None,
        time: time(step),
        value,
    };
    [point("loss", (step as f64).into()), point("note", "some text ".repeat(120).as_str().into())]
}

/// Writers, and how many steps of each were acknowledged.
struct Writers(Vec<(JournalWriter, i64)>);

impl Writers {
    /// Records by turns until the disk is full, or for so many steps; says how often it was full.
    fn record(&mut self, most: i64) -> u64 {
        let mut n_refused = 0;
        for _ in 0..most {
            for (writer, n_steps) in &mut self.0 {
                match writer.append(&records(*n_steps)) {
                    Ok(_) => *n_steps += 1,
                    Err(Error::Full { .. }) => n_refused += 1,
                    Err(error) => panic!("want a full disk to be told as such: {error}"),
                }
            }
            if n_refused >= 8 * RUNS {
                break;
            }
        }
        n_refused
    }

    fn steps(&self) -> Vec<i64> {
        self.0.iter().map(|(_, n_steps)| *n_steps).collect()
    }
}

/// Every acknowledged step is there, and no other; says how many they are.
fn check(folder: &Path, steps: &[i64]) -> i64 {
    let repository = Repository::open(folder).unwrap();
    assert_eq!(repository.rows().unwrap().len() as u64, RUNS);
    for (number, n_steps) in (1..).zip(steps) {
        let run = repository.read_run(run_id(number)).unwrap();
        for name in ["loss", "note"] {
            let points = &run.series[&SeriesKey::new(name, Context::empty())].points;
            assert!(points.iter().map(|point| point.step.0).eq(0..*n_steps), "{name} of run {number}");
        }
    }
    steps.iter().sum()
}

fn is_refused<T>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Full { .. } | Error::Io { .. }))
}

/// How many of some requests are refused; of another number they ask for something new.
fn refused(repository: &Repository, number: u8) -> usize {
    let edit = [(run_id(1), Edit::Note(format!("{number} a note").repeat(2000)))];
    let asked = [
        is_refused(repository.put_blob(&vec![2 * number; 300_000])),
        is_refused(repository.put_blob_from(&mut &vec![2 * number + 1; 300_000][..])),
        is_refused(repository.edit(&edit)),
        is_refused(repository.keep_view("view", &format!("/runs?{number}").repeat(4000))),
    ];
    asked.into_iter().filter(|is_refused| *is_refused).count()
}

fn remount(folder: &Path, how: &str) {
    let done = Command::new("mount").args(["-o", how]).arg(folder).status().unwrap();
    assert!(done.success(), "mount -o {how}: {done}");
}

pub(crate) fn prove(folder: &Path) -> Figures {
    let place = folder.join("repository");
    let repository = Repository::open_or_create(&place).unwrap();
    let mut writers =
        Writers((1..=RUNS).map(|number| (repository.writer(run_id(number)).unwrap(), 0)).collect());
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 2_000_000]).unwrap();
    let n_refused = writers.record(i64::MAX);
    let n_full = check(&place, &writers.steps());
    eprintln!("full: {n_full} steps acknowledged, {n_refused} refused");
    let n_asked = refused(&repository, 1);
    assert_eq!(n_asked, 4, "what needs room is refused");
    check(&place, &writers.steps());

    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(writers.record(100), 0, "there is room again");
    assert_eq!(refused(&repository, 2), 0);
    let steps = writers.steps();
    let n_all = check(&place, &steps);
    eprintln!("room: {} more steps acknowledged", n_all - n_full);
    let living: Vec<&str> = repository.rows().unwrap().iter().map(|row| row.status.word()).collect();
    assert_eq!(living, ["running"; RUNS as usize]);
    writers.0.iter_mut().for_each(|(writer, _)| writer.end(time(9), End::Finished).unwrap());
    drop(writers);
    assert_eq!(check(&place, &steps), n_all);
    // An edit that found no room left a torn frame behind the edits before it: told, and set aside.
    let n_torn =
        repository.check().unwrap().iter().map(|problem| assert_eq!(problem.reason, "torn tail")).count();
    repository.repair().unwrap();
    assert_eq!(repository.check().unwrap(), []);
    drop(repository);

    remount(folder, "remount,ro");
    let repository = Repository::open(&place).unwrap();
    assert_eq!(check(&place, &steps), n_all, "everything is read");
    let n_read_only =
        refused(&repository, 3) + usize::from(is_refused(repository.writer(run_id(9)).map(|_| ())));
    assert_eq!(n_read_only, 5, "everything else is refused");
    assert_eq!(repository.check().unwrap(), []);
    eprintln!("read-only: read whole, {n_read_only} requests refused");
    remount(folder, "remount,rw");
    assert_eq!(refused(&repository, 4), 0);
    assert_eq!(check(&place, &steps), n_all);
    vec![
        ("steps_when_full", n_full.to_string()),
        ("refused_frames", n_refused.to_string()),
        ("steps_in_all", n_all.to_string()),
        ("lost", "0".to_owned()),
        ("torn_edits", n_torn.to_string()),
        ("refused_read_only", n_read_only.to_string()),
    ]
}

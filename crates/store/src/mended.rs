//! Tests: damage of a segment costs what it lies in, is told with the runs that it costs something, and mending keeps
//! everything that could be read, also where it is cut short.

use std::path::Path;
use std::time::Duration;

use trailmark_core::{Edit, End, RunId, SeriesKey, Step, Value, WallTime};

use crate::conformance::{key, run_id, time};
use crate::memory::{Fault, Memory};
use crate::{Compact, Problem, Record, Repository, RunData, Store as _};

const AT_ONCE: Compact = Compact {
    quiet: Duration::ZERO,
    crashed_quiet: Duration::ZERO,
    deleted_quiet: Duration::MAX,
    blob_age: Duration::MAX,
    sweeps_blobs: false,
    least_runs: 0,
    least_bytes: 0,
};
const POINTS: &str = "repository/segments/000001-points.parquet";
const RUNS: &str = "repository/segments/000001-runs.parquet";

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new("repository"), None).unwrap()
}

/// Numbers that nobody can guess, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % n
    }
}

fn point(random: &mut Random, series: &SeriesKey, step: &mut i64) -> Record {
    *step += 1 + random.below(700);
    Record::Point {
        series: series.clone(),
        step: Step(*step),
        epoch: Some(random.below(1 << 30) as f64 / 77.0),
        time: WallTime::from_nanos(1_000_000_000 + random.below(1 << 30) * 1000),
        value: Value::Float(random.below(1 << 30) as f64 / 3.0),
    }
}

/// Four runs of two series of so many points at odd steps, and some texts, folded together; one of them is deleted.
fn folded(n_points: i64) -> (Memory, Vec<RunData>) {
    let disk = Memory::default();
    let runs = fold(&open(&disk), n_points);
    disk.keep_all();
    (disk, runs)
}

fn fold(repository: &Repository, n_points: i64) -> Vec<RunData> {
    let mut random = Random(1);
    for run in (1..=4).map(run_id) {
        let mut writer = repository.writer(run).unwrap();
        writer.append(&[Record::Created { time: time(1) }]).unwrap();
        for series in ["loss", "lr"].map(key) {
            let mut step = 0;
            let points: Vec<Record> = (0..n_points).map(|_| point(&mut random, &series, &mut step)).collect();
            points.chunks(500).for_each(|some| _ = writer.append(some).unwrap());
        }
        let texts: Vec<Record> =
            (0..30).map(|step| crate::conformance::point("text", step, "what was said")).collect();
        writer.append(&texts).unwrap();
        writer.end(time(9), End::Finished).unwrap();
    }
    repository.edit(&[(run_id(2), Edit::Delete(true))]).unwrap();
    // A deleted run is not folded; one that is deleted afterwards is still there.
    repository.edit(&[(run_id(2), Edit::Delete(false))]).unwrap();
    assert_eq!(repository.compact(&AT_ONCE).unwrap().n_runs, 4);
    repository.edit(&[(run_id(3), Edit::Name("edited since".to_owned()))]).unwrap();
    repository.edit(&[(run_id(2), Edit::Delete(true))]).unwrap();
    all(repository)
}

fn all(repository: &Repository) -> Vec<RunData> {
    (1..=4).filter_map(|run| repository.read_run(run_id(run)).ok()).collect()
}

/// How many points of a run are lost, and how many are without their epochs; what is there is what was.
fn losses(want: &RunData, run: &RunData) -> (usize, usize) {
    let (mut n_lost, mut n_bare) = (0, 0);
    for (key, series) in &want.series {
        let there = run.series.get(key).map(|series| &series.points[..]).unwrap_or_default();
        n_lost += series.points.len() - there.len();
        for point in there {
            let was = series.points.iter().find(|was| was.step == point.step).unwrap();
            assert_eq!((point.time, &point.value), (was.time, &was.value));
            assert!(point.epoch == was.epoch || point.epoch.is_none());
            n_bare += usize::from(point.epoch != was.epoch);
        }
    }
    (n_lost, n_bare)
}

fn series(runs: &[RunData]) -> Vec<(RunId, String, bool, String)> {
    let of = |run: &RunData| (run.id, run.name.clone(), run.is_deleted, format!("{:?}", run.series));
    runs.iter().map(of).collect()
}

/// Mends and sees that what could be read still can, that what was damaged is kept, and that all is well afterwards.
fn repair(disk: &Memory, path: &Path, case: &str) {
    let (damaged, before) = (disk.read(path), all(&open(disk)));
    let repaired = open(disk).repair().unwrap();
    let one = repaired.iter().find(|one| one.problem.path == path).unwrap();
    assert!(one.is_mended && disk.read(one.kept.as_ref().unwrap()) == damaged, "{case}");
    assert_eq!(open(disk).check().unwrap(), [], "{case}");
    assert_eq!(series(&all(&open(disk))), series(&before), "{case}");
}

#[test]
fn damage_of_points_costs_the_pages_that_it_lies_in() {
    let (whole, want) = folded(5_000);
    let bytes = whole.read(Path::new(POINTS));
    let (mut n_damaged, mut n_harmed, mut n_all_bare) = (0, 0, 0);
    // What follows the columns says where they lie.
    for place in (8..bytes.len() - 4_000).step_by(bytes.len() / 40) {
        let (disk, case) = (whole.after_power_cut(), format!("byte {place}"));
        let mut damaged = bytes.clone();
        damaged[place..place + 20].fill(0x55);
        disk.put(Path::new(POINTS), &damaged);
        let problems: Vec<Problem> = open(&disk).check().unwrap();
        assert_eq!(problems.len(), 1, "{case}: {problems:?}");
        let harmed = want.iter().zip(all(&open(&disk))).filter(|(want, run)| {
            let (n_lost, n_bare) = losses(want, run);
            let is_harmed = n_lost + n_bare > 0;
            assert!(n_lost <= 2 * 4096 && n_bare <= 2 * 4096, "{case}: {n_lost} {n_bare}");
            assert_eq!(run.problems.is_empty(), !is_harmed, "{case}");
            assert_eq!(problems[0].reason.contains(&want.id.to_string()), is_harmed, "{}", problems[0]);
            n_all_bare += n_bare;
            is_harmed
        });
        // A page has points of two runs at most, and the damage may lie in two.
        let harmed = harmed.count();
        assert!(harmed <= 3, "{case}: {harmed} runs");
        (n_damaged, n_harmed) = (n_damaged + 1, n_harmed + harmed);
        repair(&disk, Path::new(POINTS), &case);
    }
    assert!(n_damaged > 30 && n_harmed > n_damaged && n_all_bare > 0, "{n_damaged} {n_harmed} {n_all_bare}");
}

#[test]
fn a_flipped_byte_of_a_segment_costs_nothing() {
    let (whole, want) = folded(5_000);
    let paths: Vec<_> =
        whole.paths().into_iter().filter(|path| path.starts_with("repository/segments")).collect();
    assert_eq!(paths.len(), 5, "{paths:?}");
    for path in paths.iter().filter(|path| !path.ends_with("manifest.toml")) {
        let bytes = whole.read(path);
        for place in (0..bytes.len()).step_by(bytes.len() / 12).chain([bytes.len() - 1]) {
            let (disk, case) = (whole.after_power_cut(), format!("{}, byte {place}", path.display()));
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x81;
            disk.put(path, &damaged);
            assert_eq!(all(&open(&disk)), want, "{case}");
            let problems = open(&disk).check().unwrap();
            assert!(problems.iter().map(|problem| &problem.path).eq([path]), "{case}: {problems:?}");
            assert!(problems[0].reason.contains("nothing is lost"), "{}", problems[0]);
            repair(&disk, path, &case);
            assert_eq!(disk.read(path), bytes, "{case}");
        }
    }
}

#[test]
fn a_run_that_cannot_be_read_whole_is_folded_again_by_a_repair_alone() {
    let (disk, _) = folded(50);
    let mut damaged = disk.read(Path::new(POINTS));
    damaged[200..400].fill(0x55);
    disk.put(Path::new(POINTS), &damaged);
    let repository = open(&disk);
    // Each goes on, so that a compaction would fold them again.
    for run in [1, 3].map(run_id) {
        repository.edit(&[(run, Edit::Note("looked at".to_owned()))]).unwrap();
    }
    let before = series(&all(&repository));
    let done = repository.compact(&AT_ONCE).unwrap();
    assert!(done.n_runs == 0 && !done.left.is_empty(), "{done:?}");
    assert_eq!(disk.read(Path::new(POINTS)), damaged);
    assert_eq!(series(&all(&repository)), before);
    repair(&disk, Path::new(POINTS), "points");
    assert_eq!(series(&all(&repository)), before, "as a process sees it that was there before");
    repository.compact(&AT_ONCE).unwrap();
    assert_eq!(series(&all(&open(&disk))), before);
    assert_eq!(open(&disk).read_run(run_id(3)).unwrap().note, "looked at");
}

#[test]
fn whoever_meets_damage_first_gets_the_rest_and_the_row_tells_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let want = fold(&repository, 5_000);
    assert_eq!(repository.rows().unwrap().len(), 3, "one is deleted");
    drop(repository);
    // The disk rots while everything is in the catalog already.
    let path = folder.path().join("segments/000001-points.parquet");
    let mut damaged = std::fs::read(&path).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 90].fill(0x55);
    std::fs::write(&path, damaged).unwrap();
    let fresh = Repository::open(folder.path()).unwrap();
    assert!(fresh.rows().unwrap().iter().all(|row| row.problems.is_empty()));
    let is_told = |run: &RunData| !run.problems.is_empty();
    let harmed: Vec<RunId> = all(&fresh).iter().filter(|run| is_told(run)).map(|run| run.id).collect();
    assert!(!harmed.is_empty() && harmed.len() < 4, "{harmed:?}");
    for run in &want {
        let wanted = crate::Wanted {
            run: run.id,
            series: run.series.keys().cloned().collect(),
            columns: crate::Columns::ALL,
            after: None,
        };
        let mut n_points = 0;
        fresh.series(&wanted, &mut |block| n_points += block.column.steps.len()).unwrap();
        let cut = crate::Cut { from: None, to: None, n: 100 };
        fresh.sampled(&wanted, &cut).unwrap();
        assert!(n_points >= 10_000 - 2 * 4096, "{n_points}");
        let row = fresh.run(run.id).unwrap();
        assert_eq!(!row.problems.is_empty(), harmed.contains(&run.id));
    }
}

#[test]
fn what_is_missing_or_cannot_be_read_today_is_told_and_left() {
    for part in ["points", "objects", "runs", "sums"] {
        let (disk, want) = folded(50);
        let extension = if part == "sums" { "crc32c" } else { "parquet" };
        let path = Path::new("repository/segments").join(format!("000001-{part}.{extension}"));
        let bytes = disk.read(&path);
        disk.files().0.remove(&path).unwrap();
        let problems = open(&disk).check().unwrap();
        assert!(problems.iter().map(|problem| &*problem.path).eq([&*path]), "{problems:?}");
        let repaired = open(&disk).repair().unwrap();
        assert_eq!(repaired.len(), 1);
        assert_eq!((repaired[0].is_mended, &repaired[0].kept), (part == "sums", &None));
        if part == "sums" {
            assert_eq!(disk.read(&path), bytes, "they are made again");
        } else {
            disk.put(&path, &bytes);
        }
        assert_eq!(open(&disk).check().unwrap(), []);
        assert_eq!(all(&open(&disk)), want, "it was found again");
    }
}

#[test]
fn a_repair_that_fails_or_dies_at_any_call_loses_nothing() {
    for path in [POINTS, RUNS].map(Path::new) {
        let (whole, _) = folded(50);
        let mut damaged = whole.read(path);
        // Two places of the middle.
        let middle = damaged.len() / 3;
        damaged[middle] ^= 1;
        damaged[middle + 8] ^= 1;
        whole.put(path, &damaged);
        whole.keep_all();
        let mended = whole.after_power_cut();
        open(&mended).repair().unwrap();
        let n_calls = mended.n_calls();
        let (before, after) = (series(&all(&open(&whole))), series(&all(&open(&mended))));
        assert!(n_calls > 15 && !after.is_empty(), "{n_calls}");
        for (fault, n) in [Fault::Full, Fault::Broken, Fault::Once, Fault::Short]
            .into_iter()
            .flat_map(|fault| (1..=n_calls).map(move |n| (fault, n)))
        {
            let disk = whole.after_power_cut();
            let repository = open(&disk);
            disk.fail_at(n, fault);
            let result = repository.repair();
            disk.heal();
            let case = format!("{}, {fault:?} at {n}: {result:?}", path.display());
            assert!(fault != Fault::Short || result.is_ok(), "{case}");
            for disk in [disk.clone(), disk.after_power_cut()] {
                let there = series(&all(&open(&disk)));
                assert!(there == before || there == after, "{case}: {there:?}");
                open(&disk).repair().unwrap();
                assert_eq!(open(&disk).check().unwrap(), [], "{case}");
                assert_eq!(series(&all(&open(&disk))), after, "{case}, and again");
                let aside = disk.paths().into_iter().filter(|path| path.starts_with("repository/set-aside"));
                assert!(aside.map(|path| disk.read(&path)).any(|kept| kept == damaged), "{case}");
            }
        }
    }
}

//! Repositories of the real Aim are read as Aim reads them, value by value.
//!
//! The golden one lies in `testdata/aim`; others lie in the folders below `TRAILMARK_AIM_REPOSITORIES`, each with its
//! `.aim` and, as `truth.json`, what Aim reads (`cargo xtask long import` makes them).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

mod plain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use serde_json::Value;
use trailmark_import::{AimSource, Fate, Report, Watch, import};
use trailmark_store::{LabelOf, Repository, Store as _};

/// Unpacks the golden repository.
fn golden() -> tempfile::TempDir {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/aim/repository.tar.gz");
    let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(file).unpack(folder.path()).unwrap();
    folder
}

fn truth(folder: &Path) -> BTreeMap<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap()
}

fn bring(folder: &Path, repository: &Repository) -> Report {
    let stop = AtomicBool::new(false);
    let mut source = AimSource::open(folder).unwrap();
    import(&mut source, repository, &mut Watch { stop: &stop, progress: &mut |_| {} }).unwrap()
}

/// Every file below a folder, with its bytes and its time.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let modified = path.metadata().unwrap().modified().unwrap();
            found.insert(path.clone(), (std::fs::read(&path).unwrap(), modified));
        }
    }
    found
}

/// Imports what lies in a folder, and compares it with what Aim reads.
fn check(folder: &Path, into: &Path) -> Repository {
    let truth = truth(folder);
    let repository = Repository::open_or_create(into).unwrap();
    let began = Instant::now();
    let report = bring(folder, &repository);
    let secs = began.elapsed().as_secs_f64();
    assert_eq!(report.problems, [], "{}", folder.display());
    for run in &report.runs {
        assert_eq!((run.fate, &run.problems[..]), (Fate::New, &[][..]), "{}", run.id);
    }
    let (n_runs, n_points) = (report.runs.len(), report.n_points());
    println!(
        "{}: {n_runs} runs and {n_points} points in {secs:.2} s: {:.0} runs and {:.0} points a second",
        folder.display(),
        n_runs as f64 / secs,
        n_points as f64 / secs
    );
    let ids: Vec<String> = report.runs.iter().map(|run| run.id.to_string()).collect();
    assert_eq!(ids, truth.keys().cloned().collect::<Vec<_>>());
    for (id, want) in &truth {
        let run = repository.read_run(id.parse().unwrap()).unwrap();
        let got = plain::run(&run, &repository);
        for key in want.as_object().unwrap().keys().filter(|key| *key != "series") {
            assert_eq!(got[key], want[key], "{id}: {key}");
        }
        let (got, want) = (got["series"].as_array().unwrap(), want["series"].as_array().unwrap());
        let key = |series: &Value| format!("{} {}", series["name"], series["context"]);
        assert_eq!(got.iter().map(key).collect::<Vec<_>>(), want.iter().map(key).collect::<Vec<_>>(), "{id}");
        for (got, want) in got.iter().zip(want) {
            let (got_points, want_points) = (&got["points"], want["points"].as_array().unwrap());
            for (point, want) in got_points.as_array().unwrap().iter().zip(want_points) {
                // Its writer was killed before it wrote the time.
                let is_alike = |place: usize| place == 2 && want[2].is_null() || point[place] == want[place];
                assert!((0..4).all(is_alike), "{id}: {}: got {point}, want {want}", key(got));
            }
            assert_eq!(got_points.as_array().unwrap().len(), want_points.len(), "{id}: {}", key(got));
        }
    }
    let bytes = repository.stats().unwrap();
    let again = bring(folder, &repository);
    assert!(again.runs.iter().all(|run| run.fate == Fate::Same && run.problems.is_empty()), "{again:?}");
    assert_eq!(repository.stats().unwrap(), bytes, "a second import adds nothing");
    repository
}

#[test]
fn what_aim_wrote_is_read_as_aim_reads_it_and_left_untouched() {
    let folder = golden();
    let before = files(&folder.path().join(".aim"));
    let into = tempfile::tempdir().unwrap();
    let repository = check(folder.path(), &into.path().join("repo"));
    assert_eq!(files(&folder.path().join(".aim")), before);
    let words: Vec<String> = repository.rows().unwrap().iter().map(|row| row.status.to_string()).collect();
    assert_eq!(words.iter().filter(|word| *word == "crashed").count(), 1, "{words:?}");
    let label = &repository.labels().unwrap()[&(LabelOf::Tag, "keep".to_owned())];
    assert_eq!((&*label.color, &*label.description), ("#d03030", "to keep"));
    assert_eq!(repository.check().unwrap(), []);
}

#[test]
fn what_aim_wrote_elsewhere_is_read_as_aim_reads_it() {
    let Some(all) = std::env::var_os("TRAILMARK_AIM_REPOSITORIES") else {
        println!("skipped: TRAILMARK_AIM_REPOSITORIES names no folder");
        return;
    };
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("truth.json").is_file());
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        let into = tempfile::tempdir().unwrap();
        check(&folder, &into.path().join("repo"));
    }
}

/// The first file below a folder whose name ends so.
fn file(folder: &Path, end: &str) -> PathBuf {
    let of_end = |path: &PathBuf| path.to_string_lossy().ends_with(end);
    files(folder).into_keys().find(of_end).unwrap()
}

/// The run with a name in the golden repository.
fn run_called(truth: &BTreeMap<String, Value>, experiment: &str) -> String {
    truth.iter().find(|(_, run)| run["experiment"] == experiment).unwrap().0.clone()
}

#[test]
fn damage_is_told_and_costs_only_what_it_hits() {
    let folder = golden();
    let (aim, truth) = (folder.path().join(".aim"), truth(folder.path()));
    let whole = run_called(&truth, "everything");
    let crashed = run_called(&truth, "crashed");
    let table = file(&aim.join("seqs/chunks").join(&whole), ".sst");
    let mut bytes = std::fs::read(&table).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&table, bytes).unwrap();
    std::fs::remove_file(aim.join("meta/chunks").join(&crashed).join("CURRENT")).unwrap();
    std::fs::create_dir(aim.join("meta/chunks/0123456789ab0123456789ab")).unwrap();
    std::fs::remove_file(aim.join("run_metadata.sqlite")).unwrap();
    let into = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(&into.path().join("repo")).unwrap();
    let report = bring(&aim, &repository);
    assert!(report.problems[0].place.ends_with("run_metadata.sqlite"), "{report:?}");
    let of = |id: &str| report.runs.iter().find(|run| run.id.to_string() == id).unwrap();
    assert_eq!(of(&crashed).fate, Fate::Unreadable);
    assert!(of(&crashed).problems[0].place.contains(&crashed), "{report:?}");
    let problems = &of(&whole).problems;
    assert!(problems.len() == 1 && problems[0].reason.contains("check sum"), "{problems:?}");
    assert_eq!(Path::new(&problems[0].place), table);
    let run = repository.read_run(whole.parse().unwrap()).unwrap();
    assert!(run.series.len() > 10 && run.params.contains_key("hparams"));
    let others = report.runs.iter().filter(|run| ![&whole, &crashed].contains(&&run.id.to_string()));
    assert!(others.clone().count() == 2 && others.clone().all(|run| run.problems.is_empty()));
}

#[test]
fn one_damaged_byte_anywhere_harms_no_other_run() {
    let folder = golden();
    let (aim, truth) = (folder.path().join(".aim"), truth(folder.path()));
    let (mut place, into) = (12_345_u64, tempfile::tempdir().unwrap());
    for experiment in ["everything", "crashed"] {
        let hit = run_called(&truth, experiment);
        let is_data = |path: &Path| {
            let path = path.to_string_lossy();
            path.contains(&hit) && [".sst", ".log", "MANIFEST"].iter().any(|part| path.contains(part))
        };
        let all: Vec<_> =
            files(&aim).into_iter().filter(|(path, file)| is_data(path) && !file.0.is_empty()).collect();
        for round in 0..30 {
            let (path, (bytes, _)) = &all[round % all.len()];
            place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut damaged = bytes.clone();
            damaged[(place >> 33) as usize % bytes.len()] ^= 1 << (round % 8);
            std::fs::write(path, damaged).unwrap();
            let repository =
                Repository::open_or_create(&into.path().join(format!("{experiment}{round}"))).unwrap();
            let report = bring(&aim, &repository);
            std::fs::write(path, bytes).unwrap();
            for run in report.runs.iter().filter(|run| run.id.to_string() != hit) {
                let n_want = truth[&run.id.to_string()]["series"].as_array().unwrap().iter();
                let n_want: usize = n_want.map(|series| series["points"].as_array().unwrap().len()).sum();
                assert_eq!((run.n_points, run.problems.len()), (n_want as u64, 0), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_log_that_is_cut_off_gives_what_is_whole() {
    let folder = golden();
    let truth = truth(folder.path());
    let crashed = run_called(&truth, "crashed");
    let log = file(&folder.path().join(".aim/seqs/chunks").join(&crashed), ".log");
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();
    let into = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(&into.path().join("repo")).unwrap();
    let report = bring(folder.path(), &repository);
    assert_eq!(report.n_problems(), 0, "{report:?}");
    let half = repository.read_run(crashed.parse().unwrap()).unwrap();
    let n_points =
        |run: &trailmark_store::RunData| run.series.values().map(|one| one.points.len()).sum::<usize>();
    assert!((50..300).contains(&n_points(&half)), "{}", n_points(&half));
    // The rest comes: the run goes on.
    std::fs::write(&log, &bytes).unwrap();
    let report = bring(folder.path(), &repository);
    assert_eq!(report.n_runs(Fate::Grown), 1, "{report:?}");
    assert_eq!(n_points(&repository.read_run(crashed.parse().unwrap()).unwrap()), 312);
}

#[test]
fn what_is_no_repository_of_aim_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = AimSource::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("meta/") && error.contains("Aim repository"), "{error}");
}

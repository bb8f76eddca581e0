//! Event files that the real packages wrote, beside what TensorBoard's own accumulator reads of them.
//!
//! `TRAILMARK_BOARD` names a folder of larger ones, made by `cargo xtask long import`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::Value as Json;
use trailmark_core::{Context, End, Kept, ParamValue, RunStatus, SeriesKey, Value};
use trailmark_import::{Board, Fate, Report, TensorboardSource, Watch, import};
use trailmark_store::{PointRow, Repository, RunData, Store as _};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tensorboard")
}

fn bring(path: &Path, board: &Board, repository: &Repository) -> Report {
    let stop = AtomicBool::new(false);
    let mut source = TensorboardSource::open(path, board.clone()).unwrap();
    import(&mut source, repository, &mut Watch { stop: &stop, progress: &mut |_| {} }).unwrap()
}

/// A repository, and the runs of a folder in it by name.
fn imported(
    path: &Path,
    is_flat: bool,
) -> (tempfile::TempDir, Repository, BTreeMap<String, RunData>, Report) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(&folder.path().join("repository")).unwrap();
    let report = bring(path, &Board { is_flat, experiment: None }, &repository);
    let runs = repository.read_all().unwrap();
    (folder, repository, runs.into_iter().map(|run| (run.name.clone(), run)).collect(), report)
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => _ = std::fs::copy(entry.path(), to).unwrap(),
        }
    }
}

/// The values of a run that are compared: how many there were.
struct Check<'a> {
    repository: &'a Repository,
    run: &'a RunData,
    n_points: usize,
}

impl Check<'_> {
    /// Every tag of a kind has the same points; a tag with a second kind is found under that kind's name.
    fn tags(&mut self, expected: &Json, kind: &str, is_same: fn(&Self, &Value, &Json) -> bool) {
        for (tag, points) in expected.as_object().unwrap() {
            let other = format!("{tag} ({kind})");
            let series = self.run.series.get(&SeriesKey::new(&other, Context::empty()));
            let series = series.or_else(|| self.run.series.get(&SeriesKey::new(tag, Context::empty())));
            let series = series.unwrap_or_else(|| panic!("{}: no series {tag}", self.run.name));
            let points = points.as_array().unwrap();
            assert_eq!(series.points.len(), points.len(), "{} {tag}", self.run.name);
            for (PointRow { step, time, value, .. }, point) in series.points.iter().zip(points) {
                assert_eq!(step.0, point[0].as_i64().unwrap(), "{} {tag}", self.run.name);
                let secs = point[1].as_f64().unwrap();
                assert!((time.unix_secs() - secs).abs() < 1.1e-6, "{} {tag}: {time:?} {secs}", self.run.name);
                assert!(is_same(self, value, &point[2]), "{} {tag} {step}: got {value:?}", self.run.name);
            }
            self.n_points += points.len();
        }
    }

    fn bytes(&self, kept: &Kept) -> String {
        let mut bytes = Vec::new();
        self.repository.open_blob(&kept.id).unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, kept.n_bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// One value, or each of a list.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::List(values) => values,
        value => std::slice::from_ref(value),
    }
}

fn is_number(_: &Check<'_>, value: &Value, expected: &Json) -> bool {
    let Value::Float(got) = value else { return false };
    match expected {
        Json::String(word) => {
            word.parse::<f64>().unwrap().to_bits() & !(1 << 63) == got.to_bits() & !(1 << 63)
                && (got.is_nan() || word.starts_with('-') == got.is_sign_negative())
        }
        number => number.as_f64() == Some(*got),
    }
}

fn is_histogram(_: &Check<'_>, value: &Value, expected: &Json) -> bool {
    let Value::Distribution(got) = value else { return false };
    let weights: Vec<f64> =
        expected["weights"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
    let total: f64 = weights.iter().sum();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * total.max(1.0);
    let edges = [(got.low, &expected["low"]), (got.high, &expected["high"])];
    edges.iter().all(|(got, want)| near(*got, want.as_f64().unwrap()))
        && got.weights.len() == weights.len()
        && got.weights.iter().zip(&weights).all(|(got, want)| near(*got, *want))
}

fn is_text(_: &Check<'_>, value: &Value, expected: &Json) -> bool {
    let expected = expected.as_array().unwrap();
    let texts = each(value).iter().map(|text| if let Value::Text(text) = text { text.as_str() } else { "" });
    texts.eq(expected.iter().map(|text| text.as_str().unwrap()))
}

fn is_image(check: &Check<'_>, value: &Value, expected: &Json) -> bool {
    let expected = expected.as_array().unwrap();
    each(value).len() == expected.len()
        && each(value).iter().zip(expected).all(|(value, want)| {
            let Value::Image(image) = value else { return false };
            (u64::from(image.width), u64::from(image.height))
                == (want["width"].as_u64().unwrap(), want["height"].as_u64().unwrap())
                && check.bytes(&image.file) == want["hex"].as_str().unwrap()
                && image.format == "png"
        })
}

fn is_sound(check: &Check<'_>, value: &Value, expected: &Json) -> bool {
    let expected = expected.as_array().unwrap();
    each(value).len() == expected.len()
        && each(value).iter().zip(expected).all(|(value, want)| {
            let Value::Audio(audio) = value else { return false };
            check.bytes(&audio.file) == want["hex"].as_str().unwrap() && audio.format == "wav"
        })
}

/// Compares every value of a folder; says how many there were.
fn compare(folder: &Path) -> usize {
    let expected: Json =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let expected = expected.as_object().unwrap();
    let (_folder, repository, runs, report) = imported(folder, true);
    assert_eq!(runs.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let mut n_points = 0;
    for (name, expected) in expected {
        let mut check = Check { repository: &repository, run: &runs[name], n_points: 0 };
        check.tags(&expected["scalars"], "scalar", is_number);
        check.tags(&expected["histograms"], "histogram", is_histogram);
        check.tags(&expected["images"], "image", is_image);
        check.tags(&expected["audio"], "audio", is_sound);
        check.tags(&expected["text"], "text", is_text);
        let there: usize = runs[name].series.values().map(|series| series.points.len()).sum();
        assert_eq!(there, check.n_points, "{name}: more than is wanted");
        n_points += there;
        let hparams = expected["hparams"].as_object().unwrap();
        for (key, want) in hparams.iter().filter(|(key, _)| *key != "status") {
            let got = runs[name].params["hparams"].at(&[key]).unwrap();
            let is_same = match (got, want) {
                (ParamValue::Int(got), want) => want.as_f64() == Some(*got as f64),
                (ParamValue::Float(got), want) => want.as_f64() == Some(*got),
                (ParamValue::Text(got), want) => want.as_str() == Some(got),
                (ParamValue::Bool(got), want) => want.as_bool() == Some(*got),
                _ => false,
            };
            assert!(is_same, "{name} {key}: got {got:?}, want {want}");
        }
        let has_failed = hparams.get("status") == Some(&Json::from(2));
        let has_ended_so = matches!(&runs[name].status, RunStatus::Ended(End::Failed { .. })) == has_failed;
        assert!(has_ended_so, "{name}: {:?}", runs[name].status);
    }
    assert_eq!(report.n_points(), n_points as u64);
    n_points
}

#[test]
fn every_value_is_what_tensorboard_reads() {
    assert_eq!(compare(&testdata()), 122);
}

#[test]
fn every_value_of_a_larger_folder_is_what_tensorboard_reads() {
    let Some(folder) = std::env::var_os("TRAILMARK_BOARD") else {
        return println!("skipped: TRAILMARK_BOARD is not set");
    };
    println!("{} points", compare(Path::new(&folder)));
}

#[test]
fn a_second_import_adds_nothing_and_leaves_no_trace() {
    let (_folder, repository, runs, _) = imported(&testdata(), false);
    let journals =
        |id| std::fs::read_dir(repository.path().join("runs").join(format!("{id}"))).unwrap().count();
    let before: Vec<usize> = runs.values().map(|run| journals(run.id)).collect();
    let again = bring(&testdata(), &Board::default(), &repository);
    assert_eq!((again.n_points(), again.n_runs(Fate::Same)), (0, runs.len()));
    let after: Vec<usize> = runs.values().map(|run| journals(run.id)).collect();
    assert_eq!(before, after);
}

#[test]
fn folders_of_subsets_are_parts_of_the_run_around_them() {
    let (_folder, _, runs, _) = imported(&testdata(), false);
    let wanted = [
        "deep/er/tensorboardx",
        "keras",
        "restarted",
        "tensorflow",
        "torch",
        "torch/pair_a",
        "torch/pair_b",
        "torch/trial",
    ];
    assert_eq!(runs.keys().collect::<Vec<_>>(), wanted);
    let keras = &runs["keras"];
    for subset in ["train", "eval"] {
        let series = &keras.series[&SeriesKey::new("epoch_loss", Context::subset(subset))];
        assert_eq!(series.points.len(), 2);
    }
    assert_eq!((keras.experiment.as_str(), &keras.status), ("tensorboard", &RunStatus::Ended(End::Finished)));
}

#[test]
fn a_run_is_the_same_from_wherever_it_is_imported() {
    let (_folder, repository, runs, _) = imported(&testdata(), false);
    let part = bring(&testdata().join("keras/validation"), &Board::default(), &repository);
    assert_eq!((part.runs[0].id, part.n_points()), (runs["keras"].id, 0));
    let moved = tempfile::tempdir().unwrap();
    copy(&testdata(), &moved.path().join("elsewhere"));
    let again = bring(&moved.path().join("elsewhere"), &Board::default(), &repository);
    let ids = |report: &Report| report.runs.iter().map(|run| run.id).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&bring(&testdata(), &Board::default(), &repository)));
}

/// The only event file of a folder.
fn file_of(folder: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn a_file_that_grows_is_gone_on_with_and_a_torn_tail_is_told() {
    let place = tempfile::tempdir().unwrap();
    copy(&testdata().join("tensorflow"), &place.path().join("tensorflow"));
    let path = file_of(&place.path().join("tensorflow"));
    let whole = std::fs::read(&path).unwrap();
    let repository = Repository::open_or_create(&place.path().join("repository")).unwrap();
    let mut n_points = 0;
    for cut in (0..whole.len()).step_by(97).chain([whole.len()]) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let report = bring(place.path(), &Board::default(), &repository);
        n_points += report.n_points();
        let problems = &report.runs[0].problems;
        let is_told = problems
            .iter()
            .any(|problem| problem.reason.contains("not whole") && problem.place.contains("at byte"));
        assert!(is_told || problems.is_empty(), "{problems:?}");
    }
    let (_folder, _, runs, _) = imported(&testdata().join("tensorflow"), false);
    let run = &repository.read_all().unwrap()[0];
    let strip =
        |run: &RunData| (run.series.clone(), run.params["hparams"].clone(), run.status.clone(), run.created);
    // As text, in which NaN is NaN.
    assert_eq!(format!("{:?}", strip(run)), format!("{:?}", strip(&runs["tensorflow"])));
    assert_eq!(n_points as usize, run.series.values().map(|series| series.points.len()).sum::<usize>());
}

#[test]
fn what_is_before_and_behind_a_damaged_record_is_kept() {
    let place = tempfile::tempdir().unwrap();
    copy(&testdata().join("restarted"), &place.path().join("run"));
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(place.path().join("run")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let whole = std::fs::read(&files[0]).unwrap();
    let second = 12 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize + 4;
    let loss = |at: usize| {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&files[0], &damaged).unwrap();
        let (_folder, _, runs, report) = imported(&place.path().join("run"), false);
        let run = &runs.values().next().unwrap();
        let losses = &run.series[&SeriesKey::new("loss", Context::empty())];
        let problems = &report.runs[0].problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].place.ends_with(&format!("at byte {second}")), "{problems:?}");
        losses.points.iter().map(|point| point.step.0).collect::<Vec<_>>()
    };
    // The first value is lost, and nothing else.
    assert_eq!(loss(second + 12), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // The rest of the file is lost; the other file is read.
    assert_eq!(loss(second), [6, 7, 8, 9]);
}

#[test]
fn what_a_restart_took_back_does_not_count() {
    let (_folder, _, runs, _) = imported(&testdata().join("restarted"), false);
    let run = &runs["restarted"];
    let losses: Vec<f64> =
        run.series[&SeriesKey::new("loss", Context::empty())].numbers().map(|(_, loss)| loss).collect();
    assert_eq!(losses, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.25, 7.25, 8.25, 9.25]);
}

#[test]
fn a_tag_with_two_kinds_of_values_has_two_series() {
    let (_folder, _, runs, report) = imported(&testdata().join("torch"), false);
    let has = |name: &str| runs["torch"].series.contains_key(&SeriesKey::new(name, Context::empty()));
    assert!(has("both") && has("both (histogram)"));
    let told: Vec<&str> =
        report.runs.iter().flat_map(|run| &run.problems).map(|problem| problem.reason.as_str()).collect();
    assert_eq!(told, ["values of the plugin \"pr_curves\" have no place here (1)"]);
}

#[test]
fn a_link_that_leads_back_is_followed_once_and_dummies_are_passed_over() {
    let place = tempfile::tempdir().unwrap();
    copy(&testdata().join("tensorflow"), &place.path().join("run"));
    std::os::unix::fs::symlink(place.path(), place.path().join("run/around")).unwrap();
    std::fs::write(place.path().join("events.out.tfevents.1.host.profile-empty"), "").unwrap();
    std::fs::write(place.path().join("run/notes.txt"), "nothing").unwrap();
    let (_folder, _, runs, report) = imported(place.path(), false);
    assert_eq!(runs.keys().collect::<Vec<_>>(), ["run"]);
    assert_eq!(report.n_problems(), 0);
}

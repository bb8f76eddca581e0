//! Tests: bytes of any file that are cut off, flipped or unreadable are told with file and place; everything else reads
//! as before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use trailmark_core::{Context, Edit, End, RunId, SeriesKey, Step, Value};

use crate::conformance::{key, point, run_id, time};
use crate::memory::Memory;
use crate::{
    Columns, Compact, Label, LabelOf, Merger, Problem, Record, Repository, RunRow, Store as _, Wanted,
};

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new("repository"), None).unwrap()
}

/// A repository of two runs with an edit each, a view, a label and a blob.
fn whole() -> Memory {
    let disk = Memory::default();
    let repository = open(&disk);
    fill(&repository);
    disk
}

fn fill(repository: &Repository) {
    for run in [1, 2].map(run_id) {
        let mut writer = repository.writer(run).unwrap();
        writer
            .append(&[Record::Created { time: time(1) }, point("loss", 1, 4.0), point("note", 1, "a")])
            .unwrap();
        writer.append(&[point("loss", 2, 2.0), point("f1", 2, 7)]).unwrap();
        writer.append(&[point("loss", 3, 1.0)]).unwrap();
        writer.end(time(9), End::Finished).unwrap();
        repository.edit(&[(run, Edit::Name("edited".to_owned()))]).unwrap();
    }
    repository.put_blob(b"bytes of a blob").unwrap();
    repository.keep_view("view", "/runs?q=1").unwrap();
    let label = Label { color: "#ff0000".to_owned(), description: "text".to_owned() };
    repository.set_label(LabelOf::Tag, "tag", label).unwrap();
}

fn journals(disk: &Memory, run: RunId) -> Vec<PathBuf> {
    disk.journals(&Path::new("repository").join("runs").join(run.to_string()))
}

/// The losses of a run as a store hands them out.
fn losses(repository: &Repository, run: RunId) -> Vec<(i64, f64)> {
    let wanted = Wanted { run, series: vec![key("loss")], columns: Columns::ALL, after: None };
    let mut merger = Merger::default();
    repository.series(&wanted, &mut |block| merger.push(block.order, block.column)).unwrap();
    let points = merger.finish();
    points.steps.into_iter().zip(points.values).collect()
}

const LOSSES: [(i64, f64); 3] = [(1, 4.0), (2, 2.0), (3, 1.0)];

/// What is told of a file, by the row, the run and the check alike.
fn told(repository: &Repository, run: RunId, path: &Path) -> Vec<Problem> {
    let of = |problems: &[Problem]| -> Vec<Problem> {
        problems.iter().filter(|problem| problem.path == path).cloned().collect()
    };
    let told = of(&repository.check().unwrap());
    if let Ok(row) = repository.run(run) {
        assert_eq!(of(&row.problems), told);
        assert_eq!(of(&repository.read_run(run).unwrap().problems), told);
    }
    told
}

/// The other run is whole, and this one has what comes before the damage.
fn look(repository: &Repository, n_whole: usize, case: &str) {
    let rows = repository.rows().unwrap();
    let other = rows.iter().find(|row| row.id == run_id(2)).unwrap();
    assert_eq!((other.name.as_str(), other.problems.len(), other.series.len()), ("edited", 0, 3), "{case}");
    assert_eq!(losses(repository, run_id(2)), LOSSES, "{case}");
    if n_whole > 0 {
        assert_eq!(losses(repository, run_id(1)), LOSSES[..n_whole], "{case}");
    }
    repository.stats().unwrap();
    repository.changes(None).unwrap();
}

#[test]
fn every_byte_of_a_journal_may_be_flipped_or_be_the_last() {
    let whole = whole();
    let repository = open(&whole);
    let own = |path: &PathBuf| whole.read(path)[8] == 0;
    let path = journals(&whole, run_id(1)).into_iter().find(own).unwrap();
    let bytes = whole.read(&path);
    let mut bounds = vec![32];
    while let Some(length) = bytes.get(bounds[bounds.len() - 1]..).and_then(|rest| rest.first_chunk::<4>()) {
        bounds.push(bounds[bounds.len() - 1] + 8 + u32::from_le_bytes(*length) as usize);
    }
    assert_eq!((bounds.len(), bounds.last()), (5, Some(&bytes.len())));
    assert_eq!(told(&repository, run_id(1), &path), []);
    for place in 0..bytes.len() {
        // The last bound at or before a place, and how many losses lie before it.
        let n_before = bounds.iter().filter(|bound| **bound <= place).count();
        let start = n_before.checked_sub(1).map_or(0, |last| bounds[last]);
        let n_whole = n_before.saturating_sub(1).min(3);
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        for (bytes, is_cut) in [(&flipped[..], false), (&bytes[..place], true)] {
            let case = format!("byte {place}, cut: {is_cut}");
            whole.put(&path, bytes);
            // One that has seen it whole has no reason to look again, and what else there is reads as before.
            look(&repository, 0, &case);
            let fresh = open(&whole);
            look(&fresh, n_whole, &case);
            let told = told(&fresh, run_id(1), &path);
            // A journal with points records the run, whatever bit of its role fell over.
            if place == 8 && !is_cut {
                assert_eq!((losses(&fresh, run_id(1)), told.len()), (LOSSES.to_vec(), 0));
                continue;
            }
            let is_sound = is_cut && (bounds.contains(&place) || place < 32);
            assert_eq!(told.is_empty(), is_sound, "{case}: {told:?}");
            for problem in told {
                assert_eq!(
                    (problem.offset, problem.n_bytes),
                    (start as u64, (bytes.len() - start) as u64),
                    "{case}"
                );
            }
            assert_eq!(fresh.run(run_id(1)).unwrap().name, "edited", "{case}: the other journal is read");
        }
    }
}

#[test]
fn a_journal_that_the_disk_does_not_give_back_is_told_and_is_there_again_later() {
    let disk = whole();
    let repository = open(&disk);
    look(&repository, 3, "whole");
    let path = journals(&disk, run_id(1)).remove(0);
    disk.set_unreadable(&path, true);
    let fresh = open(&disk);
    look(&fresh, 0, "unreadable");
    let problems = told(&fresh, run_id(1), &path);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].reason.starts_with("cannot be read: "), "{}", problems[0]);
    // It is not set aside: another day the disk may give it back.
    let repaired = fresh.repair().unwrap();
    assert!(repaired.iter().all(|one| one.kept.is_none()) && repaired.len() == 1);
    disk.set_unreadable(&path, false);
    for repository in [&repository, &fresh, &open(&disk)] {
        look(repository, 3, "readable again");
        assert_eq!(told(repository, run_id(1), &path), []);
    }
}

#[test]
fn every_byte_of_what_is_no_journal_may_be_flipped() {
    let disk = whole();
    let folder = Path::new("repository");
    let is_other = |path: &PathBuf| path.extension().is_none_or(|extension| extension != "journal");
    let paths: Vec<PathBuf> = disk.paths().into_iter().filter(is_other).collect();
    let names: Vec<_> = paths.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert!(
        ["trailmark.toml", "views.toml", "labels.toml"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    for path in paths {
        let bytes = disk.read(&path);
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << (place % 8);
            for bytes in [&flipped[..], &bytes[..place]] {
                disk.put(&path, bytes);
                let case = format!("{}, byte {place}", path.display());
                let names_it = |error: crate::Error| {
                    assert!(
                        error.to_string().contains(&*path.to_string_lossy())
                            || error.to_string().contains("repository"),
                        "{case}: {error}"
                    )
                };
                let repository = match Repository::open_on(&disk.files(), folder, None) {
                    Ok(repository) => repository,
                    Err(error) => {
                        assert!(path.ends_with("trailmark.toml"), "{case}: {error}");
                        names_it(error);
                        continue;
                    }
                };
                look(&repository, 3, &case);
                // What is told of the file names it; a byte of a text or a comment may be another, unseen.
                for problem in repository.check().unwrap() {
                    assert_eq!(problem.path, path, "{case}");
                }
                _ = repository.views().map_err(names_it);
                _ = repository.labels().map_err(names_it);
                if path.starts_with(folder.join("blobs")) {
                    assert_eq!(repository.check().unwrap().len(), 1, "{case}");
                }
            }
        }
        disk.put(&path, &bytes);
    }
}

#[test]
fn any_byte_of_a_segment_may_be_flipped_or_be_the_last() {
    let disk = whole();
    let repository = open(&disk);
    let at_once = Compact { quiet: Duration::ZERO, ..Compact::default() };
    assert_eq!(repository.compact(&at_once).unwrap().n_runs, 2);
    let mut writer = repository.writer(run_id(3)).unwrap();
    writer.append(&[Record::Created { time: time(1) }, point("loss", 1, 9.0)]).unwrap();
    writer.end(time(9), End::Finished).unwrap();
    drop(writer);
    let is_file =
        |path: &PathBuf| path.starts_with("repository/segments") && !path.ends_with("manifest.toml");
    let paths: Vec<PathBuf> = disk.paths().into_iter().filter(is_file).collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
    let want = repository.read_run(run_id(1)).unwrap();
    disk.keep_all();
    for path in paths {
        let bytes = disk.read(&path);
        for place in (0..bytes.len()).step_by(17) {
            let flipped = |places: &[usize]| {
                let mut damaged = bytes.clone();
                for place in places.iter().copied().filter(|place| *place < bytes.len()) {
                    damaged[place] ^= 1 << (place % 8);
                }
                damaged
            };
            let much = flipped(&[place, place + 5, place + 9, place + 16]);
            for (what, damaged) in [
                ("a byte", flipped(&[place])),
                ("much", if much == flipped(&[place]) { continue } else { much }),
                ("cut off", bytes[..place].to_vec()),
            ] {
                let disk = disk.after_power_cut();
                disk.put(&path, &damaged);
                let case = format!("{}, {what} at byte {place}", path.display());
                let whole = (what == "a byte").then_some((&bytes[..], &want));
                see_and_repair(&disk, (&path, &damaged), &case);
                if let Some((bytes, want)) = whole {
                    assert_eq!(disk.read(&path), bytes, "{case}: it is put right");
                    assert_eq!(open(&disk).read_run(run_id(1)).unwrap(), *want, "{case}");
                }
            }
        }
    }
}

/// A damaged file of a segment is told; what is read is what was written, or it is told that something is missing; and
/// when it is mended what was read is still there.
fn see_and_repair(disk: &Memory, (path, damaged): (&Path, &[u8]), case: &str) {
    let repository = open(disk);
    assert_eq!(losses(&repository, run_id(3)), [(1, 9.0)], "{case}");
    let problems = repository.check().unwrap();
    assert!(problems.iter().map(|problem| &*problem.path).eq([path]), "{case}: {problems:?}");
    let read = |repository: &Repository| match repository.read_run(run_id(1)) {
        Ok(run) => Some(run),
        Err(crate::Error::NoRun { .. }) => {
            assert!(path.ends_with("000001-runs.parquet"), "{case}");
            None
        }
        Err(error) => panic!("{case}: {error}"),
    };
    let run = read(&repository);
    if let Some(run) = &run {
        assert!(run.problems.iter().all(|problem| problem.path == path), "{case}: {:?}", run.problems);
        let points: Vec<(i64, f64)> = run
            .series
            .get(&key("loss"))
            .map_or(Vec::new(), |series| series.numbers().map(|(step, number)| (step.0, number)).collect());
        assert!(points.iter().all(|point| LOSSES.contains(point)), "{case}: {points:?}");
        assert_eq!(losses(&repository, run_id(1)), points, "{case}");
        let is_whole = points == LOSSES && run.name == "edited" && run.series.len() == 3;
        assert!(is_whole || !run.problems.is_empty(), "{case}: {run:?}");
        assert_eq!(repository.run(run_id(1)).unwrap().problems.is_empty(), run.problems.is_empty(), "{case}");
    }
    let repaired = repository.repair().unwrap();
    let one = repaired.iter().find(|one| one.problem.path == path).unwrap();
    assert!(one.is_mended, "{case}");
    assert_eq!(disk.read(one.kept.as_ref().unwrap()), damaged, "{case}");
    assert_eq!(open(disk).check().unwrap(), [], "{case}");
    assert_eq!(losses(&open(disk), run_id(3)), [(1, 9.0)], "{case}");
    for repository in [open(disk), repository] {
        let mended = read(&repository);
        if let Some(run) = &run {
            let mended = mended.unwrap();
            assert_eq!(
                (mended.series, mended.name, mended.problems),
                (run.series.clone(), run.name.clone(), vec![]),
                "{case}"
            );
        }
    }
}

#[test]
fn a_list_of_segments_that_cannot_be_read_is_made_again() {
    let disk = whole();
    let repository = open(&disk);
    let at_once = Compact { quiet: Duration::ZERO, ..Compact::default() };
    repository.compact(&at_once).unwrap();
    repository.edit(&[(run_id(2), Edit::Name("renamed".to_owned()))]).unwrap();
    repository.compact(&at_once).unwrap();
    let of_both = || [1, 2].map(|run| open(&disk).read_run(run_id(run)).unwrap());
    let want = of_both();
    assert_eq!(want[1].name, "renamed");
    let path = Path::new("repository/segments/manifest.toml");
    let bytes = disk.read(path);
    for place in (0..bytes.len()).step_by(2) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        for damaged in [&flipped[..], &bytes[..place]] {
            disk.put(path, damaged);
            let case = format!("byte {place}");
            // A damage that can be read lists less, or other sums: nothing that it lists is shown wrongly.
            if let Err(error) = open(&disk).rows() {
                assert!(error.to_string().contains("manifest.toml"), "{case}: {error}");
                let repaired = open(&disk).repair().unwrap();
                assert_eq!(repaired[0].problem.path, path, "{case}");
                assert_eq!(disk.read(repaired[0].kept.as_ref().unwrap()), damaged, "{case}");
                assert_eq!(of_both(), want, "{case}");
                assert_eq!(open(&disk).check().unwrap(), [], "{case}");
            }
            disk.put(path, &bytes);
        }
    }
    disk.put(path, b"nothing = [");
    assert!(open(&disk).read_run(run_id(1)).is_err());
    open(&disk).repair().unwrap();
    assert_eq!(of_both(), want);
}

#[test]
fn any_byte_of_the_catalog_may_be_flipped_or_be_the_last() {
    let folder = tempfile::tempdir().unwrap();
    fill(&Repository::open_or_create(folder.path()).unwrap());
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(60);
    for run in [1, 2].map(run_id) {
        let run = folder.path().join("runs").join(run.to_string());
        std::fs::File::open(run).unwrap().set_modified(long_ago).unwrap();
    }
    let rows = |case: &str| -> Vec<RunRow> {
        let repository = Repository::open(folder.path()).unwrap();
        let rows: Vec<RunRow> = repository.rows().unwrap().iter().map(|row| RunRow::clone(row)).collect();
        assert_eq!(losses(&repository, run_id(1)), LOSSES, "{case}");
        rows
    };
    let want = rows("whole");
    let id = Repository::open(folder.path()).unwrap().id().to_owned();
    let path = folder.path().join("catalog.sqlite");
    let bytes = std::fs::read(&path).unwrap();
    // Where there is something but zeros, every few bytes.
    let places: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] != 0).step_by(7).collect();
    assert!(places.len() > 60, "{}", places.len());
    for (number, place) in places.into_iter().enumerate() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (number % 8);
        let damaged = if number % 10 == 9 { &bytes[..place] } else { &flipped[..] };
        std::fs::write(&path, damaged).unwrap();
        let case = format!("byte {place} of {}", bytes.len());
        assert_eq!(rows(&case), want, "{case}");
        assert_eq!(rows(&case), want, "{case}, the second time");
        let loaded = crate::catalog::load(&path, &id, &folder.path().join("runs"));
        assert_eq!(loaded.map(|runs| runs.len()), Some(2), "{case}: it is whole again");
    }
}

/// A value that is read is one that was written.
#[test]
fn a_damaged_value_is_never_shown() {
    let disk = Memory::default();
    let repository = open(&disk);
    let series = SeriesKey::new("x", Context::empty());
    let mut writer = repository.writer(run_id(1)).unwrap();
    let at = |step: i64| Record::Point {
        series: series.clone(),
        step: Step(step),
        epoch: None,
        time: time(step),
        value: Value::Float(step as f64),
    };
    for step in 0..6 {
        writer.append(&[at(step), at(step + 100)]).unwrap();
    }
    writer.end(time(9), End::Finished).unwrap();
    drop(writer);
    let path = journals(&disk, run_id(1)).remove(0);
    let bytes = disk.read(&path);
    // Two bytes at once, anywhere.
    for place in (32..bytes.len()).step_by(3) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x55;
        damaged[(place * 7) % (bytes.len() - 32) + 32] ^= 0x2a;
        disk.put(&path, &damaged);
        let Ok(run) = open(&disk).read_run(run_id(1)) else { continue };
        for (step, value) in run.series.values().flat_map(|series| series.numbers()) {
            assert!(
                value == (step.0 % 100) as f64 || value == step.0 as f64,
                "byte {place}: {value} at {step:?}"
            );
        }
        assert_eq!(run.problems.len(), 1, "byte {place}");
    }
}

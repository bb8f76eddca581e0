//! Copies, the catalog made again, and damage set aside.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use trailmark_core::{Context, End, RunId, RunStatus, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Error, JournalWriter, Record, Repository, Store as _};

fn point(step: i64) -> Record {
    let time = WallTime::from_nanos(step * 1_000_000_000);
    let series = SeriesKey::new("loss", Context::empty());
    Record::Point { series, step: Step(step), epoch: None, time, value: Value::Float(step as f64) }
}

fn run_id(index: u64) -> RunId {
    RunId::from_parts(index, [1; 6])
}

fn begin(repository: &Repository, index: u64, n_frames: i64) -> JournalWriter {
    let mut writer = repository.writer(run_id(index)).unwrap();
    writer.append(&[Record::Created { time: WallTime::from_nanos(0) }]).unwrap();
    (0..n_frames).for_each(|step| _ = writer.append(&[point(step)]).unwrap());
    writer
}

fn finished(repository: &Repository, index: u64) {
    begin(repository, index, 10).end(WallTime::from_nanos(11_000_000_000), End::Finished).unwrap();
}

fn copy(repository: &Repository, to: &Path) {
    let copied = repository.copy_out(&mut |file| {
        let path = to.join(file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut bytes = Vec::new();
        file.bytes.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, file.n_bytes);
        std::fs::write(path, bytes).unwrap();
        Ok::<(), Error>(())
    });
    copied.unwrap();
}

fn journal(folder: &Path, index: u64) -> PathBuf {
    let run = folder.join("runs").join(run_id(index).to_string());
    std::fs::read_dir(run).unwrap().next().unwrap().unwrap().path()
}

fn n_points(repository: &Repository, index: u64) -> usize {
    let series = repository.read_run(run_id(index)).unwrap().series;
    series.values().map(|series| series.points.len()).sum()
}

#[test]
fn a_copy_made_while_a_writer_writes_is_whole() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let repository = Repository::open_or_create(here.path()).unwrap();
    finished(&repository, 1);
    repository.put_blob(b"a picture").unwrap();
    let mut writer = begin(&repository, 2, 5);
    // What a writer has half written: a frame whose end is not there yet.
    let half = journal(here.path(), 2);
    let mut bytes = std::fs::read(&half).unwrap();
    let whole = bytes.len();
    bytes.extend_from_within(whole - 20..whole - 3);
    let mut file = std::fs::File::options().append(true).open(&half).unwrap();
    std::io::Write::write_all(&mut file, &bytes[whole..]).unwrap();

    copy(&repository, there.path());
    let copied = Repository::open(there.path()).unwrap();
    assert_eq!(copied.check().unwrap(), []);
    assert_eq!((n_points(&copied, 1), n_points(&copied, 2)), (10, 5));
    assert_eq!(copied.read_run(run_id(2)).unwrap().status, RunStatus::Crashed, "the copy has no writer");
    assert_eq!(copied.stats().unwrap().n_blobs, 1);
    assert_eq!(copied.id(), repository.id());
    writer.end(WallTime::from_nanos(0), End::Finished).unwrap();
}

#[test]
fn kept_views_are_part_of_a_copy() {
    let here = tempfile::tempdir().unwrap();
    let there = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(here.path()).unwrap();
    repository.keep_view("lr × batch", "/metrics?color=lr,bs").unwrap();
    copy(&repository, there.path());
    assert_eq!(Repository::open(there.path()).unwrap().views().unwrap(), repository.views().unwrap());
}

#[test]
fn the_catalog_is_made_again_from_the_journals() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    (0..5).for_each(|index| finished(&repository, index));
    let rows = repository.rows().unwrap();
    let catalog = folder.path().join("catalog.sqlite");
    std::fs::write(&catalog, b"not a catalog").unwrap();
    assert_eq!(repository.rebuild().unwrap(), 5);
    assert!(std::fs::read(&catalog).unwrap().starts_with(b"SQLite format 3"));
    assert_eq!(Repository::open(folder.path()).unwrap().rows().unwrap(), rows);
}

#[test]
fn damage_is_set_aside_and_nothing_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    finished(&repository, 1);
    let blob = repository.put_blob(b"a picture").unwrap();
    let path = journal(folder.path(), 1);
    let bytes = std::fs::read(&path).unwrap();
    let mut damaged = bytes.clone();
    let place = bytes.len() - 60;
    damaged[place] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    let name = blob.to_string();
    let picture = folder.path().join("blobs").join(&name[..2]).join(&name);
    std::fs::write(&picture, b"another picture").unwrap();

    let repaired = repository.repair().unwrap();
    assert_eq!(repaired.len(), 2, "{repaired:?}");
    let kept: Vec<Vec<u8>> =
        repaired.iter().map(|one| std::fs::read(one.kept.as_ref().unwrap()).unwrap()).collect();
    let offset = std::fs::metadata(&path).unwrap().len() as usize;
    assert_eq!(kept, [b"another picture".to_vec(), damaged[offset..].to_vec()]);
    assert_eq!(repository.check().unwrap(), []);
    assert!(repository.run(run_id(1)).unwrap().problems.is_empty(), "a running program sees the repair");
    assert!(n_points(&repository, 1) < 10 && n_points(&repository, 1) > 0);
    assert_eq!(repository.repair().unwrap(), []);

    let mut newer = std::fs::read(&path).unwrap();
    newer[7] = 99;
    std::fs::write(&path, &newer).unwrap();
    let left = repository.repair().unwrap();
    assert!(left.len() == 1 && left[0].kept.is_none(), "a newer program reads it: {left:?}");
    assert_eq!(std::fs::read(&path).unwrap(), newer);
}

#[test]
fn a_run_whose_only_file_is_set_aside_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    finished(&repository, 1);
    let lonely = folder.path().join("runs").join(run_id(2).to_string());
    std::fs::create_dir_all(&lonely).unwrap();
    std::fs::write(lonely.join("00000000000000aa.journal"), b"no journal at all").unwrap();
    let ids = |repository: &Repository| -> Vec<RunId> {
        let mut ids: Vec<RunId> = repository.rows().unwrap().iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&repository), [run_id(1), run_id(2)]);
    let cursor = repository.changes(None).unwrap().cursor;
    let repaired = repository.repair().unwrap();
    assert_eq!(std::fs::read(repaired[0].kept.as_ref().unwrap()).unwrap(), b"no journal at all");
    assert_eq!(repository.changes(Some(&cursor)).unwrap().gone, [run_id(2)]);
    assert_eq!(ids(&repository), [run_id(1)]);
    assert_eq!(ids(&Repository::open(folder.path()).unwrap()), [run_id(1)]);
    assert_eq!(repository.check().unwrap(), []);
}

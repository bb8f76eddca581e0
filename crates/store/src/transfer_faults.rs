//! Tests: a copy or a move that fails at any call leaves the destination sound, and the next one completes it.

use std::path::{Path, PathBuf};

use trailmark_core::{Context, Edit, End, Figure, RunId, SeriesKey, Step, Value, WallTime};

use crate::memory::{Fault, Memory};
use crate::{Error, Record, Repository, Store as _};

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn open(disk: &Memory, path: &str) -> Repository {
    Repository::make(&disk.files(), Path::new(path), None).unwrap()
}

/// A finished run of two journals, with texts, a figure and a note.
fn record(repository: &Repository) -> RunId {
    let run = RunId::from_parts(1, [1; 6]);
    let mut writer = repository.writer(run).unwrap();
    let file = repository.put_blob_from(&mut &b"{\"data\": []}"[..]).unwrap();
    let figure = Value::Figure(Box::new(Figure { file, caption: String::new() }));
    let pack = repository.put_texts(&["Who?", "Somebody."]).unwrap();
    writer.append(&[Record::Created { time: time(0) }, Record::Texts { pack }]).unwrap();
    let point = |name: &str, step: i64, value: Value| {
        let series = SeriesKey::new(name, Context::empty());
        Record::Point { series, step: Step(step), epoch: None, time: time(step), value }
    };
    for step in 0..10 {
        writer.append(&[point("loss", step, Value::Float(1.0 / step as f64))]).unwrap();
    }
    writer.append(&[point("figure", 9, figure)]).unwrap();
    writer.end(time(10), End::Finished).unwrap();
    repository.edit(&[(run, Edit::Note("kept".to_owned()))]).unwrap();
    run
}

fn folder(path: &str, run: RunId) -> PathBuf {
    Path::new(path).join("runs").join(run.to_string())
}

/// The journals of a run with their bytes.
fn journals(disk: &Memory, path: &str, run: RunId) -> Vec<(String, Vec<u8>)> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    disk.journals(&folder(path, run)).iter().map(|path| (name(path), disk.read(path))).collect()
}

/// What lies there is sound: what is readable has its blobs, and what is not is at most a tail that was cut.
fn is_sound(repository: &Repository) -> bool {
    repository.check().unwrap().iter().all(|problem| problem.reason == "torn tail")
}

#[test]
fn a_copy_that_fails_at_any_call_is_completed_by_the_next() {
    let (here, there) = (Memory::default(), Memory::default());
    let source = open(&here, "a");
    let run = record(&source);
    let whole = journals(&here, "a", run);
    let before = there.n_calls();
    source.copy_run(run, &open(&there, "b"), &mut |_| ()).unwrap();
    assert_eq!(journals(&there, "b", run), whole);
    let n_calls = there.n_calls() - before;
    assert!(n_calls > 15, "{n_calls}");
    for fault in [Fault::Full, Fault::Broken, Fault::Short] {
        for n in 1..=n_calls {
            let there = Memory::default();
            let target = open(&there, "b");
            there.fail_at(n, fault);
            let result = source.copy_run(run, &target, &mut |_| ());
            assert!(result.is_ok() || fault != Fault::Short, "{fault:?} at {n}: {result:?}");
            there.heal();
            for disk in [&there, &there.after_power_cut()] {
                let target = open(disk, "b");
                assert!(is_sound(&target), "{fault:?} at {n}");
                source.copy_run(run, &target, &mut |_| ()).unwrap();
                assert_eq!(journals(disk, "b", run), whole, "{fault:?} at {n}");
                assert_eq!(target.check().unwrap(), [], "{fault:?} at {n}");
                let again = source.copy_run(run, &target, &mut |_| ()).unwrap();
                assert_eq!(again.n_new_bytes, 0, "{fault:?} at {n}");
            }
        }
    }
}

#[test]
fn a_move_that_fails_at_any_call_loses_no_byte() {
    let count = {
        let (here, there) = (Memory::default(), Memory::default());
        let source = open(&here, "a");
        let run = record(&source);
        let before = here.n_calls();
        source.move_run(run, &open(&there, "b"), &mut |_| ()).unwrap();
        assert_eq!(source.run_ids().unwrap(), [], "its folder is gone");
        here.n_calls() - before
    };
    for (is_here, n_calls) in [(true, count), (false, 40)] {
        for n in 1..=n_calls {
            let (here, there) = (Memory::default(), Memory::default());
            let (source, target) = (open(&here, "a"), open(&there, "b"));
            let run = record(&source);
            let whole = journals(&here, "a", run);
            let failing = if is_here { &here } else { &there };
            failing.fail_at(n, Fault::Broken);
            let result = source.move_run(run, &target, &mut |_| ());
            failing.heal();
            let kept = journals(&there.after_power_cut(), "b", run);
            let left = journals(&here, "a", run);
            let case = format!("{is_here} {n}: {result:?}");
            assert!(whole.iter().all(|journal| kept.contains(journal) || left.contains(journal)), "{case}");
            if left.len() < whole.len() {
                assert_eq!(kept, whole, "nothing is removed before all is durable: {case}");
            }
        }
    }
}

#[test]
fn a_run_that_is_recorded_is_copied_as_far_as_it_is_whole_and_not_moved() {
    let (here, there) = (Memory::default(), Memory::default());
    let (source, target) = (open(&here, "a"), open(&there, "b"));
    let run = RunId::from_parts(2, [2; 6]);
    let mut writer = source.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(0) }]).unwrap();
    source.copy_run(run, &target, &mut |_| ()).unwrap();
    let first = journals(&there, "b", run);
    assert!(matches!(source.move_run(run, &target, &mut |_| ()), Err(Error::Transfer { .. })));
    writer.append(&[Record::Edit { edit: Edit::Name("grown".to_owned()) }]).unwrap();
    writer.end(time(3), End::Finished).unwrap();
    drop(writer);
    let copied = source.copy_run(run, &target, &mut |_| ()).unwrap();
    let second = journals(&there, "b", run);
    assert_eq!(second, journals(&here, "a", run));
    assert_eq!(copied.n_new_bytes as usize, second[0].1.len() - first[0].1.len(), "only what is new");
    assert_eq!(target.read_run(run).unwrap().name, "grown");
}

#[test]
fn what_is_not_the_same_run_is_not_overwritten() {
    let (here, there) = (Memory::default(), Memory::default());
    let (source, target) = (open(&here, "a"), open(&there, "b"));
    let run = record(&source);
    source.copy_run(run, &target, &mut |_| ()).unwrap();
    let path = there.journals(&folder("b", run))[0].clone();
    let mut bytes = there.read(&path);
    bytes[45] ^= 1;
    there.put(&path, &bytes);
    let error = source.copy_run(run, &target, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("other bytes are there"), "{error}");
    assert!(source.move_run(run, &target, &mut |_| ()).is_err());
    assert_eq!(there.read(&path), bytes);

    let there = Memory::default();
    let target = open(&there, "b");
    source.copy_run(run, &target, &mut |_| ()).unwrap();
    target.delete(&[run]).unwrap();
    let error = source.copy_run(run, &target, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("deleted there"), "{error}");
}

#[test]
fn a_run_with_a_lost_blob_is_copied_but_not_moved() {
    let (here, there) = (Memory::default(), Memory::default());
    let (source, target) = (open(&here, "a"), open(&there, "b"));
    let run = record(&source);
    let blob = *source.read_run(run).unwrap().blobs().first().unwrap();
    here.files().0.remove(&source.blob_path(&blob)).unwrap();
    let error = source.move_run(run, &target, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("lost"), "{error}");
    assert_eq!(source.copy_run(run, &target, &mut |_| ()).unwrap().lost, [blob]);
    assert_eq!(journals(&there, "b", run), journals(&here, "a", run));
}

//! Tests: a disk that fails, at every call in turn, costs nothing that was acknowledged before.

use std::path::Path;

use trailmark_core::{Context, Edit, End, RunId, RunStatus, SeriesKey, Step, Value, WallTime};

use crate::folded::AT_ONCE;
use crate::memory::{Fault, Memory};
use crate::{Columns, Error, Problem, Record, Repository, Store as _, Wanted};

const FOLDER: &str = "repository";

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn point(step: i64) -> Record {
    let series = SeriesKey::new("loss", Context::subset("train"));
    Record::Point { series, step: Step(step), epoch: None, time: time(step), value: Value::Float(0.5) }
}

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new(FOLDER), None).unwrap()
}

/// What a writer heard.
#[derive(Debug, Default)]
struct Heard {
    /// Steps whose frame was appended, and those that were synced too.
    appended: Vec<i64>,
    synced: Vec<i64>,
    errors: Vec<Error>,
    refused_after_sync: bool,
}

/// Records twenty steps, a sync every fourth, and an end.
fn record(repository: &Repository, run: RunId) -> Result<Heard, Error> {
    let mut heard = Heard::default();
    let mut writer = repository.writer(run)?;
    writer.append(&[Record::Created { time: time(0) }])?;
    for step in 0..20 {
        match writer.append(&[point(step)]) {
            Ok(_) => heard.appended.push(step),
            Err(error) => heard.errors.push(error),
        }
        if step % 4 == 3 {
            match writer.sync() {
                Ok(()) => heard.synced = heard.appended.clone(),
                Err(error) => {
                    heard.errors.push(error);
                    heard.refused_after_sync = writer.append(&[point(99)]).is_err();
                    return Ok(heard);
                }
            }
        }
    }
    match writer.end(time(30), End::Finished) {
        Ok(()) => heard.synced = heard.appended.clone(),
        Err(error) => {
            let is_of_sync = error.to_string().starts_with("sync a journal");
            heard.errors.push(error);
            heard.refused_after_sync = is_of_sync && writer.append(&[point(99)]).is_err();
        }
    }
    Ok(heard)
}

fn steps(repository: &Repository, run: RunId) -> Vec<i64> {
    let Ok(data) = repository.read_run(run) else { return Vec::new() };
    data.series.values().flat_map(|series| series.points.iter().map(|point| point.step.0)).collect()
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::Full { .. })
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost() {
    let run = RunId::from_parts(1, [1; 6]);
    let whole = Memory::default();
    let repository = open(&whole);
    let before = whole.n_calls();
    assert_eq!(record(&repository, run).unwrap().synced.len(), 20);
    let n_calls = whole.n_calls() - before;
    assert!(n_calls > 25, "{n_calls}");
    for fault in [Fault::Full, Fault::Broken, Fault::Once, Fault::Short] {
        for n in 1..=n_calls {
            let disk = Memory::default();
            let repository = open(&disk);
            disk.fail_at(n, fault);
            let heard = record(&repository, run);
            disk.heal();
            let there = steps(&repository, run);
            let after_cut = disk.after_power_cut();
            let kept = steps(&open(&after_cut), run);
            match heard {
                Ok(heard) => {
                    let case = format!("{fault:?} at {n}: {heard:?}, there {there:?}, kept {kept:?}");
                    assert_eq!(heard.appended, there, "{case}");
                    assert!(heard.synced.iter().all(|step| kept.contains(step)), "{case}");
                    match fault {
                        Fault::Short => assert!(heard.errors.is_empty(), "{case}"),
                        Fault::Full => assert!(heard.errors.iter().all(is_full), "{case}"),
                        Fault::Broken | Fault::Once => assert!(!heard.errors.is_empty(), "{case}"),
                    }
                    if heard.errors.iter().any(|error| error.to_string().starts_with("sync a journal")) {
                        assert!(heard.refused_after_sync, "{case}");
                    }
                }
                Err(_) => assert!(there.is_empty() && fault != Fault::Short, "{fault:?} at {n}"),
            }
        }
    }
}

#[test]
fn a_full_disk_is_told_and_room_lets_the_writer_go_on() {
    let disk = Memory::default();
    let repository = open(&disk);
    let run = RunId::from_parts(1, [1; 6]);
    let mut writer = repository.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(0) }, point(0)]).unwrap();
    disk.fail_at(1, Fault::Full);
    // The lost frame would have named this series.
    let other = |step| match point(step) {
        Record::Point { step, epoch, time, value, .. } => {
            Record::Point { series: SeriesKey::new("f1", Context::empty()), step, epoch, time, value }
        }
        record => record,
    };
    assert!(matches!(writer.append(&[other(1)]), Err(Error::Full { .. })));
    disk.heal();
    writer.append(&[other(2), point(3)]).unwrap();
    writer.end(time(9), End::Finished).unwrap();
    drop(writer);
    let data = repository.read_run(run).unwrap();
    assert!(data.problems.is_empty(), "{:?}", data.problems);
    let steps = |name: &str, context| -> Vec<i64> {
        data.series[&SeriesKey::new(name, context)].points.iter().map(|point| point.step.0).collect()
    };
    assert_eq!(steps("f1", Context::empty()), [2]);
    assert_eq!(steps("loss", Context::subset("train")), [0, 3]);
    assert_eq!(data.status, RunStatus::Ended(End::Finished));
}

#[test]
fn a_journal_that_cannot_be_read_is_told_and_hides_nothing_else() {
    let disk = Memory::default();
    let repository = open(&disk);
    let ids = [1, 2].map(|index| RunId::from_parts(index, [1; 6]));
    ids.iter().for_each(|run| _ = record(&repository, *run).unwrap());
    let folder = |run: RunId| Path::new(FOLDER).join("runs").join(run.to_string());
    let whole = disk.read(&disk.journals(&folder(ids[0]))[0]);
    let newer = [&whole[..7], &[9], &whole[8..]].concat();
    let odd = [&whole[..8], &[7], &whole[9..]].concat();
    // How a file begins, and what is said of it: nothing of one whose writer has only begun.
    let cases = [
        (&whole[..0], None),
        (&whole[..31], None),
        (&b"TRAILJ"[..], None),
        (&b"hello"[..], Some("not a journal")),
        (&[0; 64][..], Some("not a journal")),
        (&newer[..31], None),
        (&newer[..], Some("written by a newer Trailmark: format 9, this one reads up to 3")),
        (&odd[..], Some("a damaged header")),
    ];
    for (index, (bytes, reason)) in cases.into_iter().enumerate() {
        let lonely = RunId::from_parts(10 + index as u64, [1; 6]);
        for run in [ids[0], lonely] {
            let path = folder(run).join("00000000000000aa.journal");
            disk.put(&path, bytes);
            let told = reason.map(|reason| (path.clone(), 0, bytes.len() as u64, reason.to_owned()));
            let told = Vec::from_iter(told);
            let of = |problems: &[Problem]| -> Vec<_> {
                let of = problems.iter().filter(|problem| problem.path == path);
                of.map(|one| (one.path.clone(), one.offset, one.n_bytes, one.reason.to_string())).collect()
            };
            let rows = repository.rows().unwrap();
            let row = rows.iter().find(|row| row.id == run);
            let data = repository.read_run(run);
            assert_eq!(of(&repository.check().unwrap()), told, "check, {index}");
            assert_eq!(row.map_or(Vec::new(), |row| of(&row.problems)), told, "row, {index}");
            assert_eq!(data.map_or(Vec::new(), |data| of(&data.problems)), told, "run, {index}");
            let is_there = run == ids[0] || reason.is_some();
            assert_eq!(row.is_some(), is_there, "{index}");
        }
        assert_eq!(steps(&repository, ids[0]).len(), 20, "{index}");
    }
    assert_eq!(repository.run(ids[1]).unwrap().problems, []);
}

#[test]
fn an_edit_that_fails_leaves_the_run_as_it_was_and_the_next_one_works() {
    let run = RunId::from_parts(1, [1; 6]);
    for fault in [Fault::Full, Fault::Broken, Fault::Once] {
        for n in 1..12 {
            let disk = Memory::default();
            let repository = open(&disk);
            record(&repository, run).unwrap();
            repository.edit(&[(run, Edit::Name("first".to_owned()))]).unwrap();
            disk.fail_at(n, fault);
            let failed = repository.edit(&[(run, Edit::Name("second".to_owned()))]);
            disk.heal();
            let name = repository.run(run).unwrap().name.clone();
            match failed {
                Ok(_) => assert_eq!(name, "second", "{fault:?} at {n}"),
                // A failed sync leaves it open which of the two the disk has.
                Err(_) => assert!(name == "first" || name == "second", "{fault:?} at {n}: {name}"),
            }
            repository.edit(&[(run, Edit::Name("third".to_owned()))]).unwrap();
            assert_eq!(repository.run(run).unwrap().name, "third", "{fault:?} at {n}");
            assert_eq!(open(&disk.after_power_cut()).run(run).unwrap().name, "third", "{fault:?} at {n}");
        }
    }
}

/// What a compaction removes last may go between a look at the folder and the look into it.
#[test]
fn a_journal_that_goes_while_it_is_read_is_found_in_its_segment() {
    let disk = Memory::default();
    let run = RunId::from_parts(1, [1; 6]);
    let folder = Path::new(FOLDER).join("runs").join(run.to_string());
    record(&open(&disk), run).unwrap();
    let journal = disk.journals(&folder).remove(0);
    let bytes = disk.read(&journal);
    open(&disk).compact(&AT_ONCE).unwrap();
    assert!(disk.journals(&folder).is_empty());
    let series = vec![SeriesKey::new("loss", Context::subset("train"))];
    let wanted = Wanted { run, series, columns: Columns::default(), after: None };
    type Read<'a> = &'a dyn Fn(&Repository) -> Result<(), Error>;
    let reads: [(&str, Read<'_>); 4] = [
        ("params", &|repository| repository.params(run).map(drop)),
        ("a run", &|repository| repository.read_run(run).map(drop)),
        ("rows", &|repository| repository.rows().map(drop)),
        ("series", &|repository| repository.series(&wanted, &mut |_| {}).map(drop)),
    ];
    for (name, read) in reads {
        let repository = open(&disk);
        disk.put(&journal, &bytes);
        disk.vanish_at_read(&journal);
        read(&repository).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!disk.paths().contains(&journal), "{name} did not read the journal");
        assert_eq!(steps(&repository, run), (0..20).collect::<Vec<_>>(), "{name}");
    }
}

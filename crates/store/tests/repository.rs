//! A repository as its users meet it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use trailmark_core::{Context, Edit, End, ParamValue, RunId, RunStatus, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Error, Problem, Record, Repository, Selector, Store as _, best};

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn point(name: &str, step: i64, value: f64, at: i64) -> Record {
    let series = SeriesKey::new(name, Context::subset("eval"));
    Record::Point { series, step: Step(step), epoch: None, time: time(at), value: Value::Float(value) }
}

#[test]
fn the_later_write_wins_whatever_the_order_of_the_journals() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let run = RunId::generate(time(1));
    let mut first = repository.writer(run).unwrap();
    let mut second = repository.writer(run).unwrap();
    second.append(&[point("f1", 1, 2.0, 20), point("f1", 2, 5.0, 21)]).unwrap();
    first
        .append(&[Record::Created { time: time(1) }, point("f1", 1, 1.0, 10), point("f1", 2, 9.0, 30)])
        .unwrap();
    let name = |name: &str| Record::Edit { edit: Edit::Name(name.to_owned()) };
    second.append(&[name("early"), name("late")]).unwrap();
    let path = vec!["hparams".to_owned(), "seed".to_owned()];
    first.append(&[Record::Param { path, value: ParamValue::Int(42) }]).unwrap();
    assert_eq!(repository.read_run(run).unwrap().status, RunStatus::Running);
    second.end(time(45), End::Finished).unwrap();
    first.end(time(50), End::Finished).unwrap();
    drop((first, second));
    let data = repository.read_run(run).unwrap();
    let f1 = &data.series[&SeriesKey::new("f1", Context::subset("eval"))];
    assert_eq!(f1.numbers().collect::<Vec<_>>(), [(Step(1), 1.0), (Step(2), 9.0)]);
    assert_eq!((data.name.as_str(), data.status.word()), ("late", "finished"));
    assert_eq!(data.params["hparams"].at(&["seed"]), Some(&ParamValue::Int(42)));
    assert_eq!(repository.find(&run.to_string()[..9]).unwrap().id, run);
    assert_eq!(repository.find("late").unwrap().id, run);
}

#[test]
fn a_writer_that_vanished_has_crashed_and_its_torn_tail_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let run = RunId::generate(time(1));
    let mut writer = repository.writer(run).unwrap();
    writer.append(&[point("f1", 1, 1.0, 1)]).unwrap();
    writer.append(&[point("f1", 2, 2.0, 2)]).unwrap();
    drop(writer);
    let runs = folder.path().join("runs").join(run.to_string());
    let journal = std::fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, &bytes[..bytes.len() - 3]).unwrap();
    let data = repository.read_run(run).unwrap();
    assert_eq!(data.status, RunStatus::Crashed);
    assert_eq!(data.series.values().next().unwrap().points.len(), 1);
    assert!(data.problems[0].to_string().starts_with("torn tail, "));
}

#[test]
fn foreign_folders_and_newer_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Repository::open(folder.path()), Err(Error::NotARepository { .. })));
    std::fs::write(folder.path().join("trailmark.toml"), "format = 4\nid = \"x\"\n").unwrap();
    let error = Repository::open(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("open a repository: got format 4, want at most 3"), "{error}");
}

#[test]
fn journals_that_cannot_be_read_are_told_by_every_reader_and_kept_in_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let run = RunId::from_parts(1_764_000_000_000, [1; 6]);
    let mut writer = repository.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(1) }, point("loss", 1, 0.5, 1)]).unwrap();
    writer.end(time(2), End::Finished).unwrap();
    drop(writer);
    let journals = || -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder.path().join("runs").join(run.to_string())).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    // A newer program wrote it; its header may end anywhere.
    let path = journals().remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    let format = std::mem::replace(&mut bytes[7], 200);
    std::fs::write(&path, &bytes).unwrap();
    let reason = "written by a newer Trailmark: format 200, this one reads up to 3";
    let n_bytes = bytes.len() as u64;
    let want = [Problem { path: path.clone(), offset: 0, n_bytes, reason: reason.into() }];
    let said = want[0].to_string();
    assert!(said.starts_with("written by a newer Trailmark") && said.contains(".journal"), "{said}");
    // The catalog keeps it: whoever opens the repository hears of it again, though the run changed long ago.
    let runs = folder.path().join("runs").join(run.to_string());
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    std::fs::File::open(&runs).unwrap().set_modified(long_ago).unwrap();
    for _ in 0..2 {
        let again = Repository::open(folder.path()).unwrap();
        let rows = again.rows().unwrap();
        assert_eq!((rows.len(), rows[0].id, rows[0].n_bytes, rows[0].series.len()), (1, run, n_bytes, 0));
        assert_eq!(rows[0].problems, want);
        assert_eq!(rows[0].created, WallTime::from_nanos(1_764_000_000_000_000_000), "as its id says");
        assert_eq!(again.check().unwrap(), want);
        assert_eq!(again.find(&run.to_string()).unwrap().problems, want);
    }
    // Another writer of the run can be read, and then so is its part of the run.
    let mut writer = repository.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(3) }, point("loss", 2, 0.25, 3)]).unwrap();
    writer.end(time(4), End::Finished).unwrap();
    drop(writer);
    let row = repository.rows().unwrap().remove(0);
    assert_eq!((row.series.len(), row.problems.as_slice()), (1, &want[..]));
    assert_eq!(row.status, RunStatus::Ended(End::Finished));
    // When it can be read again, all is well.
    bytes[7] = format;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let row = repository.rows().unwrap().remove(0);
    assert_eq!((row.series[0].count, row.problems.as_slice()), (2, &[][..]));
}

#[test]
fn texts_are_kept_once_and_read_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let pack = repository.put_texts(&["one", "zwei 🦀"]).unwrap();
    assert_eq!(repository.put_texts(&["one", "zwei 🦀"]).unwrap(), pack);
    let texts = repository.texts(&pack).unwrap();
    assert_eq!(texts[&trailmark_core::ContentId::of("zwei 🦀")], "zwei 🦀");
}

#[test]
fn the_best_run_is_found_by_metric_direction_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    for (index, values) in [[50.0, 80.0], [80.0, f64::NAN], [10.0, 20.0]].into_iter().enumerate() {
        let mut writer = repository.writer(RunId::generate(time(index as i64 + 1))).unwrap();
        let rows = [(1, values[0]), (2, values[1])].map(|(step, value)| point("f1", step, value, step));
        writer.append(&rows).unwrap();
        writer.end(time(9), End::Finished).unwrap();
    }
    let runs = repository.read_all().unwrap();
    let find = |text: &str| {
        best(&runs, &text.parse::<Selector>().unwrap(), false).map(|b| (b.run.id, b.step, b.value))
    };
    assert_eq!(find("best:f1").unwrap(), (runs[1].id, Step(1), 80.0));
    assert_eq!(find("f1{subset: eval}:min").unwrap(), (runs[2].id, Step(1), 10.0));
    assert!(find("loss").unwrap_err().to_string().contains("no finished or running run has \"loss\""));
    assert!("f1{x".parse::<Selector>().is_err());
}

//! The trait `Store` as a server uses it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Read as _;

use trailmark_core::{
    Context, Edit, End, ParamValue, RunId, RunStatus, SeriesKey, Step, Value, WallTime, WriterId,
};
use trailmark_store::{
    Appended, Columns, Cursor, Error, Merger, Points, Prune, Record, Repository, Selector, Store, Wanted,
};

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn key(name: &str) -> SeriesKey {
    SeriesKey::new(name, Context::subset("eval"))
}

fn point(name: &str, step: i64, value: impl Into<Value>) -> Record {
    Record::Point { series: key(name), step: Step(step), epoch: None, time: time(step), value: value.into() }
}

fn run_id(index: u64) -> RunId {
    RunId::from_parts(index, [1; 6])
}

/// A repository with runs that have finished, with an f1 of their number.
fn repository(n_runs: u64) -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    for index in 0..n_runs {
        let mut writer = repository.writer(run_id(index)).unwrap();
        let created = Record::Created { time: time(index as i64) };
        writer.append(&[created, point("f1", 1, index as f64), point("f1", 2, 0.5)]).unwrap();
        writer.end(time(100), End::Finished).unwrap();
    }
    (folder, repository)
}

fn points(store: &dyn Store, wanted: &Wanted) -> (Points, Cursor) {
    let mut merger = Merger::default();
    let cursor = store.series(wanted, &mut |block| merger.push(block.order, block.column)).unwrap();
    (merger.finish(), cursor)
}

fn wanted(run: RunId, names: &[&str], after: Option<Cursor>) -> Wanted {
    Wanted { run, series: names.iter().map(|name| key(name)).collect(), columns: Columns::ALL, after }
}

#[test]
fn runs_come_in_pages_and_deleted_ones_can_be_brought_back() {
    let (_folder, repository) = repository(7);
    let store: &dyn Store = &repository;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = store.runs(&Prune::default(), after.as_ref(), 3).unwrap();
        assert!(page.rows.len() <= 3);
        ids.extend(page.rows.iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(ids, (0..7).map(run_id).collect::<Vec<_>>());
    let best = || repository.best(&"f1".parse().unwrap(), false).unwrap().row.id;
    assert_eq!(best(), run_id(6));
    let undo = store.delete(&[run_id(6), run_id(2)]).unwrap();
    let shown = |prune: Prune| -> Vec<RunId> {
        store.runs(&prune, None, 99).unwrap().rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(shown(Prune::default()), [0, 1, 3, 4, 5].map(run_id));
    assert_eq!(shown(Prune { is_deleted: true, ..Prune::default() }), [2, 6].map(run_id));
    assert_eq!(best(), run_id(5));
    store.edit(&undo).unwrap();
    assert_eq!(shown(Prune::default()).len(), 7);
    store.edit(&[(run_id(6), Edit::Archive(true))]).unwrap();
    assert_eq!(best(), run_id(5));
    assert_eq!(shown(Prune { is_archived: Some(true), ..Prune::default() }), [run_id(6)]);
    let since = Prune { created_from: Some(time(5)), ..Prune::default() };
    assert_eq!(shown(since), [5, 6].map(run_id));
    assert!(matches!(
        store.runs(&Prune::default(), Some(&Cursor::from_text("x")), 1),
        Err(Error::Cursor { .. })
    ));
}

#[test]
fn edits_are_seen_everywhere_and_undone_exactly() {
    let (folder, repository) = repository(1);
    let run = run_id(0);
    let edits = [
        Edit::Name("one".to_owned()),
        Edit::Name("two".to_owned()),
        Edit::AddTag("new".to_owned()),
        Edit::RemoveTag("not there".to_owned()),
        Edit::Note("look at this".to_owned()),
        Edit::Experiment("other".to_owned()),
        Edit::Archive(true),
    ];
    let before = repository.run(run).unwrap();
    let edits: Vec<(RunId, Edit)> = edits.into_iter().map(|edit| (run, edit)).collect();
    let undo = repository.edit(&edits).unwrap();
    for reader in [repository.clone(), Repository::open(folder.path()).unwrap()] {
        let row = reader.run(run).unwrap();
        assert_eq!(
            (row.name.as_str(), row.note.as_str(), row.experiment.as_str()),
            ("two", "look at this", "other")
        );
        assert!(row.tags.contains("new") && row.is_archived);
        assert_eq!(row.status, RunStatus::Ended(End::Finished), "an edit does not make a run live");
    }
    repository.edit(&undo).unwrap();
    let after = repository.run(run).unwrap();
    assert_eq!(
        (&after.name, &after.tags, &after.note, after.is_archived),
        (&before.name, &before.tags, &before.note, false)
    );
    let n_files = std::fs::read_dir(folder.path().join("runs").join(run.to_string())).unwrap().count();
    assert_eq!(n_files, 2, "one journal for all edits of a process");
    let error = repository.edit(&[(run, Edit::Name("x".to_owned())), (run_id(9), Edit::Archive(true))]);
    assert!(matches!(error, Err(Error::NoRun { .. })));
    assert_eq!(repository.run(run).unwrap().name, before.name, "nothing is changed when one run is unknown");
}

#[test]
fn another_process_sees_edits_of_runs_that_ended() {
    let (folder, repository) = repository(1);
    // So old that its folder is not looked into again without need.
    let run = folder.path().join("runs").join(run_id(0).to_string());
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    std::fs::File::open(run).unwrap().set_modified(old).unwrap();
    let other = Repository::open(folder.path()).unwrap();
    for name in ["", "one", "two", "three"] {
        repository.edit(&[(run_id(0), Edit::Name(name.to_owned()))]).unwrap();
        assert_eq!(other.rows().unwrap()[0].name, name);
    }
}

#[test]
fn growth_is_followed_with_cursors() {
    let (_folder, repository) = repository(2);
    let store: &dyn Store = &repository;
    let first = store.changes(None).unwrap();
    assert_eq!(first.rows.len(), 2);
    let nothing = store.changes(Some(&first.cursor)).unwrap();
    assert!(nothing.rows.is_empty() && nothing.gone.is_empty());

    let run = run_id(50);
    let mut writer = repository.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(50) }, point("f1", 1, 1.0), point("loss", 1, 3.0)]).unwrap();
    let changes = store.changes(Some(&nothing.cursor)).unwrap();
    assert_eq!(
        changes.rows.iter().map(|row| (row.id, row.status.word())).collect::<Vec<_>>(),
        [(run, "running")]
    );
    let (seen, cursor) = points(store, &wanted(run, &["loss", "f1"], None));
    assert_eq!(seen.len(), 1, "two series of one step, merged as one for the test's sake");

    writer.append(&[point("f1", 2, 2.0), point("new", 1, 7.0), point("f1", 3, Value::Int(9))]).unwrap();
    let (seen, cursor) = points(store, &wanted(run, &["f1"], Some(cursor)));
    assert_eq!((seen.steps, seen.values), (vec![2, 3], vec![2.0, 9.0]));
    assert_eq!(seen.micros, [2_000_000, 3_000_000]);
    let (seen, _) = points(store, &wanted(run, &["new"], Some(Cursor::from_text(&cursor.to_string()))));
    assert!(seen.is_empty(), "nothing after the cursor");
    let (seen, _) = points(store, &wanted(run, &["new"], None));
    assert_eq!(seen.values, [7.0]);

    writer.end(time(60), End::Failed { exit_code: Some(1), message: "x".to_owned() }).unwrap();
    drop(writer);
    let changes = store.changes(Some(&changes.cursor)).unwrap();
    assert_eq!(changes.rows[0].status.word(), "failed");
    let all = store.changes(Some(&Cursor::from_text("0000000000000000.5"))).unwrap();
    assert_eq!(all.rows.len(), 3, "a cursor of another process means: everything");
}

#[test]
fn only_the_columns_that_are_asked_for_are_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let mut writer = repository.writer(run_id(1)).unwrap();
    let with_epoch = |step: i64, value: Value| Record::Point {
        series: key("f1"),
        step: Step(step),
        epoch: Some(step as f64 / 4.0),
        time: time(step),
        value,
    };
    // Floats are kept in columns, whole numbers one by one.
    let values = [Value::Float(0.5), Value::Float(0.25), Value::Int(3), Value::Float(0.1)];
    let rows = values.into_iter().zip(1..).map(|(value, step)| with_epoch(step, value));
    writer.append(&rows.collect::<Vec<_>>()).unwrap();
    let all = points(&repository, &wanted(run_id(1), &["f1"], None)).0;
    assert_eq!((&all.steps[..], &all.values[..]), (&[1, 2, 3, 4][..], &[0.5, 0.25, 3.0, 0.1][..]));
    assert_eq!(
        (&all.micros[..], &all.epochs[..]),
        (&[1, 2, 3, 4].map(|s| s * 1_000_000)[..], &[0.25, 0.5, 0.75, 1.0][..])
    );
    for (times, epochs) in [(false, false), (true, false), (false, true)] {
        let columns = Columns { times, epochs };
        let part = points(&repository, &Wanted { columns, ..wanted(run_id(1), &["f1"], None) }).0;
        assert_eq!((&part.steps, &part.values), (&all.steps, &all.values));
        assert_eq!(part.micros, if times { all.micros.clone() } else { Vec::new() });
        assert_eq!(part.epochs, if epochs { all.epochs.clone() } else { Vec::new() });
    }
}

#[test]
fn nothing_has_changed_since_a_cursor_that_was_given_before_anything_did() {
    let (folder, repository) = repository(3);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    for index in 0..3 {
        let runs = folder.path().join("runs").join(run_id(index).to_string());
        std::fs::File::open(runs).unwrap().set_modified(long_ago).unwrap();
    }
    assert_eq!(repository.rows().unwrap().len(), 3);
    // All that it knows is from the catalog.
    let again = Repository::open(folder.path()).unwrap();
    let first = again.changes(None).unwrap();
    assert_eq!(first.rows.len(), 3);
    assert_eq!(again.changes(Some(&first.cursor)).unwrap().rows, []);
    again.edit(&[(run_id(1), Edit::Name("new".to_owned()))]).unwrap();
    let second = again.changes(Some(&first.cursor)).unwrap();
    assert_eq!((second.rows.len(), second.rows[0].id), (1, run_id(1)));
    // A cursor of another process says nothing here: everything may have changed.
    assert_eq!(repository.changes(Some(&second.cursor)).unwrap().rows.len(), 3);
}

#[test]
fn rows_tell_the_checkpoints_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let mut writer = repository.writer(run_id(1)).unwrap();
    let saved = |step: i64, folder: &str| Record::Point {
        series: SeriesKey::new("checkpoint", Context::empty()),
        step: Step(step),
        epoch: None,
        time: time(step),
        value: folder.into(),
    };
    // Another text is no checkpoint, nor is one of another context.
    let other = point("checkpoint", 7, "not one");
    writer.append(&[point("f1", 1, 0.5), saved(1, "a"), other, point("note", 1, "long")]).unwrap();
    writer.append(&[saved(2, "b")]).unwrap();
    let check = |want: &[(i64, &str)]| {
        for repository in [&repository, &Repository::open(folder.path()).unwrap()] {
            let row = repository.rows().unwrap().remove(0);
            let got: Vec<(i64, &str)> =
                row.checkpoints.iter().map(|(step, folder)| (step.0, folder.as_str())).collect();
            assert_eq!(got, want);
        }
    };
    check(&[(1, "a"), (2, "b")]);
    // A step that is saved again is told once, as it was saved last.
    writer.append(&[saved(1, "c")]).unwrap();
    check(&[(1, "c"), (2, "b")]);
    // Of very many a row holds the first ones, and its count says so.
    writer.append(&(3..400).map(|step| saved(step, "d")).collect::<Vec<_>>()).unwrap();
    let row = repository.rows().unwrap().remove(0);
    let series = row.series(&SeriesKey::new("checkpoint", Context::empty())).unwrap();
    assert_eq!((row.checkpoints.len(), series.count), (256, 399));
}

#[test]
fn many_runs_are_read_at_once_and_come_in_their_order() {
    let (folder, _) = repository(300);
    std::fs::remove_file(folder.path().join("catalog.sqlite")).unwrap_or_default();
    let rows = Repository::open(folder.path()).unwrap().rows().unwrap();
    assert_eq!(rows.len(), 300);
    for (index, row) in rows.iter().enumerate() {
        assert_eq!((row.id, row.series[0].first), (run_id(index as u64), Some(index as f64)));
    }
}

#[test]
fn objects_params_and_blobs_are_handed_out() {
    let (folder, repository) = repository(0);
    let run = run_id(1);
    let mut writer = repository.writer(run).unwrap();
    let param = |path: &[&str], value: i64| Record::Param {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        value: ParamValue::Int(value),
    };
    writer
        .append(&[
            param(&["hparams", "seed"], 1),
            param(&["__system_params", "cores"], 2),
            point("notes", 1, "first"),
            point("notes", 1, "second"),
            point("f1", 1, 5.0),
        ])
        .unwrap();
    let store: &dyn Store = &repository;
    let mut texts = Vec::new();
    store.objects(&wanted(run, &["f1", "notes"], None), &mut |object| texts.push(object)).unwrap();
    texts.sort_by_key(|object| object.order);
    assert_eq!(texts.iter().map(|text| text.series).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(texts[1].value, Value::from("second"));
    assert_eq!(store.run(run).unwrap().params.keys().collect::<Vec<_>>(), ["hparams"]);
    assert_eq!(store.params(run).unwrap()["__system_params"].at(&["cores"]), Some(&ParamValue::Int(2)));
    assert!(matches!(store.params(run_id(8)), Err(Error::NoRun { .. })));

    let blob = store.put_blob(b"some bytes").unwrap();
    let mut bytes = Vec::new();
    store.open_blob(&blob).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"some bytes");
    let stats = store.stats().unwrap();
    assert_eq!((stats.n_runs, stats.n_running, stats.n_series, stats.n_points), (1, 1, 2, 2));
    assert_eq!((stats.n_blobs, stats.blob_bytes), (1, 10));
    assert_eq!(store.check().unwrap(), []);
    let name = blob.to_string();
    std::fs::write(folder.path().join("blobs").join(&name[..2]).join(&name), b"other bytes").unwrap();
    assert!(store.check().unwrap()[0].to_string().starts_with("content that is not what its name says"));
}

#[test]
fn bytes_of_a_journal_that_is_written_elsewhere_are_received() {
    let (folder, here) = repository(0);
    let there = tempfile::tempdir().unwrap();
    let source = Repository::open_or_create(there.path()).unwrap();
    let run = run_id(1);
    let mut writer = source.writer(run).unwrap();
    writer.append(&[Record::Created { time: time(1) }, point("f1", 1, 1.0)]).unwrap();
    let path = std::fs::read_dir(there.path().join("runs").join(run.to_string()))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let id: WriterId = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let bytes = || std::fs::read(&path).unwrap();
    let durable = |offset: usize| Appended::Durable { offset: offset as u64 };

    assert_eq!(here.append(run, id, 40, &bytes()[40..]).unwrap(), Appended::Behind { offset: 0 });
    assert!(matches!(here.append(run, id, 0, b"nonsense"), Err(Error::Frames { .. })));
    let first = bytes();
    assert_eq!(
        here.append(run, id, 0, &first[..first.len() - 1]).unwrap(),
        durable(32),
        "a cut frame is left out"
    );
    assert_eq!(
        here.append(run, id, 0, &first).unwrap(),
        durable(first.len()),
        "what is there is stepped over"
    );
    assert_eq!(here.run(run).unwrap().status, RunStatus::Running);
    let mut wrong = first.clone();
    wrong[33] ^= 1;
    assert!(matches!(here.append(run, id, 0, &wrong), Err(Error::Frames { .. })));

    // The receiver goes away and leaves a torn tail; another one goes on.
    drop(here);
    let copy = folder.path().join("runs").join(run.to_string()).join(format!("{id}.journal"));
    let mut torn = std::fs::read(&copy).unwrap();
    torn.extend([9; 5]);
    std::fs::write(&copy, torn).unwrap();
    let here = Repository::open(folder.path()).unwrap();
    assert_eq!(here.run(run).unwrap().status, RunStatus::Crashed);
    writer.append(&[point("f1", 2, 2.0)]).unwrap();
    let second = bytes();
    assert_eq!(here.append(run, id, 9_999, &[]).unwrap(), Appended::Behind { offset: first.len() as u64 });
    let from = first.len();
    assert_eq!(here.append(run, id, from as u64, &second[from..]).unwrap(), durable(second.len()));
    let another = Repository::open(folder.path()).unwrap();
    let locked = another.append(run, id, second.len() as u64, &[]);
    assert!(matches!(locked, Err(Error::Locked { .. })), "a journal has one writer: {locked:?}");
    writer.end(time(3), End::Finished).unwrap();
    let all = bytes();
    here.append(run, id, second.len() as u64, &all[second.len()..]).unwrap();
    assert_eq!(here.run(run).unwrap().status, RunStatus::Ended(End::Finished));
    assert_eq!(here.read_run(run).unwrap().series, source.read_run(run).unwrap().series);
    here.delete(&[run]).unwrap();
    assert_eq!(here.append(run, id, all.len() as u64, &[]).unwrap(), Appended::Gone);
}

#[test]
fn the_best_run_by_rows_is_the_best_run_by_points() {
    let (folder, repository) = repository(0);
    let checkpoint = folder.path().join("checkpoint");
    std::fs::create_dir(&checkpoint).unwrap();
    let f1 = |context: Context, step: i64, value: f64| Record::Point {
        series: SeriesKey::new("f1", context),
        step: Step(step),
        epoch: None,
        time: time(1),
        value: Value::Float(value),
    };
    let eval = || Context::subset("eval");
    let rows: [Vec<Record>; 4] = [
        vec![f1(eval(), 1, 80.0), f1(eval(), 2, 90.0)],
        // A training value alone is no evaluation.
        vec![f1(Context::subset("train"), 1, 99.0)],
        vec![f1(eval(), 3, 90.0), f1(eval(), 4, 70.0), f1(eval(), 5, f64::INFINITY)],
        vec![f1(eval(), 4, 10.0), f1(eval(), 9, 20.0)],
    ];
    for (index, mut rows) in rows.into_iter().enumerate() {
        let mut writer = repository.writer(run_id(index as u64)).unwrap();
        rows.push(Record::Created { time: time(index as i64) });
        let saved = Value::Text(checkpoint.to_string_lossy().into_owned());
        let series = SeriesKey::new("checkpoint", Context::empty());
        rows.push(Record::Point { series, step: Step(4), epoch: None, time: time(1), value: saved });
        writer.append(&rows).unwrap();
        writer.end(time(9), End::Finished).unwrap();
    }
    let runs = repository.read_all().unwrap();
    for (text, with_checkpoint, want) in [
        ("best:f1", false, Some((0, 2, 90.0))),
        ("f1", true, Some((2, 4, 70.0))),
        ("f1:min", false, Some((3, 4, 10.0))),
        ("f1{subset: \"train\"}", false, Some((1, 1, 99.0))),
        ("f1{subset: train}", true, None),
        ("f1{fold: 1}", false, None),
    ] {
        let selector: Selector = text.parse().unwrap();
        let rows = repository.best(&selector, with_checkpoint);
        let points = trailmark_store::best(&runs, &selector, with_checkpoint);
        let rows = rows.map(|best| (best.row.id, best.step.0, best.value)).ok();
        assert_eq!(rows, points.map(|best| (best.run.id, best.step.0, best.value)).ok(), "{text}");
        assert_eq!(rows, want.map(|(run, step, value)| (run_id(run), step, value)), "{text}");
    }
    let mut writer = repository.writer(run_id(8)).unwrap();
    writer.append(&[f1(Context::empty().with("fold", 1i64), 1, 1.0), f1(Context::empty(), 1, 1.0)]).unwrap();
    repository.delete(&[0, 2, 3].map(run_id)).unwrap();
    let error = repository.best(&"f1".parse().unwrap(), false).unwrap_err().to_string();
    assert!(error.contains(r#"f1 {} or f1 {fold: 1} or f1 {subset: "train"}"#), "{error}");
    assert!(repository.best(&"f1{fold: 1}".parse().unwrap(), false).is_ok());
}

#[test]
fn the_catalog_may_be_locked_foreign_or_older() {
    let (folder, repository) = repository(3);
    assert_eq!(repository.rows().unwrap().len(), 3);
    let catalog = folder.path().join("catalog.sqlite");
    assert!(catalog.exists());
    let reopened =
        |n_runs: usize| assert_eq!(Repository::open(folder.path()).unwrap().rows().unwrap().len(), n_runs);
    let change = |sql: &str| rusqlite::Connection::open(&catalog).unwrap().execute_batch(sql).unwrap();
    change("PRAGMA user_version = 0");
    reopened(3);
    change("UPDATE about SET repository = 'another'");
    reopened(3);
    change("DELETE FROM keys");
    reopened(3);
    change("DELETE FROM runs");
    reopened(3);
    let count = || -> i64 {
        let database = rusqlite::Connection::open(&catalog).unwrap();
        database.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(), 3, "it was made again");
    // Another process maintains: what is new is read, and not written.
    let lock = std::fs::File::options().append(true).open(folder.path().join("maintain.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let mut writer = repository.writer(run_id(9)).unwrap();
    writer.append(&[Record::Created { time: time(9) }]).unwrap();
    reopened(4);
    assert_eq!(count(), 3);
    drop(lock);
    reopened(4);
    assert_eq!(count(), 4);
}

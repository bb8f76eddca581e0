//! Lists of runs, what a row says, what changed, what is held.

use std::collections::{BTreeMap, BTreeSet};

use trailmark_core::{ContentId, Edit, End, ParamValue, Params, RunId, RunStatus, Step};

use super::journal::{artifact, param};
use super::{Journal, Subject, key, point, run_id, time};
use crate::{Contents, Cursor, Error, Kind, Prune, Record, Store};

pub(super) fn check(subject: &Subject<'_>) {
    runs_come_in_pages_oldest_first(subject);
    a_list_leaves_out_only_what_is_not_wanted(subject);
    a_row_tells_its_run(subject);
    later_params_win(subject);
    what_changes_is_told_at_least_once(subject);
    what_is_held_is_counted(subject);
    an_unknown_run_is_told(subject);
}

/// A run that finished, with an f1 of its number.
fn finished(number: u64) -> Journal {
    let secs = number as i64;
    let records = [
        Record::Created { time: time(secs) },
        Record::Edit { edit: Edit::Experiment(format!("experiment {}", number % 2)) },
        point("f1", 1, secs as f64),
        ended(secs + 5),
    ];
    Journal::new(run_id(number), 1).with(secs, &records)
}

fn ended(secs: i64) -> Record {
    Record::End { time: time(secs), end: End::Finished }
}

fn fill(store: &dyn Store, n_runs: u64) -> Vec<RunId> {
    // They arrive youngest first.
    (0..n_runs).rev().for_each(|number| finished(number).send(store));
    (0..n_runs).map(run_id).collect()
}

fn pages(store: &dyn Store, prune: &Prune, limit: usize) -> Vec<RunId> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = store.runs(prune, after.as_ref(), limit).unwrap();
        assert!(page.rows.len() <= limit);
        ids.extend(page.rows.iter().filter(|row| prune.admits(row)).map(|row| row.id));
        match page.next {
            // Cursors travel as text.
            Some(next) => after = Some(Cursor::from_text(&next.to_string())),
            None => return ids,
        }
        assert!(ids.len() < 100, "the pages have an end");
    }
}

fn runs_come_in_pages_oldest_first(subject: &Subject<'_>) {
    let store = subject.store();
    assert_eq!(pages(&*store, &Prune::default(), 3), []);
    let ids = fill(&*store, 7);
    for limit in 1..9 {
        assert_eq!(pages(&*store, &Prune::default(), limit), ids, "{limit} a page");
    }
    let page = store.runs(&Prune::default(), None, 4).unwrap();
    finished(7).send(&*store);
    let rest = store.runs(&Prune::default(), page.next.as_ref(), 9).unwrap();
    assert_eq!(
        rest.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        (4..8).map(run_id).collect::<Vec<_>>()
    );
    for text in ["x", "1.2.3", "-"] {
        let wrong = store.runs(&Prune::default(), Some(&Cursor::from_text(text)), 1);
        assert!(matches!(wrong, Err(Error::Cursor { .. })), "{text:?}");
    }
    let store = subject.again(store, &ids);
    assert_eq!(pages(&*store, &Prune::default(), 3).len(), 8);
}

fn a_list_leaves_out_only_what_is_not_wanted(subject: &Subject<'_>) {
    let store = subject.store();
    let ids = fill(&*store, 8);
    store.edit(&[(ids[2], Edit::Archive(true)), (ids[3], Edit::Archive(true))]).unwrap();
    store.delete(&[ids[3], ids[6]]).unwrap();
    let store = subject.again(store, &ids);
    let experiments = [None, Some("experiment 0"), Some("experiment 1"), Some("no such")];
    for experiment in experiments.map(|name| name.map(str::to_owned)) {
        for created_from in [None, Some(time(0)), Some(time(4)), Some(time(99))] {
            for is_archived in [None, Some(true), Some(false)] {
                for is_deleted in [true, false] {
                    let experiment = experiment.clone();
                    let prune = Prune { experiment, created_from, is_archived, is_deleted };
                    let wanted = |id: &&RunId| prune.admits(&store.run(**id).unwrap());
                    let want: Vec<RunId> = ids.iter().filter(wanted).copied().collect();
                    assert_eq!(pages(&*store, &prune, 3), want, "{prune:?}");
                }
            }
        }
    }
    assert_eq!(pages(&*store, &Prune { is_deleted: true, ..Prune::default() }, 9), [ids[3], ids[6]]);
}

fn a_row_tells_its_run(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let epochs = |step: i64, value: f64| Record::Point {
        series: key("loss"),
        step: Step(step),
        epoch: Some(step as f64 / 2.0),
        time: time(step),
        value: value.into(),
    };
    let mut journal = Journal::new(run, 1)
        .with(1, &[Record::Created { time: time(1) }, Record::Edit { edit: Edit::Name("first".to_owned()) }])
        .with(
            2,
            &[epochs(1, 4.0), epochs(2, f64::INFINITY), epochs(3, f64::NAN), epochs(4, 0.5), epochs(5, 2.0)],
        )
        .with(3, &[Record::Edit { edit: Edit::Name("second".to_owned()) }, artifact("weights", b"w")])
        .with(4, &[Record::Edit { edit: Edit::AddTag("new".to_owned()) }, point("note", 3, "text")]);
    journal.send(&*store);
    let row = store.run(run).unwrap();
    assert_eq!((row.name.as_str(), row.created, row.ended), ("second", time(1), None));
    assert_eq!((&row.tags, &row.status), (&BTreeSet::from(["new".to_owned()]), &RunStatus::Running));
    assert!(row.artifacts.contains_key("weights") && row.problems.is_empty());
    assert!(row.series.is_sorted_by(|a, b| a.key < b.key));
    let loss = row.series(&key("loss")).unwrap();
    assert_eq!((loss.kind, loss.count, loss.first_step, loss.last_step), (Kind::Number, 5, Step(1), Step(5)));
    assert_eq!((loss.first, loss.last), (Some(4.0), Some(2.0)));
    assert_eq!((loss.min, loss.max), (Some((Step(4), 0.5)), Some((Step(1), 4.0))), "of the finite ones");
    assert_eq!((loss.nan_step, loss.last_epoch, loss.last_time), (Some(Step(2)), Some(2.5), time(5)));
    let note = row.series(&key("note")).unwrap();
    assert_eq!((note.kind, note.count, note.first), (Kind::Text, 1, None));
    journal.frame(9_000_000, &[epochs(6, 0.25), ended(9)]);
    journal.send(&*store);
    let row = store.run(run).unwrap();
    let loss = row.series(&key("loss")).unwrap();
    assert_eq!(
        (loss.count, loss.last, loss.min),
        (6, Some(0.25), Some((Step(6), 0.25))),
        "it is kept up to date"
    );
    assert_eq!((&row.status, row.ended), (&RunStatus::Ended(End::Finished), Some(time(9))));
    subject.again(store, &[run]);
}

fn later_params_win(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let map = |pairs: &[(&str, i64)]| {
        let pairs = pairs.iter().map(|(key, value)| ((*key).into(), ParamValue::Int(*value)));
        ParamValue::Map(pairs.collect())
    };
    let pack = ContentId::of("pack");
    let paragraphs =
        |text: &str| Record::Paragraphs { subset: "eval".to_owned(), ids: vec![ContentId::of(text)] };
    Journal::new(run, 1)
        .with(1, &[param(&["h", "lr"], ParamValue::Float(0.1)), param(&["h", "seed"], 1.into())])
        .with(2, &[param(&["h", "lr"], ParamValue::None), param(&["gone"], 1.into()), paragraphs("old")])
        .with(5, &[param(&[], map(&[("é", 3), ("h2", 4)])), param(&["__system"], map(&[("cores", 2)]))])
        .with(6, &[Record::Texts { pack }, paragraphs("new"), ended(6)])
        .send(&*store);
    // A journal that comes later but is of before.
    Journal::new(run, 2)
        .with(1, &[param(&["é"], 0.into())])
        .with(
            4,
            &[
                param(&["h"], map(&[("seed", 7)])),
                param(&[], ParamValue::List(vec!["gone".into()])),
                ended(4),
            ],
        )
        .send(&*store);
    let want = Params::from([
        ("h".to_owned(), map(&[("seed", 7)])),
        ("é".to_owned(), 3.into()),
        ("h2".to_owned(), 4.into()),
        ("__system".to_owned(), map(&[("cores", 2)])),
    ]);
    let store = subject.again(store, &[run]);
    assert_eq!(store.params(run).unwrap(), want);
    let shown = store.run(run).unwrap().params.clone();
    assert_eq!(shown, want.into_iter().filter(|(key, _)| key != "__system").collect());
    let paragraphs = BTreeMap::from([("eval".to_owned(), vec![ContentId::of("new")])]);
    let contents = Contents { packs: BTreeSet::from([pack]), paragraphs };
    assert_eq!(store.contents(run).unwrap(), contents);
}

fn what_changes_is_told_at_least_once(subject: &Subject<'_>) {
    let store = subject.store();
    let nothing = store.changes(None).unwrap();
    assert!(nothing.rows.is_empty() && nothing.gone.is_empty());
    let ids = fill(&*store, 3);
    let told = |since: &Cursor| -> BTreeSet<RunId> {
        let since = Cursor::from_text(&since.to_string());
        store.changes(Some(&since)).unwrap().rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(told(&nothing.cursor), BTreeSet::from_iter(ids.clone()));
    let first = store.changes(None).unwrap().cursor;
    let mut journal = Journal::new(run_id(7), 1).with(7, &[Record::Created { time: time(7) }]);
    journal.send(&*store);
    assert!(told(&first).contains(&run_id(7)), "a new run");
    let mut before = store.changes(None).unwrap().cursor;
    let mut is_told = |what: &str, run: RunId| {
        assert!(told(&before).contains(&run), "{what}");
        assert!(told(&before).contains(&run), "{what}, asked again");
        before = store.changes(Some(&before)).unwrap().cursor;
    };
    journal.frame(8_000_000, &[point("f1", 1, 1.0)]);
    journal.send(&*store);
    is_told("new points", run_id(7));
    store.edit(&[(ids[1], Edit::Note("n".to_owned()))]).unwrap();
    is_told("an edit", ids[1]);
    journal.frame(9_000_000, &[ended(9)]);
    journal.send(&*store);
    is_told("an end", run_id(7));
    let undo = store.delete(&[ids[2]]).unwrap();
    is_told("a deletion", ids[2]);
    store.edit(&undo).unwrap();
    is_told("one that is back", ids[2]);
    assert_eq!(
        told(&Cursor::from_text("0000000000000000.1")).len(),
        4,
        "of a cursor of elsewhere everything"
    );
    assert!(matches!(store.changes(Some(&Cursor::from_text("x"))), Err(Error::Cursor { .. })));
    let since = store.changes(None).unwrap().cursor;
    let store = subject.again(store, &ids);
    store.edit(&[(ids[0], Edit::Name("late".to_owned()))]).unwrap();
    let changes = store.changes(Some(&since)).unwrap();
    assert!(changes.rows.iter().any(|row| row.id == ids[0] && row.name == "late"));
}

fn what_is_held_is_counted(subject: &Subject<'_>) {
    let store = subject.store();
    let ids = fill(&*store, 3);
    Journal::new(run_id(9), 1)
        .with(9, &[point("a", 1, 1.0), point("b", 1, "x"), point("b", 2, "y")])
        .send(&*store);
    store.delete(&[ids[0]]).unwrap();
    for bytes in [&b"some"[..], b"other", b"some"] {
        store.put_blob(bytes).unwrap();
    }
    let stats = store.stats().unwrap();
    assert_eq!((stats.n_runs, stats.n_running), (4, 1), "deleted ones too");
    assert_eq!((stats.n_series, stats.n_points), (5, 6));
    assert_eq!((stats.n_blobs, stats.blob_bytes), (2, 9));
    assert!(stats.journal_bytes > 0);
    assert_eq!(store.check().unwrap(), []);
    let missing = Journal::new(run_id(10), 1).with(10, &[artifact("weights", b"never kept")]);
    { missing }.send(&*store);
    let problems = store.check().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let name = ContentId::of("never kept").to_string();
    assert!(problems[0].to_string().contains(&name), "it says which: {}", problems[0]);
}

fn an_unknown_run_is_told(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let wanted = super::all_of(run, &[key("f1")]);
    let answers = [
        store.run(run).map(|_| ()),
        store.params(run).map(|_| ()),
        store.contents(run).map(|_| ()),
        store.series(&wanted, &mut |_| ()).map(|_| ()),
        store.objects(&wanted, &mut |_| ()).map(|_| ()),
        store.edit(&[(run, Edit::Archive(true))]).map(|_| ()),
        store.delete(&[run]).map(|_| ()),
    ];
    for (place, answer) in answers.into_iter().enumerate() {
        assert!(matches!(answer, Err(Error::NoRun { .. })), "{place}: {answer:?}");
    }
}

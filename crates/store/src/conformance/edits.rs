//! What people change, and how it is taken back.

use trailmark_core::{Edit, End, RunId, RunStatus, Step};

use super::journal::artifact;
use super::{Journal, Subject, all_of, key, numbers, objects, point, run_id, seen, time};
use crate::{Error, Prune, Record, Store};

/// How many rows of edits are made up.
const ROUNDS: u64 = 12;

pub(super) fn check(subject: &Subject<'_>) {
    each_edit_is_undone_exactly(subject);
    rows_of_edits_are_undone_exactly(subject);
    edits_of_many_runs_are_all_or_nothing_known(subject);
    deleted_runs_are_hidden_and_come_back(subject);
    deleted_points_are_gone_from_everywhere(subject);
}

fn fill(store: &dyn Store, run: RunId) {
    let edit = |edit| Record::Edit { edit };
    let records = [
        Record::Created { time: time(1) },
        edit(Edit::Name("own".to_owned())),
        edit(Edit::AddTag("old".to_owned())),
        edit(Edit::Note("noted".to_owned())),
        artifact("weights", b"w"),
    ];
    store.put_blob(b"w").unwrap();
    let ended = Record::End { time: time(4), end: End::Finished };
    Journal::new(run, 1)
        .with(1, &records)
        .with(
            2,
            &[point("loss", 1, 3.0), point("loss", 2, 2.0), point("note", 1, "a"), point("note", 2, "b")],
        )
        .with(3, &[point("loss", 3, 1.0), point("f1", 1, 1), ended])
        .send(store);
}

/// One of every kind of edit, and some that change nothing.
fn edits() -> Vec<Edit> {
    let points = |name: &str, step: Option<i64>, is_deleted| Edit::DeletePoints {
        series: key(name),
        step: step.map(Step),
        is_deleted,
    };
    let file = |name: &str, is_deleted| Edit::DeleteArtifact { name: name.to_owned(), is_deleted };
    let text = str::to_owned;
    vec![
        Edit::Name(text("é · new")),
        Edit::Name(text("own")),
        Edit::Name(String::new()),
        Edit::Experiment(text("other")),
        Edit::Description(text("long\ntext")),
        Edit::Note(text("")),
        Edit::AddTag(text("old")),
        Edit::AddTag(text("new")),
        Edit::RemoveTag(text("old")),
        Edit::RemoveTag(text("none")),
        Edit::Archive(true),
        Edit::Archive(false),
        Edit::Delete(true),
        Edit::Delete(false),
        points("loss", None, true),
        points("loss", None, false),
        points("loss", Some(2), true),
        points("loss", Some(2), false),
        points("note", Some(1), true),
        points("no such", Some(1), true),
        file("weights", true),
        file("weights", false),
        file("no such", true),
    ]
}

fn each_edit_is_undone_exactly(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    fill(&*store, run);
    let before = seen(&*store, run);
    for edit in edits() {
        let undo = store.edit(&[(run, edit.clone())]).unwrap();
        let changed = seen(&*store, run);
        assert_eq!(
            store.edit(&[(run, edit.clone())]).unwrap().len(),
            usize::from(is_repeatable(&edit)),
            "{edit:?}"
        );
        assert_eq!(seen(&*store, run), changed, "{edit:?} twice");
        let redo = store.edit(&undo).unwrap();
        assert_eq!(seen(&*store, run), before, "{edit:?} taken back");
        store.edit(&redo).unwrap();
        assert_eq!(seen(&*store, run), changed, "{edit:?} done again");
        store.edit(&undo).unwrap();
        assert_eq!(seen(&*store, run), before, "{edit:?} taken back again");
    }
    assert_eq!(store.run(run).unwrap().status, RunStatus::Ended(End::Finished), "an edit makes no run live");
    subject.again(store, &[run]);
}

/// Whether doing it twice is a change: points may have been tracked since they were deleted.
fn is_repeatable(edit: &Edit) -> bool {
    matches!(edit, Edit::DeletePoints { is_deleted: true, .. })
}

fn rows_of_edits_are_undone_exactly(subject: &Subject<'_>) {
    let mut store = subject.store();
    let run = run_id(1);
    fill(&*store, run);
    let all = edits();
    // Numbers that look random and are the same each time.
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for round in 0..ROUNDS {
        // Between rows, for what a row deleted may be gone afterwards: it can be taken back until it is folded together.
        if round % 4 == 3 {
            store = subject.again(store, &[run]);
        }
        let before = seen(&*store, run);
        let n_edits = 1 + next(6);
        let row: Vec<(RunId, Edit)> = (0..n_edits).map(|_| (run, all[next(all.len())].clone())).collect();
        let undo = store.edit(&row).unwrap();
        let changed = seen(&*store, run);
        let redo = store.edit(&undo).unwrap();
        assert_eq!(seen(&*store, run), before, "{row:?} taken back by {undo:?}");
        store.edit(&redo).unwrap();
        assert_eq!(seen(&*store, run), changed, "{row:?} done again by {redo:?}");
        // The next row begins at what this one left, but for a run that is deleted.
        store.edit(&[(run, Edit::Delete(false))]).unwrap();
    }
}

fn edits_of_many_runs_are_all_or_nothing_known(subject: &Subject<'_>) {
    let store = subject.store();
    let runs = [1, 2, 3].map(run_id);
    runs.iter().for_each(|run| fill(&*store, *run));
    let before: Vec<String> = runs.iter().map(|run| seen(&*store, *run)).collect();
    let name = |run: RunId, name: &str| (run, Edit::Name(name.to_owned()));
    let wrong = store.edit(&[name(runs[0], "x"), name(run_id(9), "x"), name(runs[2], "x")]);
    assert!(matches!(wrong, Err(Error::NoRun { .. })));
    let look = || runs.iter().map(|run| seen(&*store, *run)).collect::<Vec<_>>();
    assert_eq!(look(), before, "nothing is changed when one run is unknown");
    assert_eq!(store.edit(&[]).unwrap(), []);
    let row = [name(runs[0], "a"), name(runs[1], "b"), name(runs[0], "c"), name(runs[2], "d")];
    let undo = store.edit(&row).unwrap();
    let names = runs.map(|run| store.run(run).unwrap().name.clone());
    assert_eq!(names, ["c", "b", "d"]);
    store.edit(&undo).unwrap();
    assert_eq!(look(), before);
}

fn deleted_runs_are_hidden_and_come_back(subject: &Subject<'_>) {
    let store = subject.store();
    let runs = [1, 2, 3].map(run_id);
    runs.iter().for_each(|run| fill(&*store, *run));
    let before: Vec<String> = runs.iter().map(|run| seen(&*store, *run)).collect();
    let shown = |is_deleted| -> Vec<RunId> {
        let prune = Prune { is_deleted, ..Prune::default() };
        let page = store.runs(&prune, None, 9).unwrap();
        page.rows.iter().filter(|row| prune.admits(row)).map(|row| row.id).collect()
    };
    let undo = store.delete(&[runs[2], runs[0]]).unwrap();
    assert_eq!((shown(false), shown(true)), (vec![runs[1]], vec![runs[0], runs[2]]));
    assert!(store.run(runs[0]).unwrap().is_deleted, "who asks for it by its id still sees it");
    assert_eq!(store.delete(&[runs[0]]).unwrap(), [], "it is deleted already");
    store.edit(&undo).unwrap();
    assert_eq!((shown(false), shown(true)), (runs.to_vec(), vec![]));
    let after: Vec<String> = runs.iter().map(|run| seen(&*store, *run)).collect();
    assert_eq!(after, before);
    subject.again(store, &runs);
}

fn deleted_points_are_gone_from_everywhere(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    fill(&*store, run);
    let delete = |name: &str, step: Option<i64>| {
        let edit = Edit::DeletePoints { series: key(name), step: step.map(Step), is_deleted: true };
        store.edit(&[(run, edit)]).unwrap()
    };
    let undo = delete("loss", Some(2));
    let row = store.run(run).unwrap();
    assert_eq!(row.series(&key("loss")).unwrap().count, 2);
    assert_eq!(numbers(&*store, &all_of(run, &[key("loss")])).0.steps, [1, 3]);
    delete("note", None);
    assert!(store.run(run).unwrap().series(&key("note")).is_none());
    assert_eq!(objects(&*store, &all_of(run, &[key("note")])).0, []);
    assert_eq!(store.stats().unwrap().n_points, 3);
    store.edit(&undo).unwrap();
    assert_eq!(numbers(&*store, &all_of(run, &[key("loss")])).0.steps, [1, 2, 3]);
    subject.again(store, &[run]);
}

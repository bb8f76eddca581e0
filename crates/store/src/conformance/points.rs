//! Numbers and objects of series, from several writers and from cursors on.

use trailmark_core::{Edit, End, SeriesKey, Step, Value};

use super::{Journal, Subject, all_of, every_kind, key, numbers, objects, point, run_id, time};
use crate::{Columns, Cursor, Error, Kind, Object, Record, Store, Wanted};

pub(super) fn check(subject: &Subject<'_>) {
    only_columns_that_are_wanted_are_handed_out(subject);
    a_cursor_goes_on_where_it_was_given(subject);
    the_later_write_wins_whatever_comes_first(subject);
    every_kind_of_value_is_handed_out_as_it_was(subject);
    numbers_keep_their_bits(subject);
    one_journal_may_hold_many_series(subject);
}

fn ended(secs: i64) -> Record {
    Record::End { time: time(secs), end: End::Finished }
}

fn only_columns_that_are_wanted_are_handed_out(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let at = |step: i64, value: Value| Record::Point {
        series: key("loss"),
        step: Step(step),
        epoch: (step != 2).then_some(step as f64 / 4.0),
        time: time(step),
        value,
    };
    // Floats, and a whole number, which may be kept in another way.
    let records = [at(1, 0.5.into()), at(2, 0.25.into()), at(3, 3.into()), at(4, 0.1.into()), ended(5)];
    Journal::new(run, 1).with(1, &records).send(&*store);
    let store = subject.again(store, &[run]);
    let wanted = all_of(run, &[key("loss")]);
    let all = numbers(&*store, &wanted).0;
    assert_eq!((&all.steps[..], &all.values[..]), (&[1, 2, 3, 4][..], &[0.5, 0.25, 3.0, 0.1][..]));
    assert_eq!(all.micros, [1, 2, 3, 4].map(|secs| secs * 1_000_000));
    assert!(all.epochs[1].is_nan());
    assert_eq!([all.epochs[0], all.epochs[2], all.epochs[3]], [0.25, 0.75, 1.0]);
    for (times, epochs) in [(false, false), (true, false), (false, true)] {
        let columns = Columns { times, epochs };
        let part = numbers(&*store, &Wanted { columns, ..wanted.clone() }).0;
        assert_eq!((&part.steps, &part.values), (&all.steps, &all.values), "{columns:?}");
        // More than was wanted may be handed out, but never a part of a column.
        assert!(part.micros == all.micros || (!times && part.micros.is_empty()), "{columns:?}");
        assert!(part.epochs.len() == 4 || (!epochs && part.epochs.is_empty()), "{columns:?}");
    }
    let none = numbers(&*store, &all_of(run, &[key("no such")])).0;
    assert!(none.is_empty());
}

fn a_cursor_goes_on_where_it_was_given(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let keys = [key("loss"), key("note")];
    let mut journal = Journal::new(run, 1).with(1, &[point("loss", 1, 4.0), point("note", 1, "one")]);
    journal.send(&*store);
    let from = |store: &dyn Store, after: &Cursor, key: &SeriesKey| {
        let after = Some(Cursor::from_text(&after.to_string()));
        let wanted = Wanted { after, ..all_of(run, std::slice::from_ref(key)) };
        let ((points, _), (texts, _)) = (numbers(store, &wanted), objects(store, &wanted));
        (points.steps, texts.iter().map(|text| text.step.0).collect::<Vec<i64>>())
    };
    let first = numbers(&*store, &all_of(run, &keys)).1;
    let first_object = objects(&*store, &all_of(run, &keys)).1;
    assert_eq!(from(&*store, &first, &keys[0]), (vec![], vec![]));
    journal.frame(2_000_000, &[point("loss", 2, 2.0), point("note", 2, "two"), point("f1", 2, 1.0)]);
    journal.send(&*store);
    let mut other =
        Journal::new(run, 2).with(1, &[point("loss", 3, 1.0), point("note", 3, "three"), ended(3)]);
    other.send(&*store);
    for after in [&first, &first_object] {
        assert_eq!(from(&*store, after, &keys[0]), (vec![2, 3], vec![]), "also of a writer that is new");
        assert_eq!(from(&*store, after, &keys[1]), (vec![], vec![2, 3]));
    }
    assert_eq!(from(&*store, &first, &key("f1")), (vec![2], vec![]));
    let second = numbers(&*store, &all_of(run, &keys[..1])).1;
    assert_eq!(from(&*store, &second, &keys[0]), (vec![], vec![]));
    for text in ["x", "1.2.3", ",.", "0101010101010101.x"] {
        let wanted = Wanted { after: Some(Cursor::from_text(text)), ..all_of(run, &keys) };
        let wrong = store.series(&wanted, &mut |_| ());
        assert!(matches!(wrong, Err(Error::Cursor { .. })), "{text:?}");
    }
    journal.frame(9_000_000, &[point("loss", 4, 0.5), ended(9)]);
    journal.send(&*store);
    // Where everything lies elsewhere now, more may be told again, but nothing is left out.
    let store = subject.again(store, &[run]);
    let steps = from(&*store, &second, &keys[0]).0;
    assert!(steps.contains(&4), "{steps:?}");
}

fn the_later_write_wins_whatever_comes_first(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let texts = |store: &dyn Store| -> Vec<(i64, Value)> {
        let notes = objects(store, &all_of(run, &[key("note")])).0;
        notes.into_iter().map(|Object { step, value, .. }| (step.0, value)).collect()
    };
    let losses = |store: &dyn Store| -> Vec<(i64, f64)> {
        let points = numbers(store, &all_of(run, &[key("loss")])).0;
        points.steps.into_iter().zip(points.values).collect()
    };
    // The clock of the first goes back: its second frame has the time of the first.
    Journal::new(run, 1)
        .with(50, &[point("loss", 1, 1.0), point("note", 1, "a")])
        .with(10, &[point("loss", 1, 2.0), point("loss", 2, 2.0), point("note", 2, "b"), ended(50)])
        .send(&*store);
    assert_eq!(losses(&*store), [(1, 2.0), (2, 2.0)]);
    // Of the same time as the first: the writer decides.
    Journal::new(run, 2).with(50, &[point("loss", 2, 3.0), point("note", 1, "c"), ended(50)]).send(&*store);
    assert_eq!(losses(&*store), [(1, 2.0), (2, 3.0)]);
    // Comes last, but is of before.
    Journal::new(run, 9).with(20, &[point("loss", 1, 9.0), point("loss", 3, 9.0), ended(20)]).send(&*store);
    assert_eq!(losses(&*store), [(1, 2.0), (2, 3.0), (3, 9.0)]);
    let store = subject.again(store, &[run]);
    // What arrives when everything was put in order still knows its place.
    Journal::new(run, 4).with(40, &[point("loss", 3, 4.0), point("loss", 2, 4.0), ended(40)]).send(&*store);
    assert_eq!(losses(&*store), [(1, 2.0), (2, 3.0), (3, 4.0)]);
    assert_eq!(texts(&*store), [(1, "c".into()), (2, "b".into())]);
    let row = store.run(run).unwrap();
    let loss = row.series(&key("loss")).unwrap();
    assert_eq!((loss.count, loss.first, loss.last), (3, Some(2.0), Some(4.0)));
    // An edit comes after all that is there, whatever the clocks of the writers say.
    Journal::new(run, 5).with(9_000_000_000, &[point("loss", 4, 5.0), ended(9_000_000_000)]).send(&*store);
    let edit = Edit::DeletePoints { series: key("loss"), step: Some(Step(4)), is_deleted: true };
    store.edit(&[(run, edit)]).unwrap();
    assert_eq!(losses(&*store).len(), 3);
    Journal::new(run, 6).with(9_000_000_001, &[point("loss", 4, 6.0), ended(9_000_000_001)]).send(&*store);
    assert_eq!(losses(&*store)[3], (4, 6.0), "what is tracked after a deletion stands");
    subject.again(store, &[run]);
}

fn every_kind_of_value_is_handed_out_as_it_was(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let mut journal = Journal::new(run, 1);
    for step in 1..=4 {
        let points = every_kind(step).into_iter().map(|(name, _, value)| point(name, step, value));
        journal.frame(step * 1_000_000, &points.collect::<Vec<_>>());
        for blob in every_kind(step).iter().flat_map(|(_, _, value)| value.kept()) {
            assert_eq!(store.put_blob(&step.to_le_bytes()).unwrap(), blob.id);
        }
    }
    journal.frame(9_000_000, &[ended(9)]);
    journal.send(&*store);
    let store = subject.again(store, &[run]);
    let row = store.run(run).unwrap();
    for (place, (name, kind, _)) in every_kind(0).into_iter().enumerate() {
        let wanted = all_of(run, &[key(name)]);
        let series = row.series(&key(name)).unwrap();
        assert_eq!((series.kind, series.count), (kind, 4), "{name}");
        if kind == Kind::Number {
            let want: Vec<f64> = (1..=4).map(|step| number(&every_kind(step)[place].2)).collect();
            assert_eq!(numbers(&*store, &wanted).0.values, want, "{name}");
            assert_eq!(objects(&*store, &wanted).0, [], "{name}: numbers are no objects");
            continue;
        }
        assert!(numbers(&*store, &wanted).0.is_empty(), "{name}: objects are no numbers");
        let got: Vec<Value> = objects(&*store, &wanted).0.into_iter().map(|object| object.value).collect();
        let want: Vec<Value> = (1..=4).map(|step| every_kind(step).remove(place).2).collect();
        assert_eq!(got, want, "{name}");
    }
    assert_eq!(store.check().unwrap(), []);
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Int(number) => *number as f64,
        other => panic!("{other:?} is no number"),
    }
}

fn numbers_keep_their_bits(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let odd = [
        f64::from_bits(0x7ff8_0000_0000_0001),
        f64::from_bits(0xfff8_dead_beef_0000),
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        f64::MIN_POSITIVE / 2.0,
        f64::MAX,
        0.1,
        f64::from(0.1f32),
    ];
    let steps = [i64::MIN, i64::MIN + 1, -1, 0, 1, 2, 1 << 40, i64::MAX - 1, i64::MAX];
    let points = steps.iter().zip(odd).map(|(step, value)| Record::Point {
        series: key("odd"),
        step: Step(*step),
        epoch: Some(value).filter(|epoch| !epoch.is_nan()),
        time: time(1),
        value: value.into(),
    });
    let records: Vec<Record> = points.chain([ended(2)]).collect();
    Journal::new(run, 1).with(2, &records).send(&*store);
    let store = subject.again(store, &[run]);
    let points = numbers(&*store, &all_of(run, &[key("odd")])).0;
    assert_eq!(points.steps, steps);
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&points.values), bits(&odd));
    assert_eq!(bits(&points.epochs[2..]), bits(&odd[2..]));
}

fn one_journal_may_hold_many_series(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let name = |number: i64| format!("layer.{number}/norm");
    let mut journal = Journal::new(run, 1);
    for step in 1..4 {
        let points = (0..300).map(|number| point(&name(number), step, (number * step) as f64));
        journal.frame(step * 1_000_000, &points.collect::<Vec<_>>());
    }
    journal.frame(9_000_000, &[ended(9)]);
    journal.send(&*store);
    let store = subject.again(store, &[run]);
    let keys: Vec<SeriesKey> = (0..300).map(|number| key(&name(number))).rev().collect();
    let mut values = vec![Vec::new(); 300];
    store
        .series(&all_of(run, &keys), &mut |block| {
            values[block.series].extend(block.column.values.iter().copied());
        })
        .unwrap();
    for (number, mut values) in values.into_iter().rev().enumerate() {
        values.sort_by(f64::total_cmp);
        assert_eq!(values, [1, 2, 3].map(|step| (number * step) as f64), "series {number}");
    }
    assert_eq!(store.run(run).unwrap().series.len(), 300);
}

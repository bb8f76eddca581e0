//! A journal that is sent elsewhere in pieces is the same there, wherever it is cut and interrupted.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use trailmark_core::{
    Artifact, Context, End, Figure, RunId, RunStatus, SeriesKey, Step, Value, WallTime, WriterId,
};
use trailmark_store::{Appended, Compact, JournalReader, Record, Repository, Store as _};

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn point(name: &str, step: i64, value: impl Into<Value>) -> Record {
    let series = SeriesKey::new(name, Context::subset("train"));
    Record::Point { series, step: Step(step), epoch: None, time: time(step), value: value.into() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pieces_make_the_same_journal(
        frames in prop::collection::vec((1usize..40, any::<bool>()), 1..12),
        most in 1usize..3000,
        lost in prop::collection::vec(any::<bool>(), 24),
    ) {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = Repository::open_or_create(here.path()).unwrap();
        let target = Repository::open_or_create(there.path()).unwrap();
        let run = RunId::from_parts(1, [1; 6]);
        let mut writer = source.writer(run).unwrap();
        let id = writer.id();
        prop_assert_eq!(source.writers(run).unwrap(), vec![id]);
        let mut reader = source.journal(run, id);
        let mut step = 0;
        let mut lost = lost.into_iter();
        let mut send = |reader: &mut JournalReader| {
            while let Some(piece) = reader.next(most).unwrap() {
                for blob in &piece.blobs {
                    target.put_blob_from(&mut *source.open_blob(blob).unwrap()).unwrap();
                }
                let answer = target.append(run, id, piece.offset, &piece.bytes).unwrap();
                assert_eq!(answer, Appended::Durable { offset: piece.end() });
                if lost.next().unwrap_or(false) {
                    // The answer was lost, or the sender began anew: it asks where the receiver stands.
                    let Appended::Behind { offset } = target.append(run, id, u64::MAX, &[]).unwrap() else {
                        panic!("nobody is that far")
                    };
                    *reader = source.journal(run, id);
                    assert!(reader.seek(offset).unwrap());
                }
            }
        };
        for (n_points, has_figure) in frames {
            let mut records: Vec<Record> =
                (0..n_points).map(|_| { step += 1; point("loss", step, step as f64 / 7.0) }).collect();
            if has_figure {
                let file = source.put_blob_from(&mut format!("figure {step}").as_bytes()).unwrap();
                let figure = Figure { file, caption: String::new() };
                records.push(point("figure", step, Value::Figure(Box::new(figure))));
            }
            writer.append(&records).unwrap();
            send(&mut reader);
        }
        let file = source.put_blob_from(&mut &b"weights"[..]).unwrap();
        let artifact = Artifact { file: Some(file), uri: String::new() };
        writer.append(&[Record::Artifact { name: "weights".to_owned(), artifact }]).unwrap();
        prop_assert!(!reader.has_ended());
        writer.end(time(9), End::Finished).unwrap();
        send(&mut reader);
        prop_assert!(reader.has_ended());
        prop_assert!(!reader.seek(reader.offset() - 1).unwrap(), "no frame begins there");
        let (ours, theirs) = (source.read_run(run).unwrap(), target.read_run(run).unwrap());
        prop_assert_eq!(&ours.series, &theirs.series);
        prop_assert_eq!(theirs.status, RunStatus::Ended(End::Finished));
        prop_assert_eq!(target.check().unwrap(), vec![]);
    }
}

/// Sends what is new, in small pieces, and goes where the receiver says; gives up when that has no end.
fn send(source: &Repository, target: &Repository, reader: &mut JournalReader, of: (RunId, WriterId)) {
    for _ in 0..200 {
        let Some(piece) = reader.next(300).unwrap() else { return };
        match target.append(of.0, of.1, piece.offset, &piece.bytes).unwrap() {
            Appended::Durable { offset } if offset == piece.end() => {}
            Appended::Durable { offset } | Appended::Behind { offset } => {
                *reader = source.journal(of.0, of.1);
                assert!(reader.seek(offset).unwrap(), "{offset}");
            }
            Appended::Gone => panic!("nobody deleted it"),
        }
    }
    panic!("the receiver sends the sender to and fro");
}

#[test]
fn a_writer_that_comes_back_after_its_run_was_folded_goes_on() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = Repository::open_or_create(here.path()).unwrap();
    let run = RunId::from_parts(1, [1; 6]);
    let mut writer = source.writer(run).unwrap();
    let id = writer.id();
    let mut reader = source.journal(run, id);
    let mut step = 0;
    let at_once = Compact { quiet: Duration::ZERO, crashed_quiet: Duration::ZERO, ..Compact::default() };
    for has_end in [false, false, true] {
        for _ in 0..40 {
            step += 1;
            writer.append(&[point("loss", step, step as f64 / 7.0)]).unwrap();
        }
        if has_end {
            writer.end(time(9), End::Finished).unwrap();
        }
        // The receiver is another process each time, which has no lease of the writer.
        let target = Repository::open_or_create(there.path()).unwrap();
        send(&source, &target, &mut reader, (run, id));
        assert_eq!(target.read_run(run).unwrap().series, source.read_run(run).unwrap().series);
        drop(target);
        let target = Repository::open(there.path()).unwrap();
        assert_eq!(target.compact(&at_once).unwrap().n_runs, 1);
        assert_eq!(target.read_run(run).unwrap().series, source.read_run(run).unwrap().series);
    }
    let target = Repository::open(there.path()).unwrap();
    let end = reader.offset();
    assert_eq!(target.append(run, id, u64::MAX, &[]).unwrap(), Appended::Behind { offset: end });
    assert!(target.append(run, id, u64::MAX, b"more").is_err(), "nothing comes after the end");
    // One that knows nothing any more begins anew, and is told that all is there.
    let piece = source.journal(run, id).next(300).unwrap().unwrap();
    assert_eq!(target.append(run, id, 0, &piece.bytes).unwrap(), Appended::Durable { offset: end });
    assert_eq!(target.read_run(run).unwrap().status, RunStatus::Ended(End::Finished));
}

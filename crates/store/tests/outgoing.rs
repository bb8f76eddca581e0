//! A journal that is sent elsewhere in pieces is the same there, wherever it is cut and interrupted.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use trailmark_core::{Artifact, Context, End, Figure, RunId, RunStatus, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Appended, Record, Repository, Store as _};

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
        let mut send = |reader: &mut trailmark_store::JournalReader| {
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

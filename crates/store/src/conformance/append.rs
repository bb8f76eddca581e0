//! Bytes of journals that come from elsewhere.

use trailmark_core::{End, RunStatus};

use super::{Journal, Subject, point, run_id, seen, time, writer_id};
use crate::journal::{HEADER, Header, Role};
use crate::{Appended, Error, Prune, Record};

pub(super) fn check(subject: &Subject<'_>) {
    pieces_are_durable_up_to_their_last_whole_frame(subject);
    bytes_that_are_no_frames_change_nothing(subject);
    a_hole_is_told(subject);
    a_deleted_run_takes_no_more(subject);
    a_run_lives_until_all_its_writers_ended(subject);
}

/// A journal of three frames.
fn journal(run: u64) -> Journal {
    let created = Record::Created { time: time(1) };
    let ended = Record::End { time: time(9), end: End::Finished };
    Journal::new(run_id(run), 1)
        .with(1, &[created, point("loss", 1, 2.0), point("note", 1, "first")])
        .with(2, &[point("loss", 2, f64::NAN), point("f1", 2, 7)])
        .with(3, &[point("loss", 3, 1.0), ended])
}

fn durable(offset: usize) -> Appended {
    Appended::Durable { offset: offset as u64 }
}

fn pieces_are_durable_up_to_their_last_whole_frame(subject: &Subject<'_>) {
    let store = subject.store();
    let mut whole = journal(0);
    whole.send(&*store);
    let reference = seen(&*store, whole.run);
    let (bounds, length) = (&whole.bounds, whole.bytes.len());
    let cuts =
        (HEADER..=length).filter(|cut| cut % 11 == 0 || bounds.iter().any(|at| at.abs_diff(*cut) <= 1));
    let mut runs = vec![whole.run];
    for (cut, number) in cuts.zip(1..) {
        let Journal { run, writer, bytes, .. } = journal(number);
        let reached = bounds.iter().copied().filter(|at| *at <= cut).max().unwrap();
        let append =
            |from: usize, to: usize| store.append(run, writer, from as u64, &bytes[from..to]).unwrap();
        assert_eq!(append(0, cut), durable(reached), "the first {cut} bytes");
        assert_eq!(append(0, cut), durable(reached), "the first {cut} bytes again");
        if reached < length {
            let behind = store.append(run, writer, reached as u64 + 1, &bytes[reached + 1..]).unwrap();
            assert_eq!(behind, Appended::Behind { offset: reached as u64 });
        }
        // Sent from the beginning, from where it stood, or from between the two.
        let from = [0, reached, HEADER.midpoint(reached)][number as usize % 3];
        assert_eq!(append(from, length), durable(length), "from {from} on after {cut}");
        assert_eq!(append(0, length), durable(length), "all of it again");
        assert_eq!(seen(&*store, run), reference, "cut at {cut}");
        runs.push(run);
    }
    subject.again(store, &runs);
}

fn bytes_that_are_no_frames_change_nothing(subject: &Subject<'_>) {
    let store = subject.store();
    let Journal { run, writer, bytes, bounds, .. } = journal(1);
    let append = |offset: usize, bytes: &[u8]| store.append(run, writer, offset as u64, bytes);
    let is_refused = |answer: Result<Appended, Error>| matches!(answer, Err(Error::Frames { .. }));
    let header = |role, run, writer| Header::new(role, run, writer).bytes();
    let foreign: [&[u8]; 6] = [
        b"hello",
        &[0; 64],
        &bytes[..HEADER - 1],
        &header(Role::Run, run_id(2), writer),
        &header(Role::Run, run, writer_id(9)),
        &header(Role::Edits, run, writer),
    ];
    for bytes in foreign {
        assert!(is_refused(append(0, bytes)), "{bytes:?}");
    }
    assert_eq!(store.runs(&Prune::default(), None, 9).unwrap().rows, [], "nothing came of it");
    assert_eq!(append(0, &bytes[..bounds[1]]).unwrap(), durable(bounds[1]));
    let before = seen(&*store, run);
    let frame = &bytes[bounds[1]..bounds[2]];
    for place in 0..frame.len() {
        let mut flipped = frame.to_vec();
        flipped[place] ^= 1 << (place % 8);
        match append(bounds[1], &flipped) {
            Err(Error::Frames { offset, .. }) => assert_eq!(offset, bounds[1] as u64),
            // It says that it is longer than what was sent.
            Ok(answer) => assert!(place < 4 && answer == durable(bounds[1]), "byte {place}: {answer:?}"),
            Err(error) => panic!("byte {place}: {error}"),
        }
    }
    let mut other = bytes[..bounds[1]].to_vec();
    other[bounds[1] - 1] ^= 1;
    assert!(is_refused(append(0, &other)), "other bytes than those that are there");
    assert_eq!(seen(&*store, run), before);
    assert_eq!(append(bounds[1], &bytes[bounds[1]..]).unwrap(), durable(bytes.len()));
    assert!(seen(&*store, run) != before);
    assert_eq!(store.check().unwrap(), []);
}

fn a_hole_is_told(subject: &Subject<'_>) {
    let store = subject.store();
    let Journal { run, writer, bytes, bounds, .. } = journal(1);
    let answer = store.append(run, writer, bounds[1] as u64, &bytes[bounds[1]..]).unwrap();
    assert_eq!(answer, Appended::Behind { offset: 0 }, "nothing is there");
    assert!(matches!(store.run(run), Err(Error::NoRun { .. })));
}

fn a_deleted_run_takes_no_more(subject: &Subject<'_>) {
    let store = subject.store();
    let Journal { run, writer, bytes, bounds, .. } = journal(1);
    let rest = |from: usize| store.append(run, writer, from as u64, &bytes[from..]).unwrap();
    store.append(run, writer, 0, &bytes[..bounds[2]]).unwrap();
    let undo = store.delete(&[run]).unwrap();
    assert_eq!(rest(bounds[2]), Appended::Gone);
    assert_eq!(rest(0), Appended::Gone);
    store.edit(&undo).unwrap();
    assert_eq!(rest(bounds[2]), durable(bytes.len()), "restored, it goes on");
    assert_eq!(store.run(run).unwrap().status, RunStatus::Ended(End::Finished));
    subject.again(store, &[run]);
}

fn a_run_lives_until_all_its_writers_ended(subject: &Subject<'_>) {
    let store = subject.store();
    let run = run_id(1);
    let status = || store.run(run).unwrap().status.clone();
    let created = |secs| Record::Created { time: time(secs) };
    let ended = |secs, end| Record::End { time: time(secs), end };
    let failed = End::Failed { exit_code: Some(3), message: "loss is NaN".to_owned() };
    let mut ranks = [1, 2].map(|writer| Journal::new(run, writer).with(1, &[created(1)]));
    ranks.iter_mut().for_each(|rank| rank.send(&*store));
    assert_eq!(status(), RunStatus::Running);
    ranks[0].frame(2_000_000, &[ended(2, End::Finished)]);
    ranks[0].send(&*store);
    assert_eq!(status(), RunStatus::Running, "one of two still writes");
    ranks[1].frame(3_000_000, &[ended(3, failed.clone())]);
    ranks[1].send(&*store);
    assert_eq!(status(), RunStatus::Ended(failed), "the later end counts");
    assert_eq!(store.run(run).unwrap().ended, Some(time(3)));
    // It is resumed, and ends again.
    let mut resumed = Journal::new(run, 3).with(5, &[created(5)]);
    resumed.send(&*store);
    assert_eq!(status(), RunStatus::Running);
    resumed.frame(6_000_000, &[ended(6, End::Killed { signal: 15 })]);
    resumed.send(&*store);
    assert_eq!(status(), RunStatus::Ended(End::Killed { signal: 15 }));
    assert_eq!(store.run(run).unwrap().created, time(1));
    subject.again(store, &[run]);
}

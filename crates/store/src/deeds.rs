//! Tests: whatever a repository is asked to keep, and at whichever call the disk fails, what it acknowledged is there
//! afterwards, in the same process, in the next, and after a power cut; and nothing stands in the way of trying again.

use std::io::Read as _;
use std::path::Path;

use trailmark_core::{ContentId, Edit, End, RunId, Step};

use crate::conformance::{Journal, key, point, run_id, time};
use crate::memory::{Fault, Memory};
use crate::{Appended, Error, Label, LabelOf, Record, Repository, Store as _};

/// Something that a repository is asked to do, and whether it is seen to be done.
struct Deed {
    name: &'static str,
    ask: fn(&Repository) -> Result<(), Error>,
    is_done: fn(&Repository) -> bool,
}

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new("repository"), None).unwrap()
}

const OLD: u64 = 1;
const SENT: u64 = 2;

fn sent() -> Journal {
    Journal::new(run_id(SENT), 3)
        .with(1, &[Record::Created { time: time(1) }, point("loss", 1, 2.0)])
        .with(2, &[point("loss", 2, 1.0), Record::End { time: time(2), end: End::Finished }])
}

/// Sends the first so many frames of a journal, from the beginning.
fn send(repository: &Repository, n_frames: usize) -> Result<(), Error> {
    let Journal { run, writer, bytes, bounds, .. } = sent();
    let answer = repository.append(run, writer, 0, &bytes[..bounds[n_frames]])?;
    // More may be there already.
    assert!(
        matches!(answer, Appended::Durable { offset } if offset >= bounds[n_frames] as u64),
        "{answer:?}"
    );
    Ok(())
}

fn n_points(repository: &Repository, run: u64) -> u64 {
    repository.run(run_id(run)).map_or(0, |row| row.series.iter().map(|series| series.count).sum())
}

fn has_blob(repository: &Repository, content: &[u8]) -> bool {
    let mut bytes = Vec::new();
    let opened = repository.open_blob(&ContentId::of(content));
    opened.is_ok_and(|mut blob| blob.read_to_end(&mut bytes).is_ok()) && bytes == content
}

fn edit(repository: &Repository, edit: Edit) -> Result<(), Error> {
    repository.edit(&[(run_id(OLD), edit)]).map(|_| ())
}

fn has_view(repository: &Repository, name: &str) -> bool {
    repository.views().unwrap().iter().any(|view| view.name == name)
}

const DEEDS: [Deed; 11] = [
    Deed {
        name: "keep a blob",
        ask: |repository| repository.put_blob(b"one").map(|_| ()),
        is_done: |repository| has_blob(repository, b"one"),
    },
    Deed {
        name: "keep what a reader gives",
        ask: |repository| repository.put_blob_from(&mut &b"two"[..]).map(|_| ()),
        is_done: |repository| has_blob(repository, b"two"),
    },
    Deed {
        name: "append the first frame",
        ask: |repository| send(repository, 1),
        is_done: |repository| n_points(repository, SENT) >= 1,
    },
    Deed {
        name: "append the second frame",
        ask: |repository| send(repository, 2),
        is_done: |repository| n_points(repository, SENT) == 2,
    },
    Deed {
        name: "give a name",
        ask: |repository| edit(repository, Edit::Name("new".to_owned())),
        is_done: |repository| repository.run(run_id(OLD)).unwrap().name == "new",
    },
    Deed {
        name: "delete points",
        ask: |repository| {
            let step = Some(Step(1));
            edit(repository, Edit::DeletePoints { series: key("loss"), step, is_deleted: true })
        },
        is_done: |repository| n_points(repository, OLD) == 1,
    },
    Deed {
        name: "keep a view",
        ask: |repository| repository.keep_view("first", "/1").map(|_| ()),
        is_done: |repository| has_view(repository, "first"),
    },
    Deed {
        name: "keep another view",
        ask: |repository| repository.keep_view("second", "/2").map(|_| ()),
        is_done: |repository| has_view(repository, "second"),
    },
    Deed {
        name: "forget a view",
        ask: |repository| repository.forget_view("old").map(|_| ()),
        is_done: |repository| !has_view(repository, "old"),
    },
    Deed {
        name: "describe a tag",
        ask: |repository| {
            let label = Label { description: "text".to_owned(), ..Label::default() };
            repository.set_label(LabelOf::Tag, "t", label).map(|_| ())
        },
        is_done: |repository| !repository.labels().unwrap().is_empty(),
    },
    Deed {
        name: "record a run",
        ask: |repository| {
            let mut writer = repository.writer(run_id(9))?;
            writer.append(&[point("loss", 1, 1.0)])?;
            writer.end(time(9), End::Finished)
        },
        is_done: |repository| n_points(repository, 9) >= 1,
    },
];

/// A repository with a finished run and a view.
fn begun() -> (Memory, Repository) {
    let disk = Memory::default();
    let repository = open(&disk);
    let mut writer = repository.writer(run_id(OLD)).unwrap();
    writer.append(&[point("loss", 1, 2.0), point("loss", 2, 1.0)]).unwrap();
    writer.end(time(9), End::Finished).unwrap();
    repository.keep_view("old", "/0").unwrap();
    (disk, repository)
}

/// Looks for what was acknowledged; whatever is damaged is a torn tail, told with its place.
fn look(repository: &Repository, done: &[bool], case: &str) {
    let both: RunId = run_id(OLD);
    assert!(repository.run(both).is_ok_and(|row| row.series.len() == 1), "{case}: the old run");
    for (deed, is_acknowledged) in DEEDS.iter().zip(done) {
        assert!(!is_acknowledged || (deed.is_done)(repository), "{case}: {} was acknowledged", deed.name);
    }
    for problem in repository.check().unwrap() {
        assert!(problem.reason == "torn tail" && problem.offset >= 32, "{case}: {problem}");
    }
    repository.rows().unwrap();
}

#[test]
fn whichever_call_fails_what_was_acknowledged_is_kept_and_trying_again_works() {
    let (whole, repository) = begun();
    let before = whole.n_calls();
    for deed in &DEEDS {
        assert!(!(deed.is_done)(&repository), "{}", deed.name);
        (deed.ask)(&repository).unwrap();
    }
    look(&open(&whole.after_power_cut()), &[true; DEEDS.len()], "nothing fails");
    let n_calls = whole.n_calls() - before;
    assert!(n_calls > 60, "{n_calls}");
    for fault in [Fault::Full, Fault::Broken, Fault::Once, Fault::Short] {
        for n in 1..=n_calls {
            let case = format!("{fault:?} at {n}");
            let (disk, repository) = begun();
            disk.fail_at(n, fault);
            let done: Vec<bool> = DEEDS.iter().map(|deed| (deed.ask)(&repository).is_ok()).collect();
            disk.heal();
            assert!(fault != Fault::Short || done.iter().all(|is_done| *is_done), "{case}: {done:?}");
            look(&repository, &done, &case);
            let cut = disk.after_power_cut();
            look(&open(&cut), &done, &format!("{case}, after a power cut"));
            drop(repository);
            for disk in [disk, cut] {
                let next = open(&disk);
                for deed in &DEEDS {
                    let again = (deed.ask)(&next);
                    assert!(again.is_ok(), "{case}: {} again: {again:?}", deed.name);
                }
                look(&next, &[true; DEEDS.len()], &format!("{case}, tried again"));
                let cut = open(&disk.after_power_cut());
                look(&cut, &[true; DEEDS.len()], &format!("{case}, tried again, after a power cut"));
                next.repair().unwrap();
                assert_eq!(next.check().unwrap(), [], "{case}: repaired");
                look(&next, &[true; DEEDS.len()], &format!("{case}, repaired"));
            }
        }
    }
}

//! Tests: a repository whose runs were folded together, at whatever moments, reads as one that never did.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use trailmark_core::{
    Context, Edit, End, LogLine, ParamValue, RunId, SeriesKey, Step, Stream, Value, WallTime, WriterId,
};

use crate::journal::{Header, Role};
use crate::memory::{Fault, Memory};
use crate::{
    Columns, Compact, Compacted, Cursor, Cut, Error, JournalWriter, Merger, Object, Points, Record,
    Repository, RunData, RunRow, SeriesTable, Stamp, Store as _, Wanted,
};

const FOLDER: &str = "repository";

pub(crate) const AT_ONCE: Compact = Compact {
    quiet: Duration::ZERO,
    crashed_quiet: Duration::ZERO,
    deleted_quiet: Duration::ZERO,
    blob_age: Duration::ZERO,
    sweeps_blobs: true,
    least_runs: 0,
    least_bytes: 0,
};

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new(FOLDER), None).unwrap()
}

fn run_id(index: u8) -> RunId {
    RunId::from_parts(1_000 + u64::from(index), [index; 6])
}

fn key(index: u8) -> SeriesKey {
    match index % 4 {
        0 => SeriesKey::new("loss", Context::subset("train")),
        1 => SeriesKey::new("loss", Context::subset("eval")),
        2 => SeriesKey::new("mixed", Context::empty()),
        _ => SeriesKey::new("log", Context::empty()),
    }
}

/// One thing that a writer says.
#[derive(Debug, Clone)]
enum Said {
    Float { series: u8, step: i64, epoch: Option<f64>, value: f64 },
    Int { step: i64, value: i64 },
    Text { step: i64, text: String },
    Line { step: i64, text: String },
    Param { key: u8, value: i64 },
    Edit(u8),
    Erase { series: u8, step: Option<i64> },
}

/// One journal: a run, whether it is of edits, frames with their times, and whether it ends.
#[derive(Debug, Clone)]
struct Written {
    run: u8,
    writer: u64,
    is_edits: bool,
    frames: Vec<(i64, Vec<Said>)>,
    has_end: bool,
}

#[derive(Debug, Clone)]
enum Op {
    Write(Written),
    Compact,
    /// A journal that went into a segment is there again, as when a compaction was cut short.
    Again(usize),
}

fn said() -> impl Strategy<Value = Said> {
    let value = prop_oneof![
        6 => (-100i32..100).prop_map(|n| f64::from(n) / 4.0),
        2 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::NEG_INFINITY),
    ];
    prop_oneof![
        10 => (0u8..3, -3i64..12, prop::option::of(-4.0f64..4.0), value)
            .prop_map(|(series, step, epoch, value)| Said::Float { series, step, epoch, value }),
        2 => (0i64..8, prop_oneof![Just(i64::MAX), -9i64..9]).prop_map(|(step, value)| Said::Int { step, value }),
        2 => (0i64..8, "[a-c]{0,3}").prop_map(|(step, text)| Said::Text { step, text }),
        2 => (0i64..4, "[a-c]{0,3}").prop_map(|(step, text)| Said::Line { step, text }),
        1 => (0u8..3, 0i64..9).prop_map(|(key, value)| Said::Param { key, value }),
        1 => (0u8..6).prop_map(Said::Edit),
        1 => (0u8..4, prop::option::of(0i64..8)).prop_map(|(series, step)| Said::Erase { series, step }),
    ]
}

fn written() -> impl Strategy<Value = Written> {
    let frames = prop::collection::vec((0i64..40, prop::collection::vec(said(), 1..12)), 0..5);
    (0u8..3, any::<u64>(), prop::bool::weighted(0.2), frames, any::<bool>()).prop_map(
        |(run, writer, is_edits, frames, has_end)| Written { run, writer, is_edits, frames, has_end },
    )
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![4 => written().prop_map(Op::Write), 2 => Just(Op::Compact), 1 => any::<usize>().prop_map(Op::Again)]
}

fn record(said: &Said) -> Option<Record> {
    Some(match said {
        Said::Param { key, value } => Record::Param {
            path: vec![["lr", "bs", "__env"][*key as usize % 3].to_owned()],
            value: ParamValue::Int(*value),
        },
        Said::Edit(n) => Record::Edit {
            edit: match n % 6 {
                0 => Edit::Name("a".to_owned()),
                1 => Edit::Name("b".to_owned()),
                2 => Edit::AddTag("t".to_owned()),
                3 => Edit::RemoveTag("t".to_owned()),
                4 => Edit::Archive(true),
                _ => Edit::Note("n".to_owned()),
            },
        },
        Said::Erase { series, step } => Record::Edit {
            edit: Edit::DeletePoints { series: key(*series), step: step.map(Step), is_deleted: true },
        },
        _ => return None,
    })
}

/// Writes a journal; says where it lies.
fn write(repository: &Repository, written: &Written) -> PathBuf {
    let place = &repository.inner.place;
    let (run, writer) = (run_id(written.run), WriterId::from_bytes(written.writer.to_le_bytes()));
    let role = if written.is_edits { Role::Edits } else { Role::Run };
    let mut journal =
        JournalWriter::create(&place.files, &place.run(run), Header::new(role, run, writer)).unwrap();
    let mut table = SeriesTable::default();
    let mut now = 1_000_000;
    for (index, (later, all)) in written.frames.iter().enumerate() {
        now += later;
        let mut batch = crate::Batch::default();
        if index == 0 && !written.is_edits {
            batch.push(Record::Created { time: WallTime::from_nanos(now * 1000) });
        }
        for (place, one) in all.iter().enumerate() {
            let mut point = |key: SeriesKey, step: i64, epoch: Option<f64>, value: Value| {
                let series = table.intern(&key.name, &key.context);
                let at = Stamp { step, micros: now - place as i64, epoch: epoch.unwrap_or(f64::NAN) };
                batch.push_point(series, at, value);
            };
            match one {
                _ if written.is_edits => {}
                Said::Float { series, step, epoch, value } => {
                    point(key(*series), *step, *epoch, Value::Float(*value))
                }
                Said::Int { step, value } => point(key(2), *step, None, Value::Int(*value)),
                Said::Text { step, text } => point(key(2), *step, None, Value::Text(text.clone())),
                Said::Line { step, text } => {
                    let line = LogLine { stream: Stream::Stderr, text: text.clone() };
                    point(key(3), *step, None, Value::Log(line));
                }
                _ => {}
            }
            if let Some(record) = record(one) {
                batch.push(record);
            }
        }
        let new = table.since(journal.n_series()).to_vec();
        journal.append_at(WallTime::from_nanos(now * 1000), &new, &batch).unwrap();
    }
    if written.has_end && !written.is_edits {
        let mut batch = crate::Batch::default();
        let end = End::Failed { exit_code: Some(3), message: "x".to_owned() };
        batch.push(Record::End { time: WallTime::from_nanos(now * 1000), end });
        journal.append_at(WallTime::from_nanos(now * 1000), &[], &batch).unwrap();
    }
    journal.sync().unwrap();
    place.run(run).join(crate::journal::file_name(writer))
}

/// Numbers and other values as the trait hands them out, merged.
type Handed = (Vec<(Vec<i64>, Vec<i64>, Vec<u64>, Vec<u64>)>, Vec<(usize, String)>);

fn bits(points: &Points) -> (Vec<i64>, Vec<i64>, Vec<u64>, Vec<u64>) {
    let of = |floats: &[f64]| {
        floats.iter().map(|float| if float.is_nan() { 1 } else { float.to_bits() }).collect()
    };
    (points.steps.clone(), points.micros.clone(), of(&points.epochs), of(&points.values))
}

fn wanted(run: RunId, after: Option<Cursor>) -> Wanted {
    Wanted { run, series: (0..4).map(key).collect(), columns: Columns::ALL, after }
}

/// Pieces that a reader has collected.
#[derive(Default)]
struct Reader {
    mergers: [Merger; 4],
    objects: Vec<Object>,
    after: Option<Cursor>,
}

impl Reader {
    fn go_on(&mut self, repository: &Repository, run: RunId) {
        let wanted = wanted(run, self.after.clone());
        let mergers = &mut self.mergers;
        let cursor =
            repository.series(&wanted, &mut |block| mergers[block.series].push(block.order, block.column));
        repository.objects(&wanted, &mut |object| self.objects.push(object)).unwrap();
        self.after = Some(cursor.unwrap());
    }

    fn handed(self) -> Handed {
        let mut objects = self.objects;
        objects.sort_by_key(|object| (object.series, object.step, object.order));
        // Of two at one step the later counts; lines stand beside each other.
        objects.dedup_by(|later, kept| {
            let is_same = (later.series, later.step) == (kept.series, kept.step)
                && (!matches!(later.value, Value::Log(_)) || later.order == kept.order);
            if is_same {
                std::mem::swap(later, kept);
            }
            is_same
        });
        let objects = objects.into_iter().map(|object| (object.series, format!("{object:?}"))).collect();
        (self.mergers.into_iter().map(|merger| bits(&merger.finish())).collect(), objects)
    }
}

fn handed(repository: &Repository, run: RunId) -> Handed {
    let mut reader = Reader::default();
    reader.go_on(repository, run);
    reader.handed()
}

/// A run as it is read, without what says where it lies.
fn seen(repository: &Repository, run: RunId) -> (String, String) {
    let mut data: RunData = repository.read_run(run).unwrap();
    data.problems.clear();
    let mut row: RunRow = (*repository.run(run).unwrap()).clone();
    row.n_bytes = 0;
    row.problems.clear();
    let about = format!("{:?} {:?}", repository.params(run).unwrap(), repository.contents(run).unwrap());
    (format!("{data:?} {about}"), format!("{row:?}"))
}

fn assert_same(folded: &Repository, plain: &Repository) {
    assert_eq!(folded.run_ids().unwrap(), plain.run_ids().unwrap());
    for run in plain.run_ids().unwrap() {
        assert_eq!(seen(folded, run), seen(plain, run));
        assert_eq!(handed(folded, run), handed(plain, run));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn folding_at_any_moment_changes_nothing_that_is_read(ops in prop::collection::vec(op(), 1..14)) {
        let (disk, plain_disk) = (Memory::default(), Memory::default());
        let (folded, plain) = (open(&disk), open(&plain_disk));
        let mut paths = Vec::new();
        let mut readers: [Reader; 3] = Default::default();
        for op in &ops {
            match op {
                Op::Write(written) => {
                    let path = write(&plain, written);
                    write(&folded, written);
                    paths.push(path);
                }
                Op::Compact => _ = folded.compact(&AT_ONCE).unwrap(),
                Op::Again(index) => if let Some(path) = paths.get(index % paths.len().max(1)) {
                    disk.put(path, &plain_disk.read(path));
                },
            }
            for (index, reader) in readers.iter_mut().enumerate() {
                let run = run_id(index as u8);
                if folded.run(run).is_ok() {
                    reader.go_on(&folded, run);
                }
            }
            // Another process, which knows nothing yet, and one that has looked all the time.
            assert_same(&open(&disk), &plain);
            assert_same(&folded, &plain);
        }
        // Whoever went on from cursors has all that is there now; what was deleted meanwhile it may still hold.
        let has_erased = ops.iter().any(|op| matches!(op, Op::Write(written)
            if written.frames.iter().flat_map(|frame| &frame.1).any(|said| matches!(said, Said::Erase { .. }))));
        for (index, reader) in readers.into_iter().enumerate().filter(|_| !has_erased) {
            let run = run_id(index as u8);
            if folded.run(run).is_ok() {
                prop_assert_eq!(reader.handed(), handed(&plain, run));
            }
        }
        prop_assert_eq!(folded.check().unwrap(), vec![]);
    }
}

fn floats(run: u8, writer: u64, n: i64) -> Written {
    let said =
        |step: i64| Said::Float { series: 0, step, epoch: Some(step as f64 / 7.0), value: step as f64 };
    let frames = (0..n / 10).map(|frame| (10, (frame * 10..frame * 10 + 10).map(said).collect())).collect();
    Written { run, writer, is_edits: false, frames, has_end: true }
}

#[test]
fn a_compaction_that_fails_or_dies_at_any_call_loses_nothing() {
    let prepare = || {
        let disk = Memory::default();
        let repository = open(&disk);
        (0..2).for_each(|run| _ = write(&repository, &floats(run, u64::from(run) + 1, 30)));
        repository.compact(&AT_ONCE).unwrap();
        write(&repository, &floats(0, 7, 50));
        write(&repository, &floats(2, 8, 20));
        let edits = vec![(5, vec![Said::Edit(1)])];
        write(&repository, &Written { run: 1, writer: 9, is_edits: true, frames: edits, has_end: false });
        disk.keep_all();
        disk
    };
    let whole = prepare();
    let all = |disk: &Memory| -> Vec<_> { (0..3).map(|run| seen(&open(disk), run_id(run))).collect() };
    let expected = all(&whole);
    let before = whole.n_calls();
    open(&whole).compact(&AT_ONCE).unwrap();
    let n_calls = whole.n_calls() - before;
    assert!(n_calls > 20, "{n_calls}");
    assert_eq!(all(&whole), expected);
    for fault in [Fault::Full, Fault::Broken, Fault::Once, Fault::Short] {
        for n in 1..=n_calls {
            let disk = prepare();
            let repository = open(&disk);
            disk.fail_at(n, fault);
            let result = repository.compact(&AT_ONCE);
            disk.heal();
            let case = format!("{fault:?} at {n}: {result:?}");
            assert!(fault != Fault::Short || result.is_ok(), "{case}");
            for disk in [disk.clone(), disk.after_power_cut()] {
                assert_eq!(all(&disk), expected, "{case}");
                let again = open(&disk);
                again.compact(&AT_ONCE).unwrap();
                assert_eq!(all(&disk), expected, "{case}, and again");
                assert_eq!(again.check().unwrap(), [], "{case}");
                assert_eq!(again.stats().unwrap().journal_bytes, 0, "{case}");
            }
        }
    }
}

#[test]
fn deleted_runs_and_blobs_give_their_space_back_and_edits_after_it_stand() {
    let disk = Memory::default();
    let repository = open(&disk);
    (0..4).for_each(|run| _ = write(&repository, &floats(run, u64::from(run) + 1, 500)));
    let lonely = repository.put_blob(b"nobody refers to it").unwrap();
    repository.edit(&[(run_id(3), Edit::Name("x".to_owned()))]).unwrap();
    repository.compact(&AT_ONCE).unwrap();
    assert!(repository.open_blob(&lonely).is_err());
    let undo = repository.delete(&[run_id(0), run_id(1)]).unwrap();
    repository.edit(&undo[..1]).unwrap();
    let restored = undo[0].0;
    let done = repository.compact(&AT_ONCE).unwrap();
    assert_eq!(done.n_deleted, 1, "{done:?}");
    assert!(repository.run(restored).is_ok());
    assert_eq!(repository.run_ids().unwrap().len(), 3);
    // The process's editor had a journal of this run before.
    repository.edit(&[(run_id(3), Edit::Name("y".to_owned()))]).unwrap();
    repository.compact(&AT_ONCE).unwrap();
    assert_eq!(open(&disk).run(run_id(3)).unwrap().name, "y");
    repository.delete(&[run_id(2), run_id(3), restored]).unwrap();
    let Compacted { n_deleted, bytes_after, .. } = repository.compact(&AT_ONCE).unwrap();
    assert_eq!((n_deleted, bytes_after), (3, 0));
    assert_eq!(repository.run_ids().unwrap(), []);
}

#[test]
fn a_thousand_runs_folded_one_by_one_leave_few_segments() {
    let disk = Memory::default();
    let repository = open(&disk);
    for run in 0..200u8 {
        write(&repository, &floats(run, u64::from(run) + 1, 10));
        repository.compact(&AT_ONCE).unwrap();
    }
    let stats = repository.stats().unwrap();
    assert!(stats.n_segments < 24, "{stats:?}");
    assert_eq!((stats.n_runs, stats.n_points, stats.journal_bytes), (200, 2000, 0));
}

#[test]
fn a_damaged_segment_is_told_with_its_runs_and_the_others_are_read() {
    for part in ["points", "runs"] {
        let disk = Memory::default();
        let repository = open(&disk);
        write(&repository, &floats(0, 1, 30));
        repository.compact(&AT_ONCE).unwrap();
        write(&repository, &floats(1, 2, 30));
        repository.compact(&AT_ONCE).unwrap();
        let before = seen(&repository, run_id(1));
        let path = Path::new(FOLDER).join(format!("segments/000001-{part}.parquet"));
        let mut bytes = disk.read(&path);
        let middle = bytes.len() / 3;
        bytes[middle..middle + 40].fill(0x55);
        disk.put(&path, &bytes);
        let fresh = open(&disk);
        let problems = fresh.check().unwrap();
        let told = problems.iter().find(|problem| problem.path == path).unwrap();
        let whose = if part == "points" { run_id(0).to_string() } else { "1 runs".to_owned() };
        assert!(told.reason.contains(&whose), "{told}");
        assert_eq!(seen(&fresh, run_id(1)), before);
        fresh.compact(&AT_ONCE).unwrap();
        assert!(disk.files().exists(&path), "a damaged segment stays until it is repaired");
        let repaired = fresh.repair().unwrap();
        assert!(repaired.iter().any(|one| one.kept.is_some()), "{repaired:?}");
        assert_eq!(open(&disk).check().unwrap(), [], "{part}");
        assert_eq!(seen(&open(&disk), run_id(1)), before);
    }
}

#[test]
fn samples_of_a_long_series_keep_every_spike() {
    let disk = Memory::default();
    let repository = open(&disk);
    let n = 300_000i64;
    let mut written = floats(0, 1, n);
    if let Said::Float { value, .. } = &mut written.frames[12_345].1[6] {
        *value = 1e9;
    }
    if let Said::Float { value, .. } = &mut written.frames[20_000].1[3] {
        *value = f64::NAN;
    }
    write(&repository, &written);
    let wanted = Wanted { series: vec![key(0)], ..wanted(run_id(0), None) };
    let cuts = [
        Cut { from: None, to: None, n: 1200 },
        Cut { from: Some(100_001), to: Some(250_007), n: 1200 },
        Cut { from: Some(123_400), to: Some(123_500), n: 1200 },
        Cut { from: Some(7), to: None, n: 40 },
        Cut { from: Some(10), to: Some(3), n: 40 },
    ];
    let plain: Vec<_> = cuts.iter().map(|cut| repository.sampled(&wanted, cut).unwrap().remove(0)).collect();
    repository.compact(&AT_ONCE).unwrap();
    for (cut, plain) in cuts.iter().zip(plain) {
        let sampled =
            repository.sampled_in_segment(&wanted, cut).unwrap().expect("from the segment").remove(0);
        assert_eq!(sampled.n_points, plain.n_points, "{cut:?}");
        let (points, all) = (&sampled.points, &plain.points);
        assert!(points.len() <= cut.n && points.len() * 5 >= all.len() * 2, "{cut:?}: {}", points.len());
        assert!(points.steps.is_sorted_by(|a, b| a < b), "{cut:?}");
        assert_eq!(
            (points.steps.first(), points.steps.last()),
            (all.steps.first(), all.steps.last()),
            "{cut:?}"
        );
        let most = |points: &Points| points.values.iter().copied().fold(f64::MIN, f64::max);
        assert_eq!(most(points), most(all), "{cut:?}");
        assert_eq!(
            points.values.iter().any(|v| v.is_nan()),
            all.values.iter().any(|v| v.is_nan()),
            "{cut:?}"
        );
        for place in 0..points.len() {
            let step = points.steps[place];
            assert_eq!(points.epochs[place], step as f64 / 7.0);
            assert!(points.values[place] == step as f64 || step == 123_456 || step == 200_003);
        }
    }
}

#[test]
fn a_folded_run_is_copied_and_moved_there_and_back() {
    let (disk, other) = (Memory::default(), Memory::default());
    let repository = open(&disk);
    (0..3).for_each(|run| _ = write(&repository, &floats(run, u64::from(run) + 1, 30)));
    repository.compact(&AT_ONCE).unwrap();
    repository.edit(&[(run_id(1), Edit::Name("edited".to_owned()))]).unwrap();
    let to = open(&other);
    for _ in 0..2 {
        repository.copy_run(run_id(1), &to, &mut |_| {}).unwrap();
        assert_eq!(seen(&open(&other), run_id(1)), seen(&repository, run_id(1)));
    }
    assert_eq!(to.run_ids().unwrap(), [run_id(1)]);
    let (before, others) = (seen(&repository, run_id(1)), [run_id(0), run_id(2)]);
    let of_others = others.map(|run| seen(&repository, run));
    repository.move_run(run_id(1), &to, &mut |_| {}).unwrap();
    for repository in [&repository, &open(&disk)] {
        assert_eq!(repository.run_ids().unwrap(), others);
        assert_eq!(others.map(|run| seen(repository, run)), of_others);
    }
    assert_eq!(seen(&to, run_id(1)), before);
    to.compact(&AT_ONCE).unwrap();
    to.move_run(run_id(1), &repository, &mut |_| {}).unwrap();
    assert_eq!((seen(&open(&disk), run_id(1)), to.run_ids().unwrap()), (before, vec![]));
    assert_eq!((repository.check().unwrap(), to.check().unwrap()), (vec![], vec![]));
}

#[test]
fn only_one_process_compacts() {
    let disk = Memory::default();
    let repository = open(&disk);
    let lock = repository.compaction_lock().unwrap();
    assert!(matches!(open(&disk).compact(&AT_ONCE), Err(Error::Busy { .. })));
    drop(lock);
    open(&disk).compact(&AT_ONCE).unwrap();
}

#[test]
fn a_journal_that_is_back_beside_its_segment_counts_no_line_twice() {
    for has_end in [false, true] {
        let (disk, plain_disk) = (Memory::default(), Memory::default());
        let (folded, plain) = (open(&disk), open(&plain_disk));
        let frames = vec![(0, vec![Said::Line { step: 0, text: String::new() }])];
        let written = Written { run: 0, writer: 1, is_edits: false, frames, has_end };
        let path = write(&plain, &written);
        write(&folded, &written);
        folded.compact(&AT_ONCE).unwrap();
        assert_same(&folded, &plain);
        disk.put(&path, &plain_disk.read(&path));
        assert_same(&open(&disk), &plain);
        assert_same(&folded, &plain);
    }
}

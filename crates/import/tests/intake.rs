//! What an import leaves in the repository, with a source that is made here.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use trailmark_core::{
    Context, Edit, End, LogLine, ParamValue, Params, RunId, RunStatus, SeriesKey, Stream, Value, WallTime,
};
use trailmark_import::{Fate, Found, Head, ImportError, Intake, Listing, Report, Source, Watch, import};
use trailmark_store::{Repository, Stamp, Store as _};

const RUN: RunId = RunId::from_bytes([7; 12]);

#[derive(Clone, Default)]
struct Made {
    head: Head,
    params: Params,
    points: Vec<(i64, Value)>,
    /// Asks to stop after so many points.
    stops_after: Option<usize>,
    problem: bool,
    lines: Vec<&'static str>,
}

impl Source for Made {
    fn kind(&self) -> &'static str {
        "made"
    }

    fn list(&mut self) -> Result<Listing, ImportError> {
        let run = Found { id: RUN, called: "one".to_owned(), n_bytes: 10 };
        Ok(Listing { runs: vec![run], ..Listing::default() })
    }

    fn read(&mut self, _: &Found, into: &mut Intake<'_>) -> Result<(), ImportError> {
        into.begin(self.head.clone())?;
        into.params(self.params.clone())?;
        let key = SeriesKey::new("loss", Context::subset("train"));
        for (index, (step, value)) in self.points.iter().enumerate() {
            if self.stops_after == Some(index) {
                return Err(ImportError::Stopped);
            }
            let at = Stamp { step: *step, micros: 1_000_000 + step, epoch: f64::NAN };
            into.points(&key, vec![(at, value.clone())])?;
        }
        let lines = self.lines.iter().enumerate().map(|(step, text)| {
            let at = Stamp { step: step as i64, micros: 5, epoch: f64::NAN };
            (at, Value::Log(LogLine { stream: Stream::Stdout, text: (*text).to_owned() }))
        });
        into.lines(&SeriesKey::new("logs", Context::empty()), lines.collect())?;
        if self.problem {
            into.problem("file", "cut off");
        }
        Ok(())
    }
}

fn bring(source: &mut Made, repository: &Repository) -> Result<Report, ImportError> {
    let stop = AtomicBool::new(false);
    import(source, repository, &mut Watch { stop: &stop, progress: &mut |_| {} })
}

fn fate(source: &mut Made, repository: &Repository) -> (Fate, u64) {
    let report = bring(source, repository).unwrap();
    (report.runs[0].fate, report.runs[0].n_points)
}

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn made() -> Made {
    let head = Head {
        created: Some(time(1)),
        name: "first".to_owned(),
        experiment: "e".to_owned(),
        tags: BTreeSet::from(["a".to_owned()]),
        ..Head::default()
    };
    let points = vec![(0, Value::Float(0.5)), (1, Value::Int(3)), (2, Value::Float(f64::NAN))];
    let params = Params::from([("lr".to_owned(), ParamValue::from(0.1))]);
    Made { head: head.finished(Some(time(9))), params, points, ..Made::default() }
}

fn repository() -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(&folder.path().join("repo")).unwrap();
    (folder, repository)
}

#[test]
fn a_run_keeps_its_times_and_a_second_import_adds_nothing() {
    let (_folder, repository) = repository();
    let mut source = made();
    assert_eq!(fate(&mut source, &repository), (Fate::New, 3));
    let row = repository.run(RUN).unwrap();
    assert_eq!((row.created, row.ended), (time(1), Some(time(9))));
    assert_eq!((&*row.name, &*row.experiment), ("first", "e"));
    assert_eq!(row.status, RunStatus::Ended(End::Finished));
    let bytes = repository.stats().unwrap().journal_bytes;
    assert_eq!(fate(&mut source, &repository), (Fate::Same, 0));
    let stats = repository.stats().unwrap();
    assert_eq!((stats.n_points, stats.journal_bytes), (3, bytes));
}

#[test]
fn of_a_run_that_grew_only_what_is_new_is_written() {
    let (_folder, repository) = repository();
    let mut source = Made { head: Head { ended: None, ..made().head }, ..made() };
    assert_eq!(fate(&mut source, &repository), (Fate::New, 3));
    assert_eq!(repository.run(RUN).unwrap().status, RunStatus::Crashed);
    source.points.push((3, Value::Float(1.0)));
    source.points[0].1 = Value::Float(0.25);
    source.params.insert("more".to_owned(), 1.into());
    source.head = source.head.finished(Some(time(20)));
    assert_eq!(fate(&mut source, &repository), (Fate::Grown, 2));
    let run = repository.read_run(RUN).unwrap();
    assert_eq!((run.status, run.ended), (RunStatus::Ended(End::Finished), Some(time(20))));
    assert_eq!(run.params.get("more"), Some(&1.into()));
    let numbers: Vec<f64> = run.series.values().next().unwrap().numbers().map(|point| point.1).collect();
    assert_eq!((numbers[0], numbers[1], numbers[3]), (0.25, 3.0, 1.0));
    assert!(numbers[2].is_nan());
    assert_eq!(fate(&mut source, &repository), (Fate::Same, 0));
}

#[test]
fn what_people_made_of_a_run_here_stays() {
    let (_folder, repository) = repository();
    let mut source = made();
    fate(&mut source, &repository);
    repository.edit(&[(RUN, Edit::Name("mine".to_owned())), (RUN, Edit::AddTag("b".to_owned()))]).unwrap();
    let key = SeriesKey::new("loss", Context::subset("train"));
    let gone = Edit::DeletePoints { series: key, step: Some(trailmark_core::Step(1)), is_deleted: true };
    repository.edit(&[(RUN, gone)]).unwrap();
    assert_eq!(fate(&mut source, &repository), (Fate::Same, 0));
    source.head.description = "said there".to_owned();
    source.head.tags.insert("c".to_owned());
    assert_eq!(fate(&mut source, &repository), (Fate::Grown, 0));
    let run = repository.read_run(RUN).unwrap();
    assert_eq!((&*run.name, &*run.description), ("mine", "said there"));
    assert_eq!(run.tags, BTreeSet::from(["a", "b", "c"].map(str::to_owned)));
    repository.delete(&[RUN]).unwrap();
    assert_eq!(fate(&mut source, &repository), (Fate::Deleted, 0));
}

#[test]
fn an_interrupted_import_goes_on() {
    let (_folder, repository) = repository();
    let points: Vec<(i64, Value)> = (0..40_000).map(|step| (step, Value::Float(step as f64))).collect();
    let mut source = Made { points, stops_after: Some(35_000), ..made() };
    assert!(matches!(bring(&mut source, &repository), Err(ImportError::Stopped)));
    let written = repository.stats().unwrap().n_points;
    assert!(written > 10_000 && written < 35_000, "{written}");
    source.stops_after = None;
    assert_eq!(fate(&mut source, &repository), (Fate::Grown, 40_000 - written));
    let run = repository.read_run(RUN).unwrap();
    assert_eq!(run.series.values().next().unwrap().points.len(), 40_000);
    assert_eq!(run.status, RunStatus::Ended(End::Finished));
}

#[test]
fn a_run_that_is_recorded_here_is_left_alone() {
    let (_folder, repository) = repository();
    let mut source = Made { problem: true, ..made() };
    let report = bring(&mut source, &repository).unwrap();
    assert_eq!((report.n_problems(), &*report.runs[0].problems[0].reason), (1, "cut off"));
    let writer = repository.writer(RUN).unwrap();
    assert_eq!(fate(&mut source, &repository), (Fate::Running, 0));
    drop(writer);
}

#[test]
fn a_line_that_was_not_whole_is_replaced() {
    let (_folder, repository) = repository();
    let lines = || {
        let run = repository.read_run(RUN).unwrap();
        let points = &run.series[&SeriesKey::new("logs", Context::empty())].points;
        let text = |value: &Value| match value {
            Value::Log(line) => line.text.clone(),
            other => panic!("{other:?}"),
        };
        points.iter().map(|point| text(&point.value)).collect::<Vec<_>>()
    };
    for (now, want) in [
        (vec!["one", "tw"], (Fate::New, 2)),
        (vec!["one", "two", "t"], (Fate::Grown, 2)),
        (vec!["one", "two", "three"], (Fate::Grown, 1)),
        (vec!["one", "two", "three"], (Fate::Same, 0)),
    ] {
        let mut source = Made { lines: now.clone(), ..Made::default() };
        assert_eq!(fate(&mut source, &repository), want);
        assert_eq!(lines(), now);
    }
}

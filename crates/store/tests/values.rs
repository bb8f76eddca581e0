//! Values that are no numbers, files, and points that were deleted: whoever reads them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Read as _;

use proptest::prelude::*;
use trailmark_core::{
    Artifact, Audio, ContentId, Context, Distribution, Edit, End, Figure, Image, Kept, LogRecord, ParamValue,
    Params, RunId, SeriesKey, Step, Value, WallTime,
};
use trailmark_store::{Columns, Kind, Merger, Record, Repository, Store as _, Wanted};

fn run_id() -> RunId {
    RunId::from_parts(1, [1; 6])
}

fn key(name: &str) -> SeriesKey {
    SeriesKey::new(name, Context::subset("train"))
}

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn point(name: &str, step: i64, value: impl Into<Value>) -> Record {
    Record::Point { series: key(name), step: Step(step), epoch: None, time: time(step), value: value.into() }
}

fn delete(name: &str, step: Option<i64>, is_deleted: bool) -> (RunId, Edit) {
    (run_id(), Edit::DeletePoints { series: key(name), step: step.map(Step), is_deleted })
}

/// What each way of reading says of a number series: steps and values; they must agree.
fn numbers(repository: &Repository, name: &str) -> Vec<(i64, f64)> {
    let run = repository.read_run(run_id()).unwrap();
    let all: Vec<(i64, f64)> = run
        .series
        .get(&key(name))
        .map_or(Vec::new(), |series| series.numbers().map(|(step, value)| (step.0, value)).collect());
    let wanted = Wanted { run: run_id(), series: vec![key(name)], columns: Columns::ALL, after: None };
    let mut merger = Merger::default();
    repository.series(&wanted, &mut |block| merger.push(block.order, block.column)).unwrap();
    let points = merger.finish();
    let handed: Vec<(i64, f64)> = points.steps.iter().copied().zip(points.values).collect();
    assert_eq!(all, handed);
    for row in [repository.run(run_id()), Repository::open(repository.path()).unwrap().run(run_id())] {
        let row = row.unwrap();
        let series = row.series(&key(name));
        assert_eq!(series.map_or(0, |series| series.count), all.len() as u64);
        assert_eq!(series.and_then(|series| series.last), all.last().map(|(_, value)| *value));
    }
    all
}

#[test]
fn deleted_points_come_back_and_later_ones_stand() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let mut writer = repository.writer(run_id()).unwrap();
    let created = Record::Created { time: time(0) };
    writer.append(&[created, point("loss", 1, 3.0), point("loss", 2, 2.0), point("f1", 1, 50.0)]).unwrap();

    let undo_step = repository.edit(&[delete("loss", Some(1), true)]).unwrap();
    assert_eq!(undo_step, [delete("loss", Some(1), false)]);
    assert_eq!(numbers(&repository, "loss"), [(2, 2.0)]);
    let undo_all = repository.edit(&[delete("loss", None, true)]).unwrap();
    assert_eq!(numbers(&repository, "loss"), []);
    assert_eq!(numbers(&repository, "f1"), [(1, 50.0)]);

    // The run goes on, and tracks one of the deleted steps again.
    std::thread::sleep(std::time::Duration::from_millis(5));
    writer.append(&[point("loss", 2, 1.5), point("loss", 3, 1.0)]).unwrap();
    assert_eq!(numbers(&repository, "loss"), [(2, 1.5), (3, 1.0)]);
    assert_eq!(repository.edit(&undo_all).unwrap(), [delete("loss", None, true)]);
    assert_eq!(numbers(&repository, "loss"), [(2, 1.5), (3, 1.0)], "step 1 is still deleted for itself");
    repository.edit(&undo_step).unwrap();
    assert_eq!(numbers(&repository, "loss"), [(1, 3.0), (2, 1.5), (3, 1.0)]);
    assert_eq!(repository.edit(&[delete("loss", None, false)]).unwrap(), [], "nothing to restore");
    writer.end(time(9), End::Finished).unwrap();
    assert_eq!(repository.check().unwrap(), []);
}

#[test]
fn a_file_of_any_size_is_kept_once_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::open_or_create(folder.path()).unwrap();
    let bytes: Vec<u8> = (0..3_500_000u32).map(|number| (number % 251) as u8).collect();
    let file = folder.path().join("weights.bin");
    std::fs::write(&file, &bytes).unwrap();
    let kept = repository.put_file(&file).unwrap();
    assert_eq!(kept, Kept { id: ContentId::of(&bytes), n_bytes: bytes.len() as u64 });
    assert_eq!(repository.put_file(&file).unwrap(), kept);
    assert_eq!(repository.stats().unwrap().n_blobs, 1);
    let mut back = Vec::new();
    repository.open_blob(&kept.id).unwrap().read_to_end(&mut back).unwrap();
    assert_eq!(back, bytes);

    let mut writer = repository.writer(run_id()).unwrap();
    let artifact = Artifact { file: Some(kept.clone()), uri: String::new() };
    writer.append(&[Record::Artifact { name: "weights.bin".to_owned(), artifact }]).unwrap();
    let delete = |is_deleted| (run_id(), Edit::DeleteArtifact { name: "weights.bin".to_owned(), is_deleted });
    assert_eq!(repository.edit(&[delete(true)]).unwrap(), [delete(false)]);
    assert!(repository.run(run_id()).unwrap().artifacts["weights.bin"].is_deleted);
    assert_eq!(repository.edit(&[delete(false)]).unwrap(), [delete(true)]);
    let again = Repository::open(folder.path()).unwrap();
    assert!(!again.run(run_id()).unwrap().artifacts["weights.bin"].is_deleted);
    assert_eq!(again.check().unwrap(), []);
    let name = kept.id.to_string();
    std::fs::remove_file(folder.path().join("blobs").join(&name[..2]).join(&name)).unwrap();
    assert_eq!(again.check().unwrap()[0].reason, "missing blob");
    let error = repository.put_file(&folder.path().join("nothing")).unwrap_err().to_string();
    assert!(error.contains("nothing"), "{error}");
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,12}"
}

fn kept() -> impl Strategy<Value = Kept> {
    (any::<u8>(), any::<u64>()).prop_map(|(seed, n_bytes)| Kept { id: ContentId::of([seed]), n_bytes })
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>().prop_filter("equal to itself", |number| !number.is_nan()), Just(f64::INFINITY)]
}

/// A value that is no number and no list, with what it is.
fn object() -> impl Strategy<Value = (Kind, Value)> {
    prop_oneof![
        text().prop_map(|text| (Kind::Text, Value::Text(text))),
        (kept(), text(), any::<[u32; 2]>(), text()).prop_map(|(file, format, [width, height], caption)| {
            (Kind::Image, Value::Image(Box::new(Image { file, format, width, height, caption })))
        }),
        (kept(), text(), text()).prop_map(|(file, format, caption)| {
            (Kind::Audio, Value::Audio(Box::new(Audio { file, format, caption })))
        }),
        (kept(), text())
            .prop_map(|(file, caption)| (Kind::Figure, Value::Figure(Box::new(Figure { file, caption })))),
        (finite(), finite(), prop::collection::vec(finite(), 0..70)).prop_map(|(low, high, weights)| {
            (Kind::Distribution, Value::Distribution(Box::new(Distribution { low, high, weights })))
        }),
        (any::<i64>(), text(), prop::option::of((text(), any::<u32>())), text()).prop_map(
            |(level, message, origin, key)| {
                let extra = Params::from([(key, ParamValue::List(vec![ParamValue::None, level.into()]))]);
                (Kind::LogRecord, Value::LogRecord(Box::new(LogRecord { level, message, extra, origin })))
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_tracked_is_read(
        singles in prop::collection::vec(object(), 1..6),
        lists in prop::collection::vec(prop::collection::vec(object(), 0..4), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        let mut writer = repository.writer(run_id()).unwrap();
        let mut records = vec![Record::Created { time: time(0) }];
        for (place, (_, value)) in singles.iter().enumerate() {
            records.push(point(&format!("single{place}"), 1, value.clone()));
        }
        for (place, list) in lists.iter().enumerate() {
            let values = list.iter().map(|(_, value)| value.clone()).collect();
            records.push(point(&format!("list{place}"), 1, Value::List(values)));
        }
        writer.append(&records).unwrap();
        writer.end(time(1), End::Finished).unwrap();
        let run = repository.read_run(run_id()).unwrap();
        let row = repository.run(run_id()).unwrap();
        for (place, (kind, value)) in singles.iter().enumerate() {
            let key = key(&format!("single{place}"));
            prop_assert_eq!(&run.series[&key].points[0].value, value);
            prop_assert_eq!(row.series(&key).unwrap().kind, *kind);
        }
        for (place, list) in lists.iter().enumerate() {
            let key = key(&format!("list{place}"));
            let Value::List(values) = &run.series[&key].points[0].value else { panic!("no list") };
            prop_assert_eq!(values, &list.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>());
            let kind = list.first().map_or(Kind::Number, |(kind, _)| *kind);
            prop_assert_eq!(row.series(&key).unwrap().kind, kind);
        }
    }
}

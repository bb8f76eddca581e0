//! Repositories that earlier versions wrote, opened as long as there is a Trailmark.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Read as _;
use std::path::Path;

use trailmark_core::{ContentId, Context, End, ParamValue, RunId, RunStatus, SeriesKey, Step, Value};
use trailmark_store::{Kind, Repository, RunData, Store as _};

/// A copy, because opening a repository may write what is derived.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn numbers(run: &RunData, name: &str, subset: &str) -> Vec<(i64, f64)> {
    let series = &run.series[&SeriesKey::new(name, Context::subset(subset))];
    series.numbers().map(|(step, number)| (step.0, number)).collect()
}

/// The run of `examples/golden.rs` with numbers in every shape that columns have.
fn check_columns(repository: &Repository) {
    let run = repository.read_run(RunId::from_parts(1_764_000_200_000, [7; 6])).unwrap();
    assert_eq!((run.problems.as_slice(), run.status), (&[][..], RunStatus::Ended(End::Finished)));
    type Rows = Vec<(i64, Option<f64>, f64)>;
    let check = |name: &str, want: Rows| {
        let series = &run.series[&SeriesKey::new(name, Context::subset("train"))];
        let bits = |epoch: Option<f64>| epoch.map(f64::to_bits);
        let got = series.points.iter().map(|point| {
            let Value::Float(value) = point.value else { panic!("no number") };
            (point.step.0, bits(point.epoch), point.time.nanos(), value.to_bits())
        });
        let time = |step: i64| 1_764_000_000_000_000_000 + step * 1_000_000_000 + (step % 7) * 1_234_000;
        let want =
            want.into_iter().map(|(step, epoch, value)| (step, bits(epoch), time(step), value.to_bits()));
        assert_eq!(got.collect::<Vec<_>>(), want.collect::<Vec<_>>(), "{name}");
    };
    let of_loop = |value: fn(f64) -> f64| -> Rows {
        (0..15).map(|step| (step, Some(step as f64 / 7.0), value(step as f64))).collect()
    };
    check("loss", of_loop(|step| step / 4.0));
    check("grad_norm", of_loop(|step| step / 3.0));
    check("rate", of_loop(|_| 3e-5));
    let odd = |step: i64| (step % 3 != 0).then_some((step as f64 * 0.37).sqrt());
    check("odd", (0..8).map(|step| (step * step, odd(step), -1.5)).collect());
    check("bare", (0..4).rev().map(|step| (1_000_000 - step * 1000, None, f64::NAN)).collect());
    let far = |step: i64| (-step - 9, Some(step as f64 * 0.3), f64::MIN_POSITIVE);
    check("far", (0..4).rev().map(far).collect());
}

/// A copy of a repository of `testdata/format`.
fn golden(name: &str) -> (tempfile::TempDir, Repository) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/format").join(name);
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(repository.check().unwrap(), []);
    (folder, repository)
}

#[test]
fn format_1_opens() {
    let (folder, repository) = golden("v1");
    assert_eq!(repository.rows().unwrap().len(), 2);
    check_runs(&repository);
    check_columns(&golden("v1-columns").1);
    // A newer format is refused, whatever else it holds.
    std::fs::write(folder.path().join("trailmark.toml"), "format = 4\nid = \"x\"\n").unwrap();
    assert!(Repository::open(folder.path()).unwrap_err().to_string().contains("got format 4"));
}

#[test]
fn format_2_opens() {
    let (_folder, repository) = golden("v2");
    assert_eq!(repository.rows().unwrap().len(), 3);
    check_runs(&repository);
    check_columns(&repository);
}

#[test]
fn format_3_opens() {
    let (_folder, repository) = golden("v3");
    assert_eq!(repository.rows().unwrap().len(), 4);
    check_runs(&repository);
    check_columns(&repository);
    check_objects(&repository);
}

/// The run of `examples/golden.rs` with values of every kind.
fn check_objects(repository: &Repository) {
    let run = repository.read_run(RunId::from_parts(1_764_000_400_000, [8; 6])).unwrap();
    assert_eq!(run.problems, []);
    let train = |name: &str| SeriesKey::new(name, Context::subset("train"));
    let value = |name: &str, place: usize| &run.series[&train(name)].points[place].value;
    let bytes = |id: &ContentId| {
        let mut bytes = Vec::new();
        repository.open_blob(id).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let Value::List(images) = value("images", 0) else { panic!("no list") };
    let [Value::Image(first), Value::Image(second)] = &images[..] else { panic!("no pictures") };
    assert_eq!((first.caption.as_str(), second.caption.as_str()), ("one", "two"));
    assert_eq!((first.format.as_str(), first.width, first.height), ("png", 640, 480));
    assert_eq!((bytes(&first.file.id), first.file.n_bytes), (b"not really a picture".to_vec(), 20));
    assert!(matches!(value("images", 1), Value::Image(image) if image.caption == "three"));
    let Value::Audio(audio) = value("sounds", 0) else { panic!("no sound") };
    assert_eq!(
        (bytes(&audio.file.id).as_slice(), &*audio.format, &*audio.caption),
        (&b"a sound"[..], "wav", "hello")
    );
    let Value::Figure(figure) = value("figures", 0) else { panic!("no figure") };
    assert_eq!(bytes(&figure.file.id), b"{\"data\": [], \"layout\": {}}");
    let Value::Distribution(weights) = value("weights", 0) else { panic!("no histogram") };
    assert_eq!((weights.low, weights.high, weights.weights.as_slice()), (-1.0, 1.0, &[1.0, 4.0, 2.5][..]));
    let records = &run.series[&SeriesKey::new("__log_records", Context::empty())].points;
    let Value::LogRecord(record) = &records[0].value else { panic!("no log record") };
    assert_eq!((record.level, record.message.as_str()), (30, "slow"));
    assert_eq!(record.extra["seconds"], ParamValue::Float(2.5));
    assert_eq!(record.origin, Some(("train.py".to_owned(), 12)));
    assert_eq!(numbers(&run, "loss", "train"), [(2, 0.25)]);
    assert!(!run.series.contains_key(&train("gone")));
    let deleted: Vec<(&str, bool)> =
        run.artifacts.iter().map(|(name, row)| (name.as_str(), row.is_deleted)).collect();
    assert_eq!(deleted, [("away.bin", false), ("model.bin", false), ("old.bin", true)]);
    assert_eq!(run.artifacts["away.bin"].artifact.uri, "s3://bucket/weights");
    assert_eq!(bytes(&run.artifacts["model.bin"].artifact.file.as_ref().unwrap().id), b"weights");
    let row = repository.run(run.id).unwrap();
    assert_eq!(row.artifacts, run.artifacts);
    let kinds: Vec<(&str, Kind)> = row.series.iter().map(|s| (s.key.name.as_str(), s.kind)).collect();
    let want = [
        ("__log_records", Kind::LogRecord),
        ("figures", Kind::Figure),
        ("images", Kind::Image),
        ("loss", Kind::Number),
        ("sounds", Kind::Audio),
        ("weights", Kind::Distribution),
    ];
    assert_eq!(kinds, want);
}

#[test]
fn a_repository_of_format_1_is_one_of_format_3_once_it_is_written() {
    let (folder, repository) = golden("v1");
    let file = folder.path().join("trailmark.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    assert!(before.contains("format = 1"), "reading changes nothing: {before}");
    std::fs::write(&file, format!("{before}more = \"kept\"\n")).unwrap();
    let mut writer = repository.writer(RunId::from_parts(1_764_000_300_000, [1; 6])).unwrap();
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(after.contains("format = 3") && after.contains("more = \"kept\""), "{after}");
    assert!(after.contains(repository.id()), "{after}");
    writer.end(trailmark_core::WallTime::from_nanos(0), End::Finished).unwrap();
    drop(writer);
    let again = Repository::open(folder.path()).unwrap();
    assert_eq!((again.id(), again.rows().unwrap().len()), (repository.id(), 3));
    check_runs(&again);
}

/// The two runs that every golden repository has.
fn check_runs(repository: &Repository) {
    let run = repository.find("calm-fox").unwrap();
    assert_eq!(
        (run.experiment.as_str(), run.note.as_str(), run.is_archived),
        ("golden", "kept for ever", true)
    );
    assert_eq!(run.status, RunStatus::Ended(End::Finished));
    assert_eq!(run.params["hparams"].at(&["learning_rate"]), Some(&ParamValue::Float(3e-5)));
    assert_eq!(run.params["__system_params"].at(&["cwd"]), Some(&ParamValue::from("/somewhere")));
    let loss: Vec<(i64, f64)> = (1..=10).map(|step| (step, 1.0 / step as f64)).collect();
    assert_eq!(numbers(&run, "loss", "train"), loss);
    assert_eq!(numbers(&run, "epoch_count", "train")[9], (10, 10.0));
    assert!(numbers(&run, "f1", "eval")[1].1.is_nan());
    let points = |name: &str, context| &run.series[&SeriesKey::new(name, context)].points;
    let Value::Answer(answer) = &points("answers", Context::subset("eval"))[0].value else {
        panic!("no answer")
    };
    assert_eq!(
        (answer.best.text.as_str(), answer.null_score, answer.others.len()),
        ("Canberra", Some(-1.5), 2)
    );
    let texts = repository.texts(run.packs.first().unwrap()).unwrap();
    assert_eq!(texts[&answer.context], "The capital city of Australia is Canberra.");
    assert_eq!(run.paragraphs["eval"], [answer.context]);
    assert_eq!(ContentId::of(&texts[&answer.question]), answer.question);
    let lines = points("logs", Context::empty());
    assert!(matches!(&lines[1].value, Value::Log(line) if line.text == "two"));
    assert_eq!(points("checkpoint", Context::empty())[0].step, Step(10));
    assert_eq!(points("loss", Context::subset("train"))[2].epoch, Some(1.0));

    let rows = repository.rows().unwrap();
    let failed = End::Failed { exit_code: Some(3), message: "on purpose".to_owned() };
    let row = rows.iter().find(|row| row.status == RunStatus::Ended(failed.clone())).unwrap();
    assert_eq!(row.series[0].last, Some(0.25));
}

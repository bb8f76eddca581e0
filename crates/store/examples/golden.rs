//! Writes the small repository that `testdata/format/vN` keeps for ever: `golden FOLDER`.

use std::path::PathBuf;

use trailmark_core::{
    Answer, Artifact, Audio, Candidate, ContentId, Context, Distribution, Edit, End, Figure, Image, LogLine,
    LogRecord, ParamValue, Params, RunId, SeriesKey, Step, Stream, Value, WallTime,
};
use trailmark_store::{Error, Record, Repository, Store as _};

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(1_764_000_000_000_000_000 + secs * 1_000_000_000)
}

fn point(name: &str, context: Context, step: i64, value: impl Into<Value>) -> Record {
    let series = SeriesKey::new(name, context);
    Record::Point {
        series,
        step: Step(step),
        epoch: Some(step as f64 / 3.0),
        time: time(step),
        value: value.into(),
    }
}

fn answer() -> Value {
    let best = Candidate { text: "Canberra".to_owned(), start: 33, end: 41, score: 0.75 };
    Value::Answer(Box::new(Answer {
        question_key: "q1".to_owned(),
        question: ContentId::of("What is the capital of Australia?"),
        context: ContentId::of("The capital city of Australia is Canberra."),
        golds: vec!["Canberra".to_owned()],
        best: best.clone(),
        null_score: Some(-1.5),
        exact_match: 1.0,
        f1: 1.0,
        millis: 2.5,
        others: vec![Candidate { text: "city".to_owned(), start: 12, end: 16, score: 0.1 }, best],
    }))
}

fn main() -> Result<(), Error> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "golden".into()));
    let repository = Repository::open_or_create(&folder)?;
    let texts = ["What is the capital of Australia?", "The capital city of Australia is Canberra."];
    let pack = repository.put_texts(&texts)?;
    let run = RunId::from_parts(1_764_000_000_000, [1, 2, 3, 4, 5, 6]);
    let mut writer = repository.writer(run)?;
    let param = |path: &[&str], value: ParamValue| Record::Param {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        value,
    };
    let edit = |edit: Edit| Record::Edit { edit };
    writer.append(&[
        Record::Created { time: time(0) },
        edit(Edit::Name("calm-fox".to_owned())),
        edit(Edit::Experiment("golden".to_owned())),
        edit(Edit::AddTag("first".to_owned())),
        param(&["hparams", "learning_rate"], ParamValue::Float(3e-5)),
        param(&["hparams", "seeds"], ParamValue::List(vec![1.into(), ParamValue::None, true.into()])),
        param(&["__system_params", "cwd"], "/somewhere".into()),
        Record::Texts { pack },
        Record::Paragraphs { subset: "eval".to_owned(), ids: vec![ContentId::of(texts[1])] },
    ])?;
    let train = || Context::subset("train");
    for step in 1..=10 {
        let loss = 1.0 / step as f64;
        writer.append(&[point("loss", train(), step, loss), point("epoch_count", train(), step, step)])?;
    }
    let log = |text: &str| Value::Log(LogLine { stream: Stream::Stderr, text: text.to_owned() });
    writer.append(&[
        point("f1", Context::subset("eval"), 5, 62.5),
        point("f1", Context::subset("eval"), 10, f64::NAN),
        point("answers", Context::subset("eval"), 10, answer()),
        point("checkpoint", Context::empty(), 10, "checkpoints/10"),
        point("logs", Context::empty(), 0, log("one")),
        point("logs", Context::empty(), 0, log("two")),
    ])?;
    writer.end(time(20), End::Finished)?;
    repository.edit(&[(run, Edit::Note("kept for ever".to_owned())), (run, Edit::Archive(true))])?;

    let crashed = RunId::from_parts(1_764_000_100_000, [6, 5, 4, 3, 2, 1]);
    let mut writer = repository.writer(crashed)?;
    writer.append(&[Record::Created { time: time(100) }, point("loss", train(), 1, 0.5)])?;
    let mut again = repository.writer(crashed)?;
    again.append(&[Record::Created { time: time(200) }, point("loss", train(), 1, 0.25)])?;
    again.end(time(300), End::Failed { exit_code: Some(3), message: "on purpose".to_owned() })?;
    columns(&repository)?;
    objects(&repository)
}

/// A run with values of every kind that is no number, with files, and with points that were deleted.
fn objects(repository: &Repository) -> Result<(), Error> {
    let run = RunId::from_parts(1_764_000_400_000, [8; 6]);
    let mut writer = repository.writer(run)?;
    let kept = |bytes: &[u8]| repository.put_blob_from(&mut &*bytes);
    let image = |caption: &str| -> Result<Value, Error> {
        Ok(Value::Image(Box::new(Image {
            file: kept(b"not really a picture")?,
            format: "png".to_owned(),
            width: 640,
            height: 480,
            caption: caption.to_owned(),
        })))
    };
    let audio = Audio { file: kept(b"a sound")?, format: "wav".to_owned(), caption: "hello".to_owned() };
    let figure = Figure { file: kept(b"{\"data\": [], \"layout\": {}}")?, caption: String::new() };
    let distribution = Distribution { low: -1.0, high: 1.0, weights: vec![1.0, 4.0, 2.5] };
    let record = LogRecord {
        level: 30,
        message: "slow".to_owned(),
        extra: Params::from([("seconds".to_owned(), ParamValue::Float(2.5))]),
        origin: Some(("train.py".to_owned(), 12)),
    };
    let train = || Context::subset("train");
    let file = Artifact { file: Some(kept(b"weights")?), uri: String::new() };
    let away = Artifact { file: None, uri: "s3://bucket/weights".to_owned() };
    writer.append(&[
        Record::Created { time: time(0) },
        point("images", train(), 1, Value::List(vec![image("one")?, image("two")?])),
        point("images", train(), 2, image("three")?),
        point("sounds", train(), 1, Value::Audio(Box::new(audio))),
        point("figures", train(), 1, Value::Figure(Box::new(figure))),
        point("weights", train(), 1, Value::Distribution(Box::new(distribution))),
        point("__log_records", Context::empty(), 0, Value::LogRecord(Box::new(record))),
        point("loss", train(), 1, 0.5),
        point("loss", train(), 2, 0.25),
        point("gone", train(), 1, 1.0),
        Record::Artifact { name: "model.bin".to_owned(), artifact: file.clone() },
        Record::Artifact { name: "old.bin".to_owned(), artifact: file },
        Record::Artifact { name: "away.bin".to_owned(), artifact: away },
    ])?;
    writer.end(time(500), End::Finished)?;
    let delete = |name: &str, step: Option<i64>| {
        let series = SeriesKey::new(name, train());
        (run, Edit::DeletePoints { series, step: step.map(Step), is_deleted: true })
    };
    let file = Edit::DeleteArtifact { name: "old.bin".to_owned(), is_deleted: true };
    repository.edit(&[delete("gone", None), delete("loss", Some(1)), (run, file)])?;
    Ok(())
}

/// A run whose frames hold numbers in every shape that columns have.
fn columns(repository: &Repository) -> Result<(), Error> {
    let mut writer = repository.writer(RunId::from_parts(1_764_000_200_000, [7; 6]))?;
    let point = |name: &str, step: i64, epoch: Option<f64>, value: f64| Record::Point {
        series: SeriesKey::new(name, Context::subset("train")),
        step: Step(step),
        epoch,
        time: WallTime::from_nanos(time(step).nanos() + (step % 7) * 1_234_000),
        value: Value::Float(value),
    };
    writer.append(&[Record::Created { time: time(0) }])?;
    // A loop: series that share steps and epochs, values of single and of double precision.
    for frame in 0..3 {
        let steps = frame * 5..frame * 5 + 5;
        let rows = steps.flat_map(|step| {
            let epoch = Some(step as f64 / 7.0);
            let row = [("loss", step as f64 / 4.0), ("grad_norm", step as f64 / 3.0), ("rate", 3e-5)];
            row.map(|(name, value)| point(name, step, epoch, value))
        });
        writer.append(&rows.collect::<Vec<_>>())?;
    }
    // Epochs that are no share of the step, some missing; none at all; steps that go back.
    let odd = |step: i64| (step % 3 != 0).then_some((step as f64 * 0.37).sqrt());
    let mut rows: Vec<Record> = (0..8).map(|step| point("odd", step * step, odd(step), -1.5)).collect();
    rows.extend((0..4).map(|step| point("bare", 1_000_000 - step * 1000, None, f64::NAN)));
    rows.extend((0..4).map(|step| point("far", -step - 9, Some(step as f64 * 0.3), f64::MIN_POSITIVE)));
    writer.append(&rows)?;
    writer.end(time(400), End::Finished)
}

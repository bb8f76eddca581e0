//! Runs that are recorded without training: what each holds is known.

use std::path::Path;

use trailmark_core::{
    Answer, Candidate, ContentId, Context, Edit, End, Image, ParamValue, RunId, SeriesKey, Step, Value,
    WallTime,
};
use trailmark_store::{JournalWriter, Record, Repository};

pub const START: i64 = 1_700_000_000;

pub fn time(secs: i64) -> WallTime {
    WallTime::from_nanos((START + secs) * 1_000_000_000)
}

/// A repository and what is recorded to it.
pub struct Recorded(pub Repository);

impl Recorded {
    pub fn new(path: &Path) -> Self {
        Self(Repository::open_or_create(path).unwrap())
    }

    /// A run that has begun; dropped without an end it has crashed.
    pub fn begin(&self, place: u64, name: &str) -> (RunId, JournalWriter) {
        let id = RunId::from_parts(START as u64 * 1000 + place, [place as u8; 6]);
        let mut writer = self.0.writer(id).unwrap();
        let named = [Edit::Name(name.to_owned()), Edit::Experiment("squad".to_owned())];
        let mut records: Vec<Record> = named.map(|edit| Record::Edit { edit }).into();
        records.push(Record::Created { time: time(place as i64) });
        writer.append(&records).unwrap();
        (id, writer)
    }

    /// A finished run: a learning rate, a package's version, five steps of loss that ends so, an image, and answers.
    pub fn whole(&self, place: u64, name: &str, (rate, version, last): (f64, Option<&str>, f64)) -> RunId {
        let (id, mut writer) = self.begin(place, name);
        let mut records = vec![
            param(&["hparams", "learning_rate"], rate.into()),
            param(&["hparams", "seed"], ParamValue::Int(7)),
            param(&["__system_params", "packages", "trailmark"], "0.1.0".into()),
            param(&["__system_params", "env_variables", "LANG"], "C".into()),
            param(&["__system_params", "env_variables", "JOB"], name.into()),
            param(
                &["__system_params", "git_info", "commit", "hash"],
                format!("c0ffee{place}").as_str().into(),
            ),
        ];
        if let Some(version) = version {
            records.push(param(&["__system_params", "packages", "tokenizers"], version.into()));
        }
        for step in 1..=5 {
            let value = if step == 5 { last } else { 1.0 / step as f64 };
            records.push(point("loss", Context::subset("train"), step, Value::Float(value)));
        }
        records.push(point("epochs", Context::empty(), 5, Value::Int(3)));
        records.push(point(
            "sample",
            Context::empty(),
            5,
            Value::Text(format!("told by {name}, \"quoted\"")),
        ));
        let file = self.0.put_blob_from(&mut format!("picture of {name}").as_bytes()).unwrap();
        let image = Image { file, format: "png".to_owned(), width: 2, height: 3, caption: "seen".to_owned() };
        records.push(point("picture", Context::empty(), 5, Value::Image(Box::new(image))));
        let questions = ["Who?", "Where?", "When?", "Why?"];
        records.push(Record::Texts { pack: self.0.put_texts(&questions).unwrap() });
        let right = if place % 2 == 1 { [true, false, true, false] } else { [true, true, false, false] };
        for (question, is_right) in questions.into_iter().zip(right) {
            records.push(answer(question, is_right));
        }
        writer.append(&records).unwrap();
        writer.end(time(place as i64 + 60), End::Finished).unwrap();
        id
    }
}

pub fn param(path: &[&str], value: ParamValue) -> Record {
    Record::Param { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

pub fn point(name: &str, context: Context, step: i64, value: Value) -> Record {
    let (series, epoch) = (SeriesKey::new(name, context), Some(step as f64 / 5.0));
    Record::Point { series, step: Step(step), epoch, time: time(step), value }
}

fn answer(question: &str, is_right: bool) -> Record {
    let text = if is_right { "gold" } else { "brass" };
    let score = f64::from(u8::from(is_right));
    let answer = Answer {
        question_key: format!("q-{question}"),
        question: ContentId::of(question),
        context: ContentId::of(format!("paragraph of {question}")),
        golds: vec!["gold".to_owned(), "Gold".to_owned()],
        best: Candidate { text: text.to_owned(), start: 0, end: 4, score: 0.5 },
        null_score: None,
        exact_match: score,
        f1: score,
        millis: 1.0,
        others: Vec::new(),
    };
    point("answers", Context::subset("eval"), 5, Value::Answer(Box::new(answer)))
}

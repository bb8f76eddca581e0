//! A repository of five runs like the one that Aim's answers were recorded on.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeSet;

use trailmark_core::{Context, End, ParamValue, Params, RunId, RunStatus, WallTime};
use trailmark_query::{Clock, Field, Kind, RunView, Scalar, Schema, SeriesView};

/// Noon of the day on which the runs were made, UTC.
pub const NOON: i64 = 1_795_435_200;

/// The moment at which the queries are asked, half an hour later.
pub const CLOCK: Clock =
    Clock { now: WallTime::from_nanos((NOON + 1_800) * 1_000_000_000), utc_offset_secs: 0 };

#[derive(Debug, Clone)]
pub struct Series {
    pub kind: Kind,
    pub name: String,
    pub context: Context,
    pub numbers: Option<[f64; 4]>,
    pub last_step: i64,
    pub dtype: &'static str,
}

#[derive(Debug, Clone)]
pub struct Run {
    pub id: RunId,
    pub name: String,
    pub experiment: String,
    pub description: String,
    pub note: String,
    pub tags: BTreeSet<String>,
    pub is_archived: bool,
    pub status: RunStatus,
    pub secs: Option<f64>,
    pub params: Params,
    pub series: Vec<Series>,
}

impl RunView for Run {
    fn id(&self) -> RunId {
        self.id
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn experiment(&self) -> &str {
        &self.experiment
    }
    fn description(&self) -> &str {
        &self.description
    }
    fn note(&self) -> &str {
        &self.note
    }
    fn tags(&self) -> &BTreeSet<String> {
        &self.tags
    }
    fn is_archived(&self) -> bool {
        self.is_archived
    }
    fn status(&self) -> &RunStatus {
        &self.status
    }
    fn created_at(&self) -> WallTime {
        WallTime::from_nanos(NOON * 1_000_000_000)
    }
    fn ended_at(&self) -> Option<WallTime> {
        self.secs.map(|secs| WallTime::from_unix_secs(NOON as f64 + secs))
    }
    fn params(&self) -> Option<&Params> {
        Some(&self.params)
    }
    fn series_count(&self, kind: Kind) -> Option<usize> {
        Some(self.series.iter().filter(|series| series.kind == kind).count())
    }
    fn series(&self, kind: Kind, index: usize) -> Option<&dyn SeriesView> {
        let series = self.series.iter().filter(|series| series.kind == kind).nth(index)?;
        Some(series)
    }
}

impl SeriesView for Series {
    fn name(&self) -> &str {
        &self.name
    }
    fn context(&self) -> &Context {
        &self.context
    }
    fn field(&self, field: Field) -> Option<Scalar<'_>> {
        let number = |index: usize| {
            let number = self.numbers?[index];
            let is_whole = self.dtype == "int" && number.fract() == 0.0;
            Some(if is_whole { Scalar::Int(number as i64) } else { Scalar::Float(number) })
        };
        match field {
            Field::First => number(0),
            Field::Last => number(1),
            Field::Min => number(2),
            Field::Max => number(3),
            Field::FirstStep => Some(Scalar::Int(0)),
            Field::LastStep => Some(Scalar::Int(self.last_step)),
            Field::Count => Some(Scalar::Int(self.last_step + 1)),
            Field::Bytes => number(0),
            Field::Uri => self.numbers.is_none().then_some(Scalar::Text("s3://bucket/notes.txt")),
            Field::Dtype => Some(Scalar::Text(self.dtype)),
            _ => None,
        }
    }
}

/// A map of params.
pub fn map<const N: usize>(pairs: [(&str, ParamValue); N]) -> ParamValue {
    ParamValue::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn list<const N: usize>(values: [ParamValue; N]) -> ParamValue {
    ParamValue::List(values.to_vec())
}

/// A run without anything special.
pub fn run(name: &str, experiment: &str, id: &str) -> Run {
    Run {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        experiment: experiment.to_owned(),
        description: String::new(),
        note: String::new(),
        tags: BTreeSet::new(),
        is_archived: false,
        status: RunStatus::Ended(End::Finished),
        secs: Some(2.0),
        params: Params::new(),
        series: Vec::new(),
    }
}

/// A series of numbers: first, last, least, largest.
pub fn metric(
    name: &str,
    context: Context,
    numbers: [f64; 4],
    last_step: i64,
    dtype: &'static str,
) -> Series {
    Series { kind: Kind::Metrics, name: name.to_owned(), context, numbers: Some(numbers), last_step, dtype }
}

fn object(kind: Kind, name: &str, context: Context) -> Series {
    Series { kind, name: name.to_owned(), context, numbers: None, last_step: 3, dtype: "object" }
}

/// A file: how large it is, where the repository has it.
fn file(name: &str, n_bytes: Option<u32>) -> Series {
    let numbers = n_bytes.map(|n_bytes| [f64::from(n_bytes); 4]);
    let dtype = "int";
    Series {
        kind: Kind::Artifacts,
        name: name.to_owned(),
        context: Context::empty(),
        numbers,
        last_step: 0,
        dtype,
    }
}

fn hparams(lr: f64, batch_size: Option<i64>) -> Params {
    let mut hparams = Params::new();
    hparams.insert("lr".to_owned(), lr.into());
    if let Some(size) = batch_size {
        hparams.insert("batch_size".to_owned(), size.into());
    }
    Params::from([("hparams".to_owned(), ParamValue::Map(hparams))])
}

/// The five runs.
pub fn runs() -> Vec<Run> {
    let [train, val] = ["train", "val"].map(Context::subset);
    let mut alpha = run("alpha", "exp-a", "a2a506028c78459f88b7ad91");
    alpha.description = "the first one".to_owned();
    alpha.note = "a note".to_owned();
    alpha.tags = ["prod", "best"].map(str::to_owned).into();
    alpha.secs = Some(0.5);
    alpha.params = Params::from([
        ("seed".to_owned(), 42_i64.into()),
        (
            "__system_params".to_owned(),
            map([("executable", "/usr/bin/python".into()), ("git_info", map([]))]),
        ),
        (
            "hparams".to_owned(),
            map([
                ("lr", 0.001.into()),
                ("batch_size", 32_i64.into()),
                ("optimizer", map([("name", "adam".into()), ("betas", list([0.9.into(), 0.999.into()]))])),
                ("flag", true.into()),
                ("none", ParamValue::None),
                ("nan", f64::NAN.into()),
                ("neg", (-5_i64).into()),
                ("big", (1_i64 << 62).into()),
                ("empty_l", list([])),
                ("empty_d", map([])),
                ("layers", list([64_i64.into(), 32_i64.into()])),
                ("nested", list([map([("a", 1_i64.into())])])),
                ("7", "int key".into()),
            ]),
        ),
    ]);
    let deep = map([("c", list([1_i64.into(), 2.5.into(), ParamValue::None, true.into(), "x".into()]))]);
    let deep = Context::empty().with("a", 1_i64).with("b", deep);
    alpha.series = vec![
        metric("d1", deep.clone(), [1.0, 2.0, 1.0, 2.0], 1, "float"),
        metric("d2", deep, [2.0, 3.0, 2.0, 3.0], 1, "float"),
        metric("int_metric", Context::empty(), [0.0, 198.0, 0.0, 198.0], 99, "int"),
        metric("loss", train.clone(), [0.99, 0.06, 0.06, 0.99], 99, "float"),
        metric("loss", val.clone(), [1.0, 0.05, 0.05, 1.0], 90, "float"),
        metric("mixed", Context::empty(), [1.0, 2.5, 1.0, 2.5], 1, "number"),
        metric("naninf", Context::empty(), [f64::NAN, 1.0, 1.0, 1.0], 3, "float"),
        metric("unordered", Context::empty(), [5.0, 5.0, 1.0, 5.0], 5, "float"),
    ];
    let mut beta = run("beta", "exp-b", "b4000000000000000000000b");
    beta.tags = ["prod".to_owned()].into();
    beta.params = hparams(0.01, Some(64));
    beta.series = vec![
        object(Kind::Images, "image", Context::empty()),
        object(Kind::Images, "image_list", Context::empty().with("kind", "grid")),
        object(Kind::Texts, "generated", val),
        object(Kind::Distributions, "weights", Context::empty()),
        object(Kind::Audios, "audio", Context::empty()),
        object(Kind::Figures, "fig", Context::empty()),
        object(Kind::LogRecords, "messages", Context::empty()),
        file("model.bin", Some(4_000_000)),
        file("notes.txt", None),
    ];
    let mut gamma = run("gamma", "exp-a", "c4000000000000000000000c");
    gamma.is_archived = true;
    gamma.series = vec![metric("__system__cpu", Context::empty(), [1.0, 5.0, 1.0, 9.0], 9, "float")];
    let mut delta = run("delta", "exp-b", "d4000000000000000000000d");
    delta.params = hparams(0.1, Some(8));
    delta.series = vec![metric("sin", Context::empty(), [0.0, -0.99, -1.0, 1.0], 98, "float")];
    let mut eps = run("eps", "exp-c", "e4000000000000000000000e");
    (eps.status, eps.secs) = (RunStatus::Running, None);
    eps.params = hparams(1.0, None);
    eps.series = vec![metric("loss", train, [0.5, 0.7, 0.5, 0.7], 9, "float")];
    vec![alpha, beta, gamma, delta, eps]
}

/// What the runs' names are.
pub fn schema(runs: &[Run]) -> Schema {
    let mut schema = Schema::new();
    for run in runs {
        schema.add_run(run, Kind::ALL);
    }
    schema
}

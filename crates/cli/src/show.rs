//! How things look: hints, tables, runs as JSON.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};
use trailmark_core::{Context, ParamValue, Params, RunId, RunStatus, SeriesKey, Step, WallTime};
use trailmark_store::{RunData, RunRow};

use crate::session;
use crate::terminal::print;

/// An error as people read it: what happened, its causes indented, and what can be done.
pub(crate) fn error(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("\n  {cause}"));
    }
    if let Some(hint) = hint(error) {
        text.push_str(&format!("\n\nhint: {hint}"));
    }
    text
}

/// A JSON array, whose items are made and forgotten one by one.
pub(crate) fn array(items: impl Iterator<Item = Value>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&item.to_string());
    }
    text.push(']');
    text
}

/// What a person can do, by words of the error; the first that fits.
const HINTS: &[(&str, &str)] = &[
    ("read the expression", "docs/query.md describes the language"),
    (
        "read what to sort by",
        "values of the query language, such as run.name or -run.duration; docs/query.md",
    ),
    ("compare runs", "trailmark runs diff RUN RUN, or -q EXPRESSION that finds several"),
    (" has no series", "see what the run has: trailmark runs show RUN"),
    (" has no file", "see what the run has: trailmark runs show RUN"),
    ("write what was found", "trailmark query EXPRESSION --out found.parquet"),
    ("export runs", "trailmark runs export --out runs.parquet"),
    ("got one that wants a password", "openssl pkey -in KEY -out FILE takes the password off"),
    (
        "the key of another certificate",
        "the server's own certificate comes first in its file, and the key is its own",
    ),
    ("speak TLS", "--tls-cert is the certificate with those that vouch for it, --tls-key its key, both PEM"),
    (
        "trust the authorities",
        "the variable names a PEM file with the authority's certificate; unset it for the public ones",
    ),
    (
        "import with Aim:",
        "name an interpreter that has it (pip install aim): --with-aim PYTHON; or leave it out",
    ),
    ("open an Aim repository", "give the folder .aim, or the one that it lies in"),
    (
        "TensorBoard's event files",
        "give the folder that TensorBoard is given as --logdir, or one above it; docs/import.md",
    ),
    ("look for a file or folder", "give the folder that TensorBoard is given as --logdir; docs/import.md"),
    ("revoke a token", "see what there is: trailmark token ls"),
    ("make a token", "see what there is: trailmark token ls"),
    ("find the server", "it is where trailmark up serves, for instance http://127.0.0.1:43800"),
    ("read an Aim repository", "give the folder .aim, or the one that it lies in"),
    ("copy runs:", "give another folder: trailmark runs cp RUN --to REPO"),
    ("is being recorded", "wait until it has ended, or copy it: trailmark runs cp RUN --to REPO"),
    ("manifest.toml", "trailmark repo repair makes the list of segments again from what they hold"),
    ("it was deleted there", "trailmark runs restore RUN --repo REPO, then the same command again"),
    (
        "other bytes are there",
        "trailmark repo check there; another run's copy may have been damaged or changed by hand",
    ),
    (
        "can be copied but not moved",
        "trailmark repo check tells what is lost; trailmark runs cp copies the rest",
    ),
    ("delete runs", "trailmark runs rm RUN --yes"),
    ("tag runs", "trailmark runs tag RUN --add TAG"),
    ("change runs", "trailmark runs set RUN --name NAME"),
    ("make a backup", "give a folder or a .tar file that is not there yet"),
    ("want --model DIR", "give the folder of a BERT or DistilBERT encoder: --model DIR"),
    ("HF_HUB_OFFLINE is set", "unset HF_HUB_OFFLINE, or give a folder"),
    ("reach the hub", "see that the network is up and HF_ENDPOINT right; a folder works without"),
    (
        "the hub answered",
        "see that the name is right; what is closed wants HF_TOKEN, and its licence accepted",
    ),
    (
        "got bytes with hash",
        "a proxy or a mirror may have changed them; try again, or with another HF_ENDPOINT",
    ),
    ("a pickle", "load it in Python and save_pretrained(…, safe_serialization=True)"),
    ("got no config.json from", "a model is a folder, a hub id (owner/name), or best:METRIC of a repository"),
    (
        "want a folder with config.json",
        "see that the path is right; trailmark runs ls shows what best:METRIC can mean",
    ),
    ("no question-answering head", "fine-tune it first: trailmark train --model … --train-file …"),
    ("want one of bert", "convert the model to one of these families, or take one that is"),
    ("its tokenizer has", "the tokenizer files in the folder belong to another model"),
    ("neither tokenizer.json nor vocab.txt", "copy the tokenizer's files into the folder"),
    ("without trailmark.toml", "give the repository with --repo, or track a run first"),
    ("got format", "update trailmark: the repository was made by a newer one"),
    ("another writer holds it", "wait until the other program has ended, or stop it"),
    ("disk is full", "free some space; what was recorded before is kept"),
    ("No space left", "free some space; what was recorded before is kept"),
    ("questions (-q)", "give one context for each question, or one for all, or --input with JSON lines"),
    ("find the best run", "see what there is: trailmark runs ls"),
    ("find a run", "see what there is: trailmark runs ls"),
    ("got a question of", "shorten the question, or make windows larger (--max-seq-len, max_seq_length)"),
    ("want below", "give a smaller doc stride or larger windows"),
    ("got an empty", "give it some text, or leave it out"),
    ("read JSON", "mend the file at that place"),
    ("read Parquet", "fetch the file again"),
    (
        "read a data set",
        "want SQuAD's nesting, flat rows (id, question, context, answers), or JSON lines of them",
    ),
    ("several configurations", "fetch one file and give its path"),
    ("read a recipe", "recipes/ has commented examples; trailmark train --help lists every argument"),
    ("training argument", "trailmark train --help lists every argument"),
    ("[grid]", "a grid is lists of values of training arguments"),
    ("resume from a checkpoint", "give another --output_dir, or --overwrite_output_dir to begin anew"),
    ("fetch ", "the same command goes on where the download stopped"),
    ("the port is in use", "take the free one with --port, or --port 0 for any"),
    (
        "nobody can sign in",
        "trailmark token create NAME makes a token; or leave out --host, or add --insecure if everybody on that network may change everything",
    ),
    ("start threads", "leave out --threads for one on each core"),
    ("got a test size of", "--test-size is the share of the questions that is held out, for instance 0.2"),
    ("--top-k and --max-answer-len", "leave them out for one answer of at most 15 tokens"),
    ("load a tokenizer", "copy the tokenizer's files into the folder anew"),
    ("read tensors", "fetch or copy model.safetensors anew"),
    ("valid UTF-8", "save the file as UTF-8; Parquet is read as well"),
    (", want a text", "each line is {\"id\"?, \"question\", \"context\"}"),
    ("Is a directory", "give a file, not a folder"),
    ("Not a directory", "a file of that name is in the way: give another folder"),
    ("No such file or directory", "see that the path is right"),
];

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let text = format!("{error:#}");
    HINTS.iter().find(|(part, _)| text.contains(part)).map(|(_, hint)| *hint)
}

/// How many there are, in words: `1 run`, `2 runs`.
pub(crate) fn count(n: impl TryInto<u64>, what: &str) -> String {
    // Nothing is counted here that a u64 does not hold.
    let n = n.try_into().unwrap_or(u64::MAX);
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A number as JSON; NaN and infinities as texts.
pub(crate) fn number(number: f64) -> Value {
    if number.is_nan() {
        json!("NaN")
    } else if number.is_infinite() {
        json!(if number > 0.0 { "inf" } else { "-inf" })
    } else {
        json!(number)
    }
}

/// A param as JSON.
pub(crate) fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::None => Value::Null,
        ParamValue::Bool(value) => json!(value),
        ParamValue::Int(value) => json!(value),
        ParamValue::Float(value) => number(*value),
        ParamValue::Text(text) => json!(text),
        ParamValue::List(values) => values.iter().map(param).collect(),
        ParamValue::Map(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), param(value))).collect())
        }
    }
}

/// A field of CSV (RFC 4180): quoted where it must be.
pub(crate) fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A run as lists show it, from its row in the catalog or from all that was read of it.
pub(crate) struct Listed<'a> {
    pub(crate) id: RunId,
    pub(crate) name: &'a str,
    pub(crate) experiment: &'a str,
    pub(crate) status: &'a RunStatus,
    pub(crate) tags: &'a BTreeSet<String>,
    created: WallTime,
    params: &'a Params,
    metrics: Vec<Metric<'a>>,
}

struct Metric<'a> {
    key: &'a SeriesKey,
    last: f64,
    range: (f64, f64),
    count: u64,
}

impl<'a> From<&'a RunData> for Listed<'a> {
    fn from(run: &'a RunData) -> Self {
        let metrics = run.series.iter().filter_map(|(key, series)| {
            let count = series.points.len() as u64;
            Some(Metric {
                key,
                last: series.last()?,
                range: series.range().unwrap_or((f64::NAN, f64::NAN)),
                count,
            })
        });
        Self {
            id: run.id,
            name: &run.name,
            experiment: &run.experiment,
            status: &run.status,
            tags: &run.tags,
            created: run.created,
            params: &run.params,
            metrics: metrics.collect(),
        }
    }
}

impl<'a> From<&'a RunRow> for Listed<'a> {
    fn from(run: &'a RunRow) -> Self {
        let number = |place: Option<(Step, f64)>| place.map_or(f64::NAN, |(_, number)| number);
        let metrics = run.series.iter().filter_map(|series| {
            let range = (number(series.min), number(series.max));
            Some(Metric { key: &series.key, last: series.last?, range, count: series.count })
        });
        Self {
            id: run.id,
            name: &run.name,
            experiment: &run.experiment,
            status: &run.status,
            tags: &run.tags,
            created: run.created,
            params: &run.params,
            metrics: metrics.collect(),
        }
    }
}

impl Listed<'_> {
    /// The stable shape that programs read.
    pub(crate) fn json(&self) -> Value {
        let metrics = self.metrics.iter().map(|metric| {
            let context = ParamValue::Map(metric.key.context.as_params().clone());
            let (min, max) = metric.range;
            json!({
                "name": metric.key.name, "context": param(&context), "last": number(metric.last),
                "min": number(min), "max": number(max), "count": metric.count,
            })
        });
        let metrics: Vec<Value> = metrics.collect();
        json!({
            "id": self.id.to_string(), "name": self.name, "experiment": self.experiment,
            "status": self.status.word(), "created_at": self.created.unix_secs(),
            "tags": self.tags, "params": param(&ParamValue::Map(self.params.clone())), "metrics": metrics,
        })
    }

    /// The last number of an evaluation metric, as people read it.
    pub(crate) fn eval(&self, name: &str) -> String {
        let key = SeriesKey::new(name, Context::subset("eval"));
        let metric = self.metrics.iter().find(|metric| *metric.key == key);
        metric.map_or_else(String::new, |metric| format!("{:.2}", metric.last))
    }
}

/// A run in the stable shape that programs read.
pub(crate) fn run_json(run: &RunData) -> Value {
    Listed::from(run).json()
}

/// How a run stands, and whether it diverged.
pub(crate) fn state(run: &RunData) -> String {
    let word = run.status.word();
    if run.tags.contains(session::DIVERGED) { format!("{word}, diverged") } else { word.to_owned() }
}

/// The last number of a series, as people read it.
pub(crate) fn last(run: &RunData, key: &SeriesKey) -> String {
    run.series
        .get(key)
        .and_then(|series| series.last())
        .map_or_else(String::new, |number| format!("{number:.2}"))
}

/// Prints rows under a head, columns as wide as they need.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        print(padded.join("  ").trim_end())
    };
    line(&mut head.iter().copied())?;
    rows.iter().try_for_each(|row| line(&mut row.iter().map(String::as_str)))
}

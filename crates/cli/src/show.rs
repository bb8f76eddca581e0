//! How things look: hints, tables, runs as JSON.

use anyhow::Result;
use serde_json::{Value, json};
use trailmark_core::{ParamValue, SeriesKey};
use trailmark_store::RunData;

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

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let text = format!("{error:#}");
    let hints = [
        ("no question-answering head", "fine-tune it first: trailmark train --model … --train-file …"),
        ("without trailmark.toml", "give the repository with --repo, or track a run first"),
        ("want at most 1", "update trailmark: the repository was made by a newer one"),
        ("its tokenizer has", "the tokenizer files in the folder belong to another model"),
        ("disk is full", "free some space; what was recorded before is kept"),
        ("find the best run", "see what there is: trailmark runs ls"),
        ("find a run", "see what there is: trailmark runs ls"),
        ("only a pickle", "load it in Python and save_pretrained(…, safe_serialization=True)"),
        ("got a question of", "shorten the question or give a larger --max-seq-len"),
        ("want below", "give a smaller doc_stride or a larger max_seq_length"),
    ];
    hints.iter().find(|(part, _)| text.contains(part)).map(|(_, hint)| *hint)
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

fn param(value: &ParamValue) -> Value {
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

/// A run in the stable shape that programs read.
pub(crate) fn run_json(run: &RunData) -> Value {
    let metrics: Vec<Value> = run
        .series
        .iter()
        .filter_map(|(key, series)| {
            let (min, max) = series.range()?;
            let context = ParamValue::Map(key.context.as_params().clone());
            Some(json!({
                "name": key.name, "context": param(&context), "last": number(series.last()?),
                "min": number(min), "max": number(max), "count": series.points.len(),
            }))
        })
        .collect();
    json!({
        "id": run.id.to_string(), "name": run.name, "experiment": run.experiment,
        "status": run.status.word(), "created_at": run.created.unix_secs(),
        "tags": run.tags, "params": param(&ParamValue::Map(run.params.clone())), "metrics": metrics,
    })
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

//! `trailmark evaluate`: how good a model is on a data set, and each of its answers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Map, Value, json};
use trailmark_encoder::{Model, Threads, Workspace};
use trailmark_qa::metric::{V1, squad_v2};
use trailmark_qa::{Dataset, Tokenizer, WindowOptions};
use trailmark_tune::{Evaluation, Features, TrainingArguments};

use crate::data::{self, Part};
use crate::terminal::{self, print};
use crate::{DONE, Place, fs, model, show};

/// Measures a model: EM and F1 on a data set.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark evaluate --model best:f1 --data dev-v1.1.json
  trailmark evaluate --model DIR --data rajpurkar/squad_v2 --answers answers.jsonl --json

A checkpoint is measured with the windows that it was trained with, unless flags say otherwise.")]
pub(crate) struct Evaluate {
    /// A folder, a hub id, or best:METRIC of the repository.
    #[arg(long)]
    model: String,
    /// A data set: SQuAD's JSON, flat JSON, JSON lines or Parquet; a file, a folder, or a data set of the hub.
    #[arg(long)]
    data: String,
    /// Write each question's answer and scores there, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Tokens of a window at most [default: as trained, else 384].
    #[arg(long, alias = "max_seq_length", value_name = "TOKENS")]
    max_seq_length: Option<usize>,
    /// Tokens that two windows share [default: as trained, else 128].
    #[arg(long, alias = "doc_stride", value_name = "TOKENS")]
    doc_stride: Option<usize>,
    /// Tokens of an answer at most [default: as trained, else 30].
    #[arg(long, alias = "max_answer_length", value_name = "TOKENS")]
    max_answer_length: Option<usize>,
    /// Windows of a batch.
    #[arg(long, alias = "per_device_eval_batch_size", value_name = "WINDOWS", default_value_t = 16)]
    per_device_eval_batch_size: usize,
    /// Threads that compute [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn run(evaluate: &Evaluate) -> Result<u8> {
    // Known before everything is computed for nothing.
    if let Some(folder) = evaluate.answers.as_ref().and_then(|file| file.parent()) {
        fs::want_folder(folder)?;
    }
    let set = data::load(&evaluate.data, Part::Eval)?;
    let folder = model::resolve(&evaluate.model, &evaluate.place.path())?;
    let mut arguments = trained_with(&folder)?;
    arguments.per_device_eval_batch_size = evaluate.per_device_eval_batch_size;
    for (own, given) in [
        (&mut arguments.max_seq_length, evaluate.max_seq_length),
        (&mut arguments.doc_stride, evaluate.doc_stride),
        (&mut arguments.max_answer_length, evaluate.max_answer_length),
    ] {
        *own = given.unwrap_or(*own);
    }
    arguments.check()?;
    let threads = Threads::new(crate::threads(evaluate.threads))?;
    let found = compute(&folder, &set, &arguments, &threads)?;
    if let Some(file) = &evaluate.answers {
        write_answers(file, &set, &found)?;
    }
    let report = report(&set, &found);
    if evaluate.json {
        print(&Value::Object(report).to_string())?;
    } else {
        let words = report.iter().map(|(name, value)| match value.as_f64().filter(|_| value.is_f64()) {
            Some(number) => format!("{name} {number:.2}"),
            None => format!("{name} {value}"),
        });
        print(&words.collect::<Vec<_>>().join("  "))?;
    }
    Ok(DONE)
}

/// EM, F1 and loss of a folder's model; a missing head is made, so that an untrained model can be measured.
pub(crate) fn measure(folder: &Path, set: &Dataset) -> Result<Evaluation> {
    let arguments = TrainingArguments { per_device_eval_batch_size: 16, ..trained_with(folder)? };
    compute(folder, set, &arguments, &Threads::new(crate::threads(None))?)
}

/// What a checkpoint was trained with; defaults for other folders.
fn trained_with(folder: &Path) -> Result<TrainingArguments> {
    let file = folder.join("training_args.json");
    match fs::read_text_if_any(&file)? {
        Some(text) => serde_json::from_str(&text)
            .with_context(|| format!("read the arguments of a checkpoint: {}", file.display())),
        None => Ok(TrainingArguments::default()),
    }
}

fn compute(
    folder: &Path,
    set: &Dataset,
    arguments: &TrainingArguments,
    threads: &Threads,
) -> Result<Evaluation> {
    let tokenizer = Tokenizer::load(folder)?;
    let model = Model::load_or_new_head(folder, arguments.seed)?.model;
    trailmark_reader::check_fit(&model, &tokenizer, folder)?;
    let limit = tokenizer.model_max_length().min(model.config().max_positions);
    let max_length = arguments.max_seq_length.min(limit);
    let cut = WindowOptions { max_length, doc_stride: arguments.doc_stride.min(max_length / 2) };
    let features = Features::new(set.examples.clone(), &tokenizer, &cut)?;
    let bar = terminal::bar("{prefix} {bar:24} {pos}/{len} windows, {eta} left", "evaluating".to_owned())?;
    let mut workspace = Workspace::new(threads);
    let mut watch = |done: usize, all: usize| {
        bar.set(done as u64, all as u64);
        ControlFlow::Continue(())
    };
    Ok(trailmark_tune::evaluate(&model, &features, arguments, &mut workspace, &mut watch)?)
}

/// The numbers under the names of SQuAD's scripts, percent; version 2's where some question has no answer.
fn report(set: &Dataset, found: &Evaluation) -> Map<String, Value> {
    let mut report = Map::new();
    let mut put = |name: String, value: Value| _ = report.insert(name, value);
    if set.is_v2 {
        let predictions: BTreeMap<String, String> = found
            .answers
            .iter()
            .map(|one| (set.examples[one.example].id.clone(), one.prediction.text.clone()))
            .collect();
        let scores = squad_v2(&set.examples, &predictions, None);
        let parts = [("", Some(scores.all)), ("HasAns_", scores.has_answer), ("NoAns_", scores.no_answer)];
        for (prefix, part) in parts {
            if let Some(V1 { exact_match, f1, total }) = part {
                put(format!("{prefix}exact"), show::number(exact_match));
                put(format!("{prefix}f1"), show::number(f1));
                put(format!("{prefix}total"), json!(total));
            }
        }
    } else {
        put("exact_match".to_owned(), show::number(found.exact_match.unwrap_or(0.0)));
        put("f1".to_owned(), show::number(found.f1.unwrap_or(0.0)));
        put("total".to_owned(), json!(set.examples.len()));
    }
    put("loss".to_owned(), show::number(found.loss));
    report
}

fn write_answers(file: &Path, set: &Dataset, found: &Evaluation) -> Result<()> {
    let failed = || format!("write a file: {}", file.display());
    let mut out = std::io::BufWriter::new(fs::create(file)?);
    for one in &found.answers {
        let (example, prediction) = (&set.examples[one.example], &one.prediction);
        let line = json!({
            "id": example.id, "question": example.question, "answer": prediction.text,
            "start": prediction.start, "end": prediction.end,
            "score": show::number(f64::from(prediction.score)),
            "null_score": show::number(f64::from(prediction.null_score)),
            "golds": example.golds(), "exact_match": one.score.exact_match, "f1": one.score.f1,
        });
        writeln!(out, "{line}").with_context(failed)?;
    }
    out.flush().with_context(failed)
}

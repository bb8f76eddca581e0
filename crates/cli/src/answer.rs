//! `trailmark ask` and `trailmark evaluate`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use trailmark_encoder::{Model, Threads, Workspace};
use trailmark_qa::{Found, GlobalOptions, HfOptions, Tokenizer, WindowOptions};
use trailmark_reader::{AskOptions, Mode, Question, Reader};
use trailmark_tune::{Features, TrainingArguments};

use crate::data::{self, Part};
use crate::{DONE, Place, fs, model, show};

/// How answers are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeName {
    /// One softmax over all windows: scores compare between contexts.
    Global,
    /// The old `question-answering` pipeline's rules.
    Hf,
}

/// Answers questions from contexts.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark ask --model best:f1 -q 'Who wrote Faust?' -c 'Faust is a play by Goethe.'
  trailmark ask --model DIR --input questions.jsonl --top-k 3 --json

Each line of --input is {\"id\"?, \"question\", \"context\"}.")]
pub(crate) struct Ask {
    /// A folder, or best:METRIC in the repository.
    #[arg(long)]
    model: String,
    /// A question; as often as there are contexts, or once a context for all.
    #[arg(short, long)]
    question: Vec<String>,
    /// The text that holds the answer.
    #[arg(short, long)]
    context: Vec<String>,
    /// Questions as JSON lines.
    #[arg(long, conflicts_with_all = ["question", "context"])]
    input: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = ModeName::Global)]
    mode: ModeName,
    /// How many answers a question gets.
    #[arg(long, default_value_t = 1)]
    top_k: usize,
    /// Tokens of an answer at most.
    #[arg(long, default_value_t = 15)]
    max_answer_len: usize,
    /// Tokens of a window at most; 384 or what the model was made for.
    #[arg(long)]
    max_seq_len: Option<usize>,
    /// Tokens that windows share; 128 or half a window.
    #[arg(long)]
    doc_stride: Option<usize>,
    /// Let "no answer" win.
    #[arg(long)]
    handle_impossible_answer: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// The options of `ask`, as the reader takes them.
fn options(ask: &Ask) -> Result<AskOptions> {
    if ask.top_k == 0 || ask.max_answer_len == 0 {
        bail!("--top-k and --max-answer-len: got 0, want 1 or more");
    }
    let (top_k, max_answer_len) = (ask.top_k, ask.max_answer_len);
    let handle_impossible_answer = ask.handle_impossible_answer;
    let mode = match ask.mode {
        ModeName::Global => {
            Mode::Global(GlobalOptions { top_k, max_answer_len, handle_impossible_answer, temperature: 1.0 })
        }
        ModeName::Hf => {
            Mode::Hf(HfOptions { top_k, max_answer_len, handle_impossible_answer, align_to_words: true })
        }
    };
    Ok(AskOptions { max_seq_len: ask.max_seq_len, doc_stride: ask.doc_stride, mode })
}

pub(crate) fn ask(ask: &Ask) -> Result<u8> {
    let options = options(ask)?;
    let (questions, ids) = questions(ask)?;
    let folder = model::resolve(&ask.model, &ask.place.path())?;
    let mut reader = Reader::load(&folder, &threads()?)?;
    let answers = reader.answer(&questions, &options)?;
    for ((question, answers), id) in questions.iter().zip(&answers).zip(&ids) {
        if ask.json {
            println!("{}", answer_json(question, id.as_deref(), &answers.found, ask.top_k));
        } else {
            for found in &answers.found {
                let text = if found.text.is_empty() { "(no answer)" } else { &found.text };
                println!("{text}\t{:.4}", found.score);
            }
        }
    }
    Ok(DONE)
}

fn answer_json(question: &Question, id: Option<&str>, found: &[Found], top_k: usize) -> Value {
    let one = |found: &Found| json!({"answer": found.text, "start": found.start, "end": found.end, "score": show::number(found.score)});
    let mut line = serde_json::Map::new();
    if let Some(id) = id {
        line.insert("id".to_owned(), json!(id));
    }
    line.insert("question".to_owned(), json!(question.question));
    if top_k > 1 {
        line.insert("answers".to_owned(), found.iter().map(one).collect());
    } else if let Some(Value::Object(first)) = found.first().map(one) {
        line.extend(first);
    }
    Value::Object(line)
}

fn questions(ask: &Ask) -> Result<(Vec<Question>, Vec<Option<String>>)> {
    let new = |id: String, question: &str, context: &str| Question {
        id,
        question: question.to_owned(),
        context: Arc::from(context),
    };
    let mut questions = Vec::new();
    let mut ids = Vec::new();
    if let Some(input) = &ask.input {
        for (index, line) in fs::read_text(input)?.lines().enumerate() {
            let at = || format!("line {} of {}", index + 1, input.display());
            let row: Value = serde_json::from_str(line).with_context(|| format!("read {}", at()))?;
            let text = |name: &str| {
                row[name].as_str().with_context(|| format!("{}: got no {name}, want a text", at()))
            };
            let id = row["id"].as_str().map(str::to_owned);
            questions.push(new(id.clone().unwrap_or_else(at), text("question")?, text("context")?));
            ids.push(id);
        }
    } else {
        let (q, c) = (ask.question.len(), ask.context.len());
        if q == 0 || c == 0 || (c != 1 && c != q) {
            bail!("got {q} questions and {c} contexts, want as many contexts as questions, or one for all");
        }
        for (index, question) in ask.question.iter().enumerate() {
            let context = &ask.context[if c == 1 { 0 } else { index }];
            questions.push(new(format!("question {}", index + 1), question, context));
            ids.push(None);
        }
    }
    Ok((questions, ids))
}

fn threads() -> Result<Threads> {
    Ok(Threads::new(std::thread::available_parallelism().map_or(1, usize::from))?)
}

/// Measures a model: EM and F1 on a data set.
#[derive(Args)]
#[command(after_help = "Example: trailmark evaluate --model best:f1 --data dev-v1.1.json")]
pub(crate) struct Evaluate {
    /// A folder, or best:METRIC in the repository.
    #[arg(long)]
    model: String,
    /// A data set: SQuAD's JSON, flat JSON, JSON lines or Parquet; a file, a folder, or a data set of the hub.
    #[arg(long)]
    data: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(crate) fn evaluate(evaluate: &Evaluate) -> Result<u8> {
    let set = data::load(&evaluate.data, Part::Eval)?;
    let folder = model::resolve(&evaluate.model, &evaluate.place.path())?;
    let found = measure(&folder, &set)?;
    let (em, f1) = (found.exact_match.unwrap_or(0.0), found.f1.unwrap_or(0.0));
    if evaluate.json {
        let total = set.examples.len();
        println!(
            "{}",
            json!({"exact_match": em, "f1": f1, "total": total, "loss": show::number(found.loss)})
        );
    } else {
        println!("exact match {em:.2}  F1 {f1:.2}  {} questions  loss {:.4}", set.examples.len(), found.loss);
    }
    Ok(DONE)
}

/// EM, F1 and loss of a folder's model; a missing head is made, so that an untrained model can be measured.
pub(crate) fn measure(
    folder: &std::path::Path,
    set: &trailmark_qa::Dataset,
) -> Result<trailmark_tune::Evaluation> {
    let tokenizer = Tokenizer::load(folder)?;
    let model = Model::load_or_new_head(folder, 42)?.model;
    trailmark_reader::check_fit(&model, &tokenizer, folder)?;
    let arguments = TrainingArguments { per_device_eval_batch_size: 16, ..TrainingArguments::default() };
    let max_length = 384.min(tokenizer.model_max_length()).min(model.config().max_positions);
    let cut = WindowOptions { max_length, doc_stride: (max_length / 2).min(128) };
    let features = Features::new(set.examples.clone(), &tokenizer, &cut)?;
    let bar = ProgressBar::new(features.windows.len() as u64);
    let mut workspace = Workspace::new(&threads()?);
    let mut watch = |done: usize, _: usize| bar.set_position(done as u64);
    let found = trailmark_tune::evaluate(&model, &features, &arguments, &mut workspace, &mut watch)?;
    bar.finish_and_clear();
    Ok(found)
}

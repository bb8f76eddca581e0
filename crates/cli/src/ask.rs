//! `trailmark ask`: answers questions from contexts, of flags or of JSON lines that may still be coming.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use trailmark_encoder::Threads;
use trailmark_qa::{Found, GlobalOptions, HfOptions};
use trailmark_reader::{AskOptions, Mode, Question, Reader};

use crate::terminal::print;
use crate::{DONE, Place, fs, model, show};

/// Questions that are answered together at most: enough for full batches, few enough to begin soon.
const TOGETHER: usize = 64;

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

Each line of --input is {\"id\"?, \"question\", \"context\"}; - reads standard input.
Answers come as soon as they are there, in the order of the questions.")]
pub(crate) struct Ask {
    /// A folder, a hub id, or best:METRIC of the repository.
    #[arg(long)]
    model: String,
    /// A question; as many as there are contexts, or any number with one context for all.
    #[arg(short, long)]
    question: Vec<String>,
    /// The text that holds the answer.
    #[arg(short, long)]
    context: Vec<String>,
    /// Questions as JSON lines.
    #[arg(long, value_name = "F.jsonl", conflicts_with_all = ["question", "context"])]
    input: Option<PathBuf>,
    /// How answers are chosen and scored.
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
    /// Threads that compute [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
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

pub(crate) fn run(ask: &Ask) -> Result<u8> {
    let options = options(ask)?;
    let asked = match &ask.input {
        Some(_) => Vec::new(),
        None => of_flags(ask)?,
    };
    let folder = model::resolve(&ask.model, &ask.place.path())?;
    let mut reader = Reader::load(&folder, &Threads::new(crate::threads(ask.threads))?)?;
    let mut answer = |asked: Vec<Asked>| answer(ask, &mut reader, &options, &asked);
    match &ask.input {
        Some(input) => stream(input, &mut answer)?,
        None => answer(asked)?,
    }
    Ok(DONE)
}

/// A question and the id that its answer carries.
struct Asked {
    id: Option<String>,
    question: Question,
}

/// Answers questions together and prints the answers. Where one of them cannot be answered those before it are printed.
fn answer(ask: &Ask, reader: &mut Reader, options: &AskOptions, asked: &[Asked]) -> Result<()> {
    let questions: Vec<Question> = asked.iter().map(|one| one.question.clone()).collect();
    match reader.answer(&questions, options) {
        Ok(answers) => {
            asked.iter().zip(&answers).try_for_each(|(one, answers)| tell(ask, one, &answers.found))
        }
        Err(error) if asked.len() < 2 => Err(error.into()),
        Err(_) => asked.iter().try_for_each(|one| answer(ask, reader, options, std::slice::from_ref(one))),
    }
}

fn tell(ask: &Ask, asked: &Asked, found: &[Found]) -> Result<()> {
    if ask.json {
        return print(&answer_json(&asked.question, asked.id.as_deref(), found, ask.top_k).to_string());
    }
    for found in found {
        let text = if found.text.is_empty() { "(no answer)" } else { &found.text };
        print(&format!("{text}\t{:.4}", found.score))?;
    }
    Ok(())
}

/// Reads lines in a thread, so that what has come is answered together and nothing waits for what has not.
fn stream(input: &Path, answer: &mut dyn FnMut(Vec<Asked>) -> Result<()>) -> Result<()> {
    let reader: Box<dyn BufRead + Send> = match input.to_str() {
        Some("-") => Box::new(BufReader::new(std::io::stdin())),
        _ => Box::new(BufReader::new(fs::open(input)?)),
    };
    let (sender, lines) = std::sync::mpsc::sync_channel(TOGETHER);
    let read = move || {
        for line in reader.lines().enumerate() {
            // Who reads no more has met an error and says so.
            if sender.send(line).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("questions".to_owned()).spawn(read).context("start a thread")?;
    while let Ok(first) = lines.recv() {
        let mut asked = Vec::new();
        let mut broken = None;
        for (index, line) in std::iter::once(first).chain(lines.try_iter()).take(TOGETHER) {
            let at = format!("line {} of {}", index + 1, input.display());
            let line = line.with_context(|| format!("read {at}"))?;
            match question(&line, at) {
                Ok(one) => asked.extend(one),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        if !asked.is_empty() {
            answer(asked)?;
        }
        if let Some(error) = broken {
            return Err(error);
        }
    }
    Ok(())
}

/// A question from a line; none from an empty one.
fn question(line: &str, at: String) -> Result<Option<Asked>> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    let row: Value = serde_json::from_str(line).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        anyhow::anyhow!("read JSON: {reason}, column {}: {at}", error.column())
    })?;
    let text = |name: &str| row[name].as_str().with_context(|| format!("{at}: got no {name}, want a text"));
    let id = match &row["id"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    let (words, context) = (text("question")?.to_owned(), Arc::from(text("context")?));
    let question = Question { id: id.clone().unwrap_or(at), question: words, context };
    Ok(Some(Asked { id, question }))
}

fn of_flags(ask: &Ask) -> Result<Vec<Asked>> {
    let (q, c) = (ask.question.len(), ask.context.len());
    if q == 0 || c == 0 || (c != 1 && c != q) {
        bail!(
            "ask: got {q} questions (-q) and {c} contexts (-c), want one context for each question or one for all"
        );
    }
    let contexts: Vec<Arc<str>> = ask.context.iter().map(|context| Arc::from(context.as_str())).collect();
    let each = ask.question.iter().zip(contexts.iter().cycle()).enumerate();
    let asked = each.map(|(index, (question, context))| Asked {
        id: None,
        question: Question {
            id: format!("question {}", index + 1),
            question: question.clone(),
            context: context.clone(),
        },
    });
    Ok(asked.collect())
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

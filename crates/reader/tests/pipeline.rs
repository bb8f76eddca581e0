//! Whole answers beside the old pipeline: the model, the tokenizer and the decoding together.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use trailmark_encoder::{Model, Threads};
use trailmark_qa::{GlobalOptions, HfOptions, Tokenizer};
use trailmark_reader::{AskOptions, Mode, Question, Reader};

/// Says that something is not tested; the harness, which keeps what tests print to itself, does not get hold of it.
fn skipped(what: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

fn roots() -> Vec<PathBuf> {
    let mut roots = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hf")];
    match std::env::var_os("TRAILMARK_FIXTURES") {
        Some(root) => roots.push(PathBuf::from(root).join("fixtures/hf")),
        None => skipped("TRAILMARK_FIXTURES is not set; only testdata/ is compared"),
    }
    roots
}

fn named(root: &Path, folder: &str, name: &str) -> PathBuf {
    let below = root.join(folder).join(name);
    if below.exists() { below } else { root.join(name) }
}

#[test]
fn answers_are_those_of_the_old_pipeline() {
    for root in roots() {
        let mut compared = 0;
        for name in ["tiny_bert.json", "tiny_distilbert.json"] {
            let Ok(text) = std::fs::read_to_string(root.join("pipeline").join(name)) else { continue };
            let file: Value = serde_json::from_str(&text).unwrap();
            let text = |key: &str| file[key].as_str().unwrap();
            let model = Model::load(&named(&root, "models", text("model"))).unwrap();
            let tokenizer = Tokenizer::load(&named(&root, "tokenizers", text("tokenizer"))).unwrap();
            let mut reader = Reader::new(model, tokenizer, &Threads::new(2).unwrap());
            for case in file["cases"].as_array().unwrap() {
                check(&mut reader, case);
                compared += 1;
            }
            compared += check_batch(&mut reader, &file["batch"], &file["many_questions_one_context"]);
            check_errors(&mut reader, &file["errors"]);
        }
        assert!(compared > 10, "{compared}");
    }
}

fn check(reader: &mut Reader, case: &Value) {
    let option = |name: &str| case["options"][name].as_u64().map(|n| n as usize);
    let flag = |name: &str, default: bool| case["options"][name].as_bool().unwrap_or(default);
    let options = AskOptions {
        max_seq_len: option("max_seq_len"),
        doc_stride: option("doc_stride"),
        mode: Mode::Hf(HfOptions {
            top_k: option("top_k").unwrap_or(1),
            max_answer_len: option("max_answer_len").unwrap_or(15),
            handle_impossible_answer: flag("handle_impossible_answer", false),
            align_to_words: flag("align_to_words", true),
        }),
    };
    let question = question(case["question"].as_str().unwrap(), case["context"].as_str().unwrap());
    let got = reader.answer(&[question], &options).unwrap().remove(0).found;
    let want: Vec<&Value> = match &case["output"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    // Answers whose scores nearly tie may change places: another order of additions decides.
    let score = |value: &Value| value["score"].as_f64().unwrap();
    let sure: Vec<&&Value> = want
        .iter()
        .filter(|a| score(a) > 1e-12)
        .filter(|a| want.iter().filter(|b| (score(a) - score(b)).abs() < 1e-5 * score(a)).count() == 1)
        .collect();
    for want in sure {
        let text = want["answer"].as_str().unwrap();
        let found = got.iter().find(|found| found.text == text);
        let found = found.unwrap_or_else(|| panic!("{}: {text:?} is missing in {got:?}", case["name"]));
        assert_eq!(want["start"], found.start, "{}", case["name"]);
        assert!((found.score - score(want)).abs() < 1e-4 * score(want) + 1e-9, "{}", case["name"]);
    }
}

/// Many questions in one call get the answers that the old pipeline gives; how many were compared.
fn check_batch(reader: &mut Reader, batch: &Value, one_context: &Value) -> usize {
    let texts = |key: &str| -> Vec<&str> {
        batch[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    };
    let pairs: Vec<(&str, &str)> = texts("questions").into_iter().zip(texts("contexts")).collect();
    let outputs = batch["output"].as_array().unwrap();
    let first = pairs[0].1;
    let mut all: Vec<(&str, &str, &Value)> = pairs
        .iter()
        .zip(outputs)
        .map(|((question, context), output)| (*question, *context, output))
        .collect();
    let of_one = one_context.as_array().unwrap().iter().zip(&pairs);
    all.extend(of_one.map(|(output, (question, _))| (*question, first, output)));
    let questions: Vec<Question> = all.iter().map(|(q, context, _)| question(q, context)).collect();
    let options = AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Hf(hf()) };
    let answers = reader.answer(&questions, &options).unwrap();
    for ((asked, _, want), got) in all.iter().zip(&answers) {
        assert_eq!(got.found[0].text, want["answer"].as_str().unwrap(), "{asked}");
        assert_eq!((&want["start"], &want["end"]), (&got.found[0].start.into(), &got.found[0].end.into()));
        let score = want["score"].as_f64().unwrap();
        assert!((got.found[0].score - score).abs() < 1e-4 * score + 1e-9, "{asked}");
    }
    answers.len()
}

/// What the old pipeline refuses is refused; what it answers is answered alike.
fn check_errors(reader: &mut Reader, errors: &Value) {
    let (text, short) = ("The house is red and the tree is green.", "What is red?");
    let plain = AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Hf(hf()) };
    let cut = |max_seq_len, doc_stride| AskOptions {
        max_seq_len: Some(max_seq_len),
        doc_stride: Some(doc_stride),
        ..plain
    };
    let with = |options| AskOptions { mode: Mode::Hf(options), ..plain };
    let long = "why is that so ".repeat(40);
    let cases = [
        ("empty context", short, "", plain),
        ("empty question", "", text, plain),
        ("question longer than max_seq_len", &long, text, plain),
        ("stride too big for the room left", short, &text.repeat(20), cut(24, 23)),
        ("doc_stride > max_seq_len", short, text, cut(100, 200)),
        ("top_k=0", short, text, with(HfOptions { top_k: 0, ..hf() })),
        ("max_answer_len=0", short, text, with(HfOptions { max_answer_len: 0, ..hf() })),
    ];
    for (name, asked, context, options) in cases {
        let stored = errors.as_array().unwrap().iter().find(|stored| stored["case"] == name);
        assert!(stored.is_some_and(|stored| stored["error"].is_array()), "{name}");
        assert!(reader.answer(&[question(asked, context)], &options).is_err(), "{name}");
    }
    assert!(reader.answer(&[], &plain).unwrap().is_empty(), "no question is no error");
    // A context without a word has the answer "", wherever it lies.
    let blank = reader.answer(&[question(short, "   ")], &plain).unwrap().remove(0).found;
    assert!(blank.iter().all(|found| found.text.trim().is_empty()), "{blank:?}");
}

fn hf() -> HfOptions {
    HfOptions { top_k: 1, max_answer_len: 15, handle_impossible_answer: false, align_to_words: true }
}

fn question(question: &str, context: &str) -> Question {
    Question { id: "q".to_owned(), question: question.to_owned(), context: Arc::from(context) }
}

fn tiny() -> Reader {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/hf");
    let model = Model::load(&root.join("models/bert")).unwrap();
    let tokenizer = Tokenizer::load(&root.join("tokenizers/wordpiece-512")).unwrap();
    Reader::new(model, tokenizer, &Threads::new(1).unwrap())
}

fn global(top_k: usize) -> AskOptions {
    let options =
        GlobalOptions { top_k, max_answer_len: 15, handle_impossible_answer: false, temperature: 1.0 };
    AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Global(options) }
}

#[test]
fn global_scores_add_up_and_do_not_depend_on_top_k_or_company() {
    let mut reader = tiny();
    let long = "The keeper of the lighthouse counts ships. ".repeat(20);
    let questions = [question("Who counts ships?", &long), question("What?", "The ships are 17 today.")];
    let one = reader.answer(&questions[..1], &global(1)).unwrap().remove(0);
    let many = reader.answer(&questions, &global(50)).unwrap().remove(0);
    let best = |answers: &trailmark_qa::Answers| answers.found[0].clone();
    assert_eq!(best(&one).text, best(&many).text);
    assert!((best(&one).score - best(&many).score).abs() < 1e-6);
    let total: f64 = many.found.iter().map(|found| found.score).sum::<f64>() + many.null_score.unwrap();
    assert!(total <= 1.0 + 1e-9 && many.found.windows(2).all(|pair| pair[0].score >= pair[1].score));
    for found in &many.found {
        let text: String = long.chars().skip(found.start as usize).take(found.text.chars().count()).collect();
        assert_eq!(found.text, text);
    }
}

#[test]
fn what_cannot_be_asked_gets_an_error_with_its_id() {
    let mut reader = tiny();
    let mut say = |q: &str, c: &str| reader.answer(&[question(q, c)], &global(1)).unwrap_err().to_string();
    assert!(say("Who?", "").contains("got an empty context"));
    assert!(say("", "Somebody").contains("got an empty question"));
    assert!(say(&"why ".repeat(300), "Because.").contains("want at most"));
}

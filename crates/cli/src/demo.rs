//! `trailmark demo`: the whole loop, from a pretrained encoder to answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use trailmark_core::{Context, SeriesKey};
use trailmark_qa::split::{self, Group, TestSize};
use trailmark_qa::{Dataset, Found, GlobalOptions, Tokenizer};
use trailmark_reader::{AskOptions, Mode, Question, Reader};
use trailmark_store::{Repository, best};
use trailmark_tune::{Strategy, TrainingArguments};

use crate::session::{Session, Work};
use crate::{DONE, FAILED, INTERRUPTED, Place, answer, data, model, show};

/// The whole loop on a question set: a grid, its best run continued, questions answered.
#[derive(Args)]
#[command(after_help = "Example: trailmark demo --model path/to/all-MiniLM-L6-v2 --data squad.json\n\n\
Ctrl-C leaves a valid repository; the same command goes on.")]
pub(crate) struct Demo {
    /// A pretrained BERT or DistilBERT encoder: a folder or a hub id [default: all-MiniLM-L6-v2, fetched once].
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Any SQuAD-shaped file.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The seed of split, order, masks and new weights.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A few steps on a few questions: to see that everything works.
    #[arg(long)]
    quick: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Asked at the end, with their contexts.
const QUESTIONS: [(&str, &str); 5] = [
    ("How many countries are members of the United Nations?", "The United Nations has 195 member countries."),
    ("What is the population of China?", "China has a population of around 1.4 billion."),
    (
        "Who is the current president of the United States?",
        "As of my last update in 2024, Joe Biden is the current President of the United States, succeeding Donald \
         Trump.",
    ),
    (
        "How many planets are there in the solar system?",
        "There are eight planets in the solar system: Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, and \
         Neptune.",
    ),
    ("What is the capital city of Australia?", "The capital city of Australia is Canberra."),
];

const BATCH_SIZES: [usize; 2] = [16, 32];
const LEARNING_RATES: [f64; 3] = [1e-4, 3e-4, 1e-3];
/// Questions that a run of the short grid trains on.
const GRID_QUESTIONS: usize = 640;
/// Questions that are held out at most.
const EVAL_QUESTIONS: usize = 400;

struct Parts {
    grid: Dataset,
    whole: Dataset,
    eval: Dataset,
}

fn parts(demo: &Demo) -> Result<Parts> {
    let set = data::load(&demo.data.to_string_lossy(), data::Part::Train)?;
    let split = split::by_group(&set, Group::Paragraph, TestSize::Fraction(0.1), demo.seed)?;
    let first = |indices: &[usize], count: usize| set.select(&indices[..count.min(indices.len())]);
    let (grid, whole, eval) =
        if demo.quick { (16, 32, 8) } else { (GRID_QUESTIONS, usize::MAX, EVAL_QUESTIONS) };
    Ok(Parts {
        grid: first(&split.train, grid),
        whole: first(&split.train, whole),
        eval: first(&split.test, eval),
    })
}

pub(crate) fn run(demo: &Demo) -> Result<u8> {
    let repository = demo.place.path();
    let folder = match &demo.model {
        Some(model) => model::resolve(model, &repository)?,
        None => model::pretrained()?,
    };
    let tokenizer = Tokenizer::load(&folder)?;
    let parts = parts(demo)?;
    eprintln!(
        "{} questions to train on, {} to measure with, none of their paragraphs shared",
        parts.whole.examples.len(),
        parts.eval.examples.len()
    );
    let baseline = answer::measure(&folder, &parts.eval)?;
    let session = Session::start(repository.clone(), "demo", None)?;
    let mut rows = Vec::new();
    let mut ids = Vec::new();
    for batch_size in BATCH_SIZES {
        for learning_rate in LEARNING_RATES {
            let label = format!("batch {batch_size} rate {learning_rate:e}");
            let arguments = TrainingArguments {
                per_device_train_batch_size: batch_size,
                learning_rate,
                num_train_epochs: 1.0,
                ..arguments(demo)
            };
            let work = Work {
                model: &folder,
                tokenizer: &tokenizer,
                train: &parts.grid,
                eval: &parts.eval,
                arguments: &arguments,
                label: &label,
                output_dir: &output_dir(&repository, demo.seed, &label),
                recipe: None,
                name: None,
            };
            let done = session.train(&work)?;
            if done.outcome.was_stopped {
                return Ok(stopped(&repository));
            }
            ids.push((done.run, arguments));
            rows.push((label, done));
        }
    }
    let (winner, winner_arguments) = choose(&repository, &ids)?;
    let arguments = TrainingArguments { num_train_epochs: 2.0, ..winner_arguments };
    let label =
        format!("winner, batch {} rate {:e}", arguments.per_device_train_batch_size, arguments.learning_rate);
    let work = Work {
        model: &winner,
        tokenizer: &tokenizer,
        train: &parts.whole,
        eval: &parts.eval,
        arguments: &arguments,
        label: &label,
        output_dir: &output_dir(&repository, demo.seed, "winner"),
        recipe: None,
        name: None,
    };
    let done = session.train(&work)?;
    if done.outcome.was_stopped {
        return Ok(stopped(&repository));
    }
    ids.push((done.run, arguments));
    rows.push((label, done));
    report(demo, &repository, &rows, &baseline)
}

fn arguments(demo: &Demo) -> TrainingArguments {
    TrainingArguments {
        eval_strategy: Strategy::Epoch,
        save_strategy: Strategy::Epoch,
        logging_steps: 5.0,
        weight_decay: 0.01,
        warmup_ratio: 0.1,
        per_device_eval_batch_size: 16,
        seed: demo.seed,
        save_total_limit: Some(2),
        load_best_model_at_end: true,
        metric_for_best_model: Some("f1".to_owned()),
        ..TrainingArguments::default()
    }
}

fn output_dir(repository: &Path, seed: u64, label: &str) -> PathBuf {
    repository.join("checkpoints").join(format!("demo-seed-{seed}")).join(label.replace(' ', "-"))
}

fn stopped(repository: &Path) -> u8 {
    eprintln!("stopped; the same command goes on. Runs so far: {}", repository.display());
    INTERRUPTED
}

/// The best checkpoint of the grid and its arguments.
fn choose(
    repository: &Path,
    ids: &[(trailmark_core::RunId, TrainingArguments)],
) -> Result<(PathBuf, TrainingArguments)> {
    let repository = Repository::open(repository)?;
    let mut runs = Vec::new();
    for (id, _) in ids {
        runs.push(repository.read_run(*id)?);
    }
    let best = best(&runs, &"f1".parse()?, true)?;
    let arguments = ids.iter().find(|(id, _)| *id == best.run.id).map(|(_, arguments)| arguments.clone());
    Ok((best.checkpoint.unwrap_or_default(), arguments.unwrap_or_default()))
}

fn report(
    demo: &Demo,
    repository: &Path,
    done: &[(String, crate::session::Done)],
    baseline: &trailmark_tune::Evaluation,
) -> Result<u8> {
    let opened = Repository::open(repository)?;
    let mut runs = Vec::new();
    for (_, one) in done {
        runs.push(opened.read_run(one.run)?);
    }
    let best = best(&runs, &"f1".parse()?, true)?;
    let checkpoint = best.checkpoint.clone().unwrap_or_default();
    let em = SeriesKey::new("exact_match", Context::subset("eval"));
    let best_em = best.run.series.get(&em).and_then(|s| s.numbers().find(|(step, _)| *step == best.step));
    let best_em = best_em.map_or(0.0, |(_, number)| number);
    let answers = ask(&checkpoint)?;
    let (base_em, base_f1) = (baseline.exact_match.unwrap_or(0.0), baseline.f1.unwrap_or(0.0));
    if demo.json {
        let answers: Vec<_> = answers
            .iter()
            .map(|(question, found)| {
                json!({"question": question, "answer": found.text, "start": found.start, "end": found.end,
                       "score": show::number(found.score)})
            })
            .collect();
        let runs_json: Vec<_> = runs.iter().map(show::run_json).collect();
        println!(
            "{}",
            json!({"repo": repository, "runs": runs_json, "answers": answers,
                   "best": {"id": best.run.id.to_string(), "checkpoint": checkpoint, "exact_match": best_em,
                            "f1": best.value},
                   "baseline": {"exact_match": base_em, "f1": base_f1}})
        );
        return Ok(DONE);
    }
    let rows: Vec<Vec<String>> = done
        .iter()
        .zip(&runs)
        .map(|((label, one), run)| {
            let eval = |name: &str| show::last(run, &SeriesKey::new(name, Context::subset("eval")));
            let state = if one.outcome.diverged { "diverged" } else { run.status.word() };
            vec![
                one.name.clone(),
                label.clone(),
                eval("loss"),
                eval("exact_match"),
                eval("f1"),
                state.to_owned(),
            ]
        })
        .collect();
    show::table(&["run", "arguments", "eval loss", "EM", "F1", "status"], &rows)?;
    println!("\nuntrained: EM {base_em:.2}, F1 {base_f1:.2}");
    println!("best: {} at step {}: EM {best_em:.2}, F1 {:.2}\n", best.run.name, best.step, best.value);
    for (question, found) in &answers {
        println!("{question}\n  {} ({:.2})", found.text, found.score);
    }
    println!("\ncheckpoint: {}\nrepository: {}", checkpoint.display(), repository.display());
    Ok(if answers.is_empty() { FAILED } else { DONE })
}

fn ask(checkpoint: &Path) -> Result<Vec<(&'static str, Found)>> {
    let threads =
        trailmark_encoder::Threads::new(std::thread::available_parallelism().map_or(1, usize::from))?;
    let mut reader = Reader::load(checkpoint, &threads)?;
    let questions = QUESTIONS.map(|(question, context)| Question {
        id: question.to_owned(),
        question: question.to_owned(),
        context: Arc::from(context),
    });
    let options =
        GlobalOptions { top_k: 1, max_answer_len: 15, handle_impossible_answer: false, temperature: 1.0 };
    let options = AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Global(options) };
    let answers = reader.answer(&questions, &options)?;
    let each = QUESTIONS.iter().zip(answers);
    Ok(each
        .filter_map(|((question, _), answers)| Some((*question, answers.found.into_iter().next()?)))
        .collect())
}

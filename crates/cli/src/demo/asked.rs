//! The questions that the demo asks its best model: five that everybody can check, and some that were held out.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, End, Recorder as _, SeriesKey, Value};
use trailmark_qa::{Dataset, Found, GlobalOptions};
use trailmark_reader::{AskOptions, Mode, Question, Reader};
use trailmark_store::RunData;

use crate::session::Session;
use crate::signals::{self, Manner};
use crate::terminal::warn;

/// Questions that were held out, beside the five.
const HELD_OUT: usize = 5;

/// Questions with their contexts. None of these facts is in the question set that ships.
const FIVE: [(&str, &str); 5] = [
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

/// A question that is asked at the end.
pub(super) struct Asked {
    /// Its id in the evaluation part; none for the five.
    pub(super) id: Option<String>,
    pub(super) question: String,
    context: Arc<str>,
    /// The reference answer; none for the five.
    pub(super) gold: Option<String>,
}

/// A question and the model's answer.
pub(super) struct Answered {
    pub(super) asked: Asked,
    pub(super) found: Found,
}

/// The five, and some of the evaluation part, each of another article where there are so many.
pub(super) fn questions(eval: &Dataset) -> Vec<Asked> {
    let five = FIVE.iter().map(|(question, context)| Asked {
        id: None,
        question: (*question).to_owned(),
        context: Arc::from(*context),
        gold: None,
    });
    let examples = &eval.examples;
    let mut titles = HashSet::new();
    let held_out = (0..HELD_OUT).filter_map(|index| {
        let from = index * examples.len() / HELD_OUT;
        let mut following = examples[from..].iter().filter(|example| !example.answers.is_empty());
        let example = following.find(|example| example.title.is_empty() || titles.insert(&example.title))?;
        Some(Asked {
            id: Some(example.id.clone()),
            question: example.question.clone(),
            context: example.context.clone(),
            gold: example.answers.first().map(|gold| gold.text.clone()),
        })
    });
    five.chain(held_out).collect()
}

/// Asks a checkpoint.
pub(super) fn answer(checkpoint: &Path, asked: Vec<Asked>, session: &Session) -> Result<Vec<Answered>> {
    let mut reader = Reader::load(checkpoint, &session.threads)?;
    let questions: Vec<Question> = asked
        .iter()
        .map(|asked| Question {
            id: asked.id.clone().unwrap_or_else(|| asked.question.clone()),
            question: asked.question.clone(),
            context: asked.context.clone(),
        })
        .collect();
    let options =
        GlobalOptions { top_k: 1, max_answer_len: 15, handle_impossible_answer: false, temperature: 1.0 };
    let options = AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Global(options) };
    let answers = reader.answer(&questions, &options)?;
    let each = asked.into_iter().zip(answers);
    Ok(each
        .filter_map(|(asked, answers)| Some(Answered { asked, found: answers.found.into_iter().next()? }))
        .collect())
}

/// Records question and answer as texts of the best run, told apart by their context; once.
pub(super) fn record(session: &Session, best: &RunData, answered: &[Answered]) -> Result<()> {
    let context = |one: &Answered| Context::empty().with("context", &*one.asked.context);
    let is_known = |one: &Answered| best.series.contains_key(&SeriesKey::new("answer", context(one)));
    if answered.iter().all(is_known) {
        return Ok(());
    }
    // The best run has ended well: it must not be left without an end.
    let _signals = signals::hold(Manner::Soon);
    let run = Run::start(RunOptions {
        repository: session.repository.clone(),
        run: Some(best.id),
        name: Some(best.name.clone()),
        experiment: session.experiment.clone(),
    })?;
    for one in answered {
        let context = context(one);
        run.track("question", &context, At::default(), Value::from(one.asked.question.as_str()));
        run.track("answer", &context, At::default(), Value::from(one.found.text.as_str()));
    }
    // Answering is no part of the training: the run lasts no longer for it.
    let finished = match best.ended {
        Some(ended) => run.finish_as_of(End::Finished, ended),
        None => run.finish(End::Finished),
    };
    if let Err(loss) = finished {
        warn(&loss.to_string());
    }
    Ok(())
}

//! The question set that ships with Trailmark, made from tables of facts when it is asked for.
//!
//! A table (`crates/qa/questions/*.toml`) holds one kind of facts and the ways in which they are told and asked, apart
//! for the training and the evaluation part: rows, sentences and questions of one part are never used in the other.
//! `docs/questions.md` describes the tables and how to add one. Tables and set are CC0.

mod compose;
mod table;

use std::sync::Arc;

use compose::{Composer, Paragraph};
use table::{Part, Table};

use crate::{Dataset, Error, Example, Gold};

/// The seed that the set is drawn with; another one makes another set.
const SEED: u64 = 20_240_229;
/// How often each row of a table is the subject of a paragraph.
const PORTRAITS: usize = 1;
/// Paragraphs that compare several rows of one table, for each table.
const TRAIN_COMPARISONS: usize = 7;
/// The same in the evaluation part.
const EVAL_COMPARISONS: usize = 1;
/// Paragraphs about rows of several tables.
const TRAIN_MIXTURES: usize = 120;
/// The same in the evaluation part.
const EVAL_MIXTURES: usize = 20;

/// The set, in its two parts.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionSet {
    /// To train on.
    pub train: Dataset,
    /// To measure with: other facts, told and asked in other ways.
    pub eval: Dataset,
}

/// Makes the set: the same on every call.
///
/// # Errors
/// [`Error::Table`] when a table is not as `docs/questions.md` describes.
pub fn question_set() -> Result<QuestionSet, Error> {
    let tables = table::load_all()?;
    let part = |part: Part| {
        let mut all = Vec::new();
        for (index, paragraph) in paragraphs(&tables, part).iter().enumerate() {
            all.extend(examples(paragraph, &format!("{}-{index:04}", part.word())));
        }
        Dataset { examples: all, problems: Vec::new(), is_v2: false }
    };
    Ok(QuestionSet { train: part(Part::Train), eval: part(Part::Eval) })
}

/// The paragraphs of a part, by table, then the mixed ones.
fn paragraphs(tables: &[Table], part: Part) -> Vec<Paragraph> {
    let (comparisons, mixtures) = match part {
        Part::Train => (TRAIN_COMPARISONS, TRAIN_MIXTURES),
        Part::Eval => (EVAL_COMPARISONS, EVAL_MIXTURES),
    };
    let mut composer = Composer::new(tables, part, SEED);
    let mut all = Vec::new();
    for table in 0..tables.len() {
        for _ in 0..PORTRAITS {
            for row in tables[table].rows_of(part) {
                all.extend(composer.portrait(table, row));
            }
        }
        all.extend((0..comparisons).filter_map(|_| composer.comparison(table)));
    }
    all.extend((0..mixtures).filter_map(|_| composer.mixture()));
    all
}

fn examples(paragraph: &Paragraph, id: &str) -> Vec<Example> {
    let context: Arc<str> = Arc::from(paragraph.text.as_str());
    let asked = paragraph.questions.iter().enumerate();
    asked
        .map(|(index, question)| Example {
            id: format!("{id}-{}", index + 1),
            title: paragraph.title.clone(),
            question: question.text.clone(),
            context: context.clone(),
            answers: vec![Gold { text: question.answer.clone(), start: question.start }],
            is_impossible: false,
        })
        .collect()
}

#[cfg(test)]
mod tests;

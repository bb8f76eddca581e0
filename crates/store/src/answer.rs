//! The answers of a run as they were first tracked, and one of them as a query sees it.

use std::collections::HashMap;

use trailmark_core::{Answer, Context, SeriesKey, Step, Value};
use trailmark_query::{Field, Scalar, SeriesView};

use crate::{Columns, Error, Kind, Order, RunItem, Store, Wanted};

/// One answer of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackedAnswer {
    /// At which step.
    pub step: Step,
    /// At which epoch.
    pub epoch: Option<f64>,
    /// What was answered.
    pub answer: Answer,
}

/// An answer with its question's text, for a query.
#[derive(Debug, Clone, Copy)]
pub struct AnswerView<'a> {
    /// At which step.
    pub step: Step,
    /// What was answered.
    pub answer: &'a Answer,
    /// What was asked; none when the text is lost.
    pub question: Option<&'a str>,
}

/// The answers of a run, in the order in which they were first tracked; of two to one question at one step the later.
///
/// # Errors
/// As [`Store::objects`].
pub fn read_answers(store: &dyn Store, item: &RunItem) -> Result<Vec<TrackedAnswer>, Error> {
    let series: Vec<SeriesKey> =
        item.of_kind(Kind::Answer).map(|series| SeriesKey::clone(&series.key)).collect();
    if series.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = Wanted { run: item.id(), series, columns: Columns::default(), after: None };
    let mut all: Vec<(Order, TrackedAnswer)> = Vec::new();
    store.objects(&wanted, &mut |object| {
        if let Value::Answer(answer) = object.value {
            let answer = TrackedAnswer { step: object.step, epoch: object.epoch, answer: *answer };
            all.push((object.order, answer));
        }
    })?;
    // Stable: answers of one frame keep their places.
    all.sort_by_key(|(order, _)| *order);
    let mut answers: Vec<TrackedAnswer> = Vec::with_capacity(all.len());
    let mut places: HashMap<(Step, String), usize> = HashMap::new();
    for (_, answer) in all {
        let key = (answer.step, answer.answer.question_key.clone());
        let place = *places.entry(key).or_insert(answers.len());
        match answers.get_mut(place) {
            Some(earlier) => *earlier = answer,
            None => answers.push(answer),
        }
    }
    Ok(answers)
}

impl SeriesView for AnswerView<'_> {
    fn name(&self) -> &str {
        &self.answer.question_key
    }

    fn context(&self) -> &Context {
        static NONE: Context = Context::empty();
        &NONE
    }

    fn field(&self, field: Field) -> Option<Scalar<'_>> {
        let answer = self.answer;
        Some(match field {
            Field::Step => Scalar::Int(self.step.0),
            Field::Question => Scalar::Text(self.question?),
            Field::QuestionKey => Scalar::Text(&answer.question_key),
            Field::Answer => Scalar::Text(&answer.best.text),
            Field::Score => Scalar::Float(answer.best.score),
            Field::NullScore => Scalar::Float(answer.null_score?),
            Field::Exact => Scalar::Float(answer.exact_match),
            Field::F1 => Scalar::Float(answer.f1),
            Field::Millis => Scalar::Float(answer.millis),
            _ => return None,
        })
    }
}

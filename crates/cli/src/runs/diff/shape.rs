//! The comparison as programs read it (`docs/commands.md`).

use serde_json::{Value, json};
use trailmark_core::{Answer, ParamValue};
use trailmark_store::{AnswerChange, ComparedAnswers, ParamRow, ScoreDifference};

use super::{AnswersRow, Compared, Measured, MetricRow};
use crate::show;

pub(super) fn json(compared: &Compared<'_>) -> Value {
    let runs = compared.runs.iter().map(|run| {
        json!({
            "id": run.id.to_string(), "name": run.name, "experiment": run.experiment, "status": run.status.word(),
            "created_at": run.created.unix_secs(),
        })
    });
    json!({
        "runs": runs.collect::<Value>(),
        "params": params(&compared.params),
        "metrics": compared.metrics.iter().map(metric).collect::<Value>(),
        "environment": params(&compared.environment),
        "packages": compared.packages.iter().map(package).collect::<Value>(),
        "code": params(&compared.code),
        "answers": compared.answers.iter().map(|row| answers(compared, row)).collect::<Value>(),
    })
}

/// A value that is not there is null, and its run's place is in `missing`: null may be a value.
fn params(rows: &[ParamRow]) -> Value {
    let row = |row: &ParamRow| {
        let values = row.values.iter().map(|value| value.as_ref().map(show::param));
        let missing =
            row.values.iter().enumerate().filter(|(_, value)| value.is_none()).map(|(place, _)| place);
        json!({
            "path": row.path, "values": values.collect::<Vec<_>>(), "missing": missing.collect::<Vec<_>>(),
            "differs": row.differs(),
        })
    };
    rows.iter().map(row).collect()
}

fn metric(row: &MetricRow) -> Value {
    let value = |value: &Option<Measured>| {
        value.map(|measured| {
            json!({
                "last": show::number(measured.last), "last_step": measured.last_step.0,
                "best": measured.best.map(|(_, best)| show::number(best)),
                "best_step": measured.best.map(|(step, _)| step.0), "count": measured.count,
            })
        })
    };
    let deltas = |of: fn(&Measured) -> Option<f64>| -> Value {
        (0..row.values.len()).map(|place| row.delta(place, of).map(show::number)).collect()
    };
    json!({
        "name": row.key.name,
        "context": show::param(&ParamValue::Map(row.key.context.as_params().clone())),
        "values": row.values.iter().map(value).collect::<Vec<_>>(),
        "last_delta": deltas(|measured| Some(measured.last)),
        "best_delta": deltas(|measured| measured.best.map(|(_, best)| best)),
    })
}

impl MetricRow {
    /// What a run has more than the first; none where one of them has nothing.
    pub(super) fn delta(&self, place: usize, of: fn(&Measured) -> Option<f64>) -> Option<f64> {
        let value = |place: usize| self.values.get(place)?.as_ref().and_then(of);
        Some(value(place)? - value(0)?)
    }
}

/// What became of a package, for people and programs.
pub(super) fn package_change(row: &ParamRow) -> &'static str {
    match row.values.as_slice() {
        _ if !row.differs() => "same",
        [None, rest @ ..] if rest.iter().all(Option::is_some) => "added",
        [Some(_), rest @ ..] if rest.iter().all(Option::is_none) => "removed",
        _ => "changed",
    }
}

fn package(row: &ParamRow) -> Value {
    let versions = row.values.iter().map(|value| value.as_ref().map(show::param));
    json!({"name": row.path, "versions": versions.collect::<Vec<_>>(), "change": package_change(row)})
}

fn answers(compared: &Compared<'_>, row: &AnswersRow) -> Value {
    let id = |place: usize| compared.runs.get(place).map(|run| run.id.to_string());
    let both = row.compared();
    let changed = both.pairs.iter().filter(|(.., change)| is_shown(*change)).map(|(a, b, change)| {
        json!({
            "question_key": b.question_key, "question": row.question(b), "golds": b.golds, "change": change.word(),
            "a": answer(a), "b": answer(b),
        })
    });
    let counts = counts(&both);
    json!({
        "a": id(0), "b": id(row.run), "a_step": row.a.0.0, "b_step": row.b.0.0,
        "total": both.pairs.len(), "fixed": counts[0], "broken": counts[1], "both_wrong": counts[2],
        "both_right": counts[3], "only_a": both.n_only_a, "only_b": both.n_only_b,
        "exact_match": difference(both.difference(|answer| answer.exact_match)),
        "f1": difference(both.difference(|answer| answer.f1)),
        "changed": changed.collect::<Vec<_>>(),
    })
}

/// Fixed, broken, both wrong, both right.
pub(super) fn counts(both: &ComparedAnswers<'_>) -> [usize; 4] {
    use AnswerChange::{BothRight, BothWrong, Broken, Fixed};
    [Fixed, Broken, BothWrong, BothRight].map(|change| both.count(change))
}

/// Whether a question is listed: one that changed.
pub(super) fn is_shown(change: AnswerChange) -> bool {
    matches!(change, AnswerChange::Fixed | AnswerChange::Broken)
}

fn answer(answer: &Answer) -> Value {
    json!({
        "answer": answer.best.text, "start": answer.best.start, "end": answer.best.end,
        "score": show::number(answer.best.score), "exact_match": answer.exact_match, "f1": answer.f1,
    })
}

fn difference(of: ScoreDifference) -> Value {
    let [a, b, difference, low, high, p] =
        [of.a, of.b, of.difference, of.low, of.high, of.p].map(show::number);
    json!({"a": a, "b": b, "difference": difference, "low": low, "high": high, "p": p})
}

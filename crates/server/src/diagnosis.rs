//! One sentence about a run, where its curves carry one.

use trailmark_core::{Context, End, ParamValue, RunStatus, SeriesKey};
use trailmark_store::{Columns, Points, RunItem};

use crate::app::App;
use crate::best::{best_of, headline};
use crate::blind::blind;
use crate::dto::{Diagnosis, DiagnosisKind};
use crate::error::ApiError;
use crate::findings::{failure, first_nan};
use crate::say::{count, figure, figure_like, metric_label};

/// An evaluation loss that ends this much above its least has turned.
const TURN: f64 = 1.03;
/// An evaluation loss that still fell by this share in the last interval had not arrived.
const FALL: f64 = 0.02;

/// What the curves of a run say, if they say anything.
pub(crate) fn diagnose(
    app: &App,
    item: &RunItem,
    siblings: &[&RunItem],
) -> Result<Option<Diagnosis>, ApiError> {
    if let Some(diagnosis) = of_state(item) {
        return Ok(Some(diagnosis));
    }
    let keys = ["eval", "train"].map(|subset| SeriesKey::new("loss", Context::subset(subset)));
    let columns = Columns { times: false, epochs: true };
    let curves = trailmark_store::points_of(&*app.store, item.id(), &keys, columns)?;
    let [eval, train] = curves.as_slice() else { return Ok(None) };
    let found = overfits(eval, train)
        .or_else(|| stopped(item))
        .or_else(|| best(item, siblings, eval))
        .or_else(|| short(eval));
    Ok(found)
}

fn diagnosis(kind: DiagnosisKind, sentence: String, step: Option<i64>) -> Diagnosis {
    Diagnosis { sentence, step, epoch: None, kind }
}

/// What is said without looking at curves: it runs, broke, or diverged.
fn of_state(item: &RunItem) -> Option<Diagnosis> {
    if item.is_running() {
        let step = item.last_step();
        let at = step.map_or_else(|| "before its first step".to_owned(), |step| format!("at step {step}"));
        let of = max_steps(item).map_or_else(String::new, |max| format!(" of {max}"));
        return Some(diagnosis(DiagnosisKind::Running, format!("Running, {at}{of}"), step));
    }
    if matches!(item.row.status, RunStatus::Crashed | RunStatus::Ended(End::Failed { .. })) {
        return Some(diagnosis(DiagnosisKind::Failed, capitalised(&failure(item)), item.last_step()));
    }
    if let Some((key, step)) = first_nan(item) {
        let label = metric_label(&key.name, Some(&key.context));
        let sentence = format!("Diverged: {label} is NaN or infinite from step {step}");
        return Some(diagnosis(DiagnosisKind::Diverged, sentence, Some(step)));
    }
    let blind = blind(item)?;
    let guess = blind.guess.map_or_else(String::new, |(guess, length)| {
        format!(" ({} = ln {length:.0} positions)", figure(guess))
    });
    let sentence =
        format!("Learned nothing: the loss stays at {}, that of a blind guess{guess}", figure(blind.loss));
    Some(diagnosis(DiagnosisKind::Diverged, sentence, None))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Finite points: step, epoch, value.
fn finite(points: &Points) -> Vec<(i64, f64, f64)> {
    let epoch = |row: usize| points.epochs.get(row).copied().unwrap_or(f64::NAN);
    let rows = points.steps.iter().zip(&points.values).enumerate();
    rows.filter(|(_, (_, value))| value.is_finite())
        .map(|(row, (step, value))| (*step, epoch(row), *value))
        .collect()
}

/// The mean of the training loss around a step: single batches are noisy.
fn level(train: &[(i64, f64, f64)], step: i64) -> Option<f64> {
    let place = train.partition_point(|point| point.0 <= step);
    let width = (train.len() / 10).max(1);
    let around = train.get(place.saturating_sub(width)..place).filter(|around| !around.is_empty())?;
    Some(around.iter().map(|point| point.2).sum::<f64>() / around.len() as f64)
}

fn overfits(eval: &Points, train: &Points) -> Option<Diagnosis> {
    let (eval, train) = (finite(eval), finite(train));
    let last = eval.last()?;
    let least = eval.iter().min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)))?;
    if least.0 == last.0 || last.2 < TURN * least.2 || least.2 <= 0.0 {
        return None;
    }
    let (before, after) = (level(&train, least.0)?, level(&train, last.0)?);
    if after >= before {
        return None;
    }
    let has_epoch = least.1.is_finite();
    let place = if has_epoch { format!("epoch {}", figure(least.1)) } else { format!("step {}", least.0) };
    let sentence = format!(
        "Overfits after {place}: eval loss rose from {} to {} while train loss fell from {} to {}",
        figure(least.2),
        figure(last.2),
        figure(before),
        figure(after)
    );
    let epoch = has_epoch.then_some(least.1);
    Some(Diagnosis { epoch, ..diagnosis(DiagnosisKind::Overfits, sentence, Some(least.0)) })
}

fn max_steps(item: &RunItem) -> Option<i64> {
    let Some(ParamValue::Map(hparams)) = item.row.params.get("hparams") else { return None };
    match hparams.get("max_steps") {
        Some(ParamValue::Int(max)) => Some(*max).filter(|max| *max > 0),
        _ => None,
    }
}

fn stopped(item: &RunItem) -> Option<Diagnosis> {
    let last = item.last_step()?;
    let of = max_steps(item).map_or_else(String::new, |max| format!(" of {max}"));
    if let RunStatus::Ended(End::Killed { signal }) = item.row.status {
        let sentence = format!("Stopped at step {last}{of} by signal {signal}");
        return Some(diagnosis(DiagnosisKind::Stopped, sentence, Some(last)));
    }
    let is_early = max_steps(item).is_some_and(|max| last < max);
    is_early
        .then(|| diagnosis(DiagnosisKind::Stopped, format!("Stopped early, at step {last}{of}"), Some(last)))
}

fn best(item: &RunItem, siblings: &[&RunItem], eval: &Points) -> Option<Diagnosis> {
    let selector = headline(siblings)?;
    let ranked = best_of(siblings, &selector);
    let first = ranked.first().filter(|first| first.item.id() == item.id() && ranked.len() > 1)?;
    let label = metric_label(&selector.name, selector.context.as_ref());
    let margin = ranked.get(1).map_or(0.0, |second| (first.value - second.value).abs());
    let side = if selector.is_min { "below" } else { "above" };
    let mut sentence = format!(
        "Best of {}: {label} {}, {} {side} the next",
        count(ranked.len(), "run"),
        figure(first.value),
        figure_like(margin, first.value)
    );
    if short(eval).is_some() {
        sentence.push_str("; it still improved when it ended");
    }
    Some(diagnosis(DiagnosisKind::Best, sentence, Some(first.step)))
}

fn short(eval: &Points) -> Option<Diagnosis> {
    let eval = finite(eval);
    let [.., before, last] = eval.as_slice() else { return None };
    let is_least = eval.iter().all(|point| point.2 >= last.2);
    if !is_least || last.2 > (1.0 - FALL) * before.2 {
        return None;
    }
    let sentence = format!(
        "Still improving when it ended: eval loss fell from {} to {} in the last interval",
        figure(before.2),
        figure(last.2)
    );
    Some(diagnosis(DiagnosisKind::Short, sentence, Some(last.0)))
}

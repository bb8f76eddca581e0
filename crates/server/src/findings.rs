//! `GET /api/v1/findings`: which run is best and by how much, which learned nothing, which failed and where.

use std::sync::Arc;

use serde::Deserialize;
use trailmark_core::{Context, End, RunStatus, SeriesKey};
use trailmark_store::{RunItem, Selector};
use utoipa::IntoParams;

use crate::app::App;
use crate::best::{Best, best_of, headline};
use crate::blind::{Blind, blind};
use crate::dto::{Finding, FindingKind, Findings, Real, SeriesName};
use crate::error::ApiError;
use crate::face;
use crate::find::{Find, Kind};
use crate::parameter::Flag;
use crate::say::{count, figure, figure_like, metric_label};

/// Runs of one kind that get a sentence each; more share one.
const MOST_SINGLE: usize = 2;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// `GET /api/v1/findings`.
#[utoipa::path(
    get, path = "/api/v1/findings", operation_id = "findings", tag = "Runs",
    summary = "What is worth knowing of the runs that match",
    params(Request),
    responses(
        (status = 200, description = "Which is best, which diverged, which learned nothing, which failed.", body = Findings),
    ),
)]
pub(crate) fn findings(app: &App, request: &Request) -> Result<Findings, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, Kind::Runs, request.archived.0)?;
    let runs: Vec<&RunItem> = find.runs(&snapshot)?.into_iter().map(Arc::as_ref).collect();
    let mut findings: Vec<Finding> = best(&runs).into_iter().collect();
    let with_nan: Vec<(&RunItem, SeriesKey, i64)> =
        runs.iter().filter_map(|item| first_nan(item).map(|(key, step)| (*item, key, step))).collect();
    findings.extend(diverged(&with_nan));
    let blind_runs: Vec<(&RunItem, Blind)> =
        runs.iter().filter_map(|item| Some((*item, blind(item)?))).collect();
    findings.extend(guessing(&blind_runs));
    let broken: Vec<&RunItem> = runs.iter().copied().filter(|item| has_failed(item)).collect();
    findings.extend(failed(&broken));
    Ok(Findings { findings })
}

fn finding(kind: FindingKind, sentence: String, runs: &[&RunItem], tab: &str) -> Finding {
    let url = match runs {
        [run] => format!("/runs/{}{tab}", run.id()),
        _ => String::new(),
    };
    Finding {
        kind,
        sentence,
        runs: runs.iter().map(|item| item.id().to_string()).collect(),
        metric: None,
        value: None,
        margin: None,
        step: None,
        url,
    }
}

fn best(runs: &[&RunItem]) -> Option<Finding> {
    let selector = headline(runs)?;
    let ranked = best_of(runs, &selector);
    let first = ranked.first()?;
    let second = ranked.get(1);
    let margin = second.map(|second| (first.value - second.value).abs());
    let context = selector.context.clone().unwrap_or_else(Context::empty);
    Some(Finding {
        metric: Some(series_name(&SeriesKey::new(&selector.name, context))),
        value: Some(Real(first.value)),
        margin,
        step: Some(first.step),
        ..finding(FindingKind::Best, best_sentence(&selector, &ranked), &[first.item], "")
    })
}

fn best_sentence(selector: &Selector, ranked: &[Best<'_>]) -> String {
    let Some(first) = ranked.first() else { return String::new() };
    let label = metric_label(&selector.name, selector.context.as_ref());
    let head =
        format!("{} is best: {label} {} at step {}", first.item.called(), figure(first.value), first.step);
    let Some(second) = ranked.get(1) else { return head };
    let margin = (first.value - second.value).abs();
    if margin == 0.0 {
        return format!("{head}, level with {}", second.item.called());
    }
    let side = if selector.is_min { "below" } else { "above" };
    format!(
        "{head}, {} {side} {}, the next of {}",
        figure_like(margin, first.value),
        second.item.called(),
        count(ranked.len(), "run")
    )
}

/// The first step at which a loss or another training number was NaN or infinite.
pub(crate) fn first_nan(item: &RunItem) -> Option<(SeriesKey, i64)> {
    let with_nan = item.numbers().filter_map(|series| Some((&series.key, series.nan_step?.0)));
    // A loss says more than what follows from it.
    let first = with_nan.min_by_key(|(key, step)| (!key.name.ends_with("loss"), *step, *key));
    first.map(|(key, step)| (SeriesKey::clone(key), step))
}

fn diverged(runs: &[(&RunItem, SeriesKey, i64)]) -> Vec<Finding> {
    if runs.len() > MOST_SINGLE {
        let items: Vec<&RunItem> = runs.iter().map(|(item, ..)| *item).collect();
        let sentence = format!("{} diverged: a number became NaN or infinite", count(runs.len(), "run"));
        let url = "/runs?q=any(metric.nan_step+is+not+None+for+metric+in+run.metrics)".to_owned();
        return vec![Finding { url, ..finding(FindingKind::Diverged, sentence, &items, "") }];
    }
    let one = |(item, key, step): &(&RunItem, SeriesKey, i64)| {
        let label = metric_label(&key.name, Some(&key.context));
        let sentence = format!("{} diverged: {label} is NaN or infinite from step {step}", item.called());
        Finding {
            metric: Some(series_name(key)),
            step: Some(*step),
            ..finding(FindingKind::Diverged, sentence, &[*item], "?tab=metrics")
        }
    };
    runs.iter().map(one).collect()
}

fn guessing(runs: &[(&RunItem, Blind)]) -> Vec<Finding> {
    let Some((first, blind)) = runs.first() else { return Vec::new() };
    let key = SeriesKey::new("loss", Context::subset("train"));
    let guess = blind
        .guess
        .map_or_else(String::new, |(guess, length)| format!(" ({} = ln {length:.0})", figure(guess)));
    let items: Vec<&RunItem> = runs.iter().map(|(item, _)| *item).collect();
    let (sentence, url) = if let [_] = runs {
        let loss = figure(blind.loss);
        let sentence =
            format!("{} learned nothing: loss {loss}, that of a blind guess{guess}", first.called());
        (sentence, format!("/runs/{}?tab=metrics", first.id()))
    } else {
        let guess =
            if runs.iter().all(|(_, other)| other.guess == blind.guess) { guess } else { String::new() };
        let names: Vec<String> = items.iter().take(3).map(|item| item.called()).collect();
        let more = if items.len() > 3 { format!(" and {} more", items.len() - 3) } else { String::new() };
        let names = format!("{}{more}", names.join(", "));
        let sentence = format!(
            "{} learned nothing: their loss stays at that of a blind guess{guess}: {names}",
            count(runs.len(), "run")
        );
        (sentence, "/runs?q=%22diverged%22+in+run.tags".to_owned())
    };
    let value = Some(Real(blind.loss));
    vec![Finding {
        metric: Some(series_name(&key)),
        value,
        url,
        ..finding(FindingKind::Blind, sentence, &items, "")
    }]
}

fn has_failed(item: &RunItem) -> bool {
    matches!(item.row.status, RunStatus::Crashed | RunStatus::Ended(End::Failed { .. } | End::Killed { .. }))
}

/// How a run ended that did not finish, as a sentence without its name.
pub(crate) fn failure(item: &RunItem) -> String {
    let at = item
        .last_step()
        .map_or_else(|| " before its first step".to_owned(), |step| format!(" at step {step}"));
    match &item.row.status {
        RunStatus::Ended(End::Failed { message, .. }) if !message.is_empty() => {
            let first = message.lines().next().unwrap_or_default();
            format!("failed{at}: {}", first.chars().take(160).collect::<String>())
        }
        RunStatus::Ended(End::Killed { signal }) => format!("was stopped{at} by signal {signal}"),
        // It may be well: only a newer program can say.
        RunStatus::Crashed if item.row.series.is_empty() && !item.row.problems.is_empty() => {
            format!("cannot be read: {}", item.row.problems[0].reason)
        }
        RunStatus::Crashed => format!("crashed{at}: it ended without a word"),
        _ => format!("failed{at}"),
    }
}

fn failed(runs: &[&RunItem]) -> Vec<Finding> {
    if runs.len() > MOST_SINGLE {
        let of = |word: &str| runs.iter().filter(|item| item.row.status.word() == word).count();
        let parts = ["failed", "crashed", "killed"].map(|word| (of(word), word));
        let parts: Vec<String> =
            parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let sentence = format!("{} did not finish: {}", count(runs.len(), "run"), parts.join(", "));
        let url = "/runs?q=run.status+in+%5B%22failed%22%2C+%22crashed%22%2C+%22killed%22%5D".to_owned();
        return vec![Finding { url, ..finding(FindingKind::Failed, sentence, runs, "") }];
    }
    let one = |item: &&RunItem| {
        let sentence = format!("{} {}", item.called(), failure(item));
        Finding { step: item.last_step(), ..finding(FindingKind::Failed, sentence, &[*item], "?tab=logs") }
    };
    runs.iter().map(one).collect()
}

fn series_name(key: &SeriesKey) -> SeriesName {
    SeriesName { name: key.name.clone(), context: face::context(&key.context) }
}

//! Which run is best, among runs in memory, by the one meaning of `best:METRIC`.
//!
//! As `trailmark-store` says it for a repository: runs that finished or run, neither archived nor deleted, with a finite
//! value; ties go to the lower step, then to the older run.

use std::cmp::Ordering;

use trailmark_core::{Context, End, RunStatus};
use trailmark_store::{RunItem, Selector};

/// Metrics that a page leads with, the first that the runs have.
const HEADLINES: [&str; 8] =
    ["f1", "exact_match", "accuracy", "bleu", "rougeL", "reward", "perplexity", "loss"];

/// A run with its best value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best<'a> {
    pub(crate) item: &'a RunItem,
    pub(crate) value: f64,
    pub(crate) step: i64,
}

/// Whether a run may be the best.
pub(crate) fn counts(item: &RunItem) -> bool {
    let row = &item.row;
    matches!(row.status, RunStatus::Running | RunStatus::Ended(End::Finished)) && !row.is_archived
}

/// What to judge runs by: the first of the well-known metrics that they have, of evaluation if there is one.
pub(crate) fn headline(runs: &[&RunItem]) -> Option<Selector> {
    let eval = Context::subset("eval");
    for name in HEADLINES {
        let mut context = None;
        for item in runs.iter().filter(|item| counts(item)) {
            if item.number(name, &eval).is_some_and(|series| series.min.is_some()) {
                context = Some(eval.clone());
                break;
            }
            if let Some(series) = item.meant(name, None).filter(|series| series.min.is_some()) {
                context.get_or_insert_with(|| series.key.context.clone());
            }
        }
        if let (Some(context), Ok(selector)) = (context, name.parse::<Selector>()) {
            return Some(Selector { context: Some(context), ..selector });
        }
    }
    None
}

/// The runs that have the metric, the best first.
pub(crate) fn best_of<'a>(runs: &[&'a RunItem], selector: &Selector) -> Vec<Best<'a>> {
    let mut ranked: Vec<Best<'a>> = Vec::new();
    for item in runs.iter().filter(|item| counts(item)) {
        let series = item.meant(&selector.name, selector.context.as_ref());
        let extreme = series.and_then(|series| if selector.is_min { series.min } else { series.max });
        if let Some((step, value)) = extreme {
            ranked.push(Best { item, value, step: step.0 });
        }
    }
    ranked.sort_by(|a, b| order(a, b, selector.is_min));
    ranked
}

fn order(a: &Best<'_>, b: &Best<'_>, is_min: bool) -> Ordering {
    let by_value = if is_min { a.value.total_cmp(&b.value) } else { b.value.total_cmp(&a.value) };
    let age = |best: &Best<'_>| (best.step, best.item.row.created, best.item.id());
    by_value.then_with(|| age(a).cmp(&age(b)))
}

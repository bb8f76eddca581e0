//! "The best run", said as `METRIC[{context}][:min|max]`, one meaning for everybody.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use trailmark_core::{Context, End, ParamValue, Params, RunId, RunStatus, SeriesKey, Step, Value, WallTime};

use crate::gather::checkpoint_key;
use crate::{Columns, Error, Merger, Order, Points, Repository, RunData, RunRow, Store as _, Wanted};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// The metric.
    pub name: String,
    /// Which of its series; none for `eval`, else the only one.
    pub context: Option<Context>,
    /// Whether less is better.
    pub is_min: bool,
}

/// The best run of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct BestRun {
    /// The run.
    pub row: Arc<RunRow>,
    /// The step of the value.
    pub step: Step,
    /// The value.
    pub value: f64,
    /// The checkpoint of that step, if there is one; told only where one was asked for.
    pub checkpoint: Option<PathBuf>,
}

/// The best of some runs that were read whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Best<'a> {
    /// The run.
    pub run: &'a RunData,
    /// The step of the value.
    pub step: Step,
    /// The value.
    pub value: f64,
    /// The checkpoint of that step, if there is one.
    pub checkpoint: Option<PathBuf>,
}

impl FromStr for Selector {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::NoBest { reason: format!("got {text:?}, want METRIC[{{context}}][:min|max]") };
        let text = text.strip_prefix("best:").unwrap_or(text);
        let (rest, direction) = match text.rsplit_once(':') {
            Some((rest, "min")) => (rest, Some(true)),
            Some((rest, "max")) => (rest, Some(false)),
            _ => (text, None),
        };
        let (name, context) = match rest.split_once('{') {
            Some((name, inner)) => {
                let inner = inner.strip_suffix('}').ok_or_else(wrong)?;
                let mut params = Params::new();
                for pair in inner.split(',').filter(|pair| !pair.trim().is_empty()) {
                    let (key, value) = pair.split_once([':', '=']).ok_or_else(wrong)?;
                    params.insert(unquoted(key).to_owned(), value_of(value));
                }
                (name, Some(Context::from(params)))
            }
            None => (rest, None),
        };
        if name.is_empty() {
            return Err(wrong());
        }
        let is_min = direction.unwrap_or_else(|| is_better_low(name));
        Ok(Self { name: name.to_owned(), context, is_min })
    }
}

/// Whether less of a metric is better, as the last word of its name says.
pub fn is_better_low(name: &str) -> bool {
    let last_word = name.rsplit(['_', '.', ' ', '/', '-']).next().unwrap_or(name).to_lowercase();
    matches!(last_word.as_str(), "loss" | "perplexity" | "error")
}

/// A text without its quotes.
fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// A value of a context, as people write it: a number, true, false, or a text with or without quotes.
fn value_of(text: &str) -> ParamValue {
    let text = text.trim();
    match (text.parse::<i64>(), text.parse::<f64>(), text.to_lowercase().as_str()) {
        (Ok(number), ..) => ParamValue::Int(number),
        (_, Ok(number), _) => ParamValue::Float(number),
        (_, _, "true") => ParamValue::Bool(true),
        (_, _, "false") => ParamValue::Bool(false),
        _ => ParamValue::Text(unquoted(text).to_owned()),
    }
}

/// A value that may be the best.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    value: f64,
    step: Step,
    created: WallTime,
    run: RunId,
}

impl Selector {
    /// Better first; ties go to the lower step, then to the older run.
    fn order(&self, a: &Place, b: &Place) -> Ordering {
        let by_value = if self.is_min { a.value.total_cmp(&b.value) } else { b.value.total_cmp(&a.value) };
        by_value.then_with(|| (a.step, a.created, a.run).cmp(&(b.step, b.created, b.run)))
    }

    /// The context that is meant, given all contexts in which candidates have the metric; none when there are none.
    fn choose(&self, contexts: &BTreeSet<&Context>) -> Result<Option<Context>, Error> {
        if let Some(context) = &self.context {
            return Ok(contexts.contains(context).then(|| context.clone()));
        }
        let eval = Context::subset("eval");
        let mut all = contexts.iter();
        match (all.next(), all.next()) {
            _ if contexts.contains(&eval) => Ok(Some(eval)),
            (None, _) => Ok(None),
            (Some(only), None) => Ok(Some(Context::clone(only))),
            (Some(_), Some(_)) => {
                let key =
                    |context: &&Context| SeriesKey::new(&self.name, Context::clone(context)).to_string();
                let names: Vec<String> = contexts.iter().map(key).collect();
                Err(Error::NoBest { reason: format!("{:?} may be {}", self.name, names.join(" or ")) })
            }
        }
    }

    fn none(&self, with_checkpoint: bool) -> Error {
        let what = if with_checkpoint { " with a checkpoint" } else { "" };
        let context = self.context.as_ref().map_or_else(String::new, |context| format!(" {context}"));
        Error::NoBest { reason: format!("no finished or running run has {:?}{context}{what}", self.name) }
    }
}

fn counts(status: &RunStatus, is_archived: bool, is_deleted: bool) -> bool {
    matches!(status, RunStatus::Running | RunStatus::Ended(End::Finished)) && !is_archived && !is_deleted
}

/// The best of the runs that finished or run. Where a checkpoint is asked for, only steps that have one count. Ties go
/// to the lower step, then to the older run.
///
/// # Errors
/// [`Error::NoBest`] when no run has such a value, or it is not clear which series is meant.
pub fn best<'a>(runs: &'a [RunData], selector: &Selector, with_checkpoint: bool) -> Result<Best<'a>, Error> {
    let candidates: Vec<&RunData> =
        runs.iter().filter(|run| counts(&run.status, run.is_archived, run.is_deleted)).collect();
    let named = |run: &&'a RunData| -> Vec<&'a Context> {
        let series = run.series.iter().filter(|(key, _)| key.name == selector.name);
        series.filter(|(_, series)| series.range().is_some()).map(|(key, _)| &key.context).collect()
    };
    let context = selector.choose(&candidates.iter().flat_map(named).collect())?;
    let Some(context) = context else { return Err(selector.none(with_checkpoint)) };
    let key = SeriesKey::new(&selector.name, context);
    let mut found: Option<(Place, Best<'a>)> = None;
    for run in candidates {
        let Some(series) = run.series.get(&key) else { continue };
        for (step, value) in series.numbers().filter(|(_, value)| value.is_finite()) {
            let checkpoint = checkpoint(run, step);
            if with_checkpoint && checkpoint.is_none() {
                continue;
            }
            let place = Place { value, step, created: run.created, run: run.id };
            if found.as_ref().is_none_or(|(best, _)| selector.order(&place, best).is_lt()) {
                found = Some((place, Best { run, step, value, checkpoint }));
            }
        }
    }
    found.map(|(_, best)| best).ok_or_else(|| selector.none(with_checkpoint))
}

fn checkpoint(run: &RunData, step: Step) -> Option<PathBuf> {
    let series = run.series.get(&checkpoint_key())?;
    let point = series.points.iter().find(|point| point.step == step)?;
    folder(&point.value)
}

/// The folder that a checkpoint names, if it is there.
fn folder(value: &Value) -> Option<PathBuf> {
    match value {
        Value::Text(folder) => is_there(folder),
        _ => None,
    }
}

fn is_there(folder: &str) -> Option<PathBuf> {
    Some(PathBuf::from(folder)).filter(|folder| folder.exists())
}

impl Repository {
    /// The best run, as [`best`] says it, from the rows; only where a checkpoint is asked for are runs read, those first
    /// that may be the best.
    ///
    /// # Errors
    /// As [`best`]; [`Error::Io`].
    pub fn best(&self, selector: &Selector, with_checkpoint: bool) -> Result<BestRun, Error> {
        let rows = self.rows()?;
        let candidates: Vec<&Arc<RunRow>> =
            rows.iter().filter(|row| counts(&row.status, row.is_archived, row.is_deleted)).collect();
        let named = candidates.iter().flat_map(|row| &row.series);
        let named = named.filter(|series| series.key.name == selector.name && series.min.is_some());
        let context = selector.choose(&named.map(|series| &series.key.context).collect())?;
        let Some(context) = context else { return Err(selector.none(with_checkpoint)) };
        let key = SeriesKey::new(&selector.name, context);
        let mut places: Vec<(Place, &Arc<RunRow>)> = Vec::new();
        for row in candidates {
            let series = row.series(&key);
            let extreme = series.and_then(|series| if selector.is_min { series.min } else { series.max });
            let Some((step, value)) = extreme else { continue };
            places.push((Place { value, step, created: row.created, run: row.id }, row));
        }
        places.sort_by(|a, b| selector.order(&a.0, &b.0));
        let mut found: Option<(Place, BestRun)> = None;
        for (hope, row) in places {
            let is_hopeless = |best: &Place| selector.order(&hope, best).is_gt() && hope.value != best.value;
            if found.as_ref().is_some_and(|(best, _)| is_hopeless(best)) {
                break;
            }
            let of_run =
                if with_checkpoint { self.with_checkpoint(row, &key, selector)? } else { Some((hope, None)) };
            let Some((place, checkpoint)) = of_run else { continue };
            if found.as_ref().is_none_or(|(best, _)| selector.order(&place, best).is_lt()) {
                let Place { step, value, .. } = place;
                found = Some((place, BestRun { row: Arc::clone(row), step, value, checkpoint }));
            }
        }
        found.map(|(_, best)| best).ok_or_else(|| selector.none(with_checkpoint))
    }

    /// The best value of a run among the steps that have a checkpoint.
    fn with_checkpoint(
        &self,
        row: &RunRow,
        key: &SeriesKey,
        selector: &Selector,
    ) -> Result<Option<(Place, Option<PathBuf>)>, Error> {
        let Some(checkpoints) = row.series(&checkpoint_key()) else { return Ok(None) };
        let wanted = |key: SeriesKey| Wanted {
            run: row.id,
            series: vec![key],
            columns: Columns::default(),
            after: None,
        };
        let folders = if row.checkpoints.len() as u64 == checkpoints.count {
            let there = |(step, folder): &(Step, String)| Some((*step, is_there(folder)?));
            row.checkpoints.iter().filter_map(there).collect()
        } else {
            let mut latest: BTreeMap<Step, (Order, Option<PathBuf>)> = BTreeMap::new();
            self.objects(&wanted(checkpoint_key()), &mut |object| {
                let known = latest.get(&object.step);
                if known.is_none_or(|(order, _)| *order < object.order) {
                    latest.insert(object.step, (object.order, folder(&object.value)));
                }
            })?;
            let there = latest.into_iter().filter_map(|(step, (_, folder))| Some((step, folder?)));
            there.collect::<BTreeMap<Step, PathBuf>>()
        };
        if folders.is_empty() {
            return Ok(None);
        }
        let points = self.points_of(&wanted(key.clone()))?;
        let rows = points.steps.iter().zip(&points.values).filter(|(_, value)| value.is_finite());
        let places = rows.filter_map(|(step, value)| {
            let checkpoint = folders.get(&Step(*step))?.clone();
            let place = Place { value: *value, step: Step(*step), created: row.created, run: row.id };
            Some((place, Some(checkpoint)))
        });
        Ok(places.min_by(|a, b| selector.order(&a.0, &b.0)))
    }

    /// The first of the wanted series, merged.
    ///
    /// # Errors
    /// As [`crate::Store::series`].
    pub fn points_of(&self, wanted: &Wanted) -> Result<Points, Error> {
        let mut merger = Merger::default();
        self.series(wanted, &mut |block| merger.push(block.order, block.column))?;
        Ok(merger.finish())
    }
}

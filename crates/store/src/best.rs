//! "The best run", said as `METRIC[{context}][:min|max]`, one meaning for everybody.

use std::path::PathBuf;
use std::str::FromStr;

use trailmark_core::{Context, End, ParamValue, Params};
use trailmark_core::{RunStatus, SeriesKey, Step, Value};

use crate::{Error, RunData};

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

/// The best run.
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
                    let plain = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
                    params.insert(plain(key), ParamValue::Text(plain(value)));
                }
                (name, Some(Context::from(params)))
            }
            None => (rest, None),
        };
        if name.is_empty() {
            return Err(wrong());
        }
        let last_word = name.rsplit(['_', '.', ' ']).next().unwrap_or(name);
        let is_min = direction.unwrap_or(matches!(last_word, "loss" | "perplexity" | "error"));
        Ok(Self { name: name.to_owned(), context, is_min })
    }
}

/// The best of the runs that finished or run. Where a checkpoint is asked for, only steps that have one count. Ties go
/// to the lower step, then to the older run.
///
/// # Errors
/// [`Error::NoBest`] when no run has such a value, or it is not clear which series is meant.
pub fn best<'a>(runs: &'a [RunData], selector: &Selector, with_checkpoint: bool) -> Result<Best<'a>, Error> {
    let mut found: Option<Best<'a>> = None;
    for run in runs {
        let counts = matches!(run.status, RunStatus::Running | RunStatus::Ended(End::Finished));
        if !counts || run.tags.contains("archived") {
            continue;
        }
        let Some(series) = choose(run, selector)? else { continue };
        for (step, value) in run.series[series].numbers().filter(|(_, value)| value.is_finite()) {
            let checkpoint = checkpoint(run, step);
            if with_checkpoint && checkpoint.is_none() {
                continue;
            }
            let is_better = found.as_ref().is_none_or(|best| {
                let order =
                    if selector.is_min { best.value.total_cmp(&value) } else { value.total_cmp(&best.value) };
                order.is_gt() || (order.is_eq() && step < best.step)
            });
            if is_better {
                found = Some(Best { run, step, value, checkpoint });
            }
        }
    }
    let what = if with_checkpoint { " with a checkpoint" } else { "" };
    found.ok_or_else(|| Error::NoBest { reason: format!("no run has {:?}{what}", selector.name) })
}

fn choose<'a>(run: &'a RunData, selector: &Selector) -> Result<Option<&'a SeriesKey>, Error> {
    let named: Vec<&SeriesKey> = run.series.keys().filter(|key| key.name == selector.name).collect();
    if let Some(context) = &selector.context {
        return Ok(named.into_iter().find(|key| key.context == *context));
    }
    let eval = named.iter().find(|key| key.context == Context::subset("eval"));
    match (eval, named.as_slice()) {
        (Some(eval), _) => Ok(Some(eval)),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only)),
        (None, many) => {
            let names: Vec<String> = many.iter().map(ToString::to_string).collect();
            Err(Error::NoBest { reason: format!("{:?} may be {}", selector.name, names.join(" or ")) })
        }
    }
}

fn checkpoint(run: &RunData, step: Step) -> Option<PathBuf> {
    let series = run.series.get(&SeriesKey::new("checkpoint", Context::empty()))?;
    let point = series.points.iter().find(|point| point.step == step)?;
    match &point.value {
        Value::Text(folder) => Some(PathBuf::from(folder)).filter(|folder| folder.exists()),
        _ => None,
    }
}

//! `GET /api/v1/fields`: what the runs that match have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use trailmark_core::{ParamValue, Params, SeriesKey};
use trailmark_store::RunItem;
use utoipa::IntoParams;

use crate::app::App;
use crate::dto::{self, Json, Real};
use crate::error::ApiError;
use crate::face;
use crate::find::{Find, Kind};
use crate::parameter::Flag;

/// Distinct values that are listed.
const MOST_VALUES: usize = 24;

/// What is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// An expression of the query language; an empty one matches everything.
    #[serde(default)]
    #[param(format = "query", example = "run.experiment == 'demo'")]
    q: String,
    /// What `q` is written about.
    #[serde(default)]
    #[param(inline)]
    kind: Kind,
    /// Take archived runs too.
    #[serde(default)]
    #[param(inline)]
    archived: Flag,
}

/// What runs have, by name.
#[derive(Default)]
struct Found<'a> {
    params: BTreeMap<String, Param<'a>>,
    metrics: BTreeMap<&'a SeriesKey, Metric>,
    texts: BTreeMap<&'a str, Text<'a>>,
    experiments: BTreeMap<&'a str, u64>,
    tags: BTreeMap<&'a str, u64>,
}

#[derive(Default)]
struct Param<'a> {
    kinds: BTreeSet<&'static str>,
    runs: u64,
    values: BTreeSet<&'a ParamValue>,
}

#[derive(Default)]
struct Metric {
    runs: u64,
    points: u64,
    range: Option<(f64, f64)>,
}

#[derive(Default)]
struct Text<'a> {
    keys: BTreeSet<&'a str>,
    runs: u64,
    points: u64,
}

/// `GET /api/v1/fields`.
#[utoipa::path(
    get, path = "/api/v1/fields", operation_id = "fields", tag = "Repository",
    summary = "What the runs that match have: params, metrics, texts, experiments, tags",
    description = "`values` holds at most 24 distinct values in their order, and is left out above that. Params under \
        keys that begin with `__` are left out.",
    params(Request),
    responses(
        (status = 200, description = "What they have.", body = dto::Fields),
    ),
)]
pub(crate) fn fields(app: &App, request: &Request) -> Result<dto::Fields, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let find = Find::new(&snapshot, &request.q, request.kind, request.archived.0)?;
    let runs = find.runs(&snapshot)?;
    let mut found = Found::default();
    runs.iter().for_each(|item| found.add(item));
    Ok(found.into_dto())
}

impl<'a> Found<'a> {
    fn add(&mut self, item: &'a Arc<RunItem>) {
        let row = &item.row;
        self.add_params("", &row.params);
        for series in item.metrics() {
            let metric = self.metrics.entry(&series.key).or_default();
            metric.runs += 1;
            metric.points += series.count;
            if let (Some((_, min)), Some((_, max))) = (series.min, series.max) {
                let (least, most) = metric.range.unwrap_or((min, max));
                metric.range = Some((least.min(min), most.max(max)));
            }
        }
        let mut names = BTreeSet::new();
        for series in item.texts() {
            let text = self.texts.entry(&series.key.name).or_default();
            text.keys.extend(series.key.context.as_params().keys().map(String::as_str));
            text.points += series.count;
            text.runs += u64::from(names.insert(&series.key.name));
        }
        if !row.experiment.is_empty() {
            *self.experiments.entry(&row.experiment).or_default() += 1;
        }
        row.tags.iter().for_each(|tag| *self.tags.entry(tag).or_default() += 1);
    }

    fn add_params(&mut self, prefix: &str, params: &'a Params) {
        for (key, value) in params.iter().filter(|(key, _)| !key.starts_with("__")) {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if let ParamValue::Map(map) = value
                && !map.is_empty()
            {
                self.add_params(&path, map);
                continue;
            }
            let param = self.params.entry(path).or_default();
            param.kinds.insert(kind(value));
            param.runs += 1;
            param.values.insert(value);
        }
    }

    fn into_dto(self) -> dto::Fields {
        let metric = |(key, metric): (&SeriesKey, Metric)| dto::MetricField {
            name: key.name.clone(),
            context: face::context(&key.context),
            runs: metric.runs,
            points: metric.points,
            is_system: trailmark_store::is_system(key),
            min: metric.range.map(|(min, _)| Real(min)),
            max: metric.range.map(|(_, max)| Real(max)),
        };
        let text = |(name, text): (&str, Text<'_>)| dto::TextField {
            name: name.to_owned(),
            context_keys: text.keys.into_iter().map(str::to_owned).collect(),
            runs: text.runs,
            points: text.points,
        };
        let named = |(name, runs): (&str, u64)| dto::Named { name: name.to_owned(), runs };
        let tag = |(name, runs): (&str, u64)| dto::Named { name: name.to_owned(), runs };
        dto::Fields {
            params: self.params.into_iter().map(|(path, param)| param.into_dto(path)).collect(),
            metrics: self.metrics.into_iter().map(metric).collect(),
            texts: self.texts.into_iter().map(text).collect(),
            experiments: self.experiments.into_iter().map(named).collect(),
            tags: self.tags.into_iter().map(tag).collect(),
        }
    }
}

impl Param<'_> {
    fn into_dto(self, path: String) -> dto::ParamField {
        let mut values: Vec<&ParamValue> = self.values.into_iter().collect();
        let distinct = values.len() as u64;
        // Whole and real numbers are ordered by size together.
        values.sort_by(|a, b| match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        });
        let list = || values.iter().map(|value| Json(ParamValue::clone(value))).collect();
        dto::ParamField {
            path,
            kinds: self.kinds.into_iter().collect(),
            runs: self.runs,
            distinct,
            values: (values.len() <= MOST_VALUES).then(list),
        }
    }
}

fn number(value: &ParamValue) -> Option<f64> {
    match value {
        ParamValue::Int(number) => Some(*number as f64),
        ParamValue::Float(number) => Some(*number),
        _ => None,
    }
}

fn kind(value: &ParamValue) -> &'static str {
    match value {
        ParamValue::None => "none",
        ParamValue::Bool(_) => "bool",
        ParamValue::Int(_) => "int",
        ParamValue::Float(_) => "float",
        ParamValue::Text(_) => "text",
        ParamValue::List(_) => "list",
        ParamValue::Map(_) => "map",
    }
}

/// How the runs of an experiment stand to each other. A param differs where at least two runs that have it do not agree;
/// what is missing differs from nothing.
pub(crate) fn siblings(runs: &[&RunItem]) -> dto::Siblings {
    let mut found = Found::default();
    for item in runs {
        found.add_params("", &item.row.params);
    }
    let n_runs = runs.len() as u64;
    let mut siblings = dto::Siblings { experiment_runs: n_runs, differs: Vec::new(), partly: Vec::new() };
    for (path, param) in found.params {
        if param.values.len() > 1 {
            siblings.differs.push(path);
        } else if param.runs < n_runs {
            siblings.partly.push(path);
        }
    }
    siblings
}

/// Every path that a run has.
pub(crate) fn paths(runs: &[&RunItem]) -> Vec<String> {
    let mut found = Found::default();
    runs.iter().for_each(|item| found.add_params("", &item.row.params));
    found.params.into_keys().collect()
}

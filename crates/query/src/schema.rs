//! The names and values that exist in a repository: against them a query's names are checked and completed.
//!
//! A param that only some runs have is known, and simply missing (None) in the others; a name that no run has is a
//! mistake. The schema grows run by run and is cheap to keep beside the runs; it holds at most [`MOST_VALUES`] values
//! of each param.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use trailmark_core::{Context, ParamValue, Params};

use crate::{Kind, RunView};

/// Distinct values that are kept of one param or context key; of one with more, none are offered.
pub const MOST_VALUES: usize = 24;
/// Longer texts are not kept as values: nobody picks them from a list.
const MOST_VALUE_BYTES: usize = 120;
/// Keys of a path below which nothing is listed: people write paths by hand.
const MOST_DEPTH: usize = 32;

/// What is known of the names of a repository.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    is_open: bool,
    runs: usize,
    params: BTreeMap<String, Param>,
    series: BTreeMap<Kind, SeriesNames>,
    tags: BTreeMap<String, usize>,
    experiments: BTreeMap<String, usize>,
    names: BTreeSet<String>,
}

/// What is known of a param, or of a key of contexts: its kinds, its values, and the keys below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Param {
    /// How many runs have it.
    pub runs: usize,
    /// The kinds of its values: `None`, `bool`, `int`, `float`, `text`, `list`, `map`.
    pub kinds: BTreeSet<&'static str>,
    /// The keys below it, where it is a map.
    pub children: BTreeMap<String, Param>,
    /// Its distinct plain values, numbers by size and texts by alphabet; empty when [`Param::has_more`].
    pub values: Vec<ParamValue>,
    /// Whether it has more than [`MOST_VALUES`] values, or longer ones than anybody would pick from a list.
    pub has_more: bool,
    /// Whether what lies below it is not listed: below keys that begin with `__`, below lists, and very deep.
    pub is_opaque: bool,
}

/// The names and contexts of the series of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeriesNames {
    /// For each name its contexts, and how many runs have that series.
    pub names: BTreeMap<String, BTreeMap<Context, usize>>,
    /// The keys of all contexts, with their values.
    pub context_keys: BTreeMap<String, Param>,
}

/// What a path of keys leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A param.
    Known(&'a Param),
    /// Something of which the schema keeps no names.
    Unlisted,
    /// Nothing: the key at this index of the path exists in no run; the param before it, if there is one.
    Nothing(usize, Option<&'a Param>),
}

impl Schema {
    /// The schema of a repository without runs; grow it with [`Schema::add_run`].
    pub fn new() -> Self {
        Self::default()
    }

    /// A schema that knows no names and takes every name to exist, for callers that have no runs at hand.
    pub fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// Adds the names and values of one run. What is asked for in `kinds` of series is read too.
    pub fn add_run(&mut self, run: &dyn RunView, kinds: &[Kind]) {
        self.runs += 1;
        if let Some(params) = run.params() {
            add_params(&mut self.params, params, 0);
        }
        for kind in kinds {
            let names = self.series.entry(*kind).or_default();
            for index in 0..run.series_count(*kind).unwrap_or(0) {
                let Some(series) = run.series(*kind, index) else { break };
                names.add(series.name(), series.context());
            }
        }
        for tag in run.tags() {
            count(&mut self.tags, tag);
        }
        count(&mut self.experiments, run.experiment());
        if !run.name().is_empty() {
            self.names.insert(run.name().to_owned());
        }
    }

    /// How many runs were added.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// The params by their first key.
    pub fn params(&self) -> &BTreeMap<String, Param> {
        &self.params
    }

    /// The series of a kind.
    pub fn series(&self, kind: Kind) -> Option<&SeriesNames> {
        self.series.get(&kind)
    }

    /// The tags, and how many runs have each.
    pub fn tags(&self) -> &BTreeMap<String, usize> {
        &self.tags
    }

    /// The experiments, and how many runs each has.
    pub fn experiments(&self) -> &BTreeMap<String, usize> {
        &self.experiments
    }

    /// The names of the runs.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Whether names can be checked: a repository without runs has none, so that none can be wrong.
    pub(crate) fn is_checked(&self) -> bool {
        !self.is_open && self.runs > 0
    }

    /// What a path of keys leads to.
    pub(crate) fn find(&self, path: &[&str]) -> Found<'_> {
        if !self.is_checked() {
            return Found::Unlisted;
        }
        let mut found: Option<&Param> = None;
        for (index, key) in path.iter().enumerate() {
            if found.is_some_and(|param| param.is_opaque) {
                return Found::Unlisted;
            }
            match found.map_or(&self.params, |param| &param.children).get(*key) {
                Some(param) => found = Some(param),
                None => return Found::Nothing(index, found),
            }
        }
        found.map_or(Found::Unlisted, Found::Known)
    }

    /// The full path of the known param whose last key is `key`; the shortest of several.
    pub(crate) fn path_of(&self, key: &str) -> Option<String> {
        let mut leaves = Vec::new();
        collect_leaves(&self.params, "", &mut leaves);
        leaves.retain(|path| path.rsplit('.').next() == Some(key));
        leaves.into_iter().min_by_key(|path| path.len())
    }
}

impl SeriesNames {
    fn add(&mut self, name: &str, context: &Context) {
        let contexts = match self.names.get_mut(name) {
            Some(contexts) => contexts,
            None => self.names.entry(name.to_owned()).or_default(),
        };
        match contexts.get_mut(context) {
            Some(runs) => *runs += 1,
            None => _ = contexts.insert(context.clone(), 1),
        }
        add_params(&mut self.context_keys, context.as_params(), 0);
    }
}

impl Param {
    /// What its values are and how many there are, for instance `float, 3 values in 6 runs`.
    pub fn detail(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().copied().collect();
        let kinds = kinds.join(" or ");
        let runs = if self.runs == 1 { "1 run".to_owned() } else { format!("{} runs", self.runs) };
        match self.values.len() {
            _ if self.has_more => format!("{kinds}, many values in {runs}"),
            0 => format!("{kinds} in {runs}"),
            1 => format!("{kinds}, 1 value in {runs}"),
            n => format!("{kinds}, {n} values in {runs}"),
        }
    }

    fn add(&mut self, key: &str, value: &ParamValue, depth: usize) {
        self.runs += 1;
        self.kinds.insert(kind_of(value));
        match value {
            ParamValue::Map(_) if key.starts_with("__") || depth == MOST_DEPTH => self.is_opaque = true,
            ParamValue::Map(map) => add_params(&mut self.children, map, depth + 1),
            ParamValue::List(_) => self.is_opaque = true,
            plain => self.add_value(plain),
        }
    }

    fn add_value(&mut self, value: &ParamValue) {
        if self.has_more {
            return;
        }
        let is_long = matches!(value, ParamValue::Text(text) if text.len() > MOST_VALUE_BYTES);
        if let Err(place) = self.values.binary_search_by(|known| by_size(known, value)) {
            if is_long || self.values.len() == MOST_VALUES {
                self.has_more = true;
                self.values = Vec::new();
            } else {
                self.values.insert(place, value.clone());
            }
        }
    }
}

/// Numbers by size, whole or not; everything else as values are ordered anyway.
fn by_size(a: &ParamValue, b: &ParamValue) -> Ordering {
    let number = |value: &ParamValue| match value {
        ParamValue::Int(number) => Some(*number as f64),
        ParamValue::Float(number) => Some(*number),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        _ => a.cmp(b),
    }
}

fn add_params(into: &mut BTreeMap<String, Param>, params: &Params, depth: usize) {
    for (key, value) in params {
        match into.get_mut(key) {
            Some(param) => param.add(key, value, depth),
            None => into.entry(key.clone()).or_default().add(key, value, depth),
        }
    }
}

fn count(into: &mut BTreeMap<String, usize>, name: &str) {
    match into.get_mut(name) {
        _ if name.is_empty() => {}
        Some(runs) => *runs += 1,
        None => _ = into.insert(name.to_owned(), 1),
    }
}

fn kind_of(value: &ParamValue) -> &'static str {
    match value {
        ParamValue::None => "None",
        ParamValue::Bool(_) => "bool",
        ParamValue::Int(_) => "int",
        ParamValue::Float(_) => "float",
        ParamValue::Text(_) => "text",
        ParamValue::List(_) => "list",
        ParamValue::Map(_) => "map",
    }
}

fn collect_leaves(params: &BTreeMap<String, Param>, prefix: &str, into: &mut Vec<String>) {
    for (key, param) in params {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        collect_leaves(&param.children, &path, into);
        into.push(path);
    }
}

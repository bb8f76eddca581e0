//! `trailmark runs diff`: runs side by side: what differs, and what became of their answers.

mod shape;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use trailmark_core::{Answer, ContentId, ParamValue, Params, RunId, SeriesKey, Step};
use trailmark_store::{
    ParamRow, Repository, RunData, compare_answers, compare_params, is_better_low, is_system,
};

use super::change::{Chosen, find};
use crate::terminal::{print, warn};
use crate::{DONE, show};

/// Where a run keeps what is known of the place that it ran in.
const SYSTEM: &str = "__system_params";

/// Shows runs side by side.
///
/// The first run is what the others are held against. Params, environment and packages are shown where they differ, metrics
/// with their last and best value and the difference to the first run, answers where they were fixed or broken.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
    #[command(flatten)]
    chosen: Chosen,
    /// Only these parts, divided by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
    /// Show what is the same too, and what measures the machine.
    #[arg(long)]
    all: bool,
    /// How many questions that changed are shown of each run; --json has all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print a JSON object.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  trailmark runs diff calm-fox bold-owl
  trailmark runs diff calm-fox bold-owl --only params,metrics --all
  trailmark runs diff -q 'run.experiment == \"squad\"' --only params --json

docs/commands.md has the shape of the JSON.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Part {
    /// What was set: hyper-parameters, data, model.
    Params,
    /// Last and best value of each metric.
    Metrics,
    /// Variables, command line, hardware.
    Environment,
    /// Packages and their versions.
    Packages,
    /// Branch, commit, whether there were changes.
    Code,
    /// Questions fixed and broken.
    Answers,
}

/// Runs side by side; parts that were not asked for are empty.
struct Compared<'a> {
    runs: &'a [RunData],
    params: Vec<ParamRow>,
    metrics: Vec<MetricRow>,
    environment: Vec<ParamRow>,
    packages: Vec<ParamRow>,
    code: Vec<ParamRow>,
    answers: Vec<AnswersRow>,
}

/// A metric in each run.
struct MetricRow {
    key: SeriesKey,
    values: Vec<Option<Measured>>,
}

/// What a run made of a metric.
#[derive(Debug, Clone, Copy)]
struct Measured {
    last: f64,
    last_step: Step,
    best: Option<(Step, f64)>,
    count: usize,
}

/// The answers of a run held against those of the first.
struct AnswersRow {
    /// The place of the run.
    run: usize,
    a: (Step, Vec<Answer>),
    b: (Step, Vec<Answer>),
    questions: BTreeMap<ContentId, String>,
}

pub(crate) fn diff(diff: &Diff) -> Result<u8> {
    let repository = diff.chosen.repository()?;
    let ids = distinct(find(&repository, &diff.chosen)?);
    if ids.len() < 2 {
        bail!("compare runs: got {}, want at least two", show::count(ids.len(), "run"));
    }
    let runs = ids.iter().map(|id| repository.read_run(*id)).collect::<Result<Vec<_>, _>>()?;
    for problem in runs.iter().flat_map(|run| &run.problems) {
        warn(&problem.to_string());
    }
    let compared = Compared::new(&repository, &runs, diff);
    if diff.json {
        print(&shape::json(&compared).to_string())?;
    } else {
        table::print_all(&compared, diff)?;
    }
    Ok(DONE)
}

fn distinct(ids: Vec<RunId>) -> Vec<RunId> {
    let mut seen = BTreeSet::new();
    ids.into_iter().filter(|id| seen.insert(*id)).collect()
}

impl Diff {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

impl<'a> Compared<'a> {
    fn new(repository: &Repository, runs: &'a [RunData], diff: &Diff) -> Self {
        let of = |part: Part, tree: fn(&RunData) -> Params| {
            let trees: Vec<Params> = runs.iter().filter(|_| diff.wants(part)).map(tree).collect();
            let mut rows = compare_params(&trees.iter().collect::<Vec<_>>());
            rows.retain(|row| diff.all || row.differs());
            rows
        };
        let (mut metrics, mut answers) = (Vec::new(), Vec::new());
        if diff.wants(Part::Metrics) {
            metrics = compare_metrics(runs, diff.all);
        }
        if diff.wants(Part::Answers) {
            answers = answers_of(repository, runs);
        }
        Self {
            runs,
            params: of(Part::Params, own_params),
            metrics,
            environment: of(Part::Environment, |run| {
                let mut params = system(run).cloned().unwrap_or_default();
                params.retain(|key, _| key != "packages" && key != "git_info");
                params
            }),
            packages: of(Part::Packages, |run| branch(run, "packages")),
            code: of(Part::Code, |run| branch(run, "git_info")),
            answers,
        }
    }
}

fn own_params(run: &RunData) -> Params {
    let own = run.params.iter().filter(|(key, _)| *key != SYSTEM);
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn system(run: &RunData) -> Option<&Params> {
    match run.params.get(SYSTEM) {
        Some(ParamValue::Map(map)) => Some(map),
        _ => None,
    }
}

fn branch(run: &RunData, name: &str) -> Params {
    match system(run).and_then(|system| system.get(name)) {
        Some(ParamValue::Map(map)) => map.clone(),
        _ => Params::new(),
    }
}

fn compare_metrics(runs: &[RunData], all: bool) -> Vec<MetricRow> {
    let keys: BTreeSet<&SeriesKey> =
        runs.iter().flat_map(|run| run.series.keys()).filter(|key| all || !is_system(key)).collect();
    let row = |key: &SeriesKey| {
        let values: Vec<_> = runs.iter().map(|run| measured(run, key)).collect();
        values.iter().any(Option::is_some).then(|| MetricRow { key: key.clone(), values })
    };
    keys.into_iter().filter_map(row).collect()
}

fn measured(run: &RunData, key: &SeriesKey) -> Option<Measured> {
    let series = run.series.get(key)?;
    let (last_step, last) = series.numbers().next_back()?;
    let is_low = is_better_low(&key.name);
    let is_better = |new: f64, old: f64| if is_low { new < old } else { new > old };
    let finite = series.numbers().filter(|(_, number)| number.is_finite());
    let best = finite.reduce(|best, new| if is_better(new.1, best.1) { new } else { best });
    Some(Measured { last, last_step, best, count: series.numbers().count() })
}

/// The last answers of the first run that has some, against those of each other.
fn answers_of(repository: &Repository, runs: &[RunData]) -> Vec<AnswersRow> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let Some(a) = first.last_answers() else { return Vec::new() };
    let mut rows = Vec::new();
    for (run, other) in (1..).zip(others) {
        let Some(b) = other.last_answers() else { continue };
        let mut questions = BTreeMap::new();
        for pack in first.packs.union(&other.packs) {
            match repository.texts(pack) {
                Ok(texts) => questions.extend(texts),
                // The answers are worth showing without their questions.
                Err(error) => warn(&error.to_string()),
            }
        }
        rows.push(AnswersRow { run, a: a.clone(), b, questions });
    }
    rows
}

impl AnswersRow {
    fn compared(&self) -> trailmark_store::ComparedAnswers<'_> {
        compare_answers(&self.a.1, &self.b.1)
    }

    /// The question's text, else its key.
    fn question<'a>(&'a self, answer: &'a Answer) -> &'a str {
        self.questions.get(&answer.question).unwrap_or(&answer.question_key)
    }
}

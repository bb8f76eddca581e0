//! `GET /api/v1/info` and `GET /api/v1/home`: the repository at a glance.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use trailmark_core::{Context, WallTime};
use trailmark_store::{Kind, RunItem};

use crate::app::App;
use crate::best::{best_of, headline};
use crate::dto;
use crate::error::ApiError;
use crate::face;

/// Runs in a list of the first page.
const LATEST: usize = 10;
/// Days that the activity covers.
const DAYS: f64 = 53.0 * 7.0;

/// `GET /api/v1/info`.
#[utoipa::path(
    get, path = "/api/v1/info", operation_id = "info", tag = "Repository",
    summary = "The repository, and how much it holds",
    responses(
        (status = 200, description = "The repository.", body = dto::Info),
    ),
)]
pub(crate) fn info(app: &App) -> Result<dto::Info, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let mut counts = dto::Counts::default();
    let (mut experiments, mut tags) = (BTreeSet::new(), BTreeSet::new());
    let (mut metrics, mut texts) = (BTreeSet::new(), BTreeSet::new());
    let mut problems = Vec::new();
    for item in &snapshot.runs {
        let row = &item.row;
        *(if row.is_archived { &mut counts.archived } else { &mut counts.runs }) += 1;
        counts.running += u64::from(item.is_running() && !row.is_archived);
        if !row.experiment.is_empty() {
            experiments.insert(row.experiment.as_str());
        }
        tags.extend(row.tags.iter().map(String::as_str));
        metrics.extend(item.numbers().map(|series| series.key.name.as_str()));
        texts.extend(item.texts().map(|series| series.key.name.as_str()));
        counts.answers += item.of_kind(Kind::Answer).map(|series| series.count).sum::<u64>();
        counts.logs += u64::from(item.of_kind(Kind::Log).next().is_some());
        let told = row.problems.iter();
        problems.extend(
            told.map(|problem| dto::Problem { run: row.id.to_string(), message: problem.to_string() }),
        );
    }
    counts.experiments = experiments.len() as u64;
    counts.tags = tags.len() as u64;
    counts.metrics = metrics.len() as u64;
    counts.texts = texts.len() as u64;
    Ok(dto::Info {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        repository: dto::RepositoryInfo {
            id: app.store.id().to_owned(),
            name: name(&app.path),
            path: app.path.to_string_lossy().into_owned(),
        },
        counts,
        disk_bytes: app.disk_bytes()?,
        started_at: face::secs(app.started),
        problems,
    })
}

/// The folder's name; of a folder called `.trailmark` its parent's.
fn name(path: &Path) -> String {
    let path = match path.file_name() {
        Some(name) if name == ".trailmark" => path.parent().unwrap_or(path),
        _ => path,
    };
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// `GET /api/v1/home`.
#[utoipa::path(
    get, path = "/api/v1/home", operation_id = "home", tag = "Repository",
    summary = "What the first page shows",
    description = "`activity` covers the last 53 weeks in the server's time zone, days without runs left out.",
    responses(
        (status = 200, description = "What runs, what is new, what is best.", body = dto::Home),
    ),
)]
pub(crate) fn home(app: &App) -> Result<dto::Home, ApiError> {
    let snapshot = app.snapshots.fresh()?;
    let runs: Vec<&Arc<RunItem>> = snapshot.runs.iter().filter(|item| !item.row.is_archived).collect();
    let face = |item: &&Arc<RunItem>| face::run(app, item);
    let mut of_experiment: BTreeMap<&str, Vec<&Arc<RunItem>>> = BTreeMap::new();
    let mut of_tag: BTreeMap<&str, u64> = BTreeMap::new();
    for item in &runs {
        of_experiment.entry(&item.row.experiment).or_default().push(item);
        item.row.tags.iter().for_each(|tag| *of_tag.entry(tag).or_default() += 1);
    }
    let mut best = Vec::new();
    for (experiment, runs) in &of_experiment {
        best.extend(best_run(app, experiment, runs)?);
    }
    let mut experiments: Vec<dto::ExperimentCount> = of_experiment
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, runs)| dto::ExperimentCount {
            name: (*name).to_owned(),
            runs: runs.len() as u64,
            // Runs are newest first.
            last_created_at: runs.first().map_or(0.0, |item| face::secs(item.row.created)),
        })
        .collect();
    experiments.sort_by(|a, b| b.last_created_at.total_cmp(&a.last_created_at));
    let rank = |best: &dto::BestRun| experiments.iter().position(|one| one.name == best.experiment);
    best.sort_by_key(|best| rank(best).unwrap_or(usize::MAX));
    Ok(dto::Home {
        running: runs.iter().filter(|item| item.is_running()).map(face).collect::<Result<_, _>>()?,
        latest: runs.iter().take(LATEST).map(face).collect::<Result<_, _>>()?,
        best,
        activity: activity(&runs),
        experiments,
        tags: of_tag.into_iter().map(|(name, runs)| dto::Named { name: name.to_owned(), runs }).collect(),
        disk_bytes: app.disk_bytes()?,
    })
}

fn best_run(app: &App, experiment: &str, runs: &[&Arc<RunItem>]) -> Result<Option<dto::BestRun>, ApiError> {
    let runs: Vec<&RunItem> = runs.iter().map(|item| &***item).collect();
    let Some(selector) = headline(&runs) else { return Ok(None) };
    let ranked = best_of(&runs, &selector);
    let Some(best) = ranked.first() else { return Ok(None) };
    Ok(Some(dto::BestRun {
        experiment: experiment.to_owned(),
        metric: selector.name.clone(),
        context: face::context(selector.context.as_ref().unwrap_or(&Context::empty())),
        run: face::run(app, best.item)?,
        value: dto::Real(best.value),
        step: best.step,
        runs: ranked.len() as u64,
    }))
}

/// Runs by the local day of their creation, oldest first.
fn activity(runs: &[&Arc<RunItem>]) -> Vec<dto::Activity> {
    let zone = TimeZone::system();
    let now = face::secs(WallTime::from(std::time::SystemTime::now()));
    let mut days: BTreeMap<String, u64> = BTreeMap::new();
    for item in runs {
        let created = face::secs(item.row.created);
        if now - created > DAYS * 86_400.0 {
            continue;
        }
        // A time that no calendar has is left out.
        let Ok(time) = Timestamp::from_second(created as i64) else { continue };
        *days.entry(time.to_zoned_datetime(zone.clone()).date().to_string()).or_default() += 1;
    }
    let mut days: Vec<dto::Activity> =
        days.into_iter().map(|(day, runs)| dto::Activity { day, runs }).collect();
    days.sort_by_key(|day| Reverse(day.day.clone()));
    days.reverse();
    days
}

//! Runs as the page shows them.

use trailmark_core::{Context, End, RunStatus, WallTime};
use trailmark_store::{Kind, RunItem, SeriesRow};

use crate::app::App;
use crate::dto::{self, ParamTree, Real};
use crate::error::ApiError;

/// A context on the wire.
pub(crate) fn context(context: &Context) -> ParamTree {
    ParamTree(context.as_params().clone())
}

/// Seconds since 1970.
pub(crate) fn secs(time: WallTime) -> f64 {
    time.unix_secs()
}

/// A run as tables show it.
pub(crate) fn run(app: &App, item: &RunItem) -> Result<dto::Run, ApiError> {
    let row = &*item.row;
    let has = |kind: Kind| item.of_kind(kind).next().is_some();
    let checkpoints = app.checkpoints.of(&*app.store, item)?;
    let checkpoints = checkpoints.iter().map(|(step, path)| dto::Checkpoint {
        step: *step,
        path: path.to_string_lossy().into_owned(),
        is_here: path.exists(),
    });
    Ok(dto::Run {
        id: row.id.to_string(),
        name: row.name.clone(),
        experiment: row.experiment.clone(),
        description: row.description.clone(),
        status: status(&row.status),
        status_detail: status_detail(&row.status),
        created_at: secs(row.created),
        ended_at: row.ended.map(secs),
        updated_at: secs(row.latest),
        archived: row.is_archived,
        tags: row.tags.iter().cloned().collect(),
        params: ParamTree(row.params.clone()),
        metrics: item.numbers().filter_map(metric).collect(),
        has: dto::Has {
            texts: item.texts().len() > 0,
            answers: has(Kind::Answer),
            logs: has(Kind::Log),
            system: item.metrics().any(|series| trailmark_store::is_system(&series.key)),
        },
        checkpoints: checkpoints.collect(),
    })
}

/// The word for how a run stands.
pub(crate) fn status(status: &RunStatus) -> dto::Status {
    match status {
        RunStatus::Running => dto::Status::Running,
        RunStatus::Ended(End::Finished) => dto::Status::Finished,
        RunStatus::Ended(End::Failed { .. }) => dto::Status::Failed,
        RunStatus::Ended(End::Killed { .. }) => dto::Status::Killed,
        RunStatus::Crashed => dto::Status::Crashed,
    }
}

fn status_detail(status: &RunStatus) -> Option<dto::StatusDetail> {
    match status {
        RunStatus::Ended(End::Failed { exit_code, message }) => Some(dto::StatusDetail {
            message: Some(message.clone()).filter(|message| !message.is_empty()),
            exit_code: *exit_code,
            signal: None,
        }),
        RunStatus::Ended(End::Killed { signal }) => {
            Some(dto::StatusDetail { message: None, exit_code: None, signal: Some(*signal) })
        }
        _ => None,
    }
}

/// What a number series comes to; none for one without a number.
fn metric(series: &SeriesRow) -> Option<dto::Metric> {
    Some(dto::Metric {
        name: series.key.name.clone(),
        context: context(&series.key.context),
        count: series.count,
        first_step: series.first_step.0,
        last_step: series.last_step.0,
        last: Real(series.last?),
        min: series.min.map(|(_, value)| Real(value)),
        min_step: series.min.map(|(step, _)| step.0),
        max: series.max.map(|(_, value)| Real(value)),
        max_step: series.max.map(|(step, _)| step.0),
        last_epoch: series.last_epoch,
        nan_step: series.nan_step.map(|step| step.0),
    })
}

/// A series in the list of a run's series.
pub(crate) fn series(series: &SeriesRow) -> dto::SeriesEntry {
    dto::SeriesEntry {
        name: series.key.name.clone(),
        context: context(&series.key.context),
        kind: match series.kind {
            Kind::Text => dto::SeriesKind::Text,
            Kind::Log => dto::SeriesKind::Log,
            Kind::Answer => dto::SeriesKind::Answer,
            Kind::Image => dto::SeriesKind::Image,
            Kind::Audio => dto::SeriesKind::Audio,
            Kind::Figure => dto::SeriesKind::Figure,
            Kind::Distribution => dto::SeriesKind::Distribution,
            Kind::LogRecord => dto::SeriesKind::LogRecord,
            _ => dto::SeriesKind::Number,
        },
        count: series.count,
        first_step: series.first_step.0,
        last_step: series.last_step.0,
    }
}

//! The model before any training, measured as the others are: what the demo's numbers have to be seen beside.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Context, Edit, End, ParamValue, Recorder as _, RunId, RunStatus, SeriesKey, Value};
use trailmark_store::{Repository, Store as _};

use crate::demo::grid::Plan;
use crate::session::Session;
use crate::signals::{self, Manner};
use crate::terminal::{record_in, say, warn};
use crate::{FAILED, evaluate, fs};

/// EM and F1 in percent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Baseline {
    pub(super) exact_match: f64,
    pub(super) f1: f64,
}

/// The file that says which run holds the numbers.
const RUN_FILE: &str = "run.txt";

/// Measures the untrained model and records a run of it, or reads the run of an earlier time.
pub(super) fn measure(session: &Session, plan: &Plan<'_>, repository: &Repository) -> Result<Baseline> {
    let folder = plan.folder.join("untrained");
    let file = folder.join(RUN_FILE);
    let known = fs::read_text_if_any(&file)?.and_then(|text| text.trim().parse::<RunId>().ok());
    if let Some(baseline) = known.and_then(|run| read(repository, run)) {
        return Ok(baseline);
    }
    fs::create_folder(&folder)?;
    let starting = signals::hold(Manner::Soon);
    let run = Arc::new(Run::start(RunOptions {
        repository: session.repository.clone(),
        // One that was stopped before it had a number is gone on with.
        run: known.filter(|run| repository.run(*run).is_ok()),
        name: None,
        experiment: session.experiment.clone(),
    })?);
    fs::replace(&file, format!("{}\n", run.id()).as_bytes()).context("remember the untrained model's run")?;
    let recording = record_in(run.clone());
    drop(starting);
    signals::end_if_stopped();
    let found = evaluate::measure(plan.model, &plan.parts.eval);
    // From here to its end it takes a moment, which a signal waits for.
    let _signals = signals::hold(Manner::Soon);
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            drop(recording);
            let end = End::Failed { exit_code: Some(i32::from(FAILED)), message: format!("{error:#}") };
            // The first error is the one to tell.
            let _ = run.finish(end);
            return Err(error);
        }
    };
    let baseline = Baseline { exact_match: found.exact_match.unwrap_or(0.0), f1: found.f1.unwrap_or(0.0) };
    let model = plan.model.to_string_lossy().into_owned();
    run.set_param(&["model"], ParamValue::Text(model));
    run.set_param(&["data", "n_eval_questions"], ParamValue::Int(plan.parts.eval.examples.len() as i64));
    run.edit(Edit::AddTag("untrained".to_owned()));
    let numbers = [("loss", found.loss), ("exact_match", baseline.exact_match), ("f1", baseline.f1)];
    for (name, number) in numbers {
        run.track(name, &Context::subset("eval"), At::step(0), Value::Float(number));
    }
    say(&format!("untrained: EM {:.2}, F1 {:.2}", baseline.exact_match, baseline.f1));
    drop(recording);
    if let Err(loss) = run.finish(End::Finished) {
        warn(&loss.to_string());
    }
    Ok(baseline)
}

/// The numbers of a run that finished.
fn read(repository: &Repository, run: RunId) -> Option<Baseline> {
    // A run that is not there any more is measured again.
    let run = repository.read_run(run).ok()?;
    let last = |name: &str| run.series.get(&SeriesKey::new(name, Context::subset("eval")))?.last();
    let baseline = Baseline { exact_match: last("exact_match")?, f1: last("f1")? };
    (run.status == RunStatus::Ended(End::Finished)).then_some(baseline)
}

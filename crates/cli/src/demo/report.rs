//! What the demo says at its end.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use trailmark_core::{Context, SeriesKey};
use trailmark_store::{Repository, RunData, best};

use crate::demo::asked::Answered;
use crate::demo::baseline::Baseline;
use crate::demo::grid::Row;
use crate::show;
use crate::terminal::print;

/// All runs, the best of them, and what to see them beside.
pub(super) struct Outcome<'a> {
    repository: PathBuf,
    rows: &'a [Row],
    runs: Vec<RunData>,
    pub(super) best: RunData,
    step: i64,
    exact_match: f64,
    f1: f64,
    /// The folder of the best model.
    pub(super) checkpoint: PathBuf,
    baseline: Baseline,
}

impl<'a> Outcome<'a> {
    /// Reads what the runs recorded.
    pub(super) fn read(repository: &Repository, rows: &'a [Row], baseline: Baseline) -> Result<Self> {
        let runs = rows.iter().map(|row| repository.read_run(row.done.run)).collect::<Result<Vec<_>, _>>()?;
        let best = best(&runs, &"f1".parse()?, true)?;
        let checkpoint = best.checkpoint.clone().context("find the best run's checkpoint")?;
        let series = best.run.series.get(&SeriesKey::new("exact_match", Context::subset("eval")));
        let exact_match = series.and_then(|series| series.numbers().find(|(step, _)| *step == best.step));
        let exact_match = exact_match.context("find the best run's exact match")?.1;
        let (step, f1, best) = (best.step.0, best.value, best.run.clone());
        let repository = repository.path().to_owned();
        Ok(Self { repository, rows, runs, best, step, exact_match, f1, checkpoint, baseline })
    }

    /// One JSON object.
    pub(super) fn print_json(&self, answered: &[Answered]) -> Result<()> {
        let answers: Vec<_> = answered
            .iter()
            .map(|one| {
                let found = &one.found;
                let mut row = json!({"question": one.asked.question, "answer": found.text, "start": found.start,
                                     "end": found.end, "score": show::number(found.score)});
                if let Some(id) = &one.asked.id {
                    row["id"] = json!(id);
                }
                row
            })
            .collect();
        let runs: Vec<_> = self.runs.iter().map(show::run_json).collect();
        let best = json!({"id": self.best.id.to_string(), "checkpoint": self.checkpoint,
                          "exact_match": self.exact_match, "f1": self.f1});
        let baseline = json!({"exact_match": self.baseline.exact_match, "f1": self.baseline.f1});
        let result = json!({"repo": self.repository, "runs": runs, "best": best, "baseline": baseline,
                            "answers": answers});
        print(&result.to_string())
    }

    /// The table of runs, the untrained model beside the best one, the answers, and where everything lies.
    pub(super) fn print(&self, answered: &[Answered], data: &Path) -> Result<()> {
        let head = ["run", "batch size", "learning rate", "epochs", "eval loss", "EM", "F1", "status"];
        let rows: Vec<Vec<String>> =
            self.rows.iter().zip(&self.runs).map(|(row, run)| cells(row, run)).collect();
        show::table(&head, &rows)?;
        print("")?;
        let (base, best) = (self.baseline, &self.best.name);
        let compared = [
            vec!["untrained".to_owned(), format!("{:.2}", base.exact_match), format!("{:.2}", base.f1)],
            vec![
                format!("best run, {best} at step {}", self.step),
                format!("{:.2}", self.exact_match),
                format!("{:.2}", self.f1),
            ],
        ];
        show::table(&["", "EM", "F1"], &compared)?;
        for one in answered {
            print(&format!("\n{}", one.asked.question))?;
            let gold = one.asked.gold.as_ref().filter(|gold| **gold != one.found.text);
            let gold = gold.map_or_else(String::new, |gold| format!("; wanted: {gold}"));
            print(&format!("  {} ({:.2}{gold})", one.found.text, one.found.score))?;
        }
        print(&format!("\nquestions:  {}", data.display()))?;
        print(&format!("checkpoint: {}", self.checkpoint.display()))?;
        print(&format!("repository: {}", self.repository.display()))
    }
}

fn cells(row: &Row, run: &RunData) -> Vec<String> {
    let eval = |name: &str| show::last(run, &SeriesKey::new(name, Context::subset("eval")));
    let state = if row.done.outcome.diverged { "diverged" } else { run.status.word() };
    let what = if row.is_continued { " (winner)" } else { "" };
    vec![
        format!("{}{what}", row.done.name),
        row.arguments.per_device_train_batch_size.to_string(),
        format!("{:e}", row.arguments.learning_rate),
        row.arguments.num_train_epochs.to_string(),
        eval("loss"),
        eval("exact_match"),
        eval("f1"),
        state.to_owned(),
    ]
}

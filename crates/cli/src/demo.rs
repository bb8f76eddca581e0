//! `trailmark demo`: the whole loop, from a pretrained encoder to answers.
//!
//! Every step leaves what it found in the repository and looks there first, so that the same command goes on after
//! Ctrl-C: a finished run is passed over, a half one is resumed.

mod asked;
mod baseline;
mod grid;
mod parts;
mod report;

use anyhow::Result;
use clap::Args;
use trailmark_qa::Tokenizer;
use trailmark_store::Repository;

use crate::session::Session;
use crate::terminal::say;
use crate::{DONE, INTERRUPTED, Place, model, signals, up};

use grid::{Plan, Row};
use parts::Parts;

/// The whole loop on a question set: a grid, its best run continued, questions answered.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark demo
  trailmark demo --model path/to/all-MiniLM-L6-v2 --data squad.json --repo runs

About three minutes on two cores. Ctrl-C leaves a valid repository; the same command goes on.")]
pub(crate) struct Demo {
    /// A pretrained BERT or DistilBERT encoder: a folder or a hub id [default: all-MiniLM-L6-v2, fetched once].
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Any SQuAD-shaped file, a tenth of its paragraphs held out [default: the question set that Trailmark ships].
    ///
    /// Of a large file about 5,000 questions are trained on and about 800 held out, which the demo then says;
    /// `trailmark train --train-file FILE` trains on all.
    #[arg(long, value_name = "FILE")]
    data: Option<String>,
    /// The seed of order, masks, new weights and, with --data, of the split.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// A few steps on a few questions: to see that everything works.
    #[arg(long)]
    quick: bool,
    /// End when the answers are printed, instead of serving the page; --json does so too.
    #[arg(long)]
    no_up: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// The experiment that the runs belong to.
const EXPERIMENT: &str = "demo";

pub(crate) fn run(demo: &Demo) -> Result<u8> {
    let started = std::time::Instant::now();
    let path = demo.place.path();
    let folder = match &demo.model {
        Some(model) => model::resolve(model, &path)?,
        None => model::pretrained()?,
    };
    let repository = Repository::open_or_create(&path)?;
    let session = Session::start((path.clone(), None), EXPERIMENT, None)?;
    let tokenizer = Tokenizer::load(&folder)?;
    let parts = Parts::load(demo.data.as_deref(), demo.seed, demo.quick)?;
    let data = parts.save(&path)?;
    say(&format!(
        "{} questions to train on, {} to measure with, none of their paragraphs shared: {}",
        parts.whole.examples.len(),
        parts.eval.examples.len(),
        data.display()
    ));
    let plan = Plan::new(&session, (&folder, &tokenizer), &parts, (demo.seed, demo.quick))?;
    let baseline = baseline::measure(&session, &plan, &repository)?;
    signals::end_if_stopped();
    let Some(rows) = train(&plan, &repository)? else {
        say(&format!("stopped; the same command goes on. Runs so far: {}", path.display()));
        return Ok(INTERRUPTED);
    };
    let result = report::Outcome::read(&repository, &rows, baseline)?;
    let asked = asked::questions(&parts.eval);
    let answered = asked::answer(&result.checkpoint, asked, &session)?;
    asked::record(&session, &result.best, &answered)?;
    signals::end_if_stopped();
    say(&format!("done in {:.0} s", started.elapsed().as_secs_f64()));
    if demo.json {
        result.print_json(&answered)?;
    } else {
        result.print(&answered, &data)?;
    }
    if demo.no_up || demo.json { Ok(DONE) } else { up::after(&path, &session.threads) }
}

/// The grid, and its best run continued; none when a signal stopped it.
fn train(plan: &Plan<'_>, repository: &Repository) -> Result<Option<Vec<Row>>> {
    let mut rows = Vec::new();
    for (label, arguments) in plan.grid() {
        signals::end_if_stopped();
        if !plan.train(&mut rows, (&label, arguments), None)? {
            return Ok(None);
        }
    }
    signals::end_if_stopped();
    let (checkpoint, winner) = grid::winner(repository, &rows)?;
    let (label, arguments) = plan.continued(&winner);
    Ok(plan.train(&mut rows, (&label, arguments), Some(&checkpoint))?.then_some(rows))
}

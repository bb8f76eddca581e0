//! Checkpoints that answer for the server, and runs that keep what was asked.
//!
//! A model is loaded when it is first asked and stays while it is among the last few that were; a checkpoint that was
//! written again is loaded again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use trailmark_client::{Run, RunOptions};
use trailmark_core::{At, Candidate, End, Recorder as _, RunId, RunStatus, Value, WallTime};
use trailmark_encoder::Threads;
use trailmark_qa::{Answers, GlobalOptions};
use trailmark_reader::{AskOptions, Mode, Question, Reader};
use trailmark_server::{Answered, Answerer, AskError, Asked, Keeper, KeptText};
use trailmark_store::{Repository, Store as _};

/// Models that stay in memory.
const MOST_MODELS: usize = 3;
/// Tokens of an answer at most.
const MAX_ANSWER_LEN: usize = 30;

/// A model that may be loaded.
type Slot = Arc<Mutex<Option<Reader>>>;

/// The models that were asked last.
#[derive(Debug)]
pub(crate) struct Readers {
    threads: Threads,
    /// Folder, time of its weights, model; asked last first. Held for a look; a slot is held while its model loads or
    /// answers, and never waited for under this lock.
    slots: Mutex<Vec<(PathBuf, Option<SystemTime>, Slot)>>,
}

impl Readers {
    pub(crate) fn new(threads: Threads) -> Self {
        Self { threads, slots: Mutex::default() }
    }

    fn slot(&self, folder: &Path) -> Slot {
        // A folder without weights is refused when it is loaded.
        let written = folder.join("model.safetensors").metadata().and_then(|data| data.modified()).ok();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|(path, time, _)| path == folder && *time == written);
        let slot = match known {
            Some(place) => slots.remove(place),
            None => (folder.to_owned(), written, Slot::default()),
        };
        let model = Arc::clone(&slot.2);
        slots.retain(|(path, ..)| path != folder);
        slots.insert(0, slot);
        slots.truncate(MOST_MODELS);
        model
    }
}

impl Answerer for Readers {
    fn answer(&self, folder: &Path, asked: &Asked<'_>) -> Result<Answered, AskError> {
        let slot = self.slot(folder);
        let mut model = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = match &mut *model {
            Some(reader) => reader,
            None => model.insert(Reader::load(folder, &self.threads).map_err(error)?),
        };
        let began = Instant::now();
        let context: Arc<str> = Arc::from(asked.context);
        let questions = asked.questions.iter().map(|question| Question {
            id: question.clone(),
            question: question.clone(),
            context: Arc::clone(&context),
        });
        let questions: Vec<Question> = questions.collect();
        let options = GlobalOptions {
            top_k: asked.top_k,
            max_answer_len: MAX_ANSWER_LEN,
            handle_impossible_answer: false,
            temperature: 1.0,
        };
        let options = AskOptions { max_seq_len: None, doc_stride: None, mode: Mode::Global(options) };
        let answers = reader.answer(&questions, &options).map_err(error)?;
        let millis = began.elapsed().as_secs_f64() * 1e3;
        Ok(Answered { millis, found: answers.into_iter().map(candidates).collect() })
    }
}

fn candidates(answers: Answers) -> Vec<Candidate> {
    let each = answers.found.into_iter();
    each.map(|found| Candidate { text: found.text, start: found.start, end: found.end, score: found.score })
        .collect()
}

fn error(error: trailmark_reader::Error) -> AskError {
    let is_question = matches!(error, trailmark_reader::Error::Qa(_));
    AskError { message: format!("{:#}", anyhow::Error::new(error)), is_question }
}

/// Keeps questions and answers in a repository.
#[derive(Debug)]
pub(crate) struct Notes {
    /// The repository's folder.
    pub(crate) repository: PathBuf,
}

impl Keeper for Notes {
    fn keep(&self, run: Option<RunId>, texts: &[KeptText]) -> Result<RunId, AskError> {
        let own = |error: anyhow::Error| AskError { message: format!("{error:#}"), is_question: false };
        // A run that ended stays what it was, and as long as it was.
        let ended = run.map(|id| self.end_of(id)).transpose().map_err(|error| own(error.into()))?.flatten();
        let repository = self.repository.clone();
        let options = RunOptions { repository, run, name: None, experiment: "ask".to_owned() };
        let run = Run::start(options).map_err(|error| own(error.into()))?;
        for text in texts {
            run.track(text.name, &text.context, At::default(), Value::Text(text.text.clone()));
        }
        let id = run.id();
        let finished = match ended {
            Some((end, time)) => run.finish_as_of(end, time),
            None => run.finish(End::Finished),
        };
        finished.map_err(|loss| own(loss.into()))?;
        Ok(id)
    }
}

impl Notes {
    /// How and when a run ended; none for one that is being recorded.
    fn end_of(&self, run: RunId) -> Result<Option<(End, WallTime)>, trailmark_store::Error> {
        let row = Repository::open(&self.repository)?.run(run)?;
        Ok(match &row.status {
            RunStatus::Ended(end) => Some((end.clone(), row.ended.unwrap_or(row.latest))),
            RunStatus::Crashed => {
                Some((End::Failed { exit_code: None, message: "crashed".to_owned() }, row.latest))
            }
            RunStatus::Running => None,
        })
    }
}

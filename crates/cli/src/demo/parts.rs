//! What the demo trains on and is measured by.

use std::path::{Path, PathBuf};

use anyhow::Result;
use trailmark_qa::split::{self, Group, TestSize};
use trailmark_qa::{Dataset, questions};

use crate::terminal::say;
use crate::{data, fs};

/// Questions that a run of the grid trains on.
const GRID_QUESTIONS: usize = 640;
/// Questions of a file that are trained on and held out at most: the demo is no whole training.
const MOST_QUESTIONS: usize = 5_000;
const MOST_HELD_OUT: usize = 800;
/// The same three counts with --quick.
const QUICK: [usize; 3] = [64, 192, 48];

pub(super) struct Parts {
    /// What the grid trains on, a part of `whole`.
    pub(super) grid: Dataset,
    pub(super) whole: Dataset,
    pub(super) eval: Dataset,
}

impl Parts {
    /// The set that ships, or a file split by paragraph.
    pub(super) fn load(file: Option<&str>, seed: u64, quick: bool) -> Result<Self> {
        let (train, eval) = match file {
            None => {
                let set = questions::question_set()?;
                (set.train, set.eval)
            }
            Some(file) => {
                let set = data::load(file, data::Part::Train)?;
                let split = split::by_group(&set, Group::Paragraph, TestSize::Fraction(0.1), seed)?;
                (set.select(&split.train), set.select(&split.test))
            }
        };
        let most = if file.is_some() { MOST_QUESTIONS } else { usize::MAX };
        let held_out = if file.is_some() { MOST_HELD_OUT } else { usize::MAX };
        let [grid, whole, eval_size] = if quick { QUICK } else { [GRID_QUESTIONS, most, held_out] };
        let n_all = train.examples.len() + eval.examples.len();
        let (whole, eval) = (sample(train, whole, seed)?, sample(eval, eval_size, seed)?);
        let n_used = whole.examples.len() + eval.examples.len();
        if let Some(file) = file.filter(|_| n_used < n_all) {
            say(&format!(
                "the demo takes {n_used} of the {n_all} questions; all: trailmark train --train-file {file}"
            ));
        }
        Ok(Self { grid: sample(whole.clone(), grid, seed)?, whole, eval })
    }

    /// Writes both parts as SQuAD JSON into the folder `demo` of a repository, for people to read.
    pub(super) fn save(&self, repository: &Path) -> Result<PathBuf> {
        let folder = repository.join("demo");
        fs::create_folder(&folder)?;
        self.whole.save(&folder.join("train.json"))?;
        self.eval.save(&folder.join("eval.json"))?;
        Ok(folder)
    }
}

/// Whole paragraphs, drawn, with about `count` questions; the set itself when it has no more.
fn sample(set: Dataset, count: usize, seed: u64) -> Result<Dataset> {
    if set.examples.len() <= count {
        return Ok(set);
    }
    let split = split::by_group(&set, Group::Paragraph, TestSize::Count(count), seed)?;
    Ok(set.select(&split.test))
}

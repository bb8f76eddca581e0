//! Recipes: everything that a run or a sweep needs, in one TOML file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use trailmark_qa::Dataset;
use trailmark_qa::split::{self, Group, TestSize};
use trailmark_tune::TrainingArguments;

/// A recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// A model: a folder, or best:METRIC.
    pub(crate) model: String,
    /// The experiment that its runs belong to.
    #[serde(default = "experiment")]
    pub(crate) experiment: String,
    /// Where checkpoints go; a folder for each run is made below it.
    pub(crate) output_dir: Option<PathBuf>,
    pub(crate) data: Data,
    /// Hugging Face's TrainingArguments.
    #[serde(default)]
    pub(crate) training: TrainingArguments,
    /// For a sweep: the values of some training arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) grid: BTreeMap<String, Vec<toml::Value>>,
}

/// What is trained and measured on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data {
    pub(crate) train: PathBuf,
    /// Without it a part of `train` is held out.
    pub(crate) eval: Option<PathBuf>,
    #[serde(default = "test_size")]
    pub(crate) test_size: f64,
    /// What stays together when a part is held out: paragraph, title or row (as `datasets` splits).
    #[serde(default = "split_by")]
    pub(crate) split_by: SplitBy,
    /// The seed of the split.
    #[serde(default = "split_seed")]
    pub(crate) split_seed: u64,
}

/// What stays together in a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SplitBy {
    Paragraph,
    Title,
    Row,
}

fn experiment() -> String {
    "question-answering".to_owned()
}

fn test_size() -> f64 {
    0.2
}

fn split_by() -> SplitBy {
    SplitBy::Paragraph
}

fn split_seed() -> u64 {
    42
}

impl Recipe {
    /// Reads a recipe; `overrides` are `name=value` for training arguments. Paths are taken from the recipe's folder
    /// where they are there, else from here.
    pub(crate) fn load(path: &Path, overrides: &[String]) -> Result<Self> {
        let text = crate::session::read_text(path)?;
        let mut table: toml::Table =
            toml::from_str(&text).with_context(|| format!("read a recipe: {}", path.display()))?;
        let training = table.entry("training").or_insert_with(|| toml::Table::new().into());
        for pair in overrides {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("--set: got {pair:?}, want NAME=VALUE with a training argument's name");
            };
            let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"));
            let value = parsed.ok().and_then(|mut table| table.remove("value"));
            let value = value.unwrap_or_else(|| pair.split_once('=').map_or("", |(_, text)| text).into());
            if let Some(table) = training.as_table_mut() {
                table.insert(name.to_owned(), value);
            }
        }
        let mut recipe: Self =
            table.try_into().with_context(|| format!("read a recipe: {}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let place = |file: &mut PathBuf| {
            if file.is_relative() && folder.join(&file).exists() {
                *file = folder.join(&file);
            }
        };
        place(&mut recipe.data.train);
        recipe.data.eval.iter_mut().for_each(place);
        Ok(recipe)
    }

    /// One set of arguments for each combination of the grid, the last name changing fastest; with a short name.
    pub(crate) fn combinations(&self) -> Result<Vec<(String, TrainingArguments)>> {
        let base = toml::Table::try_from(&self.training).context("write training arguments")?;
        let mut all = vec![(String::new(), base)];
        for (name, values) in &self.grid {
            if values.is_empty() {
                bail!("[grid] {name}: got no value, want a list");
            }
            let mut next = Vec::new();
            for (label, table) in &all {
                for value in values {
                    let mut table = table.clone();
                    table.insert(name.clone(), value.clone());
                    let short = name.trim_start_matches("per_device_train_");
                    let label = format!("{label} {short}={value}").trim().to_owned();
                    next.push((label, table));
                }
            }
            all = next;
        }
        all.into_iter()
            .map(|(label, table)| {
                let arguments: TrainingArguments = table.try_into().context("[grid]")?;
                arguments.check()?;
                Ok((label, arguments))
            })
            .collect()
    }
}

impl Data {
    /// Loads both parts and tells what is wrong with them.
    pub(crate) fn load(&self) -> Result<(Dataset, Dataset)> {
        let train = load(&self.train)?;
        if let Some(eval) = &self.eval {
            let eval = load(eval)?;
            tell_leak(split::leak_between(&train, &eval));
            return Ok((train, eval));
        }
        let size = TestSize::Fraction(self.test_size);
        let parts = match self.split_by {
            SplitBy::Row => split::by_row(train.examples.len(), size, self.split_seed)?,
            SplitBy::Paragraph => split::by_group(&train, Group::Paragraph, size, self.split_seed)?,
            SplitBy::Title => split::by_group(&train, Group::Title, size, self.split_seed)?,
        };
        tell_leak(split::leak(&train, &parts));
        Ok((train.select(&parts.train), train.select(&parts.test)))
    }
}

fn tell_leak(leak: f64) {
    if leak > 0.0 {
        eprintln!(
            "warning: {:.1} % of the evaluation questions have their paragraph in training",
            100.0 * leak
        );
    }
}

/// Loads a data set and tells what was mended or left out.
pub(crate) fn load(path: &Path) -> Result<Dataset> {
    let set = Dataset::load(path)?;
    if !set.problems.is_empty() {
        eprintln!("warning: {} problems in {}:", set.problems.len(), path.display());
        set.problems.iter().take(10).for_each(|problem| eprintln!("  {problem}"));
    }
    Ok(set)
}

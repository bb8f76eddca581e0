//! Recipes: everything that a run or a sweep needs, in one TOML file, in flags, or in both: a flag wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use trailmark_qa::Dataset;
use trailmark_qa::split::{self, Group, TestSize};
use trailmark_tune::TrainingArguments;

use crate::arguments::{self, TrainingFlags};
use crate::data::{self, Part};
use crate::{fs, terminal};

/// A recipe.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// A model: a folder, a hub id, or best:METRIC.
    pub(crate) model: String,
    /// The experiment that its runs belong to.
    #[serde(default = "experiment")]
    pub(crate) experiment: String,
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
    pub(crate) train_file: String,
    /// Without it a part of `train_file` is held out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validation_file: Option<String>,
    #[serde(default = "test_size")]
    pub(crate) test_size: f64,
    /// What stays together when a part is held out.
    #[serde(default = "split_by")]
    pub(crate) split_by: SplitBy,
    /// The seed of the split.
    #[serde(default = "split_seed")]
    pub(crate) split_seed: u64,
}

/// What stays together in a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SplitBy {
    /// All questions of a paragraph: nothing leaks.
    Paragraph,
    /// All questions of an article.
    Title,
    /// Nothing: rows, as `datasets.train_test_split` does.
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

/// A recipe's settings as flags.
#[derive(Args)]
pub(crate) struct Flags {
    /// The recipe: model, data and training arguments in TOML; not needed when flags say all.
    #[arg(value_name = "RECIPE.toml")]
    recipe: Option<PathBuf>,
    /// The model to begin with: a folder, a hub id (owner/name), or best:METRIC of the repository.
    #[arg(long, aliases = ["model_name_or_path", "model-name-or-path"], value_name = "MODEL")]
    model: Option<String>,
    /// What to train on: SQuAD's JSON, flat JSON, JSON lines or Parquet; a file, a folder, or a data set of the hub.
    #[arg(long, alias = "train_file", value_name = "FILE")]
    train_file: Option<String>,
    /// What to measure with; without it a part of the training file is held out.
    #[arg(long, alias = "validation_file", value_name = "FILE")]
    validation_file: Option<String>,
    /// The share that is held out [default: 0.2].
    #[arg(long, alias = "test_size", value_name = "SHARE")]
    test_size: Option<f64>,
    /// What stays together when a part is held out [default: paragraph].
    #[arg(long, alias = "split_by", value_enum)]
    split_by: Option<SplitBy>,
    /// The seed of the split [default: 42].
    #[arg(long, alias = "split_seed", value_name = "SEED")]
    split_seed: Option<i64>,
    /// The experiment that the runs belong to [default: question-answering].
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
    #[command(flatten)]
    training: TrainingFlags,
}

/// Keys of each table, for messages about wrong ones.
const KEYS: [(&str, &[&str]); 2] = [
    ("", &["model", "experiment", "data", "training", "grid"]),
    ("data", &["train_file", "validation_file", "test_size", "split_by", "split_seed"]),
];

impl Recipe {
    /// Reads the recipe, if flags name one, and lets the other flags win. Paths of a recipe are taken from its folder
    /// where they are there, else from here.
    pub(crate) fn load(flags: &Flags) -> Result<Self> {
        let mut table = match &flags.recipe {
            Some(path) => read(path).with_context(|| format!("read a recipe: {}", path.display()))?,
            None => toml::Table::new(),
        };
        flags.put_into(&mut table)?;
        if !table.contains_key("model") {
            bail!("read a recipe: got no model, want a folder, a hub id or best:METRIC (--model)");
        }
        let data = table.get("data").and_then(toml::Value::as_table);
        if data.is_none_or(|data| !data.contains_key("train_file")) {
            bail!("read a recipe: got no training data, want a file (--train-file)");
        }
        // The text behind the message says at which key.
        let wrong = |error: toml::de::Error| {
            anyhow::anyhow!("read a recipe: {}", error.to_string().trim().replace('\n', " "))
        };
        let recipe: Self = table.try_into().map_err(wrong)?;
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
                    let label = format!("{label} {short}={}", short_text(value)).trim().to_owned();
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

/// A value of a grid in few characters.
fn short_text(value: &toml::Value) -> String {
    match value {
        toml::Value::Float(number) if !(1e-3..1e6).contains(&number.abs()) => format!("{number:e}"),
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Flags {
    fn put_into(&self, table: &mut toml::Table) -> Result<()> {
        let text = |value: &Option<String>| value.clone().map(toml::Value::from);
        let split_by = self.split_by.and_then(|by| toml::Value::try_from(by).ok());
        let given = [
            ("", "model", text(&self.model)),
            ("", "experiment", text(&self.experiment)),
            ("data", "train_file", text(&self.train_file)),
            ("data", "validation_file", text(&self.validation_file)),
            ("data", "test_size", self.test_size.map(Into::into)),
            ("data", "split_by", split_by),
            ("data", "split_seed", self.split_seed.map(Into::into)),
        ];
        let training = self.training.0.iter().map(|(name, value)| ("training", name.as_str(), value.clone()));
        let given = given.into_iter().filter_map(|(section, name, value)| Some((section, name, value?)));
        for (section, name, value) in given.chain(training) {
            if section == "training" {
                arguments::check(name, &value)?;
            }
            let place = match section {
                "" => &mut *table,
                _ => section_of(table, section)?,
            };
            place.insert(name.to_owned(), value);
            // A flag that sets what the grid varies would otherwise say nothing.
            if let Some(toml::Value::Table(grid)) = table.get_mut("grid").filter(|_| section == "training") {
                grid.remove(name);
            }
        }
        Ok(())
    }
}

fn section_of<'a>(table: &'a mut toml::Table, name: &str) -> Result<&'a mut toml::Table> {
    let section = table.entry(name).or_insert_with(|| toml::Table::new().into());
    section.as_table_mut().with_context(|| format!("[{name}]: want a table"))
}

/// A recipe's table with its keys checked and its paths taken from its folder.
fn read(path: &Path) -> Result<toml::Table> {
    let text = fs::read_text(path)?;
    let mut table: toml::Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
        let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
        let line = before.lines().count().max(1);
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        anyhow::anyhow!("{}, line {line} column {column}", error.message().trim().replace('\n', ", "))
    })?;
    for (section, known) in KEYS {
        let here =
            if section.is_empty() { Some(&table) } else { table.get(section).and_then(|s| s.as_table()) };
        let mut keys = here.into_iter().flat_map(toml::Table::keys);
        if let Some(key) = keys.find(|key| !known.contains(&key.as_str())) {
            let near = arguments::nearest(key, known.iter().copied());
            let near = near.map_or_else(
                || format!("want one of {}", known.join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            let place = if section.is_empty() { String::new() } else { format!("[{section}] ") };
            bail!("{place}{key:?}: unknown, {near}");
        }
    }
    if let Some(training) = table.get("training").and_then(toml::Value::as_table) {
        training.iter().try_for_each(|(name, value)| arguments::check(name, value))?;
    }
    if let Some(grid) = table.get("grid").and_then(toml::Value::as_table) {
        for (name, values) in grid {
            let values =
                values.as_array().with_context(|| format!("[grid] {name}: want a list of values"))?;
            values.iter().try_for_each(|value| arguments::check(name, value)).context("[grid]")?;
        }
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    if let Some(data) = table.get_mut("data").and_then(toml::Value::as_table_mut) {
        for name in ["train_file", "validation_file"] {
            if let Some(toml::Value::String(file)) = data.get_mut(name)
                && folder.join(&*file).exists()
            {
                *file = folder.join(&*file).to_string_lossy().into_owned();
            }
        }
    }
    Ok(table)
}

impl Data {
    /// Loads both parts and tells what is wrong with them.
    pub(crate) fn load(&self) -> Result<(Dataset, Dataset)> {
        let train = data::load(&self.train_file, Part::Train)?;
        if let Some(file) = &self.validation_file {
            let eval = data::load(file, Part::Eval)?;
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
        let percent = 100.0 * leak;
        terminal::warn(&format!(
            "{percent:.1} % of the evaluation questions have their paragraph in training"
        ));
    }
}

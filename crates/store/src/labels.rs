//! `labels.toml`: what people say of tags and experiments as such: a colour, a description.
//!
//! Which runs have a tag or belong to an experiment lies with the runs. The file is small and read whole; a change writes
//! it anew beside the old one and renames. Two processes that change it at the same moment keep the change of the later
//! one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;

use toml::{Table, Value};

use crate::{Error, Repository};

/// The file's name.
pub(crate) const LABELS: &str = "labels.toml";

/// What a label is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelOf {
    /// A tag.
    Tag,
    /// An experiment.
    Experiment,
}

impl LabelOf {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Experiment => "experiment",
        }
    }
}

/// What people say of a tag or an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// Its colour, `#rrggbb`; empty for the one that its name gives it.
    pub color: String,
    /// What it means.
    pub description: String,
}

/// All labels, by what they are of and its name.
pub type Labels = BTreeMap<(LabelOf, String), Label>;

impl Repository {
    /// The labels.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    pub fn labels(&self) -> Result<Labels, Error> {
        let place = &self.inner.place;
        let path = place.path.join(LABELS);
        if !place.files.exists(&path) {
            return Ok(Labels::new());
        }
        read(&place.files.read(&path)?, &path)
    }

    /// Says something of a tag or experiment; an empty label says nothing any more. Answers what was said before.
    ///
    /// # Errors
    /// As [`Self::labels`], and [`Error::Full`].
    pub fn set_label(&self, of: LabelOf, name: &str, label: Label) -> Result<Label, Error> {
        let _one = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let mut labels = self.labels()?;
        let key = (of, name.to_owned());
        let before = labels.remove(&key).unwrap_or_default();
        if before == label {
            return self.keep_names().map(|()| before);
        }
        if label != Label::default() {
            labels.insert(key, label);
        }
        let place = &self.inner.place;
        place.files.replace(&place.path.join(LABELS), write(&labels).as_bytes())?;
        Ok(before)
    }
}

fn read(bytes: &[u8], path: &Path) -> Result<Labels, Error> {
    let broken = |reason: String| Error::Broken { reason, path: path.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
    let mut labels = Labels::new();
    for of in [LabelOf::Tag, LabelOf::Experiment] {
        let word = of.word();
        let Some(list) = table.get(word) else { continue };
        let list = list.as_array();
        let list = list.ok_or_else(|| broken(format!("got a {word} that is no table, want [[{word}]]")))?;
        for value in list {
            let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let name = text("name").ok_or_else(|| broken(format!("got a {word} without a name")))?;
            let label = Label {
                color: text("color").unwrap_or_default(),
                description: text("description").unwrap_or_default(),
            };
            labels.insert((of, name), label);
        }
    }
    Ok(labels)
}

fn write(labels: &Labels) -> String {
    let mut file = Table::new();
    for of in [LabelOf::Tag, LabelOf::Experiment] {
        let tables = labels.iter().filter(|((known, _), _)| *known == of).map(|((_, name), label)| {
            let fields = [("name", name), ("color", &label.color), ("description", &label.description)];
            let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
            let fields = fields.map(|(key, text)| (key.to_owned(), Value::String(text.clone())));
            Value::Table(fields.collect())
        });
        let tables: Vec<Value> = tables.collect();
        if !tables.is_empty() {
            file.insert(of.word().to_owned(), Value::Array(tables));
        }
    }
    file.to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_tags_and_experiments_is_found_by_another_process() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        assert_eq!(repository.labels().unwrap(), Labels::new());
        let red = Label { color: "#d03030".to_owned(), description: "goes \"wrong\"".to_owned() };
        assert_eq!(repository.set_label(LabelOf::Tag, "bad", red.clone()).unwrap(), Label::default());
        let about = Label { color: String::new(), description: "first\ntries".to_owned() };
        repository.set_label(LabelOf::Experiment, "bad", about.clone()).unwrap();
        let other = Repository::open(folder.path()).unwrap();
        let all: Vec<Label> = other.labels().unwrap().into_values().collect();
        assert_eq!(all, [red.clone(), about]);
        assert_eq!(other.set_label(LabelOf::Tag, "bad", Label::default()).unwrap(), red);
        assert_eq!(repository.labels().unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_holds_no_labels_is_told_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        for (text, want) in [("tag = 3", "want [[tag]]"), ("[[experiment]]\ncolor = \"x\"", "without a name")]
        {
            std::fs::write(folder.path().join(LABELS), text).unwrap();
            let error = repository.set_label(LabelOf::Tag, "a", Label::default()).unwrap_err().to_string();
            assert!(error.contains(want) && error.contains(LABELS), "{error}");
            assert_eq!(std::fs::read_to_string(folder.path().join(LABELS)).unwrap(), text);
        }
    }
}

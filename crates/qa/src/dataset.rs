//! SQuAD-shaped data: the official nesting, flat JSON, JSON lines and the hub's Parquet, checked on load.
//!
//! Positions count Unicode characters, as Python's do. A span that does not match its context is moved to where its
//! text stands, if that is one place, and else left out; either is told by id.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::{Error, fs, parquet};

/// Questions over contexts.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// In the file's order.
    pub examples: Vec<Example>,
    /// What was mended or left out, in the file's order.
    pub problems: Vec<Problem>,
    /// Whether some question has no answer on purpose (SQuAD 2).
    pub is_v2: bool,
}

/// One question over one context.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Unique in the set.
    pub id: String,
    /// The article; empty where the file has none.
    pub title: String,
    /// The question.
    pub question: String,
    /// The paragraph; equal paragraphs share one text.
    pub context: Arc<str>,
    /// Reference answers; none for a question without an answer, or an unlabelled one.
    pub answers: Vec<Gold>,
    /// Whether the question has no answer on purpose.
    pub is_impossible: bool,
}

/// A reference answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gold {
    /// Its text.
    pub text: String,
    /// Its first character in the context.
    pub start: usize,
}

impl Example {
    /// The texts of the reference answers.
    pub fn golds(&self) -> Vec<String> {
        self.answers.iter().map(|gold| gold.text.clone()).collect()
    }
}

/// Something in a file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The question's id.
    pub id: String,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The answer stands elsewhere; it was moved.
    Moved {
        /// Where the file says.
        from: usize,
        /// Where the text stands.
        to: usize,
    },
    /// The answer's text is not in the context, or in several places and in none of them that the file says.
    Unmatched {
        /// The answer.
        text: String,
        /// Where the file says.
        start: usize,
    },
    /// An earlier question has the same id; this one is left out.
    Duplicate,
    /// There is no context; the question is left out.
    EmptyContext,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.id)?;
        match &self.kind {
            ProblemKind::Moved { from, to } => write!(f, "answer moved from character {from} to {to}"),
            ProblemKind::Unmatched { text, start } => {
                write!(f, "left out: {text:?} is not at character {start}, nor at one other place")
            }
            ProblemKind::Duplicate => f.write_str("left out: the id was there before"),
            ProblemKind::EmptyContext => f.write_str("left out: the context is empty"),
        }
    }
}

impl Dataset {
    /// Reads a file: SQuAD's nesting, an array of flat rows, `{"data": rows}`, one row a line, or the hub's Parquet.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Json`], [`Error::Parquet`], [`Error::Shape`], [`Error::NoQuestions`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::load_all(&[path.to_owned()])
    }

    /// Reads files that are parts of one set, in this order.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_all(paths: &[PathBuf]) -> Result<Self, Error> {
        let first = paths.first().map_or(Path::new(""), PathBuf::as_path);
        let mut reader = Reader::new(first);
        for path in paths {
            reader.path = path;
            if fs::starts_with(path, parquet::MAGIC)? {
                let rows = parquet::rows(fs::open(path)?, path)?;
                reader.rows("row", &rows)?;
            } else {
                reader.text(&fs::read_to_string(path)?)?;
            }
        }
        reader.finish()
    }

    /// As [`Self::load`], from a text; `path` is named in errors.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_text(text: &str, path: &Path) -> Result<Self, Error> {
        let mut reader = Reader::new(path);
        reader.text(text)?;
        reader.finish()
    }

    /// Writes the set in SQuAD's nesting, beside an earlier file and renamed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        fs::replace(path, self.to_squad().as_bytes())
    }

    /// The set in SQuAD's nesting: examples of one article and of one paragraph go together where they follow each
    /// other.
    pub fn to_squad(&self) -> String {
        let mut articles: Vec<Value> = Vec::new();
        for article in self.examples.chunk_by(|a, b| a.title == b.title) {
            let paragraphs = article.chunk_by(|a, b| a.context == b.context);
            let paragraphs: Vec<Value> = paragraphs.map(|examples| paragraph(examples, self.is_v2)).collect();
            articles.push(json!({"title": article[0].title, "paragraphs": paragraphs}));
        }
        let version = if self.is_v2 { "v2.0" } else { "1.1" };
        format!("{:#}\n", json!({"version": version, "data": articles}))
    }

    fn empty() -> Self {
        Self { examples: Vec::new(), problems: Vec::new(), is_v2: false }
    }

    /// A set of some of the examples.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let examples = indices.iter().map(|index| self.examples[*index].clone()).collect();
        Self { examples, problems: Vec::new(), is_v2: self.is_v2 }
    }

    /// The paragraphs, each once, in the order of their first question.
    pub fn contexts(&self) -> Vec<Arc<str>> {
        let mut seen = HashSet::new();
        let contexts = self.examples.iter().map(|example| &example.context);
        contexts.filter(|context| seen.insert((*context).clone())).cloned().collect()
    }
}

struct Reader<'a> {
    path: &'a Path,
    contexts: HashSet<Arc<str>>,
    ids: HashSet<String>,
    set: Dataset,
}

impl<'a> Reader<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, contexts: HashSet::new(), ids: HashSet::new(), set: Dataset::empty() }
    }

    fn finish(self) -> Result<Dataset, Error> {
        if self.set.examples.is_empty() && self.set.problems.is_empty() {
            return Err(Error::NoQuestions { path: self.path.to_owned() });
        }
        Ok(self.set)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        let text = text.trim_start_matches('\u{feff}');
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.whole(&value),
            Err(error) => self.lines(text, &error),
        }
    }

    fn whole(&mut self, value: &Value) -> Result<(), Error> {
        match value {
            Value::Array(rows) => self.rows("", rows),
            Value::Object(map) => match map.get("data") {
                Some(Value::Array(rows)) if rows.iter().any(|row| row.get("paragraphs").is_some()) => {
                    for (index, article) in rows.iter().enumerate() {
                        self.article(&format!("data[{index}]"), article)?;
                    }
                    Ok(())
                }
                Some(Value::Array(rows)) => self.rows("data", rows),
                Some(other) => Err(self.shape("data", other, "a list")),
                None if map.contains_key("context") => self.row("the file", value),
                None => Err(self.shape("the file", value, "an object with \"data\", a list, or JSON lines")),
            },
            other => Err(self.shape("the file", other, "an object with \"data\", a list, or JSON lines")),
        }
    }

    fn lines(&mut self, text: &str, whole: &serde_json::Error) -> Result<(), Error> {
        // A broken file is told by the error of the whole, unless its first line is a row of its own.
        let mut first = true;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str::<Value>(line) {
                Ok(row @ Value::Object(_)) => self.row(&format!("line {}", index + 1), &row)?,
                Ok(other) => return Err(self.shape(&format!("line {}", index + 1), &other, "an object")),
                Err(_) if first => return Err(Error::json(whole, 0, self.path)),
                Err(error) => return Err(Error::json(&error, index, self.path)),
            }
            first = false;
        }
        Ok(())
    }

    fn article(&mut self, at: &str, article: &Value) -> Result<(), Error> {
        let title = article.get("title").and_then(Value::as_str).unwrap_or_default();
        for (index, paragraph) in self.list(at, article, "paragraphs")?.iter().enumerate() {
            let at = format!("{at}.paragraphs[{index}]");
            let context = self.text_of(&at, paragraph, "context")?;
            for (index, question) in self.list(&at, paragraph, "qas")?.iter().enumerate() {
                let at = format!("{at}.qas[{index}]");
                let mut golds = Vec::new();
                if let Some(Value::Array(answers)) = question.get("answers") {
                    for (index, answer) in answers.iter().enumerate() {
                        golds.push(self.gold(&format!("{at}.answers[{index}]"), answer)?);
                    }
                }
                self.example(&at, (title, context), question, golds)?;
            }
        }
        Ok(())
    }

    fn rows(&mut self, at: &str, rows: &[Value]) -> Result<(), Error> {
        for (index, row) in rows.iter().enumerate() {
            self.row(&format!("{at}[{index}]"), row)?;
        }
        Ok(())
    }

    fn row(&mut self, at: &str, row: &Value) -> Result<(), Error> {
        let context = self.text_of(at, row, "context")?;
        let title = row.get("title").and_then(Value::as_str).unwrap_or_default();
        // Some hub data sets keep `answers` as a JSON text.
        let parsed = match row.get("answers") {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(value) => value.clone(),
            None => Value::Null,
        };
        let mut golds = Vec::new();
        match &parsed {
            Value::Null => {}
            Value::Array(answers) => {
                for (index, answer) in answers.iter().enumerate() {
                    golds.push(self.gold(&format!("{at}.answers[{index}]"), answer)?);
                }
            }
            Value::Object(_) => {
                let at = format!("{at}.answers");
                let texts = self.list(&at, &parsed, "text")?;
                let starts = self.list(&at, &parsed, "answer_start")?;
                if texts.len() != starts.len() {
                    return Err(self.shape(&at, &parsed, "as many texts as starts"));
                }
                for (text, start) in texts.iter().zip(starts) {
                    let pair = serde_json::json!({"text": text, "answer_start": start});
                    golds.push(self.gold(&at, &pair)?);
                }
            }
            other => return Err(self.shape(&format!("{at}.answers"), other, "a list or an object")),
        }
        self.example(at, (title, context), row, golds)
    }

    fn gold(&self, at: &str, answer: &Value) -> Result<Gold, Error> {
        let text = self.text_of(at, answer, "text")?.to_owned();
        let start = answer.get("answer_start").unwrap_or(&Value::Null);
        let index = start.as_u64().or_else(|| start.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64));
        let index = index.ok_or_else(|| self.shape(&format!("{at}.answer_start"), start, "a position"))?;
        Ok(Gold { text, start: usize::try_from(index).unwrap_or(usize::MAX) })
    }

    fn example(
        &mut self,
        at: &str,
        (title, context): (&str, &str),
        row: &Value,
        golds: Vec<Gold>,
    ) -> Result<(), Error> {
        let question = self.text_of(at, row, "question")?.to_owned();
        let id = match row.get("id") {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => at.to_owned(),
        };
        let mut problem = |kind| self.set.problems.push(Problem { id: id.clone(), kind });
        if context.trim().is_empty() {
            problem(ProblemKind::EmptyContext);
            return Ok(());
        }
        if !self.ids.insert(id.clone()) {
            problem(ProblemKind::Duplicate);
            return Ok(());
        }
        let mut answers = Vec::new();
        for gold in golds {
            match place(context, &gold) {
                Some(start) => {
                    if start != gold.start {
                        problem(ProblemKind::Moved { from: gold.start, to: start });
                    }
                    answers.push(Gold { start, ..gold });
                }
                None => {
                    problem(ProblemKind::Unmatched { text: gold.text, start: gold.start });
                    return Ok(());
                }
            }
        }
        // Answers that are there and empty say so on purpose, as on the hub; a question without the field is unlabelled.
        let says = row.get("is_impossible").and_then(Value::as_bool);
        let is_impossible = says.unwrap_or(answers.is_empty() && row.get("answers").is_some());
        self.set.is_v2 |= is_impossible;
        if is_impossible {
            answers.clear();
        }
        let shared = match self.contexts.get(context) {
            Some(shared) => shared.clone(),
            None => {
                let shared: Arc<str> = Arc::from(context);
                self.contexts.insert(shared.clone());
                shared
            }
        };
        let title = title.to_owned();
        self.set.examples.push(Example { id, title, question, context: shared, answers, is_impossible });
        Ok(())
    }

    fn list<'v>(&self, at: &str, value: &'v Value, field: &str) -> Result<&'v Vec<Value>, Error> {
        let found = value.get(field).unwrap_or(&Value::Null);
        found.as_array().ok_or_else(|| self.shape(&format!("{at}.{field}"), found, "a list"))
    }

    fn text_of<'v>(&self, at: &str, value: &'v Value, field: &str) -> Result<&'v str, Error> {
        let found = value.get(field).unwrap_or(&Value::Null);
        found.as_str().ok_or_else(|| self.shape(&format!("{at}.{field}"), found, "a text"))
    }

    fn shape(&self, at: &str, got: &Value, want: &'static str) -> Error {
        let got = match got {
            Value::Null => "nothing".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            other => other.to_string().chars().take(40).collect(),
        };
        Error::Shape { at: at.to_owned(), got, want, path: self.path.to_owned() }
    }
}

/// Questions over one context, in SQuAD's form.
fn paragraph(examples: &[Example], is_v2: bool) -> Value {
    let question = |example: &Example| {
        let answers = example.answers.iter();
        let answers: Vec<Value> =
            answers.map(|gold| json!({"text": gold.text, "answer_start": gold.start})).collect();
        let mut row = json!({"id": example.id, "question": example.question});
        if is_v2 {
            row["is_impossible"] = json!(example.is_impossible);
        }
        // Without the field a question is unlabelled; with an empty one it has no answer on purpose.
        if example.is_impossible || !answers.is_empty() {
            row["answers"] = json!(answers);
        }
        row
    };
    json!({"context": &*examples[0].context, "qas": examples.iter().map(question).collect::<Vec<_>>()})
}

/// Where the answer stands: where it says, else the one place where its text is.
fn place(context: &str, gold: &Gold) -> Option<usize> {
    let says = context.char_indices().nth(gold.start).map(|(byte, _)| byte);
    if !gold.text.is_empty() && says.is_some_and(|byte| context[byte..].starts_with(&gold.text)) {
        return Some(gold.start);
    }
    let mut places = context.match_indices(gold.text.as_str()).filter(|(_, text)| !text.is_empty());
    let (byte, _) = places.next()?;
    if places.next().is_some() {
        return None;
    }
    Some(context[..byte].chars().count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Dataset, Error> {
        Dataset::from_text(text, Path::new("set.json"))
    }

    #[test]
    fn nested_flat_and_lines_hold_the_same() {
        let nested = r#"{"data":[{"title":"T","paragraphs":[{"context":"é is here","qas":[
            {"id":"1","question":"What?","answers":[{"text":"is","answer_start":2}]}]}]}]}"#;
        let row = r#"{"id":"1","title":"T","question":"What?","context":"é is here","answers":{"text":["is"],"answer_start":[2]}}"#;
        let set = read(nested).unwrap();
        assert_eq!(set.examples[0].answers, [Gold { text: "is".to_owned(), start: 2 }]);
        for text in
            [format!("[{row}]"), format!("{{\"data\":[{row}]}}"), row.to_owned(), format!("{row}\n\n")]
        {
            assert_eq!(read(&text).unwrap(), set);
        }
        let second = row.replace("\"id\":\"1\"", "\"id\":\"2\"");
        assert_eq!(read(&format!("{row}\n{second}\n")).unwrap().examples.len(), 2);
    }

    #[test]
    fn spans_that_do_not_match_are_moved_or_left_out_and_told() {
        let text = |answer: &str, start: u32| {
            format!(
                r#"[{{"id":"q","question":"?","context":"one two two","answers":{{"text":["{answer}"],"answer_start":[{start}]}}}}]"#
            )
        };
        let set = read(&text("one", 5)).unwrap();
        assert_eq!(set.examples[0].answers[0].start, 0);
        assert_eq!(set.problems[0].to_string(), "q: answer moved from character 5 to 0");
        for (answer, start) in [("two", 5), ("three", 0), ("one", 999)] {
            let set = read(&text(answer, start)).unwrap();
            assert_eq!(set.examples.len() + set.problems.len(), if answer == "one" { 2 } else { 1 });
        }
    }

    #[test]
    fn broken_files_name_their_place() {
        let say = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(say("{\n  \"data\": [}"), "read JSON: expected value, line 2 column 12: set.json");
        assert_eq!(say("{\"data\": 3}"), "read a data set: data: got 3, want a list: set.json");
        assert_eq!(say("[]"), "read a data set: got no question: set.json");
        assert!(say("[{\"context\":\"c\"}]").contains("[0].question: got nothing, want a text"));
        let row = r#"{"id":"1","question":"?","context":"c"}"#;
        assert!(say(&format!("{row}\n{{\"id\"")).contains("line 2 column 5"));
    }

    #[test]
    fn duplicates_and_empty_contexts_are_told() {
        let set = read(r#"[{"id":"a","question":"?","context":"c"},{"id":"a","question":"?","context":"c"},{"id":"b","question":"?","context":" "}]"#).unwrap();
        assert_eq!(set.examples.len(), 1);
        let kinds: Vec<_> = set.problems.into_iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Duplicate, ProblemKind::EmptyContext]);
        assert!(!set.is_v2);
    }
}

//! A table of facts: its rows, and the patterns that tell them and ask for them.

use serde::Deserialize;

use crate::Error;

/// One row in so many belongs to the evaluation part.
const EVAL_EVERY: usize = 6;

/// Compiles tables in, by name.
macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../questions/", $name, ".toml")))),*]
    };
}

/// Every table, by name.
const FILES: [(&str, &str); 36] = files!(
    "animals" "battles" "body" "books" "buildings" "cities" "companies" "composers" "countries" "counts" "days" "dishes" "divisions" "elements" "explorers" "films" "games" "gods" "instruments" "inventions" "islands" "lands" "languages" "members" "missions" "moons" "mountains" "offices" "paintings" "planets" "plants" "reasons" "rivers" "scientists" "sports" "units"
);

/// Which half of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Eval,
}

impl Part {
    /// Its word in ids.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Eval => "eval",
        }
    }
}

/// One kind of facts.
#[derive(Debug)]
pub(super) struct Table {
    /// The title of its paragraphs.
    pub(super) title: String,
    /// The names of the columns; the first holds what a row is about.
    pub(super) columns: Vec<String>,
    /// A value a column; none where a fact is not told.
    pub(super) rows: Vec<Vec<Option<String>>>,
    /// Whether a sentence tells the column; the others hold forms of the first column's value.
    pub(super) is_told: Vec<bool>,
    train: Patterns,
    eval: Patterns,
}

/// How a part's facts are told and asked.
#[derive(Debug)]
pub(super) struct Patterns {
    pub(super) say: Vec<Pattern>,
    pub(super) ask: Vec<Ask>,
}

/// A sentence or a question with gaps.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) pieces: Vec<Piece>,
    /// The columns of its gaps, each once.
    pub(super) columns: Vec<usize>,
}

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// The value of a column.
    Value(usize),
    /// `he`, `his` or `him`, or the forms for a row whose column `he` says `she`.
    Pronoun(&'static str),
}

/// A question and the column that answers it.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) pattern: Pattern,
    pub(super) answer: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    table: String,
    train: FilePatterns,
    eval: FilePatterns,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePatterns {
    say: String,
    ask: String,
}

/// Reads the tables that are compiled in.
pub(super) fn load_all() -> Result<Vec<Table>, Error> {
    FILES.iter().map(|(name, text)| Table::parse(name, text)).collect()
}

impl Table {
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Table { table: name.to_owned(), reason };
        let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut lines = file.table.lines().filter(|line| !line.trim().is_empty());
        let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let columns = cells(lines.next().unwrap_or_default());
        let mut rows = Vec::new();
        for line in lines {
            let row = cells(line);
            if row.len() != columns.len() || row.iter().any(String::is_empty) {
                return Err(wrong(format!("got {line:?}, want {} cells, none empty", columns.len())));
            }
            rows.push(row.into_iter().map(|cell| (cell != "-").then_some(cell)).collect());
        }
        let patterns = |part: &FilePatterns| Patterns::parse(part, &columns).map_err(wrong);
        let (train, eval) = (patterns(&file.train)?, patterns(&file.eval)?);
        let says = |part: &Patterns, column| part.say.iter().any(|one| one.columns.contains(&column));
        let is_told = (0..columns.len()).map(|column| says(&train, column) || says(&eval, column)).collect();
        Ok(Self { title: file.title, columns, rows, is_told, train, eval })
    }

    /// The patterns of a part.
    pub(super) fn patterns(&self, part: Part) -> &Patterns {
        match part {
            Part::Train => &self.train,
            Part::Eval => &self.eval,
        }
    }

    /// The rows of a part.
    pub(super) fn rows_of(&self, part: Part) -> Vec<usize> {
        let is_eval = |row: usize| row % EVAL_EVERY == EVAL_EVERY - 1;
        (0..self.rows.len()).filter(|row| is_eval(*row) == (part == Part::Eval)).collect()
    }
}

impl Patterns {
    fn parse(file: &FilePatterns, columns: &[String]) -> Result<Self, String> {
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        };
        let column = |name: &str| columns.iter().position(|column| column == name);
        let say: Vec<Pattern> =
            lines(&file.say).iter().map(|line| Pattern::parse(line, columns)).collect::<Result<_, _>>()?;
        let mut ask = Vec::new();
        for line in lines(&file.ask) {
            let wrong = || format!("got {line:?}, want a question with a gap, `=>` and another column");
            let (text, answer) = line.split_once("=>").ok_or_else(wrong)?;
            let pattern = Pattern::parse(text.trim(), columns)?;
            let answer = column(answer.trim()).ok_or_else(wrong)?;
            if pattern.columns.is_empty() || pattern.columns.contains(&answer) {
                return Err(wrong());
            }
            ask.push(Ask { pattern, answer });
        }
        if !say.iter().any(|pattern| pattern.columns.contains(&0)) || ask.is_empty() {
            return Err("got no sentence that names the first column, or no question".to_owned());
        }
        Ok(Self { say, ask })
    }
}

impl Pattern {
    fn parse(line: &str, columns: &[String]) -> Result<Self, String> {
        let mut pattern = Self { pieces: Vec::new(), columns: Vec::new() };
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            let gap = after.split_once('}').ok_or_else(|| format!("got {line:?}, want }} after {{"))?;
            if !before.is_empty() {
                pattern.pieces.push(Piece::Text(before.to_owned()));
            }
            let pronoun = ["he", "his", "him"].into_iter().find(|word| *word == gap.0);
            match (pronoun, columns.iter().position(|column| column == gap.0)) {
                (Some(word), _) => pattern.pieces.push(Piece::Pronoun(word)),
                (None, Some(column)) => {
                    pattern.pieces.push(Piece::Value(column));
                    pattern.columns.push(column);
                }
                (None, None) => return Err(format!("got {line:?}, want a column in {{{}}}", gap.0)),
            }
            rest = gap.1;
        }
        if !rest.is_empty() {
            pattern.pieces.push(Piece::Text(rest.to_owned()));
        }
        pattern.columns.sort_unstable();
        pattern.columns.dedup();
        Ok(pattern)
    }

    /// The pattern without what its gaps are called: two patterns of one shape are one pattern.
    #[cfg(test)]
    pub(super) fn shape(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.to_lowercase(),
            Piece::Value(_) | Piece::Pronoun(_) => "{}".to_owned(),
        });
        pieces.collect()
    }
}

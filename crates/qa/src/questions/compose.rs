//! Paragraphs from the rows of tables: one row told in several sentences, several rows compared, or a mixture.
//!
//! Patterns that were used least come first, ties are drawn, so that all ways of telling and asking are used alike.

use crate::questions::table::{Ask, Part, Pattern, Piece, Table};
use crate::random::Pcg64;

/// Sentences of a paragraph.
const SENTENCES: std::ops::RangeInclusive<usize> = 2..=6;
/// Questions of a paragraph at most.
const QUESTIONS: usize = 4;

/// Sentences and the questions that they answer.
#[derive(Debug)]
pub(super) struct Paragraph {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) questions: Vec<Asked>,
    /// The patterns of its sentences, for the proof that the parts share none.
    #[cfg(test)]
    pub(super) shapes: Vec<String>,
    /// What its sentences tell, as (table, row, column).
    #[cfg(test)]
    pub(super) facts: Vec<(usize, usize, usize)>,
}

/// A question with its answer.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) answer: String,
    /// The answer's first character in the paragraph.
    pub(super) start: usize,
    #[cfg(test)]
    pub(super) shape: String,
    /// What is asked for, as (table, row, column).
    #[cfg(test)]
    pub(super) fact: (usize, usize, usize),
}

/// A row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    table: usize,
    row: usize,
}

/// A sentence about a row.
struct Sentence {
    about: Row,
    text: String,
    /// Column, first character and text of each value that it holds.
    values: Vec<(usize, usize, String)>,
    #[cfg(test)]
    shape: String,
}

/// A question that a paragraph answers: by which sentence and pattern.
#[derive(Clone, Copy)]
struct Candidate {
    sentence: usize,
    ask: usize,
}

/// Draws one part's paragraphs.
pub(super) struct Composer<'a> {
    tables: &'a [Table],
    part: Part,
    random: Pcg64,
    /// How often each pattern was used, by table.
    said: Vec<Vec<usize>>,
    asked: Vec<Vec<usize>>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(tables: &'a [Table], part: Part, seed: u64) -> Self {
        let random = Pcg64::new(seed + u64::from(part == Part::Eval));
        let zeros =
            |count: fn(&Table, Part) -> usize| tables.iter().map(|t| vec![0; count(t, part)]).collect();
        let said = zeros(|table, part| table.patterns(part).say.len());
        let asked = zeros(|table, part| table.patterns(part).ask.len());
        Self { tables, part, random, said, asked }
    }

    /// One row in several sentences, sometimes with another row of the table at the end.
    pub(super) fn portrait(&mut self, table: usize, row: usize) -> Option<Paragraph> {
        let subject = Row { table, row };
        let wanted = self.between(*SENTENCES.start(), *SENTENCES.end() - 1);
        let mut sentences = vec![self.say(subject, &[], Some(true))?];
        let mut told = vec![0];
        while sentences.len() < wanted {
            told.extend(sentences.iter().flat_map(|one| one.values.iter().map(|value| value.0)));
            // People do not repeat a name in every sentence: about half of the time one without it is looked for first.
            let without = if self.between(0, 1) == 0 { self.say(subject, &told, Some(false)) } else { None };
            match without.or_else(|| self.say(subject, &told, None)) {
                Some(sentence) => sentences.push(sentence),
                None => break,
            }
        }
        let others = self.others(table, Some(row));
        let n_others = if sentences.len() < wanted { wanted - sentences.len() } else { self.between(0, 1) };
        for row in others.into_iter().take(n_others) {
            sentences.extend(self.say(Row { table, row }, &[], Some(true)));
        }
        self.paragraph(self.tables[table].title.clone(), &sentences)
    }

    /// Several rows of a table, each in a sentence.
    pub(super) fn comparison(&mut self, table: usize) -> Option<Paragraph> {
        let wanted = self.between(*SENTENCES.start() + 1, *SENTENCES.end() - 1);
        let rows = self.others(table, None).into_iter().take(wanted);
        let sentences: Vec<Sentence> =
            rows.filter_map(|row| self.say(Row { table, row }, &[], Some(true))).collect();
        self.paragraph(self.tables[table].title.clone(), &sentences)
    }

    /// Rows of several tables, each in a sentence.
    pub(super) fn mixture(&mut self) -> Option<Paragraph> {
        let wanted = self.between(*SENTENCES.start(), *SENTENCES.end() - 1);
        let tables = self.shuffled((0..self.tables.len()).collect());
        let mut sentences = Vec::new();
        for table in tables.into_iter().take(wanted) {
            let row = self.others(table, None).first().copied();
            sentences.extend(row.and_then(|row| self.say(Row { table, row }, &[], Some(true))));
        }
        self.paragraph("Various".to_owned(), &sentences)
    }

    /// A sentence about a row that tells something which is not told yet; `names` says whether it has to name the row,
    /// must not, or may. None when there is no pattern for that.
    fn say(&mut self, about: Row, told: &[usize], names: Option<bool>) -> Option<Sentence> {
        let table = &self.tables[about.table];
        let values = &table.rows[about.row];
        let patterns = &table.patterns(self.part).say;
        let fits = |pattern: &Pattern| {
            pattern.columns.iter().all(|column| values[*column].is_some())
                && pattern.columns.iter().any(|column| *column > 0 && !told.contains(column))
                && names.is_none_or(|names| names == pattern.columns.contains(&0))
        };
        let fitting: Vec<usize> = (0..patterns.len()).filter(|index| fits(&patterns[*index])).collect();
        let used = &self.said[about.table];
        let least = fitting.iter().map(|index| used[*index]).min()?;
        let fresh: Vec<usize> = fitting.into_iter().filter(|index| used[*index] <= least + 1).collect();
        let say = fresh[self.between(0, fresh.len() - 1)];
        self.said[about.table][say] += 1;
        let (text, values) = fill(&patterns[say], table, about.row);
        Some(Sentence {
            about,
            text,
            values,
            #[cfg(test)]
            shape: patterns[say].shape(),
        })
    }

    fn paragraph(&mut self, title: String, sentences: &[Sentence]) -> Option<Paragraph> {
        if sentences.len() < *SENTENCES.start() {
            return None;
        }
        let mut text = String::new();
        let mut starts = Vec::new();
        for sentence in sentences {
            if !text.is_empty() {
                text.push(' ');
            }
            starts.push(text.chars().count());
            text.push_str(&sentence.text);
        }
        let mut questions: Vec<Asked> = Vec::new();
        let mut answered: Vec<(usize, usize)> = Vec::new();
        for candidate in self.candidates(sentences) {
            let Candidate { sentence, ask } = candidate;
            let about = sentences[sentence].about;
            let column = self.ask(about, ask).answer;
            if questions.len() == QUESTIONS || answered.contains(&(sentence, column)) {
                continue;
            }
            let values = &sentences[sentence].values;
            let Some((_, start, answer)) = values.iter().find(|value| value.0 == column) else { continue };
            let (question, _) = fill(&self.ask(about, ask).pattern, &self.tables[about.table], about.row);
            if question.contains(answer.as_str()) || questions.iter().any(|one| one.text == question) {
                continue;
            }
            answered.push((sentence, column));
            self.asked[about.table][ask] += 1;
            questions.push(Asked {
                text: question,
                answer: answer.clone(),
                start: starts[sentence] + start,
                #[cfg(test)]
                shape: self.ask(about, ask).pattern.shape(),
                #[cfg(test)]
                fact: (about.table, about.row, column.max(self.ask(about, ask).pattern.columns[0])),
            });
        }
        if questions.is_empty() {
            return None;
        }
        questions.sort_by_key(|question| question.start);
        Some(Paragraph {
            title,
            text,
            questions,
            #[cfg(test)]
            shapes: sentences.iter().map(|one| one.shape.clone()).collect(),
            #[cfg(test)]
            facts: facts(sentences),
        })
    }

    /// What can be asked, the least used first.
    fn candidates(&mut self, sentences: &[Sentence]) -> Vec<Candidate> {
        let mut all = Vec::new();
        for (sentence, one) in sentences.iter().enumerate() {
            let patterns = &self.tables[one.about.table].patterns(self.part).ask;
            all.extend(
                (0..patterns.len())
                    .filter(|ask| self.is_clear(sentences, one, &patterns[*ask]))
                    .map(|ask| Candidate { sentence, ask }),
            );
        }
        let mut order = self.shuffled((0..all.len()).collect());
        let used = |index: &usize| {
            let Candidate { sentence, ask } = all[*index];
            self.asked[sentences[sentence].about.table][ask]
        };
        order.sort_by_key(used);
        order.into_iter().map(|index| all[index]).collect()
    }

    /// Whether a sentence answers a question, and no other row of the paragraph does.
    fn is_clear(&self, sentences: &[Sentence], sentence: &Sentence, ask: &Ask) -> bool {
        let about = sentence.about;
        let rows = &self.tables[about.table].rows;
        let same_row = |one: &&Sentence| one.about == about;
        let told = |column: &usize| {
            !self.tables[about.table].is_told[*column]
                || sentences
                    .iter()
                    .filter(same_row)
                    .any(|one| one.values.iter().any(|value| value.0 == *column))
        };
        let is_twin = |one: &Sentence| {
            let columns = &ask.pattern.columns;
            one.about.table == about.table
                && one.about.row != about.row
                && columns.iter().all(|column| rows[one.about.row][*column] == rows[about.row][*column])
        };
        sentence.values.iter().any(|value| value.0 == ask.answer)
            && ask.pattern.columns.iter().all(told)
            && !sentences.iter().any(is_twin)
    }

    fn ask(&self, about: Row, ask: usize) -> &'a Ask {
        &self.tables[about.table].patterns(self.part).ask[ask]
    }

    /// The rows of a part in a random order, without one of them.
    fn others(&mut self, table: usize, without: Option<usize>) -> Vec<usize> {
        let mut rows = self.tables[table].rows_of(self.part);
        rows.retain(|row| Some(*row) != without);
        self.shuffled(rows)
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.random.below_or_at((high - low) as u64) as usize
    }

    fn shuffled(&mut self, mut items: Vec<usize>) -> Vec<usize> {
        for index in (1..items.len()).rev() {
            let other = self.between(0, index);
            items.swap(index, other);
        }
        items
    }
}

/// The facts that sentences tell: a column of a row each.
#[cfg(test)]
fn facts(sentences: &[Sentence]) -> Vec<(usize, usize, usize)> {
    let told = sentences.iter().flat_map(|one| one.values.iter().map(|value| (one.about, value.0)));
    told.filter(|(_, column)| *column > 0).map(|(about, column)| (about.table, about.row, column)).collect()
}

/// Fills a pattern's gaps; begins with a capital. Positions count characters.
fn fill(pattern: &Pattern, table: &Table, row: usize) -> (String, Vec<(usize, usize, String)>) {
    let values = &table.rows[row];
    let is_she = table.columns.iter().position(|column| column == "he").and_then(|he| values[he].as_deref());
    let mut text = String::new();
    let mut gaps = Vec::new();
    for piece in &pattern.pieces {
        let start = text.chars().count();
        let (column, part) = match piece {
            Piece::Text(part) => (None, part.as_str()),
            Piece::Pronoun(word) if is_she == Some("she") => {
                (None, if *word == "he" { "she" } else { "her" })
            }
            Piece::Pronoun(word) => (None, *word),
            Piece::Value(column) => (Some(*column), values[*column].as_deref().unwrap_or_default()),
        };
        let mut part = part.to_owned();
        if start == 0 {
            let first = part.chars().next().into_iter().flat_map(char::to_uppercase);
            part = first.chain(part.chars().skip(1)).collect();
        }
        if let Some(column) = column {
            gaps.push((column, start, part.clone()));
        }
        text.push_str(&part);
    }
    (text, gaps)
}

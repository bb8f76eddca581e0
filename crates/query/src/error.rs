//! What is wrong with a query, and where.
//!
//! A query is written by people, so its errors are for people: they point into the text, say what was expected there,
//! and offer the nearest name that exists.

use std::fmt::Write as _;

use thiserror::Error;

/// A defect of a query's text, or of what one run's values made of it.
///
/// Who asks a server makes it again from the answer, to show it: its parts are all there is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The first character that is wrong, counted in Unicode characters from 0.
    pub start: usize,
    /// One past the last character that is wrong; equal to `start` where something is missing.
    pub end: usize,
    /// The line of `start`, counted from 1.
    pub line: usize,
    /// The place of `start` in its line, counted in Unicode characters from 1.
    pub column: usize,
    /// What could stand there instead.
    pub expected: Option<String>,
    /// The name that exists and looks most like the one that does not.
    pub nearest: Option<String>,
}

/// A range of bytes in a query's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// An error that does not know its text yet: positions are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Defect {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) nearest: Option<String>,
}

impl Span {
    /// From byte positions of a text whose length was bounded before.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let narrow = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }
}

impl Defect {
    /// A defect with nothing to offer.
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), expected: None, nearest: None }
    }

    /// The same, with what could stand there.
    pub(crate) fn expecting(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// The same, with the name among `known` that looks most like `wanted`.
    pub(crate) fn nearest_to<'a>(self, wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        Self { nearest: nearest(wanted, known), ..self }
    }
}

impl QueryError {
    /// Places a defect in the text that it was found in.
    pub(crate) fn of(text: &str, defect: Defect) -> Self {
        let byte = |position: u32| {
            let mut position = (position as usize).min(text.len());
            while !text.is_char_boundary(position) {
                position -= 1;
            }
            position
        };
        let (start, end) = (byte(defect.span.start), byte(defect.span.end.max(defect.span.start)));
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |position| position + 1);
        let start_chars = before.chars().count();
        Self {
            message: defect.message,
            start: start_chars,
            end: start_chars + text[start..end].chars().count(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            expected: defect.expected,
            nearest: defect.nearest,
        }
    }

    /// The error as a terminal shows it: the message, the line with carets under what is wrong, then what helps.
    ///
    /// `text` is the query that was parsed; any other text gives carets in the wrong place, nothing worse.
    pub fn render(&self, text: &str) -> String {
        let line = text.split('\n').nth(self.line.saturating_sub(1)).unwrap_or_default();
        let line = line.trim_end_matches('\r');
        let before: String = line
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let rest = line.chars().count().saturating_sub(self.column.saturating_sub(1));
        let carets = "^".repeat(self.end.saturating_sub(self.start).min(rest).max(1));
        let mut shown = self.message.clone();
        let place = format!("line {}, column {}", self.line, self.column);
        // Writing into a String cannot fail.
        _ = write!(shown, "\n  {place}\n  | {line}\n  | {before}{carets}");
        if let Some(expected) = &self.expected {
            _ = write!(shown, "\n  expected {expected}");
        }
        if let Some(nearest) = &self.nearest {
            _ = write!(shown, "\n  did you mean {nearest}?");
        }
        shown
    }
}

/// The known name that looks most like `wanted`: at most a third of it differs, or it begins so. A name of one or two
/// letters looks only like names that begin with the same letter.
pub(crate) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let (given, wanted) = (wanted, wanted.to_lowercase());
    let length = wanted.chars().count();
    let most = (length / 3).max(1);
    let rank = |name: &str| {
        let name = name.to_lowercase();
        let distance = strsim::damerau_levenshtein(&wanted, &name);
        let is_near = distance <= most && (length > 2 || wanted.chars().next() == name.chars().next());
        match () {
            () if is_near => Some((0, distance)),
            () if name.starts_with(&wanted) => Some((1, distance)),
            () => None,
        }
    };
    let ranked = known
        .into_iter()
        .filter(|name| *name != given)
        .filter_map(|name| rank(name).map(|rank| (rank, name)));
    ranked.min().map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines() {
        let text = "run.имя == 1\nand run.x";
        let start = text.find("run.x").unwrap();
        let error = QueryError::of(text, Defect::new(Span::new(start, start + 5), "unknown"));
        assert_eq!((error.start, error.end, error.line, error.column), (17, 22, 2, 5));
        insta::assert_snapshot!(error.render(text), @r"
        unknown
          line 2, column 5
          | and run.x
          |     ^^^^^
        ");
    }

    #[test]
    fn a_foreign_text_or_a_torn_position_does_no_harm() {
        let error = QueryError::of("é", Defect::new(Span::new(1, 99), "odd"));
        assert_eq!((error.start, error.end), (0, 1));
        assert!(error.render("").contains('^'));
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["learning_rate", "batch_size", "lr"];
        assert_eq!(nearest("learnng_rate", known).as_deref(), Some("learning_rate"));
        assert_eq!(nearest("Batch_Size", known).as_deref(), Some("batch_size"));
        assert_eq!(nearest("weights", known), None);
        assert_eq!(nearest("l", known).as_deref(), Some("lr"));
        assert_eq!(nearest("learn", known).as_deref(), Some("learning_rate"));
        assert_eq!(nearest("xr", known), None);
    }
}

//! Regular expressions: compiled with Python's flags, and priced before they are compiled and before they search.
//!
//! The library promises time in proportion to the text times the size of the expression, which is still too much when
//! anybody may write both. What an expression costs is read from its tree: a search follows at most all its places at
//! once, and for each of them remembers where its groups began; compiling takes time and memory by the ranges of its
//! classes, of which `\w` has hundreds.

use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::error::{Defect, Span};
use crate::function::{FLAGS, Pattern};

/// Bytes that a compiled expression may take; `\w{1,30}` takes three quarters of it.
const MOST_BYTES: usize = 2 << 20;
/// Steps of compiling a small expression, and of each range of its classes (measured: 0.2 to 0.6 µs, a step is 0.05).
const STEPS: usize = 400;
const STEPS_PER_RANGE: usize = 12;
/// Ranges of the expressions that are written into one query, all together: a tenth of a second.
pub(crate) const MOST_RANGES: usize = 200_000;
/// Levels of an expression.
const MOST_DEPTH: u32 = 50;

/// What an expression costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cost {
    /// Places that a search may be at together.
    places: usize,
    /// Ranges of bytes or characters, repetitions written out.
    ranges: usize,
}

/// A regular expression that is understood and not compiled yet.
#[derive(Debug)]
pub(crate) struct Source {
    text: String,
    flags: i64,
    pattern: Pattern,
    /// Ranges that are compiled.
    pub(crate) ranges: usize,
    steps_per_byte: usize,
}

/// A compiled regular expression, and the most that a byte of text costs it.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    pub(crate) regex: Regex,
    pub(crate) steps_per_byte: usize,
}

impl Source {
    /// Reads an expression; the same flags as Python's.
    pub(crate) fn read(source: &str, flags: i64, pattern: Pattern, span: Span) -> Result<Self, Defect> {
        // A verbose expression may end in a comment, which ends with its line.
        let end = if has(flags, 'x') { "\n" } else { "" };
        let text = match pattern {
            Pattern::FullMatch => format!("\\A(?:{source}{end})\\z"),
            Pattern::Match | Pattern::Search => source.to_owned(),
        };
        let mut parser = ParserBuilder::new()
            .case_insensitive(has(flags, 'i'))
            .multi_line(has(flags, 'm'))
            .dot_matches_new_line(has(flags, 's'))
            .ignore_whitespace(has(flags, 'x'))
            .nest_limit(MOST_DEPTH)
            .build();
        let tree = parser.parse(&text).map_err(|error| not_understood(&error.to_string(), span))?;
        let cost = cost(&tree);
        let n_groups = tree.properties().explicit_captures_len();
        // Measured on expressions made for it: 10 ns a byte and place, and a quarter more for each group.
        let steps_per_byte = (cost.places / 5).saturating_mul(4 + n_groups) / 4 + 4;
        Ok(Self { text, flags, pattern, ranges: cost.ranges, steps_per_byte })
    }

    /// Steps that compiling takes.
    pub(crate) fn steps(&self) -> usize {
        self.ranges.saturating_mul(STEPS_PER_RANGE).saturating_add(STEPS)
    }

    /// Compiles.
    pub(crate) fn compile(&self, span: Span) -> Result<Matcher, Defect> {
        let built = RegexBuilder::new(&self.text)
            .case_insensitive(has(self.flags, 'i'))
            .multi_line(has(self.flags, 'm'))
            .dot_matches_new_line(has(self.flags, 's'))
            .ignore_whitespace(has(self.flags, 'x'))
            .size_limit(MOST_BYTES)
            .dfa_size_limit(MOST_BYTES)
            .nest_limit(MOST_DEPTH)
            .build();
        match built {
            Ok(regex) => Ok(Matcher { regex, steps_per_byte: self.steps_per_byte }),
            Err(regex::Error::CompiledTooBig(_)) => Err(not_understood("it is too large", span)),
            Err(error) => Err(not_understood(&error.to_string(), span)),
        }
    }

    /// How it is applied.
    pub(crate) fn pattern(&self) -> Pattern {
        self.pattern
    }
}

fn has(flags: i64, sign: char) -> bool {
    FLAGS.iter().any(|(_, bit, known)| *known == sign && flags & bit != 0)
}

/// The last line of what the library says is its reason.
fn not_understood(said: &str, span: Span) -> Defect {
    let reason = said.lines().last().unwrap_or_default().trim();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    Defect::new(span, format!("the regular expression is not understood: {reason}"))
}

/// The recursion is no deeper than the parser lets the tree be.
fn cost(tree: &Hir) -> Cost {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => Cost { places: 1, ranges: 1 },
        HirKind::Literal(literal) => Cost { places: literal.0.len(), ranges: literal.0.len() },
        // A character has up to four bytes, each a place of its own.
        HirKind::Class(Class::Unicode(class)) => {
            Cost { places: if class.is_ascii() { 1 } else { 4 }, ranges: class.ranges().len() }
        }
        HirKind::Class(Class::Bytes(class)) => Cost { places: 1, ranges: class.ranges().len() },
        HirKind::Capture(capture) => cost(&capture.sub),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            let one = cost(&repetition.sub);
            Cost { places: one.places.saturating_mul(times), ranges: one.ranges.saturating_mul(times) }
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(cost).fold(Cost { places: 0, ranges: 0 }, |all, one| Cost {
                places: all.places.saturating_add(one.places),
                ranges: all.ranges.saturating_add(one.ranges),
            })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_costs_more() {
        let read = |text: &str| Source::read(text, 0, Pattern::Search, Span::new(0, 0)).unwrap();
        let per_byte = |text: &str| read(text).steps_per_byte;
        assert_eq!(per_byte("lr=[0-9.]+"), 5);
        assert_eq!(per_byte("(a|b)*a(a|b){3000}c"), 4 + 600 * 6 / 4);
        assert!(per_byte("(((((a|b)))))*a(a|b){300}") > 2 * per_byte("(?:a|b)*a[ab]{300}"));
        assert!(read(r"\w").ranges > 500 && read("[0-9]").ranges == 1);
        assert_eq!(read(r"\w{1,30}").ranges, 30 * read(r"\w").ranges);
        assert!(read("((a{0,1000}){0,1000}){0,1000}").steps() > 1_000_000_000);
    }
}

//! What a query may cost: its length and nesting before it is parsed, its work while it is asked.
//!
//! A query comes from anybody who reaches the page. Without limits a text of brackets overflows the stack of whoever
//! walks its tree, and `"a" * 10**9` or a nest of comprehensions fills the memory or never ends.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

use crate::error::{Defect, Span};

/// Characters of a query's text.
pub(crate) const MOST_CHARS: usize = 10_000;
/// Levels of a query's tree. Chains of `and` and `or` are one level, however long.
pub(crate) const MOST_DEPTH: usize = 100;
/// Bytes of a text, or items of a list, that a query may make.
pub(crate) const MOST_SIZE: usize = 100_000;
/// Steps that one item may take: a node of the tree is a step, so is an element of a list or 64 bytes of a text.
const MOST_ITEM_STEPS: u64 = 400_000;
/// Steps that a search may take however few its items are (about a second), and what each item adds to that.
const SEARCH_STEPS: u64 = 20_000_000;
const ITEM_SHARE: u64 = 2_000;
/// Levels that evaluation may go down: the tree's, and those of lambdas that it calls.
const MOST_LEVELS: usize = 150;

/// Stack that must be left when a text or tree is descended into, in bytes: what a few levels take in a build without
/// optimisation.
const STACK_LEFT: usize = 256 << 10;
/// Stack that is added where less is left.
const MORE_STACK: usize = 2 << 20;
/// Levels of evaluation between two looks at the stack.
const LOOK_EACH: usize = 8;

/// Goes on with enough stack, however small that of the thread is.
pub(crate) fn with_stack<T>(go_on: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_LEFT, MORE_STACK, go_on)
}

/// Refuses a text that is too long.
pub(crate) fn check_length(text: &str) -> Result<(), Defect> {
    // No character has more than four bytes, so that a huge text is refused without being walked.
    if text.len() > 4 * MOST_CHARS || text.chars().count() > MOST_CHARS {
        let whole = Span::new(0, text.len());
        return Err(Defect::new(
            whole,
            format!("the query is too long: want at most {MOST_CHARS} characters"),
        ));
    }
    Ok(())
}

/// Refuses a text whose tree would be too deep for the parser's and our own recursion. The tree itself is measured
/// again, exactly, while it is translated; brackets make a text deeper than its tree, hence twice the depth.
pub(crate) fn check_depth(text: &str) -> Result<(), Defect> {
    if depth_bound(text) > 2 * MOST_DEPTH { Err(too_deep(Span::new(0, text.len()))) } else { Ok(()) }
}

/// The error of a query that is nested too deeply.
pub(crate) fn too_deep(span: Span) -> Defect {
    Defect::new(span, format!("the query is nested too deeply: want at most {MOST_DEPTH} levels"))
}

/// What one open bracket adds to the depth of the tree.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Operators of the chain at hand: `a + b + c` is as deep as it is long.
    chain: usize,
    /// Prefixes of the element at hand: `not not a`.
    prefixes: usize,
    /// What takes everything to its right: `a if b else c if d else e`.
    tails: usize,
}

/// An upper bound of the tree's depth, read from the tokens alone, for texts with mistakes as well.
fn depth_bound(text: &str) -> usize {
    let mut lexer = lexer::lex(text, Mode::ParenthesizedExpression);
    let mut levels = vec![Level::default()];
    let (mut closed, mut deepest, mut after_operand) = (0_usize, 0_usize, false);
    // A token has at least one byte, apart from a few at the end.
    for _ in 0..text.len() + 16 {
        use TokenKind as T;
        let kind = lexer.next_token();
        let n_open = levels.len();
        let level = levels.last_mut().expect("the bottom level is never popped");
        match kind {
            T::EndOfFile => break,
            T::Lpar | T::Lsqb | T::Lbrace | T::FStringStart | T::TStringStart => {
                level.chain += 1;
                closed += level.chain + level.prefixes + level.tails;
                levels.push(Level::default());
            }
            T::Rpar | T::Rsqb | T::Rbrace | T::FStringEnd | T::TStringEnd if n_open > 1 => {
                levels.pop();
                let outer = levels.last().expect("just checked");
                closed -= outer.chain + outer.prefixes + outer.tails;
            }
            T::Comma => (level.chain, level.prefixes) = (0, 0),
            T::And | T::Or => level.chain = 0,
            T::If | T::Else | T::Lambda | T::For | T::ColonEqual | T::Yield | T::Await | T::Async => {
                level.tails += 1
            }
            T::Not | T::Plus | T::Minus | T::Tilde | T::Star | T::DoubleStar if !after_operand => {
                level.prefixes += 1
            }
            T::Name | T::Int | T::Float | T::String | T::FStringMiddle | T::Colon => {}
            _ => level.chain += 1,
        }
        after_operand = matches!(
            kind,
            T::Name
                | T::Int
                | T::Float
                | T::Complex
                | T::String
                | T::FStringEnd
                | T::Rpar
                | T::Rsqb
                | T::Rbrace
                | T::True
                | T::False
                | T::None
                | T::Ellipsis
        );
        let top = levels.last().expect("the bottom level is never popped");
        deepest = deepest.max(closed + top.chain + top.prefixes + top.tails);
    }
    deepest
}

/// The work that a search may still do.
#[derive(Debug)]
pub(crate) struct Budget {
    item_steps: u64,
    search_steps: u64,
    levels: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { item_steps: MOST_ITEM_STEPS, search_steps: SEARCH_STEPS, levels: 0 }
    }
}

impl Budget {
    /// Begins with the next run or series.
    pub(crate) fn begin_item(&mut self) {
        self.item_steps = MOST_ITEM_STEPS;
        self.levels = 0;
        if self.search_steps > 0 {
            self.search_steps = (self.search_steps + ITEM_SHARE).min(SEARCH_STEPS);
        }
    }

    /// Whether the search as a whole has done all that it may.
    pub(crate) fn is_spent(&self) -> bool {
        self.search_steps == 0
    }

    /// Takes `steps` of what is left.
    pub(crate) fn take(&mut self, steps: usize, span: Span) -> Result<(), Defect> {
        let steps = steps as u64;
        // What an item may not do is not done, and so not paid for.
        let done = steps.min(self.item_steps);
        let (item, search) = (self.item_steps.checked_sub(steps), self.search_steps.checked_sub(done));
        self.item_steps = item.unwrap_or(0);
        self.search_steps = search.unwrap_or(0);
        match (item, search) {
            (Some(_), Some(_)) => Ok(()),
            (_, None) => Err(Defect::new(span, "the query does more work than a query may")),
            (None, _) => Err(Defect::new(span, "the query does more work on one item than a query may")),
        }
    }

    /// Takes what a text of so many bytes costs.
    pub(crate) fn take_text(&mut self, bytes: usize, span: Span) -> Result<(), Defect> {
        self.take(1 + bytes / 64, span)
    }

    /// Refuses a text or list that would be too large, before it is made.
    pub(crate) fn take_size(&mut self, size: usize, span: Span) -> Result<(), Defect> {
        if size > MOST_SIZE {
            let message =
                format!("the value is too large: got {size} items or bytes, want at most {MOST_SIZE}");
            return Err(Defect::new(span, message));
        }
        self.take(1 + size / 16, span)
    }

    /// Goes one level down; [`Budget::ascend`] comes back.
    pub(crate) fn descend(&mut self, span: Span) -> Result<(), Defect> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return Err(Defect::new(span, "the query calls itself too deeply"));
        }
        self.take(1, span)
    }

    /// Whether it is time to look at how much stack is left.
    pub(crate) fn looks_at_stack(&self) -> bool {
        self.levels.is_multiple_of(LOOK_EACH)
    }

    /// Comes back from a level.
    pub(crate) fn ascend(&mut self) {
        self.levels -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Defect> {
        check_length(text)?;
        check_depth(text)
    }

    #[test]
    fn deep_texts_are_refused_before_they_are_parsed() {
        for (text, times) in [
            ("(", 1000),
            ("[", 1000),
            ("not ", 1000),
            ("-", 5000),
            ("1 + ", 1000),
            ("run.", 1000),
            ("a if b else ", 500),
            ("lambda: ", 500),
            ("f\"{", 300),
            ("a ** ", 1000),
            ("[x for x in ", 300),
            ("not == ", 500),
            ("x[", 1000),
        ] {
            assert!(check(&text.repeat(times)).is_err(), "{text:?} × {times}");
        }
        assert!(check("()").is_ok() && check(&format!("{}1", "(1)+".repeat(50))).is_ok());
    }

    #[test]
    fn long_flat_texts_are_no_deep_ones() {
        let hash = "run.hash == \"0123456789abcdef01234567\" or ";
        assert!(check(&format!("{}True", hash.repeat(200))).is_ok());
        let list = format!("run.seed in [{}1]", "-1, ".repeat(2000));
        assert!(check(&list).is_ok());
        assert!(check(&format!("{}True", "not run.archived and ".repeat(100))).is_ok());
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(check(&"1".repeat(MOST_CHARS)).is_ok());
        assert!(check(&"1".repeat(MOST_CHARS + 1)).is_err());
        assert!(check(&"é".repeat(50_000)).is_err());
    }
}

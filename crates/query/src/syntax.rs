//! Text to Python's syntax tree, and the parser's errors in the words of people who write queries.

use ruff_python_ast::{Expr, ModExpression};
use ruff_python_parser::{LexicalErrorType, Mode, ParseError, ParseErrorType, ParseOptions, parse_unchecked};
use ruff_text_size::TextRange;

use crate::error::{Defect, Span};
use crate::token::{Piece, scan};

/// Where a node of the parser's tree stands.
pub(crate) fn span_of(range: TextRange) -> Span {
    Span { start: range.start().to_u32(), end: range.end().to_u32() }
}

/// The text without `select … if` before it, which is blanked so that positions stay.
pub(crate) fn without_select(text: &str) -> String {
    let blank = text.len() - text.trim_start().len();
    let is_select =
        text[blank..].split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("select"));
    let condition = is_select.then(|| words(text)).and_then(|mut words| {
        words.find(|(_, word)| word.eq_ignore_ascii_case("if")).map(|(start, word)| start + word.len())
    });
    match condition {
        Some(end) => format!("{}{}", " ".repeat(end), &text[end..]),
        None => text.to_owned(),
    }
}

/// The words between blanks, with the bytes at which they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(|c: char| !c.is_whitespace())?;
        let end = text[start..].find(char::is_whitespace).map_or(text.len(), |length| start + length);
        rest = end;
        Some((start, &text[start..end]))
    })
}

/// Parses one expression, as if it stood in brackets: lines may break anywhere, comments may end them.
///
/// The length and depth of the text were checked before.
pub(crate) fn parse(text: &str) -> Result<Box<Expr>, Defect> {
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::ParenthesizedExpression));
    if let Some(error) = parsed.errors().first() {
        return Err(explain(text, error));
    }
    match parsed.into_syntax() {
        ruff_python_ast::Mod::Expression(ModExpression { body, .. }) => Ok(body),
        ruff_python_ast::Mod::Module(_) => {
            Err(Defect::new(Span::new(0, text.len()), "the query is no expression"))
        }
    }
}

/// What people of other languages write, what is meant, and why.
const FOREIGN: &[(&str, &str)] = &[
    ("&&", "`and`"),
    ("||", "`or`"),
    ("<>", "`!=`"),
    ("!", "`not`, or `!=`"),
    ("=", "`==`, which compares"),
    (";", "the end of the query"),
    ("?", "`A if CONDITION else B`"),
    ("await", "an expression"),
    ("yield", "an expression"),
];

fn explain(text: &str, error: &ParseError) -> Defect {
    let (start, end) = (error.location.start().to_usize(), error.location.end().to_usize());
    if let Some((place, sign, meant)) = foreign_at(text, start) {
        let message = format!("`{sign}` means nothing here");
        return Defect::new(Span::new(place, place + sign.len()), message).expecting(meant);
    }
    let span = Span::new(start, end);
    let found = text.get(start..end).unwrap_or_default().trim();
    let is_end = text.get(start..).is_none_or(|rest| rest.trim().is_empty());
    match &error.error {
        ParseErrorType::Lexical(LexicalErrorType::UnclosedStringError) => {
            Defect::new(Span::new(start, end), "the text is not closed").expecting("a closing quotation mark")
        }
        ParseErrorType::ExpectedToken { expected, .. } if is_end => {
            Defect::new(end_of(text), "the query ends too early").expecting(expected.to_string())
        }
        ParseErrorType::ExpectedToken { expected, .. } => {
            Defect::new(span, format!("`{}` is not understood here", shown(found)))
                .expecting(expected.to_string())
        }
        _ if is_end => Defect::new(end_of(text), "the query ends too early").expecting(wanted_at_end(text)),
        ParseErrorType::ExpectedExpression => {
            Defect::new(span, format!("`{}` is not understood here", shown(found))).expecting("an expression")
        }
        ParseErrorType::UnexpectedExpressionToken => {
            Defect::new(first_of(text, span), format!("`{}` is not understood here", shown(found)))
                .expecting("an operator such as `and`, or the end of the query")
        }
        other => {
            let sentence = other.to_string();
            let mut chars = sentence.chars();
            let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
            Defect::new(span, format!("{first}{}", chars.as_str().trim_end_matches('.')))
        }
    }
}

/// The sign of another language at, or right before, a place.
fn foreign_at(text: &str, place: usize) -> Option<(usize, &'static str, &'static str)> {
    FOREIGN.iter().find_map(|(sign, meant)| {
        (place.saturating_sub(sign.len())..=place)
            .rev()
            .find(|start| text.get(*start..start + sign.len()) == Some(*sign) && is_alone(text, *start, sign))
            .map(|start| (start, *sign, *meant))
    })
}

/// Whether a sign is no part of another, such as `=` of `==`, and a word no part of a longer one.
fn is_alone(text: &str, start: usize, sign: &str) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[start + sign.len()..].chars().next();
    let joins = |c: Option<char>| {
        c.is_some_and(|c| match sign {
            "=" => "=<>!:+-*/".contains(c),
            "!" => c == '=',
            "await" | "yield" => c.is_alphanumeric() || c == '_' || c == '.',
            _ => false,
        })
    };
    !joins(before) && !joins(after)
}

/// What a text lacks that ends too early: what an open bracket or a dot waits for.
fn wanted_at_end(text: &str) -> String {
    let tokens = scan(text);
    let mut open = Vec::new();
    for token in &tokens {
        match &token.what {
            Piece::Sign(sign) if matches!(sign.as_str(), "(" | "[" | "{") => open.push(sign.as_str()),
            Piece::Sign(sign) if matches!(sign.as_str(), ")" | "]" | "}") => _ = open.pop(),
            _ => {}
        }
    }
    let is_whole = match tokens.last().map(|token| &token.what) {
        Some(Piece::Name(name)) => {
            !matches!(name.as_str(), "and" | "or" | "not" | "in" | "is" | "if" | "else" | "for")
        }
        Some(Piece::Sign(sign)) => matches!(sign.as_str(), ")" | "]" | "}"),
        _ => true,
    };
    match (open.last(), tokens.last()) {
        (_, Some(last)) if last.is_sign(".") => "a name".to_owned(),
        (Some(&"("), _) if is_whole => "`)`".to_owned(),
        (Some(&"["), _) if is_whole => "`]`".to_owned(),
        (Some(_), _) if is_whole => "`}`".to_owned(),
        _ => "an expression".to_owned(),
    }
}

fn end_of(text: &str) -> Span {
    let end = text.trim_end().len();
    Span::new(end, end)
}

/// The first word or sign of what is left over.
fn first_of(text: &str, span: Span) -> Span {
    let (start, end) = (span.start as usize, span.end as usize);
    let length = text.get(start..end).and_then(|rest| rest.find(char::is_whitespace)).unwrap_or(end - start);
    Span::new(start, start + length)
}

fn shown(found: &str) -> String {
    let first = found.split_whitespace().next().unwrap_or(found);
    first.chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QueryError;

    fn error(text: &str) -> String {
        let defect = parse(text).expect_err("the text is wrong");
        QueryError::of(text, defect).render(text)
    }

    #[test]
    fn select_is_dropped_and_positions_stay() {
        assert_eq!(without_select("SELECT runs IF run.seed"), "               run.seed");
        assert_eq!(without_select("select diff.if.x if a"), format!("{}a", " ".repeat(20)));
        assert_eq!(without_select("selected if a else b"), "selected if a else b");
        assert_eq!(without_select("select"), "select");
    }

    #[test]
    fn other_languages_are_understood_well_enough_to_help() {
        insta::assert_snapshot!(error("run.seed == 42 && True"), @r"
        `&&` means nothing here
          line 1, column 16
          | run.seed == 42 && True
          |                ^^
          expected `and`
        ");
        insta::assert_snapshot!(error("run.seed <> 42"), @r"
        `<>` means nothing here
          line 1, column 10
          | run.seed <> 42
          |          ^^
          expected `!=`
        ");
        insta::assert_snapshot!(error("run.seed = 42"), @r"
        `=` means nothing here
          line 1, column 10
          | run.seed = 42
          |          ^
          expected `==`, which compares
        ");
        insta::assert_snapshot!(error("run.seed == 42;"), @r"
        `;` means nothing here
          line 1, column 15
          | run.seed == 42;
          |               ^
          expected the end of the query
        ");
        insta::assert_snapshot!(error("!run.archived"), @r"
        `!` means nothing here
          line 1, column 1
          | !run.archived
          | ^
          expected `not`, or `!=`
        ");
    }

    #[test]
    fn what_is_missing_is_named() {
        insta::assert_snapshot!(error("run.seed == 42 or"), @r"
        the query ends too early
          line 1, column 18
          | run.seed == 42 or
          |                  ^
          expected an expression
        ");
        insta::assert_snapshot!(error("(run.seed == 42"), @r"
        the query ends too early
          line 1, column 16
          | (run.seed == 42
          |                ^
          expected `)`
        ");
        insta::assert_snapshot!(error("run.name == \"alpha"), @r#"
        the text is not closed
          line 1, column 13
          | run.name == "alpha
          |             ^^^^^^
          expected a closing quotation mark
        "#);
        insta::assert_snapshot!(error("run.hparams lr"), @r"
        `lr` is not understood here
          line 1, column 13
          | run.hparams lr
          |             ^^
          expected an operator such as `and`, or the end of the query
        ");
        insta::assert_snapshot!(error("run."), @r"
        the query ends too early
          line 1, column 5
          | run.
          |     ^
          expected a name
        ");
        insta::assert_snapshot!(error("len(run.tags))"), @r"
        `)` is not understood here
          line 1, column 14
          | len(run.tags))
          |              ^
          expected an operator such as `and`, or the end of the query
        ");
    }
}

//! A forgiving scan of an unfinished query, for completion: what stands before the cursor.
//!
//! The parser proper is of no use here: a text that is being typed is wrong nearly all the time.

/// A piece of text before the cursor; positions are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) what: Piece,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What a piece of text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Name(String),
    Number,
    /// The content of a text; `open` when the cursor is inside.
    Text {
        content: String,
        mark: usize,
        open: bool,
    },
    /// A bracket, a dot, a comma or an operator.
    Sign(String),
}

impl Token {
    /// Whether it is a certain sign.
    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.what, Piece::Sign(known) if known == sign)
    }

    /// The name, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.what {
            Piece::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// The pieces of a text, which ends at the cursor.
pub(crate) fn scan(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = text.len() - rest.len();
        let (what, length) = match first {
            c if c.is_whitespace() => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
            '#' => {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
            '"' | '\'' => string(rest, first),
            c if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Piece::Name(rest[..length].to_owned()), length)
            }
            c if c.is_ascii_digit() => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
                let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
                (Piece::Number, length)
            }
            c => {
                let two = ["==", "!=", "<=", ">=", "**", "//", ":="]
                    .into_iter()
                    .find(|sign| rest.starts_with(sign));
                let length = two.map_or(c.len_utf8(), str::len);
                (Piece::Sign(rest[..length].to_owned()), length)
            }
        };
        rest = &rest[length..];
        tokens.push(Token { what, start, end: start + length });
    }
    tokens
}

/// A text in quotation marks, single or triple, and its length with them.
fn string(rest: &str, quote: char) -> (Piece, usize) {
    let single = &rest[..1];
    let triple = single.repeat(3);
    let mark = if rest.starts_with(&triple) { triple.as_str() } else { single };
    let mut content = String::new();
    let mut at = mark.len();
    while let Some(char) = rest[at..].chars().next() {
        if rest[at..].starts_with(mark) {
            return (Piece::Text { content, mark: mark.len(), open: false }, at + mark.len());
        }
        at += char.len_utf8();
        if char == '\\' {
            if let Some(escaped) = rest[at..].chars().next() {
                content.push(escaped);
                at += escaped.len_utf8();
            }
            continue;
        }
        debug_assert!(mark.len() == 3 || char != quote, "a quotation mark closes the text");
        content.push(char);
    }
    (Piece::Text { content, mark: mark.len(), open: true }, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |token: Token| match token.what {
            Piece::Name(name) => name,
            Piece::Number => "0".to_owned(),
            Piece::Text { content, open, .. } => format!("{content:?}{}", if open { "…" } else { "" }),
            Piece::Sign(sign) => sign,
        };
        scan(text).into_iter().map(show).collect()
    }

    #[test]
    fn an_unfinished_text_is_scanned_as_far_as_it_goes() {
        assert_eq!(
            shown("run.hparams.lr >= 4e-5 and"),
            ["run", ".", "hparams", ".", "lr", ">=", "0", "-", "0", "and"]
        );
        assert_eq!(shown("run[\"a\\\"b\", 'c"), ["run", "[", "\"a\\\"b\"", ",", "\"c\"…"]);
        assert_eq!(shown("\"\"\"a\"b\"\"\" # x\n é"), ["\"a\\\"b\"", "é"]);
    }
}

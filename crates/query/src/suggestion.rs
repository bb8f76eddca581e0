//! What completion answers: things that fit, each with what it is and a few words on it.

use std::collections::BTreeMap;

use trailmark_core::ParamValue;

use crate::format::float_text;
use crate::function::{DELTA_METHODS, LIST_METHODS, Method, Spec, TEXT_METHODS, TIME_METHODS};
use crate::name::{DELTA_FIELDS, TIME_FIELDS, Type};
use crate::schema::Param;

/// Suggestions that are answered at most.
const MOST_ITEMS: usize = 100;

/// What fits at a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// The first character that an item replaces, counted in Unicode characters from 0.
    pub from: usize,
    /// One past the last character that an item replaces.
    pub to: usize,
    /// What fits, best first.
    pub items: Vec<Suggestion>,
}

/// One thing that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The text to put in place of `from..to`.
    pub insert: String,
    /// What a list shows.
    pub label: String,
    /// What it is.
    pub kind: SuggestionKind,
    /// A few words on it, for instance `float, 3 values in 6 runs`.
    pub detail: String,
}

/// What a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuggestionKind {
    /// A param.
    Param,
    /// A series' name.
    Metric,
    /// An attribute that every run, series, date or the like has.
    Property,
    /// A function or method.
    Function,
    /// A word or sign of the language.
    Keyword,
    /// A value that some run has.
    Value,
}

impl SuggestionKind {
    /// The word that programs read: param, metric, property, function, keyword or value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Param => "param",
            Self::Metric => "metric",
            Self::Property => "property",
            Self::Function => "function",
            Self::Keyword => "keyword",
            Self::Value => "value",
        }
    }
}

/// Those that begin with what was typed, then those that hold it.
pub(crate) fn ranked(items: Vec<Suggestion>, partial: &str) -> Vec<Suggestion> {
    let wanted = partial.to_lowercase();
    let rank = |suggestion: &Suggestion| {
        let label = suggestion.label.to_lowercase();
        let last = label.rsplit('.').next().unwrap_or(&label);
        match () {
            () if label.starts_with(&wanted) => Some(0),
            () if last.starts_with(&wanted) => Some(1),
            // One letter is in nearly everything.
            () if wanted.len() > 1 && label.contains(&wanted) => Some(2),
            () => None,
        }
    };
    let mut ranked: Vec<(u8, Suggestion)> =
        items.into_iter().filter_map(|suggestion| rank(&suggestion).map(|rank| (rank, suggestion))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, suggestion)| suggestion).take(MOST_ITEMS).collect()
}

/// The words of the language.
pub(crate) const KEYWORDS: &[(&str, &str)] = &[
    ("and", "both"),
    ("or", "either"),
    ("in", "is one of"),
    ("not", "the opposite"),
    ("is", "is None"),
    ("if", "A if CONDITION else B"),
    ("else", "A if CONDITION else B"),
    ("for", "X for NAME in LIST"),
    ("None", "nothing"),
    ("True", ""),
    ("False", ""),
];

pub(crate) fn operators() -> Vec<Suggestion> {
    let signs = [("==", "equal"), ("!=", "not equal"), ("<", ""), ("<=", ""), (">", ""), (">=", "")];
    let words = [
        ("and", "both"),
        ("or", "either"),
        ("in", "is one of"),
        ("not in", "is none of"),
        ("is None", "is missing"),
    ];
    let more = [("is not None", "is there"), ("if", "A if CONDITION else B"), ("for", "X for NAME in LIST")];
    signs.into_iter().chain(words).chain(more).map(|(word, detail)| keyword(word, detail)).collect()
}

pub(crate) fn methods(kind: Type) -> Vec<Suggestion> {
    let (fields, methods): (&[&str], &[Spec<Method>]) = match kind {
        Type::Text => (&[], TEXT_METHODS),
        Type::List => (&[], LIST_METHODS),
        Type::Time => (TIME_FIELDS, TIME_METHODS),
        Type::Delta => (DELTA_FIELDS, DELTA_METHODS),
        _ => (&[], &[]),
    };
    let calls = methods.iter().map(|spec| call(spec.name, spec.arguments.1, spec.detail));
    fields.iter().map(|word| property(word, "number")).chain(calls).collect()
}

pub(crate) fn type_of_values(param: &Param) -> Type {
    match param.kinds.iter().filter(|kind| **kind != "None").collect::<Vec<_>>().as_slice() {
        [kind] if **kind == "text" => Type::Text,
        [kind] if **kind == "list" => Type::List,
        _ => Type::Any,
    }
}

/// Every param by its full path.
pub(crate) fn paths(children: &BTreeMap<String, Param>, prefix: &str, into: &mut Vec<Suggestion>) {
    for (key, param) in children.iter().filter(|(key, _)| !key.starts_with("__") && is_name(key)) {
        let path = format!("{prefix}.{key}");
        if param.children.is_empty() {
            let (insert, label) = (path.clone(), path);
            into.push(Suggestion { insert, label, kind: SuggestionKind::Param, detail: param.detail() });
        } else {
            paths(&param.children, &path, into);
        }
    }
}

/// A value as it is written in a query, and whether it is a text.
pub(crate) fn plain(found: &ParamValue, param: &Param) -> Option<(Suggestion, bool)> {
    let text = match found {
        ParamValue::None => "None".to_owned(),
        ParamValue::Bool(true) => "True".to_owned(),
        ParamValue::Bool(false) => "False".to_owned(),
        ParamValue::Int(number) => number.to_string(),
        ParamValue::Float(number) if number.is_finite() => float_text(*number),
        ParamValue::Float(number) => format!("float(\"{}\")", float_text(*number)),
        ParamValue::Text(text) => text.clone(),
        ParamValue::List(_) | ParamValue::Map(_) => return None,
    };
    Some((value(&text, runs(param.runs)), matches!(found, ParamValue::Text(_))))
}

pub(crate) fn runs(count: usize) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}

pub(crate) fn is_name(key: &str) -> bool {
    let starts = key.chars().next().is_some_and(|char| char.is_alphabetic() || char == '_');
    let is_reserved =
        KEYWORDS.iter().any(|(word, _)| *word == key) || matches!(key, "lambda" | "class" | "def" | "from");
    starts && !is_reserved && key.chars().all(|char| char.is_alphanumeric() || char == '_')
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

pub(crate) fn quoted(suggestion: Suggestion, quote: &str) -> Suggestion {
    Suggestion { insert: format!("{quote}{}{quote}", escaped(&suggestion.label)), ..suggestion }
}

pub(crate) fn value(text: &str, detail: String) -> Suggestion {
    Suggestion { insert: text.to_owned(), label: text.to_owned(), kind: SuggestionKind::Value, detail }
}

pub(crate) fn property(word: &str, detail: &str) -> Suggestion {
    plain_word(word, detail, SuggestionKind::Property)
}

pub(crate) fn keyword(word: &str, detail: &str) -> Suggestion {
    plain_word(word, detail, SuggestionKind::Keyword)
}

pub(crate) fn plain_word(word: &str, detail: &str, kind: SuggestionKind) -> Suggestion {
    Suggestion { insert: word.to_owned(), label: word.to_owned(), kind, detail: detail.to_owned() }
}

/// A call: brackets come with it, closed where nothing goes in.
pub(crate) fn call(name: &str, most_arguments: usize, detail: &str) -> Suggestion {
    let brackets = if most_arguments == 0 { "()" } else { "(" };
    let (insert, label) = (format!("{name}{brackets}"), name.to_owned());
    Suggestion { insert, label, kind: SuggestionKind::Function, detail: detail.to_owned() }
}

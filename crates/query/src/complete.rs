//! Completion: the names and values that fit where the cursor stands.

use std::collections::BTreeMap;

use trailmark_core::Context;

use crate::function::{FUNCTIONS, NUMBERS};
use crate::name::{RUN_FIELDS, RunField, Type};
use crate::schema::Param;
use crate::suggestion::{
    Completion, KEYWORDS, Suggestion, SuggestionKind, call, escaped, is_name, keyword, methods, operators,
    paths, plain, property, quoted, ranked, runs, type_of_values, value,
};
use crate::token::{Piece, Token, scan};
use crate::{Field, Kind, Schema};

/// What an unfinished path leads to.
enum Subject<'s> {
    Run,
    Param(&'s BTreeMap<String, Param>),
    Leaf(&'s Param),
    Field(RunField),
    Item(Kind),
    ItemName(Kind),
    Context(Kind),
    Collection(Kind),
    Series(Kind),
    Module(&'static str),
    Typed(Type),
    Unknown,
}

/// A step of an unfinished path: a name, or the texts inside brackets.
enum Step {
    Name(String),
    Item(Option<String>),
    Call,
}

/// Completes `text` at `cursor`.
pub(crate) fn complete(text: &str, cursor: usize, kind: Kind, schema: &Schema) -> Completion {
    let byte = text.char_indices().nth(cursor).map_or(text.len(), |(byte, _)| byte);
    let (before, after) = text.split_at(byte);
    let tokens = scan(before);
    let completer = Completer { kind, schema };
    let (from, partial, items) = match tokens.split_last() {
        Some((Token { what: Piece::Text { content, mark, open: true }, start, .. }, earlier)) => {
            let quote = before[*start..].chars().next().unwrap_or('"');
            let closes = if after.starts_with(quote) { String::new() } else { quote.to_string() };
            (start + mark, content.clone(), completer.texts(earlier, &closes))
        }
        Some((Token { what: Piece::Name(name), start, end }, earlier)) if *end == byte => {
            (*start, name.clone(), completer.names(earlier))
        }
        Some((Token { what: Piece::Number, end, .. }, _)) if *end == byte => {
            (byte, String::new(), Vec::new())
        }
        _ => (byte, String::new(), completer.names(&tokens)),
    };
    let chars = |byte: usize| text[..byte].chars().count();
    Completion { from: chars(from), to: chars(byte), items: ranked(items, &partial) }
}

struct Completer<'s> {
    kind: Kind,
    schema: &'s Schema,
}

impl<'s> Completer<'s> {
    /// What fits where a name or a value may begin.
    fn names(&self, earlier: &[Token]) -> Vec<Suggestion> {
        let Some(last) = earlier.last() else { return self.operands(Subject::Unknown) };
        if last.is_sign(".") {
            return self.members(&self.subject(&earlier[..earlier.len() - 1]));
        }
        let is_word = last.name().is_some_and(|name| KEYWORDS.iter().any(|(word, _)| *word == name));
        let is_operand = match &last.what {
            Piece::Name(_) => !is_word || matches!(last.name(), Some("None" | "True" | "False")),
            Piece::Number | Piece::Text { .. } => true,
            Piece::Sign(sign) => matches!(sign.as_str(), ")" | "]" | "}"),
        };
        if is_operand {
            return operators();
        }
        let compares = ["==", "!=", "<", "<=", ">", ">="].iter().any(|sign| last.is_sign(sign));
        let left = if compares { self.subject(&earlier[..earlier.len() - 1]) } else { Subject::Unknown };
        if let (true, Some(names)) = (last.is_sign("["), self.bracket(earlier)) {
            return names.into_iter().map(|suggestion| quoted(suggestion, "\"")).collect();
        }
        let operands = self.operands(left);
        // Python has no `a == not b`.
        operands.into_iter().filter(|suggestion| !compares || suggestion.label != "not").collect()
    }

    /// What fits inside a text.
    fn texts(&self, earlier: &[Token], closes: &str) -> Vec<Suggestion> {
        let close = |suggestions: Vec<Suggestion>| -> Vec<Suggestion> {
            let closed = |suggestion: Suggestion| Suggestion {
                insert: format!("{}{closes}", escaped(&suggestion.label)),
                ..suggestion
            };
            suggestions.into_iter().map(closed).collect()
        };
        if let Some(found) = self.bracket(earlier) {
            return close(found);
        }
        // In a list, what is compared stands before `in`.
        let open = earlier.iter().rposition(|token| token.is_sign("[") || token.is_sign("("));
        let is_member = |open: usize| open > 0 && earlier[open - 1].name() == Some("in");
        let left = match (earlier.last(), open) {
            (Some(last), _) if last.is_sign("==") || last.is_sign("!=") => &earlier[..earlier.len() - 1],
            (_, Some(open)) if is_member(open) => {
                let end = open - 1;
                let not = end > 0 && earlier[end - 1].name() == Some("not");
                &earlier[..end - usize::from(not)]
            }
            _ => {
                let tags = self.schema.tags().iter();
                return close(tags.map(|(tag, runs)| value(tag, format!("tag of {runs} runs"))).collect());
            }
        };
        close(
            self.values(&self.subject(left))
                .into_iter()
                .filter(|(_, is_text)| *is_text)
                .map(|(s, _)| s)
                .collect(),
        )
    }

    /// The names that fit behind an open bracket of `run.metrics[`, `run.hparams[` or the context in it.
    fn bracket(&self, earlier: &[Token]) -> Option<Vec<Suggestion>> {
        let last = earlier.last()?;
        if last.is_sign("[") {
            return match self.subject(&earlier[..earlier.len() - 1]) {
                Subject::Collection(kind) => Some(self.series_names(kind)),
                Subject::Run => Some(self.keys(self.schema.params())),
                Subject::Param(children) => Some(self.keys(children)),
                Subject::Context(kind) => {
                    self.schema.series(kind).map(|series| self.keys(&series.context_keys))
                }
                _ => None,
            };
        }
        let open = earlier.iter().rposition(|token| token.is_sign("{"))?;
        let bracket = earlier[..open].iter().rposition(|token| token.is_sign("["))?;
        let Subject::Collection(kind) = self.subject(&earlier[..bracket]) else { return None };
        let keys = &self.schema.series(kind)?.context_keys;
        if last.is_sign("{") || last.is_sign(",") {
            return Some(self.keys(keys));
        }
        let [.., Token { what: Piece::Text { content, .. }, .. }, colon] = earlier else { return None };
        let key = keys.get(content).filter(|_| colon.is_sign(":"))?;
        Some(
            key.values
                .iter()
                .filter_map(|found| plain(found, key))
                .map(|(suggestion, _)| suggestion)
                .collect(),
        )
    }

    /// What an expression that ends here leads to.
    fn subject(&self, tokens: &[Token]) -> Subject<'s> {
        let Some(steps) = path(tokens) else { return Subject::Unknown };
        let mut steps = steps.into_iter();
        let mut subject = match steps.next() {
            Some(Step::Name(name)) if name == "run" => Subject::Run,
            Some(Step::Name(name)) => {
                match ["re", "math", "datetime"].into_iter().find(|module| *module == name) {
                    Some(module) => Subject::Module(module),
                    None if self.kind.is_called(&name) => Subject::Item(self.kind),
                    None => Subject::Unknown,
                }
            }
            _ => Subject::Unknown,
        };
        for step in steps {
            subject = self.next(subject, step);
        }
        subject
    }

    fn next(&self, subject: Subject<'s>, step: Step) -> Subject<'s> {
        let of_param = |param: &'s Param| {
            if param.children.is_empty() { Subject::Leaf(param) } else { Subject::Param(&param.children) }
        };
        match (subject, step) {
            (Subject::Run, Step::Name(name)) => {
                let field = RUN_FIELDS.iter().find(|(word, _, _, _)| *word == name);
                let kind = Kind::ALL.iter().find(|kind| kind.collection() == Some(&name));
                match (field, kind) {
                    (Some((_, field, _, _)), _) => Subject::Field(*field),
                    (None, Some(kind)) => Subject::Collection(*kind),
                    (None, None) if name == "params" => Subject::Param(self.schema.params()),
                    (None, None) => self.schema.params().get(&name).map_or(Subject::Unknown, of_param),
                }
            }
            (Subject::Run, Step::Item(Some(key))) => {
                self.schema.params().get(&key).map_or(Subject::Unknown, of_param)
            }
            (Subject::Param(children), Step::Name(key) | Step::Item(Some(key))) => {
                children.get(&key).map_or(Subject::Unknown, of_param)
            }
            (Subject::Item(kind), Step::Name(name)) => match name.as_str() {
                "name" => Subject::ItemName(kind),
                "context" => Subject::Context(kind),
                "run" => Subject::Run,
                _ => self.field(kind, &name),
            },
            (Subject::Context(kind), Step::Name(key) | Step::Item(Some(key))) => {
                let series = self.schema.series(kind);
                series.and_then(|series| series.context_keys.get(&key)).map_or(Subject::Unknown, of_param)
            }
            (Subject::Collection(kind), Step::Name(_) | Step::Item(_)) => Subject::Series(kind),
            (Subject::Series(kind), Step::Name(name)) => self.field(kind, &name),
            (Subject::Module("datetime"), Step::Call) => Subject::Typed(Type::Time),
            (Subject::Module("datetime"), Step::Name(_)) => Subject::Typed(Type::Time),
            (Subject::Typed(kind), Step::Call) => Subject::Typed(kind),
            _ => Subject::Unknown,
        }
    }

    fn field(&self, kind: Kind, name: &str) -> Subject<'s> {
        let field = Field::ALL.iter().find(|field| field.word() == name && field.belongs_to(kind));
        field.map_or(Subject::Unknown, |field| {
            Subject::Typed(if field.is_text() { Type::Text } else { Type::Number })
        })
    }

    /// What may stand behind a dot.
    fn members(&self, subject: &Subject<'s>) -> Vec<Suggestion> {
        match subject {
            Subject::Run => {
                let params = self.attributes(self.schema.params());
                let fields = RUN_FIELDS.iter().map(|(word, _, _, detail)| property(word, detail));
                let held =
                    |kind: &&Kind| self.schema.series(**kind).is_some_and(|series| !series.names.is_empty());
                let collections = Kind::ALL.iter().filter(held).filter_map(|kind| kind.collection());
                let collections = collections.map(|word| property(word, "the run's series of this kind"));
                params.into_iter().chain(collections).chain(fields).collect()
            }
            Subject::Param(children) => self.attributes(children),
            Subject::Leaf(param) => methods(type_of_values(param)),
            Subject::Field(field) => {
                let kind =
                    RUN_FIELDS.iter().find(|(_, known, _, _)| known == field).map(|(_, _, kind, _)| *kind);
                methods(kind.unwrap_or(Type::Any))
            }
            Subject::Item(kind) | Subject::Series(kind) => {
                let fields = Field::ALL.iter().filter(|field| field.belongs_to(*kind));
                let fields = fields
                    .map(|field| property(field.word(), if field.is_text() { "text" } else { "number" }));
                let own = [
                    (*kind != Kind::Answers, property("name", "text")),
                    (kind.has_contexts(), property("context", "dict")),
                    (true, property("run", "the run")),
                ];
                let own = own.into_iter().filter(|(is_there, _)| *is_there).map(|(_, property)| property);
                own.chain(fields).collect()
            }
            Subject::ItemName(_) => methods(Type::Text),
            Subject::Context(kind) => {
                self.schema.series(*kind).map_or(Vec::new(), |series| self.attributes(&series.context_keys))
            }
            Subject::Collection(kind) => {
                self.series_names(*kind).into_iter().filter(|suggestion| is_name(&suggestion.label)).collect()
            }
            Subject::Module(module) => {
                let functions = FUNCTIONS.iter().filter_map(|spec| {
                    let (owner, name) = spec.name.split_once('.')?;
                    (owner == *module).then(|| call(name, spec.arguments.1, spec.detail))
                });
                let numbers = NUMBERS.iter().filter_map(|(name, _)| {
                    let (owner, name) = name.split_once('.')?;
                    (owner == *module).then(|| property(name, "number"))
                });
                functions.chain(numbers).collect()
            }
            Subject::Typed(kind) => methods(*kind),
            Subject::Unknown => Vec::new(),
        }
    }

    /// The keys of a branch as attributes; a key that is no name is asked for by `get`.
    fn attributes(&self, children: &BTreeMap<String, Param>) -> Vec<Suggestion> {
        let listed = children.iter().filter(|(key, _)| !key.starts_with("__"));
        listed
            .map(|(key, param)| Suggestion {
                insert: if is_name(key) { key.clone() } else { format!("get(\"{}\")", escaped(key)) },
                label: key.clone(),
                kind: SuggestionKind::Param,
                detail: param.detail(),
            })
            .collect()
    }

    /// The keys of a branch as texts.
    fn keys(&self, children: &BTreeMap<String, Param>) -> Vec<Suggestion> {
        let suggestion = |(key, param): (&String, &Param)| Suggestion {
            insert: key.clone(),
            label: key.clone(),
            kind: SuggestionKind::Param,
            detail: param.detail(),
        };
        children.iter().map(suggestion).collect()
    }

    fn series_names(&self, kind: Kind) -> Vec<Suggestion> {
        let Some(series) = self.schema.series(kind) else { return Vec::new() };
        let suggestion = |(name, contexts): (&String, &BTreeMap<Context, usize>)| Suggestion {
            insert: name.clone(),
            label: name.clone(),
            kind: SuggestionKind::Metric,
            detail: contexts.keys().map(ToString::to_string).take(4).collect::<Vec<_>>().join(", "),
        };
        // System metrics come last: they are many and seldom asked for.
        let (own, system): (Vec<_>, Vec<_>) =
            series.names.iter().partition(|(name, _)| !name.starts_with("__"));
        own.into_iter().chain(system).map(suggestion).collect()
    }

    /// The values that some run has, and whether each is a text.
    fn values(&self, subject: &Subject<'s>) -> Vec<(Suggestion, bool)> {
        let texts = |texts: Vec<(String, String)>| -> Vec<(Suggestion, bool)> {
            texts.into_iter().map(|(text, detail)| (value(&text, detail), true)).collect()
        };
        let counted =
            |map: &BTreeMap<String, usize>| texts(map.iter().map(|(k, n)| (k.clone(), runs(*n))).collect());
        match subject {
            Subject::Leaf(param) => param.values.iter().filter_map(|found| plain(found, param)).collect(),
            Subject::Field(RunField::Name) => {
                texts(self.schema.names().iter().map(|name| (name.clone(), "run".to_owned())).collect())
            }
            Subject::Field(RunField::Experiment) => counted(self.schema.experiments()),
            Subject::Field(RunField::Tags) => counted(self.schema.tags()),
            Subject::Field(RunField::Status) => {
                let words = ["running", "finished", "failed", "killed", "crashed"];
                texts(words.map(|word| (word.to_owned(), "status".to_owned())).to_vec())
            }
            Subject::Field(RunField::Archived | RunField::Active) => {
                ["True", "False"].map(|word| (keyword(word, ""), false)).to_vec()
            }
            Subject::ItemName(kind) => {
                let names = self.series_names(*kind);
                names.into_iter().map(|suggestion| (suggestion, true)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What an expression may begin with; the values of what it is compared with come first.
    fn operands(&self, compared: Subject<'s>) -> Vec<Suggestion> {
        let values = self.values(&compared).into_iter();
        let values =
            values.map(|(suggestion, is_text)| if is_text { quoted(suggestion, "\"") } else { suggestion });
        let variable = self.kind.variable().map(|word| property(word, "one item"));
        let functions = FUNCTIONS.iter().filter(|spec| !spec.name.contains('.'));
        let functions = functions.map(|spec| call(spec.name, spec.arguments.1, spec.detail));
        let modules = [("datetime", "dates"), ("re", "regular expressions"), ("math", "numbers")];
        let modules =
            modules.map(|(word, detail)| Suggestion { insert: format!("{word}."), ..property(word, detail) });
        let mut leaves = Vec::new();
        paths(self.schema.params(), "run", &mut leaves);
        let words = KEYWORDS.iter().filter(|(word, _)| matches!(*word, "not" | "None" | "True" | "False"));
        values
            .chain([property("run", "the run")])
            .chain(variable)
            .chain(leaves)
            .chain(words.map(|(word, detail)| keyword(word, detail)))
            .chain(functions)
            .chain(modules)
            .collect()
    }
}

/// The steps of the path that ends the text, from its first name on.
fn path(tokens: &[Token]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = tokens;
    loop {
        let (last, before) = rest.split_last()?;
        match &last.what {
            Piece::Name(name) => {
                steps.push(Step::Name(name.clone()));
                match before.split_last() {
                    Some((dot, before)) if dot.is_sign(".") => rest = before,
                    _ => break,
                }
            }
            Piece::Sign(close) if close == "]" || close == ")" => {
                let open = opening(rest)?;
                let inner = &rest[open + 1..rest.len() - 1];
                steps.push(match (close.as_str(), inner.first().map(|token| &token.what)) {
                    (")", _) => Step::Call,
                    (_, Some(Piece::Text { content, .. })) => Step::Item(Some(content.clone())),
                    _ => Step::Item(None),
                });
                rest = &rest[..open];
            }
            _ => return None,
        }
    }
    steps.reverse();
    Some(steps)
}

/// The index of the bracket that the last token closes.
fn opening(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().rev() {
        match &token.what {
            Piece::Sign(sign) if matches!(sign.as_str(), ")" | "]" | "}") => depth += 1,
            Piece::Sign(sign) if matches!(sign.as_str(), "(" | "[" | "{") => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

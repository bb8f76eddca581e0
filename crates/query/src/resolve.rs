//! What the names of a query mean: attributes and items of `run`, of its series, and of everything else.

use ruff_python_ast as py;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged as _;
use trailmark_core::{Context, ParamValue};

use crate::compile::Compiler;
use crate::error::{Defect, Span};
use crate::function::{FLAGS, FUNCTIONS, NUMBERS, function};
use crate::name::{DELTA_FIELDS, RUN_FIELDS, RunField, TIME_FIELDS, Type};
use crate::schema::Found;
use crate::syntax::span_of;
use crate::tree::{Key, Node, What, Which};
use crate::{Field, Kind};

impl Compiler<'_> {
    /// A name that stands alone.
    pub(crate) fn name(&self, name: &str, span: Span) -> Result<What, Defect> {
        if let Some((_, slot)) = self.variables.iter().rev().find(|(known, _)| known == name) {
            return Ok(What::Slot(*slot));
        }
        if name == "run" {
            return Ok(What::Run);
        }
        if self.kind.is_called(name) {
            return Ok(What::Item);
        }
        if let Some(spec) = function(name) {
            return Ok(What::Function(spec.what));
        }
        Err(self.unknown_name(name, span))
    }

    fn unknown_name(&self, name: &str, span: Span) -> Defect {
        if Kind::ALL.iter().any(|kind| kind.is_called(name)) {
            let defect = Defect::new(span, format!("`{name}` is not at hand here"));
            return match self.kind.variable() {
                Some(variable) => defect.expecting(format!("`run` or `{variable}`")),
                None => defect.expecting("`run`: runs are searched here"),
            };
        }
        let modules = ["run", "re", "math", "and", "or", "not", "in", "is", "None", "True", "False"];
        let functions = FUNCTIONS.iter().map(|spec| spec.name).filter(|name| !name.contains('.'));
        let own = self.variables.iter().map(|(name, _)| name.as_str());
        let known = modules.into_iter().chain(self.kind.variable()).chain(functions).chain(own);
        let defect = Defect::new(span, format!("unknown name `{name}`"));
        match self.schema.path_of(name) {
            Some(path) => Defect { nearest: Some(format!("run.{path}")), ..defect },
            None => defect.nearest_to(name, known),
        }
    }

    /// `value.attribute`, which is not called.
    pub(crate) fn attribute(&mut self, expr: &py::ExprAttribute) -> Result<What, Defect> {
        let (word, span) = (expr.attr.as_str(), span_of(expr.attr.range()));
        if let Some(module) = self.module(&expr.value) {
            return member(module, word, span);
        }
        let base = self.node(&expr.value)?;
        match &base.what {
            What::Run => self.run_attribute(word, span),
            What::Item => self.item_attribute(word, span),
            What::Param(_) | What::ItemContext(_) => self.step(base, Key::Name(word.to_owned()), span),
            What::Collection(kind) => {
                let (kind, name) =
                    (*kind, Node { span, what: What::Const(ParamValue::Text(word.to_owned())) });
                self.check_series(kind, word, span)?;
                Ok(What::Series(kind, Box::new(name), Which::Default))
            }
            _ => {
                self.check_attribute(self.type_of(&base), word, span)?;
                Ok(What::Attribute(Box::new(base), word.to_owned()))
            }
        }
    }

    /// The module that an expression names, unless the query has a variable of that name.
    pub(crate) fn module(&self, expr: &Expr) -> Option<&'static str> {
        let Expr::Name(name) = expr else { return None };
        let is_own = self.variables.iter().any(|(known, _)| known == name.id.as_str());
        ["math", "re", "datetime"].into_iter().find(|module| !is_own && *module == name.id.as_str())
    }

    fn run_attribute(&mut self, word: &str, span: Span) -> Result<What, Defect> {
        if let Some((_, field, _, _)) = RUN_FIELDS.iter().find(|(known, _, _, _)| *known == word) {
            self.speaks_of_archived |= *field == RunField::Archived;
            return Ok(What::RunField(*field));
        }
        let collection = Kind::ALL.iter().find(|kind| kind.collection() == Some(word));
        if let Some(kind) = collection {
            return Ok(What::Collection(*kind));
        }
        if word == "params" && !self.schema.params().contains_key("params") {
            return Ok(What::Param(Vec::new()));
        }
        self.step(Node { span, what: What::Param(Vec::new()) }, Key::Name(word.to_owned()), span)
    }

    fn item_attribute(&self, word: &str, span: Span) -> Result<What, Defect> {
        match word {
            "name" if self.kind != Kind::Answers => return Ok(What::ItemName),
            "context" if self.kind.has_contexts() => return Ok(What::ItemContext(Vec::new())),
            "run" => return Ok(What::Run),
            _ => {}
        }
        match Field::ALL.iter().find(|field| field.word() == word && field.belongs_to(self.kind)) {
            Some(field) => Ok(What::ItemField(*field)),
            None => Err(unknown_field(self.kind, word, span)),
        }
    }

    /// One key further along a path of params or of a context.
    fn step(&mut self, base: Node, key: Key, span: Span) -> Result<What, Defect> {
        match base.what {
            What::Param(mut path) => {
                path.push(key);
                self.check_param(&path, span)?;
                Ok(What::Param(path))
            }
            What::ItemContext(mut path) => {
                if let (true, Key::Name(name)) = (path.is_empty(), &key) {
                    self.check_context_key(name, span)?;
                }
                path.push(key);
                Ok(What::ItemContext(path))
            }
            _ => unreachable!("only paths are continued"),
        }
    }

    fn check_param(&self, path: &[Key], span: Span) -> Result<(), Defect> {
        let numbers: Vec<String> = path.iter().map(Key::text).collect();
        let keys: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let Found::Nothing(index, parent) = self.schema.find(&keys) else { return Ok(()) };
        let key = keys[index];
        match parent {
            Some(parent) if parent.children.is_empty() => {
                // A text has characters and parts.
                if parent.kinds.contains("text") && matches!(path[index], Key::Index(_)) {
                    return Ok(());
                }
                let kinds: Vec<&str> = parent.kinds.iter().copied().collect();
                let before = keys[..index].join(".");
                let message =
                    format!("`run.{before}` is {} in every run: it has no `{key}`", kinds.join(" or "));
                Err(Defect::new(span, message))
            }
            Some(parent) => {
                let message = format!("no run has `{key}` in `run.{}`", keys[..index].join("."));
                Err(Defect::new(span, message).nearest_to(key, parent.children.keys().map(String::as_str)))
            }
            None => {
                let fields = RUN_FIELDS.iter().map(|(word, _, _, _)| *word);
                let collections = Kind::ALL.iter().filter_map(|kind| kind.collection());
                let params = self.schema.params().keys().map(String::as_str);
                let defect = Defect::new(span, format!("no run has `{key}`"));
                Err(match self.schema.path_of(key) {
                    Some(path) => Defect { nearest: Some(format!("run.{path}")), ..defect },
                    None => defect.nearest_to(key, fields.chain(collections).chain(params)),
                })
            }
        }
    }

    fn check_context_key(&self, key: &str, span: Span) -> Result<(), Defect> {
        let Some(series) = self.schema.series(self.kind).filter(|_| self.schema.is_checked()) else {
            return Ok(());
        };
        if series.names.is_empty() || series.context_keys.contains_key(key) {
            return Ok(());
        }
        let defect = Defect::new(span, format!("no context has `{key}`"));
        Err(defect.nearest_to(key, series.context_keys.keys().map(String::as_str)))
    }

    /// Refuses a series that no run has.
    pub(crate) fn check_series(&self, kind: Kind, name: &str, span: Span) -> Result<(), Defect> {
        let Some(series) = self.schema.series(kind).filter(|_| self.schema.is_checked()) else {
            return Ok(());
        };
        if series.names.contains_key(name) {
            return Ok(());
        }
        let word = kind.collection().unwrap_or("series");
        let defect = Defect::new(span, format!("no run has `{name}` among its {word}"));
        Err(defect.nearest_to(name, series.names.keys().map(String::as_str)))
    }

    /// Refuses attributes that no value of a type has.
    fn check_attribute(&self, kind: Type, word: &str, span: Span) -> Result<(), Defect> {
        let known: &[&str] = match kind {
            Type::Any | Type::Dict | Type::Run => return Ok(()),
            Type::Series(kind) => {
                let has = Field::ALL.iter().any(|field| field.word() == word && field.belongs_to(kind));
                let is_known =
                    has || matches!(word, "name" | "run") || word == "context" && kind.has_contexts();
                return if is_known { Ok(()) } else { Err(unknown_field(kind, word, span)) };
            }
            Type::Time => TIME_FIELDS,
            Type::Delta => DELTA_FIELDS,
            _ => &[],
        };
        if known.contains(&word) {
            return Ok(());
        }
        let message = format!("a {} has no attribute `{word}`", kind.word());
        let methods = self.methods_of(kind).iter().map(|spec| spec.name);
        let mut defect = Defect::new(span, message).nearest_to(word, known.iter().copied().chain(methods));
        if self.methods_of(kind).iter().any(|spec| spec.name == word) {
            defect = defect.expecting(format!("a call: `{word}(…)`"));
        }
        Err(defect)
    }

    /// `value[index]`.
    pub(crate) fn subscript(&mut self, expr: &py::ExprSubscript) -> Result<Node, Defect> {
        let (whole, span) = (span_of(expr.range()), span_of(expr.slice.range()));
        let base = self.node(&expr.value)?;
        let at = |what| Ok(Node { span: whole, what });
        if let Expr::Slice(slice) = &*expr.slice {
            let mut part = |part: &Option<Box<Expr>>| part.as_deref().map(|expr| self.node(expr)).transpose();
            let parts = [part(&slice.lower)?, part(&slice.upper)?, part(&slice.step)?];
            return at(What::Slice(Box::new(base), Box::new(parts)));
        }
        let index = self.node(&expr.slice)?;
        if let What::Collection(kind) = base.what {
            return at(self.series(kind, index)?);
        }
        let base = if matches!(base.what, What::Run) {
            Node { what: What::Param(Vec::new()), ..base }
        } else {
            base
        };
        match (&base.what, keys_of(&index)) {
            (What::Param(_) | What::ItemContext(_), Some(keys)) => {
                let mut node = base;
                for key in keys {
                    node = Node { span: whole, what: self.step(node, key, span)? };
                }
                Ok(node)
            }
            (What::Item, Some(keys)) => match keys.as_slice() {
                [Key::Name(word)] => at(self.item_attribute(word, span)?),
                _ => Err(Defect::new(span, "a series has no such item").expecting("a name such as \"last\"")),
            },
            (_, Some(keys)) if matches!(self.type_of(&base), Type::Series(_)) => match keys.as_slice() {
                [Key::Name(word)] => {
                    self.check_attribute(self.type_of(&base), word, span)?;
                    at(What::Attribute(Box::new(base), word.clone()))
                }
                _ => Err(Defect::new(span, "a series has no such item").expecting("a name such as \"last\"")),
            },
            _ => at(What::Index(Box::new(base), Box::new(index))),
        }
    }

    /// `run.metrics[name]` and `run.metrics[name, context]`.
    fn series(&mut self, kind: Kind, index: Node) -> Result<What, Defect> {
        let (name, context) = match index.what {
            What::Tuple(nodes) => {
                let span = index.span;
                let pair: Result<[Node; 2], _> = nodes.try_into();
                let wrong = Defect::new(span, "a series is named by its name and its context");
                let [name, context] = pair
                    .map_err(|_| wrong.expecting("two things, such as \"loss\", {\"subset\": \"eval\"}"))?;
                (name, Some(context))
            }
            what => (Node { what, ..index }, None),
        };
        if let What::Const(value) = &name.what {
            let ParamValue::Text(text) = value else {
                return Err(Defect::new(name.span, "a series is named by a text")
                    .expecting("a text such as \"loss\""));
            };
            self.check_series(kind, text, name.span)?;
        }
        let which = match context {
            None => Which::Default,
            Some(Node { what: What::Const(ParamValue::Map(map)), .. }) => Which::Fixed(Context::from(map)),
            Some(Node { what: What::Const(_), span }) => {
                let defect = Defect::new(span, "a context is a dict");
                return Err(defect.expecting("a dict such as {\"subset\": \"eval\"}"));
            }
            Some(other) => Which::Computed(Box::new(other)),
        };
        Ok(What::Series(kind, Box::new(name), which))
    }
}

impl Key {
    /// The key as it is stored: params have text keys only.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Index(index) => index.to_string(),
        }
    }
}

/// A name below a module.
fn member(module: &str, word: &str, span: Span) -> Result<What, Defect> {
    let full = format!("{module}.{word}");
    if let Some(spec) = function(&full) {
        return Ok(What::Function(spec.what));
    }
    if let Some((_, number)) = NUMBERS.iter().find(|(name, _)| *name == full) {
        return Ok(What::Const(ParamValue::Float(*number)));
    }
    if let Some((_, flag, _)) = FLAGS.iter().find(|(name, _, _)| *name == full) {
        return Ok(What::Const(ParamValue::Int(*flag)));
    }
    Err(unknown_member(module, word, span))
}

/// The error of a name that a module has not.
pub(crate) fn unknown_member(module: &str, word: &str, span: Span) -> Defect {
    let prefix = format!("{module}.");
    let names = FUNCTIONS.iter().map(|spec| spec.name).chain(NUMBERS.iter().map(|(name, _)| *name));
    let names = names.chain(FLAGS.iter().map(|(name, _, _)| *name));
    let known = names.filter_map(|name| name.strip_prefix(&prefix));
    Defect::new(span, format!("`{module}` has no `{word}`")).nearest_to(word, known)
}

fn unknown_field(kind: Kind, word: &str, span: Span) -> Defect {
    let fields = Field::ALL.iter().filter(|field| field.belongs_to(kind)).map(|field| field.word());
    let own = [("name", kind != Kind::Answers), ("context", kind.has_contexts()), ("run", true)];
    let known = fields.chain(own.into_iter().filter(|(_, is_there)| *is_there).map(|(word, _)| word));
    let subject = kind.variable().unwrap_or("series");
    let known: Vec<&str> = known.collect();
    let defect = Defect::new(span, format!("`{subject}` has no attribute `{word}`"));
    let defect = defect.nearest_to(word, known.iter().copied());
    if defect.nearest.is_some() { defect } else { defect.expecting(known.join(", ")) }
}

/// The keys that a constant index names; several in a tuple.
fn keys_of(index: &Node) -> Option<Vec<Key>> {
    let key = |node: &Node| match &node.what {
        What::Const(ParamValue::Text(text)) => Some(Key::Name(text.clone())),
        What::Const(ParamValue::Int(index)) => Some(Key::Index(*index)),
        _ => None,
    };
    match &index.what {
        What::Tuple(nodes) if !nodes.is_empty() => nodes.iter().map(key).collect(),
        _ => key(index).map(|key| vec![key]),
    }
}

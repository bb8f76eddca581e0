//! Calls: which function or method is meant, whether its arguments fit, and what type comes out.

use ruff_python_ast as py;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged as _;
use trailmark_core::ParamValue;

use crate::Field;
use crate::compile::Compiler;
use crate::error::{Defect, Span};
use crate::function::{
    DELTA_METHODS, DICT_METHODS, Function, LIST_METHODS, MANY, Method, Pattern, Spec, TEXT_METHODS,
    TIME_METHODS, function, methods,
};
use crate::matcher::{MOST_RANGES, Source};
use crate::name::{RUN_FIELDS, Type};
use crate::resolve::unknown_member;
use crate::schema::{Found, Param};
use crate::syntax::span_of;
use crate::tree::{Key, Node, Shape, Sign, What};

/// The arguments of a call.
type Arguments = (Vec<Node>, Vec<(String, Node)>);

impl Compiler<'_> {
    /// `function(…)`, `value.method(…)`.
    pub(crate) fn call(&mut self, call: &py::ExprCall) -> Result<What, Defect> {
        let span = span_of(call.range());
        match &*call.func {
            Expr::Attribute(attribute) => self.method_call(call, attribute),
            Expr::Name(name) if self.variables.iter().all(|(known, _)| known != name.id.as_str()) => {
                let callee = self.name(name.id.as_str(), span_of(name.range()))?;
                match (callee, function(name.id.as_str())) {
                    (What::Function(_), Some(spec)) => self.function_call(spec, call),
                    _ => Err(Defect::new(span, format!("`{}` is no function", name.id))),
                }
            }
            other => {
                let callee = self.node(other)?;
                if !matches!(self.type_of(&callee), Type::Function | Type::Any) {
                    let word = self.type_of(&callee).word();
                    return Err(Defect::new(callee.span, format!("a {word} is no function")));
                }
                let (arguments, named) = self.arguments(call)?;
                match named.first() {
                    Some((name, node)) => {
                        Err(Defect::new(node.span, format!("a lambda takes no argument `{name}`")))
                    }
                    None => Ok(What::Apply(Box::new(callee), arguments)),
                }
            }
        }
    }

    fn arguments(&mut self, call: &py::ExprCall) -> Result<Arguments, Defect> {
        let arguments = self.nodes(&call.arguments.args)?;
        let mut named = Vec::new();
        for keyword in &call.arguments.keywords {
            let span = span_of(keyword.range());
            let name = keyword.arg.as_ref();
            let name =
                name.ok_or_else(|| Defect::new(span, "`**` in a call is no part of the query language"))?;
            named.push((name.as_str().to_owned(), self.node(&keyword.value)?));
        }
        Ok((arguments, named))
    }

    fn function_call(&mut self, spec: &Spec<Function>, call: &py::ExprCall) -> Result<What, Defect> {
        let (arguments, named) = self.arguments(call)?;
        check_arguments(spec, &arguments, &named, span_of(call.range()))?;
        if let (Function::Re(pattern), [Node { what: What::Const(ParamValue::Text(_)), .. }, _, ..]) =
            (spec.what, arguments.as_slice())
        {
            return self.regex_call(pattern, arguments);
        }
        Ok(What::Call(spec.what, arguments, named))
    }

    /// A regular expression that is written into the query is compiled with it.
    fn regex_call(&mut self, pattern: Pattern, mut arguments: Vec<Node>) -> Result<What, Defect> {
        let flags = match arguments.get(2) {
            None => 0,
            Some(Node { what: What::Const(ParamValue::Int(flags)), .. }) => *flags,
            Some(_) => return Ok(What::Call(Function::Re(pattern), arguments, Vec::new())),
        };
        let text = arguments.remove(1);
        let first = arguments.remove(0);
        let What::Const(ParamValue::Text(source)) = &first.what else { unreachable!("the caller looked") };
        let source = Source::read(source, flags, pattern, first.span)?;
        self.regex_ranges = self.regex_ranges.saturating_add(source.ranges);
        if self.regex_ranges > MOST_RANGES {
            let message = "the regular expressions of the query are too large together";
            return Err(Defect::new(first.span, message));
        }
        let matcher = source.compile(first.span)?;
        Ok(What::Regex(pattern, Box::new(matcher), Box::new(text)))
    }

    fn method_call(&mut self, call: &py::ExprCall, attribute: &py::ExprAttribute) -> Result<What, Defect> {
        let (word, span) = (attribute.attr.as_str(), span_of(attribute.attr.range()));
        if let Some(module) = self.module(&attribute.value) {
            let spec =
                function(&format!("{module}.{word}")).ok_or_else(|| unknown_member(module, word, span))?;
            return self.function_call(spec, call);
        }
        let mut base = self.node(&attribute.value)?;
        if matches!(base.what, What::Run) {
            base.what = What::Param(Vec::new());
        }
        let kind = self.type_of(&base);
        let spec = self.method(kind, word, span)?;
        let (arguments, named) = self.arguments(call)?;
        check_arguments(spec, &arguments, &named, span_of(call.range()))?;
        Ok(What::Method(spec.what, Box::new(base), arguments, named))
    }

    fn method(&self, kind: Type, word: &str, span: Span) -> Result<&'static Spec<Method>, Defect> {
        let own = self.methods_of(kind);
        let found = match kind {
            Type::Any => methods().find(|spec| spec.name == word),
            _ => own.iter().find(|spec| spec.name == word),
        };
        if let Some(spec) = found {
            return Ok(spec);
        }
        let (subject, defect) = match kind {
            Type::Any => ("nothing", Defect::new(span, format!("nothing has a method `{word}`"))),
            _ => (kind.word(), Defect::new(span, format!("a {} has no method `{word}`", kind.word()))),
        };
        if word == "format" {
            return Err(defect.expecting("an f-text, such as f\"{run.name}\""));
        }
        let known = match subject {
            "nothing" => methods().map(|spec| spec.name).collect::<Vec<_>>(),
            _ => own.iter().map(|spec| spec.name).collect(),
        };
        Err(defect.nearest_to(word, known))
    }

    /// The methods of a type; of values whose type is not known, none.
    pub(crate) fn methods_of(&self, kind: Type) -> &'static [Spec<Method>] {
        match kind {
            Type::Text => TEXT_METHODS,
            Type::List => LIST_METHODS,
            Type::Dict => DICT_METHODS,
            Type::Time => TIME_METHODS,
            Type::Delta => DELTA_METHODS,
            _ => &[],
        }
    }

    /// What kind of value a node has, as far as is known before evaluation; every value may also be None.
    pub(crate) fn type_of(&self, node: &Node) -> Type {
        match &node.what {
            What::Const(value) => type_of_param(value),
            What::Time(_) => Type::Time,
            What::Delta(_) => Type::Delta,
            What::Run => Type::Run,
            What::RunField(field) => RUN_FIELDS
                .iter()
                .find(|(_, known, _, _)| known == field)
                .map_or(Type::Any, |(_, _, kind, _)| *kind),
            What::Param(path) => self.type_of_path(path),
            What::Item => Type::Series(self.kind),
            What::ItemName | What::Format(_) => Type::Text,
            What::ItemField(field) => {
                if field.is_text() {
                    Type::Text
                } else {
                    Type::Number
                }
            }
            What::ItemContext(path) => self.type_of_context(path),
            What::Collection(kind) => Type::Collection(*kind),
            What::Series(kind, _, _) => Type::Series(*kind),
            What::Assign(_, value) => self.type_of(value),
            What::Function(_) | What::Lambda(_) => Type::Function,
            What::Not(_) | What::Compare(_, _) => Type::Bool,
            What::Unary(Sign::Minus | Sign::Plus, value) => self.type_of(value),
            What::List(_) | What::Tuple(_) | What::Set(_) => Type::List,
            What::Dict(_) => Type::Dict,
            What::Slice(base, _) => self.type_of(base),
            What::Attribute(base, word) => match self.type_of(base) {
                Type::Time | Type::Delta => Type::Number,
                Type::Series(_) => type_of_series(word),
                _ => Type::Any,
            },
            What::Call(function, _, _) => type_of_call(*function),
            What::Method(method, _, _, _) => type_of_method(*method),
            What::Comprehension(comprehension) if comprehension.shape == Shape::Dict => Type::Dict,
            What::Comprehension(_) => Type::List,
            What::Slot(_) | What::Unary(..) | What::Binary(..) | What::If(_) | What::And(_) | What::Or(_) => {
                Type::Any
            }
            What::Spread(_) | What::Index(..) | What::Apply(..) | What::Regex(..) => Type::Any,
        }
    }

    fn type_of_path(&self, path: &[Key]) -> Type {
        let keys: Vec<String> = path.iter().map(Key::text).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        match self.schema.find(&keys) {
            Found::Known(param) => type_of_known(param),
            _ if path.is_empty() => Type::Dict,
            _ => Type::Any,
        }
    }

    fn type_of_context(&self, path: &[Key]) -> Type {
        match path {
            [] => Type::Dict,
            [Key::Name(key)] => {
                let series = self.schema.series(self.kind);
                series.and_then(|series| series.context_keys.get(key)).map_or(Type::Any, type_of_known)
            }
            _ => Type::Any,
        }
    }
}

impl Function {
    /// Whether the same arguments always give the same value.
    pub(crate) fn is_pure(self) -> bool {
        !matches!(self, Self::Now | Self::UtcNow | Self::FromTimestamp | Self::FromIsoFormat)
    }
}

fn type_of_param(value: &ParamValue) -> Type {
    match value {
        ParamValue::None => Type::None,
        ParamValue::Bool(_) => Type::Bool,
        ParamValue::Int(_) | ParamValue::Float(_) => Type::Number,
        ParamValue::Text(_) => Type::Text,
        ParamValue::List(_) => Type::List,
        ParamValue::Map(_) => Type::Dict,
    }
}

/// The type of a param whose values in all runs are known.
fn type_of_known(param: &Param) -> Type {
    let mut types = param.kinds.iter().filter(|kind| **kind != "None").map(|kind| match *kind {
        "bool" => Type::Bool,
        "int" | "float" => Type::Number,
        "text" => Type::Text,
        "list" => Type::List,
        _ => Type::Dict,
    });
    let first = types.next().unwrap_or(Type::Any);
    if types.all(|other| other == first) { first } else { Type::Any }
}

fn type_of_series(word: &str) -> Type {
    match word {
        "name" => Type::Text,
        "context" => Type::Dict,
        "run" => Type::Run,
        _ => match Field::ALL.iter().find(|field| field.word() == word) {
            Some(field) if field.is_text() => Type::Text,
            _ => Type::Number,
        },
    }
}

fn type_of_call(function: Function) -> Type {
    match function {
        Function::All | Function::Any | Function::Bool | Function::IsInstance => Type::Bool,
        Function::Len | Function::Int | Function::Float | Function::Ord | Function::Math(_) => Type::Number,
        Function::Str | Function::Repr | Function::Chr => Type::Text,
        Function::List | Function::Sorted | Function::Reversed | Function::Enumerate | Function::Zip => {
            Type::List
        }
        Function::Tuple | Function::Set | Function::Divmod => Type::List,
        Function::Dict => Type::Dict,
        Function::Datetime | Function::Now | Function::UtcNow => Type::Time,
        Function::FromTimestamp | Function::FromIsoFormat => Type::Time,
        Function::Timedelta => Type::Delta,
        Function::Type => Type::Function,
        _ => Type::Any,
    }
}

fn type_of_method(method: Method) -> Type {
    use Method as M;
    match method {
        M::StartsWith | M::EndsWith | M::Contains | M::IsAlnum | M::IsAlpha | M::IsDigit => Type::Bool,
        M::IsLower | M::IsUpper | M::IsSpace => Type::Bool,
        M::Get | M::Group => Type::Any,
        M::Split | M::RSplit | M::SplitLines | M::Partition | M::RPartition => Type::List,
        M::Keys | M::Values | M::Items | M::Groups => Type::List,
        M::Find | M::RFind | M::Index | M::Count | M::Timestamp | M::TotalSeconds => Type::Number,
        M::Weekday | M::IsoWeekday | M::MatchStart | M::MatchEnd => Type::Number,
        _ => Type::Text,
    }
}

fn check_arguments<T>(
    spec: &Spec<T>,
    arguments: &[Node],
    named: &[(String, Node)],
    span: Span,
) -> Result<(), Defect> {
    for (name, node) in named {
        if !spec.keywords.contains(&name.as_str()) {
            let defect = Defect::new(node.span, format!("`{}` takes no argument `{name}`", spec.name));
            return Err(defect.nearest_to(name, spec.keywords.iter().copied()));
        }
    }
    let is_spread = arguments.iter().any(|node| matches!(node.what, What::Spread(_)));
    let (least, most) = spec.arguments;
    let given = arguments.len() + named.len();
    if is_spread || (least <= given && arguments.len() <= most) {
        return Ok(());
    }
    let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
    let want = match (least, most) {
        (least, most) if least == most => format!("{least} {}", plural(least)),
        (least, MANY) => format!("at least {least} {}", plural(least)),
        (least, most) => format!("{least} to {most} arguments"),
    };
    Err(Defect::new(span, format!("`{}` takes {want}, got {given}", spec.name)))
}

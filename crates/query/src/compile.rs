//! Python's syntax tree to ours: what the language has not is refused here, with its place.
//!
//! Names are resolved in `resolve`, calls in `call`; here is everything else, and the folding of constants, so that a
//! mistake among constants is an error of the query and not of each run.

use ruff_python_ast as py;
use ruff_python_ast::Expr;
use ruff_text_size::Ranged as _;
use trailmark_core::{ParamValue, Params};

use crate::error::{Defect, Span};
use crate::eval::Frame;
use crate::limit::{self, Budget};
use crate::name::Type;
use crate::syntax::{self, span_of};
use crate::time::micros_from_text;
use crate::tree::{
    Clause, Comparison, Comprehension, Lambda, Node, Operator, Piece, Shape, Sign, Target, Tree, What,
};
use crate::value::Value;
use crate::{Kind, Schema};

/// Reads and checks a query's text.
pub(crate) fn compile(text: &str, kind: Kind, schema: &Schema) -> Result<Tree, Defect> {
    limit::check_length(text)?;
    let text = syntax::without_select(text);
    if text.trim().is_empty() {
        let root = Node { span: Span::new(0, 0), what: What::Const(ParamValue::Bool(true)) };
        return Ok(Tree { root, slots: 0, speaks_of_archived: false });
    }
    limit::check_depth(&text)?;
    let parsed = syntax::parse(&text)?;
    let mut compiler = Compiler::new(kind, schema);
    let root = compiler.node(&parsed)?;
    if compiler.type_of(&root) == Type::Function {
        let defect = Defect::new(root.span, "a function is no condition");
        return Err(defect.expecting("a call, such as len(run.tags)"));
    }
    Ok(Tree { root, slots: compiler.slots, speaks_of_archived: compiler.speaks_of_archived })
}

/// Reads and checks what items are ordered by: values divided by commas, each with whether it is from the largest down,
/// and how many variables they make.
pub(crate) fn compile_order(
    text: &str,
    kind: Kind,
    schema: &Schema,
) -> Result<(Vec<(Node, bool)>, usize), Defect> {
    limit::check_length(text)?;
    if text.trim().is_empty() {
        return Ok((Vec::new(), 0));
    }
    limit::check_depth(text)?;
    let parsed = syntax::parse(text)?;
    let mut compiler = Compiler::new(kind, schema);
    let parts = match &*parsed {
        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
        single => vec![single],
    };
    let mut keys = Vec::new();
    for part in parts {
        let (value, is_reverse) = match part {
            Expr::UnaryOp(py::ExprUnaryOp { op: py::UnaryOp::USub, operand, .. }) => (&**operand, true),
            value => (value, false),
        };
        let node = compiler.node(value)?;
        if matches!(
            compiler.type_of(&node),
            Type::Function | Type::Run | Type::Collection(_) | Type::Series(_)
        ) {
            let defect = Defect::new(node.span, "nothing is ordered by this");
            return Err(defect.expecting("a number, a text or a date, such as run.created_at"));
        }
        keys.push((node, is_reverse));
    }
    Ok((keys, compiler.slots))
}

/// Translates one query.
pub(crate) struct Compiler<'s> {
    pub(crate) kind: Kind,
    pub(crate) schema: &'s Schema,
    /// Variables of the query itself, the innermost last.
    pub(crate) variables: Vec<(String, usize)>,
    pub(crate) slots: usize,
    pub(crate) speaks_of_archived: bool,
    depth: usize,
    /// Ranges of the regular expressions that were compiled.
    pub(crate) regex_ranges: usize,
    /// How many comprehensions and lambdas are open.
    inner: usize,
}

impl<'s> Compiler<'s> {
    fn new(kind: Kind, schema: &'s Schema) -> Self {
        let variables = Vec::new();
        Self {
            kind,
            schema,
            variables,
            slots: 0,
            speaks_of_archived: false,
            depth: 0,
            regex_ranges: 0,
            inner: 0,
        }
    }

    /// Translates an expression and what is below it.
    pub(crate) fn node(&mut self, expr: &Expr) -> Result<Node, Defect> {
        self.depth += 1;
        if self.depth > limit::MOST_DEPTH {
            return Err(limit::too_deep(span_of(expr.range())));
        }
        let span = span_of(expr.range());
        let node = match limit::with_stack(|| self.what(expr, span))? {
            // A path or a call knows a better place than the whole of it.
            Translated::What(what) => Node { span, what },
            Translated::Node(node) => node,
        };
        self.depth -= 1;
        fold(node)
    }

    pub(crate) fn nodes<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Result<Vec<Node>, Defect> {
        exprs.into_iter().map(|expr| self.node(expr)).collect()
    }

    fn what(&mut self, expr: &Expr, span: Span) -> Result<Translated, Defect> {
        Ok(Translated::What(match expr {
            Expr::BoolOp(all) => {
                let parts = self.nodes(&all.values)?;
                match all.op {
                    py::BoolOp::And => What::And(parts),
                    py::BoolOp::Or => What::Or(parts),
                }
            }
            Expr::Named(named) => self.assignment(named)?,
            Expr::BinOp(binary) => {
                let operator = operator_of(binary.op).ok_or_else(|| unknown(span, "`@`"))?;
                What::Binary(operator, Box::new((self.node(&binary.left)?, self.node(&binary.right)?)))
            }
            Expr::UnaryOp(unary) => {
                let operand = Box::new(self.node(&unary.operand)?);
                match unary.op {
                    py::UnaryOp::Not => What::Not(operand),
                    py::UnaryOp::UAdd => What::Unary(Sign::Plus, operand),
                    py::UnaryOp::USub => What::Unary(Sign::Minus, operand),
                    py::UnaryOp::Invert => What::Unary(Sign::Invert, operand),
                }
            }
            Expr::Lambda(lambda) => What::Lambda(Box::new(self.lambda(lambda)?)),
            Expr::If(choice) => What::If(Box::new([
                self.node(&choice.test)?,
                self.node(&choice.body)?,
                self.node(&choice.orelse)?,
            ])),
            Expr::Dict(dict) => self.dict(dict)?,
            Expr::Set(set) => What::Set(self.nodes(&set.elts)?),
            Expr::List(list) => list_of(self.nodes(&list.elts)?),
            Expr::Tuple(tuple) => What::Tuple(self.nodes(&tuple.elts)?),
            Expr::Starred(starred) => What::Spread(Box::new(self.node(&starred.value)?)),
            Expr::ListComp(list) => self.comprehension(Shape::List, &list.elt, None, &list.generators)?,
            Expr::Generator(list) => self.comprehension(Shape::List, &list.elt, None, &list.generators)?,
            Expr::SetComp(set) => self.comprehension(Shape::Set, &set.elt, None, &set.generators)?,
            Expr::DictComp(dict) => {
                let key = dict.key.as_deref().ok_or_else(|| unknown(span, "`**` in a comprehension"))?;
                self.comprehension(Shape::Dict, key, Some(&dict.value), &dict.generators)?
            }
            Expr::Compare(compare) => self.comparison(compare)?,
            Expr::Call(call) => return self.call(call).map(Translated::What),
            Expr::FString(text) => What::Format(self.pieces(text)?),
            Expr::StringLiteral(text) => What::Const(ParamValue::Text(text.value.to_str().to_owned())),
            Expr::NumberLiteral(number) => What::Const(number_of(&number.value, span)?),
            Expr::BooleanLiteral(truth) => What::Const(ParamValue::Bool(truth.value)),
            Expr::NoneLiteral(_) => What::Const(ParamValue::None),
            Expr::Attribute(attribute) => self.attribute(attribute)?,
            Expr::Subscript(subscript) => return self.subscript(subscript).map(Translated::Node),
            Expr::Name(name) => self.name(name.id.as_str(), span)?,
            Expr::BytesLiteral(_) => {
                return Err(unknown(span, "a text of bytes").expecting("a text without the b before it"));
            }
            Expr::EllipsisLiteral(_) => return Err(unknown(span, "`...`")),
            Expr::Await(_) => return Err(unknown(span, "`await`")),
            Expr::Yield(_) | Expr::YieldFrom(_) => return Err(unknown(span, "`yield`")),
            Expr::TString(_) => return Err(unknown(span, "a template text").expecting("an f-text: f\"…\"")),
            Expr::Slice(_) => return Err(unknown(span, "a slice outside of brackets")),
            Expr::IpyEscapeCommand(_) => return Err(unknown(span, "a shell command")),
        }))
    }

    /// Makes a variable of the query.
    fn declare(&mut self, name: &str, span: Span) -> Result<usize, Defect> {
        if name == "run" || self.kind.variable() == Some(name) {
            return Err(
                Defect::new(span, format!("`{name}` means something already")).expecting("another name")
            );
        }
        let slot = self.slots;
        self.slots += 1;
        self.variables.push((name.to_owned(), slot));
        Ok(slot)
    }

    /// `(name := value)`. Only outside of what is evaluated again and again: values could grow without end else.
    fn assignment(&mut self, named: &py::ExprNamed) -> Result<What, Defect> {
        let span = span_of(named.target.range());
        let Expr::Name(name) = &*named.target else {
            return Err(Defect::new(span, "only a name can be given a value").expecting("a name before `:=`"));
        };
        if self.inner > 0 {
            return Err(Defect::new(span, "`:=` is not part of comprehensions and lambdas here"));
        }
        let value = self.node(&named.value)?;
        let slot = self.declare(name.id.as_str(), span)?;
        Ok(What::Assign(slot, Box::new(value)))
    }

    fn lambda(&mut self, lambda: &py::ExprLambda) -> Result<Lambda, Defect> {
        let outer = self.variables.len();
        let mut slots = Vec::new();
        if let Some(parameters) = &lambda.parameters {
            let span = span_of(parameters.range());
            if parameters.vararg.is_some() || parameters.kwarg.is_some() {
                return Err(Defect::new(span, "a lambda takes plain names only"));
            }
            for parameter in parameters.iter_non_variadic_params() {
                if parameter.default.is_some() {
                    return Err(Defect::new(span, "a lambda takes plain names only"));
                }
                slots.push(self.declare(parameter.parameter.name.as_str(), span)?);
            }
        }
        self.inner += 1;
        let body = self.node(&lambda.body)?;
        self.inner -= 1;
        self.variables.truncate(outer);
        Ok(Lambda { slots, body })
    }

    fn dict(&mut self, dict: &py::ExprDict) -> Result<What, Defect> {
        let mut pairs = Vec::new();
        for item in &dict.items {
            let span = span_of(item.value.range());
            let key = item.key.as_ref().ok_or_else(|| unknown(span, "`**` in a dict"))?;
            pairs.push((self.node(key)?, self.node(&item.value)?));
        }
        let constant: Option<Params> = pairs
            .iter()
            .map(|(key, value)| match (&key.what, &value.what) {
                (What::Const(ParamValue::Text(key)), What::Const(value)) => {
                    Some((key.clone(), value.clone()))
                }
                _ => None,
            })
            .collect();
        Ok(constant.map_or(What::Dict(pairs), |map| What::Const(ParamValue::Map(map))))
    }

    fn comprehension(
        &mut self,
        shape: Shape,
        element: &Expr,
        value: Option<&Expr>,
        generators: &[py::Comprehension],
    ) -> Result<What, Defect> {
        let outer = self.variables.len();
        self.inner += 1;
        let mut clauses = Vec::new();
        for generator in generators {
            if generator.is_async {
                return Err(unknown(span_of(generator.range()), "`async`"));
            }
            let values = self.node(&generator.iter)?;
            let target = self.target(&generator.target)?;
            clauses.push(Clause { target, values, conditions: self.nodes(&generator.ifs)? });
        }
        let element = self.node(element)?;
        let value = value.map(|value| self.node(value)).transpose()?;
        self.inner -= 1;
        self.variables.truncate(outer);
        Ok(What::Comprehension(Box::new(Comprehension { shape, element, value, clauses })))
    }

    fn target(&mut self, expr: &Expr) -> Result<Target, Defect> {
        let span = span_of(expr.range());
        let several = match expr {
            Expr::Name(name) => return self.declare(name.id.as_str(), span).map(Target::Slot),
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            _ => return Err(Defect::new(span, "only names can be given values").expecting("a name")),
        };
        several.iter().map(|expr| self.target(expr)).collect::<Result<_, _>>().map(Target::Several)
    }

    fn comparison(&mut self, compare: &py::ExprCompare) -> Result<What, Defect> {
        let first = self.node(&compare.left)?;
        let mut rest = Vec::new();
        for (op, expr) in compare.ops.iter().zip(&compare.comparators) {
            let right = self.node(expr)?;
            let comparison = comparison_of(*op);
            let left = rest.last().map_or(&first, |(_, node)| node);
            self.check_comparison(left, comparison, &right)?;
            rest.push((comparison, membership(comparison, right)));
        }
        Ok(What::Compare(Box::new(first), rest))
    }

    /// Refuses comparisons that can never say anything.
    fn check_comparison(&self, left: &Node, comparison: Comparison, right: &Node) -> Result<(), Defect> {
        use Comparison as C;
        let (a, b) = (self.type_of(left), self.type_of(right));
        let span = Span { start: left.span.start, end: right.span.end };
        let is_order = matches!(comparison, C::Less | C::LessEqual | C::Greater | C::GreaterEqual);
        if is_order && !a.compares_with(b) {
            return Err(Defect::new(span, format!("a {} and a {} have no order", a.word(), b.word())));
        }
        if is_order || matches!(comparison, C::Equal | C::NotEqual) {
            for (node, other) in [(left, b), (right, a)] {
                let What::Const(ParamValue::Text(text)) = &node.what else { continue };
                if other == Type::Time && micros_from_text(text, 0).is_none() {
                    let defect = Defect::new(node.span, format!("{text:?} is no date"));
                    return Err(defect.expecting("a date such as \"2026-11-24\" or \"2026-11-24 12:30\""));
                }
            }
        }
        let has_items = !matches!(b, Type::Number | Type::Bool | Type::Time | Type::Delta | Type::Function);
        if matches!(comparison, C::In | C::NotIn) && !has_items {
            let defect =
                Defect::new(right.span, format!("a {} holds nothing that could be looked for", b.word()));
            return Err(defect.expecting("a list, a text or a dict"));
        }
        Ok(())
    }

    fn pieces(&mut self, text: &py::ExprFString) -> Result<Vec<Piece>, Defect> {
        let mut pieces = Vec::new();
        for part in text.value.as_slice() {
            match part {
                py::FStringPart::Literal(literal) => pieces.push(Piece::Text(literal.value.to_string())),
                py::FStringPart::FString(text) => pieces.extend(self.elements(&text.elements)?),
            }
        }
        Ok(pieces)
    }

    fn elements(&mut self, elements: &py::InterpolatedStringElements) -> Result<Vec<Piece>, Defect> {
        let mut pieces = Vec::new();
        for element in elements.iter() {
            match element {
                py::InterpolatedStringElement::Literal(literal) => {
                    pieces.push(Piece::Text(literal.value.to_string()));
                }
                py::InterpolatedStringElement::Interpolation(value) => {
                    let node = self.node(&value.expression)?;
                    let spec = match &value.format_spec {
                        Some(spec) => self.elements(&spec.elements)?,
                        None => Vec::new(),
                    };
                    let as_repr =
                        matches!(value.conversion, py::ConversionFlag::Repr | py::ConversionFlag::Ascii);
                    pieces.push(Piece::Value { node, as_repr, spec });
                }
            }
        }
        Ok(pieces)
    }
}

/// What translating an expression gave.
enum Translated {
    What(What),
    Node(Node),
}

fn unknown(span: Span, what: &str) -> Defect {
    Defect::new(span, format!("{what} is no part of the query language"))
}

fn operator_of(operator: py::Operator) -> Option<Operator> {
    Some(match operator {
        py::Operator::Add => Operator::Add,
        py::Operator::Sub => Operator::Subtract,
        py::Operator::Mult => Operator::Multiply,
        py::Operator::Div => Operator::Divide,
        py::Operator::FloorDiv => Operator::FloorDivide,
        py::Operator::Mod => Operator::Remainder,
        py::Operator::Pow => Operator::Power,
        py::Operator::BitAnd => Operator::And,
        py::Operator::BitOr => Operator::Or,
        py::Operator::BitXor => Operator::Xor,
        py::Operator::LShift => Operator::ShiftLeft,
        py::Operator::RShift => Operator::ShiftRight,
        py::Operator::MatMult => return None,
    })
}

fn comparison_of(operator: py::CmpOp) -> Comparison {
    match operator {
        py::CmpOp::Eq => Comparison::Equal,
        py::CmpOp::NotEq => Comparison::NotEqual,
        py::CmpOp::Lt => Comparison::Less,
        py::CmpOp::LtE => Comparison::LessEqual,
        py::CmpOp::Gt => Comparison::Greater,
        py::CmpOp::GtE => Comparison::GreaterEqual,
        py::CmpOp::Is => Comparison::Is,
        py::CmpOp::IsNot => Comparison::IsNot,
        py::CmpOp::In => Comparison::In,
        py::CmpOp::NotIn => Comparison::NotIn,
    }
}

/// Numbers above 64 bits are real ones.
fn number_of(number: &py::Number, span: Span) -> Result<ParamValue, Defect> {
    match number {
        py::Number::Int(int) => Ok(int.as_i64().map_or_else(
            || ParamValue::Float(int.to_string().replace('_', "").parse().unwrap_or(f64::INFINITY)),
            ParamValue::Int,
        )),
        py::Number::Float(float) => Ok(ParamValue::Float(*float)),
        py::Number::Complex { .. } => Err(unknown(span, "a complex number")),
    }
}

/// A list, as one constant where all of its items are.
fn list_of(nodes: Vec<Node>) -> What {
    constants(&nodes).map_or(What::List(nodes), |values| What::Const(ParamValue::List(values)))
}

/// What stands behind `in`: there tuples and sets of constants are as good as lists, which are not built anew.
fn membership(comparison: Comparison, node: Node) -> Node {
    if !matches!(comparison, Comparison::In | Comparison::NotIn) {
        return node;
    }
    let what = match node.what {
        What::Tuple(nodes) | What::Set(nodes) => list_of(nodes),
        other => other,
    };
    Node { what, ..node }
}

fn constants(nodes: &[Node]) -> Option<Vec<ParamValue>> {
    nodes
        .iter()
        .map(|node| match &node.what {
            What::Const(value) => Some(value.clone()),
            _ => None,
        })
        .collect()
}

/// Evaluates what depends on nothing but constants, once.
fn fold(node: Node) -> Result<Node, Defect> {
    let is_constant = |node: &Node| matches!(node.what, What::Const(_) | What::Time(_) | What::Delta(_));
    let folds = match &node.what {
        What::Unary(_, operand) => is_constant(operand),
        What::Binary(_, pair) => is_constant(&pair.0) && is_constant(&pair.1),
        What::Index(base, index) => is_constant(base) && is_constant(index),
        What::Method(_, base, arguments, named) => {
            is_constant(base)
                && arguments.iter().all(is_constant)
                && named.iter().all(|(_, node)| is_constant(node))
        }
        What::Call(function, arguments, named) => {
            function.is_pure()
                && arguments.iter().all(is_constant)
                && named.iter().all(|(_, node)| is_constant(node))
        }
        _ => false,
    };
    if !folds {
        return Ok(node);
    }
    let mut budget = Budget::default();
    let folded = match Frame::without_run(&mut budget).value(&node)? {
        Value::None => What::Const(ParamValue::None),
        Value::Bool(value) => What::Const(ParamValue::Bool(value)),
        Value::Int(value) => What::Const(ParamValue::Int(value)),
        Value::Float(value) => What::Const(ParamValue::Float(value)),
        Value::Text(text) if text.len() <= limit::MOST_CHARS => {
            What::Const(ParamValue::Text(text.to_string()))
        }
        Value::Time(micros) => What::Time(micros),
        Value::Delta(micros) => What::Delta(micros),
        _ => return Ok(node),
    };
    Ok(Node { what: folded, ..node })
}

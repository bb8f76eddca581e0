//! A query as it is evaluated: names are resolved, constants folded, paths of params in one piece.

use trailmark_core::{Context, ParamValue};

use crate::error::Span;
use crate::function::{Function, Method, Pattern};
use crate::matcher::Matcher;
use crate::name::RunField;
use crate::{Field, Kind};

/// A whole query.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) root: Node,
    /// How many variables the query makes itself.
    pub(crate) slots: usize,
    pub(crate) speaks_of_archived: bool,
}

/// A part of a query, and where it stands in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) what: What,
}

/// What a part of a query is.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Const(ParamValue),
    /// A date: microseconds since 1970 on the local clock.
    Time(i64),
    /// A time span in microseconds.
    Delta(i64),
    Run,
    RunField(RunField),
    /// A path through the run's params; an empty one is all of them.
    Param(Vec<Key>),
    Item,
    ItemName,
    ItemField(Field),
    /// A path through the item's context; an empty one is the context.
    ItemContext(Vec<Key>),
    Collection(Kind),
    /// One series of the run.
    Series(Kind, Box<Node>, Which),
    Slot(usize),
    Assign(usize, Box<Node>),
    Function(Function),
    Lambda(Box<Lambda>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Box<Node>, Vec<(Comparison, Node)>),
    Unary(Sign, Box<Node>),
    Binary(Operator, Box<(Node, Node)>),
    /// Condition, then, else.
    If(Box<[Node; 3]>),
    List(Vec<Node>),
    Tuple(Vec<Node>),
    Set(Vec<Node>),
    Dict(Vec<(Node, Node)>),
    /// `*values` inside a list, a tuple, a set or a call.
    Spread(Box<Node>),
    Attribute(Box<Node>, String),
    Index(Box<Node>, Box<Node>),
    Slice(Box<Node>, Box<[Option<Node>; 3]>),
    Call(Function, Vec<Node>, Vec<(String, Node)>),
    Method(Method, Box<Node>, Vec<Node>, Vec<(String, Node)>),
    /// A call of what is no known function: a lambda.
    Apply(Box<Node>, Vec<Node>),
    /// A regular expression that was compiled with the query.
    Regex(Pattern, Box<Matcher>, Box<Node>),
    Comprehension(Box<Comprehension>),
    /// An f-string.
    Format(Vec<Piece>),
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Name(String),
    Index(i64),
}

/// Which of the series of a name.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    /// None was named: the one without context, else eval, else the only one.
    Default,
    Fixed(Context),
    Computed(Box<Node>),
}

#[derive(Debug, Clone)]
pub(crate) struct Lambda {
    pub(crate) slots: Vec<usize>,
    pub(crate) body: Node,
}

#[derive(Debug, Clone)]
pub(crate) struct Comprehension {
    pub(crate) shape: Shape,
    /// The element; of a dict its key.
    pub(crate) element: Node,
    /// Of a dict the value.
    pub(crate) value: Option<Node>,
    pub(crate) clauses: Vec<Clause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A list or a generator.
    List,
    Set,
    Dict,
}

/// `for target in values if condition …`
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) target: Target,
    pub(crate) values: Node,
    pub(crate) conditions: Vec<Node>,
}

#[derive(Debug, Clone)]
pub(crate) enum Target {
    Slot(usize),
    Several(Vec<Target>),
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Value { node: Node, as_repr: bool, spec: Vec<Piece> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Plus,
    Minus,
    Invert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Remainder => "%",
            Self::Power => "**",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
        }
    }
}

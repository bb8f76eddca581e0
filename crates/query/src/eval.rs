//! Evaluation: a tree and a run (and a series) become a value.
//!
//! None spreads: what is asked of a missing value is missing itself, so that a param that only some runs have needs no
//! guard. So does the unknown, of which `and` and `or` make what can be made: that is how whole runs are pruned.

use std::rc::Rc;

use trailmark_core::WallTime;

use crate::error::{Defect, Span};
use crate::expression::Clock;
use crate::function::Function;
use crate::limit::{self, Budget};
use crate::tree::{Clause, Comparison, Comprehension, Node, Piece, Shape, Target, What};
use crate::value::Value;
use crate::{Kind, RunView, SeriesView};

/// What is known of an item.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Its run, but not yet which item of it is meant.
    RunAlone,
    /// A run, which is itself the item.
    Run,
    /// Everything.
    Item(&'a dyn SeriesView),
}

/// One evaluation.
pub(crate) struct Frame<'a, 'b> {
    pub(crate) run: Option<&'a dyn RunView>,
    pub(crate) known: Known<'a>,
    pub(crate) clock: Clock,
    pub(crate) budget: &'b mut Budget,
    slots: Vec<Value<'a>>,
}

/// How going through a comprehension ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    /// Enough was seen.
    Stop,
    /// It depends on what is not known.
    Unknown,
}

/// The items of a value, one after the other.
pub(crate) type Items<'v, 'a> = Box<dyn Iterator<Item = Value<'a>> + 'v>;

impl<'a, 'b> Frame<'a, 'b> {
    /// An evaluation for one run, of a query that makes so many variables.
    pub(crate) fn new(
        slots: usize,
        run: &'a dyn RunView,
        known: Known<'a>,
        clock: Clock,
        budget: &'b mut Budget,
    ) -> Self {
        Self { run: Some(run), known, clock, budget, slots: vec![Value::None; slots] }
    }

    /// An evaluation of what asks nothing of a run.
    pub(crate) fn without_run(budget: &'b mut Budget) -> Self {
        let clock = Clock { now: WallTime::from_nanos(0), utc_offset_secs: 0 };
        Self { run: None, known: Known::Run, clock, budget, slots: Vec::new() }
    }

    /// The value of a node.
    pub(crate) fn value(&mut self, node: &'a Node) -> Result<Value<'a>, Defect> {
        self.budget.descend(node.span)?;
        let value = match self.budget.looks_at_stack() {
            true => limit::with_stack(|| self.compute(node)),
            false => self.compute(node),
        }?;
        self.budget.ascend();
        Ok(value)
    }

    fn compute(&mut self, node: &'a Node) -> Result<Value<'a>, Defect> {
        let span = node.span;
        Ok(match &node.what {
            What::Const(value) => Value::of(value),
            What::Time(micros) => Value::Time(*micros),
            What::Delta(micros) => Value::Delta(*micros),
            What::Run => Value::Run,
            What::RunField(field) => self.run_field(*field),
            What::Param(path) => self.param(path),
            What::Item | What::ItemName | What::ItemField(_) | What::ItemContext(_) => self.item(&node.what),
            What::Collection(kind) => {
                self.series_count(*kind).map_or(Value::Unknown, |_| Value::Collection(*kind))
            }
            What::Series(kind, name, which) => self.series(*kind, name, which, span)?,
            What::Slot(slot) => self.slots.get(*slot).cloned().unwrap_or(Value::None),
            What::Assign(slot, value) => {
                let value = self.value(value)?;
                self.bind_slot(*slot, value.clone());
                value
            }
            What::Function(function) => Value::Function(*function),
            What::Lambda(lambda) => Value::Lambda(lambda),
            What::Not(operand) => match self.value(operand)? {
                Value::Unknown => Value::Unknown,
                value => Value::Bool(!self.is_true(&value)),
            },
            What::And(parts) => self.connect(parts, false)?,
            What::Or(parts) => self.connect(parts, true)?,
            What::Compare(first, rest) => self.chain(first, rest)?,
            What::Unary(sign, operand) => {
                let operand = self.value(operand)?;
                self.unary(*sign, operand, span)?
            }
            What::Binary(operator, pair) => {
                let (left, right) = (self.value(&pair.0)?, self.value(&pair.1)?);
                self.binary(*operator, left, right, span)?
            }
            What::If(choice) => match self.value(&choice[0])? {
                Value::Unknown => Value::Unknown,
                value => self.value(if self.is_true(&value) { &choice[1] } else { &choice[2] })?,
            },
            What::List(_) | What::Tuple(_) | What::Set(_) | What::Dict(_) => {
                self.display(&node.what, span)?
            }
            What::Spread(_) => return Err(Defect::new(span, "`*` belongs into a list or a call")),
            What::Attribute(base, word) => {
                let base = self.value(base)?;
                self.attribute(&base, word, span)?
            }
            What::Index(base, index) => {
                let (base, index) = (self.value(base)?, self.value(index)?);
                self.index(&base, &index, span)?
            }
            What::Slice(base, parts) => self.slice(base, parts, span)?,
            What::Call(function, arguments, named) => self.call(*function, arguments, named, span)?,
            What::Method(method, base, arguments, named) => {
                let base = self.value(base)?;
                self.method(*method, base, (arguments, named), span)?
            }
            What::Apply(callee, arguments) => {
                let callee = self.value(callee)?;
                match self.all(arguments)? {
                    None => Value::Unknown,
                    Some(arguments) => self.apply(&callee, arguments, span)?,
                }
            }
            What::Regex(pattern, regex, text) => {
                let text = self.value(text)?;
                self.find(*pattern, regex, &text, span)?
            }
            What::Comprehension(comprehension) => self.comprehension(comprehension, span)?,
            What::Format(pieces) => match self.format(pieces, span)? {
                None => Value::Unknown,
                Some(text) => Value::made(text),
            },
        })
    }

    /// A list, tuple, set or dict that is written out.
    fn display(&mut self, what: &'a What, span: Span) -> Result<Value<'a>, Defect> {
        let nodes = match what {
            What::Dict(pairs) => return self.dict(pairs, span),
            What::List(nodes) | What::Tuple(nodes) | What::Set(nodes) => nodes,
            _ => return Ok(Value::None),
        };
        let Some(values) = self.all(nodes)? else { return Ok(Value::Unknown) };
        match what {
            What::Tuple(_) => Ok(Value::Tuple(values.into())),
            What::Set(_) => self.set_of(values, span),
            _ => Ok(Value::list(values)),
        }
    }

    /// Python's truth, also of collections of series.
    pub(crate) fn is_true(&self, value: &Value<'a>) -> bool {
        match value {
            Value::Collection(kind) => self.series_count(*kind).is_some_and(|count| count > 0),
            other => other.is_true(),
        }
    }

    /// How many series of a kind the run has; none when nobody knows yet.
    pub(crate) fn series_count(&self, kind: Kind) -> Option<usize> {
        self.run.map_or(Some(0), |run| run.series_count(kind))
    }

    /// `and` stops at what is false, `or` at what is true; the unknown is passed over, for what comes may decide.
    fn connect(&mut self, parts: &'a [Node], stops_at: bool) -> Result<Value<'a>, Defect> {
        let (mut last, mut is_unknown) = (Value::None, false);
        for part in parts {
            let value = self.value(part)?;
            if value.is_unknown() {
                is_unknown = true;
                continue;
            }
            if self.is_true(&value) == stops_at {
                return Ok(value);
            }
            last = value;
        }
        Ok(if is_unknown { Value::Unknown } else { last })
    }

    fn chain(&mut self, first: &'a Node, rest: &'a [(Comparison, Node)]) -> Result<Value<'a>, Defect> {
        let mut left = self.value(first)?;
        let mut is_unknown = false;
        for (comparison, node) in rest {
            let right = self.value(node)?;
            if left.is_unknown() || right.is_unknown() {
                is_unknown = true;
            } else if !self.compare(*comparison, &left, &right, node.span)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(if is_unknown { Value::Unknown } else { Value::Bool(true) })
    }

    /// The values of several nodes, spread where they say so; none when one of them is unknown.
    pub(crate) fn all(&mut self, nodes: &'a [Node]) -> Result<Option<Vec<Value<'a>>>, Defect> {
        let mut values = Vec::with_capacity(nodes.len());
        let mut is_unknown = false;
        for node in nodes {
            match &node.what {
                What::Spread(inner) => {
                    let value = self.value(inner)?;
                    if value.is_unknown() {
                        is_unknown = true;
                        continue;
                    }
                    for item in self.items(&value, node.span)? {
                        self.budget.take_size(values.len(), node.span)?;
                        values.push(item);
                    }
                }
                _ => values.push(self.value(node)?),
            }
        }
        is_unknown |= values.iter().any(Value::is_unknown);
        Ok((!is_unknown).then_some(values))
    }

    fn dict(&mut self, nodes: &'a [(Node, Node)], span: Span) -> Result<Value<'a>, Defect> {
        let mut pairs = Vec::new();
        for (key, value) in nodes {
            let pair = (self.value(key)?, self.value(value)?);
            if pair.0.is_unknown() || pair.1.is_unknown() {
                return Ok(Value::Unknown);
            }
            self.insert(&mut pairs, pair, span)?;
        }
        Ok(Value::Dict(pairs.into()))
    }

    /// Sets a key of a dict that is being made.
    pub(crate) fn insert(
        &mut self,
        pairs: &mut Vec<(Value<'a>, Value<'a>)>,
        pair: (Value<'a>, Value<'a>),
        span: Span,
    ) -> Result<(), Defect> {
        self.budget.take_size(pairs.len(), span)?;
        for known in pairs.iter_mut() {
            if self.equals(&known.0, &pair.0, span)? {
                known.1 = pair.1;
                return Ok(());
            }
        }
        pairs.push(pair);
        Ok(())
    }

    /// The items of a value; of None there are none.
    pub(crate) fn items<'v>(&self, value: &'v Value<'a>, span: Span) -> Result<Items<'v, 'a>, Defect> {
        match (value, self.run) {
            (Value::None, _) => Ok(Box::new(std::iter::empty())),
            (Value::Collection(kind), Some(run)) => {
                let (kind, count) = (*kind, run.series_count(*kind).unwrap_or(0));
                Ok(Box::new((0..count).map_while(move |index| run.series(kind, index)).map(Value::Series)))
            }
            (value, _) => value
                .items()
                .ok_or_else(|| Defect::new(span, format!("a {} has no items to go through", value.kind()))),
        }
    }

    /// Calls a function that is a value: a lambda, or a function of the language.
    pub(crate) fn apply(
        &mut self,
        callee: &Value<'a>,
        arguments: Vec<Value<'a>>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        match callee {
            Value::None => Ok(Value::None),
            Value::Function(function) => self.builtin(*function, arguments, Vec::new(), span),
            Value::Lambda(lambda) if lambda.slots.len() == arguments.len() => {
                for (slot, value) in lambda.slots.iter().zip(arguments) {
                    self.bind_slot(*slot, value);
                }
                self.value(&lambda.body)
            }
            Value::Lambda(lambda) => {
                let (want, got) = (lambda.slots.len(), arguments.len());
                Err(Defect::new(span, format!("the lambda takes {want} arguments, got {got}")))
            }
            other => Err(Defect::new(span, format!("a {} is no function", other.kind()))),
        }
    }

    fn bind_slot(&mut self, slot: usize, value: Value<'a>) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
    }

    fn bind(&mut self, target: &'a Target, value: Value<'a>, span: Span) -> Result<(), Defect> {
        let targets = match target {
            Target::Slot(slot) => {
                self.bind_slot(*slot, value);
                return Ok(());
            }
            Target::Several(targets) => targets,
        };
        let values: Vec<Value<'a>> = self.items(&value, span)?.take(targets.len() + 1).collect();
        if values.len() != targets.len() {
            return Err(Defect::new(span, format!("the items are not {} values each", targets.len())));
        }
        for (target, value) in targets.iter().zip(values) {
            self.bind(target, value, span)?;
        }
        Ok(())
    }

    /// Goes through the elements of a comprehension.
    pub(crate) fn each(
        &mut self,
        clauses: &'a [Clause],
        visit: &mut dyn FnMut(&mut Self) -> Result<Flow, Defect>,
    ) -> Result<Flow, Defect> {
        let Some((clause, inner)) = clauses.split_first() else { return visit(self) };
        let values = self.value(&clause.values)?;
        if values.is_unknown() {
            return Ok(Flow::Unknown);
        }
        let mut is_unknown = false;
        'items: for value in self.items(&values, clause.values.span)? {
            self.budget.take(1, clause.values.span)?;
            self.bind(&clause.target, value, clause.values.span)?;
            for condition in &clause.conditions {
                let value = self.value(condition)?;
                if value.is_unknown() {
                    is_unknown = true;
                    continue 'items;
                }
                if !self.is_true(&value) {
                    continue 'items;
                }
            }
            match self.each(inner, visit)? {
                Flow::Continue => {}
                Flow::Stop => return Ok(Flow::Stop),
                Flow::Unknown => is_unknown = true,
            }
        }
        Ok(if is_unknown { Flow::Unknown } else { Flow::Continue })
    }

    fn comprehension(&mut self, comprehension: &'a Comprehension, span: Span) -> Result<Value<'a>, Defect> {
        let (mut values, mut pairs) = (Vec::new(), Vec::new());
        let flow = self.each(&comprehension.clauses, &mut |frame| {
            let element = frame.value(&comprehension.element)?;
            let value = comprehension.value.as_ref().map(|node| frame.value(node)).transpose()?;
            if element.is_unknown() || value.as_ref().is_some_and(Value::is_unknown) {
                return Ok(Flow::Unknown);
            }
            match value {
                Some(value) => frame.insert(&mut pairs, (element, value), span)?,
                None => {
                    frame.budget.take_size(values.len(), span).map(|()| values.push(element))?;
                }
            }
            Ok(Flow::Continue)
        })?;
        Ok(match (flow, comprehension.shape) {
            (Flow::Unknown, _) => Value::Unknown,
            (_, Shape::List) => Value::list(values),
            (_, Shape::Set) => self.set_of(values, span)?,
            (_, Shape::Dict) => Value::Dict(pairs.into()),
        })
    }

    /// `any` and `all` of a comprehension stop as soon as they know.
    pub(crate) fn quantify(
        &mut self,
        comprehension: &'a Comprehension,
        stops_at: bool,
    ) -> Result<Value<'a>, Defect> {
        let flow = self.each(&comprehension.clauses, &mut |frame| {
            let element = frame.value(&comprehension.element)?;
            Ok(match element {
                Value::Unknown => Flow::Unknown,
                value if frame.is_true(&value) == stops_at => Flow::Stop,
                _ => Flow::Continue,
            })
        })?;
        Ok(match flow {
            Flow::Stop => Value::Bool(stops_at),
            Flow::Continue => Value::Bool(!stops_at),
            Flow::Unknown => Value::Unknown,
        })
    }

    fn call(
        &mut self,
        function: Function,
        arguments: &'a [Node],
        named: &'a [(String, Node)],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        if let (Function::Any | Function::All, [Node { what: What::Comprehension(inner), .. }]) =
            (function, arguments)
            && inner.shape == Shape::List
        {
            return self.quantify(inner, function == Function::Any);
        }
        let Some(arguments) = self.all(arguments)? else { return Ok(Value::Unknown) };
        let Some(named) = self.named(named)? else { return Ok(Value::Unknown) };
        self.builtin(function, arguments, named, span)
    }

    /// The values of named arguments; none when one of them is unknown.
    pub(crate) fn named(
        &mut self,
        named: &'a [(String, Node)],
    ) -> Result<Option<Vec<(&'a str, Value<'a>)>>, Defect> {
        let mut values = Vec::new();
        for (name, node) in named {
            let value = self.value(node)?;
            if value.is_unknown() {
                return Ok(None);
            }
            values.push((name.as_str(), value));
        }
        Ok(Some(values))
    }

    /// The text of an f-string; none when a part is unknown.
    pub(crate) fn format(&mut self, pieces: &'a [Piece], span: Span) -> Result<Option<Rc<str>>, Defect> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Value { node, as_repr, spec } => {
                    let mut value = self.value(node)?;
                    let Some(spec) = self.format(spec, span)? else { return Ok(None) };
                    if value.is_unknown() {
                        return Ok(None);
                    }
                    if *as_repr {
                        value = Value::made(self.repr_of(&value, node.span)?);
                    }
                    text.push_str(&self.formatted(&value, &spec, node.span)?);
                }
            }
            self.budget.take_size(text.len(), span)?;
        }
        Ok(Some(text.into()))
    }
}

/// The place that an index means in a list of a length; negative ones count from its end.
pub(crate) fn place(index: i64, length: usize) -> Option<usize> {
    let from = if index < 0 { index + i64::try_from(length).ok()? } else { index };
    usize::try_from(from).ok().filter(|place| *place < length)
}

//! In which order runs or series come: values of the language, divided by commas, `-` before one for the largest first.
//!
//! `run.experiment, -run.metrics["f1"].last` is an order. What has no value there (None, NaN, what cannot be judged)
//! comes last in both directions; numbers, truth values, dates and time spans come before texts.

use std::cmp::Ordering;

use crate::compile;
use crate::error::Defect;
use crate::eval::{Frame, Known};
use crate::limit::Budget;
use crate::relation::order_of_mixed;
use crate::tree::Node;
use crate::value::Value;
use crate::{Clock, Kind, Problems, QueryError, RunView, Schema, SeriesView};

/// What items are ordered by, read and checked once.
#[derive(Debug, Clone)]
pub struct Order {
    text: String,
    keys: Vec<(Node, bool)>,
    slots: usize,
}

/// One asking of an order: it gives each item its place.
#[derive(Debug)]
pub struct Sorter<'o> {
    order: &'o Order,
    clock: Clock,
    budget: Budget,
    problems: Problems,
}

/// Where an item comes: sort items by these, in a stable way.
#[derive(Debug, Clone)]
pub struct SortKey(Vec<(Cell, bool)>);

/// What an item has to be ordered by.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    /// Never NaN.
    Number(f64),
    /// A whole number, a date or a time span, whose digits a float could not hold.
    Whole(i64),
    Text(String),
    Nothing,
}

impl Order {
    /// Reads and checks an order. An empty text leaves items as they are.
    ///
    /// # Errors
    /// As [`crate::Expression::parse`], and for what nothing can be ordered by.
    pub fn parse(text: &str, kind: Kind, schema: &Schema) -> Result<Self, QueryError> {
        let compiled = compile::compile_order(text, kind, schema);
        let (keys, slots) = compiled.map_err(|defect| QueryError::of(text, defect))?;
        Ok(Self { text: text.to_owned(), keys, slots })
    }

    /// Whether it leaves items as they are.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Begins to ask it.
    pub fn sorter(&self, clock: Clock) -> Sorter<'_> {
        Sorter { order: self, clock, budget: Budget::default(), problems: Problems::default() }
    }
}

impl Sorter<'_> {
    /// The place of a run, or of a series of it.
    ///
    /// # Errors
    /// When the order does more work than a query may.
    pub fn key(&mut self, run: &dyn RunView, item: Option<&dyn SeriesView>) -> Result<SortKey, QueryError> {
        let order = self.order;
        let mut cells = Vec::with_capacity(order.keys.len());
        for (node, is_reverse) in &order.keys {
            self.budget.begin_item();
            let known = item.map_or(Known::Run, Known::Item);
            let mut frame = Frame::new(order.slots, run, known, self.clock, &mut self.budget);
            let cell = frame.value(node).and_then(|value| Cell::of(&mut frame, &value, node));
            let cell = match cell {
                Ok(cell) => cell,
                Err(defect) => {
                    let error = QueryError::of(&order.text, defect);
                    if self.budget.is_spent() {
                        return Err(error);
                    }
                    self.problems.items += 1;
                    self.problems.first.get_or_insert(error);
                    Cell::Nothing
                }
            };
            cells.push((cell, *is_reverse));
        }
        Ok(SortKey(cells))
    }

    /// What could not be judged so far.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Ends the asking.
    ///
    /// # Errors
    /// The first reason, when none of so many items could be judged: the order makes no sense of them.
    pub fn end(self, items: usize) -> Result<(), QueryError> {
        match self.problems.first {
            Some(error) if self.problems.items >= items * self.order.keys.len() => Err(error),
            _ => Ok(()),
        }
    }
}

impl Cell {
    fn of<'a>(frame: &mut Frame<'a, '_>, value: &Value<'a>, node: &Node) -> Result<Self, Defect> {
        Ok(match value {
            Value::None | Value::Unknown => Self::Nothing,
            Value::Bool(value) => Self::Whole(i64::from(*value)),
            Value::Int(value) | Value::Time(value) | Value::Delta(value) => Self::Whole(*value),
            Value::Float(value) if value.is_nan() => Self::Nothing,
            Value::Float(value) => Self::Number(*value),
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Run | Value::Series(_) | Value::Collection(_) | Value::Function(_) | Value::Lambda(_) => {
                let message = format!("nothing is ordered by a {}", value.kind());
                return Err(Defect::new(node.span, message));
            }
            other => Self::Text(frame.repr_of(other, node.span)?),
        })
    }

    fn cmp(&self, other: &Self, is_reverse: bool) -> Ordering {
        let rank = |cell: &Self| match cell {
            Self::Number(_) | Self::Whole(_) => 0,
            Self::Text(_) => 1,
            Self::Nothing => 2,
        };
        let order = match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Whole(a), Self::Number(b)) => order_of_mixed(*a, *b).unwrap_or(Ordering::Equal),
            (Self::Number(a), Self::Whole(b)) => order_of_mixed(*b, *a).unwrap_or(Ordering::Equal).reverse(),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => return rank(self).cmp(&rank(other)),
        };
        if is_reverse { order.reverse() } else { order }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        let orders = pairs.map(|((a, is_reverse), (b, _))| a.cmp(b, *is_reverse));
        orders.reduce(Ordering::then).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortKey {}

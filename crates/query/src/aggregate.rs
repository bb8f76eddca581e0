//! Functions of many items: sums, the largest and least, and sorting.

use std::cmp::Ordering;

use crate::builtin::wrong_count;
use crate::error::{Defect, Span};
use crate::eval::Frame;
use crate::function::Function;
use crate::tree::Operator;
use crate::value::Value;

impl<'a> Frame<'a, '_> {
    pub(crate) fn sum(
        &mut self,
        value: &Value<'a>,
        start: Value<'a>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let mut sum = start;
        for item in self.items(value, span)? {
            self.budget.take(1, span)?;
            sum = self.binary(Operator::Add, sum, item, span)?;
        }
        Ok(sum)
    }

    /// The largest or least of the items of one argument, or of several arguments. One that is missing makes the whole
    /// missing.
    pub(crate) fn extreme(
        &mut self,
        function: Function,
        arguments: Vec<Value<'a>>,
        named: Vec<(&'a str, Value<'a>)>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let items = match arguments.as_slice() {
            [] => return Err(wrong_count(function, span)),
            [only] => self.collected(only, span)?,
            _ => arguments,
        };
        let named_value =
            |wanted: &str| named.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        let wanted = if function == Function::Max { Ordering::Greater } else { Ordering::Less };
        let mut best: Option<(Value<'a>, Value<'a>)> = None;
        for item in items {
            let key = match named_value("key") {
                Some(key) => self.apply(key, vec![item.clone()], span)?,
                None => item.clone(),
            };
            if key.is_none() {
                return Ok(Value::None);
            }
            let is_better = match &best {
                None => true,
                Some((_, known)) => self.must_order(&key, known, span)? == wanted,
            };
            if is_better {
                best = Some((item, key));
            }
        }
        match (best, named_value("default")) {
            (Some((item, _)), _) => Ok(item),
            (None, Some(default)) => Ok(default.clone()),
            // Of nothing there is no largest: it is missing.
            (None, None) => Ok(Value::None),
        }
    }

    pub(crate) fn sorted(
        &mut self,
        arguments: Vec<Value<'a>>,
        named: Vec<(&'a str, Value<'a>)>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let Some(list) = arguments.first() else { return Err(wrong_count(Function::Sorted, span)) };
        let (mut key, mut is_reverse) = (None, false);
        for (name, value) in named {
            match name {
                "key" => key = Some(value),
                _ => is_reverse = self.is_true(&value),
            }
        }
        let mut rows = Vec::new();
        for item in self.collected(list, span)? {
            let key = match &key {
                Some(key) => self.apply(key, vec![item.clone()], span)?,
                None => item.clone(),
            };
            rows.push((key, item));
        }
        let mut failed = None;
        rows.sort_by(|a, b| {
            let order =
                if failed.is_none() { self.must_order(&a.0, &b.0, span) } else { Ok(Ordering::Equal) };
            order.map(|order| if is_reverse { order.reverse() } else { order }).unwrap_or_else(|defect| {
                failed = Some(defect);
                Ordering::Equal
            })
        });
        match failed {
            Some(defect) => Err(defect),
            None => Ok(Value::list(rows.into_iter().map(|(_, item)| item).collect())),
        }
    }

    /// How two values stand to each other, where they must have an order; NaN stands after every number.
    fn must_order(&mut self, a: &Value<'a>, b: &Value<'a>, span: Span) -> Result<Ordering, Defect> {
        if let Some(order) = self.order(a, b, span)? {
            return Ok(order);
        }
        match (a.as_number(), b.as_number()) {
            (Some(x), Some(y)) => Ok(x.is_nan().cmp(&y.is_nan())),
            _ => Err(Defect::new(span, format!("a {} and a {} have no order", a.kind(), b.kind()))),
        }
    }
}

//! Comparison, membership, places and slices.
//!
//! Every loop over items pays from the budget, because small texts can make values that share their parts and are huge
//! to walk.

use std::cmp::Ordering;

use crate::error::{Defect, Span};
use crate::eval::{Frame, place};
use crate::operator::is_list;
use crate::time::{Civil, DAY, SECOND, micros_from_text};
use crate::tree::{Comparison, Node};
use crate::value::Value;

impl<'a> Frame<'a, '_> {
    pub(crate) fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value<'a>,
        right: &Value<'a>,
        span: Span,
    ) -> Result<bool, Defect> {
        use Comparison as C;
        Ok(match comparison {
            C::Equal => self.equals(left, right, span)?,
            C::NotEqual => !self.equals(left, right, span)?,
            C::Is => left.kind() == right.kind() && self.equals(left, right, span)?,
            C::IsNot => left.kind() != right.kind() || !self.equals(left, right, span)?,
            C::In => self.holds(right, left, span)?,
            C::NotIn => !self.holds(right, left, span)?,
            C::Less => self.order(left, right, span)? == Some(Ordering::Less),
            C::LessEqual => matches!(self.order(left, right, span)?, Some(Ordering::Less | Ordering::Equal)),
            C::Greater => self.order(left, right, span)? == Some(Ordering::Greater),
            C::GreaterEqual => {
                matches!(self.order(left, right, span)?, Some(Ordering::Greater | Ordering::Equal))
            }
        })
    }

    /// Whether two values are equal: numbers by size, lists item by item (tuples are lists), dicts and sets without
    /// regard to order. Tags are a set.
    pub(crate) fn equals(&mut self, left: &Value<'a>, right: &Value<'a>, span: Span) -> Result<bool, Defect> {
        self.budget.take(1, span)?;
        Ok(match (left, right) {
            (Value::None, Value::None) | (Value::Run, Value::Run) => true,
            (Value::Text(a), Value::Text(b)) => {
                self.budget.take_text(a.len().min(b.len()), span)?;
                **a == **b
            }
            (Value::Time(_), Value::Time(_) | Value::Text(_)) | (Value::Text(_), Value::Time(_)) => {
                self.order(left, right, span)? == Some(Ordering::Equal)
            }
            (Value::Delta(a), Value::Delta(b)) => a == b,
            (Value::Function(a), Value::Function(b)) => a == b,
            (Value::Collection(a), Value::Collection(b)) => a == b,
            (Value::Series(a), Value::Series(b)) => a.name() == b.name() && a.context() == b.context(),
            (Value::Tags(_) | Value::Set(_), _) | (_, Value::Tags(_) | Value::Set(_)) => {
                return self.equals_as_set(left, right, span);
            }
            (a, b) if a.as_number().is_some() && b.as_number().is_some() => {
                order_of_numbers(a, b) == Some(Ordering::Equal)
            }
            (a, b) if is_list(a) && is_list(b) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in self.items(a, span)?.zip(self.items(b, span)?) {
                    if !self.equals(&a, &b, span)? {
                        return Ok(false);
                    }
                }
                true
            }
            (a, b) => match (a.pairs(), b.pairs()) {
                (Some(pairs), Some(_)) if a.len() == b.len() => {
                    for (key, value) in pairs {
                        match self.lookup(b, &key, span)? {
                            Some(other) if self.equals(&value, &other, span)? => {}
                            _ => return Ok(false),
                        }
                    }
                    true
                }
                _ => false,
            },
        })
    }

    fn equals_as_set(&mut self, left: &Value<'a>, right: &Value<'a>, span: Span) -> Result<bool, Defect> {
        let is_group = |value: &Value<'a>| is_list(value) || matches!(value, Value::Set(_) | Value::Tags(_));
        if !is_group(left) || !is_group(right) || left.len() != right.len() {
            return Ok(false);
        }
        for item in self.items(left, span)? {
            if !self.holds(right, &item, span)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How two values stand to each other; none where they have no order.
    pub(crate) fn order(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        span: Span,
    ) -> Result<Option<Ordering>, Defect> {
        self.budget.take(1, span)?;
        let offset = i64::from(self.clock.utc_offset_secs);
        let seconds = |micros: i64| Value::Float(micros as f64 / SECOND as f64);
        Ok(match (left, right) {
            (Value::Text(a), Value::Text(b)) => {
                self.budget.take_text(a.len().min(b.len()), span)?;
                Some(a.cmp(b))
            }
            (Value::Time(a), Value::Time(b)) | (Value::Delta(a), Value::Delta(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Text(b)) => micros_from_text(b, offset).map(|b| a.cmp(&b)),
            (Value::Text(a), Value::Time(b)) => micros_from_text(a, offset).map(|a| a.cmp(b)),
            (Value::Time(a), b) if b.as_number().is_some() => {
                order_of_numbers(&seconds(a - offset * SECOND), b)
            }
            (a, Value::Time(b)) if a.as_number().is_some() => {
                order_of_numbers(a, &seconds(b - offset * SECOND))
            }
            (Value::Delta(a), b) if b.as_number().is_some() => order_of_numbers(&seconds(*a), b),
            (a, Value::Delta(b)) if a.as_number().is_some() => order_of_numbers(a, &seconds(*b)),
            (a, b) if a.as_number().is_some() && b.as_number().is_some() => order_of_numbers(a, b),
            (a, b) if is_list(a) && is_list(b) => {
                let (mut xs, mut ys) = (self.items(a, span)?, self.items(b, span)?);
                loop {
                    match (xs.next(), ys.next()) {
                        (None, None) => return Ok(Some(Ordering::Equal)),
                        (None, Some(_)) => return Ok(Some(Ordering::Less)),
                        (Some(_), None) => return Ok(Some(Ordering::Greater)),
                        (Some(x), Some(y)) => {
                            if !self.equals(&x, &y, span)? {
                                return self.order(&x, &y, span);
                            }
                        }
                    }
                }
            }
            _ => None,
        })
    }

    /// Whether a text, list, dict or collection holds something; None holds nothing.
    pub(crate) fn holds(
        &mut self,
        container: &Value<'a>,
        wanted: &Value<'a>,
        span: Span,
    ) -> Result<bool, Defect> {
        match (container, wanted) {
            (Value::None, _) => Ok(false),
            (Value::Text(text), Value::Text(part)) => {
                self.budget.take_text(text.len() + part.len(), span)?;
                Ok(text.contains(&**part))
            }
            (Value::Text(_), Value::None) => Ok(false),
            (Value::Text(_), other) => Err(Defect::new(span, format!("a text holds no {}", other.kind()))),
            (Value::Tags(tags), Value::Text(tag)) => Ok(tags.contains(&**tag)),
            (Value::Map(map), Value::Text(key)) => Ok(map.contains_key(&**key)),
            (Value::Range(range), value) => Ok(match value {
                Value::Float(number) if number.fract() == 0.0 => range.contains(*number as i64),
                value => value.as_int().is_some_and(|number| range.contains(number)),
            }),
            (Value::Collection(_), Value::Text(name)) => {
                let mut names = self.items(container, span)?;
                Ok(names.any(|item| matches!(item, Value::Series(series) if series.name() == &**name)))
            }
            _ => {
                for item in self.items(container, span)? {
                    if self.equals(&item, wanted, span)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// The value of a dict's key; none when it has none.
    pub(crate) fn lookup(
        &mut self,
        dict: &Value<'a>,
        key: &Value<'a>,
        span: Span,
    ) -> Result<Option<Value<'a>>, Defect> {
        match (dict, key) {
            (Value::Map(map), Value::Text(key)) => Ok(map.get(&**key).map(Value::of)),
            (Value::Map(map), Value::Int(key)) => Ok(map.get(&key.to_string()).map(Value::of)),
            (Value::Dict(pairs), key) => {
                for (known, value) in pairs.clone().iter() {
                    if self.equals(known, key, span)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The different ones of several values.
    pub(crate) fn set_of(&mut self, values: Vec<Value<'a>>, span: Span) -> Result<Value<'a>, Defect> {
        let mut different: Vec<Value<'a>> = Vec::new();
        for value in values {
            let mut is_known = false;
            for known in &different {
                if self.equals(known, &value, span)? {
                    is_known = true;
                    break;
                }
            }
            if !is_known {
                different.push(value);
            }
        }
        Ok(Value::Set(different.into()))
    }

    /// `base[index]`; None where there is nothing.
    pub(crate) fn index(
        &mut self,
        base: &Value<'a>,
        index: &Value<'a>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        match (base, index) {
            (Value::Unknown, _) | (_, Value::Unknown) => Ok(Value::Unknown),
            (Value::None, _) | (_, Value::None) => Ok(Value::None),
            (Value::Map(_), Value::Tuple(path)) => {
                let mut value = base.clone();
                for key in path.clone().iter() {
                    value = self.index(&value, key, span)?;
                }
                Ok(value)
            }
            (Value::Map(_) | Value::Dict(_), key) => Ok(self.lookup(base, key, span)?.unwrap_or(Value::None)),
            (base, index) if base.len().is_some() && index.as_int().is_some() => {
                let length = base.len().unwrap_or(0);
                let found = index.as_int().and_then(|index| place(index, length));
                Ok(match (base, found) {
                    (Value::Range(range), Some(place)) => {
                        i64::try_from(place).map_or(Value::None, |place| Value::Int(range.at(place)))
                    }
                    (_, Some(place)) => {
                        self.budget.take_text(place, span)?;
                        self.items(base, span)?.nth(place).unwrap_or(Value::None)
                    }
                    (_, None) => Value::None,
                })
            }
            (base, index) => {
                Err(Defect::new(span, format!("a {} has no item that a {} names", base.kind(), index.kind())))
            }
        }
    }

    /// `base[lower:upper:step]`.
    pub(crate) fn slice(
        &mut self,
        base: &'a Node,
        parts: &'a [Option<Node>; 3],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let base = self.value(base)?;
        let mut bounds = [None; 3];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            let Some(node) = part else { continue };
            *bound = match self.value(node)? {
                Value::Unknown => return Ok(Value::Unknown),
                Value::None => None,
                value => Some(value.as_int().ok_or_else(|| {
                    Defect::new(node.span, format!("a slice goes by whole numbers, got a {}", value.kind()))
                })?),
            };
        }
        match base {
            Value::Unknown | Value::None => return Ok(base),
            _ if bounds[2] == Some(0) => return Err(Defect::new(span, "a slice's step is not 0")),
            _ => {}
        }
        let Some(length) = base.len().filter(|_| base.pairs().is_none()) else {
            return Err(Defect::new(span, format!("a {} has no slices", base.kind())));
        };
        self.budget.take_size(length, span)?;
        let items: Vec<Value<'a>> = self.items(&base, span)?.collect();
        let chosen = indices(length, bounds).into_iter().filter_map(|index| items.get(index).cloned());
        Ok(match base {
            Value::Text(_) => {
                let text: String = chosen.filter_map(|item| item.as_text().map(str::to_owned)).collect();
                Value::made(text)
            }
            Value::Tuple(_) => Value::Tuple(chosen.collect()),
            _ => Value::list(chosen.collect()),
        })
    }

    /// `.year` of a date, `.days` of a time span.
    pub(crate) fn part_of_time(&self, base: &Value<'a>, word: &str, span: Span) -> Result<Value<'a>, Defect> {
        let part = match *base {
            Value::Time(micros) => {
                let at = Civil::of(micros);
                match word {
                    "year" => Some(at.year),
                    "month" => Some(at.month),
                    "day" => Some(at.day),
                    "hour" => Some(at.hour),
                    "minute" => Some(at.minute),
                    "second" => Some(at.second),
                    "microsecond" => Some(at.micro),
                    _ => None,
                }
            }
            Value::Delta(micros) => match word {
                "days" => Some(micros.div_euclid(DAY)),
                "seconds" => Some(micros.rem_euclid(DAY) / SECOND),
                "microseconds" => Some(micros.rem_euclid(SECOND)),
                _ => None,
            },
            _ => None,
        };
        part.map(Value::Int)
            .ok_or_else(|| Defect::new(span, format!("a {} has no attribute `{word}`", base.kind())))
    }
}

/// Numbers by size, whole ones exactly; NaN has no order.
fn order_of_numbers(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => order_of_mixed(a, b.as_number()?),
        (None, Some(b)) => order_of_mixed(b, a.as_number()?).map(Ordering::reverse),
        (None, None) => a.as_number()?.partial_cmp(&b.as_number()?),
    }
}

/// Which of a whole and a real number is larger, to the last digit; none for NaN.
pub(crate) fn order_of_mixed(a: i64, b: f64) -> Option<Ordering> {
    // From 2⁶³ on nothing fits an i64; below, the whole part does.
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    match b {
        _ if b.is_nan() => return None,
        _ if b >= BEYOND => return Some(Ordering::Less),
        _ if b < -BEYOND => return Some(Ordering::Greater),
        _ => {}
    }
    let by_whole = a.cmp(&(b.trunc() as i64));
    Some(by_whole.then_with(|| 0.0.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal)))
}

/// The places that a slice of a list takes, in its order.
fn indices(length: usize, [lower, upper, step]: [Option<i64>; 3]) -> Vec<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    let (least, most) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp =
        |bound: i64| (if bound < 0 { bound.saturating_add(length) } else { bound }).clamp(least, most);
    let (from, to) = if step > 0 { (least, most) } else { (most, least) };
    let (mut at, end) = (lower.map_or(from, clamp), upper.map_or(to, clamp));
    let mut places = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        // Clamped above, so it is no less than 0.
        places.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_python_s() {
        assert_eq!(indices(5, [Some(1), Some(3), None]), [1, 2]);
        assert_eq!(indices(5, [None, None, Some(-1)]), [4, 3, 2, 1, 0]);
        assert_eq!(indices(5, [Some(-2), None, None]), [3, 4]);
        assert_eq!(indices(5, [Some(i64::MIN), Some(i64::MAX), Some(i64::MAX)]), [0]);
        assert_eq!(indices(0, [None, None, Some(-1)]), [] as [usize; 0]);
    }

    #[test]
    fn whole_and_real_numbers_compare_exactly() {
        assert_eq!(order_of_mixed(i64::MAX, 9_223_372_036_854_775_807.0), Some(Ordering::Less));
        assert_eq!(order_of_mixed((1 << 53) + 1, 9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(order_of_mixed(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(order_of_mixed(1, f64::NAN), None);
    }
}

//! Arithmetic, and what its signs mean between texts, lists, sets, dates and time spans.
//!
//! Whole numbers have 64 bits; what does not fit becomes a real one.

use crate::error::{Defect, Span};
use crate::eval::Frame;
use crate::tree::{Operator, Sign};
use crate::value::Value;

impl<'a> Frame<'a, '_> {
    pub(crate) fn unary(&self, sign: Sign, operand: Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        Ok(match (sign, &operand) {
            (_, Value::Unknown | Value::None) => operand,
            (Sign::Plus, Value::Float(_) | Value::Delta(_)) => operand,
            (Sign::Minus, Value::Float(number)) => Value::Float(-number),
            (Sign::Minus, Value::Delta(micros)) => Value::Delta(-micros),
            (Sign::Plus, value) if value.as_int().is_some() => value.as_int().map_or(Value::None, Value::Int),
            (Sign::Minus, value) if value.as_int().is_some() => {
                let number = value.as_int().unwrap_or(0);
                number.checked_neg().map_or(Value::Float(-(number as f64)), Value::Int)
            }
            (Sign::Invert, value) if value.as_int().is_some() => {
                value.as_int().map_or(Value::None, |n| Value::Int(!n))
            }
            (_, value) => return Err(Defect::new(span, format!("a {} has no sign", value.kind()))),
        })
    }

    pub(crate) fn binary(
        &mut self,
        operator: Operator,
        left: Value<'a>,
        right: Value<'a>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        if left.is_unknown() || right.is_unknown() {
            return Ok(Value::Unknown);
        }
        if let (Operator::Remainder, Value::Text(format)) = (operator, &left) {
            let format = format.to_string();
            return self.percent(&format, &right, span).map(Value::made);
        }
        if left.is_none() || right.is_none() {
            return Ok(Value::None);
        }
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
            if let (Value::Bool(a), Value::Bool(b)) = (&left, &right) {
                match operator {
                    Operator::And => return Ok(Value::Bool(a & b)),
                    Operator::Or => return Ok(Value::Bool(a | b)),
                    Operator::Xor => return Ok(Value::Bool(a ^ b)),
                    _ => {}
                }
            }
            return whole(operator, a, b, span);
        }
        if let (Some(a), Some(b)) = (left.as_number(), right.as_number()) {
            return real(operator, a, b, span);
        }
        if let Some(value) = times(operator, &left, &right, span)? {
            return Ok(value);
        }
        if let Some(value) = self.joined(operator, &left, &right, span)? {
            return Ok(value);
        }
        let (a, b, sign) = (left.kind(), right.kind(), operator.sign());
        Err(Defect::new(span, format!("`{sign}` means nothing between a {a} and a {b}")))
    }

    /// Texts, lists and sets.
    fn joined(
        &mut self,
        operator: Operator,
        left: &Value<'a>,
        right: &Value<'a>,
        span: Span,
    ) -> Result<Option<Value<'a>>, Defect> {
        let value = match (operator, left, right) {
            (Operator::Add, Value::Text(a), Value::Text(b)) => {
                self.budget.take_size(a.len() + b.len(), span)?;
                Value::made(format!("{}{}", &**a, &**b))
            }
            (Operator::Multiply, Value::Text(text), times)
            | (Operator::Multiply, times, Value::Text(text)) => {
                let Some(times) = times.as_int() else { return Ok(None) };
                let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
                self.budget.take_size(text.len().saturating_mul(times), span)?;
                Value::made(text.repeat(times))
            }
            (_, Value::Set(a), Value::Set(b)) => {
                let (a, b) = (a.clone(), b.clone());
                let (mut only_a, mut both, mut only_b) = (Vec::new(), Vec::new(), Vec::new());
                for item in a.iter() {
                    let is_in = self.holds(&Value::Set(b.clone()), item, span)?;
                    if is_in { both.push(item.clone()) } else { only_a.push(item.clone()) }
                }
                for item in b.iter() {
                    if !self.holds(&Value::Set(a.clone()), item, span)? {
                        only_b.push(item.clone());
                    }
                }
                let items = match operator {
                    Operator::And => both,
                    Operator::Subtract => only_a,
                    Operator::Or => [both, only_a, only_b].concat(),
                    Operator::Xor => [only_a, only_b].concat(),
                    _ => return Ok(None),
                };
                Value::Set(items.into())
            }
            (Operator::Add, a, b) if is_list(a) && is_list(b) => {
                let size = a.len().unwrap_or(0).saturating_add(b.len().unwrap_or(0));
                self.budget.take_size(size, span)?;
                Value::list(self.items(a, span)?.chain(self.items(b, span)?).collect())
            }
            (Operator::Multiply, list, times) | (Operator::Multiply, times, list) if is_list(list) => {
                let Some(times) = times.as_int() else { return Ok(None) };
                let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
                self.budget.take_size(list.len().unwrap_or(0).saturating_mul(times), span)?;
                // None of a range's many numbers are made to be taken no times, nor nothing as often as one likes.
                if times == 0 || list.len() == Some(0) {
                    return Ok(Some(Value::list(Vec::new())));
                }
                let items: Vec<Value<'a>> = self.items(list, span)?.collect();
                Value::list(std::iter::repeat_n(items, times).flatten().collect())
            }
            _ => return Ok(None),
        };
        Ok(Some(value))
    }
}

/// Whether a value is an ordered list of items.
pub(crate) fn is_list(value: &Value<'_>) -> bool {
    matches!(value, Value::List(_) | Value::Tuple(_) | Value::Items(_) | Value::Range(_))
}

fn by_zero(span: Span) -> Defect {
    Defect::new(span, "division by zero")
}

fn whole<'a>(operator: Operator, a: i64, b: i64, span: Span) -> Result<Value<'a>, Defect> {
    let real = |number: f64| Value::Float(number);
    let (x, y) = (a as f64, b as f64);
    Ok(match operator {
        Operator::Add => a.checked_add(b).map_or(real(x + y), Value::Int),
        Operator::Subtract => a.checked_sub(b).map_or(real(x - y), Value::Int),
        Operator::Multiply => a.checked_mul(b).map_or(real(x * y), Value::Int),
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if b == 0 => {
            return Err(by_zero(span));
        }
        Operator::Divide => real(x / y),
        Operator::FloorDivide => {
            let quotient = i128::from(a).div_euclid(i128::from(b));
            let is_exact = i128::from(a).rem_euclid(i128::from(b)) == 0;
            let floor = if b < 0 && !is_exact { quotient - 1 } else { quotient };
            i64::try_from(floor).map_or(real(floor as f64), Value::Int)
        }
        Operator::Remainder => {
            let rest = i128::from(a).rem_euclid(i128::from(b));
            let rest = if b < 0 && rest != 0 { rest + i128::from(b) } else { rest };
            i64::try_from(rest).map_or(real(rest as f64), Value::Int)
        }
        Operator::Power if a == 0 && b < 0 => return Err(by_zero(span)),
        Operator::Power => {
            let exact = u32::try_from(b).ok().and_then(|exponent| a.checked_pow(exponent));
            exact.map_or(real(x.powf(y)), Value::Int)
        }
        Operator::And => Value::Int(a & b),
        Operator::Or => Value::Int(a | b),
        Operator::Xor => Value::Int(a ^ b),
        Operator::ShiftLeft | Operator::ShiftRight if b < 0 => {
            return Err(Defect::new(span, "a number is not shifted by less than 0"));
        }
        Operator::ShiftLeft => {
            let factor = u32::try_from(b).ok().and_then(|shift| 2_i64.checked_pow(shift));
            let exact = factor.and_then(|factor| a.checked_mul(factor));
            exact.map_or(real(x * 2_f64.powf(y)), Value::Int)
        }
        Operator::ShiftRight => Value::Int(a >> b.min(63)),
    })
}

fn real<'a>(operator: Operator, a: f64, b: f64, span: Span) -> Result<Value<'a>, Defect> {
    Ok(Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if b == 0.0 => {
            return Err(by_zero(span));
        }
        Operator::Divide => a / b,
        Operator::FloorDivide => (a / b).floor(),
        Operator::Remainder => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        }
        Operator::Power if a == 0.0 && b < 0.0 => return Err(by_zero(span)),
        Operator::Power => a.powf(b),
        _ => {
            let message = format!("`{}` means nothing between numbers that are not whole", operator.sign());
            return Err(Defect::new(span, message));
        }
    }))
}

/// Dates and time spans.
fn times<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    span: Span,
) -> Result<Option<Value<'a>>, Defect> {
    let sum = match (operator, left, right) {
        (Operator::Add, Value::Time(a), Value::Delta(b))
        | (Operator::Add, Value::Delta(b), Value::Time(a)) => a.checked_add(*b).map(Value::Time),
        (Operator::Subtract, Value::Time(a), Value::Delta(b)) => a.checked_sub(*b).map(Value::Time),
        (Operator::Subtract, Value::Time(a), Value::Time(b)) => a.checked_sub(*b).map(Value::Delta),
        (Operator::Add, Value::Delta(a), Value::Delta(b)) => a.checked_add(*b).map(Value::Delta),
        (Operator::Subtract, Value::Delta(a), Value::Delta(b)) => a.checked_sub(*b).map(Value::Delta),
        (Operator::Divide, Value::Delta(a), Value::Delta(b)) => {
            if *b == 0 {
                return Err(by_zero(span));
            }
            Some(Value::Float(*a as f64 / *b as f64))
        }
        (Operator::Multiply, Value::Delta(a), b) | (Operator::Multiply, b, Value::Delta(a)) => {
            let Some(b) = b.as_number() else { return Ok(None) };
            delta_of(*a as f64 * b)
        }
        (Operator::Divide, Value::Delta(a), b) => match b.as_number() {
            None => return Ok(None),
            Some(0.0) => return Err(by_zero(span)),
            Some(b) => delta_of(*a as f64 / b),
        },
        _ => return Ok(None),
    };
    sum.map(Some).ok_or_else(|| Defect::new(span, "the date is too far away"))
}

/// A time span of so many microseconds, if it is one.
pub(crate) fn delta_of<'a>(micros: f64) -> Option<Value<'a>> {
    (micros.abs() < 9e18).then_some(Value::Delta(micros.round() as i64))
}

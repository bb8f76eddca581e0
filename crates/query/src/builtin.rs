//! The functions of the language, evaluated.

use trailmark_core::{ParamValue, Params, WallTime};

use crate::error::{Defect, Span};
use crate::eval::{Frame, Items};
use crate::function::{Function, Math, Pattern, function_name};
use crate::matcher::{Matcher, Source};
use crate::operator::{delta_of, is_list};
use crate::time::{Civil, DAY, SECOND, micros_from_text};
use crate::tree::Operator;
use crate::value::{Match, Range, Value};

impl<'a> Frame<'a, '_> {
    /// Calls a function with values; how many there are was checked where it was written as a call.
    pub(crate) fn builtin(
        &mut self,
        function: Function,
        mut arguments: Vec<Value<'a>>,
        named: Vec<(&'a str, Value<'a>)>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        if arguments.len() == 2 && matches!(function, Function::IsInstance) {
            return Ok(Value::Bool(is_instance(&arguments[0], &arguments[1])));
        }
        let is_missing = arguments.first().is_some_and(Value::is_none);
        let takes_none = matches!(function, Function::Bool | Function::Str | Function::Repr | Function::Type);
        if is_missing && !takes_none && !matches!(function, Function::Any | Function::All) {
            return Ok(Value::None);
        }
        match function {
            Function::Datetime => return date(&arguments, &named, span),
            Function::Timedelta => return time_span(&arguments, &named, span),
            Function::Min | Function::Max => return self.extreme(function, arguments, named, span),
            Function::Sorted => return self.sorted(arguments, named, span),
            Function::Now => return Ok(self.local(self.clock.now)),
            Function::UtcNow => return Ok(Value::Time(self.clock.now.nanos() / 1_000)),
            _ => {}
        }
        // Each of the remaining ones has at most one argument with a name, which comes last.
        arguments.extend(named.into_iter().map(|(_, value)| value));
        match arguments.as_slice() {
            [] => self.without_arguments(function, span),
            [value] => self.of_one(function, value, span),
            several => self.of_several(function, several, span),
        }
    }

    fn without_arguments(&mut self, function: Function, span: Span) -> Result<Value<'a>, Defect> {
        Ok(match function {
            Function::Bool => Value::Bool(false),
            Function::Dict => Value::Dict([].into()),
            Function::Float => Value::Float(0.0),
            Function::Int => Value::Int(0),
            Function::List | Function::Zip => Value::list(Vec::new()),
            Function::Set => Value::Set([].into()),
            Function::Str => Value::text(""),
            Function::Tuple => Value::Tuple([].into()),
            _ => return Err(wrong_count(function, span)),
        })
    }

    fn of_one(&mut self, function: Function, value: &Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        Ok(match function {
            Function::Abs => match value {
                Value::Float(number) => Value::Float(number.abs()),
                Value::Delta(micros) => Value::Delta(micros.saturating_abs()),
                other => match other.as_int() {
                    Some(number) => number.checked_abs().map_or(Value::Float(-(number as f64)), Value::Int),
                    None => return Err(wrong_kind(function, other, span)),
                },
            },
            Function::All | Function::Any => {
                let wanted = function == Function::Any;
                let mut found = false;
                for item in self.items(value, span)? {
                    self.budget.take(1, span)?;
                    found |= self.is_true(&item) == wanted;
                }
                Value::Bool(found == wanted)
            }
            Function::Bool => Value::Bool(self.is_true(value)),
            Function::Chr => {
                let char = value.as_int().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
                char.map(|char| Value::made(char.to_string()))
                    .ok_or_else(|| wrong_kind(function, value, span))?
            }
            Function::Dict => self.dict_of(value, span)?,
            Function::Enumerate => self.enumerate(value, 0, span)?,
            Function::Float => self.float(value, span)?,
            Function::Int => self.int(value, span)?,
            Function::Len => match (value, value.len()) {
                (Value::Collection(kind), _) => whole(self.series_count(*kind).unwrap_or(0)),
                (_, Some(length)) => whole(length),
                (other, None) => return Err(wrong_kind(function, other, span)),
            },
            Function::List => Value::list(self.collected(value, span)?),
            Function::Tuple => Value::Tuple(self.collected(value, span)?.into()),
            Function::Reversed => {
                let mut items = self.collected(value, span)?;
                items.reverse();
                Value::list(items)
            }
            Function::Set => {
                let items = self.collected(value, span)?;
                self.set_of(items, span)?
            }
            Function::Ord => match value.as_text().map(|text| (text.chars().next(), text.chars().nth(1))) {
                Some((Some(char), None)) => Value::Int(i64::from(u32::from(char))),
                _ => return Err(wrong_kind(function, value, span)),
            },
            Function::Range => range(0, self.whole(function, value, span)?, 1),
            Function::Repr => Value::made(self.repr_of(value, span)?),
            Function::Round => match value {
                Value::Float(number) => int_of(number.round_ties_even(), span)?,
                other => other.as_int().map(Value::Int).ok_or_else(|| wrong_kind(function, other, span))?,
            },
            Function::Str => Value::made(self.text_of(value, span)?),
            Function::Sum => self.sum(value, Value::Int(0), span)?,
            Function::Type => type_of(value).map_or(Value::None, Value::Function),
            Function::Zip => {
                let items = self.collected(value, span)?;
                Value::list(items.into_iter().map(|item| Value::Tuple([item].into())).collect())
            }
            Function::FromTimestamp => match value.as_number() {
                Some(seconds) => self.local(WallTime::from_unix_secs(seconds)),
                None => return Err(wrong_kind(function, value, span)),
            },
            Function::FromIsoFormat => {
                let offset = i64::from(self.clock.utc_offset_secs);
                let micros = value.as_text().and_then(|text| micros_from_text(text, offset));
                micros.map(Value::Time).ok_or_else(|| wrong_kind(function, value, span))?
            }
            Function::Math(math) => match value.as_number() {
                Some(number) => of_number(math, number, span)?,
                None => return Err(wrong_kind(function, value, span)),
            },
            _ => return Err(wrong_count(function, span)),
        })
    }

    fn of_several(
        &mut self,
        function: Function,
        arguments: &[Value<'a>],
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        Ok(match (function, arguments) {
            (_, [_, Value::None]) => Value::None,
            (Function::Pow, [base, exponent]) => {
                self.binary(Operator::Power, base.clone(), exponent.clone(), span)?
            }
            (Function::Divmod, [a, b]) => {
                let quotient = self.binary(Operator::FloorDivide, a.clone(), b.clone(), span)?;
                let rest = self.binary(Operator::Remainder, a.clone(), b.clone(), span)?;
                Value::Tuple([quotient, rest].into())
            }
            (Function::Enumerate, [value, start]) => {
                let start = self.whole(function, start, span)?;
                self.enumerate(value, start, span)?
            }
            (Function::Range, [start, stop]) => {
                range(self.whole(function, start, span)?, self.whole(function, stop, span)?, 1)
            }
            (Function::Range, [start, stop, step]) => match self.whole(function, step, span)? {
                0 => return Err(Defect::new(span, "a range's step is not 0")),
                step => range(self.whole(function, start, span)?, self.whole(function, stop, span)?, step),
            },
            (Function::Round, [value, digits]) => match (value, self.whole(function, digits, span)?) {
                (Value::Float(number), digits) => Value::Float(rounded(*number, digits)),
                (other, 0..) => {
                    other.as_int().map(Value::Int).ok_or_else(|| wrong_kind(function, other, span))?
                }
                (other, digits) => {
                    let number = other.as_number().ok_or_else(|| wrong_kind(function, other, span))?;
                    int_of(rounded(number, digits), span)?
                }
            },
            (Function::Sum, [value, start]) => self.sum(value, start.clone(), span)?,
            (Function::Zip, lists) => {
                let mut lists: Vec<Items<'_, 'a>> =
                    lists.iter().map(|list| self.items(list, span)).collect::<Result<_, _>>()?;
                let mut rows = Vec::new();
                loop {
                    let row: Option<Vec<Value<'a>>> = lists.iter_mut().map(Iterator::next).collect();
                    let Some(row) = row else { break };
                    self.budget.take(row.len(), span)?;
                    self.budget.take_size(rows.len(), span)?;
                    rows.push(Value::Tuple(row.into()));
                }
                Value::list(rows)
            }
            (Function::Math(Math::Log), [number, base]) => match (number.as_number(), base.as_number()) {
                (Some(number), Some(base)) if number > 0.0 && base > 0.0 => Value::Float(number.log(base)),
                _ => return Err(Defect::new(span, "a logarithm is taken of numbers above 0")),
            },
            (Function::Re(pattern), [source, text, rest @ ..]) => {
                let flags = rest.first().and_then(Value::as_int).unwrap_or(0);
                let Some(source) = source.as_text() else { return Err(wrong_kind(function, source, span)) };
                let source = Source::read(source, flags, pattern, span)?;
                self.budget.take(source.steps(), span)?;
                self.find(source.pattern(), &source.compile(span)?, text, span)?
            }
            _ => return Err(wrong_count(function, span)),
        })
    }

    /// Applies a regular expression to a text.
    pub(crate) fn find(
        &mut self,
        pattern: Pattern,
        matcher: &Matcher,
        text: &Value<'a>,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let text = match text {
            Value::Unknown => return Ok(Value::Unknown),
            Value::None => return Ok(Value::None),
            Value::Text(text) => text,
            other => return Err(wrong_kind(Function::Re(pattern), other, span)),
        };
        self.budget.take(4 + text.len().saturating_mul(matcher.steps_per_byte), span)?;
        let regex = &matcher.regex;
        let Some(captures) = regex.captures(text) else { return Ok(Value::None) };
        let Some(whole) = captures.get(0) else { return Ok(Value::None) };
        // The leftmost match is found first, so that one at the beginning is the one found.
        if pattern == Pattern::Match && whole.start() != 0 {
            return Ok(Value::None);
        }
        let start = text[..whole.start()].chars().count();
        Ok(Value::Match(std::rc::Rc::new(Match {
            groups: captures.iter().map(|group| group.map(|group| group.as_str().to_owned())).collect(),
            names: regex.capture_names().map(|name| name.map(str::to_owned)).collect(),
            start,
            end: start + whole.as_str().chars().count(),
        })))
    }

    /// All items of a value as a list.
    pub(crate) fn collected(&mut self, value: &Value<'a>, span: Span) -> Result<Vec<Value<'a>>, Defect> {
        let mut collected = Vec::new();
        for item in self.items(value, span)? {
            self.budget.take_size(collected.len(), span)?;
            collected.push(item);
        }
        Ok(collected)
    }

    fn whole(&self, function: Function, value: &Value<'a>, span: Span) -> Result<i64, Defect> {
        value.as_int().ok_or_else(|| wrong_kind(function, value, span))
    }

    fn enumerate(&mut self, value: &Value<'a>, start: i64, span: Span) -> Result<Value<'a>, Defect> {
        let items = self.collected(value, span)?;
        let pair = |(index, item): (i64, Value<'a>)| {
            Value::Tuple([Value::Int(start.saturating_add(index)), item].into())
        };
        Ok(Value::list((0..).zip(items).map(pair).collect()))
    }

    fn dict_of(&mut self, value: &Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        if let Some(pairs) = value.pairs() {
            return Ok(Value::Dict(pairs.collect()));
        }
        let mut pairs = Vec::new();
        for item in self.items(value, span)? {
            match self.collected(&item, span)?.as_slice() {
                [key, value] => self.insert(&mut pairs, (key.clone(), value.clone()), span)?,
                _ => return Err(Defect::new(span, "a dict is made of pairs")),
            }
        }
        Ok(Value::Dict(pairs.into()))
    }

    fn float(&self, value: &Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        let number = match value {
            Value::Text(text) => {
                let plain = text.trim().replace('_', "").to_lowercase();
                plain.parse().ok()
            }
            other => other.as_number(),
        };
        number.map(Value::Float).ok_or_else(|| wrong_kind(Function::Float, value, span))
    }

    fn int(&self, value: &Value<'a>, span: Span) -> Result<Value<'a>, Defect> {
        match value {
            Value::Float(number) => int_of(number.trunc(), span),
            Value::Text(text) => {
                let number = text.trim().replace('_', "").parse().ok();
                number
                    .map(Value::Int)
                    .ok_or_else(|| Defect::new(span, format!("{:?} is no whole number", &**text)))
            }
            other => other.as_int().map(Value::Int).ok_or_else(|| wrong_kind(Function::Int, other, span)),
        }
    }

    /// A value as it is stored, for what is compared with stored values; none for what cannot be stored.
    pub(crate) fn param_of(&mut self, value: &Value<'a>, span: Span) -> Result<Option<ParamValue>, Defect> {
        self.budget.take(1, span)?;
        Ok(Some(match value {
            Value::None => ParamValue::None,
            Value::Bool(value) => ParamValue::Bool(*value),
            Value::Int(value) => ParamValue::Int(*value),
            Value::Float(value) => ParamValue::Float(*value),
            Value::Text(text) => ParamValue::Text(text.to_string()),
            Value::Map(map) => ParamValue::Map((*map).clone()),
            Value::Dict(pairs) => {
                let mut map = Params::new();
                for (key, value) in pairs.iter() {
                    let (Some(key), Some(value)) = (key.as_text(), self.param_of(value, span)?) else {
                        return Ok(None);
                    };
                    map.insert(key.to_owned(), value);
                }
                ParamValue::Map(map)
            }
            list if is_list(list) => {
                let mut values = Vec::new();
                for item in self.items(list, span)? {
                    match self.param_of(&item, span)? {
                        Some(value) => values.push(value),
                        None => return Ok(None),
                    }
                }
                ParamValue::List(values)
            }
            _ => return Ok(None),
        }))
    }
}

fn whole<'a>(count: usize) -> Value<'a> {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn range<'a>(start: i64, stop: i64, step: i64) -> Value<'a> {
    Value::Range(Range { start, stop, step })
}

fn wrong_kind(function: Function, value: &Value<'_>, span: Span) -> Defect {
    Defect::new(span, format!("`{}` takes no such {}", function_name(function), value.kind()))
}

pub(crate) fn wrong_count(function: Function, span: Span) -> Defect {
    Defect::new(span, format!("`{}` takes another number of arguments", function_name(function)))
}

/// The whole number that a real one is.
fn int_of<'a>(number: f64, span: Span) -> Result<Value<'a>, Defect> {
    match number {
        _ if !number.is_finite() => Err(Defect::new(span, "NaN and infinities are no whole numbers")),
        _ if number.abs() < 9.2e18 => Ok(Value::Int(number as i64)),
        _ => Ok(Value::Float(number)),
    }
}

/// A number with so many decimals, rounded as it is printed: ties by the exact value, as Python does.
fn rounded(number: f64, digits: i64) -> f64 {
    match usize::try_from(digits) {
        Ok(digits) if digits < 300 => format!("{number:.digits$}").parse().unwrap_or(number),
        Ok(_) => number,
        Err(_) if digits < -300 => 0.0 * number,
        Err(_) => {
            let scale = 10_f64.powf(-(digits as f64));
            (number / scale).round_ties_even() * scale
        }
    }
}

fn of_number<'a>(math: Math, number: f64, span: Span) -> Result<Value<'a>, Defect> {
    let above_zero = |result: f64| {
        if number > 0.0 || number.is_nan() {
            Ok(Value::Float(result))
        } else {
            Err(Defect::new(span, "a logarithm is taken of numbers above 0"))
        }
    };
    match math {
        Math::Ceil => int_of(number.ceil(), span),
        Math::Floor => int_of(number.floor(), span),
        Math::Exp => Ok(Value::Float(number.exp())),
        Math::IsFinite => Ok(Value::Bool(number.is_finite())),
        Math::IsInf => Ok(Value::Bool(number.is_infinite())),
        Math::IsNan => Ok(Value::Bool(number.is_nan())),
        Math::Log => above_zero(number.ln()),
        Math::Log10 => above_zero(number.log10()),
        Math::Log2 => above_zero(number.log2()),
        Math::Sqrt if number < 0.0 => Err(Defect::new(span, "a square root is taken of no number below 0")),
        Math::Sqrt => Ok(Value::Float(number.sqrt())),
    }
}

/// The function that makes values of this one's type.
fn type_of(value: &Value<'_>) -> Option<Function> {
    Some(match value {
        Value::Bool(_) => Function::Bool,
        Value::Int(_) => Function::Int,
        Value::Float(_) => Function::Float,
        Value::Text(_) => Function::Str,
        Value::List(_) | Value::Items(_) | Value::Tags(_) => Function::List,
        Value::Tuple(_) => Function::Tuple,
        Value::Set(_) => Function::Set,
        Value::Dict(_) | Value::Map(_) => Function::Dict,
        Value::Range(_) => Function::Range,
        Value::Time(_) => Function::Datetime,
        Value::Delta(_) => Function::Timedelta,
        _ => return None,
    })
}

/// Whether a value is of a type, or of one of several; a truth value is a whole number too.
fn is_instance(value: &Value<'_>, types: &Value<'_>) -> bool {
    match types {
        Value::Function(wanted) => {
            type_of(value) == Some(*wanted) || (matches!(value, Value::Bool(_)) && *wanted == Function::Int)
        }
        Value::Tuple(types) | Value::List(types) => types.iter().any(|kind| is_instance(value, kind)),
        _ => false,
    }
}

fn date<'a>(arguments: &[Value<'a>], named: &[(&str, Value<'a>)], span: Span) -> Result<Value<'a>, Defect> {
    const NAMES: [&str; 7] = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
    let mut parts = [0_i64; 7];
    for (index, part) in parts.iter_mut().enumerate() {
        let by_name = named.iter().find(|(name, _)| *name == NAMES[index]).map(|(_, value)| value);
        match arguments.get(index).or(by_name) {
            Some(Value::None) => return Ok(Value::None),
            Some(value) => {
                let wrong = || {
                    Defect::new(
                        span,
                        format!("a date's {} is a whole number, got a {}", NAMES[index], value.kind()),
                    )
                };
                *part = value.as_int().ok_or_else(wrong)?;
            }
            None if index < 3 => {
                return Err(Defect::new(span, format!("the date has no {}", NAMES[index]))
                    .expecting("year, month, day"));
            }
            None => {}
        }
    }
    let [year, month, day, hour, minute, second, micro] = parts;
    let civil = Civil { year, month, day, hour, minute, second, micro };
    civil.micros().map(Value::Time).ok_or_else(|| Defect::new(span, "there is no such date"))
}

fn time_span<'a>(
    arguments: &[Value<'a>],
    named: &[(&str, Value<'a>)],
    span: Span,
) -> Result<Value<'a>, Defect> {
    const UNITS: [(&str, i64); 7] = [
        ("days", DAY),
        ("seconds", SECOND),
        ("microseconds", 1),
        ("milliseconds", 1_000),
        ("minutes", 60 * SECOND),
        ("hours", 3_600 * SECOND),
        ("weeks", 7 * DAY),
    ];
    let mut micros = 0.0;
    for (index, (unit, scale)) in UNITS.iter().enumerate() {
        let by_name = named.iter().find(|(name, _)| name == unit).map(|(_, value)| value);
        let Some(value) = arguments.get(index).or(by_name) else { continue };
        if value.is_none() {
            return Ok(Value::None);
        }
        let wrong =
            || Defect::new(span, format!("a time span's {unit} are a number, got a {}", value.kind()));
        micros += value.as_number().ok_or_else(wrong)? * *scale as f64;
    }
    delta_of(micros).ok_or_else(|| Defect::new(span, "the time span is too long"))
}

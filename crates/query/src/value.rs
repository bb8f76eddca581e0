//! The values that evaluation meets, and what all of them can be asked: truth, items, kind.
//!
//! Texts, params and contexts are borrowed from the run; only what a query makes itself is allocated. `Unknown` is what
//! pruning knows nothing of yet and spreads through everything but `and` and `or`.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::rc::Rc;

use trailmark_core::{ParamValue, Params};

use crate::error::{Defect, Span};
use crate::function::Function;
use crate::tree::Lambda;
use crate::{Kind, Scalar, SeriesView};

/// A text, borrowed or made.
#[derive(Debug, Clone)]
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Made(Rc<str>),
}

/// Whole numbers from `start` towards `stop`, which is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

/// Where a regular expression matched; groups are texts or missing.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) groups: Vec<Option<String>>,
    pub(crate) names: Vec<Option<String>>,
    /// In characters.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Any value.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text<'a>),
    /// Microseconds since 1970 on the local clock.
    Time(i64),
    /// Microseconds.
    Delta(i64),
    List(Rc<[Value<'a>]>),
    Tuple(Rc<[Value<'a>]>),
    Set(Rc<[Value<'a>]>),
    Dict(Rc<[(Value<'a>, Value<'a>)]>),
    Range(Range),
    /// A list of params.
    Items(&'a [ParamValue]),
    /// A branch of params, or a context.
    Map(&'a Params),
    Tags(&'a BTreeSet<String>),
    Run,
    Series(&'a dyn SeriesView),
    /// All series of a kind.
    Collection(Kind),
    Match(Rc<Match>),
    Function(Function),
    Lambda(&'a Lambda),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl Range {
    /// How many numbers there are.
    pub(crate) fn len(self) -> i64 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let numbers = match step {
            0 => 0,
            1.. => (stop - start + step - 1).div_euclid(step),
            _ => (start - stop - step - 1).div_euclid(-step),
        };
        i64::try_from(numbers.max(0)).unwrap_or(i64::MAX)
    }

    /// The number at an index below [`Range::len`].
    pub(crate) fn at(self, index: i64) -> i64 {
        let value = i128::from(self.start) + i128::from(self.step) * i128::from(index);
        i64::try_from(value).expect("a number of the range lies between its ends")
    }

    /// Whether it holds a number.
    pub(crate) fn contains(self, number: i64) -> bool {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let number = i128::from(number);
        let is_inside =
            if step > 0 { start <= number && number < stop } else { stop < number && number <= start };
        is_inside && (number - start) % step == 0
    }
}

impl<'a> Value<'a> {
    /// A text that a query made.
    pub(crate) fn made(text: impl Into<Rc<str>>) -> Self {
        Self::Text(Text::Made(text.into()))
    }

    /// A text of the run or of the query.
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Text::Borrowed(text))
    }

    /// A text that may be missing: an empty one is.
    pub(crate) fn text_or_none(text: &'a str) -> Self {
        if text.is_empty() { Self::None } else { Self::text(text) }
    }

    /// A list.
    pub(crate) fn list(values: Vec<Self>) -> Self {
        Self::List(values.into())
    }

    /// A param, without copying it.
    pub(crate) fn of(param: &'a ParamValue) -> Self {
        match param {
            ParamValue::None => Self::None,
            ParamValue::Bool(value) => Self::Bool(*value),
            ParamValue::Int(value) => Self::Int(*value),
            ParamValue::Float(value) => Self::Float(*value),
            ParamValue::Text(value) => Self::text(value),
            ParamValue::List(values) => Self::Items(values),
            ParamValue::Map(map) => Self::Map(map),
        }
    }

    /// A value of a series, without copying it.
    pub(crate) fn of_scalar(scalar: Option<Scalar<'a>>) -> Self {
        match scalar {
            None => Self::None,
            Some(Scalar::Bool(value)) => Self::Bool(value),
            Some(Scalar::Int(value)) => Self::Int(value),
            Some(Scalar::Float(value)) => Self::Float(value),
            Some(Scalar::Text(value)) => Self::text(value),
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Python's truth: nothing, zero and the empty are false. A collection's truth needs its run: it counts as true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Unknown | Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Delta(micros) => *micros != 0,
            Self::List(values) | Self::Tuple(values) | Self::Set(values) => !values.is_empty(),
            Self::Dict(pairs) => !pairs.is_empty(),
            Self::Range(range) => range.len() > 0,
            Self::Items(values) => !values.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Tags(tags) => !tags.is_empty(),
            Self::Time(_) | Self::Run | Self::Series(_) | Self::Collection(_) => true,
            Self::Match(_) | Self::Function(_) | Self::Lambda(_) => true,
        }
    }

    /// What a query's result says; a function says nothing.
    pub(crate) fn verdict(&self, span: Span) -> Result<bool, Defect> {
        match self {
            Self::Function(_) | Self::Lambda(_) => {
                Err(Defect::new(span, "a function is no condition")
                    .expecting("a call, such as len(run.tags)"))
            }
            value => Ok(value.is_true()),
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one; True and False are 1 and 0.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            other => other.as_int().map(|value| value as f64),
        }
    }

    /// What people call such a value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown value",
            Self::None => "None",
            Self::Bool(_) => "truth value",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Text(_) => "text",
            Self::Time(_) => "date",
            Self::Delta(_) => "time span",
            Self::List(_) | Self::Items(_) | Self::Tags(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) | Self::Map(_) => "dict",
            Self::Range(_) => "range",
            Self::Run => "run",
            Self::Series(_) => "series",
            Self::Collection(_) => "collection of series",
            Self::Match(_) => "match",
            Self::Function(_) | Self::Lambda(_) => "function",
        }
    }

    /// How many items there are, where that is a question to ask.
    pub(crate) fn len(&self) -> Option<usize> {
        Some(match self {
            Self::Text(text) => text.chars().count(),
            Self::List(values) | Self::Tuple(values) | Self::Set(values) => values.len(),
            Self::Dict(pairs) => pairs.len(),
            Self::Range(range) => usize::try_from(range.len()).unwrap_or(usize::MAX),
            Self::Items(values) => values.len(),
            Self::Map(map) => map.len(),
            Self::Tags(tags) => tags.len(),
            _ => return None,
        })
    }

    /// The items in their order: characters of a text, keys of a dict. None where there is nothing to go through.
    pub(crate) fn items(&self) -> Option<Box<dyn Iterator<Item = Value<'a>> + '_>> {
        Some(match self {
            Self::Text(Text::Borrowed(text)) => Box::new(chars(text).map(Value::text)),
            Self::Text(Text::Made(text)) => Box::new(chars(text).map(Value::made)),
            Self::List(values) | Self::Tuple(values) | Self::Set(values) => Box::new(values.iter().cloned()),
            Self::Dict(pairs) => Box::new(pairs.iter().map(|(key, _)| key.clone())),
            Self::Range(range) => Box::new((0..range.len()).map(|index| Value::Int(range.at(index)))),
            Self::Items(values) => Box::new(values.iter().map(Value::of)),
            Self::Map(map) => Box::new(map.keys().map(|key| Value::text(key))),
            Self::Tags(tags) => Box::new(tags.iter().map(|tag| Value::text(tag))),
            _ => return None,
        })
    }

    /// Keys and values of a dict.
    pub(crate) fn pairs(&self) -> Option<Box<dyn Iterator<Item = (Value<'a>, Value<'a>)> + '_>> {
        match self {
            Self::Dict(pairs) => Some(Box::new(pairs.iter().cloned())),
            Self::Map(map) => {
                Some(Box::new(map.iter().map(|(key, value)| (Value::text(key), Value::of(value)))))
            }
            _ => None,
        }
    }
}

fn chars(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(start, char)| &text[start..start + char.len_utf8()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_python_s() {
        let range = |start, stop, step| Range { start, stop, step };
        assert_eq!(range(0, 40, 1).len(), 40);
        assert_eq!(range(0, 10, 3).len(), 4);
        assert_eq!(range(10, 0, -3).len(), 4);
        assert_eq!(range(5, 5, 1).len(), 0);
        assert_eq!(range(i64::MIN, i64::MAX, 1).len(), i64::MAX);
        assert!(range(0, 10, 3).contains(9) && !range(0, 10, 3).contains(10));
        assert!(range(10, 0, -3).contains(1) && !range(10, 0, -3).contains(0));
        assert_eq!(range(10, 0, -3).at(3), 1);
    }
}

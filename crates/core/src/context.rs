//! What tells series of one name apart, and the name of a series inside its run.

use std::fmt;

use crate::{ParamValue, Params};

/// A small dictionary such as `{subset: "train"}`. Two contexts are one when their keys and values are.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context(Params);

impl Context {
    /// The context without keys.
    pub const fn empty() -> Self {
        Self(Params::new())
    }

    /// The context `{subset: name}`, which tells training numbers from evaluation numbers.
    pub fn subset(name: &str) -> Self {
        Self::empty().with("subset", name)
    }

    /// This context with one more key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<ParamValue>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The keys and values, in the order of the keys.
    pub fn as_params(&self) -> &Params {
        &self.0
    }

    /// The value of a key that is a text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(ParamValue::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl From<Params> for Context {
    fn from(params: Params) -> Self {
        Self(params)
    }
}

/// Names a series inside its run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// What is measured, for instance `loss`.
    pub name: String,
    /// Which of the series of that name.
    pub context: Context,
}

impl SeriesKey {
    /// Names a series.
    pub fn new(name: &str, context: Context) -> Self {
        Self { name: name.to_owned(), context }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_map(f, &self.0)
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.context)
    }
}

impl fmt::Display for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Self::Map(map) => write_map(f, map),
        }
    }
}

fn write_map(f: &mut fmt::Formatter<'_>, map: &Params) -> fmt::Result {
    f.write_str("{")?;
    for (index, (key, value)) in map.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{key}: {value}")?;
    }
    f.write_str("}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_prints_as_people_write_it() {
        let key = SeriesKey::new("loss", Context::subset("eval").with("fold", 3));
        assert_eq!(key.to_string(), r#"loss {fold: 3, subset: "eval"}"#);
    }
}

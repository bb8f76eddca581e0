//! The attributes that `run` has of its own, and what is known of every part's type before it is evaluated.

use crate::Kind;

/// A property of a run that is not a param.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RunField {
    Hash,
    Name,
    Experiment,
    Description,
    Note,
    Tags,
    Archived,
    Status,
    Active,
    CreatedAt,
    CreationTime,
    EndedAt,
    EndTime,
    UpdatedAt,
    Duration,
}

/// What kind of value a part of a query has, as far as its text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    None,
    Bool,
    Number,
    Text,
    Time,
    Delta,
    List,
    Dict,
    Run,
    Series(Kind),
    Collection(Kind),
    Function,
}

/// The attributes of `run`: word, field, type, what it is. Params come after them.
pub(crate) const RUN_FIELDS: &[(&str, RunField, Type, &str)] = &[
    ("name", RunField::Name, Type::Text, "text"),
    ("experiment", RunField::Experiment, Type::Text, "text"),
    ("tags", RunField::Tags, Type::List, "list of texts"),
    ("status", RunField::Status, Type::Text, "running, finished, failed, killed or crashed"),
    ("active", RunField::Active, Type::Bool, "whether it is running"),
    ("archived", RunField::Archived, Type::Bool, "whether it is archived"),
    ("created_at", RunField::CreatedAt, Type::Time, "date"),
    ("ended_at", RunField::EndedAt, Type::Time, "date, None while running"),
    ("updated_at", RunField::UpdatedAt, Type::Time, "date"),
    ("duration", RunField::Duration, Type::Number, "seconds, until now while running"),
    ("description", RunField::Description, Type::Text, "text or None"),
    ("note", RunField::Note, Type::Text, "text or None"),
    ("hash", RunField::Hash, Type::Text, "id, 24 hexadecimal digits"),
    ("creation_time", RunField::CreationTime, Type::Number, "seconds since 1970"),
    ("end_time", RunField::EndTime, Type::Number, "seconds since 1970, None while running"),
    ("id", RunField::Hash, Type::Text, "the same as hash"),
    ("notes", RunField::Note, Type::Text, "the same as note"),
    ("is_archived", RunField::Archived, Type::Bool, "the same as archived"),
    ("finalized_at", RunField::EndedAt, Type::Time, "the same as ended_at"),
];

/// Attributes of dates.
pub(crate) const TIME_FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second", "microsecond"];
/// Attributes of time spans.
pub(crate) const DELTA_FIELDS: &[&str] = &["days", "seconds", "microseconds"];

impl Type {
    /// What people call such a value.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Any => "value",
            Self::None => "None",
            Self::Bool => "truth value",
            Self::Number => "number",
            Self::Text => "text",
            Self::Time => "date",
            Self::Delta => "time span",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Run => "run",
            Self::Series(_) => "series",
            Self::Collection(_) => "collection of series",
            Self::Function => "function",
        }
    }

    /// Whether `<` says something about two values of these types. Texts beside dates are read as dates, numbers beside
    /// dates as seconds since 1970, numbers beside time spans as seconds.
    pub(crate) fn compares_with(self, other: Self) -> bool {
        use Type as T;
        let class = |t: Self| if t == T::Bool { T::Number } else { t };
        let (a, b) = (class(self), class(other));
        let is_open = |t: T| matches!(t, T::Any | T::None);
        is_open(a)
            || is_open(b)
            || matches!((a, b), (T::Number, T::Number | T::Time | T::Delta) | (T::Time | T::Delta, T::Number))
            || matches!((a, b), (T::Text, T::Text | T::Time) | (T::Time, T::Text | T::Time))
            || matches!((a, b), (T::Delta, T::Delta) | (T::List, T::List))
    }
}

//! Fields that a table is sorted by or written with: `name`, `params.hparams.seed`, `metrics.f1{"subset":"eval"}.max`.

use std::cmp::Ordering;
use std::time::SystemTime;

use trailmark_core::{Context, ParamValue, Params, WallTime};
use trailmark_store::RunItem;

use crate::dto::ParamTree;
use crate::error::ApiError;
use crate::face;

/// A field of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Field {
    Plain(Plain),
    Param(Vec<String>),
    Metric { name: String, context: Option<Context>, of: Of },
}

/// A property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    Id,
    Name,
    Experiment,
    Description,
    Status,
    CreatedAt,
    EndedAt,
    UpdatedAt,
    Duration,
    Archived,
    Tags,
}

/// Which number of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Last,
    Min,
    Max,
}

/// What a run has in a field; runs without it have [`Cell::None`] and come last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    Text(String),
    None,
}

const PLAIN: [(&str, Plain); 11] = [
    ("id", Plain::Id),
    ("name", Plain::Name),
    ("experiment", Plain::Experiment),
    ("description", Plain::Description),
    ("status", Plain::Status),
    ("created_at", Plain::CreatedAt),
    ("ended_at", Plain::EndedAt),
    ("updated_at", Plain::UpdatedAt),
    ("duration", Plain::Duration),
    ("archived", Plain::Archived),
    ("tags", Plain::Tags),
];

impl Field {
    /// Reads one field.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        if let Some((_, plain)) = PLAIN.iter().find(|(word, _)| *word == text) {
            return Ok(Self::Plain(*plain));
        }
        if let Some(path) = text.strip_prefix("params.").filter(|path| !path.is_empty()) {
            return Ok(Self::Param(path.split('.').map(str::to_owned).collect()));
        }
        let metric = text.strip_prefix("metrics.").and_then(|rest| {
            let (name, of) = rest.rsplit_once('.')?;
            let of = match of {
                "last" => Of::Last,
                "min" => Of::Min,
                "max" => Of::Max,
                _ => return None,
            };
            let Some(open) = name.find('{') else {
                return Some(Self::Metric { name: name.to_owned(), context: None, of });
            };
            let context = context_from_json(&name[open..])?;
            Some(Self::Metric { name: name[..open].to_owned(), context: Some(context), of })
        });
        metric.ok_or_else(|| {
            ApiError::bad(format!(
                "read a field: got {text:?}, want created_at, name, params.PATH, metrics.NAME{{context}}.last|min|max and the like"
            ))
        })
    }

    /// What a run has there.
    pub(crate) fn of(&self, item: &RunItem) -> Cell {
        match self {
            Self::Plain(plain) => plain.of(item),
            Self::Param(path) => param_at(&item.row.params, path).map_or(Cell::None, cell),
            Self::Metric { name, context, of } => {
                let series = item.meant(name, context.as_ref());
                let value = series.and_then(|series| match of {
                    Of::Last => series.last,
                    Of::Min => series.min.map(|(_, value)| value),
                    Of::Max => series.max.map(|(_, value)| value),
                });
                value.map_or(Cell::None, Cell::Number)
            }
        }
    }
}

impl Plain {
    fn of(self, item: &RunItem) -> Cell {
        let row = &item.row;
        let text = |text: &str| if text.is_empty() { Cell::None } else { Cell::Text(text.to_owned()) };
        match self {
            Self::Id => Cell::Text(row.id.to_string()),
            Self::Name => text(&row.name),
            Self::Experiment => text(&row.experiment),
            Self::Description => text(&row.description),
            Self::Status => Cell::Text(row.status.word().to_owned()),
            Self::CreatedAt => Cell::Number(face::secs(row.created)),
            Self::EndedAt => row.ended.map_or(Cell::None, |time| Cell::Number(face::secs(time))),
            Self::UpdatedAt => Cell::Number(face::secs(row.latest)),
            Self::Duration => {
                let now = item.is_running().then(|| WallTime::from(SystemTime::now()));
                let end = row.ended.or(now).unwrap_or(row.latest);
                Cell::Number(face::secs(end) - face::secs(row.created))
            }
            Self::Archived => Cell::Number(f64::from(u8::from(row.is_archived))),
            Self::Tags => text(&row.tags.iter().map(String::as_str).collect::<Vec<_>>().join(" ")),
        }
    }
}

/// The value at a path; keys with dots in them are found too.
fn param_at<'a>(params: &'a Params, path: &[String]) -> Option<&'a ParamValue> {
    for n_keys in 1..=path.len() {
        let key = path.get(..n_keys)?.join(".");
        let rest = path.get(n_keys..)?;
        let found = match params.get(&key) {
            Some(value) if rest.is_empty() => Some(value),
            Some(ParamValue::Map(map)) => param_at(map, rest),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn cell(value: &ParamValue) -> Cell {
    match value {
        ParamValue::None => Cell::None,
        ParamValue::Bool(value) => Cell::Number(f64::from(u8::from(*value))),
        ParamValue::Int(value) => Cell::Number(*value as f64),
        ParamValue::Float(value) => Cell::Number(*value),
        ParamValue::Text(value) => Cell::Text(value.clone()),
        other => Cell::Text(other.to_string()),
    }
}

/// A context as JSON: an object of plain values.
pub(crate) fn context_from_json(text: &str) -> Option<Context> {
    let tree: ParamTree = serde_json::from_str(text).ok()?;
    Some(Context::from(tree.0))
}

/// The parts of a list that commas divide, but not those inside braces, brackets or double quotes.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut in_text, mut is_escaped, mut first) = (0usize, false, false, 0);
    let mut parts = Vec::new();
    for (place, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' if depth > 0 => in_text = !in_text,
            '{' | '[' if !in_text => depth += 1,
            '}' | ']' if !in_text => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[first..place]);
                first = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[first..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// In which order runs come.
#[derive(Debug)]
pub(crate) struct Sort(Vec<(Field, bool)>);

impl Sort {
    /// Reads fields divided by commas, `-` before one for the other direction.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let field = |part: &str| match part.strip_prefix('-') {
            Some(field) => Ok((Field::parse(field)?, true)),
            None => Ok((Field::parse(part)?, false)),
        };
        split(text).into_iter().map(field).collect::<Result<_, _>>().map(Self)
    }

    /// Sorts runs that are newest first; equal ones stay so.
    pub(crate) fn apply<T: AsRef<RunItem>>(&self, runs: &mut [T]) {
        if self.0.is_empty() {
            return;
        }
        runs.sort_by_cached_key(|run| {
            Keys(self.0.iter().map(|(field, is_reverse)| (field.of(run.as_ref()), *is_reverse)).collect())
        });
    }
}

#[derive(Debug)]
struct Keys(Vec<(Cell, bool)>);

impl Ord for Keys {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs
            .map(|((a, is_reverse), (b, _))| a.order(b, *is_reverse))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Keys {}

impl Cell {
    /// NaN and what is missing come last in both directions.
    fn order(&self, other: &Self, is_reverse: bool) -> Ordering {
        let rank = |cell: &Self| match cell {
            Self::Number(number) if number.is_nan() => 2,
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::None => 3,
        };
        let order = match (self, other) {
            (Self::Number(a), Self::Number(b)) if !a.is_nan() && !b.is_nan() => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => return rank(self).cmp(&rank(other)),
        };
        if is_reverse { order.reverse() } else { order }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_divided_outside_of_contexts() {
        let text = r#"name,-metrics.f1{"subset":"eval","fold":[1,2]}.max,params.hparams.lr"#;
        let parts = split(text);
        assert_eq!(parts, ["name", r#"-metrics.f1{"subset":"eval","fold":[1,2]}.max"#, "params.hparams.lr"]);
        assert_eq!(Sort::parse(text).unwrap().0.len(), 3);
    }

    #[test]
    fn a_metric_names_its_context_as_json() {
        let context = Context::subset("train");
        let want = Field::Metric { name: "eval.loss".to_owned(), context: Some(context), of: Of::Min };
        assert_eq!(Field::parse(r#"metrics.eval.loss{"subset":"train"}.min"#).unwrap(), want);
        for wrong in ["", "metrics.loss", "metrics.loss.best", "params.", "loss", r#"metrics.loss{"a".last"#]
        {
            assert!(Field::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_missing_comes_last_in_both_directions() {
        let cells = [
            Cell::None,
            Cell::Number(f64::NAN),
            Cell::Number(1.0),
            Cell::Number(2.0),
            Cell::Text("a".to_owned()),
        ];
        for is_reverse in [false, true] {
            let mut sorted = cells.to_vec();
            sorted.sort_by(|a, b| a.order(b, is_reverse));
            assert_eq!(sorted[4], Cell::None);
            assert!(matches!(sorted[3], Cell::Number(nan) if nan.is_nan()));
            assert_eq!(sorted[0], Cell::Number(if is_reverse { 2.0 } else { 1.0 }));
        }
    }
}

//! How a run and its series are reached from a query: properties, paths of params, series by name and context.

use trailmark_core::{Context, ParamValue, RunStatus, WallTime};

use crate::error::{Defect, Span};
use crate::eval::{Frame, Known, place};
use crate::name::{RUN_FIELDS, RunField};
use crate::time::SECOND;
use crate::tree::{Key, Node, What, Which};
use crate::value::Value;
use crate::{Field, Kind, RunView, SeriesView};

impl<'a> Frame<'a, '_> {
    /// A property of the run.
    pub(crate) fn run_field(&self, field: RunField) -> Value<'a> {
        let Some(run) = self.run else { return Value::None };
        let seconds = |time: WallTime| Value::Float(time.unix_secs());
        match field {
            RunField::Hash => Value::made(run.id().to_string()),
            RunField::Name => Value::text_or_none(run.name()),
            RunField::Experiment => Value::text_or_none(run.experiment()),
            RunField::Description => Value::text_or_none(run.description()),
            RunField::Note => Value::text_or_none(run.note()),
            RunField::Tags => Value::Tags(run.tags()),
            RunField::Archived => Value::Bool(run.is_archived()),
            RunField::Status => Value::text(run.status().word()),
            RunField::Active => Value::Bool(*run.status() == RunStatus::Running),
            RunField::CreatedAt => self.local(run.created_at()),
            RunField::CreationTime => seconds(run.created_at()),
            RunField::EndedAt => run.ended_at().map_or(Value::None, |time| self.local(time)),
            RunField::EndTime => run.ended_at().map_or(Value::None, seconds),
            RunField::UpdatedAt => self.local(run.updated_at()),
            RunField::Duration => match (run.ended_at(), run.status()) {
                (Some(end), _) => Value::Float(end.unix_secs() - run.created_at().unix_secs()),
                (None, RunStatus::Running) => {
                    Value::Float(self.clock.now.unix_secs() - run.created_at().unix_secs())
                }
                (None, _) => Value::Float(run.updated_at().unix_secs() - run.created_at().unix_secs()),
            },
        }
    }

    /// What a path through the run's params leads to.
    pub(crate) fn param(&self, path: &'a [Key]) -> Value<'a> {
        match self.run.map(RunView::params) {
            None => Value::None,
            Some(None) => Value::Unknown,
            Some(Some(params)) => walk(Value::Map(params), path),
        }
    }

    /// A moment on the local clock.
    pub(crate) fn local(&self, time: WallTime) -> Value<'a> {
        Value::Time(time.nanos() / 1_000 + i64::from(self.clock.utc_offset_secs) * SECOND)
    }

    /// What the item's variable leads to.
    pub(crate) fn item(&self, what: &'a What) -> Value<'a> {
        match (self.known, what) {
            (Known::RunAlone, _) => Value::Unknown,
            (Known::Run, _) => Value::None,
            (Known::Item(item), What::ItemName) => Value::text(item.name()),
            (Known::Item(item), What::ItemField(field)) => Value::of_scalar(item.field(*field)),
            (Known::Item(item), What::ItemContext(path)) => {
                walk(Value::Map(item.context().as_params()), path)
            }
            (Known::Item(item), _) => Value::Series(item),
        }
    }

    /// One series of the run; None when it has none of that name and context.
    pub(crate) fn series(
        &mut self,
        kind: Kind,
        name: &'a Node,
        which: &'a Which,
        span: Span,
    ) -> Result<Value<'a>, Defect> {
        let name_value = self.value(name)?;
        let computed;
        let context = match which {
            Which::Default => None,
            Which::Fixed(context) => Some(context),
            Which::Computed(node) => match self.value(node)? {
                Value::Unknown => return Ok(Value::Unknown),
                Value::None => return Ok(Value::None),
                value => {
                    computed = self.context_of(&value, node.span)?;
                    Some(&computed)
                }
            },
        };
        let (Some(run), Some(count)) = (self.run, self.series_count(kind)) else { return Ok(Value::Unknown) };
        let wanted = match &name_value {
            Value::Unknown => return Ok(Value::Unknown),
            Value::None => return Ok(Value::None),
            Value::Text(text) => &**text,
            other => {
                return Err(Defect::new(
                    name.span,
                    format!("a series is named by a text, got a {}", other.kind()),
                ));
            }
        };
        let at = |index| run.series(kind, index);
        let first = partition(count, |index| at(index).is_some_and(|series| series.name() < wanted));
        let named = (first..count).map_while(at).take_while(|series| series.name() == wanted);
        match context {
            Some(context) => {
                let mut named = named;
                Ok(named.find(|series| series.context() == context).map_or(Value::None, Value::Series))
            }
            None => default_series(named.collect(), span),
        }
    }

    fn context_of(&mut self, value: &Value<'a>, span: Span) -> Result<Context, Defect> {
        match self.param_of(value, span)? {
            Some(ParamValue::Map(map)) => Ok(Context::from(map)),
            _ => {
                Err(Defect::new(span, "a context is a dict")
                    .expecting("a dict such as {\"subset\": \"eval\"}"))
            }
        }
    }

    /// `value.word` of a value that evaluation made.
    pub(crate) fn attribute(&self, base: &Value<'a>, word: &'a str, span: Span) -> Result<Value<'a>, Defect> {
        match base {
            Value::Unknown => Ok(Value::Unknown),
            Value::None => Ok(Value::None),
            Value::Map(map) => Ok(map.get(word).map_or(Value::None, Value::of)),
            Value::Series(series) => match word {
                "name" => Ok(Value::text(series.name())),
                "context" => Ok(Value::Map(series.context().as_params())),
                "run" => Ok(Value::Run),
                _ => match Field::ALL.iter().find(|field| field.word() == word) {
                    Some(field) => Ok(Value::of_scalar(series.field(*field))),
                    None => Err(Defect::new(span, format!("a series has no attribute `{word}`"))),
                },
            },
            Value::Run => Ok(self.run_attribute(word)),
            Value::Time(_) | Value::Delta(_) => self.part_of_time(base, word, span),
            other => Err(Defect::new(span, format!("a {} has no attribute `{word}`", other.kind()))),
        }
    }

    fn run_attribute(&self, word: &'a str) -> Value<'a> {
        if let Some((_, field, _, _)) = RUN_FIELDS.iter().find(|(known, _, _, _)| *known == word) {
            return self.run_field(*field);
        }
        if let Some(kind) = Kind::ALL.iter().find(|kind| kind.collection() == Some(word)) {
            return Value::Collection(*kind);
        }
        match self.run.map(RunView::params) {
            Some(Some(params)) => params.get(word).map_or(Value::None, Value::of),
            Some(None) => Value::Unknown,
            None => Value::None,
        }
    }
}

/// Follows a path; what is not there is None.
fn walk<'a>(from: Value<'a>, path: &'a [Key]) -> Value<'a> {
    path.iter().fold(from, |value, key| match (value, key) {
        (Value::Map(map), Key::Name(name)) => map.get(name).map_or(Value::None, Value::of),
        (Value::Map(map), Key::Index(index)) => map.get(&index.to_string()).map_or(Value::None, Value::of),
        (Value::Items(items), Key::Index(index)) => {
            place(*index, items.len()).and_then(|place| items.get(place)).map_or(Value::None, Value::of)
        }
        (Value::Text(text), Key::Index(index)) => {
            let found = place(*index, text.chars().count()).and_then(|place| text.chars().nth(place));
            found.map_or(Value::None, |char| Value::made(char.to_string()))
        }
        _ => Value::None,
    })
}

/// The first index of `0..count` that `is_before` is false of; it is true of all before.
fn partition(count: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// The series that a name alone means: the one without context, else eval's, else the only one.
fn default_series<'a>(named: Vec<&'a dyn SeriesView>, span: Span) -> Result<Value<'a>, Defect> {
    let with = |wanted: &Context| named.iter().find(|series| series.context() == wanted);
    if let Some(series) = with(&Context::empty()).or_else(|| with(&Context::subset("eval"))) {
        return Ok(Value::Series(*series));
    }
    match named.as_slice() {
        [] => Ok(Value::None),
        [only] => Ok(Value::Series(*only)),
        several => {
            let contexts: Vec<String> = several.iter().map(|series| series.context().to_string()).collect();
            let message = format!("`{}` may be one of {} series", several[0].name(), several.len());
            Err(Defect::new(span, message).expecting(format!("a context as well: {}", contexts.join(" or "))))
        }
    }
}

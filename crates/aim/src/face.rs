//! A run as Aim's client reads it: the tree that Aim would have stored, made when it is asked for.

use std::collections::BTreeMap;

use trailmark_core::{Context, ParamValue, Params};

use crate::words::{node_from_context, node_from_param};
use crate::{Branch, Column, Exception, Key, Node, Trace, hash};

/// Places of a list that may hold nothing.
const MOST_GAPS: usize = 1 << 20;

/// What a client may ask of a run that is no point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFace {
    /// Its params.
    pub params: Params,
    /// When it ended, in seconds since 1970.
    pub end_time: Option<f64>,
    /// Its files as `aim.artifact`s.
    pub artifacts: BTreeMap<String, Node>,
    /// Where its files are put.
    pub artifacts_uri: Option<String>,
    /// Its series.
    pub series: BTreeMap<Trace, SeriesFace>,
    /// What was kept of writes of unknown shape.
    pub other: Params,
}

/// What a client may ask of a series that is no point.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesFace {
    /// Its context.
    pub context: Context,
    /// What it holds, in Aim's words.
    pub dtype: String,
    /// Its first step.
    pub first_step: i64,
    /// Its last step.
    pub last_step: i64,
    /// The number at its first step.
    pub first: Option<Node>,
    /// The number at its last step.
    pub last: Option<Node>,
    /// The least number.
    pub min: Option<Node>,
    /// The largest number.
    pub max: Option<Node>,
}

/// The points of a series, by step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Whether they lie under the hashes of their steps, as numbers do.
    pub is_hashed: bool,
    /// Steps.
    pub steps: Vec<i64>,
    /// Values, as many.
    pub values: Vec<Node>,
    /// Epochs, as many.
    pub epochs: Vec<Option<f64>>,
    /// Times in seconds since 1970, as many.
    pub times: Vec<f64>,
}

/// Whether a series of this type holds numbers.
pub fn is_number(dtype: &str) -> bool {
    matches!(dtype, "int" | "float" | "float64" | "number")
}

impl SeriesFace {
    fn node(&self) -> Node {
        let mut branch: Branch = [
            ("dtype".into(), Node::text(&self.dtype)),
            ("version".into(), Node::Int(if is_number(&self.dtype) { 2 } else { 1 })),
            ("first_step".into(), Node::Int(self.first_step)),
            ("last_step".into(), Node::Int(self.last_step)),
        ]
        .into();
        let numbers = [("first", &self.first), ("last", &self.last), ("min", &self.min), ("max", &self.max)];
        let numbers = numbers.into_iter().filter_map(|(key, number)| Some((key.into(), number.clone()?)));
        branch.extend(numbers);
        Node::Map(branch)
    }

    /// Under which name Aim lists series of this type.
    fn kind(&self) -> &'static str {
        let dtype = self.dtype.strip_prefix("list(").and_then(|dtype| dtype.strip_suffix(')'));
        match dtype.unwrap_or(&self.dtype) {
            dtype if is_number(dtype) && dtype == self.dtype => "metric",
            "aim.image" => "images",
            "aim.audio" => "audios",
            "aim.text" => "texts",
            "aim.distribution" => "distributions",
            "aim.figure" => "figures",
            _ => "sequence",
        }
    }
}

impl RunFace {
    /// What lies at a path below `meta/chunks/<run>`.
    pub fn at(&self, path: &[Key]) -> Option<Node> {
        let Some((word, rest)) = path.split_first() else {
            let words =
                ["attrs", "end_time", "contexts", "traces", "typed_traces", "artifacts", "artifacts_uri"];
            let known = words.into_iter().filter_map(|word| Some((word.into(), self.at(&[word.into()])?)));
            let other =
                self.other.iter().map(|(key, value)| (Key::from(key.as_str()), node_from_param(value)));
            return Some(Node::Map(other.chain(known).collect()));
        };
        match word.text()? {
            "attrs" => match rest {
                [] => Some(node_from_param(&ParamValue::Map(self.params.clone()))),
                path => param_at(&self.params, path).map(node_from_param),
            },
            "end_time" if rest.is_empty() => Some(self.end_time.map_or(Node::None, Node::Float)),
            "contexts" => self.contexts()?.at(rest).cloned(),
            "traces" => match rest {
                [Key::Int(context), Key::Text(name), rest @ ..] => {
                    let trace = Trace { context: *context, name: name.clone() };
                    self.series.get(&trace)?.node().at(rest).cloned()
                }
                rest => self.traces(|_| true, SeriesFace::node)?.at(rest).cloned(),
            },
            "typed_traces" => match rest {
                [] => {
                    let kinds = self.series.values().map(|series| (series.kind().into(), series.kind()));
                    let kinds: BTreeMap<Key, &str> = kinds.collect();
                    let branch = kinds.into_iter().filter_map(|(key, kind)| {
                        Some((key, self.traces(|series| series.kind() == kind, |_| Node::Int(1))?))
                    });
                    some_map(branch.collect())
                }
                [kind, rest @ ..] => {
                    let kind = kind.text()?;
                    let of_kind = self.traces(|series| series.kind() == kind, |_| Node::Int(1))?;
                    of_kind.at(rest).cloned()
                }
            },
            "artifacts" => {
                let artifacts =
                    self.artifacts.iter().map(|(name, node)| (name.as_str().into(), node.clone()));
                some_map(artifacts.collect())?.at(rest).cloned()
            }
            "artifacts_uri" if rest.is_empty() => self.artifacts_uri.as_deref().map(Node::text),
            _ => param_at(&self.other, path).map(node_from_param),
        }
    }

    fn contexts(&self) -> Option<Node> {
        let contexts = self.series.iter();
        let contexts =
            contexts.map(|(trace, series)| (Key::Int(trace.context), node_from_context(&series.context)));
        some_map(contexts.collect())
    }

    /// Series by context and name.
    fn traces(
        &self,
        is_wanted: impl Fn(&SeriesFace) -> bool,
        node: impl Fn(&SeriesFace) -> Node,
    ) -> Option<Node> {
        let mut contexts: BTreeMap<Key, Branch> = BTreeMap::new();
        for (trace, series) in self.series.iter().filter(|(_, series)| is_wanted(series)) {
            let names = contexts.entry(Key::Int(trace.context)).or_default();
            names.insert(trace.name.as_str().into(), node(series));
        }
        some_map(contexts.into_iter().map(|(key, names)| (key, Node::Map(names))).collect())
    }
}

/// A dictionary; none without a key, which Aim's storage does not know.
fn some_map(branch: Branch) -> Option<Node> {
    (!branch.is_empty()).then_some(Node::Map(branch))
}

fn param_at<'a>(params: &'a Params, path: &[Key]) -> Option<&'a ParamValue> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(params.get(&first.to_string())?, |value, key| match (value, key) {
        (ParamValue::List(elements), Key::Int(index)) => elements.get(usize::try_from(*index).ok()?),
        (ParamValue::Map(map), key) => map.get(&key.to_string()),
        _ => None,
    })
}

/// What lies at a path below a series.
pub fn column(columns: &Columns, path: &[Key]) -> Option<Node> {
    let named = |key: &Key| match key.text()? {
        "val" => Some(Column::Value),
        "step" if columns.is_hashed => Some(Column::Step),
        "epoch" => Some(Column::Epoch),
        "time" => Some(Column::Time),
        _ => None,
    };
    match path {
        [] => {
            let keys = ["val", "step", "epoch", "time"].map(Key::from);
            let each = keys.into_iter().filter_map(|key| Some((key.clone(), column(columns, &[key])?)));
            some_map(each.collect())
        }
        [part] => {
            let part = named(part)?;
            some_map(
                (0..columns.steps.len())
                    .map(|place| (columns.key(place), columns.node(part, place)))
                    .collect(),
            )
        }
        [part, key, rest @ ..] => {
            let place = columns.place(key.int()?)?;
            columns.node(named(part)?, place).at(rest).cloned()
        }
    }
}

impl Columns {
    /// A column as a list: numbers in the order of their steps, objects at their steps.
    ///
    /// # Errors
    /// When most of the list would be empty.
    pub fn listed(&self, part: Column) -> Result<Node, Exception> {
        let all = (0..self.steps.len()).map(|place| self.node(part, place));
        if self.is_hashed {
            return Ok(Node::List(all.collect()));
        }
        let mut list = Vec::new();
        for (step, node) in self.steps.iter().zip(all) {
            let length = usize::try_from(*step).ok().filter(|step| *step <= self.steps.len() + MOST_GAPS);
            let Some(length) = length else {
                let message = format!("list a series: got step {step} after {} places", list.len());
                return Err(Exception::value(message));
            };
            list.resize(length, Node::None);
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn key(&self, place: usize) -> Key {
        let step = self.steps.get(place).copied().unwrap_or_default();
        Key::Int(if self.is_hashed { hash(&Node::Int(step)) } else { step })
    }

    fn place(&self, key: i64) -> Option<usize> {
        match self.is_hashed {
            true => (0..self.steps.len()).find(|place| self.key(*place) == Key::Int(key)),
            false => self.steps.binary_search(&key).ok(),
        }
    }

    fn node(&self, part: Column, place: usize) -> Node {
        match part {
            Column::Value => self.values.get(place).cloned().unwrap_or(Node::None),
            Column::Step => self.steps.get(place).copied().map_or(Node::None, Node::Int),
            Column::Time => self.times.get(place).copied().map_or(Node::None, Node::Float),
            Column::Epoch => match self.epochs.get(place).copied().flatten() {
                Some(epoch) if epoch.fract() == 0.0 && epoch.abs() < 1e15 => Node::Int(epoch as i64),
                Some(epoch) => Node::Float(epoch),
                None => Node::None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context_id;

    fn path(words: &[&str]) -> Vec<Key> {
        words.iter().map(|word| word.parse().map_or_else(|_| (*word).into(), Key::Int)).collect()
    }

    fn face() -> RunFace {
        let series = |dtype: &str| SeriesFace {
            context: Context::subset("eval"),
            dtype: dtype.to_owned(),
            first_step: 0,
            last_step: 4,
            first: Some(Node::Float(1.0)),
            last: Some(Node::Float(0.5)),
            min: Some(Node::Float(0.5)),
            max: None,
        };
        let context = context_id(&Context::subset("eval"));
        let trace = |name: &str| Trace { context, name: name.to_owned() };
        RunFace {
            params: [("hparams".to_owned(), Params::from([("lr".to_owned(), 0.1.into())]).into())].into(),
            series: [(trace("loss"), series("float")), (trace("note"), series("aim.text"))].into(),
            ..RunFace::default()
        }
    }

    #[test]
    fn a_run_is_the_tree_that_aim_would_store() {
        let face = face();
        let id = "2259581328799349122";
        assert_eq!(face.at(&path(&["attrs", "hparams", "lr"])), Some(Node::Float(0.1)));
        assert_eq!(face.at(&path(&["attrs", "missing"])), None);
        assert_eq!(face.at(&path(&["end_time"])), Some(Node::None));
        assert_eq!(face.at(&path(&["contexts", id, "subset"])), Some(Node::text("eval")));
        assert_eq!(face.at(&path(&["traces", id, "loss", "version"])), Some(Node::Int(2)));
        assert_eq!(face.at(&path(&["traces", id, "note", "version"])), Some(Node::Int(1)));
        assert_eq!(face.at(&path(&["traces", id, "loss", "max"])), None);
        assert_eq!(face.at(&path(&["typed_traces", "texts", id, "note"])), Some(Node::Int(1)));
        let whole = face.at(&[]).unwrap();
        for place in [&["attrs"][..], &["traces"], &["typed_traces"], &["contexts"]] {
            assert_eq!(whole.at(&path(place)).cloned(), face.at(&path(place)), "{place:?}");
        }
        let empty = RunFace::default();
        assert_eq!((empty.at(&path(&["traces"])), empty.at(&path(&["typed_traces"]))), (None, None));
        assert_eq!(empty.at(&path(&["attrs"])), Some(Node::Map([].into())));
    }

    #[test]
    fn numbers_lie_under_hashes_and_objects_under_steps() {
        let columns = Columns {
            is_hashed: true,
            steps: vec![0, 1, 2],
            values: vec![Node::Int(7), Node::Int(8), Node::Int(9)],
            epochs: vec![Some(1.0), Some(1.5), None],
            times: vec![10.0, 11.0, 12.0],
        };
        assert_eq!(column(&columns, &path(&["val", "6813614137041369426"])), Some(Node::Int(8)));
        assert_eq!(column(&columns, &path(&["step", "-901861262945818715"])), Some(Node::Int(2)));
        assert_eq!(
            columns.listed(Column::Epoch),
            Ok(Node::List(vec![Node::Int(1), Node::Float(1.5), Node::None]))
        );
        let objects = Columns { is_hashed: false, steps: vec![0, 1, 3], ..columns };
        assert_eq!(column(&objects, &path(&["val", "3"])), Some(Node::Int(9)));
        assert_eq!(column(&objects, &path(&["step"])), None);
        let listed = vec![Node::Float(10.0), Node::Float(11.0), Node::None, Node::Float(12.0)];
        assert_eq!(objects.listed(Column::Time), Ok(Node::List(listed)));
        let far = Columns { steps: vec![0, 1, 1 << 40], ..objects };
        assert!(far.listed(Column::Time).is_err());
    }
}

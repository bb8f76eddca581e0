//! What a write means, by the shape of its path.
//!
//! Aim's client writes a tree; about a dozen shapes are all that it ever writes. Much of it is derived from the rest (the
//! first, last, least and largest value of a series, indices over all runs): that is left out here, and made again when it
//! is read. What has an unknown shape is kept as it is.

use crate::{Key, Node};

/// A series of a run, as Aim names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trace {
    /// The context's id.
    pub context: i64,
    /// The series' name.
    pub name: String,
}

/// Which part of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Its value.
    Value,
    /// Its step.
    Step,
    /// Its epoch.
    Epoch,
    /// When it was tracked, in seconds since 1970.
    Time,
}

/// What a write to a run means.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The params at a path are replaced; at no path, all of them.
    Param {
        /// Where.
        path: Vec<Key>,
        /// By what.
        value: Node,
    },
    /// The params at a path go.
    DropParam {
        /// Where.
        path: Vec<Key>,
    },
    /// The run ended at a time in seconds since 1970; none when it goes on.
    EndTime(Option<f64>),
    /// What an id of a context stands for.
    Context {
        /// The id.
        id: i64,
        /// The dictionary.
        value: Node,
    },
    /// What a series holds, in Aim's words.
    Dtype {
        /// Which series.
        trace: Trace,
        /// Such as `float` or `aim.text`.
        dtype: String,
    },
    /// A part of a point.
    Piece {
        /// Of which series.
        trace: Trace,
        /// Which part.
        column: Column,
        /// The step, or the hash of it.
        key: i64,
        /// Whether the key is the hash.
        is_hashed: bool,
        /// What.
        value: Node,
    },
    /// The run has a file.
    Artifact {
        /// Its name.
        name: String,
        /// The `aim.artifact`.
        value: Node,
    },
    /// Where the files of the run are put.
    ArtifactsUri(String),
    /// Anything else of the run: it is kept, or goes where there is no value.
    Other {
        /// Where.
        path: Vec<Key>,
        /// What.
        value: Option<Node>,
    },
}

/// Adds what it means that a value is set at a path, or that a path goes: for each run its writes.
pub fn writes(path: &[Key], value: Option<Node>, found: &mut Vec<(String, Write)>) {
    let words: Vec<Option<&str>> = path.iter().take(4).map(Key::text).collect();
    match words.as_slice() {
        [] | [Some("meta" | "seqs")] | [Some("meta" | "seqs"), Some("chunks")] => explode(path, value, found),
        [Some("seqs"), Some("v2")] | [Some("seqs"), Some("v2"), Some("chunks")] => {
            explode(path, value, found)
        }
        [Some("meta"), Some("chunks"), Some(run), ..] => {
            of_run(run, (path, path.get(3..).unwrap_or_default()), value, found);
        }
        [Some("seqs"), Some("chunks"), Some(run), ..] => of_points(run, (path, 3), value, found),
        [Some("seqs"), Some("v2"), Some("chunks"), Some(run)] => of_points(run, (path, 4), value, found),
        // Indices over all runs.
        _ => {}
    }
}

/// Sets each child of a value instead of the value.
fn explode(path: &[Key], value: Option<Node>, found: &mut Vec<(String, Write)>) {
    let mut each = |key: Key, child: Node| {
        let mut path = path.to_vec();
        path.push(key);
        writes(&path, Some(child), found);
    };
    match value {
        Some(Node::Map(branch)) => branch.into_iter().for_each(|(key, child)| each(key, child)),
        Some(Node::List(elements)) => {
            elements.into_iter().enumerate().for_each(|(index, child)| each(Key::Int(index as i64), child));
        }
        _ => {}
    }
}

/// Writes below `meta/chunks/<run>`; `rest` is the end of the path.
fn of_run(run: &str, (path, rest): (&[Key], &[Key]), value: Option<Node>, found: &mut Vec<(String, Write)>) {
    let word = rest.first().and_then(Key::text);
    let is_branch = matches!(value, Some(Node::Map(_)));
    let write = match (word, rest, value) {
        (Some("attrs"), [_, path @ ..], Some(value)) => Write::Param { path: path.to_vec(), value },
        (Some("attrs"), [_, path @ ..], None) => Write::DropParam { path: path.to_vec() },
        (Some("end_time"), [_], value) => Write::EndTime(value.and_then(|value| value.as_float())),
        (Some("contexts"), [_, Key::Int(id)], Some(value)) => Write::Context { id: *id, value },
        (Some("traces"), [_, Key::Int(context), name, field], value) => {
            let dtype = value.as_ref().and_then(Node::as_text);
            match (field.text(), dtype) {
                (Some("dtype"), Some(dtype)) => {
                    let trace = Trace { context: *context, name: name.to_string() };
                    Write::Dtype { trace, dtype: dtype.to_owned() }
                }
                _ => return,
            }
        }
        // Made again from the points.
        (Some("traces"), [_, _, _, _, ..], _) | (Some("typed_traces"), ..) => return,
        (Some("artifacts"), [_, name], Some(value)) => Write::Artifact { name: name.to_string(), value },
        (Some("artifacts_uri"), [_], Some(value)) => match value.as_text() {
            Some(uri) => Write::ArtifactsUri(uri.to_owned()),
            None => return,
        },
        (None, [], value) => return explode(path, value, found),
        (Some("contexts" | "traces" | "artifacts"), _, value) if is_branch => {
            return explode(path, value, found);
        }
        (_, rest, value) => Write::Other { path: rest.to_vec(), value },
    };
    found.push((run.to_owned(), write));
}

/// Writes below `seqs/…/chunks/<run>`, whose path is `n_before` items long.
fn of_points(
    run: &str,
    (path, n_before): (&[Key], usize),
    value: Option<Node>,
    found: &mut Vec<(String, Write)>,
) {
    let (before, rest) = path.split_at_checked(n_before).unwrap_or((path, &[]));
    let column = |key: &Key| match key.text()? {
        "val" => Some(Column::Value),
        "step" => Some(Column::Step),
        "epoch" => Some(Column::Epoch),
        "time" => Some(Column::Time),
        _ => None,
    };
    let write = match (rest, value) {
        ([Key::Int(context), name, part, Key::Int(key)], Some(value)) if column(part).is_some() => {
            let Some(column) = column(part) else { return };
            let trace = Trace { context: *context, name: name.to_string() };
            Write::Piece { trace, column, key: *key, is_hashed: before.len() == 4, value }
        }
        (rest, value @ Some(Node::Map(_) | Node::List(_))) if rest.len() < 4 => {
            return explode(path, value, found);
        }
        (_, value) => Write::Other { path: path.to_vec(), value },
    };
    found.push((run.to_owned(), write));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &str) -> Vec<Key> {
        let key = |word: &str| word.parse().map_or_else(|_| word.into(), Key::Int);
        path.split('/').filter(|word| !word.is_empty()).map(key).collect()
    }

    fn check(path: &str, value: Option<Node>, want: &[Write]) {
        let mut found = Vec::new();
        writes(&keys(path), value, &mut found);
        let want: Vec<_> = want.iter().map(|write| ("a1".to_owned(), write.clone())).collect();
        assert_eq!(found, want, "{path}");
    }

    fn piece(column: Column, key: i64, is_hashed: bool, value: Node) -> Write {
        Write::Piece { trace: Trace { context: -5, name: "loss".to_owned() }, column, key, is_hashed, value }
    }

    #[test]
    fn each_shape_has_its_meaning() {
        let lr = || Node::map([("lr", Node::Float(0.1))]);
        check(
            "meta/chunks/a1/attrs/hparams",
            Some(lr()),
            &[Write::Param { path: keys("hparams"), value: lr() }],
        );
        check("meta/chunks/a1/attrs", Some(lr()), &[Write::Param { path: vec![], value: lr() }]);
        check("meta/chunks/a1/attrs/x/0", None, &[Write::DropParam { path: keys("x/0") }]);
        check("meta/chunks/a1/end_time", Some(Node::None), &[Write::EndTime(None)]);
        check("meta/chunks/a1/end_time", Some(Node::Float(2.5)), &[Write::EndTime(Some(2.5))]);
        check("meta/chunks/a1/contexts/-5", Some(lr()), &[Write::Context { id: -5, value: lr() }]);
        let trace = Trace { context: -5, name: "loss".to_owned() };
        let dtype = Write::Dtype { trace, dtype: "float".to_owned() };
        check("meta/chunks/a1/traces/-5/loss/dtype", Some(Node::text("float")), &[dtype]);
        check("meta/chunks/a1/traces/-5/loss/last", Some(Node::Float(1.0)), &[]);
        check("meta/chunks/a1/typed_traces/metric/-5/loss", Some(Node::Int(1)), &[]);
        check("meta/attrs/hparams", Some(lr()), &[]);
        check("meta/traces_types/float/-5/loss", Some(Node::Int(1)), &[]);
        let value = piece(Column::Value, 77, true, Node::Float(0.5));
        check("seqs/v2/chunks/a1/-5/loss/val/77", Some(Node::Float(0.5)), &[value]);
        let epoch = piece(Column::Epoch, 3, false, Node::None);
        check("seqs/chunks/a1/-5/loss/epoch/3", Some(Node::None), &[epoch]);
        let uri = Write::ArtifactsUri("s3://b".to_owned());
        check("meta/chunks/a1/artifacts_uri", Some(Node::text("s3://b")), &[uri]);
        let other = Write::Other { path: keys("new_thing/7"), value: Some(Node::Int(1)) };
        check("meta/chunks/a1/new_thing/7", Some(Node::Int(1)), &[other]);
    }

    #[test]
    fn a_whole_tree_is_taken_apart() {
        let trace = Trace { context: -5, name: "loss".to_owned() };
        let of_trace = Node::map([("dtype", Node::text("int")), ("last", Node::Int(3))]);
        let traces = Node::Map([(Key::Int(-5), Node::map([("loss", of_trace)]))].into());
        let run = Node::map([("attrs", Node::Map([].into())), ("end_time", Node::None), ("traces", traces)]);
        let tree =
            Node::map([("chunks", Node::map([("a1", run)])), ("attrs", Node::map([("x", Node::Int(1))]))]);
        let want = [
            Write::Param { path: vec![], value: Node::Map([].into()) },
            Write::EndTime(None),
            Write::Dtype { trace, dtype: "int".to_owned() },
        ];
        check("meta", Some(tree), &want);
        let column = Node::Map([(Key::Int(9), Node::Int(1))].into());
        check("seqs/v2/chunks/a1/-5/loss/step", Some(column), &[piece(Column::Step, 9, true, Node::Int(1))]);
    }
}

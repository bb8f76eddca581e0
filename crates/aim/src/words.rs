//! Plain values as our params and contexts, and back.
//!
//! Our trees have text keys and no bytes. A whole number as a key becomes its decimal text, for good; bytes, blobs and
//! objects become small dictionaries under a reserved key, and come back as they were.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trailmark_core::{Context, ParamValue, Params, WallTime};

use crate::{Branch, Key, Node};

/// Under which of a run's params lies what has no place in our words (`docs/aim.md`).
pub const OURS: &str = "__aim";
/// Names the id of a context of which nobody has said what it is.
pub const UNKNOWN_CONTEXT: &str = "__aim_context";
/// Holds bytes as base64.
const BYTES: &str = "__aim_bytes";
/// Holds what a blob holds.
const BLOB: &str = "__aim_blob";
/// Names the object whose fields lie beside it.
const OBJECT: &str = "__aim_object";

/// A time as Aim says it, in seconds since 1970; what is kept are microseconds.
pub fn moment(seconds: f64) -> WallTime {
    WallTime::from_nanos(((seconds * 1e6).round() as i64).saturating_mul(1000))
}

/// A plain value as one of our params.
pub fn param_from_node(node: &Node) -> ParamValue {
    match node {
        Node::None => ParamValue::None,
        Node::Bool(is_true) => ParamValue::Bool(*is_true),
        Node::Int(int) => ParamValue::Int(*int),
        Node::Float(float) => ParamValue::Float(*float),
        Node::Text(text) => ParamValue::Text(text.clone()),
        Node::Bytes(bytes) => reserved(BYTES, ParamValue::Text(STANDARD.encode(bytes))),
        Node::Blob(inner) => reserved(BLOB, param_from_node(inner)),
        Node::List(elements) => ParamValue::List(elements.iter().map(param_from_node).collect()),
        Node::Map(branch) => ParamValue::Map(params_from_branch(branch)),
        Node::Object { name, fields } => {
            let mut params = params_from_branch(fields);
            params.insert(OBJECT.to_owned(), ParamValue::Text(name.clone()));
            ParamValue::Map(params)
        }
    }
}

fn params_from_branch(branch: &Branch) -> Params {
    branch.iter().map(|(key, child)| (key.to_string(), param_from_node(child))).collect()
}

fn reserved(key: &str, value: ParamValue) -> ParamValue {
    ParamValue::Map([(key.to_owned(), value)].into())
}

/// One of our params as the value that it was made from.
pub fn node_from_param(value: &ParamValue) -> Node {
    match value {
        ParamValue::None => Node::None,
        ParamValue::Bool(is_true) => Node::Bool(*is_true),
        ParamValue::Int(int) => Node::Int(*int),
        ParamValue::Float(float) => Node::Float(*float),
        ParamValue::Text(text) => Node::Text(text.clone()),
        ParamValue::List(elements) => Node::List(elements.iter().map(node_from_param).collect()),
        ParamValue::Map(params) => node_from_params(params),
    }
}

fn node_from_params(params: &Params) -> Node {
    if params.len() == 1 {
        let encoded = params.get(BYTES).and_then(|value| match value {
            ParamValue::Text(text) => STANDARD.decode(text).ok(),
            _ => None,
        });
        if let Some(bytes) = encoded {
            return Node::Bytes(bytes);
        }
        if let Some(inner) = params.get(BLOB) {
            return Node::Blob(Box::new(node_from_param(inner)));
        }
    }
    let name = params.get(OBJECT);
    let children = params.iter().filter(|(key, _)| name.is_none() || *key != OBJECT);
    // Aim knows no empty key.
    let children = children.filter(|(key, _)| !key.is_empty());
    let fields = children.map(|(key, value)| (Key::Text(key.clone()), node_from_param(value))).collect();
    match name {
        Some(ParamValue::Text(name)) => Node::Object { name: name.clone(), fields },
        _ => Node::Map(fields),
    }
}

/// A dictionary as a context; any other value, which Aim's client does not send, under a key of its own.
pub fn context_from_node(node: &Node) -> Context {
    match param_from_node(node) {
        ParamValue::Map(params) => Context::from(params),
        other => Context::from(Params::from([("value".to_owned(), other)])),
    }
}

/// A context as a dictionary.
pub fn node_from_context(context: &Context) -> Node {
    node_from_params(context.as_params())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_our_trees_do_not_know_comes_back() {
        let object = Node::Object {
            name: "hf_datasets.metadata".to_owned(),
            fields: [("dataset".into(), Node::map([("n", Node::Int(3))]))].into(),
        };
        let node = Node::map([
            ("bytes", Node::Bytes(vec![0, 255])),
            ("blob", Node::blob_text("long")),
            ("object", object),
            ("list", Node::List(vec![Node::None, Node::Float(1.5)])),
            ("empty", Node::Map(Branch::new())),
        ]);
        assert_eq!(node_from_param(&param_from_node(&node)), node);
    }

    #[test]
    fn numbers_become_text_keys() {
        let node = Node::Map([(Key::Int(7), Node::Bool(true))].into());
        assert_eq!(node_from_param(&param_from_node(&node)), Node::map([("7", Node::Bool(true))]));
    }
}

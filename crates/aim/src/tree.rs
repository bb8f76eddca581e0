//! What a client reads of a tree: the children of a node, their keys, and examples of what may lie in it.

use crate::{Branch, Key, Node};

/// The keys of a node's children, as a list.
pub fn keys(node: &Node) -> Node {
    Node::List(children(node).into_iter().map(|(key, _)| key_node(&key)).collect())
}

/// Pairs of key and child, as a list.
pub fn items(node: &Node) -> Node {
    let pair = |(key, child): (Key, &Node)| Node::List(vec![key_node(&key), child.clone()]);
    Node::List(children(node).into_iter().map(pair).collect())
}

/// The first key in the order of Aim's storage.
pub fn first_key(node: &Node) -> Option<Node> {
    children(node).first().map(|(key, _)| key_node(key))
}

/// The last key in the order of Aim's storage.
pub fn last_key(node: &Node) -> Option<Node> {
    children(node).last().map(|(key, _)| key_node(key))
}

/// Pairs of path and what lies there, so many levels down or where the tree ends before.
pub fn levels(node: &Node, level: usize) -> Node {
    let mut pairs = Vec::new();
    descend(node, level, &mut Vec::new(), &mut pairs);
    Node::List(pairs)
}

fn descend(node: &Node, level: usize, path: &mut Vec<Node>, pairs: &mut Vec<Node>) {
    let below = children(node);
    if level == 0 || (below.is_empty() && !path.is_empty()) {
        pairs.push(Node::List(vec![Node::List(path.clone()), node.clone()]));
        return;
    }
    for (key, child) in below {
        path.push(key_node(&key));
        descend(child, level - 1, path, pairs);
        path.pop();
    }
}

/// The tree with the types of its leaves in their places: what Aim completes the names of params from.
pub fn example(node: &Node) -> Node {
    let class = match node {
        Node::Map(branch) => {
            return Node::Map(branch.iter().map(|(key, child)| (key.clone(), example(child))).collect());
        }
        Node::None => "NoneType",
        Node::Bool(_) => "bool",
        Node::Int(_) => "int",
        Node::Float(_) => "float",
        Node::Text(_) | Node::Blob(_) => "str",
        Node::Bytes(_) => "bytes",
        Node::List(_) => "list",
        Node::Object { .. } => "object",
    };
    let mut branch: Branch = children(node).into_iter().map(|(key, child)| (key, example(child))).collect();
    branch.insert("__example_type__".into(), Node::Text(format!("<class '{class}'>")));
    Node::Map(branch)
}

fn children(node: &Node) -> Vec<(Key, &Node)> {
    match node {
        Node::List(elements) => {
            elements.iter().enumerate().map(|(index, element)| (Key::Int(index as i64), element)).collect()
        }
        other => other.branch().into_iter().flatten().map(|(key, child)| (key.clone(), child)).collect(),
    }
}

fn key_node(key: &Key) -> Node {
    match key {
        Key::Text(text) => Node::Text(text.clone()),
        Key::Int(int) => Node::Int(*int),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_aims_storage() {
        let node = Node::Map([(Key::Int(-1), Node::None), (Key::Int(1), Node::None)].into());
        assert_eq!((first_key(&node), last_key(&node)), (Some(Node::Int(1)), Some(Node::Int(-1))));
        assert_eq!(keys(&node), Node::List(vec![Node::Int(1), Node::Int(-1)]));
        assert_eq!(first_key(&Node::Int(3)), None);
    }

    #[test]
    fn levels_are_paths_with_what_lies_there() {
        let node = Node::map([("a", Node::map([("b", Node::Int(1))])), ("c", Node::Int(2))]);
        let pair = |path: &[&str], node| {
            Node::List(vec![Node::List(path.iter().map(|k| Node::text(k)).collect()), node])
        };
        let want = vec![pair(&["a", "b"], Node::Int(1)), pair(&["c"], Node::Int(2))];
        assert_eq!(levels(&node, 2), Node::List(want));
        assert_eq!(
            items(&node),
            Node::List(vec![
                Node::List(vec![Node::text("a"), Node::map([("b", Node::Int(1))])]),
                Node::List(vec![Node::text("c"), Node::Int(2)]),
            ])
        );
    }

    #[test]
    fn examples_name_pythons_types() {
        let node = Node::map([("lr", Node::Float(0.1)), ("layers", Node::List(vec![Node::Int(1)]))]);
        let class = |name: &str| ("__example_type__", Node::Text(format!("<class '{name}'>")));
        let mut layers = Node::map([class("list")]);
        if let Node::Map(branch) = &mut layers {
            branch.insert(Key::Int(0), Node::map([class("int")]));
        }
        assert_eq!(example(&node), Node::map([("lr", Node::map([class("float")])), ("layers", layers)]));
    }
}

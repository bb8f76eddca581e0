//! Messages of the write socket: lists of `[handler, method, arguments]`.

use thiserror::Error;

use crate::{Key, Node, TreeError, unpack};

/// One call of a method of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// The resource's id.
    pub handler: String,
    /// The method; `name.setter` sets an attribute.
    pub method: String,
    /// The arguments.
    pub arguments: Vec<Node>,
}

/// Why a message is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The bytes are no tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The tree is no list of instructions.
    #[error("read a message: want a list of handler, method and arguments")]
    Form,
}

impl Instruction {
    /// Reads a message.
    ///
    /// # Errors
    /// Any [`MessageError`].
    pub fn read(message: &[u8]) -> Result<Vec<Self>, MessageError> {
        let Some(Node::List(calls)) = unpack(message)? else { return Err(MessageError::Form) };
        calls.into_iter().map(|call| Self::from_node(call).ok_or(MessageError::Form)).collect()
    }

    fn from_node(call: Node) -> Option<Self> {
        let Node::List(parts) = call else { return None };
        let [Node::Text(handler), Node::Text(method), arguments] = <[Node; 3]>::try_from(parts).ok()? else {
            return None;
        };
        let arguments = match arguments {
            Node::List(arguments) => arguments,
            _ => return None,
        };
        Some(Self { handler, method, arguments })
    }
}

/// A path as an argument: a list of keys, or one key alone.
pub fn path_of(node: &Node) -> Option<Vec<Key>> {
    let key = |node: &Node| match node {
        Node::Text(text) if !text.is_empty() => Some(Key::Text(text.clone())),
        Node::Int(int) => Some(Key::Int(*int)),
        _ => None,
    };
    match node {
        Node::List(keys) => keys.iter().map(key).collect(),
        one => Some(vec![key(one)?]),
    }
}

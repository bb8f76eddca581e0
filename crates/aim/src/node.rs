//! A value as Aim's client knows it: Python's plain values, dictionaries, lists, and objects with a name.

use std::collections::BTreeMap;

use crate::Key;

/// The children of a dictionary or an object.
pub type Branch = BTreeMap<Key, Node>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list or tuple.
    List(Vec<Node>),
    /// A dictionary.
    Map(Branch),
    /// An object, such as `aim.image`.
    Object {
        /// What it is.
        name: String,
        /// What it holds.
        fields: Branch,
    },
    /// A value that is kept beside the tree: text or bytes.
    Blob(Box<Node>),
}

impl Node {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A text as a blob.
    pub fn blob_text(text: &str) -> Self {
        Self::Blob(Box::new(Self::text(text)))
    }

    /// A dictionary of text keys.
    pub fn map<const N: usize>(pairs: [(&str, Self); N]) -> Self {
        Self::Map(pairs.map(|(key, value)| (key.into(), value)).into())
    }

    /// The text, also of a blob.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Blob(inner) => inner.as_text(),
            _ => None,
        }
    }

    /// The bytes, also of a blob, also of a text.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Text(text) => Some(text.into_bytes()),
            Self::Blob(inner) => inner.into_bytes(),
            _ => None,
        }
    }

    /// The whole number; a truth value is 0 or 1, as in Python.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Bool(is_true) => Some(i64::from(*is_true)),
            _ => None,
        }
    }

    /// The number as a real one.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            other => other.as_int().map(|int| int as f64),
        }
    }

    /// The children of a dictionary or an object.
    pub fn branch(&self) -> Option<&Branch> {
        match self {
            Self::Map(branch) | Self::Object { fields: branch, .. } => Some(branch),
            _ => None,
        }
    }

    /// The child under a text key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.branch()?.get(&Key::from(key))
    }

    /// The child under any key; of a list the element.
    pub fn child(&self, key: &Key) -> Option<&Self> {
        match self {
            Self::List(elements) => elements.get(usize::try_from(key.int()?).ok()?),
            other => other.branch()?.get(key),
        }
    }

    /// What lies at a path below this node.
    pub fn at(&self, path: &[Key]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.child(key))
    }

    /// How deep it goes: 1 for a leaf.
    pub fn depth(&self) -> usize {
        let deepest = match self {
            Self::List(elements) => elements.iter().map(Self::depth).max(),
            Self::Map(branch) | Self::Object { fields: branch, .. } => branch.values().map(Self::depth).max(),
            Self::Blob(inner) => Some(inner.depth()),
            _ => None,
        };
        1 + deepest.unwrap_or(0)
    }
}

//! Packed records: how a tree travels.
//!
//! # Format
//! A tree is flattened, depth first, to records `u32le length · key · u8 is_blob · u32le length · value` up to the end of
//! the message. The key is the encoded path ([`Key`]); the value a type byte and its content: `00` None, `01` truth value,
//! `02` i64 little-endian, `03` f64 little-endian, `04` UTF-8 text, `05` bytes, `06` a list (its elements follow under
//! whole numbers), `07` an empty dictionary (others have no record of their own), `0F` an object of the name that follows
//! (its fields follow). A blob's value is a complete typed value.

use thiserror::Error;

use crate::{Branch, Key, Node};

/// Items of a path at most.
const MOST_DEPTH: usize = 48;
/// Elements that the lists of a message may skip together; they are None.
const MOST_GAPS: usize = 1 << 16;

/// Why bytes are no tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The bytes end within a record.
    #[error("read a tree: got a record that is cut off at byte {offset}")]
    Cut {
        /// Where the record begins.
        offset: usize,
    },
    /// A key is no path.
    #[error("read a tree: got a key that is no path at byte {offset}")]
    Key {
        /// Where the record begins.
        offset: usize,
    },
    /// A path has too many items.
    #[error("read a tree: got a path of more than {MOST_DEPTH} items")]
    Deep,
    /// An index of a list is negative or far behind the list's end, or no whole number.
    #[error("read a tree: got an index that does not continue its list")]
    Index,
}

/// A tree that is made record by record.
#[derive(Debug)]
pub struct Tree {
    root: Option<Node>,
    gaps: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: None, gaps: MOST_GAPS }
    }
}

impl Tree {
    /// Puts a typed value at an encoded path; what is there already is replaced, a value on the way becomes a dictionary.
    ///
    /// # Errors
    /// Any [`TreeError`] but [`TreeError::Cut`]; a key that is no path is said to lie at byte 0.
    pub fn put(&mut self, key: &[u8], value: &[u8], is_blob: bool) -> Result<(), TreeError> {
        let value = match (Node::from_typed(value), is_blob) {
            (value, false) => value,
            (value, true) => Node::Blob(Box::new(value)),
        };
        let node = place(self.root.get_or_insert(Node::None), key, &mut self.gaps);
        *node.map_err(|error| error.unwrap_or(TreeError::Key { offset: 0 }))? = value;
        Ok(())
    }

    /// The tree; none when nothing was put.
    pub fn finish(self) -> Option<Node> {
        self.root
    }
}

/// Reads packed records; none for no record at all.
///
/// # Errors
/// Any [`TreeError`].
pub fn unpack(bytes: &[u8]) -> Result<Option<Node>, TreeError> {
    let mut tree = Tree::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let cut = || TreeError::Cut { offset };
        let (key, after) = prefixed(rest).ok_or_else(cut)?;
        let (is_blob, after) = after.split_first().ok_or_else(cut)?;
        let (value, after) = prefixed(after).ok_or_else(cut)?;
        tree.put(key, value, *is_blob != 0).map_err(|error| match error {
            TreeError::Key { .. } => TreeError::Key { offset },
            error => error,
        })?;
        rest = after;
    }
    Ok(tree.finish())
}

/// Packs a tree.
pub fn pack(node: &Node) -> Vec<u8> {
    let mut packed = Vec::new();
    flatten(node, &mut Vec::new(), &mut packed);
    packed
}

/// How many bytes the first of packed records has; none where they are cut.
pub fn first_record(packed: &[u8]) -> Option<usize> {
    let (_, rest) = prefixed(packed)?;
    let (_, rest) = prefixed(rest.get(1..)?)?;
    Some(packed.len() - rest.len())
}

fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

impl Node {
    /// Reads a typed value; what is unknown or damaged is None, as in Aim.
    pub fn from_typed(value: &[u8]) -> Self {
        let Some((kind, content)) = value.split_first() else { return Self::None };
        let text = || String::from_utf8_lossy(content).into_owned();
        match (kind, content) {
            (1, [is_true]) => Self::Bool(*is_true != 0),
            (2, _) => content.try_into().map_or(Self::None, |bytes| Self::Int(i64::from_le_bytes(bytes))),
            (3, _) => content.try_into().map_or(Self::None, |bytes| Self::Float(f64::from_le_bytes(bytes))),
            (4, _) => Self::Text(text()),
            (5, _) => Self::Bytes(content.to_vec()),
            (6, _) => Self::List(Vec::new()),
            (7, _) => Self::Map(Branch::new()),
            (0x0f, _) => Self::Object { name: text(), fields: Branch::new() },
            _ => Self::None,
        }
    }
}

/// The place that a key names; no error is named where the key is no path.
fn place<'a>(root: &'a mut Node, key: &[u8], gaps: &mut usize) -> Result<&'a mut Node, Option<TreeError>> {
    let mut node = root;
    let (mut rest, mut depth) = (key, 0);
    while !rest.is_empty() {
        depth += 1;
        if depth > MOST_DEPTH {
            return Err(Some(TreeError::Deep));
        }
        let (item, after) = Key::decode(rest).ok_or(None)?;
        node = child(node, item, gaps)?;
        rest = after;
    }
    Ok(node)
}

/// The child under a key, made where it is missing; a node that nothing was said of is a dictionary.
fn child<'a>(node: &'a mut Node, key: Key, gaps: &mut usize) -> Result<&'a mut Node, TreeError> {
    if !matches!(node, Node::List(_) | Node::Map(_) | Node::Object { .. }) {
        *node = Node::Map(Branch::new());
    }
    match node {
        Node::List(elements) => {
            let index = key.int().and_then(|int| usize::try_from(int).ok()).ok_or(TreeError::Index)?;
            if index >= elements.len() {
                *gaps = gaps.checked_sub(index - elements.len()).ok_or(TreeError::Index)?;
                elements.resize(index + 1, Node::None);
            }
            elements.get_mut(index).ok_or(TreeError::Index)
        }
        Node::Map(branch) | Node::Object { fields: branch, .. } => {
            Ok(branch.entry(key).or_insert(Node::None))
        }
        // Just made a dictionary.
        _ => Err(TreeError::Index),
    }
}

fn flatten(node: &Node, path: &mut Vec<u8>, packed: &mut Vec<u8>) {
    match node {
        Node::List(elements) => {
            record(path, packed, false, &[6]);
            for (index, element) in elements.iter().enumerate() {
                below(&Key::Int(index as i64), element, path, packed);
            }
        }
        Node::Map(branch) => {
            if branch.is_empty() {
                record(path, packed, false, &[7]);
            }
            branch.iter().for_each(|(key, child)| below(key, child, path, packed));
        }
        Node::Object { name, fields } => {
            record(path, packed, false, &typed(0x0f, name.as_bytes()));
            fields.iter().for_each(|(key, child)| below(key, child, path, packed));
        }
        Node::Blob(inner) => record(path, packed, true, &plain(inner)),
        plain_node => record(path, packed, false, &plain(plain_node)),
    }
}

fn below(key: &Key, child: &Node, path: &mut Vec<u8>, packed: &mut Vec<u8>) {
    let length = path.len();
    key.encode(path);
    flatten(child, path, packed);
    path.truncate(length);
}

/// The typed value of a leaf; of a branch inside a blob, which Aim does not have, None.
fn plain(node: &Node) -> Vec<u8> {
    match node {
        Node::Bool(is_true) => typed(1, &[u8::from(*is_true)]),
        Node::Int(int) => typed(2, &int.to_le_bytes()),
        Node::Float(float) => typed(3, &float.to_le_bytes()),
        Node::Text(text) => typed(4, text.as_bytes()),
        Node::Bytes(bytes) => typed(5, bytes),
        _ => vec![0],
    }
}

fn typed(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(1 + content.len());
    value.push(kind);
    value.extend_from_slice(content);
    value
}

fn record(path: &[u8], packed: &mut Vec<u8>, is_blob: bool, value: &[u8]) {
    // What is packed here came in by messages of less than 4 GB.
    packed.extend_from_slice(&(path.len() as u32).to_le_bytes());
    packed.extend_from_slice(path);
    packed.push(u8::from(is_blob));
    packed.extend_from_slice(&(value.len() as u32).to_le_bytes());
    packed.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap()).collect()
    }

    fn check(hex: &str, node: &Node) {
        assert_eq!(pack(node), bytes(hex), "{node:?}");
        assert_eq!(unpack(&bytes(hex)).unwrap().as_ref(), Some(node));
    }

    #[test]
    fn trees_travel_as_aims_do() {
        check("00000000 00 01000000 00", &Node::None);
        check("00000000 00 01000000 07", &Node::Map(Branch::new()));
        check("00000000 00 09000000 03 fca9f1d24d62503f", &Node::Float(0.001));
        let hash = Node::map([("run_hash", Node::text("039a"))]);
        check("09000000 72756e5f68617368fe 00 05000000 04 30333961", &hash);
        let nested = Node::map([("a", Node::List(vec![Node::Int(1), Node::map([("b", Node::None)])]))]);
        check(
            "02000000 61fe 00 01000000 06  0c000000 61fe fe0000000000000000fe 00 09000000 02 0100000000000000
             0e000000 61fe fe0000000000000001fe 62fe 00 01000000 00",
            &nested,
        );
        let blob = Node::map([("data", Node::blob_text("hello"))]);
        check("05000000 64617461fe 01 06000000 04 68656c6c6f", &blob);
    }

    #[test]
    fn hostile_trees_are_refused() {
        let mut deep = Node::None;
        (0..100).for_each(|_| deep = Node::map([("a", std::mem::replace(&mut deep, Node::None))]));
        assert_eq!(unpack(&pack(&deep)), Err(TreeError::Deep));
        let far = "00000000 00 01000000 06  0a000000 fe0000010000000000fe 00 01000000 00";
        assert_eq!(unpack(&bytes(far)), Err(TreeError::Index));
        assert_eq!(unpack(&[9, 0]), Err(TreeError::Cut { offset: 0 }));
        assert_eq!(unpack(&bytes("01000000 fe 00 01000000 00")), Err(TreeError::Key { offset: 0 }));
        assert_eq!(unpack(&[]), Ok(None));
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let key = prop_oneof![any::<i64>().prop_map(Key::Int), "[a-c.]{1,3}".prop_map(Key::Text)];
        let leaf = prop_oneof![
            Just(Node::None),
            any::<bool>().prop_map(Node::Bool),
            any::<i64>().prop_map(Node::Int),
            (-1e300f64..1e300).prop_map(Node::Float),
            ".{0,5}".prop_map(Node::Text),
            prop::collection::vec(any::<u8>(), 0..5).prop_map(Node::Bytes),
            ".{0,5}".prop_map(|text| Node::blob_text(&text)),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let branch = prop::collection::btree_map(key.clone(), inner.clone(), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Node::List),
                branch.clone().prop_map(Node::Map),
                ("[a-z.]{1,6}", branch).prop_map(|(name, fields)| Node::Object { name, fields }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(node in any_node()) {
            prop_assert_eq!(unpack(&pack(&node)).unwrap(), Some(node));
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            _ = unpack(&bytes);
        }

        #[test]
        fn damaged_bytes_never_panic(node in any_node(), place in any::<prop::sample::Index>(), byte: u8) {
            let mut bytes = pack(&node);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            _ = unpack(&bytes);
            _ = unpack(&bytes[..place]);
            _ = first_record(&bytes[..place]);
        }
    }
}

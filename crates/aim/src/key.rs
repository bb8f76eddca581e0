//! One item of a path in a tree, in the order in which Aim's storage keeps them.

use std::cmp::Ordering;
use std::fmt;

/// Ends every item of an encoded path; a whole number begins with it, too. It is no byte of UTF-8.
pub(crate) const SEPARATOR: u8 = 0xfe;

/// An item of a path: a key of a dictionary or an index of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A text key.
    Text(String),
    /// A whole number: an index, a context's id, a step or the hash of a step.
    Int(i64),
}

impl Key {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(_) => None,
        }
    }

    /// The whole number, if it is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Text(_) => None,
        }
    }

    /// Appends the encoded item.
    ///
    /// # Format
    /// A text is its UTF-8 bytes, a whole number `FE` and 8 big-endian bytes; then `FE`.
    pub fn encode(&self, path: &mut Vec<u8>) {
        match self {
            Self::Text(text) => path.extend_from_slice(text.as_bytes()),
            Self::Int(int) => {
                path.push(SEPARATOR);
                path.extend_from_slice(&int.to_be_bytes());
            }
        }
        path.push(SEPARATOR);
    }

    /// Reads the first item of an encoded path, and what follows it; none for bytes that are no item.
    pub fn decode(path: &[u8]) -> Option<(Self, &[u8])> {
        if path.first() == Some(&SEPARATOR) {
            let (int, rest) = path.get(1..)?.split_first_chunk::<8>()?;
            let (end, rest) = rest.split_first()?;
            return (*end == SEPARATOR).then_some((Self::Int(i64::from_be_bytes(*int)), rest));
        }
        let end = path.iter().position(|byte| *byte == SEPARATOR)?;
        let text = std::str::from_utf8(path.get(..end)?).ok()?;
        (!text.is_empty()).then(|| (Self::Text(text.to_owned()), path.get(end + 1..).unwrap_or_default()))
    }
}

/// The order of the encoded items: texts before numbers, a text after those that it begins, -1 after 1.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => {
                let ended = |text: &str| text.bytes().chain([SEPARATOR]).collect::<Vec<u8>>();
                match a.bytes().zip(b.bytes()).find(|(a, b)| a != b) {
                    Some((a, b)) => a.cmp(&b),
                    None => ended(a).cmp(&ended(b)),
                }
            }
            (Self::Int(a), Self::Int(b)) => (*a as u64).cmp(&(*b as u64)),
            (Self::Text(_), Self::Int(_)) => Ordering::Less,
            (Self::Int(_), Self::Text(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(int) => int.fmt(f),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Key {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(key: &Key) -> Vec<u8> {
        let mut path = Vec::new();
        key.encode(&mut path);
        path
    }

    #[test]
    fn a_path_is_encoded_as_aim_encodes_it() {
        let keys: [Key; 3] = ["foo".into(), 19.into(), "α-γ".into()];
        let path: Vec<u8> = keys.iter().flat_map(encoded).collect();
        let want = "666f6ffefe0000000000000013feceb12dceb3fe";
        assert_eq!(path.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), want);
    }

    fn any_key() -> impl Strategy<Value = Key> {
        prop_oneof![any::<i64>().prop_map(Key::Int), "[a-cα]{1,4}".prop_map(Key::Text)]
    }

    proptest! {
        #[test]
        fn keys_stand_in_the_order_of_their_bytes(a in any_key(), b in any_key()) {
            prop_assert_eq!(a.cmp(&b), encoded(&a).cmp(&encoded(&b)));
            let bytes = encoded(&a);
            prop_assert_eq!(Key::decode(&bytes), Some((a, &[][..])));
        }

        #[test]
        fn foreign_bytes_are_no_key(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            _ = Key::decode(&bytes);
        }
    }
}

//! What describes a run or a series: a tree of plain values with text keys.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use thiserror::Error;

/// A branch of the tree: values by key, in the order of the keys.
pub type Params = BTreeMap<String, ParamValue>;

/// One value of the tree. Floats compare and hash by their bits, so that NaN equals itself.
#[derive(Debug, Clone)]
pub enum ParamValue {
    /// Python's `None`, JSON's `null`.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number; NaN and infinities are kept.
    Float(f64),
    /// A text.
    Text(String),
    /// An ordered list.
    List(Vec<ParamValue>),
    /// A branch.
    Map(Params),
}

/// Why a value cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParamError {
    /// A path without a key.
    #[error("set a parameter: got an empty path, want at least one key")]
    EmptyPath,
}

impl ParamValue {
    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Bool(_) => 1,
            Self::Int(_) => 2,
            Self::Float(_) => 3,
            Self::Text(_) => 4,
            Self::List(_) => 5,
            Self::Map(_) => 6,
        }
    }

    /// The value at a path of keys below this one.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| match value {
            Self::Map(map) => map.get(*key),
            _ => None,
        })
    }

    /// Replaces the subtree at `path` below `root`; branches are made on the way, a leaf on the way is replaced.
    ///
    /// # Errors
    /// When the path is empty.
    pub fn set_in(root: &mut Params, path: &[&str], value: Self) -> Result<(), ParamError> {
        let (last, branches) = path.split_last().ok_or(ParamError::EmptyPath)?;
        let mut map = root;
        for key in branches {
            let next = map.entry((*key).to_owned()).or_insert_with(|| Self::Map(Params::new()));
            if !matches!(next, Self::Map(_)) {
                *next = Self::Map(Params::new());
            }
            let Self::Map(branch) = next else { unreachable!("just made a map") };
            map = branch;
        }
        map.insert((*last).to_owned(), value);
        Ok(())
    }
}

impl PartialEq for ParamValue {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ParamValue {}

impl PartialOrd for ParamValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An arbitrary total order (by kind, then by value) that makes sorted output repeatable; not the order of a query.
impl Ord for ParamValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) => a.cmp(b),
            (Self::Map(a), Self::Map(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Hash for ParamValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::None => {}
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
            Self::Float(value) => value.to_bits().hash(state),
            Self::Text(value) => value.hash(state),
            Self::List(value) => value.hash(state),
            Self::Map(value) => value.hash(state),
        }
    }
}

macro_rules! param_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for ParamValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

param_from!(bool => Bool, i64 => Int, i32 => Int, u32 => Int, f64 => Float, f32 => Float, &str => Text, String => Text);

impl<T: Into<ParamValue>> From<Option<T>> for ParamValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl<T: Into<ParamValue>> From<Vec<T>> for ParamValue {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl From<Params> for ParamValue {
    fn from(map: Params) -> Self {
        Self::Map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_a_path_makes_branches_and_replaces_leaves() {
        let mut root = Params::new();
        ParamValue::set_in(&mut root, &["hparams"], 1.into()).unwrap();
        ParamValue::set_in(&mut root, &["hparams", "learning_rate"], 4e-5.into()).unwrap();
        let tree = ParamValue::Map(root);
        assert_eq!(tree.at(&["hparams", "learning_rate"]), Some(&ParamValue::Float(4e-5)));
        assert_eq!(tree.at(&["hparams", "missing"]), None);
    }

    #[test]
    fn nan_equals_itself() {
        assert_eq!(ParamValue::Float(f64::NAN), ParamValue::Float(f64::NAN));
        assert_ne!(ParamValue::Float(1.0), ParamValue::Int(1));
    }
}

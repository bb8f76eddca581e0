//! Training and evaluation parts, and how much of one is known from the other.

use std::collections::{BTreeMap, HashSet};

use crate::random::numpy_permutation;
use crate::{Dataset, Error};

/// Which examples train and which test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Indices of the examples to train on.
    pub train: Vec<usize>,
    /// Indices of the examples to test on.
    pub test: Vec<usize>,
}

/// How large the test part is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TestSize {
    /// This share, rounded up.
    Fraction(f64),
    /// So many.
    Count(usize),
}

/// What stays together in a split by groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The questions of one paragraph.
    Paragraph,
    /// The questions of one article.
    Title,
}

impl TestSize {
    fn of(self, total: usize) -> Result<usize, Error> {
        let (count, asked) = match self {
            Self::Fraction(share) => ((share * total as f64).ceil() as usize, share.to_string()),
            Self::Count(count) => (count, count.to_string()),
        };
        let is_sound = !matches!(self, Self::Fraction(share) if !(share > 0.0 && share < 1.0));
        if is_sound && (1..total).contains(&count) {
            Ok(count)
        } else {
            Err(Error::Split { total, test: asked })
        }
    }
}

/// `datasets.Dataset.train_test_split(test_size, seed=seed)` of `total` rows, bit for bit.
///
/// # Errors
/// [`Error::Split`] when a part would be empty.
pub fn by_row(total: usize, test_size: TestSize, seed: u64) -> Result<Split, Error> {
    let n_test = test_size.of(total)?;
    let order = numpy_permutation(seed, total);
    Ok(Split { train: order[n_test..].to_vec(), test: order[..n_test].to_vec() })
}

/// A split that keeps groups whole: groups in a random order go to the test part until it is large enough.
///
/// # Errors
/// [`Error::Split`] when a part would be empty.
pub fn by_group(set: &Dataset, group: Group, test_size: TestSize, seed: u64) -> Result<Split, Error> {
    let total = set.examples.len();
    let n_test = test_size.of(total)?;
    let mut index_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, example) in set.examples.iter().enumerate() {
        let key = match group {
            Group::Paragraph => &*example.context,
            Group::Title => &*example.title,
        };
        let at = *index_of.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(index);
    }
    let mut split = Split { train: Vec::new(), test: Vec::new() };
    for at in numpy_permutation(seed, groups.len()) {
        let part = if split.test.len() < n_test { &mut split.test } else { &mut split.train };
        part.extend(&groups[at]);
    }
    if split.train.is_empty() {
        return Err(Error::Split { total, test: n_test.to_string() });
    }
    split.train.sort_unstable();
    split.test.sort_unstable();
    Ok(split)
}

/// The share of test questions whose paragraph is trained on, 0 to 1.
pub fn leak(set: &Dataset, split: &Split) -> f64 {
    let known: HashSet<&str> = split.train.iter().map(|index| &*set.examples[*index].context).collect();
    let leaked = split.test.iter().filter(|index| known.contains(&*set.examples[**index].context)).count();
    if split.test.is_empty() { 0.0 } else { leaked as f64 / split.test.len() as f64 }
}

/// The share of `test`'s questions whose paragraph is in `train`, 0 to 1.
pub fn leak_between(train: &Dataset, test: &Dataset) -> f64 {
    let known: HashSet<&str> = train.examples.iter().map(|example| &*example.context).collect();
    let leaked = test.examples.iter().filter(|example| known.contains(&*example.context)).count();
    if test.examples.is_empty() { 0.0 } else { leaked as f64 / test.examples.len() as f64 }
}

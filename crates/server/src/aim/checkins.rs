//! Check-ins: the names of empty files by which Aim's client says that a run makes progress.
//!
//! Only the client itself reads them, to go on counting; they are kept in memory, a few for each run.

use std::collections::BTreeSet;

/// Names that are kept.
const MOST: usize = 10_000;
/// Bytes of a name or pattern at most.
const MOST_BYTES: usize = 255;

/// The names, in their order.
#[derive(Debug, Default)]
pub(super) struct CheckIns(BTreeSet<String>);

impl CheckIns {
    /// Adds a name; of those that fit the pattern only the greatest stays.
    pub(super) fn touch(&mut self, name: &str, cleanup: Option<&str>) {
        if name.is_empty() || name.len() > MOST_BYTES {
            return;
        }
        self.0.insert(name.to_owned());
        if let Some(greatest) = cleanup.and_then(|pattern| self.poll(pattern)) {
            let pattern = cleanup.unwrap_or_default();
            self.0.retain(|name| *name == greatest || !fits(name, pattern));
        }
        while self.0.len() > MOST {
            self.0.pop_first();
        }
    }

    /// The greatest name that fits a pattern.
    pub(super) fn poll(&self, pattern: &str) -> Option<String> {
        self.0.iter().rev().find(|name| fits(name, pattern)).cloned()
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(name: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = rest.get(place + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_of_a_pattern_stays() {
        let mut check_ins = CheckIns::default();
        check_ins.touch("a-01-starting-1-0", None);
        check_ins.touch("a-02-progress-2-0", Some("a-*-progress-*-*"));
        check_ins.touch("a-03-progress-3-0", Some("a-*-progress-*-*"));
        check_ins.touch("b-09-progress-3-0", None);
        assert_eq!(check_ins.poll("a-*-*-*-*"), Some("a-03-progress-3-0".to_owned()));
        assert_eq!(check_ins.0.len(), 3);
        assert_eq!(check_ins.poll("c-*"), None);
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (name, pattern, want) in [
            ("abc", "a*c", true),
            ("ac", "a*c", true),
            ("abd", "a*c", false),
            ("abc", "abc", true),
            ("abcd", "abc", false),
            ("a-b-c", "*-*-*", true),
            ("a-b", "*-*-*", false),
            ("", "*", true),
        ] {
            assert_eq!(fits(name, pattern), want, "{name} {pattern}");
        }
    }
}

//! The versions of the crates that this program was built from, read from the lock file when it was compiled.

/// The lock file of the build.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// Names and versions of the crates that our own depend on directly, in the order of their names.
pub(crate) fn versions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let entries: Vec<Entry> = LOCK.split("[[package]]").filter_map(entry).collect();
    let direct: std::collections::BTreeSet<&str> = entries
        .iter()
        .filter(|entry| entry.name.starts_with("trailmark"))
        .flat_map(|entry| entry.dependencies.iter().copied())
        .collect();
    // A crate of which there are two versions is listed as `name version`.
    let is_direct = move |entry: &Entry| {
        direct.contains(entry.name)
            || direct.contains(format!("{} {}", entry.name, entry.version).as_str())
            || entry.name.starts_with("trailmark")
    };
    entries.into_iter().filter(is_direct).map(|entry| (entry.name, entry.version))
}

struct Entry {
    name: &'static str,
    version: &'static str,
    dependencies: Vec<&'static str>,
}

fn entry(text: &'static str) -> Option<Entry> {
    let value = |key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix("= \"")?.strip_suffix('"'))
    };
    let dependencies = text.split_once("dependencies = [").map_or("", |(_, list)| list);
    let dependencies = dependencies.lines().map(|line| line.trim().trim_end_matches(',').trim_matches('"'));
    Some(Entry { name: value("name")?, version: value("version")?, dependencies: dependencies.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direct_dependencies_and_our_own_crates_are_listed_with_their_versions() {
        let versions: Vec<_> = versions().collect();
        let of = |name: &str| versions.iter().find(|(known, _)| *known == name).map(|(_, version)| *version);
        assert_eq!(of("trailmark-cli"), Some(env!("CARGO_PKG_VERSION")));
        assert!(of("tokenizers").is_some_and(|version| version.starts_with("0.")));
        assert_eq!(of("aho-corasick"), None, "an indirect dependency");
    }
}

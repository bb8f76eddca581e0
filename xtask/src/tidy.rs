//! The shape of the tree, checked: arrows between crates, lengths of files, lint inheritance, and words that do not
//! belong in it. Functions' lengths and raw file access are clippy's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::command::{output, root};
use crate::tidy_page;

/// Lines a Rust file may have before its tests begin.
const MOST_LINES: usize = 600;

/// Prints every defect and fails when there is one.
pub(crate) fn run() -> Result<()> {
    let defects = defects(&root())?;
    for defect in &defects {
        eprintln!("tidy: {defect}");
    }
    if defects.is_empty() { Ok(()) } else { bail!("tidy: {} defects", defects.len()) }
}

fn defects(root: &Path) -> Result<Vec<String>> {
    let plan = std::fs::read_to_string(root.join("ARCHITECTURE.md")).context("read ARCHITECTURE.md")?;
    let allowed = arrows(&plan)?;
    let mut defects = Vec::new();
    let crates = std::fs::read_dir(root.join("crates"))?.collect::<Result<Vec<_>, _>>()?;
    for folder in crates.iter().map(std::fs::DirEntry::path).chain([root.join("ui"), root.join("python")]) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml"))?;
        defects.extend(arrow_defects(&name, &manifest, &allowed)?);
    }
    for file in output("git", &["ls-files"])?.lines() {
        if let Ok(text) = std::fs::read_to_string(root.join(file)) {
            defects.extend(file_defects(file, &text));
            defects.extend(tidy_page::file_defects(file, &text));
        }
    }
    defects.sort();
    Ok(defects)
}

/// Reads the table of allowed arrows: the indented block after the line that begins with `Arrows`.
///
/// A line holds one or two entries `name : dependency dependency`: the last word before a further colon is the next
/// entry's name. Brackets hold remarks.
fn arrows(plan: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let after = plan.split_once("\nArrows ").context("find the line that begins with \"Arrows\"")?.1;
    let block =
        after.lines().skip(1).skip_while(|line| line.is_empty()).take_while(|line| line.starts_with("    "));
    let mut arrows = BTreeMap::new();
    for line in block {
        let entries = line.split('(').next().unwrap_or_default();
        let mut pieces = entries.split(':').peekable();
        let mut name = pieces.next().unwrap_or_default().trim();
        while let Some(piece) = pieces.next() {
            let mut words: Vec<&str> = piece.split_whitespace().collect();
            let next = if pieces.peek().is_some() { words.pop() } else { None };
            arrows.insert(name.to_owned(), words.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
            name = next.unwrap_or_default();
        }
    }
    let all: BTreeSet<String> = arrows.keys().filter(|name| *name != "python").cloned().collect();
    if let Some(cli) = arrows.get_mut("cli") {
        *cli = all;
    }
    Ok(arrows)
}

fn arrow_defects(
    name: &str,
    manifest: &str,
    allowed: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().with_context(|| format!("read crates/{name}/Cargo.toml"))?;
    let mut defects = Vec::new();
    let Some(allowed) = allowed.get(name) else {
        return Ok(vec![format!("crates/{name}: not in the table of arrows of ARCHITECTURE.md")]);
    };
    let none = toml::Table::new();
    for section in ["dependencies", "build-dependencies"] {
        let table = manifest.get(section).and_then(toml::Value::as_table).unwrap_or(&none);
        for dependency in table.keys().filter_map(|key| key.strip_prefix("trailmark-")) {
            if !allowed.contains(dependency) {
                defects
                    .push(format!("crates/{name}: depends on {dependency}, which its arrows do not allow"));
            }
        }
    }
    if manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool)
        != Some(true)
    {
        defects.push(format!("crates/{name}: does not inherit the workspace's lints"));
    }
    Ok(defects)
}

fn file_defects(file: &str, text: &str) -> Vec<String> {
    let mut defects = Vec::new();
    if !file.ends_with(".rs") {
        return defects;
    }
    let in_tests = file.contains("/tests/") || file.ends_with("/tests.rs");
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
    if lines > MOST_LINES && !in_tests {
        defects.push(format!("{file}: got {lines} lines before its tests, want at most {MOST_LINES}"));
    }
    if !text.starts_with("//!") {
        defects.push(format!("{file}: does not begin with a `//!` line that says what it is for"));
    }
    let is_unsafe = |line: &str| !line.trim_start().starts_with("//") && line.contains("unsafe");
    if file.starts_with("python/") && text.lines().any(is_unsafe) {
        defects.push(format!("{file}: `unsafe` comes out of PyO3's macros alone"));
    }
    let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if ["utils", "util", "helpers", "common", "misc", "manager"].contains(&name.as_str()) {
        defects.push(format!("{file}: call it after what it holds, not {name:?}"));
    }
    defects
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "x\nArrows (table):\n\n    core    :                 qa      :\n    store   : core query      \
                        tune    : core qa\n    server  : core ui    (a remark: with colon)\n    ui      :\n    cli     : all but python        python  : core cli\n\nend";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_table_is_read_as_people_write_it() {
        let arrows = arrows(PLAN).unwrap();
        assert_eq!(arrows["core"], set(&[]));
        assert_eq!(arrows["qa"], set(&[]));
        assert_eq!(arrows["store"], set(&["core", "query"]));
        assert_eq!(arrows["tune"], set(&["core", "qa"]));
        assert_eq!(arrows["server"], set(&["core", "ui"]));
        assert_eq!(arrows["python"], set(&["cli", "core"]));
        assert!(arrows["cli"].contains("tune") && !arrows["cli"].contains("python"));
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_a_defect() {
        let arrows = arrows(PLAN).unwrap();
        let manifest = "[dependencies]\ntrailmark-tune.workspace = true\n[lints]\nworkspace = true\n";
        let defects = arrow_defects("store", manifest, &arrows).unwrap();
        assert_eq!(defects, ["crates/store: depends on tune, which its arrows do not allow"]);
    }

    #[test]
    fn a_long_file_and_an_empty_name_are_defects() {
        let long = format!("//! x\n{}", "\n".repeat(MOST_LINES));
        assert_eq!(file_defects("crates/a/src/utils.rs", &long).len(), 2);
        assert_eq!(file_defects("crates/a/src/tree.rs", "fn a() {}").len(), 1);
        assert_eq!(file_defects("python/src/tree.rs", "//! Not unsafe.\nunsafe {}").len(), 1);
        assert_eq!(file_defects("python/src/tree.rs", "//! Not unsafe.\n//! unsafe {}").len(), 0);
    }

    #[test]
    fn the_tree_is_tidy() {
        let defects = defects(&root()).unwrap();
        assert!(defects.is_empty(), "{defects:#?}");
    }
}

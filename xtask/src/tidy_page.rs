//! The shape of the page's sources, checked: lengths, first lines, forbidden words, and which way imports go.

/// Lines a TypeScript file may have; tests and the generated schema may have more.
const MOST_LINES: usize = 300;

/// What a layer may not import: pages → parts → chart → math, and only pages and the root speak with the server.
const FORBIDDEN: [(&str, &[&str]); 4] = [
    ("ui/src/math/", &["\"preact", "\"@preact", "../api.ts", "../parts/", "../pages/", "../chart/"]),
    ("ui/src/chart/", &["\"preact", "\"@preact", "../api.ts", "../parts/", "../pages/"]),
    ("ui/src/parts/", &["../api.ts", "../pages/"]),
    ("ui/src/pages/", &[]),
];

/// The defects of one file of the page; none for any other file.
pub(crate) fn file_defects(file: &str, text: &str) -> Vec<String> {
    let mut defects = Vec::new();
    let is_source = file.starts_with("ui/src/") && (file.ends_with(".ts") || file.ends_with(".tsx"));
    if !is_source {
        return defects;
    }
    let is_test = file.contains(".test.ts");
    let lines = text.lines().count();
    if lines > MOST_LINES && !is_test && !file.ends_with("/schema.ts") {
        defects.push(format!("{file}: got {lines} lines, want at most {MOST_LINES}"));
    }
    if !(text.starts_with("// ") || text.starts_with("/**") || is_test) {
        defects.push(format!("{file}: does not begin with a line that says what it is for"));
    }
    for word in ["as any", ": any", "<any", "@ts-", "eslint-", "export default"] {
        if text.contains(word) {
            defects.push(format!("{file}: {word:?} is not used here"));
        }
    }
    let is_api = file == "ui/src/fetch.ts";
    if !is_api && !is_test && (text.contains(" fetch(") || text.contains("XMLHttpRequest")) {
        defects.push(format!("{file}: only fetch.ts calls fetch"));
    }
    let forbidden =
        FORBIDDEN.iter().filter(|(folder, _)| file.starts_with(folder)).flat_map(|(_, words)| *words);
    for word in forbidden {
        let imports =
            |line: &&str| line.contains(word) && (line.contains(" from ") || line.starts_with("import"));
        for line in text.lines().filter(imports).filter(|line| !line.starts_with("import type")) {
            defects.push(format!("{file}: its layer may not have {line:?}"));
        }
    }
    defects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_import_downwards_only() {
        let up = "// x\nimport { runs } from \"../api.ts\";\n";
        assert_eq!(file_defects("ui/src/parts/table.tsx", up).len(), 1);
        assert_eq!(file_defects("ui/src/pages/runs/runs.tsx", up), Vec::<String>::new());
        let only_a_type = "// x\nimport type { ApiError } from \"../api.ts\";\n";
        assert_eq!(file_defects("ui/src/parts/table.tsx", only_a_type), Vec::<String>::new());
        assert_eq!(file_defects("ui/src/chart/line.ts", "// x\nimport { h } from \"preact\";\n").len(), 1);
    }

    #[test]
    fn length_first_line_and_words_are_checked() {
        let long = "\n".repeat(MOST_LINES + 1);
        assert_eq!(file_defects("ui/src/parts/table.tsx", &long).len(), 2);
        assert_eq!(file_defects("ui/src/state.ts", "// x\nlet a: any;\nawait fetch(a);\n").len(), 2);
        assert_eq!(file_defects("crates/core/src/lib.rs", &long), Vec::<String>::new());
    }
}

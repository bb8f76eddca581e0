//! The page's types, made from the ones here: `ui/src/schema.ts`.

use std::path::{Path, PathBuf};

use ts_rs::{Config, TS};

use super::*;

const HEAD: &str = "// Generated from crates/server/src/dto by `TRAILMARK_WRITE=1 cargo test -p trailmark-server schema`; do not \
edit.\n// What goes over the wire, as docs/http.md names it.\n";

/// What the page calls a map that tells series apart.
struct Context;

macro_rules! plain {
    ($($name:ident = $ts:literal;)*) => {$(
        impl TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(_: &Config) -> String {
                stringify!($name).to_owned()
            }
            fn inline(_: &Config) -> String {
                $ts.to_owned()
            }
            fn decl(_: &Config) -> String {
                format!("type {} = {};", stringify!($name), $ts)
            }
        }
    )*};
}

plain! {
    Real = "number | \"NaN\" | \"inf\" | \"-inf\"";
    Json = "null | boolean | number | string | readonly Json[] | ParamTree";
    Context = "ParamTree";
    ParamTree = "{ readonly [key: string]: Json }";
}

fn schema() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = HEAD.to_owned();
    let mut add = |docs: Option<String>, declaration: String| {
        for line in
            docs.as_deref().unwrap_or_default().lines().filter_map(|line| line.trim().strip_prefix("* "))
        {
            text.push_str(&format!("\n// {line}"));
        }
        text.push_str(&format!("\nexport {}\n", in_lines(&without_comments(&declaration))));
    };
    macro_rules! types {
        ($($name:ident)*) => {$( add($name::docs(), $name::decl(&config)); )*};
    }
    types! {
        Real Json ParamTree Context ErrorBody QueryPosition
        Info RepositoryInfo Counts Problem
        Fields ParamField MetricField TextField Named
        Completion CompletionItem CompletionKind
        Home BestRun Activity ExperimentCount
        Hits Hit
        Runs Run Status StatusDetail Metric Has Checkpoint
        RunDetail SeriesEntry SeriesKind Siblings Diagnosis DiagnosisKind
        Findings Finding FindingKind SeriesName
        Edits Edit DeletePoints DeleteArtifact Edited
        SeriesHeader SeriesHead Columns Column
        Texts Text Logs LogLine Stream LogHits
        Objects LevelCount TrackedObject ObjectValue ImageValue AudioValue FigureValue DistributionValue LogRecordValue
        ObjectSteps SeriesSteps Artifacts ArtifactEntry
        AnswerSteps RunAnswerSteps AnswerStep Summary Verdict
        Strip StripStep Strips
        AnswerList AnswerRow Answer Candidate Leak
        Comparison ComparisonSummary Difference Change Pair
        AnswerHistory HistoryStep
        Models Model AskRequest AskRecord AskReply AskModel AskAnswer
        Hello Changed
        KeptViews View KeepView
        Labels Label SetLabel Labelled
        SignedIn BeginSession
    }
    text
}

/// The declaration without the fields' comments, which stay with the Rust types, in one line.
fn without_comments(declaration: &str) -> String {
    let lines = declaration.lines().map(str::trim);
    let code = lines.filter(|line| !line.starts_with("/**") && !line.starts_with('*'));
    code.collect::<Vec<_>>().join(" ")
}

/// An object type with a field a line; anything else as it is.
fn in_lines(declaration: &str) -> String {
    let Some((head, rest)) = declaration.split_once(" = { ") else { return declaration.to_owned() };
    let (Some(fields), false) = (rest.strip_suffix(" };"), rest.contains("} | {")) else {
        return declaration.to_owned();
    };
    let fields = fields.trim_end_matches(',').split(", ").map(|field| format!("  {};\n", field.trim()));
    format!("{} = {{\n{}}};", head, fields.collect::<String>())
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test that writes the generated file")]
fn the_page_has_the_types_of_the_wire() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/schema.ts");
    let want = schema();
    if std::env::var_os("TRAILMARK_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().map_or(PathBuf::new(), Path::to_owned)).unwrap();
        std::fs::write(&path, &want).unwrap();
    }
    let got = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(got == want, "ui/src/schema.ts is stale: run the command in its first line");
}

//! Every expression that Aim was asked, with Aim's answer and ours; where they differ, why.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

mod sample;

use trailmark_query::{Expression, Kind, RunView as _, Schema, SeriesView as _};

use sample::{CLOCK, Run};

/// An expression and what Aim answered: the names of what matched; none where it refused the text.
#[derive(Debug, PartialEq)]
struct Probe {
    kind: Kind,
    expression: String,
    answer: Option<Vec<String>>,
}

fn probes(text: &str) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut pending = String::new();
    for line in text.lines() {
        if !pending.is_empty() {
            pending.push('\n');
        }
        pending.push_str(line);
        let Some((question, answer)) = pending.rsplit_once(" -> ") else { continue };
        let (kind, expression) = question.split_at(4);
        let kind = match kind.trim() {
            "RUN" => Kind::Runs,
            "metr" => Kind::Metrics,
            "imag" => Kind::Images,
            "text" => Kind::Texts,
            "dist" => Kind::Distributions,
            "audi" => Kind::Audios,
            "figu" => Kind::Figures,
            other => panic!("unknown kind {other:?}"),
        };
        let answer = answer.trim_start().strip_prefix('[').map(|rest| {
            let list = rest.split("]   WARN").next().unwrap();
            let list = list.strip_suffix(']').unwrap_or(list);
            let names = list.split("', '").map(|name| name.trim_matches('\'').to_owned());
            names.filter(|name| !name.is_empty()).collect()
        });
        probes.push(Probe { kind, expression: expression.trim().to_owned(), answer });
        pending.clear();
    }
    probes
}

fn ask(runs: &[Run], schema: &Schema, kind: Kind, text: &str) -> Result<Vec<String>, String> {
    let expression = Expression::parse(text, kind, schema).map_err(|error| error.message)?;
    let mut search = expression.search(CLOCK);
    let mut names = Vec::new();
    for run in runs {
        if kind == Kind::Runs {
            if search.matches_run(run).unwrap() {
                names.push(run.name.clone());
            }
            continue;
        }
        for series in run.series.iter().filter(|series| series.kind == kind) {
            if search.matches_series(run, series).unwrap() {
                let context = json(&series.context().as_params().clone().into());
                let context = if context == "{}" { "" } else { &context };
                names.push(format!("{}:{}{context}", run.name(), series.name));
            }
        }
    }
    names.sort();
    match &search.problems().first {
        Some(problem) if names.is_empty() => Err(format!("asked: {}", problem.message)),
        _ => Ok(names),
    }
}

fn json(value: &trailmark_core::ParamValue) -> String {
    use trailmark_core::ParamValue as P;
    match value {
        P::None => "null".to_owned(),
        P::List(values) => format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(", ")),
        P::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}: {}", json(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

const TYPO: &str =
    "a name that exists nowhere is an error with the nearest one, not an empty or a full answer";
const NO_SUCH: &str =
    "what the language has not is an error; Aim fails each run, or leaks Python's internals";
const OTHER_KIND: &str = "the variable of another kind of search is an error, not an empty answer";
const TEXT: &str = "an attribute that a text cannot have is an error, not an empty answer";
const ORDER: &str = "a comparison that can never say anything is an error";
const MISSING: &str = "what a run has not is None there: equal to None, `is None`, and false in `<`";
const GET: &str = "`get` answers its default where a run has not got the key";
const CONTEXT: &str = "a context is named by its dict, not by Aim's number for it";
const DEFAULT_SERIES: &str =
    "a name without a context means the series without one, else eval's, else the only one";
const SERIES_TRUTH: &str = "a series that a run has is true";
const IS: &str = "`is` compares the values that params have";
const MORE: &str = "Trailmark has more properties and functions";
const UNDERSCORE: &str = "names that begin with underscores are names";
const ARCHIVED_TEXT: &str =
    "only an expression that asks `run.archived` takes archived runs, no text that holds the words";
const COMPREHENSION: &str = "comprehensions see `run` and `metric`";
const FUNCTION: &str = "a function that is not called says nothing of a run";
const FSTRING: &str = "f-texts do what `format` does";
const PARAMS_ARE_VALUES: &str =
    "params and contexts are plain values: slices, negative places, `round`, `get` work";
const COMMENT: &str = "a comment may end a query";
const TAGS: &str = "tags are a set, listed by alphabet";
const FINITE: &str = "least and largest are of the finite values";
const SINGULAR: &str = "the variable may be written in the singular";

const EVERY_METRIC: &str = "alpha:d1{\"a\": 1, \"b\": {\"c\": [1, 2.5, null, true, \"x\"]}} \
    alpha:d2{\"a\": 1, \"b\": {\"c\": [1, 2.5, null, true, \"x\"]}} alpha:int_metric \
    alpha:loss{\"subset\": \"train\"} alpha:loss{\"subset\": \"val\"} alpha:mixed alpha:naninf alpha:unordered \
    delta:sin eps:loss{\"subset\": \"train\"}";

/// Where ours differs from Aim's answer on purpose: what was asked, what we answer, and why.
const DIFFERENT: &[(Kind, &str, &str, &str)] = &[
    (Kind::Runs, r#"run.experiment.name == "exp-a""#, "error: a text has no attribute `name`", TEXT),
    (Kind::Runs, "run.hparams.missing", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing == None", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing is None", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing != None", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "not run.hparams.missing", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing < 5", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing.deeper == 1", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.nope.deep.er == None", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.hparams.none == None", "alpha beta delta eps", MISSING),
    (Kind::Runs, "run.hparams.none is None", "alpha beta delta eps", MISSING),
    (Kind::Runs, r#"run.hparams.lr > "a""#, "error: a number and a text have no order", ORDER),
    (Kind::Runs, "run.hparams.missing + 1 > 0", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.missing in [1, 2]", "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, r#""x" in run.hparams.missing"#, "error: no run has `missing` in `run.hparams`", TYPO),
    (Kind::Runs, "run.hparams.nan == run.hparams.nan", "beta delta eps", MISSING),
    (Kind::Runs, r#"run.get("nope", 5) == 5"#, "alpha beta delta eps", GET),
    (Kind::Runs, "run.hparams.flag is True", "alpha", IS),
    (
        Kind::Runs,
        r#"run.hparams.unicode.startswith("ключ")"#,
        "error: no run has `unicode` in `run.hparams`",
        TYPO,
    ),
    (Kind::Runs, "run.is_archived == False", "alpha beta delta eps", MORE),
    (Kind::Runs, r#"run.metrics["nope"].last == None"#, "error: no run has `nope` among its metrics", TYPO),
    (Kind::Runs, r#"run.metrics["nope"].last < 1"#, "error: no run has `nope` among its metrics", TYPO),
    (Kind::Runs, r#"run.metrics["loss"].last"#, "eps", DEFAULT_SERIES),
    (Kind::Runs, "run.metrics.loss.last < 1", "eps", DEFAULT_SERIES),
    (Kind::Runs, r#"re.match("al", run.name)"#, "alpha", MORE),
    (Kind::Runs, r#"any([run.name == n for n in ["alpha", "beta"]])"#, "alpha beta", COMPREHENSION),
    (Kind::Runs, r#"any(run.name == n for n in ["alpha", "beta"])"#, "alpha beta", COMPREHENSION),
    (Kind::Runs, r#"run.props.name == "alpha""#, "error: no run has `props`", TYPO),
    (Kind::Runs, "run.params.hparams.lr == 0.1", "delta", MORE),
    (Kind::Runs, "lambda: True", "error: a function is no condition", FUNCTION),
    (Kind::Runs, r#""{}".format(run.name) == "alpha""#, "error: a text has no method `format`", FSTRING),
    (Kind::Runs, "round(run.hparams.lr, 2) == 0.01", "beta", PARAMS_ARE_VALUES),
    (Kind::Runs, "type(run.seed) == int", "alpha", MORE),
    (Kind::Runs, r#"hasattr(run, "seed")"#, "error: unknown name `hasattr`", NO_SUCH),
    (Kind::Runs, r#"getattr(run, "seed") == 42"#, "error: unknown name `getattr`", NO_SUCH),
    (Kind::Runs, "random.random() < 2", "error: unknown name `random`", NO_SUCH),
    (Kind::Runs, r#"string.digits == "0123456789""#, "error: unknown name `string`", NO_SUCH),
    (Kind::Runs, "time.time() > 0", "error: unknown name `time`", NO_SUCH),
    (Kind::Runs, "run.db", "error: no run has `db`", TYPO),
    (Kind::Runs, "run.run.hash", "error: no run has `run`", TYPO),
    (Kind::Runs, "run.meta_run_tree", "error: no run has `meta_run_tree`", TYPO),
    (Kind::Runs, "a", "error: unknown name `a`", NO_SUCH),
    (
        Kind::Runs,
        r#"select metric if metric.name == "loss""#,
        "error: `metric` is not at hand here",
        OTHER_KIND,
    ),
    (Kind::Runs, "run.seed == 42 # comment", "alpha", COMMENT),
    (Kind::Runs, r#"run.metrics["loss", {"subset": "train"}]"#, "alpha eps", SERIES_TRUTH),
    (Kind::Runs, r#"metric.name == "loss""#, "error: `metric` is not at hand here", OTHER_KIND),
    (Kind::Runs, r#"run.tags[0] == "prod""#, "beta", TAGS),
    (Kind::Runs, "run.__system_params.executable", "alpha", UNDERSCORE),
    (Kind::Runs, r#"run["__system_params"]["git_info"] == {}"#, "alpha", UNDERSCORE),
    (Kind::Runs, r#"run["__system_params", "executable"] != None"#, "alpha", UNDERSCORE),
    (
        Kind::Metrics,
        r#"metric.context.missing == None and metric.name == "loss""#,
        "error: no context has `missing`",
        TYPO,
    ),
    (Kind::Metrics, "metric.context.missing == 1", "error: no context has `missing`", TYPO),
    (Kind::Metrics, "metric.max > 100", "alpha:int_metric", FINITE),
    (
        Kind::Metrics,
        r#"metric.nope == None and metric.name == "sin""#,
        "error: `metric` has no attribute `nope`",
        TYPO,
    ),
    (Kind::Metrics, "metric.version == 1", "error: `metric` has no attribute `version`", TYPO),
    (Kind::Metrics, r#"images.name == "image""#, "error: `images` is not at hand here", OTHER_KIND),
    (Kind::Metrics, r#"metric.max == float("inf")"#, "", FINITE),
    (Kind::Texts, r#"text.name == "generated""#, r#"beta:generated{"subset": "val"}"#, SINGULAR),
    (Kind::Runs, "run.nope == None", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope is None", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope < 5", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope != 5", "error: no run has `nope`", TYPO),
    (Kind::Runs, "not run.nope", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope()", "error: a dict has no method `nope`", TYPO),
    (Kind::Runs, "run.nope + 1 == 2", "error: no run has `nope`", TYPO),
    (Kind::Runs, "run.nope in [None]", "error: no run has `nope`", TYPO),
    (Kind::Runs, r#"run["nope"] == None"#, "error: no run has `nope`", TYPO),
    (Kind::Runs, r#"run["nope", "x"] == None"#, "error: no run has `nope`", TYPO),
    (Kind::Runs, r#"run["nope"]["x"] == None"#, "error: no run has `nope`", TYPO),
    (Kind::Runs, r#"run.metrics["loss", {"subset":"train"}].last == None"#, "beta delta", MISSING),
    (
        Kind::Runs,
        r#"run.metrics["loss", -8686149688933388395].last < 0.1"#,
        "error: a context is a dict",
        CONTEXT,
    ),
    (Kind::Runs, r#"run.metrics["loss", ("a",)].last"#, "error: asked: a context is a dict", CONTEXT),
    (Kind::Runs, r#""run.archived" != "" and run.name != None"#, "alpha beta delta eps", ARCHIVED_TEXT),
    (Kind::Runs, "run.hparams.layers[-1]", "alpha", PARAMS_ARE_VALUES),
    (Kind::Runs, "run.hparams.optimizer.betas[:1] == [0.9]", "alpha", PARAMS_ARE_VALUES),
    (Kind::Runs, "zip", "error: a function is no condition", FUNCTION),
    (Kind::Runs, "dict(a=1)", "error: `dict` takes no argument `a`", NO_SUCH),
    (Kind::Runs, "map(str, [1])", "error: unknown name `map`", NO_SUCH),
    (Kind::Runs, "filter(None, [1])", "error: unknown name `filter`", NO_SUCH),
    (Kind::Runs, "enumerate([1])", "alpha beta delta eps", MORE),
    (Kind::Runs, "reversed([1])", "alpha beta delta eps", MORE),
    (Kind::Runs, r#"hash("a")"#, "error: unknown name `hash`", NO_SUCH),
    (Kind::Runs, "id(run)", "error: unknown name `id`", NO_SUCH),
    (Kind::Runs, "slice(1)", "error: unknown name `slice`", NO_SUCH),
    (Kind::Runs, "complex(1)", "error: unknown name `complex`", NO_SUCH),
    (Kind::Runs, "callable(run)", "error: unknown name `callable`", NO_SUCH),
    (Kind::Runs, "bytes(1)", "error: unknown name `bytes`", NO_SUCH),
    (Kind::Runs, "hex(10)", "error: unknown name `hex`", NO_SUCH),
    (Kind::Runs, "oct(8)", "error: unknown name `oct`", NO_SUCH),
    (Kind::Runs, "issubclass(int,int)", "error: unknown name `issubclass`", NO_SUCH),
    (Kind::Runs, "print(1)", "error: unknown name `print`", NO_SUCH),
    (Kind::Runs, r#"open("x")"#, "error: unknown name `open`", NO_SUCH),
    (Kind::Runs, r#"setattr(run,"a",1)"#, "error: unknown name `setattr`", NO_SUCH),
    (Kind::Runs, r#"delattr(run,"a")"#, "error: unknown name `delattr`", NO_SUCH),
    (Kind::Runs, "whrandom", "error: unknown name `whrandom`", NO_SUCH),
    (Kind::Runs, "DateTime", "error: unknown name `DateTime`", NO_SUCH),
    (Kind::Runs, "same_type(1,2)", "error: unknown name `same_type`", NO_SUCH),
    (Kind::Runs, "test(1,2,3)", "error: unknown name `test`", NO_SUCH),
    (Kind::Runs, "reorder([1],[1])", "error: unknown name `reorder`", NO_SUCH),
    (Kind::Runs, r#"b"a" == b"a""#, "error: a text of bytes is no part of the query language", NO_SUCH),
    (Kind::Runs, "...", "error: `...` is no part of the query language", NO_SUCH),
    (Kind::Runs, "run.info", "error: no run has `info`", TYPO),
    (
        Kind::Metrics,
        r#"any([metric.name == n for n in ["loss"]])"#,
        r#"alpha:loss{"subset": "train"} alpha:loss{"subset": "val"} eps:loss{"subset": "train"}"#,
        COMPREHENSION,
    ),
    (
        Kind::Metrics,
        r#"[n for n in ["loss"] if n == metric.name]"#,
        r#"alpha:loss{"subset": "train"} alpha:loss{"subset": "val"} eps:loss{"subset": "train"}"#,
        COMPREHENSION,
    ),
    (
        Kind::Metrics,
        r#"metric.context.get("subset") == "train""#,
        r#"alpha:loss{"subset": "train"} eps:loss{"subset": "train"}"#,
        PARAMS_ARE_VALUES,
    ),
    (
        Kind::Metrics,
        r#"metric.context.get("subset", "x") == "x" and metric.name == "sin""#,
        "delta:sin",
        PARAMS_ARE_VALUES,
    ),
    (Kind::Metrics, "metric.values", "error: `metric` has no attribute `values`", TYPO),
    (Kind::Metrics, "metric.last == 198 or run.nope.x == 1", "error: no run has `nope`", TYPO),
    (
        Kind::Metrics,
        r#"metric.name == "loss" and undefined_name == 1"#,
        "error: unknown name `undefined_name`",
        NO_SUCH,
    ),
    (Kind::Metrics, r#"metric["name"]"#, EVERY_METRIC, MORE),
    (Kind::Metrics, "metric.hash", "error: `metric` has no attribute `hash`", TYPO),
];

/// What we answer, as the table writes it.
fn shown(answer: &Result<Vec<String>, String>) -> String {
    match answer {
        Ok(names) => names.join(" "),
        Err(message) => format!("error: {message}"),
    }
}

#[test]
fn every_expression_that_aim_was_asked_is_answered_the_same_or_differs_on_purpose() {
    let Some(folder) = std::env::var_os("TRAILMARK_FIXTURES") else {
        eprintln!("SKIPPED: set TRAILMARK_FIXTURES to compare queries with Aim's answers");
        return;
    };
    let folder = std::path::Path::new(&folder).join("fixtures/aim");
    let runs = sample::runs();
    let schema = sample::schema(&runs);
    let (mut n_same, mut n_different, mut wrong) = (0, 0, Vec::new());
    for file in ["aimql_probe.txt", "aimql_probe2.txt"] {
        for probe in probes(&std::fs::read_to_string(folder.join(file)).unwrap()) {
            let ours = ask(&runs, &schema, probe.kind, &probe.expression);
            let is_same = match (&ours, &probe.answer) {
                (Ok(ours), Some(names)) => {
                    let mut names = names.clone();
                    names.sort();
                    *ours == names
                }
                (Err(_), None) => true,
                _ => false,
            };
            let different = DIFFERENT
                .iter()
                .find(|(kind, expression, _, _)| *kind == probe.kind && *expression == probe.expression);
            match different {
                None if is_same => n_same += 1,
                Some((_, _, want, why)) if !is_same && shown(&ours) == *want && !why.is_empty() => {
                    n_different += 1
                }
                _ => wrong.push(format!(
                    "{:?}: got {}, Aim {:?}",
                    probe.expression,
                    shown(&ours),
                    probe.answer
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    eprintln!("{n_same} answers are Aim's, {n_different} differ on purpose");
    assert_eq!((n_same + n_different, n_different), (298, DIFFERENT.len()));
}

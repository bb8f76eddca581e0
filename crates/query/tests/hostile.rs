//! Texts that mean harm, and texts that mean nothing: no panic, no overflow, no endless work.
#![allow(clippy::unwrap_used)]

#[path = "sample/hostile.rs"]
mod hostile;
mod sample;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use trailmark_query::{Expression, Kind, Order, Schema};

use sample::CLOCK;

/// Reads a text and asks it of every run and series; says whether it was read.
fn exercise(text: &str, kind: Kind, schema: &Schema) -> bool {
    let Ok(expression) = Expression::parse(text, kind, schema) else { return false };
    let expression = expression.with_archived();
    let mut search = expression.search(CLOCK);
    for run in &sample::runs() {
        // An exhausted search answers with an error, which is what is wanted.
        _ = search.matches_run(run);
        _ = search.prune(run);
    }
    if let Ok(order) = Order::parse(text, kind, schema) {
        let mut sorter = order.sorter(CLOCK);
        let mut keys: Vec<_> = sample::runs().iter().map_while(|run| sorter.key(run, None).ok()).collect();
        keys.sort();
    }
    true
}

/// Runs in a thread with a stack as small as servers give.
fn in_small_stack(task: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(task).unwrap().join().unwrap();
}

#[test]
fn deep_and_long_texts_overflow_no_stack() {
    in_small_stack(|| {
        let schema = Schema::open();
        let units = [
            "(",
            "[",
            "{",
            "not ",
            "-",
            "~",
            "+",
            "run.",
            "a.b[",
            "f'{",
            "f\"{f'{",
            "lambda: ",
            "lambda x: ",
            "1 if ",
            "1 if 1 else ",
            "x for x in ",
            "[x for x in ",
            "1 + ",
            "1 ** ",
            "1 < ",
            "a and ",
            "a or not ",
            "*",
            "**",
            "(x := ",
            "await ",
            "yield ",
            "\"",
            "'''",
            "{1: ",
            "[1, ",
            "(1, ",
            "not == ",
            "- ,",
            "x(",
            "run[0](",
            "[[]",
            "...",
            "@",
            "\\\n",
            "# \n",
            "}",
            ")",
            "]",
            "!",
            "`",
            "é",
            "\u{0}",
            "\u{feff}",
            "if ",
            "else ",
            "in ",
            "is ",
        ];
        for unit in units {
            for times in [3, 60, 99, 101, 198, 500, 5_000, 20_000] {
                let text = unit.repeat(times);
                exercise(&text, Kind::Metrics, &schema);
                exercise(&format!("{text}1"), Kind::Runs, &schema);
                _ = Expression::complete(&text, text.chars().count(), Kind::Runs, &schema);
            }
        }
    });
}

#[test]
fn balanced_texts_at_the_limit_are_evaluated_in_a_small_stack() {
    in_small_stack(|| {
        let schema = Schema::open();
        let mut n_read = 0;
        for depth in 1..250 {
            let nests = [
                format!("{}1{}", "(".repeat(depth), ")".repeat(depth)),
                format!("{}1{}", "[".repeat(depth), "]".repeat(depth)),
                format!("{}1{}", "[x for x in ".repeat(depth), "]".repeat(depth)),
                format!("{}1{}", "len(f'{".repeat(depth), "}')".repeat(depth)),
                format!("{}1", "not ".repeat(depth)),
                format!("1{}", " + 1".repeat(depth)),
                format!("{}1{}", "(lambda: ".repeat(depth), ")()".repeat(depth)),
                format!("{}1", "0 if 0 else ".repeat(depth)),
                format!("{}1{}", "str(".repeat(depth), ")".repeat(depth)),
            ];
            n_read += nests.iter().filter(|text| exercise(text, Kind::Runs, &schema)).count();
        }
        assert!(n_read > 300, "{n_read} of the nests were read");
    });
}

#[test]
fn arguments_in_arguments_need_no_large_stack() {
    // Two levels of the tree took dozens of frames, which a build without optimisation had no room for at a hundred.
    let task = || {
        let schema = Schema::open();
        let mut n_read = 0;
        for depth in 1..60 {
            let nests = [
                format!("{}1{}", "'a'.replace('b', str(".repeat(depth), "))".repeat(depth)),
                format!("{}1{}", "max(1, *[x for x in [".repeat(depth), "]])".repeat(depth)),
                format!("{}1{}", "f\"{max(1, len('a'.join([str(".repeat(depth), ")])))}\"".repeat(depth)),
            ];
            n_read += nests.iter().filter(|text| exercise(text, Kind::Runs, &schema)).count();
        }
        assert!(n_read > 80, "{n_read} of the nests were read");
    };
    std::thread::Builder::new().stack_size(384 << 10).spawn(task).unwrap().join().unwrap();
}

#[test]
fn greedy_texts_end_soon() {
    let schema = sample::schema(&sample::runs());
    for text in [
        "'a' * 10**9 == ''",
        "[0] * 10**9 == []",
        "'a' * 100000 * 100000 == ''",
        "len([x for x in range(10**12)]) > 0",
        "any(False for a in range(10**4) for b in range(10**4) for c in range(10**4))",
        "sum(x for x in range(10**15)) > 0",
        "10**10**10 > 1",
        "2 ** 2 ** 2 ** 2 ** 2 ** 2 > 1",
        "1 << 10**9 > 1",
        "[[1] * 10000] * 10000 == [[1] * 10000] * 10000",
        "len(str([[1] * 1000] * 1000)) > 0",
        "'a'.replace('', 'b' * 100000) == ''",
        "('a' * 50000).replace('a', 'b' * 50000) == ''",
        "f'{1:>1000000000}' == ''",
        "'%1000000000d' % 1 == ''",
        "'a'.zfill(10**12) == ''",
        "','.join(['a' * 1000] * 100000) == ''",
        "re.match('(a*)*b', 'a' * 90000)",
        "re.match('(a|a)*b', 'a' * 90000)",
        "re.search('(a|b)*a(a|b){3000}c', 'ab' * 45000)",
        "re.search('(a|b)*a(a|b){900}c', 'ab' * 45000)",
        "any(re.search('(a|b)*a(a|b){900}c', 'ab' * 45000) for i in range(10**6))",
        "any(re.search('(a|b)*a(a|b){90}c' + str(i), 'ab' * 45000) for i in range(10**6))",
        "any(re.search(r'\\w{1,30}' + str(i), 'é' * 45000) for i in range(10**6))",
        "re.search('((a{0,30}){0,30}){0,30}', run.name)",
        "any(re.search('x{1,50}' + str(i), 'x' * 1000) for i in range(10**6))",
        "set(range(10**5)) == set(range(10**5))",
        "sorted(range(10**7)) == []",
        "(f := 1) and (f := lambda: f()) and f()",
        "max(range(10**9), key=lambda x: -x) == 1",
        "list(zip(range(10**9), range(10**9))) == []",
        "round(1e300, 300) == 0 and round(5, -10**9) == 0 and round(1.5, 10**12) == 1.5",
        "run.created_at + timedelta(days=10**9) > run.created_at",
        "datetime.fromtimestamp(1e300).year == 1",
        "range(-2**63, 2**63 - 1)[-1] == 1 and len(range(-2**63, 2**63 - 1)) > 0",
        "'abc'[::-2**63] == '' and [1, 2][2**62:] == []",
        "-(-2**63) > 0 and abs(-2**63) > 0 and -2**63 // -1 > 0 and -2**63 % -1 == 0",
        "run.name.split('') == []",
        "chr(10**12) == ''",
        "int('9' * 90000) == 1",
        "range(10**9) * 0 == [] and -1 * range(2**62) == []",
        "range(2**62)[2**61] > 0 and range(-2**63, 2**63 - 1)[5] < 0",
        "[] * 2**63 == [] and '' * 2**63 == ''",
        "x in x",
    ] {
        let start = Instant::now();
        exercise(text, Kind::Runs, &schema);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(10), "{text}: {took:?}");
    }
}

#[test]
fn a_large_regular_expression_pays_for_its_size() {
    let (schema, runs) = (Schema::open(), sample::runs());
    let asked = |text: &str| {
        let expression = Expression::parse(text, Kind::Runs, &schema).unwrap();
        let mut search = expression.search(CLOCK);
        let started = Instant::now();
        let asked = (0..2_000).take_while(|_| search.matches_run(&runs[0]).is_ok()).count();
        (asked, started.elapsed())
    };
    // A small one is asked of many texts; a large one of few, as each takes longer.
    let (small, _) = asked("re.search('b(a|b)c', 'ab' * 20000)");
    let (large, took) = asked("re.search('(a|b)*a(a|b){900}c', 'ab' * 500)");
    assert!(large > 0 && large < small, "{large} {small}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let too_much = "re.search('(a|b)*a(a|b){3000}c', 'ab' * 45000)";
    let expression = Expression::parse(too_much, Kind::Runs, &schema).unwrap();
    let mut search = expression.search(CLOCK);
    let (started, found) = (Instant::now(), search.matches_run(&runs[0]).unwrap());
    assert!(!found && started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    assert!(search.problems().first.as_ref().unwrap().message.contains("more work"), "it is counted as such");
    let together = vec!["re.search(r'\\w{1,30}', run.name)"; 20].join(" or ");
    let error = Expression::parse(&together, Kind::Runs, &schema).unwrap_err().to_string();
    assert!(error.contains("too large together"), "{error}");
}

#[test]
fn a_search_as_a_whole_has_a_budget() {
    let runs = sample::runs();
    let expression =
        Expression::parse("any(x < 0 for x in range(90000))", Kind::Runs, &Schema::open()).unwrap();
    let mut search = expression.search(CLOCK);
    let asked = (0..10_000).take_while(|_| search.matches_run(&runs[0]).is_ok()).count();
    assert!((20..1_000).contains(&asked), "{asked}");
    let simple =
        Expression::parse("run.hparams.lr < 0.05 and run.name == 'alpha'", Kind::Runs, &Schema::open())
            .unwrap();
    let mut search = simple.search(CLOCK);
    assert!((0..100_000).all(|_| search.matches_run(&runs[0]).is_ok()));
}

const WORDS: &[&str] = &[
    "run",
    ".",
    "hparams",
    "lr",
    "name",
    "metric",
    "last",
    "context",
    "subset",
    "tags",
    "created_at",
    "seed",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "not",
    "and",
    "or",
    "is",
    "None",
    "True",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "1",
    "0.5",
    "'loss'",
    "\"a\"",
    "f'{run.name}'",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "if",
    "else",
    "for",
    "x",
    "lambda",
    ":=",
    "len",
    "any",
    "sorted",
    "re.match",
    "datetime",
    "now",
    "timedelta",
    "str",
    "max",
    "range",
    "startswith",
    "split",
    "get",
    "metrics",
    "optimizer",
    "betas",
    "layers",
    "&",
    "|",
    "~",
    "<<",
    "'%s'",
    "9223372036854775807",
    "1e308",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "\\PC{0,80}", cursor in 0_usize..100) {
        let schema = sample::schema(&sample::runs());
        exercise(&text, Kind::Metrics, &schema);
        _ = Expression::complete(&text, cursor, Kind::Metrics, &schema);
        if let Err(error) = Expression::parse(&text, Kind::Runs, &schema) {
            let length = text.chars().count();
            prop_assert!(error.start <= error.end && error.end <= length, "{error:?} of {length}");
            _ = error.render(&text);
        }
    }

    #[test]
    fn no_text_that_means_harm_does_any(bytes in prop::collection::vec(any::<u8>(), 1..60)) {
        let schema = sample::schema(&sample::runs());
        let text = hostile::text(&bytes);
        let start = Instant::now();
        exercise(&text, Kind::Runs, &schema);
        exercise(&text, Kind::Metrics, &Schema::open());
        _ = Expression::complete(&text, text.chars().count(), Kind::Metrics, &schema);
        prop_assert!(start.elapsed() < Duration::from_secs(10), "{text:?}: {:?}", start.elapsed());
    }

    #[test]
    fn no_string_of_words_panics(words in prop::collection::vec(prop::sample::select(WORDS), 1..30), glue in any::<bool>()) {
        let schema = sample::schema(&sample::runs());
        let text = words.join(if glue { "" } else { " " });
        exercise(&text, Kind::Metrics, &schema);
        exercise(&text, Kind::Runs, &Schema::open());
        let cursor = text.chars().count();
        _ = Expression::complete(&text, cursor, Kind::Metrics, &schema);
    }
}

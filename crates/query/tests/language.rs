//! What the language says: one line a claim, asked of five runs.
#![allow(clippy::unwrap_used)]

mod sample;

use trailmark_query::{Clock, Expression, Kind, Order, Prune, RunView as _, Schema};

use sample::{CLOCK, NOON, Run};

/// The first letters of the runs that match.
fn matching(text: &str) -> String {
    let runs = sample::runs();
    let schema = sample::schema(&runs);
    let expression =
        Expression::parse(text, Kind::Runs, &schema).unwrap_or_else(|error| panic!("{}", error.render(text)));
    let mut search = expression.search(CLOCK);
    let found: String =
        runs.iter().filter(|run| search.matches_run(*run).unwrap()).map(|run| &run.name[..1]).collect();
    match &search.problems().first {
        Some(problem) => format!("{found} {}: {}", search.problems().items, problem.message),
        None => found,
    }
}

fn check(text: &str, expected: &str) {
    assert_eq!(matching(text), expected, "{text}");
}

/// Checks expressions that hold for every run or for none.
fn check_true(text: &str) {
    check(text, "abde");
}

fn error(text: &str) -> String {
    error_of(text, Kind::Runs)
}

fn error_of(text: &str, kind: Kind) -> String {
    let schema = sample::schema(&sample::runs());
    Expression::parse(text, kind, &schema).expect_err("the text is wrong").render(text)
}

#[test]
fn what_is_missing_is_none_and_says_no_to_every_order() {
    check("run.seed == None", "bde");
    check("run.seed is None", "bde");
    check("run.seed is not None", "a");
    check("run.seed < 100", "a");
    check("run.seed >= 0", "a");
    check("not run.seed < 100", "bde");
    check("run.seed + 1 > 0", "a");
    check("run.seed % 2 == 0", "a");
    check("-run.seed < 0", "a");
    check("abs(run.hparams.neg) == 5", "a");
    check("len(run.hparams.layers) == 2", "a");
    check("run.hparams.optimizer.name.upper() == 'ADAM'", "a");
    check("run.hparams.optimizer.betas[0] == 0.9", "a");
    check("run.hparams.optimizer.betas[7] is None", "abde");
    check("0.9 in run.hparams.optimizer.betas", "a");
    check("0.9 not in run.hparams.optimizer.betas", "bde");
    check("run.hparams.get('nowhere', 3) == 3", "abde");
    check("run.description is None", "bde");
    check("max(run.seed, 1) == 42", "a");
    check("f'{run.seed}' == 'None'", "bde");
    check("run.metrics['loss', {'subset': 'val'}].last is None", "bde");
}

#[test]
fn numbers_are_python_s() {
    check_true("7 // -2 == -4 and -7 // 2 == -4 and 7 % -2 == -1 and -7 % 2 == 1");
    check_true("7.5 // 2 == 3.0 and -7.5 % 2 == 0.5");
    check_true("1 / 2 == 0.5 and 2 ** 10 == 1024 and 2 ** -1 == 0.5");
    check_true("2 ** 62 + 2 ** 62 == 2.0 ** 63");
    check_true("round(2.675, 2) == 2.67 and round(0.5) == 0 and round(1.5) == 2 and round(1234, -2) == 1200");
    check_true("int('42') == 42 and int(-1.9) == -1 and float('1e-3') == 0.001 and float('inf') > 1e308");
    check_true("1 == 1.0 == True and 32 != '32'");
    check_true("9007199254740993 != 9007199254740992.0");
    check_true("10 < 20 < 30 and not 10 < 5 < 30");
    check_true("1_000 == 1000 and 0x10 == 16 and 1e3 == 1000");
    check_true("6 & 3 == 2 and 6 | 1 == 7 and 6 ^ 3 == 5 and 1 << 4 == 16 and ~5 == -6");
    check_true("divmod(7, 2) == (3, 1) and pow(2, 3) == 8 and sum([1, 2.5]) == 3.5");
    check_true(
        "math.floor(1.5) == 1 and math.sqrt(9) == 3 and math.log10(1000) == 3 and math.isnan(math.nan)",
    );
    check_true("not float('nan') == float('nan')");
}

#[test]
fn texts_have_python_s_methods() {
    check_true("'Loss'.lower() == 'loss' and 'a b'.title() == 'A B' and 'abc'.capitalize() == 'Abc'");
    check_true("' x '.strip() == 'x' and 'xxaxx'.strip('x') == 'a' and 'a,b'.split(',') == ['a', 'b']");
    check_true("'a b  c'.split() == ['a', 'b', 'c'] and 'a-b-c'.rsplit('-', 1) == ['a-b', 'c']");
    check_true(
        "'a-b-c'.split('-', maxsplit=1) == ['a', 'b-c'] and 'a b c'.split(maxsplit=1) == ['a', 'b c']",
    );
    check_true("'abc'.replace('b', 'x') == 'axc' and 'aaa'.replace('a', 'b', 2) == 'bba'");
    check_true(
        "'abc'.find('c') == 2 and 'abc'.find('z') == -1 and 'abab'.rfind('b') == 3 and 'aba'.count('a') == 2",
    );
    check_true("'abc'[1] == 'b' and 'abc'[-1] == 'c' and 'abc'[::-1] == 'cba' and 'größe'[2:4] == 'öß'");
    check_true("'-'.join(['a', 'b']) == 'a-b' and 'ab' * 2 == 'abab' and 'a' + 'b' == 'ab'");
    check_true(
        "'run-1'.startswith(('run', 'job')) and 'x.txt'.endswith('.txt') and 'learning'.contains('earn')",
    );
    check_true(
        "'12'.isdigit() and 'ab'.isalpha() and '7'.zfill(3) == '007' and 'k=v'.partition('=') == ('k', '=', 'v')",
    );
    check_true("'a' < 'b' and 'b' in 'abc' and 'x' not in 'abc'");
    check_true("'abc'.removeprefix('a') == 'bc' and 'abc'.removesuffix('c') == 'ab'");
    check("run.name.startswith('a') or run.name.endswith('ta')", "abd");
}

#[test]
fn texts_are_formatted_as_python_formats_them() {
    check_true("f'{3.14159:.2f}' == '3.14' and f'{42:05d}' == '00042' and f'{0.5:.0%}' == '50%'");
    check_true(
        "f'{4e-05}' == '4e-05' and str(0.0001) == '0.0001' and str(1e16) == '1e+16' and str(1.0) == '1.0'",
    );
    check_true("f'{1234567:,}' == '1,234,567' and f'{\"x\":>3}' == '  x' and f'{\"x\":*^5}' == '**x**'");
    check_true("f'{12345.678:g}' == '12345.7' and f'{0.00001234:.3g}' == '1.23e-05' and f'{255:x}' == 'ff'");
    check_true("f'{-1.5:+.1f} {2:+d}' == '-1.5 +2' and f'{\"a\"!r}' == \"'a'\"");
    check_true(
        "'%s-%03d-%.2f-%%' % ('a', 7, 0.125) == 'a-007-0.12-%' and '%5s|%-5s|' % ('a', 'b') == '    a|b    |'",
    );
    check_true(
        "str([1, 'a', None, True, 2.0]) == \"[1, 'a', None, True, 2.0]\" and repr({'a': (1,)}) == \"{'a': (1,)}\"",
    );
    check("f'{run.name}-{run.seed}' == 'alpha-42'", "a");
}

#[test]
fn lists_dicts_and_sets_compare_by_what_they_hold() {
    check_true(
        "range(10**9) * 0 == [] and [1] * -1 == [] and [] * 10**9 == [] and range(2**62)[2**61] == 2**61",
    );
    check_true("[1, 2] == (1, 2) and [1, 2] < [1, 3] and [1] + [2] == [1, 2] and [0] * 2 == [0, 0]");
    check_true("{'a': 1, 'b': 2} == {'b': 2, 'a': 1} and {1, 2} == {2, 1} and set([1, 1]) == {1}");
    check_true("[1, 2, 3][1:] == [2, 3] and [1, 2, 3][-1] == 3 and list(range(0, 6, 2)) == [0, 2, 4]");
    check_true(
        "sorted([3, 1, 2]) == [1, 2, 3] and sorted([1, 2], reverse=True) == [2, 1] and reversed([1, 2]) == [2, 1]",
    );
    check_true("max([1, 3, 2]) == 3 and min('b', 'a') == 'a' and max(['aa', 'b'], key=len) == 'aa'");
    check_true("sorted(['bb', 'a'], key=lambda text: len(text))[0] == 'a'");
    check_true(
        "[*[1, 2], 3] == [1, 2, 3] and dict([('a', 1)])['a'] == 1 and list(zip([1, 2], 'ab'))[1] == (2, 'b')",
    );
    check_true("{1, 2} & {2, 3} == {2} and {1} | {2} == {1, 2} and {1, 2} - {2} == {1}");
    check_true(
        "[i for i, x in enumerate('abc') if x != 'b'] == [0, 2] and {k: v for k, v in {'a': 1}.items()} == {'a': 1}",
    );
    check("run.hparams.optimizer == {'name': 'adam', 'betas': [0.9, 0.999]}", "a");
    check("run.tags == ['prod', 'best']", "a");
    check("'lr' in run.hparams and 'batch_size' not in run.hparams", "e");
    check("run.hparams.batch_size in range(0, 40)", "ad");
}

#[test]
fn comprehensions_see_runs_and_stop_when_they_know() {
    check("any(run.name == name for name in ['alpha', 'beta'])", "ab");
    check("all(tag in run.tags for tag in ['prod', 'best'])", "a");
    check("any(key.startswith('opt') for key in run.hparams)", "a");
    check("any(m.name == 'loss' and m.last < 0.1 for m in run.metrics)", "a");
    check("sum(value for value in run.hparams.layers) == 96", "a");
    check("len(run.metrics) > 3 and 'loss' in run.metrics", "a");
    check("any(a * b == 6 for a in range(4) for b in range(4) if a < b)", "abde");
    check("(x := run.seed) and x == 42", "a");
}

#[test]
fn dates_compare_with_dates_texts_and_seconds() {
    check_true("run.created_at == datetime(2026, 11, 23, 12)");
    check_true("run.created_at > '2026-11-23' and run.created_at < '2026-11-23 12:00:01'");
    check_true("'2026-11' <= run.created_at < '2026-12'");
    check_true("datetime.now() - run.created_at == timedelta(minutes=30)");
    check_true("run.created_at > datetime.now() - timedelta(hours=1)");
    check_true("run.created_at.year == 2026 and run.created_at.weekday() == 0");
    check_true(
        "run.created_at.strftime('%d.%m.%Y') == '23.11.2026' and f'{run.created_at:%H:%M}' == '12:00'",
    );
    check_true("datetime.fromisoformat('2026-11-23T12:00:00') == run.created_at");
    check_true("timedelta(days=1) / timedelta(hours=1) == 24 and timedelta(1).total_seconds() == 86400");
    check("run.ended_at is None", "e");
    check("run.duration > timedelta(seconds=1)", "bde");
    check("run.end_time > 0", "abd");
    check("run.duration == 1800", "e");
}

#[test]
fn dates_are_local() {
    let runs = sample::runs();
    let expression = Expression::parse("run.created_at.hour == 14", Kind::Runs, &Schema::open()).unwrap();
    let mut search = expression.search(Clock { utc_offset_secs: 7_200, ..CLOCK });
    assert!(search.matches_run(&runs[0]).unwrap());
    let now =
        format!("datetime.now().hour == 14 and datetime.utcnow().hour == 12 and run.creation_time == {NOON}");
    let expression = Expression::parse(&now, Kind::Runs, &Schema::open()).unwrap();
    assert!(expression.search(Clock { utc_offset_secs: 7_200, ..CLOCK }).matches_run(&runs[0]).unwrap());
}

#[test]
fn regular_expressions_match_as_python_s() {
    check("re.match('al|be', run.name)", "ab");
    check("re.match('ta$', run.name)", "");
    check("re.search('ta$', run.name)", "bd");
    check("re.fullmatch('a.*', run.name)", "a");
    check("re.search('ALPHA', run.name, re.IGNORECASE)", "a");
    check("re.match('(?P<first>.)(.)', run.name).group('first') == 'b'", "b");
    check("re.match('.(.)', run.name).group(1) == 'l'", "a");
    check("re.search(run.name, 'alphabet')", "a");
    check("re.search('x', run.description) is None", "abde");
}

#[test]
fn ordinary_regular_expressions_are_small_enough() {
    for (pattern, text) in [
        (r"^\w{1,30}$", "Größe_42"),
        (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", "at 2026-11-24T12:30"),
        (r"[\w.+-]+@[\w-]+\.[\w.]+", "ada@example.org"),
        (r"(?i)RÉSUMÉ|naïve", "résumé"),
        (r"\p{L}{3,20}\s\p{Lu}", "große Ö"),
        (r"[^\W\d_]{2,}", "12_ab"),
        (r"^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$", "01234567-89ab-cdef-0123-456789abcdef"),
        (r"lr=(?P<lr>[0-9.e+-]+)\s+wd=\S+", "lr=1e-4 wd=0.01"),
        (r"^.{1,200}$", "abc"),
        (r"\bseed\b.*\b\d+\b", "a seed of 42"),
    ] {
        check_true(&format!("re.search(r'{pattern}', '{text}')"));
        // Compiled for each run, as it is not known before.
        check_true(&format!("re.search(r'{pattern}' + run.name[:0], '{text}')"));
    }
}

#[test]
fn series_of_a_run_are_found_by_name_and_context() {
    check("run.metrics['loss', {'subset': 'train'}].last < 0.1", "a");
    check("run.metrics['loss', {'subset': 'train'}]['last'] < 0.1", "a");
    check("run.metrics.sin.max > 0.9", "d");
    check("run.metrics['int_metric'].last_step == 99", "a");
    check("run.metrics['loss', {'subset': 'val'}].last < run.metrics['loss', {'subset': 'train'}].last", "a");
}

#[test]
fn archived_runs_are_asked_for() {
    check("run.experiment == 'exp-a'", "a");
    check("run.archived", "g");
    check("run.is_archived == False", "abde");
    check("'run.archived' != ''", "abde");
    let runs = sample::runs();
    let all = Expression::parse("", Kind::Runs, &Schema::open()).unwrap().with_archived();
    let mut search = all.search(CLOCK);
    assert!(runs.iter().all(|run| search.matches_run(run).unwrap()));
}

#[test]
fn what_cannot_be_judged_is_counted_and_matches_nothing() {
    check("len(run.hparams.get('lr')) > 1", " 4: `len` takes no such number");
    check("run.hparams.lr / run.hparams.get('zero', 0) > 1", " 4: division by zero");
    check("run.name == 'beta' or len(run.hparams.get('lr')) > 1", "b 3: `len` takes no such number");
    check("run.metrics['loss'].last < 1", "e 1: `loss` may be one of 2 series");
}

#[test]
fn whole_runs_are_pruned_before_their_series_are_looked_at() {
    let runs = sample::runs();
    let schema = sample::schema(&runs);
    let prune = |text: &str, run: &Run| {
        Expression::parse(text, Kind::Metrics, &schema).unwrap().search(CLOCK).prune(run).unwrap()
    };
    let (alpha, beta, gamma) = (&runs[0], &runs[1], &runs[2]);
    assert_eq!(prune("run.name == 'alpha'", alpha), Prune::Yes);
    assert_eq!(prune("run.name == 'alpha'", beta), Prune::No);
    assert_eq!(prune("run.name == 'alpha' and metric.name == 'loss'", alpha), Prune::Maybe);
    assert_eq!(prune("run.name == 'alpha' and metric.name == 'loss'", beta), Prune::No);
    assert_eq!(prune("metric.name == 'loss' and run.name == 'alpha'", beta), Prune::No);
    assert_eq!(prune("metric.name == 'loss' or run.name == 'beta'", beta), Prune::Yes);
    assert_eq!(prune("not (metric.name == 'loss' or run.name == 'beta')", beta), Prune::No);
    assert_eq!(
        prune("metric.last + 1 > len(metric.name) if metric.last else metric.context.a", alpha),
        Prune::Maybe
    );
    assert_eq!(prune("any(metric.name == n or run.name == 'beta' for n in ['loss'])", beta), Prune::Yes);
    assert_eq!(prune("[x for x in [metric.last]] and False", alpha), Prune::No);
    assert_eq!(prune("1 < metric.last < 0 and run.seed == 7", beta), Prune::No);
    assert_eq!(prune("", gamma), Prune::No);
}

#[test]
fn pruning_never_contradicts_the_verdicts() {
    let runs = sample::runs();
    let schema = sample::schema(&runs);
    for text in [
        "metric.name == 'loss'",
        "run.tags and metric.last < 1",
        "not metric.context or run.name == 'alpha'",
        "metric.last > metric.first if run.seed else metric.name == 'sin'",
        "metric.name in ['loss', 'sin'] and run.hparams.lr < 0.5",
        "f'{run.name}/{metric.name}' == 'delta/sin'",
        "len([m for m in run.metrics if m.name == metric.name]) == 2",
        "{metric.name} == {'loss'} or [run.name, metric.name] == ['delta', 'sin']",
        "(metric.last or run.seed) and not metric.run.archived",
        "max(metric.last, run.hparams.lr) == metric.last",
        "re.match('l', metric.name) and re.match('a', run.name)",
    ] {
        let expression = Expression::parse(text, Kind::Metrics, &schema).unwrap();
        let mut search = expression.search(CLOCK);
        for run in &runs {
            let pruned = search.prune(run).unwrap();
            for series in run.series.iter().filter(|series| series.kind == Kind::Metrics) {
                let verdict = search.matches_series(run, series).unwrap();
                let agrees = match pruned {
                    Prune::Yes => verdict,
                    Prune::No => !verdict,
                    Prune::Maybe => true,
                };
                assert!(agrees, "{text}: {} {} is {verdict}, pruned {pruned:?}", run.name(), series.name);
            }
        }
    }
}

#[test]
fn every_kind_of_series_has_its_variable_and_its_place_on_the_run() {
    for (kind, variable, name) in [
        (Kind::Metrics, "metric", "loss"),
        (Kind::Texts, "texts", "generated"),
        (Kind::Texts, "text", "generated"),
        (Kind::Images, "images", "image"),
        (Kind::Images, "image", "image_list"),
        (Kind::Audios, "audios", "audio"),
        (Kind::Audios, "audio", "audio"),
        (Kind::Figures, "figures", "fig"),
        (Kind::Figures, "figure", "fig"),
        (Kind::Distributions, "distributions", "weights"),
        (Kind::Distributions, "distribution", "weights"),
        (Kind::LogRecords, "log_records", "messages"),
        (Kind::LogRecords, "log_record", "messages"),
        (Kind::Artifacts, "artifacts", "model.bin"),
        (Kind::Artifacts, "artifact", "notes.txt"),
    ] {
        let runs = sample::runs();
        let schema = sample::schema(&runs);
        let text = format!("{variable}.name == '{name}' and {variable}.run.name == run.name");
        let expression = Expression::parse(&text, kind, &schema).unwrap();
        let mut search = expression.search(CLOCK);
        let found = runs.iter().filter(|run| search.matches_run(*run).unwrap()).count();
        assert_eq!(found, if name == "loss" { 2 } else { 1 }, "{text}");
        let held = format!("'{name}' in run.{}", kind.plural().unwrap());
        assert_eq!(matching(&held).len(), found, "{held}");
    }
    check("run.artifacts['model.bin'].bytes > 1e6", "b");
    check("any(a.uri is not None and a.uri.startswith('s3:') for a in run.artifacts)", "b");
    let no = error_of("artifact.context == {}", Kind::Artifacts);
    assert!(no.contains("`artifacts` has no attribute `context`"), "{no}");
    let no = error_of("answer.name == 'a'", Kind::Answers);
    assert!(no.contains("`answers` has no attribute `name`"), "{no}");
    let no = error_of("images.last > 1", Kind::Images);
    assert!(no.contains("`images` has no attribute `last`") && no.contains("last_step"), "{no}");
}

/// The first letters of all runs in an order.
fn ordered(text: &str) -> String {
    let runs = sample::runs();
    let order = Order::parse(text, Kind::Runs, &sample::schema(&runs))
        .unwrap_or_else(|error| panic!("{}", error.render(text)));
    let mut sorter = order.sorter(CLOCK);
    let mut keyed: Vec<_> = runs.iter().map(|run| (sorter.key(run, None).unwrap(), &run.name[..1])).collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.into_iter().map(|(_, name)| name).collect()
}

#[test]
fn runs_come_in_the_order_of_values() {
    assert_eq!(ordered(""), "abgde");
    assert_eq!(ordered("run.name"), "abdeg");
    assert_eq!(ordered("-run.name"), "gedba");
    assert_eq!(ordered("run.experiment, -run.name"), "gadbe");
    // What has no value comes last, in both directions.
    assert_eq!(ordered("run.hparams.lr"), "abdeg");
    assert_eq!(ordered("-run.hparams.lr"), "edbag");
    assert_eq!(ordered("run.hparams.nan"), "abgde");
    assert_eq!(ordered("run.metrics['loss', {'subset': 'train'}].last, run.name"), "aebdg");
    assert_eq!(ordered("(-run.hparams.lr, run.name)"), "edbag");
    assert_eq!(ordered("run.archived, len(run.tags)"), "debag");
    assert_eq!(ordered("-run.duration"), "ebgda");
    // Numbers come before texts; whole numbers keep their last digits beside real ones.
    assert_eq!(ordered("'x' if run.name < 'b' else run.hparams.batch_size"), "dbage");
    assert_eq!(ordered("2**53 + 1 if run.name == 'alpha' else 2.0**53"), "bgdea");
}

#[test]
fn a_wrong_order_is_an_error_with_its_place() {
    let runs = sample::runs();
    let schema = sample::schema(&runs);
    let error = |text: &str| Order::parse(text, Kind::Runs, &schema).unwrap_err().render(text);
    insta::assert_snapshot!(error("run.name, -run.hparams.lrr"), @r"
    no run has `lrr` in `run.hparams`
      line 1, column 24
      | run.name, -run.hparams.lrr
      |                        ^^^
      did you mean lr?
    ");
    insta::assert_snapshot!(error("run.metrics['loss']"), @r"
    nothing is ordered by this
      line 1, column 1
      | run.metrics['loss']
      | ^^^^^^^^^^^^^^^^^^^
      expected a number, a text or a date, such as run.created_at
    ");
    assert!(error("run.name for x").contains("column"));
    let order = Order::parse("len(run.hparams.lr)", Kind::Runs, &schema).unwrap();
    let mut sorter = order.sorter(CLOCK);
    for run in runs.iter().take(2) {
        sorter.key(run, None).unwrap();
    }
    assert_eq!(sorter.problems().items, 2);
    assert!(sorter.end(2).is_err(), "an order that makes sense of nothing is a mistake");
}

#[test]
fn a_series_expression_matches_runs_that_have_such_a_series() {
    let runs = sample::runs();
    let expression = Expression::parse("metric.name == 'loss'", Kind::Metrics, &Schema::open()).unwrap();
    let mut search = expression.search(CLOCK);
    let found: Vec<bool> = runs.iter().map(|run| search.matches_run(run).unwrap()).collect();
    assert_eq!(found, [true, false, false, false, true]);
}

#[test]
fn a_repository_without_runs_knows_no_wrong_names() {
    let schema = Schema::new();
    assert!(Expression::parse("run.hparams.learning_rate < 1", Kind::Runs, &schema).is_ok());
    assert!(Expression::parse("run.metrics['loss'].last < 1", Kind::Runs, &schema).is_ok());
    assert!(Expression::parse("nobody < 1", Kind::Runs, &schema).is_err());
}

#[test]
fn wrong_names_are_shown_with_the_nearest_one() {
    insta::assert_snapshot!(error("run.hparams.btch_size == 32"), @r"
    no run has `btch_size` in `run.hparams`
      line 1, column 13
      | run.hparams.btch_size == 32
      |             ^^^^^^^^^
      did you mean batch_size?
    ");
    insta::assert_snapshot!(error("run.hparms.lr == 32"), @r"
    no run has `hparms`
      line 1, column 5
      | run.hparms.lr == 32
      |     ^^^^^^
      did you mean hparams?
    ");
    insta::assert_snapshot!(error("run.batch_size == 32"), @r"
    no run has `batch_size`
      line 1, column 5
      | run.batch_size == 32
      |     ^^^^^^^^^^
      did you mean run.hparams.batch_size?
    ");
    insta::assert_snapshot!(error("lr == 32"), @r"
    unknown name `lr`
      line 1, column 1
      | lr == 32
      | ^^
      did you mean run.hparams.lr?
    ");
    insta::assert_snapshot!(error("run.nmae == 'alpha'"), @r"
    no run has `nmae`
      line 1, column 5
      | run.nmae == 'alpha'
      |     ^^^^
      did you mean name?
    ");
    insta::assert_snapshot!(error("run.metrics['los'].last < 1"), @r"
    no run has `los` among its metrics
      line 1, column 13
      | run.metrics['los'].last < 1
      |             ^^^^^
      did you mean loss?
    ");
}

#[test]
fn wrong_names_of_methods_and_series_are_shown_with_the_nearest_one() {
    insta::assert_snapshot!(error("run.name.startwith('a')"), @r"
    a text has no method `startwith`
      line 1, column 10
      | run.name.startwith('a')
      |          ^^^^^^^^^
      did you mean startswith?
    ");
    insta::assert_snapshot!(error("lenn(run.tags)"), @r"
    unknown name `lenn`
      line 1, column 1
      | lenn(run.tags)
      | ^^^^
      did you mean len?
    ");
    insta::assert_snapshot!(error_of("metric.last_stp > 3", Kind::Metrics), @r"
    `metric` has no attribute `last_stp`
      line 1, column 8
      | metric.last_stp > 3
      |        ^^^^^^^^
      did you mean last_step?
    ");
    insta::assert_snapshot!(error_of("metric.context.subst == 'val'", Kind::Metrics), @r"
    no context has `subst`
      line 1, column 16
      | metric.context.subst == 'val'
      |                ^^^^^
      did you mean subset?
    ");
    insta::assert_snapshot!(error("metric.name == 'loss'"), @r"
    `metric` is not at hand here
      line 1, column 1
      | metric.name == 'loss'
      | ^^^^^^
      expected `run`: runs are searched here
    ");
    insta::assert_snapshot!(error("run.hparams.lr.foo == 1"), @r"
    `run.hparams.lr` is float in every run: it has no `foo`
      line 1, column 16
      | run.hparams.lr.foo == 1
      |                ^^^
    ");
}

#[test]
fn what_can_never_be_is_an_error_of_the_query() {
    insta::assert_snapshot!(error("run.name > 5"), @r"
    a text and a number have no order
      line 1, column 1
      | run.name > 5
      | ^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("run.created_at > 'yesterday'"), @r#"
    "yesterday" is no date
      line 1, column 18
      | run.created_at > 'yesterday'
      |                  ^^^^^^^^^^^
      expected a date such as "2026-11-24" or "2026-11-24 12:30"
    "#);
    insta::assert_snapshot!(error("run.hparams.lr < 1 / 0"), @r"
    division by zero
      line 1, column 18
      | run.hparams.lr < 1 / 0
      |                  ^^^^^
    ");
    insta::assert_snapshot!(error("datetime(2026, 2, 30) < run.created_at"), @r"
    there is no such date
      line 1, column 1
      | datetime(2026, 2, 30) < run.created_at
      | ^^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("len(run.tags, 2) > 0"), @r"
    `len` takes 1 argument, got 2
      line 1, column 1
      | len(run.tags, 2) > 0
      | ^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("len > 0"), @r"
    a function and a number have no order
      line 1, column 1
      | len > 0
      | ^^^^^^^
    ");
}

#[test]
fn what_the_language_has_not_is_an_error_of_the_query() {
    insta::assert_snapshot!(error("re.search('(', run.name)"), @r"
    the regular expression is not understood: unclosed group
      line 1, column 11
      | re.search('(', run.name)
      |           ^^^
    ");
    insta::assert_snapshot!(error("'x' in run.hparams.lr"), @r"
    a number holds nothing that could be looked for
      line 1, column 8
      | 'x' in run.hparams.lr
      |        ^^^^^^^^^^^^^^
      expected a list, a text or a dict
    ");
    insta::assert_snapshot!(error("'{}'.format(run.name) == 'a'"), @r#"
    a text has no method `format`
      line 1, column 6
      | '{}'.format(run.name) == 'a'
      |      ^^^^^^
      expected an f-text, such as f"{run.name}"
    "#);
    insta::assert_snapshot!(error("run.created_at.isoformat == ''"), @r"
    a date has no attribute `isoformat`
      line 1, column 16
      | run.created_at.isoformat == ''
      |                ^^^^^^^^^
      expected a call: `isoformat(…)`
    ");
    insta::assert_snapshot!(error("await run.name"), @r"
    `await` is no part of the query language
      line 1, column 1
      | await run.name
      | ^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(error("run.name == b'alpha'"), @r"
    a text of bytes is no part of the query language
      line 1, column 13
      | run.name == b'alpha'
      |             ^^^^^^^^
      expected a text without the b before it
    ");
    insta::assert_snapshot!(error("run.tags\nand run.hparams.l == 1"), @r"
    no run has `l` in `run.hparams`
      line 2, column 17
      | and run.hparams.l == 1
      |                 ^
      did you mean lr?
    ");
}

#[test]
fn the_documentation_s_examples_can_be_read() {
    let page = include_str!("../../../docs/query.md");
    let examples = page.split("\n## Examples\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let queries: Vec<String> = examples
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split("` |").next())
        .map(|q| q.replace("\\|", "|"))
        .collect();
    assert!(queries.len() >= 14, "{queries:?}");
    for query in queries {
        let variable = |kind: &Kind| kind.variable().is_some_and(|word| query.contains(&format!("{word}.")));
        let kind = Kind::ALL.iter().copied().find(variable).unwrap_or(Kind::Runs);
        if let Err(error) = Expression::parse(&query, kind, &Schema::open()) {
            panic!("{}", error.render(&query));
        }
    }
}

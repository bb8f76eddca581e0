//! What nobody means to record and somebody will: markup in every name and text, numbers that are none, one huge text.

use std::path::Path;

use trailmark_core::{
    Answer, Candidate, ContentId, Context, Edit, End, LogLine, ParamValue, Params, Stream, Value,
};
use trailmark_store::{Record, Repository};

use crate::scenario::now;
use crate::writer::{Dice, Writer};

/// Would set a variable of the page if it were read as markup; `where` tells which of them did.
fn markup(place: &str) -> String {
    format!("\"><img src=x onerror=\"window.injected='{place}'\"><script>window.injected='{place}'</script>")
}

const HUGE_BYTES: usize = 10 << 20;

/// Three runs: one of markup, one of numbers that are none, one with a text of 10 MB.
pub(crate) fn odd(folder: &Path) {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut dice = Dice(3);
    let begin = now() - 7200.0;
    inject(&repository, Writer::begin(&repository, begin, &mut dice));
    not_numbers(Writer::begin(&repository, begin + 600.0, &mut dice));
    huge(Writer::begin(&repository, begin + 1200.0, &mut dice));
}

fn inject(repository: &Repository, mut run: Writer) {
    run.edit(Edit::Name(markup("name")));
    run.edit(Edit::Experiment(markup("experiment")));
    run.edit(Edit::Description(markup("description")));
    run.edit(Edit::AddTag(markup("tag")));
    run.edit(Edit::Note(markup("note")));
    let key = markup("param key");
    run.param(&["hparams", &key], markup("param value"));
    run.param(&["hparams", "learning_rate"], 0.0004);
    let link = "javascript:window.injected='link'".to_owned();
    let git: Params =
        [("branch", markup("branch")), ("commit", markup("commit")), ("remote_origin_url", link)]
            .map(|(name, value)| (name.to_owned(), ParamValue::Text(value)))
            .into();
    run.param(&["__system_params", "git_info"], git);
    run.param(&["__system_params", "executable"], markup("executable"));
    let context = Context::subset(&markup("subset")).with("context", markup("context"));
    let metric = markup("metric");
    for step in 0..40 {
        run.now += 1.0;
        let at = (step, Some(step as f64 / 8.0));
        run.number(&metric, &context, at, 1.0 / (1.0 + step as f64));
        run.number("loss", &Context::subset("train"), at, 2.0 / (1.0 + step as f64));
        let text = format!("\u{1b}[31m{}\u{1b}[0m", markup("log"));
        run.track(
            "logs",
            &Context::empty(),
            (step, None),
            Value::Log(LogLine { stream: Stream::Stdout, text }),
        );
    }
    let of_text = Context::empty().with("context", markup("context of a text"));
    run.track(&markup("text name"), &of_text, (0, None), Value::Text(markup("text")));
    run.track("answer", &of_text, (0, None), Value::Text(markup("text")));
    answer(repository, &mut run);
    run.end(Some(End::Failed { exit_code: Some(1), message: markup("message") }));
}

fn answer(repository: &Repository, run: &mut Writer) {
    let texts = [markup("paragraph"), markup("question")];
    let pack = repository.put_texts(&[texts[0].as_str(), texts[1].as_str()]).unwrap();
    run.push(Record::Texts { pack });
    let [context, question] = texts.each_ref().map(ContentId::of);
    run.push(Record::Paragraphs { subset: "eval".to_owned(), ids: vec![context] });
    let candidate = |score| Candidate { text: markup("answer"), start: 2, end: 9, score };
    let answer = Answer {
        question_key: markup("question key"),
        question,
        context,
        golds: vec![markup("gold")],
        best: candidate(0.6),
        null_score: None,
        exact_match: 0.0,
        f1: 0.0,
        millis: 3.0,
        others: vec![candidate(0.2)],
    };
    let at = (39, Some(5.0));
    run.track("answers", &Context::subset("eval"), at, Value::Answer(Box::new(answer)));
    run.number("f1", &Context::subset("eval"), at, 0.0);
}

fn not_numbers(mut run: Writer) {
    run.edit(Edit::Name("not-numbers".to_owned()));
    run.edit(Edit::Experiment("odd".to_owned()));
    run.param(&["hparams", "learning_rate"], f64::NAN);
    run.param(&["hparams", "weight_decay"], f64::INFINITY);
    let train = Context::subset("train");
    for step in 0..60 {
        run.now += 1.0;
        let at = (step, Some(step as f64 / 12.0));
        let falling = 3.0 / (1.0 + step as f64);
        let meets_all = match step {
            20 => f64::NAN,
            30 => f64::INFINITY,
            40 => f64::NEG_INFINITY,
            _ => falling,
        };
        run.number("loss", &train, at, meets_all);
        run.number("always_nan", &train, at, f64::NAN);
        run.number("always_infinite", &train, at, f64::INFINITY);
        run.number("largest", &train, at, if step % 2 == 0 { f64::MAX } else { f64::MIN });
        run.number("constant", &train, at, 1.0);
        run.number("loss", &Context::subset("eval"), at, f64::NAN);
    }
    run.end(Some(End::Finished));
}

fn huge(mut run: Writer) {
    run.edit(Edit::Name("huge-text".to_owned()));
    run.edit(Edit::Experiment("odd".to_owned()));
    run.param(&["hparams", "learning_rate"], 0.004);
    let text = "A line of a very long text, of which there are many.\n";
    let mut whole = text.repeat(HUGE_BYTES / text.len());
    whole.push_str("The end of it.");
    run.track("report", &Context::empty().with("context", "huge"), (0, None), Value::Text(whole));
    run.number("loss", &Context::subset("train"), (0, Some(0.0)), 0.5);
    run.end(Some(End::Finished));
}

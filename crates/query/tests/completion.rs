//! What is offered where the cursor stands.
#![allow(clippy::unwrap_used)]

mod sample;

use trailmark_query::{Completion, Expression, Kind};

fn complete(kind: Kind, marked: &str) -> Completion {
    let cursor = marked.chars().position(|char| char == '|').unwrap();
    let text = marked.replacen('|', "", 1);
    Expression::complete(&text, cursor, kind, &sample::schema(&sample::runs()))
}

/// The first few inserts, at a cursor marked by `|`.
fn offered(kind: Kind, marked: &str) -> String {
    let inserts: Vec<String> =
        complete(kind, marked).items.into_iter().map(|item| item.insert).take(6).collect();
    inserts.join("  ")
}

fn check(marked: &str, expected: &str) {
    assert_eq!(offered(Kind::Runs, marked), expected, "{marked}");
}

fn check_metrics(marked: &str, expected: &str) {
    assert_eq!(offered(Kind::Metrics, marked), expected, "{marked}");
}

#[test]
fn the_variable_of_each_kind_is_offered() {
    for kind in Kind::ALL {
        let Some(variable) = kind.variable() else { continue };
        let marked = format!("{}|", &variable[..4]);
        assert!(offered(*kind, &marked).split("  ").any(|offer| offer == variable), "{marked}");
    }
}

#[test]
fn attributes_of_runs_are_params_first() {
    check("run.|", "hparams  seed  metrics  texts  images  audios");
    check("run.hparams.|", "get(\"7\")  batch_size  big  empty_d  empty_l  flag");
    check("run.hparams.b|", "batch_size  big");
    check("not run.cre|", "created_at  creation_time");
    check("run.hparams.optimizer.n|", "name");
    check("run[\"hparams\"].l|", "layers  lr");
}

#[test]
fn values_follow_a_comparison() {
    check("run.hparams.lr == |", "0.001  0.01  0.1  1.0  run  run.hparams.batch_size");
    check("run.hparams.optimizer.name == \"|", "adam\"");
    check("run.hparams.optimizer.name == '|'", "adam");
    check(
        "run.experiment == |",
        "\"exp-a\"  \"exp-b\"  \"exp-c\"  run  run.hparams.batch_size  run.hparams.big",
    );
    check("run.experiment in [\"exp-a\", \"|", "exp-a\"  exp-b\"  exp-c\"");
    check("run.status == \"fa|", "failed\"");
    check("\"|", "best\"  prod\"");
    check_metrics("metric.name == \"l|", "loss\"");
    check_metrics("metric.context.subset != \"|", "train\"  val\"");
}

#[test]
fn series_and_their_contexts_are_offered_in_brackets() {
    check("run.metrics[\"l|", "loss\"");
    check("run.metrics.l|", "loss");
    check("run.metrics[\"loss\", {\"s|", "subset\"");
    check("run.metrics[\"loss\", {\"subset\": \"|", "train\"  val\"");
    check("run.metrics[\"loss\", {\"subset\": \"val\"}].la|", "last  last_step  last_epoch");
    check_metrics("metric.|", "name  context  run  last  first  min");
    check_metrics("metric.context.|", "a  b  subset");
    assert_eq!(offered(Kind::Images, "image.c|"), "context  count");
    assert_eq!(offered(Kind::Images, "images.context.|"), "kind");
    assert_eq!(offered(Kind::Artifacts, "artifact.|"), "name  run  bytes  hash  uri");
    assert_eq!(offered(Kind::Artifacts, "artifacts.name == \"m|"), "model.bin\"");
    assert_eq!(offered(Kind::Answers, "answer.|"), "run  step  question  question_key  answer  score");
    check("run.artifacts[\"|", "model.bin\"  notes.txt\"");
}

#[test]
fn methods_follow_texts_and_dates() {
    check("run.name.st|", "startswith(  strip(  lstrip(  rstrip(");
    check("run.created_at.|", "year  month  day  hour  minute  second");
    check("datetime.n|", "now()");
    check("re.se|", "search(");
    check("datetime.now().y|", "year");
}

#[test]
fn words_follow_what_is_whole() {
    check("run.name |", "==  !=  <  <=  >  >=");
    check("run.archived a|", "and");
    check("run.archived and no|", "not  None  run.hparams.none");
    check("len(run.tags) > 0 o|", "or");
    check("lear|", "");
    check("batch|", "run.hparams.batch_size");
}

#[test]
fn positions_are_characters_and_cover_what_was_typed() {
    let completion = complete(Kind::Runs, "run.name == \"ä\" and run.se| == 1");
    assert_eq!((completion.from, completion.to), (24, 26));
    assert_eq!(completion.items[0].insert, "seed");
    assert_eq!(completion.items[0].detail, "int, 1 value in 1 run");
    assert_eq!(completion.items[0].kind.word(), "param");
}

#[test]
fn an_escape_in_an_open_text_moves_no_position() {
    let completion = complete(Kind::Runs, "run.name == \"\u{12da}\\\"al|");
    assert_eq!((completion.from, completion.to), (13, 18));
}

#[test]
fn every_offer_is_a_query_that_can_be_read() {
    let schema = sample::schema(&sample::runs());
    for start in
        ["run.", "run.hparams.", "run.metrics.", "run.hparams.lr == ", "run.experiment == ", "run.metrics["]
    {
        let completion = Expression::complete(start, start.len(), Kind::Runs, &schema);
        assert!(!completion.items.is_empty(), "{start}");
        for item in completion.items {
            let close = match item.insert.chars().last() {
                _ if start.ends_with('[') => "]",
                Some('(') => "run.tags)",
                Some('.') => continue,
                _ => "",
            };
            let text = format!("{start}{}{close}", item.insert);
            let read = Expression::parse(&text, Kind::Runs, &schema);
            let is_function = matches!(&read, Err(error) if error.message.contains("takes"));
            assert!(read.is_ok() || is_function, "{text}: {read:?}");
        }
    }
}

//! What must hold for the set that ships.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::table::{Part, Table, load_all};
use super::*;
use crate::metric::normalise;

fn set() -> QuestionSet {
    question_set().unwrap()
}

fn both() -> [(Part, Vec<Paragraph>); 2] {
    let tables = load_all().unwrap();
    [Part::Train, Part::Eval].map(|part| (part, paragraphs(&tables, part)))
}

/// Two sets that must have nothing in common.
fn assert_apart<T: Ord + std::fmt::Debug>(train: &BTreeSet<T>, eval: &BTreeSet<T>) {
    assert!(!train.is_empty() && !eval.is_empty());
    let shared: Vec<&T> = train.intersection(eval).collect();
    assert!(shared.is_empty(), "in both parts: {shared:#?}");
}

#[test]
fn it_is_large_and_various() {
    let set = set();
    let (train, eval) = (&set.train, &set.eval);
    let questions = train.examples.len() + eval.examples.len();
    let contexts = train.contexts().len() + eval.contexts().len();
    let kinds: BTreeSet<&str> = train.examples.iter().map(|example| example.title.as_str()).collect();
    let counts = format!(
        "{questions} questions, {} of them eval, {contexts} paragraphs, {} kinds",
        eval.examples.len(),
        kinds.len()
    );
    assert!(questions >= 3_000 && contexts >= 900 && kinds.len() >= 20, "{counts}");
    assert!(eval.examples.len() >= 300, "{counts}");
    for word in ["Who ", "What ", "When ", "Where ", "How many ", "Which ", "Why "] {
        for part in [train, eval] {
            let n = part.examples.iter().filter(|example| example.question.starts_with(word)).count();
            assert!(n >= 5, "{n} questions begin with {word:?}");
        }
    }
}

#[test]
fn it_is_the_same_on_every_call() {
    assert_eq!(set(), set());
}

#[test]
fn every_answer_stands_where_it_says_and_every_id_is_unique() {
    let set = set();
    let mut ids = BTreeSet::new();
    for example in set.train.examples.iter().chain(&set.eval.examples) {
        let [gold] = example.answers.as_slice() else { panic!("{example:?}") };
        let there: String =
            example.context.chars().skip(gold.start).take(gold.text.chars().count()).collect();
        assert_eq!(there, gold.text, "{example:?}");
        assert!(!gold.text.is_empty() && example.question.ends_with('?'), "{example:?}");
        assert!(
            !example.question.contains(['{', '}']) && !example.context.contains(['{', '}']),
            "{example:?}"
        );
        assert!(ids.insert(&example.id), "{} twice", example.id);
    }
}

#[test]
fn paragraphs_have_two_to_six_sentences() {
    for (_, paragraphs) in both() {
        for paragraph in paragraphs {
            assert!((2..=6).contains(&paragraph.shapes.len()), "{}", paragraph.text);
        }
    }
}

#[test]
fn the_parts_share_no_fact() {
    let facts = both().map(|(_, paragraphs)| {
        let told = paragraphs.iter().flat_map(|one| one.facts.iter().copied());
        let asked = paragraphs.iter().flat_map(|one| one.questions.iter().map(|question| question.fact));
        told.chain(asked).collect::<BTreeSet<_>>()
    });
    assert_apart(&facts[0], &facts[1]);
}

#[test]
fn the_parts_share_no_pair_of_an_entity_and_a_value() {
    // The same fact may stand in two tables: whichever way round, the pair of its texts tells.
    let tables = load_all().unwrap();
    let pairs = both().map(|(_, paragraphs)| {
        let told = paragraphs.iter().flat_map(|one| &one.facts);
        let pairs = told.map(|(table, row, column)| {
            let row = &tables[*table].rows[*row];
            let text = |column: usize| normalise(row[column].as_deref().unwrap_or_default());
            let (a, b) = (text(0), text(*column));
            if a < b { (a, b) } else { (b, a) }
        });
        pairs.collect::<BTreeSet<_>>()
    });
    assert_apart(&pairs[0], &pairs[1]);
}

#[test]
fn the_parts_share_no_sentence_pattern_and_no_question_pattern() {
    let say = both()
        .map(|(_, paragraphs)| paragraphs.iter().flat_map(|one| one.shapes.clone()).collect::<BTreeSet<_>>());
    assert_apart(&say[0], &say[1]);
    let ask = both().map(|(_, paragraphs)| {
        let questions = paragraphs.iter().flat_map(|one| one.questions.iter());
        questions.map(|question| question.shape.clone()).collect::<BTreeSet<_>>()
    });
    assert_apart(&ask[0], &ask[1]);
}

#[test]
fn the_facts_that_the_demo_asks_for_at_its_end_are_in_neither_part() {
    let set = set();
    for example in set.train.examples.iter().chain(&set.eval.examples) {
        let text = format!("{} {}", example.context, example.question);
        for word in ["Canberra", "Biden", "Donald Trump", "1.4 billion", "195 "] {
            assert!(!text.contains(word), "{text}");
        }
        let text = text.to_lowercase();
        for word in [
            "eight planets",
            "president of the united states",
            "how many planets",
            "member of the united nations",
        ] {
            assert!(!text.contains(word), "{text}");
        }
        let asks_china = example.question.contains("China") && example.question.contains("population");
        assert!(!asks_china, "{text}");
    }
}

#[test]
fn every_row_and_every_pattern_is_used() {
    let tables = load_all().unwrap();
    for (part, paragraphs) in both() {
        let told: BTreeSet<(usize, usize)> =
            paragraphs.iter().flat_map(|one| one.facts.iter().map(|fact| (fact.0, fact.1))).collect();
        let mut used: BTreeMap<&str, usize> = BTreeMap::new();
        for shape in paragraphs.iter().flat_map(|one| &one.shapes) {
            *used.entry(shape).or_default() += 1;
        }
        for (index, table) in tables.iter().enumerate() {
            for row in table.rows_of(part) {
                assert!(told.contains(&(index, row)), "{part:?} {}: row {row} is never told", table.title);
            }
            for pattern in &table.patterns(part).say {
                assert!(
                    used.contains_key(&*pattern.shape()),
                    "{part:?} {}: {}",
                    table.title,
                    pattern.shape()
                );
            }
        }
    }
}

#[test]
fn no_row_stands_twice_in_a_table() {
    for Table { title, rows, .. } in load_all().unwrap() {
        let names: BTreeSet<&Option<String>> = rows.iter().map(|row| &row[0]).collect();
        assert_eq!(names.len(), rows.len(), "{title}");
    }
}

#[test]
fn a_saved_part_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eval.json");
    let eval = set().eval;
    eval.save(&path).unwrap();
    assert_eq!(Dataset::load(Path::new(&path)).unwrap(), eval);
}

#[test]
fn a_table_that_is_not_sound_is_told() {
    let table = |say: &str, ask: &str, row: &str| {
        let part = format!("say = '''{say}'''\nask = '''{ask}'''\n");
        let text =
            format!("title = 'T'\ntable = '''\nname | colour\n{row}\n'''\n[train]\n{part}[eval]\n{part}");
        Table::parse("test", &text).map(|_| ()).map_err(|error| error.to_string())
    };
    let (say, ask, row) = ("{name} is {colour}.", "What is {name}? => colour", "grass | green");
    assert_eq!(table(say, ask, row), Ok(()));
    for (say, ask, row, part) in [
        ("{name} is {size}.", ask, row, "want a column in {size}"),
        ("{name is {colour}.", ask, row, "want a column"),
        ("It is {colour}.", ask, row, "no sentence that names the first column"),
        (say, "What is {name}?", row, "want a question with a gap"),
        (say, "What is grass? => colour", row, "want a question with a gap"),
        (say, ask, "grass", "want 2 cells"),
    ] {
        let error = table(say, ask, row).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn its_document_says_what_is_in_it() {
    let set = set();
    let document = include_str!("../../../../docs/questions.md");
    let rows = [
        ("paragraphs", set.train.contexts().len(), set.eval.contexts().len()),
        ("questions", set.train.examples.len(), set.eval.examples.len()),
    ];
    for (what, train, eval) in rows {
        let row = format!("| {what} | {train} | {eval} |");
        assert!(document.contains(&row), "want {row}");
    }
    for table in load_all().unwrap() {
        let kind = table.title.to_lowercase();
        assert!(document.contains(&kind), "want the kind {kind:?}");
    }
}

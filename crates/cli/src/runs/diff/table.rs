//! The comparison as people read it: a table a part.

use anyhow::Result;
use trailmark_core::ParamValue;
use trailmark_store::{AnswerChange, ParamRow};

use super::shape::{counts, is_shown, package_change};
use super::{AnswersRow, Compared, Diff, Measured, MetricRow, Part};
use crate::runs::{digits, number};
use crate::show;
use crate::terminal::print;

/// Characters of a cell at most.
const WIDTH: usize = 48;
/// Characters that are shown before the first one that differs.
const BEFORE: usize = 12;
/// What stands where a run has nothing.
const NOTHING: &str = "–";

pub(super) fn print_all(compared: &Compared<'_>, diff: &Diff) -> Result<()> {
    let names = names(compared);
    let mut is_first = true;
    for (part, head, rows) in [
        (Part::Params, "param", &compared.params),
        (Part::Environment, "environment", &compared.environment),
        (Part::Packages, "package", &compared.packages),
        (Part::Code, "code", &compared.code),
    ] {
        if diff.wants(part) {
            gap(&mut is_first)?;
            print_params(part, head, &names, rows)?;
        }
        if part == Part::Params && diff.wants(Part::Metrics) {
            gap(&mut is_first)?;
            print_metrics(&names, &compared.metrics)?;
        }
    }
    if diff.wants(Part::Answers) {
        gap(&mut is_first)?;
        if compared.answers.is_empty() {
            print("answers: the first run and another have none to compare")?;
        }
        for row in &compared.answers {
            print_answers(&names, row, diff.limit)?;
        }
    }
    Ok(())
}

fn gap(is_first: &mut bool) -> Result<()> {
    if std::mem::replace(is_first, false) { Ok(()) } else { print("") }
}

/// What the runs are called: their names where these tell them apart, else their ids.
fn names(compared: &Compared<'_>) -> Vec<String> {
    let runs = compared.runs;
    let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
    let digits = digits(&ids);
    let is_own = |name: &str| !name.is_empty() && runs.iter().filter(|run| run.name == name).count() == 1;
    let name = |run: &trailmark_store::RunData| match is_own(&run.name) {
        true => run.name.clone(),
        false => run.id.to_string().chars().take(digits).collect(),
    };
    runs.iter().map(name).collect()
}

fn print_params(part: Part, head: &str, names: &[String], rows: &[ParamRow]) -> Result<()> {
    if rows.is_empty() {
        return print(&format!("{head}: nothing differs"));
    }
    let mut heads = vec![head];
    if part == Part::Packages {
        heads.push("change");
    }
    heads.extend(names.iter().map(String::as_str));
    let row = |row: &ParamRow| {
        let mut cells = vec![row.path.clone()];
        if part == Part::Packages {
            cells.push(package_change(row).to_owned());
        }
        let texts = row.values.iter().map(|value| value.as_ref().map(|value| text(part, value)));
        cells.extend(shortened(&texts.collect::<Vec<_>>()));
        cells
    };
    show::table(&heads, &rows.iter().map(row).collect::<Vec<_>>())
}

/// A value; a param shows by its quotes whether it is a text.
fn text(part: Part, value: &ParamValue) -> String {
    match value {
        ParamValue::Text(text) if part != Part::Params => text.clone(),
        value => value.to_string(),
    }
}

/// Texts in cells of bounded width, from shortly before the first character that differs.
fn shortened(texts: &[Option<String>]) -> Vec<String> {
    let all: Vec<Vec<char>> = texts.iter().flatten().map(|text| text.chars().collect()).collect();
    let shared = |a: &[char], b: &[char]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let same = all.windows(2).map(|pair| shared(&pair[0], &pair[1])).min().unwrap_or(0);
    let longest = all.iter().map(Vec::len).max().unwrap_or(0);
    let from = if longest <= WIDTH || same < WIDTH / 2 { 0 } else { same - BEFORE };
    let cell = |text: &Option<String>| {
        let Some(text) = text else { return NOTHING.to_owned() };
        let mut cell: String = if from > 0 { "…".to_owned() } else { String::new() };
        let line = |character: char| if character.is_control() { ' ' } else { character };
        cell.extend(text.chars().skip(from).take(WIDTH).map(line));
        if text.chars().count() > from + WIDTH {
            cell.push('…');
        }
        cell
    };
    texts.iter().map(cell).collect()
}

fn print_metrics(names: &[String], rows: &[MetricRow]) -> Result<()> {
    if rows.is_empty() {
        return print("metric: none of the runs has any");
    }
    let first = names.first().map_or("", String::as_str);
    let deltas: Vec<String> = names.iter().skip(1).map(|name| format!("{name} − {first}")).collect();
    let mut heads = vec!["metric", ""];
    heads.extend(names.iter().chain(&deltas).map(String::as_str));
    let line = |row: &MetricRow, what: &str, of: fn(&Measured) -> Option<f64>| {
        let label = if what == "last" { row.key.to_string() } else { String::new() };
        let value =
            |value: &Option<Measured>| value.as_ref().and_then(of).map_or_else(|| NOTHING.to_owned(), number);
        let delta = |place: usize| row.delta(place, of).map_or_else(|| NOTHING.to_owned(), signed);
        let cells = [label, what.to_owned()].into_iter().chain(row.values.iter().map(value));
        cells.chain((1..row.values.len()).map(delta)).collect::<Vec<_>>()
    };
    let lines = rows.iter().flat_map(|row| {
        let best = |measured: &Measured| measured.best.map(|(_, best)| best);
        [line(row, "last", |measured| Some(measured.last)), line(row, "best", best)]
    });
    show::table(&heads, &lines.collect::<Vec<_>>())
}

fn signed(delta: f64) -> String {
    if delta < 0.0 { number(delta) } else { format!("+{}", number(delta)) }
}

fn print_answers(names: &[String], row: &AnswersRow, limit: usize) -> Result<()> {
    let both = row.compared();
    let name = |place: usize| names.get(place).map_or("", String::as_str);
    let (a, b) = (name(0), name(row.run));
    let [fixed, broken, wrong, right] = counts(&both);
    print(&format!(
        "answers of {b} (step {}) against {a} (step {}): {}",
        row.b.0.0,
        row.a.0.0,
        show::count(both.pairs.len(), "question")
    ))?;
    print(&format!("  {fixed} fixed, {broken} broken, {wrong} both wrong, {right} both right"))?;
    if both.n_only_a + both.n_only_b > 0 {
        print(&format!("  left out: {} only in {a}, {} only in {b}", both.n_only_a, both.n_only_b))?;
    }
    for (name, score) in
        [("EM", both.difference(|answer| answer.exact_match)), ("F1", both.difference(|answer| answer.f1))]
    {
        print(&format!(
            "  {name} {:.2} → {:.2}: {:+.2} (95 %: {:+.2} to {:+.2}, p {:.3})",
            score.a, score.b, score.difference, score.low, score.high, score.p
        ))?;
    }
    let mut changed: Vec<_> = both.pairs.iter().filter(|(.., change)| is_shown(*change)).collect();
    changed.sort_by_key(|(.., change)| *change == AnswerChange::Fixed);
    let n_shown = changed.len().min(limit);
    if n_shown == 0 {
        return Ok(());
    }
    let cells = changed.iter().take(limit).map(|(a, b, change)| {
        let golds = if b.golds.is_empty() { "(no answer)".to_owned() } else { b.golds.join(" | ") };
        let answer = |text: &str| if text.is_empty() { "(no answer)".to_owned() } else { text.to_owned() };
        let texts = [row.question(b).to_owned(), golds, answer(&a.best.text), answer(&b.best.text)];
        let texts = texts.map(|text| shortened(&[Some(text)]).concat());
        [vec![change.word().to_owned()], texts.to_vec()].concat()
    });
    print("")?;
    show::table(&["change", "question", "golds", a, b], &cells.collect::<Vec<_>>())?;
    match changed.len() - n_shown {
        0 => Ok(()),
        more => print(&format!("and {more} more: --limit {}", changed.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let long = |end: &str| Some(format!("{}{end}", "x".repeat(100)));
        let cells = shortened(&[long("one"), long("two"), None]);
        assert_eq!(
            cells,
            [format!("…{}one", "x".repeat(12)), format!("…{}two", "x".repeat(12)), "–".to_owned()]
        );
        assert_eq!(shortened(&[Some("a\nb".to_owned())]), ["a b"]);
        let cut = shortened(&[long(""), Some("y".to_owned())]);
        assert_eq!((cut[0].chars().count(), &*cut[1]), (WIDTH + 1, "y"));
    }
}

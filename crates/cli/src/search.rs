//! Expressions of the query language over the runs of a repository (`docs/query.md`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Result, anyhow};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use trailmark_core::{ContentId, WallTime};
use trailmark_query::{
    Clock, Expression, Kind, Order, Problems, Prune, QueryError, Schema, SeriesView, SortKey,
};
use trailmark_store::{
    AnswerView, ArtifactItem, Repository, RunItem, RunRow, SeriesRow, Store as _, TrackedAnswer, read_answers,
};

use crate::show;
use crate::terminal::warn;

/// Kinds of items that runs hold, in the order in which an expression is tried to be about them.
const KINDS: &[Kind] = &[
    Kind::Runs,
    Kind::Metrics,
    Kind::Texts,
    Kind::Images,
    Kind::Audios,
    Kind::Figures,
    Kind::Distributions,
    Kind::LogRecords,
    Kind::Artifacts,
    Kind::Answers,
];

/// Runs whose names are looked at first.
const FIRST_RUNS: usize = 64;

/// In which order what is found comes, and how much of it.
#[derive(Args, Debug, Default)]
pub(crate) struct Cut {
    /// What the result is sorted by: run.experiment, -run.metrics["f1"].last
    ///
    /// Values of the query language, divided by commas; `-` before one puts the largest first. What has no such value
    /// comes last. Without it the oldest run comes first.
    #[arg(long, value_name = "VALUES", default_value = "", hide_default_value = true)]
    #[arg(allow_hyphen_values = true)]
    pub(crate) sort: String,
    /// Leave out so many at the beginning.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) offset: usize,
    /// Show so many at most.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// What an expression was asked of.
pub(crate) enum Found {
    /// Whole runs.
    Runs(Vec<Arc<RunRow>>),
    /// Series, files or answers, each with its run.
    Items(Kind, Vec<(Arc<RunRow>, Item)>),
}

/// What a run holds.
pub(crate) enum Item {
    /// A series of any kind.
    Series(SeriesRow),
    /// A file.
    Artifact {
        /// What the run calls it.
        name: String,
        /// How large it is and the id of its content, where the repository has it.
        file: Option<(u64, String)>,
        /// Where it lies else.
        uri: String,
    },
    /// An answer, and the question's text.
    Answer(TrackedAnswer, Option<String>),
}

/// The runs for which an expression holds, oldest first; archived ones only when it speaks of them or `all` is wanted.
/// Whoever asks tells of runs that cannot be read.
pub(crate) fn runs(repository: &Repository, text: &str, all: bool) -> Result<Vec<Arc<RunRow>>> {
    runs_among(&items(repository)?, text, all, &Cut::default())
}

/// The same in another order, or some of them, with a warning of runs that cannot be read.
pub(crate) fn sorted_runs(
    repository: &Repository,
    text: &str,
    all: bool,
    cut: &Cut,
) -> Result<Vec<Arc<RunRow>>> {
    let items = items(repository)?;
    tell_unread(items.iter().map(|item| &*item.row));
    runs_among(&items, text, all, cut)
}

fn runs_among(items: &[RunItem], text: &str, all: bool, cut: &Cut) -> Result<Vec<Arc<RunRow>>> {
    let (expression, order) =
        understood(items, |schema| Ok((parse(text, Kind::Runs, schema)?, order(cut, Kind::Runs, schema)?)))?;
    let expression = if all { expression.with_archived() } else { expression };
    matching_runs(items, &expression, &order, cut)
}

/// What an expression means: runs, or what they hold where it speaks of `metric`, `texts`, `images` and so on.
pub(crate) fn any(repository: &Repository, text: &str, cut: &Cut) -> Result<Found> {
    let items = items(repository)?;
    let (expression, order) = understood(&items, |schema| {
        let read = KINDS.iter().find_map(|kind| Expression::parse(text, *kind, schema).ok());
        let expression = match read {
            Some(expression) => expression,
            // None reads it: the error is of what it seems to speak of.
            None => parse(text, spoken_of(text), schema)?,
        };
        let order = order(cut, expression.kind(), schema)?;
        Ok((expression, order))
    })?;
    let kind = expression.kind();
    tell_unread(items.iter().map(|item| &*item.row));
    if kind == Kind::Runs {
        return Ok(Found::Runs(matching_runs(&items, &expression, &order, cut)?));
    }
    Ok(Found::Items(kind, matching_items(repository, &items, (&expression, &order), cut)?))
}

/// What an expression over runs can become, and what that is.
pub(crate) fn complete_runs(repository: &Repository, text: &str) -> Result<Vec<(String, String)>> {
    Ok(complete(text, Kind::Runs, &schema(&items(repository)?)))
}

/// What an expression can become: over the kind that it speaks of, else over any.
pub(crate) fn complete_any(repository: &Repository, text: &str) -> Result<Vec<(String, String)>> {
    let schema = schema(&items(repository)?);
    match spoken_of(text) {
        Kind::Runs if !text.contains("run.") => {
            let mut all: Vec<(String, String)> =
                KINDS.iter().flat_map(|kind| complete(text, *kind, &schema)).collect();
            let mut seen = BTreeSet::new();
            all.retain(|(text, _)| seen.insert(text.clone()));
            Ok(all)
        }
        kind => Ok(complete(text, kind, &schema)),
    }
}

fn complete(text: &str, kind: Kind, schema: &Schema) -> Vec<(String, String)> {
    let found = Expression::complete(text, usize::MAX, kind, schema);
    let kept: String = text.chars().take(found.from).collect();
    found.items.into_iter().map(|item| (format!("{kept}{}", item.insert), item.detail)).collect()
}

/// The kind whose variable a text names first, else runs.
fn spoken_of(text: &str) -> Kind {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.');
    let mut kinds = words.filter_map(|path| {
        let first = path.split('.').next()?;
        KINDS.iter().copied().find(|kind| kind.is_called(first))
    });
    kinds.next().unwrap_or(Kind::Runs)
}

/// The runs, never given back: a command ends when it has looked at them.
fn items(repository: &Repository) -> Result<ManuallyDrop<Vec<RunItem>>> {
    Ok(ManuallyDrop::new(repository.rows()?.into_iter().map(RunItem::new).collect()))
}

/// The names of all runs.
fn schema(items: &[RunItem]) -> Schema {
    let mut schema = Schema::new();
    items.iter().for_each(|item| schema.add_run(item, KINDS));
    schema
}

/// What a text means by the names of these runs.
///
/// A text that is understood by the names of some runs means the same by those of all, and most are by the first few:
/// the names of all are gathered only for a text that is wrong, or speaks of what few runs have.
fn understood<T>(items: &[RunItem], read: impl Fn(&Schema) -> Result<T>) -> Result<T> {
    let mut schema = Schema::new();
    let (mut n_read, mut n_next) = (0, FIRST_RUNS);
    loop {
        let next = items.len().min(n_next);
        items[n_read..next].iter().for_each(|item| schema.add_run(item, KINDS));
        match read(&schema) {
            Err(_) if next < items.len() => (n_read, n_next) = (next, n_next * 8),
            result => return result,
        }
    }
}

fn parse(text: &str, kind: Kind, schema: &Schema) -> Result<Expression> {
    Expression::parse(text, kind, schema)
        .map_err(|error| anyhow!("read the expression: {}", error.render(text)))
}

fn order(cut: &Cut, kind: Kind, schema: &Schema) -> Result<Order> {
    Order::parse(&cut.sort, kind, schema)
        .map_err(|error| anyhow!("read what to sort by: {}", error.render(&cut.sort)))
}

fn matching_runs(
    items: &[RunItem],
    expression: &Expression,
    order: &Order,
    cut: &Cut,
) -> Result<Vec<Arc<RunRow>>> {
    let text = expression.text();
    let clock = clock();
    let (mut search, mut sorter) = (expression.search(clock), order.sorter(clock));
    let mut found = Vec::new();
    for item in items {
        if search.matches_run(item).map_err(|error| stopped(&error, text))? {
            let key = sorter.key(item, None).map_err(|error| stopped(&error, order.text()))?;
            found.push((key, Arc::clone(&item.row)));
        }
    }
    tell_problems(search.problems(), text);
    tell_problems(sorter.problems(), order.text());
    Ok(cut.of(found))
}

fn matching_items(
    repository: &Repository,
    items: &[RunItem],
    (expression, order): (&Expression, &Order),
    cut: &Cut,
) -> Result<Vec<(Arc<RunRow>, Item)>> {
    let (text, kind, clock) = (expression.text(), expression.kind(), clock());
    let (mut search, mut sorter) = (expression.search(clock), order.sorter(clock));
    let mut packs = Packs::default();
    let mut found = Vec::new();
    for item in items {
        let pruned = search.prune(item).map_err(|error| stopped(&error, text))?;
        if pruned == Prune::No {
            continue;
        }
        let mut take = |view: &dyn SeriesView| -> Result<Option<SortKey>> {
            let is_found = pruned == Prune::Yes
                || search.matches_series(item, view).map_err(|error| stopped(&error, text))?;
            let key = is_found.then(|| sorter.key(item, Some(view))).transpose();
            key.map_err(|error| stopped(&error, order.text()))
        };
        let mut keep = |key: SortKey, what: Item| found.push((key, (Arc::clone(&item.row), what)));
        for series in item.series_of(kind) {
            if let Some(key) = take(series)? {
                keep(key, Item::Series(series.clone()));
            }
        }
        if kind == Kind::Artifacts {
            for file in item.artifacts() {
                if let Some(key) = take(file)? {
                    keep(key, Item::from(file));
                }
            }
        }
        if kind == Kind::Answers {
            for tracked in read_answers(repository, item)? {
                let question = packs.text(repository, item, &tracked.answer.question)?;
                let view = AnswerView { step: tracked.step, answer: &tracked.answer, question };
                if let Some(key) = take(&view)? {
                    let question = question.map(str::to_owned);
                    keep(key, Item::Answer(tracked, question));
                }
            }
        }
    }
    tell_problems(search.problems(), text);
    tell_problems(sorter.problems(), order.text());
    Ok(cut.of(found))
}

impl From<&ArtifactItem> for Item {
    fn from(item: &ArtifactItem) -> Self {
        Self::Artifact { name: item.name.clone(), file: item.file.clone(), uri: item.uri.clone() }
    }
}

impl Cut {
    /// What was found, in its order, as much of it as is wanted.
    fn of<T>(&self, mut found: Vec<(SortKey, T)>) -> Vec<T> {
        if !self.sort.is_empty() {
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        let wanted = found.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX));
        wanted.map(|(_, what)| what).collect()
    }

    /// Whether everything is wanted, oldest first.
    pub(crate) fn is_whole(&self) -> bool {
        self.sort.is_empty() && self.offset == 0 && self.limit.is_none()
    }
}

/// The questions that answers refer to, each pack of them read once.
#[derive(Default)]
struct Packs {
    texts: BTreeMap<ContentId, BTreeMap<ContentId, String>>,
    of_runs: HashMap<trailmark_core::RunId, Vec<ContentId>>,
}

impl Packs {
    fn text(&mut self, repository: &Repository, item: &RunItem, id: &ContentId) -> Result<Option<&str>> {
        if !self.of_runs.contains_key(&item.id()) {
            let packs: Vec<ContentId> = repository.contents(item.id())?.packs.into_iter().collect();
            for pack in &packs {
                if !self.texts.contains_key(pack) {
                    // The answers are worth asking for without their texts.
                    let texts = repository.texts(pack).unwrap_or_else(|error| {
                        warn(&error.to_string());
                        BTreeMap::new()
                    });
                    self.texts.insert(*pack, texts);
                }
            }
            self.of_runs.insert(item.id(), packs);
        }
        let packs = self.of_runs.get(&item.id()).into_iter().flatten();
        let mut texts = packs.filter_map(|pack| self.texts.get(pack)?.get(id));
        Ok(texts.next().map(String::as_str))
    }
}

fn stopped(error: &QueryError, text: &str) -> anyhow::Error {
    anyhow!("{}", error.render(text))
}

/// Warns of runs of which something cannot be read: what is shown may lack it.
pub(crate) fn tell_unread<'a>(rows: impl Iterator<Item = &'a RunRow>) {
    warn_unread(rows.filter(|row| !row.problems.is_empty()).count());
}

/// Warns of so many of them.
pub(crate) fn warn_unread(n_runs: usize) {
    if n_runs > 0 {
        let runs = show::count(n_runs, "run");
        warn(&format!("something of {runs} cannot be read; trailmark repo check says what"));
    }
}

fn tell_problems(problems: &Problems, text: &str) {
    if let Some(first) = &problems.first {
        warn(&format!("{} items could not be judged: {}", problems.items, first.render(text)));
    }
}

fn clock() -> Clock {
    let utc_offset_secs = TimeZone::system().to_offset(Timestamp::now()).seconds();
    Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_few_runs_have_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        for index in 0..100u64 {
            let id = trailmark_core::RunId::from_parts(index + 1, [7; 6]);
            let mut journal = repository.writer(id).unwrap();
            let path = vec![if index == 99 { "rare".to_owned() } else { "usual".to_owned() }];
            let param = trailmark_store::Record::Param { path, value: (index as i64).into() };
            let created = trailmark_store::Record::Created { time: WallTime::from_unix_secs(index as f64) };
            journal.append(&[created, param]).unwrap();
        }
        assert_eq!(runs(&repository, "run.rare == 99", false).unwrap().len(), 1);
        assert_eq!(runs(&repository, "run.usual < 5", false).unwrap().len(), 5);
        let error = runs(&repository, "run.raer == 99", false).unwrap_err().to_string();
        assert!(error.contains("did you mean rare?"), "{error}");
        let cut = Cut { sort: "-run.rare, -run.usual".to_owned(), limit: Some(2), ..Cut::default() };
        let first = sorted_runs(&repository, "", false, &cut).unwrap();
        let created: Vec<f64> = first.iter().map(|row| row.created.unix_secs()).collect();
        assert_eq!(created, [99.0, 98.0]);
    }

    #[test]
    fn the_kind_of_a_wrong_expression_is_told_by_its_variable() {
        assert_eq!(spoken_of("run.metrics['loss'].lst > 1"), Kind::Runs);
        assert_eq!(spoken_of("run.name == 'a' and metric.lst > 1"), Kind::Metrics);
        assert_eq!(spoken_of("(image.contxt == {})"), Kind::Images);
        assert_eq!(spoken_of("not log_record.nme"), Kind::LogRecords);
    }
}

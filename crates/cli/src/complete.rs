//! What TAB offers where a value belongs: runs, expressions, metrics and tags of the repository at hand.
//!
//! The shell asks this program itself ([`answer`]), so that what is offered is what there is now. What cannot be read
//! offers nothing: a completion has no place for an error.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use trailmark_store::{Repository, RunRow};

use crate::{Arguments, Place, search};

/// What is offered, and a few words about it.
pub(crate) type Offer = (String, String);
/// Finds what begins as is typed.
type Find = fn(&[Arc<RunRow>], &str) -> Vec<Offer>;
type Complete = fn(&Repository, &str) -> anyhow::Result<Vec<Offer>>;

/// The variable with which a shell asks; its value is the shell's name.
pub(crate) const VARIABLE: &str = "TRAILMARK_COMPLETE";
/// What is offered at once at most.
const MOST: usize = 200;
/// Digits of an id that is offered.
const ID_DIGITS: usize = 12;

/// Answers a shell that asks for completions; false when none does.
pub(crate) fn answer(arguments: &[OsString]) -> bool {
    let asked = CompleteEnv::with_factory(Arguments::command).var(VARIABLE);
    // What the shell cannot be told it is not offered.
    asked.try_complete(arguments, std::env::current_dir().ok().as_deref()).unwrap_or(false)
}

/// Names of runs, and ids where a name is not enough or its beginning is typed.
pub(crate) fn runs() -> ArgValueCompleter {
    of_rows(|rows, typed| {
        let mut found = Vec::new();
        for row in rows.iter().rev() {
            let id: String = row.id.to_string().chars().take(ID_DIGITS).collect();
            let is_own =
                !row.name.is_empty() && rows.iter().filter(|other| other.name == row.name).count() == 1;
            let about = [row.experiment.as_str(), row.status.word()].join(" ");
            if is_own && row.name.starts_with(typed) {
                found.push((row.name.clone(), about));
            } else if id.starts_with(typed) && (!typed.is_empty() || !is_own) {
                found.push((id, [row.name.as_str(), &about].join(" ")));
            }
        }
        found
    })
}

/// Names of metrics.
pub(crate) fn metrics() -> ArgValueCompleter {
    of_rows(|rows, typed| {
        let keys = rows.iter().flat_map(|row| &row.series).map(|series| series.key.name.as_str());
        named(keys, typed)
    })
}

/// Tags.
pub(crate) fn tags() -> ArgValueCompleter {
    of_rows(|rows, typed| named(rows.iter().flat_map(|row| &row.tags).map(String::as_str), typed))
}

fn named<'a>(names: impl Iterator<Item = &'a str>, typed: &str) -> Vec<Offer> {
    let names: BTreeSet<&str> = names.filter(|name| name.starts_with(typed)).collect();
    names.into_iter().map(|name| (name.to_owned(), String::new())).collect()
}

/// Expressions over runs that begin as what is typed.
pub(crate) fn run_expressions() -> ArgValueCompleter {
    expressions(search::complete_runs)
}

/// Expressions over runs or what they hold.
pub(crate) fn any_expressions() -> ArgValueCompleter {
    expressions(search::complete_any)
}

fn expressions(complete: Complete) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let found = typed.to_str().zip(repository()).map(|(typed, repository)| complete(&repository, typed));
        candidates(found.and_then(Result::ok).unwrap_or_default())
    })
}

fn of_rows(find: Find) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let rows = repository().and_then(|repository| repository.rows().ok()).unwrap_or_default();
        candidates(typed.to_str().map(|typed| find(&rows, typed)).unwrap_or_default())
    })
}

fn candidates(found: Vec<Offer>) -> Vec<CompletionCandidate> {
    let candidate = |(place, (value, about)): (usize, (String, String))| {
        let about = Some(about.trim().to_owned()).filter(|about| !about.is_empty());
        CompletionCandidate::new(value).help(about.map(Into::into)).display_order(Some(place))
    };
    found.into_iter().take(MOST).enumerate().map(candidate).collect()
}

/// The repository that the line being typed speaks of.
fn repository() -> Option<Repository> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let repo = words.iter().zip(words.iter().skip(1)).find(|(word, _)| *word == "--repo");
    let joined = words.iter().find_map(|word| word.to_str()?.strip_prefix("--repo="));
    let repo = repo.map(|(_, path)| PathBuf::from(path)).or_else(|| joined.map(PathBuf::from));
    let repo = repo.or_else(|| std::env::var_os("TRAILMARK_REPO").map(PathBuf::from));
    Repository::open(&Place { repo }.path()).ok()
}

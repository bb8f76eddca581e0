//! The command line: one file a command. Data goes to standard output, everything else to standard error.

// A command line talks to people; what else the crates write goes through their own `fs.rs`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod answerer;
mod arguments;
mod ask;
mod complete;
mod completions;
mod data;
mod demo;
mod evaluate;
mod fs;
mod hub;
mod import;
mod model;
mod packages;
mod query;
mod recipe;
mod repo;
mod runs;
mod search;
mod session;
mod show;
mod signals;
mod sync;
mod terminal;
mod tls;
mod token;
mod train;
mod up;
mod wheel;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use trailmark_client::{Server, spool_folder};

/// Everything was done.
const DONE: u8 = 0;
/// Something went wrong; the message says what.
const FAILED: u8 = 1;
/// The command line could not be understood.
const USAGE: u8 = 2;
/// Stopped by Ctrl-C, or with 143 by SIGTERM: what was recorded and saved until then stays.
const INTERRUPTED: u8 = 130;

/// Fine-tunes question-answering models and keeps every number of every run.
#[derive(Parser)]
#[command(name = "trailmark", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  trailmark demo --model DIR
  trailmark sweep recipes/squad-slice-minilm.toml
  trailmark runs ls
  trailmark ask --model best:f1 -q 'What is the capital of France?' -c 'The capital of France is Paris.'

Exit codes: 0 done, 1 failed, 2 not understood, 130 stopped by Ctrl-C, 143 by SIGTERM\n(what was recorded and saved until then stays; the same command goes on).";

#[derive(Subcommand)]
enum Command {
    /// The whole loop on a question set: a grid, its best run continued, questions answered.
    Demo(demo::Demo),
    /// Fine-tunes one model as a recipe, or flags, say.
    Train(train::Train),
    /// Fine-tunes one model for each combination of a recipe's [grid].
    Sweep(train::Sweep),
    /// Measures a model: EM and F1 on a data set.
    Evaluate(evaluate::Evaluate),
    /// Answers questions from contexts.
    Ask(ask::Ask),
    /// Lists, shows, changes and exports tracked runs.
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Finds runs, metrics or texts by an expression.
    Query(query::Query),
    /// Brings runs of other trackers into the repository.
    #[command(subcommand)]
    Import(import::Import),
    /// Checks, copies and mends a repository.
    #[command(subcommand)]
    Repo(repo::Repo),
    /// Sends runs that wait for a server.
    Sync(sync::Sync),
    /// Makes, lists and revokes tokens with which people and programs sign in.
    #[command(subcommand)]
    Token(token::Tokens),
    /// Serves the page with everything that was tracked.
    Up(up::Up),
    /// Prints what a shell completes commands and options with.
    Completions(completions::Completions),
    /// Writes a manual page for each command.
    Man(completions::Man),
}

/// Where runs are kept.
#[derive(Args, Clone)]
struct Place {
    /// The repository's folder.
    ///
    /// Without it TRAILMARK_REPO, else the nearest .trailmark upward, else ./.trailmark.
    #[arg(long, env = "TRAILMARK_REPO", value_name = "DIR", value_parser = folder)]
    repo: Option<PathBuf>,
}

/// A repository's folder; an address is none.
fn folder(text: &str) -> Result<PathBuf, String> {
    match is_address(text) {
        true => {
            Err("got a server, want a folder: ask it in a browser, or run this where its repository lies"
                .into())
        }
        false => Ok(text.into()),
    }
}

fn is_address(text: &str) -> bool {
    text.contains("://")
}

/// Where runs are recorded.
#[derive(Args, Clone)]
struct Destination {
    /// The repository's folder, or the server that gets the runs: http://HOST:PORT or https://HOST:PORT.
    ///
    /// Without it TRAILMARK_REPO, else the nearest .trailmark upward, else ./.trailmark. Runs of a server are written to
    /// this machine's disk first, and wait there while it is away (trailmark sync). TRAILMARK_TOKEN is the token for it,
    /// TRAILMARK_CA_FILE the file (PEM) of an authority of your own that vouches for it.
    #[arg(long, env = "TRAILMARK_REPO", value_name = "DIR|URL")]
    repo: Option<String>,
}

impl Destination {
    /// The folder in which runs are recorded, and the server that gets them.
    fn open(&self) -> anyhow::Result<(PathBuf, Option<Server>)> {
        match &self.repo {
            Some(text) if is_address(text) => {
                let server = Server::new(text)?;
                Ok((server.spool(&spool_folder()), Some(server)))
            }
            repo => Ok((Place { repo: repo.as_ref().map(PathBuf::from) }.path(), None)),
        }
    }
}

impl Place {
    fn path(&self) -> PathBuf {
        if let Some(repo) = &self.repo {
            return repo.clone();
        }
        let here = std::env::current_dir().unwrap_or_default();
        let above = here.ancestors().map(|folder| folder.join(".trailmark")).find(|folder| folder.is_dir());
        above.unwrap_or_else(|| PathBuf::from(".trailmark"))
    }
}

/// How many threads compute.
fn threads(given: Option<usize>) -> usize {
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = arguments.into_iter().collect();
    if complete::answer(&words) {
        return ExitCode::from(DONE);
    }
    let words = arguments::join_switches(words);
    let parsed = match Arguments::try_parse_from(words) {
        Ok(parsed) => parsed,
        Err(error) => {
            // Printing help to a closed pipe is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { DONE });
        }
    };
    let result = match parsed.command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Train(train) => train::train(&train),
        Command::Sweep(sweep) => train::sweep(&sweep),
        Command::Evaluate(evaluate) => evaluate::run(&evaluate),
        Command::Ask(ask) => ask::run(&ask),
        Command::Runs(runs) => runs::run(&runs),
        Command::Query(query) => query::run(&query),
        Command::Import(asked) => import::run(&asked),
        Command::Repo(repo) => repo::run(&repo),
        Command::Sync(sync) => sync::run(&sync),
        Command::Token(tokens) => token::run(&tokens),
        Command::Up(up) => up::run(&up),
        Command::Completions(one) => completions::completions(&one),
        Command::Man(man) => completions::man(&man),
    };
    match result {
        Ok(INTERRUPTED) => ExitCode::from(signals::stopped_code()),
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::say(&show::error(&error));
            ExitCode::from(FAILED)
        }
    }
}

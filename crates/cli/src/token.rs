//! `trailmark token`: who may sign in to a server of a repository.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use trailmark_store::{Repository, Scope, Token};

use crate::terminal::{print, say};
use crate::{DONE, Place, show};

/// Makes, lists and revokes tokens with which people and programs sign in to `trailmark up`.
#[derive(Subcommand)]
pub(crate) enum Tokens {
    /// Makes a token and prints it: it is shown this once.
    Create(Create),
    /// Lists tokens.
    Ls(Ls),
    /// Makes tokens worthless, within a second also for a server that runs.
    Revoke(Revoke),
}

#[derive(Args)]
#[command(after_help = "Examples:
  trailmark token create laptop --scope track --expires 90d
  TRAILMARK_TOKEN=$(trailmark token create ci --scope track) trailmark train … --repo http://HOST:43800

Scopes: read sees everything; track also records runs and changes names, tags and notes; admin also deletes.")]
pub(crate) struct Create {
    /// What it is called.
    name: String,
    /// What its holder may do.
    #[arg(long, value_enum, default_value_t = Kind::Read)]
    scope: Kind,
    /// How long it works: 12h, 90d; for ever without.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct Ls {
    /// Print a JSON array.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
#[command(after_help = "Example: trailmark token revoke laptop")]
pub(crate) struct Revoke {
    /// The names of the tokens.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// What the holder of a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// See everything.
    Read,
    /// Record runs, and change names, tags and notes.
    Track,
    /// Delete, too.
    Admin,
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("got {text:?}, want a number of hours or days, such as 12h or 90d");
    let place = text.len().checked_sub(1).filter(|place| text.is_char_boundary(*place)).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(place);
    let secs = match unit {
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(secs).map(Duration::from_secs).ok_or_else(wrong)
}

pub(crate) fn run(tokens: &Tokens) -> Result<u8> {
    match tokens {
        Tokens::Create(one) => create(one),
        Tokens::Ls(ls) => list(ls),
        Tokens::Revoke(revoke) => revoke_all(revoke),
    }
}

fn create(create: &Create) -> Result<u8> {
    let repository = Repository::open(&create.place.path())?;
    let name = create.name.trim();
    if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
        bail!("make a token: got the name {name:?}, want 1 to 200 letters");
    }
    if repository.tokens()?.iter().any(|token| token.name == name) {
        bail!("make a token: there is one called {name:?}; revoke it first, or take another name");
    }
    let scope = match create.scope {
        Kind::Read => Scope::Read,
        Kind::Track => Scope::Track,
        Kind::Admin => Scope::Admin,
    };
    let (token, said) = Token::generate(name, scope, create.expires);
    repository.keep_token(token)?;
    say("keep it now: it is shown this once");
    print(&said)?;
    Ok(DONE)
}

fn list(ls: &Ls) -> Result<u8> {
    let tokens = Repository::open(&ls.place.path())?.tokens()?;
    if ls.json {
        let all = tokens.iter().map(|token| {
            json!({
                "name": token.name, "scope": token.scope.word(), "created_at": token.created.unix_secs(),
                "expires_at": token.expires.map(trailmark_core::WallTime::unix_secs), "expired": token.is_expired(),
            })
        });
        print(&serde_json::Value::from(all.collect::<Vec<_>>()).to_string())?;
        return Ok(DONE);
    }
    if tokens.is_empty() {
        say("no tokens yet: trailmark token create makes one");
        return Ok(DONE);
    }
    let day = |time: trailmark_core::WallTime| {
        let stamp = jiff::Timestamp::from_nanosecond(i128::from(time.nanos()));
        stamp.map_or_else(|_| String::new(), |stamp| stamp.strftime("%Y-%m-%d %H:%M UTC").to_string())
    };
    let rows = tokens.iter().map(|token| {
        let ends = match token.expires {
            Some(_) if token.is_expired() => "expired".to_owned(),
            Some(expires) => day(expires),
            None => "–".to_owned(),
        };
        vec![token.name.clone(), token.scope.word().to_owned(), day(token.created), ends]
    });
    show::table(&["name", "scope", "created", "expires"], &rows.collect::<Vec<_>>())?;
    Ok(DONE)
}

fn revoke_all(revoke: &Revoke) -> Result<u8> {
    let repository = Repository::open(&revoke.place.path())?;
    for name in &revoke.names {
        if repository.revoke_token(name)?.is_none() {
            bail!("revoke a token: there is none called {name:?}");
        }
        say(&format!("revoked {name}"));
    }
    Ok(DONE)
}

//! `tokens.toml`: who may sign in to a server of this repository, and what they may do.
//!
//! A token is shown once, when it is made; kept is its BLAKE3, which is enough for 192 random bits. The file is readable
//! by its owner alone, is no part of a backup, and is replaced whole.

use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use toml::{Table, Value};
use trailmark_core::{ContentId, WallTime, WriterId};

use crate::record::{from_micros, micros};
use crate::{Error, Repository};

/// The file's name.
const TOKENS: &str = "tokens.toml";
/// With what every token begins, so that people and scanners know it.
const PREFIX: &str = "trailmark_";

/// What whoever holds a token may do; each may what those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See everything.
    Read,
    /// Record runs, and change what people call them.
    Track,
    /// Delete.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Track, Self::Admin];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Track => "track",
            Self::Admin => "admin",
        }
    }
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What people call it; one of each.
    pub name: String,
    /// What its holder may do.
    pub scope: Scope,
    /// The hash of what its holder says.
    pub hash: ContentId,
    /// When it was made.
    pub created: WallTime,
    /// When it ends.
    pub expires: Option<WallTime>,
}

impl Token {
    /// A new token; answers also what its holder says, which is kept nowhere.
    pub fn generate(name: &str, scope: Scope, lives: Option<Duration>) -> (Self, String) {
        let secret: String = (0..3).map(|_| WriterId::generate().to_string()).collect();
        let said = format!("{PREFIX}{secret}");
        let now = SystemTime::now();
        let expires = lives.and_then(|lives| now.checked_add(lives)).map(WallTime::from);
        let created = WallTime::from(now);
        (Self { name: name.to_owned(), scope, hash: ContentId::of(&said), created, expires }, said)
    }

    /// Whether it has ended.
    pub fn is_expired(&self) -> bool {
        self.expires.is_some_and(|expires| WallTime::from(SystemTime::now()) >= expires)
    }
}

impl Repository {
    /// The tokens, by name; those that have ended too.
    ///
    /// # Errors
    /// [`Error::Broken`], [`Error::Io`].
    pub fn tokens(&self) -> Result<Vec<Token>, Error> {
        let place = &self.inner.place;
        let path = place.path.join(TOKENS);
        if !place.files.exists(&path) {
            return Ok(Vec::new());
        }
        read(&place.files.read(&path)?, &path)
    }

    /// Keeps a token; answers the one that was called so before.
    ///
    /// # Errors
    /// As [`Self::tokens`], and [`Error::Full`].
    pub fn keep_token(&self, token: Token) -> Result<Option<Token>, Error> {
        self.change_tokens(|tokens| {
            let before = take(tokens, &token.name);
            tokens.push(token);
            before
        })
    }

    /// Forgets a token: nobody signs in with it any more. Answers what it was.
    ///
    /// # Errors
    /// As [`Self::keep_token`].
    pub fn revoke_token(&self, name: &str) -> Result<Option<Token>, Error> {
        self.change_tokens(|tokens| take(tokens, name))
    }

    fn change_tokens(
        &self,
        change: impl FnOnce(&mut Vec<Token>) -> Option<Token>,
    ) -> Result<Option<Token>, Error> {
        let _one = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens = self.tokens()?;
        let before = tokens.clone();
        let taken = change(&mut tokens);
        if tokens != before {
            tokens.sort_by(|a, b| a.name.cmp(&b.name));
            let place = &self.inner.place;
            place.files.replace_private(&place.path.join(TOKENS), write(&tokens).as_bytes())?;
        }
        Ok(taken)
    }
}

fn take(tokens: &mut Vec<Token>, name: &str) -> Option<Token> {
    let at = tokens.iter().position(|token| token.name == name)?;
    Some(tokens.remove(at))
}

fn read(bytes: &[u8], path: &Path) -> Result<Vec<Token>, Error> {
    let broken = |reason: &str| Error::Broken { reason: reason.to_owned(), path: path.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(&error.to_string()))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| broken(&error.to_string()))?;
    let list = match table.get("token") {
        None => return Ok(Vec::new()),
        Some(list) => {
            list.as_array().ok_or_else(|| broken("got a token that is no table, want [[token]]"))?
        }
    };
    let token = |value: &Value| {
        let word = |key: &str| value.get(key).and_then(Value::as_str);
        let time = |key: &str| value.get(key).and_then(Value::as_integer).map(from_micros);
        Some(Token {
            name: word("name")?.to_owned(),
            scope: Scope::ALL.into_iter().find(|scope| Some(scope.word()) == word("scope"))?,
            hash: word("hash")?.parse().ok()?,
            created: time("created")?,
            expires: time("expires"),
        })
    };
    let tokens: Option<Vec<Token>> = list.iter().map(token).collect();
    tokens.ok_or_else(|| broken("got a token without name, scope, hash or created"))
}

fn write(tokens: &[Token]) -> String {
    let table = |token: &Token| {
        let mut table = Table::from_iter([
            ("name".to_owned(), Value::String(token.name.clone())),
            ("scope".to_owned(), Value::String(token.scope.word().to_owned())),
            ("hash".to_owned(), Value::String(token.hash.to_string())),
            ("created".to_owned(), Value::Integer(micros(token.created))),
        ]);
        if let Some(expires) = token.expires {
            table.insert("expires".to_owned(), Value::Integer(micros(expires)));
        }
        Value::Table(table)
    };
    Table::from_iter([("token".to_owned(), Value::Array(tokens.iter().map(table).collect()))]).to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_kept_by_its_hash_where_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::open_or_create(folder.path()).unwrap();
        assert_eq!(repository.tokens().unwrap(), []);
        let (token, said) = Token::generate("laptop", Scope::Track, Some(Duration::from_secs(60)));
        let (other, other_said) = Token::generate("ci", Scope::Read, None);
        assert!(said != other_said && said.len() == PREFIX.len() + 48, "{said}");
        repository.keep_token(token.clone()).unwrap();
        repository.keep_token(other.clone()).unwrap();
        let path = folder.path().join(TOKENS);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&said) && !text.contains(&said[PREFIX.len()..]), "{text}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let known = Repository::open(folder.path()).unwrap().tokens().unwrap();
        assert_eq!(known.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["ci", "laptop"]);
        assert_eq!((known[1].hash, known[1].scope), (ContentId::of(&said), Scope::Track));
        assert!(!known[1].is_expired() && known[0].expires.is_none());
        assert_eq!(repository.revoke_token("ci").unwrap().unwrap().name, "ci");
        assert_eq!(repository.revoke_token("ci").unwrap(), None);
        std::fs::write(&path, "[[token]]\nname = \"x\"\nscope = \"god\"").unwrap();
        assert!(repository.tokens().unwrap_err().to_string().contains("without name, scope"));
        let (ended, _) = Token::generate("old", Scope::Read, Some(Duration::ZERO));
        assert!(ended.is_expired());
    }
}

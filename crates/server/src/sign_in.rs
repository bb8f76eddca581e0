//! Who asks, and what they may do: tokens in a header, or a session of a browser that gave one.
//!
//! A server that only this machine reaches asks nobody. A session is a cookie that scripts cannot read and that other
//! sites cannot make the browser send; whatever changes something must come from the page itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use axum::http::{HeaderMap, Method};
use serde_json::json;
use trailmark_core::{ContentId, WallTime, WriterId};
use trailmark_store::{Scope, Store, Token};

use crate::error::ApiError;

/// The cookie of a session.
const COOKIE_NAME: &str = "trailmark_session";
/// How long a session lives without a request.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions at most: the one that was quiet for longest ends for a new one.
const MOST_SESSIONS: usize = 10_000;
/// How long the tokens that were read stay true: a revoked one works no longer than that.
const FRESH: Duration = Duration::from_secs(1);
/// Requests of one token at once, and then in each second.
const BURST: f64 = 2000.0;
const RATE: f64 = 500.0;

/// Whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Who {
    /// The token's name; empty where nobody signs in.
    pub(crate) name: String,
    pub(crate) scope: Scope,
}

/// What is known of tokens and sessions.
#[derive(Debug)]
pub(crate) struct SignIn {
    is_required: bool,
    /// Whether the cookie goes over TLS alone.
    is_secure: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tokens: Option<(Instant, Vec<Token>)>,
    sessions: HashMap<String, Session>,
    /// What is left to each token, and when that was reckoned.
    left: HashMap<String, (f64, Instant)>,
}

#[derive(Debug)]
struct Session {
    /// Which token began it: a revoked one ends it.
    hash: ContentId,
    heard: Instant,
}

impl SignIn {
    pub(crate) fn new(is_required: bool, is_secure: bool) -> Self {
        Self { is_required, is_secure, state: Mutex::default() }
    }

    pub(crate) fn is_required(&self) -> bool {
        self.is_required
    }

    /// Whoever asks a server that wants to know nobody.
    pub(crate) fn anybody(&self) -> Option<Who> {
        (!self.is_required).then(|| Who { name: String::new(), scope: Scope::Admin })
    }

    /// Whether somebody may still do what they did when they came: for streams that stay open.
    pub(crate) fn stands(&self, store: &dyn Store, who: &Who) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_required
            || state
                .named(store, &who.name)
                .is_ok_and(|token| token.is_some_and(|token| token.scope >= who.scope && !token.is_expired()))
    }

    /// Who sends these headers.
    pub(crate) fn who(&self, store: &dyn Store, headers: &HeaderMap) -> Result<Who, ApiError> {
        if let Some(anybody) = self.anybody() {
            return Ok(anybody);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = match bearer(headers) {
            Some(token) => ContentId::of(token),
            None => {
                let id = session_id(headers).ok_or_else(ApiError::unknown)?;
                let session = state.sessions.get_mut(id).ok_or_else(ApiError::unknown)?;
                if session.heard.elapsed() > SESSION {
                    state.sessions.remove(id);
                    return Err(ApiError::unknown());
                }
                session.heard = Instant::now();
                session.hash
            }
        };
        let token = state.token(store, &hash)?;
        state.spend(&token.name)?;
        Ok(Who { name: token.name, scope: token.scope })
    }

    /// Who one of Aim's clients is, by the token that its paths begin with; it records, and so must be allowed to.
    pub(crate) fn who_by_path(&self, store: &dyn Store, token: Option<&str>) -> Result<Who, ApiError> {
        if let Some(anybody) = self.anybody() {
            return Ok(anybody);
        }
        let hash = ContentId::of(token.ok_or_else(ApiError::unknown)?);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let token = state.token(store, &hash)?;
        let who = Who { name: token.name, scope: token.scope };
        who.may(Scope::Track)?;
        Ok(who)
    }

    /// Begins a session for whoever holds a token; answers the cookie.
    pub(crate) fn begin(&self, store: &dyn Store, said: &str) -> Result<(Who, String), ApiError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = ContentId::of(said.trim());
        let token = state.token(store, &hash)?;
        if state.sessions.len() >= MOST_SESSIONS {
            let quiet = state.sessions.iter().min_by_key(|(_, session)| session.heard);
            if let Some(id) = quiet.map(|(id, _)| id.clone()) {
                state.sessions.remove(&id);
            }
        }
        let id: String = (0..4).map(|_| WriterId::generate().to_string()).collect();
        state.sessions.insert(id.clone(), Session { hash, heard: Instant::now() });
        Ok((Who { name: token.name, scope: token.scope }, self.cookie(&id, SESSION.as_secs())))
    }

    /// Ends the session of these headers; answers the cookie that takes its place.
    pub(crate) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(id) = session_id(headers) {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).sessions.remove(id);
        }
        self.cookie("", 0)
    }

    fn cookie(&self, id: &str, secs: u64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{COOKIE_NAME}={id}; Path=/; Max-Age={secs}; HttpOnly; SameSite=Strict{secure}")
    }

    /// Whether someone may do this; `is_page` says that the request names the page as where it comes from.
    pub(crate) fn admits(&self, who: &Who, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
        if !self.is_required || method.is_safe() {
            return Ok(());
        }
        // A browser says where a request that changes something comes from; the guard has seen that it is from here.
        if bearer(headers).is_none() && headers.get(ORIGIN).is_none() {
            let message = "got a change by a session without an Origin, want one of the page's".to_owned();
            return Err(ApiError::Foreign { message });
        }
        who.may(Scope::Track)
    }
}

impl Who {
    /// Whether they may do what a scope allows.
    pub(crate) fn may(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scope >= scope {
            return Ok(());
        }
        let (name, own, want) = (&self.name, self.scope.word(), scope.word());
        let message = format!("the token {name:?} may only {own}, want one with the scope {want}");
        Err(ApiError::Forbidden { message })
    }
}

impl State {
    /// The tokens as they were a moment ago.
    fn tokens(&mut self, store: &dyn Store) -> Result<&[Token], ApiError> {
        if self.tokens.as_ref().is_none_or(|(read, _)| read.elapsed() > FRESH) {
            self.tokens = Some((Instant::now(), store.tokens()?));
        }
        Ok(self.tokens.as_ref().map(|(_, tokens)| tokens.as_slice()).unwrap_or_default())
    }

    fn named(&mut self, store: &dyn Store, name: &str) -> Result<Option<&Token>, ApiError> {
        Ok(self.tokens(store)?.iter().find(|token| token.name == name))
    }

    /// The token of a hash, if it may still be used.
    fn token(&mut self, store: &dyn Store, hash: &ContentId) -> Result<Token, ApiError> {
        // Hashes of random bits: how long a comparison takes tells nothing that helps to guess them.
        let token = self.tokens(store)?.iter().find(|token| token.hash == *hash);
        let token = token.ok_or_else(ApiError::unknown)?;
        if token.is_expired() {
            return Err(ApiError::SignIn { message: format!("the token {:?} has expired", token.name) });
        }
        Ok(token.clone())
    }

    /// Takes a request off what a token has left.
    fn spend(&mut self, name: &str) -> Result<(), ApiError> {
        let now = Instant::now();
        let (left, reckoned) = self.left.entry(name.to_owned()).or_insert((BURST, now));
        *left = (*left + RATE * now.duration_since(*reckoned).as_secs_f64()).min(BURST);
        *reckoned = now;
        if *left < 1.0 {
            return Err(ApiError::TooMany { message: format!("the token {name:?} asks too often") });
        }
        *left -= 1.0;
        Ok(())
    }
}

/// The token of a header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn session_id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, id)| id)
}

/// The line of the audit log for a request that changed something, or was refused.
pub(crate) fn audit_line(name: &str, method: &Method, path: &str, status: u16) -> String {
    let at = WallTime::from(std::time::SystemTime::now()).unix_secs();
    json!({"at": at, "token": name, "method": method.as_str(), "path": path, "status": status}).to_string()
}

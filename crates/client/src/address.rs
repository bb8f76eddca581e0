//! The address of a server: where it is, who vouches for it, and the token that it was given with.

use std::path::{Path, PathBuf};

use ureq::tls::TlsConfig;

use crate::authority::tls_config;
use crate::error::ShipError;

/// A server that takes runs.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its address without a path, such as `http://127.0.0.1:43800`.
    url: String,
    /// Who vouches for it, where it speaks TLS.
    tls: TlsConfig,
    /// The token that its address was given with.
    token: Option<Token>,
}

/// A token, which no message shows.
#[derive(Clone)]
pub(crate) struct Token(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

/// How every token begins.
const TOKEN: &str = "trailmark_";

impl Server {
    /// The server of an address, which may end in a token as Aim's clients write it (`http://HOST:PORT/TOKEN`); else
    /// `TRAILMARK_TOKEN` is the token for it. For `https://` the public authorities vouch, or those in the file (PEM) that
    /// `TRAILMARK_CA_FILE`, else `SSL_CERT_FILE`, else `REQUESTS_CA_BUNDLE` names.
    ///
    /// # Errors
    /// [`ShipError::Address`], [`ShipError::Authority`].
    pub fn new(url: &str) -> Result<Self, ShipError> {
        let mut bare = url.trim_end_matches('/');
        let mut token = None;
        if let Some((before, last)) = bare.rsplit_once('/').filter(|(_, last)| last.starts_with(TOKEN)) {
            (bare, token) = (before, Some(Token(last.to_owned())));
        }
        let host = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://"));
        let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', ',', '\\']);
        if !host.is_some_and(|host| is_host(&host)) {
            return Err(ShipError::Address { got: bare.to_owned() });
        }
        let tls = if bare.starts_with("https://") { tls_config()? } else { TlsConfig::default() };
        Ok(Self { url: bare.to_owned(), tls, token })
    }

    /// How TLS is spoken with it.
    pub(crate) fn tls(&self) -> &TlsConfig {
        &self.tls
    }

    /// The token that its address was given with.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Its address, without a token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where runs for it wait: a folder of its own below the one for all servers.
    pub fn spool(&self, all: &Path) -> PathBuf {
        all.join(self.url.replace("://", ",").replace(':', ","))
    }

    /// The server whose runs wait in a folder.
    ///
    /// # Errors
    /// [`ShipError::Authority`].
    pub fn of_spool(folder: &Path) -> Result<Option<Self>, ShipError> {
        let name = folder.file_name().and_then(|name| name.to_str());
        let Some((scheme, host)) = name.and_then(|name| name.split_once(',')) else { return Ok(None) };
        match Self::new(&format!("{scheme}://{}", host.replace(',', ":"))) {
            Err(ShipError::Address { .. }) => Ok(None),
            server => server.map(Some),
        }
    }

    /// The same server as it was asked before it spoke TLS.
    pub fn without_tls(&self) -> Option<Self> {
        let host = self.url.strip_prefix("https://")?;
        Some(Self { url: format!("http://{host}"), tls: TlsConfig::default(), token: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_at_the_end_of_an_address_is_kept_apart() {
        let server = Server::new("http://127.0.0.1:43800/trailmark_abc/").unwrap();
        assert_eq!(server.url(), "http://127.0.0.1:43800");
        assert_eq!(server.token().unwrap().0, "trailmark_abc");
        assert!(!format!("{server:?}").contains("abc"));
        assert_eq!(server.spool(Path::new("all")), Path::new("all/http,127.0.0.1,43800"));
        assert!(Server::new("http://127.0.0.1:43800").unwrap().token().is_none());
        for wrong in ["http://127.0.0.1:43800/other", "trailmark_abc", "http:///trailmark_abc"] {
            assert!(matches!(Server::new(wrong), Err(ShipError::Address { .. })), "{wrong}");
        }
    }
}

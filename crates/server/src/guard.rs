//! Who may ask: only pages and programs that name an address that the server listens on.
//!
//! A foreign page cannot read answers (no CORS headers), but it could make a name of its own point here (DNS rebinding)
//! or send a form. So `Host` must be one of ours, and `Origin`, where a browser sends it, too.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::{HeaderValue, Method, Uri};

/// Headers of every answer.
pub(crate) fn headers() -> [(HeaderName, HeaderValue); 5] {
    [
        (
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static(
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
             media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            ),
        ),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// Addresses that requests may name.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    addresses: Vec<SocketAddr>,
    /// The machine's name.
    machine: String,
}

impl Guard {
    pub(crate) fn new(addresses: Vec<SocketAddr>) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().to_lowercase();
        Self { addresses, machine }
    }

    /// Whether a request names us; else why not.
    pub(crate) fn admits(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
        if !self.is_ours(host) {
            return Err(format!(
                "got a request for the host {host:?}, want an address that this server listens on"
            ));
        }
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        let is_ours = origin.strip_prefix("http://").is_some_and(|host| self.is_ours(host));
        if is_ours {
            Ok(())
        } else {
            Err(format!("got a {method} request of a page of {origin:?}, want one of this server's"))
        }
    }

    /// Whether `host` or `host:port` is an address that we listen on.
    fn is_ours(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let (name, port) = match host.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host.as_str(), Some(80)),
        };
        let Some(port) = port else { return false };
        let name = name.strip_suffix('.').unwrap_or(name);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        let ip: Option<IpAddr> = bare.parse().ok();
        self.addresses.iter().filter(|address| address.port() == port).any(|address| {
            let listens = address.ip();
            match ip {
                Some(ip) => {
                    ip == listens || listens.is_unspecified() || (ip.is_loopback() && listens.is_loopback())
                }
                None if name == "localhost" || name.ends_with(".localhost") => {
                    listens.is_loopback() || listens.is_unspecified()
                }
                None => !listens.is_loopback() && name == self.machine,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listens: &str, host: &str, want: bool) {
        let guard = Guard { addresses: vec![listens.parse().unwrap()], machine: "tower".to_owned() };
        assert_eq!(guard.is_ours(host), want, "{host} at {listens}");
    }

    #[test]
    fn only_addresses_of_ours_are_taken() {
        let local = "127.0.0.1:43800";
        for (host, want) in [
            ("127.0.0.1:43800", true),
            ("localhost:43800", true),
            ("LOCALHOST.:43800", true),
            ("[::1]:43800", true),
            ("localhost:43801", false),
            ("localhost", false),
            ("evil.example:43800", false),
            ("127.0.0.1.evil.example:43800", false),
            ("tower:43800", false),
            ("10.0.0.5:43800", false),
            ("", false),
            ("localhost:x", false),
        ] {
            check(local, host, want);
        }
        check("0.0.0.0:80", "tower", true);
        check("0.0.0.0:80", "10.0.0.5", true);
        check("0.0.0.0:80", "evil.example", false);
        check("10.0.0.5:8000", "10.0.0.5:8000", true);
        check("10.0.0.5:8000", "10.0.0.6:8000", false);
    }
}

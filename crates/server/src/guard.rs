//! Who may ask: only pages and programs that name an address that the server listens on.
//!
//! A foreign page cannot read answers (no CORS headers), but it could make a name of its own point here (DNS rebinding)
//! or send a form. So `Host` must be one of ours, and `Origin`, where a browser sends it, too. Under TLS the names that
//! the certificate is for are ours as well, by any port: something in between may have passed the connection on.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderValue, Method, Uri};

use crate::certificate::Certificate;

/// How long a browser that came by TLS keeps to it, also when it is told otherwise.
const TLS_ONLY: &str = "max-age=31536000";

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
    /// What is shown to clients, who then speak TLS.
    certificate: Option<Certificate>,
}

impl Guard {
    pub(crate) fn new(addresses: Vec<SocketAddr>, certificate: Option<Certificate>) -> Self {
        let machine = rustix::system::uname().nodename().to_string_lossy().to_lowercase();
        Self { addresses, machine, certificate }
    }

    /// The header by which a browser keeps to TLS. Not for this machine's own name, which other programs of it share,
    /// and which would keep to it on their ports, too.
    pub(crate) fn tls_only(&self, headers: &HeaderMap) -> Option<(HeaderName, HeaderValue)> {
        let host = headers.get(HOST)?.to_str().ok()?.to_lowercase();
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        let is_local = name == "localhost" || name.ends_with(".localhost");
        let is_sent = self.certificate.is_some() && !is_local;
        is_sent.then_some((STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY)))
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
        let scheme = if self.certificate.is_some() { "https://" } else { "http://" };
        // What else this machine serves under a name of the certificate, at another port, is not ours.
        let is_same = |from: &str| from.eq_ignore_ascii_case(host) || self.is_listened_on(from);
        let is_ours = origin.strip_prefix(scheme).is_some_and(is_same);
        if is_ours {
            Ok(())
        } else {
            Err(format!("got a {method} request of a page of {origin:?}, want one of this server's"))
        }
    }

    /// Whether `host` or `host:port` is an address that we listen on, or a host of the certificate.
    fn is_ours(&self, host: &str) -> bool {
        self.is_listened_on(host)
            || self.certificate.as_ref().is_some_and(|certificate| {
                let (name, port) = parted(host);
                port.is_none_or(|port| port.parse::<u16>().is_ok()) && certificate.names(&name)
            })
    }

    fn is_listened_on(&self, host: &str) -> bool {
        let (name, port) = parted(host);
        let usual = if self.certificate.is_some() { 443 } else { 80 };
        let Some(port) = port.map_or(Some(usual), |port| port.parse().ok()) else { return false };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
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

/// A host in lower case without the dot of its root, and its port.
fn parted(host: &str) -> (String, Option<&str>) {
    let (name, port) = match host.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    (name.strip_suffix('.').unwrap_or(name).to_lowercase(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listens: &str, host: &str, want: bool) {
        let addresses = vec![listens.parse().unwrap()];
        let guard = Guard { addresses, machine: "tower".to_owned(), certificate: None };
        assert_eq!(guard.is_ours(host), want, "{host} at {listens}");
    }

    fn with_certificate() -> Guard {
        let [chain, key] = crate::certificate::tests::FIRST;
        let certificate = Some(Certificate::new(chain, key).unwrap());
        let addresses = vec!["10.0.0.5:43800".parse().unwrap()];
        Guard { addresses, machine: "tower".to_owned(), certificate }
    }

    #[test]
    fn hosts_of_the_certificate_are_ours_and_their_other_ports_are_not() {
        let guard = with_certificate();
        let admits = |host: &str, origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            if !origin.is_empty() {
                headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            guard.admits(&Method::POST, &Uri::from_static("/"), &headers).is_ok()
        };
        for (host, origin, want) in [
            ("first.example", "", true),
            ("First.Example:8443", "", true),
            ("a.team.example", "https://a.team.example", true),
            ("second.example", "", false),
            ("first.example:x", "", false),
            ("first.example", "https://first.example", true),
            ("first.example", "http://first.example", false),
            ("first.example", "https://first.example:9999", false),
            ("first.example", "https://a.team.example", false),
            ("tower:43800", "https://tower:43800", true),
            ("tower", "", false),
        ] {
            assert_eq!(admits(host, origin), want, "{host} {origin}");
        }
    }

    #[test]
    fn only_names_of_this_server_alone_are_kept_to_tls() {
        let mut headers = HeaderMap::new();
        for (host, want) in
            [("first.example:43800", true), ("localhost:43800", false), ("x.localhost", false)]
        {
            headers.insert(HOST, HeaderValue::from_static(host));
            assert_eq!(with_certificate().tls_only(&headers).is_some(), want, "{host}");
        }
        headers.insert(HOST, HeaderValue::from_static("first.example"));
        assert_eq!(Guard::new(Vec::new(), None).tls_only(&headers), None);
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

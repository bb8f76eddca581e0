//! Who vouches for a server that speaks TLS: the public authorities, or those in a file that the environment names.

use std::path::PathBuf;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::error::ShipError;
use crate::fs;

/// The variables that name the file, the first that is set: our own, OpenSSL's, and that of Python's `requests`.
const NAMES: [&str; 3] = ["TRAILMARK_CA_FILE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];

/// How TLS is spoken, as the environment says.
pub(crate) fn tls_config() -> Result<TlsConfig, ShipError> {
    let mut named = NAMES.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    match named.find(|(_, path)| !path.is_empty()) {
        Some((variable, path)) => config_of(variable, path.into()),
        None => Ok(TlsConfig::default()),
    }
}

fn config_of(variable: &'static str, path: PathBuf) -> Result<TlsConfig, ShipError> {
    let wrong = |reason: String| ShipError::Authority { variable, reason, path: path.clone() };
    let text = fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(wrong("got no block that begins with -----BEGIN CERTIFICATE-----".to_owned()));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::from(found.into_iter())).build())
}

/// What one can do about an error of TLS, as far as it tells.
pub(crate) fn advice(reason: &str) -> &'static str {
    match reason {
        text if text.contains("UnknownIssuer") || text.contains("CaUsedAsEndEntity") => {
            "; TRAILMARK_CA_FILE names the file (PEM) of an authority of your own"
        }
        text if text.contains("InvalidContentType") => "; it may not speak TLS: http:// in place of https://",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tls")
    }

    #[test]
    fn a_file_without_an_authority_is_told_with_its_path() {
        let check = |name: &str, want: &str| {
            let error = config_of("SSL_CERT_FILE", folder().join(name)).unwrap_err().to_string();
            assert!(
                error.contains(want) && error.contains(name) && error.contains("SSL_CERT_FILE"),
                "{error}"
            );
        };
        check("first.key", "no block that begins");
        check("none.pem", "No such file");
        assert!(config_of("SSL_CERT_FILE", folder().join("ca.pem")).is_ok());
    }
}

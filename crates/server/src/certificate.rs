//! The certificate that a server shows, and its key: read from PEM, and replaced while the server runs.
//!
//! Names in the certificate are names of ours: a browser that reached us by one of them has verified that it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};
use thiserror::Error;
use webpki::EndEntityCert;

/// How a private key that wants a password begins.
const LOCKED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The file holds none.
    #[error("find a certificate: got no block that begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// The file is damaged, or another kind of file.
    #[error("read a certificate")]
    Certificate {
        /// Where it ends to be one.
        #[source]
        source: pem::Error,
    },
    /// The bytes of the first certificate make none for a server.
    #[error("read a certificate: {reason}")]
    Bytes {
        /// What is wrong with them.
        reason: String,
    },
    /// The file holds no key.
    #[error("find a private key: got no block that begins with -----BEGIN PRIVATE KEY-----")]
    NoKey,
    /// The key wants a password.
    #[error("read a private key: got one that wants a password")]
    LockedKey,
    /// The file is damaged, or another kind of file.
    #[error("read a private key")]
    Key {
        /// Where it ends to be one.
        #[source]
        source: pem::Error,
    },
    /// The key is another certificate's.
    #[error("match certificate and private key: got the key of another certificate")]
    Pair,
    /// Something else about them.
    #[error("use the certificate")]
    Other {
        /// What.
        #[source]
        source: rustls::Error,
    },
}

impl CertificateError {
    /// Whether the file with the key is to blame.
    pub fn is_of_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::LockedKey | Self::Key { .. } | Self::Pair)
    }
}

/// A certificate with its key, shared by whoever replaces it and the server that shows it.
#[derive(Debug, Clone)]
pub struct Certificate {
    shown: Arc<Mutex<Shown>>,
}

#[derive(Debug)]
struct Shown {
    config: Arc<ServerConfig>,
    /// Lower case; the first label may be `*`.
    names: Vec<String>,
}

impl Certificate {
    /// From the texts of the two files: the certificate, then those that vouch for it; and its key.
    ///
    /// # Errors
    /// Any [`CertificateError`].
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        Ok(Self { shown: Arc::new(Mutex::new(Shown::new(chain, key)?)) })
    }

    /// Shows another from the next connection on; one that cannot be used changes nothing.
    ///
    /// # Errors
    /// Any [`CertificateError`].
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), CertificateError> {
        let next = Shown::new(chain, key)?;
        *self.lock() = next;
        Ok(())
    }

    /// What a connection is begun with.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.lock().config)
    }

    /// Whether it names a host, which is in lower case.
    pub(crate) fn names(&self, host: &str) -> bool {
        self.lock().names.iter().any(|name| match name.strip_prefix("*.") {
            Some(above) => {
                host.split_once('.').is_some_and(|(first, rest)| !first.is_empty() && rest == above)
            }
            None => name == host,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn new(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|source| CertificateError::Certificate { source })?;
        let first = chain.first().ok_or(CertificateError::NoCertificate)?;
        let names = names(first)?;
        let private = PrivateKeyDer::from_pem_slice(key).map_err(|source| match source {
            pem::Error::NoItemsFound if key.windows(LOCKED.len()).any(|part| part == LOCKED) => {
                CertificateError::LockedKey
            }
            pem::Error::NoItemsFound => CertificateError::NoKey,
            source => CertificateError::Key { source },
        })?;
        let other = |source| match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateError::Pair,
            source => CertificateError::Other { source },
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(other)?.with_no_client_auth();
        let mut config = builder.with_single_cert(chain, private).map_err(other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), names })
    }
}

/// The hosts that a certificate is for.
fn names(certificate: &CertificateDer<'_>) -> Result<Vec<String>, CertificateError> {
    let read = EndEntityCert::try_from(certificate);
    let read = read.map_err(|error| CertificateError::Bytes { reason: error.to_string() })?;
    Ok(read.valid_dns_names().map(str::to_lowercase).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const FIRST: [&[u8]; 2] = [
        include_bytes!("../../../testdata/tls/first.pem"),
        include_bytes!("../../../testdata/tls/first.key"),
    ];
    const SECOND: [&[u8]; 2] = [
        include_bytes!("../../../testdata/tls/second.pem"),
        include_bytes!("../../../testdata/tls/second.key"),
    ];
    const LOCKED: &[u8] = include_bytes!("../../../testdata/tls/locked.key");

    fn check([chain, key]: [&[u8]; 2], want: &str) {
        let error = Certificate::new(chain, key).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let [chain, key] = FIRST;
        check([b"", key], "no block that begins with -----BEGIN CERTIFICATE");
        check([key, key], "no block that begins with -----BEGIN CERTIFICATE");
        check([&chain[..200], key], "read a certificate");
        check(
            [b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key],
            "read a certificate: ",
        );
        check([chain, b""], "no block that begins with -----BEGIN PRIVATE KEY");
        check([chain, &key[..80]], "read a private key");
        check([chain, LOCKED], "wants a password");
        check([chain, SECOND[1]], "the key of another certificate");
    }

    #[test]
    fn names_are_those_of_the_certificate_in_use() {
        let certificate = Certificate::new(FIRST[0], FIRST[1]).unwrap();
        for (host, want) in [
            ("localhost", true),
            ("first.example", true),
            ("second.example", false),
            ("a.team.example", true),
            ("team.example", false),
            (".team.example", false),
            ("a.b.team.example", false),
            ("", false),
        ] {
            assert_eq!(certificate.names(host), want, "{host}");
        }
        assert!(certificate.replace(SECOND[0], FIRST[1]).is_err());
        assert!(certificate.names("first.example"), "a pair that does not match changes nothing");
        certificate.replace(SECOND[0], SECOND[1]).unwrap();
        assert!(certificate.names("second.example") && !certificate.names("first.example"));
    }

    #[test]
    fn certificate_and_key_may_share_a_file() {
        let both = FIRST.concat();
        assert!(Certificate::new(&both, &both).is_ok());
    }
}

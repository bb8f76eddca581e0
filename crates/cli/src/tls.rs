//! The two files of a server's certificate: read at the start, and again when they change, so that a renewed certificate
//! needs no restart.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use clap::Args;
use trailmark_server::{Certificate, CertificateError};

use crate::fs;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Where a server's certificate lies.
#[derive(Args, Clone)]
pub(crate) struct Tls {
    /// Speak TLS on every address, with the certificate in this file (PEM).
    ///
    /// The server's certificate comes first, then those between it and the authority. The files are read again when they
    /// change. The names in the certificate are names by which the server may be asked.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM, without a password); may be the same file.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Tls {
    /// The certificate, where there shall be one; a thread keeps it up to date.
    pub(crate) fn open(&self) -> Result<Option<Certificate>> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else { return Ok(None) };
        let files = Files { chain: chain.clone(), key: key.clone() };
        // Looked at before they are read: a change in between is seen again.
        let looks = files.looks();
        let (certificate, keys) = files.read()?;
        let certificate = Certificate::new(&certificate, &keys).map_err(|error| files.blame(error))?;
        if fs::is_readable_by_all(&files.key) {
            eprintln!("warning: everybody on this machine can read the private key: {}", files.key.display());
        }
        let kept = certificate.clone();
        let work = move || files.keep_fresh(&kept, looks);
        std::thread::Builder::new()
            .name("certificate".to_owned())
            .spawn(work)
            .context("watch the certificate's files")?;
        Ok(Some(certificate))
    }
}

/// What tells a file from its successor.
type Look = Option<(SystemTime, u64, u64)>;

#[derive(Debug)]
struct Files {
    chain: PathBuf,
    key: PathBuf,
}

impl Files {
    fn looks(&self) -> [Look; 2] {
        [fs::look(&self.chain), fs::look(&self.key)]
    }

    fn read(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        Ok((fs::read(&self.chain)?, fs::read(&self.key)?))
    }

    /// An error with the file that is to blame.
    fn blame(&self, error: CertificateError) -> anyhow::Error {
        let path: &Path = if error.is_of_key() { &self.key } else { &self.chain };
        anyhow::Error::from(error).context(format!("speak TLS: {}", path.display()))
    }

    /// Reads the files again whenever they changed; what cannot be used is told once and changes nothing.
    fn keep_fresh(&self, certificate: &Certificate, mut seen: [Look; 2]) {
        loop {
            std::thread::sleep(LOOK);
            let looks = self.looks();
            if looks == seen {
                continue;
            }
            seen = looks;
            let replaced = self.read().and_then(|(chain, key)| {
                certificate.replace(&chain, &key).map_err(|error| self.blame(error))
            });
            match replaced {
                Ok(()) => eprintln!("the certificate was renewed: {}", self.chain.display()),
                Err(error) => eprintln!("warning: the old certificate stays: {error:#}"),
            }
        }
    }
}

//! Models and data sets of a Hugging Face hub, in the cache that huggingface_hub itself keeps.
//!
//! The folder is `models--OWNER--NAME` (or `datasets--…`) with `blobs/ETAG`, `refs/REVISION` (the commit's hash) and
//! `snapshots/COMMIT/FILE`, links into `blobs`: what Python's tools fetched is found here, and what is fetched here
//! they find. A file is written beside, checked against its hash, and renamed; a broken download goes on where it
//! stopped. What is cached is used without asking the hub.

mod download;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::tls::{PemItem, RootCerts, TlsConfig};

use crate::fs;

pub(crate) use download::hex;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the hub may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// The hub of everybody.
const ENDPOINT: &str = "https://huggingface.co";

/// What a repository of the hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Model,
    Dataset,
}

/// A repository of the hub at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HubId {
    pub(crate) kind: Kind,
    name: String,
    revision: String,
}

impl HubId {
    /// From `OWNER/NAME`, or `NAME` of the hub's first days; `@REVISION` may follow. None for what cannot be one.
    pub(crate) fn parse(kind: Kind, text: &str) -> Option<Self> {
        let (name, revision) = text.split_once('@').unwrap_or((text, "main"));
        let is_word = |word: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !word.is_empty()
                && !word.starts_with(['.', '-'])
                && word.chars().all(is_plain)
                && !word.contains("..")
        };
        let is_name = name.split('/').count() <= 2 && name.split('/').all(is_word);
        (is_name && revision.split('/').all(is_word)).then(|| Self {
            kind,
            name: name.to_owned(),
            revision: revision.to_owned(),
        })
    }

    fn folder_name(&self) -> String {
        let kind = if self.kind == Kind::Model { "models" } else { "datasets" };
        format!("{kind}--{}", self.name.replace('/', "--"))
    }

    fn url(&self, endpoint: &str, revision: &str, file: &str) -> String {
        let kind = if self.kind == Kind::Model { "" } else { "datasets/" };
        format!("{endpoint}/{kind}{}/resolve/{}/{file}", self.name, revision.replace('/', "%2F"))
    }
}

impl std::fmt::Display for HubId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if self.revision != "main" { write!(f, "@{}", self.revision) } else { Ok(()) }
    }
}

/// A hub and its cache on this machine.
pub(crate) struct Hub {
    endpoint: String,
    cache: PathBuf,
    token: Option<String>,
    is_offline: bool,
    agent: Agent,
}

/// One file as the hub describes it.
struct Remote {
    commit: Option<String>,
    etag: String,
    size: Option<u64>,
}

impl Hub {
    /// The hub that the environment names, as Python's tools read it: HF_ENDPOINT, HF_HUB_CACHE or HF_HOME, HF_TOKEN,
    /// HF_HUB_OFFLINE.
    pub(crate) fn from_environment() -> Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let home = text("HF_HOME").map(PathBuf::from).or_else(|| Some(cache_home()?.join("huggingface")));
        let cache = text("HF_HUB_CACHE").map(PathBuf::from).or_else(|| Some(home?.join("hub")));
        let is_true = |text: String| matches!(text.to_lowercase().as_str(), "1" | "true" | "yes" | "on");
        let certificates = text("SSL_CERT_FILE").or_else(|| text("REQUESTS_CA_BUNDLE"));
        Ok(Self {
            endpoint: text("HF_ENDPOINT")
                .unwrap_or_else(|| ENDPOINT.to_owned())
                .trim_end_matches('/')
                .to_owned(),
            cache: cache.context("find the hub's cache: got neither HF_HOME nor HOME")?,
            token: text("HF_TOKEN"),
            is_offline: text("HF_HUB_OFFLINE").is_some_and(is_true),
            agent: agent(certificates.as_deref().map(Path::new))?,
        })
    }

    /// The folder of a model: config.json, weights as safetensors, tokenizer files; from the cache, else fetched.
    pub(crate) fn model(&self, id: &HubId) -> Result<PathBuf> {
        if let Some(folder) = self.cached_model(id) {
            return Ok(folder);
        }
        self.check_online(id)?;
        let config = self.describe(id, &id.revision, "config.json")?;
        let config =
            config.with_context(|| format!("fetch {id}: got no config.json from {}", self.endpoint))?;
        let commit = config.commit.clone().unwrap_or_else(|| id.revision.clone());
        self.fetch(id, &commit, "config.json", &config)?;
        for file in ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] {
            self.fetch_if_any(id, &commit, file)?;
        }
        if !self.fetch_if_any(id, &commit, "model.safetensors")? {
            self.fetch_shards(id, &commit)?;
        }
        self.finish(id, &commit)
    }

    /// The folder of a model that is wholly in the cache.
    pub(crate) fn cached_model(&self, id: &HubId) -> Option<PathBuf> {
        self.cached(id).filter(|folder| is_whole(folder))
    }

    /// Fetches the weights in parts.
    fn fetch_shards(&self, id: &HubId, commit: &str) -> Result<()> {
        const INDEX: &str = "model.safetensors.index.json";
        if !self.fetch_if_any(id, commit, INDEX)? {
            bail!("fetch {id}: got no model.safetensors from {}; a pickle is never loaded", self.endpoint);
        }
        let index = self.snapshot(id, commit).join(INDEX);
        for shard in shards(&index)? {
            if !self.fetch_if_any(id, commit, &shard)? {
                bail!("fetch {id}: got no {shard}, which {INDEX} names");
            }
        }
        Ok(())
    }

    /// Files of a data set whose names pass; from the cache, else fetched.
    pub(crate) fn dataset(&self, id: &HubId, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
        if let Some(folder) = self.cached(id) {
            let found = files_below(&folder, wanted)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        self.check_online(id)?;
        let (commit, files) = self.list(id)?;
        let chosen: Vec<&String> = files.iter().filter(|file| wanted(file)).collect();
        if chosen.is_empty() {
            bail!("fetch {id}: got no fitting Parquet or JSON file among {}", files.join(", "));
        }
        for file in &chosen {
            self.fetch_if_any(id, &commit, file)?;
        }
        let folder = self.finish(id, &commit)?;
        Ok(chosen.iter().map(|file| folder.join(file)).collect())
    }

    fn check_online(&self, id: &HubId) -> Result<()> {
        if self.is_offline {
            bail!("fetch {id}: HF_HUB_OFFLINE is set and it is not in the cache: {}", self.cache.display());
        }
        Ok(())
    }

    fn repository(&self, id: &HubId) -> PathBuf {
        self.cache.join(id.folder_name())
    }

    fn snapshot(&self, id: &HubId, commit: &str) -> PathBuf {
        self.repository(id).join("snapshots").join(commit)
    }

    /// The snapshot of the revision, if it was ever fetched.
    fn cached(&self, id: &HubId) -> Option<PathBuf> {
        let named = self.repository(id).join("refs").join(&id.revision);
        // A revision without a reference may be a commit's hash.
        let commit = fs::read_text_if_any(&named).ok()?.unwrap_or_else(|| id.revision.clone());
        Some(self.snapshot(id, commit.trim())).filter(|folder| folder.is_dir())
    }

    /// Says which commit the revision is, now that its files are there.
    fn finish(&self, id: &HubId, commit: &str) -> Result<PathBuf> {
        if id.revision != commit {
            let named = self.repository(id).join("refs").join(&id.revision);
            fs::create_folder(named.parent().unwrap_or(&self.cache))?;
            fs::replace(&named, commit.as_bytes())?;
        }
        Ok(self.snapshot(id, commit))
    }
}

/// Where programs keep what can be fetched again.
pub(crate) fn cache_home() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))
}

/// Whether a snapshot holds all that a model needs; Python's tools may have fetched a part alone.
fn is_whole(folder: &Path) -> bool {
    let has = |file: &str| folder.join(file).exists();
    let index = folder.join("model.safetensors.index.json");
    let has_weights = has("model.safetensors")
        || index.exists() && shards(&index).is_ok_and(|shards| shards.iter().all(|shard| has(shard)));
    has("config.json") && has_weights && (has("tokenizer.json") || has("vocab.txt"))
}

/// The files that an index of weights names.
fn shards(index: &Path) -> Result<Vec<String>> {
    let text = fs::read_text(index)?;
    let wrong = || format!("read an index of weights: {}", index.display());
    let value: serde_json::Value = serde_json::from_str(&text).with_context(wrong)?;
    let files = value["weight_map"].as_object().with_context(wrong)?.values();
    let mut files: Vec<String> = files.filter_map(|file| file.as_str().map(str::to_owned)).collect();
    files.sort();
    files.dedup();
    match files.iter().find(|file| file.contains(['/', '\\']) || file.starts_with('.')) {
        Some(file) => bail!("{}: got {file:?}, want a plain file name", wrong()),
        None => Ok(files),
    }
}

/// All files below a folder whose path in it passes, sorted.
fn files_below(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for path in fs::entries(&next)? {
            if path.is_dir() {
                open.push(path);
            } else if path.strip_prefix(folder).is_ok_and(|inside| wanted(&inside.to_string_lossy())) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn agent(certificates: Option<&Path>) -> Result<Agent> {
    let mut tls = TlsConfig::builder();
    if let Some(file) = certificates {
        let text = fs::read_text(file)?;
        let items = ureq::tls::parse_pem(text.as_bytes()).filter_map(Result::ok);
        let roots = items.filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        tls = tls.root_certs(RootCerts::from(roots));
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects_will_error(false)
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!("trailmark/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build());
    Ok(config.build().new_agent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_paths() {
        let id = HubId::parse(Kind::Model, "owner/name@v1.0").unwrap();
        assert_eq!((id.name.as_str(), id.revision.as_str()), ("owner/name", "v1.0"));
        assert_eq!(id.folder_name(), "models--owner--name");
        assert_eq!(id.to_string(), "owner/name@v1.0");
        assert!(HubId::parse(Kind::Model, "bert-base-uncased").is_some());
        for path in ["./model", "../model", "/model", "a/b/c", "a//b", "~/model", "a b", "", "a/..", "a@../x"]
        {
            assert_eq!(HubId::parse(Kind::Model, path), None, "{path:?}");
        }
        let id = HubId::parse(Kind::Dataset, "rajpurkar/squad").unwrap();
        assert_eq!(
            id.url("http://hub", "main", "a.json"),
            "http://hub/datasets/rajpurkar/squad/resolve/main/a.json"
        );
    }

    #[test]
    fn an_index_may_name_no_file_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index.json");
        fs::replace(&index, br#"{"weight_map": {"a": "one.safetensors", "b": "one.safetensors"}}"#).unwrap();
        assert_eq!(shards(&index).unwrap(), ["one.safetensors"]);
        fs::replace(&index, br#"{"weight_map": {"a": "../one.safetensors"}}"#).unwrap();
        assert!(shards(&index).unwrap_err().to_string().contains("want a plain file name"));
    }
}

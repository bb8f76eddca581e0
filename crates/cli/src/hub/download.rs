//! One file from the hub: described by a HEAD, fetched with resume, checked, linked into its snapshot.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Component, Path};

use anyhow::{Context as _, Result, bail};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use ureq::http::{Response, header};
use ureq::{Agent, Body};

use super::{Hub, HubId, Kind, Remote};
use crate::{fs, terminal};

/// Redirects that a HEAD follows within the hub.
const MOST_REDIRECTS: usize = 5;
/// A download this large is shown; smaller ones are done at once.
const SHOWN_BYTES: u64 = 1 << 20;

impl Hub {
    /// What the hub says of a file; none when it has no such file.
    pub(super) fn describe(&self, id: &HubId, revision: &str, file: &str) -> Result<Option<Remote>> {
        let mut url = id.url(&self.endpoint, revision, file);
        let mut commit = None;
        for _ in 0..MOST_REDIRECTS {
            let mut request = self.agent.head(&url).header(header::ACCEPT_ENCODING, "identity");
            if let Some(token) = &self.token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.config().max_redirects(0).build().call();
            let response = response.with_context(|| format!("reach the hub: {}", self.endpoint))?;
            commit = text(&response, "x-repo-commit").or(commit).filter(|commit| is_plain(commit));
            let place = text(&response, "location");
            match (response.status().as_u16(), place) {
                // Within the hub a file may have moved, or its repository been renamed; elsewhere lie the bytes.
                (300..400, Some(place)) if place.starts_with('/') => {
                    url = format!("{}{place}", self.origin())
                }
                (300..400, Some(place)) if text(&response, "x-linked-etag").is_none() => {
                    bail!("fetch {id}: the hub sends {file} elsewhere without saying its hash: {place}")
                }
                (200 | 300..400, _) => return remote(&response, commit, (id, file)).map(Some),
                (404, _) => return Ok(None),
                (status, _) => bail!("{}", self.refusal(id, status)),
            }
        }
        bail!("fetch {id}: got {MOST_REDIRECTS} redirects for {file}, want its bytes")
    }

    fn origin(&self) -> &str {
        let after = self.endpoint.find("://").map_or(0, |at| at + 3);
        self.endpoint[after..].find('/').map_or(self.endpoint.as_str(), |at| &self.endpoint[..after + at])
    }

    fn refusal(&self, id: &HubId, status: u16) -> String {
        let why = match status {
            401 | 403 => {
                "there is no such repository, or it wants a token (HF_TOKEN) that is allowed to read it"
            }
            429 => "too many requests; wait a little",
            _ => "want 200",
        };
        format!("fetch {id}: the hub answered {status}: {why}: {}", self.endpoint)
    }

    /// Fetches a file unless it is there; false when the hub has none.
    pub(super) fn fetch_if_any(&self, id: &HubId, commit: &str, file: &str) -> Result<bool> {
        if self.snapshot(id, commit).join(file).exists() {
            return Ok(true);
        }
        let Some(remote) = self.describe(id, commit, file)? else { return Ok(false) };
        self.fetch(id, commit, file, &remote)?;
        Ok(true)
    }

    /// Fetches a file into `blobs` and links it into the snapshot.
    pub(super) fn fetch(&self, id: &HubId, commit: &str, file: &str, remote: &Remote) -> Result<()> {
        if !Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
            bail!("fetch {id}: got a file called {file:?}, want a path inside the repository");
        }
        let blobs = self.repository(id).join("blobs");
        fs::create_folder(&blobs)?;
        let blob = blobs.join(&remote.etag);
        if !blob.exists() {
            let partial = blobs.join(format!("{}.incomplete", remote.etag));
            let mut out = fs::open_to_append(&partial)?;
            // Two programs that want one file: the second waits and then finds it.
            out.lock().with_context(|| format!("lock a file: {}", partial.display()))?;
            if !blob.exists() {
                self.download(&id.url(&self.endpoint, commit, file), (id, file), &mut out, remote)?;
                if let Err(wrong) = check(&mut out, remote) {
                    fs::remove(&partial)?;
                    return Err(wrong.context(format!("fetch {file} of {id} from {}", self.endpoint)));
                }
                out.sync_data().with_context(|| format!("write a file: {}", partial.display()))?;
                fs::rename(&partial, &blob)?;
            }
        }
        let link = self.snapshot(id, commit).join(file);
        fs::create_folder(link.parent().unwrap_or(&blobs))?;
        let up = "../".repeat(2 + Path::new(file).components().count() - 1);
        fs::link(Path::new(&format!("{up}blobs/{}", remote.etag)), &blob, &link)
    }

    /// Appends what is missing.
    fn download(&self, url: &str, (id, file): (&HubId, &str), out: &mut File, remote: &Remote) -> Result<()> {
        let failed = || format!("fetch {file} of {id} from {}", self.endpoint);
        let mut have = out.seek(SeekFrom::End(0)).with_context(failed)?;
        if remote.size.is_some_and(|size| have == size && size > 0) {
            return Ok(());
        }
        let mut response = get(&self.agent, url, self.token.as_deref(), have).with_context(failed)?;
        if response.status() == 416 || remote.size.is_some_and(|size| have > size) {
            // What is there is no beginning of what the hub has.
            out.set_len(0).with_context(failed)?;
            have = 0;
            response = get(&self.agent, url, self.token.as_deref(), 0).with_context(failed)?;
        }
        match response.status().as_u16() {
            206 => {}
            200 => {
                out.set_len(0).with_context(failed)?;
                have = 0;
            }
            status => bail!("{}", self.refusal(id, status)),
        }
        let bar = match remote.size {
            Some(size) if size >= SHOWN_BYTES => {
                let template = "{prefix} {bar:24} {bytes}/{total_bytes}, {eta} left";
                Some((terminal::bar(template, format!("{id} {file}"))?, size))
            }
            _ => None,
        };
        let mut body = response.body_mut().as_reader();
        let mut chunk = vec![0; 1 << 16];
        loop {
            // What came before a break stays: the next attempt goes on from there.
            let n = body.read(&mut chunk).with_context(failed)?;
            if n == 0 {
                return Ok(());
            }
            out.write_all(&chunk[..n]).with_context(failed)?;
            have += n as u64;
            if let Some((bar, size)) = &bar {
                bar.set(have, *size);
            }
        }
    }

    /// The commit and the files of a repository.
    pub(super) fn list(&self, id: &HubId) -> Result<(String, Vec<String>)> {
        let kind = if id.kind == Kind::Model { "models" } else { "datasets" };
        let url = format!("{}/api/{kind}/{}/revision/{}", self.endpoint, id.name, id.revision);
        let failed = || format!("reach the hub: {}", self.endpoint);
        let mut response = get(&self.agent, &url, self.token.as_deref(), 0).with_context(failed)?;
        match response.status().as_u16() {
            200 => {}
            status => bail!("{}", self.refusal(id, status)),
        }
        let value: serde_json::Value = response.body_mut().read_json().with_context(failed)?;
        let commit = value["sha"].as_str().filter(|commit| is_plain(commit));
        let commit = commit.with_context(|| format!("fetch {id}: got no commit from {url}"))?;
        let files = value["siblings"].as_array().into_iter().flatten();
        let files = files.filter_map(|file| file["rfilename"].as_str().map(str::to_owned));
        Ok((commit.to_owned(), files.collect()))
    }
}

fn get(agent: &Agent, url: &str, token: Option<&str>, from: u64) -> Result<Response<Body>, ureq::Error> {
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if from > 0 {
        request = request.header(header::RANGE, format!("bytes={from}-"));
    }
    request.call()
}

fn text(response: &Response<Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// Whether a name from outside may become the name of a file.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn remote(response: &Response<Body>, commit: Option<String>, (id, file): (&HubId, &str)) -> Result<Remote> {
    let etag = text(response, "x-linked-etag").or_else(|| text(response, "etag"));
    let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
    let etag = etag.filter(|etag| is_plain(etag));
    let etag = etag.with_context(|| format!("fetch {id}: the hub does not say the hash of {file}"))?;
    let size = text(response, "x-linked-size").or_else(|| text(response, "content-length"));
    Ok(Remote { commit, etag, size: size.and_then(|size| size.parse().ok()) })
}

/// Size and hash: 64 digits are the SHA-256 of the bytes, 40 the SHA-1 that git gives a blob.
fn check(file: &mut File, remote: &Remote) -> Result<()> {
    let size = file.seek(SeekFrom::End(0))?;
    if let Some(want) = remote.size.filter(|want| *want != size) {
        bail!("got {size} bytes, want {want}");
    }
    file.seek(SeekFrom::Start(0))?;
    let (mut sha256, mut sha1) = (Sha256::new(), Sha1::new());
    sha1.update(format!("blob {size}\0"));
    let mut chunk = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut chunk)?;
        match remote.etag.len() {
            _ if n == 0 => break,
            40 => sha1.update(&chunk[..n]),
            _ => sha256.update(&chunk[..n]),
        }
    }
    let got = match remote.etag.len() {
        64 => hex(&sha256.finalize()),
        40 => hex(&sha1.finalize()),
        // Another server's tags say nothing about the bytes.
        _ => return Ok(()),
    };
    if got != remote.etag { bail!("got bytes with hash {got}, want {}", remote.etag) } else { Ok(()) }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

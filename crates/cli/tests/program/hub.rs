//! A stand-in for a model hub on this machine: the answers of the real one, as far as a client depends on them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the hub answers.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Every request gets this status.
    pub status: Option<u16>,
    /// The weights break off after so many bytes, once.
    pub breaks_after: Option<usize>,
    /// The weights are not the bytes that the hash says.
    pub lies: bool,
    /// Only who has this token is served.
    pub token: Option<String>,
}

pub struct Hub {
    pub endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: String,
    files: BTreeMap<String, Vec<u8>>,
    manner: Mutex<Manner>,
    requests: Mutex<Vec<String>>,
}

impl Hub {
    /// Serves the files of a folder as the model `owner/tiny` and as the data set `owner/questions`.
    pub fn start(folder: &Path, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = entries.map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        });
        let shared = Arc::new(Shared {
            endpoint: endpoint.clone(),
            files: files.collect(),
            manner: Mutex::new(manner),
            requests: Mutex::new(Vec::new()),
        });
        let theirs = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = theirs.clone();
                // A client that goes away ends its connection's thread alone.
                std::thread::spawn(move || _ = serve(&shared, stream));
            }
        });
        Self { endpoint, shared }
    }

    /// What was asked: `METHOD path range`.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let header = |name: &str| {
            let mut lines = head.iter().filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let mut words = head.first().map_or("", String::as_str).split(' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let range = header("range").unwrap_or_default();
        shared.requests.lock().unwrap().push(format!("{method} {path} {range}").trim().to_owned());
        if !answer(shared, &stream, (method, path), (&range, header("authorization")))? {
            return Ok(());
        }
    }
}

/// Answers; says whether the connection goes on.
fn answer(
    shared: &Shared,
    mut stream: &TcpStream,
    (method, path): (&str, &str),
    (range, token): (&str, Option<String>),
) -> std::io::Result<bool> {
    let manner = shared.manner.lock().unwrap().clone();
    let may = manner.token.is_none_or(|want| token == Some(format!("Bearer {want}")));
    if let Some(status) = manner.status.or((!may).then_some(401)) {
        write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")?;
        return Ok(true);
    }
    if path.starts_with("/api/datasets/owner/questions/") {
        let files: Vec<String> =
            shared.files.keys().map(|file| format!("{{\"rfilename\": \"{file}\"}}")).collect();
        let body = format!("{{\"sha\": \"{COMMIT}\", \"siblings\": [{}]}}", files.join(", "));
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        return Ok(true);
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let known = ["/owner/tiny/resolve/", "/datasets/owner/questions/resolve/", "/bytes/"];
    let file = shared.files.get(name).filter(|_| known.iter().any(|start| path.starts_with(start)));
    let Some(bytes) = file else {
        write!(stream, "HTTP/1.1 404 Not Found\r\nX-Error-Code: EntryNotFound\r\nContent-Length: 0\r\n\r\n")?;
        return Ok(true);
    };
    let is_large = name.ends_with(".safetensors");
    if is_large && !path.starts_with("/bytes/") {
        // As large files are kept: elsewhere, with their hash told here.
        write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {}/bytes/{name}\r\nX-Repo-Commit: {COMMIT}\r\nX-Linked-Etag: \"{}\"\r\n\
             X-Linked-Size: {}\r\nContent-Length: 0\r\n\r\n",
            shared.endpoint,
            hex(&Sha256::digest(bytes)),
            bytes.len()
        )?;
        return Ok(true);
    }
    let mut body = bytes.clone();
    if manner.lies && is_large {
        body[0] ^= 1;
    }
    let from: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap_or(0);
    let status = if range.is_empty() { "200 OK" } else { "206 Partial Content" };
    let etag = hex(&Sha1::digest([format!("blob {}\0", bytes.len()).as_bytes(), bytes].concat()));
    let body = &body[from..];
    write!(
        stream,
        "HTTP/1.1 {status}\r\nETag: \"{etag}\"\r\nX-Repo-Commit: {COMMIT}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    if method == "HEAD" {
        return Ok(true);
    }
    let breaks = if is_large { shared.manner.lock().unwrap().breaks_after.take() } else { None };
    match breaks {
        Some(n) => {
            stream.write_all(&body[..n])?;
            stream.shutdown(std::net::Shutdown::Both)?;
            Ok(false)
        }
        None => stream.write_all(body).map(|()| true),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! A real server on a port of its own, and what speaks HTTP to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value as Json;
use trailmark_server::{Answerer, Keeper, Options, Server};
use trailmark_store::Repository;

/// Longest wait for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Who answers questions, and who keeps the answers.
type Helpers = (Option<Arc<dyn Answerer>>, Option<Arc<dyn Keeper>>);

/// A server that serves until it is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body as it came: its chunks, or one piece.
    pub(crate) pieces: Vec<Vec<u8>>,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Served {
    pub(crate) fn start(repository: &Path) -> Self {
        Self::with(repository, None, None)
    }

    /// One that wants sign-in.
    pub(crate) fn closed(repository: &Path) -> Self {
        Self::begin(repository, (None, None), true)
    }

    pub(crate) fn with(
        repository: &Path,
        answerer: Option<Arc<dyn Answerer>>,
        keeper: Option<Arc<dyn Keeper>>,
    ) -> Self {
        Self::begin(repository, (answerer, keeper), false)
    }

    fn begin(repository: &Path, (answerer, keeper): Helpers, wants_sign_in: bool) -> Self {
        let server = Server::bind(Options {
            store: Arc::new(Repository::open(repository).unwrap()),
            path: repository.to_owned(),
            addresses: vec!["127.0.0.1:0".parse().unwrap()],
            is_insecure: false,
            wants_sign_in,
            certificate: None,
            answerer,
            keeper,
        });
        let server = server.unwrap();
        let address = server.addresses()[0];
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread =
            std::thread::spawn(move || server.serve(move || stopped.load(Ordering::Relaxed)).unwrap());
        Self { address, stop, thread: Some(thread) }
    }

    /// Sends a request as it is written here, and reads the answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_bytes(method, path, headers, body.as_bytes())
    }

    /// The same with a body of any bytes.
    pub(crate) fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            text.push_str(&format!("host: {}\r\n", self.address));
        }
        headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
        text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        stream.write_all(text.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = read_headers(&mut reader);
        let is_chunked =
            headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let is_endless = headers.iter().any(|(_, value)| value == "text/event-stream");
        let pieces = match (is_chunked, is_endless) {
            (true, true) => Vec::new(),
            (true, false) => read_pieces(&mut reader),
            (false, _) => {
                let mut body = Vec::new();
                reader.read_to_end(&mut body).unwrap();
                vec![body]
            }
        };
        Answer { status, headers, body: pieces.concat(), pieces }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// The JSON of a route that answers well.
    pub(crate) fn json(&self, path: &str) -> Json {
        let answer = self.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer.json()
    }

    /// The error of a route: its status, code and message.
    pub(crate) fn error(&self, path: &str) -> (u16, String, String) {
        let answer = self.get(&format!("/api/v1/{path}"));
        let json = answer.json();
        assert_eq!(json["status"], answer.status, "{json}");
        let word = |name: &str| json[name].as_str().unwrap().to_owned();
        (answer.status, word("code"), word("message"))
    }

    pub(crate) fn post(&self, path: &str, body: &Json) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send("POST", &format!("/api/v1/{path}"), &headers, &body.to_string())
    }

    /// Listens to events.
    pub(crate) fn events(&self, cursor: &str) -> Events {
        self.listen(cursor, "")
    }

    /// The same with a token.
    pub(crate) fn events_as(&self, token: &str) -> Events {
        self.listen("", &format!("authorization: Bearer {token}\r\n"))
    }

    fn listen(&self, cursor: &str, header: &str) -> Events {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let host = self.address;
        write!(stream, "GET /api/v1/events?cursor={cursor} HTTP/1.1\r\nhost: {host}\r\n{header}\r\n")
            .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        read_headers(&mut reader);
        Events(reader)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

fn read_headers(reader: &mut BufReader<TcpStream>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { return headers };
        headers.push((name.to_owned(), value.to_owned()));
    }
}

/// The pieces of a chunked body.
fn read_pieces(reader: &mut BufReader<TcpStream>) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let n_bytes = usize::from_str_radix(line.trim_end(), 16).unwrap();
        let mut piece = vec![0; n_bytes + 2];
        reader.read_exact(&mut piece).unwrap();
        if n_bytes == 0 {
            return pieces;
        }
        piece.truncate(n_bytes);
        pieces.push(piece);
    }
}

/// A stream of events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    /// The next event's name and data; none when the stream ends.
    pub(crate) fn next(&mut self) -> Option<(String, Json)> {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            // The last chunk has no bytes.
            if self.0.read_line(&mut line).unwrap() == 0 || line == "0\r\n" {
                return None;
            }
            // Between the lines of events stand those of chunks, which are neither.
            if let Some(event) = line.trim_end().strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            }
        }
    }
}

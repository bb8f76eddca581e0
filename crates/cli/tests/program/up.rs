//! A server of a repository: the real one, on a port of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use super::Place;

/// `trailmark up` on the repository `server`; killed when dropped.
pub struct Up {
    child: Child,
    pub url: String,
    said: Arc<Mutex<String>>,
}

impl Up {
    pub fn start(place: &Place, port: u16) -> Self {
        Self::with(place, port, &[])
    }

    pub fn with(place: &Place, port: u16, more: &[&str]) -> Self {
        let mut command = place.command();
        command.args(["up", "--headless", "--repo", "server", "--port", &port.to_string()]).args(more);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&said);
        let keep = move |line: std::io::Result<String>| {
            let line = line.unwrap();
            kept.lock().unwrap().push_str(&format!("{line}\n"));
            line
        };
        let url = lines.find_map(|line| {
            keep(line).strip_prefix("serving ").map(|url| url.trim_end_matches('/').to_owned())
        });
        let url = url.unwrap_or_else(|| panic!("{}", said.lock().unwrap()));
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(|line| drop(keep(line))));
        Self { child, url, said }
    }

    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has said to people until now.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

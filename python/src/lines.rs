//! What is printed, cut into lines as a terminal would show them.

use trailmark_core::{LogLine, Stream};

/// Characters of an unfinished line that are kept; a program that prints more without a line feed is cut here.
const MOST_BYTES: usize = 64 << 10;

/// The unfinished lines of the two streams.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    stdout: String,
    stderr: String,
}

impl Lines {
    /// Takes what was written and hands on each line that is finished.
    pub(crate) fn take(&mut self, stream: Stream, text: &str, each: &mut dyn FnMut(LogLine)) {
        let open = self.open(stream);
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n') {
            open.push_str(line);
            each(LogLine { stream, text: shown(open).to_owned() });
            open.clear();
            rest = after;
        }
        open.push_str(rest);
        // A progress bar draws over itself: what it drew over is gone, but for what it is about to draw over.
        let n_gone = open.trim_end_matches('\r').rfind('\r').map_or(0, |place| place + 1);
        open.drain(..n_gone);
        if open.len() > MOST_BYTES {
            each(LogLine { stream, text: shown(open).to_owned() });
            open.clear();
        }
    }

    /// Hands on what is unfinished: nothing more comes.
    pub(crate) fn finish(&mut self, each: &mut dyn FnMut(LogLine)) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let open = std::mem::take(self.open(stream));
            let text = shown(&open);
            if !text.is_empty() {
                each(LogLine { stream, text: text.to_owned() });
            }
        }
    }

    fn open(&mut self, stream: Stream) -> &mut String {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

/// What of a line stays to be seen: what follows the last carriage return that something follows.
fn shown(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    line.rsplit_once('\r').map_or(line, |(_, last)| last)
}

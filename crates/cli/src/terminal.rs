//! What the program says: to people on standard error, as data on standard output, and all of it in the log of the run
//! that is being recorded.
//!
//! There is one terminal, so there is one place that writes to it. Lines said before a run begins (what was wrong with
//! its data, where its model came from) belong to every run of the command: they are kept and recorded when it begins.

use std::io::{ErrorKind, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use trailmark_client::Run;
use trailmark_core::{At, Context, End, LogLine, Recorder as _, Stream, Value, WallTime};

/// Lines that a run's log may begin with; more would be a program that talks instead of working.
const MOST_EARLY: usize = 1000;

struct Terminal {
    /// Lines of the command before its first run.
    early: Vec<(WallTime, LogLine)>,
    /// The run whose log gets what is said.
    run: Option<Arc<Run>>,
    /// The bar that is drawn now; it steps aside for a line.
    bar: Option<ProgressBar>,
}

static TERMINAL: Mutex<Terminal> = Mutex::new(Terminal { early: Vec::new(), run: None, bar: None });

fn terminal() -> MutexGuard<'static, Terminal> {
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says a line to people.
pub(crate) fn say(text: &str) {
    let mut terminal = terminal();
    // A closed standard error is no reason to stop a run.
    let write = || _ = writeln!(std::io::stderr(), "{text}");
    match &terminal.bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
    terminal.record(Stream::Stderr, text);
}

/// Puts a line into the log alone: the program's last words, which its end prints.
pub(crate) fn log(text: &str) {
    terminal().record(Stream::Stderr, text);
}

/// Says that something else is done than was asked, or that something was left out.
pub(crate) fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

/// Prints a line of data. A reader that has seen enough (`| head`) ends the program quietly.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut terminal = terminal();
    let mut stdout = std::io::stdout();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(i32::from(crate::DONE)),
        result => result.context("write to standard output")?,
    }
    terminal.record(Stream::Stdout, text);
    Ok(())
}

impl Terminal {
    fn record(&mut self, stream: Stream, text: &str) {
        for text in text.lines() {
            let line = LogLine { stream, text: text.to_owned() };
            let now = WallTime::from(SystemTime::now());
            match &self.run {
                Some(run) => track(run, now, line),
                None if self.early.len() < MOST_EARLY => self.early.push((now, line)),
                None => {}
            }
        }
    }
}

fn track(run: &Run, time: WallTime, line: LogLine) {
    let at = At { time: Some(time), ..At::default() };
    run.track("logs", &Context::empty(), at, Value::Log(line));
}

/// As long as this lives, what is said goes into a run's log.
pub(crate) struct Recording(());

/// Begins a run's log with what the command said before.
pub(crate) fn record_in(run: Arc<Run>) -> Recording {
    let mut terminal = terminal();
    for (time, line) in &terminal.early {
        track(&run, *time, line.clone());
    }
    terminal.run = Some(run);
    Recording(())
}

/// Ends the run whose log gets what is said, before the program ends in its midst.
pub(crate) fn end_run(end: End) {
    let run = terminal().run.take();
    // Who waits for the last words sees that the program ended.
    let _ = run.map(|run| run.finish(end));
}

impl Drop for Recording {
    fn drop(&mut self) {
        terminal().run = None;
    }
}

/// A progress bar, which is drawn when standard error is a terminal; gone when this is dropped.
pub(crate) struct Bar(ProgressBar);

/// Draws a bar; `template` is indicatif's.
pub(crate) fn bar(template: &str, prefix: String) -> Result<Bar> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(template).context("draw a progress bar")?);
    bar.set_prefix(prefix);
    terminal().bar = Some(bar.clone());
    Ok(Bar(bar))
}

impl Bar {
    /// How much is done, of how much.
    pub(crate) fn set(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    /// Draws it no more.
    pub(crate) fn hide(&self) {
        self.0.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }

    /// What stands behind the bar.
    pub(crate) fn set_message(&self, message: String) {
        self.0.set_message(message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        terminal().bar = None;
    }
}

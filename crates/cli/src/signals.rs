//! Ctrl-C and SIGTERM: who works says what a signal does, and one thread does it.
//!
//! A training step, and what is written after it, is waited for: nothing of it is lost. Everything else ends at once,
//! and the run that is being recorded ends as killed. A second signal ends everything at once.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use trailmark_core::End;

use crate::terminal::{self, say};

/// What the first signal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It ends the program: there is nothing to finish.
    AtOnce,
    /// Training stops after its step.
    AfterStep,
    /// Whoever works looks at [`stop`] and ends soon.
    Soon,
}

/// How long the last words of a run may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The signal that asked to stop; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// Whether a signal asked to stop.
static STOP: AtomicBool = AtomicBool::new(false);
/// Held while a signal is dealt with, so that nobody begins meanwhile what must not be interrupted.
static MANNER: Mutex<Manner> = Mutex::new(Manner::AtOnce);

/// Whether a signal asked to stop.
pub(crate) fn stop() -> &'static AtomicBool {
    &STOP
}

/// Whether a signal asked to stop.
pub(crate) fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Listens for signals from here on.
pub(crate) fn listen() -> Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("listen for signals")?;
    let listen = move || signals.forever().for_each(receive);
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).context("start a thread")?;
    Ok(())
}

fn receive(signal: i32) {
    let manner = manner();
    SIGNAL.store(signal, Ordering::Relaxed);
    let is_second = STOP.swap(true, Ordering::Relaxed);
    match *manner {
        Manner::AfterStep if !is_second => {
            say("stopping after this step, with a checkpoint; once more to stop at once");
        }
        Manner::Soon if !is_second => {}
        _ => end(signal),
    }
}

/// Ends the program here if a signal asked to stop.
pub(crate) fn end_if_stopped() {
    if is_stopped() {
        end(signal());
    }
}

/// Ends the program; the run that is being recorded ends as killed if its writer is not stuck.
fn end(signal: i32) -> ! {
    let (sender, done) = mpsc::channel();
    let last_words = move || {
        terminal::end_run(End::Killed { signal });
        say("stopped; the same command goes on");
        // Who waits may be gone.
        let _ = sender.send(());
    };
    if std::thread::Builder::new().name("last-words".to_owned()).spawn(last_words).is_ok() {
        // A full pipe or a slow disk is not waited for.
        let _ = done.recv_timeout(LAST_WORDS);
    }
    std::process::exit(i32::from(stopped_code()))
}

fn manner() -> MutexGuard<'static, Manner> {
    MANNER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As long as this lives, signals do what it was made for.
pub(crate) struct Held(Manner);

/// Lets signals do this until the result is dropped.
pub(crate) fn hold(new: Manner) -> Held {
    Held(std::mem::replace(&mut *manner(), new))
}

impl Drop for Held {
    fn drop(&mut self) {
        *manner() = self.0;
    }
}

/// The signal that asked to stop; 0 for none.
pub(crate) fn signal() -> i32 {
    SIGNAL.load(Ordering::Relaxed)
}

/// The exit code of a program that a signal stopped: 128 and the signal.
pub(crate) fn stopped_code() -> u8 {
    match u8::try_from(signal()) {
        Ok(signal) if signal > 0 => 128 + signal,
        _ => crate::INTERRUPTED,
    }
}

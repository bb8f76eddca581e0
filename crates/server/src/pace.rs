//! How slow a client may be: what it sends and what it takes must go on, or the connection ends.
//!
//! A client that says nothing, sends a byte a minute or reads no answer would otherwise hold a place, and what it asked
//! for, for ever. Time counts only while the server waits for the client, never while the disk or a model is at work.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Its first byte, and the handshake of TLS.
    pub(crate) hello: Duration,
    /// The head of a request; also how long a connection rests between two.
    pub(crate) head: Duration,
    /// A body, together with the time that its bytes may take.
    pub(crate) body: Duration,
    /// Bytes a second of a body at least, after that.
    pub(crate) body_rate: u32,
    /// Taking nothing of an answer.
    pub(crate) stall: Duration,
}

impl Pace {
    /// What people on a slow line reach and an attacker does not like.
    pub(crate) const USUAL: Self = Self {
        hello: Duration::from_secs(10),
        head: Duration::from_secs(20),
        body: Duration::from_secs(30),
        body_rate: 1024,
        stall: Duration::from_secs(60),
    };
}

/// A body that must go on, and whether it did not.
pub(crate) struct PacedBody {
    body: Body,
    pace: Pace,
    /// How long the client was waited for until now.
    waited: Duration,
    n_bytes: u64,
    /// Since when it is waited for, and until when at most.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
    is_late: Arc<AtomicBool>,
}

impl PacedBody {
    pub(crate) fn new(body: Body, pace: Pace, is_late: Arc<AtomicBool>) -> Self {
        Self { body, pace, waited: Duration::ZERO, n_bytes: 0, wait: None, is_late }
    }

    /// How long it may be waited for altogether.
    fn allowed(&self) -> Duration {
        let by_rate = self.n_bytes as f64 / f64::from(self.pace.body_rate.max(1));
        self.pace.body + Duration::from_secs_f64(by_rate)
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some((since, _)) = self.wait.take() {
                self.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                self.n_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame);
        }
        let left = self.allowed().saturating_sub(self.waited);
        let begin = || {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + left)))
        };
        ready!(self.wait.get_or_insert_with(begin).1.as_mut().poll(context));
        self.is_late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(late()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client is too slow")
}

/// A connection on which what is written must be taken.
pub(crate) struct PacedStream<S> {
    stream: S,
    stall: Duration,
    wait: Option<Pin<Box<Sleep>>>,
}

impl<S> PacedStream<S> {
    pub(crate) fn new(stream: S, stall: Duration) -> Self {
        Self { stream, stall, wait: None }
    }

    /// What came of writing; an error when nothing did for too long.
    fn timed<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.wait = None;
            return polled;
        }
        let stall = self.stall;
        let begin = || Box::pin(sleep_until(Instant::now() + stall));
        ready!(self.wait.get_or_insert_with(begin).as_mut().poll(context));
        Poll::Ready(Err(late()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, from);
        self.timed(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, from);
        self.timed(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.timed(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.timed(context, polled)
    }
}

//! A packed tree on its way to a client: each record a piece of its own.
//!
//! Clients before 3.28 take a piece of a chunked answer for exactly one record, later ones for any number of whole ones.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use futures_core::Stream;
use trailmark_aim::first_record;

/// Hands out the records of a packed tree.
#[derive(Debug)]
pub(super) struct Records(Bytes);

impl Records {
    pub(super) fn of(packed: Vec<u8>) -> Self {
        Self(packed.into())
    }
}

impl Stream for Records {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let n_bytes = first_record(&self.0).unwrap_or(self.0.len());
        Poll::Ready(Some(Ok(self.0.split_to(n_bytes))))
    }
}

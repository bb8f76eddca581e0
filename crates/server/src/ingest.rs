//! `/api/v1/journals` and `/api/v1/blobs`: runs that are recorded elsewhere and sent here as the journals they are.

use std::io::{self, Read};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use trailmark_core::{ContentId, RunId, WriterId};
use trailmark_store::Appended;

use crate::app::App;
use crate::dto::Journal;
use crate::error::ApiError;

/// Bytes of a piece of a journal at most, as it is kept: a frame has at most 256 MiB.
pub(crate) const MOST_BYTES: usize = (256 << 20) + (1 << 16);
/// Pieces of a blob that wait to be written.
const MOST_PIECES: usize = 16;

/// Where in its journal a piece begins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    offset: u64,
}

/// `POST /api/v1/journals/{run}/{writer}`; the piece may be compressed.
pub(crate) fn append(
    app: &App,
    (run, writer): (&str, &str),
    request: &Request,
    (body, is_packed): (&[u8], bool),
) -> Result<Journal, ApiError> {
    let id = |error: trailmark_core::IdError| ApiError::bad(format!("append to a journal: {error}"));
    let (run, writer): (RunId, WriterId) = (run.parse().map_err(id)?, writer.parse().map_err(id)?);
    let unpacked;
    let bytes = if is_packed {
        unpacked = unpack(body)?;
        &unpacked
    } else {
        body
    };
    Ok(match app.store.append(run, writer, request.offset, bytes)? {
        Appended::Durable { offset } => Journal { durable: Some(offset), ..Journal::default() },
        Appended::Behind { offset } => Journal { behind: Some(offset), ..Journal::default() },
        Appended::Gone => Journal { gone: Some(true), ..Journal::default() },
    })
}

fn unpack(body: &[u8]) -> Result<Vec<u8>, ApiError> {
    let wrong = |error: io::Error| ApiError::bad(format!("unpack a piece of a journal: {error}"));
    let mut bytes = Vec::new();
    let unpacked = zstd::stream::read::Decoder::new(body).map_err(wrong)?;
    unpacked.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() > MOST_BYTES {
        return Err(ApiError::TooLarge {
            message: format!("append to a journal: got more than {MOST_BYTES} bytes"),
            hint: "send it in pieces".to_owned(),
        });
    }
    Ok(bytes)
}

/// `PUT /api/v1/blobs/{id}`: keeps what comes, when it is what its name says.
pub(crate) fn put_blob(app: &App, text: &str, mut bytes: BodyReader) -> Result<Journal, ApiError> {
    let id = text.parse::<ContentId>();
    let wanted = id.map_err(|error| ApiError::bad(format!("keep a blob: {error}")))?;
    let kept = app.store.put_blob_from(&mut bytes)?;
    if kept.id != wanted {
        return Err(ApiError::bad(format!(
            "keep a blob: got the content of {}, want that of {wanted}",
            kept.id
        )));
    }
    Ok(Journal { durable: Some(kept.n_bytes), ..Journal::default() })
}

/// A request's body, read by a thread that may block while it comes.
pub(crate) struct BodyReader {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl BodyReader {
    /// Reads a body as it comes; must be called on the runtime.
    pub(crate) fn new(body: Body) -> Self {
        let (sender, pieces) = mpsc::channel(MOST_PIECES);
        tokio::spawn(async move {
            let mut stream = std::pin::pin!(body.into_data_stream());
            while let Some(piece) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
                // Nobody reads on after an error.
                if sender.send(piece.map_err(io::Error::other)).await.is_err() {
                    return;
                }
            }
        });
        Self { pieces, piece: Bytes::new() }
    }
}

impl Read for BodyReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let n_bytes = to.len().min(self.piece.len());
        let (head, _) = to.split_at_mut(n_bytes);
        head.copy_from_slice(&self.piece.split_to(n_bytes));
        Ok(n_bytes)
    }
}

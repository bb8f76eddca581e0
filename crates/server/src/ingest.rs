//! `/api/v1/journals` and `/api/v1/blobs`: runs that are recorded elsewhere and sent here as the journals they are.

use std::io::{self, Read};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use trailmark_core::{ContentId, RunId, WriterId};
use trailmark_store::Appended;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::document::Binary;
use crate::dto::Journal;
use crate::error::ApiError;
use crate::parameter::{OfBlob, OfJournal};

/// Bytes of a piece of a journal at most, as it is kept: a frame has at most 256 MiB.
pub(crate) const MOST_BYTES: usize = (256 << 20) + (1 << 16);
/// Pieces of a blob that wait to be written.
const MOST_PIECES: usize = 16;

/// Where in its journal a piece begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// Where in the journal the bytes begin.
    offset: u64,
}

/// How a piece of a journal is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Packing {
    Identity,
    Zstd,
}

impl Packing {
    /// What a request says.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok(Self::Identity),
            Some(b"zstd") => Ok(Self::Zstd),
            Some(other) => {
                let other = String::from_utf8_lossy(other);
                Err(ApiError::bad(format!("append to a journal: got the encoding {other:?}, want zstd")))
            }
        }
    }
}

/// `POST /api/v1/journals/{run}/{writer}`; the piece may be compressed.
#[utoipa::path(
    post, path = "/api/v1/journals/{run}/{writer}", operation_id = "append_journal", tag = "Recording",
    summary = "Appends bytes of a journal that its writer keeps elsewhere",
    description = "What is there already is compared and stepped over, so that sending twice changes nothing; a frame \
        that is cut at the end waits for its rest. Without bytes the answer says where the server stands, \
        and the server hears that the writer lives. The answer is one of `durable` (all before this offset \
        is on the disk), `behind` (there is a hole: send from here on) and `gone` (the run was deleted).",
    params(OfJournal, Request,
        ("Content-Encoding" = inline(Option<Packing>), Header, description = "How the bytes are packed.")),
    request_body(content = Binary, content_type = "application/octet-stream", description = "The bytes of the journal from the offset on, at most 256 MiB."),
    responses(
        (status = 200, description = "How far the journal is on the disk.", body = Journal),
        (status = 422, description = "The bytes are no frames of a journal, or not those that are there."),
    ),
)]
pub(crate) fn append(
    app: &App,
    of: &OfJournal,
    request: &Request,
    (body, packing): (&[u8], Packing),
) -> Result<Journal, ApiError> {
    let id = |error: trailmark_core::IdError| ApiError::bad(format!("append to a journal: {error}"));
    let (run, writer): (RunId, WriterId) = (of.run.parse().map_err(id)?, of.writer.parse().map_err(id)?);
    let unpacked;
    let bytes = match packing {
        Packing::Identity => body,
        Packing::Zstd => {
            unpacked = unpack(body)?;
            &unpacked
        }
    };
    Ok(match app.store.append(run, writer, request.offset, bytes)? {
        Appended::Durable { offset } => Journal { durable: Some(offset), ..Journal::default() },
        Appended::Behind { offset } => Journal { behind: Some(offset), ..Journal::default() },
        Appended::Gone => Journal { gone: Some(true), ..Journal::default() },
    })
}

fn unpack(body: &[u8]) -> Result<Vec<u8>, ApiError> {
    let wrong =
        |error: io::Error| ApiError::Untrue { message: format!("unpack a piece of a journal: {error}") };
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
#[utoipa::path(
    put, path = "/api/v1/blobs/{id}", operation_id = "keep_blob", tag = "Recording",
    summary = "Keeps bytes under the BLAKE3 of their content",
    description = "A sender sees to it that the blobs that a frame of a journal refers to are there before the frame.",
    params(OfBlob),
    request_body(content = Binary, content_type = "application/octet-stream", description = "The bytes, of any length."),
    responses(
        (status = 200, description = "The bytes are on the disk.", body = Journal),
        (status = 422, description = "The bytes are not those that the path names."),
    ),
)]
pub(crate) fn put_blob(app: &App, text: &str, mut bytes: BodyReader) -> Result<Journal, ApiError> {
    let id = text.parse::<ContentId>();
    let wanted = id.map_err(|error| ApiError::bad(format!("keep a blob: {error}")))?;
    let kept = app.store.put_blob_from(&mut bytes)?;
    if kept.id != wanted {
        let message = format!("keep a blob: got the content of {}, want that of {wanted}", kept.id);
        return Err(ApiError::Untrue { message });
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

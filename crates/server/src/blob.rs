//! `GET /api/v1/blobs/{id}`: kept bytes, whole or a range of them, never as a document of the page's own origin.
//!
//! What people record is foreign: only pictures, sounds and figures of known formats are given a type that a browser
//! shows, and every answer is in a sandbox, so that a picture that is a document in disguise runs nothing.

use std::io::{self, Read as _, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::response::Builder;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse as _;
use futures_core::Stream;
use serde::Deserialize;
use tokio::sync::mpsc;
use trailmark_core::ContentId;
use trailmark_store::{Error, ReadSeek};
use utoipa::IntoParams;

use crate::app::App;
use crate::document::Binary;
use crate::error::ApiError;
use crate::parameter::OfBlob;

/// Formats that a browser may show by themselves, and their media types. Documents (SVG, HTML, PDF) are none of them.
const SHOWN: [(&str, &str); 17] = [
    ("png", "image/png"),
    ("apng", "image/apng"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("ico", "image/x-icon"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mpeg"),
    ("mpeg", "audio/mpeg"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("json", "application/json"),
];
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;
/// Content never becomes different.
const FOR_EVER: &str = "private, max-age=31536000, immutable";
const SANDBOX: &str = "default-src 'none'; sandbox";

/// What is asked for: with a format of [`SHOWN`] as that, else to be kept as a file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Request {
    /// To be shown as this: `png`, `apng`, `jpeg`, `jpg`, `gif`, `webp`, `avif`, `bmp`, `ico`, `wav`, `mp3`, `mpeg`,
    /// `flac`, `ogg`, `opus`, `m4a`, `json`; with anything else, to be kept as a file.
    #[serde(default, rename = "type")]
    #[param(example = "png")]
    format: String,
    /// What a file that is kept is called.
    #[serde(default)]
    name: String,
}

/// The bytes that a request gets, on their way.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

/// Which part of the bytes is wanted.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    All,
    Some(Range<u64>),
    /// Nothing that is there.
    None,
}

/// Opens the blob and says what of it goes out. Blocks; called inside the runtime.
#[utoipa::path(
    get, path = "/api/v1/blobs/{id}", operation_id = "blob", tag = "Objects and files",
    summary = "Kept bytes, whole or a range of them",
    description = "Content never becomes different, so that it may be kept for ever. With a `type` that is known it is \
        to be shown, with any other, without one, or with a `name`, to be saved. Every answer is in a \
        sandbox.",
    params(OfBlob, Request,
        ("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110).", example = "bytes=0-99")),
    responses(
        (status = 200, description = "The bytes; `HEAD` answers only that they are there, and how many.",
            content((Binary = "application/octet-stream"), (Binary = "image/*"), (Binary = "audio/*"), (Binary = "application/json"))),
        (status = 206, description = "The range that was asked for.",
            content((Binary = "application/octet-stream"), (Binary = "image/*"), (Binary = "audio/*"), (Binary = "application/json"))),
        (status = 304, description = "The bytes are those that `If-None-Match` names."),
        (status = 404, description = "The repository has no such content."),
        (status = 416, description = "The range is outside of the bytes."),
    ),
)]
pub(crate) fn blob(
    app: &App,
    id: &str,
    request: &Request,
    headers: &HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let missing = || ApiError::NotFound { what: "kept content", text: id.to_owned() };
    let id: ContentId = id.parse().map_err(|_| missing())?;
    let mut file = match app.store.open_blob(&id) {
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Err(missing()),
        opened => opened?,
    };
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let etag = format!("\"{}\"", &id.to_string()[..32]);
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut response = Response::builder()
        .header(ETAG, &etag)
        .header(CACHE_CONTROL, FOR_EVER)
        .header(CONTENT_SECURITY_POLICY, SANDBOX)
        .header(ACCEPT_RANGES, "bytes");
    if text(IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag)) {
        return built(response.status(StatusCode::NOT_MODIFIED), Body::empty());
    }
    let is_same = text(IF_RANGE).is_none_or(|tag| tag == etag);
    let part = text(RANGE).filter(|_| is_same).map_or(Part::All, |wanted| part(wanted, length));
    let range = match part {
        Part::All => 0..length,
        Part::Some(range) => {
            let said = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            response = response.status(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, said);
            range
        }
        Part::None => {
            let message = format!("read kept content: got a range outside of its {length} bytes");
            let mut refused = ApiError::Range { message }.into_response();
            // Digits are a header.
            let said = HeaderValue::try_from(format!("bytes */{length}"));
            refused.headers_mut().extend(said.ok().map(|said| (CONTENT_RANGE, said)));
            return Ok(refused);
        }
    };
    response = described(response, request);
    file.seek(SeekFrom::Start(range.start)).map_err(unreadable)?;
    let n_bytes = range.end - range.start;
    let (sender, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || send(file, n_bytes, &sender));
    built(response.header(CONTENT_LENGTH, n_bytes), Body::from_stream(Pieces(receiver)))
}

/// With the type of what is shown, or as a file with a name.
fn described(response: Builder, request: &Request) -> Builder {
    let known = SHOWN.iter().find(|(format, _)| *format == request.format);
    match known {
        Some((_, media_type)) if request.name.is_empty() => response.header(CONTENT_TYPE, *media_type),
        _ => response
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_DISPOSITION, disposition(&request.name)),
    }
}

/// RFC 6266: the last part of the name, in letters that every header bears, and percent-encoded.
fn disposition(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    if last.is_empty() {
        return "attachment".to_owned();
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_. ()+,=@".contains(letter);
    let plain: String = last.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let encoded: String = last.bytes().map(byte).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// Reads one range (RFC 9110 § 14); of several, and of what is no range, everything is answered, as it allows.
fn part(wanted: &str, length: u64) -> Part {
    let Some(range) = wanted.strip_prefix("bytes=").filter(|ranges| !ranges.contains(',')) else {
        return Part::All;
    };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::All };
    let (first, last) = match (first, last) {
        ("", last) => match last.parse::<u64>() {
            Ok(n_last) => (length.saturating_sub(n_last), length),
            Err(_) => return Part::All,
        },
        (first, "") => match first.parse() {
            Ok(first) => (first, length),
            Err(_) => return Part::All,
        },
        (first, last) => match (first.parse(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
            _ => return Part::All,
        },
    };
    if first < last { Part::Some(first..last) } else { Part::None }
}

/// Sends what was opened until it is done or nobody listens. Blocks.
fn send(mut file: Box<dyn ReadSeek>, mut n_left: u64, sender: &mpsc::Sender<io::Result<Bytes>>) {
    while n_left > 0 {
        let mut piece = vec![0; PIECE.min(usize::try_from(n_left).unwrap_or(PIECE))];
        let read = file.read(&mut piece).and_then(|n_read| match n_read {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n_read => Ok(n_read),
        });
        let (sent, is_end) = match read {
            Ok(n_read) => {
                piece.truncate(n_read);
                n_left -= n_read as u64;
                (Ok(Bytes::from(piece)), false)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // The connection is cut, so that nobody takes a part for the whole.
            Err(error) => (Err(error), true),
        };
        if sender.blocking_send(sent).is_err() || is_end {
            return;
        }
    }
}

fn built(response: Builder, body: Body) -> Result<Response<Body>, ApiError> {
    response.body(body).map_err(|error| ApiError::Internal { message: error.to_string() })
}

fn unreadable(error: io::Error) -> ApiError {
    ApiError::Internal { message: format!("read kept content: {error}") }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, want: Part) {
        assert_eq!(part(wanted, 1000), want, "{wanted}");
    }

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        check("bytes=0-", Part::Some(0..1000));
        check("bytes=0-0", Part::Some(0..1));
        check("bytes=990-2000", Part::Some(990..1000));
        check("bytes=-10", Part::Some(990..1000));
        check("bytes=-5000", Part::Some(0..1000));
        check("bytes=999-18446744073709551615", Part::Some(999..1000));
        check("bytes=1000-", Part::None);
        check("bytes=-0", Part::None);
    }

    #[test]
    fn what_is_no_single_range_gets_everything() {
        for wanted in ["bytes=0-1,5-6", "bytes=", "bytes=a-b", "bytes=5-2", "lines=0-5", "bytes=5"] {
            check(wanted, Part::All);
        }
    }

    #[test]
    fn a_file_is_called_by_the_last_part_of_its_name() {
        for (name, want) in [
            ("", "attachment"),
            ("a/b/model.bin", "attachment; filename=\"model.bin\"; filename*=UTF-8''model.bin"),
            ("x\"\r\ny", "attachment; filename=\"x___y\"; filename*=UTF-8''x%22%0D%0Ay"),
            ("naïve.txt", "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt"),
            ("../../etc/passwd", "attachment; filename=\"passwd\"; filename*=UTF-8''passwd"),
        ] {
            assert_eq!(disposition(name), want);
        }
    }
}

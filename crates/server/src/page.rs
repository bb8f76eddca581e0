//! The page: every path that is no route of the interface.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, VARY,
};
use axum::http::{Response, StatusCode, Uri};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use trailmark_core::ContentId;
use trailmark_ui::Asset;

use crate::error::ApiError;

/// A built file, or `index.html` for every path of the page.
pub(crate) fn page(uri: &Uri, headers: &HeaderMap) -> Result<Response<Body>, ApiError> {
    let path = uri.path();
    let name = match path.strip_prefix("/assets/") {
        Some(name) => name,
        None if path.starts_with("/api/") => {
            return Err(ApiError::NotFound { what: "a route", text: path.to_owned() });
        }
        None => "index.html",
    };
    let missing = || ApiError::NotFound { what: "a file of the page", text: path.to_owned() };
    let asset = trailmark_ui::asset(name).ok_or_else(missing)?;
    let file = File::of(name, asset);
    let names = |header, wanted: &str| {
        let value = headers.get(header).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.split(',').any(|part| part.trim().split(';').next() == Some(wanted)))
    };
    let mut response = Response::builder()
        .header(CONTENT_TYPE, asset.media_type)
        .header(ETAG, &file.etag)
        .header(VARY, "accept-encoding")
        // Asked for again each time, answered with 304 when nothing changed.
        .header(CACHE_CONTROL, "no-cache");
    let body = if names(IF_NONE_MATCH, &file.etag) {
        response = response.status(StatusCode::NOT_MODIFIED);
        Body::empty()
    } else if names(ACCEPT_ENCODING, "gzip") {
        response = response.header(CONTENT_ENCODING, "gzip");
        Body::from(file.packed)
    } else if asset.is_packed {
        let mut bytes = Vec::new();
        let unpacked = GzDecoder::new(asset.bytes).read_to_end(&mut bytes);
        unpacked.map_err(|error| ApiError::Internal { message: format!("unpack {name}: {error}") })?;
        Body::from(bytes)
    } else {
        Body::from(asset.bytes)
    };
    response.body(body).map_err(|error| ApiError::Internal { message: error.to_string() })
}

/// A built file, packed once.
#[derive(Debug, Clone)]
struct File {
    etag: String,
    packed: Bytes,
}

impl File {
    fn of(name: &str, asset: Asset) -> Self {
        static FILES: OnceLock<Mutex<HashMap<String, File>>> = OnceLock::new();
        let mut files = FILES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let known = files.entry(name.to_owned());
        let new = || {
            let etag = format!("\"{}\"", &ContentId::of(asset.bytes).to_string()[..16]);
            if asset.is_packed {
                return Self { etag, packed: Bytes::from_static(asset.bytes) };
            }
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            // Writing into memory does not fail.
            let packed = packer.write_all(asset.bytes).and_then(|()| packer.finish()).unwrap_or_default();
            Self { etag, packed: Bytes::from(packed) }
        };
        known.or_insert_with(new).clone()
    }
}

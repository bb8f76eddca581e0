//! What `trailmark up` serves: the page and the HTTP interface behind it (`docs/http.md`).
//!
//! In the order in which a request flows: the server listens, the door takes connections in, the
//! guard lets in, a route asks a module of its own, which
//! looks at the snapshot of all runs, asks the store for what is not in it, and answers with what goes over the wire
//! ([`dto`]). The store blocks, so all of that happens on threads of its own; only `server`, `door`, `pace`, `route`, `live`
//! and `blob` know of the runtime.

#![allow(unused_qualifications, reason = "what utoipa's macros make names every type by its whole path")]

mod aim;
mod answers;
mod app;
mod arrow;
mod artifacts;
mod ask;
mod best;
mod blind;
mod blob;
mod certificate;
mod checkpoints;
mod complete;
mod diagnosis;
mod document;
mod door;
pub mod dto;
mod edits;
mod error;
mod extract;
mod face;
mod field;
mod fields;
mod find;
mod findings;
mod frame;
mod guard;
mod info;
mod ingest;
mod keep;
mod labels;
mod listed;
mod live;
mod logs;
mod objects;
mod pace;
mod page;
mod parameter;
mod route;
mod runs;
mod say;
mod search;
mod series;
mod server;
mod session;
mod sign_in;
mod snapshot;
mod texts;
mod views;

pub use ask::{Answered, Answerer, AskError, Asked, Keeper, KeptText};
pub use certificate::{Certificate, CertificateError};
pub use error::ApiError;
pub use server::{Options, ServeError, Server};

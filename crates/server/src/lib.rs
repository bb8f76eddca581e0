//! What `trailmark up` serves: the page and the HTTP interface behind it (`docs/http.md`).
//!
//! In the order in which a request flows: what goes over the wire ([`dto`]).

pub mod dto;

//! Parameters of a request's address.

use axum::extract::FromRequestParts;
use axum::extract::Query;
use axum::http::request::Parts;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};

use crate::error::ApiError;
use crate::field;

/// Yes or no: `1`, `0`, `true`, `false`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flag(pub(crate) bool);

/// A list divided by commas; commas inside braces divide nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct List(pub(crate) Vec<String>);

/// All parameters; one that nobody knows is an error.
#[derive(Debug)]
pub(crate) struct Parameters<T>(pub(crate) T);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "1" | "true" => Ok(Self(true)),
            "0" | "false" | "" => Ok(Self(false)),
            other => Err(D::Error::custom(format!("got {other:?}, want 1 or 0"))),
        }
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(field::split(&text).into_iter().map(str::to_owned).collect()))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(ApiError::bad(format!("read the parameters: {}", deepest(&error)))),
        }
    }
}

/// The innermost reason of an error: the outer ones say only that a request was wrong.
pub(crate) fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

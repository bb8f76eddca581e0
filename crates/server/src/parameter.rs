//! Parameters of a request's address, and its body: what is wrong with them is said as every other error is.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::IntoResponse as _;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::field;

/// The largest whole number that every reader of JSON has exactly.
const MOST_EXACT: u64 = (1 << 53) - 1;

/// Yes or no: `1`, `0`, `true`, `false`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flag(pub(crate) bool);

/// How many, or from where on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count(usize);

/// A list divided by commas; commas inside braces divide nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct List(pub(crate) Vec<String>);

/// All parameters; one that nobody knows is an error.
#[derive(Debug)]
pub(crate) struct Parameters<T>(pub(crate) T);

/// What the path of a route names.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) T);

/// The run that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfRun {
    /// The run's id, or a beginning of it that fits one run alone.
    #[param(format = "run-id", example = "0123456789abcdef01234567")]
    pub(crate) id: String,
}

/// The kept content that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfBlob {
    /// The BLAKE3 hash of the content.
    #[param(format = "content-id", pattern = "^[0-9a-f]{64}$")]
    pub(crate) id: String,
}

/// The journal that a path names.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfJournal {
    /// The id of the run.
    #[param(pattern = "^[0-9a-f]{24}$", example = "0123456789abcdef01234567")]
    pub(crate) run: String,
    /// The id of the writer.
    #[param(pattern = "^[0-9a-f]{16}$", example = "0123456789abcdef")]
    pub(crate) writer: String,
}

/// The whole body of a request.
#[derive(Debug)]
pub(crate) struct Sent(pub(crate) Bytes);

impl Count {
    /// The number.
    pub(crate) fn n(self) -> usize {
        self.0
    }
}

impl utoipa::PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["1", "0", "true", "false"])).into()
    }
}

impl ToSchema for Flag {}

impl utoipa::PartialSchema for Count {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().schema_type(Type::Integer);
        object.minimum(Some(0)).maximum(Some(MOST_EXACT as f64)).into()
    }
}

impl ToSchema for Count {}

impl utoipa::PartialSchema for List {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}

impl ToSchema for List {}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        let counted = usize::try_from(number).ok().filter(|_| number <= MOST_EXACT);
        counted.map(Self).ok_or_else(|| D::Error::custom(format!("got {number}, want at most {MOST_EXACT}")))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "1" | "true" => Ok(Self(true)),
            "0" | "false" => Ok(Self(false)),
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
            // The error below the rejection names the parameter; the ones below it only what is wrong with a value.
            Err(error) => {
                let named = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
                Err(ApiError::bad(format!("read the parameters: {named}")))
            }
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(error) => Err(ApiError::bad(format!("read the path: {}", error.body_text()))),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, ApiError> {
        let rejection = match Bytes::from_request(request, state).await {
            Ok(bytes) => return Ok(Self(bytes)),
            Err(rejection) => rejection,
        };
        let message = format!("read the request: {}", rejection.body_text());
        Err(match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                ApiError::TooLarge { message, hint: "send less at once".to_owned() }
            }
            _ => ApiError::Bad { message },
        })
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

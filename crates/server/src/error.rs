//! What goes wrong with a request, and the one place where it becomes a status and a body.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::dto::{ErrorBody, QueryPosition};

/// Why a request is not answered as it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The query cannot be understood.
    #[error("{message}")]
    Query {
        /// What is wrong.
        message: String,
        /// Where.
        position: QueryPosition,
    },
    /// There is no such thing.
    #[error("find {what}: got {text:?}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// What was asked for.
        text: String,
    },
    /// More than one thing is meant.
    #[error("find a run: got {text:?}, which fits {count} runs")]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// How many fit.
        count: usize,
    },
    /// The request makes no sense.
    #[error("{message}")]
    Bad {
        /// What is wrong.
        message: String,
    },
    /// There is nothing at the range that was asked for.
    #[error("{message}")]
    Range {
        /// What there is.
        message: String,
    },
    /// The bytes that were sent are not what they are said to be.
    #[error("{message}")]
    Untrue {
        /// What they are.
        message: String,
    },
    /// The request does not name an address of the server, or comes from a foreign page.
    #[error("{message}")]
    Foreign {
        /// What was named.
        message: String,
    },
    /// Nobody knows who asks.
    #[error("{message}")]
    SignIn {
        /// What is wrong with the token.
        message: String,
    },
    /// Whoever asks may not.
    #[error("{message}")]
    Forbidden {
        /// What they may.
        message: String,
    },
    /// Whoever asks does so too often.
    #[error("{message}")]
    TooMany {
        /// Who.
        message: String,
    },
    /// The request did not come in time.
    #[error("{message}")]
    Late {
        /// How slow it was.
        message: String,
    },
    /// The route answers another method.
    #[error("ask {path:?}: got {got}, want another method")]
    Method {
        /// The route.
        path: String,
        /// The method of the request.
        got: String,
    },
    /// Too much was asked for.
    #[error("{message}")]
    TooLarge {
        /// How much it is.
        message: String,
        /// What one can do.
        hint: String,
    },
    /// The repository is busy or there is nobody to do it.
    #[error("{message}")]
    Busy {
        /// What is missing.
        message: String,
    },
    /// The repository.
    #[error(transparent)]
    Store(#[from] trailmark_store::Error),
    /// The server's own fault.
    #[error("{message}")]
    Internal {
        /// What went wrong.
        message: String,
    },
}

impl ApiError {
    /// Someone whom nobody knows.
    pub(crate) fn unknown() -> Self {
        Self::SignIn { message: "this server wants a token".to_owned() }
    }

    /// A request that makes no sense.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::Bad { message: message.into() }
    }

    fn status(&self) -> (StatusCode, &'static str) {
        use trailmark_store::Error as Store;
        match self {
            Self::Query { .. } => (StatusCode::BAD_REQUEST, "query"),
            Self::NotFound { .. } | Self::Store(Store::NoRun { .. } | Store::NoBest { .. }) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            Self::Untrue { .. } | Self::Store(Store::Frames { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "bad_request")
            }
            Self::Range { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "bad_request"),
            Self::Ambiguous { .. } => (StatusCode::CONFLICT, "ambiguous"),
            Self::Bad { .. } | Self::Store(Store::Cursor { .. }) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Foreign { .. } => (StatusCode::FORBIDDEN, "bad_request"),
            Self::SignIn { .. } => (StatusCode::UNAUTHORIZED, "sign_in"),
            Self::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "busy"),
            Self::Late { .. } => (StatusCode::REQUEST_TIMEOUT, "busy"),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, "bad_request"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Store(Store::NotARepository { .. } | Store::Newer { .. } | Store::Broken { .. }) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "not_a_repository")
            }
            Self::Busy { .. } | Self::Store(Store::Locked { .. } | Store::Full { .. }) => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy")
            }
            Self::Store(_) | Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLarge { hint, .. } => return Some(hint.clone()),
            Self::Query { position, .. } => {
                return position.nearest.as_ref().map(|nearest| format!("did you mean {nearest}?"));
            }
            Self::SignIn { .. } => {
                "trailmark token create NAME makes one where the repository lies; programs give it as TRAILMARK_TOKEN"
            }
            Self::NotFound { what: "a run", .. } => "it may have been deleted; see the list of runs",
            Self::Ambiguous { .. } => "give more digits of its id",
            Self::Store(trailmark_store::Error::Full { .. }) => "free some space; what was recorded is kept",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// What the answer holds.
    pub(crate) fn body(&self) -> ErrorBody {
        let (status, code) = self.status();
        let mut message = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            message.push_str(&format!(": {error}"));
            source = error.source();
        }
        let position = match self {
            Self::Query { position, .. } => Some(position.clone()),
            _ => None,
        };
        ErrorBody { status: status.as_u16(), code, message, hint: self.hint(), position }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = self.body();
        if body.status >= 500 {
            tracing::error!(code = body.code, message = body.message, "a request failed");
        }
        // The body is a plain struct: it always becomes JSON.
        let json = serde_json::to_vec(&body).unwrap_or_default();
        (self.status().0, [(CONTENT_TYPE, "application/json")], json).into_response()
    }
}

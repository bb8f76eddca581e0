//! Signing in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /api/v1/session`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[schema(example = json!({"required": true, "name": "me", "scope": "track"}))]
pub struct SignedIn {
    /// Whether this server wants to know who asks.
    pub required: bool,
    /// The name of the token, for whoever is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// What its holder may do: read, track or admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<&'static str>,
}

/// `POST /api/v1/session`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BeginSession {
    /// The token.
    pub token: String,
}

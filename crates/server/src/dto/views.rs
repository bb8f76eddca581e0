//! Kept views.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A view of the page that somebody kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct View {
    /// What people call it.
    pub name: String,
    /// The page's address, without the server.
    pub url: String,
    /// When it was kept, in seconds since 1970.
    pub kept_at: f64,
}

/// All kept views.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct KeptViews {
    /// By name.
    pub views: Vec<View>,
    /// What was replaced or forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub before: Option<View>,
}

/// A view to keep.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct KeepView {
    /// What it shall be called; one that is called so already is replaced.
    #[schema(
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        max_length = 200
    )]
    pub name: String,
    /// The page's address, without the server.
    #[schema(pattern = r"^/([^/\\\n\r\t][^\\\n\r\t]*)?$", example = "/metrics?m=loss")]
    pub url: String,
}

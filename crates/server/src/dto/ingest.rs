//! What a sender of journals hears.

use serde::Serialize;
use utoipa::ToSchema;

/// `POST /api/v1/journals/{run}/{writer}`: one of the three.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(example = json!({"durable": 81920}))]
pub struct Journal {
    /// All before this offset is on the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub durable: Option<u64>,
    /// There is a hole: what comes from this offset on is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub behind: Option<u64>,
    /// The run was deleted: send no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gone: Option<bool>,
}

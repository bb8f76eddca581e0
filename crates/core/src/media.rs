//! Values whose bytes are kept beside the points: what can be looked at or listened to, and files.

use crate::{ContentId, Params};

/// Bytes that are kept by content, once for a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Under which id.
    pub id: ContentId,
    /// How many bytes.
    pub n_bytes: u64,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its file.
    pub file: Kept,
    /// The file's format in lower case, such as `png`, `jpeg`, `gif`, `webp`.
    pub format: String,
    /// In pixels; 0 where nobody said.
    pub width: u32,
    /// In pixels; 0 where nobody said.
    pub height: u32,
    /// What people read below it.
    pub caption: String,
}

/// A sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// Its file.
    pub file: Kept,
    /// The file's format in lower case: `wav`, `mp3`, `flac`, `ogg`.
    pub format: String,
    /// What people read below it.
    pub caption: String,
}

/// A figure that is drawn where it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Plotly's JSON: an object with `data` and `layout`.
    pub file: Kept,
    /// What people read below it.
    pub caption: String,
}

/// A histogram: how much lies in each of several bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// The lower edge of the first bin.
    pub low: f64,
    /// The upper edge of the last bin.
    pub high: f64,
    /// Counts or weights, one a bin.
    pub weights: Vec<f64>,
}

/// A message of a program with its severity, as Python's `logging` has them.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    pub level: i64,
    /// What it says.
    pub message: String,
    /// What was given with it.
    pub extra: Params,
    /// The file and line that logged it.
    pub origin: Option<(String, u32)>,
}

/// A file of a run, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its bytes, where the repository has them.
    pub file: Option<Kept>,
    /// Where it lies, for one that was left elsewhere; empty otherwise.
    pub uri: String,
}

//! Every file that this crate itself reads, so that each error names its path.
#![allow(clippy::disallowed_methods)]

use std::io;
use std::path::Path;

/// A file's bytes.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

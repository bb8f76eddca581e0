//! The compiled half of the Python package: what must be fast or touches the repository.
//!
//! In reading order: [`writer`] records a run (its [`door`] knows series by the identity of what Python passes, its
//! [`lines`] cut what is printed, [`media`] makes values of what the façade hands over), [`reader`] reads a repository
//! back (its [`source`] is a folder or a server, [`rows`] makes dictionaries), [`tree`] turns params into Python and back, [`error`] maps
//! errors to exceptions. What users call lies in the Python files beside it, which give these parts their shape and say
//! what is wrong; nothing here is public to them.
//!
//! No `unsafe` is written here: it comes out of PyO3's macros alone.

mod door;
mod error;
mod lines;
mod media;
mod reader;
mod rows;
mod source;
mod tree;
mod writer;

use pyo3::prelude::*;

/// What the façade imports.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::error::{Corrupt, Error, Locked, MissingRunError, QueryError, RemoteError, StoreError};
    #[pymodule_export]
    use crate::reader::Reader;
    #[pymodule_export]
    use crate::writer::{Writer, forked, is_offline, memorable_name, spool_of};
}

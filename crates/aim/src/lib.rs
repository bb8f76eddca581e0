//! Aim's bytes: what its client sends and wants to be answered, without sockets and without files.
//!
//! In reading order: a value is a [`Node`], which travels as packed records ([`unpack`], [`pack`]); a message is a list of
//! [`Instruction`]s; a write instruction means some [`Write`]s by the shape of its path; its contents become our words
//! ([`param_from_node`], [`value_from_node`]) and back; what a client reads of a run is looked up in a [`RunFace`] and in
//! the columns of a series; what goes wrong is an [`Exception`]. Only this crate knows Aim's shapes (`docs/aim.md`).

mod blake;
mod codec;
mod exception;
mod face;
mod hash;
mod key;
mod media;
mod message;
mod node;
mod object;
mod tree;
mod words;
mod write;

pub use codec::{Tree, TreeError, first_record, pack, unpack};
pub use exception::Exception;
pub use face::{Columns, RunFace, SeriesFace, column, is_number};
pub use hash::{context_id, hash};
pub use key::Key;
pub use message::{Instruction, MessageError, path_of};
pub use node::{Branch, Node};
pub use object::{artifact_from_node, node_from_artifact, node_from_value, value_from_node};
pub use tree::{example, first_key, items, keys, last_key, levels};
pub use words::{
    OURS, UNKNOWN_CONTEXT, context_from_node, moment, node_from_context, node_from_param, param_from_node,
};
pub use write::{Column, Trace, Write, writes};

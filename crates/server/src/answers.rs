//! Questions answered: lists, two runs beside each other, one question through the steps.

pub(crate) mod compare;
mod library;
pub(crate) mod list;
mod shelf;
mod strip;

pub(crate) use compare::compare;
pub(crate) use list::{history, list, steps};
pub(crate) use shelf::Shelf;

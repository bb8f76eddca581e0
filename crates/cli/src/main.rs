//! The `trailmark` program.
fn main() {}

//! `trailmark-encoder`: see ARCHITECTURE.md.

//! `trailmark-store`: see ARCHITECTURE.md.

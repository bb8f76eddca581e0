//! `trailmark-cli`: see ARCHITECTURE.md.

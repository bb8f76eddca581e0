//! `trailmark-client`: see ARCHITECTURE.md.

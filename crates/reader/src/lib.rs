//! `trailmark-reader`: see ARCHITECTURE.md.

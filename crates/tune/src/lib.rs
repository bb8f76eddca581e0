//! `trailmark-tune`: see ARCHITECTURE.md.

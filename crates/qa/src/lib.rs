//! `trailmark-qa`: see ARCHITECTURE.md.

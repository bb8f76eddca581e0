//! Any bytes are read as an event file: no panic, no endless work, no memory beyond what the file holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // As they are, where check sums end most of them, and as the content of records whose check sums are right.
    trailmark_import::fuzzing::event_file(data);
    trailmark_import::fuzzing::events(data);
});

//! Any bytes are read as what a segment keeps beside its tables: no panic, no memory beyond what they can hold; what can be
//! read is written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    trailmark_store::fuzzing::segment(data);
});

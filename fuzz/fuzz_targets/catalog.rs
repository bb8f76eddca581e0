//! Any bytes are read as a row of the catalog: no panic, no memory beyond what they can hold; one that can be read is
//! written as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    trailmark_store::fuzzing::catalog_row(data);
});

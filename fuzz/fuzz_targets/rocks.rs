//! Any bytes are read as the files of a database of RocksDB: no panic, no memory beyond what they can hold.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    trailmark_import::fuzzing::rocks(data);
});

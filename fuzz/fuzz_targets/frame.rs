//! Any bytes are read as frames of a journal: no panic, no endless work, no memory beyond what they can hold.
//!
//! A frame's length and check sum are put right first; what its payload says is not.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Vec::new();
    // Pieces of at most a kilobyte become payloads.
    let mut rest = data;
    while let Some((length, body)) = rest.split_first() {
        let (payload, next) = body.split_at(body.len().min(4 * usize::from(*length)));
        bytes.extend((payload.len() as u32).to_le_bytes());
        bytes.extend(crc32c::crc32c(payload).to_le_bytes());
        bytes.extend(payload);
        rest = next;
    }
    trailmark_store::fuzzing::frames(&bytes);
    trailmark_store::fuzzing::frames(data);
});

//! Any text is read as a data set; what was read is written and read again, and is the same then.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trailmark_qa::Dataset;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("set.json");
    let Ok(set) = Dataset::from_text(text, path) else { return };
    for example in &set.examples {
        for gold in &example.answers {
            let at = example.context.chars().skip(gold.start).take(gold.text.chars().count());
            assert!(at.eq(gold.text.chars()), "{example:?}");
        }
    }
    if set.examples.is_empty() {
        return;
    }
    let again = Dataset::from_text(&set.to_squad(), path).expect("what was written can be read");
    assert_eq!((&again.examples, &again.problems.len()), (&set.examples, &0), "{set:?}");
});

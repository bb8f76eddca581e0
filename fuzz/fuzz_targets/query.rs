//! Any text is read, completed and asked of five runs: no panic, no overflow, no endless work.
#![no_main]

#[path = "../../crates/query/tests/sample/mod.rs"]
mod sample;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trailmark_query::{Expression, Kind, Schema};

static RUNS: LazyLock<Vec<sample::Run>> = LazyLock::new(sample::runs);
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| sample::schema(&RUNS));

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let kind = Kind::ALL[usize::from(*first) % Kind::ALL.len()];
    let schema = if first & 0x80 == 0 { &*SCHEMA } else { &Schema::open() };
    let cursor = usize::from(*first) % (text.chars().count() + 1);
    _ = Expression::complete(text, cursor, kind, schema);
    match Expression::parse(text, kind, schema) {
        Err(error) => {
            let length = text.chars().count();
            assert!(error.start <= error.end && error.end <= length, "{error:?} of {length}");
            _ = error.render(text);
        }
        Ok(expression) => {
            let mut search = expression.search(sample::CLOCK);
            for run in RUNS.iter() {
                if search.matches_run(run).is_err() || search.prune(run).is_err() {
                    break;
                }
            }
        }
    }
});

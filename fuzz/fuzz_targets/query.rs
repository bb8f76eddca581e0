//! Any text, and texts made to do harm, are read, completed and asked of five runs: no panic, no overflow, no endless work.
#![no_main]

#[path = "../../crates/query/tests/sample/hostile.rs"]
mod hostile;
#[path = "../../crates/query/tests/sample/mod.rs"]
mod sample;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trailmark_query::{Expression, Kind, Order, Schema};

static RUNS: LazyLock<Vec<sample::Run>> = LazyLock::new(sample::runs);
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| sample::schema(&RUNS));

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let made;
    let text = if first & 0x40 == 0 {
        let Ok(text) = std::str::from_utf8(rest) else { return };
        text
    } else {
        made = hostile::text(rest);
        &made
    };
    let kind = Kind::ALL[usize::from(first & 0x3f) % Kind::ALL.len()];
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
    if let Ok(order) = Order::parse(text, Kind::Runs, schema) {
        let mut sorter = order.sorter(sample::CLOCK);
        let mut keys: Vec<_> = RUNS.iter().map_while(|run| sorter.key(run, None).ok()).collect();
        keys.sort();
    }
});

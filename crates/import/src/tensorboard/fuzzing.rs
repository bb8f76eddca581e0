//! Doors for the fuzz target: an event file's bytes through both readings.

use trailmark_core::Context;

use super::event::Event;
use super::record::{Next, Records, framed};
use super::survey::Survey;
use super::value::value_of;

/// Reads bytes as an event file; says how many points they hold.
pub fn event_file(bytes: &[u8]) -> usize {
    let mut survey = Survey::new(std::iter::once(Context::empty()));
    each(bytes, &mut |event| _ = survey.see(0, event));
    survey.finish();
    let mut n_points = 0;
    each(bytes, &mut |event| {
        let Some(part) = survey.parts.first_mut() else { return };
        for value in &event.values {
            let Some(place) = part.place(value, event.step) else { continue };
            n_points += usize::from(value_of(place.kind, &value.body, &mut Vec::new()).is_ok());
        }
    });
    n_points
}

/// The same for bytes of which each piece, behind two bytes that say its length, is the content of a sound record.
pub fn events(mut bytes: &[u8]) -> usize {
    let mut file = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (piece, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
        file.extend(framed(piece));
        bytes = rest;
    }
    event_file(&file)
}

fn each(bytes: &[u8], call: &mut dyn FnMut(&Event<'_>)) {
    let mut records = Records::new(bytes, bytes.len() as u64);
    loop {
        match records.next() {
            Ok(Next::Record) => {
                if let Ok(event) = Event::read(records.bytes()) {
                    call(&event);
                }
            }
            Ok(Next::Skipped(_)) => {}
            Ok(Next::Broken(_) | Next::Torn | Next::End) | Err(_) => return,
        }
    }
}

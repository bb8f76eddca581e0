//! The loss of a blind guess: what a run comes to that learned nothing.
//!
//! Guessing start and end of an answer among n positions costs ln n. Padded windows have as many positions as the
//! longest one may have; windows without padding have their own lengths, whose mean is tokens by samples a second.

use trailmark_core::{Context, ParamValue};
use trailmark_store::RunItem;

/// A loss of at least this share of a blind guess's has learned nothing.
const SHARE: f64 = 0.98;

/// What a run without a NaN that learned nothing shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blind {
    /// Its last training loss.
    pub(crate) loss: f64,
    /// The loss of a blind guess, and the length of the windows, where they are known.
    pub(crate) guess: Option<(f64, f64)>,
}

/// Whether a run learned nothing: its own trainer said so, or its training loss stays at that of a blind guess.
pub(crate) fn blind(item: &RunItem) -> Option<Blind> {
    let train =
        item.number("loss", &Context::subset("train")).or_else(|| item.number("loss", &Context::empty()))?;
    let (loss, has_nan) = (train.last?, train.nan_step.is_some());
    if has_nan || !loss.is_finite() {
        return None;
    }
    let length = window_length(item);
    let guess = length.map(|length| (length.ln(), length));
    let is_told = item.row.tags.contains("diverged");
    // A single loss on the way down is no sign yet.
    let is_measured = guess.is_some_and(|(guess, _)| loss >= SHARE * guess) && train.count >= 3;
    (is_told || is_measured).then_some(Blind { loss, guess })
}

/// Positions that a guess is made among.
fn window_length(item: &RunItem) -> Option<f64> {
    let hparams = match item.row.params.get("hparams") {
        Some(ParamValue::Map(hparams)) => hparams,
        _ => &item.row.params,
    };
    let number = |name: &str| match hparams.get(name) {
        Some(ParamValue::Int(number)) => Some(*number as f64),
        Some(ParamValue::Float(number)) => Some(*number),
        _ => None,
    };
    let is_padded = match hparams.get("pad_to") {
        Some(ParamValue::Text(pad_to)) => pad_to == "max_length",
        _ => matches!(hparams.get("pad_to_max_length"), Some(ParamValue::Bool(true))),
    };
    if is_padded {
        return number("max_seq_length").or_else(|| number("max_length")).filter(|length| *length > 1.0);
    }
    let train = Context::subset("train");
    let last = |name: &str| item.number(name, &train).and_then(|series| series.last);
    let length = last("tokens_per_second")? / last("samples_per_second")?;
    Some(length).filter(|length| length.is_finite() && *length > 1.0)
}

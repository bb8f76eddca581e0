//! Span cross-entropy as Hugging Face's question-answering heads compute it.
//!
//! The softmax runs over all rows of a sequence, pads included. A target at or past the number of rows is left out;
//! the start loss is the mean over the targets that are in, the end loss likewise, the loss the mean of the two. A
//! batch whose targets are all out gives NaN, as the original does.

use crate::Labelled;

/// The mean over the starts and ends that count; with `gradient` (`[rows, 2]`) the slopes times `scale` are written.
pub(crate) fn span_loss(examples: Labelled<'_>, logits: &[f32], gradient: Option<(&mut [f32], f32)>) -> f32 {
    let Labelled { batch, targets } = examples;
    let is_in = |which: usize, sequence: usize| -> Option<usize> {
        let target = if which == 0 { targets[sequence].start } else { targets[sequence].end } as usize;
        (target < batch.rows(sequence).len()).then_some(target)
    };
    let mut total = 0.0f64;
    let mut slopes = gradient;
    for which in 0..2 {
        let n_in = (0..targets.len()).filter(|sequence| is_in(which, *sequence).is_some()).count();
        let mut losses = 0.0f64;
        for sequence in 0..batch.n_sequences() {
            let rows = batch.rows(sequence);
            let target = is_in(which, sequence);
            let score = |row: usize| f64::from(logits[2 * row + which]);
            let top = rows.clone().map(score).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = rows.clone().map(|row| (score(row) - top).exp()).sum();
            if let Some(target) = target {
                losses += top + sum.ln() - score(rows.start + target);
            }
            if let Some((slopes, scale)) = &mut slopes {
                let weight = if target.is_some() { f64::from(*scale) / (2 * n_in) as f64 } else { 0.0 };
                for row in rows.clone() {
                    let hit = f64::from(u8::from(target == Some(row - rows.start)));
                    slopes[2 * row + which] = (weight * ((score(row) - top).exp() / sum - hit)) as f32;
                }
            }
        }
        total += losses / n_in as f64;
    }
    (total / 2.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, SpanTarget};

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let mut batch = Batch::new();
        batch.push(&[1, 2, 3], &[]);
        batch.push_padded(&[4], &[], 2, 0);
        let targets = [SpanTarget { start: 1, end: 2 }, SpanTarget { start: 0, end: 9 }];
        let examples = Labelled { batch: &batch, targets: &targets };
        let logits: Vec<f32> = (0..10).map(|index| (index * 7 % 5) as f32 / 3.0).collect();
        let mut slopes = vec![0.0; 10];
        span_loss(examples, &logits, Some((&mut slopes, 1.0)));
        for index in 0..10 {
            let shifted = |by: f32| {
                let mut logits = logits.clone();
                logits[index] += by;
                f64::from(span_loss(examples, &logits, None))
            };
            let want = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
            assert!((f64::from(slopes[index]) - want).abs() < 1e-4, "{index}: {} {want}", slopes[index]);
        }
    }

    #[test]
    fn a_batch_without_a_target_is_not_a_number() {
        let mut batch = Batch::new();
        batch.push(&[1, 2], &[]);
        let targets = [SpanTarget { start: 2, end: 5 }];
        assert!(span_loss(Labelled { batch: &batch, targets: &targets }, &[0.0; 4], None).is_nan());
    }
}

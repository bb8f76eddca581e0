//! Figures and names in sentences.

use trailmark_core::Context;

/// Four significant digits, no zeros at the end of small figures.
pub(crate) fn figure(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor();
    if !(-4.0..6.0).contains(&magnitude) {
        return format!("{number:.3e}");
    }
    let digits = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `1 run`, `2 runs`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A metric as people call it: `F1`, `EM`, `eval loss`.
pub(crate) fn metric_label(name: &str, context: Option<&Context>) -> String {
    let known = match name {
        "f1" => return "F1".to_owned(),
        "exact_match" => return "EM".to_owned(),
        other => other.replace('_', " "),
    };
    match context.and_then(|context| context.text("subset")) {
        Some(subset) => format!("{subset} {known}"),
        None => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        for (number, want) in [
            (69.3333, "69.33"),
            (0.0004, "0.0004"),
            (5.9506, "5.951"),
            (1234.56, "1235"),
            (1e-7, "1.000e-7"),
            (70.0, "70"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(figure(number), want);
        }
    }
}

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

/// A difference of figures with the decimals that they are shown with; its own four digits where that leaves nothing.
pub(crate) fn figure_like(number: f64, like: f64) -> String {
    let decimals = figure(like).split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let text = format!("{number:.decimals$}");
    let is_something = text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if is_something && (-3.0..6.0).contains(&like.abs().log10()) { text } else { figure(number) }
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

    #[test]
    fn differences_have_the_decimals_of_what_they_are_between() {
        for (number, like, want) in [
            (8.3951, 49.81, "8.40"),
            (70.156, 89.5948, "70.16"),
            (0.0004, 49.81, "0.0004"),
            (0.38, 2.1751, "0.380"),
            (1e-9, 1e-7, "1.000e-9"),
        ] {
            assert_eq!(figure_like(number, like), want);
        }
    }
}

//! Whether B is better than A, or was lucky: the difference of two means over the same questions.
//!
//! Questions about one paragraph stand or fall together, so what is drawn by chance is paragraphs: the interval comes
//! from the spread of the paragraphs' sums of differences, p from turning their signs. `docs/answers.md` says it in full,
//! with sources.

use std::collections::BTreeMap;

use trailmark_core::ContentId;

/// Signs of up to so many paragraphs are turned in every possible way.
const MOST_EXACT: usize = 16;
/// How often signs are drawn for more.
const DRAWS: u32 = 20_000;
/// Where drawing begins, so that the same answers give the same p.
const SEED: u64 = 0x7472_6169_6c6d_6172;

/// One question's scores, 0 to 1, and what it shares its fate with.
#[derive(Debug, Clone, Copy)]
pub struct ScorePair {
    /// The paragraph that it is about.
    pub group: ContentId,
    /// A's score.
    pub a: f64,
    /// B's score.
    pub b: f64,
}

/// Two means over the same questions, and how much of their difference may be luck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreDifference {
    /// A's mean, in percent.
    pub a: f64,
    /// B's mean, in percent.
    pub b: f64,
    /// B − A, in points of percent.
    pub difference: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end of its 95 % interval.
    pub high: f64,
    /// Two-sided p of no difference.
    pub p: f64,
}

/// B − A in points of percent, with 95 % interval and two-sided p.
pub fn score_difference(pairs: &[ScorePair]) -> ScoreDifference {
    let n = pairs.len().max(1) as f64;
    let mean = |score: fn(&ScorePair) -> f64| pairs.iter().map(score).sum::<f64>() / n;
    let (a, b) = (mean(|pair| pair.a), mean(|pair| pair.b));
    let mut groups: BTreeMap<ContentId, (f64, f64)> = BTreeMap::new();
    for pair in pairs {
        let group = groups.entry(pair.group).or_default();
        *group = (group.0 + pair.b - pair.a, group.1 + 1.0);
    }
    let half = half_width(b - a, n, groups.values().copied());
    let sums: Vec<f64> = groups.values().map(|(sum, _)| *sum).filter(|sum| sum.abs() > 1e-12).collect();
    let bounded = |points: f64| points.clamp(-100.0, 100.0);
    ScoreDifference {
        a: 100.0 * a,
        b: 100.0 * b,
        difference: 100.0 * (b - a),
        low: bounded(100.0 * (b - a - half)),
        high: bounded(100.0 * (b - a + half)),
        p: sign_test(&sums),
    }
}

/// Half of the interval: Student's t times the standard error between groups.
fn half_width(mean: f64, n: f64, groups: impl ExactSizeIterator<Item = (f64, f64)>) -> f64 {
    let n_groups = groups.len() as f64;
    if n_groups < 2.0 {
        // One paragraph says nothing about others.
        return 2.0;
    }
    let squares: f64 = groups.map(|(sum, count)| (sum - count * mean).powi(2)).sum();
    let error = (squares * n_groups / (n_groups - 1.0)).sqrt() / n;
    student_t(n_groups - 1.0) * error
}

/// The 97.5 % point of Student's distribution: exact for 1 and 2 degrees, else the expansion of Cornish and Fisher
/// (Abramowitz and Stegun 26.7.5), within 0.2 % from 3 degrees on.
fn student_t(degrees: f64) -> f64 {
    if degrees < 1.5 {
        return 12.706_2;
    }
    if degrees < 2.5 {
        return 4.302_7;
    }
    let z: f64 = 1.959_964;
    let (z3, z5, z7, z9) = (z.powi(3), z.powi(5), z.powi(7), z.powi(9));
    let terms = [
        (z3 + z) / 4.0,
        (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0,
        (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0,
        (79.0 * z9 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z) / 92_160.0,
    ];
    terms.iter().zip(1..).fold(z, |t, (term, power)| t + term / degrees.powi(power))
}

/// How often sums with signs turned at random are at least as far from nought as the sum itself.
fn sign_test(sums: &[f64]) -> f64 {
    let observed = sums.iter().sum::<f64>().abs() - 1e-9;
    if sums.len() <= MOST_EXACT {
        let all = 1u32 << sums.len();
        let signed = |signs: u32| -> f64 {
            let turned = |(place, sum): (usize, &f64)| if signs >> place & 1 == 1 { -sum } else { *sum };
            sums.iter().enumerate().map(turned).sum()
        };
        let extreme = (0..all).filter(|signs| signed(*signs).abs() >= observed).count();
        return extreme as f64 / f64::from(all);
    }
    let mut state = SEED;
    let mut extreme = 0u32;
    for _ in 0..DRAWS {
        let mut sum = 0.0;
        for chunk in sums.chunks(64) {
            let mut signs = random(&mut state);
            for difference in chunk {
                sum += if signs & 1 == 1 { -difference } else { *difference };
                signs >>= 1;
            }
        }
        extreme += u32::from(sum.abs() >= observed);
    }
    // The observed order is one of the possible ones: p is never nought.
    f64::from(extreme + 1) / f64::from(DRAWS + 1)
}

/// SplitMix64 (Steele, Lea and Flood 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `fixed` questions that only B answers, `broken` that only A does, `same` that both do; `size` to a paragraph.
    fn pairs(fixed: usize, broken: usize, same: usize, size: usize) -> Vec<ScorePair> {
        let scores = [(fixed, 0.0, 1.0), (broken, 1.0, 0.0), (same, 1.0, 1.0)];
        let all = scores.iter().flat_map(|(count, a, b)| std::iter::repeat_n((*a, *b), *count));
        let pair = |(place, (a, b)): (usize, (f64, f64))| {
            let group = ContentId::of((place / size).to_string());
            ScorePair { group, a, b }
        };
        all.enumerate().map(pair).collect()
    }

    /// Two-sided p of McNemar's exact test: twice the binomial tail.
    fn mcnemar(fixed: u32, broken: u32) -> f64 {
        let n = fixed + broken;
        let choose = |k: u32| (0..k).fold(1.0, |all, i| all * f64::from(n - i) / f64::from(i + 1));
        let tail: f64 = (0..=fixed.min(broken)).map(choose).sum::<f64>() / 2f64.powi(n as i32);
        (2.0 * tail).min(1.0)
    }

    #[test]
    fn one_question_a_paragraph_is_mcnemars_exact_test() {
        for (fixed, broken) in [(0, 0), (1, 0), (5, 1), (8, 8), (12, 3), (16, 0)] {
            let got = score_difference(&pairs(fixed, broken, 30, 1)).p;
            assert!((got - mcnemar(fixed as u32, broken as u32)).abs() < 1e-12, "{fixed} {broken}: {got}");
        }
        for (fixed, broken) in [(30, 12), (40, 35), (25, 5)] {
            let (got, want) =
                (score_difference(&pairs(fixed, broken, 90, 1)).p, mcnemar(fixed as u32, broken as u32));
            assert!((got - want).abs() < 0.01, "{fixed} {broken}: {got}, want {want}");
        }
    }

    #[test]
    fn the_interval_is_that_of_the_paired_t_test() {
        // 20 fixed, 8 broken of 100: mean 0.12, deviation of the differences 0.5178.
        let found = score_difference(&pairs(20, 8, 72, 1));
        let deviation = ((28.0 - 100.0 * 0.12f64.powi(2)) / 99.0f64).sqrt();
        let half = 1.984_217 * deviation / 10.0 * 100.0;
        assert!((found.difference - 12.0).abs() < 1e-9);
        assert!((found.high - found.low - 2.0 * half).abs() < 1e-2, "{found:?}, want ±{half}");
        assert!((found.a - 80.0).abs() < 1e-9 && (found.b - 92.0).abs() < 1e-9);
    }

    #[test]
    fn questions_that_stand_and_fall_together_count_less() {
        let (alone, together) =
            (score_difference(&pairs(20, 8, 72, 1)), score_difference(&pairs(20, 8, 72, 4)));
        assert!(together.high - together.low > 1.3 * (alone.high - alone.low));
        assert!(together.p > alone.p);
        assert_eq!(together.difference, alone.difference);
    }

    #[test]
    fn no_difference_and_no_questions_are_no_evidence() {
        let none = score_difference(&[]);
        assert_eq!((none.p, none.low, none.high), (1.0, -100.0, 100.0));
        let same = score_difference(&pairs(0, 0, 10, 1));
        assert_eq!((same.p, same.difference, same.low, same.high), (1.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn students_points_are_those_of_the_tables() {
        for (degrees, want) in
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (10.0, 2.228), (30.0, 2.042), (1e6, 1.96)]
        {
            let got = student_t(degrees);
            assert!((got - want).abs() < 0.003 * want, "{degrees}: {got}, want {want}");
        }
    }
}

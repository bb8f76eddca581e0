//! Where a value stands: step, epoch, wall time.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// The index of an optimiser step, or whatever the user counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Step(pub i64);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment: nanoseconds since 1970-01-01T00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(i64);

impl WallTime {
    /// From nanoseconds since 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since 1970.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// From seconds since 1970, as they are at the edges; saturates, NaN becomes 0.
    pub fn from_unix_secs(secs: f64) -> Self {
        Self((secs * 1e9) as i64)
    }

    /// Seconds since 1970, as they are at the edges.
    pub fn unix_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl From<SystemTime> for WallTime {
    /// Saturates at the years 1677 and 2262.
    fn from(time: SystemTime) -> Self {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
        };
        Self(nanos)
    }
}

/// Where a tracked value stands. What is left out is filled in by the recorder.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct At {
    /// `None`: one more than the last step of the series, beginning with 0.
    pub step: Option<Step>,
    /// `None`: the series has no epoch here.
    pub epoch: Option<f64>,
    /// `None`: now.
    pub time: Option<WallTime>,
}

impl At {
    /// At a step, now.
    pub fn step(step: i64) -> Self {
        Self { step: Some(Step(step)), ..Self::default() }
    }

    /// The same with an epoch, which may be fractional.
    #[must_use]
    pub fn epoch(self, epoch: f64) -> Self {
        Self { epoch: Some(epoch), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_nanoseconds_agree() {
        let time = WallTime::from_unix_secs(1.5);
        assert_eq!(time.nanos(), 1_500_000_000);
        assert_eq!(time.unix_secs(), 1.5);
    }
}

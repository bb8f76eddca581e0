//! Dates and time spans: a civil calendar, and the texts that dates are written in.
//!
//! Dates are microseconds since 1970 on the local clock, without zone or leap seconds, as Python's naive `datetime`.
//! The calendar is the proleptic Gregorian one (days from civil, after Howard Hinnant's "chrono-compatible low-level
//! date algorithms").

use std::fmt::Write as _;

/// Microseconds in a second and a day.
pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// A date taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) micro: i64,
}

impl Civil {
    /// Takes a date apart.
    pub(crate) fn of(micros: i64) -> Self {
        let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        // Days from the 1st of March of the year 0, in eras of 400 years.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: rest / (3_600 * SECOND),
            minute: rest / (60 * SECOND) % 60,
            second: rest / SECOND % 60,
            micro: rest % SECOND,
        }
    }

    /// Puts a date together; none when there is no such date between the years 1 and 9999.
    pub(crate) fn micros(self) -> Option<i64> {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let is_date = (1..=9999).contains(&self.year) && (1..=days).contains(&self.day);
        let is_time = (0..24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..60).contains(&self.second)
            && (0..SECOND).contains(&self.micro);
        if !is_date || !is_time {
            return None;
        }
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        Some(days * DAY + (self.hour * 3_600 + self.minute * 60 + self.second) * SECOND + self.micro)
    }

    /// The day of the week, Monday is 0.
    pub(crate) fn weekday(micros: i64) -> i64 {
        (micros.div_euclid(DAY) + 3).rem_euclid(7)
    }

    /// The day of the year, from 1.
    fn day_of_year(self, micros: i64) -> i64 {
        let first = Self { month: 1, day: 1, hour: 0, minute: 0, second: 0, micro: 0, ..self };
        first.micros().map_or(1, |first| (micros - first).div_euclid(DAY) + 1)
    }
}

/// Reads a date: `2026`, `2026-11`, `2026-11-24`, and `2026-11-24 12:30[:15[.25]]` with a blank or a `T`, a `Z` or an
/// offset such as `+01:00` at its end is left aside when `utc_offset` says what local means.
pub(crate) fn micros_from_text(text: &str, utc_offset_secs: i64) -> Option<i64> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let mut number = |digits: usize| match parts.next() {
        None => Some(1),
        Some(part) if part.len() == digits => digits_of(part),
        Some(_) => None,
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() {
        return None;
    }
    let midnight = Civil { year, month, day, hour: 0, minute: 0, second: 0, micro: 0 }.micros()?;
    match time {
        None => Some(midnight),
        Some(_) if date.len() != 10 => None,
        Some(time) => midnight.checked_add(time_from_text(time, utc_offset_secs)?),
    }
}

/// Microseconds since midnight.
fn time_from_text(text: &str, utc_offset_secs: i64) -> Option<i64> {
    let (clock, shift) = match text.find(['Z', '+', '-']) {
        None => (text, 0),
        Some(at) => {
            let zone = &text[at..];
            let zone_secs = match zone.split_at(1) {
                ("Z", "") => 0,
                (sign, rest) => {
                    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
                    let secs = digits_of(hours)? * 3_600 + digits_of(minutes)? * 60;
                    if sign == "-" { -secs } else { secs }
                }
            };
            (&text[..at], utc_offset_secs - zone_secs)
        }
    };
    let mut parts = clock.splitn(3, ':');
    let hour = digits_of(parts.next()?)?;
    let minute = digits_of(parts.next()?)?;
    let (second, micro) = match parts.next() {
        None => (0, 0),
        Some(part) => match part.split_once('.') {
            None => (digits_of(part)?, 0),
            Some((second, fraction)) if fraction.len() <= 9 => {
                let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
                (digits_of(second)?, digits_of(&micros)?)
            }
            Some(_) => return None,
        },
    };
    (hour < 24 && minute < 60 && second < 60)
        .then_some((hour * 3_600 + minute * 60 + second + shift) * SECOND + micro)
}

fn digits_of(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    // Nine digits fit.
    is_number.then(|| text.parse().ok()).flatten()
}

/// A date as Python prints it, `separator` between date and time.
pub(crate) fn text_from_micros(micros: i64, separator: char) -> String {
    let at = Civil::of(micros);
    let mut text = format!(
        "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
    if at.micro != 0 {
        // Writing into a String cannot fail.
        _ = write!(text, ".{:06}", at.micro);
    }
    text
}

/// A time span as Python prints it.
pub(crate) fn text_from_delta(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let at = Civil::of(rest);
    let mut text = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    // Writing into a String cannot fail.
    _ = write!(text, "{}:{:02}:{:02}", at.hour, at.minute, at.second);
    if at.micro != 0 {
        _ = write!(text, ".{:06}", at.micro);
    }
    text
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Formats a date as `strftime` does; none for a directive that is not known.
pub(crate) fn strftime(micros: i64, format: &str) -> Option<String> {
    let at = Civil::of(micros);
    let month = MONTHS.get(usize::try_from(at.month - 1).ok()?)?;
    let weekday = Civil::weekday(micros);
    let day = DAYS.get(usize::try_from(weekday).ok()?)?;
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            text.push(char);
            continue;
        }
        let hour12 = (at.hour + 11) % 12 + 1;
        // Writing into a String cannot fail.
        _ = match chars.next()? {
            'Y' => write!(text, "{:04}", at.year),
            'y' => write!(text, "{:02}", at.year % 100),
            'm' => write!(text, "{:02}", at.month),
            'd' => write!(text, "{:02}", at.day),
            'H' => write!(text, "{:02}", at.hour),
            'I' => write!(text, "{hour12:02}"),
            'M' => write!(text, "{:02}", at.minute),
            'S' => write!(text, "{:02}", at.second),
            'f' => write!(text, "{:06}", at.micro),
            'p' => write!(text, "{}", if at.hour < 12 { "AM" } else { "PM" }),
            'j' => write!(text, "{:03}", at.day_of_year(micros)),
            'a' => write!(text, "{}", &day[..3]),
            'A' => write!(text, "{day}"),
            'b' => write!(text, "{}", &month[..3]),
            'B' => write!(text, "{month}"),
            'w' => write!(text, "{}", (weekday + 1) % 7),
            'u' => write!(text, "{}", weekday + 1),
            'F' => write!(text, "{:04}-{:02}-{:02}", at.year, at.month, at.day),
            'T' => write!(text, "{:02}:{:02}:{:02}", at.hour, at.minute, at.second),
            '%' => write!(text, "%"),
            _ => return None,
        };
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_dates_are_where_they_belong() {
        assert_eq!(micros_from_text("1970-01-01", 0), Some(0));
        assert_eq!(micros_from_text("2026-11-24T12:30:15.25", 0), Some(1_795_523_415_250_000));
        assert_eq!(micros_from_text("2026-11", 0), micros_from_text("2026-11-01 00:00", 0));
        assert_eq!(micros_from_text("2000-02-29", 0), Some(951_782_400 * SECOND));
        assert_eq!(Civil::weekday(951_782_400 * SECOND), 1);
        for wrong in
            ["", "2026-13", "2026-02-29", "26-01-01", "2026-1-1", "2026-01-01x", "2026-01-01 25:00", "now"]
        {
            assert_eq!(micros_from_text(wrong, 0), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_zone_is_turned_into_local_time() {
        let local = micros_from_text("2026-11-24 13:00", 3_600);
        assert_eq!(micros_from_text("2026-11-24T12:00Z", 3_600), local);
        assert_eq!(micros_from_text("2026-11-24T14:00+02:00", 3_600), local);
    }

    #[test]
    fn dates_print_as_python_prints_them() {
        let micros = micros_from_text("2026-11-24 07:05:09", 0).unwrap();
        assert_eq!(text_from_micros(micros, ' '), "2026-11-24 07:05:09");
        assert_eq!(
            strftime(micros, "%a %d %b %Y, %I:%M %p, day %j").unwrap(),
            "Tue 24 Nov 2026, 07:05 AM, day 328"
        );
        assert_eq!(strftime(micros, "%Q"), None);
        assert_eq!(text_from_delta(-SECOND), "-1 day, 23:59:59");
        assert_eq!(text_from_delta(DAY + 61 * SECOND), "1 day, 0:01:01");
    }

    proptest! {
        #[test]
        fn a_date_taken_apart_goes_together_again(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            prop_assert_eq!(Civil::of(micros).micros(), Some(micros));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            _ = micros_from_text(&text, 0);
            _ = strftime(0, &text);
        }
    }
}

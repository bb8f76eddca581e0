//! Numbers in a frame, in columns.
//!
//! A POINTS record holds series that are tracked together: they share steps and epochs, and their times are microseconds
//! apart. What a reader may not want (epochs, times) comes last, so that it can stop early. Journals of format 1 have
//! NUMBERS records instead, one a series, each of which leans on the one before it.

use crate::Order;
use crate::codec::{Reader, Writer};
use crate::frame::Sink;
use crate::points::Columns;
use crate::record::Column;

/// How the epochs of a POINTS record are kept, in the low bits of its first number.
const NO_EPOCHS: u64 = 0;
/// Each as it is.
const EPOCHS: u64 = 1;
/// Each as how far its bits are from those of step / n, for a whole n.
const WHOLE_RATIO: u64 = 2;
/// The same for an n that is no whole number.
const RATIO: u64 = 3;
const EPOCH_BITS: u32 = 2;
/// Differences from a ratio are kept while each takes one byte.
const MOST_APART: u64 = 63;

/// Flags of a NUMBERS record: it has epochs of its own; its values are `f32`; its steps are those of the record before
/// it in the frame, and its times are told from that one's; its epochs are those of the last record that had its own.
const HAS_EPOCHS: u64 = 1;
const SHORT_VALUES: u64 = 2;
const SAME_STEPS: u64 = 4;
const SAME_EPOCHS: u64 = 8;
/// A series' number in a NUMBERS record is shifted by as many bits, to make room for the flags.
pub(crate) const FLAG_BITS: u32 = 4;

/// Series with their columns.
pub(crate) type Together<'a> = [(u32, &'a Column)];

/// Whether two columns can share a POINTS record.
pub(crate) fn are_together(a: &Column, b: &Column) -> bool {
    let is_same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits();
    a.steps == b.steps && a.epochs.iter().zip(&b.epochs).all(is_same)
}

/// Writes the body of a POINTS record of a frame: series that share steps and epochs.
pub(crate) fn write(body: &mut Writer, frame: i64, together: &Together<'_>) {
    let Some((_, first)) = together.first() else { return };
    let kind = EpochKind::of(first);
    body.unsigned((first.steps.len() as u64) << EPOCH_BITS | kind.code());
    body.unsigned(together.len() as u64);
    let is_short = |number: &f64| f64::from(*number as f32).to_bits() == number.to_bits();
    let shorts: Vec<bool> = together.iter().map(|(_, column)| column.values.iter().all(is_short)).collect();
    for ((series, _), is_short) in together.iter().zip(&shorts) {
        body.unsigned(u64::from(*series) << 1 | u64::from(*is_short));
    }
    write_differences(body, 0, &first.steps);
    for ((_, column), is_short) in together.iter().zip(&shorts) {
        if *is_short {
            let bytes = column.values.iter().flat_map(|value| (*value as f32).to_le_bytes());
            body.0.extend(bytes);
        } else {
            column.values.iter().for_each(|value| body.float(*value));
        }
    }
    kind.write(body, first);
    write_differences(body, frame, &first.micros);
    for pair in together.windows(2) {
        let mut apart = 0i64;
        for (micros, before) in pair[1].1.micros.iter().zip(&pair[0].1.micros) {
            let now = micros.wrapping_sub(*before);
            body.signed(now.wrapping_sub(apart));
            apart = now;
        }
    }
}

/// The first from a number on, the second from the first, then differences of differences.
fn write_differences(body: &mut Writer, from: i64, numbers: &[i64]) {
    let Some((first, rest)) = numbers.split_first() else { return };
    body.signed(first.wrapping_sub(from));
    let (mut before, mut slope) = (*first, 0i64);
    for number in rest {
        let difference = number.wrapping_sub(before);
        body.signed(difference.wrapping_sub(slope));
        (before, slope) = (*number, difference);
    }
}

/// How the epochs of a column are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
enum EpochKind {
    None,
    Floats,
    /// Steps an epoch.
    Ratio(f64),
}

impl EpochKind {
    /// The shortest for a column.
    fn of(column: &Column) -> Self {
        if column.epochs.iter().all(|epoch| epoch.is_nan()) {
            return Self::None;
        }
        let rows = || column.steps.iter().zip(&column.epochs);
        let whole = rows().rev().find(|(step, epoch)| **step != 0 && **epoch != 0.0);
        let ratio = whole.map_or(1.0, |(step, epoch)| *step as f64 / *epoch);
        let fits = |ratio: &f64| {
            let is_near =
                |(step, epoch): (&i64, &f64)| apart(*step, *epoch, *ratio).unsigned_abs() <= MOST_APART;
            rows().all(is_near)
        };
        // A step over a ratio is a number, and the same on every machine.
        let is_worth_it = |ratio: &f64| ratio.is_normal() && (is_whole(*ratio) || column.steps.len() > 1);
        let found = [ratio.round(), ratio].into_iter().find(|ratio| is_worth_it(ratio) && fits(ratio));
        found.map_or(Self::Floats, Self::Ratio)
    }

    fn code(self) -> u64 {
        match self {
            Self::None => NO_EPOCHS,
            Self::Floats => EPOCHS,
            Self::Ratio(ratio) if is_whole(ratio) => WHOLE_RATIO,
            Self::Ratio(_) => RATIO,
        }
    }

    fn write(self, body: &mut Writer, column: &Column) {
        match self {
            Self::None => {}
            Self::Floats => column.epochs.iter().for_each(|epoch| body.float(*epoch)),
            Self::Ratio(ratio) => {
                if is_whole(ratio) {
                    body.unsigned(ratio as u64);
                } else {
                    body.float(ratio);
                }
                let rows = column.steps.iter().zip(&column.epochs);
                rows.for_each(|(step, epoch)| body.signed(apart(*step, *epoch, ratio)));
            }
        }
    }
}

/// Whether a ratio is kept as a whole number.
fn is_whole(ratio: f64) -> bool {
    ratio.fract() == 0.0 && (1.0..4_294_967_296.0).contains(&ratio)
}

/// How far the bits of an epoch are from those of the step over a ratio.
fn apart(step: i64, epoch: f64, ratio: f64) -> i64 {
    epoch.to_bits().wrapping_sub((step as f64 / ratio).to_bits()) as i64
}

/// Reads records of numbers, one after the other.
#[derive(Debug, Default)]
pub(crate) struct ColumnReader {
    column: Column,
    /// What the last NUMBERS records of the present frame had.
    before: Column,
    /// The series of the present POINTS record, whether their values are short, and whether they are wanted.
    together: Vec<(u32, bool, bool)>,
}

impl ColumnReader {
    /// Begins with a frame.
    pub(crate) fn begin_frame(&mut self) {
        self.before.clear();
    }

    /// Reads the body of a POINTS record for a sink, where a journal has so many series; `None` when no writer made it,
    /// false when not all of it was read.
    pub(crate) fn points(
        &mut self,
        body: &mut Reader<'_>,
        order: Order,
        n_series: u32,
        sink: &mut dyn Sink,
    ) -> Option<bool> {
        let head = body.unsigned()?;
        // A point takes a byte at least.
        let count = usize::try_from(head >> EPOCH_BITS).ok().filter(|count| *count <= body.0.len())?;
        self.together.clear();
        for _ in 0..body.count()? {
            let number = body.unsigned()?;
            let series = u32::try_from(number >> 1).ok().filter(|series| *series < n_series)?;
            self.together.push((series, number & 1 != 0, sink.wants(series, true)));
        }
        if !self.together.iter().any(|(_, _, is_wanted)| *is_wanted) {
            return Some(false);
        }
        let column = &mut self.column;
        column.clear();
        read_differences(body, 0, count, &mut column.steps)?;
        let mut values = *body;
        for (_, is_short, _) in &self.together {
            body.take(count.checked_mul(if *is_short { 4 } else { 8 })?)?;
        }
        let wants = sink.columns();
        if wants.epochs || wants.times {
            read_epochs(body, head, column)?;
        }
        if wants.times {
            read_differences(body, order.micros, count, &mut column.micros)?;
        }
        if !wants.epochs {
            column.epochs.clear();
        }
        for (place, (series, is_short, is_wanted)) in self.together.iter().enumerate() {
            if wants.times && place > 0 {
                read_apart(body, &mut column.micros)?;
            }
            column.values.clear();
            if *is_wanted {
                read_floats(&mut values, *is_short, count, &mut column.values)?;
                sink.numbers(order, *series, column);
            } else {
                values.take(count * if *is_short { 4 } else { 8 })?;
            }
        }
        Some(wants == Columns::ALL)
    }

    /// Reads the body of a NUMBERS record, of which the first number is known, for a sink; of one that is not wanted
    /// only what those after it need.
    pub(crate) fn numbers(
        &mut self,
        body: &mut Reader<'_>,
        (series, flags): (u32, u64),
        order: Order,
        sink: &mut dyn Sink,
    ) -> Option<bool> {
        let is_wanted = sink.wants(series, true);
        let count = body.count()?;
        let (column, before) = (&mut self.column, &mut self.before);
        column.clear();
        if flags & HAS_EPOCHS != 0 {
            before.epochs.clear();
            read_floats(body, false, count, &mut before.epochs)?;
        }
        if flags & SAME_STEPS == 0 {
            read_slopes(body, 0, count, &mut column.steps)?;
            read_slopes(body, order.micros, count, &mut column.micros)?;
        } else {
            if before.steps.len() != count {
                return None;
            }
            column.steps.extend_from_slice(&before.steps);
            column.micros.extend_from_slice(&before.micros);
            read_apart(body, &mut column.micros)?;
        }
        if is_wanted {
            if flags & (HAS_EPOCHS | SAME_EPOCHS) != 0 {
                column.epochs.extend_from_slice(&before.epochs);
                if column.epochs.len() != count {
                    return None;
                }
            } else {
                column.epochs.resize(count, f64::NAN);
            }
            read_floats(body, flags & SHORT_VALUES != 0, count, &mut column.values)?;
        }
        std::mem::swap(&mut column.micros, &mut before.micros);
        if is_wanted {
            let wants = sink.columns();
            column.micros.clear();
            if wants.times {
                column.micros.extend_from_slice(&before.micros);
            }
            if !wants.epochs {
                column.epochs.clear();
            }
            sink.numbers(order, series, column);
        }
        std::mem::swap(&mut column.steps, &mut before.steps);
        Some(is_wanted)
    }
}

/// What [`write_differences`] wrote.
fn read_differences(body: &mut Reader<'_>, from: i64, count: usize, numbers: &mut Vec<i64>) -> Option<()> {
    let Some(n_rest) = count.checked_sub(1) else { return Some(()) };
    let first = from.wrapping_add(body.signed()?);
    numbers.push(first);
    read_slopes(body, first, n_rest, numbers)
}

/// Differences of differences, the first from a number on.
fn read_slopes(body: &mut Reader<'_>, first: i64, count: usize, numbers: &mut Vec<i64>) -> Option<()> {
    let (mut before, mut slope) = (first, 0i64);
    for _ in 0..count {
        slope = slope.wrapping_add(body.signed()?);
        before = before.wrapping_add(slope);
        numbers.push(before);
    }
    Some(())
}

/// Moves times on to those of the next series: each apart from the one before, told by differences.
fn read_apart(body: &mut Reader<'_>, micros: &mut [i64]) -> Option<()> {
    let mut apart = 0i64;
    for micros in micros {
        apart = apart.wrapping_add(body.signed()?);
        *micros = micros.wrapping_add(apart);
    }
    Some(())
}

fn read_epochs(body: &mut Reader<'_>, head: u64, column: &mut Column) -> Option<()> {
    let ratio = match head & ((1 << EPOCH_BITS) - 1) {
        NO_EPOCHS => {
            column.epochs.resize(column.steps.len(), f64::NAN);
            return Some(());
        }
        EPOCHS => return read_floats(body, false, column.steps.len(), &mut column.epochs),
        WHOLE_RATIO => body.unsigned()? as f64,
        _ => body.float()?,
    };
    for step in &column.steps {
        let bits = (*step as f64 / ratio).to_bits().wrapping_add(body.signed()? as u64);
        column.epochs.push(f64::from_bits(bits));
    }
    Some(())
}

fn read_floats(body: &mut Reader<'_>, is_short: bool, count: usize, numbers: &mut Vec<f64>) -> Option<()> {
    if is_short {
        let (floats, _) = body.take(count.checked_mul(4)?)?.as_chunks::<4>();
        numbers.extend(floats.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))));
    } else {
        let (floats, _) = body.take(count.checked_mul(8)?)?.as_chunks::<8>();
        numbers.extend(floats.iter().map(|bytes| f64::from_le_bytes(*bytes)));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trailmark_core::{SeriesKey, WriterId};

    use super::*;
    use crate::Record;
    use crate::record::ObjectRow;

    const FRAME: i64 = 1_764_000_000_000_000;

    /// Keeps what it is given.
    struct Got {
        wants: Columns,
        wanted: fn(u32) -> bool,
        columns: Vec<(u32, Column)>,
    }

    impl Sink for Got {
        fn series(&mut self, _: u32, _: SeriesKey) {}
        fn wants(&self, series: u32, _: bool) -> bool {
            (self.wanted)(series)
        }
        fn columns(&self) -> Columns {
            self.wants
        }
        fn numbers(&mut self, _: Order, series: u32, column: &Column) {
            self.columns.push((series, column.clone()));
        }
        fn value(&mut self, _: Order, _: ObjectRow) {}
        fn record(&mut self, _: Order, _: Record) {}
    }

    fn read(bytes: &[u8], wants: Columns, wanted: fn(u32) -> bool) -> Option<Vec<(u32, Column)>> {
        let mut got = Got { wants, wanted, columns: Vec::new() };
        let order = Order { micros: FRAME, writer: WriterId::from_bytes([1; 8]), offset: 0 };
        let mut body = Reader(bytes);
        let is_whole = ColumnReader::default().points(&mut body, order, 40, &mut got)?;
        assert!(!is_whole || body.is_empty(), "{} bytes left", body.0.len());
        Some(got.columns)
    }

    fn bits(column: &Column) -> (&[i64], &[i64], Vec<u64>, Vec<u64>) {
        let bits = |floats: &[f64]| floats.iter().map(|float| float.to_bits()).collect();
        (&column.steps, &column.micros, bits(&column.epochs), bits(&column.values))
    }

    /// An epoch as training loops have them, or anything.
    fn epoch(kind: u8, step: i64, any: f64) -> f64 {
        match kind {
            0 => f64::NAN,
            1 => step as f64 / 187.0,
            2 => step as f64 / 46.75,
            // Counted up, as Trainers do: rounding makes it differ in the last bits.
            3 => step.div_euclid(187) as f64 + step.rem_euclid(187) as f64 / 187.0,
            4 => (step as f64 / 187.0 * 100.0).round() / 100.0,
            _ => any,
        }
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from), Just(f64::INFINITY), Just(-0.0)]
    }

    proptest! {
        #[test]
        fn columns_are_read_as_they_were_written(
            rows in prop::collection::vec((prop_oneof![3 => 0i64..100_000, 1 => any::<i64>()], number()), 0..30),
            kind in 0u8..6,
            n_series in 1usize..6,
            values in prop::collection::vec(number(), 180),
            times in prop::collection::vec(prop_oneof![3 => FRAME..FRAME + 90, 1 => any::<i64>()], 180),
            cut in 0usize..5000,
            flip in 0usize..5000,
        ) {
            let column = |series: usize| Column {
                steps: rows.iter().map(|row| row.0).collect(),
                micros: (0..rows.len()).map(|row| times[series * 30 + row]).collect(),
                epochs: rows.iter().map(|row| epoch(kind, row.0, row.1)).collect(),
                values: (0..rows.len()).map(|row| values[series * 30 + row]).collect(),
                ..Column::default()
            };
            let columns: Vec<Column> = (0..n_series).map(column).collect();
            prop_assert!(columns.iter().all(|other| are_together(&columns[0], other)));
            let together: Vec<(u32, &Column)> =
                columns.iter().enumerate().map(|(series, column)| (series as u32 * 7, column)).collect();
            let mut body = Writer::default();
            write(&mut body, FRAME, &together);
            let got = read(&body.0, Columns::ALL, |_| true).unwrap();
            prop_assert_eq!(got.len(), n_series);
            for ((series, want), (got_series, got)) in together.iter().zip(&got) {
                prop_assert_eq!(series, got_series);
                // Whatever NaN stands for no epoch at all, it is one when it is read.
                let epochs: Vec<bool> = got.epochs.iter().map(|epoch| epoch.is_nan()).collect();
                let is_bare = want.epochs.iter().all(|epoch| epoch.is_nan());
                if is_bare {
                    prop_assert!(epochs.iter().all(|is_nan| *is_nan));
                    prop_assert_eq!((&got.steps, &got.micros), (&want.steps, &want.micros));
                    prop_assert_eq!(bits(got).3, bits(want).3);
                } else {
                    prop_assert_eq!(bits(got), bits(want));
                }
            }
            // A part of it is the same part.
            for (times, epochs) in [(false, false), (true, false), (false, true)] {
                let part = read(&body.0, Columns { times, epochs }, |series| series % 2 == 1).unwrap();
                let all: Vec<_> = got.iter().filter(|(series, _)| series % 2 == 1).collect();
                prop_assert_eq!(part.len(), all.len());
                for ((_, part), (_, all)) in part.iter().zip(all) {
                    let (part, all) = (bits(part), bits(all));
                    prop_assert_eq!((part.0, &part.3), (all.0, &all.3));
                    prop_assert_eq!(part.1, if times { all.1 } else { &[] });
                    prop_assert_eq!(part.2, if epochs { all.2 } else { Vec::new() });
                }
            }
            // Less is an error, another byte is another column or an error, and nothing panics.
            if let Some(cut) = cut.checked_rem(body.0.len()) {
                prop_assert!(read(&body.0[..cut], Columns::ALL, |_| true).is_none() || rows.is_empty());
                let mut other = body.0.clone();
                let place = flip % other.len();
                other[place] ^= 1 << (flip % 8);
                let mut got = Got { wants: Columns::ALL, wanted: |_| true, columns: Vec::new() };
                let order = Order { micros: FRAME, writer: WriterId::from_bytes([1; 8]), offset: 0 };
                let _ = ColumnReader::default().points(&mut Reader(&other), order, 40, &mut got);
                prop_assert!(got.columns.iter().all(|(_, column)| column.values.len() == column.steps.len()));
            }
        }

        #[test]
        fn foreign_bytes_make_no_column_that_is_longer_than_they_are(
            bytes in prop::collection::vec(prop_oneof![3 => 0u8..4, 1 => any::<u8>()], 0..200),
        ) {
            for wants in [Columns::ALL, Columns::default()] {
                let mut got = Got { wants, wanted: |_| true, columns: Vec::new() };
                let order = Order { micros: FRAME, writer: WriterId::from_bytes([1; 8]), offset: 0 };
                let _ = ColumnReader::default().points(&mut Reader(&bytes), order, 40, &mut got);
                prop_assert!(got.columns.iter().all(|(_, column)| column.steps.len() <= bytes.len()));
            }
        }
    }

    #[test]
    fn epochs_that_are_shares_of_the_step_take_a_byte_each() {
        let n_bytes = |kind: u8| {
            let steps: Vec<i64> = (1000..1100).collect();
            let epochs = steps.iter().map(|step| epoch(kind, *step, 0.0)).collect();
            let (micros, values) = (vec![FRAME; 100], vec![0.5; 100]);
            let column = Column { steps, micros, epochs, values, ..Column::default() };
            let mut body = Writer::default();
            write(&mut body, FRAME, &[(0, &column)]);
            body.0.len()
        };
        let bare = n_bytes(0);
        assert_eq!(n_bytes(1), bare + 2 + 100, "a whole number of steps");
        assert_eq!(n_bytes(2), bare + 8 + 100, "any number of steps");
        assert_eq!(n_bytes(3), bare + 2 + 100, "counted up");
        assert_eq!(n_bytes(4), bare + 800, "rounded: as they are");
    }
}

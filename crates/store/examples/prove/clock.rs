//! Writers of one run whose clocks differ and jump back: the later write of a step wins, as the frames tell it.

use std::collections::BTreeMap;
use std::path::Path;

use trailmark_core::{Context, End, SeriesKey, Step};
use trailmark_store::conformance::{Journal, run_id, time};
use trailmark_store::{Columns, Merger, Record, Repository, Store as _, Wanted};

use crate::{Figures, progress};

/// Writers of a run, frames of each, points of a frame.
const WRITERS: u8 = 4;
const FRAMES: u64 = 40;
const POINTS: u64 = 10;

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn key(series: u64) -> SeriesKey {
    SeriesKey::new(&format!("series {series}"), Context::empty())
}

/// The value that stands of each series and step, with the place that it has in the order of writing.
type Model = BTreeMap<(u64, i64), ((i64, u8, u64, u64), f64)>;

pub(crate) fn prove(folder: &Path, n_runs: u64) -> Figures {
    let repository = Repository::open_or_create(folder).unwrap();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut n_points, mut n_back) = (0, 0);
    for run in 1..=n_runs {
        let mut model = Model::new();
        let mut journals = Vec::new();
        for writer in 1..=WRITERS {
            let mut journal = Journal::new(run_id(run), writer);
            let mut before = 0;
            for frame in 0..FRAMES {
                // Seconds of an hour: half of the frames are from before the one before them.
                let clock = 1_000_000 * random.below(3600) as i64;
                n_back += u64::from(clock < before);
                before = clock;
                let rows: Vec<(u64, i64, f64)> = (0..POINTS)
                    .map(|_| (random.below(5), random.below(60) as i64, random.below(1 << 40) as f64))
                    .collect();
                let point = |(series, step, value): &(u64, i64, f64)| Record::Point {
                    series: key(*series),
                    step: Step(*step),
                    epoch: None,
                    time: time(clock / 1_000_000),
                    value: (*value).into(),
                };
                let told = journal.frame(clock, &rows.iter().map(point).collect::<Vec<_>>());
                for (index, (series, step, value)) in (0..).zip(rows) {
                    let place = (told, writer, frame, index);
                    let known = model.entry((series, step)).or_insert((place, value));
                    *known = if known.0 <= place { (place, value) } else { *known };
                }
                n_points += POINTS;
            }
            journal.frame(0, &[Record::End { time: time(1), end: End::Finished }]);
            journals.push(journal);
        }
        send(&repository, &journals, &mut random);
        check(&repository, run, &model);
        progress("clock", run, n_runs);
    }
    assert_eq!(repository.check().unwrap(), []);
    let runs = Repository::open(folder).unwrap().rows().unwrap();
    assert!(runs.len() as u64 == n_runs && runs.iter().all(|row| row.status.word() == "finished"));
    vec![
        ("runs", n_runs.to_string()),
        ("points", n_points.to_string()),
        ("frames_back_in_time", n_back.to_string()),
    ]
}

/// Sends journals in pieces, by turns.
fn send(repository: &Repository, journals: &[Journal], random: &mut Random) {
    let mut reached = vec![0; journals.len()];
    loop {
        let open: Vec<usize> =
            (0..journals.len()).filter(|place| reached[*place] < journals[*place].bytes.len()).collect();
        if open.is_empty() {
            return;
        }
        let place = open[random.below(open.len() as u64) as usize];
        let journal = &journals[place];
        let later: Vec<usize> = journal.bounds.iter().copied().filter(|end| *end > reached[place]).collect();
        let end = later[random.below(later.len() as u64) as usize];
        let piece = &journal.bytes[reached[place]..end];
        repository.append(journal.run, journal.writer, reached[place] as u64, piece).unwrap();
        reached[place] = end;
    }
}

fn check(repository: &Repository, run: u64, model: &Model) {
    for series in 0..5 {
        let wanted =
            Wanted { run: run_id(run), series: vec![key(series)], columns: Columns::default(), after: None };
        let mut merger = Merger::default();
        repository.series(&wanted, &mut |block| merger.push(block.order, block.column)).unwrap();
        let points = merger.finish();
        let got: Vec<(i64, f64)> = points.steps.into_iter().zip(points.values).collect();
        let of_series = model.iter().filter(|((known, _), _)| *known == series);
        let want: Vec<(i64, f64)> = of_series.map(|((_, step), (_, value))| (*step, *value)).collect();
        assert_eq!(got, want, "run {run}, series {series}");
    }
}

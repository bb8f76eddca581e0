//! Tests: whatever many writers of one run write, and in whatever order it arrives, the run is what the rules of
//! `docs/format.md` say, as a small model works them out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use trailmark_core::{Edit, RunId, SeriesKey, Step, Value};

use crate::conformance::{Journal, every_kind, key, run_id, time};
use crate::memory::Memory;
use crate::{Columns, Merger, Record, Repository, Store as _, Wanted, micros};

/// The times of frames: small, so that writers often have the same, and far ahead of every clock.
const AHEAD: i64 = 9_000_000_000_000_000;

/// One thing that a writer does.
#[derive(Debug, Clone)]
enum Deed {
    /// Tracks the value of a kind, told by a number.
    Track { kind: usize, step: i64, number: i64 },
    /// Deletes or restores points of a kind.
    Erase { kind: usize, step: Option<i64>, is_deleted: bool },
    /// Gives a name.
    Name(i64),
}

/// A frame: what its writer's clock says, and what is in it.
type Frame = (i64, Vec<Deed>);

fn deed() -> impl Strategy<Value = Deed> {
    let kind = 0..every_kind(0).len();
    prop_oneof![
        12 => (kind.clone(), 0i64..4, 0i64..100)
            .prop_map(|(kind, step, number)| Deed::Track { kind, step, number }),
        // Floats often, so that their columns are long.
        8 => (0i64..9, 0i64..100).prop_map(|(step, number)| Deed::Track { kind: 0, step, number }),
        2 => (kind, prop::option::of(0i64..4), any::<bool>())
            .prop_map(|(kind, step, is_deleted)| Deed::Erase { kind, step, is_deleted }),
        1 => (0i64..9).prop_map(Deed::Name),
    ]
}

/// What writers write: frames of clocks that differ and go backwards.
fn writers() -> impl Strategy<Value = Vec<Vec<Frame>>> {
    let clock = prop_oneof![6 => 1i64..12, 1 => (0i64..3).prop_map(|late| AHEAD + 1000 * late)];
    let frame = (clock, prop::collection::vec(deed(), 1..7));
    prop::collection::vec(prop::collection::vec(frame, 1..5), 1..5)
}

/// The name of a kind's series. Texts share theirs with whole numbers: of one step the later counts, whichever it is.
fn name_of(kind: usize) -> &'static str {
    let name = every_kind(0)[kind].0;
    if name == "int" { "text" } else { name }
}

fn record(deed: &Deed) -> Record {
    match deed {
        Deed::Track { kind, step, number } => {
            let value = every_kind(*number).remove(*kind).2;
            let epoch = (number % 3 == 0).then_some(*number as f64);
            Record::Point {
                series: key(name_of(*kind)),
                step: Step(*step),
                epoch,
                time: time(*number),
                value,
            }
        }
        Deed::Erase { kind, step, is_deleted } => Record::Edit {
            edit: Edit::DeletePoints {
                series: key(name_of(*kind)),
                step: step.map(Step),
                is_deleted: *is_deleted,
            },
        },
        Deed::Name(number) => Record::Edit { edit: Edit::Name(number.to_string()) },
    }
}

/// A place in the merge order, as the document tells it: time of the frame, writer, and place in its journal. Within a
/// frame points come before the rest.
type Place = (i64, u8, usize, bool, usize);

/// The run as the document says that it is.
#[derive(Debug, Default)]
struct Model {
    deeds: BTreeMap<Place, Deed>,
}

impl Model {
    /// The points that stand, by series, step and what makes two of them one, with their place.
    fn points(&self) -> BTreeMap<(SeriesKey, i64, String), (Place, Record)> {
        // The last word on a series as a whole and on each step of it.
        let mut words: BTreeMap<(&str, Option<i64>), (Place, bool)> = BTreeMap::new();
        for (place, deed) in &self.deeds {
            if let Deed::Erase { kind, step, is_deleted } = deed {
                words.insert((name_of(*kind), *step), (*place, *is_deleted));
            }
        }
        let mut points = BTreeMap::new();
        for (place, deed) in &self.deeds {
            let Deed::Track { kind, step, .. } = deed else { continue };
            let name = name_of(*kind);
            let of = [(name, None), (name, Some(*step))].map(|of| words.get(&of));
            if of.into_iter().flatten().any(|(word, is_deleted)| *is_deleted && place < word) {
                continue;
            }
            let record = record(deed);
            let Record::Point { value, .. } = &record else { continue };
            let same = match value {
                Value::Log(_) | Value::LogRecord(_) => format!("{place:?}"),
                Value::Answer(answer) => answer.question_key.clone(),
                _ => String::new(),
            };
            points.insert((key(name), *step, same), (*place, record));
        }
        points
    }

    fn name(&self) -> String {
        let mut names = self.deeds.values().filter_map(|deed| match deed {
            Deed::Name(number) => Some(number.to_string()),
            _ => None,
        });
        names.next_back().unwrap_or_default()
    }

    /// Each series: its points by step, then in the merge order, as text.
    fn series(&self) -> BTreeMap<SeriesKey, Vec<String>> {
        let mut all: Vec<_> = self.points().into_iter().map(|((key, step, _), at)| (key, step, at)).collect();
        all.sort_by(|a, b| (&a.0, a.1, a.2.0).cmp(&(&b.0, b.1, b.2.0)));
        let mut series: BTreeMap<SeriesKey, Vec<String>> = BTreeMap::new();
        for (key, _, (_, record)) in all {
            let Record::Point { step, epoch, time, value, .. } = record else { continue };
            series.entry(key).or_default().push(format!("{step:?} {epoch:?} {time:?} {value:?}"));
        }
        series
    }
}

/// The journals of the writers, and the model of what is in them.
fn written(writers: &[Vec<Frame>]) -> (Vec<Journal>, Model) {
    let mut model = Model::default();
    let mut journals = Vec::new();
    for (number, frames) in (1u8..).zip(writers) {
        let mut journal = Journal::new(run_id(1), number);
        for (place, (clock, deeds)) in frames.iter().enumerate() {
            let time = journal.frame(*clock, &deeds.iter().map(record).collect::<Vec<_>>());
            for (index, deed) in deeds.iter().enumerate() {
                let is_point = matches!(deed, Deed::Track { .. });
                model.deeds.insert((time, number, place, !is_point, index), deed.clone());
            }
        }
        journals.push(journal);
    }
    (journals, model)
}

fn open(disk: &Memory) -> Repository {
    Repository::make(&disk.files(), Path::new("repository"), None).unwrap()
}

/// What a repository says of the run, in each way in which it can be asked; they must agree.
fn look(repository: &Repository, run: RunId) -> (String, BTreeMap<SeriesKey, Vec<String>>) {
    let data = repository.read_run(run).unwrap();
    let row = repository.run(run).unwrap();
    assert_eq!(data.name, row.name);
    let counts = |series: &BTreeMap<SeriesKey, usize>| format!("{series:?}");
    let of_row = row.series.iter().map(|series| (SeriesKey::clone(&series.key), series.count as usize));
    let of_data = data.series.iter().map(|(key, series)| (key.clone(), series.points.len()));
    assert_eq!(counts(&of_row.collect()), counts(&of_data.collect()), "row and run");
    for (key, series) in &data.series {
        let wanted = Wanted { run, series: vec![key.clone()], columns: Columns::ALL, after: None };
        let mut merger = Merger::default();
        repository.series(&wanted, &mut |block| merger.push(block.order, block.column)).unwrap();
        let numbers: Vec<(i64, u64)> = merger.finish().steps.iter().copied().map(|step| (step, 0)).collect();
        let is_mixed = key.name == "text";
        let want: Vec<(i64, u64)> = series.numbers().map(|(step, _)| (step.0, 0)).collect();
        assert!(is_mixed || numbers == want, "{key:?}: {numbers:?}, {want:?}");
        let known = row.series(key).unwrap();
        assert_eq!(known.last, series.last(), "{key:?}");
        let steps: BTreeSet<Step> = series.points.iter().map(|point| point.step).collect();
        assert_eq!((Some(&known.first_step), Some(&known.last_step)), (steps.first(), steps.last()));
    }
    let text = |series: crate::Series| -> Vec<String> {
        let points = series.points.into_iter();
        points.map(|at| format!("{:?} {:?} {:?} {:?}", at.step, at.epoch, at.time, at.value)).collect()
    };
    (data.name, data.series.into_iter().map(|(key, series)| (key, text(series))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn many_writers_make_one_run_in_whatever_order_they_arrive(
        writers in writers(),
        arrivals in prop::collection::vec(any::<prop::sample::Index>(), 0..24),
    ) {
        let (journals, model) = written(&writers);
        let want = (model.name(), model.series());
        // Frame by frame in one order, looked at in between; whole journals in the other.
        let (here, there) = (Memory::default(), Memory::default());
        let (growing, other) = (open(&here), open(&there));
        let mut reached = vec![0; journals.len()];
        let rest = (0..journals.len()).flat_map(|place| vec![place; journals[place].bounds.len()]);
        let order: Vec<usize> = arrivals.iter().map(|one| one.index(journals.len())).chain(rest).collect();
        for place in order {
            let journal = &journals[place];
            let Some(&end) = journal.bounds.iter().find(|bound| **bound > reached[place]) else { continue };
            growing.append(journal.run, journal.writer, reached[place] as u64, &journal.bytes[reached[place]..end]).unwrap();
            reached[place] = end;
            growing.run(journal.run).unwrap();
        }
        for journal in journals.iter().rev() {
            other.append(journal.run, journal.writer, 0, &journal.bytes).unwrap();
        }
        for repository in [&growing, &other, &open(&here)] {
            let got = look(repository, run_id(1));
            prop_assert_eq!(&got, &want);
        }
    }

    #[test]
    fn an_edit_wins_over_all_that_is_known_and_falls_behind_what_is_later(
        writers in writers(),
        kind in 0..every_kind(0).len(),
        step in prop::option::of(0i64..4),
        n_before in any::<prop::sample::Index>(),
    ) {
        let (journals, mut model) = written(&writers);
        let disk = Memory::default();
        let repository = open(&disk);
        let n_before = 1 + n_before.index(journals.len());
        let send = |journals: &[Journal]| {
            for journal in journals {
                repository.append(journal.run, journal.writer, 0, &journal.bytes).unwrap();
            }
        };
        send(&journals[..n_before]);
        let edits = [
            Edit::DeletePoints { series: key(name_of(kind)), step: step.map(Step), is_deleted: true },
            Edit::Name("edited".to_owned()),
        ];
        repository.edit(&edits.map(|edit| (run_id(1), edit))).unwrap();
        let edited = repository.run(run_id(1)).unwrap();
        prop_assert_eq!(&edited.name, "edited");
        // The frames of writers that are ahead are a thousandth of a second apart, an edit is a millionth after one.
        let at = micros(edited.latest);
        model.deeds.insert((at, 255, 0, true, 0), Deed::Erase { kind, step, is_deleted: true });
        send(&journals[n_before..]);
        let mut names = model.deeds.iter().filter(|(place, deed)| place.0 > at && matches!(deed, Deed::Name(_)));
        let name = names.next_back().map_or("edited".to_owned(), |(_, deed)| match deed {
            Deed::Name(number) => number.to_string(),
            _ => String::new(),
        });
        let want = (name, model.series());
        for repository in [&repository, &open(&disk)] {
            prop_assert_eq!(&look(repository, run_id(1)), &want);
        }
    }
}

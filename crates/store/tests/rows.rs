//! Rows that are kept up to date piece by piece say what a model says that applies everything in order.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use trailmark_core::{Context, Edit, ParamValue, RunId, SeriesKey, Step, Value, WallTime};
use trailmark_store::{Appended, Prune, Record, Repository, RunRow, Store as _};

const N_RUNS: usize = 2;
const N_WRITERS: usize = 2;

#[derive(Debug, Clone)]
enum Op {
    Number { series: u8, step: i64, value: f64, is_int: bool },
    Log { step: i64 },
    Name(u8),
    Tag(u8, bool),
    Archive(bool),
    Param { key: u8, is_deep: bool, value: i64 },
}

fn op() -> impl Strategy<Value = Op> {
    let value = prop_oneof![8 => -9.0f64..9.0, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    prop_oneof![
        8 => (0u8..3, 0i64..12, value, any::<bool>())
            .prop_map(|(series, step, value, is_int)| Op::Number { series, step, value, is_int }),
        // Mostly growing steps, as training has them.
        8 => (0u8..3, 0i64..1_000_000, -9.0f64..9.0)
            .prop_map(|(series, step, value)| Op::Number { series, step, value, is_int: false }),
        2 => (0i64..9).prop_map(|step| Op::Log { step }),
        1 => (0u8..9).prop_map(Op::Name),
        1 => (0u8..3, any::<bool>()).prop_map(|(tag, is_added)| Op::Tag(tag, is_added)),
        1 => any::<bool>().prop_map(Op::Archive),
        2 => (0u8..3, any::<bool>(), any::<i64>()).prop_map(|(key, is_deep, value)| Op::Param { key, is_deep, value }),
    ]
}

impl Op {
    fn record(&self) -> Record {
        let point = |name: &str, step: i64, value: Value| Record::Point {
            series: SeriesKey::new(name, Context::empty()),
            step: Step(step),
            epoch: None,
            time: WallTime::from_nanos(step * 1_000_000),
            value,
        };
        match self {
            Self::Number { series, step, value, is_int } => {
                let value = if *is_int && value.is_finite() {
                    Value::Int(*value as i64)
                } else {
                    Value::Float(*value)
                };
                point(["a", "b", "c"][usize::from(*series)], *step, value)
            }
            Self::Log { step } => {
                let line =
                    trailmark_core::LogLine { stream: trailmark_core::Stream::Stdout, text: "x".to_owned() };
                point("logs", *step, Value::Log(line))
            }
            Self::Name(name) => Record::Edit { edit: Edit::Name(name.to_string()) },
            Self::Tag(tag, true) => Record::Edit { edit: Edit::AddTag(tag.to_string()) },
            Self::Tag(tag, false) => Record::Edit { edit: Edit::RemoveTag(tag.to_string()) },
            Self::Archive(is_archived) => Record::Edit { edit: Edit::Archive(*is_archived) },
            Self::Param { key, is_deep, value } => {
                let mut path = vec![format!("key{key}")];
                path.extend(is_deep.then(|| "deep".to_owned()));
                Record::Param { path, value: ParamValue::Int(*value) }
            }
        }
    }
}

/// A run as a simple program sees it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    name: String,
    tags: BTreeSet<String>,
    is_archived: bool,
    params: BTreeMap<String, ParamValue>,
    numbers: BTreeMap<String, BTreeMap<i64, f64>>,
    n_lines: u64,
}

impl Model {
    fn apply(&mut self, op: &Op) {
        match op {
            Op::Number { series, step, value, is_int } => {
                let value = if *is_int && value.is_finite() { (*value as i64) as f64 } else { *value };
                let series = ["a", "b", "c"][usize::from(*series)];
                self.numbers.entry(series.to_owned()).or_default().insert(*step, value);
            }
            Op::Log { .. } => self.n_lines += 1,
            Op::Name(name) => self.name = name.to_string(),
            Op::Tag(tag, true) => _ = self.tags.insert(tag.to_string()),
            Op::Tag(tag, false) => _ = self.tags.remove(&tag.to_string()),
            Op::Archive(is_archived) => self.is_archived = *is_archived,
            Op::Param { key, is_deep, value } => {
                let leaf = ParamValue::Int(*value);
                let key = format!("key{key}");
                let value = match (is_deep, self.params.get(&key)) {
                    (false, _) => leaf,
                    (true, _) => ParamValue::Map([("deep".to_owned(), leaf)].into()),
                };
                self.params.insert(key, value);
            }
        }
    }

    fn check(&self, row: &RunRow) -> Result<(), TestCaseError> {
        prop_assert_eq!(&row.name, &self.name);
        prop_assert_eq!(&row.tags, &self.tags);
        prop_assert_eq!(row.is_archived, self.is_archived);
        prop_assert_eq!(&row.params, &self.params);
        let lines = row.series(&SeriesKey::new("logs", Context::empty())).map_or(0, |series| series.count);
        prop_assert_eq!(lines, self.n_lines);
        let n_series = self.numbers.len() + usize::from(self.n_lines > 0);
        prop_assert_eq!(row.series.len(), n_series);
        for (name, points) in &self.numbers {
            let series = row.series(&SeriesKey::new(name, Context::empty())).unwrap();
            prop_assert_eq!(series.count, points.len() as u64);
            let steps = (points.first_key_value().unwrap().0, points.last_key_value().unwrap().0);
            prop_assert_eq!((series.first_step.0, series.last_step.0), (*steps.0, *steps.1));
            let last = points.last_key_value().unwrap().1;
            prop_assert_eq!(series.last.unwrap().to_bits(), last.to_bits());
            let finite = || points.iter().filter(|(_, value)| value.is_finite());
            let min = finite().min_by(|a, b| a.1.partial_cmp(b.1).unwrap());
            let max = finite().rev().max_by(|a, b| a.1.partial_cmp(b.1).unwrap());
            prop_assert_eq!(series.min, min.map(|(step, value)| (Step(*step), *value)));
            prop_assert_eq!(series.max, max.map(|(step, value)| (Step(*step), *value)));
        }
        Ok(())
    }
}

fn run_id(index: usize) -> RunId {
    RunId::from_parts(1_000 + index as u64, [7; 6])
}

fn journals(folder: &Path) -> Vec<(RunId, trailmark_core::WriterId, Vec<u8>)> {
    let mut journals = Vec::new();
    for index in 0..N_RUNS {
        let Ok(entries) = std::fs::read_dir(folder.join("runs").join(run_id(index).to_string())) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let writer = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
            journals.push((run_id(index), writer, std::fs::read(&path).unwrap()));
        }
    }
    journals
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_in_pieces_are_the_model(
        ops in prop::collection::vec((0..N_RUNS, 0..N_WRITERS, prop::collection::vec(op(), 1..4)), 1..40),
        pieces in prop::collection::vec((any::<prop::sample::Index>(), 1usize..400, 0u8..4), 0..40),
    ) {
        let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = Repository::open_or_create(there.path()).unwrap();
        let mut models = vec![None::<Model>; N_RUNS];
        let mut writers = BTreeMap::new();
        for (run, writer, ops) in &ops {
            let journal = writers.entry((*run, *writer)).or_insert_with(|| source.writer(run_id(*run)).unwrap());
            // One at a time: within a frame, numbers come before the rest.
            for op in ops {
                journal.append(&[op.record()]).unwrap();
                models[*run].get_or_insert_default().apply(op);
            }
        }
        drop(writers);

        // What was written there arrives here in pieces, in any order, and is looked at in between.
        let journals = journals(there.path());
        let mut offsets = vec![0usize; journals.len()];
        let mut target = Repository::open_or_create(here.path()).unwrap();
        let send = |target: &Repository, offsets: &mut Vec<usize>, index: usize, n_bytes: usize| {
            let (run, writer, bytes) = &journals[index];
            let from = offsets[index];
            // A first piece holds at least the header.
            let to = (from + n_bytes).max(32).min(bytes.len());
            match target.append(*run, *writer, from as u64, &bytes[from..to]).unwrap() {
                Appended::Durable { offset } => offsets[index] = offset as usize,
                other => panic!("{other:?}"),
            }
        };
        for (index, n_bytes, then) in pieces {
            send(&target, &mut offsets, index.index(journals.len()), n_bytes);
            match then {
                0 => _ = target.rows().unwrap(),
                1 => {
                    _ = target.rows().unwrap();
                    target = Repository::open(here.path()).unwrap();
                }
                _ => {}
            }
        }
        for index in 0..journals.len() {
            send(&target, &mut offsets, index, usize::MAX / 2);
        }
        let check = |repository: &Repository| -> Result<(), TestCaseError> {
            let rows = repository.runs(&Prune::default(), None, usize::MAX).unwrap().rows;
            let wanted = models.iter().enumerate().filter_map(|(run, model)| Some((run_id(run), model.as_ref()?)));
            prop_assert_eq!(rows.len(), wanted.clone().count());
            for (id, model) in wanted {
                model.check(rows.iter().find(|row| row.id == id).unwrap())?;
            }
            Ok(())
        };
        check(&target)?;
        drop(target);
        // From the catalog, from all journals, and after the catalog was damaged.
        check(&Repository::open(here.path()).unwrap())?;
        let catalog = here.path().join("catalog.sqlite");
        std::fs::remove_file(&catalog).unwrap();
        check(&Repository::open(here.path()).unwrap())?;
        let mut bytes = std::fs::read(&catalog).unwrap();
        bytes[..64].fill(0x55);
        std::fs::write(&catalog, &bytes).unwrap();
        check(&Repository::open(here.path()).unwrap())?;
        check(&source)?;
    }
}

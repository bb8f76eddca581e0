//! Many runs, many series in a run, many points in a series, many bytes of blobs: written, read back, and what it takes.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use trailmark_core::{ContentId, Context, Edit, End, ParamValue, RunId, SeriesKey, Step, WallTime};
use trailmark_query::{Clock, Expression, Kind, Schema};
use trailmark_store::{
    Batch, Columns, Merger, Points, Record, Repository, RunItem, SeriesTable, Stamp, Store as _, Wanted,
};

use crate::{Figures, progress, timed};

/// What is searched for, and of how many of a hundred runs it is true.
const SEARCHED: [(&str, &str, usize); 3] = [
    ("params_millis", "run.hparams.lr < 0.001 and run.hparams.batch_size == 16", 25),
    ("metrics_millis", "any(metric.name == 'loss' and metric.last < 0.25 for metric in run.metrics)", 25),
    ("names_millis", "run.name.startswith('run-7') and 'good' in run.tags", 0),
];

fn run_id(number: u64) -> RunId {
    RunId::from_parts(1_700_000_000_000 + number, [1; 6])
}

fn time(secs: i64) -> WallTime {
    WallTime::from_nanos(secs * 1_000_000_000)
}

fn figure(value: f64) -> String {
    format!("{value:.1}")
}

/// Finished runs with params, a tag and three series of twenty steps each.
pub(crate) fn make_runs(folder: &Path, n_runs: u64) -> Figures {
    let repository = Repository::open_or_create(folder).unwrap();
    let (millis, ()) = timed(|| {
        for number in 0..n_runs {
            let secs = number as i64;
            let param = |key: &str, value: ParamValue| Record::Param {
                path: vec!["hparams".to_owned(), key.to_owned()],
                value,
            };
            let mut records = vec![
                Record::Created { time: time(secs) },
                Record::Edit { edit: Edit::Name(format!("run-{number}")) },
                Record::Edit {
                    edit: Edit::AddTag(if number.is_multiple_of(3) { "good" } else { "plain" }.to_owned()),
                },
                param("lr", if number % 4 < 2 { 0.0005 } else { 0.002 }.into()),
                param("batch_size", if number.is_multiple_of(2) { 16 } else { 32 }.into()),
            ];
            for (name, subset) in [("loss", "train"), ("loss", "eval"), ("f1", "eval")] {
                records.extend((0..20).map(|step| Record::Point {
                    series: SeriesKey::new(name, Context::subset(subset)),
                    step: Step(step),
                    epoch: None,
                    time: time(secs),
                    value: ((number % 4) as f64 / 4.0 + (19 - step) as f64).into(),
                }));
            }
            records.push(Record::End { time: time(secs + 1), end: End::Finished });
            repository.writer(run_id(number)).unwrap().append(&records).unwrap();
            progress("runs", number, n_runs);
        }
    });
    vec![("runs", n_runs.to_string()), ("millis", figure(millis))]
}

/// Opens it, lists, pages and searches all runs.
pub(crate) fn open(folder: &Path) -> Figures {
    let has_catalog = folder.join("catalog.sqlite").exists();
    let (open_millis, repository) = timed(|| Repository::open(folder).unwrap());
    let (list_millis, rows) = timed(|| repository.rows().unwrap());
    let (again_millis, again) = timed(|| repository.rows().unwrap());
    assert_eq!(rows.len(), again.len());
    let (page_millis, page) =
        timed(|| repository.runs(&trailmark_store::Prune::default(), None, 100).unwrap());
    assert_eq!(page.rows[..], rows[..100]);
    let (items_millis, items) =
        timed(|| rows.iter().map(|row| RunItem::new(Arc::clone(row))).collect::<Vec<RunItem>>());
    let mut figures = vec![
        ("runs", rows.len().to_string()),
        ("had_catalog", has_catalog.to_string()),
        ("open_and_list_millis", figure(open_millis + list_millis)),
        ("list_again_millis", figure(again_millis)),
        ("page_millis", figure(page_millis)),
        ("items_millis", figure(items_millis)),
    ];
    figures.extend(searched(&items));
    figures
}

/// Milliseconds of searches.
fn searched(items: &[RunItem]) -> Figures {
    let clock = Clock { now: WallTime::from(SystemTime::now()), utc_offset_secs: 0 };
    let mut schema = Schema::new();
    items.iter().for_each(|item| schema.add_run(item, &[Kind::Metrics]));
    let mut figures = Figures::new();
    for (name, text, percent) in SEARCHED {
        let expression = Expression::parse(text, Kind::Runs, &schema).unwrap();
        let (millis, found) = timed(|| {
            let mut search = expression.search(clock);
            items.iter().filter(|item| search.matches_run(*item).unwrap()).count()
        });
        assert!(percent == 0 || found.abs_diff(items.len() * percent / 100) <= 4, "{text}: {found}");
        assert!(found > 0, "{text}");
        figures.push((name, figure(millis)));
    }
    figures
}

fn wanted(run: RunId, series: Vec<SeriesKey>) -> Wanted {
    Wanted { run, series, columns: Columns::default(), after: None }
}

fn merged(repository: &Repository, wanted: &Wanted) -> Vec<Points> {
    let mut mergers: Vec<Merger> = wanted.series.iter().map(|_| Merger::default()).collect();
    repository.series(wanted, &mut |block| mergers[block.series].push(block.order, block.column)).unwrap();
    mergers.into_iter().map(Merger::finish).collect()
}

/// One run with very many series of ten steps.
pub(crate) fn series(folder: &Path, n_series: u64) -> Figures {
    const STEPS: i64 = 10;
    let repository = Repository::open_or_create(folder).unwrap();
    let run = run_id(1);
    let name = |number: u64| format!("layer.{number}.weight.norm");
    let value = |number: u64, step: i64| number as f64 + step as f64 / 16.0;
    let mut writer = repository.writer(run).unwrap();
    let (write_millis, ()) = timed(|| {
        let (mut table, mut batch) = (SeriesTable::default(), Batch::default());
        for step in 0..STEPS {
            for number in 0..n_series {
                let series = table.intern(&name(number), &Context::subset("train"));
                batch.push_number(series, Stamp { step, micros: step, epoch: f64::NAN }, value(number, step));
            }
            let new = table.since(writer.n_series()).to_vec();
            writer.append_batch(&new, &batch).unwrap();
            batch.clear();
            progress("series", step as u64, STEPS as u64);
        }
        writer.end(time(9), End::Finished).unwrap();
    });
    drop(writer);
    let (row_millis, row) = timed(|| Repository::open(folder).unwrap().run(run).unwrap());
    assert_eq!(row.series.len() as u64, n_series);
    let keys: Vec<SeriesKey> =
        (0..n_series).map(|number| SeriesKey::new(&name(number), Context::subset("train"))).collect();
    let one = vec![keys[keys.len() / 2].clone()];
    let (one_millis, read) = timed(|| merged(&repository, &wanted(run, one)));
    assert_eq!(read[0].len() as i64, STEPS);
    let (all_millis, read) = timed(|| merged(&repository, &wanted(run, keys)));
    for (number, points) in (0..).zip(&read) {
        assert!(
            points.values.iter().zip(0..).all(|(got, step)| *got == value(number, step)),
            "series {number}"
        );
    }
    vec![
        ("series", n_series.to_string()),
        ("write_millis", figure(write_millis)),
        ("row_millis", figure(row_millis)),
        ("read_one_millis", figure(one_millis)),
        ("read_all_millis", figure(all_millis)),
    ]
}

/// One series of very many points.
pub(crate) fn points(folder: &Path, n_points: u64) -> Figures {
    const FRAME: i64 = 2000;
    let repository = Repository::open_or_create(folder).unwrap();
    let run = run_id(1);
    let value = |step: i64| if step == 7_654_321 { 1e9 } else { ((step * 7919) % 10_007) as f64 / 10_007.0 };
    let mut writer = repository.writer(run).unwrap();
    let (write_millis, ()) = timed(|| {
        let (mut table, mut batch) = (SeriesTable::default(), Batch::default());
        let series = table.intern("loss", &Context::subset("train"));
        for step in 0..n_points as i64 {
            batch.push_number(series, Stamp { step, micros: step * 1000, epoch: f64::NAN }, value(step));
            if step % FRAME == FRAME - 1 {
                let new = table.since(writer.n_series()).to_vec();
                writer.append_batch(&new, &batch).unwrap();
                batch.clear();
            }
            progress("points", step as u64, n_points);
        }
        writer.append_batch(&[], &batch).unwrap();
        writer.end(time(9), End::Finished).unwrap();
    });
    drop(writer);
    let key = SeriesKey::new("loss", Context::subset("train"));
    let (row_millis, row) = timed(|| Repository::open(folder).unwrap().run(run).unwrap());
    let known = row.series(&key).unwrap();
    assert_eq!(known.count, n_points);
    let (read_millis, read) = timed(|| merged(&repository, &wanted(run, vec![key.clone()])));
    assert_eq!(read[0].len() as u64, n_points);
    assert!(
        read[0].values.iter().zip(0..).all(|(got, step)| *got == value(step)),
        "every value is as it was"
    );
    let (sample_millis, sample) = timed(|| read[0].sample(2000));
    let spike = sample.values.contains(&1e9);
    assert!(sample.len() <= 2000 && (spike || n_points <= 7_654_321), "the spike is seen");
    vec![
        ("points", n_points.to_string()),
        ("write_millis", figure(write_millis)),
        ("bytes_a_point", format!("{:.2}", row.n_bytes as f64 / n_points as f64)),
        ("row_millis", figure(row_millis)),
        ("read_all_millis", figure(read_millis)),
        ("sample_millis", figure(sample_millis)),
    ]
}

/// Bytes that are made as they are read.
struct Made {
    state: u64,
    left: u64,
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        for bytes in buffer[..count].chunks_mut(8) {
            self.state = self.state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            bytes.copy_from_slice(&self.state.to_le_bytes()[..bytes.len()]);
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Megabytes of blobs of 64 MB each, none of which is ever in memory as a whole.
pub(crate) fn blobs(folder: &Path, megabytes: u64) -> Figures {
    const EACH: u64 = 64 << 20;
    let repository = Repository::open_or_create(folder).unwrap();
    let n_blobs = (megabytes << 20).div_ceil(EACH);
    let (put_millis, ids) = timed(|| {
        let mut ids: Vec<ContentId> = Vec::new();
        for number in 0..n_blobs {
            let kept = repository.put_blob_from(&mut Made { state: number, left: EACH }).unwrap();
            assert_eq!(kept.n_bytes, EACH);
            ids.push(kept.id);
            progress("blobs", number, n_blobs);
        }
        ids
    });
    let (check_millis, problems) = timed(|| repository.check().unwrap());
    assert_eq!(problems, []);
    let stats = repository.stats().unwrap();
    assert_eq!((stats.n_blobs, stats.blob_bytes), (n_blobs, n_blobs * EACH));
    let mut first = [0; 8];
    repository.open_blob(&ids[1]).unwrap().read_exact(&mut first).unwrap();
    let mut want = [0; 8];
    Made { state: 1, left: 8 }.read_exact(&mut want).unwrap();
    assert_eq!(first, want);
    vec![
        ("megabytes", megabytes.to_string()),
        ("put_millis", figure(put_millis)),
        ("check_millis", figure(check_millis)),
    ]
}

//! `GET /api/v1/extract`: what a program that reads elsewhere is told, exactly.

use std::collections::BTreeMap;

use serde_json::json;
use trailmark_core::{End, RunId, Value};
use trailmark_store::{Data, Extract, Repository, Store as _};

use crate::served::Served;
use crate::{begin, reference};

fn told(served: &Served, parameters: &str) -> Extract {
    let answer = served.get(&format!("/api/v1/extract?{parameters}"));
    assert_eq!(answer.status, 200, "{parameters}: {}", String::from_utf8_lossy(&answer.body));
    Extract::read(&answer.body).unwrap()
}

#[test]
fn rows_are_those_of_the_folder() {
    let folder = reference();
    let served = Served::start(folder.path());
    let repository = Repository::open(folder.path()).unwrap();
    let found = told(&served, "q=&archived=1&with=params,artifacts,series");
    let rows = repository.rows().unwrap();
    assert!(rows.len() >= 6 && found.next.is_none() && found.problems.is_none());
    for (want, (got, data)) in rows.iter().rev().zip(&found.runs) {
        assert_eq!(
            (&got.id, &got.name, &got.status, &got.tags),
            (&want.id, &want.name, &want.status, &want.tags)
        );
        assert_eq!((got.created, got.ended, got.latest), (want.created, want.ended, want.latest));
        assert_eq!((&got.series, &got.artifacts), (&want.series, &want.artifacts));
        assert_eq!(got.params, repository.params(want.id).unwrap());
        assert!(data.iter().all(|data| *data == Data::None));
    }
}

#[test]
fn every_point_is_there_and_pages_follow_each_other() {
    let folder = reference();
    let served = Served::start(folder.path());
    let repository = Repository::open(folder.path()).unwrap();
    let mut points = BTreeMap::new();
    let (mut after, mut n_pages) = (String::new(), 0);
    loop {
        let parameters =
            format!("kind=metrics&q=metric.name%20%3D%3D%20%22loss%22&with=points&limit=2{after}");
        let Extract { runs, next, .. } = told(&served, &parameters);
        for (row, data) in runs {
            for (series, data) in row.series.iter().zip(data) {
                let Data::Points { points: got, goes_on: false } = data else { panic!("got {data:?}") };
                points.insert((row.id, series.key.clone()), got);
            }
        }
        n_pages += 1;
        let Some(next) = next else { break };
        after = format!("&after={next}");
    }
    let n_series: usize = repository
        .rows()
        .unwrap()
        .iter()
        .filter(|row| !row.is_archived)
        .map(|row| row.series.iter().filter(|series| series.key.name == "loss").count())
        .sum();
    assert!(
        n_pages >= 3 && points.len() == n_series && n_series > 6,
        "{n_pages} pages, {} series",
        points.len()
    );
    for ((run, key), got) in points {
        let want =
            trailmark_store::points_of(&repository, run, &[(*key).clone()], trailmark_store::Columns::ALL);
        assert_eq!(got, want.unwrap()[0]);
    }
}

#[test]
fn named_runs_are_there_though_deleted_and_series_are_chosen() {
    let folder = crate::empty();
    let mut run = begin(folder.path(), "gone", 1.0);
    run.edit(trailmark_core::Edit::Delete(true));
    run.end(Some(End::Finished));
    let repository = Repository::open(folder.path()).unwrap();
    let id = repository.run_ids().unwrap()[0];
    let served = Served::start(folder.path());
    assert!(told(&served, "archived=1").runs.is_empty());
    let other = RunId::from_bytes([9; 12]);
    let runs = told(&served, &format!("runs={other},{id}")).runs;
    assert_eq!(runs.iter().map(|(row, _)| (row.id, row.is_deleted)).collect::<Vec<_>>(), [(id, true)]);

    let folder = reference();
    let served = Served::start(folder.path());
    let repository = Repository::open(folder.path()).unwrap();
    let row = repository.rows().unwrap().remove(0);
    let series = json!([{"name": "loss", "context": {"subset": "eval"}}, {"name": "nothing", "context": {}}]);
    let runs =
        told(&served, &format!("runs={}&with=points&series={}", row.id, encoded(&series.to_string()))).runs;
    let names: Vec<String> = runs[0].0.series.iter().map(|series| series.key.to_string()).collect();
    assert_eq!(names, [r#"loss {subset: "eval"}"#]);
    let runs = told(&served, &format!("runs={}&with=objects", row.id)).runs;
    let texts = runs[0].1.iter().flat_map(|data| match data {
        Data::Objects(objects) => objects.clone(),
        _ => Vec::new(),
    });
    assert!(texts.filter(|object| matches!(object.value, Value::Text(_))).count() > 0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = reference();
    let served = Served::start(folder.path());
    for (parameters, code) in [
        ("runs=00", "bad_request"),
        ("q=&with=everything", "bad_request"),
        ("q=&after=yesterday", "bad_request"),
        ("q=&series=nonsense", "bad_request"),
        ("q=run.nothing.here%20%3E%201", "query"),
    ] {
        let answer = served.get(&format!("/api/v1/extract?{parameters}"));
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some(code)), "{parameters}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

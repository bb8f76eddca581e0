//! `trailmark runs cp` and `runs mv`: runs go to another repository whole, again and again.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::collections::BTreeMap;
use std::path::Path;

use program::recorded::{Recorded, param, point, time};
use program::{Done, Place};
use serde_json::Value;
use trailmark_core::{Context, End};

/// Every file of a repository's runs and blobs.
fn files(repository: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => walk(root, &path, into),
                false => {
                    let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                    into.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
    }
    let mut all = BTreeMap::new();
    ["runs", "blobs"].iter().for_each(|part| walk(repository, &repository.join(part), &mut all));
    all
}

fn ask(place: &Place, words: &[&str]) -> Done {
    Done::of(place.command().args(words).output().unwrap())
}

#[test]
fn a_copied_run_is_the_same_byte_for_byte_and_grows_with_the_next_copy() {
    let place = Place::new();
    let recorded = Recorded::new(&place.path(".trailmark"));
    recorded.whole(1, "calm-fox", (0.1, Some("0.21"), 0.15));
    let (id, mut writer) = recorded.begin(2, "growing");
    place.run("runs note calm-fox --text good").ok();
    let said = place.run("runs cp calm-fox growing --to other").ok();
    assert!(said.stderr.contains("copied 2 runs"), "{said:?}");
    assert_eq!(files(&place.path("other")), files(&place.path(".trailmark")));
    place.run("repo check --repo other").ok();
    assert_eq!(place.run("runs note calm-fox --repo other").ok().stdout, "good\n");

    writer.append(&[point("loss", Context::empty(), 1, 0.5.into()), param(&["grew"], true.into())]).unwrap();
    let said = place.run("runs mv calm-fox growing --to other");
    said.fails(1, &["growing is being recorded"], "runs cp");
    assert!(place.run("runs ls").ok().stdout.contains("calm-fox"), "none was moved");
    writer.end(time(99), End::Finished).unwrap();
    drop(writer);
    let said =
        ask(&place, &["runs", "cp", "-q", "run.name in ('calm-fox', 'growing')", "--to", "other", "--json"]);
    let told: Value = serde_json::from_str(&said.ok().stdout).unwrap();
    assert_eq!((&told[0]["new_bytes"], &told[1]["run"]), (&0.into(), &id.to_string().into()));
    assert!(told[1]["new_bytes"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(files(&place.path("other")), files(&place.path(".trailmark")));
    let listed = place.run("runs ls --json").ok().stdout;
    assert_eq!(place.run("runs ls --json --repo other").ok().stdout, listed);
}

#[test]
fn a_moved_run_is_there_and_no_longer_here_and_comes_back() {
    let place = Place::new();
    let recorded = Recorded::new(&place.path(".trailmark"));
    recorded.whole(1, "calm-fox", (0.1, Some("0.21"), 0.15));
    recorded.whole(2, "bold-owl", (0.2, Some("0.21"), 0.15));
    let crashed = recorded.begin(3, "crashed");
    drop(crashed);
    let before = files(&place.path(".trailmark"));
    let all = place.run("runs ls --json").ok().stdout;
    place.run("runs mv calm-fox crashed --to archive").ok();
    let here = place.run("runs ls").ok().stdout;
    assert!(here.contains("bold-owl") && !here.contains("calm-fox") && !here.contains("crashed"), "{here}");
    let there = place.run("runs ls --repo archive").ok().stdout;
    assert!(
        there.contains("calm-fox") && there.contains("crashed") && !there.contains("bold-owl"),
        "{there}"
    );
    place.run("repo check --repo archive").ok();
    place.run("repo check").ok();

    place.run("runs mv calm-fox crashed --repo archive --to .trailmark").ok();
    assert_eq!(files(&place.path(".trailmark")), before);
    assert_eq!(place.run("runs ls --json").ok().stdout, all);
    assert_eq!(place.run("runs ls --json --repo archive").ok().stdout, "[]\n");
}

#[test]
fn what_cannot_be_copied_is_told() {
    let place = Place::new();
    let recorded = Recorded::new(&place.path(".trailmark"));
    recorded.whole(1, "calm-fox", (0.1, Some("0.21"), 0.15));
    place.run("runs cp calm-fox --to .trailmark").fails(1, &["want another"], "--to REPO");
    place.run("runs cp nobody --to other").fails(1, &["find a run"], "runs ls");
    place
        .run("runs cp calm-fox --to http://127.0.0.1:1")
        .stderr
        .contains("want a folder")
        .then_some(())
        .unwrap();
    place.run("runs cp calm-fox --to other").ok();
    place.run("runs rm calm-fox --repo other --yes").ok();
    place.run("runs cp calm-fox --to other").fails(1, &["deleted there"], "runs restore RUN --repo");
    place.run("runs mv calm-fox --to other").fails(1, &["deleted there"], "runs restore RUN --repo");
    assert!(place.run("runs ls").ok().stdout.contains("calm-fox"));
}

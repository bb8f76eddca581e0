//! `trailmark repo`: check, repair, rebuild, stats, backup.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::{Path, PathBuf};
use std::process::Command;

use program::Place;

fn journal(repository: &Path) -> PathBuf {
    let run = std::fs::read_dir(repository.join("runs")).unwrap().next().unwrap().unwrap().path();
    let mut files = std::fs::read_dir(run).unwrap().map(|file| file.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "journal")).unwrap()
}

#[test]
fn a_damaged_repository_is_told_mended_and_loses_no_byte() {
    let place = Place::new();
    place.train("").ok();
    let said = place.run("repo check").ok();
    assert!(said.stderr.contains("1 run checked, nothing is wrong"), "{said:?}");
    let path = journal(&place.path(".trailmark"));
    let mut bytes = std::fs::read(&path).unwrap();
    let n_bytes = bytes.len();
    bytes[n_bytes - 30] ^= 1;
    std::fs::write(&path, &bytes).unwrap();

    let said = place.run("repo check");
    assert_eq!(said.code, 1, "{said:?}");
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(said.stdout.contains("checksum") && said.stdout.contains(name), "{said:?}");
    let said = place.run("repo repair --json").ok();
    let repaired: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let kept = repaired["repaired"][0]["kept"].as_str().unwrap();
    let mut whole = std::fs::read(&path).unwrap();
    whole.extend(std::fs::read(place.path(kept)).unwrap());
    assert_eq!(whole, bytes);
    place.run("repo check").ok();
    assert!(place.run("runs ls").ok().stdout.contains("crashed"), "its end lay in what was damaged");
}

#[test]
fn damage_of_a_folded_run_is_told_by_whoever_shows_it() {
    let place = Place::new();
    place.train("").ok();
    place.run("repo compact --now").ok();
    let exported = place.run("runs export").ok();
    assert!(!exported.stderr.contains("warning"), "{exported:?}");
    let path = place.path(".trailmark/segments/000001-points.parquet");
    let bytes = std::fs::read(&path).unwrap();
    let damage = |places: &[usize]| {
        let mut damaged = bytes.clone();
        places.iter().for_each(|place| damaged[*place] ^= 0x20);
        std::fs::write(&path, damaged).unwrap();
    };

    damage(&[bytes.len() / 2]);
    let said = place.run("repo check");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("nothing is lost") && said.stdout.lines().count() == 1, "{said:?}");
    assert_eq!(
        place.run("runs export").ok().stdout,
        exported.stdout,
        "a flipped byte is put right as it is read"
    );
    let said = place.run("repo repair").ok();
    assert!(said.stdout.contains("kept in") && said.stderr.contains("1 mended or set aside"), "{said:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);

    // The end says where everything lies.
    damage(&[bytes.len() - 30, bytes.len() - 20, bytes.len() - 10]);
    std::fs::remove_file(place.path(".trailmark/catalog.sqlite")).unwrap();
    for words in
        ["runs export", "runs export --table runs", "runs ls", "runs ls --json", "query run.name!='x'"]
    {
        let said = place.run(words).ok();
        let lines: Vec<&str> = said.stderr.lines().filter(|line| line.starts_with("warning")).collect();
        let want = ["warning: something of 1 run cannot be read; trailmark repo check says what"];
        assert_eq!(lines, want, "{words}");
    }
    let said = place.run("repo check");
    assert!(said.stdout.starts_with("damaged points of a segment, of runs "), "{said:?}");
    assert!(!said.stdout.contains("External") && said.stdout.lines().count() == 1, "{said:?}");
    place.run("repo repair").ok();
    place.run("repo check").ok();
    assert!(!place.run("runs ls").ok().stderr.contains("warning"));
}

#[test]
fn a_backup_is_a_repository() {
    let place = Place::new();
    place.train("").ok();
    let listed = place.run("runs ls --json").ok().stdout;
    place.run("repo backup copy").ok();
    assert_eq!(place.run("runs ls --json --repo copy").ok().stdout, listed);
    place.run("repo check --repo copy").ok();
    place.run("repo backup copy").fails(1, &["copy is there already"], "not there yet");

    place.run("repo backup copy.tar").ok();
    std::fs::create_dir(place.path("out")).unwrap();
    let tar =
        Command::new("tar").arg("-xf").arg(place.path("copy.tar")).arg("-C").arg(place.path("out")).status();
    assert!(tar.unwrap().success());
    assert_eq!(place.run("runs ls --json --repo out").ok().stdout, listed);
}

#[test]
fn the_catalog_can_be_made_again_and_sizes_be_told() {
    let place = Place::new();
    place.train("").ok();
    std::fs::write(place.path(".trailmark/catalog.sqlite"), "nonsense").unwrap();
    let said = place.run("repo rebuild").ok();
    assert!(said.stderr.contains("made the catalog again: 1 run\n"), "{said:?}");
    let stats: serde_json::Value = serde_json::from_str(&place.run("repo stats --json").ok().stdout).unwrap();
    assert_eq!((&stats["runs"], &stats["running"]), (&1.into(), &0.into()));
    assert!(stats["points"].as_u64().unwrap() > 10, "{stats}");
    assert!(place.run("repo stats").ok().stdout.contains("journals"));
    place.run("repo check --repo nowhere").fails(1, &["without trailmark.toml"], "--repo");
}

#[test]
fn compacted_runs_read_as_before_and_deleted_ones_give_their_space_back() {
    let place = Place::new();
    place.train("").ok();
    place.train("--seed 7").ok();
    let runs: Vec<serde_json::Value> =
        serde_json::from_str(&place.run("runs ls --json").ok().stdout).unwrap();
    let ids: Vec<&str> = runs.iter().map(|run| run["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{runs:?}");
    place.run(&format!("runs rm {} --yes", ids[0])).ok();
    let asked = [
        "runs ls --json".to_owned(),
        format!("runs show {} --json", ids[1]),
        format!("runs export {} --format csv", ids[1]),
    ];
    let told = || asked.iter().map(|words| place.run(words).ok().stdout).collect::<Vec<_>>();
    let before = told();

    let said = place.run("repo compact").ok().stderr;
    assert!(
        said.contains("folded 0 runs with 0 points, removed 1 deleted run and"),
        "one ended just now: {said}"
    );
    assert_eq!(std::fs::read_dir(place.path(".trailmark/runs")).unwrap().count(), 1);
    let said = place.run("repo compact --now --json").ok();
    let done: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&done["runs"], &done["deleted"], &done["left"]),
        (&1.into(), &0.into(), &serde_json::json!([]))
    );
    assert_eq!(std::fs::read_dir(place.path(".trailmark/runs")).unwrap().count(), 0);
    assert_eq!(told(), before);
    place.run("repo check").ok();
    place.run(&format!("runs restore {}", ids[0])).fails(1, &[ids[0]], "");
}

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

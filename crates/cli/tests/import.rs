//! `trailmark import`: a repository of the real Aim and event files of TensorBoard, once and again, whole and damaged.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::Path;

use program::{Place, testdata};
use serde_json::Value;

/// Unpacks the golden repository of Aim into the folder `old`.
fn unpack(place: &Place) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/aim/repository.tar.gz");
    let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
    tar::Archive::new(file).unpack(place.path("old")).unwrap();
}

#[test]
fn runs_of_aim_are_there_and_stay_as_they_are_at_the_next_import() {
    let place = Place::new();
    unpack(&place);
    let said = place.run("import aim old").ok().stderr;
    assert!(said.contains("4 runs new, 0 grown, 0 as before") && said.contains(", 0 that could"), "{said}");
    let runs: Value = serde_json::from_str(&place.run("runs ls --all --json").ok().stdout).unwrap();
    let named = runs.as_array().unwrap().iter().find(|run| run["name"] == "ein Läuf").unwrap();
    assert_eq!((&named["experiment"], &named["status"]), (&"everything".into(), &"finished".into()));
    assert_eq!(place.run("runs archive ein").code, 1);
    let report: Value = serde_json::from_str(&place.run("import aim old/.aim --json").ok().stdout).unwrap();
    assert_eq!((&report["points"], &report["problems"]), (&0.into(), &Value::Array(vec![])));
    assert!(report["runs"].as_array().unwrap().iter().all(|run| run["fate"] == "same"), "{report}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let place = Place::new();
    place.run("import aim nowhere").fails(1, &["an Aim repository", "nowhere"], ".aim");
    unpack(&place);
    std::fs::remove_file(place.path("old/.aim/run_metadata.sqlite")).unwrap();
    let done = place.run("import aim old");
    let (code, said) = (done.code, done.stderr);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("warning: there is no such file") && said.contains("4 runs new"), "{said}");
}

#[test]
fn an_interpreter_without_aim_is_told() {
    let place = Place::new();
    unpack(&place);
    let none = place.write("none", "#!/bin/sh\nexit 3\n");
    std::fs::set_permissions(&none, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let with = |python: &str| place.run(&format!("import aim old --with-aim {python}"));
    with(none.to_str().unwrap()).fails(1, &["import with Aim", "has none"], "pip install aim");
    with("no-such-python").fails(1, &["start no-such-python"], "");
    place.run("import aim nowhere --with-aim").fails(1, &["no folder .aim"], ".aim");
}

#[test]
fn event_files_become_runs_once() {
    let place = Place::new();
    let logs = testdata().join("../tensorboard");
    let import = format!("import tensorboard {} --experiment seen", logs.display());
    // PR curves have no place here, which is told.
    let said = place.run(&import);
    assert!(said.stderr.contains("pr_curves") && said.stderr.contains("8 runs new, 0 grown"), "{said:?}");
    assert_eq!(said.code, 1);
    let listed: Value = serde_json::from_str(&place.run("runs ls --json").ok().stdout).unwrap();
    let mut names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names.len(), 8);
    assert!(names.contains(&"keras") && names.contains(&"deep/er/tensorboardx"), "{names:?}");
    assert_eq!(listed[0]["experiment"], "seen");
    let again: Value = serde_json::from_str(&place.run(&format!("{import} --json")).stdout).unwrap();
    assert_eq!(again["points"], 0);
    assert!(again["runs"].as_array().unwrap().iter().all(|run| run["fate"] == "same"), "{again}");
    let found = place.run("query metric.name=='epoch_loss'and(metric.context.subset=='eval')").ok();
    assert!(found.stdout.contains("keras") && found.stdout.contains("epoch_loss"), "{found:?}");
}

#[test]
fn folders_are_runs_of_their_own_where_that_is_asked() {
    let place = Place::new();
    let logs = testdata().join("../tensorboard/keras");
    let done = place.run(&format!("import tensorboard {} --flat", logs.display())).ok();
    assert!(done.stderr.contains("2 runs new"), "{done:?}");
}

#[test]
fn a_folder_without_event_files_is_told() {
    let place = Place::new();
    place.write("notes.txt", "nothing");
    place.run("import tensorboard .").fails(1, &["event files", "tfevents"], "--logdir");
    place.run("import tensorboard nowhere").fails(1, &["look for a file or folder", "nowhere"], "--logdir");
}

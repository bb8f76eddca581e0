//! Models and data sets of a hub: fetched, resumed, checked, cached where Python's tools keep theirs.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::PathBuf;

use program::hub::{COMMIT, Hub, Manner};
use program::{Done, Place, questions, testdata};

const ASK: &str = "ask -q Who? -c Ada. --json --model owner/tiny";

fn ask(place: &Place, hub: &Hub, more: &[(&str, &str)]) -> Done {
    let mut command = place.command();
    command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", &hub.endpoint).args(ASK.split(' '));
    command.envs(more.iter().copied());
    Done::of(command.output().unwrap())
}

fn repository(place: &Place) -> PathBuf {
    place.path("hf/hub/models--owner--tiny")
}

#[test]
fn a_model_is_fetched_into_the_hubs_own_cache_and_used_from_there() {
    let place = Place::new();
    let hub = Hub::start(&place.model(), Manner::default());
    let first = ask(&place, &hub, &[]).ok();
    assert!(first.stdout.starts_with("{\"question\":\"Who?\""), "{first:?}");
    let repository = repository(&place);
    assert_eq!(std::fs::read_to_string(repository.join("refs/main")).unwrap(), COMMIT);
    let snapshot = repository.join("snapshots").join(COMMIT);
    let weights = std::fs::read(snapshot.join("model.safetensors")).unwrap();
    assert_eq!(weights, std::fs::read(testdata().join("models/bert/model.safetensors")).unwrap());
    let target = std::fs::read_link(snapshot.join("model.safetensors")).unwrap();
    assert!(target.starts_with("../../blobs"), "{}", target.display());
    assert_eq!(target.file_name().unwrap().len(), 64, "a blob is called by its SHA-256");
    let partial = std::fs::read_dir(repository.join("blobs")).unwrap();
    assert!(partial.flatten().all(|blob| !blob.path().ends_with(".incomplete")));

    let asked = hub.requests().len();
    let second = ask(&place, &hub, &[]).ok();
    assert_eq!(second.stdout, first.stdout);
    assert_eq!(hub.requests().len(), asked, "what is cached is not asked for");
    let offline = ask(&place, &hub, &[("HF_HUB_OFFLINE", "1"), ("HF_ENDPOINT", "http://127.0.0.1:1")]).ok();
    assert_eq!(offline.stdout, first.stdout);
}

#[test]
fn what_pythons_tools_cached_is_found() {
    let place = Place::new();
    let model = place.model();
    let snapshot = place.path("hf/hub/models--owner--tiny/snapshots").join(COMMIT);
    std::fs::create_dir_all(&snapshot).unwrap();
    for entry in std::fs::read_dir(&model).unwrap().flatten() {
        std::fs::copy(entry.path(), snapshot.join(entry.file_name())).unwrap();
    }
    place.write("hf/hub/models--owner--tiny/refs/main", COMMIT);
    place.run(ASK).ok();
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let place = Place::new();
    let hub = Hub::start(&place.model(), Manner { breaks_after: Some(5000), ..Manner::default() });
    ask(&place, &hub, &[]).fails(1, &["fetch model.safetensors of owner/tiny"], "same command goes on");
    let blobs = std::fs::read_dir(repository(&place).join("blobs")).unwrap().flatten();
    let partial =
        blobs.map(|blob| blob.path()).find(|path| path.extension().is_some_and(|e| e == "incomplete"));
    let have = std::fs::metadata(partial.unwrap()).unwrap().len();
    assert!((1..=5000).contains(&have), "{have}");
    ask(&place, &hub, &[]).ok();
    let resumed = format!("GET /bytes/model.safetensors bytes={have}-");
    assert!(hub.requests().contains(&resumed), "{:?}", hub.requests());
}

#[test]
fn bytes_with_another_hash_are_thrown_away() {
    let place = Place::new();
    let hub = Hub::start(&place.model(), Manner { lies: true, ..Manner::default() });
    let done = ask(&place, &hub, &[]);
    done.fails(1, &["fetch model.safetensors of owner/tiny", "got bytes with hash"], "proxy");
    let blobs = std::fs::read_dir(repository(&place).join("blobs")).unwrap().flatten();
    assert!(blobs.map(|blob| blob.file_name().to_string_lossy().into_owned()).all(|name| name.len() == 40));
}

#[test]
fn a_model_that_is_not_there_or_not_allowed_is_an_error() {
    let place = Place::new();
    place.model();
    let empty = place.path("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let hub = Hub::start(&empty, Manner::default());
    ask(&place, &hub, &[]).fails(
        1,
        &["\"owner/tiny\" is no folder here", "got no config.json"],
        "owner/name",
    );
    for status in [401, 403, 404] {
        let hub = Hub::start(&empty, Manner { status: Some(status), ..Manner::default() });
        let done = ask(&place, &hub, &[]);
        assert_eq!(done.code, 1, "{done:?}");
        if status != 404 {
            done.fails(1, &[&format!("the hub answered {status}")], "HF_TOKEN");
        }
    }
}

#[test]
fn a_token_opens_what_is_closed() {
    let place = Place::new();
    let manner = Manner { token: Some("open-sesame".to_owned()), ..Manner::default() };
    let hub = Hub::start(&place.model(), manner);
    ask(&place, &hub, &[]).fails(1, &["the hub answered 401"], "HF_TOKEN");
    ask(&place, &hub, &[("HF_TOKEN", "open-sesame")]).ok();
}

#[test]
fn a_pickle_alone_is_not_fetched() {
    let place = Place::new();
    let model = place.model();
    std::fs::rename(model.join("model.safetensors"), model.join("pytorch_model.bin")).unwrap();
    let hub = Hub::start(&model, Manner::default());
    ask(&place, &hub, &[]).fails(1, &["a pickle is never loaded"], "safe_serialization");
    assert!(hub.requests().iter().all(|request| !request.contains("pytorch_model.bin")));
}

#[test]
fn weights_in_parts_are_fetched_by_their_index() {
    let place = Place::new();
    let model = place.model();
    std::fs::rename(model.join("model.safetensors"), model.join("part.safetensors")).unwrap();
    let index = r#"{"weight_map": {"qa_outputs.weight": "part.safetensors"}}"#;
    std::fs::write(model.join("model.safetensors.index.json"), index).unwrap();
    let hub = Hub::start(&model, Manner::default());
    ask(&place, &hub, &[]).ok();
}

#[test]
fn offline_without_a_cache_and_without_a_hub_are_errors() {
    let place = Place::new();
    place.run(ASK).fails(1, &["HF_HUB_OFFLINE is set"], "HF_HUB_OFFLINE");
    let mut command = place.command();
    command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", "http://127.0.0.1:1").args(ASK.split(' '));
    Done::of(command.output().unwrap()).fails(1, &["reach the hub: http://127.0.0.1:1"], "HF_ENDPOINT");
}

#[test]
fn a_data_set_of_the_hub_is_fetched_by_its_parts() {
    let place = Place::new();
    place.model();
    let files = place.path("files");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::copy(questions(), files.join("train-00000-of-00001.json")).unwrap();
    std::fs::copy(questions(), files.join("validation-00000-of-00001.json")).unwrap();
    std::fs::write(files.join("README.md"), "words").unwrap();
    let hub = Hub::start(&files, Manner::default());
    let evaluate = || {
        let mut command = place.command();
        command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", &hub.endpoint);
        Done::of(
            command.args("evaluate --model model --data owner/questions --json".split(' ')).output().unwrap(),
        )
    };
    let done = evaluate().ok();
    assert!(done.stdout.contains("\"total\":13"), "{done:?}");
    assert!(hub.requests().iter().all(|request| !request.contains("train-00000")), "only what is needed");
    let asked = hub.requests().len();
    evaluate().ok();
    assert_eq!(hub.requests().len(), asked);
}

#[test]
fn the_demos_model_that_cannot_be_fetched_names_the_flag() {
    let place = Place::new();
    // pip is there and has nothing to give.
    let python =
        place.write("bin/python3", "#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n");
    let mut rights = std::fs::metadata(&python).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut rights, 0o755);
    std::fs::set_permissions(&python, rights).unwrap();
    let mut command = place.command();
    command.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()));
    command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", "http://127.0.0.1:1");
    command.arg("demo").arg("--data").arg(questions());
    let error = ["sentence-transformers/all-MiniLM-L6-v2", "reach the hub", "No matching distribution found"];
    Done::of(command.output().unwrap()).fails(1, &error, "--model");
}

#[test]
fn the_demos_model_is_taken_from_the_cache_without_a_network() {
    let place = Place::new();
    let model = place.model();
    let cached = place.path("cache/models/all-MiniLM-L6-v2-b9a0018dff09");
    std::fs::create_dir_all(cached.parent().unwrap()).unwrap();
    std::fs::rename(model, &cached).unwrap();
    let mut command = place.command();
    command.env_remove("HF_HUB_OFFLINE").env("HF_ENDPOINT", "http://127.0.0.1:1").env("PATH", "/nowhere");
    command.args("demo --quick --no-up --repo repo --data".split(' ')).arg(questions());
    let done = Done::of(command.output().unwrap());
    assert!(!done.stderr.contains("reach the hub") && done.stderr.contains("step "), "{done:?}");
}

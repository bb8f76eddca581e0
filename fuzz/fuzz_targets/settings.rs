//! Any bytes are `trailmark.toml`, `views.toml` or `labels.toml`: no panic; what can be read stays when something is
//! added, and what cannot be is left as it is.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trailmark_store::{Error, Label, LabelOf, Repository};

const NAMES: [&str; 3] = ["trailmark.toml", "views.toml", "labels.toml"];

struct Place {
    _folder: tempfile::TempDir,
    repository: PathBuf,
    about: Vec<u8>,
}

static PLACE: LazyLock<Place> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let repository = folder.path().join("repository");
    Repository::open_or_create(&repository).expect("a repository can be made");
    let about = std::fs::read(repository.join(NAMES[0])).expect("it says what it is");
    Place { _folder: folder, repository, about }
});

fuzz_target!(|data: &[u8]| {
    let Some((which, text)) = data.split_first() else { return };
    let which = usize::from(*which) % NAMES.len();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(PLACE.repository.join(name), bytes).expect("a file can be written");
    };
    write(NAMES[0], &PLACE.about);
    write(NAMES[1], b"");
    write(NAMES[2], b"");
    write(NAMES[which], text);
    let repository = match Repository::open(&PLACE.repository) {
        Ok(repository) => repository,
        Err(Error::Broken { .. } | Error::Newer { .. }) if which == 0 => return,
        Err(error) => panic!("{error}"),
    };
    assert!(repository.rows().expect("there are no runs").is_empty());
    let views = repository.views();
    let kept = repository.keep_view("fuzzed \"view\"", "/runs?q=\n");
    assert_eq!(views.is_ok(), kept.is_ok());
    if let Ok(mut views) = views {
        views.retain(|view| view.name != "fuzzed \"view\"");
        let mut now = repository.views().expect("what was written can be read");
        now.retain(|view| view.name != "fuzzed \"view\"");
        assert_eq!(now, views);
    }
    let labels = repository.labels();
    let label = Label { color: "#00ff00".to_owned(), description: "\u{1}".to_owned() };
    let set = repository.set_label(LabelOf::Tag, "fuzzed", label.clone());
    assert_eq!(labels.is_ok(), set.is_ok());
    if let Ok(mut labels) = labels {
        labels.insert((LabelOf::Tag, "fuzzed".to_owned()), label);
        labels.retain(|_, label| *label != Label::default());
        let now = repository.labels().expect("what was written can be read");
        assert!(labels.iter().all(|(key, label)| now.get(key) == Some(label)), "{now:?}, {labels:?}");
    }
});

//! Runs that are recorded to a server: through its death, through the recorder's death, and while it is away.
#![allow(clippy::unwrap_used)]

mod program;

use std::path::Path;
use std::time::{Duration, Instant};

use program::Place;
use program::up::Up;
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{At, Context, End, Figure, Recorder as _, RunId, RunStatus, SeriesKey, Value};
use trailmark_store::{Repository, Store as _};

fn start(server: &Server, spool: &Path) -> Run {
    let options = RunOptions {
        repository: server.spool(spool),
        run: None,
        name: None,
        experiment: "remote".to_owned(),
    };
    Run::start_for(server, options).unwrap()
}

fn track(run: &Run, steps: std::ops::Range<i64>) {
    for step in steps {
        run.track("loss", &Context::subset("train"), At::step(step), Value::Float(step as f64 / 3.0));
    }
}

fn steps(place: &Place, run: RunId) -> Vec<i64> {
    let data = Repository::open(&place.path("server")).unwrap().read_run(run).unwrap();
    let loss = &data.series[&SeriesKey::new("loss", Context::subset("train"))];
    loss.numbers().map(|(step, value)| (step.0, value).0).collect()
}

/// Waits until something holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_is_killed_and_started_again_has_every_point_once() {
    let place = Place::new();
    let mut up = Up::start(&place, 0);
    let port = up.port();
    let server = Server::new(&up.url).unwrap();
    let spool = place.path("spool");
    let run = start(&server, &spool);
    let file = run.keep(b"{\"data\": []}".to_vec());
    track(&run, 0..1000);
    until("the server has the first points", || {
        run.shipped(Duration::ZERO).is_some_and(|(shipped, _)| shipped.n_bytes > 4000)
    });
    assert_eq!(
        Repository::open(&place.path("server")).unwrap().run(run.id()).unwrap().status,
        RunStatus::Running
    );
    up.kill();
    track(&run, 1000..2000);
    let figure = Figure { file: file.clone(), caption: "kept".to_owned() };
    run.track("figure", &Context::empty(), At::step(1), Value::Figure(Box::new(figure)));
    until("the sender sees that it is away", || run.shipped(Duration::ZERO).unwrap().1.is_some());
    let again = Up::start(&place, port);
    track(&run, 2000..3000);
    run.finish(End::Finished).unwrap();
    let (shipped, trouble) = run.shipped(Duration::from_secs(60)).unwrap();
    assert!(shipped.is_whole, "{trouble:?}");
    assert_eq!(steps(&place, run.id()), (0..3000).collect::<Vec<_>>());
    let repository = Repository::open(&place.path("server")).unwrap();
    let there = repository.read_run(run.id()).unwrap();
    let here = Repository::open(&server.spool(&spool)).unwrap().read_run(run.id()).unwrap();
    assert_eq!((&there.series, &there.params, there.status), (&here.series, &here.params, here.status));
    assert!(repository.open_blob(&file.id).is_ok());
    assert_eq!(repository.check().unwrap(), []);
    drop(again);
}

#[test]
fn what_waits_for_a_server_that_was_away_is_sent_by_sync_once() {
    let place = Place::new();
    let up = Up::start(&place, 0);
    let (port, server) = (up.port(), Server::new(&up.url).unwrap());
    drop(up);
    let run = start(&server, &place.path("spool"));
    track(&run, 0..500);
    run.finish(End::Finished).unwrap();
    let (shipped, trouble) = run.shipped(Duration::ZERO).unwrap();
    assert!(!shipped.is_whole && trouble.unwrap().contains(server.url()));

    let sync = |words: &str| {
        let mut command = place.command();
        command.env("TRAILMARK_SPOOL", place.path("spool")).args(words.split_whitespace());
        program::Done::of(command.output().unwrap())
    };
    let away = sync("sync");
    assert_eq!(away.code, 1, "{}", away.stderr);
    assert!(away.stderr.contains(server.url()), "{}", away.stderr);
    let _up = Up::start(&place, port);
    for _ in 0..2 {
        let sent = sync("sync --json");
        assert_eq!(sent.code, 0, "{}", sent.stderr);
        let told: serde_json::Value = serde_json::from_str(&sent.stdout).unwrap();
        assert_eq!(
            (&told[0]["state"], told[0]["run"].as_str()),
            (&"sent".into(), Some(&*run.id().to_string()))
        );
        assert_eq!(steps(&place, run.id()), (0..500).collect::<Vec<_>>());
    }
    assert!(sync("sync --repo http://127.0.0.1:1").stderr.contains("nothing waits"));
    assert!(sync("sync --repo ftp://x").stderr.contains("want http://HOST:PORT"));
    let refused = sync(&format!("runs ls --repo {}", server.url()));
    assert!(
        refused.code == 2 && refused.stderr.contains("got a server, want a folder"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_model_is_trained_to_a_server_and_offline() {
    let place = Place::new();
    let up = Up::start(&place, 0);
    let (model, data) = (place.model(), program::questions());
    let run = |words: &[&str], offline: &str| {
        let mut command = place.command();
        command.env("TRAILMARK_SPOOL", place.path("spool")).env("TRAILMARK_OFFLINE", offline);
        let done = program::Done::of(command.args(words).output().unwrap());
        assert_eq!(done.code, 0, "{}", done.stderr);
        done.stderr
    };
    let train = |steps: &str, offline: &str| {
        let (model, data) = (model.to_str().unwrap(), data.to_str().unwrap());
        let files = ["--model", model, "--train-file", data, "--validation-file", data];
        let how = ["--max_seq_length", "64", "--doc_stride", "16", "--max_steps", steps, "--json"];
        run(&[&["train", "--repo", &up.url], &files[..], &how[..]].concat(), offline)
    };
    let rows = || Repository::open(&place.path("server")).unwrap().rows().unwrap();
    assert!(!train("2", "0").contains("OFFLINE"));
    let told = train("1", "1");
    assert!(
        told.contains("TRAILMARK_OFFLINE is set") && told.contains("`trailmark sync` sends it"),
        "{told}"
    );
    assert_eq!(rows().len(), 1, "what is recorded offline waits");
    run(&["sync"], "1");
    assert_eq!(rows().len(), 2);
    let rows = rows();
    assert!(rows.iter().all(|row| row.status.word() == "finished"));
    assert!(rows[0].series.iter().any(|series| series.key.name == "mean_loss"), "{:?}", rows[0].series);
    assert!(rows[0].params.contains_key("hparams"));
}

#[test]
fn a_server_that_wants_a_token_gets_runs_with_one() {
    let place = Place::new();
    drop(Up::start(&place, 0));
    place.run("up --repo server --port 0 --sign-in").fails(
        1,
        &["nobody can sign in"],
        "trailmark token create",
    );
    let token =
        place.run("token create ci --scope track --expires 1d --repo server").ok().stdout.trim().to_owned();
    place.run("token create ci --repo server").fails(1, &["there is one called \"ci\""], "token");
    assert!(place.run("token ls --repo server").ok().stdout.contains("track"));
    let up = Up::with(&place, 0, &["--sign-in"]);
    let server = Server::new(&up.url).unwrap();
    let run = start(&server, &place.path("spool"));
    track(&run, 0..10);
    run.finish(End::Finished).unwrap();
    let (shipped, trouble) = run.shipped(Duration::ZERO).unwrap();
    assert!(!shipped.is_whole && trouble.unwrap().contains("TRAILMARK_TOKEN"));
    let sync = |token: &str| {
        let mut command = place.command();
        command.env("TRAILMARK_SPOOL", place.path("spool")).env("TRAILMARK_TOKEN", token);
        program::Done::of(command.arg("sync").output().unwrap())
    };
    assert!(sync("trailmark_wrong").stderr.contains("wants a token"));
    sync(&token).ok();
    assert_eq!(steps(&place, run.id()), (0..10).collect::<Vec<_>>());
    place.run("token revoke ci --repo server").ok();
    place.run("token revoke ci --repo server").fails(1, &["there is none called \"ci\""], "token ls");
}

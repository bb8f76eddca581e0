//! Clients of a server that go on for a while, for proofs that do things to them and to it meanwhile.
//!
//! `steady record URL SPOOL SECS RUN_SECS` records runs of RUN_SECS, one after another: five numbers at four steps each
//! quarter of a second, a text and a picture now and then. It prints a line of JSON for each burst: up to which step the
//! kernel has it (`flushed`), and how long after it was tracked the server had it on its disk (`acked_millis`); and for
//! each run what it holds. `steady read URL SECS` asks what a page asks, and `steady tail URL SECS` listens to events.
//! `steady check REPOSITORY` reads lines (`{"run", "loss": [least, most], "text", "image", "ended"}`) and compares them
//! with what is there: every step once, each with its value.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value as Json, json};
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{At, Context, End, Image, Recorder as _, RunId, RunStatus, SeriesKey, Value};
use trailmark_store::{Repository, Store as _};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How often is tracked, and how many steps then.
const BURST: Duration = Duration::from_millis(250);
const STEPS: i64 = 4;
/// How often a burst has a text, and a picture of so many bytes.
const TEXT_EACH: i64 = 8;
const IMAGE_EACH: i64 = 20;
const IMAGE_BYTES: usize = 8 << 10;
/// How often is looked whether the server has it.
const LOOK: Duration = Duration::from_millis(2);
/// How long the end of a run may take to be at the server.
const PATIENCE: Duration = Duration::from_secs(180);
const NAMES: [&str; 5] = ["loss", "grad_norm", "learning_rate", "samples_per_second", "steps_per_second"];
/// What a page asks, and what that is called in the output.
const QUESTIONS: [(&str, &str); 5] = [
    ("runs", "/api/v1/runs?limit=50"),
    ("query", "/api/v1/runs?limit=50&q=run.duration%20%3E%201%20and%20run.active"),
    (
        "search",
        "/api/v1/search?kind=metrics&limit=50&q=metric.name%20%3D%3D%20%22loss%22%20and%20metric.last%20%3E%203",
    ),
    ("series", "/api/v1/series?names=loss&points=1200&limit=10"),
    ("home", "/api/v1/home"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    let secs = |text: &str| Duration::from_secs_f64(text.parse().unwrap());
    match words[..] {
        ["record", url, spool, all, one] => record(url, Path::new(spool), secs(all), secs(one)),
        ["read", url, all] => read(url, secs(all)),
        ["tail", url, all] => tail(url, secs(all)),
        ["check", repository] => check(&Repository::open(Path::new(repository)).unwrap()),
        _ => println!("steady record|read|tail|check …"),
    }
}

fn unix_secs() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

fn record(url: &str, spool: &Path, all: Duration, one: Duration) {
    let server = Server::new(url).unwrap();
    let began = Instant::now();
    while began.elapsed() < all {
        record_one(&server, spool, one.min(all.saturating_sub(began.elapsed())));
    }
}

fn record_one(server: &Server, spool: &Path, length: Duration) {
    let repository = server.spool(spool);
    let options =
        RunOptions { repository: repository.clone(), run: None, name: None, experiment: "steady".into() };
    let run = Run::start_for(server, options).unwrap();
    let id = run.id().to_string();
    println!("{}", json!({"run": id}));
    run.flush();
    let journal = journal_of(&repository.join("runs").join(&id));
    // Bursts that the server is not known to have: when they were tracked, and at which byte they end.
    let mut waiting: VecDeque<(Instant, u64)> = VecDeque::new();
    let (began, mut bursts, mut counts) = (Instant::now(), 0, (0, 0));
    while began.elapsed() < length {
        let tracked = Instant::now();
        burst(&run, bursts, &mut counts);
        run.flush();
        bursts += 1;
        waiting.push_back((tracked, std::fs::metadata(&journal).unwrap().len()));
        let mut acked = Vec::new();
        while tracked.elapsed() < BURST {
            let n_bytes = run.shipped(Duration::ZERO).unwrap().0.n_bytes;
            while let Some((since, _)) = waiting.pop_front_if(|(_, end)| *end <= n_bytes) {
                acked.push(since.elapsed().as_secs_f64() * 1000.0);
            }
            std::thread::sleep(LOOK);
        }
        println!(
            "{}",
            json!({"run": id, "flushed": bursts * STEPS, "acked_millis": acked, "at": unix_secs()})
        );
    }
    run.finish(End::Finished).unwrap();
    let (shipped, trouble) = run.shipped(PATIENCE).unwrap();
    println!(
        "{}",
        json!({
            "run": id, "loss": bursts * STEPS, "text": counts.0, "image": counts.1,
            "whole": shipped.is_whole, "trouble": trouble,
        })
    );
}

fn burst(run: &Run, number: i64, counts: &mut (i64, i64)) {
    let context = Context::subset("train");
    for step in number * STEPS..(number + 1) * STEPS {
        for name in NAMES {
            run.track(name, &context, At::step(step), Value::Float(value(step)));
        }
    }
    if number % TEXT_EACH == 0 {
        let text = format!("what was said at {number}: {}", "word ".repeat(40));
        run.track("text", &context, At::step(counts.0), Value::Text(text));
        counts.0 += 1;
    }
    if number % IMAGE_EACH == 0 {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut state = unix_secs().to_bits() | 1;
        bytes.extend((0..IMAGE_BYTES).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        }));
        let image = Image {
            file: run.keep(bytes),
            format: "png".into(),
            width: 64,
            height: 64,
            caption: String::new(),
        };
        run.track("image", &context, At::step(counts.1), Value::Image(Box::new(image)));
        counts.1 += 1;
    }
}

fn value(step: i64) -> f64 {
    step as f64 * 0.5
}

fn journal_of(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "journal")).unwrap()
}

/// A client of the interface that believes the authority of `TRAILMARK_CA_FILE`.
fn agent() -> Agent {
    let mut tls = TlsConfig::default();
    if let Some(path) = std::env::var_os("TRAILMARK_CA_FILE") {
        let text = std::fs::read(path).unwrap();
        let roots = parse_pem(&text).filter_map(|item| match item.unwrap() {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
    }
    let config = Agent::config_builder().tls_config(tls).proxy(None).http_status_as_error(false);
    config.timeout_connect(Some(Duration::from_secs(10))).build().new_agent()
}

fn read(url: &str, all: Duration) {
    let (agent, began) = (agent(), Instant::now());
    for (name, path) in QUESTIONS.iter().cycle() {
        if began.elapsed() >= all {
            return;
        }
        let asked = Instant::now();
        let answer = agent.get(format!("{url}{path}")).call();
        let answer = answer
            .map(|mut answer| (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap().len()));
        let (status, n_bytes) = answer.unwrap_or((0, 0));
        let millis = asked.elapsed().as_secs_f64() * 1000.0;
        println!(
            "{}",
            json!({"asked": name, "millis": millis, "status": status, "bytes": n_bytes, "at": unix_secs()})
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn tail(url: &str, all: Duration) {
    let (agent, began) = (agent(), Instant::now());
    let (mut n_events, mut n_streams) = (0u64, 0u64);
    while began.elapsed() < all {
        let mut answer = agent.get(format!("{url}/api/v1/events")).call().unwrap();
        n_streams += 1;
        let lines = BufReader::new(answer.body_mut().as_reader()).lines().map_while(Result::ok);
        for line in lines.filter(|line| line.starts_with("event: ") || line.starts_with(':')) {
            n_events += u64::from(line == "event: changed");
            if began.elapsed() >= all {
                break;
            }
        }
    }
    println!("{}", json!({"events": n_events, "streams": n_streams}));
}

fn check(repository: &Repository) {
    let (mut n_runs, mut n_points) = (0u64, 0u64);
    for line in std::io::stdin().lines() {
        let want: Json = serde_json::from_str(&line.unwrap()).unwrap();
        let id: RunId = want["run"].as_str().unwrap().parse().unwrap();
        let run = repository.read_run(id).unwrap();
        let series = |name: &str| run.series.get(&SeriesKey::new(name, Context::subset("train")));
        let (least, most) = (want["loss"][0].as_i64().unwrap(), want["loss"][1].as_i64().unwrap());
        let loss = series("loss").map_or(&[][..], |loss| &loss.points);
        let n_steps = loss.len() as i64;
        assert!((least..=most).contains(&n_steps), "{id}: {n_steps} steps, want {least} to {most}");
        // What Aim's clients record has the first of the names alone.
        let names = if want["only_loss"] == true { &NAMES[..1] } else { &NAMES[..] };
        for name in names {
            let points = &series(name).unwrap().points;
            assert!((points.len() as i64 - n_steps).abs() < STEPS, "{id}: {name}");
            for (step, point) in (0..).zip(points) {
                assert_eq!((point.step.0, &point.value), (step, &Value::Float(value(step))), "{id} {name}");
                n_points += 1;
            }
        }
        for name in ["text", "image"] {
            let points = series(name).map_or(&[][..], |series| &series.points);
            if let Some(want) = want[name].as_i64() {
                assert_eq!(points.len() as i64, want, "{id}: {name}");
            }
            for point in points {
                if let Value::Image(image) = &point.value {
                    repository.open_blob(&image.file.id).unwrap();
                }
            }
        }
        let has_ended = run.status == RunStatus::Ended(End::Finished);
        assert!(has_ended || want["ended"] == false, "{id}: {:?}", run.status);
        n_runs += 1;
    }
    assert_eq!(repository.check().unwrap(), []);
    println!("{}", json!({"runs": n_runs, "points": n_points}));
}

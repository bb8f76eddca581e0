//! TLS: a server with a certificate, clients with an authority of their own, and everybody who speaks the wrong way.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use program::up::Up;
use program::{Done, Place};
use trailmark_client::{Run, RunOptions, Server};
use trailmark_core::{At, Context, End, Recorder as _, RunId, SeriesKey, Value};
use trailmark_store::Repository;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

const TLS: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "cert.key"];

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tls").join(name)
}

/// Gives the server a certificate, as whoever renews it does: beside, and renamed.
fn install(place: &Place, name: &str) {
    for (from, to) in [("key", "cert.key"), ("pem", "cert.pem")] {
        let beside = place.path("cert.new");
        std::fs::copy(testdata(&format!("{name}.{from}")), &beside).unwrap();
        std::fs::rename(beside, place.path(to)).unwrap();
    }
}

/// A client that believes our authority alone, and resolves every name to the server.
fn agent() -> Agent {
    let authority = Certificate::from_pem(&std::fs::read(testdata("ca.pem")).unwrap()).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::from([authority].into_iter())).build();
    let config = Agent::config_builder().tls_config(tls).http_status_as_error(false).proxy(None);
    config.max_redirects(0).max_redirects_will_error(false).build().new_agent()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A run of a server that is not there: it waits in the spool.
fn record(place: &Place, url: &str) -> RunId {
    let server = Server::new(url).unwrap();
    let options = RunOptions {
        repository: server.spool(&place.path("spool")),
        run: None,
        name: None,
        experiment: "tls".to_owned(),
    };
    let run = Run::start_for(&server, options).unwrap();
    for step in 0..100 {
        run.track("loss", &Context::empty(), At::step(step), Value::Float(step as f64 / 3.0));
    }
    run.finish(End::Finished).unwrap();
    run.id()
}

fn sync(place: &Place, url: &str, environment: &[(&str, PathBuf)]) -> Done {
    let mut command = place.command();
    command.env("TRAILMARK_SPOOL", place.path("spool")).args(["sync", "--repo", url]);
    command.envs(environment.iter().map(|(name, path)| (name, path)));
    Done::of(command.output().unwrap())
}

#[test]
fn runs_go_to_a_server_whose_authority_is_named() {
    let place = Place::new();
    install(&place, "first");
    let port = Up::start(&place, 0).port();
    // Recorded before the server had a certificate: by its old address.
    let run = record(&place, &format!("http://127.0.0.1:{port}"));
    let up = Up::with(&place, port, &TLS);
    assert!(up.url.starts_with("https://"), "{}", up.url);
    let unknown = sync(&place, &up.url, &[]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("TRAILMARK_CA_FILE"), "{}", unknown.stderr);
    let other = sync(&place, &up.url, &[("TRAILMARK_CA_FILE", testdata("first.key"))]);
    other.fails(1, &["trust the authorities of TRAILMARK_CA_FILE"], "PEM file");
    let in_the_clear = sync(&place, &format!("http://127.0.0.1:{port}"), &[]);
    assert!(in_the_clear.stderr.contains("use https:// in place of http://"), "{}", in_the_clear.stderr);
    sync(&place, &up.url, &[("SSL_CERT_FILE", testdata("ca.pem"))]).ok();
    let there = Repository::open(&place.path("server")).unwrap().read_run(run).unwrap();
    assert_eq!(there.series[&SeriesKey::new("loss", Context::empty())].points.len(), 100);

    let (model, data) = (place.model(), program::questions());
    let mut command = place.command();
    command.env("TRAILMARK_SPOOL", place.path("spool")).env("TRAILMARK_CA_FILE", testdata("ca.pem"));
    command.args([
        "train",
        "--repo",
        &up.url,
        "--max_seq_length",
        "64",
        "--doc_stride",
        "16",
        "--max_steps",
        "1",
    ]);
    command.arg("--model").arg(&model).arg("--train-file").arg(&data).arg("--validation-file").arg(&data);
    Done::of(command.output().unwrap()).ok();
    let rows = Repository::open(&place.path("server")).unwrap().rows().unwrap();
    assert_eq!(rows.iter().filter(|row| row.status.word() == "finished").count(), 2);
}

#[test]
fn a_client_of_tls_tells_a_server_without_it() {
    let place = Place::new();
    let up = Up::start(&place, 0);
    record(&place, &up.url.replace("127.0.0.1", "127.0.0.2"));
    let url = up.url.replace("http://", "https://");
    std::fs::rename(
        place.path("spool").join(format!("http,127.0.0.2,{}", up.port())),
        place.path("spool").join(format!("https,127.0.0.1,{}", up.port())),
    )
    .unwrap();
    let told = sync(&place, &url, &[]);
    assert!(told.code == 1 && told.stderr.contains("http:// in place of https://"), "{}", told.stderr);
}

#[test]
fn what_is_wrong_with_the_files_is_said_before_anything_is_served() {
    let place = Place::new();
    install(&place, "first");
    std::fs::copy(testdata("second.key"), place.path("second.key")).unwrap();
    std::fs::copy(testdata("locked.key"), place.path("locked.key")).unwrap();
    place.write("garbled.pem", "-----BEGIN CERTIFICATE-----\nMII not base64\n");
    place.write("empty.pem", "");
    for (chain, key, want, hint) in [
        ("none.pem", "cert.key", &["none.pem", "No such file"][..], "path is right"),
        ("empty.pem", "cert.key", &["speak TLS: empty.pem", "no block that begins"], "PEM"),
        ("garbled.pem", "cert.key", &["speak TLS: garbled.pem", "read a certificate"], "PEM"),
        ("cert.key", "cert.key", &["speak TLS: cert.key", "find a certificate"], "PEM"),
        ("cert.pem", "cert.pem", &["speak TLS: cert.pem", "find a private key"], "PEM"),
        ("cert.pem", "second.key", &["speak TLS: second.key", "the key of another"], "comes first"),
        ("cert.pem", "locked.key", &["speak TLS: locked.key", "wants a password"], "openssl pkey"),
    ] {
        let done = place.run(&format!("up --repo server --port 0 --tls-cert {chain} --tls-key {key}"));
        done.fails(1, want, hint);
    }
    let alone = place.run("up --repo server --port 0 --tls-cert cert.pem");
    assert!(alone.code == 2 && alone.stderr.contains("--tls-key"), "{}", alone.stderr);
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let place = Place::new();
    install(&place, "first");
    let up = Up::with(&place, 0, &TLS);
    let asks = |host: &str| {
        let asked = agent().get(format!("{}/api/v1/info", up.url)).header("host", host).call();
        asked.unwrap().status().as_u16()
    };
    assert_eq!([asks("first.example"), asks("second.example")], [200, 403]);
    // A key without its certificate, as between two steps of a renewal, changes nothing.
    std::fs::copy(testdata("second.key"), place.path("cert.key")).unwrap();
    until("the mismatch is told", || up.said().contains("warning: the old certificate stays"));
    assert_eq!([asks("first.example"), asks("second.example")], [200, 403]);
    install(&place, "second");
    until("the new one is shown", || up.said().contains("the certificate was renewed"));
    assert_eq!([asks("first.example"), asks("second.example")], [403, 200]);
}

#[test]
fn sessions_and_names_keep_to_tls() {
    let place = Place::new();
    drop(Up::start(&place, 0));
    let token = place.run("token create me --scope read --repo server").ok().stdout;
    install(&place, "first");
    let mut more = TLS.to_vec();
    more.push("--sign-in");
    let up = Up::with(&place, 0, &more);
    let sign_in = |url: &str| {
        let body = serde_json::json!({"token": token.trim()}).to_string();
        let asked = agent().post(format!("{url}/api/v1/session")).header("host", "first.example").send(&body);
        let answer = asked.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("set-cookie").unwrap(), header("strict-transport-security"))
    };
    let (cookie, only) = sign_in(&up.url);
    assert!(cookie.contains("; Secure") && only.is_some_and(|only| only.starts_with("max-age=")), "{cookie}");
    let local = agent().get(&up.url).header("host", format!("localhost:{}", up.port())).call().unwrap();
    assert_eq!(
        local.headers().get("strict-transport-security"),
        None,
        "other ports of this machine are not ours"
    );
    drop(up);
    let plain = Up::with(&place, 0, &["--sign-in"]);
    let body = serde_json::json!({"token": token.trim()}).to_string();
    let answer = agent().post(format!("{}/api/v1/session", plain.url)).send(&body).unwrap();
    assert!(!answer.headers()["set-cookie"].to_str().unwrap().contains("Secure"));
    assert_eq!(answer.headers().get("strict-transport-security"), None);
}

#[test]
fn tokens_in_the_clear_are_warned_of_where_others_listen() {
    let place = Place::new();
    install(&place, "first");
    let words = "cross the network for all to read";
    let open = |more: &[&str]| {
        let mut all = vec!["--insecure", "--host", "0.0.0.0"];
        all.extend(more);
        Up::with(&place, 0, &all).said()
    };
    assert!(open(&[]).contains(words));
    assert!(!open(&TLS).contains(words));
    assert!(!Up::start(&place, 0).said().contains(words));
}

#[test]
fn a_browser_that_forgets_tls_is_sent_there() {
    let place = Place::new();
    install(&place, "first");
    let up = Up::with(&place, 0, &TLS);
    let answer = agent().get(up.url.replace("https://", "http://") + "/runs").call().unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"].to_str().unwrap(), format!("{}/runs", up.url));
}

#[test]
fn ten_gigabytes_are_refused_within_the_memory_of_a_request() {
    let place = Place::new();
    let up = Up::start(&place, 0);
    let memory = || -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", up.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
    };
    let before = memory();
    for head in ["content-length: 10000000000", "transfer-encoding: chunked"] {
        let mut stream = TcpStream::connect(("127.0.0.1", up.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let host = format!("127.0.0.1:{}", up.port());
        write!(stream, "POST /api/v1/edits HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\n").unwrap();
        let piece = vec![b' '; 1 << 20];
        let mut n_sent = 0u64;
        let mut send = || {
            if head.starts_with("transfer") {
                write!(stream, "{:x}\r\n", piece.len())?;
            }
            stream.write_all(&piece)?;
            if head.starts_with("transfer") { stream.write_all(b"\r\n") } else { Ok(()) }
        };
        while n_sent < 10_000 && send().is_ok() {
            n_sent += 1;
        }
        assert!(n_sent < 200, "{head}: took {n_sent} MiB");
        let mut answer = Vec::new();
        // Where it hung up with bytes under way, the answer may be gone.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    assert!(memory() - before < 100_000, "{before} kB, then {} kB", memory());
}

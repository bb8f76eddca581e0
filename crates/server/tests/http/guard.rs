//! Who may ask, the page, and addresses that are taken or open.

use std::net::TcpListener;
use std::sync::Arc;

use trailmark_server::{Options, ServeError, Server};
use trailmark_store::Repository;

use crate::empty;
use crate::served::Served;

#[test]
fn foreign_hosts_and_pages_are_refused() {
    let folder = empty();
    let served = Served::start(folder.path());
    let address = served.address.to_string();
    let local = format!("localhost:{}", served.address.port());
    let (own, local_page) = (format!("http://{address}"), format!("http://{local}"));
    for (headers, status) in [
        (vec![("host", address.as_str())], 200),
        (vec![("host", local.as_str())], 200),
        (vec![("host", "evil.example")], 403),
        (vec![("host", "127.0.0.1:1")], 403),
        (vec![("host", address.as_str()), ("origin", own.as_str())], 200),
        (vec![("host", address.as_str()), ("origin", local_page.as_str())], 200),
        (vec![("host", address.as_str()), ("origin", "http://evil.example")], 403),
        (vec![("host", address.as_str()), ("origin", "null")], 403),
        (vec![("host", address.as_str()), ("origin", "https://localhost")], 403),
    ] {
        for path in ["/api/v1/info", "/", "/assets/app.js"] {
            let answer = served.send("GET", path, &headers, "");
            assert_eq!(answer.status, status, "{headers:?} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
}

#[test]
fn the_page_is_served_for_every_path_of_its_own() {
    let folder = empty();
    let served = Served::start(folder.path());
    for path in ["/", "/runs", "/runs/0123?tab=logs", "/metrics?m=loss"] {
        let answer = served.get(path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    let script = served.get("/assets/app.js");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    let packed = served.send("GET", "/assets/app.js", &[("accept-encoding", "br, gzip;q=0.8")], "");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < script.body.len() && packed.body.starts_with(&[0x1f, 0x8b]));
    let etag = script.header("etag").unwrap();
    let again = served.send("GET", "/assets/app.js", &[("if-none-match", etag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(served.get("/assets/none.js").status, 404);
    assert_eq!(served.get("/assets/../Cargo.toml").status, 404);
}

fn bind(folder: &std::path::Path, address: &str, is_insecure: bool) -> Result<Server, ServeError> {
    Server::bind(Options {
        store: Arc::new(Repository::open(folder).unwrap()),
        path: folder.to_owned(),
        addresses: vec![address.parse().unwrap()],
        is_insecure,
        wants_sign_in: false,
        certificate: None,
        answerer: None,
        keeper: None,
    })
}

#[test]
fn a_port_in_use_names_the_next_free_one() {
    let folder = empty();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(folder.path(), &address.to_string(), false).unwrap_err();
    let ServeError::InUse { free: Some(free), .. } = error else { panic!("{error}") };
    assert!(free > address.port());
    assert!(error.to_string().contains(&format!("{free} is free")), "{error}");
}

#[test]
fn an_address_that_others_reach_is_refused_unless_insecure() {
    let folder = empty();
    let error = bind(folder.path(), "0.0.0.0:0", false).unwrap_err();
    assert!(matches!(error, ServeError::Open { .. }), "{error}");
    assert!(bind(folder.path(), "0.0.0.0:0", true).is_ok());
}

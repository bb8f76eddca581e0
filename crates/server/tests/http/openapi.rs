//! The document of the interface, held against the server that answers it.

use serde_json::Value as Json;

use crate::served::Served;
use crate::{empty, reference};

#[test]
fn the_document_is_there_for_everybody() {
    let folder = reference();
    let open = Served::start(folder.path());
    let document = open.json("openapi.json");
    assert_eq!((&document["openapi"], document.get("security")), (&Json::from("3.1.0"), None));
    assert_eq!(document["info"]["version"], open.json("info")["version"]);
    let (token, _) = trailmark_store::Token::generate("reader", trailmark_store::Scope::Read, None);
    trailmark_store::Repository::open(folder.path()).unwrap().keep_token(token).unwrap();
    let closed = Served::closed(folder.path());
    assert_eq!(closed.get("/api/v1/info").status, 401);
    assert_eq!(closed.json("openapi.json")["security"][0]["token"], Json::Array(Vec::new()));
}

/// Every status and media type that these requests get is one that the document names.
#[test]
fn what_is_answered_is_what_the_document_says() {
    let folder = reference();
    let served = Served::start(folder.path());
    let document = served.json("openapi.json");
    let id = served.json("runs?limit=1")["runs"][0]["id"].as_str().unwrap().to_owned();
    let mut n_asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        // The stream of events does not end.
        let Some(operation) = item.get("get").filter(|_| path != "/api/v1/events") else { continue };
        for (run, query) in [(id.as_str(), ""), ("ffffffff", ""), (id.as_str(), "?nonsense=1")] {
            let answer = served.get(&format!("{}{query}", path.replace("{id}", run)));
            let mut response = &operation["responses"][answer.status.to_string()];
            if let Some(name) = response["$ref"].as_str() {
                response = document.pointer(name.trim_start_matches('#')).unwrap();
            }
            assert!(response.is_object(), "{path}{query}: {} {}", answer.status, answer.text());
            let media_type = answer.header("content-type").unwrap().split(';').next().unwrap().to_owned();
            assert!(response["content"].get(&media_type).is_some(), "{path}{query}: {media_type}");
            n_asked += 1;
        }
    }
    assert!(n_asked > 70, "{n_asked}");
}

#[test]
fn the_examples_of_bodies_are_understood() {
    let folder = reference();
    let served = Served::start(folder.path());
    let document = served.json("openapi.json");
    let mut n_sent = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let content = &item["post"]["requestBody"]["content"]["application/json"];
        let Some(example) = content.get("example") else { continue };
        let answer = served.send("POST", path, &[], &example.to_string());
        // What an example names need not be there, nor anybody who answers questions.
        assert!([200, 401, 404, 503].contains(&answer.status), "{path}: {}", answer.text());
        n_sent += 1;
    }
    assert_eq!(n_sent, 5);
}

#[test]
fn wrong_paths_and_bodies_are_told_as_json() {
    let folder = empty();
    let served = Served::start(folder.path());
    let large = "x".repeat((16 << 20) + 1);
    for (method, path, body, status) in [
        ("GET", "/api/v1/runs/%ff", "", 400),
        ("GET", "/api/v1/blobs/%ff", "", 400),
        ("POST", "/api/v1/journals/%ff/%ff?offset=0", "", 400),
        ("POST", "/api/v1/views", large.as_str(), 413),
        ("POST", "/api/v1/runs", "", 405),
        ("GET", "/api/v1/none", "", 404),
        ("GET", "/api/v1/runs?limit=-1", "", 400),
        ("GET", "/api/v1/runs?limit=9007199254740992", "", 400),
        ("GET", "/api/v1/runs?archived=", "", 400),
    ] {
        let answer = served.send(method, path, &[], body);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, Some("application/json")),
            "{path}"
        );
        assert_eq!(answer.json()["status"], status, "{path}");
    }
    let said = served.get("/api/v1/runs?limit=9007199254740992").json();
    assert_eq!(
        said["message"],
        "read the parameters: limit: got 9007199254740992, want at most 9007199254740991"
    );
}

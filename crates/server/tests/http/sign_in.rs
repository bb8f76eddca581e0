//! Who may do what with which token, and sessions of browsers.

use std::time::Duration;

use serde_json::json;
use trailmark_core::{End, RunId};
use trailmark_store::{Repository, Scope, Token};

use crate::served::{Answer, Served};
use crate::{begin, empty};

fn token(folder: &tempfile::TempDir, name: &str, scope: Scope, lives: Option<Duration>) -> String {
    let (token, said) = Token::generate(name, scope, lives);
    Repository::open(folder.path()).unwrap().keep_token(token).unwrap();
    said
}

fn with(served: &Served, token: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    served.send(method, path, &headers, body)
}

/// The id of the one run.
fn only(folder: &tempfile::TempDir) -> RunId {
    begin(folder.path(), "only", 1.0).end(Some(End::Finished));
    Repository::open(folder.path()).unwrap().run_ids().unwrap()[0]
}

fn edits(run: RunId, edit: serde_json::Value) -> String {
    json!({"runs": [run.to_string()], "edit": edit}).to_string()
}

#[test]
fn each_scope_may_what_it_says_and_changes_are_noted() {
    let folder = empty();
    let run = only(&folder);
    let [read, track, admin] = Scope::ALL.map(|scope| token(&folder, scope.word(), scope, None));
    let served = Served::closed(folder.path());
    let unknown = served.get("/api/v1/info");
    assert_eq!((unknown.status, unknown.json()["code"].as_str()), (401, Some("sign_in")));
    assert!(unknown.json()["hint"].as_str().unwrap().contains("trailmark token create"));
    for wrong in ["", "nonsense", "trailmark_", &read[..read.len() - 1]] {
        assert_eq!(with(&served, wrong, "GET", "/api/v1/info", "").status, 401, "{wrong}");
    }
    assert_eq!(served.get("/").status, 200, "the page holds nothing");
    assert_eq!(served.get("/assets/app.js").status, 200);

    let tag = edits(run, json!({"add_tag": "x"}));
    let delete = edits(run, json!({"deleted": true}));
    let table = [(&read, [200, 403, 403]), (&track, [200, 200, 403]), (&admin, [200, 200, 200])];
    for (token, want) in table {
        let got = [
            with(&served, token, "GET", "/api/v1/runs", "").status,
            with(&served, token, "POST", "/api/v1/edits", &tag).status,
            with(&served, token, "POST", "/api/v1/edits", &delete).status,
        ];
        assert_eq!(got, want);
    }
    let journal = format!("/api/v1/journals/{run}/0000000000000001?offset=0");
    assert_eq!(with(&served, &read, "POST", &journal, "").status, 403);
    let refused = with(&served, &read, "POST", "/api/v1/edits", &tag).json();
    assert_eq!(refused["message"], "the token \"read\" may only read, want one with the scope track");
    let log = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let deleted = lines.iter().find(|line| line["token"] == "admin" && line["status"] == 200).unwrap();
    assert_eq!((&deleted["method"], &deleted["path"]), (&json!("POST"), &json!("/api/v1/edits")));
    assert!(!log.contains(&admin) && lines.len() >= 7, "{log}");
}

#[test]
fn a_revoked_or_expired_token_ends_at_once_with_its_sessions() {
    let folder = empty();
    let brief = token(&folder, "brief", Scope::Read, Some(Duration::from_millis(300)));
    let gone = token(&folder, "gone", Scope::Admin, None);
    let served = Served::closed(folder.path());
    let cookie = session(&served, &gone);
    let own = [("cookie", cookie.as_str())];
    assert_eq!(served.send("GET", "/api/v1/info", &own, "").status, 200);
    std::thread::sleep(Duration::from_millis(350));
    let expired = with(&served, &brief, "GET", "/api/v1/info", "");
    assert_eq!(
        (expired.status, expired.json()["message"].as_str()),
        (401, Some("the token \"brief\" has expired"))
    );
    let mut stream = served.events_as(&gone);
    assert!(stream.next().is_some_and(|(name, _)| name == "hello"));
    Repository::open(folder.path()).unwrap().revoke_token("gone").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    begin(folder.path(), "after", 2.0).end(Some(End::Finished));
    assert!(stream.next().is_none(), "a stream that was open tells nothing more");
    assert_eq!(with(&served, &gone, "GET", "/api/v1/info", "").status, 401);
    assert_eq!(served.send("GET", "/api/v1/info", &own, "").status, 401);
}

/// Signs in as the page does; answers the cookie.
fn session(served: &Served, token: &str) -> String {
    let answer = served.post("session", &json!({"token": token}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn a_session_changes_things_only_from_the_page_itself() {
    let folder = empty();
    let run = only(&folder);
    let admin = token(&folder, "me", Scope::Admin, None);
    let served = Served::closed(folder.path());
    assert_eq!(served.json("session"), json!({"required": true}));
    assert_eq!(served.post("session", &json!({"token": "nonsense"})).status, 401);
    let cookie = session(&served, &admin);
    let page = format!("http://{}", served.address);
    let tag = edits(run, json!({"add_tag": "x"}));
    for (headers, status) in [
        (vec![("cookie", cookie.as_str()), ("origin", page.as_str())], 200),
        (vec![("cookie", cookie.as_str())], 403),
        (vec![("cookie", cookie.as_str()), ("origin", "http://evil.example")], 403),
        (vec![("cookie", "trailmark_session=0"), ("origin", page.as_str())], 401),
        (vec![("origin", page.as_str())], 401),
    ] {
        assert_eq!(served.send("POST", "/api/v1/edits", &headers, &tag).status, status, "{headers:?}");
    }
    let who = served.send("GET", "/api/v1/session", &[("cookie", &cookie)], "").json();
    assert_eq!(who, json!({"required": true, "name": "me", "scope": "admin"}));
    served.send("DELETE", "/api/v1/session", &[("cookie", &cookie), ("origin", &page)], "");
    assert_eq!(served.send("GET", "/api/v1/info", &[("cookie", &cookie)], "").status, 401);
}

#[test]
fn aims_clients_bring_their_token_in_the_path() {
    let folder = empty();
    let [read, track] = [Scope::Read, Scope::Track].map(|scope| token(&folder, scope.word(), scope, None));
    let served = Served::closed(folder.path());
    let client = "a7dfbd86-db49-4140-886a-d9283a1d01cb";
    for (start, status) in [
        (String::new(), 401),
        ("/trailmark_nonsense".to_owned(), 401),
        (format!("/{read}"), 403),
        (format!("/{track}"), 200),
    ] {
        for path in ["/status/".to_owned(), format!("/client/connect/{client}/")] {
            assert_eq!(served.get(&format!("{start}{path}")).status, status, "{start}{path}");
        }
        let call = json!({"resource_handler": "", "resource_type": "Repo", "args": "AAAAAAABAAAABw=="});
        let made = served.send(
            "POST",
            &format!("{start}/tracking/{client}/get-resource/"),
            &[("content-type", "application/json")],
            &call.to_string(),
        );
        assert_eq!(made.status, status, "{start} {}", made.text());
    }
}

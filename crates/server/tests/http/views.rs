//! Views that people keep.

use serde_json::json;

use crate::empty;
use crate::served::Served;

#[test]
fn a_view_is_kept_replaced_and_forgotten() {
    let folder = empty();
    let served = Served::start(folder.path());
    assert_eq!(served.json("views"), json!({"views": []}));
    let kept = served.post("views", &json!({"name": " lr × batch ", "url": "/metrics?color=lr,bs"}));
    assert_eq!(kept.status, 200, "{}", kept.text());
    let view = &kept.json()["views"][0];
    assert_eq!((&view["name"], &view["url"]), (&json!("lr × batch"), &json!("/metrics?color=lr,bs")));
    assert!(view["kept_at"].as_f64().unwrap() > 1.7e9);
    assert!(kept.json().get("before").is_none());
    let again = served.post("views", &json!({"name": "lr × batch", "url": "/runs"})).json();
    assert_eq!(
        (again["views"].as_array().unwrap().len(), &again["before"]["url"]),
        (1, &json!("/metrics?color=lr,bs"))
    );
    drop(served);
    let served = Served::start(folder.path());
    assert_eq!(served.json("views")["views"][0]["url"], "/runs");
    let gone = served.send("DELETE", "/api/v1/views?name=lr%20%C3%97%20batch", &[], "");
    assert_eq!((gone.status, &gone.json()["before"]["url"]), (200, &json!("/runs")));
    assert_eq!(served.json("views"), json!({"views": []}));
    assert_eq!(served.send("DELETE", "/api/v1/views?name=lr", &[], "").status, 404);
}

#[test]
fn what_is_no_view_of_the_page_is_refused() {
    let folder = empty();
    let served = Served::start(folder.path());
    let long = "x".repeat(201);
    for request in [
        json!({"name": "", "url": "/runs"}),
        json!({"name": long, "url": "/runs"}),
        json!({"name": "two\nlines", "url": "/runs"}),
        json!({"name": "a", "url": "https://example.org/"}),
        json!({"name": "a", "url": "//example.org/"}),
        json!({"name": "a", "url": "/\\example.org"}),
        json!({"name": "a", "url": "javascript:alert(1)"}),
        json!({"name": "a", "url": "/runs", "other": 1}),
        json!({"name": "a"}),
    ] {
        assert_eq!(served.post("views", &request).status, 400, "{request}");
    }
    assert_eq!(served.json("views"), json!({"views": []}));
    let foreign = [("origin", "http://example.org"), ("content-type", "application/json")];
    let sent = served.send("POST", "/api/v1/views", &foreign, r#"{"name":"a","url":"/runs"}"#);
    assert_eq!(sent.status, 403);
}

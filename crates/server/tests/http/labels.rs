//! What people say of tags and experiments.

use serde_json::json;

use crate::empty;
use crate::served::Served;

#[test]
fn tags_and_experiments_are_described() {
    let folder = empty();
    let served = Served::start(folder.path());
    assert_eq!(served.json("labels"), json!({"tags": [], "experiments": []}));
    let set = |of: &str, name: &str, color: &str, description: &str| {
        let label = json!({"name": name, "color": color, "description": description});
        served.post("labels", &json!({"of": of, "label": label}))
    };
    let first = set("tag", "bad", "#D03B3B", "do not use").json();
    let red = json!({"name": "bad", "color": "#d03b3b", "description": "do not use"});
    assert_eq!(first["before"], json!({"name": "bad", "color": "", "description": ""}));
    assert_eq!(first["tags"], json!([red]));
    let second = set("experiment", "squad", "", "the reference").json();
    assert_eq!(second["experiments"][0]["description"], "the reference");
    let gone = set("tag", "bad", "", "").json();
    assert_eq!((&gone["tags"], &gone["before"]), (&json!([]), &red));
    for (of, name, color) in [("tag", "", ""), ("tag", "a", "red"), ("tag", "a", "#12345g"), ("run", "a", "")]
    {
        assert_eq!(set(of, name, color, "").status, 400, "{of} {name} {color}");
    }
    assert_eq!(set("tag", "a", "", &"x".repeat(20_000)).status, 400);
    drop(served);
    let served = Served::start(folder.path());
    assert_eq!(served.json("labels")["experiments"][0]["name"], "squad");
}

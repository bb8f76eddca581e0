//! Logs: pages, the end, steps beside lines, search, the whole.

use serde_json::json;
use trailmark_core::{Context, End, LogLine, Stream, Value};

use crate::served::{LIMIT, Served};
use crate::{begin, empty, scenario};

#[test]
fn a_log_is_read_in_pages_with_the_steps_of_training() {
    let folder = tempfile::tempdir().unwrap();
    scenario::logs(folder.path(), 5000);
    let served = Served::start(folder.path());
    let id = served.json("runs")["runs"][0]["id"].as_str().unwrap().to_owned();
    let page = served.json(&format!("runs/{id}/logs?offset=250&limit=3"));
    assert_eq!(page["total"], 5000);
    let lines = page["lines"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[0]["n"], &lines[0]["step"]), (3, &json!(250), &json!(2)));
    assert!(lines[0]["text"].as_str().unwrap().starts_with("step 250: "));
    let tail = served.json(&format!("runs/{id}/logs?tail=2"));
    assert_eq!((&tail["lines"][0]["n"], &tail["lines"][1]["n"]), (&json!(4998), &json!(4999)));
    assert!(tail["lines"][1]["text"].as_str().unwrap().starts_with("\u{1b}[31mERROR\u{1b}[0m"));
    let whole = served.get(&format!("/api/v1/runs/{id}/logs.txt"));
    assert_eq!(whole.text().lines().count(), 5000);
    let search = |query: &str| served.json(&format!("runs/{id}/logs/search?{query}"));
    assert_eq!(search("find=error%20worker"), json!({"total": 5, "lines": [999, 1999, 2999, 3999, 4999]}));
    assert_eq!(search("find=error&case=1")["total"], 0);
    assert_eq!(
        search("find=%5EERROR%20worker%20%5Cd%20lost&re=1&limit=2"),
        json!({"total": 5, "lines": [999, 1999]})
    );
    assert_eq!(search("find=(")["total"], 0);
    let (status, code, message) = served.error(&format!("runs/{id}/logs/search?find=(&re=1"));
    assert_eq!((status, code.as_str()), (400, "bad_request"), "{message}");
}

#[test]
fn new_lines_come_without_reading_all_again() {
    let folder = empty();
    let mut run = begin(folder.path(), "talker", 1e9);
    let say = |run: &mut crate::writer::Writer, n: i64| {
        run.now += 1.0;
        let line = LogLine { stream: Stream::Stderr, text: format!("line {n}") };
        run.track("logs", &Context::empty(), (n, None), Value::Log(line));
        run.flush();
    };
    say(&mut run, 0);
    let served = Served::start(folder.path());
    let id = served.json("runs")["runs"][0]["id"].as_str().unwrap().to_owned();
    let lines = || served.json(&format!("runs/{id}/logs"))["lines"].as_array().unwrap().clone();
    assert_eq!(lines().len(), 1);
    say(&mut run, 1);
    let deadline = std::time::Instant::now() + LIMIT;
    while lines().len() < 2 {
        assert!(std::time::Instant::now() < deadline);
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    assert_eq!((&lines()[1]["text"], &lines()[1]["stream"]), (&json!("line 1"), &json!("stderr")));
    run.end(Some(End::Finished));
}

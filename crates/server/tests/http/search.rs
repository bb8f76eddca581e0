//! Series of every kind, files and answers are found over all runs.

use serde_json::{Value as Json, json};
use trailmark_core::{Answer, Candidate, ContentId, Context, End, Value};

use crate::served::Served;
use crate::{begin, empty, media, reference, scenario};

fn names(found: &Json) -> Vec<&str> {
    found["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn every_kind_of_series_is_found_by_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    scenario::reference(folder.path());
    media::media(folder.path());
    let served = Served::start(folder.path());
    for (kind, variable) in [
        ("metrics", "metric"),
        ("texts", "text"),
        ("images", "images"),
        ("audios", "audio"),
        ("figures", "figures"),
        ("distributions", "distribution"),
        ("log_records", "log_record"),
        ("artifacts", "artifact"),
    ] {
        let all = served.json(&format!("search?kind={kind}"));
        assert!(all["total"].as_u64().unwrap() > 0, "{kind}: {all}");
        let is_plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        let name = names(&all).into_iter().find(is_plain).unwrap();
        let one = served.json(&format!("search?kind={kind}&q={variable}.name%20%3D%3D%20%22{name}%22"));
        assert!(names(&one).iter().all(|found| *found == name) && !names(&one).is_empty(), "{kind}: {one}");
        let whole_runs = served.json(&format!("search?kind={kind}&q=run.name%20%3D%3D%20%22nobody%22"));
        assert_eq!(whole_runs["total"], 0);
        let collection = format!("runs?q=%22{name}%22%20in%20run.{kind}");
        assert!(served.json(&collection)["total"].as_u64().unwrap() > 0, "{collection}");
        let offered = served.json(&format!("complete?kind={kind}&text={variable}.na"));
        assert_eq!(offered["items"][0]["insert"], "name", "{kind}: {offered}");
    }
    let images = served.json("search?kind=images&order=-images.count,images.name&limit=1");
    let all = served.json("search?kind=images");
    let most = all["items"].as_array().unwrap().iter().map(|item| item["count"].as_u64().unwrap()).max();
    assert_eq!(images["items"][0]["count"].as_u64(), most);
    let (status, code, message) = served.error("search?kind=images&q=image.last%20%3E%201");
    assert_eq!((status, code.as_str()), (400, "query"), "{message}");
}

#[test]
fn files_are_found_by_their_size_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    media::media(folder.path());
    let served = Served::start(folder.path());
    let files = served.json("search?kind=artifacts&order=-artifacts.bytes,artifacts.name");
    let sizes: Vec<Option<u64>> =
        files["items"].as_array().unwrap().iter().map(|item| item["bytes"].as_u64()).collect();
    let known: Vec<u64> = sizes.iter().map_while(|size| *size).collect();
    assert!(known.len() > 1 && known.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    assert!(sizes[known.len()..].iter().all(Option::is_none), "what has no size comes last: {sizes:?}");
    let large = served.json(&format!("search?kind=artifacts&q=artifact.bytes%20%3D%3D%20{}", known[0]));
    assert_eq!(large["items"][0], files["items"][0]);
}

#[test]
fn answers_are_found_one_by_one() {
    let folder = reference();
    let served = Served::start(folder.path());
    let all = served.json("search?kind=answers&limit=3");
    let total = all["total"].as_u64().unwrap();
    assert_eq!((all["items"].as_array().unwrap().len(), total > 1000), (3, true));
    let wrong = served.json("search?kind=answers&q=answers.exact%20%3D%3D%200%20and%20answers.f1%20%3E%200");
    assert!((1..total).contains(&wrong["total"].as_u64().unwrap()), "{}", wrong["total"]);
    let one = &wrong["items"][0];
    assert!(one["exact"] == json!(0.0) && one["f1"].as_f64().unwrap() > 0.0, "{one}");
    assert!(!one["question"].as_str().unwrap().is_empty());
    let worst = served.json("search?kind=answers&order=answers.score&limit=50");
    let scores: Vec<f64> =
        worst["items"].as_array().unwrap().iter().map(|item| item["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted(), "{scores:?}");
    let page = served.json("search?kind=answers&order=answers.score&offset=10&limit=5");
    assert_eq!(page["items"], json!(worst["items"].as_array().unwrap()[10..15]));
}

#[test]
fn an_answer_whose_text_is_lost_is_found_still() {
    let folder = empty();
    let mut run = begin(folder.path(), "lost", 1e9);
    let candidate = Candidate { text: "a cat".to_owned(), start: 0, end: 5, score: 0.5 };
    let answer = Answer {
        question_key: "q1".to_owned(),
        question: ContentId::of("who?"),
        context: ContentId::of("a cat sat"),
        golds: Vec::new(),
        best: candidate,
        null_score: None,
        exact_match: 0.0,
        f1: 0.0,
        millis: 1.0,
        others: Vec::new(),
    };
    run.track("answers", &Context::subset("eval"), (1, None), Value::Answer(Box::new(answer)));
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let found = served.json("search?kind=answers&q=answers.question%20is%20None");
    assert_eq!((&found["total"], &found["items"][0]["answer"]), (&json!(1), &json!("a cat")));
}

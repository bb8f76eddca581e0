//! Asking checkpoints, with an answerer that answers with the first word.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;
use trailmark_core::{Candidate, Context, End, RunId, Value};
use trailmark_server::{Answered, Answerer, AskError, Asked, Keeper, KeptText};

use crate::served::Served;
use crate::{begin, empty};

#[derive(Debug, Default)]
struct FirstWords(Mutex<Vec<String>>);

impl Answerer for FirstWords {
    fn answer(&self, folder: &Path, asked: &Asked<'_>) -> Result<Answered, AskError> {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        self.0.lock().unwrap().push(name.clone());
        if asked.context == "too hard" {
            return Err(AskError { message: "the question fills a window".to_owned(), is_question: true });
        }
        let words = asked.context.split(' ').take(asked.top_k).enumerate();
        let found: Vec<Candidate> = words
            .map(|(place, word)| Candidate {
                text: format!("{name} {word}"),
                start: 0,
                end: word.chars().count() as u32,
                score: 1.0 / (place + 1) as f64,
            })
            .collect();
        Ok(Answered { millis: 2.0, found: vec![found; asked.questions.len()] })
    }
}

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<KeptText>>);

impl Keeper for Kept {
    fn keep(&self, run: Option<RunId>, texts: &[KeptText]) -> Result<RunId, AskError> {
        self.0.lock().unwrap().extend_from_slice(texts);
        Ok(run.unwrap_or_else(|| RunId::from_parts(1, [1; 6])))
    }
}

/// Two runs: checkpoints at steps 10 and 20, one of them lost; F1 best at the lost one.
fn asked() -> (tempfile::TempDir, Served, Arc<FirstWords>, Arc<Kept>) {
    let folder = empty();
    for (name, f1) in [("a", [70.0, 80.0]), ("b", [75.0, 60.0])] {
        let mut run = begin(folder.path(), name, 1e9);
        for (step, f1) in [10, 20].into_iter().zip(f1) {
            let path = folder.path().join("checkpoints").join(format!("{name}-{step}"));
            if f1 != 80.0 {
                std::fs::create_dir_all(&path).unwrap();
            }
            let text = Value::Text(path.to_string_lossy().into_owned());
            run.track("checkpoint", &Context::empty(), (step, None), text);
            run.number("f1", &Context::subset("eval"), (step, None), f1);
        }
        run.end(Some(End::Finished));
    }
    let (answerer, keeper) = (Arc::new(FirstWords::default()), Arc::new(Kept::default()));
    let served = Served::with(folder.path(), Some(answerer.clone()), Some(keeper.clone()));
    (folder, served, answerer, keeper)
}

#[test]
fn checkpoints_that_are_there_can_be_asked() {
    let (_folder, served, answerer, _) = asked();
    let models = served.json("models");
    let list = models["models"].as_array().unwrap();
    assert_eq!(list.len(), 3, "the lost one is left out: {models}");
    let b = list.iter().find(|model| model["name"] == "b" && model["step"] == 10).unwrap();
    assert_eq!((&models["best"], &b["f1"]), (&b["id"], &json!(75.0)));
    let run = served.json("runs?q=run.name%20%3D%3D%20%22a%22");
    let here: Vec<bool> = run["runs"][0]["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|checkpoint| checkpoint["is_here"].as_bool().unwrap())
        .collect();
    assert_eq!(here, [true, false]);
    let request = json!({"models": ["best:f1", b["id"]], "context": "Paris is big", "questions": ["Where?", "Who?"], "top_k": 2});
    let answer = served.post("ask", &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let reply = answer.json();
    assert_eq!(reply["answers"][0]["model"], b["id"]);
    assert_eq!(
        reply["answers"][1]["answers"][1],
        json!({"question": "Who?", "answer": "b-10 Paris", "start": 0, "end": 5, "score": 1.0,
               "others": [{"text": "b-10 is", "start": 0, "end": 2, "score": 0.5}]})
    );
    assert!(reply.get("recorded").is_none());
    assert_eq!(answerer.0.lock().unwrap().len(), 2);
}

#[test]
fn questions_and_answers_are_kept_when_asked_to() {
    let (_folder, served, _, kept) = asked();
    let best = served.json("models")["best"].clone();
    let other = served.json("models")["models"][0]["id"].clone();
    let id = served.json("runs")["runs"][0]["id"].clone();
    let request =
        json!({"models": [best], "context": "One text", "questions": ["Q?"], "record": {"run": id}});
    assert_eq!(served.post("ask", &request).json()["recorded"], id);
    let context = Context::empty().with("context", "One text");
    {
        let kept = kept.0.lock().unwrap();
        let seen: Vec<(&str, &Context, &str)> =
            kept.iter().map(|text| (text.name, &text.context, text.text.as_str())).collect();
        assert_eq!(seen, [("question", &context, "Q?"), ("answer", &context, "b-10 One")]);
    }
    let request =
        json!({"models": [best, other], "context": "One text", "questions": ["Q?"], "record": {"run": null}});
    assert!(served.post("ask", &request).json()["recorded"].is_string());
    let kept = kept.0.lock().unwrap();
    let models: Vec<&str> = kept[3..].iter().map(|text| text.context.text("model").unwrap()).collect();
    assert_eq!(models, [best.as_str().unwrap(), other.as_str().unwrap()]);
}

#[test]
fn what_cannot_be_asked_is_told() {
    let (_folder, served, _, _) = asked();
    let best = served.json("models")["best"].clone();
    let ask = |models: serde_json::Value, context: &str, questions: serde_json::Value| {
        let answer =
            served.post("ask", &json!({"models": models, "context": context, "questions": questions}));
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let bad = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(ask(json!([]), "text", json!(["Q"])), bad(400, "bad_request"));
    assert_eq!(ask(json!([best, best, best]), "text", json!(["Q"])), bad(400, "bad_request"));
    assert_eq!(ask(json!([best]), " ", json!(["Q"])), bad(400, "bad_request"));
    assert_eq!(ask(json!([best]), "text", json!([])), bad(400, "bad_request"));
    assert_eq!(ask(json!([best]), "text", json!([""])), bad(400, "bad_request"));
    assert_eq!(ask(json!(["ffffffffffff@1"]), "text", json!(["Q"])), bad(404, "not_found"));
    assert_eq!(ask(json!(["best:bleu"]), "text", json!(["Q"])), bad(404, "not_found"));
    assert_eq!(ask(json!([best]), "too hard", json!(["Q"])), bad(400, "bad_request"));
    let folder = empty();
    let served = Served::start(folder.path());
    let answer = served.post("ask", &json!({"models": ["best:f1"], "context": "c", "questions": ["q"]}));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("busy")));
}

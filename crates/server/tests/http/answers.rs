//! Answers of one run, of two, of one question.

use serde_json::{Value as Json, json};

use crate::reference;
use crate::served::Served;

/// Ids of two runs with a small learning rate, the older first.
fn two(served: &Served) -> [String; 2] {
    let runs = served.json("runs?q=run.hparams.learning_rate%20%3D%3D%200.00004&sort=created_at");
    [0, 1].map(|index| runs["runs"][index]["id"].as_str().unwrap().to_owned())
}

/// The steps of a run with their epochs.
fn of_steps(run: &Json) -> Vec<Json> {
    let steps = run["steps"].as_array().unwrap();
    steps.iter().map(|step| json!({"step": step["step"], "epoch": step["epoch"]})).collect()
}

#[test]
fn answers_are_told_by_step_and_listed() {
    let folder = reference();
    let served = Served::start(folder.path());
    let steps = served.json("answers/steps");
    assert_eq!(steps["runs"].as_array().unwrap().len(), 6);
    let [a, _] = two(&served);
    let of_a = steps["runs"].as_array().unwrap().iter().find(|run| run["run"] == a.as_str()).unwrap();
    let last = &of_a["steps"][4];
    assert_eq!((&last["epoch"], &last["total"]), (&json!(5.0), &json!(240)));
    let parts = ["right", "partly", "wrong"].map(|verdict| last[verdict].as_u64().unwrap());
    assert_eq!(parts.iter().sum::<u64>(), 240);
    assert!((last["exact_match"].as_f64().unwrap() - 100.0 * parts[0] as f64 / 240.0).abs() < 1e-9);
    let step = last["step"].as_i64().unwrap();
    let list = served.json(&format!("answers?run={a}&step={step}&limit=7"));
    assert_eq!((&list["total"], list["answers"].as_array().unwrap().len()), (&json!(240), 7));
    assert_eq!(list["summary"]["right"], last["right"]);
    assert_eq!(list["strip"]["steps"], json!(of_steps(of_a)));
    assert_eq!(list["strip"]["verdicts"].as_object().unwrap().len(), 7);
    let answer = &list["answers"][0];
    let verdicts = list["strip"]["verdicts"][answer["question_key"].as_str().unwrap()].as_str().unwrap();
    assert_eq!(verdicts.len(), 5);
    assert_eq!(verdicts.get(4..), answer["verdict"].as_str().and_then(|verdict| verdict.get(..1)));
    let context = list["contexts"][answer["context_id"].as_str().unwrap()].as_str().unwrap();
    let (start, end) = (answer["start"].as_u64().unwrap() as usize, answer["end"].as_u64().unwrap() as usize);
    let span: String = context.chars().skip(start).take(end - start).collect();
    assert_eq!(answer["answer"], span.as_str());
    assert_eq!(answer["question"], "When was Aldermere founded?");
    assert_eq!(answer["others"].as_array().unwrap().len(), 4);
    for (index, verdict) in ["right", "partly", "wrong"].into_iter().enumerate() {
        let some = served.json(&format!("answers?run={a}&step={step}&show={verdict}&limit=240"));
        assert_eq!(some["total"], parts[index]);
        assert!(some["answers"].as_array().unwrap().iter().all(|answer| answer["verdict"] == verdict));
    }
    let found = served.json(&format!("answers?run={a}&find=WOOL&limit=240"));
    assert!(found["total"].as_u64().unwrap() > 0 && found["total"].as_u64().unwrap() < 240);
    // The evaluation shares three paragraphs with the training part, five questions each.
    assert_eq!(list["leak"], json!({"shared_paragraphs": 3, "eval_paragraphs": 48, "questions": 15}));
}

#[test]
fn two_runs_stand_beside_each_other() {
    let folder = reference();
    let served = Served::start(folder.path());
    let [a, b] = two(&served);
    let last = |id: &str| {
        let list = served.json("answers/steps");
        let run = list["runs"].as_array().unwrap().iter().find(|run| run["run"] == id).unwrap().clone();
        (run["steps"][4]["step"].as_i64().unwrap(), run["steps"][4].clone())
    };
    let ((step_a, figures_a), (step_b, figures_b)) = (last(&a), last(&b));
    let path = format!("answers/compare?a={a}@{step_a}&b={b}@{step_b}&limit=240");
    let compared = served.json(&path);
    let summary = &compared["summary"];
    let n = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(n("fixed") + n("broken") + n("both_wrong") + n("both_right"), 240);
    assert_eq!((n("total"), n("only_a"), n("only_b")), (240, 0, 0));
    let em = &summary["exact_match"];
    assert!((em["a"].as_f64().unwrap() - figures_a["exact_match"].as_f64().unwrap()).abs() < 1e-9);
    assert!((em["b"].as_f64().unwrap() - figures_b["exact_match"].as_f64().unwrap()).abs() < 1e-9);
    let difference = em["difference"].as_f64().unwrap();
    assert!((difference - 100.0 * (n("fixed") as f64 - n("broken") as f64) / 240.0).abs() < 1e-9);
    let (low, high) = (em["low"].as_f64().unwrap(), em["high"].as_f64().unwrap());
    assert!(low < difference && difference < high, "{em}");
    let p = em["p"].as_f64().unwrap();
    assert!(p > 0.0 && p <= 1.0);
    for show in ["fixed", "broken", "both_wrong", "both_right"] {
        let some = served.json(&format!("{path}&show={show}"));
        assert_eq!(some["total"].as_u64().unwrap(), n(show));
        assert!(some["rows"].as_array().unwrap().iter().all(|row| row["change"] == show));
    }
    assert_eq!(served.json(&format!("{path}&show=changed"))["total"], n("fixed") + n("broken"));
    assert_eq!(compared["leak"]["shared_paragraphs"], 3);
    let row: &Json = &compared["rows"][0];
    for side in ["a", "b"] {
        let verdicts = &compared["strips"][side]["verdicts"][row["question_key"].as_str().unwrap()];
        let last = verdicts.as_str().unwrap().chars().next_back().unwrap().to_string();
        assert!(row[side]["verdict"].as_str().unwrap().starts_with(&last), "{verdicts}");
    }
    assert!(row["a"]["answer"].is_string() && row["b"]["verdict"].is_string());
    assert!(compared["contexts"][row["context_id"].as_str().unwrap()].is_string());
    // A run beside itself differs in nothing, and that is no evidence.
    let same = served.json(&format!("answers/compare?a={a}&b={a}"));
    assert_eq!((&same["summary"]["fixed"], &same["summary"]["exact_match"]["p"]), (&json!(0), &json!(1.0)));
    // The worst against the best is no luck.
    let worst = served.json("runs?q=run.hparams.learning_rate%20%3E%200.001");
    let worst = worst["runs"][0]["id"].as_str().unwrap();
    let clear = served.json(&format!("answers/compare?a={worst}&b={b}"));
    assert!(
        clear["summary"]["f1"]["p"].as_f64().unwrap() < 0.001
            && clear["summary"]["f1"]["low"].as_f64().unwrap() > 30.0
    );
}

#[test]
fn a_question_is_followed_through_the_steps() {
    let folder = reference();
    let served = Served::start(folder.path());
    let [a, _] = two(&served);
    let key = served.json(&format!("answers?run={a}&limit=1"))["answers"][0]["question_key"].clone();
    let history = served.json(&format!("answers/history?run={a}&question={}", key.as_str().unwrap()));
    assert_eq!(history["steps"].as_array().unwrap().len(), 5);
    assert_eq!(history["steps"][4]["epoch"], 5.0);
    assert!(history["context"].as_str().unwrap().starts_with("Aldermere"));
    for (path, status) in [
        (format!("answers/history?run={a}&question=none"), 404),
        (format!("answers?run={a}&step=1"), 404),
        (format!("answers/compare?a={a}@x&b={a}"), 400),
        (format!("answers/compare?a={a}@1&b={a}"), 404),
        (format!("answers?run={a}&show=odd"), 400),
        ("answers".to_owned(), 400),
    ] {
        assert_eq!(served.error(&path).0, status, "{path}");
    }
}

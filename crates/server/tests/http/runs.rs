//! Runs, their fields, findings and the first page.

use serde_json::{Value as Json, json};
use trailmark_core::{Context, Edit, End};

use crate::served::Served;
use crate::{begin, empty, reference, scenario};

fn names(runs: &Json) -> Vec<String> {
    runs["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_repository_is_told_at_a_glance() {
    let folder = reference();
    let served = Served::start(folder.path());
    let info = served.json("info");
    let counts = &info["counts"];
    assert_eq!(counts["runs"], 6);
    assert_eq!((&counts["experiments"], &counts["tags"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&counts["metrics"], &counts["texts"], &counts["answers"]),
        (&json!(5), &json!(2), &json!(7200))
    );
    assert_eq!(info["problems"], json!([]));
    assert!(info["disk_bytes"].as_u64().unwrap() > 100_000);
    let home = served.json("home");
    assert_eq!(home["latest"].as_array().unwrap().len(), 6);
    let best = &home["best"][0];
    assert_eq!((&best["metric"], &best["context"]), (&json!("f1"), &json!({"subset": "eval"})));
    assert_eq!((&best["experiment"], &best["runs"]), (&json!("squad-distilbert"), &json!(6)));
    let days: u64 =
        home["activity"].as_array().unwrap().iter().map(|day| day["runs"].as_u64().unwrap()).sum();
    assert_eq!(days, 6);
    assert_eq!(home["tags"], json!([{"name": "diverged", "runs": 2}]));
}

#[test]
fn runs_are_found_sorted_and_cut_into_pages() {
    let folder = reference();
    let served = Served::start(folder.path());
    let all = served.json("runs");
    assert_eq!(all["total"], 6);
    let created: Vec<f64> =
        all["runs"].as_array().unwrap().iter().map(|run| run["created_at"].as_f64().unwrap()).collect();
    assert!(created.is_sorted_by(|a, b| a > b), "newest first");
    let found = served
        .json("runs?q=run.hparams.learning_rate%20%3C%200.001%20and%20%22diverged%22%20not%20in%20run.tags");
    assert_eq!(found["total"], 4);
    let sort = "-metrics.f1%7B%22subset%22%3A%22eval%22%7D.max,created_at";
    let sorted = served.json(&format!("runs?sort={sort}"));
    let f1: Vec<f64> = sorted["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            let metrics = run["metrics"].as_array().unwrap();
            metrics.iter().find(|metric| metric["name"] == "f1").unwrap()["max"].as_f64().unwrap()
        })
        .collect();
    assert!(f1.is_sorted_by(|a, b| a >= b), "{f1:?}");
    let page = served.json(&format!("runs?sort={sort}&offset=2&limit=3"));
    assert_eq!((&page["total"], names(&page)), (&json!(6), names(&sorted)[2..5].to_vec()));
    let order = "-run.metrics%5B%22f1%22%5D.max,run.created_at";
    assert_eq!(names(&served.json(&format!("runs?order={order}"))), names(&sorted));
    let csv = served.get(&format!("/api/v1/runs.csv?columns=name&order={order}")).text();
    assert_eq!(csv.lines().skip(1).collect::<Vec<_>>(), names(&sorted));
    let (status, code, message) = served.error("runs?order=run.metrics%5B%22f2%22%5D.max");
    assert_eq!((status, code.as_str()), (400, "query"), "{message}");
    let (status, _, message) = served.error("runs?order=len(run.hparams.learning_rate)");
    assert!(status == 400 && message.contains("`len`"), "{message}");
    let run = &all["runs"][0];
    assert_eq!(run["params"]["hparams"]["max_seq_length"], 384);
    assert!(run["params"].get("__system_params").is_none());
    assert_eq!(run["has"], json!({"texts": true, "answers": true, "logs": true, "system": true}));
    let loss = run["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "loss").unwrap();
    assert_eq!((&loss["context"], &loss["count"]), (&json!({"subset": "eval"}), &json!(5)));
    assert_eq!(loss["last_epoch"], 5.0);
}

#[test]
fn one_run_tells_everything_about_itself() {
    let folder = reference();
    let served = Served::start(folder.path());
    let runs = served.json("runs?q=run.hparams.learning_rate%20%3D%3D%200.00004");
    let id = runs["runs"][0]["id"].as_str().unwrap().to_owned();
    let run = served.json(&format!("runs/{}", &id[..16]));
    assert_eq!(run["id"], id.as_str());
    assert_eq!(run["system"]["packages"]["torch"], "2.9.0");
    assert_eq!(run["siblings"]["experiment_runs"], 6);
    let differs = run["siblings"]["differs"].as_array().unwrap();
    assert!(differs.contains(&json!("hparams.learning_rate")) && !differs.contains(&json!("hparams.seed")));
    assert_eq!(run["siblings"]["partly"], json!([]));
    let kinds: Vec<&str> =
        run["series"].as_array().unwrap().iter().map(|series| series["kind"].as_str().unwrap()).collect();
    assert!(["number", "text", "log", "answer"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert_eq!(run["diagnosis"]["kind"], "overfits", "{}", run["diagnosis"]);
    assert!(run["diagnosis"]["sentence"].as_str().unwrap().starts_with("Overfits after epoch"));
    let blind = served.json("runs?q=run.hparams.learning_rate%20%3E%200.001");
    let blind = served.json(&format!("runs/{}", blind["runs"][0]["id"].as_str().unwrap()));
    assert_eq!(blind["diagnosis"]["kind"], "diverged");
    assert!(blind["diagnosis"]["sentence"].as_str().unwrap().contains("ln 384"), "{}", blind["diagnosis"]);
}

#[test]
fn a_run_without_params_makes_no_param_differ() {
    let folder = reference();
    let bare = begin(folder.path(), "untrained", 1e9);
    bare.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let runs = served.json("runs");
    let grid = runs["runs"].as_array().unwrap().iter().find(|run| run["name"] != "untrained").unwrap();
    let experiment = grid["experiment"].as_str().unwrap().to_owned();
    let untrained = runs["runs"].as_array().unwrap().iter().find(|run| run["name"] == "untrained").unwrap();
    let change = json!({"runs": [untrained["id"]], "edit": {"experiment": experiment}});
    assert_eq!(served.post("edits", &change).status, 200);
    let siblings = &served.json(&format!("runs/{}", grid["id"].as_str().unwrap()))["siblings"];
    assert_eq!(siblings["experiment_runs"], 7);
    let has = |key: &str, path: &str| siblings[key].as_array().unwrap().contains(&json!(path));
    assert!(has("differs", "hparams.learning_rate") && !has("differs", "hparams.max_seq_length"));
    assert!(has("partly", "hparams.max_seq_length") && !has("partly", "hparams.learning_rate"));
}

#[test]
fn findings_say_what_is_best_and_what_is_broken() {
    let folder = reference();
    let mut run = begin(folder.path(), "loose-cannon", 1e9);
    for step in 0..10 {
        let value = if step < 7 { 1.0 } else { f64::NAN };
        run.number("loss", &Context::subset("train"), (step, None), value);
    }
    run.end(Some(End::Failed { exit_code: Some(1), message: "the loss is nan\nat line 3".to_owned() }));
    let served = Served::start(folder.path());
    let findings = served.json("findings");
    let of = |kind: &str| -> Vec<Json> {
        let findings = findings["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["kind"] == kind).cloned().collect()
    };
    let best = &of("best")[0];
    assert!(best["margin"].as_f64().unwrap() > 0.0 && best["value"].as_f64().unwrap() > 60.0, "{best}");
    assert_eq!(best["metric"], json!({"name": "f1", "context": {"subset": "eval"}}));
    assert_eq!(of("blind")[0]["runs"].as_array().unwrap().len(), 2);
    let diverged = &of("diverged")[0];
    assert_eq!(
        (&diverged["step"], diverged["sentence"].as_str()),
        (&json!(7), Some("loose-cannon diverged: train loss is NaN or infinite from step 7"))
    );
    let failed = &of("failed")[0];
    assert_eq!(failed["sentence"], "loose-cannon failed at step 9: the loss is nan");
    assert_eq!(failed["url"], format!("/runs/{}?tab=logs", failed["runs"][0].as_str().unwrap()));
    // Queries that findings link to are understood.
    for finding in findings["findings"].as_array().unwrap() {
        if let Some(query) = finding["url"].as_str().unwrap().strip_prefix("/runs?") {
            served.json(&format!("runs?{query}"));
        }
    }
}

#[test]
fn many_broken_runs_share_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    scenario::many(folder.path(), 60, 20);
    let served = Served::start(folder.path());
    let findings = served.json("findings");
    let failed = findings["findings"].as_array().unwrap().iter().find(|one| one["kind"] == "failed").unwrap();
    assert_eq!(failed["sentence"], "9 runs did not finish: 3 failed, 3 crashed, 3 killed");
    let query = failed["url"].as_str().unwrap().strip_prefix("/runs?").unwrap();
    assert_eq!(served.json(&format!("runs?{query}"))["total"], 9);
}

#[test]
fn fields_tell_what_can_be_picked() {
    let folder = reference();
    let served = Served::start(folder.path());
    let fields = served.json("fields");
    let param = |path: &str| {
        fields["params"].as_array().unwrap().iter().find(|param| param["path"] == path).unwrap().clone()
    };
    assert_eq!(
        param("hparams.learning_rate"),
        json!({"path": "hparams.learning_rate", "kinds": ["float"], "runs": 6, "distinct": 3,
               "values": [0.00004, 0.0004, 0.004]})
    );
    assert_eq!(param("hparams.metric_for_best_model")["values"], json!([null]));
    let texts = &fields["texts"];
    assert_eq!(texts[0]["name"], "answer");
    assert_eq!(texts[0]["context_keys"], json!(["context"]));
    let systems = fields["metrics"].as_array().unwrap().iter().filter(|metric| metric["is_system"] == true);
    assert_eq!(systems.count(), 3);
    let narrow = served.json("fields?kind=metrics&q=run.hparams.learning_rate%20%3E%200.001%20and%20metric.name%20%3D%3D%20%22f1%22");
    assert_eq!(narrow["experiments"], json!([{"name": "squad-distilbert", "runs": 2}]));
}

#[test]
fn completion_knows_the_names_that_exist() {
    let folder = reference();
    let served = Served::start(folder.path());
    let found = served.json("complete?text=run.hparams.lea&cursor=15&kind=runs");
    assert_eq!((&found["from"], &found["to"]), (&json!(12), &json!(15)));
    assert_eq!(found["items"][0]["insert"], "learning_rate");
    assert_eq!(found["items"][0]["detail"], "float, 3 values in 6 runs");
}

#[test]
fn a_broken_query_says_where() {
    let folder = reference();
    let served = Served::start(folder.path());
    let answer = served.get("/api/v1/runs?q=run.hparams.learnin_rate%20%3E%201");
    assert_eq!(answer.status, 400);
    let error = answer.json();
    assert_eq!(error["code"], "query");
    let position = &error["position"];
    assert_eq!((&position["line"], &position["nearest"]), (&json!(1), &json!("learning_rate")), "{error}");
    let (start, end) = (position["start"].as_u64().unwrap(), position["end"].as_u64().unwrap());
    assert!(start < end && end <= 28, "{position}");
    // A query that makes sense of no value at all is an error too.
    let (status, code, _) = served.error("runs?q=len(run.hparams.learning_rate)%20%3E%201");
    assert_eq!((status, code.as_str()), (400, "query"));
}

#[test]
fn a_table_is_written_as_csv() {
    let folder = empty();
    for (name, value) in [("plain", 1.5), ("with, comma \"and quotes\"", f64::NAN)] {
        let mut run = begin(folder.path(), name, 1e9);
        run.param(&["lr"], 4e-5);
        run.number("f1", &Context::subset("eval"), (1, None), value);
        run.end(Some(End::Finished));
    }
    let served = Served::start(folder.path());
    let answer =
        served.get("/api/v1/runs.csv?sort=name&columns=name,params.lr,metrics.f1.last,params.missing");
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let want = "name,params.lr,metrics.f1.last,params.missing\r\nplain,0.00004,1.5,\r\n\
                \"with, comma \"\"and quotes\"\"\",0.00004,NaN,\r\n";
    assert_eq!(answer.text(), want);
    let all = served.get("/api/v1/runs.csv").text();
    assert!(all.starts_with("id,name,experiment,"), "{all}");
    assert!(all.lines().next().unwrap().contains("metrics.f1{\"\"subset\"\":\"\"eval\"\"}.last"), "{all}");
}

#[test]
fn html_in_names_stays_text() {
    let folder = empty();
    let name = "<script>alert(1)</script>";
    let mut run = begin(folder.path(), name, 1e9);
    run.edit(Edit::Experiment("<img src=x onerror=alert(1)>".to_owned()));
    run.end(Some(End::Finished));
    let served = Served::start(folder.path());
    let answer = served.get("/api/v1/runs");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.json()["runs"][0]["name"], name);
}

#[test]
fn an_empty_repository_answers_everywhere() {
    let folder = empty();
    let served = Served::start(folder.path());
    for path in ["info", "fields", "home", "runs", "findings", "texts", "answers/steps", "models"] {
        served.json(path);
    }
    assert_eq!(served.json("runs?q=run.anything%20%3E%201")["total"], 0);
    assert_eq!(served.json("findings")["findings"], json!([]));
}

#[test]
fn what_is_not_there_or_not_understood_is_told() {
    let folder = reference();
    let served = Served::start(folder.path());
    for (path, status, code) in [
        ("runs/ffffffffffffffffffffffff", 404, "not_found"),
        ("runs/01", 409, "ambiguous"),
        ("runs/not-hex", 404, "not_found"),
        ("runs?sort=lenght", 400, "bad_request"),
        ("runs?unknown=1", 400, "bad_request"),
        ("runs?limit=many", 400, "bad_request"),
        ("runs?archived=maybe", 400, "bad_request"),
        ("fields?kind=pictures", 400, "bad_request"),
        ("nothing/here", 404, "not_found"),
        ("series?columns=height", 400, "bad_request"),
        ("texts?names=,&limit=-1", 400, "bad_request"),
    ] {
        let (got_status, got_code, message) = served.error(path);
        assert_eq!((got_status, got_code.as_str()), (status, code), "{path}: {message}");
        assert!(!message.is_empty());
    }
    let answer = served.send("PUT", "/api/v1/runs", &[], "");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (405, Some("bad_request")));
}

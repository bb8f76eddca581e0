//! Repositories that earlier versions wrote, opened as long as there is a Trailmark.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use trailmark_core::{ContentId, Context, End, ParamValue, RunStatus, SeriesKey, Step, Value};
use trailmark_store::{Repository, RunData, Store as _};

/// A copy, because opening a repository may write what is derived.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn numbers(run: &RunData, name: &str, subset: &str) -> Vec<(i64, f64)> {
    let series = &run.series[&SeriesKey::new(name, Context::subset(subset))];
    series.numbers().map(|(step, number)| (step.0, number)).collect()
}

#[test]
fn format_1_opens() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/format/v1");
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let repository = Repository::open(folder.path()).unwrap();
    assert_eq!(repository.check().unwrap(), []);

    let run = repository.find("calm-fox").unwrap();
    assert_eq!(
        (run.experiment.as_str(), run.note.as_str(), run.is_archived),
        ("golden", "kept for ever", true)
    );
    assert_eq!(run.status, RunStatus::Ended(End::Finished));
    assert_eq!(run.params["hparams"].at(&["learning_rate"]), Some(&ParamValue::Float(3e-5)));
    assert_eq!(run.params["__system_params"].at(&["cwd"]), Some(&ParamValue::from("/somewhere")));
    let loss: Vec<(i64, f64)> = (1..=10).map(|step| (step, 1.0 / step as f64)).collect();
    assert_eq!(numbers(&run, "loss", "train"), loss);
    assert_eq!(numbers(&run, "epoch_count", "train")[9], (10, 10.0));
    assert!(numbers(&run, "f1", "eval")[1].1.is_nan());
    let points = |name: &str, context| &run.series[&SeriesKey::new(name, context)].points;
    let Value::Answer(answer) = &points("answers", Context::subset("eval"))[0].value else {
        panic!("no answer")
    };
    assert_eq!(
        (answer.best.text.as_str(), answer.null_score, answer.others.len()),
        ("Canberra", Some(-1.5), 2)
    );
    let texts = repository.texts(run.packs.first().unwrap()).unwrap();
    assert_eq!(texts[&answer.context], "The capital city of Australia is Canberra.");
    assert_eq!(run.paragraphs["eval"], [answer.context]);
    assert_eq!(ContentId::of(&texts[&answer.question]), answer.question);
    let lines = points("logs", Context::empty());
    assert!(matches!(&lines[1].value, Value::Log(line) if line.text == "two"));
    assert_eq!(points("checkpoint", Context::empty())[0].step, Step(10));
    assert_eq!(points("loss", Context::subset("train"))[2].epoch, Some(1.0));

    let rows = repository.rows().unwrap();
    assert_eq!(rows.len(), 2);
    let failed = End::Failed { exit_code: Some(3), message: "on purpose".to_owned() };
    assert_eq!(rows[1].status, RunStatus::Ended(failed));
    assert_eq!(rows[1].series[0].last, Some(0.25));
    // A newer format is refused, whatever else it holds.
    std::fs::write(folder.path().join("trailmark.toml"), "format = 2\nid = \"x\"\n").unwrap();
    assert!(Repository::open(folder.path()).unwrap_err().to_string().contains("got format 2"));
}

//! What other programs and the shell read, and parts of runs that are deleted.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::fs::File;
use std::process::Command;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use program::{Done, Place};
use serde_json::Value;
use trailmark_store::Repository;

/// Two trainings that differ in their learning rate, called low and high.
fn two_runs(place: &Place) {
    for (name, rate) in [("low", "1e-5"), ("high", "5e-3")] {
        place.train(&format!("--learning_rate {rate} --run_name {name} --output_dir out-{name}")).ok();
    }
}

#[test]
fn parts_of_a_run_are_deleted_and_brought_back() {
    let place = Place::new();
    place.train("--run_name only").ok();
    let series = |name: &str| {
        let run = Repository::open(&place.path(".trailmark")).unwrap().find("only").unwrap();
        run.series.iter().filter(|(key, _)| key.name == name).map(|(_, one)| one.points.len()).sum::<usize>()
    };
    let n_loss = series("loss");
    assert!(n_loss >= 3);
    let asked = place.run("runs rm only --series loss");
    assert!(asked.stderr.contains("would delete loss"), "{asked:?}");
    assert_eq!(series("loss"), n_loss);
    place.run("runs rm only --series loss --yes").ok();
    assert_eq!((series("loss"), series("epoch") > 0), (0, true));
    let restore = |text: &str| {
        let mut command = place.command();
        command.args(["runs", "restore", "only", "--series", text]);
        Done::of(command.output().unwrap()).ok();
    };
    restore("loss {subset: \"train\"}");
    restore("loss {subset: \"eval\"}");
    assert_eq!(series("loss"), n_loss);
    place.run("runs rm only --series loss --step 1 --yes").ok();
    assert!(series("loss") < n_loss && series("loss") > 0);
    place.run("runs rm only --series nothing --yes").fails(1, &["has no series \"nothing\""], "runs show");
    place.run("runs rm only --artifact nothing --yes").fails(1, &["has no file \"nothing\""], "runs show");
}

#[test]
fn tables_are_written_in_every_form() {
    let place = Place::new();
    two_runs(&place);
    let csv = place.run("runs export --metric loss --format csv").ok().stdout;
    let n_points = csv.lines().count() - 1;
    place.run("runs export --metric loss -o loss.parquet").ok();
    let reader = SerializedFileReader::new(File::open(place.path("loss.parquet")).unwrap()).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), n_points);
    let first: Vec<(&String, &Field)> = rows[0].get_column_iter().collect();
    assert_eq!(first[3], (&"metric".to_owned(), &Field::Str("loss".to_owned())));
    assert!(matches!(first[7].1, Field::TimestampMicros(_)) && matches!(first[8].1, Field::Double(_)));

    place.run("runs export --metric loss -o loss.arrow").ok();
    let file = File::open(place.path("loss.arrow")).unwrap();
    let batches: Vec<_> =
        arrow_ipc::reader::FileReader::try_new(file, None).unwrap().map(|b| b.unwrap()).collect();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), n_points);
    assert_eq!(batches[0].schema().field(8).name(), "value");

    let runs = place.run("runs export --table runs").ok().stdout;
    let head = runs.lines().next().unwrap();
    assert!(head.contains("hparams.learning_rate") && head.contains(".last"), "{head}");
    assert_eq!(runs.lines().count(), 3);
    let answers = place.run("runs export --table answers --format jsonl low").ok().stdout;
    let one: Value = serde_json::from_str(answers.lines().next().unwrap()).unwrap();
    assert!(one["question"].as_str().unwrap().len() > 5 && one["golds"].is_array(), "{one}");
    let texts = place.run("runs export --table texts low").ok().stdout;
    assert!(texts.contains("logs"), "{texts}");
    place.run("query metric.name=='loss' --out found.parquet".replace('\'', "\"").as_str()).ok();
    let reader = SerializedFileReader::new(File::open(place.path("found.parquet")).unwrap()).unwrap();
    let found: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(found.len(), 4, "train and eval of two runs");
    let last = found[0].get_column_iter().find(|(name, _)| *name == "last").unwrap().1;
    assert!(matches!(last, Field::Double(_)), "{last:?}");
    place.run("query run.active==False --format parquet").fails(1, &["want --out FILE"], "--out");
    place.run("runs export --format parquet").fails(1, &["want --out FILE"], ".parquet");
    let closed = Command::new("bash")
        .args([
            "-c",
            &format!(
                "{} runs export | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}",
                env!("CARGO_BIN_EXE_trailmark")
            ),
        ])
        .current_dir(place.path(""))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&closed.stdout).trim(), "0");
}

//! Bad input: each is one error with a hint and an exit code, nothing is lost, nothing panics.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::Path;
use std::process::Stdio;

use program::{Done, Place, questions};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

/// A data set of one question.
fn set(context: &str, answer: &str, start: usize) -> String {
    format!(
        r#"{{"data": [{{"title": "T", "paragraphs": [{{"context": "{context}", "qas": [
            {{"id": "q-7", "question": "Who?", "answers": [{{"text": "{answer}", "answer_start": {start}}}]}}
        ]}}]}}]}}"#
    )
}

#[test]
fn what_a_person_gets_wrong_is_one_error_with_what_helps() {
    let place = Place::new();
    place.model();
    let set = questions();
    let set = set.display();
    trailmark_store::Repository::open_or_create(&place.path("repo")).unwrap();
    place.write("folder/x", "");
    place.write("bytes.json", "");
    std::fs::write(place.path("bytes.json"), b"\xff\xfe").unwrap();
    place.write("rows.jsonl", "{\"question\": 1, \"context\": \"Ada.\"}\n");
    place.write("top.toml", "model = \"model\"\n[data]\ntrain_file = \"set.json\"\n[traning]\nseed = 1\n");
    place.write("kind.toml", "model = \"model\"\n[data]\ntrain_file = 3\n");
    for (words, error, hint) in [
        (
            &*format!("train --model model --train-file {set} --threads 0"),
            "got 0, want at least 1",
            "--threads",
        ),
        (&format!("train --model model --train-file {set} --test-size 2"), "got a test size of", "share"),
        (
            &format!("train --model model --train-file {set} --repo bytes.json"),
            "bytes.json",
            "another folder",
        ),
        (&format!("evaluate --model model --data {set} --answers no/a.jsonl"), "find a folder: no", "path"),
        ("ask --model model -q Who? -c Ada. --top-k 0", "got 0, want 1 or more", "leave them out"),
        ("evaluate --model model --data bytes.json", "bytes.json", "UTF-8"),
        ("ask --model model --input rows.jsonl", "line 1 of rows.jsonl: got no question", "each line is"),
        ("ask --model model --input folder", "folder", "not a folder"),
        ("train top.toml", "\"traning\": unknown, did you mean \"training\"?", "recipes/"),
        ("train kind.toml", "`data.train_file`", "recipes/"),
        ("up --host 0.0.0.0 --repo repo", "nobody can sign in", "--insecure"),
    ] {
        let done = place.run(words).fails(FAILED, &[error], hint);
        assert!(!done.stderr.contains("[] "), "{done:?}");
    }
    std::fs::write(place.path("model/tokenizer.json"), "{ bad").unwrap();
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &["load a tokenizer"], "tokenizer's files");
    place.model();
    std::fs::write(place.path("model/model.safetensors"), [9; 100]).unwrap();
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &["read tensors"], "anew");
}

#[test]
fn a_port_in_use_is_told_with_a_free_one() {
    let place = Place::new();
    trailmark_store::Repository::open_or_create(&place.path("repo")).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let done = place.run(&format!("up --repo repo --port {port}"));
    done.fails(FAILED, &[&format!("127.0.0.1:{port}: the port is in use"), "is free"], "--port");
}

#[test]
fn a_missing_file_is_named() {
    let place = Place::new();
    place.model();
    for words in [
        "train --model model --train-file nowhere.json",
        "evaluate --model model --data nowhere.json",
        "ask --model model --input nowhere.json",
        "train nowhere.json",
    ] {
        place.run(words).fails(FAILED, &["nowhere.json", "No such file or directory"], "");
    }
    place.run("ask --model ./nowhere -q Who? -c Ada.").fails(FAILED, &["./nowhere"], "best:METRIC");
}

#[test]
fn broken_json_is_told_with_line_and_column() {
    let place = Place::new();
    place.model();
    place.write("set.json", "{\"data\": [\n  {\"title\": \"T\",, \"paragraphs\": []}\n]}");
    let done = place.run("evaluate --model model --data set.json");
    done.fails(FAILED, &["read JSON", "line 2 column 17", "set.json"], "mend the file");
    place.write("set.jsonl", "{\"question\": \"Who?\", \"context\": \"Ada.\"}\n{\"question\": \n");
    let done = place.run("ask --model model --input set.jsonl --json");
    assert_eq!(done.stdout.lines().count(), 1, "what came before is answered: {done:?}");
    done.fails(FAILED, &["read JSON", "line 2 of set.jsonl"], "mend the file");
}

#[test]
fn a_file_that_holds_no_questions_is_told() {
    let place = Place::new();
    place.model();
    place.write("set.json", r#"{"words": [1, 2]}"#);
    place.run("evaluate --model model --data set.json").fails(
        FAILED,
        &["read a data set"],
        "SQuAD's nesting",
    );
    place.write("set.json", r#"{"data": [{"paragraphs": [{"context": 7, "qas": []}]}]}"#);
    let error = ["data[0].paragraphs[0].context", "got 7, want a text"];
    place.run("evaluate --model model --data set.json").fails(FAILED, &error, "SQuAD's nesting");
}

#[test]
fn a_span_that_does_not_match_is_told_by_its_id() {
    let place = Place::new();
    place.model();
    place.write("set.json", &set("Ada built it.", "Bob", 0));
    let error = ["q-7: left out: \"Bob\" is not at character 0", "got no question that can be used"];
    place.run("evaluate --model model --data set.json").fails(FAILED, &error, "SQuAD's nesting");
    place.write("set.json", &set("Ada built it.", "Ada", 4));
    let done = place.run("evaluate --model model --data set.json").ok();
    assert!(done.stderr.contains("q-7: answer moved from character 4 to 0"), "{done:?}");
}

#[test]
fn an_unknown_family_names_the_known_ones() {
    let place = Place::new();
    let config = place.model().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"")).unwrap();
    let error = ["got model_type \"gpt2\"", "bert", "distilbert"];
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &error, "families");
}

#[test]
fn a_tokenizer_that_does_not_fit_is_told() {
    let place = Place::new();
    let model = place.model();
    std::fs::remove_file(model.join("tokenizer.json")).unwrap();
    let more: String = (0..200).map(|n| format!("word{n}\n")).collect();
    let vocab = std::fs::read_to_string(model.join("vocab.txt")).unwrap();
    std::fs::write(model.join("vocab.txt"), format!("{}\n{more}", vocab.trim_end())).unwrap();
    let error = ["its tokenizer has 712 tokens, its embedding 512 rows"];
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &error, "another model");
    place
        .run(&format!("train --model model --train-file {}", questions().display()))
        .fails(FAILED, &error, "");
    for file in ["vocab.txt", "tokenizer_config.json"] {
        std::fs::remove_file(model.join(file)).unwrap();
    }
    let error = ["neither tokenizer.json nor vocab.txt"];
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &error, "tokenizer's files");
}

#[test]
fn a_question_longer_than_the_window_is_told_by_its_id() {
    let place = Place::new();
    place.model();
    let long = "why ".repeat(200);
    let done = Done::of(
        place.command().args(["ask", "--model", "model", "-q", &long, "-c", "Ada."]).output().unwrap(),
    );
    done.fails(
        FAILED,
        &["\"question 1\"", "got a question of", "in a window of 128"],
        "shorten the question",
    );
    place.write("set.json", &set("Ada built it.", "Ada", 0).replace("Who?", long.trim()));
    let done = place.run("evaluate --model model --data set.json");
    done.fails(FAILED, &["\"q-7\"", "got a question of"], "shorten the question");
}

#[test]
fn an_empty_context_or_question_is_told() {
    let place = Place::new();
    place.model();
    for (question, context, what) in [("Who?", "", "an empty context"), ("", "Ada.", "an empty question")] {
        let words = ["ask", "--model", "model", "-q", question, "-c", context];
        Done::of(place.command().args(words).output().unwrap()).fails(FAILED, &[what], "some text");
    }
    place.write("set.json", &set(" ", "Ada", 0));
    let error = ["q-7: left out: the context is empty"];
    place.run("evaluate --model model --data set.json").fails(FAILED, &error, "");
    let error = ["got 1 questions (-q) and 0 contexts (-c)"];
    place.run("ask --model model -q Who?").fails(FAILED, &error, "one context for each");
}

#[test]
fn a_repository_of_a_newer_format_is_left_alone() {
    let place = Place::new();
    let text = "format = 99\nid = \"x\"\n";
    place.write("repo/trailmark.toml", text);
    place.run("runs ls --repo repo").fails(FAILED, &["got format 99, want at most"], "update trailmark");
    place.train("--repo repo").fails(FAILED, &["got format 99"], "update trailmark");
    assert_eq!(std::fs::read_to_string(place.path("repo/trailmark.toml")).unwrap(), text);
    place.run("runs ls --repo nothing").fails(FAILED, &["without trailmark.toml"], "--repo");
}

#[test]
fn a_second_writer_of_a_folder_is_refused() {
    let place = Place::new();
    let held = place.write("out/run.lock", "");
    let file = std::fs::File::open(held).unwrap();
    file.lock().unwrap();
    place.train("--repo repo --output_dir out").fails(
        FAILED,
        &["another writer holds it", "out"],
        "wait until",
    );
    drop(file);
    place.train("--repo repo --output_dir out").ok();
}

#[test]
fn a_full_disk_is_told_and_what_was_recorded_stays() {
    let place = Place::new();
    place.model();
    let full = std::fs::File::options().write(true).open("/dev/full");
    if let Ok(full) = full {
        let mut command = place.command();
        command.args("ask --model model -q Who? -c Ada.".split(' ')).stdout(Stdio::from(full));
        let done = Done::of(command.stderr(Stdio::piped()).output().unwrap());
        done.fails(FAILED, &["write to standard output", "No space left on device"], "free some space");
        let done = place
            .run(&format!("evaluate --model model --data {} --answers /dev/full", questions().display()));
        done.fails(FAILED, &["write a file: /dev/full", "No space left on device"], "free some space");
    }
    let disk = place.path("disk");
    std::fs::create_dir_all(&disk).unwrap();
    // A small disk of the test's own, in a name space where it may mount one.
    let script = format!(
        "mount -t tmpfs -o size=400k none {disk} && touch {disk}/mounted || exit 77; \
         \"$TRAILMARK\" train --model model --train-file {set} --validation-file {set} --max_seq_length 96 \
         --doc_stride 32 --max_steps 4 --save_strategy steps --save_steps 1 --logging_steps 1 --threads 1 \
         --repo {disk}/repo; code=$?; \"$TRAILMARK\" runs ls --repo {disk}/repo --json; exit $code",
        disk = disk.display(),
        set = questions().display()
    );
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(place.path("."));
    command.env("TRAILMARK", env!("CARGO_BIN_EXE_trailmark")).env_remove("TRAILMARK_REPO");
    let done = match command.output() {
        Ok(output) => Done::of(output),
        Err(error) => return eprintln!("skipped: no unshare to make a small disk with: {error}"),
    };
    if done.code == 77 || done.stderr.starts_with("unshare:") {
        return eprintln!("skipped: a small disk cannot be mounted here: {}", done.stderr);
    }
    assert!(done.stdout.contains("\"name\":\"loss\""), "the run is there with what it recorded: {done:?}");
    done.fails(FAILED, &["No space left on device"], "free some space");
}

#[test]
fn wrong_flags_and_recipes_name_what_is_near() {
    let place = Place::new();
    place.model();
    let done = place.run("train --learning_rat 3");
    assert_eq!(done.code, USAGE, "{done:?}");
    assert!(done.stderr.contains("'--learning_rate'"), "{done:?}");
    let recipe = |text: &str| place.write("recipe.toml", text);
    recipe("model = \"model\"\n[data]\ntrain_fil = \"x\"\n");
    place.run("train recipe.toml").fails(
        FAILED,
        &["\"train_fil\": unknown, did you mean \"train_file\"?"],
        "recipes/",
    );
    recipe("model = \"model\"\n[data]\ntrain_file = \"x\"\n[training]\nlearning_rat = 1\n");
    place.run("train recipe.toml").fails(FAILED, &["did you mean \"learning_rate\"?"], "every argument");
    recipe("model = \"model\"\n[data\n");
    place.run("train recipe.toml").fails(FAILED, &["recipe.toml", "line 2 column"], "recipes/");
    recipe("model = \"model\"\n[data]\ntrain_file = \"x\"\n[grid]\nseed = []\n");
    place.run("sweep recipe.toml").fails(FAILED, &["[grid] seed: got no value"], "lists of values");
    place.run("train").fails(FAILED, &["got no model"], "recipes/");
    place.run("train --model model").fails(FAILED, &["got no training data"], "recipes/");
    place.train("--warmup_ratio 7").fails(
        FAILED,
        &["training argument warmup_ratio: got 7, want 0 to 1"],
        "",
    );
}

#[test]
fn what_is_not_in_the_repository_is_told() {
    let place = Place::new();
    place.train("--repo repo").ok();
    place.run("runs show nobody --repo repo").fails(
        FAILED,
        &["find a run: got \"nobody\""],
        "trailmark runs ls",
    );
    let done = place.run("ask --model best:bleu --repo repo -q Who? -c Ada.");
    done.fails(FAILED, &["find the best run"], "trailmark runs ls");
}

#[test]
fn a_model_without_a_head_is_not_asked() {
    let place = Place::new();
    let model = place.model();
    strip_head(&model.join("model.safetensors"));
    let error = ["no question-answering head"];
    place.run("ask --model model -q Who? -c Ada.").fails(FAILED, &error, "trailmark train");
}

/// Renames the head's tensors in the file's table, lengths kept: nobody knows them then.
fn strip_head(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let name = b"\"qa_outputs.";
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(name.len()).position(|window| window == name) {
        bytes[at + found + 1] = b'x';
        at += found + 1;
    }
    std::fs::write(file, bytes).unwrap();
}

//! What a shell and `man` get: TAB in a real bash, scripts for other shells, a page for each command.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod program;

use std::path::Path;
use std::process::Command;

use program::Place;
use program::recorded::Recorded;

fn place() -> Place {
    let place = Place::new();
    let recorded = Recorded::new(&place.path(".trailmark"));
    recorded.whole(1, "calm-fox", (0.1, Some("0.21"), 0.15));
    recorded.whole(2, "bold-owl", (0.2, Some("0.22"), 0.5));
    recorded.whole(3, "same-name", (0.2, None, 0.5));
    recorded.whole(4, "same-name", (0.2, None, 0.5));
    place.run("runs tag calm-fox --add baseline").ok();
    place
}

/// What bash has in COMPREPLY when TAB is pressed behind the last of these words.
fn tab(place: &Place, words: &[&str]) -> Vec<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_trailmark"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    // The function's name is what bash itself knows of the command.
    let script = r#"
        source <(trailmark completions bash)
        function=$(complete -p trailmark | sed 's/.* -F \([^ ]*\) .*/\1/')
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9
        $function trailmark "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script, "bash", "trailmark"]).args(words);
    command.current_dir(place.path("")).env("PATH", path).env_remove("TRAILMARK_REPO");
    let output = command.output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn tab_completes_commands_options_and_their_values() {
    let place = place();
    assert!(tab(&place, &["ru"]).contains(&"runs".to_owned()));
    let below = tab(&place, &["runs", ""]);
    for word in ["ls", "diff", "note", "cp", "mv", "export"] {
        assert!(below.iter().any(|known| known == word), "{word}: {below:?}");
    }
    assert_eq!(tab(&place, &["runs", "export", "--form"]), ["--format"]);
    assert_eq!(tab(&place, &["runs", "export", "--format", "p"]), ["parquet"]);
    assert_eq!(tab(&place, &["runs", "diff", "--only", "params,pa"]), ["params,params", "params,packages"]);
}

#[test]
fn tab_completes_what_the_repository_holds() {
    let place = place();
    let runs = |mut all: Vec<String>| {
        all.retain(|word| !word.starts_with("--"));
        all
    };
    let all = runs(tab(&place, &["runs", "show", ""]));
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.contains(&"calm-fox".to_owned()) && !all.contains(&"same-name".to_owned()), "{all:?}");
    let ids = all.iter().filter(|run| run.len() == 12);
    assert_eq!(ids.count(), 2, "two of one name are told apart by their ids: {all:?}");
    assert_eq!(tab(&place, &["runs", "diff", "calm-fox", "bo"]), ["bold-owl"]);
    assert_eq!(tab(&place, &["runs", "tag", "calm-fox", "--remove", ""]), ["baseline"]);
    let metrics = tab(&place, &["runs", "export", "--metric", ""]);
    assert!(metrics.contains(&"loss".to_owned()), "{metrics:?}");

    std::fs::rename(place.path(".trailmark"), place.path("elsewhere")).unwrap();
    assert_eq!(runs(tab(&place, &["runs", "show", ""])), Vec::<String>::new());
    assert_eq!(tab(&place, &["runs", "show", "--repo", "elsewhere", "cal"]), ["calm-fox"]);
}

#[test]
fn tab_completes_expressions() {
    let place = place();
    assert_eq!(tab(&place, &["runs", "ls", "-q", "run.hparams.lea"]), ["run.hparams.learning_rate"]);
    let after = tab(&place, &["runs", "ls", "-q", "run.hparams.learning_rate < 1 and run.expe"]);
    assert_eq!(after, ["run.hparams.learning_rate < 1 and run.experiment"]);
    let names = tab(&place, &["runs", "diff", "-q", "run.name == \"cal"]);
    assert_eq!(names, ["run.name == \"calm-fox\""]);
    let fields = tab(&place, &["query", "metric.la"]);
    assert!(fields.contains(&"metric.last".to_owned()), "{fields:?}");
    assert!(tab(&place, &["query", "met"]).contains(&"metric".to_owned()));
}

#[test]
fn other_shells_get_their_scripts_and_every_command_its_page() {
    let place = Place::new();
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let script = place.run(&format!("completions {shell}")).ok().stdout;
        assert!(script.contains("TRAILMARK_COMPLETE"), "{shell}: {script}");
    }
    let wrong = place.run("completions tcsh");
    assert!(wrong.code == 2 && wrong.stderr.contains("possible values: bash"), "{wrong:?}");
    let said = place.run("man --out pages").ok();
    let n_pages = std::fs::read_dir(place.path("pages")).unwrap().count();
    assert!(said.stderr.contains(&format!("wrote {n_pages} pages")) && n_pages > 25, "{said:?}");
    for page in ["trailmark", "trailmark-runs-ls", "trailmark-runs-diff", "trailmark-repo-check"] {
        let text = std::fs::read_to_string(place.path(&format!("pages/{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".SH OPTIONS"), "{page}: {text}");
    }
    let diff = std::fs::read_to_string(place.path("pages/trailmark-runs-diff.1")).unwrap();
    assert!(diff.contains("trailmark runs diff calm"), "its examples are there: {diff}");
}

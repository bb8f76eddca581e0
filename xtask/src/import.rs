//! Repositories of the real Aim, imported: `long import`.
//!
//! Aim itself makes them (every type, many runs, many points, files, writers that are killed at any moment or that live
//! while the import runs) and says what it reads of them; the importer's own test compares value by value. The interpreter
//! is that of `long aim`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::{root, run, run_command};
use crate::peers;

/// Runs, and numbers of each, of the repository with many runs.
const MANY: [&str; 2] = ["200", "200"];
/// The same of the one with many points.
const LONG: [&str; 2] = ["1", "100000"];
/// How long each writer writes that is killed, in milliseconds.
const KILLED_AFTER: [u64; 4] = [150, 400, 900, 2500];
/// Writers that live while the import runs, and for how long they write, in seconds.
const LIVING: (usize, &str) = (3, "8");

/// Runs all of it.
pub(crate) fn prove() -> Result<()> {
    let profile = std::env::var("TRAILMARK_PROFILE").unwrap_or_else(|_| "release".to_owned());
    run("cargo", &["build", "--profile", &profile, "--locked", "--package", "trailmark-cli"])?;
    let built = if profile == "dev" { "debug" } else { &profile };
    let program = root().join("target").join(built).join("trailmark");
    let folder = root().join("target/import");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("empty target/import")?;
    }
    let aim = Aim { python: peers::aim()?, folder: folder.join("repositories") };
    for (name, part) in [("types", &["make"][..]), ("files", &["files"]), ("old", &["old"])] {
        aim.part(name, part)?;
    }
    aim.part("many", &["many", MANY[0], MANY[1]])?;
    aim.part("long", &["many", LONG[0], LONG[1]])?;
    for millis in KILLED_AFTER {
        let mut child = aim.start("killed", "60")?;
        wait_for_line(&mut child, "begun")?;
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().context("kill a writer")?;
        child.wait().context("wait for a writer")?;
    }
    aim.live(&program, &folder.join("live"))?;
    aim.copied(&program, &folder.join("copied"))?;
    for name in ["types", "files", "old", "many", "long", "killed", "living"] {
        aim.truth(name)?;
    }
    let mut test = Command::new("cargo");
    test.args(["test", "--profile", &profile, "--locked", "--package", "trailmark-import", "--test", "aim"]);
    test.args(["elsewhere", "--", "--nocapture"]);
    run_command(test.env("TRAILMARK_AIM_REPOSITORIES", &aim.folder))
}

/// The real package, and where it makes repositories.
struct Aim {
    python: PathBuf,
    folder: PathBuf,
}

impl Aim {
    fn command(&self, part: &str, folder: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(root().join("xtask/python/aim_repository.py")).arg(part).arg(folder);
        command
    }

    /// The folder of a repository, which is made.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let place = self.folder.join(name);
        std::fs::create_dir_all(&place).with_context(|| format!("make {}", place.display()))?;
        Ok(place)
    }

    fn part(&self, name: &str, part: &[&str]) -> Result<()> {
        let (part, rest) = part.split_first().context("name a part")?;
        run_command(self.command(part, &self.place(name)?).args(rest).stdout(Stdio::null()))
    }

    /// Starts a writer that writes for so many seconds.
    fn start(&self, name: &str, secs: &str) -> Result<Child> {
        let mut command = self.command("slow", &self.place(name)?);
        command.arg(secs).stdout(Stdio::piped()).spawn().context("start Aim")
    }

    /// Writes down what Aim reads of a copy: it may mend what it opens.
    fn truth(&self, name: &str) -> Result<()> {
        let place = self.folder.join(name);
        let copy = self.folder.with_file_name("copy");
        run_command(Command::new("cp").arg("-r").arg(&place).arg(&copy))?;
        let truth = std::fs::File::create(place.join("truth.json")).context("make truth.json")?;
        run_command(self.command("truth", &copy).stdout(truth))?;
        std::fs::remove_dir_all(&copy).context("remove a copy")
    }

    /// Has Aim itself copy what it made: the importer then finds nothing to add.
    fn copied(&self, program: &Path, repository: &Path) -> Result<()> {
        let import = |how: &[&std::ffi::OsStr]| -> Result<Value> {
            let mut command = Command::new(program);
            command.args(["import", "aim"]).arg(self.folder.join("many")).arg("--repo").arg(repository);
            let done = command.arg("--json").args(how).stderr(Stdio::inherit()).output().context("import")?;
            serde_json::from_slice(&done.stdout).context("read a report")
        };
        let copied = import(&["--with-aim".as_ref(), self.python.as_ref()])?;
        let runs = copied["runs"].as_array().context("read a report")?;
        let report = import(&[])?;
        if runs.len().to_string() != MANY[0]
            || runs.iter().any(|run| run["copied"] != true)
            || report["points"] != 0
        {
            bail!("import by Aim's own copying: got {copied} and then {report}");
        }
        println!("{} runs copied by Aim itself: the importer has nothing to add", runs.len());
        Ok(())
    }

    /// Imports again and again while writers write, and counts.
    fn live(&self, program: &Path, repository: &Path) -> Result<()> {
        let (n_writers, secs) = LIVING;
        let (mut writers, mut outs) = (Vec::new(), Vec::new());
        for _ in 0..n_writers {
            // One after the other: Aim does not bear two that make one repository.
            let mut writer = self.start("living", secs)?;
            outs.push(wait_for_line(&mut writer, "begun")?);
            writers.push(writer);
        }
        let import = || -> Result<u64> {
            let mut command = Command::new(program);
            command.args(["import", "aim"]).arg(self.folder.join("living")).arg("--repo").arg(repository);
            let done = command.arg("--json").stderr(Stdio::inherit()).output().context("import")?;
            let report: Value = serde_json::from_slice(&done.stdout).context("read a report")?;
            if !done.status.success() {
                bail!("import from writers that live: {report}");
            }
            report["points"].as_u64().context("read a report")
        };
        let (mut n_imports, mut n_points) = (0, 0);
        let has_ended =
            |writers: &mut Vec<Child>| writers.iter_mut().all(|one| matches!(one.try_wait(), Ok(Some(_))));
        while !has_ended(&mut writers) {
            n_points += import()?;
            n_imports += 1;
        }
        n_points += import()?;
        let mut n_tracked = 0;
        for lines in outs {
            let last = lines.map_while(Result::ok).last().unwrap_or_default();
            let count = last.strip_prefix("tracked ").with_context(|| format!("count: got {last:?}"))?;
            n_tracked += count.parse::<u64>().context("count")?;
        }
        if n_points != n_tracked {
            bail!("import from writers that live: got {n_points} points, want {n_tracked}");
        }
        println!(
            "{n_imports} imports while {n_writers} writers wrote {n_tracked} points: all are there, once"
        );
        Ok(())
    }
}

type Lines = std::io::Lines<BufReader<std::process::ChildStdout>>;

/// Waits until a process prints a line; what follows is left to read.
fn wait_for_line(child: &mut Child, wanted: &str) -> Result<Lines> {
    let out = child.stdout.take().context("read Aim")?;
    let mut lines = BufReader::new(out).lines();
    lines
        .find(|line| matches!(line, Ok(line) if line == wanted))
        .with_context(|| format!("wait for {wanted:?}"))??;
    Ok(lines)
}

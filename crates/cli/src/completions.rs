//! `trailmark completions` and `trailmark man`: what makes a shell ask for completions, and manual pages.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::complete::VARIABLE;
use crate::terminal::say;
use crate::{Arguments, DONE, fs};

/// Prints what makes a shell complete commands, options, runs, metrics, tags and expressions.
///
/// The shell asks trailmark itself, so that it offers what the repository holds at that moment.
#[derive(Args)]
#[command(after_help = "Examples:
  trailmark completions bash > ~/.local/share/bash-completion/completions/trailmark
  trailmark completions zsh > ~/.zfunc/_trailmark
  trailmark completions fish > ~/.config/fish/completions/trailmark.fish")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

/// Writes a manual page for each command.
#[derive(Args)]
#[command(after_help = "Example: trailmark man --out ~/.local/share/man/man1 && man trailmark-runs-ls")]
pub(crate) struct Man {
    /// The folder, which is made when it is not there.
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn completions(completions: &Completions) -> Result<u8> {
    let shells = Shells::builtins();
    let name = completions.shell.to_string();
    let shell =
        shells.completer(&name).with_context(|| format!("complete in a shell: {name} is not known"))?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, "trailmark", "trailmark", "trailmark", &mut script)
        .context("print a script")?;
    std::io::stdout().write_all(&script).context("print a script")?;
    Ok(DONE)
}

pub(crate) fn man(man: &Man) -> Result<u8> {
    fs::create_folder(&man.out)?;
    let mut command = Arguments::command();
    command.build();
    let n_pages = write(&command, "trailmark", &man.out)?;
    say(&format!("wrote {n_pages} pages: {}", man.out.display()));
    Ok(DONE)
}

/// Writes the page of a command and those below it; says how many.
fn write(command: &clap::Command, name: &str, folder: &std::path::Path) -> Result<usize> {
    let mut page = Vec::new();
    let named = command.clone().name(name.to_owned());
    clap_mangen::Man::new(named).render(&mut page).with_context(|| format!("make the page of {name}"))?;
    fs::replace(&folder.join(format!("{name}.1")), &page)?;
    let mut n_pages = 1;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        n_pages += write(below, &format!("{name}-{}", below.get_name()), folder)?;
    }
    Ok(n_pages)
}

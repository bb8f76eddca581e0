//! `trailmark completions` and `trailmark man`: what the shell completes, and manual pages, made from the command line itself.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::terminal::say;
use crate::{Arguments, DONE, fs};

/// Prints what a shell completes commands and options with.
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
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Arguments::command(), "trailmark", &mut script);
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

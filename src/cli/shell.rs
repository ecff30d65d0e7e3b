//! `kinesim completions` and `kinesim man`: what shells and `man` know of the program, from the
//! same definition that reads its arguments.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::CommandLine;
use crate::cli::failure::{Exit, Failure};
use crate::cli::terminal::Terminal;

const COMPLETIONS_BEFORE: &str = "\
Examples:
  kinesim completions bash > ~/.local/share/bash-completion/completions/kinesim
  kinesim completions fish > ~/.config/fish/completions/kinesim.fish";

const MAN_BEFORE: &str = "\
Examples:
  kinesim man ~/.local/share/man/man1
  kinesim man | man -l -";

/// Prints a script that completes commands and options
#[derive(Debug, Args)]
#[command(before_help = COMPLETIONS_BEFORE)]
pub(super) struct CompletionsArgs {
    /// The shell it is for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Writes man pages
#[derive(Debug, Args)]
#[command(before_help = MAN_BEFORE)]
pub(super) struct ManArgs {
    /// The folder they are written to; without it, the main page goes to stdout
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "kinesim", &mut script);
    Terminal::print(&script).map(|()| Exit::Done)
}

pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let pages = pages().map_err(|error| Failure::Print(error.to_string()))?;
    let Some(dir) = &args.dir else {
        let main = pages.into_iter().next().map(|(_, page)| page).unwrap_or_default();
        return Terminal::print(&main).map(|()| Exit::Done);
    };
    let failed = |path: &Path, error: &io::Error| Failure::Write {
        label: path.display().to_string(),
        message: error.to_string(),
    };
    fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let mut told = String::new();
    for (name, page) in pages {
        let path = dir.join(name);
        fs::write(&path, page).map_err(|error| failed(&path, &error))?;
        told.extend(["Wrote ", &path.display().to_string(), "\n"]);
    }
    Terminal::print(told.as_bytes()).map(|()| Exit::Done)
}

/// The page of the program, then one for each command: file name and roff.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = CommandLine::command();
    program.build();
    let commands = program.get_subcommands().filter(|command| command.get_name() != "help");
    std::iter::once(&program).chain(commands).map(|command| page(command.clone())).collect()
}

fn page(command: clap::Command) -> io::Result<(String, Vec<u8>)> {
    let man = Man::new(command);
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok((man.get_filename(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_is_completed_in_every_shell() {
        let commands: Vec<String> = CommandLine::command()
            .get_subcommands()
            .map(|command| command.get_name().to_owned())
            .collect();
        let pages = pages().expect("memory takes all");
        assert_eq!(pages.len(), commands.len() + 1);
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "kinesim", &mut script);
            let script = String::from_utf8(script).expect("text");
            for command in &commands {
                assert!(script.contains(command.as_str()), "{shell}: {command}");
            }
        }
        for command in &commands {
            let (_, page) = pages
                .iter()
                .find(|(name, _)| *name == format!("kinesim-{command}.1"))
                .unwrap_or_else(|| panic!("{command} has no page"));
            let page = String::from_utf8(page.clone()).expect("text");
            assert!(page.contains(".SH SYNOPSIS"), "{command}");
        }
    }
}

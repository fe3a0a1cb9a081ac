//! `reveille man`: the manual pages, from the one definition of the command line.

use super::exit;
use super::stdout::{print_error, write_stdout};
use clap_mangen::Man;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints a manual page, or writes all of them into a folder
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command whose page is printed; without it, reveille's own
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Option<String>,
    /// Write every page into this folder, such as /usr/local/share/man/man1
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Prints or writes pages. The exit code is 0; 2 when there is no such command, 70 when a page cannot be written.
pub(super) fn run(args: &Args, command: clap::Command) -> ExitCode {
    let root = with_names_of_pages(command);
    if let Some(folder) = &args.output {
        return write_all(&root, folder).map_or_else(
            |error| {
                print_error(&format!("reveille man: cannot write to {}: {error}\n", folder.display()));
                exit::BROKEN.into()
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let page = match &args.command {
        None => Some(root),
        Some(name) => root.get_subcommands().find(|command| command.get_name() == name).cloned(),
    };
    if let Some(page) = page {
        return write_stdout(ExitCode::SUCCESS, |mut out| Man::new(page).render(&mut out));
    }
    let name = args.command.as_deref().unwrap_or_default();
    print_error(&format!("reveille man: there is no command `{name}`; `reveille --help` lists them\n"));
    exit::USAGE.into()
}

/// The whole command line, each command with the name of its page, such as `reveille-run`.
fn with_names_of_pages(command: clap::Command) -> clap::Command {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    command
}

fn write_all(root: &clap::Command, folder: &Path) -> io::Result<()> {
    for page in std::iter::once(root).chain(root.get_subcommands()) {
        Man::new(page.clone()).generate_to(folder)?;
    }
    Ok(())
}

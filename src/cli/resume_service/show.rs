//! Shows the reply: through a pager on a terminal, plainly everywhere else.

use crate::awscli::failure::Failure;
use crate::awscli::output;
use crate::awscli::query::Query;
use crate::awscli::settings::{Environment, OutputSettings};
use crate::awscli::shape::OPERATION;
use crate::awscli::table::TableStyle;
use crate::awscli::value::Value;
use crate::cli::stdout::print_error;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::{Command, Stdio};

/// How wide a table may be where there is no terminal.
const WIDTH: usize = 80;

/// The default options of `less`: it ends at once when all fits, and leaves colours and the screen alone.
const LESS: &str = "FRX";

/// Shows a reply as it was asked for.
pub(super) fn reply(
    reply: &Value,
    showing: &OutputSettings,
    query: Option<&Query>,
    environment: &Environment,
) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    let colour = match showing.colour.as_str() {
        "on" => true,
        "off" => false,
        _ => is_terminal,
    };
    let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    let style = TableStyle { width: columns.unwrap_or(WIDTH), colour };
    let text = output::write(reply, query, &showing.output, OPERATION, style)?;
    match &showing.pager {
        Some(pager) if is_terminal && !text.is_empty() => page(&text, pager, environment),
        _ => print(&text),
    }
}

/// Writes to standard output. A reader that has seen enough is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Other(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Shows the text through a command. If that cannot be started, the text is printed.
fn page(text: &str, pager: &str, environment: &Environment) -> Result<(), Failure> {
    let mut words = pager.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(Stdio::piped());
    if environment.get("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            print(text)?;
            print_error(&format!(
                "reveille resume-service: warning: cannot start the pager `{pager}`: {error}; set AWS_PAGER to \
                 another, or use --no-cli-pager\n"
            ));
            return Ok(());
        }
    };
    if let Some(mut stdin) = child.stdin.take() {
        // Who leaves the pager early has seen enough.
        stdin.write_all(text.as_bytes()).ok();
    }
    child.wait().map_err(|error| Failure::Other(format!("the pager `{pager}` failed: {error}")))?;
    Ok(())
}

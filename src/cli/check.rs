//! `reveille check`: is the file right?

mod understood;

use super::config_file::{ConfigFile, Loaded, Unreadable};
use super::exit::BAD_CONFIGURATION;
use super::stdout::{Format, paint_for, terminal_columns, write_stdout};
use crate::config::{Checked, Paint, Problem, Severity};
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

/// Shows every problem in a file, with its position and what is accepted
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Print problems only: nothing for a valid file
    #[arg(short, long)]
    quiet: bool,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Checks the file; the exit code is 0, or 78 when it is wrong or cannot be read; with `--strict` warnings count.
pub(super) fn run(args: &Args) -> ExitCode {
    let loaded = args.config.load();
    let code = exit_code(&loaded, args.strict);
    write_stdout(code, |out| match args.format {
        Format::Human => {
            write_problems(&loaded, paint_for(&io::stdout()), out)?;
            if args.quiet { Ok(()) } else { write_understood(&loaded, out) }
        }
        Format::Json => write_json(&loaded, out),
    })
}

fn write_problems(loaded: &Result<Loaded, Unreadable>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return writeln!(out, "{error}"),
    };
    let problems = &loaded.checked.problems;
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", problems.render_in(paint, &loaded.file_name, &loaded.text))
}

/// What the file says, schedule by schedule, and how much is wrong with it.
fn write_understood(loaded: &Result<Loaded, Unreadable>, out: &mut dyn Write) -> io::Result<()> {
    let Ok(loaded) = loaded else { return Ok(()) };
    if let Some(config) = &loaded.checked.config {
        understood::write(config, terminal_columns(), out)?;
    }
    writeln!(out, "{}: {}", loaded.file_name, summary(&loaded.checked))
}

/// The file in one line.
fn summary(checked: &Checked) -> String {
    let problems = &checked.problems;
    let warnings = problems.len().saturating_sub(problems.errors());
    let mut parts = Vec::new();
    if let Some(config) = &checked.config {
        parts.push(counted(config.named_services().count(), "service"));
        if !config.disabled.is_empty() {
            parts.push(format!("{} of them disabled", config.disabled.len()));
        }
        parts.push(counted(config.named_schedules.len(), "schedule"));
    }
    if problems.is_empty() {
        parts.push("no problems".to_owned());
    }
    if problems.errors() > 0 {
        parts.push(counted(problems.errors(), "error"));
    }
    if warnings > 0 {
        parts.push(counted(warnings, "warning"));
    }
    parts.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn exit_code(loaded: &Result<Loaded, Unreadable>, strict: bool) -> ExitCode {
    let is_good = |checked: &Checked| checked.config.is_some() && (!strict || checked.problems.is_empty());
    match loaded {
        Ok(loaded) if is_good(&loaded.checked) => ExitCode::SUCCESS,
        Ok(_) | Err(_) => BAD_CONFIGURATION.into(),
    }
}

/// A problem for editors: lines and columns from 1, bytes from 0.
#[derive(Serialize)]
struct ProblemRecord<'a> {
    severity: &'static str,
    message: String,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

impl<'a> ProblemRecord<'a> {
    fn new(problem: &'a Problem, text: &str) -> Self {
        let place = problem.place(text);
        Self {
            severity: problem.severity.as_str(),
            message: problem.message().to_owned(),
            line: place.line,
            column: place.column,
            start: problem.span().start,
            end: problem.span().end,
            help: problem.help(),
        }
    }

    /// What is wrong with the file as a whole stands at its beginning.
    fn of_file(error: &Unreadable) -> Self {
        let severity = Severity::Error.as_str();
        Self { severity, message: error.to_string(), line: 1, column: 1, start: 0, end: 0, help: None }
    }
}

fn write_json(loaded: &Result<Loaded, Unreadable>, out: &mut dyn Write) -> io::Result<()> {
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return writeln!(out, "{}", serde_json::to_string(&ProblemRecord::of_file(error))?),
    };
    for problem in loaded.checked.problems.iter() {
        writeln!(out, "{}", serde_json::to_string(&ProblemRecord::new(problem, &loaded.text))?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CheckContext, check};

    fn loaded(text: &str) -> Result<Loaded, Unreadable> {
        Ok(Loaded {
            file_name: "schedule.toml".to_owned(),
            text: text.to_owned(),
            checked: check(text.as_bytes(), CheckContext::default()),
            digest: String::new(),
        })
    }

    fn plain(loaded: &Result<Loaded, Unreadable>, out: &mut dyn Write) -> io::Result<()> {
        write_problems(loaded, Paint::Plain, out)?;
        write_understood(loaded, out)
    }

    fn coloured(loaded: &Result<Loaded, Unreadable>, out: &mut dyn Write) -> io::Result<()> {
        write_problems(loaded, Paint::Colour, out)?;
        write_understood(loaded, out)
    }

    fn shown(text: &str, write: fn(&Result<Loaded, Unreadable>, &mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&loaded(text), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_file_without_problems_ends_with_a_line_that_says_so() {
        let text = "timezone = \"UTC\"\n[[service]]\nresume = \"0 8 * * *\"\n\
                    arn = \"arn:aws:apprunner:eu-central-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n";
        assert!(shown(text, plain).ends_with("\n\nschedule.toml: 1 service, 0 schedules, no problems\n"));
        assert_eq!(shown(text, write_json), "");
    }

    #[test]
    fn a_wrong_file_ends_with_how_much_is_wrong() {
        let text = "timezone = \"UTC\"\n[schedule.office]\nresume = [\"0 8 31 2 *\", \"0 25 * * *\"]\n";
        assert!(shown(text, plain).ends_with("\n\nschedule.toml: 1 error, 1 warning\n"));
    }

    #[test]
    fn on_a_terminal_what_is_wrong_stands_out() {
        let text = "zone = 1\n";
        let first_lines: Vec<String> = shown(text, coloured).lines().take(4).map(str::to_owned).collect();
        assert_eq!(
            first_lines,
            [
                "schedule.toml:1:1: \x1b[1;31merror\x1b[0m: unknown key `zone`",
                "\x1b[34m  |\x1b[0m",
                "\x1b[34m1 |\x1b[0m zone = 1",
                "\x1b[34m  |\x1b[0m \x1b[1;31m^^^^\x1b[0m",
            ]
        );
        let without = shown(text, coloured).replace("\x1b[0m", "").replace("\x1b[34m", "");
        assert_eq!(without.replace("\x1b[1;31m", ""), shown(text, plain));
    }

    #[test]
    fn carets_stand_below_what_is_wrong_beside_wide_characters_too() {
        let text = "closed-days = { \"日本語\" = \"2027-02-30\" }\n\"名前\" = 1\n";
        let lines = shown(text, plain);
        let excerpts: Vec<&str> = lines.lines().filter(|line| line.contains('|') && line.len() > 3).collect();
        assert_eq!(
            excerpts,
            [
                "1 | closed-days = { \"日本語\" = \"2027-02-30\" }",
                "  |                            ^^^^^^^^^^^^",
                "2 | \"名前\" = 1",
                "  | ^^^^^^",
            ]
        );
    }

    #[test]
    fn json_has_one_object_a_line_with_places_for_editors() {
        let text = "timezone = \"UTC\"\nzone = 1\n";
        assert_eq!(
            shown(text, write_json),
            "{\"severity\":\"error\",\"message\":\"unknown key `zone`\",\"line\":2,\"column\":1,\"start\":17,\
             \"end\":21,\"help\":\"the keys here are `timezone`, `daemon`, `limits`, \
             `defaults`, `closed-days`, `schedule`, `service`\"}\n"
        );
    }
}

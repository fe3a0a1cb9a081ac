//! `--cli-auto-prompt`: asks for the options on a terminal, and completes them.

use super::send;
use super::send::Debug;
use crate::apprunner::wire::Wire;
use crate::awscli::complete::{completed, joined, split, suggestions};
use crate::awscli::failure::Failure;
use crate::awscli::options::Asked;
use crate::awscli::refusal::read_body;
use crate::awscli::settings::{AutoPrompt, Environment};
use crate::awscli::value::Value;
use crate::awscli::{options, settings};
use crate::cli::runtime::run_to_end;
use inquire::autocompletion::Replacement;
use inquire::{Autocomplete, CustomUserError, InquireError, Text};
use serde_json::json;
use std::io::{self, IsTerminal};

/// The options that ask for the prompt, and against it.
const ASKS: &str = "--cli-auto-prompt";
const DECLINES: &str = "--no-cli-auto-prompt";

/// How many pages of services are listed for completion: a thousand services.
const MOST_PAGES: usize = 50;

/// When the options are asked for.
pub(super) fn mode(words: &[String], environment: &Environment) -> Result<AutoPrompt, Failure> {
    let has = |option: &str| words.iter().any(|word| word == option);
    // A profile that is wrong is reported when it is used.
    let profile = match options::parse(words) {
        Ok(Asked::Run(options)) => super::place::profile(&options, environment).ok(),
        _ => None,
    };
    settings::auto_prompt(has(ASKS), has(DECLINES), environment, profile.as_ref())
}

/// Whether there is somebody to ask.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Lets somebody complete the words.
pub(super) fn ask(words: &[String], environment: &Environment) -> Result<Vec<String>, Failure> {
    if !is_possible() {
        return Err(Failure::Other(
            "--cli-auto-prompt needs a terminal; --no-cli-auto-prompt turns it off".into(),
        ));
    }
    let begun: Vec<String> = words.iter().filter(|word| *word != ASKS).cloned().collect();
    let completer = Completer { arns: arns(&begun, environment).unwrap_or_default() };
    let line = Text::new("reveille resume-service")
        .with_initial_value(format!("{} ", joined(&begun)).trim_start())
        .with_autocomplete(completer)
        .with_help_message("Tab completes, Enter runs, Esc leaves")
        .prompt();
    match line {
        Ok(line) => split(&line),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
            Err(Failure::Other("cancelled: nothing was sent".into()))
        }
        Err(error) => Err(Failure::Other(format!("cannot read from the terminal: {error}"))),
    }
}

/// The ARNs of the account's services. Without them the prompt works as well.
fn arns(words: &[String], environment: &Environment) -> Option<Vec<String>> {
    let Ok(Asked::Run(options)) = options::parse(words) else { return None };
    let profile = super::place::profile(&options, environment).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    run_to_end(runtime, async {
        let travel = send::request_settings(&options, environment, &profile).await.ok()?;
        let wire = send::wire(&options, &travel).await.ok()?;
        Some(list(&wire, Debug(options.has("debug"))).await)
    })
}

async fn list(wire: &Wire, debug: Debug) -> Vec<String> {
    let (mut arns, mut page) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let body = page.as_ref().map_or_else(|| json!({}), |token| json!({ "NextToken": token }));
        let Ok(answer) = wire.ask("ListServices", &body.to_string()).await else { break };
        debug.log(|| format!("ListServices: HTTP {}", answer.status));
        let reply = read_body(&answer.body);
        let Some(Value::List(services)) = reply.get("ServiceSummaryList") else { break };
        let found = services.iter().filter_map(|service| service.get("ServiceArn")?.as_text());
        arns.extend(found.map(str::to_owned));
        page = reply.get("NextToken").and_then(Value::as_text).map(str::to_owned);
        if page.is_none() {
            break;
        }
    }
    arns
}

/// Completes the last word of the line.
#[derive(Debug, Clone)]
struct Completer {
    arns: Vec<String>,
}

impl Autocomplete for Completer {
    fn get_suggestions(&mut self, input: &str) -> Result<Vec<String>, CustomUserError> {
        Ok(suggestions(input, &self.arns))
    }

    fn get_completion(
        &mut self,
        input: &str,
        chosen: Option<String>,
    ) -> Result<Replacement, CustomUserError> {
        let word = chosen.or_else(|| suggestions(input, &self.arns).into_iter().next());
        Ok(word.map(|word| completed(input, &word)))
    }
}

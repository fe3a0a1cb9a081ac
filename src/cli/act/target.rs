//! The services that are named on the command line.

use crate::api::ServiceArn;
use crate::cli::config_file::{ConfigFile, ConfigOption};
use crate::cli::stdout::print_error;
use crate::cli::{exit, names};
use crate::config::Config;
use std::process::ExitCode;
use std::sync::Arc;

/// A service to act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    pub(super) name: Arc<str>,
    pub(super) arn: ServiceArn,
}

/// Finds the services. The file is read only if one of them is not an ARN.
pub(super) fn targets(services: &[String], option: &ConfigOption) -> Result<Vec<Target>, ExitCode> {
    let file = ConfigFile::from(option);
    let mut config = None;
    let mut targets: Vec<Target> = Vec::new();
    for wanted in services {
        let found = if let Ok(arn) = wanted.parse::<ServiceArn>() {
            Some(Target { name: arn.service_name().into(), arn })
        } else {
            let config = match &mut config {
                Some(config) => config,
                none => none.insert(file.config()?),
            };
            let named = config.named_services().find(|service| *service.name == **wanted);
            named.map(|service| Target { name: Arc::clone(&service.name), arn: service.arn.clone() })
        };
        let Some(found) = found else {
            print_error(&unknown_service(&file, config.as_ref(), wanted));
            return Err(exit::NO.into());
        };
        if !targets.iter().any(|target| target.arn.is_same_service(&found.arn)) {
            targets.push(found);
        }
    }
    Ok(targets)
}

/// The error for a name that no service has.
fn unknown_service(file: &ConfigFile, config: Option<&Config>, wanted: &str) -> String {
    let names = config.iter().flat_map(|config| config.named_services()).map(|service| &*service.name);
    let near = names::did_you_mean(wanted, names);
    let hint = if near.is_empty() { "; `reveille next` shows the names" } else { &near };
    format!("{}: no service has the name `{wanted}`, and it is not an ARN{hint}\n", file.name())
}

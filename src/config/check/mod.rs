//! From what a file says to a checked [`Config`]. Each section is a file here; the order is that in [`file()`], for each needs
//! what the ones before have found: the zone, closed days, defaults, schedules, services.

mod budget;
mod checker;
mod closed;
mod defaults;
mod gap;
mod given;
mod names;
mod outlook;
mod plan;
mod play;
mod rules;
mod schedules;
mod services;
mod settings;
mod timezone;

use super::checked::Config;
use super::context::CheckContext;
use super::problem::Problems;
use super::raw::RawFile;
use checker::Checker;
use services::Services;

/// Checks a file. What comes of it holds only without an error among the problems.
pub(super) fn file(file: RawFile<'_>, context: CheckContext<'_>, problems: &mut Problems) -> Config {
    let daemon = settings::daemon(file.daemon, problems);
    let limits = settings::limits(file.limits, problems);
    let mut checker = Checker::new(file.text, context, problems);
    checker.zone_of_file(&file.top);
    checker.closed_days(file.closed_days);
    if let Some(defaults) = &file.defaults {
        checker.defaults(&defaults.raw);
    }
    checker.named_schedules(file.schedules);
    let services = checker.services(&file.services, file.defaults.as_ref());
    checker.warn_of_the_unused();
    let Services { enabled: services, disabled } = services;
    Config { daemon, limits, services, disabled, named_schedules: checker.schedules.into_keys().collect() }
}

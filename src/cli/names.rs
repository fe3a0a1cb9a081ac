//! Services and schedules by the names that people give them.

use crate::api::ServiceArn;
use crate::config::{Config, Service};
use crate::text::nearest;

/// In shorter words one letter is too much: nobody who writes `qa` means `dev`.
const SHORTEST_COMPARED: usize = 3;

/// The services with this name or ARN.
pub(super) fn services<'a>(config: &'a Config, wanted: &str) -> Vec<&'a Service> {
    let wanted = Wanted::new(wanted);
    config.services.iter().filter(|service| wanted.matches(service)).collect()
}

/// A service as named on the command line.
struct Wanted<'a> {
    name: &'a str,
    /// The same as an ARN, if it is one: the case of its letters does not matter.
    arn: Option<ServiceArn>,
}

impl<'a> Wanted<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, arn: name.parse().ok() }
    }

    fn matches(&self, service: &Service) -> bool {
        *service.name == *self.name || self.arn.as_ref().is_some_and(|arn| arn.is_same_service(&service.arn))
    }
}

/// The services with one of these names or ARNs and one of these schedules, in the order of the file; an empty list
/// stands for all.
///
/// # Errors
/// One message for each name that matches nothing, with a near match.
pub(super) fn chosen(
    config: &Config,
    services: &[String],
    schedules: &[String],
) -> Result<Vec<Service>, Vec<String>> {
    let of_schedule = |service: &Service, name: &str| service.schedule.name() == Some(name);
    let unknown_services = services.iter().filter(|wanted| self::services(config, wanted).is_empty());
    let unknown_schedules =
        schedules.iter().filter(|wanted| !config.services.iter().any(|service| of_schedule(service, wanted)));
    let unknown: Vec<String> = unknown_services
        .map(|wanted| {
            if config.disabled.iter().any(|service| Wanted::new(wanted).matches(service)) {
                return format!("`{wanted}` is disabled: the file has `enabled = false` for it");
            }
            let near = did_you_mean(wanted, config.services.iter().map(|service| &*service.name));
            format!("no service has the name or ARN `{wanted}`{near}")
        })
        .chain(unknown_schedules.map(|wanted| {
            if config.named_schedules.contains(wanted.as_str()) {
                return format!("no service follows the schedule `{wanted}`");
            }
            let near =
                did_you_mean(wanted, config.services.iter().filter_map(|service| service.schedule.name()));
            format!("there is no schedule with the name `{wanted}`{near}")
        }))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let wanted: Vec<Wanted<'_>> = services.iter().map(|wanted| Wanted::new(wanted)).collect();
    let is_chosen = |service: &&Service| {
        (wanted.is_empty() || wanted.iter().any(|wanted| wanted.matches(service)))
            && (schedules.is_empty() || schedules.iter().any(|wanted| of_schedule(service, wanted)))
    };
    Ok(config.services.iter().filter(is_chosen).cloned().collect())
}

/// `; did you mean …?` with the nearest of these words, where one is near.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let is_long_enough = |word: &str| word.chars().count() >= SHORTEST_COMPARED;
    let candidates = candidates.filter(|candidate| is_long_enough(candidate));
    let near = if is_long_enough(word) { nearest(word, candidates) } else { None };
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn an_arn_names_its_service_in_letters_of_either_case() {
        let arn = "arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa";
        let file = format!("timezone = \"UTC\"\n[[service]]\narn = \"{arn}\"\nresume = \"0 8 * * *\"\n");
        let config = parse(&file).unwrap();
        let called = |wanted: &str| {
            let chosen = chosen(&config, &[wanted.to_owned()], &[]).map_or(0, |chosen| chosen.len());
            (services(&config, wanted).len(), chosen)
        };
        for wanted in [arn, &arn.replace("shop/8fe1", "Shop/8FE1"), "shop"] {
            assert_eq!(called(wanted), (1, 1), "{wanted}");
        }
        for wanted in ["Shop", &arn.replace("8fe1", "8fe2"), &arn.to_uppercase()] {
            assert_eq!(called(wanted), (0, 0), "{wanted}");
        }
    }

    #[test]
    fn a_disabled_service_and_one_that_does_not_exist_get_different_errors() {
        let file = "timezone = \"UTC\"\n[[service]]\nresume = \"0 8 * * *\"\nenabled = false\n\
                    arn = \"arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n";
        let told = chosen(&parse(file).unwrap(), &["shop".to_owned()], &[]).unwrap_err();
        assert_eq!(told, ["`shop` is disabled: the file has `enabled = false` for it"]);
    }

    #[test]
    fn a_schedule_without_services_and_one_that_does_not_exist_get_different_errors() {
        let file = "timezone = \"UTC\"\n[schedule.office]\nresume = \"0 8 * * *\"\n\
                    [schedule.batch]\nresume = \"0 9 * * *\"\n[[service]]\nschedule = \"office\"\n\
                    arn = \"arn:aws:apprunner:eu-west-1:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa\"\n";
        let config = parse(file).unwrap();
        let errors = |schedule: &str| chosen(&config, &[], &[schedule.to_owned()]).unwrap_err();
        assert_eq!(errors("batch"), ["no service follows the schedule `batch`"]);
        assert_eq!(errors("ofice"), ["there is no schedule with the name `ofice`; did you mean `office`?"]);
    }

    #[test]
    fn a_near_match_is_suggested_except_for_short_names() {
        let names = ["checkout", "reports", "qa", "dev", "a"];
        let asked = |word: &str| did_you_mean(word, names.into_iter());
        assert_eq!(asked("chekout"), "; did you mean `checkout`?");
        assert_eq!(asked("Reports"), "; did you mean `reports`?");
        assert_eq!(asked("dew"), "; did you mean `dev`?");
        for unlike in ["qs", "b", "db", "storefront", ""] {
            assert_eq!(asked(unlike), "", "{unlike}");
        }
    }
}

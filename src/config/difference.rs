//! What a reload changes: the difference of two files.

use super::checked::{Config, Limits};
use super::service::Service;
use crate::api::{ServiceArn, ServiceKey};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be done to go from one checked file to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Services that only the new file has.
    pub added: Vec<Service>,
    /// Services of both files of which the new one says something else.
    pub changed: Vec<Service>,
    /// Services that the old file has, and the new one names with `enabled = false`.
    pub disabled: Vec<ServiceArn>,
    /// Services that the old file has, and the new one does not name at all: perhaps by accident.
    pub removed: Vec<ServiceArn>,
    /// How many services are as before.
    pub unchanged: usize,
    /// The limits that hold from now on.
    pub limits: Limits,
}

impl Difference {
    /// Compares two files. Services are told apart by their ARN, whatever their order and the case of its letters.
    pub fn between(old: &Config, new: &Config) -> Self {
        let mut before: BTreeMap<ServiceKey, &Service> =
            old.services.iter().map(|service| (service.arn.key(), service)).collect();
        let mut difference = Self {
            added: Vec::new(),
            changed: Vec::new(),
            disabled: Vec::new(),
            removed: Vec::new(),
            unchanged: 0,
            limits: new.limits,
        };
        for service in &new.services {
            match before.remove(&service.arn.key()) {
                None => difference.added.push(service.clone()),
                Some(old) if old == service => difference.unchanged = difference.unchanged.saturating_add(1),
                Some(_) => difference.changed.push(service.clone()),
            }
        }
        let disabled: BTreeSet<ServiceKey> = new.disabled.iter().map(|service| service.arn.key()).collect();
        (difference.disabled, difference.removed) = before
            .into_values()
            .map(|service| service.arn.clone())
            .partition(|arn| disabled.contains(&arn.key()));
        difference
    }

    /// Whether it leaves every service as it is.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.disabled.is_empty()
            && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn config(services: &[(&str, &str)]) -> Config {
        let mut text = "timezone = \"UTC\"\n".to_owned();
        for (number, resume) in services {
            text += &format!(
                "[[service]]\narn = \"arn:aws:apprunner:us-east-1:123456789012:service/app-{number}/{number:0>32}\"\n\
                 resume = \"{resume}\"\n"
            );
        }
        parse(&text).unwrap()
    }

    fn names<'a>(arns: impl Iterator<Item = &'a ServiceArn>) -> Vec<&'a str> {
        arns.map(ServiceArn::service_name).collect()
    }

    #[test]
    fn services_are_added_changed_removed_or_left_alone() {
        let old = config(&[("1", "0 8 * * *"), ("2", "0 8 * * *"), ("3", "0 8 * * *")]);
        let new = config(&[("4", "0 8 * * *"), ("3", "0 9 * * *"), ("1", "0 8 * * *")]);
        let difference = Difference::between(&old, &new);
        assert_eq!(names(difference.added.iter().map(|service| &service.arn)), ["app-4"]);
        assert_eq!(names(difference.changed.iter().map(|service| &service.arn)), ["app-3"]);
        assert_eq!(names(difference.removed.iter()), ["app-2"]);
        assert_eq!(difference.unchanged, 1);
        assert!(!difference.is_empty());
    }

    #[test]
    fn an_arn_in_letters_of_another_case_changes_the_service_and_removes_none() {
        let old = config(&[("1", "0 8 * * *"), ("2", "0 8 * * *")]);
        let mut new = old.clone();
        let other_case = old.services[0].arn.as_str().replace("app-1", "App-1");
        new.services[0].arn = other_case.parse().unwrap();
        let difference = Difference::between(&old, &new);
        assert_eq!((difference.added.len(), difference.removed.len(), difference.unchanged), (0, 0, 1));
        assert_eq!(names(difference.changed.iter().map(|service| &service.arn)), ["App-1"]);
    }

    #[test]
    fn a_service_that_is_disabled_is_not_removed_and_one_that_was_disabled_before_changes_nothing() {
        let on = config(&[("1", "0 8 * * *"), ("2", "0 8 * * *")]);
        let mut off = on.clone();
        off.disabled = off.services.split_off(1);
        let difference = Difference::between(&on, &off);
        assert_eq!(names(difference.disabled.iter()), ["app-2"]);
        assert_eq!((difference.removed.len(), difference.unchanged), (0, 1));
        assert!(!difference.is_empty());
        let without = Config { disabled: Vec::new(), ..off.clone() };
        assert!(Difference::between(&off, &without).is_empty());
    }

    #[test]
    fn a_file_that_was_only_saved_changes_nothing() {
        let file = config(&[("1", "0 8 * * *"), ("2", "0 8 * * *")]);
        let difference = Difference::between(&file, &file.clone());
        assert_eq!(difference.unchanged, 2);
        assert!(difference.is_empty());
    }
}

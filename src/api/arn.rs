//! The ARN of an App Runner service.

use crate::text::quoted;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest ARN that App Runner takes, in bytes.
const MAX_ARN_BYTES: usize = 1011;

/// What an ARN calls App Runner.
const APP_RUNNER: &str = "apprunner";

/// The ARN of an App Runner service: `arn:aws[-x]:apprunner:region:account:service/name/id`.
///
/// It is checked once, when it is parsed, and cheap to clone. The region and the account that a call goes to come
/// from here and from nowhere else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceArn(Arc<str>);

/// A service as a key: ARNs that are the same service ([`ServiceArn::is_same_service`]) are one.
#[derive(Debug, Clone)]
pub struct ServiceKey(ServiceArn);

/// What is wrong with an ARN, as a fragment that fits behind the offending text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {}", Self::ACCEPTED)]
pub struct InvalidArn {
    what: String,
    is_a_name: bool,
}

impl InvalidArn {
    /// What an ARN looks like.
    const ACCEPTED: &str =
        "an ARN looks like arn:aws:apprunner:us-east-1:123456789012:service/NAME/32-HEX-DIGITS";

    const LISTED: &str = "`aws apprunner list-services --query 'ServiceSummaryList[].ServiceArn'` lists your ARNs; one \
                          looks like arn:aws:apprunner:us-east-1:123456789012:service/NAME/32-HEX-DIGITS";

    /// What is wrong, without what is accepted.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What is accepted, and where to find it for somebody who has written a name.
    pub fn help(&self) -> &'static str {
        if self.is_a_name { Self::LISTED } else { Self::ACCEPTED }
    }
}

impl ServiceArn {
    /// The partition of AWS in the ARN, which is `aws` outside of China and of the governments' clouds.
    pub fn partition(&self) -> &str {
        self.field(1)
    }

    /// The region in the ARN, for example `eu-west-1`.
    pub fn region(&self) -> &str {
        self.field(3)
    }

    /// The 12 digits of the account in the ARN.
    pub fn account(&self) -> &str {
        self.field(4)
    }

    /// The service's name in the ARN, the label for people when the file gives none.
    pub fn service_name(&self) -> &str {
        self.field(5).split('/').nth(1).unwrap_or_default()
    }

    /// The service's id in the ARN: 32 hexadecimal digits.
    pub fn service_id(&self) -> &str {
        self.field(5).split('/').nth(2).unwrap_or_default()
    }

    /// The ARN as it was written, from `arn:` to the service's id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both stand for the same service. Only the name and the id have letters of either case; the id is
    /// hexadecimal, and stands for one service whatever the case of its letters.
    pub fn is_same_service(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The service that it stands for, to be found by.
    pub fn key(&self) -> ServiceKey {
        ServiceKey(self.clone())
    }

    fn field(&self, index: usize) -> &str {
        self.0.split(':').nth(index).unwrap_or_default()
    }
}

impl Ord for ServiceKey {
    fn cmp(&self, other: &Self) -> Ordering {
        fn letters(key: &ServiceKey) -> impl Iterator<Item = u8> {
            key.0.as_str().bytes().map(|byte| byte.to_ascii_lowercase())
        }
        letters(self).cmp(letters(other))
    }
}

impl PartialOrd for ServiceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ServiceKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_same_service(&other.0)
    }
}

impl Eq for ServiceKey {}

impl FromStr for ServiceArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        match wrong_with(text) {
            Some(what) => Err(InvalidArn { what, is_a_name: !text.contains(':') }),
            None => Ok(Self(text.into())),
        }
    }
}

/// The first thing wrong with an ARN, read from left to right.
fn wrong_with(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("it is empty".to_owned());
    }
    if text.len() > MAX_ARN_BYTES {
        return Some(format!("it is longer than {MAX_ARN_BYTES} bytes"));
    }
    let fields: Vec<&str> = text.split(':').collect();
    // Other services' ARNs may have more parts, so this is said before they are counted.
    if let ["arn", _, service, ..] = fields.as_slice()
        && !matches!(*service, "" | APP_RUNNER)
    {
        return Some(format!("it is an ARN of {}, not of App Runner (`{APP_RUNNER}`)", quoted(service)));
    }
    let [arn, partition, service, region, account, resource] = fields.as_slice() else {
        let parts = if fields.len() == 1 { "part" } else { "parts" };
        return Some(format!("it has {} {parts} between colons, not 6", fields.len()));
    };
    if *arn != "arn" {
        return Some("it does not begin with `arn:`".to_owned());
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (*partition != "aws" && !partition.starts_with("aws-")) || !partition.chars().all(plain) {
        return Some(format!("{} is not an AWS partition", quoted(partition)));
    }
    if *service != APP_RUNNER {
        return Some(format!("it names no AWS service: `{APP_RUNNER}`"));
    }
    if region.is_empty() || !region.chars().all(plain) {
        return Some(format!("{} is not a region", quoted(region)));
    }
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("{} is not an account ID: 12 digits", quoted(account)));
    }
    wrong_with_resource(resource)
}

fn wrong_with_resource(resource: &str) -> Option<String> {
    let parts: Vec<&str> = resource.split('/').collect();
    let ["service", name, id] = parts.as_slice() else {
        return Some(format!("{} is not `service/NAME/ID`", quoted(resource)));
    };
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(4..=40).contains(&name.len()) || !name.chars().all(in_name) {
        return Some(format!(
            "{} is not a service name: 4 to 40 letters, digits, hyphens or underscores",
            quoted(name)
        ));
    }
    if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(format!("{} is not a service ID: 32 hexadecimal digits", quoted(id)));
    }
    None
}

impl fmt::Display for ServiceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServiceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa";

    #[test]
    fn an_arn_knows_its_parts() {
        let arn: ServiceArn = GOOD.parse().unwrap();
        assert_eq!((arn.partition(), arn.region(), arn.account()), ("aws", "us-east-1", "123456789012"));
        assert_eq!(
            (arn.service_name(), arn.service_id()),
            ("python-app", "8fe1e10304f84fd2b0df550fe98a71fa")
        );
    }

    #[test]
    fn arns_that_differ_in_case_only_are_one_service() {
        let [arn, other, third] = [
            GOOD.to_owned(),
            GOOD.replace("python-app/8fe1e", "Python-App/8FE1E"),
            GOOD.replace("8fe1", "8fe2"),
        ]
        .map(|text| text.parse::<ServiceArn>().unwrap());
        assert!(arn != other && arn.is_same_service(&other) && !arn.is_same_service(&third));
        assert!(arn.key() == other.key() && arn.key().cmp(&other.key()).is_eq() && arn.key() < third.key());
    }

    #[test]
    fn a_partition_other_than_aws_is_taken() {
        assert!(GOOD.replacen("aws", "aws-us-gov", 1).parse::<ServiceArn>().is_ok());
    }

    #[test]
    fn the_error_for_a_name_instead_of_an_arn_says_how_to_list_arns() {
        let lists = |text: &str| {
            let help = text.parse::<ServiceArn>().unwrap_err().help();
            help.contains("`aws apprunner list-services --query 'ServiceSummaryList[].ServiceArn'`")
        };
        assert!(lists("checkout") && lists("") && !lists("arn:aws:apprunner"));
    }

    #[test]
    fn each_wrong_part_is_named() {
        let cases = [
            (String::new(), "it is empty"),
            ("checkout".to_owned(), "it has 1 part between colons, not 6"),
            ("x".repeat(MAX_ARN_BYTES), "it has 1 part between colons, not 6"),
            ("x".repeat(MAX_ARN_BYTES + 1), "it is longer than"),
            ("arn:aws".to_owned(), "it has 2 parts between colons, not 6"),
            (GOOD.replacen("arn", "urn", 1), "it does not begin with `arn:`"),
            (GOOD.replacen("aws", "azure", 1), "`azure` is not an AWS partition"),
            (GOOD.replacen("aws", "aws-\n", 1), "is not an AWS partition"),
            (GOOD.replace("apprunner", "ecs"), "it is an ARN of `ecs`, not of App Runner (`apprunner`)"),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:f".to_owned(),
                "it is an ARN of `lambda`, not of App",
            ),
            (GOOD.replace("apprunner", ""), "it names no AWS service: `apprunner`"),
            (GOOD.replace("us-east-1", "US EAST"), "`US EAST` is not a region"),
            (GOOD.replace("123456789012", "1234"), "`1234` is not an account ID: 12 digits"),
            (GOOD.replace("service/", "connection/"), "is not `service/NAME/ID`"),
            (GOOD.replace("python-app", "app"), "`app` is not a service name: 4 to 40"),
            (GOOD.replace("8fe1", "8fg1"), "is not a service ID: 32 hexadecimal digits"),
            (format!("{GOOD}{}", "0".repeat(MAX_ARN_BYTES)), "it is longer than 1011 bytes"),
        ];
        for (text, expected) in cases {
            let message = text.parse::<ServiceArn>().unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(message.contains("looks like arn:aws:apprunner:"), "{message}");
        }
    }
}

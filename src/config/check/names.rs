//! Names in the file: what can be one, and that one name is one service. People and scripts say
//! `reveille pause checkout`, and mean one.

use crate::api::{ServiceArn, ServiceKey};
use crate::text::{did_you_mean, is_unprintable, quoted};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest label that a schedule or a service may have, in characters: it appears in every log line.
const MAX_LABEL_CHARS: usize = 100;

/// The services that the file has named so far.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// By what people take a name for ([`as_read`]).
    known: BTreeMap<String, Named>,
    arns: BTreeMap<ServiceKey, (ServiceArn, usize)>,
}

/// A name that is taken.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: Arc<str>,
    /// The byte of the file at which it stands.
    pub(crate) at: usize,
    arn: Option<ServiceArn>,
}

impl Names {
    /// Takes an ARN, or gives back the one that is the same service ([`ServiceArn::is_same_service`]), and where it
    /// stands.
    pub(crate) fn take_arn(&mut self, arn: &ServiceArn, at: usize) -> Result<(), (ServiceArn, usize)> {
        let key = arn.key();
        if let Some(taken) = self.arns.get(&key) {
            return Err(taken.clone());
        }
        self.arns.insert(key, (arn.clone(), at));
        Ok(())
    }

    /// Takes a name for a service, whose ARN may be wrong, or gives back who has it already.
    pub(crate) fn take(&mut self, name: &Arc<str>, at: usize, arn: Option<&ServiceArn>) -> Result<(), Named> {
        let key = as_read(name);
        if let Some(taken) = self.known.get(&key) {
            return Err(taken.clone());
        }
        self.known.insert(key, Named { name: name.clone(), at, arn: arn.cloned() });
        Ok(())
    }
}

impl Named {
    /// How to tell the services apart, where the second has its name from its ARN.
    pub(crate) fn remedy(&self, second: &ServiceArn) -> String {
        let first = self.arn.as_ref();
        let differs = |part: fn(&ServiceArn) -> &str| first.is_some_and(|first| part(first) != part(second));
        let suffix = if differs(ServiceArn::region) {
            second.region()
        } else if differs(ServiceArn::account) {
            second.account()
        } else {
            return format!("{ONE_NAME}: give one of the two a `name` of its own");
        };
        let name = second.service_name();
        format!("{ONE_NAME}: give one of the two a `name` of its own, as in `name = \"{name}-{suffix}\"`")
    }
}

/// The rule that two names break which people cannot tell apart.
pub(crate) const ONE_NAME: &str = "a name stands for one service";

/// A name as people read it, and say it to each other: without regard to case, to how much space there is between two
/// words, and to characters that are not seen.
fn as_read(name: &str) -> String {
    let seen = name.chars().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect::<String>();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The characters of Unicode that are shown as nothing (`Default_Ignorable_Code_Point`). Some join letters or colour an
/// emoji, so a name may have them; no two names may differ in them alone.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// "There is no …" with a near match, or with what there is.
pub(super) fn help_with_names<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    nothing: &str,
) -> String {
    let list: Vec<String> = names.clone().take(10).map(quoted).collect();
    let more = if names.clone().count() > list.len() { " and others" } else { "" };
    match list.as_slice() {
        [] => nothing.to_owned(),
        list => did_you_mean(name, names, &format!("the file has {}{more}", list.join(", "))),
    }
}

/// A label that can stand in a log line.
pub(super) fn label(text: &str) -> Option<Arc<str>> {
    let fits = (1..=MAX_LABEL_CHARS).contains(&text.chars().count());
    let clean = !text.chars().any(is_unprintable) && text.trim() == text;
    (fits && clean).then(|| text.into())
}

pub(super) fn label_help() -> String {
    format!(
        "a name has 1 to {MAX_LABEL_CHARS} characters, without control characters and without a space at either end"
    )
}

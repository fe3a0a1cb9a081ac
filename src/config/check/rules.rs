//! `resume` and `pause`: texts to checked rules, each different text once.

use super::super::raw::OneOrMany;
use super::checker::Checker;
use crate::api::Action;
use crate::schedule::{Rule, Starred};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// The most different rules in a file. A rule takes about 6 KB, whatever the number of services that share it.
const MAX_RULES: usize = 10_000;

/// The most rules or windows in one list. Who needs more has another tool that writes them.
const MAX_IN_LIST: usize = 100;

/// The rules of one schedule, each with its place.
pub(super) type RuleList = Vec<((Action, Arc<Rule>), Range<usize>)>;

impl Checker<'_> {
    /// Both lists of a section, or `None` if something in them is wrong. Whether one of them must be there is for
    /// the caller to say.
    pub(super) fn rules(
        &mut self,
        resume: Option<&Spanned<OneOrMany>>,
        pause: Option<&Spanned<OneOrMany>>,
    ) -> Option<RuleList> {
        let before = self.problems.errors();
        let mut rules = RuleList::new();
        for (action, texts) in [(Action::Resume, resume), (Action::Pause, pause)] {
            let Some(texts) = texts else {
                continue;
            };
            for (text, span) in self.texts(action.as_str(), "rules", texts) {
                let place = self.part(text, span.clone(), 0..text.len());
                let Some(rule) = self.rule(text, span.clone()) else { continue };
                if let Some(starred) = rule.starred() {
                    self.warn_of_a_star(starred, text, span);
                }
                rules.push(((action, rule), place));
            }
        }
        (self.problems.errors() == before).then_some(rules)
    }

    /// The texts of one list with their places; a text alone is a list of one.
    pub(super) fn texts<'t>(
        &mut self,
        key: &str,
        what: &str,
        texts: &'t Spanned<OneOrMany>,
    ) -> Vec<(&'t str, Range<usize>)> {
        match texts.get_ref() {
            OneOrMany::One(text) => vec![(text, texts.span())],
            OneOrMany::Many(list) if (1..=MAX_IN_LIST).contains(&list.len()) => {
                list.iter().map(|text| (text.get_ref().as_str(), text.span())).collect()
            }
            OneOrMany::Many(list) => {
                let message = format!("`{key}` has a list of {} {what}", list.len());
                let help = format!("a list has 1 to {MAX_IN_LIST} {what}; without any, remove `{key}`");
                self.error(texts.span(), message, help);
                Vec::new()
            }
        }
    }

    /// The rule of a text, or `None` for one that never fires or that is wrong, which is said.
    fn rule(&mut self, text: &str, span: Range<usize>) -> Option<Arc<Rule>> {
        if let Some(known) = self.rules.get(text).cloned() {
            if known.is_none() {
                self.warn_of_a_rule_that_never_fires(text, span);
            }
            return known;
        }
        if self.rules.len() >= MAX_RULES {
            let message = format!("the file has more than {MAX_RULES} different rules");
            self.error(span, message, "let services share schedules");
            return None;
        }
        let rule = Rule::parse(text).map_err(|wrong| self.refuse(text, span.clone(), wrong)).ok()?;
        let rule = (!rule.never_fires()).then(|| Arc::new(rule));
        if rule.is_none() {
            self.warn_of_a_rule_that_never_fires(text, span);
        }
        self.rules.insert(text.to_owned(), rule.clone());
        rule
    }

    fn warn_of_a_star(&mut self, Starred { at, field, within }: Starred, text: &str, span: Range<usize>) {
        let after = at.saturating_add(1);
        let (start, rest) = (text.get(..at).unwrap_or_default(), text.get(after..).unwrap_or_default());
        let message =
            format!("the {field} is `*`, so this rule happens 60 times in each {within} that it names");
        let place = self.part(text, span, at..after);
        self.problems.warning(place, message, format!("did you mean `{start}0{rest}`?"));
    }

    fn warn_of_a_rule_that_never_fires(&mut self, text: &str, span: Range<usize>) {
        let place = self.part(text, span, 0..text.len());
        let help = "its months have no such day".to_owned();
        self.problems.warning(place, "this rule never fires", help);
    }
}

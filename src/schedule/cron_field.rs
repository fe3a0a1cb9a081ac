//! One field of a cron rule: what it takes, and what is wrong with one that it does not take.

use crate::text::{Diagnostic, nearest, quoted};

/// What one field of a cron rule takes.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// What it counts, as people call it.
    pub(crate) name: &'static str,
    /// Its values, for people, with examples.
    pub(crate) accepts: &'static str,
    min: u16,
    max: u16,
    /// How many different values there are: Sunday is both 0 and 7.
    count: u16,
    /// Three-letter names, the first of them standing for `min`.
    names: &'static [&'static str],
    special: Special,
    dialect: Dialect,
}

/// Whose rules it is read by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Vixie,
    /// A step may follow one value, as in `0/15`.
    EventBridge,
}

/// The signs that only a field of days takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    None,
    /// `L`, `LW`, `15W`.
    DayOfMonth,
    /// `FRI#2`, `FRIL`.
    DayOfWeek,
}

pub(crate) const SECOND: Field = Field {
    name: "second",
    accepts: "0-59, as in `0`, `0,30`, `0-29`, `*/15` or `*`",
    min: 0,
    max: 59,
    count: 60,
    names: &[],
    special: Special::None,
    dialect: Dialect::Vixie,
};

pub(crate) const MINUTE: Field = Field {
    name: "minute",
    accepts: "0-59, as in `0`, `0,30`, `0-29`, `*/15` or `*`",
    min: 0,
    max: 59,
    count: 60,
    names: &[],
    special: Special::None,
    dialect: Dialect::Vixie,
};

pub(crate) const HOUR: Field = Field {
    name: "hour",
    accepts: "0-23, as in `8`, `8,20`, `8-18`, `*/2` or `*`",
    min: 0,
    max: 23,
    count: 24,
    names: &[],
    special: Special::None,
    dialect: Dialect::Vixie,
};

pub(crate) const DAY_OF_MONTH: Field = Field {
    name: "day of the month",
    accepts: "1-31, as in `1`, `1,15`, `1-7`, `*/2` or `*`; `L` is the last day, `LW` the last weekday, `15W` the \
              weekday nearest to the 15th",
    min: 1,
    max: 31,
    count: 31,
    names: &[],
    special: Special::DayOfMonth,
    dialect: Dialect::Vixie,
};

pub(crate) const MONTH: Field = Field {
    name: "month",
    accepts: "1-12 or JAN-DEC, as in `1`, `MAR,SEP`, `4-9`, `*/3` or `*`",
    min: 1,
    max: 12,
    count: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    special: Special::None,
    dialect: Dialect::Vixie,
};

pub(crate) const DAY_OF_WEEK: Field = Field {
    name: "day of the week",
    accepts: "0-7 (0 and 7 are Sunday) or SUN-SAT, as in `MON-FRI`, `SAT,SUN`, `1-5` or `*`; `MON#1` is the first \
              Monday of the month, `FRIL` the last Friday",
    min: 0,
    max: 7,
    count: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    special: Special::DayOfWeek,
    dialect: Dialect::Vixie,
};

/// The fields of `cron(…)` in `EventBridge`, in its order.
pub(crate) const EVENTBRIDGE: [&Field; 6] = {
    const EB_MINUTE: Field = MINUTE.with_steps_from_one_value("0-59, as in `0`, `0,30`, `0/15` or `*`");
    const EB_HOUR: Field = HOUR.with_steps_from_one_value("0-23, as in `8`, `8,20`, `8-18`, `0/2` or `*`");
    const EB_DAY_OF_MONTH: Field = DAY_OF_MONTH.with_steps_from_one_value(
        "1-31, as in `1`, `1,15`, `1/2`, `*` or `?`; `L` is the last day, `15W` the weekday nearest to the 15th",
    );
    const EB_MONTH: Field =
        MONTH.with_steps_from_one_value("1-12 or JAN-DEC, as in `1`, `MAR,SEP`, `4-9`, `1/3` or `*`");
    const EB_DAY_OF_WEEK: Field = Field {
        min: 1,
        max: 7,
        ..DAY_OF_WEEK.with_steps_from_one_value(
            "1-7 (1 is Sunday) or SUN-SAT, as in `MON-FRI`, `SAT,SUN`, `2-6`, `*` or `?`; `MON#1` is the first \
             Monday of the month, `FRIL` the last Friday, `L` Saturday",
        )
    };
    const EB_YEAR: Field = Field {
        name: "year",
        min: 1970,
        max: 2199,
        count: 230,
        ..MINUTE.with_steps_from_one_value("1970-2199, as in `2027`, `2026-2028`, `2026/2` or `*`")
    };
    [&EB_MINUTE, &EB_HOUR, &EB_DAY_OF_MONTH, &EB_MONTH, &EB_DAY_OF_WEEK, &EB_YEAR]
};

impl Field {
    /// The field as `EventBridge` reads it.
    const fn with_steps_from_one_value(self, accepts: &'static str) -> Self {
        Self { accepts, dialect: Dialect::EventBridge, ..self }
    }

    /// Checks a field and writes it in numbers alone, the one spelling that croner is given. What is wrong comes with
    /// help where the list of accepted values is none.
    ///
    /// `text` is in upper case.
    pub(crate) fn canonical(&self, text: &str) -> Result<String, Diagnostic> {
        if text == "*" && self.name != "year" {
            return Ok("*".to_owned());
        }
        let mut items = Vec::new();
        let mut start: usize = 0;
        for item in text.split(',') {
            let checked = self.item(item);
            items.push(checked.map_err(|wrong| wrong.shifted(start))?);
            start = start.saturating_add(item.len()).saturating_add(1);
        }
        self.refuse_last_day_twice(text, &items)?;
        Ok(items.join(","))
    }

    /// One item between commas: a value, a range, either with a step, or one of the signs for days.
    fn item(&self, item: &str) -> Result<String, Diagnostic> {
        if let Some(special) = self.special_item(item) {
            return special;
        }
        let (base, step) = match item.split_once('/') {
            Some((base, step)) => (base, Some(step)),
            None => (item, None),
        };
        let range = self.base(base)?;
        let Some(step) = step else {
            return Ok(range);
        };
        let after_slash = base.len().saturating_add(1);
        let step = self.step(step).map_err(|wrong| wrong.shifted(after_slash))?;
        if base != "*" && !range.contains('-') {
            if self.dialect == Dialect::EventBridge {
                return Ok(format!("{range}-{}/{step}", self.number_of(self.max)));
            }
            let advice =
                format!("write `{base}-{}/{step}` for every {step} from {base}, or `*/{step}`", self.max);
            return Err(wrong(item, format!("`{item}` steps from one value")).with_help(advice));
        }
        Ok(format!("{range}/{step}"))
    }

    /// `*`, `5` or `1-5`, as a range in numbers.
    fn base(&self, base: &str) -> Result<String, Diagnostic> {
        if base == "*" {
            return Ok(format!("{}-{}", self.number_of(self.min), self.number_of(self.max)));
        }
        let Some((low, high)) = base.split_once('-') else {
            return self.value(base).map(|value| self.number_of(value).to_string());
        };
        let from = self.value(low)?;
        let high_at = low.len().saturating_add(1);
        let mut to = self.value(high).map_err(|wrong| wrong.shifted(high_at))?;
        if self.special == Special::DayOfWeek && high == "SUN" && from > 0 && self.min == 0 {
            to = self.max; // a week that ends on its Sunday: FRI-SUN
        }
        if from > to {
            let advice = self.split_range(from, to);
            return Err(wrong(base, format!("the range `{base}` ends before it begins"))
                .with_help(format!("write `{advice}`")));
        }
        Ok(format!("{}-{}", self.number_of(from), self.number_of(to)))
    }

    /// A range that goes over the end of the field, as two that do not.
    fn split_range(&self, from: u16, to: u16) -> String {
        let last = self.min.saturating_add(self.count).saturating_sub(1);
        let part = |low: u16, high: u16| {
            if low == high { self.spelt(low) } else { format!("{}-{}", self.spelt(low), self.spelt(high)) }
        };
        format!("{},{}", part(from, last), part(self.min, to))
    }

    /// A value as a person would write it: by name where there are names.
    fn spelt(&self, value: u16) -> String {
        let index = usize::from(value.saturating_sub(self.min));
        self.names.get(index).map_or_else(|| value.to_string(), |name| (*name).to_owned())
    }

    /// The calendar's own number of a value: it counts the days of the week from Sunday as 0.
    fn number_of(&self, value: u16) -> u16 {
        if self.special == Special::DayOfWeek { value.saturating_sub(self.min) } else { value }
    }

    /// A number within bounds, or a name.
    fn value(&self, text: &str) -> Result<u16, Diagnostic> {
        if text.is_empty() {
            return Err(wrong(text, "a value is missing"));
        }
        if let Some(index) = self.names.iter().position(|name| *name == text) {
            return Ok(self.min.saturating_add(u16::try_from(index).unwrap_or_default()));
        }
        if let Some(value) = number(text)
            && (self.min..=self.max).contains(&value)
        {
            return Ok(value);
        }
        Err(self.not_a_value(text))
    }

    fn not_a_value(&self, text: &str) -> Diagnostic {
        let wrong = wrong(text, format!("{} is no {}", quoted(text), self.name));
        if text.contains('?') && self.dialect == Dialect::Vixie {
            return wrong.with_help(
                "`?` belongs to EventBridge and Quartz, which also count the days of the week from 1 = SUN; write \
                 `*`, and days of the week by name",
            );
        }
        if let Some(name) = self.names.iter().find(|name| text.starts_with(**name)) {
            return wrong.with_help(format!("names have three letters: `{name}`"));
        }
        match nearest(text, self.names.iter().copied()) {
            Some(near) => wrong.with_help(format!("did you mean `{near}`?")),
            None => wrong,
        }
    }

    fn step(&self, text: &str) -> Result<u16, Diagnostic> {
        match number(text) {
            Some(step) if (1..self.count).contains(&step) => Ok(step),
            _ => {
                let last = self.count.saturating_sub(1);
                let message = format!("{} is no step of a {}", quoted(text), self.name);
                Err(wrong(text, message).with_help(format!("a step is a number from 1 to {last}")))
            }
        }
    }

    /// The signs for days, or `None` if the item has none of them.
    fn special_item(&self, item: &str) -> Option<Result<String, Diagnostic>> {
        match self.special {
            Special::None => None,
            Special::DayOfMonth if item == "L" || item == "LW" => Some(Ok(item.to_owned())),
            Special::DayOfMonth => {
                let day = item.strip_suffix('W')?;
                Some(self.value(day).map(|day| format!("{day}W")))
            }
            Special::DayOfWeek if item == "L" && self.dialect == Dialect::EventBridge => {
                Some(Ok(self.number_of(self.max).to_string()))
            }
            Special::DayOfWeek => {
                if let Some((day, nth)) = item.split_once('#') {
                    return Some(self.nth(day, nth));
                }
                let day = item.strip_suffix('L').filter(|day| !day.is_empty())?;
                Some(self.value(day).map(|day| format!("{}L", self.number_of(day))))
            }
        }
    }

    /// `MON#2`: the second Monday.
    fn nth(&self, day: &str, nth: &str) -> Result<String, Diagnostic> {
        let value = self.number_of(self.value(day)?);
        if let Some(nth @ 1..=5) = number(nth) {
            return Ok(format!("{value}#{nth}"));
        }
        let message = format!("{} is no week of a month", quoted(nth));
        let wrong = wrong(nth, message).with_help("`#` is followed by 1 to 5");
        Err(wrong.shifted(day.len().saturating_add(1)))
    }

    /// croner has one mark for `L` and `LW` and would read both as the second.
    fn refuse_last_day_twice(&self, text: &str, items: &[String]) -> Result<(), Diagnostic> {
        let has = |sign: &str| items.iter().any(|item| item == sign);
        if self.special == Special::DayOfMonth && has("L") && has("LW") {
            let message = "`L` and `LW` cannot be in one rule";
            return Err(wrong(text, message).with_help("write two rules in a list"));
        }
        Ok(())
    }
}

/// All of a part of the field.
fn wrong(part: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::at(0..part.len(), message)
}

/// A plain number: digits alone, for `u16` itself would take a sign.
fn number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

//! The texts of `[closed-days]`: a date, a range of dates, a date of every year.

use crate::text::{Diagnostic, quoted, typography};
use jiff::civil::Date;

/// Days that are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// From a first to a last day.
    Days {
        first: Date,
        /// The last, which is closed too.
        last: Date,
    },
    /// Days of every year, given as those of a leap year. When the last comes before the first, they go over the end
    /// of the year.
    Yearly {
        first: Date,
        /// The last, which is closed too.
        last: Date,
    },
}

pub(crate) const ACCEPTED: &str = "a closed day is a date as in `2026-12-24`, a range as in `2026-12-24..2027-01-06`, or either for \
     every year as in `--12-25` and `--12-24..--01-06`";

impl Entry {
    /// Reads one text. It is short, so what is wrong is wrong with the whole.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        if let Some(look_alike) = typography::in_value(text) {
            return Err(Diagnostic { at: None, ..look_alike });
        }
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (first.trim().strip_prefix("--"), last.trim().strip_prefix("--")) {
            (Some(first), Some(last)) => {
                Ok(Self::Yearly { first: day_of_year(first)?, last: day_of_year(last)? })
            }
            (None, None) => range(text, date(first.trim())?, date(last.trim())?),
            (Some(_), None) | (None, Some(_)) => {
                let message = format!("only one end of {} is a date of every year", quoted(text));
                Err(wrong(message))
            }
        }
    }
}

fn range(text: &str, first: Date, last: Date) -> Result<Entry, Diagnostic> {
    if last < first {
        let message = format!("the range {} ends before it begins", quoted(text));
        return Err(Diagnostic::whole(message).with_help(format!("did you mean `{last}..{first}`?")));
    }
    Ok(Entry::Days { first, last })
}

/// A day in the one year that has every day that any year has.
fn day_of_year(text: &str) -> Result<Date, Diagnostic> {
    let parts = text.split_once('-').and_then(|(month, day)| Some((digits(month, 2)?, digits(day, 2)?)));
    let (month, day) = parts.ok_or_else(|| no_date(&format!("--{text}")))?;
    Date::new(2024, i8_of(month), i8_of(day))
        .map_err(|_| wrong(format!("{} is a day that no year has", quoted(&format!("--{text}")))))
}

fn date(text: &str) -> Result<Date, Diagnostic> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let fields = year.and_then(|year| digits(year, 4)).zip(month.and_then(|month| digits(month, 2)));
    let Some(((year, month), day)) = fields.zip(day.and_then(|day| digits(day, 2))) else {
        return Err(no_date(text));
    };
    if parts.next().is_some() {
        return Err(no_date(text));
    }
    let year = i16::try_from(year).unwrap_or_default();
    Date::new(year, i8_of(month), i8_of(day))
        .map_err(|_| wrong(format!("{} is a day that the calendar does not have", quoted(text))))
}

fn no_date(text: &str) -> Diagnostic {
    wrong(format!("{} is no closed day", quoted(text)))
}

fn wrong(message: String) -> Diagnostic {
    Diagnostic::whole(message).with_help(ACCEPTED)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u16> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A number of two digits in the type that dates take; 0, which is no month and no day, for any other.
fn i8_of(number: u16) -> i8 {
    i8::try_from(number).unwrap_or_default()
}

//! Numbers and endings as people read them.

use crate::planner::{Ending, State};

/// The word for an ending, as in the log.
pub(super) fn ending_word(ending: Ending) -> &'static str {
    State::Ended(ending).as_str()
}

/// A number with its thousands set apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_can_be_read() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (2_770_610, "2,770,610")];
        assert!(cases.iter().all(|(count, expected)| number(*count) == *expected), "{cases:?}");
    }
}

//! Completes the line of options that somebody is typing.

use super::failure::Failure;
use super::options::{names, words_of};

/// The most suggestions that are worth reading.
const MOST: usize = 50;

/// What may stand where the line ends: options, their words, or the ARNs of services.
pub(crate) fn suggestions(line: &str, arns: &[String]) -> Vec<String> {
    let (before, begun) = last_word(line);
    let after = before.split_whitespace().next_back().and_then(|word| word.strip_prefix("--"));
    let matching = |candidates: &mut dyn Iterator<Item = String>| -> Vec<String> {
        candidates.filter(|candidate| candidate.contains(begun)).take(MOST).collect()
    };
    match after.map(|option| (option, words_of(option))) {
        Some(("service-arn", _)) => matching(&mut arns.iter().cloned()),
        Some((_, Some(words))) if !words.is_empty() => {
            matching(&mut words.iter().map(|word| (*word).to_owned()))
        }
        Some((option, None)) if names().any(|name| name == option) => Vec::new(),
        _ => {
            let unused =
                names().map(|name| format!("--{name}")).filter(|name| !before.contains(name.as_str()));
            matching(&mut unused.collect::<Vec<_>>().into_iter())
        }
    }
}

/// The line with its last word replaced.
pub(crate) fn completed(line: &str, word: &str) -> String {
    let (before, _) = last_word(line);
    format!("{before}{word} ")
}

fn last_word(line: &str) -> (&str, &str) {
    let at = line.rfind(char::is_whitespace).and_then(|at| at.checked_add(1)).unwrap_or_default();
    line.split_at_checked(at).unwrap_or((line, ""))
}

/// The words of a line, as a shell would read them.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Failure> {
    shlex::split(line).ok_or_else(|| {
        Failure::CommandLine("a quote in the line is not closed, or nothing follows its last `\\`".into())
    })
}

/// A line that is read as these words.
pub(crate) fn joined(words: &[String]) -> String {
    // Only a NUL cannot be quoted, and no argument has one.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_their_words_and_arns_are_suggested() {
        let arns = ["arn:one".to_owned(), "arn:two".to_owned()];
        assert_eq!(suggestions("--service-", &arns), ["--service-arn"]);
        assert_eq!(suggestions("--service-arn ", &arns), arns);
        assert_eq!(suggestions("--service-arn two", &arns), ["arn:two"]);
        assert_eq!(suggestions("--output ya", &arns), ["yaml", "yaml-stream"]);
        assert!(suggestions("--query ", &arns).is_empty());
        assert!(!suggestions("--debug --", &arns).contains(&"--debug".to_owned()));
        assert!(suggestions("", &arns).len() > 20);
        assert_eq!(completed("--output ya", "yaml"), "--output yaml ");
    }

    #[test]
    fn a_line_is_read_as_a_shell_reads_it() {
        let words = ["--query", "[a, 'b']", "", "--debug", "a\\b\"c", "`1`"].map(str::to_owned);
        assert_eq!(split(&joined(&words)).unwrap(), words);
        assert_eq!(split("--query \"it's\" a\\ b").unwrap(), ["--query", "it's", "a b"]);
        assert_eq!(split("--query 'open").unwrap_err().exit_code(), 252);
    }
}

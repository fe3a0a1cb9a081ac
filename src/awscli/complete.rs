//! Completes the line of options that somebody is typing.

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
pub(crate) fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(ch) = chars.next() {
        match (ch, quote) {
            (_, Some(open)) if ch == open => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('\'' | '"', None) => {
                quote = Some(ch);
                word.get_or_insert_default();
            }
            (_, None) if ch.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(ch),
        }
    }
    words.extend(word);
    words
}

/// A line that is read as these words.
pub(crate) fn joined(words: &[String]) -> String {
    let quoted = |word: &String| {
        let is_plain = |ch: char| ch.is_alphanumeric() || "-_./:=@,+%".contains(ch);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
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
        let words = ["--query", "[a, 'b']", "", "--debug", "a\\b\"c"].map(str::to_owned);
        assert_eq!(split(&joined(&words)), words);
        assert_eq!(split("--query \"it's\" a\\ b"), ["--query", "it's", "a b"]);
    }
}

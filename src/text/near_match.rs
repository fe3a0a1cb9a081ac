//! Near matches: what was probably meant by a misspelt word.

/// The longest word that is compared; nothing that can be meant is longer.
const MAX_WORD_BYTES: usize = 64;

/// The most candidates that are compared: more than there are time zones, and soon done.
const MAX_CANDIDATES: usize = 2000;

/// The candidate that is nearest to a word, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = word.chars().count().div_ceil(3).min(3);
    nearest_within(word, candidates, tolerance)
}

/// The candidate that is nearest to a word, if it is no more than so many letters away. Case does not count.
pub(crate) fn nearest_within<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    tolerance: usize,
) -> Option<&'a str> {
    if word.len() > MAX_WORD_BYTES {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len() <= MAX_WORD_BYTES)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The question about a near match, if there is one, and what is accepted.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    accepted: &str,
) -> String {
    match nearest(word, candidates) {
        Some(near) => format!("did you mean `{near}`? {accepted}"),
        None => accepted.to_owned(),
    }
}

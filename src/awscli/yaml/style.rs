//! In which quotes text needs to stand.

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// Between `'`, where nothing can be escaped.
    Single,
    /// Between `"`, with escapes.
    Double,
}

/// The style that this text needs, as a name or as a value.
pub(super) fn style_of(text: &str, is_name: bool) -> Style {
    let found = Analysis::of(text);
    let plain =
        found.plain && !reads_as_another_type(text) && !(is_name && (text.is_empty() || found.multiline));
    if plain {
        Style::Plain
    } else if text.contains(['\'', '\n']) || !found.single || (is_name && found.multiline) {
        Style::Double
    } else {
        Style::Single
    }
}

/// Whether the text has a line break of any kind.
pub(super) fn is_multiline(text: &str) -> bool {
    text.contains(is_break)
}

pub(super) fn is_break(ch: char) -> bool {
    matches!(ch, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(ch: char) -> bool {
    is_break(ch) || matches!(ch, '\0' | ' ' | '\t' | '\r')
}

/// Characters that are shown as they are.
pub(super) fn is_printable(ch: char) -> bool {
    matches!(ch, '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        && ch != '\u{feff}'
}

/// What a text allows.
struct Analysis {
    plain: bool,
    single: bool,
    multiline: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        let special = text.chars().any(|ch| !is_printable(ch));
        let multiline = is_multiline(text);
        let edge = |ch: Option<char>| ch.is_some_and(|ch| ch == ' ' || is_break(ch));
        let at_an_edge = edge(text.chars().next()) || edge(text.chars().next_back());
        let pairs = || text.chars().zip(text.chars().skip(1));
        let break_space = pairs().any(|(one, other)| is_break(one) && other == ' ');
        let space_break = pairs().any(|(one, other)| one == ' ' && is_break(other));
        let single = !special && !break_space && !space_break;
        let plain = single && !multiline && !at_an_edge && !has_indicators(text);
        Self { plain, single, multiline }
    }
}

/// Whether something in the text would be read as a sign of the layout.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let followed_by_blank = |rest: &str| rest.chars().nth(1).is_none_or(is_blank);
    let mut before: Option<char> = None;
    for (at, ch) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let is_sign = match (ch, before) {
            (
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`',
                None,
            ) => true,
            ('?' | ':' | '-', None) | (':', Some(_)) => followed_by_blank(rest),
            ('#', Some(before)) => is_blank(before),
            _ => false,
        };
        if is_sign {
            return true;
        }
        before = Some(ch);
    }
    false
}

/// Whether the plain text would be read as a number, a date or another word of YAML 1.2.
fn reads_as_another_type(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL" | "=" | "<<")
        || matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
        || is_int(text)
        || is_float(text)
        || is_date(text)
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn consists_of(text: &str, is: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'_' || is(byte))
}

fn is_int(text: &str) -> bool {
    if text.starts_with('_') {
        return false;
    }
    let digits = unsigned(text);
    let is_octal = |digits: &str| consists_of(digits, |byte| (b'0'..=b'7').contains(&byte));
    consists_of(digits, |byte| byte.is_ascii_digit())
        || digits.strip_prefix("0b").is_some_and(|bits| consists_of(bits, |byte| matches!(byte, b'0' | b'1')))
        || digits.strip_prefix("0o").is_some_and(is_octal)
        || digits.strip_prefix("0x").is_some_and(|hex| consists_of(hex, |byte| byte.is_ascii_hexdigit()))
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let number = unsigned(text);
    if matches!(number, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (digits, exponent) = match number.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (number, None),
    };
    let is_exponent = |exponent: &str, signed: bool| {
        let digits = unsigned(exponent);
        (!signed || digits.len() < exponent.len())
            && !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let begins = digits.starts_with(|ch: char| ch.is_ascii_digit());
    match (digits.split_once('.'), begins) {
        (Some((whole, fraction)), true) => {
            is_digits(whole)
                && is_digits(fraction)
                && exponent.is_none_or(|exponent| is_exponent(exponent, false))
        }
        (Some(("", fraction)), false) => {
            !fraction.is_empty()
                && is_digits(fraction)
                && exponent.is_none_or(|exponent| is_exponent(exponent, true))
        }
        (None, true) => is_digits(digits) && exponent.is_some_and(|exponent| is_exponent(exponent, false)),
        _ => false,
    }
}

/// `2020-01-31`, or a date with one or two digits and a time.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let form: Vec<u8> = bytes.iter().map(|byte| if byte.is_ascii_digit() { b'9' } else { *byte }).collect();
    form == b"9999-99-99" || is_date_and_time(&form).is_some()
}

/// Reads the form of a date and time, digits being nines.
fn is_date_and_time(form: &[u8]) -> Option<()> {
    let one_or_two =
        |rest: &[u8]| rest.strip_prefix(b"99").or_else(|| rest.strip_prefix(b"9")).map(<[u8]>::to_vec);
    let rest = form.strip_prefix(b"9999-")?;
    let rest = one_or_two(rest)?;
    let rest = one_or_two(rest.strip_prefix(b"-")?)?;
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = match rest.first()? {
        b'T' | b't' => rest.get(1..)?,
        _ if blanks > 0 => rest.get(blanks..)?,
        _ => return None,
    };
    let rest = one_or_two(rest)?;
    let rest = rest.strip_prefix(b":99:99")?;
    let fraction = match rest.strip_prefix(b".") {
        Some(digits) => digits.get(digits.iter().take_while(|byte| **byte == b'9').count()..)?,
        None => rest,
    };
    let zone = fraction.get(fraction.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..)?;
    let hours = zone.strip_prefix(b"+").or_else(|| zone.strip_prefix(b"-"));
    let is_zone = fraction.is_empty()
        || zone == b"Z"
        || hours.is_some_and(|hours| matches!(hours, b"9" | b"99" | b"9:99" | b"99:99"));
    is_zone.then_some(())
}
